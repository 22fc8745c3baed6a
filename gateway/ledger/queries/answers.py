"""What we sent and what was answered; control numbers; exceptions; what sources remember; the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.ledger.queries.upsert import insert_new
from gateway.ledger.tables import audit, counter, exception, sent_set, source_state


def counter_value(c: sa.Connection, name: str) -> int:
    """The last control number used, 0 if none."""
    return c.execute(sa.select(counter.c.value).where(counter.c.name == name)).scalar() or 0


def take_number(c: sa.Connection, name: str, last: int, new: int) -> bool:
    """Compare-and-set: move a counter from `last` to `new`. False if somebody else took a number meanwhile."""
    if last == 0 and insert_new(c, counter, {"name": name, "value": new}):
        return True
    return (
        c.execute(sa.update(counter).where(counter.c.name == name, counter.c.value == last).values(value=new)).rowcount
        == 1
    )


def add_sent(c: sa.Connection, values: Mapping[str, Any]) -> None:
    """A transaction set left; it waits for its acknowledgement."""
    c.execute(sa.insert(sent_set).values(**values))


def sent_collected(c: sa.Connection, delivery_id: str) -> None:
    """The partner picked the document up."""
    c.execute(
        sa.update(sent_set)
        .where(sent_set.c.delivery == delivery_id, sent_set.c.state == "sent")
        .values(state="collected")
    )


def sent_by_group(c: sa.Connection, partner: str, group_type: str, control: str) -> Sequence[Any]:
    """Sets sent in a functional group (997, 999: AK101, AK102). Numbers compare without leading zeros."""
    return c.execute(
        sa.select(sent_set).where(
            sent_set.c.partner == partner, sent_set.c.group_type == group_type, sent_set.c.group_control == control
        )
    ).all()


def sent_by_group_number(c: sa.Connection, partner: str, control: str) -> Sequence[Any]:
    """Sets sent in a functional group whose kind is not named (824: OTI08)."""
    return c.execute(
        sa.select(sent_set).where(
            sent_set.c.partner == partner, sent_set.c.syntax == "x12", sent_set.c.group_control == control
        )
    ).all()


def sent_by_interchange(c: sa.Connection, partner: str, syntax: str, control: str) -> Sequence[Any]:
    """Sets sent in an interchange (CONTRL: UCI 0020; TA1: TA101)."""
    return c.execute(
        sa.select(sent_set).where(
            sent_set.c.partner == partner, sent_set.c.syntax == syntax, sent_set.c.interchange_control == control
        )
    ).all()


def sent_for_subject(c: sa.Connection, partner: str, subject: str) -> Sequence[Any]:
    return c.execute(
        sa.select(sent_set).where(sent_set.c.partner == partner, sent_set.c.subject == subject).order_by(sent_set.c.id)
    ).all()


def update_sent(c: sa.Connection, number: int, values: Mapping[str, Any]) -> None:
    c.execute(sa.update(sent_set).where(sent_set.c.id == number).values(**values))


def overdue(c: sa.Connection, now: str) -> Sequence[Any]:
    """Sets whose functional or business answer is late."""
    return c.execute(
        sa.select(sent_set)
        .where(
            sa.or_(
                sa.and_(sent_set.c.functional_due < now, sent_set.c.functional_at.is_(None)),
                sa.and_(sent_set.c.business_due < now, sent_set.c.answered_at.is_(None)),
            )
        )
        .order_by(sent_set.c.id)
    ).all()


def raise_exception(c: sa.Connection, values: Mapping[str, Any]) -> None:
    """Something a person must see. With `dedupe`, once while it is open."""
    insert_new(c, exception, {"state": "open", **values})


def close_exceptions(c: sa.Connection, dedupe: str) -> None:
    """The cause is gone by itself (a connector came back): the row closes and may open again later."""
    c.execute(
        sa.update(exception)
        .where(exception.c.dedupe == dedupe, exception.c.state == "open")
        .values(state="closed", dedupe=None)
    )


def close_about(c: sa.Connection, delivery: str) -> None:
    """The cases about a delivery are settled by themselves."""
    c.execute(
        sa.update(exception)
        .where(exception.c.delivery == delivery, exception.c.state == "open")
        .values(state="closed", dedupe=None)
    )


def recall(c: sa.Connection, source: str, keys: Collection[str] | None = None, prefix: str = "") -> dict[str, str]:
    """What a source asked to remember: of these keys, or of all that begin with `prefix`."""
    wanted = sa.select(source_state.c.key, source_state.c.value).where(source_state.c.source == source)
    if keys is not None:
        wanted = wanted.where(source_state.c.key.in_(keys))
    if prefix:
        wanted = wanted.where(source_state.c.key.startswith(prefix, autoescape=True))
    return {row.key: row.value for row in c.execute(wanted)}


def remember(c: sa.Connection, source: str, state: Mapping[str, str]) -> None:
    """Keep a source's state; an empty text forgets the key."""
    for key, value in state.items():
        c.execute(sa.delete(source_state).where(source_state.c.source == source, source_state.c.key == key))
        if value:
            c.execute(sa.insert(source_state).values(source=source, key=key, value=value))


def remember_first(c: sa.Connection, source: str, key: str, value: str) -> None:
    """Keep a text unless there is one under this key."""
    insert_new(c, source_state, {"source": source, "key": key, "value": value})


def note(c: sa.Connection, at: str, actor: str, action: str, subject: str = "", detail: Any = None) -> None:
    """One line of the audit trail."""
    c.execute(sa.insert(audit).values(at=at, actor=actor, action=action, subject=subject, detail=detail or {}))
