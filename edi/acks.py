"""Faults become acknowledgements (TA1, 997, CONTRL), and received acknowledgements become AckResults.

Not here: the wire (the maps of 997 and CONTRL write it), control numbers and time (the caller's), when one is late (the
gateway). Rules protected: the codes come from the fault catalogue; what is said at one level follows from the level
below
(X12.20, ISO 9735-4); an acknowledgement is never acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from edi.ack_results import Outcome
from edi.documents.exchange import (
    Acknowledgement,
    AnsweredInterchange,
    ElementAnswer,
    GroupAnswer,
    MessageAnswer,
    SegmentAnswer,
    Who,
)
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import Group, GroupEnd, Interchange, InterchangeEnd, Message
from edi.profile import Agreement, Profile

Verdict: TypeAlias = Literal["accepted", "accepted_with_errors", "rejected"]
Layer: TypeAlias = Literal["997", "999", "CONTRL"]

ACKNOWLEDGEMENTS = frozenset({"997", "999", "TA1", "CONTRL"})
MOST_SEGMENTS = 100  # segments reported for one set; the verdict code says the rest
MOST_ELEMENTS = 99
MOST_CODES = 5


def verdict_of(faults: Iterable[Fault]) -> Verdict:
    """The verdict on a set from the severities of its faults."""
    severities = {fault.severity for fault in faults}
    if "reject" in severities:
        return "rejected"
    return "accepted_with_errors" if "error" in severities else "accepted"


@dataclass(slots=True)
class _OpenGroup:
    group: Group | None
    received: int = 0
    accepted: int = 0
    flawed: int = 0
    messages: list[MessageAnswer] = field(default_factory=list)
    answered: int = 0  # sets that are no acknowledgements themselves
    detail: Literal["errors", "all"] = "errors"


class Acknowledger:
    """Collects verdicts in document order and gives the acknowledgements of each group and interchange when it closes.

    Memory: one entry per reported set. `profile` decides which acknowledgements are sent at all.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._open: _OpenGroup = _OpenGroup(None)
        self._whole: list[_OpenGroup] = []
        self._refused = False

    def header(self, interchange: Interchange, faults: Iterable[Fault]) -> Iterator[Acknowledgement]:
        """An interchange starts. If its envelope is refused, the refusal is all that is answered."""
        self._open, self._whole = _OpenGroup(None), []
        blocking = [fault for fault in faults if fault.severity == "reject"]
        self._refused = bool(blocking)
        if blocking:
            yield from self._refusal(interchange, blocking)

    def add(self, message: Message, agreement: Agreement | None, verdict: Verdict, faults: Iterable[Fault]) -> None:
        """One set is judged."""
        if self._open.group is not message.group:
            self._open = _OpenGroup(message.group)
        current = self._open
        current.received += 1
        current.accepted += verdict != "rejected"
        current.flawed += verdict == "accepted_with_errors"
        if message.type in ACKNOWLEDGEMENTS or self._refused:
            return
        current.answered += 1
        if agreement is not None:
            current.detail = agreement.detail
        if verdict != "accepted" or current.detail == "all":
            current.messages.append(_answer_set(message, self._layer(message.interchange), verdict, list(faults)))

    def group_end(self, end: GroupEnd) -> Iterator[Acknowledgement]:
        """A group is over: its 997 (X12.20). EDIFACT answers once per interchange."""
        current = self._open if self._open.group is end.group else _OpenGroup(end.group)
        self._open = _OpenGroup(None)
        interchange = end.group.interchange
        if interchange.syntax == "edifact":
            self._whole.append(current)
        elif not self._refused and end.group.type != "FA" and self._functional(interchange) != "none":
            yield self._answer_group(end, current)

    def interchange_end(self, end: InterchangeEnd) -> Iterator[Acknowledgement]:
        """The interchange is over: its TA1, or its CONTRL."""
        interchange = end.interchange
        if self._refused:
            return
        if interchange.syntax == "edifact":
            parts = [*self._whole, self._open] if self._open.received else self._whole
            if any(part.answered for part in parts) and self._wants_contrl(interchange):
                yield self._contrl(end, parts)
        elif self._wants_ta1(interchange):
            yield _ta1(interchange, [*interchange.faults, *end.faults])

    def _answer_group(self, end: GroupEnd, current: _OpenGroup) -> Acknowledgement:
        group = end.group
        codes = _codes(((*group.faults, *end.faults)), "997")
        return Acknowledgement(
            kind="997",
            interchange=_answered(group.interchange),
            group=GroupAnswer(
                type=group.type or "?",
                control=group.control or "0",
                version=group.version or None,
                outcome=Code(value=_group_outcome(current, bool(codes))),
                included=end.declared if end.declared is not None else current.received,
                received=current.received,
                accepted=current.accepted,
                codes=codes,
            ),
            messages=tuple(current.messages),
        )

    def _contrl(self, end: InterchangeEnd, parts: list[_OpenGroup]) -> Acknowledgement:
        interchange = end.interchange
        codes = _codes((*interchange.faults, *end.faults), "CONTRL", interchange)
        received = sum(part.received for part in parts)
        none_good = received > 0 and not any(part.accepted for part in parts)
        return Acknowledgement(
            kind="CONTRL",
            interchange=_answered(interchange),
            outcome=Code(value="rejected" if none_good and codes else "accepted"),
            code=codes[0] if codes and none_good else None,
            messages=tuple(message for part in parts for message in part.messages),
        )

    def _refusal(self, interchange: Interchange, faults: list[Fault]) -> Iterator[Acknowledgement]:
        if interchange.syntax == "x12":
            if self._ta1() != "never":
                yield _ta1(interchange, faults)
            return
        codes = _codes(faults, "CONTRL", interchange)
        yield Acknowledgement(
            kind="CONTRL",
            interchange=_answered(interchange),
            outcome=Code(value="rejected"),
            code=codes[0] if codes else "18",  # 18: unspecified error
        )

    def _layer(self, interchange: Interchange) -> Layer:
        return "CONTRL" if interchange.syntax == "edifact" else "997"

    def _inbound(self, interchange: Interchange) -> list[Agreement]:
        return [
            agreement
            for agreement in self._profile.agreements
            if (agreement.syntax, agreement.direction) == (interchange.syntax, "in")
            and agreement.type not in ACKNOWLEDGEMENTS
        ]

    def _functional(self, interchange: Interchange) -> str:
        agreed = {agreement.functional for agreement in self._inbound(interchange)}
        if self._profile.open or not agreed:
            return "997"
        return next(iter(sorted(agreed - {"none"})), "none")

    def _wants_contrl(self, interchange: Interchange) -> bool:
        if self._profile.open or interchange.ack_requested:
            return True
        return any(agreement.functional == "contrl" for agreement in self._inbound(interchange))

    def _ta1(self) -> str:
        return next((a.ta1 for a in self._profile.agreements if (a.syntax, a.direction) == ("x12", "in")), "on_request")

    def _wants_ta1(self, interchange: Interchange) -> bool:
        return self._ta1() == "always" or (self._ta1() == "on_request" and interchange.ack_requested)


