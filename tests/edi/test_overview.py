"""The overview of an input, in the shape of `edi inspect --json`."""

from __future__ import annotations

from edi.overview import inspect

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
