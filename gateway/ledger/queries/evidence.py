"""The chain of evidence, and the certificates in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.ledger.queries.upsert import insert_new
from gateway.ledger.tables import certificate, exchange, link

SEALERS = 0x6761746577617922  # the advisory lock of PostgreSQL that who adds to the chain holds until the commit


def add_certificate(c: sa.Connection, fingerprint: str, der: bytes) -> None:
    """Keep a certificate once."""
    insert_new(c, certificate, {"fingerprint": fingerprint, "der": der})


def certificates(c: sa.Connection, fingerprints: Iterable[str]) -> dict[str, bytes]:
    """Those of these certificates that are there, in DER."""
    rows = c.execute(sa.select(certificate).where(certificate.c.fingerprint.in_(list(fingerprints))))
    return {row.fingerprint: row.der for row in rows}


def alone(c: sa.Connection) -> None:
    """Until this transaction ends nobody else adds to the chain. SQLite has one writer at a time anyway."""
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(SEALERS)))


def unsealed(c: sa.Connection, before: str, limit: int) -> Sequence[Any]:
    """Exchanges that have something to add to the chain: messages of partners that were answered, or stored `before` a
    moment; ours when they are made, and again when they have their receipt. Oldest first."""
    ours = exchange.c.direction == "out"
    message = sa.and_(exchange.c.sealed == 0, sa.or_(ours, exchange.c.answered_at.is_not(None), exchange.c.at < before))
    receipt = sa.and_(exchange.c.sealed == 1, ours, exchange.c.answered_at.is_not(None))
    return c.execute(
        sa.select(exchange)
        .where(exchange.c.sealed.in_((0, 1)), sa.or_(message, receipt))
        .order_by(exchange.c.id)
        .limit(limit)
    ).all()


def sealed(c: sa.Connection, number: int, links: int) -> None:
    """An exchange has so many links; 2 and more: nothing will be added."""
    c.execute(sa.update(exchange).where(exchange.c.id == number).values(sealed=links))


def answered(c: sa.Connection, times: Mapping[int, str]) -> None:
    """When the answers to messages were handed over."""
    for number, at in times.items():
        c.execute(
            sa.update(exchange).where(exchange.c.id == number, exchange.c.answered_at.is_(None)).values(answered_at=at)
        )


def head(c: sa.Connection) -> Any | None:
    """The last link."""
    return c.execute(sa.select(link.c.number, link.c.digest).order_by(link.c.number.desc()).limit(1)).first()


def add_link(c: sa.Connection, values: Mapping[str, Any]) -> None:
    c.execute(sa.insert(link).values(**values))


def links_of(c: sa.Connection, number: int) -> Sequence[Any]:
    """The links of an exchange, in order."""
    return c.execute(sa.select(link).where(link.c.exchange == number).order_by(link.c.number)).all()


def link_at(c: sa.Connection, number: int) -> Any | None:
    return c.execute(sa.select(link.c.number, link.c.digest).where(link.c.number == number)).first()


def contents_from(c: sa.Connection, number: int) -> Sequence[str]:
    """The digests of all records from this link to the last."""
    return c.execute(sa.select(link.c.content).where(link.c.number >= number).order_by(link.c.number)).scalars().all()


def links_after(c: sa.Connection, number: int, limit: int) -> Sequence[Any]:
    """The links behind one, in order, with their records."""
    return c.execute(sa.select(link).where(link.c.number > number).order_by(link.c.number).limit(limit)).all()


def found(c: sa.Connection, text: str) -> Sequence[Any]:
    """Exchanges by our number, or by Message-ID with or without its brackets."""
    bare = text.strip().strip("<>")
    same: sa.ColumnElement[bool] = exchange.c.message_id.in_((text, bare, f"<{bare}>"))
    if bare.isdecimal() and len(bare) < 16:
        same = sa.or_(same, exchange.c.id == int(bare))
    return c.execute(sa.select(exchange).where(same).order_by(exchange.c.id)).all()


def recent(c: sa.Connection, limit: int, partner: str = "") -> Sequence[Any]:
    """The last exchanges, newest first, of one partner if one is named, each with the number of its first link."""
    first = sa.select(sa.func.min(link.c.number)).where(link.c.exchange == exchange.c.id).scalar_subquery()
    query = sa.select(exchange, first.label("link")).order_by(exchange.c.id.desc()).limit(limit)
    if partner:
        query = query.where(exchange.c.mailbox.startswith(f"{partner}/", autoescape=True))
    return c.execute(query).all()
