"""What is about to leave: documents and acknowledgements with their control numbers, file names and parcels.

Rendering runs outside the writing transaction; control numbers are looked at before (`peek`), taken inside it by
compare-and-set (`take`), and the rendering is repeated on a miss. Rule protected: a number is used once, and a
resend repeats number and bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import edi
from gateway import clock
from gateway.ledger.queries import answers, deliveries, receipts
from gateway.partners import Partner
from gateway.ports import LARGEST_ORIGINAL, TEXT, Case, Parcel

ANSWERS = (edi.documents.Acknowledgement, edi.documents.ApplicationAdvice)


@dataclass(frozen=True, slots=True)
class Numbered:
    """Control numbers for one rendering, and the counters they come from: (name, last value, new value)."""

    numbers: edi.Numbers
    counters: tuple[tuple[str, int, int], ...] = ()
    event: edi.Event | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """One delivery to make. `id` is stable: the same cause gives the same delivery. Its bytes are `payload`, or those
    of the delivery `copy_of`."""

    id: str
    destination: str
    key: str
    kind: str
    partner: str
    type: str = ""
    subject: str = ""
    event: str | None = None
    receipt: int | None = None
    name: str = ""
    payload: bytes | None = None
    copy_of: str = ""
    copy_size: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    replaces: bool = False  # an older file of this name in the mailbox makes room

    @property
    def lane(self) -> str:
        return f"{self.destination}:{self.key}"


@dataclass(frozen=True, slots=True)
class Acks:
    """Acknowledgements with the numbers they are written with; what could not be written is a case."""

    numbered: list[Numbered]
    written: list[Placement] = field(default_factory=list)
    failed: list[Case] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """An event as its partner's document, and the set that will wait for its acknowledgement."""

    placement: Placement
    sent: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that cannot be written for its partner, with the case for a person."""

    case: Case


def peek(c: Any, partner: Partner, acks: Sequence[edi.Event], environment: str) -> list[Numbered]:
    """Numbers for acknowledgements, in order, from the counters as they stand."""
    used: dict[str, int] = {}
    return [_numbered(c, partner, _syntax_of(ack), environment, ack, used) for ack in acks]


def next_numbers(c: Any, partner: Partner | None, event_type: str, environment: str) -> Numbered:
    """Numbers for one document."""
    if partner is None:
        return Numbered(edi.Numbers(1))
    try:
        agreement = edi.outgoing_agreement(event_type, partner.profile)
    except edi.RenderError:
        return Numbered(edi.Numbers(1))  # `document` says why
    return _numbered(c, partner, agreement.syntax, environment, None, {}, partner.first_number(agreement.document))


def take(c: Any, numbered: Iterable[Numbered]) -> bool:
    """Move the counters; False if one has moved meanwhile, and the caller renders again. Nothing is kept then."""
    with c.begin_nested() as savepoint:
        for item in numbered:
            for name, last, new in item.counters:
                if not answers.take_number(c, name, last, new):
                    savepoint.rollback()
                    return False
    return True


def acknowledgements(
    look: Callable[[Callable[[Any], list[Numbered]]], list[Numbered]],
    partner: Partner,
    row: Any,
    due: Sequence[edi.Event],
    environment: str,
    now: dt.datetime,
) -> Acks:
    """Acknowledgements of a receipt as files for its mailbox, with the next numbers; `look` asks the ledger."""
    numbered = look(lambda c: peek(c, partner, due, environment)) if due else []
    acks = Acks(numbered)
    for item in numbered:
        ack = item.event
        assert ack is not None
        assert isinstance(ack.data, ANSWERS)
        try:
            payload = edi.render(ack, partner.profile, item.numbers, now)
        except edi.RenderError as error:
            sentence = f"{row.name}: its {ack.data.kind} could not be written: {error}"
            acks.failed.append(Case("render.failed", sentence, "operator", actual=str(error)))
            continue
        about = ack.data.interchange
        acks.written.append(
            Placement(
                id=edi.stable_id("delivery", str(row.id), ack.id),
                destination=row.mailbox,
                key="ack",
                kind="ack",
                type=ack.data.kind,
                partner=partner.id,
                receipt=row.id,
                name=f"{ack.data.kind}_{item.numbers.interchange:09d}.edi",
                payload=payload,
                facts={
                    "interchange": about.control if about else "",
                    **_named(ack.data.kind, about.control if about else "", item.numbers),
                },
            )
        )
    return acks


def stored_answers(c: Any, receipt: int, interchange: str) -> list[Any]:
    """The answers first given to one interchange of a receipt."""
    rows = deliveries.answers_to(c, receipt)
    return [row for row in rows if row.facts.get("interchange", interchange) == interchange]


def again(row: Any, stored: Sequence[Any]) -> list[Placement]:
    """Stored answers once more, byte for byte, for a repeated file."""
    return [
        Placement(
            id=edi.stable_id("again", str(row.id), first.id),
            destination=row.mailbox,
            key="ack",
            kind="repeat",
            type=first.type,
            partner=row.partner,
            receipt=row.id,
            name=_refusal_name(row.name) if first.kind == "refusal" else _again_name(first.name, row.id),
            copy_of=first.id,
            copy_size=first.size,
            facts=dict(first.facts),
            replaces=first.kind == "refusal",
        )
        for first in stored
    ]


def refusal(row: Any, text: str) -> Placement:
    """`<name>.rejected.txt` in the mailbox the file came from."""
    return Placement(
        id=edi.stable_id("refusal", str(row.id)),
        destination=row.mailbox,
        key="ack",
        kind="refusal",
        type="text",
        partner=row.partner,
        receipt=row.id,
        name=_refusal_name(row.name),
        payload=text.encode(),
        facts={"doc": TEXT},
        replaces=True,
    )


def defect(row: Any, error: Exception) -> Refused:
    """An order that the gateway itself fails to write."""
    number = row.subject.partition("/")[2]
    sentence = f"Order {number} was not sent: the gateway failed ({type(error).__name__}: {error})"
    return Refused(Case("connector.defect", sentence, "operator", row.subject))


def document(partner: Partner | None, row: Any, numbered: Numbered, now: dt.datetime) -> Written | Refused:
    """Write an event for its partner: bytes checked by our own reader and by the second one, or a case."""
    event = edi.event_from_json(row.body)
    number = event.subject.partition("/")[2]
    if partner is None:
        sentence = f"Order {number} was not sent: no partner {row.partner!r} is configured"
        return Refused(Case("partner.unknown", sentence, "operator", event.subject, actual=row.partner))
    try:
        agreement = edi.outgoing_agreement(event.type, partner.profile)
        rendered = edi.render_checked(event, partner.profile, numbered.numbers, now)
    except edi.RenderError as error:
        sentence = f"Order {number} was not sent to {partner.file.name or partner.id}: {error}"
        kind = "render.selfcheck" if isinstance(error, edi.SelfCheckError) else "render.failed"
        return Refused(Case(kind, sentence, "buyer", event.subject, error.field, error.element))
    numbers, clocks = numbered.numbers, partner.clocks(agreement.document)
    name = f"{agreement.type}_{_plain(number)}_{numbers.interchange:09d}.edi"
    placement = Placement(
        id=edi.stable_id("document", event.id),
        destination=partner.mailbox(agreement.channel),
        key=event.subject,
        kind="document",
        type=agreement.type,
        partner=partner.id,
        subject=event.subject,
        event=event.id,
        name=name,
        payload=rendered.data,
        facts={
            "crosscheck": rendered.crosscheck,
            "interchange": str(numbers.interchange),
            **_named(agreement.type, number, numbers),
        },
    )
    sent = {
        "delivery": placement.id,
        "event": event.id,
        "partner": partner.id,
        "subject": event.subject,
        "syntax": agreement.syntax,
        "type": agreement.type,
        "interchange_control": str(numbers.interchange),
        "group_type": rendered.group_type,
        "group_control": str(numbers.group) if rendered.group_type else "",
        "control": str(numbers.message),
        "test": partner.profile.environment == "test",
        "functional_due": _due(now, clocks.functional),
        "business_due": _due(now, clocks.business),
    }
    return Written(placement, sent)


def parcel(c: Any, row: Any) -> Parcel:
    """A delivery as its sink sees it: with the event or the bytes, and the partner's original document for evidence."""
    content = receipts.get_bytes(c, f"d{row.id}") if row.size else None
    of_event = row.kind == "event"
    event = deliveries.get_event(c, row.event) if of_event else None
    source = receipts.get(c, row.receipt) if of_event and row.receipt is not None else None
    original = content if of_event else None
    if original is None and source is not None and source.size <= LARGEST_ORIGINAL:
        original = receipts.get_bytes(c, f"r{source.id}")
    return Parcel(
        id=row.id,
        destination=row.destination,
        key=row.key,
        partner=row.partner,
        kind=row.kind,
        attempt=row.attempts + 1,
        event=edi.event_from_json(event.body) if event is not None else None,
        payload=None if of_event else content,
        name=row.name,
        original=original,
        original_name=source.name if source is not None else "",
        original_size=len(original) if original is not None else source.size if source is not None else 0,
        probe=row.probe,
        facts=row.facts,
    )


