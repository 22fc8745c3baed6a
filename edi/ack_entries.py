"""The verdict on one set with its faults, as the entry a 997, 999 or CONTRL has for it.

Not here: when an acknowledgement is sent (edi/acks.py), what it says of groups and interchanges (edi/ack_levels.py).
Rules protected: what the partner sent is repeated only as far as an acknowledgement can carry it, so that any document
can be answered; a verdict of "accepted" never stands beside errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.ack_maps import release
from edi.documents.exchange import Context, ElementAnswer, MessageAnswer, SegmentAnswer, ServicePlace
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import COMPONENT, Interchange, Message
from edi.profile import Profile
from edi.syntax import default_delimiters

Verdict: TypeAlias = Literal["accepted", "accepted_with_errors", "rejected"]

MOST_SEGMENTS = 100  # segments reported for one set; the verdict code says the rest
MOST_ELEMENTS = 99
MOST_CODES = 5
ENVELOPES = ("interchange", "group", "message")
LAST_POSITION = {"997": 99, "999": 99, "CONTRL": 998}  # AK401 has two digits, 0098 three, and counts the tag
SERVICE_SEGMENTS = frozenset({"UNA", "UNB", "UNG", "UNH", "UNS", "UNT", "UNE", "UNZ"})
UNSPECIFIED = "18"  # 0085 of a rejection that has no code of its own
# What made an element required or forbidden stands in the same segment (X12.6 3.8).
SITUATIONAL = frozenset({"element.conditional-missing", "element.excluded"})
FUNCTIONAL = frozenset({"997", "999", "TA1", "CONTRL"})  # never answered themselves


@dataclass(frozen=True, slots=True)
class Layer:
    """The acknowledgement an entry is for. `version` is the release answered (`004010`), or the syntax version of a
    CONTRL. `guided`: the document names an implementation convention, without which a 999 has no I codes."""

    kind: Literal["997", "999", "CONTRL"]
    version: str
    guided: bool = False

    def code(self, fault: Fault) -> str:
        """The code of a fault at its own level; empty if this acknowledgement has none for it."""
        if self.kind == "CONTRL":
            return fault.contrl(self.version)
        if self.kind == "997" or (fault.x999.startswith("I") and not self.guided):
            return fault.x997(self.version if self.kind == "997" else "005010")
        return fault.x999

    def codes(self, faults: Iterable[Fault]) -> tuple[str, ...]:
        """The distinct codes of faults that are more than a note, in document order."""
        found = (self.code(fault) for fault in faults if fault.severity in ("reject", "error"))
        return tuple(dict.fromkeys(code for code in found if code))[:MOST_CODES]


def layer_of(message: Message, kind: Literal["997", "999"]) -> Layer:
    """The layer a set is answered at; `kind` is the functional acknowledgement of X12."""
    if message.interchange.syntax == "edifact":
        return contrl_layer(message.interchange)
    return Layer(kind, release(message.version), guided=bool(message.convention))


def contrl_layer(interchange: Interchange) -> Layer:
    """CONTRL is written in the syntax version of what it answers; codes 46 to 48 exist in version 4 only."""
    return Layer("CONTRL", "4" if interchange.version.endswith(":4") else "3")


def answered_set(
    message: Message,
    verdict: Verdict,
    faults: Iterable[Fault],
    layer: Layer,
    copied: re.Pattern[str],
    about: str = "",
    *,
    detailed: bool = True,
) -> MessageAnswer:
    """The entry of one set. `copied` matches values that may be repeated in it; `about` is its business object. What is
    not `detailed` names the set and its verdict only."""
    told = [fault for fault in faults if fault.severity in ("reject", "error")]
    if layer.kind == "CONTRL" and verdict != "rejected":
        told = []  # CONTRL cannot accept with errors (ISO 9735-4)
    unit = _business_unit(about, copied) if layer.kind == "999" else ()
    segments = tuple(_segments(told, layer, copied, unit))
    own = [fault for fault in told if fault.entry.level in ENVELOPES]
    codes = list(layer.codes(own))
    if layer.kind == "CONTRL":
        if verdict == "rejected" and not codes and not (segments and detailed):
            codes = [UNSPECIFIED]  # it goes down with those around it
        service = next((service_place(fault) for fault in own if layer.code(fault)), None)
        return _named_message(message, verdict, codes[:1], service, segments if detailed else ())
    if segments and "5" not in codes:  # AK502 5: one or more segments in error
        codes = [*codes[: MOST_CODES - 1], _segments_in_error(segments)]
    return MessageAnswer(
        control=_plain(message.control, 9, "0").zfill(4),
        type=_plain(message.type, 3, "0").ljust(3, "0"),
        convention=_convention(message, copied) if layer.kind == "999" or layer.version >= "005010" else None,
        outcome=Code(value=verdict),
        codes=tuple(codes),
        segments=segments if detailed else (),
    )


def _segments_in_error(segments: tuple[SegmentAnswer, ...]) -> str:
    """IK502 5, or I5 if the standard is kept and only the partner's guide is broken."""
    found = {element.code for segment in segments for element in segment.elements}
    found |= {segment.code for segment in segments if segment.code not in (None, "8")}
    return "I5" if all(code and code.startswith("I") for code in found) else "5"


