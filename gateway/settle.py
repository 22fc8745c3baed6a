"""The writing half of the flow: what each settling transaction puts into the ledger. Called inside a transaction only.

Not here: the order of steps (flow.py), SQL (ledger/queries). Every function returns the lanes it gave work to, so
that they can be woken after the commit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import edi
from gateway import answered, clock, retry
from gateway.intake import Arrived, Batch
from gateway.ledger.queries import answers, deliveries, exchanges, lanes, receipts
from gateway.outbox import Placement, Refused, Written
from gateway.partners import Partner
from gateway.ports import Business, Case, Done, Outcome, Submission, Transient, Unknown
from gateway.writing import open_case, place

MAX_AGE = dt.timedelta(hours=72)
CONNECTOR_WAIT = 300.0  # credential and configuration errors are not tried again sooner
SOURCES = "sources"  # under this name the ledger keeps what sources last said of themselves
SUPERSEDING = frozenset({"change", "cancel", "replace"})


@dataclass(frozen=True, slots=True)
class Settled:
    """What the runner of the lane does next."""

    go_on: bool
    reached: bool = False
    hold_destination_until: dt.datetime | None = None
    due: dt.datetime | None = None  # when the lane runs again after a failure
    touched: set[str] = field(default_factory=set)


def store(c: Any, row: Any, partner: Partner, batch: Batch, now: dt.datetime, source: str) -> set[str]:
    """A batch of a receipt: interchanges, sets, events with their deliveries, answers, cases."""
    at = clock.stamp(now)
    for interchange in batch.interchanges:
        receipts.add_interchange(c, {**interchange, "at": at})
    receipts.add_messages(c, [{**message, "at": at} for message in batch.messages])
    touched: set[str] = set()
    for arrived in batch.events:
        touched |= _add_incoming_event(c, row, partner, arrived, now, source)
    for results in batch.answers:
        touched |= answered.match(c, partner, results, row, now)
    for case in batch.cases:
        open_case(c, case, now, partner=partner.id, receipt=row.id)
    receipts.progress(c, row.id, batch.position)
    return touched


def add_outgoing_event(c: Any, submission: Submission, now: dt.datetime, source: str) -> str:
    """An event of a business system, waiting in its partner's lane to be written."""
    lane = f"out:{submission.partner}"
    lanes.append(c, lane, clock.stamp(now))
    _add_event(
        c,
        submission.event,
        now,
        source,
        direction="out",
        partner=submission.partner,
        lane=lane,
        state="stored",
        reply_to=submission.reply_to,
        reference=submission.reference,
    )
    return lane


def send_document(c: Any, row: Any, written: Written, now: dt.datetime) -> set[str]:
    """The partner's document of an event goes to its mailbox and waits for its acknowledgement."""
    deliveries.finish_event(c, row.id, "done")
    answers.add_sent(c, {**written.sent, "state": "sent", "sent_at": clock.stamp(now)})
    return place(c, [written.placement], now)


def refuse_event(c: Any, row: Any, refused: Refused, now: dt.datetime) -> set[str]:
    """An event cannot be written for its partner: a case, and a notice to the business system it came from."""
    deliveries.finish_event(c, row.id, "failed")
    open_case(c, refused.case, now, partner=row.partner, dedupe=f"event|{row.id}")
    return place(c, answered.notice(row, refused.case, "not sent", f"failed|{row.id}"), now)


