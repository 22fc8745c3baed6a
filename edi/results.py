"""What a translation gives: one Result per transaction set, and all of them as a Translation.

Not here: how they come about (edi/translate.py). Rule protected: faults keep document order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from edi.ack_entries import Verdict
from edi.ack_results import AckResult
from edi.documents import Event
from edi.faults import Fault
from edi.mapping import Reading, Unmapped
from edi.model import Group, Interchange, Message
from edi.profile import Profile
from edi.render import answer


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one transaction set, or (message None) of an envelope that holds none.

    `faults` are those of the set, in document order; `outside` are faults of the envelopes and of stray bytes met
    since the last result. `acks` are the acknowledgements that became due with this result. `answers` is what the
    partner says about documents of ours, when the set is an acknowledgement. `subject` is the business object the set
    is about, also for a rejected set if it can be read that far.
    """

    interchange: Interchange | None
    group: Group | None
    message: Message | None
    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    outside: tuple[Fault, ...] = ()
    event: Event | None = None
    subject: str = ""
    answers: tuple[AckResult, ...] = ()
    acks: tuple[Event, ...] = ()
    reading: Reading | None = None

    @property
    def unmapped(self) -> list[Unmapped]:
        """Values of the document that the map does not claim; worked out when asked for."""
        return self.reading.unmapped if self.reading is not None else []

    @property
    def inherited(self) -> tuple[str, ...]:
        """Canonical paths the document leaves to the order it answers."""
        return self.reading.inherited if self.reading is not None else ()


@dataclass(frozen=True)
class Translation:
    """All results of an input, and the usual views of them."""

    profile: Profile
    results: tuple[Result, ...]

    @property
    def events(self) -> list[Event]:
        """Business events, in document order; what acknowledgements say is in `answers`."""
        return [r.event for r in self.results if r.event is not None and not r.answers]

    @property
    def faults(self) -> list[Fault]:
        return [fault for r in self.results for fault in (*r.faults, *r.outside)]

    @property
    def messages(self) -> list[Message]:
        return [r.message for r in self.results if r.message is not None]

    @property
    def answers(self) -> list[AckResult]:
        return [answer for r in self.results for answer in r.answers]

    @property
    def unmapped(self) -> list[Unmapped]:
        return [item for r in self.results for item in r.unmapped]

    @property
    def acknowledgements(self) -> list[Event]:
        """The acknowledgements due, as events to be rendered with control numbers of the caller's own counters."""
        return [ack for r in self.results for ack in r.acks]

    @cached_property
    def acks(self) -> list[bytes]:
        """The acknowledgements due, as bytes. Control numbers, date and time repeat those of the interchange answered,
        so the same input gives the same bytes; a gateway renders `acknowledgements` with its own numbers instead."""
        return [answer(ack, self.profile) for ack in self.acknowledgements]
