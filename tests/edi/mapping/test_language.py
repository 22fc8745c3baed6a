"""The map language on small maps of its own: what each form reads, writes, reports and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edi.documents import OrderAcknowledged
from edi.errors import EventError, MapError, RenderError
from edi.mapping import Map, load_map
from tests.edi.mapping.wire import json_of, read_body

HEAD = """map: x12/004010/855
version: 1.0.0
document: X12 855 004010
event: procurement.order.acknowledged.v1
title: Small
tables:
  answer: {AD: accepted, RJ: rejected}
"""
BAK = """- segment: BAK
  usage: required
  BAK01: const "00"
  BAK02: response via answer
  BAK03: order.number
  BAK04: order.date as date
"""
TOP = "BAK*00*AD*P1*20261120~"


def small(folder: Path, nodes: str = "", more: str = "", bak: str = BAK, head: str = HEAD) -> Map:
    path = folder / "x12/004010/855.map.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{more}layout:\n{bak}{nodes}")
    return load_map("x12/004010/855@1", folders=[folder])


def event(**more: Any) -> OrderAcknowledged:
    whole = {"order": {"number": "P1", "date": "2026-11-20"}, "response": {"value": "accepted"}, **more}
    return OrderAcknowledged.model_validate(whole)


def written(map_: Map, **more: Any) -> list[str]:
    return ["*".join(segment) for segment in map_.write(event(**more))]


def faults(map_: Map, body: str) -> list[tuple[str, str, str, str]]:
    reading, _ = read_body(map_, body)
    return [(f.code, f.severity, f.place, f.found) for f in reading.faults]


def test_a_constant_must_be_there(tmp_path: Path) -> None:
    map_ = small(tmp_path)
    assert written(map_) == ["BAK*00*AD*P1*20261120"]
    assert faults(map_, TOP.replace("*00*", "*06*")) == [("map.const", "reject", "855[1]/BAK/BAK01", "06")]


def test_a_code_without_meaning_is_kept(tmp_path: Path) -> None:
    body = TOP.replace("AD", "AC")
    reading, _ = read_body(map_ := small(tmp_path), body)
    assert json_of(reading)["response"] == {"value": "other", "raw": "AC"}
    assert faults(map_, body) == [("map.code-unknown", "exception", "855[1]/BAK/BAK02", "AC")]
    assert "one of AD, RJ" in reading.faults[0].message
    assert reading.data is not None
    assert map_.write(reading.data)[0][2] == "AC"  # what was read is written again


@pytest.mark.parametrize(("unknown", "value"), [("other", "other"), ("keep", "AC")])
def test_tables_may_say_what_becomes_of_unknown_codes(tmp_path: Path, unknown: str, value: str) -> None:
    head = HEAD.replace("RJ: rejected", f"RJ: rejected, unknown: {unknown}")
    reading, _ = read_body(small(tmp_path, head=head), TOP.replace("AD", "AC"))
    assert (json_of(reading)["response"], reading.faults) == ({"value": value, "raw": "AC"}, [])


def test_a_value_that_cannot_be_read_is_reported_and_left_out(tmp_path: Path) -> None:
    map_ = small(tmp_path, '- segment: REF\n  when: REF01 is "UL"\n  REF02: buyer.ids.gln as gln\n')
    reading, _ = read_body(map_, TOP + "REF*UL*123~")
    assert "buyer" not in json_of(reading)
    fault = reading.faults[0]
    assert (fault.code, fault.place, fault.found) == ("map.value", "855[1]/REF[1]/REF02", "123")
    raw = reading.faults[0].location
    assert (raw.segment, raw.element, raw.tag) == (3, 2, "REF")
    assert raw.offset > 0


def test_a_required_field_of_the_event_is_missed_at_its_element(tmp_path: Path) -> None:
    map_ = small(tmp_path, bak=BAK.replace("  BAK02: response via answer\n", "").replace(
        "- segment: BAK\n", "- segment: BAK\n  direction: read\n"))  # fmt: skip
    reading, _ = read_body(map_, TOP)
    assert reading.data is None
    assert [(f.code, f.place) for f in reading.faults] == [("map.required", "855[1]")]


def test_an_incomplete_item_is_left_out_and_reported(tmp_path: Path) -> None:
    nodes = """- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
    PO103: ordered.uom via unit
"""
    map_ = small(tmp_path, nodes, head=HEAD + "  unit: {EA: EA}\n")
    reading, _ = read_body(map_, TOP + "PO1*1**EA~")
    assert json_of(reading)["lines"] == [{"line_number": "1"}]
    assert [(f.code, f.severity) for f in reading.faults] == [("map.required", "exception")]


def test_counts_are_compared(tmp_path: Path) -> None:
    nodes = """- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