def _answered(interchange: Interchange) -> AnsweredInterchange:
    def who(id_: str, qualifier: str) -> Who | None:
        return Who(id=id_, qualifier=qualifier or None) if id_ else None

    return AnsweredInterchange(
        control=interchange.control or "0",
        version=interchange.version or None,
        sender=who(interchange.sender.id, interchange.sender.qualifier),
        receiver=who(interchange.receiver.id, interchange.receiver.qualifier),
        date=interchange.date or None,
        time=interchange.time or None,
    )


def _ta1(interchange: Interchange, faults: list[Fault]) -> Acknowledgement:
    noted = [fault for fault in faults if fault.ta1 and fault.severity in ("reject", "error")]
    worst = next((fault for fault in noted if fault.severity == "reject"), noted[0] if noted else None)
    if worst is None:
        outcome, code = "accepted", "000"
    else:
        outcome, code = ("rejected" if worst.severity == "reject" else "accepted_with_errors"), worst.ta1
    return Acknowledgement(kind="TA1", interchange=_answered(interchange), outcome=Code(value=outcome), code=code)


def _group_outcome(current: _OpenGroup, group_errors: bool) -> Outcome:
    """AK901 from the counts (acknowledgements.md 4.2)."""
    if current.accepted == 0:
        return "rejected"
    if current.accepted < current.received:
        return "partially_accepted"
    return "accepted_with_errors" if current.flawed or group_errors else "accepted"


