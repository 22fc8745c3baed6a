"""AS2 messages and their receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.ledger.queries import receipts
from gateway.ledger.tables import exchange


def add(c: sa.Connection, values: Mapping[str, Any], request: bytes, answer: bytes | None = None) -> int:
    """A message with its packed bytes, and those of its receipt if it has one already. Returns its number."""
    number = int(c.execute(sa.insert(exchange).values(**values).returning(exchange.c.id)).scalar_one())
    receipts.put_bytes(c, f"xq{number}", request)
    if answer is not None:
        receipts.put_bytes(c, f"xa{number}", answer)
    return number


def known(c: sa.Connection, dedupe: str) -> Any | None:
    """The message that was stored under a key."""
    return c.execute(sa.select(exchange).where(exchange.c.dedupe == dedupe)).first()


def of_delivery(c: sa.Connection, delivery: str) -> Any | None:
    """The message that carries a delivery."""
    return c.execute(sa.select(exchange).where(exchange.c.delivery == delivery)).first()


def sent(c: sa.Connection, mailbox: str, message_id: str) -> Any | None:
    """A message of ours to a mailbox, by its Message-ID."""
    return c.execute(
        sa.select(exchange).where(
            exchange.c.mailbox == mailbox, exchange.c.message_id == message_id, exchange.c.direction == "out"
        )
    ).first()


def posted(c: sa.Connection, number: int, at: str) -> None:
    """The other side has taken the request; its receipt comes by itself."""
    c.execute(
        sa.update(exchange)
        .where(exchange.c.id == number, exchange.c.state == "ready")
        .values(state="posted", posted_at=at)
    )


def receipted(c: sa.Connection, number: int, values: Mapping[str, Any], answer: bytes) -> bool:
    """Keep the receipt of a message of ours with what it means; False if it has one already."""
    waiting = exchange.c.state.in_(("ready", "posted"))
    done = c.execute(sa.update(exchange).where(exchange.c.id == number, waiting).values(**values))
    if done.rowcount != 1:
        return False
    receipts.put_bytes(c, f"xa{number}", answer)
    return True
