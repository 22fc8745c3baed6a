"""Items inside items by parent pointers: the packing levels of a DESADV (CPS)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edi.errors import MapError, RenderError
from tests.edi.mapping.shipments import EDIFACT, Dispatched, nest_map
from tests.edi.mapping.test_hierarchy import SSCC, back
from tests.edi.mapping.wire import json_of, read_body, segments_of

TREE = f"""BGM+351+DES1'
CPS+1'
PAC+1++201'
PCI+17'
GIN+BJ+{SSCC[0]}'
CPS+2+1'
PAC+4++CT'
PCI+17'
GIN+BJ+{SSCC[1]}+{SSCC[2]}+{SSCC[3]}+{SSCC[4]}+{SSCC[5]}'
GIN+BJ+{SSCC[6]}'
LIN+1++04012345000016:SRV'
QTY+12:48:PCE'
DTM+361:20271231:102'
CPS+3+1'
LIN+2'
CNT+2:2'
"""


def event(*packages: dict[str, Any]) -> Dispatched:
    return Dispatched.model_validate({"shipment": {"number": "DES1"}, "packages": packages})


def test_a_tree_is_read_and_written_again(tmp_path: Path) -> None:
    map_ = nest_map(tmp_path)
    reading, checked = read_body(map_, TREE)
    assert (checked.faults, reading.faults, reading.unmapped) == ([], [], [])
    (top,) = json_of(reading)["packages"]
    assert [inner.get("count") for inner in top["packages"]] == [4, None]
    assert top["packages"][0]["ssccs"] == SSCC[1:7]
    assert map_.write(reading.data) == segments_of(TREE, "edifact")  # type: ignore[arg-type]  # json_of saw that there is one


def test_the_order_of_the_loops_does_not_matter(tmp_path: Path) -> None:
    map_ = nest_map(tmp_path)
    reading, _ = read_body(map_, "BGM+351+D'CPS+7+5'PAC+2'CPS+9+7'PAC+3'CPS+5'PAC+1'CPS+8+5'PAC+4'")
    (top,) = json_of(reading)["packages"]
    assert (top["count"], [inner["count"] for inner in top["packages"]]) == (1, [2, 4])
    assert top["packages"][0]["packages"] == [{"count": 3}]
    written = [segment for segment in map_.write(reading.data) if segment[0] == "CPS"]  # type: ignore[arg-type]
    assert written == [["CPS", "1"], ["CPS", "2", "1"], ["CPS", "3", "2"], ["CPS", "4", "1"]]


def test_a_flat_document_gives_a_flat_list(tmp_path: Path) -> None:
    reading, _ = read_body(nest_map(tmp_path), "BGM+351+D'CPS+1'PAC+1'CPS+2'PAC+2'")
    assert json_of(reading)["packages"] == [{"count": 1}, {"count": 2}]


@pytest.mark.parametrize(
    ("body", "place", "found"),
    [
        ("CPS+1'CPS+2+9'", "DESADV[1]/CPS[2]/CPS02", "9"),
        ("CPS+1'CPS+1'", "DESADV[1]/CPS[2]/CPS01", "1"),
        ("CPS+1+2'CPS+2+1'", "DESADV[1]/CPS[1]/CPS02", "2"),
    ],
)
def test_a_parent_that_cannot_be_is_reported_and_the_item_kept(
    tmp_path: Path, body: str, place: str, found: str
) -> None:
    reading, _ = read_body(nest_map(tmp_path), f"BGM+351+D'{body}")
    assert [(f.code, f.severity, f.place, f.found) for f in reading.faults] == [
        ("consistency.nest-parent", "exception", place, found)
    ]
    assert reading.data is not None


@pytest.mark.parametrize(
    ("form", "wire", "expected"),
    [
        ("718", "2026120120261205:718", "2026120120261205"),
        ("718", "20261201-20261205:718", "2026120120261205"),
        ("718", "2026120120261205", "2026120120261205"),
        ("718", "202612010800202612051800:719", "2026120120261205"),
        ("719", "2026120120261205:718", "202612010000202612052359"),
        ("713", "26120108002612051800:713", "26120100002612052359"),
    ],
)
def test_a_period_is_a_window_of_days(tmp_path: Path, form: str, wire: str, expected: str) -> None:
    node = f'- segment: DTM\n  when: DTM01-1 is "2"\n  DTM01-2: window as dtm {form}\n'
    map_ = nest_map(tmp_path, EDIFACT.replace("- loop: RFF\n", node + "- loop: RFF\n", 1))
    reading, _ = read_body(map_, f"BGM+351+D'DTM+2:{wire}'")
    assert reading.faults == []
    assert json_of(reading)["window"] == {"earliest": "2026-12-01", "latest": "2026-12-05"}
    assert map_.write(reading.data)[1] == ["DTM", f"2\x1f{expected}\x1f{form}"]  # type: ignore[arg-type]
    for wrong in ("2026120520261201:718", "20261201:102", "2026129920261201:718", "TEN:718"):
        reading, _ = read_body(map_, f"BGM+351+D'DTM+2:{wrong}'")
        assert ([fault.code for fault in reading.faults], "window" in json_of(reading)) == (["map.value"], False)
    half = Dispatched.model_validate({"shipment": {"number": "D"}, "window": {"earliest": "2026-12-01"}})
    with pytest.raises(RenderError) as refused:
        map_.write(half)
    assert refused.value.field == "window"


def test_deep_trees_are_cut(tmp_path: Path) -> None:
    body = "BGM+351+D'CPS+1'" + "".join(f"CPS+{n}+{n - 1}'" for n in range(2, 1000))
    reading, _ = read_body(nest_map(tmp_path), body)
    assert {f.code for f in reading.faults} == {"consistency.nest-parent"}
    assert reading.data is not None


def test_what_does_not_fit_is_refused_with_the_path_in_the_tree(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as refused:
        nest_map(tmp_path).write(event({"packages": ({"ssccs": ("1",)},)}))
    assert refused.value.field == "packages.0.packages.0.ssccs"
    with pytest.raises(RenderError) as refused:
        nest_map(tmp_path).write(event({"packages": ({"level": "case"},)}))
    assert refused.value.field == "packages.0.packages.0.level"


_PACKS = st.recursive(
    st.fixed_dictionaries({"count": st.integers(1, 9)}),
    lambda inner: st.fixed_dictionaries(
        {"ssccs": st.lists(st.sampled_from(SSCC), max_size=7), "packages": st.lists(inner, max_size=3)},
        optional={
            "type": st.sampled_from([{"value": "pallet"}, {"value": "carton"}]),
            "items": st.lists(st.fixed_dictionaries({"line_number": st.sampled_from("123"),
                                                     "shipped": st.just({"value": "2.5"})}), max_size=3),
        },
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(packages=st.lists(_PACKS, max_size=3))
def test_put_get(tmp_path_factory: Any, packages: list[dict[str, Any]]) -> None:
    assert back(nest_map(tmp_path_factory.getbasetemp() / "nest"), event(*packages)) == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("children: packages", "children: items"), "map.unknown_field"),
        (("children: packages", "children: packages, loose: goods"), "map.unknown_field"),
        (("children: packages", "children: packages, loose: ssccs"), "map.unknown_field"),
        (("parent: CPS02", "parent: CPS09"), "map.unknown_element"),
        (("id: CPS01, ", ""), "map.missing_key"),
        (("    usage: required\n  - loop: PAC", "    CPS01: count as integer\n  - loop: PAC"), "map.double_claim"),
    ],
)
def test_a_nest_that_cannot_work_is_refused(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    assert change[0] in EDIFACT
    with pytest.raises(MapError) as error:
        nest_map(tmp_path, EDIFACT.replace(*change))
    assert f": {code}: " in str(error.value)