def outcome(c: Any, row: Any, result: Outcome, now: dt.datetime) -> Settled:
    """TX3: what became of one try of a delivery."""
    if isinstance(result, Transient) and result.scope == "connector":
        return _connector_down(c, row, result, now)
    at, number = clock.stamp(now), row.attempts + 1
    name, note = type(result).__name__.lower(), getattr(result, "reason", getattr(result, "note", ""))
    deliveries.add_attempt(c, row.id, number, at, name, note)
    if isinstance(result, Done):
        lanes.clear(c, row.lane)
        answers.close_exceptions(c, f"connector|{row.destination}")
        deliveries.settle(
            c,
            row.id,
            {
                "state": "done",
                "effect": result.effect,
                "attempts": number,
                "settled_at": at,
                "reason": "",
                "probe": False,
                "facts": {**row.facts, "refs": [list(ref) for ref in result.refs]} if result.refs else row.facts,
            },
        )
        if result.remember:
            answers.remember(c, row.destination, result.remember)
        for case in result.cases:
            open_case(c, case, now, partner=row.partner, receipt=row.receipt, delivery=row.id)
        return Settled(go_on=True, reached=True)
    if isinstance(result, Business):
        return _park(c, row, result.case, number, now)
    first = deliveries.first_attempt(c, row.id) or at
    if isinstance(result, Transient) and now - clock.moment(first) > MAX_AGE:
        sentence = f"{_what(row)} could not be handed to {row.destination} for {MAX_AGE.days} days: {result.reason}"
        return _park(c, row, Case("delivery.expired", sentence, "operator", row.subject), number, now)
    if isinstance(result, Transient):
        wait = retry.backoff(lanes.failures(c, row.lane) + 1, result.retry_in)
    else:  # what it waits for may have come between its try and now
        wait = 0.0 if exchanges.receipt_came(c, row.id) else result.retry_in
    due = now + dt.timedelta(seconds=wait)
    lanes.delay(c, row.lane, clock.stamp(due))
    values = {"attempts": number, "reason": result.reason, "probe": isinstance(result, Unknown) or row.probe}
    deliveries.settle(c, row.id, values)
    return Settled(go_on=False, due=due)


def not_open(row: Any) -> Outcome:
    sentence = f"{row.destination} is not open: its partner does not trade now, or it is not in the configuration"
    return Transient(sentence, retry_in=CONNECTOR_WAIT, scope="connector")


def defect(row: Any, error: Exception) -> Outcome:
    """Our own mistake while a parcel was made or sent. It is parked with a case; the next ones go on."""
    sentence = f"handing {row.kind} to {row.destination} failed inside the gateway ({type(error).__name__}: {error})"
    return Business(Case("connector.defect", sentence, "operator", row.subject))


def _connector_down(c: Any, row: Any, result: Transient, now: dt.datetime) -> Settled:
    """The whole destination waits; no attempt is counted against the parcel."""
    wait = max(result.retry_in, CONNECTOR_WAIT) if result.alarm else result.retry_in
    until = now + dt.timedelta(seconds=wait)
    lanes.delay(c, row.lane, clock.stamp(until), counted=False)
    deliveries.settle(c, row.id, {"reason": result.reason})
    if result.alarm:
        _alarm(c, row.destination, result.alarm, result.reason, now)
    return Settled(go_on=False, hold_destination_until=until, due=until)


def source_state(c: Any, source: str, problem: str, alarm: str, now: dt.datetime) -> None:
    """What a source last had to say of itself; its case ends when it works again."""
    answers.remember(c, SOURCES, {source: problem})
    if alarm == "stuck":  # we were let in
        open_case(c, Case("connector.stuck", f"{source}: {problem}", "operator"), now, dedupe=f"stuck|{source}")
    elif alarm:
        _alarm(c, source, alarm, problem, now)
    if not problem:
        answers.close_exceptions(c, f"stuck|{source}")
    if not problem or alarm == "stuck":
        answers.close_exceptions(c, f"connector|{source}")


def _alarm(c: Any, name: str, alarm: str, reason: str, now: dt.datetime) -> None:
    """One case for a business system or mailbox that needs an operator, however many parcels and looks meet it."""
    open_case(c, Case(f"connector.{alarm}", f"{name}: {reason}", "operator"), now, dedupe=f"connector|{name}")


