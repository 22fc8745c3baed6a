"""What fuzzing found, each as the smallest input of its kind."""

from __future__ import annotations

import pytest

import edi
from edi.model import Message
from edi.normalise import amended_lines
from edi.syntax import read
from tests.edi.interchanges import ACME, group, rows, s855, x12
from tests.edi.syntax.test_reading_edifact import PLAIN
from tests.fuzz.targets import OPEN, TALKATIVE, TARGETS


@pytest.mark.parametrize("moment", ["261120*4012", "261320*1030", "261120*2460"])
def test_a_ta1_names_no_moment_that_does_not_exist(moment: str) -> None:
    data = x12(group(s855()), isa14="1").replace(b"261120*1030*U", moment.encode() + b"*U")
    (ack,) = [ack for ack in edi.translate(data, TALKATIVE).acks if b"TA1" in ack]
    (ta1,) = rows(ack, "TA1")
    assert moment.partition("*")[2] not in ta1 or moment.startswith("261320")
    assert edi.translate(ack, OPEN).faults == []


def test_a_partial_answer_whose_quantity_is_no_number() -> None:
    data = x12(group(s855(ack="ACK*BP*\n80*EA~")))
    (result,) = edi.translate(data, ACME).results
    assert ("element.number", "855[1]/PO1[1]/ACK[1]/ACK02") in [(f.code, f.location.path) for f in result.faults]


def test_a_line_of_many_amended_parts_without_quantity() -> None:
    parts = [{"status": {"value": "changed"}} for _ in range(2_000)]
    line = {"responses": [{}, *parts], "ordered": {"value": "1"}}
    assert amended_lines({"lines": [line]})["lines"][0]["responses"] == [{"status": {"value": "changed"}}]


def test_utf16_under_an_eight_bit_header_is_not_read_as_latin1() -> None:
    (message,) = [item for item in read(PLAIN.replace("P1", "Pé").encode("utf-16")) if isinstance(item, Message)]
    assert message.segments[1] == ["BGM", "220", "Pé", "9"]


def test_a_terminator_that_is_white_space_still_ends_empty_segments() -> None:
    data = x12(group(s855())).replace(b"PO1*", b"\t\tPO1*").replace(b"~", b"\t")
    codes = [fault.code for item in read(data) for fault in item.faults]
    assert codes == ["segment.empty", "segment.empty"]


@pytest.mark.parametrize("name", TARGETS)
def test_short_inputs_that_look_like_the_beginning_of_something(name: str) -> None:
    for start in (
        b"ISA",
        b"UNA",
        b"UNB",
        b"UNH",
        b"ST*855*1~",
        b"GS*PO*",
        b"UIB",
        b"TA1",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
    ):
        for end in (b"", b"~", b"'", b"\x00", b"*", b"+", b"?", b"\xff"):
            TARGETS[name](start + end)
