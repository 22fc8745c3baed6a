"""The checker against the slow interpreter: same faults, same order, same tree, on valid and mutated documents."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from check_documents import ANSWER, CONDITIONS, ORDER, ORDERS, RESPONSE, WHEN, edifact, own_schema, rules, x12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interpreter import Interpretation, interpret

from edi.check import compile_check
from edi.checked import Checked
from edi.model import COMPONENT, REPEAT, Message
from edi.schema import Schema, load_schema, narrowed
from edi.yaml_source import load_text

GUIDE_855 = """
operations:
- {usage: BAK/BAK08, is: required}
- {usage: REF, is: required}
- {usage: "N1[ST]", is: required}
- {usage: "N1[BT]", is: not_used}
- {max: "N1[ST]", is: 1}
- {length: "N1[ST]/N102", max: 6}
- {usage: "N1[ST]/N4", is: required}
- {codes: PO1/PO103, only: [EA, CA]}
- {length: BAK/BAK03, max: 5}
- {max: PO1, is: 2}
- {usage: PO1/PID, is: not_used}
- {condition: PO1/ACK, add: R0507}
- {usage: PO1/ACK, is: required}
- {codes: PO1/ACK/ACK01, only: [IA, IB, IQ, IR], open: yes}
- {usage: PO1/ACK/ACK06, is: not_used}
- {length: PO1/PO102, max: 3}
"""


@cache
def schema(name: str) -> Schema:
    if name == "guide":
        return narrowed(load_schema("x12/004010/855"), load_text(GUIDE_855, "guide")["operations"])
    return load_schema(name)


CASES = {
    "order": ("x12/004010/850", lambda: x12(ORDER)),
    "answer": ("x12/004010/855", lambda: x12(ANSWER, "855", "PR")),
    "guide": ("guide", lambda: x12(ANSWER, "855", "PR")),
    "orders": ("edifact/d01b/orders", lambda: edifact(ORDERS)),
    "orders-una": ("edifact/d01b/orders", lambda: edifact(ORDERS, una="UNA:+,? '")),
    "eancom": ("edifact/d01b-eancom/orders", lambda: edifact(ORDERS, convention="EAN010")),
    "response": ("edifact/d01b-eancom/ordrsp", lambda: edifact(RESPONSE, "ORDRSP")),
    "acknowledgement": (
        "x12/004010/997",
        lambda: x12(
            "AK1*PO*1~AK2*850*0001~AK3*PO1*12**8~AK4*3*355*7*XX~AK5*R*5~AK2*850*0002~AK5*A~AK9*P*2*2*1~", "997", "FA"
        ),
    ),
    "contrl": (
        "edifact/service/v3/contrl",
        lambda: edifact("UCI+1+A:14+B:14+7'UCM+1+ORDERS:D:01B:UN+4'UCS+3+12'UCD+12+2:1'", "CONTRL"),
    ),
}
VALUES = [
    "", "A", "EA", "XX", "ST", "BT", "BY", "IA", "00", "0", "1", "-1", "1.5", ".5", "5.", "1,5", "1E3", "+1", "١", "²",
    "20261345", "20260229", "20240229", "261120", "2460", "1030", "103000", "10305", "2026112", "TEN", "x" * 40,
    "9" * 20, "a\x01b", "\xa0", "é", "a" + COMPONENT + "b", COMPONENT, "1" + COMPONENT, "1" + REPEAT + "2", REPEAT, "-",
    "A" + COMPONENT + "B" + COMPONENT + "C", COMPONENT + COMPONENT + "9", "137" + COMPONENT + "x" * 36,
]  # fmt: skip
TYPED = [
    "AB", "ABCDE", "ABCDEF", "BB", "CCC", "A", "B", "12", "1234", "-1234", "12345", "1.2", "1.234", "1.2345", "12.",
    ".12", "BB" + COMPONENT + "1" + COMPONENT * 2 + "X", "BB" + COMPONENT + "1", "BB" + REPEAT + "A",
    "BB" + REPEAT + "BB" + COMPONENT, "BB" + COMPONENT * 2 + "X", "BB" + COMPONENT * 4 + "X", COMPONENT + "1",
    "BB" + REPEAT, "AB" + REPEAT + "AB" + REPEAT + "A", "500101", "491231", "000229", "20000229", "19000229",
    "1.", ".1", "235959", "236000", "0000", "00000", "000000", "0000000",
]  # fmt: skip
TAGS = ["REF", "DTM", "N1", "N3", "N4", "PO1", "ACK", "SE", "ST", "QQQ", "HL", "RFF", "NAD", "LIN", "QTY", "UNS", "UNT"]


def compare(schema_: Schema, message: Message) -> None:
    decimal = ""
    if schema_.syntax == "edifact" and message.interchange.raw.startswith(b"UNA"):
        decimal = message.interchange.delimiters.decimal
    expected = interpret(schema_, message, decimal)
    for raw in (b"\0", on_the_wire(message)):  # what the bytes show saves tests; without it all of them are made
        message.raw = raw
        checked = compile_check(schema_).check(message)
        compare_one(checked, expected)
        assert compile_check(schema_).faults(message) == checked.faults


def on_the_wire(message: Message) -> bytes:
    """The bytes of the segments as they are now."""
    wire = message.interchange.delimiters
    text = "".join(wire.element.join(segment) + wire.terminator for segment in message.segments)
    text = text.replace(COMPONENT, wire.component).replace(REPEAT, wire.repeat or REPEAT)
    return text.encode("utf-8", "surrogatepass")


def compare_one(checked: Checked, expected: Interpretation) -> None:
    message = checked.message
    found = []
    for fault in checked.faults:
        where = fault.location
        severity = None if fault.severity == fault.entry.severity else fault.severity
        found.append(
            (
                fault.code,
                where.segment,
                where.path,
                where.element,
                where.component,
                where.repetition,
                severity,
                fault.guide,
            )
        )
    assert found == expected.faults
    assert _identities(checked.tree) == _identities(expected.tree)
    assert [id(segment) for segment, _ in checked.unplaced] == [id(segment) for segment in expected.unplaced]
    for segment in message.segments:
        number, path = checked.place(segment)
        assert message.segments[number - 1] is segment
        assert path.startswith(message.name + "/")


def _identities(tree: object) -> object:
    """The tree with segments replaced by their identity, so that equal segments are told apart."""
    if isinstance(tree, list):
        return id(tree) if tree and isinstance(tree[0], str) else [_identities(item) for item in tree]
    return tree


@pytest.mark.parametrize("name", CASES)
def test_the_case_itself_is_checked_alike(name: str) -> None:
    identity, build = CASES[name]
    compare(schema(identity), build())


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("guide", "orders-una")])
def test_the_unchanged_document_has_no_fault(name: str) -> None:
    identity, build = CASES[name]
    assert compile_check(schema(identity)).check(build()).faults == []


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[str, int, int, int, str]]:
    kind = st.sampled_from(
        ["value", "value", "value", "delete", "double", "swap", "tag", "cut", "grow", "move", "truncate"]
    )
    step = st.tuples(
        kind,
        st.integers(0, 200),
        st.integers(0, 12),
        st.integers(0, 200),
        st.one_of(st.sampled_from(VALUES), st.text(max_size=4)),
    )
    return draw(st.lists(step, min_size=1, max_size=6))


def mutate(message: Message, steps: list[tuple[str, int, int, int, str]]) -> None:
    """Change the segments in place; the raw bytes stay, offsets are not compared here."""
    segments = message.segments
    for kind, first, element, second, value in steps:
        if not segments:
            return
        at, other = first % len(segments), second % len(segments)
        segment = segments[at]
        if kind == "value" and len(segment) > 1:
            segment[1 + element % (len(segment) - 1)] = value
        elif kind == "delete":
            del segments[at]
        elif kind == "double":
            segments.insert(other, list(segment))
        elif kind == "swap":
            segments[at], segments[other] = segments[other], segments[at]
        elif kind == "move":
            segments.insert(other, segments.pop(at))
        elif kind == "tag":
            segment[0] = TAGS[second % len(TAGS)]
        elif kind == "truncate":
            del segments[at + 1 :]
        elif kind == "cut":
            del segment[1 + element :]
        elif kind == "grow":
            segment += [value] * (element % 3 + 1)


@pytest.mark.parametrize("name", CASES)
@given(steps=mutations())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_mutated_documents_are_checked_alike(name: str, steps: list[tuple[str, int, int, int, str]]) -> None:
    identity, build = CASES[name]
    message = build()
    mutate(message, steps)
    compare(schema(identity), message)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("maps")


STEPS = [
    "N1*ST*A~", "N1*BT*A~", "N1*BY*A~", "N1*XX*A~", "N1~", "N3*A~", "N4*A~", "PO1*1~", "REF*VR~", "ACK*IA~", "ACK*I~",
    "CTT*1~", "QQQ*1~", "BAK*00~",
]  # fmt: skip
FIXTURE = settings(max_examples=150, deadline=None, derandomize=True)


@given(steps=st.lists(st.sampled_from(STEPS), max_size=14), end=st.booleans())
@FIXTURE
def test_loops_told_apart_by_when_are_checked_alike(folder: Path, steps: list[str], end: bool) -> None:
    message = x12("BAK*00~" + "".join(steps), "855", "PR")
    if end:
        del message.segments[-1]
    compare(own_schema(folder, "when", WHEN), message)


@pytest.mark.parametrize("kind", range(1, len(CONDITIONS) + 1))
def test_conditions_are_checked_alike(folder: Path, kind: int) -> None:
    for length in range(6):
        for parts in product(("", "A"), repeat=length):
            compare(rules(folder), x12("*".join([f"C{kind}", *parts]) + "~", "855", "PR"))


@given(parts=st.lists(st.one_of(st.just(""), st.sampled_from([*VALUES, *TYPED])), max_size=14))
@FIXTURE
def test_types_are_checked_alike(folder: Path, parts: list[str]) -> None:
    message = x12("TYP*AB~", "855", "PR")
    message.segments[1][1:] = parts
    compare(rules(folder), message)


@pytest.mark.parametrize("at", range(1, 13))
def test_every_value_in_every_type_is_checked_alike(folder: Path, at: int) -> None:
    for value in (*VALUES, *TYPED):
        message = x12("TYP*AB***********A~", "855", "PR")
        message.segments[1][at] = value
        compare(rules(folder), message)


@given(steps=st.lists(st.sampled_from(re.findall(r"[^~]+~", ORDER)), max_size=25))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_order_of_segments_is_checked_alike(steps: list[str]) -> None:
    compare(schema("x12/004010/850"), x12("".join(steps)))


DESPATCH = [
    "CPS+1'",
    "PAC+1'",
    "MEA+PD+AAD+KGM:8'",
    "PCI+30'",
    "GIN+BJ+1'",
    "LIN+1'",
    "QTY+12:1'",
    "FTX+AAI'",
    "CNT+2:1'",
]


@given(steps=st.lists(st.sampled_from(DESPATCH), max_size=14), release=st.sampled_from(["d96a", "d01b"]))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_loops_in_the_wrong_order_are_checked_alike(steps: list[str], release: str) -> None:
    compare(schema(f"edifact/{release}/desadv"), edifact(f"BGM+351+1+9'CPS+1'{''.join(steps)}", "DESADV"))
