"""The whole flow of the library on two pages: `translate` reads a partner's bytes, `render` (edi/render.py) writes
ours.

Not here: how each step works (syntax, check, mapping, acks). Rules protected: any bytes give a result; a bad
transaction set never stops the good ones beside it; a rejected set emits no event; faults keep document order.

    bytes -> envelopes and segments -> who and what is agreed -> schema check -> map -> event -> acknowledgement
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias
from zoneinfo import ZoneInfo

from edi import acks, resources, syntax, ta1, zones
from edi.ack_entries import Verdict
from edi.ack_maps import reading_map
from edi.ack_results import answers
from edi.acks import Acknowledger
from edi.check import compile_check
from edi.consistency import inconsistencies
from edi.documents import Event, content_hash, keys_of, stable_id, wrap
from edi.documents.advice import ApplicationAdvice
from edi.documents.exchange import Acknowledgement
from edi.documents.types import Data
from edi.errors import MapError
from edi.faults import Fault, fault
from edi.mapping import Map, Reading, load_map
from edi.model import Gap, Group, GroupEnd, Interchange, InterchangeEnd, Item, Location, Message
from edi.parties import party_faults, seen_before
from edi.policy import by_policy
from edi.profile import Agreement, Profile
from edi.results import Result, Translation
from edi.schema import Schema, load_schema
from edi.scopes import Envelope, Judged, settled

__all__ = ["Result", "Seen", "Translation", "check_agreement", "find_agreement", "translate", "translate_each"]

ACK_RECEIVED = "exchange.ack.received.v1"
MOST_OUTSIDE = 1_000  # faults of envelopes and acknowledgements on one result: a flood is handed on in parts
ANSWERS = (Acknowledgement, ApplicationAdvice)
Seen: TypeAlias = Callable[[Interchange], bool]


def translate(source: bytes | BinaryIO, profile: Profile, *, seen: Seen | None = None) -> Translation:
    """Read everything in `source` (bytes or a binary file) as the partner of `profile`.

    `seen` is asked once for each interchange that is otherwise acceptable whether its control number was received
    before; if so, it is refused as a duplicate (TA1 025, CONTRL 26). Never raises for what the bytes hold. Raises
    EdiError for a profile, schema or map that cannot be used.
    """
    return Translation(profile, tuple(translate_each(source, profile, seen=seen)))


def translate_each(
    source: bytes | BinaryIO, profile: Profile, *, seen: Seen | None = None, verdicts_only: bool = False
) -> Iterator[Result]:
    """As `translate`, one result per transaction set as it is read; memory is bounded by the largest set, or by the
    largest group or interchange where the partner's `reject_scope` says that a bad set rejects those around it.

    With `verdicts_only` every set is judged all the same, but no event and no acknowledgement is made: quicker,
    and memory does not grow with the number of refused sets.
    """
    reading = _Reading(profile, Acknowledger(profile), seen, verdicts_only, zone=zones.zone_of(profile))
    items = syntax.read(source, charset=profile.charset, wrapped=profile.wrapped, limits=profile.limits)
    held: Result | None = None  # one result waits, so that the end of its group and interchange can be attached
    outside: list[Fault] = []
    due: list[Event] = []
    for item in settled(map(reading.judge, items), profile):
        # What is said of an interchange never stands on a result of another one.
        if held is not None and (isinstance(item, Judged | Interchange) or len(outside) + len(due) > MOST_OUTSIDE):
            yield dataclasses.replace(held, outside=tuple(outside), acks=tuple(due)) if outside or due else held
            held, outside, due = None, [], []
        if isinstance(item, Judged):
            reading.answer(item)
            held = item.result
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
    """The state of one pass. Judging may run ahead of answering (edi/scopes.py), so each has its own."""

    profile: Profile
    acknowledger: Acknowledger
    seen: Seen | None = None
    verdicts_only: bool = False
    refused: bool = False  # judging: the interchange, or the group that is open
    interchange: Interchange | None = None  # answering
    group: Group | None = None
    agreements: dict[tuple[str, str, str, str], Agreement | None] = field(default_factory=dict)
    maps: dict[str, Map] = field(default_factory=dict)
    zone: ZoneInfo | None = None

    def judge(self, item: Item) -> Envelope | Judged:
        """Whose interchange it is, and the verdict on each set."""
        if isinstance(item, Message):
            return self._message(item)
        if isinstance(item, Interchange):
            item.faults.extend(party_faults(item, self.profile))
            if self.seen is not None and not acks.refused(item.faults) and self.seen(item):
                item.faults.append(seen_before(item))
            self.refused = acks.refused(item.faults)
        elif isinstance(item, Group):
            self.refused = acks.refused((*item.interchange.faults, *item.faults))
        elif isinstance(item, GroupEnd):
            self.refused = acks.refused(item.group.interchange.faults)
        return item

    def envelope(self, item: Envelope) -> tuple[list[Fault], list[Event]]:
        """Faults and due acknowledgements of anything that is not a message."""
        answers = [] if self.verdicts_only else [self._ack(data) for data in self._due(item)]
        if isinstance(item, Interchange):
            self.interchange, self.group = item, None
        elif isinstance(item, Group):
            self.group = item
        elif isinstance(item, GroupEnd):
            self.group = None
        return list(item.faults), answers

    def _due(self, item: Envelope) -> Iterable[Acknowledgement | ApplicationAdvice]:
        """What the acknowledger makes of an envelope."""
        if isinstance(item, GroupEnd):
            return self.acknowledger.group_end(item)
        if isinstance(item, InterchangeEnd):
            return self.acknowledger.interchange_end(item)
        if isinstance(item, Interchange):
            self.acknowledger.header(item)
        elif isinstance(item, Gap) and item.faults:
            self.acknowledger.stray(item)
        return ()

    def nothing(self) -> Result:
        faults = [*(self.interchange.faults if self.interchange else ()), *(self.group.faults if self.group else ())]
        return Result(self.interchange, self.group, None, "rejected" if acks.refused(faults) else "accepted")

    def answer(self, judged: Judged) -> None:
        """Tell the acknowledger of a set whose verdict is final."""
        if self.verdicts_only:
            return
        result = judged.result
        assert result.message is not None
        self.acknowledger.add(
            result.message,
            judged.agreement,
            result.verdict,
            result.faults,
            about=result.subject,
            usable=judged.usable,
        )

    def _message(self, message: Message) -> Judged:
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
                map_ = self._map(agreement.map)
                reading = _read(message, map_, agreement, faults)
                if reading.data is not None:
                    reading.data = zones.as_read(reading.data, self.zone)
                data, event_type, map_version = reading.data, reading.event, map_.version
            else:
                _check(message, load_schema(agreement.schema, self.profile.schemas), agreement, faults)
            faults.extend(_convention_fault(message, agreement))
        faults = [by_policy(f, agreement) for f in faults]
        verdict: Verdict = "rejected" if self.refused else acks.verdict_of(faults)
        event = None
        if not self.verdicts_only and data is not None and verdict != "rejected":
            event = self._event(message, data, event_type, map_version)
        result = Result(
            interchange=message.interchange,
            group=message.group,
            message=message,
            verdict=verdict,
            faults=tuple(faults),
            event=event,
            subject=keys_of(data, self.profile.partner, event_type).subject if data is not None else "",
            answers=answers(event.data) if event and isinstance(event.data, ANSWERS) else (),
            reading=reading,
        )
        return Judged(result, agreement, usable=data is not None)

    def _map(self, reference: str) -> Map:
        """A map, looked for once per input: a file that changes meanwhile does not divide it."""
        if reference not in self.maps:
            self.maps[reference] = load_map(reference, self.profile.folder, self.profile.schemas)
        return self.maps[reference]

    def _agreement(self, message: Message) -> Agreement | None:
        key = (message.interchange.syntax, message.type, message.version, message.convention)
        if key not in self.agreements:
            self.agreements[key] = find_agreement(self.profile, message)
        return self.agreements[key]

    def _agreed(self, message: Message) -> str:
        if self.profile.open:
            return "a document that has a schema"
        agreed = [
            a.document
            for a in self.profile.agreements
            if a.direction == "in" and a.syntax == message.interchange.syntax
        ]
        return "one of " + ", ".join(agreed) if agreed else "a document that is agreed"

    def _event(self, message: Message, data: Data, event_type: str, map_version: str) -> Event:
        interchange, group = message.interchange, message.group
        content = content_hash(data)
        identity = stable_id(
            hashlib.sha256(message.raw).hexdigest(),
            interchange.sender.id,
            interchange.receiver.id,
            interchange.control,
            group.control if group else "",
            str(message.offset),
            event_type,
            content,
        )
        return wrap(
            data,
            event_type,
            event_id=identity,
            partner=self.profile.partner,
            map_version=map_version,
            test=interchange.test,
            content=content,
        )

    def _ack(self, data: Acknowledgement | ApplicationAdvice) -> Event:
        interchange = self.interchange
        test = bool(interchange and interchange.test)
        where = f"{interchange.sender.id}|{interchange.control}|{interchange.offset}" if interchange else ""
        content = content_hash(data)
        identity = stable_id("ack", where, data.kind, content)
        type_ = "exchange.ack.sent.v1" if isinstance(data, Acknowledgement) else "exchange.advice.sent.v1"
        return wrap(data, type_, event_id=identity, partner=self.profile.partner, test=test, content=content)


def find_agreement(profile: Profile, message: Message) -> Agreement | None:
    """What is agreed for a message: the partner's agreement; an acknowledgement's own map;
    any base map for an open profile, else its schema."""
    syntax_name = message.interchange.syntax
    agreement = profile.agreement(syntax_name, message.type, "in", message.version)
    if agreement is not None:
        return agreement
    usual = Agreement(syntax=syntax_name, type=message.type, version=message.version, direction="in")
    if own := reading_map(message.type, message.version):
        return dataclasses.replace(usual, map=own)
    if not profile.open:
        return None
    known = resources.document_identities(syntax_name, message.version, message.type, message.convention)
    for identity in known:
        if resources.exists(identity, ".map.yaml", profile.schemas):
            return dataclasses.replace(usual, map=identity)
    for identity in known:
        if resources.exists(identity, ".schema.yaml", profile.schemas):
            return dataclasses.replace(usual, schema=identity)
    return None


def check_agreement(profile: Profile, agreement: Agreement) -> None:
    """Load all that an agreement needs. Raises MapError if a map or schema is unusable or for another document."""
    map_ = load_map(agreement.map, profile.folder, profile.schemas)
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
    if acks.verdict_of(by_policy(f, agreement) for f in faults) != "rejected":
        known = {(f.code, f.location.offset) for f in reading.faults}  # a map counts as well
        faults.extend(reading.faults)
        faults.extend(f for f in inconsistencies(message, lambda: checked) if (f.code, f.location.offset) not in known)
        faults.sort(key=lambda f: f.location.segment)
    return reading


def _check(message: Message, schema: Schema, agreement: Agreement, faults: list[Fault]) -> None:
    """Check a set that has a schema and no map. What is wrong is added to `faults`, in order."""
    checker = compile_check(schema)
    faults.extend(checker.faults(message))
    if acks.verdict_of(by_policy(f, agreement) for f in faults) != "rejected":
        faults.extend(inconsistencies(message, lambda: checker.check(message)))
        faults.sort(key=lambda f: f.location.segment)


def _convention_fault(message: Message, agreement: Agreement | None) -> Iterator[Fault]:
    """A set may name the guide it follows (ST03, GS08, 0057 of UNH); if one is agreed it must be that one."""
    agreed = agreement.convention if agreement is not None else ""
    if agreed and message.convention and message.convention != agreed:
        found = _fault_at(message, "message.convention", message.convention, agreed)
        yield dataclasses.replace(found, guide=True)


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
