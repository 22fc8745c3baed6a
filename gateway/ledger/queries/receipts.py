"""What arrived: bytes, receipts, interchanges, transaction sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from isal import isal_zlib

from gateway.ledger.queries.prepared import Prepared
from gateway.ledger.tables import chunk, interchange, message, receipt

TOGETHER = 1_000_000  # bytes of rows in one statement


_PUT = Prepared(sa.insert(chunk))
_ADD = Prepared(sa.insert(receipt).returning(receipt.c.id))
# The time is compared by the caller: asked for it, SQLite reads all receipts of that time.
_SAME_BYTES = Prepared(
    sa.select(receipt.c.id, receipt.c.received_at)
    .where(
        receipt.c.mailbox == sa.bindparam("of"),
        receipt.c.sha256 == sa.bindparam("digest"),
        receipt.c.duplicate_of.is_(None),
        sa.or_(*(receipt.c.state == state for state in ("stored", "held", "done"))),
    )
    .order_by(receipt.c.id)
)
_SUPERSEDE = Prepared(
    sa.update(receipt)
    .where(
        receipt.c.state == "held",
        receipt.c.mailbox == sa.bindparam("of"),
        receipt.c.name == sa.bindparam("called"),
    )
    .values(
        state="superseded",
        done_at=sa.bindparam("now"),
        reason="incomplete; the same name was uploaded again",
    )
    .returning(receipt.c.id)
)


def put_rows(c: sa.Connection, rows: Mapping[str, Iterable[bytes]]) -> None:
    """Keep packed rows under their owners (`r12`, `d<id>`), each of at most 1 MiB; many small ones in one statement."""
    together: list[dict[str, Any]] = []
    size = 0
    for owner, of_owner in rows.items():
        for number, row in enumerate(of_owner):
            together.append({"owner": owner, "seq": number, "data": row})
            size += len(row)
            if size >= TOGETHER:
                _PUT.run_all(c, together)
                together, size = [], 0
    if together:
        _PUT.run_all(c, together)


def get_row(c: sa.Connection, owner: str, number: int) -> bytes:
    """One row, unpacked; empty behind the last one. Raises KeyError if there are none at all."""
    row = c.execute(sa.select(chunk.c.data).where(chunk.c.owner == owner, chunk.c.seq == number)).scalar()
    if row is None and number == 0:
        raise KeyError(owner)
    return b"" if row is None else isal_zlib.decompress(row)


def get_bytes(c: sa.Connection, owner: str) -> bytes:
    """All bytes kept under an owner, which are known to be few. Raises KeyError if there are none."""
    rows = c.execute(sa.select(chunk.c.data).where(chunk.c.owner == owner).order_by(chunk.c.seq)).scalars().all()
    if not rows:
        raise KeyError(owner)
    return b"".join(isal_zlib.decompress(row) for row in rows)


def copy_rows(c: sa.Connection, owner: str, new_owner: str) -> None:
    """Keep the same bytes under another owner as well."""
    rows = sa.select(sa.literal(new_owner), chunk.c.seq, chunk.c.data).where(chunk.c.owner == owner)
    c.execute(sa.insert(chunk).from_select(["owner", "seq", "data"], rows))


def add(c: sa.Connection, values: Mapping[str, Any]) -> int:
    """A file arrived. Returns the receipt's number."""
    return int(_ADD.run(c, values)[0][0])


def same_bytes(c: sa.Connection, mailbox: str, sha256: str, since: str) -> int | None:
    """The first receipt with these bytes in this mailbox since a moment; one that was set aside does not count."""
    rows = _SAME_BYTES.run(c, {"of": mailbox, "digest": sha256})
    return next((number for number, received_at in rows if received_at >= since), None)


def supersede(c: sa.Connection, mailbox: str, name: str, now: str) -> int:
    """A file that waited for its rest was sent again under the same name: the incomplete one is done with."""
    return len(_SUPERSEDE.run(c, {"of": mailbox, "called": name, "now": now}))


def next_waiting(c: sa.Connection, lane: str, now: str) -> Any | None:
    """The oldest receipt of a lane that may be translated now. One that waits for its rest lets others pass."""
    return c.execute(
        sa.select(receipt)
        .where(receipt.c.lane == lane, receipt.c.state.in_(("stored", "held")), receipt.c.due_at <= now)
        .order_by(receipt.c.id)
        .limit(1)
    ).first()


def get(c: sa.Connection, number: int) -> Any | None:
    return c.execute(sa.select(receipt).where(receipt.c.id == number)).first()


def count_attempt(c: sa.Connection, number: int) -> int:
    """Counted before the translation starts, so that a document that kills the process is known by it."""
    return int(
        c.execute(
            sa.update(receipt)
            .where(receipt.c.id == number)
            .values(attempts=receipt.c.attempts + 1)
            .returning(receipt.c.attempts)
        ).scalar_one()
    )


def progress(c: sa.Connection, number: int, position: int) -> None:
    """Stored up to here; the attempt counter starts again."""
    c.execute(sa.update(receipt).where(receipt.c.id == number).values(sets=position, attempts=0))


def finish(c: sa.Connection, number: int, state: str, reason: str, now: str) -> None:
    """The receipt needs no more work. `reason` is the sentence people read."""
    c.execute(sa.update(receipt).where(receipt.c.id == number).values(state=state, reason=reason, done_at=now))


def known_interchange(c: sa.Connection, dedupe: str) -> Any | None:
    """The earlier interchange with the same sender, receiver, control number and test flag."""
    return c.execute(sa.select(interchange).where(interchange.c.dedupe == dedupe)).first()


def add_interchange(c: sa.Connection, values: Mapping[str, Any]) -> None:
    c.execute(sa.insert(interchange).values(**values))


def add_messages(c: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Transaction sets with their verdicts and faults."""
    values = list(rows)
    if values:
        c.execute(sa.insert(message), values)


def messages_of(c: sa.Connection, number: int) -> Sequence[Any]:
    """The transaction sets of a receipt, in order."""
    return c.execute(sa.select(message).where(message.c.receipt == number).order_by(message.c.number)).all()


def interchanges_of(c: sa.Connection, number: int) -> Sequence[Any]:
    return c.execute(sa.select(interchange).where(interchange.c.receipt == number).order_by(interchange.c.id)).all()
