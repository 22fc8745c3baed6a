"""What people look at: status, messages, exceptions, the timeline of an order. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.ledger.tables import delivery, event, exception, exchange, lane, message, receipt, sent_set


def waiting(c: sa.Connection) -> dict[str, Any]:
    """How much waits where, and since when: receipts, events to write, deliveries by destination."""
    receipts = c.execute(
        sa.select(sa.func.count(), sa.func.min(receipt.c.received_at)).where(receipt.c.state.in_(("stored", "held")))
    ).one()
    events = c.execute(sa.select(sa.func.count(), sa.func.min(event.c.at)).where(event.c.state == "stored")).one()
    destinations = c.execute(
        sa.select(
            delivery.c.destination, sa.func.count().label("count"), sa.func.min(delivery.c.created_at).label("oldest")
        )
        .where(delivery.c.state == "pending")
        .group_by(delivery.c.destination)
        .order_by(delivery.c.destination)
    ).all()
    return {
        "receipts": {"count": receipts[0], "oldest": receipts[1]},
        "events": {"count": events[0], "oldest": events[1]},
        "destinations": [{"name": row.destination, "count": row.count, "oldest": row.oldest} for row in destinations],
    }


def last_failures(c: sa.Connection) -> Sequence[Any]:
    """Deliveries that wait after a failed try, with the reason."""
    return c.execute(
        sa.select(delivery.c.destination, delivery.c.subject, delivery.c.reason, delivery.c.attempts, lane.c.due_at)
        .join(lane, lane.c.name == delivery.c.lane)
        .where(delivery.c.state == "pending", delivery.c.reason != "")
        .order_by(delivery.c.created_at)
        .limit(20)
    ).all()


def blocked_lanes(c: sa.Connection) -> Sequence[Any]:
    return c.execute(sa.select(lane.c.name, lane.c.blocked).where(lane.c.blocked != "").order_by(lane.c.name)).all()


def receipts(c: sa.Connection, limit: int, partner: str = "") -> Sequence[Any]:
    """What came, newest first."""
    query = sa.select(receipt).order_by(receipt.c.id.desc()).limit(limit)
    return c.execute(query.where(receipt.c.partner == partner) if partner else query).all()


def refused(c: sa.Connection, limit: int) -> Sequence[Any]:
    """Files that were not accepted in whole, newest first."""
    bad = sa.select(message.c.receipt).where(message.c.verdict == "rejected")
    return c.execute(
        sa.select(receipt)
        .where(sa.or_(receipt.c.state.in_(("quarantined", "poison", "held")), receipt.c.id.in_(bad)))
        .order_by(receipt.c.id.desc())
        .limit(limit)
    ).all()


def open_exceptions(c: sa.Connection) -> Sequence[Any]:
    """What waits for a person, oldest first."""
    return c.execute(sa.select(exception).where(exception.c.state == "open").order_by(exception.c.id)).all()


def exceptions_of(c: sa.Connection, subject: str) -> Sequence[Any]:
    """Cases about a business object and about its lines (`po/P00042/3`)."""
    about = sa.or_(exception.c.subject == subject, exception.c.subject.startswith(f"{subject}/", autoescape=True))
    return c.execute(sa.select(exception).where(about).order_by(exception.c.id)).all()


def exceptions_of_receipt(c: sa.Connection, number: int) -> Sequence[Any]:
    return c.execute(sa.select(exception).where(exception.c.receipt == number).order_by(exception.c.id)).all()


def events_of(c: sa.Connection, subject: str) -> Sequence[Any]:
    return c.execute(sa.select(event).where(event.c.subject == subject).order_by(event.c.position)).all()


def messages_about(c: sa.Connection, subject: str) -> Sequence[Any]:
    """Transaction sets about a business object, with the file they came in."""
    return c.execute(
        sa.select(message, receipt.c.name.label("file"), receipt.c.received_at)
        .join(receipt, receipt.c.id == message.c.receipt)
        .where(message.c.subject == subject)
        .order_by(message.c.id)
    ).all()


def deliveries_about(c: sa.Connection, subject: str) -> Sequence[Any]:
    return c.execute(
        sa.select(delivery).where(delivery.c.subject == subject).order_by(delivery.c.created_at, delivery.c.seq)
    ).all()


def exchanges_about(c: sa.Connection, subject: str) -> Sequence[Any]:
    """AS2 messages of ours that carry a document about a business object."""
    about = sa.select(delivery.c.id).where(delivery.c.subject == subject)
    return c.execute(sa.select(exchange).where(exchange.c.delivery.in_(about)).order_by(exchange.c.id)).all()


def sent_about(c: sa.Connection, subject: str) -> Sequence[Any]:
    return c.execute(sa.select(sent_set).where(sent_set.c.subject == subject).order_by(sent_set.c.id)).all()
