"""The streamed overview says what `edi.inspect` says, of any input."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edi
from edi import syntax
from edi.inspection import json_pieces, lines
from edi.terminal import Spool
from tests.edi.interchanges import BAD_ACK, ROOT, edifact, group, ordrsp, s855, x12

INPUTS = [
    b"",
    b"hello",
    x12(),
    x12(group()),
    x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s855(), control="2"), iea="IEA*9*1~") + b"junk",
    edifact(ordrsp(), ordrsp("2")) * 3,
    x12(group(s855(), ge="")) + edifact(),
]


def streamed(data: bytes) -> object:
    return json.loads("".join(json_pieces(syntax.read(data))))


@pytest.mark.parametrize("data", INPUTS, ids=range(len(INPUTS)))
def test_the_same_as_the_value(data: bytes) -> None:
    assert streamed(data) == edi.inspect(data).to_json()


def test_the_same_of_every_sample() -> None:
    samples = sorted((ROOT / "samples").rglob("*.edi"))
    assert samples
    for sample in samples:
        assert streamed(sample.read_bytes()) == edi.inspect(sample.read_bytes()).to_json()


@given(
    st.lists(st.sampled_from([*INPUTS, b"ISA*", b"UNB+", b"GS*PR~", b"\x1b[2J~'", b"GE*1*1~", b"UNZ+1'"]), max_size=5)
)
def test_the_same_of_any_bytes(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert streamed(data) == edi.inspect(data).to_json()
    assert all(line.isprintable() for line in lines(syntax.read(data)))


def test_faults_stand_where_they_were_seen() -> None:
    told = list(lines(syntax.read(x12(group(s855(se="SE*9*0001~"), ge="GE*2*1~"), group(s855(), control="2")))))
    assert [line.split(":")[0] for line in told] == [
        "x12 interchange 000000007",
        "  group PR 1 (004010)",
        "    855 0001 (004010)",
        "  reject",
        "  reject",
        "  group PR 2 (004010)",
        "    855 0001 (004010)",
        "1 interchange, 2 groups, 2 messages, 2 faults",
    ]


def test_a_spool_keeps_what_it_cannot_hold_in_memory() -> None:
    spool = Spool()
    for round_ in range(2):
        items = [{"round": round_, "number": number, "text": "x" * 1000} for number in range(2000)]
        for item in items:
            spool.add(item)
        assert json.loads("[" + "".join(spool.pieces()) + "]") == items
        assert "".join(spool.pieces()) == ""
    spool.close()
