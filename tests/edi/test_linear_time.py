"""Four times the input costs about four times the time, also when all of it is wrong in the same way.

What is compared is processor time, in one run, so that a busy machine does not matter; what repeats a search for every
fault or segment costs sixteen times as much and is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import edi
from tests.edi.interchanges import ACME, NORDWERK, contrl, edifact, group, ordrsp, s855, s997, x12

ISA = x12().decode().partition("IEA")[0]
GS = group("").partition("GE*")[0]
UNB = edifact(una="").decode().partition("UNZ")[0]


def in_set(body: str, version: str = "00401") -> bytes:
    return x12(group(f"ST*855*0001~{body}SE*9*0001~"), version=version)


def in_message(body: str, syntax: str = "UNOA:3") -> bytes:
    return edifact(f"UNH+1+ORDRSP:D:01B:UN:EAN009'{body}UNT+9+1'", syntax=syntax)


INPUTS: dict[str, Callable[[int], bytes]] = {
    # Envelopes
    "headers without a terminator": lambda n: (ISA[:-1] * n).encode(),
    "headers cut short": lambda n: b"ISA*00*x~\n" * n,
    "service strings": lambda n: b"UNA:+.? '" * n,
    "service string and blanks": lambda n: b"UNA:+.? '" + b" " * n + b"xUNA      " * n,
    "junk": lambda n: b"x \n%" * n,
    "empty interchanges": lambda n: (ISA + "IEA*0*000000007~").encode() * (n // 4),
    "open groups": lambda n: (ISA + GS * (n // 8)).encode(),
    "open EDIFACT groups": lambda n: (UNB + "UNG+ORDRSP+A+B+1:1+1+UN+D:96A'" * n).encode(),
    "sets without end": lambda n: x12(group("".join(f"ST*855*{i:04}~BAK*1~" for i in range(n // 8)))),
    "trailers without a beginning": lambda n: x12(group("GE*1*1~" * n)),
    "stray text": lambda n: x12(group("REF*1*1~GE*1*1~" * n)),
    "many short interchanges": lambda n: x12(group(s855())) * (n // 16),
    "TA1s": lambda n: x12("TA1*000000001*261124*1301*A*000~" * (n // 4)),
    "message types": lambda n: edifact(*(f"UNH+{i}+T{i}:D:01B:UN'UNT+2+{i}'" for i in range(n // 4))),
    # Segments and what is in them
    "empty segments": lambda n: in_set("~" * n),
    "empty segments, tabs": lambda n: in_set("~" * n).replace(b"~", b"\t"),
    "empty segments, lines": lambda n: in_set("~ " * n).replace(b"~", b"\n"),
    "blanks": lambda n: in_set("REF*A~" + " " * n),
    "unknown segments": lambda n: in_set("ZZZ*1~" * n),
    "segments in the wrong place": lambda n: in_set("BAK*00*AD*P1*20261120~" * n),
    "wrong codes": lambda n: in_set("PO1*1*TEN*QQ*TEN*QQQ~" * (n // 4)),
    "wrong answers": lambda n: in_set("BAK*00*AD*P1*20261120~" + "PO1*1*TEN*EA*TEN*QQQ~ACK*XX*TEN*ZZ~" * (n // 8)),
    "wrong elements of one segment": lambda n: in_message("FTX" + "+é" * n + "'"),
    "released separators in one segment": lambda n: in_message("FTX+" + "?:é+" * n + "'"),
    "release characters": lambda n: in_message("FTX+" + "?" * n + "'" + "?'" * n + "'"),
    "elements": lambda n: in_set("REF" + "*A" * n + "~"),
    "repetitions": lambda n: in_set("BAK*" + "A^" * n + "~", "00501"),
    "components": lambda n: in_message("FTX+" + "A:" * n + "'"),
    "separators of the library in data": lambda n: in_set("REF*" + "A\x1fB*" * n + "~"),
    "line breaks in elements": lambda n: in_set("REF" + "*A\nB" * n + "~"),
    "binary segments": lambda n: in_set("BIN*1*~~" * n + "BIN*99999*~" * n),
    "one long segment": lambda n: in_set("REF*" + "A" * 8 * n + "~"),
    "no terminator": lambda n: (ISA + GS + "ST*855*0001~" + "A\n" * n).encode(),
    "digits": lambda n: in_set("BAK*00*AD*P1*20261120~PO1*1*" + "9" * n + "*EA*1~"),
    "nesting": lambda n: in_message("FTX:1+A'" * n),
    # Acknowledgements
    "answers in a 997": lambda n: x12(group(s997("AK1*PO*17~" + "AK2*850*0001~AK5*A~" * (n // 4)), kind="FA")),
    "answers in a CONTRL": lambda n: edifact(
        contrl("UCI+17+4012345000009:14+A:14+7'" + "UCM+1+A:D:96A:UN+7'" * (n // 4))
    ),
    "good lines": lambda n: edifact(*(ordrsp(str(i)) for i in range(n // 32))),
}
# Between reading and mapping; the whole way with the answers; UTF-16, where places are counted differently.
WAYS: dict[str, Callable[[bytes], object]] = {
    "inspect": lambda data: edi.inspect(data).to_json(),
    "explain": edi.explain,
    "translate": lambda data: edi.translate(data, ACME if data.startswith(b"ISA") else NORDWERK).acks,
    "inspect UTF-16": lambda data: edi.inspect(data.decode("latin-1").encode("utf-16")),
}
SMALL = 500
ROOM = 2.25  # of four times as much; sixteen times as much is 4
NOTHING = 0.02  # seconds below which only noise is measured


def seconds(way: Callable[[bytes], object], data: bytes) -> float:
    start = time.process_time()
    way(data)
    return time.process_time() - start


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", INPUTS)
def test_linear(name: str, way: str) -> None:
    run, make = WAYS[way], INPUTS[name]
    small, large = make(SMALL), make(4 * SMALL)
    run(small)  # what is loaded once is not measured
    ratios = []
    for _ in range(3):
        before = seconds(run, small)
        after = seconds(run, large)
        ratios.append(after / (4 * max(before, NOTHING)))
        if ratios[-1] < ROOM:
            return
    pytest.fail(f"four times the input takes {[round(4 * ratio, 1) for ratio in ratios]} times as long")


def test_the_same_message_read_again_costs_the_same() -> None:
    data = in_set("BAK*00*AC*P1*20261124~" + "QQQ*" + "x" * 60 + "~" + "QQQ*1~" * 4_000)

    def read_it() -> float:
        start = time.process_time()
        edi.translate(bytes(bytearray(data)), ACME)  # equal bytes, another object
        return time.process_time() - start

    first = min(read_it() for _ in range(2))
    assert min(read_it() for _ in range(3)) < 2 * first + 0.05
