"""Uploads on the ledger: stored once, known by a key or by their bytes."""

from __future__ import annotations

import asyncio

from gateway.ledger import Ledger
from gateway.ports import Arrival, Uploaded
from gateway.uploads import LedgerUploads
from tests.flow.world import World, isa, set_855

FILE = isa([set_855()], control=7)


def arrival(data: bytes = FILE, mailbox: str = "acme/web") -> Arrival:
    return Arrival(mailbox, "a.edi", data)


async def test_a_repeat_is_known(ledger: Ledger) -> None:
    world = World.make(ledger)
    uploads = LedgerUploads(world.flow)
    assert await uploads.upload(arrival(), "k") == Uploaded("1")
    assert await uploads.upload(arrival(), "k") == Uploaded("1", repeat=True)
    assert await uploads.upload(arrival(b"other"), "k") == Uploaded(conflict=True)
    assert await uploads.upload(arrival(), "") == Uploaded("1", repeat=True)
    assert await uploads.upload(arrival(mailbox="bolt/web"), "k") == Uploaded("2")  # a key belongs to its mailbox
    assert await uploads.upload(arrival(), "l") == Uploaded("3")  # another key says that it is another upload
    await world.settle()
    assert len(world.events()) == 1


async def test_the_same_at_once_is_stored_once(ledger: Ledger) -> None:
    uploads = LedgerUploads(World.make(ledger).flow)
    both = await asyncio.gather(*(uploads.upload(arrival(), "k") for _ in range(5)))
    assert {one.id for one in both} == {"1"}
    assert sum(not one.repeat for one in both) == 1


async def test_a_file_that_was_refused_may_come_again(ledger: Ledger) -> None:
    """Without a key the bytes alone are a repeat only of what was taken."""
    world = World.make(ledger)
    uploads = LedgerUploads(world.flow)
    foreign = isa([set_855()], sender="999999999")
    assert await uploads.upload(arrival(foreign), "") == Uploaded("1")
    await world.settle()
    assert await uploads.upload(arrival(foreign), "") == Uploaded("2")
