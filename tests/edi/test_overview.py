"""The overview of an input, in the shape of `edi inspect --json`."""

from __future__ import annotations

import pytest

from edi.overview import _ends_inside, inspect, is_incomplete
from tests.edi.interchanges import group, s855, x12

DATA = (
    b"UNA:+.? 'UNB+UNOC:3+ME:14+YOU:14+261124:1301+42++++++1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+P1+9'UNT+3+1'"
    b"UNZ+2+42'rest"
)


def test_stable_json() -> None:
    told = inspect(DATA).to_json()
    (interchange,) = told["interchanges"]
    (count,) = interchange.pop("faults")
    assert interchange == {
        "syntax": "edifact",
        "sender": "ME",
        "sender_qualifier": "14",
        "receiver": "YOU",
        "receiver_qualifier": "14",
        "control": "42",
        "version": "UNOC:3",
        "test": True,
        "charset": "iso8859-1",
        "groups": [],
        "messages": [
            {
                "type": "ORDERS",
                "version": "D.96A",
                "control": "1",
                "convention": "EAN008",
                "segments": 3,
                "offset": DATA.index(b"UNH"),
                "length": DATA.index(b"UNZ") - DATA.index(b"UNH"),
                "group": 0,
            }
        ],
    }
    assert (count["code"], count["found"], count["expected"]) == ("interchange.count", "2", "1")
    assert [fault["code"] for fault in told["faults"]] == ["envelope.trailing-data"]


def test_anything_gives_an_overview() -> None:
    assert [fault.code for fault in inspect(b"").faults] == ["syntax.unknown"]
    assert [fault.code for fault in inspect(b"\x00" * 10 + b"MZ").faults] == ["syntax.unknown"]


X12 = x12(group(s855()))
WHOLE = {
    "x12": X12,
    "x12, two": X12 + b"\r\n" + X12 + b"\n",
    "x12, wrapped": X12.replace(b"~", b"~\r\n"),
    "x12, a line is a segment": X12.replace(b"~", b"\n"),
    "edifact": DATA.removesuffix(b"rest"),
    "edifact, no una": DATA.removesuffix(b"rest").removeprefix(b"UNA:+.? '"),
    "edifact, two": DATA.removesuffix(b"rest") + b"\n" + DATA.removesuffix(b"rest").removeprefix(b"UNA:+.? '"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_end_of_a_file_says_whether_it_is_whole(name: str) -> None:
    """Wherever it is cut, as reading all of it says."""
    data = WHOLE[name]
    assert not is_incomplete(data)
    for cut in {*range(0, len(data), 7), *range(len(data) - 60, len(data))}:
        assert is_incomplete(data[:cut]) == _ends_inside(data[:cut]), data[:cut][-30:]


@pytest.mark.parametrize("end", [b"UNZ+1+4?'", b"UNZ'", b"XUNZ+1+42'", b"UNZ:1:42'", b"IEA+1+42'"])
def test_what_is_no_trailer_is_read(end: bytes) -> None:
    data = DATA.partition(b"UNZ")[0] + end
    assert is_incomplete(data) == _ends_inside(data)
