"""Prepared statements do what SQLAlchemy does with the same ones; the same on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from gateway.ledger import Ledger, LedgerUnavailable
from gateway.ledger.queries import receipts
from gateway.ledger.queries.prepared import Prepared
from gateway.ledger.tables import exchange, lane

ADD = sa.insert(exchange).returning(exchange.c.id)
VALUES = {
    "direction": "in",
    "mailbox": "acme/as2",
    "as2_from": "Acme",
    "as2_to": "Us",
    "message_id": "<é@acme>",
    "request": [["Subject", "é"]],
    "answer": None,
    "facts": {"peer": "::1"},
    "state": "stored",
    "received_at": None,
    "at": "2026-12-01T10:00:00.000000Z",
    "sealed": 0,
}


async def test_what_is_stored_is_what_sqlalchemy_stores(ledger: Ledger) -> None:
    def both(c: Any) -> list[Any]:
        (number,) = Prepared(ADD).run(c, VALUES)[0]
        same = c.execute(ADD, VALUES).scalar_one()
        assert same == number + 1
        return list(c.execute(sa.select(exchange, sa.cast(exchange.c.answer, sa.Text)).order_by(exchange.c.id)))

    first, second = await ledger.write(both)
    assert first[1:] == second[1:]
    assert first.request == [["Subject", "é"]]


async def test_other_values_are_other_columns(ledger: Ledger) -> None:
    add = Prepared(ADD)

    def twice(c: Any) -> list[str]:
        add.run(c, VALUES)
        add.run(c, {**VALUES, "note": "more"})
        add.run(c, VALUES)
        return list(c.execute(sa.select(exchange.c.note).order_by(exchange.c.id)).scalars())

    assert await ledger.write(twice) == ["", "more", ""]


async def test_values_that_stand_in_the_statement(ledger: Ledger) -> None:
    block = Prepared(
        sa.update(lane)
        .where(lane.c.name == sa.bindparam("called"), lane.c.failures < 7)
        .values(blocked="a reason", failures=lane.c.failures + 2)
        .returning(lane.c.failures)
    )

    def work(c: Any) -> list[list[int]]:
        c.execute(sa.insert(lane).values(name="a", next_seq=1, due_at=""))
        found = [[row[0] for row in block.run(c, {"called": name})] for name in ("a", "b")]
        assert c.execute(sa.select(lane.c.blocked)).scalar_one() == "a reason"
        return found

    assert await ledger.write(work) == [[2], []]


async def test_an_error_is_that_of_sqlalchemy(ledger: Ledger) -> None:
    def twice(c: Any) -> None:
        for _ in range(2):
            Prepared(ADD).run(c, {**VALUES, "dedupe": "in|a|b|<1@a>"})

    with pytest.raises(sa.exc.IntegrityError):
        await ledger.write(twice)
    assert await ledger.read(lambda c: c.execute(sa.select(exchange)).all()) == []


async def test_a_full_disk_is_a_reason_to_try_again(ledger: Ledger) -> None:
    if not ledger.sqlite:
        return
    pages = await ledger.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar())
    await ledger.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}").scalar())
    with pytest.raises(LedgerUnavailable, match="full"):
        await ledger.write(lambda c: receipts.put_rows(c, {"r1": [bytes(100_000)]}))
    with pytest.raises(KeyError):
        await ledger.read(lambda c: receipts.get_bytes(c, "r1"))
