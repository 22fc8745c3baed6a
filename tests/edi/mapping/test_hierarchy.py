"""Levels of X12 HL: one event in every shape, documents of any shape, and what is wrong with a tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edi.errors import MapError, RenderError
from edi.event_maker import with_check_digit
from edi.mapping import Map, load_map
from edi.mapping_hierarchy import SHAPES
from edi.model import Segment
from tests.edi.mapping.shipments import X12, Dispatched, known, levels_map
from tests.edi.mapping.wire import json_of, read_body, read_segments, segments_of

ALL = [" > ".join(shape) for shape in SHAPES]
PALLETS = [shape for shape in ALL if "T" in shape]
PACKED = [shape for shape in ALL if "P" in shape]
SSCC = [f"{with_check_digit(f'34012345{n:09d}')}" for n in range(40)]

BODY = f"""BSN*00*SH1*20261201*1030*0001~
HL*1**S*1~
REF*BM*BOL77~
HL*2*1*O*1~
PRF*PO-A***20261120~
HL*3*2*T*1~
MAN*GM*00{SSCC[0]}~
HL*4*3*P*1~
MAN*GM*00{SSCC[1]}~
HL*5*4*I*0~
LIN*1*BP*SKU-1~
SN1**48*EA~
REF*LT*L2611~
HL*6*1*O*1~
PRF*PO-B~
HL*7*6*P*1~
MAN*GM*00{SSCC[2]}~
HL*8*7*I*0~
LIN*2*BP*SKU-2~
SN1**2*CA~
CTT*8~
"""


GOODS = {"item": {"ids": [{"scheme": "buyer", "value": "SKU"}]}, "shipped": {"value": "1", "uom": {"value": "EA"}}}


def item(number: str, order: str = "A", **more: Any) -> dict[str, Any]:
    return {**GOODS, "line_number": number, "order": {"number": order}, **more}


def case(*items: dict[str, Any], sscc: int | None = None) -> dict[str, Any]:
    named = {} if sscc is None else {"ssccs": (SSCC[sscc],)}
    return {"level": "case", **named, "items": items}


def pallet(*packages: dict[str, Any], sscc: int | None = None, items: tuple[Any, ...] = ()) -> dict[str, Any]:
    named = {} if sscc is None else {"ssccs": (SSCC[sscc],)}
    return {"level": "pallet", **named, "packages": packages, "items": items}


def event(**more: Any) -> Dispatched:
    return Dispatched.model_validate({"shipment": {"number": "SH1"}, **more})


def back(map_: Map, data: Dispatched) -> str:
    """What differs after writing and reading, with any fault found on the way."""
    reading, checked = read_segments(map_, map_.write(data))
    faults = [fault.message for fault in (*checked.faults, *reading.faults)]
    return "; ".join(faults) or map_.difference(data, reading.data)


def levels(segments: list[Segment]) -> str:
    return " ".join("".join(segment[1:4]) for segment in segments if segment[0] == "HL")


def faults(map_: Map, body: str) -> list[tuple[str, str, str, str]]:
    reading, _ = read_body(map_, body)
    return [(f.code, f.severity, f.place, f.found) for f in reading.faults]


def test_what_is_read_is_written_again(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path)
    reading, checked = read_body(map_, BODY)
    assert (checked.faults, reading.faults, reading.unmapped) == ([], [], [])
    data = json_of(reading)
    assert data["shipment"] == {"number": "SH1", "bill_of_lading": "BOL77"}
    assert [p["level"] for p in data["packages"]] == ["pallet", "case"]
    inner = data["packages"][0]["packages"][0]
    assert (inner["ssccs"], inner["items"][0]["lots"]) == ([SSCC[1]], ["L2611"])
    assert inner["items"][0]["order"] == {"number": "PO-A", "date": "2026-11-20"}
    assert map_.write(reading.data) == segments_of(BODY, "x12")  # type: ignore[arg-type]  # json_of saw that there is one


FITTING = {
    "S > O > I": {"items": (item("1"), item("2", "B"), item("3"))},
    "S > O > P > I": {"packages": (case(item("1"), item("2")), case(item("3", "B")), case(item("4")))},
    "S > O > T > P > I": {"packages": (pallet(case(item("1")), sscc=1), case(item("2", "B")))},
    "S > P > O > I": {"packages": (case(item("1"), item("2", "B")),), "items": (item("3"),)},
    "S > T > P > O > I": {"packages": (pallet(case(item("1"), item("2", "B")), items=(item("3"),)),)},
    "S > T > O > P > I": {"packages": (pallet(case(item("1")), case(item("2", "B"))), case(item("3")))},
    "S > O > I > P": {"packages": (case(item("1")), case(item("2", "B"))), "items": (item("3"),)},
}


@pytest.mark.parametrize("shape", ALL)
def test_every_shape_gives_its_own_events_back(tmp_path: Path, shape: str) -> None:
    assert back(levels_map(tmp_path, shape), event(**FITTING[shape])) == ""


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("S > O > T > P > I", "1S 21O 32T 43P 54I 61O 76T 87P 98I"),
        ("S > T > P > O > I", "1S 21T 32P 43O 54I 62P 76O 87I"),
        ("S > T > O > P > I", "1S 21T 32O 43P 54I 62O 76P 87I"),
    ],
)
def test_one_event_in_all_shapes(tmp_path: Path, shape: str, expected: str) -> None:
    data = event(packages=(pallet(case(item("1"), sscc=1), case(item("2", "B"), sscc=2), sscc=0),))
    map_ = levels_map(tmp_path, shape)
    segments = map_.write(data)
    assert levels(segments) == expected
    assert back(map_, data) == ""
    usual = levels_map(tmp_path / "usual")
    other, _ = read_segments(usual, segments)  # reading does not ask for the shape
    assert usual.difference(data, other.data) == ""


def test_a_package_of_two_orders_is_written_under_both_and_needs_an_sscc(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path, "S > O > P > I")
    data = event(packages=(case(item("1"), item("2", "B"), sscc=3), case(item("3"), sscc=4)))
    assert levels(map_.write(data)) == "1S 21O 32P 43I 52P 65I 71O 87P 98I"
    assert back(map_, data) == ""
    with pytest.raises(RenderError, match="field packages") as refused:
        map_.write(event(packages=(case(item("1"), item("2", "B")),)))
    assert (refused.value.code, refused.value.field) == ("write.package-needs-id", "packages.0")


def test_the_same_sscc_twice_under_one_order_stays_two_packages(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path)
    reading, _ = read_segments(
        map_, map_.write(event(packages=(case(item("1"), sscc=3), case(item("2"), sscc=3)))))  # fmt: skip
    assert len(json_of(reading)["packages"]) == 2


def test_packages_below_an_item(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path, "S > O > I > P")
    data = event(
        packages=(case(sscc=1), case(sscc=2), case(item("2"), item("3"), sscc=3)),
        items=(item("1", package_ids=(SSCC[1], SSCC[2])),),
    )
    assert levels(map_.write(data)) == "1S 21O 32I 43P 52I 65P 72I 87P 97P"
    assert back(map_, data) == ""
    with pytest.raises(RenderError) as refused:
        map_.write(event(items=(item("1", package_ids=(SSCC[1],)),)))
    assert refused.value.field == "items.0.package_ids"
    with pytest.raises(RenderError) as refused:
        levels_map(tmp_path / "other").write(data)
    assert refused.value.field == "items.0.package_ids"


def test_the_order_of_the_event_holds_for_items_without_one(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path)
    data = event(order={"number": "H"}, items=({**GOODS, "line_number": "1"}, item("2")), packages=(case(GOODS),))
    segments = map_.write(data)
    assert [s[1] for s in segments if s[0] == "PRF"] == ["H", "A"]
    assert back(map_, data) == ""


def test_a_package_without_a_level_of_the_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as refused:
        levels_map(tmp_path).write(event(packages=({"level": "carton"},)))
    assert (refused.value.code, refused.value.field) == ("write.not-invertible", "packages.0")
    with pytest.raises(RenderError) as refused:
        levels_map(tmp_path).write(event(packages=(case() | {"packages": (pallet(),)},)))
    assert refused.value.field == "packages.0.packages.0"


def test_a_value_that_does_not_fit_is_refused_at_its_level(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as refused:
        levels_map(tmp_path).write(
            event(packages=(pallet(case(item("1", item={**GOODS["item"], "description": "x"}))),))
        )
    assert refused.value.field == "packages.0.packages.0.items.0.item.description"
    long = item("1", shipped={"value": "1" * 20, "uom": {"value": "EA"}})
    with pytest.raises(RenderError) as refused:
        levels_map(tmp_path).write(event(packages=(pallet(case(long)),)))
    assert refused.value.field == "packages.0.packages.0.items.0.shipped.value"
    assert refused.value.element == "HL[5]/SN102"


def rows(*levels_: str) -> str:
    head = "BSN*00*SH1*20261201*1030~HL*1**S~"
    return head + "".join(f"HL*{level}~LIN*1*BP*A~SN1**1*EA~" if "*I" in level else f"HL*{level}~" for level in levels_)


def test_levels_without_hl04_with_gaps_and_in_any_order(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path)
    reading, _ = read_body(map_, rows("70*9*I", "9*40*P", "40*1*O", "71*1*I"))
    data = json_of(reading)
    assert reading.faults == []
    assert (len(data["packages"]), len(data["packages"][0]["items"]), len(data["items"])) == (1, 1, 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rows("2*7*P", "3*2*I"), [("consistency.hl-tree", "exception", "856[1]/HL[2]/HL02", "7")]),
        (rows("2*1*P", "2*1*I"), [("consistency.hl-tree", "exception", "856[1]/HL[3]/HL01", "2")]),
        (rows("2*3*P", "3*2*P"), [("consistency.hl-tree", "exception", "856[1]/HL[2]/HL02", "3")]),
        (rows("2*2*P"), [("consistency.hl-tree", "exception", "856[1]/HL[2]/HL02", "2")]),
        (rows("2*1*Z", "3*2*I"), [("map.code-unknown", "exception", "856[1]/HL[2]/HL03", "Z")]),
        (rows("2*1*I") + "CTT*9~", [("consistency.count", "exception", "856[1]/CTT/CTT01", "9")]),
        (rows("2*1*I") + "CTT*1~", []),
        (rows("2*1*I") + "CTT*2~", []),
        (
            rows("2*1*O", "3*2*P", "4*3*I").replace("1030", "1030*0002"),
            [("consistency.hl-tree", "warning", "856[1]/BSN/BSN05", "0002")],
        ),
        (rows("2*1*I").replace("1030", "1030*0002"), []),
        (
            rows("2*1*O").replace("HL*2*1*O~", "HL*2*1*O~PRF*A~"),
            [("map.unmapped", "warning", "856[1]/HL[2]/HL03", "O")],
        ),
    ],
)
def test_what_is_wrong_with_a_tree(tmp_path: Path, body: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert faults(levels_map(tmp_path), body) == expected


def test_a_level_the_agreed_shape_does_not_have_breaks_the_guide(tmp_path: Path) -> None:
    reading, _ = read_body(levels_map(tmp_path, "S > O > I"), rows("2*1*P", "3*2*I"))
    assert [(f.code, f.guide, f.place) for f in reading.faults] == [("element.code", True, "856[1]/HL[2]/HL03")]
    assert "one of S, O, I" in reading.faults[0].message


def test_deep_trees_are_cut_and_take_linear_time(tmp_path: Path) -> None:
    map_ = levels_map(tmp_path)
    reading, _ = read_body(map_, rows(*(f"{n}*{n - 1}*P" for n in range(2, 3000))))
    assert {f.code for f in reading.faults} == {"consistency.hl-tree", "message.more-faults"}
    assert reading.data is not None


def test_faults_of_values_have_the_path_of_their_level(tmp_path: Path) -> None:
    checks = """checks:
