"""A folder on a disk as a mailbox: what is read, what is not, and writing so that nobody sees half a file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from mailbox_desk import Desk

from gateway.ports import Done, Parcel, Transient
from gateway.secrets import Secrets
from gateway.transports import folder
from gateway.transports.folder import FolderChannel, FolderPoller, FolderSink

SOURCE = "one/drop"


NOBODY: Any = None  # asks nothing of the ledger


def _channel(**changes: Any) -> FolderChannel:
    return FolderChannel.model_validate(
        {"name": "drop", "kind": "folder", "in": "in", "out": "out", "settle": 0} | changes
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    return tmp_path


def _parcel(**changes: Any) -> Parcel:
    values: dict[str, Any] = {"id": "d1", "destination": SOURCE, "key": "po/P1", "partner": "one", "kind": "850"}
    return Parcel(**(values | {"attempt": 1, "payload": b"ISA*", "name": "850_P1.edi"} | changes))


async def test_poll_archives(base: Path, desk: Desk) -> None:
    (base / "in/a.edi").write_bytes(b"ISA*")
    (base / "in/b.edi.tmp").write_bytes(b"half")
    poller = FolderPoller(SOURCE, _channel(), base)
    assert await poller.poll(desk) == 1
    assert [(a.name, a.data) for a in desk.arrived] == [("a.edi", b"ISA*")]
    assert (base / "in/archive/a.edi").read_bytes() == b"ISA*"
    assert sorted(p.name for p in (base / "in").iterdir()) == ["archive", "b.edi.tmp"]
    assert await poller.poll(desk) == 0


async def test_archive_elsewhere_and_delete(base: Path, desk: Desk) -> None:
    (base / "in/a.edi").write_bytes(b"1")
    await FolderPoller(SOURCE, _channel(archive="kept"), base).poll(desk)
    assert (base / "kept/a.edi").exists()
    (base / "in/b.edi").write_bytes(b"2")
    await FolderPoller(SOURCE, _channel(after_read="delete"), base).poll(desk)
    assert not (base / "in/b.edi").exists()


async def test_links_pipes_and_folders_are_not_read(base: Path, desk: Desk) -> None:
    secret = base / "secret"
    secret.write_text("secret")
    (base / "in/link.edi").symlink_to(secret)
    os.mkfifo(base / "in/pipe.edi")
    (base / "in/folder.edi").mkdir()
    assert await FolderPoller(SOURCE, _channel(), base).poll(desk) == 0
    assert desk.arrived == []


async def test_a_file_that_becomes_a_link_is_not_followed(base: Path, desk: Desk) -> None:
    """Between the listing and the reading."""
    (base / "secret").write_text("secret")
    disk = folder._Disk(base / "in", base / "in/archive")
    (base / "in/a.edi").symlink_to(base / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        await disk.read("a.edi", 100, io.BytesIO())
    os.mkfifo(base / "in/pipe")
    with pytest.raises(OSError, match="not a plain file"):
        await disk.read("pipe", 100, io.BytesIO())
    (base / "in/big").write_bytes(b"x" * 101)
    with pytest.raises(OSError, match="more than 100 bytes"):
        await disk.read("big", 100, io.BytesIO())


async def test_a_missing_folder_is_a_problem(tmp_path: Path, desk: Desk) -> None:
    poller = FolderPoller(SOURCE, _channel(), tmp_path)
    assert await poller.poll(desk) == 0
    assert "No such file or directory" in poller.problem
    (tmp_path / "in").mkdir()
    assert await poller.poll(desk) == 0
    assert poller.problem == ""


async def test_send(base: Path) -> None:
    sink = FolderSink(_channel(), base)
    assert await sink.send(_parcel()) == Done(note="written as 850_P1.edi")
    assert (base / "out/850_P1.edi").read_bytes() == b"ISA*"
    again = await sink.send(_parcel(attempt=2, probe=True))
    assert isinstance(again, Done)
    assert again.effect == "already_there"
    other = await sink.send(_parcel(id="d2", payload=b"UNB+"))
    assert other == Done(note="written as 850_P1-d2.edi")
    assert sorted(p.name for p in (base / "out").iterdir()) == ["850_P1-d2.edi", "850_P1.edi"]


async def test_send_follows_no_planted_link(base: Path) -> None:
    (base / "victim").write_text("victim")
    (base / "out/.850_P1.edi.tmp").symlink_to(base / "victim")
    assert isinstance(await FolderSink(_channel(), base).send(_parcel()), Done)
    assert (base / "victim").read_text() == "victim"
    assert not (base / "out/850_P1.edi").is_symlink()


async def test_send_to_a_missing_folder(tmp_path: Path) -> None:
    outcome = await FolderSink(_channel(), tmp_path).send(_parcel())
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "config")


async def test_what_is_sent_is_what_is_polled(base: Path, desk: Desk) -> None:
    await FolderSink(_channel(out="in"), base).send(_parcel())
    assert await FolderPoller(SOURCE, _channel(), base).poll(desk) == 1
    assert [(a.name, a.data) for a in desk.arrived] == [("850_P1.edi", b"ISA*")]


def test_parts_by_configuration(base: Path) -> None:
    secrets = Secrets(base)
    assert isinstance(folder.poller(SOURCE, _channel(), secrets), FolderPoller)
    assert folder.poller(SOURCE, _channel(**{"in": None}), secrets) is None
    assert isinstance(folder.sink(_channel(), secrets, NOBODY), FolderSink)
    assert folder.sink(_channel(out=None), secrets, NOBODY) is None
    with pytest.raises(ValueError, match="needs in, out or both"):
        _channel(**{"in": None, "out": None})
    with pytest.raises(ValueError, match="no in folder"):
        FolderPoller(SOURCE, _channel(**{"in": None}), base)
    with pytest.raises(ValueError, match="no out folder"):
        FolderSink(_channel(out=None), base)
