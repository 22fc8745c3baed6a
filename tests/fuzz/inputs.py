"""Good documents to start from, and what is done to them.

Rule protected: damage keeps most of a document intact, so that it reaches the deep parts of the library.
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from benchmarks.generator import Plan, generate, kinds
from benchmarks.shapes import SHAPES
from tests.edi.interchanges import BAD_ACK, contrl, edifact, group, ordrsp, s855, s997, x12
from tests.fuzz.targets import ROOT

# Fragments that mean something to a reader of either syntax.
WORDS = [
    *b"~ ' * + : > ? ^ ISA* UNB+UNOC:3+ UNB+UNOY:4+ GS*PR* ST*855* SE*3*0001~ GE*1*1~ IEA*1* UNG+ UIB+".split(),
    *b"UNH+1+ORDERS:D:96A:UN' UNT+3+1' UNE+1+1' UNZ+1+7' TA1*000000007*261120*1030*R*001~ BIN*3*a~b~".split(),
    *b"BDS*ASC*2*~~~ BIN*99999* HL*1*1*S~ CPS+1+9' LIN:1+1' AK2*850*0001~AK5*A~ ,5 20260230 -0.0 1E9 NaN".split(),
    *b"UCM+1+ORDERS:D:96A:UN+4+12' 999999999999999999".split(),
    *(b"UNA:+.? '", b"\x1b$B", b"\r\n", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xc2\xa0", b"\xf0\x9f\x98\x80", b"\xc4\xb0"),
    *(bytes([byte]) for byte in b"\x1c\x1d\x1e\x1f\n\x00\x1a\xe9\xff"),
]

ACCIDENTS = ["flip", "cut", "word", "remove", "splice", "swap", "repeat", "number", "charset"]


@cache
def documents() -> list[bytes]:
    """The samples, one small document of every kind, every shape once, and interchanges of the example partners."""
    found = [path.read_bytes() for path in sorted((ROOT / "samples").rglob("*.edi"))]
    found += [generate(Plan(plan.kind, plan.release, lines=2)) for plan in kinds()]
    for shape in SHAPES:
        found.append(generate(Plan("ORDRSP" if shape.startswith("edifact") else "855", lines=2, shape=shape)))
    found += [
        x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s997(), control="2", kind="FA"), isa14="1"),
        x12("TA1*000000017*261120*1030*R*001~", group(s855()), version="00501"),
        edifact(ordrsp(), ordrsp("2", quantity="TEN"), contrl(control="3"), unb="++++1"),
        edifact(ordrsp(), syntax="UNOY:4"),
    ]
    return found


def _swap(data: bytes, one: int, other: int) -> bytes:
    return data.translate(bytes.maketrans(bytes([one, other]), bytes([other, one])))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good document after up to four accidents."""
    data = draw(st.sampled_from(documents()))
    for _ in range(draw(st.integers(0, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(ACCIDENTS))
        if kind == "flip":
            data = data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "word":
            data = data[:at] + draw(st.sampled_from(WORDS) | st.binary(max_size=4)) + data[at:]
        elif kind == "remove":
            data = data[:at] + data[at + draw(st.integers(1, 40)) :]
        elif kind == "splice":
            other = draw(st.sampled_from(documents()))
            data = data[:at] + other[draw(st.integers(0, len(other) - 1)) :]
        elif kind == "swap":
            data = _swap(data, data[at], draw(st.integers(0, 255)))
        elif kind == "repeat":
            piece = data[at : at + draw(st.integers(1, 60))]
            data = data[:at] + piece * draw(st.integers(2, 200)) + data[at:]
        elif kind == "number":
            digits = draw(st.sampled_from(["0", "-1", "9" * 15, "9" * 40, "1.5", "1" * 400]))
            end = at + 1
            while end < len(data) and data[end : end + 1].isdigit():
                end += 1
            data = data[:at] + digits.encode() + data[end:]
        else:
            wide = draw(st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp037"]))
            data = data.decode("latin-1").encode(wide)
    return data


anything = damaged() | st.binary(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=30).map(b"".join)
