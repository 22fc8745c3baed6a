"""The SFTP server on a real ledger: what is durable, what is held, large mailboxes."""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import time
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import sqlalchemy as sa
from mailbox_desk import Stored

from gateway import clock, mailboxes
from gateway.ledger.content import PIECE
from gateway.ledger.tables import receipt
from gateway.ports import Arrival
from gateway.transports.sftp.protocol import Files
from tests.flow.world import isa, set_855

MANY = 50_000
INBOX = "acme/inbox"


def _fill(c: sa.Connection) -> None:
    at = clock.stamp(clock.now())
    c.exec_driver_sql(
        f"""WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY - 1})
        INSERT INTO delivery (id, lane, seq, destination, key, kind, partner, name, size, facts, state, effect,
                              created_at, settled_at)
        SELECT 'x' || i, 'acme/inbox:1', i, '{INBOX}', '1', 'document', 'acme', printf('%05d.edi', i), i, '{{}}',
               'done', 'placed', '{at}', '{at}' FROM n"""
    )


async def test_a_listing_of_50_000_files_is_read_in_pages(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as far as the client has asked, and one file is found without reading the others."""
    async with stored() as site:
        await site.world.ledger.write(_fill)
        tree = site.server._trees[INBOX]
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


async def test_ten_thousand_and_one_files(stored: Stored) -> None:
    """Refused at OPEN, so that nothing is sent in vain; when the hour is over there is room again."""
    async with stored(quota={"files": 10_000}) as site, site.login() as session:
        at = clock.stamp(clock.now() - dt.timedelta(minutes=59))
        rows = [
            {"mailbox": INBOX, "partner": "acme", "lane": "in:acme", "name": f"{n}.edi", "sha256": str(n), "size": 1,
             "facts": {}, "state": "done", "received_at": at, "due_at": at}
            for n in range(9_999)
        ]  # fmt: skip
        await site.world.ledger.write(lambda c: c.execute(sa.insert(receipt), rows))
        await session.put("/in/10000.edi", b"ISA*")
        with pytest.raises(asyncssh.SFTPFailure, match="quota: this mailbox may hold 10000 files"):
            await session.put("/in/10001.edi", b"ISA*")
        later = clock.now() + dt.timedelta(minutes=2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: later)
            await session.put("/in/10001.edi", b"UNB+")


async def test_close_fails_when_disk_full(stored: Stored) -> None:
    """The database has no room: nothing is kept, nothing shown, and it goes on without a restart when there is room."""
    async with stored(quota={"bytes": "1GB"}) as site, site.login() as session:
        await session.put("/in/before.edi", b"ISA*")

        def limit(c: sa.Connection, pages: int) -> None:
            c.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        def used(c: sa.Connection) -> int:
            return int(c.exec_driver_sql("PRAGMA page_count").scalar_one())

        pages = await site.world.ledger.read(used)
        await site.world.ledger.write(lambda c: limit(c, pages + 1))
        for _ in range(2):
            with pytest.raises(asyncssh.SFTPFailure, match=r"large\.edi could not be stored; nothing was kept"):
                await session.put("/in/large.edi", os.urandom(200_000))
        assert [f.name for f in await session.listdir("/in")] == ["before.edi"]
        assert await site.names("in") == ["before.edi"]
        await site.world.ledger.write(lambda c: limit(c, 1_000_000))
        await session.put("/in/large.edi", os.urandom(200_000))
        assert await site.names("in") == ["large.edi", "before.edi"]


async def test_staging_disk_full(stored: Stored, tmp_path: Path) -> None:
    """The system refuses the write: the upload ends with a sentence, and its bytes are gone."""
    async with stored(quota={"bytes": "1GB"}, listener={"staging": tmp_path}) as site, site.login() as session:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
        try:
            with pytest.raises(asyncssh.SFTPFailure, match="there is no room at the moment; try again later"):
                await session.put("/in/large.edi", bytes(3_000_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert await session.listdir("/in") == []
        await session.put("/in/large.edi", bytes(3_000_000))
        assert await site.names("in") == ["large.edi"]


async def test_uploads_are_refused_before_the_disk_is_full(stored: Stored, tmp_path: Path) -> None:
    async with stored(listener={"staging": tmp_path, "least_free": 2**62}) as site, site.login() as session:
        with pytest.raises(asyncssh.SFTPFailure, match="there is no room at the moment; try again later"):
            await session.put("/in/a.edi", b"ISA*")
        assert await site.names("in") == []


async def test_incomplete_envelope_held(stored: Stored) -> None:
    """Some clients send CLOSE when they break off. The half file waits; the same name again completes it."""
    whole = isa([set_855()])
    half = whole[: len(whole) // 2]
    async with stored() as site, site.login() as session:
        await session.put("/in/a.edi", half)
        await site.world.settle()
        assert await site.states() == ["held"]
        await session.put("/in/a.edi", whole)
        await site.world.settle()
        assert await site.states() == ["superseded", "done"]
        assert len(site.world.events()) == 1


async def test_same_bytes_other_name(stored: Stored) -> None:
    """Accepted and flagged; one document. So is a file that is sent again because the answer to CLOSE was lost."""
    data = isa([set_855()])
    async with stored() as site, site.login() as session:
        for name in ("a.edi", "b.edi", "a.edi"):
            await session.put(f"/in/{name}", data)
            await site.world.settle()
        assert await site.states() == ["done", "duplicate", "duplicate"]
        assert len(site.world.events()) == 1


async def test_overwrite_while_processing(stored: Stored) -> None:
    """The same name again before the first is translated: both are kept and translated, in order."""
    async with stored() as site, site.login() as session:
        for number, order in ((1, "P1"), (2, "P2")):
            await session.put("/in/a.edi", isa([set_855(order=order)], control=number))
        await site.world.settle()
        assert await site.states() == ["done", "done"]
        assert [parcel.event.subject for parcel in site.world.events() if parcel.event] == ["po/P1", "po/P2"]


async def test_killed_upload_is_not_committed(stored: Stored) -> None:
    async with stored() as site:
        async with site.login() as session:
            file = await session.raw.open("/in/a.edi", "wb", encoding=None)
            await file.write(isa([set_855()]))
            session.abort()
        async with site.login() as session:
            assert await session.listdir("/in") == []
        assert await site.states() == []


async def test_a_large_file_is_downloaded_row_by_row(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    data = random.Random(7).randbytes(3 * PIECE + 17)
    async with stored() as site:
        await site.world.flow.arrive(Arrival("acme/inbox", "large.edi", data))
        monkeypatch.setattr("gateway.ledger.queries.receipts.get_bytes", None)
        await site.world.settle()
        async with site.login() as session:
            [found] = await session.listdir("/archive")
            assert found.size == len(data)
            assert await session.get(f"/archive/{found.name}") == data
            async with session.raw.open(f"/archive/{found.name}", "rb", encoding=None) as file:
                for start in (len(data) - 5, PIECE - 3, 10):
                    assert await file.read(9, start) == data[start : start + 9]
                assert await file.read(9, len(data) + 5) == b""