- loop: CTT
  layout:
  - segment: CTT
    CTT01: count lines
    derive_write:
    - {element: CTT02, is: sum(lines.ordered.value)}
"""
    map_ = small(tmp_path, nodes)
    assert written(map_, lines=[{"line_number": "1"}, {"line_number": "2"}])[-1] == "CTT*2*0"
    assert faults(map_, TOP + "PO1*1~CTT*2~") == [("consistency.count", "exception", "855[1]/CTT/CTT01", "2")]
    assert faults(map_, TOP + "PO1*1~CTT*1*7~") == [("consistency.total", "exception", "855[1]/CTT/CTT02", "7")]
    assert faults(map_, TOP + "PO1*1~CTT*01*0.0~") == []


def test_a_default_is_written_and_never_invented(tmp_path: Path) -> None:
    map_ = small(tmp_path, bak=BAK + '  BAK07: contract default "NONE"\n')
    assert written(map_) == ["BAK*00*AD*P1*20261120***NONE"]
    assert "contract" not in json_of(read_body(map_, TOP)[0])
    assert map_.difference(event(), event(contract="NONE")) == ""
    assert map_.difference(event(), event(contract="OTHER")) == "contract: nothing became 'OTHER'"


def test_what_is_left_to_the_order_is_listed(tmp_path: Path) -> None:
    nodes = """- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
    PO102: ordered.value as decimal from order
"""
    reading, _ = read_body(small(tmp_path, nodes, bak=BAK + "  BAK07: contract from order\n"), TOP + "PO1*1*5~PO1*2~")
    assert reading.inherited == ("contract", "lines.1.ordered.value")


def test_a_list_spills_into_further_segments(tmp_path: Path) -> None:
    nodes = """- loop: N1
  when: N101 is "ST" and N103 is "92"
  into: ship_to
  single: yes
  layout:
  - segment: N1
    N104: ids.buyer
  - segment: N3
    N301*: address.lines
"""
    map_ = small(tmp_path, nodes)
    party = {"ids": [{"scheme": "buyer", "value": "W1"}], "address": {"lines": ["a", "b", "c"]}}
    segments = written(map_, ship_to=party)
    assert segments[1:] == ["N1*ST**92*W1", "N3*a*b", "N3*c"]
    reading, _ = read_body(map_, "~".join(segments) + "~")
    assert json_of(reading)["ship_to"] == party
    with pytest.raises(RenderError, match="at most 4"):
        written(map_, ship_to={"address": {"lines": list("abcde")}})


@pytest.mark.parametrize("padded", ["REF*VR *7~", "REF*VR*7 ~", "REF*VR  *7   ~"])
def test_spaces_at_the_end_of_a_value_do_not_count(tmp_path: Path, padded: str) -> None:
    nodes = '- segment: REF\n  when: REF01 is "VR"\n  REF02: contract\n'
    map_ = small(tmp_path, nodes, bak=BAK + "  BAK08: supplier_order_number\n")
    top = TOP.replace("20261120", "20261120****SO 1")
    plain, other = (json_of(read_body(map_, top + body)[0]) for body in ("REF*VR*7~", padded))
    assert plain == other
    assert (plain["contract"], plain["supplier_order_number"]) == ("7", "SO 1")


def test_conditions_select_and_are_written(tmp_path: Path) -> None:
    nodes = """- segment: REF
  when: REF01 in ["VR", "IA"]
  REF02: supplier.ids.buyer
- segment: REF
  when: REF01 is "CT"
  REF02: contract
- segment: REF
  REF02: supplier_reference
  REF01: const "ZZ"
"""
    map_ = small(tmp_path, nodes)
    reading, _ = read_body(map_, TOP + "REF*CT*C1~REF*ZZ*R1~REF*IA*10045~REF*ZZ*R2~")
    assert (json_of(reading)["contract"], json_of(reading)["supplier_reference"]) == ("C1", "R1")
    assert [(u.place, u.value) for u in reading.unmapped] == [
        ("855[1]/REF[4]/REF01", "ZZ"),
        ("855[1]/REF[4]/REF02", "R2"),
    ]
    assert reading.data is not None
    assert written(map_, contract="C1", supplier={"ids": [{"scheme": "buyer", "value": "1"}]})[1:] == [
        "REF*VR*1",
        "REF*CT*C1",
    ]


def test_constants_alone_write_no_segment_but_write_if_does(tmp_path: Path) -> None:
    nodes = """- segment: CUR
  CUR01: const "SE"
  CUR02: currency
