"""The SFTP server on a real ledger: what is durable, what is held, large mailboxes."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from mailbox_desk import Stored

from gateway import clock, mailboxes
from gateway.ledger.tables import delivery
from gateway.transports.sftp.protocol import Files

MANY = 50_000


def _fill(c: sa.Connection) -> None:
    at = clock.stamp(clock.now())
    rows = [
        {"id": f"x{n}", "lane": "acme/inbox:1", "seq": n, "destination": "acme/inbox", "key": "1", "kind": "document",
         "partner": "acme", "name": f"{n:05}.edi", "size": n, "facts": {}, "state": "done", "effect": "placed",
         "created_at": at, "settled_at": at}
        for n in range(MANY)
    ]  # fmt: skip
    c.execute(sa.insert(delivery), rows)


async def test_a_listing_of_50_000_files_is_read_in_pages(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as far as the client has asked, and one file is found without reading the others."""
    async with stored() as site:
        await site.world.ledger.write(_fill)
        tree = site.server._trees["acme/inbox"]
        pages, read = 0, site.world.ledger.read

        async def counting(work: Any) -> Any:
            nonlocal pages
            pages += 1
            return await read(work)

        monkeypatch.setattr(site.world.ledger, "read", counting)
        count = 0
        async for _ in Files(None, tree, {}).scandir(b"/out"):  # type: ignore[arg-type]
            count += 1
            assert pages <= 1 + count // mailboxes.PAGE
        assert count == MANY + 2
        async with site.login() as session:
            began = time.monotonic()
            for number in (0, MANY // 2, MANY - 1):
                found = await session.stat(f"/out/{number:05}.edi")
                assert found is not None
                assert found.size == number
            assert time.monotonic() - began < 2
