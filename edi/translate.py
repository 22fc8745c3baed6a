"""The whole flow of the library on two pages: `translate` reads a partner's bytes, `render` (edi/render.py) writes
ours.

Not here: how each step works (syntax, check, mapping, acks). Rules protected: any bytes give a result; a bad
transaction set never stops the good ones beside it; a rejected set emits no event; faults keep document order.

    bytes -> envelopes and segments -> who and what is agreed -> schema check -> map -> event -> acknowledgement
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

from edi import acks, resources, syntax, ta1
from edi.ack_entries import Verdict
from edi.ack_results import AckResult, answers
from edi.acks import Acknowledger
from edi.check import compile_check
from edi.documents import Event, content_hash, keys_of, stable_id, wrap
from edi.documents.exchange import Acknowledgement
from edi.documents.types import Data
from edi.errors import MapError
from edi.faults import Fault, fault
from edi.mapping import Map, Reading, Unmapped, load_map
from edi.model import Gap, Group, GroupEnd, Identity, Interchange, InterchangeEnd, Location, Message
from edi.profile import Agreement, Profile
from edi.render import answer
from edi.schema import load_schema

ACK_RECEIVED = "exchange.ack.received.v1"
MOST_OUTSIDE = 1_000  # faults of envelopes and stray bytes on one result: a flood of them is handed on in parts
_UNB = {"sender": 2, "receiver": 3, "test": 11}
SUPPORTED_ACKS = {"997": "x12/004010/997", "CONTRL": "edifact/service/v3/contrl"}


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


def translate(source: bytes | BinaryIO, profile: Profile) -> Translation:
    """Read everything in `source` (bytes or a binary file) as the partner of `profile`.

    Never raises for what the bytes hold. Raises EdiError for a profile, schema or map that cannot be used.
    """
    return Translation(profile, tuple(translate_each(source, profile)))


def translate_each(source: bytes | BinaryIO, profile: Profile) -> Iterator[Result]:
    """As `translate`, one result per transaction set as it is read; memory is bounded by the largest set."""
    reading = _Reading(profile, Acknowledger(profile))
    held: Result | None = None  # one result waits, so that the end of its group and interchange can be attached
    outside: list[Fault] = []
    due: list[Event] = []
    for item in syntax.read(source, charset=profile.charset, wrapped=profile.wrapped, limits=profile.limits):
        # What is said of an interchange never stands on a result of another one.
        if held is not None and (isinstance(item, Message | Interchange) or len(outside) > MOST_OUTSIDE):
            yield dataclasses.replace(held, outside=tuple(outside), acks=tuple(due)) if outside or due else held
            held, outside, due = None, [], []
        if isinstance(item, Message):
            held = reading.message(item)
            continue
        faults, answers = reading.envelope(item)
        outside += faults
        due += answers
        if outside or due:
            held = held or reading.nothing()
    if held is not None:
        yield dataclasses.replace(held, outside=tuple(outside), acks=tuple(due))


@dataclass(slots=True)
class _Reading:
    """The state of one pass: whose interchange it is, and what blocks it."""

    profile: Profile
    acknowledger: Acknowledger
    interchange: Interchange | None = None
    group: Group | None = None
    refused: bool = False  # the interchange, or the group that is open
    agreements: dict[tuple[str, str, str], Agreement | None] = field(default_factory=dict)

    def envelope(self, item: Interchange | Group | GroupEnd | InterchangeEnd | Gap) -> tuple[list[Fault], list[Event]]:
        """Faults and due acknowledgements of anything that is not a message."""
        due: Iterable[Acknowledgement] = ()
        if isinstance(item, Interchange):
            self.interchange, self.group = item, None
            item.faults.extend(_identity_faults(item, self.profile))
            self.acknowledger.header(item)
            self.refused = acks.refused(item.faults)
        elif isinstance(item, Group):
            self.group = item
            self.refused = acks.refused((*item.interchange.faults, *item.faults))
        elif isinstance(item, GroupEnd):
            due = self.acknowledger.group_end(item)
            self.group = None
            self.refused = acks.refused(item.group.interchange.faults)
        elif isinstance(item, InterchangeEnd):
            due = self.acknowledger.interchange_end(item)
        return list(item.faults), [self._ack(data) for data in due]

    def nothing(self) -> Result:
        return Result(self.interchange, self.group, None, "rejected" if self.refused else "accepted")

    def message(self, message: Message) -> Result:
        """One set: find what is agreed, check it, map it, judge it."""
        agreement = self._agreement(message)
        faults = list(message.faults)
        reading: Reading | None = None
        data: Data | None = None
        event_type, map_version = ACK_RECEIVED, ""
        if message.type == "TA1":
            faults.extend(ta1.check_ta1(message))
            data = ta1.read_ta1(message)
        elif not self.refused:
            if agreement is None:
                faults.append(
                    _fault_at(
                        message, "message.unsupported", f"{message.type} {message.version}", self._agreed(message)
                    )
                )
            elif agreement.map:
                map_ = load_map(agreement.map, self.profile.folder)
                reading = _read(message, map_, agreement, faults)
                data, event_type, map_version = reading.data, map_.event, map_.version
            else:
                faults.extend(compile_check(load_schema(agreement.schema)).faults(message))
        faults = [_by_policy(f, agreement) for f in faults]
        verdict: Verdict = "rejected" if self.refused else acks.verdict_of(faults)
        self.acknowledger.add(message, agreement, verdict, faults)
        event = None
        if data is not None and verdict != "rejected":
            event = self._event(message, data, event_type, map_version)
        return Result(
            interchange=message.interchange,
            group=message.group,
            message=message,
            verdict=verdict,
            faults=tuple(faults),
            event=event,
            subject=keys_of(data).subject if data is not None else "",
            answers=answers(event.data) if event and isinstance(event.data, Acknowledgement) else (),
            reading=reading,
        )

    def _agreement(self, message: Message) -> Agreement | None:
        key = (message.interchange.syntax, message.type, message.version)
        if key not in self.agreements:
            self.agreements[key] = find_agreement(self.profile, message)
        return self.agreements[key]

    def _agreed(self, message: Message) -> str:
        agreed = [
            a.document
            for a in self.profile.agreements
            if a.direction == "in" and a.syntax == message.interchange.syntax
        ]
        return "one of " + ", ".join(agreed) if agreed else "a document that is agreed"

    def _event(self, message: Message, data: Data, event_type: str, map_version: str) -> Event:
        interchange, group = message.interchange, message.group
        identity = stable_id(
            hashlib.sha256(message.raw).hexdigest(),
            interchange.sender.id,
            interchange.receiver.id,
            interchange.control,
            group.control if group else "",
            str(message.offset),
            event_type,
            content_hash(data),
        )
        return wrap(
            data,
            event_type,
            event_id=identity,
            partner=self.profile.partner,
            map_version=map_version,
            test=interchange.test,
        )

    def _ack(self, data: Acknowledgement) -> Event:
        interchange = self.interchange
        test = bool(interchange and interchange.test)
        where = f"{interchange.sender.id}|{interchange.control}|{interchange.offset}" if interchange else ""
        identity = stable_id("ack", where, data.kind, content_hash(data))
        return wrap(data, "exchange.ack.sent.v1", event_id=identity, partner=self.profile.partner, test=test)


def find_agreement(profile: Profile, message: Message) -> Agreement | None:
    """What is agreed for a message: the partner's agreement; an acknowledgement's own map;
    any base map for an open profile, else its schema."""
    syntax_name = message.interchange.syntax
    agreement = profile.agreement(syntax_name, message.type, "in", message.version)
    if agreement is not None:
        return agreement
    usual = Agreement(syntax=syntax_name, type=message.type, version=message.version, direction="in")
    reference = SUPPORTED_ACKS.get(message.type, "")
    if not reference and profile.open:
        reference = resources.standard_identity(syntax_name, message.version, message.type)
    if reference and resources.exists(reference, ".map.yaml"):
        return dataclasses.replace(usual, map=f"{reference}@1")
    if reference and resources.exists(reference, ".schema.yaml"):
        return dataclasses.replace(usual, schema=reference)
    return None


def check_agreement(profile: Profile, agreement: Agreement) -> None:
    """Load all that an agreement needs. Raises MapError if a map or schema is unusable or for another document."""
    map_ = load_map(agreement.map, profile.folder)
    compile_check(map_.schema)
    if agreement.type.lower() not in map_.schema.identity:
        raise MapError(
            f"{agreement.map} is a map of {map_.schema.identity}, the agreement is about {agreement.document}"
        )


def _read(message: Message, map_: Map, agreement: Agreement, faults: list[Fault]) -> Reading:
    """Check a set against the schema and the partner's guide and map it. What is wrong is added to `faults`, in order.

    A set that the standard rejects is read as well, to know what it is about; its own faults say enough then.
    """
    checked = compile_check(map_.schema).check(message)
    faults.extend(map_.tolerated(checked.faults))
    reading = map_.read(message, checked)
    if acks.verdict_of(_by_policy(f, agreement) for f in faults) != "rejected":
        faults.extend(reading.faults)
        faults.sort(key=lambda f: f.location.segment)
    return reading


def _by_policy(found: Fault, agreement: Agreement | None) -> Fault:
    """What this partner's agreement does with an error of the standard or of the guide (acknowledgements.md 6).

    Counts, trailers and numbers of the message itself are no part of that: a cut-off document is never accepted.
    """
    if agreement is None or found.severity != "reject" or found.entry.level == "message":
        return found
    policy = agreement.on_guide_error if found.guide else agreement.on_standard_error
    if policy == "reject":
        return found
    return dataclasses.replace(found, severity="error" if policy == "accept_with_errors" else "exception")


def _identity_faults(interchange: Interchange, profile: Profile) -> Iterator[Fault]:
    """Is it from this partner, to us, and for this environment?"""
    if profile.open:
        return
    pair = profile.identities(interchange.syntax)
    at = {"sender": 6, "receiver": 8, "test": 15} if interchange.syntax == "x12" else _UNB
    sender = _shown(interchange.sender)
    if pair is None:
        other = profile.x12 or profile.edifact
        expected = _shown(Identity(other.partner.id, other.partner.qualifier)) if other else "an agreed identity"
        yield fault("interchange.sender-unknown", _header(interchange, at["sender"]), found=sender, expected=expected)
        return
    known = (pair.partner, *pair.also)
    if not any((side.id, side.qualifier) == (interchange.sender.id, interchange.sender.qualifier) for side in known):
        expected = " or ".join(_shown(Identity(side.id, side.qualifier)) for side in known)
        yield fault("interchange.sender-unknown", _header(interchange, at["sender"]), found=sender, expected=expected)
    elif (pair.own.id, pair.own.qualifier) != (interchange.receiver.id, interchange.receiver.qualifier):
        expected = _shown(Identity(pair.own.id, pair.own.qualifier))
        place = _header(interchange, at["receiver"])
        yield fault("interchange.receiver-unknown", place, found=_shown(interchange.receiver), expected=expected)
    elif interchange.test != (profile.environment == "test"):
        expected = "test" if profile.environment == "test" else "production"
        found = "test" if interchange.test else "production"
        place = _header(interchange, at["test"])
        yield fault("interchange.test-flag", place, found=found, expected=expected, severity="reject")


def _header(interchange: Interchange, element: int) -> Location:
    tag = "ISA" if interchange.syntax == "x12" else "UNB"
    return Location(
        path=f"{tag}[{interchange.number}]/{tag}{element:02d}",
        interchange=interchange.control,
        tag=tag,
        element=element,
        offset=interchange.offset,
    )


def _shown(identity: Identity) -> str:
    return f"{identity.qualifier}:{identity.id}" if identity.qualifier else identity.id


def _fault_at(message: Message, code: str, found: str, expected: str) -> Fault:
    place = Location(
        path=message.name,
        interchange=message.interchange.control,
        group=message.group.control if message.group else "",
        message=message.control,
        segment=1,
        tag=message.segments[0][0] if message.segments else "",
        offset=message.offset,
    )
    return fault(code, place, found=found, expected=expected)
