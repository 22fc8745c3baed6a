"""Reading and writing at a partner whose server is OpenSSH's: each rule of polling and sending, on the wire."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mailbox_desk import Desk, Time, parcel
from openssh import Sshd

from gateway.ports import Done, Outcome, Transient, Unknown
from gateway.transports.sftp import SftpPoller, SftpSession, SftpSink, fingerprint, line

SOURCE = "one/sftp"
LARGE = b"ISA*" * 100_000  # more than one write


@pytest.fixture
async def running(sshd: Sshd) -> AsyncIterator[Sshd]:
    async with sshd.running():
        yield sshd


@pytest.fixture
async def cutting(sshd: Sshd) -> AsyncIterator[Sshd]:
    """The server with a filter before it that can end a connection at a request."""
    sshd.cutting = True
    async with sshd.running():
        yield sshd


def poller(sshd: Sshd, **rules: Any) -> SftpPoller:
    return SftpPoller(SOURCE, sshd.settings(poll=sshd.poll(**rules)), sshd.resolve)


async def send(sshd: Sshd, **changes: Any) -> Outcome:
    return await SftpSink(sshd.settings(), sshd.resolve).send(parcel(payload=LARGE, **changes))


FINAL = "850_P00042_000000007.edi"


# Reading


@pytest.mark.parametrize("name", [".a.edi", "a.edi.tmp", "a.edi.part", "a.edi.partial", "a.edi.filepart", "a.edi~"])
async def test_unfinished_names_wait_for_their_rename(running: Sshd, desk: Desk, name: str) -> None:
    running.put(name)
    reading = poller(running)
    assert await reading.poll(desk) == 0
    (running.root / "out" / name).rename(running.root / "out" / "a.edi")
    assert await reading.poll(desk) == 1
    assert desk.names() == ["a.edi"]


async def test_a_file_is_taken_when_two_listings_agree(running: Sshd, desk: Desk) -> None:
    """Its size and its time, at least `settle` apart."""
    reading = poller(running, settle="200ms")
    running.put("a.edi", b"ISA", at=1_700_000_000)
    assert await reading.poll(desk) == 0
    await asyncio.sleep(0.2)
    running.put("a.edi", b"ISA*", at=1_700_000_000)  # it has grown
    assert await reading.poll(desk) == 0
    await asyncio.sleep(0.2)
    running.put("a.edi", b"isa*", at=1_700_000_001)  # it was written again
    assert await reading.poll(desk) == 0
    await asyncio.sleep(0.2)
    assert await reading.poll(desk) == 1
    assert desk.arrived[0].data == b"isa*"


@pytest.mark.parametrize("suffix", [".done", ".ok", ".trg"])
async def test_done_markers(running: Sshd, desk: Desk, suffix: str) -> None:
    reading = poller(running, marker=suffix, settle="1h")
    running.put("a.edi")
    assert await reading.poll(desk) == 0
    running.put(f"a{suffix}", b"")
    assert await reading.poll(desk) == 1
    assert running.names("out") == []
    assert running.names("out/archive") == ["a.edi"]


@pytest.mark.parametrize(
    ("after_read", "out", "archive"), [("delete", [], []), ("archive", [], ["a.edi"]), ("keep", ["a.edi"], [])]
)
async def test_what_becomes_of_a_file(
    running: Sshd, desk: Desk, after_read: str, out: list[str], archive: list[str]
) -> None:
    running.put("a.edi", b"ISA*" * 500_000)
    reading = poller(running, after_read=after_read)
    assert [await reading.poll(desk) for _ in range(3)] == [1, 0, 0]
    assert (running.names("out"), running.names("out/archive")) == (out, archive)
    assert desk.arrived[0].data == b"ISA*" * 500_000


async def test_the_note_is_committed_with_the_bytes(running: Sshd, desk: Desk) -> None:
    running.put("a.edi")
    await poller(running, after_read="keep").poll(desk)
    key, note = next(iter(desk.state[SOURCE].items()))
    assert key == str(running.root / "out" / "a.edi")
    assert note.startswith("4 1700000000 ")


@pytest.mark.parametrize(("after_read", "deny"), [("delete", ["remove"]), ("archive", ["rename", "posix-rename"])])
async def test_clearing_away_is_denied(sshd: Sshd, desk: Desk, after_read: str, deny: list[str]) -> None:
    """A matter for the operator, and the file is not processed again; when it is allowed again, it is cleared away."""
    sshd.put("a.edi")
    sshd.deny = deny
    async with sshd.running():
        reading = poller(sshd, after_read=after_read)
        assert [await reading.poll(desk) for _ in range(3)] == [1, 0, 0]
    assert reading.alarm == "stuck"
    assert "a.edi was read but cannot be cleared away" in reading.problem
    assert "Permission denied" in reading.problem
    assert sshd.names("out") == ["a.edi"]
    sshd.deny = ()
    async with sshd.running():
        assert await reading.poll(desk) == 0
    assert (reading.alarm, reading.problem) == ("", "")
    assert sshd.names("out") == []


async def test_the_same_path_with_new_size_time_or_bytes_is_a_new_file(running: Sshd, desk: Desk) -> None:
    reading = poller(running, after_read="keep")
    for data, at in ((b"one", 1_700_000_000), (b"four", 1_700_000_000), (b"five", 1_700_000_001)):
        running.put("a.edi", data, at)
        assert await reading.poll(desk) == 1
        assert await reading.poll(desk) == 0
    assert [a.data for a in desk.arrived] == [b"one", b"four", b"five"]


async def test_a_file_whose_bytes_alone_are_new_is_not_deleted_unread(sshd: Sshd, desk: Desk) -> None:
    """As after a crash: the first is committed and not yet deleted, and the partner puts another in its place."""
    sshd.put("a.edi", b"one")
    sshd.deny = ["remove"]
    async with sshd.running():
        assert await poller(sshd, after_read="delete").poll(desk) == 1
    sshd.put("a.edi", b"two")
    sshd.deny = ()
    async with sshd.running():
        assert await poller(sshd, after_read="delete").poll(desk) == 1
    assert [a.data for a in desk.arrived] == [b"one", b"two"]
    assert sshd.names("out") == []


async def test_names_that_are_not_utf_8_stop_nothing(running: Sshd, desk: Desk) -> None:
    running.put("b.edi", b"two", at=1_700_000_001)
    path = os.fsencode(running.root / "out") + b"/M\xfcller.edi"
    Path(os.fsdecode(path)).write_bytes(b"one")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert await poller(running).poll(desk) == 2
    assert desk.names() == ["M\udcfcller.edi", "b.edi"]
    assert desk.arrived[0].facts["path"].endswith("/M\\udcfcller.edi")
    assert running.names("out") == []


async def test_only_plain_files_are_read(running: Sshd, desk: Desk) -> None:
    (running.root / "secret").write_text("not to be sent")
    (running.root / "out" / "link.edi").symlink_to(running.root / "secret")
    (running.root / "out" / "folder.edi").mkdir()
    os.mkfifo(running.root / "out" / "pipe.edi")
    assert await poller(running).poll(desk) == 0
    assert desk.arrived == []


async def test_a_long_listing(running: Sshd, desk: Desk) -> None:
    """The oldest few, in the memory that a few take (with 50,000: test_polling.py)."""
    for number in range(2_000):
        os.close(os.open(running.root / "out" / f"{number}.edi", os.O_CREAT | os.O_WRONLY))
    for age, name in enumerate(("777.edi", "4.edi", "1999.edi")):
        running.put(name, b"ISA*", at=1_000_000_000 + age)
    reading = poller(running, limit=3, after_read="keep")
    assert await reading.poll(desk) == 3
    assert desk.names() == ["777.edi", "4.edi", "1999.edi"]
    tracemalloc.start()
    assert await reading.poll(desk) == 3
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000


CUTS_OF_READING = [
    *(("opendir", when) for when in ("before", "after")),
    *(("readdir", when) for when in ("before", "after")),
    *(("open", when) for when in ("before", "after")),
    *(("read", when) for when in ("before", "after")),
    *(("close", when) for when in ("before", "after")),
    *(("stat", when) for when in ("before", "after")),
]


@pytest.mark.parametrize(
    ("after_read", "kind", "when"),
    [
        *(("delete", kind, when) for kind, when in CUTS_OF_READING),
        *(("delete", "remove", when) for when in ("before", "after")),
        *(("archive", "posix-rename", when) for when in ("before", "after")),
    ],
)
async def test_cut_while_reading(cutting: Sshd, desk: Desk, after_read: str, kind: str, when: str) -> None:
    """Whichever request the connection ends at, each file is processed once, and then cleared away."""
    for number in range(2):
        cutting.put(f"{number}.edi", b"%d" % number, at=1_700_000_000 + number)
    cutting.cut(kind, when)
    first = poller(cutting, after_read=after_read)
    await first.poll(desk)
    assert not cutting.plan.exists(), "the request was never made"
    assert first.problem
    await poller(cutting, after_read=after_read).poll(desk)  # as after a new start
    assert desk.names() == ["0.edi", "1.edi"]
    assert cutting.names("out") == []
    assert cutting.names("out/archive") == (["0.edi", "1.edi"] if after_read == "archive" else [])


# Writing


async def test_a_file_is_written_under_another_name_and_renamed(running: Sshd) -> None:
    seen: set[str] = set()

    async def watch() -> None:
        while True:
            seen.update(running.names("in"))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    assert await send(running) == Done(note=f"written as {running.root}/in/{FINAL}")
    watching.cancel()
    assert seen - {FINAL} == {f"{FINAL}.tmp"}
    assert running.names("in") == [FINAL]
    assert (running.root / "in" / FINAL).read_bytes() == LARGE


async def test_names_by_a_template(running: Sshd) -> None:
    settings = running.settings(send={"folder": str(running.root / "in"), "name": "PO-{number}.{id}.x12"})
    assert isinstance(await SftpSink(settings, running.resolve).send(parcel()), Done)
    assert running.names("in") == ["PO-P00042.d1.x12"]


async def test_plain_rename_where_there_is_no_posix_rename(sshd: Sshd) -> None:
    sshd.deny = ["posix-rename"]
    async with sshd.running():
        assert isinstance(await send(sshd), Done)
    assert sshd.names("in") == [FINAL]


async def test_no_rename_at_all_is_a_matter_of_configuration(sshd: Sshd) -> None:
    sshd.deny = ["posix-rename", "rename"]
    async with sshd.running():
        outcome = await send(sshd)
        assert isinstance(outcome, Transient)
        assert (outcome.scope, outcome.alarm) == ("connector", "config")
        assert sshd.names("in") == [f"{FINAL}.tmp"]  # never under its own name
        direct = sshd.settings(send={"folder": str(sshd.root / "in"), "tmp_suffix": ""})
        assert isinstance(await SftpSink(direct, sshd.resolve).send(parcel()), Done)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("stat", 1),
        ("open", 1),
        ("write", 1),
        ("write", 2),
        ("fsync", 1),
        ("close", 1),
        ("stat", 4),
        ("posix-rename", 1),
    ],
)
async def test_cut_while_writing(cutting: Sshd, kind: str, number: int, when: str) -> None:
    """Whichever request the connection ends at, there is one file in the end, whole and under its name; a rename
    whose answer was lost is not made again."""
    cutting.cut(kind, when, number)
    first = await send(cutting)
    assert not cutting.plan.exists(), "the request was never made"
    done = isinstance(first, Done)
    assert done == (kind == "posix-rename" and when == "after")
    if isinstance(first, Done):
        assert first.effect == "already_there"
    else:
        assert isinstance(first, Transient | Unknown)
        assert FINAL not in cutting.names("in")
        assert isinstance(await send(cutting, attempt=2), Done)
    assert cutting.names("in") == [FINAL]
    assert (cutting.root / "in" / FINAL).read_bytes() == LARGE


# The line to the partner


async def test_another_host_key_stops_the_channel(running: Sshd, desk: Desk) -> None:
    running.put("a.edi")
    settings = running.settings(host_keys=[fingerprint(running.keys.stranger[1])])
    reading = SftpPoller(SOURCE, settings, running.resolve)
    assert await reading.poll(desk) == 0
    assert reading.alarm == "credential"
    outcome = await SftpSink(settings, running.resolve).send(parcel())
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "credential")
    assert (running.names("out"), running.names("in")) == (["a.edi"], [])


async def test_one_connection_at_a_time(running: Sshd, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look and three deliveries at the same moment."""
    connect_to, open_now, most, made = line.connect_to, 0, 0, 0

    @asynccontextmanager
    async def counted(*arguments: Any) -> AsyncIterator[SftpSession]:
        nonlocal open_now, most, made
        open_now, made = open_now + 1, made + 1
        most = max(most, open_now)
        async with connect_to(*arguments) as session:
            yield session
        open_now -= 1

    monkeypatch.setattr(line, "connect_to", counted)
    running.put("a.edi")
    settings = running.settings()
    sink, reading = SftpSink(settings, running.resolve), SftpPoller(SOURCE, settings, running.resolve)
    other = SftpSink(running.settings(), running.resolve)  # as after a reload: other settings, and the same server
    parcels = [parcel(id=f"d{n}", facts={"control": f"{n}"}) for n in range(3)]
    sending = [which.send(one) for which, one in zip((sink, other, sink), parcels, strict=True)]
    arrived, *outcomes = await asyncio.gather(reading.poll(desk), *sending)
    assert arrived == 1
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert (made, most) == (4, 1)


