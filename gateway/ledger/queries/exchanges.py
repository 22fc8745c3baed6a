"""AS2 messages and their receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.ledger.content import Packed
from gateway.ledger.queries import receipts
from gateway.ledger.queries.prepared import Prepared
from gateway.ledger.tables import exchange
from gateway.ports import HttpMessage

_ADD = Prepared(sa.insert(exchange).returning(exchange.c.id))
_KNOWN = Prepared(sa.select(exchange.c.id).where(exchange.c.dedupe == sa.bindparam("key")))


def add(
    c: sa.Connection,
    values: Mapping[str, Any],
    packed: Mapping[str, Packed],
    documents: Mapping[int, Packed] | None = None,
) -> int:
    """A message with its packed bytes: `xq` the request, `xa` its receipt; `xe` what was encrypted in it, or `xh` and
    `xt`, what of it stands before and behind the document. `documents`: the bytes of receipts. Returns its number."""
    number = int(_ADD.run(c, values)[0][0])
    of_receipts = {f"r{receipt}": part.rows() for receipt, part in (documents or {}).items()}
    receipts.put_rows(c, of_receipts | {f"{owner}{number}": part.rows() for owner, part in packed.items()})
    return number


def known(c: sa.Connection, dedupe: str) -> Any | None:
    """The message that was stored under a key."""
    for (number,) in _KNOWN.run(c, {"key": dedupe}):
        return c.execute(sa.select(exchange).where(exchange.c.id == number)).one()
    return None


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


def receipt_came(c: sa.Connection, delivery: str) -> bool:
    """Whether the message of a delivery has a receipt, whatever it says."""
    row = of_delivery(c, delivery)
    return row is not None and row.state not in ("ready", "posted")


def posted(c: sa.Connection, number: int, at: str) -> None:
    """The other side has taken the request; its receipt comes by itself."""
    c.execute(
        sa.update(exchange)
        .where(exchange.c.id == number, exchange.c.state == "ready")
        .values(state="posted", posted_at=at)
    )


def receipted(c: sa.Connection, number: int, values: Mapping[str, Any], packed: Mapping[str, Packed]) -> bool:
    """Keep the receipt of a message of ours with what it means; False if it has one already."""
    waiting = exchange.c.state.in_(("ready", "posted"))
    done = c.execute(sa.update(exchange).where(exchange.c.id == number, waiting).values(**values))
    if done.rowcount != 1:
        return False
    receipts.put_rows(c, {f"{owner}{number}": part.rows() for owner, part in packed.items()})
    return True


def request(c: sa.Connection, row: Any) -> HttpMessage:
    """What was received or sent, as it is stored."""
    return _message(c, row.request, f"xq{row.id}", row.request_line)


def answer(c: sa.Connection, row: Any) -> HttpMessage | None:
    """The receipt of a message, if it has one."""
    return _message(c, row.answer, f"xa{row.id}", row.answer_line) if row.answer is not None else None


def entity(c: sa.Connection, row: Any) -> bytes:
    """What was encrypted in a message. Raises KeyError if nothing was."""
    try:
        head = receipts.get_bytes(c, f"xh{row.id}")
    except KeyError:
        return receipts.get_bytes(c, f"xe{row.id}")
    return head + receipts.get_bytes(c, f"r{row.receipt}") + receipts.get_bytes(c, f"xt{row.id}")


def _message(c: sa.Connection, headers: Any, owner: str, line: str) -> HttpMessage:
    return HttpMessage(tuple((name, value) for name, value in headers), receipts.get_bytes(c, owner), line)
