"""Interchanges with one thing wrong, chosen by seed, and the fault code that must come of it.

Rule protected: exactly one document (or the envelope) is damaged; everything beside it is as the generator made it. So
a test can ask that the fault is found, and that nothing else is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from benchmarks.generator import Plan, envelope, outgoing
from edi.model import COMPONENT, Message, Segment
from edi.syntax import Outgoing, read, write

DATE = re.compile(r"20\d{6}(?!\d)")
NUMBERS = {"PO1": 2, "POC": 3, "IT1": 2, "SN1": 2, "PRI": 1}  # elements that hold a number in every release
CLOSED = {"PID": (1, "Q"), "CUX": (1, "77")}  # elements with complete code lists, and a value that is in none


@dataclass(frozen=True, slots=True)
class Damaged:
    """`document` counts from 1; 0 is the envelope."""

    name: str
    data: bytes
    code: str
    document: int


def damaged(plan: Plan) -> Iterator[Damaged]:
    """Every damage to the plan's interchange, one at a time. For 850, 855, 860, ORDERS and the like."""
    for name, (code, spoil) in SEGMENT_DAMAGE.items():
        random = Random(f"{name} {plan.seed}")
        messages = list(islice(outgoing(plan), plan.documents))
        victim = random.randrange(len(messages))
        messages[victim] = spoiled(messages[victim], spoil, random)
        yield Damaged(name, write(messages, envelope(plan)), code, victim + 1)
    whole = write(list(islice(outgoing(plan), plan.documents)), envelope(plan))
    places = [(item.offset, item.offset + len(item.raw)) for item in read(whole) if isinstance(item, Message)]
    for name, (code, cut) in BYTE_DAMAGE.items():
        random = Random(f"{name} {plan.seed}")
        victim = random.randrange(len(places))
        start, end = places[victim]
        spoilt = cut(whole[start:end], random)
        if name == "truncated":
            yield Damaged(name, whole[:start] + spoilt, code, victim + 1)
        else:
            yield Damaged(name, whole[:start] + spoilt + whole[end:], code, victim + 1)
    for name, (code, pattern, replacement) in ENVELOPE_DAMAGE[plan.syntax].items():
        yield Damaged(name, re.sub(pattern, replacement, whole, count=1), code, 0)


