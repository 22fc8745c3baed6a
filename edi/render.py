"""Our side of the flow: a canonical event becomes an interchange for one partner.

    event -> agreement -> map -> segments -> envelope -> bytes -> read back and compare -> second reader -> bytes

Not here: control numbers, time (the caller's). Rule protected: nothing leaves that does not read back equal, by our
own reader
and by one we did not write (edi/crosscheck.py).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from edi import syntax, ta1
from edi.check import Checked, compile_check
from edi.crosscheck import crosscheck
from edi.documents import Event
from edi.documents.exchange import Acknowledgement
from edi.errors import RenderError, SelfCheckError
from edi.mapping import Map, load_map
from edi.model import Identity, Message, Segment
from edi.profile import Agreement, Identities, Numbers, Profile, Side
from edi.syntax import Envelope, Outgoing, default_delimiters


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes ready to leave, and how far the second reader could follow (`crosschecked`, or `not crosschecked:
    reason`)."""

    data: bytes
    document: str
    group_type: str
    crosscheck: str


def render(event: Event, profile: Profile, numbers: Numbers, at: dt.datetime) -> bytes:
    """The interchange of an event. `at` is aware and is written in the partner's time zone by the envelope.

    Raises RenderError if the event cannot be written for this partner (nothing agreed, a field missing or too long),
    and
    SelfCheckError if what was written does not read back equal.
    """
    return render_checked(event, profile, numbers, at).data


def render_checked(event: Event, profile: Profile, numbers: Numbers, at: dt.datetime) -> Rendered:
    """As `render`, with the document's name and the result of the second reader."""
    if isinstance(event.data, Acknowledgement):
        return _render_acknowledgement(event.data, bool(event.test), profile, numbers, at)
    return render_together([event], profile, numbers, at)


def render_together(events: Sequence[Event], profile: Profile, numbers: Numbers, at: dt.datetime) -> Rendered:
    """Several events of one type as the sets of one interchange; set control numbers count up from
    `numbers.message`."""
    agreement = outgoing_agreement(events[0].type, profile)
    pair = profile.identities(agreement.syntax)
    if pair is None:
        raise RenderError(f"{profile.partner} has no {agreement.syntax} identity", field="identities")
    map_ = load_map(agreement.map, profile.folder)
    outgoing = [
        Outgoing(
            type=agreement.type,
            version=agreement.version,
            control=control,
            segments=map_.write(event.data),
            convention=agreement.convention if agreement.syntax == "edifact" else "",
        )
        for control, event in enumerate(events, start=numbers.message)
    ]
    at = at.astimezone(ZoneInfo(profile.timezone))
    envelope = _envelope(agreement, pair, numbers, at, test=profile.environment == "test", group=map_.schema.group)
    data = syntax.write(outgoing, envelope)
    for event, (message, checked) in zip(events, _check(data, map_, len(events)), strict=True):
        _compare(event, map_, message, checked)
    note = crosscheck(data, envelope, outgoing) if agreement.crosscheck else "switched off for this partner"
    return Rendered(data, agreement.document, envelope.group_type, note)


def outgoing_agreement(event_type: str, profile: Profile) -> Agreement:
    """The agreement that carries an event to the partner. Raises RenderError if none does."""
    for agreement in profile.agreements:
        if agreement.direction == "out" and load_map(agreement.map, profile.folder).event == event_type:
            return agreement
    raise RenderError(
        f"no outgoing document is agreed with {profile.partner} for {event_type}; add an agreement to its partner.yaml",
        field="agreements",
    )


def answer(ack: Event, profile: Profile) -> bytes:
    """An acknowledgement whose numbers, date and time repeat those of the interchange it answers: same input, same
    bytes."""
    data = ack.data
    assert isinstance(data, Acknowledgement)
    about = data.interchange
    number = int(digits) if about and (digits := "".join(c for c in about.control if c.isdigit())) else 1
    at = ta1.sent_at(about) if about else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    number = number % 999_999_999 or 1
    return render(ack, profile, Numbers(number, number, 1), at)


def _render_acknowledgement(
    data: Acknowledgement, test: bool, profile: Profile, numbers: Numbers, at: dt.datetime
) -> Rendered:
    about = data.interchange
    if about is None or about.sender is None or about.receiver is None:
        raise RenderError("the acknowledgement does not say whose interchange it answers", field="interchange")
    agreed = next(
        (a for a in profile.agreements if a.syntax == ("edifact" if data.kind == "CONTRL" else "x12") and a.delimiters),
        None,
    )
    partner = Side(about.sender.id, about.sender.qualifier or "")
    own = Side(about.receiver.id, about.receiver.qualifier or "")
    pair = profile.identities("edifact" if data.kind == "CONTRL" else "x12")
    if pair is not None and pair.partner.id == partner.id:
        partner, own = pair.partner, dataclasses.replace(own, group=pair.own.group)
    agreement = _acknowledgement_agreement(data, agreed)
    segments: list[Segment]
    if data.kind == "TA1":
        segments = [ta1.write_ta1(data)]
        map_ = None
    else:
        map_ = load_map(agreement.map)
        segments = map_.write(data)
    outgoing = Outgoing(type=data.kind, version=agreement.version, control=numbers.message, segments=segments)
    envelope = _envelope(agreement, Identities(partner, own), numbers, at, test=test, group="FA" if map_ else "")
    if data.kind == "CONTRL":
        envelope = dataclasses.replace(envelope, group_type="")
    written = syntax.write([outgoing], envelope)
    if map_ is not None:
        _check(written, map_)
    note = crosscheck(written, envelope, [outgoing]) if agreement.crosscheck else "switched off for this partner"
    return Rendered(written, agreement.document, envelope.group_type, note)


def _acknowledgement_agreement(data: Acknowledgement, agreed: Agreement | None) -> Agreement:
    if data.kind == "CONTRL":
        version = (data.interchange.version if data.interchange else None) or "UNOC:3"
        return Agreement(
            syntax="edifact",
            type="CONTRL",
            version="4.1" if version.endswith(":4") else "D.3",
            direction="out",
            map="edifact/service/v3/contrl@1",
            envelope_version=version,
            delimiters=agreed.delimiters if agreed else default_delimiters("edifact", version),
            crosscheck=agreed.crosscheck if agreed else True,
        )
    version = (data.group.version if data.group else None) or "004010"
    return Agreement(
        syntax="x12",
        type=data.kind,
        version=version,
        direction="out",
        map="x12/004010/997@1",
        envelope_version=(data.interchange.version if data.interchange else None) or "00401",
        delimiters=agreed.delimiters if agreed else default_delimiters("x12", version),
        crosscheck=agreed.crosscheck if agreed else True,
    )


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
        group_version=agreement.version if x12 else "",
    )


def _check(data: bytes, map_: Map, count: int = 1) -> list[tuple[Message, Checked]]:
    """Our own reader and checker on what we wrote. Raises RenderError for a broken rule, SelfCheckError for a
    misreading."""
    items = list(syntax.read(data))
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


def _compare(event: Event, map_: Map, message: Message, checked: Checked) -> None:
    """PutGet on the document itself (maps.md 15): reading what was written gives the same event."""
    difference = map_.difference(event.data, map_.read(message, checked).data)
    if difference:
        raise SelfCheckError(f"reading back gives another event: {difference}")
