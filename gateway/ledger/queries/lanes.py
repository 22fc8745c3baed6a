"""Lanes: order, the fence, waiting times, and what is ready to run."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from gateway.ledger.queries.prepared import Prepared
from gateway.ledger.queries.upsert import insert_new
from gateway.ledger.store import Fenced
from gateway.ledger.tables import delivery, event, lane, receipt

_TAKE = Prepared(
    sa.update(lane)
    .where(lane.c.name == sa.bindparam("lane"))
    .values(next_seq=lane.c.next_seq + 1)
    .returning(lane.c.next_seq)
)


def append(c: sa.Connection, name: str, now: str) -> int:
    """Take the next place in a lane, making the lane if it is new. Returns the place."""
    while True:
        for (taken,) in _TAKE.run(c, {"lane": name}):
            return int(taken)
        if insert_new(c, lane, {"name": name, "next_seq": 1, "due_at": now}):
            return 1


def claim(c: sa.Connection, name: str) -> tuple[str, str]:
    """Become the runner of a lane: a fresh random token, and the moment it may run. Who held it before is fenced."""
    token = secrets.token_hex(16)
    due = c.execute(sa.update(lane).where(lane.c.name == name).values(token=token).returning(lane.c.due_at)).scalar()
    return token, due or ""


def hold(c: sa.Connection, name: str, token: str) -> None:
    """First statement of every settling transaction: the lane is still ours. Raises Fenced if it is not."""
    if c.execute(sa.update(lane).where(lane.c.name == name, lane.c.token == token).values(token=token)).rowcount != 1:
        raise Fenced(name)


def delay(c: sa.Connection, name: str, due: str, *, counted: bool = True) -> None:
    """The head of the lane failed for now: nothing of this lane runs before `due`."""
    c.execute(
        sa.update(lane).where(lane.c.name == name).values(due_at=due, failures=lane.c.failures + (1 if counted else 0))
    )


def due_now(c: sa.Connection, name: str, now: str) -> None:
    """What the head of the lane waited for has come."""
    c.execute(sa.update(lane).where(lane.c.name == name, lane.c.due_at > now).values(due_at=now))


def clear(c: sa.Connection, name: str) -> None:
    """The head of the lane went through: forget its failures."""
    c.execute(sa.update(lane).where(lane.c.name == name, lane.c.failures > 0).values(failures=0))


def failures(c: sa.Connection, name: str) -> int:
    """How often the head of the lane has failed in a row."""
    return c.execute(sa.select(lane.c.failures).where(lane.c.name == name)).scalar() or 0


def block(c: sa.Connection, name: str, reason: str) -> None:
    """Stop a lane until a person decides. An empty reason lets it run again."""
    c.execute(sa.update(lane).where(lane.c.name == name).values(blocked=reason))


def ready(c: sa.Connection, without: Sequence[str] = (), limit: int = 10_000) -> list[tuple[str, str]]:
    """Lanes that have waiting work and are not blocked, with the moment they may run, soonest first.

    Lanes of the destinations in `without` rest: they must not crowd out the others.
    """
    waiting = sa.union_all(
        sa.select(receipt.c.lane, sa.func.min(receipt.c.due_at).label("due"))
        .where(receipt.c.state.in_(("stored", "held")))
        .group_by(receipt.c.lane),
        sa.select(event.c.lane, sa.func.min(event.c.at).label("due"))
        .where(event.c.state == "stored")
        .group_by(event.c.lane),
        sa.select(delivery.c.lane, sa.func.min(delivery.c.created_at).label("due"))
        .where(delivery.c.state == "pending")
        .group_by(delivery.c.lane),
    ).subquery()
    due = sa.case((waiting.c.due > lane.c.due_at, waiting.c.due), else_=lane.c.due_at).label("due")
    rows = c.execute(
        sa.select(lane.c.name, due)
        .join(waiting, waiting.c.lane == lane.c.name)
        .where(lane.c.blocked == "", *(lane.c.name.not_like(f"{name}:%") for name in without))
        .order_by(due)
        .limit(limit)
    )
    return [(row.name, row.due) for row in rows]