def faulty(plan: Plan, faults: int) -> bytes:
    """The plan's first document with so many lines that have a word where a number should stand."""
    (message,) = islice(outgoing(plan), 1)
    rows = [n for n, segment in enumerate(message.segments) if segment[0] in NUMBERS]
    chosen = {rows[n * len(rows) // faults] for n in range(faults)} if faults else set()
    segments = [_word(segment) if n in chosen else segment for n, segment in enumerate(message.segments)]
    return write([dataclasses.replace(message, segments=segments)], envelope(plan))


def spoiled(message: Outgoing, spoil: Callable[[list[Segment], Random], None], random: Random) -> Outgoing:
    segments = [list(segment) for segment in message.segments]
    spoil(segments, random)
    return dataclasses.replace(message, segments=segments)


# --- damage to segments, before they are written


def _date(segments: list[Segment], random: Random) -> None:
    """The first digit of a month becomes 9."""
    places = [
        (row, at) for row, segment in enumerate(segments) for at, value in enumerate(segment) if DATE.search(value)
    ]
    row, at = random.choice(places)
    segments[row][at] = DATE.sub(lambda found: f"{found[0][:4]}9{found[0][5:]}", segments[row][at])


def _number(segments: list[Segment], random: Random) -> None:
    row = random.choice([n for n, segment in enumerate(segments) if segment[0] in NUMBERS])
    segments[row] = _word(segments[row])


def _word(segment: Segment) -> Segment:
    at = NUMBERS[segment[0]]
    value = segment[at].split(COMPONENT)
    value[len(value) > 1] = "TEN"
    return [*segment[:at], COMPONENT.join(value), *segment[at + 1 :]]


def _missing(segments: list[Segment], random: Random) -> None:
    del segments[0]


def _doubled(segments: list[Segment], random: Random) -> None:
    segments.insert(0, list(segments[0]))


def _unknown(segments: list[Segment], random: Random) -> None:
    segments.insert(random.randrange(1, len(segments)), ["ZZQ", "1"])


def _code(segments: list[Segment], random: Random) -> None:
    row = random.choice([n for n, segment in enumerate(segments) if segment[0] in CLOSED])
    at, value = CLOSED[segments[row][0]]
    _, *rest = segments[row][at].split(COMPONENT)
    segments[row][at] = COMPONENT.join((value, *rest))


def _long(segments: list[Segment], random: Random) -> None:
    segments[0][3 if segments[0][0] != "BGM" else 2] = "9" * 90


SEGMENT_DAMAGE: dict[str, tuple[str, Callable[[list[Segment], Random], None]]] = {
    "flipped digit": ("element.date", _date),
    "word for a number": ("element.number", _number),
    "missing segment": ("segment.missing", _missing),
    "doubled segment": ("segment.repeat", _doubled),
    "unknown segment": ("segment.unknown", _unknown),
    "bad code": ("element.code", _code),
    "too long": ("element.long", _long),
}


# --- damage to the bytes of one message


def _truncated(raw: bytes, random: Random) -> bytes:
    return raw[: random.randrange(len(raw) // 3, len(raw) - 30)]


def _count(raw: bytes, random: Random) -> bytes:
    return re.sub(rb"(SE\*|UNT\+)(\d+)", lambda found: found[1] + b"%d" % (int(found[2]) + 1), raw)


def _reference(raw: bytes, random: Random) -> bytes:
    return re.sub(rb"((?:SE\*|UNT\+)\d+.)\d+", rb"\g<1>7777", raw)


def _empty(raw: bytes, random: Random) -> bytes:
    terminator = raw[-1:]
    ends = [found.end() for found in re.finditer(re.escape(terminator), raw)][:-1]
    at = random.choice([end for end in ends if raw[end - 2 : end - 1] != b"?"])
    return raw[:at] + terminator + raw[at:]


def _wide(raw: bytes, random: Random) -> bytes:
    """A control byte in the middle of a lower-case word."""
    at = random.choice([found.start() + 1 for found in re.finditer(rb"[a-z]{4}", raw)])
    return raw[:at] + b"\x81" + raw[at + 1 :]


BYTE_DAMAGE: dict[str, tuple[str, Callable[[bytes, Random], bytes]]] = {
    "truncated": ("message.trailer-missing", _truncated),
    "wrong count": ("message.count", _count),
    "wrong reference": ("message.control-mismatch", _reference),
    "empty segment": ("segment.empty", _empty),
    "foreign character": ("element.character", _wide),
}

# --- damage to the envelope

ENVELOPE_DAMAGE: dict[str, dict[str, tuple[str, bytes, bytes]]] = {
    "x12": {
        "interchange count": ("interchange.count", rb"IEA\*1\*", b"IEA*3*"),
        "interchange reference": ("interchange.control-mismatch", rb"IEA\*1\*000000001", b"IEA*1*000000002"),
        "group count": ("group.count", rb"GE\*\d+", b"GE*77"),
        "no interchange trailer": ("interchange.trailer-missing", rb"IEA\*1\*000000001~", b""),
        "leading data": ("envelope.leading-data", rb"^", b"From: edi\n\n"),
        "trailing data": ("envelope.trailing-data", rb"$", b"-- end --"),
    },
    "edifact": {
        "interchange count": ("interchange.count", rb"UNZ\+\d+", b"UNZ+77"),
        "interchange reference": ("interchange.control-mismatch", rb"(UNZ\+\d+)\+1", rb"\1+2"),
        "no interchange trailer": ("interchange.trailer-missing", rb"UNZ\+\d+\+1'", b""),
        "leading data": ("envelope.leading-data", rb"^", b"From: edi\n\n"),
        "trailing data": ("envelope.trailing-data", rb"$", b"-- end --"),
    },
}
