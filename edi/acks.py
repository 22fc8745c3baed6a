"""Faults become acknowledgements: TA1, 997, 999, CONTRL, 824, APERAK, as values, each when it is due.

Not here: what they say of a set (edi/ack_entries.py), a group or an interchange (edi/ack_levels.py), of content
(edi/advice.py), the wire (the maps), control numbers and time (the caller's), when one is late (the gateway). Rules
protected: the codes come from the fault catalogue; an acknowledgement is never acknowledged; whatever arrives, each
answer given here can be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from edi import advice
from edi.ack_entries import FUNCTIONAL, Verdict, answered_set, copyable, layer_of
from edi.ack_levels import Part, answered, group_answer, nameable, receipt, refusal, refused, ta1, verdict
from edi.documents.advice import ApplicationAdvice
from edi.documents.exchange import Acknowledgement
from edi.faults import Fault
from edi.model import Gap, GroupEnd, Interchange, InterchangeEnd, Message
from edi.profile import Agreement, Profile

__all__ = ["Acknowledger", "refused", "verdict_of"]

MOST_DETAILED = 1_000
CONTRLS = {"receipt": {"receipt"}, "syntax": {"syntax"}, "both": {"receipt", "syntax"}}


def verdict_of(faults: Iterable[Fault]) -> Verdict:
    """The verdict on a set from the severities of its faults."""
    severities = {fault.severity for fault in faults}
    if "reject" in severities:
        return "rejected"
    return "accepted_with_errors" if "error" in severities else "accepted"


class Acknowledger:
    """Collects verdicts in document order and gives the acknowledgements of each group and interchange when it closes.

    Memory: one entry per reported set, since each refused set must be named; the segments and elements in error only of
    the first MOST_DETAILED of a group. `profile` decides which acknowledgements are sent at all.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._open: Part = Part(None)
        self._parts: list[Part] = []
        self._blocking: list[Fault] = []
        self._stray: list[Fault] = []
        self._copied: re.Pattern[str] = re.compile("")

    def header(self, interchange: Interchange) -> None:
        """An interchange starts. If its envelope is refused, the refusal is all that is answered, at its end."""
        self._open, self._parts, self._stray = Part(None), [], []
        self._blocking = [fault for fault in interchange.faults if fault.severity == "reject"]
        self._copied = copyable(interchange, self._profile)

    def stray(self, gap: Gap) -> None:
        """Something stands between the sets; the first envelope segment that is in the wrong place is told (TA1)."""
        if not self._stray:
            self._stray = [fault for fault in gap.faults if fault.ta1]

    def add(
        self,
        message: Message,
        agreement: Agreement | None,
        verdict: Verdict,
        faults: Iterable[Fault],
        *,
        about: str = "",
        usable: bool = True,
    ) -> None:
        """One set is judged. `about` is its business object (`po/P1`), `usable` whether its content could be read."""
        if self._open.group is not message.group:
            self._close()
            self._open = Part(message.group)
        part = self._open
        part.received += 1
        part.kept = part.kept or verdict != "rejected"
        if message.type in FUNCTIONAL:
            return
        part.answered += 1
        part.accepted += verdict != "rejected"
        part.flawed += verdict == "accepted_with_errors"
        if self._blocking:
            return
        self._wish(part, self._wishes(message.interchange, agreement))
        if agreement is not None:
            part.detail = agreement.detail
        if part.group is not None and refused(part.group.faults):
            return  # its AK9 or UCF says it of all
        faults = list(faults)
        if agreement is not None and advice.wanted(message, agreement, verdict):
            part.advised.extend(advice.documents(message, faults, about, self._copied, usable=usable))
        x12 = message.interchange.syntax == "x12"
        if part.detail == "all" or verdict == "rejected" or (x12 and verdict != "accepted"):
            layer = layer_of(message, part.kind)
            detailed = len(part.messages) < MOST_DETAILED
            entry = answered_set(message, verdict, faults, layer, self._copied, about, detailed=detailed)
            part.messages.append(entry)

    def group_end(self, end: GroupEnd) -> Iterator[Acknowledgement | ApplicationAdvice]:
        """A group is over: its 997 or 999 (X12.20), then its 824. EDIFACT answers once per interchange."""
        if self._open.group is not end.group:
            self._close()
            self._open = Part(end.group)
        part = self._open
        self._close()
        interchange = end.group.interchange
        if interchange.syntax == "edifact" or self._blocking or end.group.type == "FA":
            return
        if part.received and not part.answered:
            return
        if not part.answered:
            self._wish(part, self._usual(interchange))
        if not self._addressable(interchange):
            return
        if part.wanted and nameable(end.group):
            yield group_answer(end, part)
            part.messages.clear()
        if part.advised:
            yield ApplicationAdvice(kind="824", interchange=answered(interchange), documents=tuple(part.advised))
            part.advised.clear()

    def interchange_end(self, end: InterchangeEnd) -> Iterator[Acknowledgement | ApplicationAdvice]:
        """The interchange is over: its TA1; or its CONTRL, then an APERAK for each message that needs one."""
        self._close()
        interchange, parts = end.interchange, self._parts
        received = sum(part.received for part in parts)
        if not self._addressable(interchange):
            return
        if interchange.syntax == "edifact":
            if not received or any(part.answered for part in parts):
                yield from self._contrl(end, parts, empty=not received)
            for document in (document for part in parts for document in part.advised):
                yield ApplicationAdvice(kind="APERAK", interchange=answered(interchange), documents=(document,))
            return
        if received and not any(part.group or part.answered for part in parts):
            return  # only TA1
        if (self._blocking and self._ta1() != "never") or self._wants_ta1(interchange):
            faults = [*interchange.faults, *self._stray, *end.faults]
            yield ta1(interchange, faults, kept=any(part.kept for part in parts))

    @staticmethod
    def _wish(part: Part, wishes: set[str]) -> None:
        if not part.wanted and "999" in wishes:
            part.kind = "999"
        part.wanted |= wishes

    def _close(self) -> None:
        if self._open.group is not None or self._open.received:
            self._parts.append(self._open)
        self._open = Part(None)

    def _contrl(self, end: InterchangeEnd, parts: list[Part], *, empty: bool) -> Iterator[Acknowledgement]:
        """A refusal is said in one CONTRL whatever is agreed; else the receipt comes before the verdict."""
        interchange = end.interchange
        wanted = {kind for part in parts for kind in part.wanted}
        if empty or self._blocking:
            wanted = self._usual(interchange)
        if interchange.ack_requested and not wanted:
            wanted = {"syntax"}
        if wanted and (empty or self._blocking):
            yield refusal(end, self._blocking)
            return
        if "receipt" in wanted:
            yield receipt(interchange)
        if "syntax" in wanted:
            yield verdict(interchange, parts)

    def _wishes(self, interchange: Interchange, agreement: Agreement | None) -> set[str]:
        """The functional acknowledgements of one set."""
        if agreement is None or self._profile.open:
            return self._usual(interchange)
        if agreement.functional == "contrl":
            return CONTRLS[agreement.contrl]
        return set() if agreement.functional == "none" else {agreement.functional}

    def _usual(self, interchange: Interchange) -> set[str]:
        """The functional answer to a set that is not agreed: as for the partner's other documents.

        A partner with no agreed document at all is told so as well, in X12, where 997 is what everybody expects.
        """
        x12 = interchange.syntax == "x12"
        if self._profile.open:
            return {"997"} if x12 else {"syntax"}
        agreed = [
            agreement
            for agreement in self._profile.agreements
            if (agreement.syntax, agreement.direction) == (interchange.syntax, "in")
            and agreement.type not in FUNCTIONAL
        ]
        if not agreed and x12:
            return {"997"}
        wanted = {kind for agreement in agreed for kind in self._wishes(interchange, agreement)}
        return {"999"} if "999" in wanted else wanted

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