def _park(c: Any, row: Any, case: Case, number: int, now: dt.datetime) -> Settled:
    lanes.clear(c, row.lane)
    values = {"state": "parked", "attempts": number, "settled_at": clock.stamp(now), "reason": case.sentence}
    deliveries.settle(c, row.id, values)
    open_case(c, case, now, partner=row.partner, receipt=row.receipt, delivery=row.id)
    return Settled(go_on=True, reached=True)


def _add_incoming_event(
    c: Any, row: Any, partner: Partner, arrived: Arrived, now: dt.datetime, source: str
) -> set[str]:
    """A business event of a partner, once per content; a second document under the same key needs a person."""
    event = arrived.event
    keys = edi.documents.keys_of(event.data, partner.id, event.type)
    effects = _effects(event, keys, partner.destination)
    if deliveries.known_events(c, [event.id]):
        return {lane for effect in effects.values() for lane in _try_again(c, row, effect, now)}
    last = deliveries.last_of_business_key(c, keys.business(partner.id, event.type))
    if last is not None and last.idempotency_key == event.idempotencykey:
        return set()
    if last is not None and keys.purpose not in SUPERSEDING and last.receipt != row.facts.get("replay_of"):
        sentence = (
            f"{row.name}: {event.subject} was answered before under the same number with other content; "
            "the second document was kept and not applied"
        )
        case = Case("document.conflicting_content", sentence, "edi", event.subject)
        open_case(c, case, now, partner=partner.id, receipt=row.id, dedupe=f"conflict|{event.id}")
        return set()
    _add_event(c, event, now, source, direction="in", partner=partner.id, lane="", state="done", receipt=row.id)
    answered.by_business(c, partner.id, event.subject, now)
    if not partner.destination:
        return set()
    return place(
        c,
        [
            Placement(
                id=effect,
                destination=partner.destination,
                key=key,
                kind="event",
                type=event.type,
                partner=partner.id,
                subject=event.subject,
                event=event.id,
                receipt=row.id,
                payload=arrived.original or None,
            )
            for key, effect in effects.items()
        ],
        now,
    )


def _effects(event: edi.Event, keys: edi.documents.Keys, destination: str) -> dict[str, str]:
    """Ordering key -> delivery id. A ship notice reaches each of its orders in that order's lane."""
    if isinstance(event.data, edi.documents.ShipmentDispatched) and len(keys.orders) > 1:
        return {order: edi.stable_id("effect", event.id, destination, order) for order in keys.orders}
    return {keys.ordering: edi.stable_id("effect", event.id, destination)}


def _try_again(c: Any, row: Any, effect: str, now: dt.datetime) -> set[str]:
    """A replay of a file whose delivery was parked gives it another try; otherwise a known event does nothing."""
    parked = deliveries.get(c, effect) if "replay_of" in row.facts else None
    if parked is None:
        return set()
    lane = deliveries.pend_again(c, effect, lanes.append(c, parked.lane, clock.stamp(now)))
    return {lane} if lane else set()


def _add_event(c: Any, event: edi.Event, now: dt.datetime, source: str, **values: Any) -> None:
    """Store an event with what needs a clock and a ledger. All events of one order share a correlation."""
    keys = edi.documents.keys_of(event.data, values["partner"], event.type)
    stamped = event.model_copy(
        update={
            "source": source,
            "time": now,
            "sequence": str(deliveries.events_of(c, event.subject) + 1),
            "correlationid": edi.stable_id(source, keys.ordering),
            "documentid": str(values["receipt"]) if values.get("receipt") else None,
        }
    )
    deliveries.add_event(
        c,
        {
            "id": event.id,
            "type": event.type,
            "subject": event.subject,
            "business_key": keys.business(values["partner"], event.type),
            "idempotency_key": event.idempotencykey or "",
            "body": stamped.to_json(),
            "at": clock.stamp(now),
            **values,
        },
    )


def _what(row: Any) -> str:
    return f"{row.type or row.kind} {row.name or row.subject}".strip()
