"""Faults become acknowledgements: TA1, 997, CONTRL, as values.

Not here: the entry of one set (edi/ack_entries.py), the wire (the maps of 997 and CONTRL write it), control numbers and
time (the caller's), when one is late (the gateway). Rules protected: the codes come from the fault catalogue; what is
said at one level follows from the level below (X12.20, ISO 9735-4); an acknowledgement is never acknowledged; whatever
arrives, each answer given here can be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from edi.ack_entries import Verdict, answered_set, codes_of, copyable, reference
from edi.ack_results import Outcome
from edi.documents.exchange import Acknowledgement, AnsweredInterchange, GroupAnswer, MessageAnswer, Who
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import Group, GroupEnd, Interchange, InterchangeEnd, Message
from edi.profile import Agreement, Profile

ACKNOWLEDGEMENTS = frozenset({"997", "999", "TA1", "CONTRL"})
MOST_SETS = 999_999  # AK902 to AK904 have six digits


def verdict_of(faults: Iterable[Fault]) -> Verdict:
    """The verdict on a set from the severities of its faults."""
    severities = {fault.severity for fault in faults}
    if "reject" in severities:
        return "rejected"
    return "accepted_with_errors" if "error" in severities else "accepted"


def refused(faults: Iterable[Fault]) -> bool:
    """Do the faults of a header refuse everything below it?"""
    return any(fault.severity == "reject" for fault in faults)


@dataclass(slots=True)
class _OpenGroup:
    group: Group | None
    received: int = 0
    accepted: int = 0
    flawed: int = 0
    messages: list[MessageAnswer] = field(default_factory=list)
    answered: int = 0  # sets that are no acknowledgements themselves
    detail: Literal["errors", "all"] = "errors"
    functional: set[str] = field(default_factory=set)  # what the agreements of the sets ask for


class Acknowledger:
    """Collects verdicts in document order and gives the acknowledgements of each group and interchange when it closes.

    Memory: one entry per reported set. `profile` decides which acknowledgements are sent at all.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._open: _OpenGroup = _OpenGroup(None)
        self._parts: list[_OpenGroup] = []
        self._blocking: list[Fault] = []
        self._copied: re.Pattern[str] = re.compile("")

    def header(self, interchange: Interchange) -> None:
        """An interchange starts. If its envelope is refused, the refusal is all that is answered, at its end."""
        self._open, self._parts = _OpenGroup(None), []
        self._blocking = [fault for fault in interchange.faults if fault.severity == "reject"]
        self._copied = copyable(interchange, self._profile)

    def add(self, message: Message, agreement: Agreement | None, verdict: Verdict, faults: Iterable[Fault]) -> None:
        """One set is judged."""
        if self._open.group is not message.group:
            self._close()
            self._open = _OpenGroup(message.group)
        current = self._open
        current.received += 1
        current.accepted += verdict != "rejected"
        current.flawed += verdict == "accepted_with_errors"
        if message.type in ACKNOWLEDGEMENTS:
            return
        current.answered += 1
        if self._blocking:
            return
        agreed = agreement is not None and not self._profile.open
        current.functional.add(agreement.functional if agreement and agreed else self._usual(message.interchange))
        if agreement is not None:
            current.detail = agreement.detail
        x12 = message.interchange.syntax == "x12"
        if x12 and current.group is not None and refused(current.group.faults):
            return  # its AK9 says it of all
        told = list(faults) if x12 or current.group is None else [*faults, *current.group.faults]
        if current.detail == "all" or verdict == "rejected" or (x12 and verdict != "accepted"):
            current.messages.append(answered_set(message, verdict, told, self._copied))

    def group_end(self, end: GroupEnd) -> Iterator[Acknowledgement]:
        """A group is over: its 997 (X12.20). EDIFACT answers once per interchange."""
        current = self._open if self._open.group is end.group else _OpenGroup(end.group)
        self._close()
        interchange = end.group.interchange
        if interchange.syntax == "edifact" or self._blocking or end.group.type == "FA":
            return
        if current.received and not current.answered:
            return
        wanted = current.functional or {self._usual(interchange)}
        if wanted != {"none"} and self._addressable(interchange) and _nameable(end.group):
            answer = _answer_group(end, current)
            current.messages.clear()
            yield answer

    def interchange_end(self, end: InterchangeEnd) -> Iterator[Acknowledgement]:
        """The interchange is over: its TA1, or its CONTRL."""
        self._close()
        interchange, parts = end.interchange, self._parts
        received = sum(part.received for part in parts)
        if not self._addressable(interchange):
            return
        if interchange.syntax == "edifact":
            if (not received or any(part.answered for part in parts)) and self._wants_contrl(interchange, parts):
                yield self._contrl(end, received)
            return
        if received and not any(part.group or part.answered for part in parts):
            return  # only TA1
        if (self._blocking and self._ta1() != "never") or self._wants_ta1(interchange):
            faults = [*interchange.faults, *end.faults]
            yield _ta1(interchange, faults, kept=any(part.accepted for part in parts))

    def _close(self) -> None:
        if self._open.group is not None or self._open.received:
            self._parts.append(self._open)
        self._open = _OpenGroup(None)

    def _contrl(self, end: InterchangeEnd, received: int) -> Acknowledgement:
        """Action 4 only for an interchange that was not looked into or is empty; else 7, and each message speaks."""
        interchange = end.interchange
        rejected = bool(self._blocking) or not received
        codes = codes_of(self._blocking or (*interchange.faults, *end.faults), "CONTRL")
        return Acknowledgement(
            kind="CONTRL",
            interchange=_answered(interchange),
            outcome=Code(value="rejected" if rejected else "accepted"),
            code=(codes[0] if codes else "18") if rejected else None,  # 18: unspecified error
            messages=() if rejected else tuple(message for part in self._parts for message in part.messages),
        )

    def _inbound(self, interchange: Interchange) -> list[Agreement]:
        return [
            agreement
            for agreement in self._profile.agreements
            if (agreement.syntax, agreement.direction) == (interchange.syntax, "in")
            and agreement.type not in ACKNOWLEDGEMENTS
        ]

    def _usual(self, interchange: Interchange) -> str:
        """The functional answer to a set that is not agreed: as for the partner's other documents.

        A partner with no agreed document at all is told so as well, in X12, where 997 is what everybody expects.
        """
        answer = "997" if interchange.syntax == "x12" else "contrl"
        agreed = {agreement.functional for agreement in self._inbound(interchange)}
        if self._profile.open or (not agreed and interchange.syntax == "x12"):
            return answer
        return answer if agreed - {"none"} else "none"

    def _wants_contrl(self, interchange: Interchange, parts: list[_OpenGroup]) -> bool:
        if interchange.ack_requested:
            return True
        wanted = {kind for part in parts for kind in part.functional} or {self._usual(interchange)}
        return wanted != {"none"}

    def _ta1(self) -> str:
        return next((a.ta1 for a in self._profile.agreements if (a.syntax, a.direction) == ("x12", "in")), "on_request")

    def _wants_ta1(self, interchange: Interchange) -> bool:
        return self._ta1() == "always" or (self._ta1() == "on_request" and interchange.ack_requested)

    def _addressable(self, interchange: Interchange) -> bool:
        """Can an answer be addressed? Not to an input without an envelope or to identifiers no envelope can carry."""
        longest, qualifier = (15, 2) if interchange.syntax == "x12" else (35, 4)
        return all(
            self._copied.fullmatch(who.id)
            and len(who.id) <= longest
            and len(who.qualifier) <= qualifier
            and (not who.qualifier or self._copied.fullmatch(who.qualifier))
            for who in (interchange.sender, interchange.receiver)
        )