- {id: many, each: packages.items, at: SN102, test: shipped.value < 40, severity: warning, say: "line {line_number}"}
"""
    reading, _ = read_body(levels_map(tmp_path, text=X12 + checks), BODY.replace("SN1**2*", "SN1**99*"))
    assert [(f.place, f.found) for f in reading.faults] == [("856[1]/HL[8]/SN1/SN102", "line 2")]


OVERLAY = """map: example/856
version: 1.0.0
extends: x12/004010/856@1
changes:
- {shape: S > O > P > I}
- {set: HL/S/REF/REF02, to: shipment.number}
- {remove: "HL/I/REF[LT]"}
- {pair: HL/I/LIN, add: {LT: lots, VN: item.ids.supplier}}
- add_after: HL/I/SN1
  segment: DTM
  when: DTM01 is "036"
  DTM02: best_before as date
"""


def overlaid(folder: Path, text: str) -> Map:
    levels_map(folder)
    (folder / "856.map.yaml").write_text(text)
    with known():
        return load_map("example/856@1", folder, [folder])


def test_an_overlay_changes_shape_and_levels(tmp_path: Path) -> None:
    map_ = overlaid(tmp_path, OVERLAY.replace("- {set: HL/S/REF/REF02, to: shipment.number}\n", ""))
    data = event(packages=(case(item("1", lots=("L1", "L2", "L3"), best_before="2027-01-31")),))
    segments = map_.write(data)
    assert segments[0][5] == "0001"
    assert segments[-4:] == [
        ["LIN", "1", "BP", "SKU", "LT", "L1", "LT", "L2", "LT", "L3"],
        ["SN1", "", "1", "EA"],
        ["DTM", "036", "20270131"],
        ["CTT", "4"],
    ]
    assert back(map_, data) == ""


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("{shape: S > O > T > P > I}", "overlay.no_effect"),
        ("{shape: S > P}", "map.bad_shape"),
        ("{set: HL/X/REF/REF02, to: lots}", "overlay.no_target"),
        ("{remove: HL/T}", "overlay.no_target"),
        ("{add_after: HL/T, segment: REF}", "overlay.no_target"),
        ("{set: HL/T/MAN/MAN02, to: ssccs as sscc ai}", "overlay.no_effect"),
    ],
)
def test_an_operation_that_does_not_apply_is_refused(tmp_path: Path, operation: str, code: str) -> None:
    with pytest.raises(MapError) as error:
        overlaid(tmp_path, OVERLAY.partition("- {shape")[0] + f"- {operation}\n")
    assert f": {code}: " in str(error.value)


def test_a_list_of_pairs_is_shared(tmp_path: Path) -> None:
    shared = "pairs:\n  goods: {BP: item.ids.buyer, UP: item.ids.gtin as gtin14 width 12}\nlayout:"
    text = X12.replace("layout:", shared, 1)
    used = text.replace(
        "BP: item.ids.buyer, UP: item.ids.gtin as gtin14 width 12}\n      - segment: SN1",
        "use: goods}\n      - segment: SN1",
    )
    map_ = levels_map(tmp_path, text=used)
    data = event(items=(item("1"),))
    assert back(map_, data) == ""
    with pytest.raises(MapError, match=r"did you mean 'goods'"):
        levels_map(tmp_path / "bad", text=used.replace("use: goods", "use: good"))


def test_a_check_of_every_list_at_any_depth(tmp_path: Path) -> None:
    checks = """checks:
