"""The shelves of a hosted mailbox, read from the ledger in pages; the same on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway import clock, mailboxes
from gateway.ledger import Ledger
from gateway.ledger.tables import delivery, receipt
from gateway.ports import Shelf
from tests.flow.world import World, isa, order_released, set_855

INBOX = "acme/inbox"


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World.make(ledger)


async def names(world: World, shelf: Shelf, **limits: object) -> list[str]:
    return [file.name async for file in world.mailboxes.files(INBOX, shelf, **limits)]  # type: ignore[arg-type]


async def test_uploads_are_listed_newest_first_until_an_hour_is_over(world: World) -> None:
    start = world.time
    for number, name in enumerate(("a.edi", "b.edi", "a.edi"), 1):
        await world.upload(isa([set_855()], control=number), name)
        world.later(minutes=10)
    assert await names(world, "in") == ["a.edi", "b.edi", "a.edi"]
    assert await names(world, "in", name="b.edi") == ["b.edi"]
    assert await names(world, "in", since=start.replace(minute=5)) == ["a.edi", "b.edi"]
    files, size = await world.mailboxes.held(INBOX, start.replace(minute=5))
    assert files == 2
    assert size == sum([file.size async for file in world.mailboxes.files(INBOX, "in", since=start.replace(minute=5))])


async def test_archive_has_uploads_and_what_was_fetched(world: World) -> None:
    data = isa([set_855(order="P1")])
    await world.submit(order_released("P1"))
    await world.submit(order_released("P2"))
    first, second = [file async for file in world.mailboxes.files(INBOX, "out")]
    assert await names(world, "archive") == []
    world.later(days=1)
    await world.mailboxes.collected(INBOX, first.id)
    world.later(days=1)
    await world.mailboxes.discard(INBOX, second.id)
    world.later(days=1)
    await world.upload(data, "answer.edi")
    assert await names(world, "archive") == ["answer.edi", second.name, first.name]
    assert await names(world, "archive", name=first.name) == [first.name]
    assert first.name in await names(world, "out")
    [answer] = [file async for file in world.mailboxes.files(INBOX, "archive", name="answer.edi")]
    assert await world.mailboxes.content(INBOX, answer.id) == data
    recent = world.time.replace(hour=0)
    assert await names(world, "archive", since=recent) == ["answer.edi"]


async def test_a_mailbox_has_its_own_files_only(world: World) -> None:
    await world.submit(order_released("P1"))
    receipt_ = await world.upload(isa([set_855(order="P1")]))
    [file, *_] = [file async for file in world.mailboxes.files(INBOX, "out")]
    for owner in (file.id, f"r{receipt_.id}"):
        assert await world.mailboxes.content(INBOX, owner)
        with pytest.raises(KeyError):
            await world.mailboxes.content("nordwerk/inbox", owner)
    await world.mailboxes.discard("nordwerk/inbox", file.id)
    assert file.name in await names(world, "out")
    assert [f async for f in world.mailboxes.files("nordwerk/inbox", "archive")] == []


async def test_pages_follow_each_other_without_gaps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where many files have the same time."""
    monkeypatch.setattr(mailboxes, "PAGE", 7)
    at = clock.stamp(world.time)
    uploads = [
        {"mailbox": INBOX, "partner": "acme", "lane": "in:acme", "name": f"{n:03}.edi", "sha256": "", "size": n,
         "facts": {}, "state": "done", "received_at": at, "due_at": at}
        for n in range(30)
    ]  # fmt: skip
    placed = [
        {"id": f"x{n:03}", "lane": "acme/inbox:1", "seq": n, "destination": INBOX, "key": "1", "kind": "document",
         "partner": "acme", "name": f"{n:03}.edi", "facts": {}, "state": "done", "effect": "placed", "created_at": at,
         "settled_at": at, "collected_at": at}
        for n in range(30)
    ]  # fmt: skip

    def fill(c: sa.Connection) -> None:
        c.execute(sa.insert(receipt), uploads)
        c.execute(sa.insert(delivery), placed)

    await world.ledger.write(fill)
    counted = [f"{n:03}.edi" for n in range(30)]
    assert await names(world, "out") == counted
    assert await names(world, "in") == counted[::-1]
    assert sorted(await names(world, "archive")) == sorted(counted * 2)