def _named(document: str, number: str, numbers: edi.Numbers) -> dict[str, str]:
    """The facts that names of files are made of (transports/names.py)."""
    return {"doc": document, "number": number, "control": f"{numbers.interchange:09d}"}


def _numbered(
    c: Any,
    partner: Partner,
    syntax: str,
    environment: str,
    event: edi.Event | None,
    used: dict[str, int],
    start: int = 1,
) -> Numbered:
    head = f"{partner.id}|{environment}|{syntax}"
    taken: list[tuple[str, int, int]] = []
    for kind in ("interchange", "group") if syntax == "x12" else ("interchange",):
        name = f"{head}|{kind}"
        last = used[name] if name in used else answers.counter_value(c, name)
        new = max(last + 1, start) if last < 999_999_999 else 1
        used[name] = new
        taken.append((name, last, new))
    values = [new for _, _, new in taken]
    return Numbered(edi.Numbers(values[0], values[-1], 1), tuple(taken), event)


def _syntax_of(ack: edi.Event) -> str:
    assert isinstance(ack.data, ANSWERS)
    return "edifact" if ack.data.kind in ("CONTRL", "APERAK") else "x12"


def _refusal_name(name: str) -> str:
    """`<name>.rejected.txt`, short enough for every mailbox (200 bytes)."""
    return name.encode()[:180].decode(errors="ignore") + ".rejected.txt"


def _again_name(name: str, receipt: int) -> str:
    stem, dot, ending = name.partition(".")
    return f"{stem}_again{receipt}{dot}{ending}"


def _plain(number: str) -> str:
    """A business number as part of a file name: letters, digits, dot, dash and underscore only."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", number)[:60] or "document"


def _due(now: dt.datetime, seconds: float | None) -> str | None:
    return None if seconds is None else clock.stamp(now + dt.timedelta(seconds=seconds))