def _nameable(group: Group) -> bool:
    """Can AK1 name the group (X12 data elements 479 and 28)?"""
    return bool(re.fullmatch("[A-Z0-9]{2}", group.type) and re.fullmatch("[0-9]{1,9}", group.control))


def _answer_group(end: GroupEnd, current: _OpenGroup) -> Acknowledgement:
    group = end.group
    codes = codes_of((*group.faults, *end.faults), "997")
    declared = end.declared if end.declared is not None else current.received
    return Acknowledgement(
        kind="997",
        interchange=_answered(group.interchange),
        group=GroupAnswer(
            type=group.type,
            control=group.control,
            version=group.version[:6] if re.match("[0-9]{6}", group.version) else None,
            outcome=Code(value=_group_outcome(current, bool(codes))),
            included=min(declared, MOST_SETS),
            received=min(current.received, MOST_SETS),
            accepted=min(current.accepted, MOST_SETS),
            codes=codes,
        ),
        messages=tuple(current.messages),
    )


def _group_outcome(current: _OpenGroup, group_errors: bool) -> Outcome:
    """AK901 from the counts (acknowledgements.md 4.2)."""
    if current.accepted == 0:
        return "rejected"
    if current.accepted < current.received:
        return "partially_accepted"
    return "accepted_with_errors" if current.flawed or group_errors else "accepted"


def _ta1(interchange: Interchange, faults: list[Fault], *, kept: bool) -> Acknowledgement:
    """The verdict on the envelope. R means that all must be sent again: with `kept` sets even a lost trailer is E."""
    noted = [fault for fault in faults if fault.ta1 and fault.severity in ("reject", "error")]
    worst = next((fault for fault in noted if fault.severity == "reject"), noted[0] if noted else None)
    outcome, code = "accepted", "000"
    if worst is not None:
        rejected = worst.severity == "reject" and not kept
        outcome, code = ("rejected" if rejected else "accepted_with_errors"), worst.ta1
    return Acknowledgement(kind="TA1", interchange=_answered(interchange), outcome=Code(value=outcome), code=code)


def _answered(interchange: Interchange) -> AnsweredInterchange:
    def who(id_: str, qualifier: str) -> Who | None:
        return Who(id=id_, qualifier=qualifier or None) if id_ else None

    return AnsweredInterchange(
        control=reference(interchange.control),
        version=interchange.version or None,
        sender=who(interchange.sender.id, interchange.sender.qualifier),
        receiver=who(interchange.receiver.id, interchange.receiver.qualifier),
        date=interchange.date or None,
        time=interchange.time or None,
    )
