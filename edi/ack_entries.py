"""The verdict on one set with its faults, as the entry a 997 or CONTRL has for it.

Not here: when an acknowledgement is sent and what it says of groups and interchanges (edi/acks.py). Rules protected:
what the partner sent is repeated only as far as an acknowledgement can carry it, so that any document can be answered;
a verdict of "accepted" never stands beside errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from edi.documents.exchange import ElementAnswer, MessageAnswer, SegmentAnswer
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import COMPONENT, Interchange, Message
from edi.profile import Profile
from edi.syntax import default_delimiters

Layer: TypeAlias = Literal["997", "CONTRL"]
Verdict: TypeAlias = Literal["accepted", "accepted_with_errors", "rejected"]

MOST_SEGMENTS = 100  # segments reported for one set; the verdict code says the rest
MOST_ELEMENTS = 99
MOST_CODES = 5
ENVELOPES = ("interchange", "group", "message")
LAST_POSITION = {"997": 99, "CONTRL": 998}  # AK401 has two digits, 0098 three, and counts the tag


def codes_of(faults: Iterable[Fault], layer: Layer) -> tuple[str, ...]:
    """The distinct codes of faults that are more than a note, in document order."""
    found = (code_of(fault, layer) for fault in faults if fault.severity in ("reject", "error"))
    return tuple(dict.fromkeys(code for code in found if code))[:MOST_CODES]


def code_of(fault: Fault, layer: Layer) -> str:
    """The code of a fault at its own level.

    Those of the maps we write with: the 997 of 004010 (AK403 ends at 10) and the CONTRL of syntax 3, whose
    values are valid under later versions too.
    """
    return fault.contrl("3") if layer == "CONTRL" else fault.x997("004010")


def answered_set(message: Message, verdict: Verdict, faults: Iterable[Fault], copied: re.Pattern[str]) -> MessageAnswer:
    """The entry of one set. `copied` matches values that may be repeated in an AK404."""
    layer: Layer = "CONTRL" if message.interchange.syntax == "edifact" else "997"
    told = [fault for fault in faults if fault.severity in ("reject", "error")]
    if layer == "CONTRL" and verdict != "rejected":
        told = []  # CONTRL cannot accept with errors (ISO 9735-4)
    segments = tuple(_segments(told, layer, copied))
    codes = list(codes_of((fault for fault in told if fault.entry.level in ENVELOPES), layer))
    if layer == "CONTRL":
        return _named_message(message, verdict, codes[:1], segments)
    if segments and "5" not in codes:  # AK502 5: one or more segments in error
        codes = [*codes[: MOST_CODES - 1], "5"]
    return MessageAnswer(
        control=_plain(message.control, 9, "0").zfill(4),
        type=_plain(message.type, 3, "0").ljust(3, "0"),
        outcome=Code(value=verdict),
        codes=tuple(codes),
        segments=segments,
    )


def _named_message(
    message: Message, verdict: Verdict, codes: list[str], segments: tuple[SegmentAnswer, ...]
) -> MessageAnswer:
    """An entry that repeats 0062 and S009 of the UNH."""
    header = message.segments[0] if message.segments else []
    name = [*(header[2].split(COMPONENT) if len(header) > 2 else []), *[""] * 5]
    accepted = "accepted" if verdict == "accepted_with_errors" else verdict
    return MessageAnswer(
        control=reference(message.control),
        type=_plain(message.type, 6, "X"),
        version=_plain(name[1], 3, "0"),
        release=_plain(name[2], 3, "0"),
        agency=_plain(name[3], 2, "UN"),
        association=_plain(name[4], 6, "") or None,
        outcome=Code(value=accepted),
        codes=tuple(codes),
        segments=segments,
    )


def _segments(faults: list[Fault], layer: Layer, copied: re.Pattern[str]) -> Iterator[SegmentAnswer]:
    """Faults by segment: one entry per bad segment with its bad elements, in document order."""
    by_place: dict[tuple[int, str], list[Fault]] = {}
    for fault in faults:
        if fault.entry.level in ("segment", "element", "event") and code_of(fault, layer):
            by_place.setdefault((fault.location.segment, fault.location.tag), []).append(fault)
    for (position, tag), here in sorted(by_place.items(), key=lambda item: item[0][0])[:MOST_SEGMENTS]:
        own = [fault for fault in here if fault.entry.level == "segment" or not fault.location.element]
        elements = [
            _element(fault, layer, copied)
            for fault in here
            if fault not in own and fault.location.element <= LAST_POSITION[layer]
        ]
        code = _segment_code(own[0], layer) if own else None
        if code is None and layer == "997":
            code = "8"  # AK304 8: segment has element errors
        if layer == "CONTRL" and own and code_of(own[0], "997") == "3":
            position -= 1  # 0096 of a missing segment is the last one before it; AK302 is where it was due
        yield SegmentAnswer(
            tag=_plain(tag, 3, "").ljust(2, "Z") if layer == "997" else None,
            position=max(position, 1),
            loop=_plain(here[0].location.loop, 6, "") or None if layer == "997" else None,
            code=code,
            elements=tuple(elements[:MOST_ELEMENTS]),
        )


def _segment_code(fault: Fault, layer: Layer) -> str:
    if fault.entry.level == "segment" or layer == "CONTRL":
        return code_of(fault, layer)
    # A rule about values that has no element to name: the segment is missing, or it does not fit another one.
    return "3" if fault.entry.level == "element" else "8"


def _element(fault: Fault, layer: Layer, copied: re.Pattern[str]) -> ElementAnswer:
    place = fault.location
    if layer == "CONTRL":
        # 0098 counts the segment tag as 1.
        return ElementAnswer(position=place.element + 1, component=place.component or None, code=code_of(fault, layer))
    return ElementAnswer(
        position=place.element,
        component=place.component or None,
        repetition=place.repetition if place.repetition > 1 else None,
        ref=fault.ref if re.fullmatch(r"[0-9]{1,4}", fault.ref) else None,
        code=code_of(fault, layer),
        value=fault.found if copied.fullmatch(fault.found) else None,
    )


def copyable(interchange: Interchange, profile: Profile) -> re.Pattern[str]:
    """What an acknowledgement may repeat: printable ASCII without any separator of theirs or ours."""
    usual = [default_delimiters(interchange.syntax, "00501" if interchange.syntax == "x12" else "UNOC:3")]
    ours = [agreed.delimiters for agreed in profile.agreements if agreed.syntax == interchange.syntax]
    service = {
        character
        for known in (interchange.delimiters, *usual, *ours)
        if known is not None
        for character in (known.element, known.component, known.terminator, known.repeat)
    }
    return re.compile(f"[^{re.escape(''.join(sorted(service)))}\x00-\x1f\x7f-\U0010ffff]{{1,99}}")


def reference(text: str) -> str:
    """A control reference of EDIFACT as it can be repeated (an..14)."""
    return _plain(text, 14, "0", r"[ -~]")


def _plain(text: str, most: int, otherwise: str, allowed: str = "[A-Za-z0-9]") -> str:
    """The text cut to the length of its element, or a stand-in if it cannot be repeated at all."""
    return text[:most] if re.fullmatch(f"{allowed}+", text) else otherwise
