"""Our side of the flow: a canonical event becomes an interchange for one partner.

    event -> agreement -> map -> segments -> envelope -> bytes -> read back and compare -> second reader -> bytes

Not here: control numbers, time (the caller's). Rule protected: nothing leaves that does not read back equal, by our
own reader and by one we did not write (edi/crosscheck.py).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias
from zoneinfo import ZoneInfo

from edi import syntax, ta1, zones
from edi.ack_maps import reading_map, written_version
from edi.check import compile_check
from edi.checked import Checked
from edi.crosscheck import crosscheck
from edi.documents import Event
from edi.documents.advice import ApplicationAdvice
from edi.documents.exchange import Acknowledgement, Who
from edi.documents.types import Data
from edi.errors import RenderError, SelfCheckError
from edi.mapping import Map, load_map
from edi.model import COMPONENT, Delimiters, Identity, Message, Segment, Syntax
from edi.profile import Agreement, Identities, Numbers, Profile, Side
from edi.spelling import same, spelled
from edi.syntax import Envelope, Outgoing, default_delimiters, unwritable
from edi.syntax.charset import EDIFACT_CODECS, LEVEL_A, LEVEL_B
from edi.syntax.x12 import VERSIONS

Answer: TypeAlias = Acknowledgement | ApplicationAdvice


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes ready to leave, and whether the second reader could follow (`crosschecked`, `not crosschecked: reason`)."""

    data: bytes
    document: str
    group_type: str
    crosscheck: str


def render(event: Event, profile: Profile, numbers: Numbers, at: dt.datetime) -> bytes:
    """The interchange of an event. `at` is aware; the envelope has the time of the partner's zone.

    Raises RenderError if the event cannot be written for this partner (nothing agreed, a field missing or too long),
    and SelfCheckError if what was written does not read back equal.
    """
    return render_checked(event, profile, numbers, at).data


def render_checked(event: Event, profile: Profile, numbers: Numbers, at: dt.datetime) -> Rendered:
    """As `render`, with the document's name and the result of the second reader."""
    if isinstance(event.data, Acknowledgement | ApplicationAdvice):
        return _render_acknowledgement(event.data, bool(event.test), profile, numbers, at)
    return render_together([event], profile, numbers, at)


def render_together(events: Sequence[Event], profile: Profile, numbers: Numbers, at: dt.datetime) -> Rendered:
    """Several events of one type as the sets of one interchange; set control numbers count up from
    `numbers.message`."""
    if not events:
        raise RenderError("there is no event to write")
    agreement = outgoing_agreement(events[0].type, profile)
    pair = profile.identities(agreement.syntax)
    if pair is None:
        raise RenderError(f"{profile.partner} has no {agreement.syntax} identity", field="identities")
    map_ = load_map(agreement.map, profile.folder)
    at = _local(at, profile)
    envelope = _envelope(agreement, pair, numbers, at, test=profile.environment == "test", group=map_.schema.group)
    envelope = dataclasses.replace(envelope, charset=profile.charset, characters=profile.characters)
    zone = zones.zone_of(profile)
    meant = [zones.to_write(event.data, zone) for event in events]
    data, envelope, outgoing = _written(meant, map_, agreement, envelope, numbers, profile)
    read_back = _check(data, map_, len(events), profile.charset)
    for said, sent, (message, checked) in zip(meant, outgoing, read_back, strict=True):
        if profile.substitutions:
            message, checked = _as_meant(said, sent, map_, message, checked, envelope)
        _compare(said, map_, message, checked, zone)
    return Rendered(data, agreement.document, envelope.group_type, _crosscheck(data, agreement, envelope, outgoing))


def _written(
    events: Sequence[Data],
    map_: Map,
    agreement: Agreement,
    envelope: Envelope,
    numbers: Numbers,
    profile: Profile,
) -> tuple[bytes, Envelope, list[Outgoing]]:
    """The interchange with the first of the partner's sets of service characters that the data does not contain."""
    refused: RenderError | None = None
    for delimiters in (envelope.delimiters, *agreement.fallback_delimiters):
        envelope = dataclasses.replace(envelope, delimiters=delimiters)
        outgoing = [
            Outgoing(
                type=agreement.type,
                version=agreement.version,
                control=control,
                segments=spelled(
                    map_.write(data, _decimal(envelope)), profile.substitutions, partial(unwritable, envelope=envelope)
                ),
                convention=agreement.convention,
            )
            for control, data in enumerate(events, start=numbers.message)
        ]
        try:
            return syntax.write(outgoing, envelope), envelope, outgoing
        except RenderError as error:
            if error.code != "write.delimiter":
                raise
            refused = refused or error
    assert refused is not None
    raise refused


