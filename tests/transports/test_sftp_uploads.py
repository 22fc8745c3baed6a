"""When an upload counts: only at an explicit CLOSE or rename, only after the commit, and never in part."""

from __future__ import annotations

import asyncio
import inspect

import asyncssh
import pytest
from asyncssh import sftp
from mailbox_desk import MAILBOX, Hosted, Serve

from gateway import clock
from gateway.transports.sftp import protocol, spool, uploads


async def _until(condition: object, seconds: float = 3.0) -> None:
    """Wait for something the other side does in its own time."""
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


def _uploads(hosted: Hosted) -> list[str]:
    return [upload.name for upload in hosted.server._trees[MAILBOX].uploads]


async def test_close_answers_after_the_commit(hosted: Hosted) -> None:
    hosted.desk.gate = asyncio.Event()
    async with hosted.login() as session:
        putting = asyncio.create_task(session.put("/in/a.edi", b"ISA*"))
        await asyncio.sleep(0.1)
        assert not putting.done()
        assert hosted.desk.arrived == []
        hosted.desk.gate.set()
        await putting
    (arrival,) = hosted.desk.arrived
    assert (arrival.mailbox, arrival.name, arrival.data) == (MAILBOX, "a.edi", b"ISA*")
    assert arrival.facts == {"transport": "sftp", "user": "one", "peer": "127.0.0.1"}


@pytest.mark.parametrize("size", [10, 3 * spool.IN_MEMORY])
async def test_killed_upload_is_not_committed(hosted: Hosted, size: int) -> None:
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"x" * size)
        assert _uploads(hosted) == ["a.edi"]
        session.abort()
        await _until(lambda: not _uploads(hosted))
    assert hosted.desk.arrived == []
    assert list(hosted.staging.iterdir()) == []
    async with hosted.login() as session:
        assert await session.listdir("/in") == []
        await session.put("/in/a.edi", b"whole")
    assert [a.data for a in hosted.desk.arrived] == [b"whole"]


async def test_ended_session_without_close_is_not_committed(hosted: Hosted) -> None:
    """The client ends its SFTP channel in good order but never sends CLOSE, as a program that exits does."""
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"half")
        session.raw.exit()
        await session.raw.wait_closed()
        await _until(lambda: not _uploads(hosted))
    assert hosted.desk.arrived == []


async def test_server_stop_does_not_commit_what_is_open(hosted: Hosted) -> None:
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"half")
        await hosted.server.stop()
        await file.close()  # goes nowhere
    assert hosted.desk.arrived == []
    assert _uploads(hosted) == []


