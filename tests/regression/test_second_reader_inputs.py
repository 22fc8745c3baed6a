"""Inputs on which pyx12 4.0.0 or pydifact 0.2.3 raise, stop or lose data; the own reader passes all of them.

Each case is the smallest input of its kind with the number of messages that must arrive and the segments that must be
in the first one. The row of docs that lists them is edi-core section 6.
"""

from __future__ import annotations

import pytest

from edi.model import COMPONENT, REPEAT, Message
from edi.syntax import read

SET = "ST*850*0001~BEG*00*SA*P1**20261124~SE*3*0001~"
GROUP = f"GS*PO*ME*YOU*20261124*1301*1*X*004010~{SET}GE*1*1~"
ISA = "ISA*00*          *00*          *ZZ*ME             *01*YOU            *261124*1301*U*00401*000000042*0*P*>~"
X12 = f"{ISA}{GROUP}IEA*1*000000042~"
BEG = ["BEG", "00", "SA", "P1", "", "20261124"]

BODY = "UNH+1+ORDERS:D:96A:UN'BGM+220+P1+9'UNT+3+1'"
UNB = "UNB+UNOC:3+ME:14+YOU:14+261124:1301+42'"
EDIFACT = f"{UNB}{BODY}UNZ+1+42'"
BGM = ["BGM", "220", "P1", "9"]


def versioned(version: str, eleven: str = "U") -> str:
    return X12.replace("*U*00401*", f"*{eleven}*{version}*")


PYX12 = {
    **{f"ISA12 {version}": (versioned(version), 1, [BEG]) for version in ("00400", "00402", "00403", "00404", "00405")},
    **{f"ISA12 {version}": (versioned(version), 1, [BEG]) for version in ("00406", "00305", "00200", "00503", "00602")},
    **{f"ISA12 {version}": (versioned(version, "^"), 1, [BEG]) for version in ("00801", "00806")},
    "byte order mark": ("\ufeff" + X12, 1, [BEG]),
    "leading line break": ("\n" + X12, 1, [BEG]),
    "unpadded ISA06": (X12.replace("ME             ", "ME"), 1, [BEG]),
    "latin-1 byte": (X12.replace("P1", "P\xe9").encode("latin-1"), 1, [["BEG", "00", "SA", "P\xe9", "", "20261124"]]),
    "empty segment": (X12.replace("~BEG", "~~BEG"), 1, [BEG]),
    "blank line": (X12.replace("~", "\n").replace("\nBEG", "\n\nBEG"), 1, [BEG]),
    "second ISA with other separators": (X12 + X12.replace("*", "|").replace("~", "\n"), 2, [BEG]),
    "no last terminator": (X12[:-1], 1, [BEG]),
    "stray SE before ST": (X12.replace("ST*850", "SE*1*0009~ST*850"), 1, [BEG]),
    "IEA twice": (X12 + "IEA*1*000000042~", 1, [BEG]),
    "terminator inside BIN": (X12.replace("~SE*3", "~BIN*5*a~b*c~SE*4"), 1, [BEG, ["BIN", "5", "a~b*c"]]),
    "repetition in 00501": (
        versioned("00501", "^").replace("P1", "P1^P2"),
        1,
        [["BEG", "00", "SA", f"P1{REPEAT}P2", "", "20261124"]],
    ),
    "element 105": (
        X12.replace("SA*P1", "SA*P1" + "*" * 101 + "X"),
        1,
        [["BEG", "00", "SA", "P1", *[""] * 100, "X", "", "20261124"]],
    ),
}

PYDIFACT = {
    "repetition of a composite in syntax 4": (
        EDIFACT.replace("UNOC:3", "UNOC:4").replace("261124:", "20261124:").replace("BGM+220+P1+9", "RFF+A:1*B:2"),
        1,
        [["RFF", f"A{COMPONENT}1{REPEAT}B{COMPONENT}2"]],
    ),
    "two interchanges, each with UNA": (f"UNA:+.? '{EDIFACT}\r\nUNA:+.? '{EDIFACT}", 2, [BGM]),
    "UNG and UNE": (EDIFACT.replace(BODY, f"UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'{BODY}UNE+1+7'"), 1, [BGM]),
    "byte order mark": ("\ufeff" + EDIFACT, 1, [BGM]),
    "lower-case tag": (EDIFACT.replace("BGM", "bgm"), 1, [["bgm", *BGM[1:]]]),
    "trailing control-Z": (EDIFACT + "\x1a", 1, [BGM]),
    "cut off": (EDIFACT[: EDIFACT.index("UNT")], 1, [BGM]),
    "cut off in a segment": (EDIFACT[: EDIFACT.index("+9'UNT")], 1, [["BGM", "220", "P1"]]),
    "indentation": (EDIFACT.replace("'", "'\n    "), 1, [BGM]),
    "line break inside a tag": (EDIFACT.replace("BGM", "BG\nM"), 1, [BGM]),
    "release and line break": (EDIFACT.replace("P1", "P?\n1"), 1, [BGM]),
    "UNT missing": (EDIFACT.replace("UNT+3+1'", ""), 1, [BGM]),
    "trailing empty components": (
        EDIFACT.replace("220", "220::"),
        1,
        [["BGM", f"220{COMPONENT}{COMPONENT}", "P1", "9"]],
    ),
    "tabs between segments": (EDIFACT.replace("'", "'\n\t"), 1, [BGM]),
    "unknown directory": (EDIFACT.replace("D:96A", "D:99Z"), 1, [BGM]),
}

CASES = [pytest.param(*case, id=f"pyx12: {name}") for name, case in PYX12.items()]
CASES += [pytest.param(*case, id=f"pydifact: {name}") for name, case in PYDIFACT.items()]


@pytest.mark.parametrize(("data", "count", "segments"), CASES)
def test_the_own_reader_passes(data: str | bytes, count: int, segments: list[list[str]]) -> None:
    raw = data.encode() if isinstance(data, str) else data
    items = list(read(raw))
    assert b"".join(item.raw for item in items) == raw
    messages = [item for item in items if isinstance(item, Message)]
    assert len(messages) == count
    assert messages[0].segments[1 : 1 + len(segments)] == segments


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (EDIFACT.replace("UNT+3+1", "UNT+4+1"), "message.count"),
        (EDIFACT.replace("UNT+3+1", "UNT+3+2"), "message.control-mismatch"),
        (EDIFACT.replace("UNZ+1", "UNZ+2"), "interchange.count"),
        (EDIFACT.replace("UNOC", "UNOA").replace("P1", "p1"), "charset.repertoire"),
        (X12.replace("~BEG", "~~BEG"), "segment.empty"),
        (X12[:-1], "segment.unterminated"),
        (X12 + "IEA*1*000000042~", "envelope.trailing-data"),
    ],
)
def test_what_the_second_readers_pass_over_is_reported(data: str, code: str) -> None:
    assert [fault.code for item in read(data.encode()) for fault in item.faults] == [code]