def _as_meant(
    data: Data, sent: Outgoing, map_: Map, message: Message, checked: Checked, envelope: Envelope
) -> tuple[Message, Checked]:
    """The message as it was before what cannot be written was spelled otherwise; raises SelfCheckError if what was
    read back is not what was sent."""
    meant = map_.write(data, _decimal(envelope))
    if same(meant, list(sent.segments)):
        return message, checked
    head, *body, tail = message.segments
    if not same(body, list(sent.segments)):
        raise SelfCheckError("what was spelled otherwise does not read back")
    message = dataclasses.replace(message, segments=[head, *meant, tail])
    return message, compile_check(map_.schema).check(message)


def _decimal(envelope: Envelope) -> str:
    return envelope.delimiters.decimal if envelope.delimiters else "."


def outgoing_agreement(event_type: str, profile: Profile) -> Agreement:
    """The agreement that carries an event to the partner. Raises RenderError if none does."""
    for agreement in profile.agreements:
        if agreement.direction == "out" and event_type in load_map(agreement.map, profile.folder).events:
            return agreement
    raise RenderError(
        f"no outgoing document is agreed with {profile.partner} for {event_type}; add an agreement to its partner.yaml",
        field="agreements",
    )


def answer(ack: Event, profile: Profile) -> bytes:
    """An acknowledgement whose numbers, date and time repeat those of the interchange it
    answers: same input, same bytes."""
    data = ack.data
    if not isinstance(data, Acknowledgement | ApplicationAdvice) or data.interchange is None:
        raise RenderError(f"{ack.type} answers no interchange", field="interchange")
    number = int(re.sub("[^0-9]", "", data.interchange.control)[-9:] or 0) or 1
    return render(ack, profile, Numbers(number, number, 1), ta1.sent_at(data.interchange, _zone(profile)))


def _render_acknowledgement(data: Answer, test: bool, profile: Profile, numbers: Numbers, at: dt.datetime) -> Rendered:
    about = data.interchange
    if about is None or about.sender is None or about.receiver is None:
        raise RenderError("the acknowledgement does not say whose interchange it answers", field="interchange")
    syntax_name: Syntax = "edifact" if data.kind in ("CONTRL", "APERAK") else "x12"
    at = _local(at, profile)
    pair = profile.identities(syntax_name)
    known = (pair.partner, *pair.also) if pair is not None else ()
    partner = _side(about.sender, known, syntax_name)
    own = _side(about.receiver, (pair.own,) if pair is not None else (), syntax_name)
    if pair is not None:
        own = dataclasses.replace(own, group=pair.own.group)
    if isinstance(data, ApplicationAdvice):
        data = data.model_copy(update={"number": str(numbers.interchange), "date": at.date()})
    version = written_version(data)
    map_, segments = None, []
    if isinstance(data, Acknowledgement) and data.kind == "TA1":
        segments = [ta1.write_ta1(data, at)]
    else:
        map_ = load_map(reading_map(data.kind, version))
        segments = map_.write(data)
    agreed = next((a for a in profile.agreements if a.syntax == syntax_name and a.delimiters), None)
    agreement = _acknowledgement_agreement(data.kind, version, about.version or "", segments, agreed)
    outgoing = Outgoing(type=data.kind, version=version, control=numbers.message, segments=segments)
    group = (map_.schema.group or "") if map_ else ""
    envelope = _envelope(agreement, Identities(partner, own), numbers, at, test=test, group=group)
    written = syntax.write([outgoing], envelope)
    if map_ is not None:
        ((message, checked),) = _check(written, map_)
        _compare(data, map_, message, checked)
    note = _crosscheck(written, agreement, envelope, [outgoing])
    document = "X12 TA1" if data.kind == "TA1" else agreement.document
    return Rendered(written, document, envelope.group_type, note)


def _side(who: Who, known: Sequence[Side], syntax_name: Syntax) -> Side:
    """A party as it named itself; a qualifier no ISA can have becomes the agreed one, or ZZ (mutually defined)."""
    qualifier = who.qualifier or ""
    if syntax_name == "x12" and len(qualifier) != 2:
        qualifier = next((side.qualifier for side in known if side.id == who.id), "ZZ")
    for side in known:
        if (side.id, side.qualifier) == (who.id, qualifier):
            return side
    return Side(who.id, qualifier)


def _acknowledgement_agreement(
    kind: str, version: str, about: str, segments: list[Segment], agreed: Agreement | None
) -> Agreement:
    """What an acknowledgement is written as: `about` is the ISA12 or UNB S001 of what it answers; the partner's service
    characters."""
    syntax_name: Syntax = "edifact" if kind in ("CONTRL", "APERAK") else "x12"
    if syntax_name == "edifact":
        envelope = _syntax_version(about, segments)
    else:
        envelope = about if about in VERSIONS else "00401"
    return Agreement(
        syntax=syntax_name,
        type=kind,
        version=version,
        direction="out",
        envelope_version=envelope,
        delimiters=_usual(agreed, syntax_name, envelope),
        crosscheck=agreed.crosscheck if agreed else True,
    )


