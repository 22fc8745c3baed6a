"""The quick way of the reader against the careful way: the same items for any bytes, and it is really taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.model import Message
from edi.syntax import read
from edi.syntax.segments import MANY
from edi.syntax.usual import Usual

X12_SET = "ST*850*{n:04d}~BEG*00*SA*P{n}**20261124~PO1*1*{n}*EA*1.5**VP*A>B~SE*4*{n:04d}~"
ISA = "ISA*00*          *00*          *ZZ*ME             *01*YOU            *261124*1301*U*00401*000000042*0*P*>~"
X12 = ISA + "GS*PO*ME*YOU*20261124*1301*1*X*004010~{sets}GE*5*1~IEA*1*000000042~"
EDIFACT_MESSAGE = "UNH+{n}+ORDERS:D:96A:UN'BGM+220+P{n}+9'FTX+AAI+++it?'s:two'UNS+S'UNT+5+{n}'"
EDIFACT = "UNB+UNOC:3+ME:14+YOU:14+261124:1301+42'{sets}UNZ+5+42'"


def x12(text: str = X12_SET) -> str:
    return X12.replace("{sets}", "".join(text.format(n=n) for n in range(1, 6)))


def edifact(text: str = EDIFACT_MESSAGE) -> str:
    return EDIFACT.replace("{sets}", "".join(text.format(n=n) for n in range(1, 6)))


INPUTS = {
    "x12": x12(),
    "x12 lines": x12().replace("~", "~\r\n"),
    "x12 newline": x12().replace("~", "\n"),
    "x12 repetition": x12().replace("*U*00401", "*^*00501").replace("P1", "P1^P2"),
    "x12 unit separators": x12().replace(">", "\x1f"),
    "edifact": edifact(),
    "edifact lines": edifact().replace("'", "'\n").replace("?'\n", "?'"),
    "edifact groups": edifact()
    .replace("UNH+1+", "UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'UNH+1+")
    .replace("UNZ+5", "UNE+5+7'UNZ+1"),
    "edifact level A": edifact().replace("UNOC", "UNOA").replace("it?'s:two", "IT?'S:TWO"),
}
PIECES = [
    "ST*850*0009~", "SE*4*0003~", "SE*2*0003~", "SE*4*0002~", "GE*5*1~", "IEA*1*000000042~", ISA, "~", "~~", "~ ",
    "~\r\n", "BIN*5*a~b*c~", "\n", "\x1f", "\x1e", "\ufffd", "é", "*", ">", "^", "?", "??", "?'", "'", "''", "' ",
    "'\n", "+'", ":'", "UNH+9+ORDERS:D:96A:UN'", "UNT+5+3'", "UNT+5+2'", "UNZ+5+42'", "UNA:+.? '", "UNB+UNOC:3+",
    "BGM:1+220'", "x" * 70, "*" * 12, "GS*PR*ME*YOU*20261124*1301*1*X*004010~", "850", "855", "0002", " ", "\0",
    "\x1a",
]  # fmt: skip


def both_ways(data: bytes, **options: Any) -> tuple[list[Any], int]:
    """The items of the quick way, which must be those of the careful way, and how many messages were quick."""
    taken = 0
    take = Usual.take

    def counted(self: Usual, *arguments: Any) -> Message | None:
        nonlocal taken
        message = take(self, *arguments)
        taken += message is not None
        return message

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Usual, "take", counted)
        quick = list(read(data, **options))
        patch.setattr(Usual, "take", lambda *_: None)
        careful = list(read(data, **options))
    assert quick == careful
    return quick, taken


@pytest.mark.parametrize("name", INPUTS)
def test_the_quick_way_is_taken_and_reads_alike(name: str) -> None:
    items, taken = both_ways(INPUTS[name].encode())
    assert taken == 4, "all but the first message of the group"
    assert not [fault for item in items for fault in item.faults]


@pytest.mark.parametrize(
    ("case", "data", "limits"),
    [
        ("a segment of many characters", x12().replace("P3", "P" * 50), {"segment": 40}),
        ("many elements", x12().replace("P3*", "P3" + "*" * 40), {"elements": 30}),
        ("many segments", x12().replace("~SE*4*0003", "~CTT*1~CTT*1~SE*6*0003"), {"segments": 5}),
        ("many bytes", x12().replace("P3", "P" * 50), {"message": 100}),
        ("many messages", x12(), {"messages": 3}),
    ],
)
def test_limits_hold_on_the_quick_way(case: str, data: str, limits: dict[str, int]) -> None:
    items, taken = both_ways(data.encode(), limits=limits)
    found = {fault.code for item in items for fault in item.faults}
    assert "limit.exceeded" in found, case
    assert 0 < taken < 4


@given(
    name=st.sampled_from(sorted(INPUTS)),
    changes=st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=2)),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=800, deadline=None, derandomize=True)
def test_changed_anywhere_both_ways_read_alike(name: str, changes: list[tuple[int, int, str]]) -> None:
    text = INPUTS[name]
    for at, length, piece in changes:
        at %= len(text)
        text = text[:at] + piece + text[at + length :]
    both_ways(text.encode("utf-8", "surrogatepass"), limits={"elements": 14, "segment": 60})


@pytest.mark.parametrize("careful", [False, True])
def test_a_long_message_is_split_as_a_short_one_and_shares_its_short_values(careful: bool) -> None:
    lines = [f"PO1*{n}*10*EA*{n}.5**BP*SKU-{n}" for n in range(MANY)]
    body = [*(["REF*DP*1\n2"] if careful else []), *lines]
    long = "".join(f"{segment}~" for segment in ["ST*850*0002", *body, f"SE*{len(body) + 2}*0002"])
    whole = X12.replace("{sets}", X12_SET.format(n=1) + long).replace("GE*5", "GE*2")
    _, message = [item for item in read(whole.encode()) if isinstance(item, Message)]
    found = message.segments[len(body) - len(lines) + 1 : -1]
    assert found == [line.split("*") for line in lines]
    assert len({id(segment[3]) for segment in found}) == 1
