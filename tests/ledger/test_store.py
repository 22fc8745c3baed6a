"""The store: commits, groups, fences, locks, migrations; the same on both databases."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.ledger import Fenced, Ledger, LedgerError, migrate
from gateway.ledger.queries import answers, lanes, receipts
from gateway.ledger.tables import counter, source_state

NOW = "2026-12-01T10:00:00.000000Z"


async def test_write_returns_after_the_commit(ledger: Ledger) -> None:
    await ledger.write(lambda c: answers.remember(c, "s", {"a": "1"}))
    assert await ledger.read(lambda c: answers.recall(c, "s")) == {"a": "1"}


async def test_an_error_leaves_nothing(ledger: Ledger) -> None:
    def work(c: Any) -> None:
        answers.remember(c, "s", {"a": "1"})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ledger.write(work)
    assert await ledger.read(lambda c: answers.recall(c, "s")) == {}


async def test_one_bad_piece_of_work_does_not_spoil_its_group(ledger: Ledger) -> None:
    def good(number: int) -> Any:
        return lambda c: answers.remember(c, "s", {str(number): "x"})

    def bad(c: Any) -> None:
        raise RuntimeError("bad")

    work = [good(n) for n in range(20)]
    work.insert(7, bad)
    results = await asyncio.gather(*(ledger.write(w) for w in work), return_exceptions=True)
    assert [type(r) for r in results].count(RuntimeError) == 1
    assert len(await ledger.read(lambda c: answers.recall(c, "s"))) == 20


async def test_a_lane_taken_over_fences_the_first_runner(ledger: Ledger) -> None:
    await ledger.write(lambda c: lanes.append(c, "in:x", NOW))
    first, _ = await ledger.write(lambda c: lanes.claim(c, "in:x"))
    second, _ = await ledger.write(lambda c: lanes.claim(c, "in:x"))
    with pytest.raises(Fenced):
        await ledger.write(lambda c: lanes.hold(c, "in:x", first))
    await ledger.write(lambda c: lanes.hold(c, "in:x", second))


async def test_places_in_a_lane_count_up(ledger: Ledger) -> None:
    taken = [await ledger.write(lambda c: lanes.append(c, "x", NOW)) for _ in range(3)]
    assert taken == [1, 2, 3]


async def test_a_control_number_is_taken_once(ledger: Ledger) -> None:
    outcomes = await asyncio.gather(
        *(ledger.write(lambda c: answers.take_number(c, "n", 0, 1)) for _ in range(2)), return_exceptions=True
    )
    assert outcomes.count(True) == 1
    assert not await ledger.write(lambda c: answers.take_number(c, "n", 0, 1))
    assert await ledger.write(lambda c: answers.take_number(c, "n", 1, 2))
    assert await ledger.read(lambda c: answers.counter_value(c, "n")) == 2


async def test_the_migrations_make_the_tables_of_the_code(ledger: Ledger) -> None:
    assert await ledger.read(migrate.differences) == []
    assert migrate.upgrade(ledger) == "0003"


async def test_a_newer_schema_is_refused(ledger: Ledger) -> None:
    await ledger.write(lambda c: c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(LedgerError, match="newer release"):
        migrate.upgrade(ledger)


def test_one_daemon_per_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    first = Ledger(url, exclusive=True)
    with pytest.raises(LedgerError, match="in use by another daemon"):
        Ledger(url, exclusive=True)
    Ledger(url).close()  # commands that only look are let in
    first.close()
    Ledger(url, exclusive=True).close()


async def test_tables_are_empty_at_the_start(ledger: Ledger) -> None:
    for table in (counter, source_state):
        assert await ledger.read(lambda c, t=table: c.execute(sa.select(sa.func.count()).select_from(t)).scalar()) == 0


async def test_who_no_longer_waits_does_not_disturb_the_others(ledger: Ledger) -> None:
    """Some go away before their work begins, one while it runs in a group with others."""
    began, go = threading.Event(), threading.Event()

    def slow(c: Any) -> str:
        began.set()
        assert go.wait(5)
        return "slow"

    async with asyncio.timeout(10):
        first = asyncio.create_task(ledger.write(slow))
        await asyncio.to_thread(began.wait, 5)
        gone, *others = [
            asyncio.create_task(ledger.write(lambda c, n=number: answers.remember(c, "s", {str(n): "x"})))
            for number in range(4)
        ]
        await asyncio.sleep(0)
        gone.cancel()
        first.cancel()
        await asyncio.sleep(0)
        go.set()
        assert await asyncio.gather(*others) == [None] * 3
        assert {"1", "2", "3"} <= (await ledger.read(lambda c: answers.recall(c, "s"))).keys()
    assert first.cancelled()
    assert gone.cancelled()


async def test_the_same_bytes_are_found_by_their_digest(ledger: Ledger) -> None:
    """Not by reading all receipts of a month: an upload costs the same however many came before."""
    if not ledger.sqlite:
        return
    ran: list[str] = []

    def plan(c: Any) -> list[str]:
        c.connection.driver_connection.set_trace_callback(ran.append)
        assert receipts.same_bytes(c, "acme/inbox", "0" * 64, NOW) is None
        c.connection.driver_connection.set_trace_callback(None)
        return [row[3] for row in c.connection.driver_connection.execute("EXPLAIN QUERY PLAN " + ran[-1])]

    told = await ledger.read(plan)
    assert told == ["SEARCH receipt USING INDEX ix_receipt_mailbox_sha256 (mailbox=? AND sha256=?)"]
