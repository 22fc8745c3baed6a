"""What goes out: events waiting to be written, deliveries, attempts, and the hosted mailboxes' view of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.ledger.queries.upsert import insert_new
from gateway.ledger.tables import attempt, delivery, event


def add_event(c: sa.Connection, values: Mapping[str, Any]) -> None:
    """A canonical event, once: its id is the primary key."""
    position = c.execute(sa.select(sa.func.coalesce(sa.func.max(event.c.position), 0) + 1)).scalar_one()
    c.execute(sa.insert(event).values(position=position, **values))


def events_of(c: sa.Connection, subject: str) -> int:
    """How many events there are about a business object."""
    return c.execute(sa.select(sa.func.count()).where(event.c.subject == subject)).scalar_one()


def known_events(c: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Which of these event ids are there already."""
    return set(c.execute(sa.select(event.c.id).where(event.c.id.in_(ids))).scalars())


def last_of_business_key(c: sa.Connection, business_key: str) -> Any | None:
    """The newest event with this business key."""
    return c.execute(
        sa.select(event).where(event.c.business_key == business_key).order_by(event.c.position.desc()).limit(1)
    ).first()


def get_event(c: sa.Connection, event_id: str) -> Any | None:
    return c.execute(sa.select(event).where(event.c.id == event_id)).first()


def next_event(c: sa.Connection, lane: str) -> Any | None:
    """The oldest event of a lane that waits to be written for its partner."""
    return c.execute(
        sa.select(event).where(event.c.lane == lane, event.c.state == "stored").order_by(event.c.position).limit(1)
    ).first()


def finish_event(c: sa.Connection, event_id: str, state: str) -> None:
    c.execute(sa.update(event).where(event.c.id == event_id).values(state=state))


def add(c: sa.Connection, values: Mapping[str, Any]) -> bool:
    """One thing to hand over, once: False if a delivery with this id is there already."""
    return insert_new(c, delivery, values)


def next_pending(c: sa.Connection, lane: str) -> Any | None:
    """The head of a delivery lane."""
    return c.execute(
        sa.select(delivery)
        .where(delivery.c.lane == lane, delivery.c.state == "pending")
        .order_by(delivery.c.seq)
        .limit(1)
    ).first()


def get(c: sa.Connection, delivery_id: str) -> Any | None:
    return c.execute(sa.select(delivery).where(delivery.c.id == delivery_id)).first()


def settle(c: sa.Connection, delivery_id: str, values: Mapping[str, Any]) -> None:
    """What became of a delivery."""
    c.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(**values))


def add_attempt(c: sa.Connection, delivery_id: str, number: int, at: str, outcome: str, note: str) -> None:
    c.execute(sa.insert(attempt).values(delivery=delivery_id, number=number, at=at, outcome=outcome, note=note[:2000]))


def first_attempt(c: sa.Connection, delivery_id: str) -> str | None:
    """When a delivery was first tried."""
    return c.execute(sa.select(sa.func.min(attempt.c.at)).where(attempt.c.delivery == delivery_id)).scalar()


def pend_again(c: sa.Connection, delivery_id: str, seq: int) -> str | None:
    """A parked delivery gets another try, at the end of its lane. The lane, or None if it is not parked."""
    return c.execute(
        sa.update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == "parked")
        .values(state="pending", seq=seq, reason="", settled_at=None)
        .returning(delivery.c.lane)
    ).scalar()


def withdraw(c: sa.Connection, destination: str, name: str, now: str) -> None:
    """Older files of this name in a hosted mailbox are replaced by a newer one."""
    c.execute(
        sa.update(delivery)
        .where(delivery.c.destination == destination, delivery.c.name == name, delivery.c.discarded_at.is_(None))
        .values(discarded_at=now)
    )


def answers_to(c: sa.Connection, receipt_id: int, after: int = 0, limit: int | None = None) -> Sequence[Any]:
    """The acknowledgements and refusals first made for a receipt (not their repeats), in the order of their lane,
    behind a place in it."""
    return c.execute(
        sa.select(delivery)
        .where(delivery.c.receipt == receipt_id, delivery.c.kind.in_(("ack", "refusal")), delivery.c.seq > after)
        .order_by(delivery.c.seq)
        .limit(limit)
    ).all()


def of_receipt(c: sa.Connection, receipt_id: int) -> Sequence[Any]:
    """Everything handed over because of a receipt."""
    return c.execute(
        sa.select(delivery).where(delivery.c.receipt == receipt_id).order_by(delivery.c.created_at, delivery.c.seq)
    ).all()


def mark_collected(c: sa.Connection, mailbox: str, delivery_id: str, now: str) -> bool:
    """The partner has read a file to its end. True the first time."""
    return (
        c.execute(
            sa.update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.destination == mailbox, delivery.c.collected_at.is_(None))
            .values(collected_at=now)
        ).rowcount
        == 1
    )


def mark_discarded(c: sa.Connection, mailbox: str, delivery_id: str, now: str) -> bool:
    """The partner deleted a file from its mailbox."""
    return (
        c.execute(
            sa.update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.destination == mailbox, delivery.c.discarded_at.is_(None))
            .values(discarded_at=now)
        ).rowcount
        == 1
    )
