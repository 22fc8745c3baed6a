"""A partner's narrower rules: guide faults beside the standard's, and never in their place."""

from __future__ import annotations

import pytest
from check_documents import ANSWER, ORDERS, edifact, x12

from edi.check import compile_check
from edi.faults import Fault
from edi.schema import load_schema, narrowed
from edi.yaml_source import load_text


def answer(operation: str, old: str = "", new: str = "") -> list[Fault]:
    tree = load_text(f"schema:\n- {operation}\n", "guide.yaml")
    schema = narrowed(load_schema("x12/004010/855"), tree["schema"])
    assert old in ANSWER
    return compile_check(schema).check(x12(ANSWER.replace(old, new, 1), "855", "PR")).faults


CASES = [
    ("{usage: BAK/BAK08, is: required}", "SO-7781", "", "element.dependent-missing", "855[1]/BAK/BAK08"),
    ("{usage: BAK/BAK08, is: not_used}", "", "", "element.not-used", "855[1]/BAK/BAK08"),
    ("{usage: REF, is: not_used}", "", "", "segment.not-used", "855[1]/REF[1]"),
    ("{usage: CUR, is: required}", "", "", "segment.dependent-missing", "855[1]/CUR"),
    ("{usage: N9, is: required}", "", "", "loop.minimum", "855[1]/N9"),
    ('{usage: "N1[BT]", is: required}', "", "", "loop.minimum", "855[1]/N1[BT]"),
    ('{usage: "N1[ST]", is: not_used}', "", "", "segment.not-used", "855[1]/N1[1]"),
    ('{usage: "REF[IA]", is: required}', "", "", "segment.dependent-missing", "855[1]/REF[IA]"),
    ('{usage: "N1[ST]/N3", is: required}', "", "", "segment.dependent-missing", "855[1]/N1[1]/N3"),
    ('{length: "N1[ST]/N102", max: 5}', "", "", "element.long", "855[1]/N1[1]/N102"),
    ("{length: BAK/BAK03, min: 10}", "", "", "element.short", "855[1]/BAK/BAK03"),
    ("{codes: BAK/BAK02, only: [AD, AT]}", "", "", "element.code", "855[1]/BAK/BAK02"),
    ("{max: PO1, is: 2}", "", "", "loop.repeat", "855[1]/PO1[3]"),
    ('{max: "REF[VR]", is: 1}', "REF*VR*10045~", "REF*VR*10045~REF*IA*1~REF*VR*2~", "segment.repeat", "855[1]/REF[3]"),
    (
        "{condition: PO1, add: C0111}",
        "PO1*3*5*EA*9.99",
        "PO1**5*EA*9.99",
        "element.conditional-missing",
        "855[1]/PO1[2]/PO111",
    ),
    ("{condition: CTT, add: R0203}", "", "", "element.conditional-missing", "855[1]/CTT/CTT02"),
]


@pytest.mark.parametrize(("operation", "old", "new", "code", "path"), CASES)
def test_a_broken_guide_rule_is_a_guide_fault(operation: str, old: str, new: str, code: str, path: str) -> None:
    faults = answer(operation, old, new)
    assert [(fault.code, fault.location.path, fault.guide) for fault in faults] == [(code, path, True)]


@pytest.mark.parametrize(
    "operation",
    [
        "{usage: BAK/BAK08, is: required}",
        '{usage: "N1[ST]", is: required}',
        '{usage: "N1[BT]", is: not_used}',
        "{max: PO1, is: 3}",
        "{length: BAK/BAK03, max: 6}",
        "{codes: PO1/PO103, only: [EA, CA]}",
        '{max: "N1[ST]", is: 1}',
    ],
)
def test_a_document_that_follows_the_guide_has_no_fault(operation: str) -> None:
    assert answer(operation) == []


def test_a_code_only_the_guide_forbids_keeps_its_own_wire_codes() -> None:
    (fault,) = answer("{codes: BAK/BAK02, only: [AD]}")
    assert (fault.x997(), fault.x999, fault.contrl()) == ("7", "I6", "14")


def test_the_standard_comes_before_the_guide() -> None:
    (fault,) = answer("{length: BAK/BAK03, max: 3}", "P00042", "P" * 23)
    assert (fault.code, fault.guide, fault.expected) == ("element.long", False, "AN, 1-22 characters")


def test_a_guide_never_moves_a_segment() -> None:
    faults = answer("{usage: CUR, is: required}")
    assert [(fault.code, fault.location.segment) for fault in faults] == [("segment.dependent-missing", 3)]


def test_a_required_qualifier_is_due_even_where_the_segment_is_required() -> None:
    faults = answer('{usage: REF, is: required}\n- {usage: "REF[IA]", is: required}')
    assert [fault.location.path for fault in faults] == ["855[1]/REF[IA]"]


def test_a_rule_for_all_holds_for_the_qualified_ones_too() -> None:
    faults = answer('{usage: "N1[ST]", is: required}\n- {length: N1/N102, max: 3}')
    assert [fault.code for fault in faults] == ["element.long"]


def test_the_subset_warns_of_codes_outside_its_practice() -> None:
    schema = load_schema("edifact/d01b-eancom/orders")
    message = edifact(ORDERS.replace("BGM+220", "BGM+225"), convention="EAN010")
    (fault,) = compile_check(schema).check(message).faults
    assert (fault.code, fault.severity, fault.guide) == ("element.code", "warning", True)
    assert fault.location.path == "ORDERS[1]/BGM/BGM01-1"


def test_qualified_segments_are_counted_each_for_themselves() -> None:
    references = "".join(f"REF*{'VR' if n % 2 else 'IA'}*{n}~" for n in range(3000))
    faults = answer('{max: "REF[VR]", is: 1000}', "REF*VR*10045~", references)
    assert len(faults) == 500
    assert faults[0].location.path == "855[1]/REF[2002]"


def test_the_base_schema_is_not_changed_by_narrowing() -> None:
    answer("{usage: BAK/BAK08, is: required}")
    base = load_schema("x12/004010/855")
    assert not base.guide
    assert base.segments["BAK"].elements[7].guide_usage is None