def _convention(message: Message, copied: re.Pattern[str]) -> str | None:
    """ST03, if it can be repeated (an implementation reference has at most 35 characters)."""
    header = message.segments[0] if message.segments else []
    text = header[3] if len(header) > 3 else ""
    return text if len(text) <= 35 and copied.fullmatch(text) else None


def _business_unit(about: str, copied: re.Pattern[str]) -> tuple[Context, ...]:
    """CTX of a 999: which order, invoice and so on the error is in, if the document could be read that far."""
    kind, _, number = about.partition("/")
    if kind != "po":
        number = number.partition("/")[2]  # the partner has its numbers, and not our name for it
    if not copied.fullmatch(number) or len(number) > 35:
        return ()
    return (Context(name="ORDER NUMBER" if kind == "po" else "DOCUMENT NUMBER", value=number),)


def service_place(fault: Fault) -> ServicePlace | None:
    """The service segment a fault is in, for 0013 or 0135 and S011; the tag itself is position 1."""
    place = fault.location
    if place.tag not in SERVICE_SEGMENTS:
        return None
    position = place.element + 1 if place.element else None
    component = place.component or None if position else None
    return ServicePlace(tag=place.tag, position=position, component=component)


def _named_message(
    message: Message,
    verdict: Verdict,
    codes: list[str],
    service: ServicePlace | None,
    segments: tuple[SegmentAnswer, ...],
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
        service=service,
        segments=segments,
    )


def _segments(
    faults: list[Fault], layer: Layer, copied: re.Pattern[str], unit: tuple[Context, ...]
) -> Iterator[SegmentAnswer]:
    """Faults by segment: one entry per bad segment with its bad elements, in document order."""
    x12 = layer.kind != "CONTRL"
    by_place: dict[tuple[int, str], list[Fault]] = {}
    for fault in faults:
        if fault.entry.level in ("segment", "element", "event") and layer.code(fault):
            by_place.setdefault((fault.location.segment, fault.location.tag), []).append(fault)
    for (position, tag), here in sorted(by_place.items(), key=lambda item: item[0][0])[:MOST_SEGMENTS]:
        own = [fault for fault in here if fault.entry.level == "segment" or not fault.location.element]
        elements = [
            _element(fault, layer, copied)
            for fault in here
            if fault not in own and fault.location.element <= LAST_POSITION[layer.kind]
        ]
        code = _segment_code(own[0], layer) if own else None
        if code is None and x12:
            code = "8"  # AK304 8: segment has element errors
        if layer.kind == "CONTRL" and own and own[0].x997() == "3":
            position -= 1  # 0096 of a missing segment is the last one before it; AK302 is where it was due
        yield SegmentAnswer(
            tag=_plain(tag, 3, "").ljust(2, "Z") if x12 else None,
            position=max(position, 1),
            loop=_loop(here[0], layer) if x12 else None,
            code=code,
            contexts=unit,
            elements=tuple(elements[:MOST_ELEMENTS]),
        )


def _loop(fault: Fault, layer: Layer) -> str | None:
    """AK303 has six characters, from 005010 on four."""
    return _plain(fault.location.loop, 4 if layer.kind == "999" or layer.version >= "005010" else 6, "") or None


def _segment_code(fault: Fault, layer: Layer) -> str:
    if fault.entry.level == "segment" or layer.kind == "CONTRL":
        return layer.code(fault)
    # A rule about values that has no element to name: the segment is missing, or it does not fit another one.
    return "3" if fault.entry.level == "element" else "8"


def _element(fault: Fault, layer: Layer, copied: re.Pattern[str]) -> ElementAnswer:
    place = fault.location
    repetition = place.repetition if place.repetition > 1 else None
    if layer.kind == "CONTRL":
        # 0098 counts the segment tag as 1; the occurrence (0136) belongs to syntax 4.
        return ElementAnswer(
            position=place.element + 1,
            component=place.component or None,
            repetition=repetition if layer.version == "4" else None,
            code=layer.code(fault),
        )
    contexts: tuple[Context, ...] = ()
    if layer.kind == "999" and fault.code in SITUATIONAL:
        contexts = (
            Context(
                name="SITUATIONAL TRIGGER",
                tag=_plain(place.tag, 3, "").ljust(2, "Z"),
                position=place.segment,
                loop=_loop(fault, layer),
            ),
        )
    release = layer.kind == "999" or layer.version >= "005010"
    return ElementAnswer(
        position=place.element,
        component=place.component or None,
        repetition=repetition if release and place.repetition <= 9999 else None,
        ref=fault.ref if re.fullmatch(r"[0-9]{1,4}", fault.ref) else None,
        code=layer.code(fault),
        value=fault.found if copied.fullmatch(fault.found) else None,
        contexts=contexts,
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