def _syntax_version(about: str, segments: list[Segment]) -> str:
    """UNB S001 of an answer: as received if it exists and its character set has every character to be repeated."""
    identifier, _, number = about.partition(":")
    level = {"UNOA": LEVEL_A, "UNOB": LEVEL_B}.get(identifier)
    text = "".join(map("".join, segments)).replace(COMPONENT, "")
    if identifier not in EDIFACT_CODECS or (level is not None and not set(text) <= set(level)):
        identifier = "UNOC"
    return f"{identifier}:{number if number in ('1', '2', '3', '4') else '3'}"


def _usual(agreed: Agreement | None, syntax_name: Syntax, version: str) -> Delimiters:
    """The partner's service characters; the repetition separator goes with the version of this interchange."""
    usual = default_delimiters(syntax_name, version)
    if agreed is None or agreed.delimiters is None:
        return usual
    return dataclasses.replace(agreed.delimiters, repeat=(agreed.delimiters.repeat or usual.repeat) and usual.repeat)


def _envelope(
    agreement: Agreement, pair: Identities, numbers: Numbers, at: dt.datetime, *, test: bool, group: str
) -> Envelope:
    x12 = agreement.syntax == "x12"
    version = agreement.envelope_version or (agreement.version[:5] if x12 else "UNOC:3")
    return Envelope(
        syntax=agreement.syntax,
        sender=Identity(pair.own.id, pair.own.qualifier),
        receiver=Identity(pair.partner.id, pair.partner.qualifier),
        control=numbers.interchange,
        at=at,
        test=test,
        version=version,
        delimiters=agreement.delimiters or default_delimiters(agreement.syntax, version),
        group_type=group if x12 else "",
        group_sender=pair.own.group or pair.own.id,
        group_receiver=pair.partner.group or pair.partner.id,
        group_control=numbers.group if x12 else 0,
        group_version=_group_version(agreement) if x12 else "",
    )


def _group_version(agreement: Agreement) -> str:
    """GS08; before 005010 a guide is named there, later in ST03 (X12 data element 480)."""
    return agreement.version + (agreement.convention if agreement.version < "005" else "")


def _zone(profile: Profile) -> ZoneInfo:
    return zones.zone_of(profile) or ZoneInfo("UTC")


def _local(at: dt.datetime, profile: Profile) -> dt.datetime:
    if at.utcoffset() is None:
        raise RenderError("the time of an interchange must be aware", field="at")
    return at.astimezone(_zone(profile))


def _crosscheck(data: bytes, agreement: Agreement, envelope: Envelope, outgoing: Sequence[Outgoing]) -> str:
    if not agreement.crosscheck:
        return "not crosschecked: switched off for this partner"
    return crosscheck(data, envelope, outgoing)


def _check(data: bytes, map_: Map, count: int = 1, charset: str = "") -> list[tuple[Message, Checked]]:
    """Our own reader and checker on what we wrote. Raises RenderError for a broken rule,
    SelfCheckError for a misreading."""
    items = list(syntax.read(data, charset=charset))
    messages = [item for item in items if isinstance(item, Message)]
    faults = [fault for item in items for fault in item.faults]
    if len(messages) != count:
        raise SelfCheckError(f"{count} sets were written, {len(messages)} read back")
    checked = [compile_check(map_.schema).check(message) for message in messages]
    faults.extend(fault for part in checked for fault in part.faults if fault.severity in ("reject", "error"))
    if faults:
        first = faults[0]
        raise RenderError(
            f"what would be sent breaks the agreed rules: {first.message}",
            code="write.required",
            element=first.location.path,
        )
    return list(zip(messages, checked, strict=True))


def _compare(data: Data, map_: Map, message: Message, checked: Checked, zone: ZoneInfo | None = None) -> None:
    """PutGet on the document itself: reading what was written gives the same event, and the map misses
    nothing it requires."""
    reading = map_.read(message, checked)
    for fault in reading.faults:
        if fault.code == "map.required":
            raise RenderError(
                f"what would be sent breaks the agreed rules: {fault.message}",
                code="write.required",
                element=fault.location.path,
            )
    difference = map_.difference(data, zones.as_read(reading.data, zone) if reading.data else None)
    for field in zones.second_hour(data, zone) if difference else ():
        if difference.startswith(f"{field}: "):
            raise RenderError(
                f"{map_.version}: field {field}: the hour comes twice and the document has no place for its offset",
                code="write.not-invertible",
                field=field,
            )
    if difference:
        raise SelfCheckError(f"reading back gives another event: {difference}")