async def test_the_circuit(sshd: Sshd, desk: Desk, time: Time) -> None:
    """Open after five failures in a row, for reading and writing alike; then one try in five minutes, and closed by the
    first that reaches the server."""
    sshd.put("a.edi")
    async with sshd.running():
        settings = sshd.settings()
    sink, reading = SftpSink(settings, sshd.resolve), SftpPoller(SOURCE, settings, sshd.resolve)
    for _ in range(4):
        assert await reading.poll(desk) == 0
        assert reading.alarm == ""
        time.pass_(60)
    outcome = await sink.send(parcel())
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "unreachable")
    async with sshd.running():
        time.pass_(200)
        outcome = await sink.send(parcel())
        assert isinstance(outcome, Transient)
        assert "is asked once in five minutes" in outcome.reason
        assert outcome.retry_in == pytest.approx(100, abs=1)
        assert await reading.poll(desk) == 0
        assert reading.alarm == "unreachable"
        time.pass_(101)
        assert await reading.poll(desk) == 1
        assert (reading.alarm, reading.problem) == ("", "")
        assert isinstance(await sink.send(parcel()), Done)


async def test_new_settings_begin_with_a_closed_circuit(sshd: Sshd, desk: Desk, time: Time) -> None:
    """An operator who has corrected something does not wait five minutes to see whether it helped."""
    sshd.put("a.edi")
    async with sshd.running():
        wrong = sshd.settings(host_keys=[fingerprint(sshd.keys.stranger[1])])
        reading = SftpPoller(SOURCE, wrong, sshd.resolve)
        for _ in range(6):
            assert await reading.poll(desk) == 0
            time.pass_(60)
        assert "is asked once in five minutes" in reading.problem
        assert reading.alarm == "credential"
        assert await SftpPoller(SOURCE, sshd.settings(), sshd.resolve).poll(desk) == 1