- {id: valid, each: packages/**/ssccs, test: valid_sscc(it), severity: exception, say: "SSCC {it}"}
- {id: line, each: packages/**/items, at: SN102, test: shipped.value < 40, severity: warning, say: "line {line_number}"}
"""
    reading, _ = read_body(levels_map(tmp_path, text=X12 + checks), BODY)
    assert [(f.place, f.found) for f in reading.faults] == [("856[1]/HL[5]/SN1/SN102", "line 1")]


_ITEMS = st.builds(item, st.sampled_from("123"), st.sampled_from("AB"))
_CASES = st.lists(st.lists(_ITEMS, max_size=3), max_size=3).map(lambda rows_: [case(*row) for row in rows_])


def _numbered(packages: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Every package with an SSCC of its own."""
    numbers = iter(SSCC)

    def named(package: dict[str, Any]) -> dict[str, Any]:
        return {**package, "ssccs": (next(numbers),), "packages": tuple(map(named, package.get("packages", ())))}

    return tuple(map(named, packages))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@pytest.mark.parametrize("shape", PACKED)
@given(
    pallets=st.lists(_CASES, max_size=2), cases=_CASES, loose=st.lists(_ITEMS, max_size=3), number=st.integers(1, 9999)
)
def test_put_get(
    tmp_path_factory: Any,
    shape: str,
    pallets: list[list[dict[str, Any]]],
    cases: list[dict[str, Any]],
    loose: list[dict[str, Any]],
    number: int,
) -> None:
    map_ = levels_map(tmp_path_factory.getbasetemp() / shape.replace(" > ", ""), shape)
    tops = [pallet(*inner) for inner in pallets] if shape in PALLETS else []
    data = event(packages=_numbered([*tops, *cases]), items=tuple(loose))
    assert back(map_, data) == "", number


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("shape: SHAPE", "shape: S > I"), "map.bad_shape"),
        (("    I:\n", "    Q:\n"), "map.bad_shape"),
        (("is: item", "is: thing"), "map.bad_level"),
        (("PRF01: order.number", "PRF01: line_number"), "map.unknown_field"),
        (("code_element: BSN05", "code_element: XYZ05"), "map.unknown_element"),
        (("set: {level: case}", "set: {count: case}"), "map.type_clash"),
        (("hierarchy: HL", "hierarchy: HX"), "map.unknown_segment"),
        (("  levels:", "  levles:"), "map.unknown_key"),
        (
            ("- segment: PRF\n", "- segment: HL\n        HL03: order.number\n      - segment: PRF\n"),
            "map.unmapped_mandatory",
        ),
    ],
)
def test_a_hierarchy_that_cannot_work_is_refused(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    with pytest.raises(MapError) as error:
        levels_map(tmp_path, text=X12.replace(*change))
    assert f": {code}: " in str(error.value)


@pytest.mark.parametrize(
    "cut", ["        REF02: lots\n", "        PRF04: order.date as date\n", "        SN102: shipped.value as decimal\n"]
)
def test_a_map_without_one_binding_loses_nothing_silently(tmp_path: Path, cut: str) -> None:
    assert cut in X12
    map_ = levels_map(tmp_path, text=X12.replace(cut, "" if "SN102" not in cut else '        SN102: const "7"\n'))
    lots = {**item("1", lots=("L1",)), "order": {"number": "A", "date": "2026-11-20"}}
    with pytest.raises(RenderError) as refused:
        map_.write(event(packages=(case(lots),)))
    assert refused.value.field.startswith("packages.0.items.0.")