async def test_put_tells_when_its_close_got_lost(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncssh's client keeps silent about a CLOSE on a lost connection; ours must not."""
    async with hosted.login() as session:
        original = asyncssh.SFTPClientFile.fsync

        async def fsync(self: asyncssh.SFTPClientFile) -> None:
            await original(self)
            await hosted.server.stop()

        monkeypatch.setattr(asyncssh.SFTPClientFile, "fsync", fsync)
        with pytest.raises(asyncssh.SFTPError):
            await session.put("/in/a.edi", b"ISA*")
    assert hosted.desk.arrived == []


async def test_server_stop_lets_a_commit_finish(hosted: Hosted) -> None:
    hosted.desk.gate = asyncio.Event()
    async with hosted.login() as session:
        putting = asyncio.create_task(session.put("/in/a.edi", b"whole"))
        await asyncio.sleep(0.1)
        stopping = asyncio.create_task(hosted.server.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        hosted.desk.gate.set()
        await stopping
        await asyncio.gather(putting, return_exceptions=True)
    assert hosted.desk.names() == ["a.edi"]


def test_close_hook_still_exists() -> None:
    """What the rule stands on in asyncssh: one method answers every request, and cleaning up does not go through it."""
    assert protocol.Requests._process_packet is not sftp.SFTPServerHandler._process_packet
    assert "_process_packet" in vars(sftp.SFTPHandler)
    assert "self._process_packet(" in _source(sftp.SFTPHandler.recv_packets)
    assert "self._server.close(" in _source(sftp.SFTPServerHandler._process_close)
    assert "self._server.close(" in _source(sftp.SFTPServerHandler._cleanup)
    assert sftp.SFTPServerHandler._cleanup is protocol.Requests._cleanup


def _source(function: object) -> str:
    return inspect.getsource(function)  # type: ignore[arg-type]


async def test_close_fails_when_disk_full(hosted: Hosted) -> None:
    hosted.desk.fail = OSError(28, "No space left on device")
    async with hosted.login() as session:
        with pytest.raises(asyncssh.SFTPFailure, match=r"a\.edi could not be stored; nothing was kept"):
            await session.put("/in/a.edi", b"ISA*")
        assert await session.listdir("/in") == []
        hosted.desk.fail = None
        await session.put("/in/a.edi", b"ISA*")
    assert hosted.desk.names() == ["a.edi"]


async def test_staging_full_ends_the_upload(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: spool.Spool, offset: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        monkeypatch.setattr(spool.Spool, "write", full)
        with pytest.raises(asyncssh.SFTPFailure, match="no room at the moment"):
            await file.write(b"ISA*")
        with pytest.raises(asyncssh.SFTPFailure, match="no room at the moment"):
            await file.close()
        assert await session.listdir("/in") == []
    assert hosted.desk.arrived == []


@pytest.mark.parametrize(
    "name", ["a.edi.filepart", "a.edi.part", "a.edi.partial", "a.edi.tmp", "a.edi~", ".a.edi", "A.TMP"]
)
async def test_filepart_then_rename(hosted: Hosted, name: str) -> None:
    async with hosted.login() as session:
        await session.put(f"/in/{name}", b"ISA*")
        assert hosted.desk.arrived == []
        assert [(f.name, f.size) for f in await session.listdir("/in")] == [(name, 4)]
        await session.rename(f"/in/{name}", "/in/a.edi")
        assert [(f.name, f.size) for f in await session.listdir("/in")] == [("a.edi", 4)]
    assert [(a.name, a.data) for a in hosted.desk.arrived] == [("a.edi", b"ISA*")]


async def test_unfinished_upload_outlives_its_connection(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi.tmp", b"ISA*")
    async with hosted.login() as session:
        await session.rename("/in/a.edi.tmp", "/in/a.edi")
    assert hosted.desk.names() == ["a.edi"]


async def test_rename_fails_with_the_store_and_can_be_repeated(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi.tmp", b"ISA*")
        hosted.desk.fail = RuntimeError("database is locked")
        with pytest.raises(asyncssh.SFTPFailure, match="could not be stored"):
            await session.rename("/in/a.edi.tmp", "/in/a.edi")
        hosted.desk.fail = None
        await session.rename("/in/a.edi.tmp", "/in/a.edi")
    assert hosted.desk.names() == ["a.edi"]


async def test_overwrite_while_processing(hosted: Hosted) -> None:
    """The same name again is a new message: both versions are kept, in order."""
    async with hosted.login() as session, hosted.login() as other:
        first = await session.raw.open("/in/a.edi", "wb", encoding=None)
        second = await other.raw.open("/in/a.edi", "wb", encoding=None)
        await first.write(b"one")
        await second.write(b"second")
        await first.close()
        await second.close()
        await session.put("/in/a.edi", b"third")
    assert [(a.name, a.data) for a in hosted.desk.arrived] == [
        ("a.edi", b"one"),
        ("a.edi", b"second"),
        ("a.edi", b"third"),
    ]


async def test_same_bytes_other_name(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi", b"ISA*")
        await session.put("/in/b.edi", b"ISA*")
    assert hosted.desk.names() == ["a.edi", "b.edi"]


async def test_appending_and_offsets_until_close(hosted: Hosted) -> None:
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"456", 3)
        await file.write(b"123", 0)
        await file.write(b"6789", 5)
        await file.close()
        await session.put("/in/b.edi.part", b"123")
        async with session.raw.open("/in/b.edi.part", "ab", encoding=None) as file:
            await file.write(b"456")
        async with session.raw.open("/in/b.edi.part", "r+b", encoding=None) as file:
            await file.write(b"789", 6)
        await session.rename("/in/b.edi.part", "/in/b.edi")
    assert [a.data for a in hosted.desk.arrived] == [b"123456789", b"123456789"]


async def test_a_hole_is_not_committed(hosted: Hosted) -> None:
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"ISA*", 100)
        with pytest.raises(asyncssh.SFTPFailure, match="gaps that were never written"):
            await file.close()
    assert hosted.desk.arrived == []


async def test_truncate(hosted: Hosted) -> None:
    async with hosted.login() as session:
        file = await session.raw.open("/in/a.edi", "wb", encoding=None)
        await file.write(b"123456")
        await file.truncate(3)
        with pytest.raises(asyncssh.SFTPFailure, match="grows by writing only"):
            await file.truncate(9)
        assert (await file.stat()).size == 3
        await file.close()
    assert [a.data for a in hosted.desk.arrived] == [b"123"]


async def test_remove_takes_an_unfinished_upload_back(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi.tmp", b"ISA*")
        await session.remove("/in/a.edi.tmp")
        file = await session.raw.open("/in/b.edi", "wb", encoding=None)
        await file.write(b"ISA*")
        await session.remove("/in/b.edi")
        with pytest.raises(asyncssh.SFTPFailure, match="it was removed"):
            await file.write(b"more")
        with pytest.raises(asyncssh.SFTPFailure, match="it was removed"):
            await file.close()
        assert await session.listdir("/in") == []
        await session.put("/in/c.edi", b"ISA*")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="was accepted and cannot be removed"):
            await session.remove("/in/c.edi")
    assert hosted.desk.names() == ["c.edi"]


async def test_remove_during_the_commit_is_refused(hosted: Hosted) -> None:
    hosted.desk.gate = asyncio.Event()
    async with hosted.login() as session, hosted.login() as other:
        await session.put("/in/a.edi.tmp", b"ISA*")
        renaming = asyncio.create_task(session.rename("/in/a.edi.tmp", "/in/a.edi"))
        await asyncio.sleep(0.1)
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await other.remove("/in/a.edi.tmp")
        with pytest.raises(asyncssh.SFTPFailure, match="still being written"):
            await other.rename("/in/a.edi.tmp", "/in/b.edi")
        hosted.desk.gate.set()
        await renaming
    assert hosted.desk.names() == ["a.edi"]


async def test_quota_mid_write(serve: Serve) -> None:
    async with serve(quota={"files": 10, "bytes": "100KB"}) as hosted, hosted.login() as session:
        await session.put("/in/a.edi", b"x" * 60_000)
        file = await session.raw.open("/in/b.edi", "wb", encoding=None)
        await file.write(b"x" * 30_000)
        with pytest.raises(asyncssh.SFTPFailure, match="quota: this mailbox may hold 100000 bytes"):
            await file.write(b"x" * 30_000)
        assert [f.name for f in await session.listdir("/in")] == ["a.edi"]
        with pytest.raises(asyncssh.SFTPFailure, match="quota"):
            await file.close()
        await session.put("/in/c.edi", b"x" * 40_000)
    assert hosted.desk.names() == ["a.edi", "c.edi"]


async def test_quota_counts_uploads_side_by_side(serve: Serve) -> None:
    async with serve(quota={"bytes": "100KB"}) as hosted, hosted.login() as session, hosted.login() as other:
        await session.put("/in/a.tmp", b"x" * 60_000)
        with pytest.raises(asyncssh.SFTPFailure, match="quota"):
            await other.put("/in/b.tmp", b"x" * 60_000)


async def test_a_file_above_the_quota_is_refused_at_open(serve: Serve) -> None:
    """Also by uploads that wait for their rename."""
    async with serve(quota={"files": 5}) as hosted, hosted.login() as session:
        for n in range(5):
            await session.put(f"/in/{n}.edi", b"ISA*")
        with pytest.raises(asyncssh.SFTPFailure, match="quota: this mailbox may hold 5 files"):
            await session.put("/in/5.edi", b"ISA*")
    assert len(hosted.desk.arrived) == 5


async def test_file_size_cap(serve: Serve) -> None:
    async with serve(max_file="10KB") as hosted, hosted.login() as session:
        with pytest.raises(asyncssh.SFTPFailure, match="a file may have 10000 bytes"):
            await session.put("/in/a.edi", b"x" * 10_001)
        await session.put("/in/b.edi", b"x" * 10_000)
        file = await session.raw.open("/in/far.edi", "wb", encoding=None)
        with pytest.raises(asyncssh.SFTPFailure, match="a file may have 10000 bytes"):
            await file.write(b"x", 2**60)
        with pytest.raises(asyncssh.SFTPFailure):
            await file.close()
    assert hosted.desk.names() == ["b.edi"]


async def test_stale_unfinished_uploads_are_forgotten(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi.tmp", b"ISA*")
        later = clock.now() + uploads.UNFINISHED_KEPT * 1.01
        monkeypatch.setattr(clock, "now", lambda: later)
        assert await session.listdir("/in") == []
