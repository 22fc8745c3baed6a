"""Several items in one segment (`repeat`), on the SDQ of an order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edi import guide_markdown
from edi.claims import claims
from edi.documents import OrderReleased
from edi.errors import MapError, RenderError
from edi.guide import guide_of
from edi.map_rows import Exercise
from edi.mapping import Map, load_map
from tests.edi.mapping.wire import json_of, read_body

MAP = """map: x12/004010/850
version: 1.0.0
document: X12 850 004010
event: procurement.order.released.v1
title: Small
tables:
  purpose: {"00": original}
  uom: {EA: EA, CA: CA}
layout:
- segment: BEG
  usage: required
  BEG01: purpose via purpose
  BEG02: const "SA"
  BEG03: order.number
  BEG05: order.date as date
- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
    PO102: ordered.value as decimal
  - segment: SDQ
    when: SDQ02 is "92"
    into: splits
    repeat: {start: SDQ03, elements: 2}
    SDQ01: quantity.uom via uom
    SDQ03: site
    SDQ04: quantity.value as decimal
checks:
- id: whole
  each: lines.splits
  test: quantity.value > 0
  severity: warning
  at: SDQ04
  say: "nothing for {site}"
"""
TOP = "BEG*00*SA*P1**20261120~PO1*1*9~"
PLACE = "850[1]/PO1[1]/SDQ[{}]/SDQ{:02d}"


def small(folder: Path, text: str = MAP) -> Map:
    path = folder / "x12/004010/850.map.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_map("x12/004010/850@1", folders=[folder])


def splits(body: str, map_: Map) -> list[tuple[str, str, str]]:
    reading, _ = read_body(map_, TOP + body)
    (line,) = json_of(reading)["lines"]
    return [(s["site"], s["quantity"]["value"], s["quantity"].get("uom", {}).get("value")) for s in line["splits"]]


def written(map_: Map, *parts: tuple[str, str, str]) -> list[str]:
    made = [{"site": site, "quantity": {"value": value, "uom": {"value": uom}}} for site, value, uom in parts]
    return ["*".join(segment) for segment in map_.write(order(made))[2:]]


def order(made: list[dict[str, Any]]) -> OrderReleased:
    line = {"line_number": "1", "item": {}, "ordered": {"value": "9"}, "splits": made}
    whole = {"order": {"number": "P1", "date": "2026-11-20"}, "purpose": {"value": "original"}, "lines": [line]}
    return OrderReleased.model_validate(whole)


def test_each_run_of_elements_is_an_item(tmp_path: Path) -> None:
    map_ = small(tmp_path)
    body = "SDQ*EA*92*S1*1*S2*2.50*S3*3~SDQ*CA*92*S4*4~"
    assert splits(body, map_) == [("S1", "1", "EA"), ("S2", "2.5", "EA"), ("S3", "3", "EA"), ("S4", "4", "CA")]
    reading, _ = read_body(map_, TOP + body)
    assert (reading.faults, reading.unmapped) == ([], [])


def test_an_empty_run_is_no_item(tmp_path: Path) -> None:
    assert splits("SDQ*EA*92*S1*1***S3*3~", small(tmp_path)) == [("S1", "1", "EA"), ("S3", "3", "EA")]


def test_items_share_a_segment_as_long_as_the_rest_of_it_is_the_same(tmp_path: Path) -> None:
    map_ = small(tmp_path)
    assert written(map_, ("S1", "1", "EA"), ("S2", "2", "EA"), ("S3", "3", "CA"), ("S4", "4", "EA")) == [
        "SDQ*EA*92*S1*1*S2*2", "SDQ*CA*92*S3*3", "SDQ*EA*92*S4*4",
    ]  # fmt: skip


def test_a_full_segment_goes_on_in_the_next(tmp_path: Path) -> None:
    map_ = small(tmp_path)
    parts = [(f"S{number}", str(number), "EA") for number in range(21)]
    made = written(map_, *parts)
    assert [len(segment.split("*")) for segment in made] == [23, 23, 5]
    assert splits("".join(f"{segment}~" for segment in made), map_) == parts


def test_more_segments_than_the_schema_has_are_refused(tmp_path: Path) -> None:
    map_ = small(tmp_path)
    with pytest.raises(RenderError) as refused:
        written(map_, *(("S1", "1", ("EA", "CA")[number % 2]) for number in range(501)))
    assert (refused.value.code, refused.value.field) == ("write.too-long", "lines.0.splits")
    assert (refused.value.element, "at most 500 segments" in str(refused.value)) == ("PO1[1]/SDQ", True)


def test_what_is_missing_is_told_with_the_number_of_its_item(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as refused:
        small(tmp_path).write(order([{"site": "S1", "quantity": {"value": "1", "uom": {"value": "EA"}}},
                                     {"site": "S2", "quantity": {"value": "2"}}]))  # fmt: skip
    assert (refused.value.code, refused.value.field) == ("write.required", "lines.0.splits.1.quantity.uom")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("SDQ*EA*92*S1*1*S2*x~", [("map.value", PLACE.format(1, 6))]),
        ("SDQ*EA*92*S1*1**2~", [("map.required", PLACE.format(1, 5))]),
        ("SDQ*BX*92*S1*1*S2*2*S3*3~", [("map.code-unknown", PLACE.format(1, 1))]),  # of the segment: told once
        ("SDQ*EA*92*S1*1***S2*0~SDQ*CA*92*S3*0~", [("check.failed", PLACE.format(1, 8)),
                                                  ("check.failed", PLACE.format(2, 4))]),
    ],
)  # fmt: skip
def test_faults_stand_at_the_element_of_their_item(tmp_path: Path, body: str, found: list[tuple[str, str]]) -> None:
    reading, _ = read_body(small(tmp_path), TOP + body)
    assert [(fault.code, fault.place) for fault in reading.faults][: len(found)] == found
    assert len({fault.place for fault in reading.faults}) == len(found)


def test_a_value_is_traced_to_its_element(tmp_path: Path) -> None:
    reading, _ = read_body(small(tmp_path), TOP + "SDQ*EA*92*S1*1*S2*2~SDQ*CA*92*S3*3~")
    places = {
        path.removeprefix("lines.0.splits."): (origin.segment, origin.element, origin.found)
        for path, origin in reading.trace.items()
        if ".splits." in path
    }
    assert places == {
        "0.site": (4, 3, "S1"), "0.quantity.value": (4, 4, "1"), "0.quantity.uom": (4, 1, "EA"),
        "1.site": (4, 5, "S2"), "1.quantity.value": (4, 6, "2"), "1.quantity.uom": (4, 1, "EA"),
        "2.site": (5, 3, "S3"), "2.quantity.value": (5, 4, "3"), "2.quantity.uom": (5, 1, "CA"),
    }  # fmt: skip


def test_what_stands_beside_the_items_is_unmapped_where_nothing_takes_it(tmp_path: Path) -> None:
    reading, checked = read_body(small(tmp_path), TOP + "SDQ*EA*92*S1*1*S2*2*****************A7~")
    assert [fault.message for fault in checked.faults] == []
    assert [(one.place, one.value) for one in reading.unmapped] == [(PLACE.format(1, 23), "A7")]


def test_a_row_is_exercised_by_any_of_the_items(tmp_path: Path) -> None:
    """A first pair without a quantity is wrong, and no reason to say that no document has one."""
    map_ = small(tmp_path)
    exercise = Exercise(map_, "read")
    reading, checked = read_body(map_, TOP + "SDQ*EA*92*S1**S2*2~")
    assert reading.data is not None or reading.faults

    for claim in claims(map_.layout, map_.schema.layout, checked.tree):
        exercise.claim(claim)
    assert [row.where for row, _ in exercise.missing() if row.where.startswith("PO1/SDQ")] == []


def test_the_guide_shows_the_elements_of_one_item_and_how_many_there_may_be(tmp_path: Path) -> None:
    page = guide_markdown.text(guide_of(small(tmp_path)))
    assert "SDQ03 to SDQ04 are one entry. More entries follow in the next elements, up to 10 in one segment" in page
    assert "SDQ04" in page
    assert "SDQ05 (" not in page


def test_a_guide_that_leaves_one_item_per_segment_is_kept_on_writing(tmp_path: Path) -> None:
    (tmp_path / "850.map.yaml").write_text(
        "map: example/850\nversion: 1.0.0\nextends: x12/004010/850@1\ntitle: One each\nschema:\n"
        + "".join(f"- {{usage: PO1/SDQ/SDQ{at:02d}, is: not_used}}\n" for at in range(5, 23))
    )
    small(tmp_path)
    map_ = load_map("example/850@1", tmp_path, [tmp_path])
    assert written(map_, ("S1", "1", "EA"), ("S2", "2", "EA")) == ["SDQ*EA*92*S1*1", "SDQ*EA*92*S2*2"]


ROW = "repeat: {start: SDQ03, elements: 2}"
WRONG = [
    (ROW, "repeat: {start: SDQ03}", "repeat needs the key .elements."),
    (ROW, "repeat: {start: SDQ03, elements: 2, upto: 8}", "upto"),
    (ROW, "repeat: {start: SDQ99, elements: 2}", "not in the schema"),
    (ROW, "repeat: {start: SDQ03, elements: two}", "'two'|two do not repeat from SDQ03 on"),
    (ROW, "repeat: {start: SDQ03, elements: 3}", "3 do not repeat from SDQ03 on"),
    (ROW, "repeat: {start: SDQ22, elements: 2}", "2 do not repeat from SDQ22 on"),
    ("into: splits", "into: splits\n    skip: 1", "repeat needs into, the list"),
    ('SDQ02 is "92"', 'SDQ03 is "92"', "when cannot look at SDQ03"),
    ("    SDQ03: site\n", '    SDQ03: const "S1"\n', "SDQ03 is repeated; bind it to a field"),
    ("    SDQ03: site\n", "    SDQ03: site\n    SDQ05: site\n", "SDQ05 is bound twice"),
    ("    SDQ03: site\n", "    SDQ03: site\n    pairs: {start: SDQ05, AA: site}\n", "neither pairs"),
    (ROW, "repeat: {start: SDQ05, elements: 2}", "nothing is bound to the elements that repeat; bind SDQ05"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_a_repeat_that_cannot_work_is_refused_with_its_place(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in MAP
    with pytest.raises(MapError, match=sentence) as refused:
        small(tmp_path, MAP.replace(old, new))
    assert str(refused.value).startswith(f"{tmp_path}/x12/004010/850.map.yaml:2")


def test_the_first_segment_of_a_loop_has_no_items(tmp_path: Path) -> None:
    text = MAP.replace("    PO101: line_number\n", "    PO101: line_number\n    repeat: {start: PO106, elements: 2}\n")
    with pytest.raises(MapError, match=r"repeat needs into"):
        small(tmp_path, text)
