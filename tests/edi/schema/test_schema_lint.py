"""Mistakes in schema files: each is an error with file, line and code, none is ignored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import edi.schema
from edi.errors import MapError
from edi.resources import maps_folder
from edi.schema import LoopEntry, load_schema

GOOD = """
schema: x12/test/abc
title: a document
group: AB
layout:
- {segment: ST, usage: M}
- {segment: REF, max: any}
- {loop: N1, max: 5, layout: [{segment: N1, usage: M}, {segment: REF}]}
segments:
  ST: {title: start, elements: [{at: 01, name: set, type: ID 3..3, usage: M, codes: [abc]}]}
  REF:
    title: reference
    elements:
    - {at: 01, ref: 128, name: kind, type: ID 2..3, codes: kinds}
    - {at: 02, ref: 127, name: number, type: AN 1..30}
    conditions: [R0102]
  N1: {title: party, elements: [{at: 01, name: role, type: ID 2..3}, {at: 02, name: amount, type: N2 1..9}]}
codes:
  kinds: {open: yes, values: {AA: one, BB: two}}
"""


def schema(folder: Path, text: str, identity: str = "x12/test/abc"):  # type: ignore[no-untyped-def]
    path = folder / f"{identity}.schema.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_schema(identity, [folder])


def test_the_good_schema_is_good(tmp_path: Path) -> None:
    found = schema(tmp_path, GOOD)
    assert [entry.name for entry in found.layout] == ["ST", "REF", "N1"]
    assert (found.layout[1].max, found.layout[2].max) == (None, 5)
    amount = found.segments["N1"].elements[1]
    assert (amount.kind, amount.places, amount.type) == ("N", 2, "N2 1..9")
    assert found.segments["ST"].elements[0].codes.open is False
    assert found.segments["REF"].elements[0].codes.values["AA"] == "one"
    assert found.segments["REF"].conditions[0].text == "R0102"


LINT = [
    ("title: a document", "titel: a document", 3, "map.unknown_key"),
    ("title: a document\n", "", 2, "map.missing_key"),
    ("{segment: REF, max: any}", "{segment: REF, maximum: any}", 7, "map.unknown_key"),
    ("{segment: REF, max: any}", "{segment: REF, max: many}", 7, "schema.bad_number"),
    ("{segment: REF, max: any}", "{segment: REF, max: 0}", 7, "schema.bad_number"),
    ("{segment: REF, max: any}", "{segment: REF, usage: X}", 7, "schema.bad_usage"),
    ("{segment: REF, max: any}", "{segment: QQQ}", 7, "map.unknown_segment"),
    ("{segment: N1, usage: M}", "{segment: N1}", 8, "schema.bad_trigger"),
    ("{segment: N1, usage: M}", "{segment: ST, usage: M}", 8, "schema.bad_trigger"),
    ("{segment: N1, usage: M}, {segment: REF}", "{segment: N1, usage: M, max: 2}", 8, "schema.bad_trigger"),
    ("max: 5, layout", "max: 5, when: N105 is X, layout", 8, "schema.bad_when"),
    ("max: 5, layout", "max: 5, when: 'N105 is \"X\"', layout", 8, "map.unknown_element"),
    ("max: 5, layout", "max: 5, when: 'REF01 is \"X\"', layout", 8, "schema.bad_when"),
    ("type: AN 1..30", "type: AN", 15, "schema.bad_type"),
    ("type: AN 1..30", "type: AN 9..3", 15, "schema.bad_type"),
    ("type: AN 1..30", "type: an..30", 15, "schema.bad_type"),
    ("type: AN 1..30", "type: R2 1..30", 15, "schema.bad_type"),
    ("type: N2 1..9", "type: N 1..9", 17, "schema.bad_type"),
    ("at: 02, ref: 127", "at: 03, ref: 127", 15, "schema.bad_position"),
    ("at: 02, ref: 127", "at: 2, ref: 127", 15, "schema.bad_position"),
    ("[R0102]", "[Q0102]", 16, "schema.bad_condition"),
    ("[R0102]", "[R01]", 16, "schema.bad_condition"),
    ("[R0102]", "[R0103]", 16, "schema.bad_condition"),
    ("[R0102]", "[R0101]", 16, "schema.bad_condition"),
    ("codes: kinds}", "codes: kind}", 14, "schema.unknown_codes"),
    ("{open: yes,", "{open: maybe,", 19, "yaml.truth"),
    ("{open: yes, values: {AA: one, BB: two}}", "{AA: one}", 19, "map.unknown_key"),
    ("schema: x12/test/abc", "schema: x12/test/abd", 2, "schema.identity"),
    ("group: AB", "narrow: []", 4, "schema.extends"),
    ("  N1: {title", "  n1: {title", 8, "map.unknown_segment"),
    ("- {segment: REF, max: any}", "- {loop: N1, layout: [{segment: N1, usage: M}]}", 8, "schema.duplicate_loop"),
]


@pytest.mark.parametrize(("old", "new", "line", "code"), LINT, ids=[f"{case[3]}-{n}" for n, case in enumerate(LINT)])
def test_a_mistake_is_an_error_with_its_line(tmp_path: Path, old: str, new: str, line: int, code: str) -> None:
    assert old in GOOD
    with pytest.raises(MapError, match=rf"abc\.schema\.yaml:{line}:[0-9]+: {code.replace('.', '[.]')}: "):
        schema(tmp_path, GOOD.replace(old, new, 1))


def test_a_segment_defined_twice_is_an_error(tmp_path: Path) -> None:
    shared = tmp_path / "x12" / "test" / "segments.yaml"
    shared.parent.mkdir(parents=True)
    shared.write_text("segments:\n  REF: {title: other, elements: [{at: 01, name: x, type: AN 1..2}]}\n")
    with pytest.raises(
        MapError, match=r"schema\.duplicate_segment: segment REF is also defined in line 2 of .*segments"
    ):
        schema(tmp_path, GOOD)
    shared.write_text("codes:\n  kinds: {values: {A: b}}\n")
    with pytest.raises(MapError, match=r"schema\.duplicate_codes"):
        schema(tmp_path, GOOD)
    shared.write_text("segmnets: {}\n")
    with pytest.raises(MapError, match=r"segments\.yaml:1:1: map\.unknown_key"):
        schema(tmp_path, GOOD)


def test_shared_definitions_are_used_and_known(tmp_path: Path) -> None:
    shared = tmp_path / "x12" / "test" / "segments.yaml"
    shared.parent.mkdir(parents=True)
    shared.write_text("segments:\n  HL: {title: level, elements: [{at: 01, name: id, type: AN 1..12}]}\n")
    found = schema(tmp_path, GOOD)
    assert found.tags == {"ST", "REF", "N1", "HL"}
    assert set(found.segments) == {"ST", "REF", "N1"}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    first = schema(tmp_path, GOOD)
    assert load_schema("x12/test/abc", [tmp_path]) is first
    path = tmp_path / "x12" / "test" / "abc.schema.yaml"
    path.write_text(GOOD.replace("a document", "a changed document"))
    os.utime(path, ns=(1, 1))
    assert load_schema("x12/test/abc", [tmp_path]).title == "a changed document"
    path.unlink()
    with pytest.raises(MapError, match=r"resource\.missing"):
        load_schema("x12/test/abc", [tmp_path])


def test_a_shipped_schema_is_kept_once_for_all_folders(tmp_path: Path) -> None:
    """Folders of maps, of which a run of the tests has thousands, do not each keep the schemas they find elsewhere."""
    shipped = load_schema("x12/005010/855")
    assert all(load_schema("x12/005010/855", [tmp_path / str(number)]) is shipped for number in range(3))
    own = tmp_path / "x12/005010/855.schema.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(
        (maps_folder() / "x12/005010/855.schema.yaml").read_text().replace(f"title: {shipped.title}", "title: own")
    )
    assert load_schema("x12/005010/855", [tmp_path]).title == "own"
    own.unlink()
    assert load_schema("x12/005010/855", [tmp_path]) is shipped


def test_a_subset_is_read_anew_where_a_folder_has_its_base(tmp_path: Path) -> None:
    shipped = load_schema("edifact/d01b-eancom/orders")
    assert load_schema("edifact/d01b-eancom/orders", [tmp_path]) is shipped
    own = tmp_path / "edifact/d01b/orders.schema.yaml"
    own.parent.mkdir(parents=True)
    text = (maps_folder() / "edifact/d01b/orders.schema.yaml").read_text()
    own.write_text(text)
    assert load_schema("edifact/d01b-eancom/orders", [tmp_path]) is not shipped


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edi.schema, "MOST_SCHEMAS", 2)
    monkeypatch.setattr(edi.schema, "_schemas", {})
    first = schema(tmp_path / "0", GOOD)
    for number in (1, 2):
        schema(tmp_path / str(number), GOOD)
    assert len(edi.schema._schemas) == 2
    assert load_schema("x12/test/abc", [tmp_path / "0"]) is not first


def test_extending_has_its_own_rules(tmp_path: Path) -> None:
    schema(tmp_path, GOOD)
    good = "schema: x12/test/sub\nextends: x12/test/abc\ntitle: subset\nnarrow:\n- {usage: REF/REF01, is: required}\n"
    found = schema(tmp_path, good, "x12/test/sub")
    assert (found.identity, found.title, found.guide, found.group) == ("x12/test/sub", "subset", True, "AB")
    for text, code in (
        (good + "layout: []\n", "schema.extends"),
        (good.replace("x12/test/abc", "x12/test/none"), "resource.missing"),
        (good.replace("extends: x12/test/abc", "extends: x12/test/sub"), "overlay.cycle"),
        (good.replace("REF/REF01", "REF/REF09"), "overlay.no_target"),
        (good.replace("narrow:\n- {usage: REF/REF01, is: required}\n", ""), "map.missing_key"),
    ):
        with pytest.raises(MapError, match=code.replace(".", r"\.")):
            schema(tmp_path, text, "x12/test/sub")


def test_loops_with_one_trigger_are_told_apart_by_when(tmp_path: Path) -> None:
    text = GOOD.replace(
        "- {loop: N1, max: 5, layout: [{segment: N1, usage: M}, {segment: REF}]}",
        "- {loop: N1-ship, trigger: N1, when: 'N101 is \"ST\"', layout: [{segment: N1, usage: M}]}\n"
        '- {loop: N1-bill, trigger: N1, when: \'N101 in ["BT", "BY"]\', layout: [{segment: N1, usage: M}]}',
    )
    loops = [entry for entry in schema(tmp_path, text).layout if isinstance(entry, LoopEntry)]
    assert [loop.name for loop in loops] == ["N1-ship", "N1-bill"]
    matching = [[loop.name for loop in loops if loop.when.matches(["N1", role])] for role in ("ST", "BY", "XX")]
    assert matching == [["N1-ship"], ["N1-bill"], []]