def _code(fault: Fault, layer: Layer, interchange: Interchange | None = None, version: str = "") -> str:
    """The code of a fault at its own level. `version` is GS08 of the group answered."""
    if layer == "CONTRL":
        return fault.contrl(interchange.version.partition(":")[2] if interchange is not None else "3")
    return fault.x997(version or "004010") if layer == "997" else fault.x999


def _codes(faults: Iterable[Fault], layer: Layer, interchange: Interchange | None = None) -> tuple[str, ...]:
    """The distinct codes of faults that are more than a note, in document order."""
    found = (_code(fault, layer, interchange) for fault in faults if fault.severity in ("reject", "error"))
    return tuple(dict.fromkeys(code for code in found if code))[:MOST_CODES]


def _answer_set(message: Message, layer: Layer, verdict: Verdict, faults: list[Fault]) -> MessageAnswer:
    told = [fault for fault in faults if fault.severity in ("reject", "error")]
    segments = tuple(_segments(told, layer, message.interchange))
    codes = list(_codes((f for f in told if f.entry.level == "message"), layer, message.interchange))
    if segments and layer != "CONTRL" and "5" not in codes:  # AK502 5: one or more segments in error
        codes.append("5")
    version, _, release = message.version.partition(".")
    edifact = layer == "CONTRL"
    return MessageAnswer(
        control=message.control or "0",
        type=message.type or None,
        version=version if edifact and version else None,
        release=release if edifact and release else None,
        agency="UN" if edifact else None,
        association=message.convention if edifact and message.convention else None,
        outcome=Code(value=verdict),
        codes=tuple(codes[:1] if edifact and not segments else [] if edifact else codes[:MOST_CODES]),
        segments=segments,
    )


def _segments(faults: list[Fault], layer: Layer, interchange: Interchange) -> Iterator[SegmentAnswer]:
    """Faults by segment: one entry per bad segment with its bad elements, in document order."""
    by_place: dict[int, list[Fault]] = {}
    for fault in faults:
        if fault.entry.level in ("segment", "element") and _code(fault, layer, interchange):
            by_place.setdefault(fault.location.segment, []).append(fault)
    for position, here in list(by_place.items())[:MOST_SEGMENTS]:
        own = [fault for fault in here if fault.entry.level == "segment" or not fault.location.element]
        elements = [fault for fault in here if fault not in own]
        code = _segment_code(own[0], layer, interchange) if own else None
        if elements and code is None and layer != "CONTRL":
            code = "8"  # AK304 8: segment has element errors
        yield SegmentAnswer(
            tag=here[0].location.tag or None,
            position=max(position, 1),
            loop=(here[0].location.loop or None) if layer != "CONTRL" else None,
            code=code,
            elements=tuple(_element(fault, layer, interchange) for fault in elements[:MOST_ELEMENTS]),
        )


def _segment_code(fault: Fault, layer: Layer, interchange: Interchange) -> str:
    if fault.entry.level == "segment" or layer == "CONTRL":
        return _code(fault, layer, interchange)
    return "3"  # AK304 3: a rule about elements that has no element to name means that its segment is missing


def _element(fault: Fault, layer: Layer, interchange: Interchange) -> ElementAnswer:
    place, delimiters = fault.location, interchange.delimiters
    bad = {delimiters.element, delimiters.component, delimiters.terminator, delimiters.repeat} - {""}
    copy = fault.found if fault.found and len(fault.found) <= 99 and not bad & set(fault.found) else None
    return ElementAnswer(
        position=place.element or None,
        component=place.component or None,
        repetition=place.repetition if place.repetition > 1 else None,
        ref=fault.ref if fault.ref.isdigit() and layer != "CONTRL" else None,
        code=_code(fault, layer, interchange),
        value=copy if layer != "CONTRL" and copy and copy.isprintable() else None,
    )
