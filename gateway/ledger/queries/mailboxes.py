"""The shelves of a hosted mailbox: what was uploaded, what lies ready, what is over. Read in pages, never whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from gateway.ledger.tables import delivery, receipt
from gateway.ports import Shelf

Mark: TypeAlias = tuple[str, int, str]  # where the last page ended


def page(
    c: sa.Connection, mailbox: str, shelf: Shelf, since: str, *, name: str, after: Mark | None, limit: int
) -> Sequence[Any]:
    """Rows (owner, name, size, at, seq) of a shelf: `out` oldest first, the others newest first.

    `owner` is what their chunks are kept under. `since` is the earliest moment of an upload or of a file that was
    fetched; `out` has no such limit. `name`: only files of this name, if it is not empty.
    """
    rows = sa.union_all(*_parts(mailbox, shelf, since, name)).subquery()
    place = (rows.c.at, rows.c.seq, rows.c.owner)
    oldest_first = shelf == "out"
    query = sa.select(rows).order_by(*(column if oldest_first else column.desc() for column in place)).limit(limit)
    if after is not None:
        here = sa.tuple_(*place)
        query = query.where(here > sa.tuple_(*after) if oldest_first else here < sa.tuple_(*after))
    return c.execute(query).all()


def held(c: sa.Connection, mailbox: str, since: str) -> tuple[int, int]:
    """How many files were uploaded since a moment, and their bytes."""
    files, size = c.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(receipt.c.size), 0)).where(
            receipt.c.mailbox == mailbox, receipt.c.received_at >= since
        )
    ).one()
    return int(files), int(size)


def owner_is_here(c: sa.Connection, mailbox: str, owner: str) -> bool:
    """Whether these bytes belong to a file of this mailbox."""
    if owner.startswith("d"):
        query = sa.select(delivery.c.destination).where(delivery.c.id == owner[1:])
    else:
        query = sa.select(receipt.c.mailbox).where(receipt.c.id == int(owner[1:]))
    return c.execute(query).scalar() == mailbox


def _parts(mailbox: str, shelf: Shelf, since: str, name: str) -> list[sa.Select[Any]]:
    if shelf == "out":
        return [_placed(mailbox, name, delivery.c.settled_at).where(delivery.c.discarded_at.is_(None))]
    uploaded = _columns(receipt, sa.literal("r") + sa.cast(receipt.c.id, sa.Text), receipt.c.received_at, receipt.c.id)
    uploaded = uploaded.where(receipt.c.mailbox == mailbox, receipt.c.received_at >= since)
    if name:
        uploaded = uploaded.where(receipt.c.name == name)
    if shelf == "in":
        return [uploaded]
    fetched = _placed(mailbox, name, delivery.c.collected_at).where(delivery.c.collected_at >= since)
    return [uploaded.where(receipt.c.state != "superseded"), fetched]


def _placed(mailbox: str, name: str, at: sa.Column[Any]) -> sa.Select[Any]:
    """Files the gateway placed for the partner; only what is done has an effect."""
    query = _columns(delivery, sa.literal("d") + delivery.c.id, at, delivery.c.seq).where(
        delivery.c.destination == mailbox, delivery.c.effect == "placed"
    )
    return query.where(delivery.c.name == name) if name else query


def _columns(table: sa.Table, owner: sa.ColumnElement[str], at: sa.Column[Any], seq: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(owner.label("owner"), table.c.name, table.c.size, at.label("at"), seq.label("seq"))