- segment: REF
  when: REF01 is "ZZ"
  write_if: contract
  REF02: const "SEE CONTRACT"
"""
    map_ = small(tmp_path, nodes, more="not_carried: [contract]\n")
    assert written(map_)[1:] == []
    assert written(map_, contract="C1")[1:] == ["REF*ZZ*SEE CONTRACT"]


def test_derived_fields_are_filled_after_reading(tmp_path: Path) -> None:
    nodes = """- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
    PO102: ordered.value as decimal
"""
    map_ = small(tmp_path, nodes, more="derive:\n- {field: totals.quantity, is: sum(lines.ordered.value)}\n")
    reading, _ = read_body(map_, TOP + "PO1*1*2.5~PO1*2*4~")
    assert json_of(reading)["totals"] == {"quantity": "6.5"}
    assert reading.data is not None
    assert map_.difference(reading.data, event(lines=json_of(reading)["lines"])) == ""


def test_a_check_that_cannot_be_evaluated_never_rejects(tmp_path: Path) -> None:
    more = 'checks:\n- {id: odd, test: "1 / 0 = 1", severity: reject, say: odd}\n'
    map_ = small(tmp_path, more=more)
    assert [(code, severity) for code, severity, *_ in faults(map_, TOP)] == [("check.error", "warning")]
    assert written(map_)


def test_a_check_that_rejects_stops_writing(tmp_path: Path) -> None:
    more = """checks:
- id: named
  test: starts_with(order.number, "PO")
  severity: reject
  say: "not {order.number}"
"""
    with pytest.raises(RenderError, match="not P1") as refused:
        written(small(tmp_path, more=more))
    assert refused.value.code == "check.failed"


def test_data_of_another_event_is_the_callers_mistake(tmp_path: Path) -> None:
    other = load_map("x12/004010/997@1")
    with pytest.raises(EventError):
        other.write(event())


ADDRESS_ONLY = """- loop: N1
  into: buyer
  single: yes
  layout:
  - segment: N3
    N301*: address.lines
"""
TWICE = """- segment: CUR
  CUR01: const "SE"
  CUR02: currency
  pairs: {qualifier: CUR01, value: CUR02, SE: currency}
"""
BROKEN = {
    "map.unknown_segment": "- segment: XYZ\n",
    "map.unknown_key": "- segment: CUR\n  wen: x\n",
    "map.bad_when": "- segment: REF\n  when: REF01 = VR\n  REF02: contract\n",
    "map.bad_address": '- segment: CUR\n  CUR01: const "SE"\n  CUR02: currency\n  REF01: contract\n',
    "map.missing_trigger": ADDRESS_ONLY,
    "map.double_claim": TWICE,
    "map.bad_pairs": "- segment: REF\n  pairs: {qualifier: REF01, value: REF02}\n",
    "map.missing_key": "- loop: N1\n  single: yes\n  layout: []\n",
    "check.bad_expression": '- segment: REF\n  when: REF01 is "VR"\n  write_when: contract is odd\n  REF02: contract\n',
    "overlay.widens": '- segment: DTM\n  max: 11\n  DTM01: const "002"\n',
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_cannot_work_is_refused_when_the_map_is_loaded(tmp_path: Path, code: str) -> None:
    with pytest.raises(MapError) as error:
        small(tmp_path, BROKEN[code])
    assert f": {code}: " in str(error.value)
    assert "855.map.yaml:" in str(error.value)


def test_a_component_has_no_repetitions_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"map\.bad_address: REF04-2\[\*\] is a component"):
        small(tmp_path, "- segment: REF\n  REF04-2[*]: buyer.address.lines\n")


@pytest.mark.parametrize("line", ["normalise: [nothing]", "not_carried: [nothing]", "ignore: [{at: REF}]",
                                  "guide: {nothing: a}", "derive: [{field: lines, is: 1}]",
                                  "checks: [{id: a, test: 1 = 1}]",
                                  'checks: [{id: a, test: 1 = 1, severity: fatal}]', "constants: [a]"])  # fmt: skip
def test_broken_top_level_keys(tmp_path: Path, line: str) -> None:
    with pytest.raises(MapError):
        small(tmp_path, more=line + "\n")


def test_the_source_can_be_read(tmp_path: Path) -> None:
    source = small(tmp_path).source
    assert "def read(" in source
    assert "def write(" in source
    assert "855.map.yaml:" in source
