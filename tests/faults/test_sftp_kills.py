"""kill -9 of the real daemon around an SFTP upload: faults 31 and 54. Kills around what we fetch from and put to a
partner's server are in tests/crash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from gateway.transports.sftp import SftpSession, connect, fingerprint
from tests.faults.conftest import PATIENCE, Installation
from tests.faults.test_as2_kills import DOCUMENT, sound


@asynccontextmanager
async def session(installation: Installation) -> AsyncIterator[SftpSession]:
    """Logged in as the partner."""
    keys = installation.folder / "keys"
    pinned = fingerprint((keys / "host_ed25519.pub").read_text(encoding="utf-8"))
    key = (keys / "acme_client").read_text(encoding="utf-8")
    async with connect("127.0.0.1", installation.sftp_port, "acme", key, host_key=pinned, patience=10) as opened:
        yield opened


async def put(installation: Installation, name: str, data: bytes) -> None:
    """Upload as a partner does. Raises OSError or asyncssh.Error unless the CLOSE was answered well."""
    async with session(installation) as opened:
        await opened.put(f"/in/{name}", data)


def upload(installation: Installation, name: str, data: bytes, patience: float = PATIENCE) -> None:
    """Upload until it is taken."""
    end = time.monotonic() + patience
    while True:
        try:
            asyncio.run(put(installation, name, data))
            break
        except (OSError, asyncssh.Error):
            assert time.monotonic() < end, f"{name} is not taken"
            time.sleep(0.1)
    installation.peer.diary.uploaded[name] = data


@pytest.mark.parametrize("when", ["before", pytest.param("after", marks=pytest.mark.faults)])
def test_fault_54_killed_at_the_commit_of_an_upload(installation: Installation, when: str) -> None:
    """Committed or not, no CLOSE was answered: the partner uploads again, and there is one document."""
    installation.make()
    installation.start("tx1", when, "1")
    with pytest.raises((OSError, asyncssh.Error)):
        asyncio.run(put(installation, "a.edi", DOCUMENT))
    installation.died()
    installation.start()
    upload(installation, "a.edi", DOCUMENT)
    sound(installation)
    states = [row.state for row in installation.look("SELECT state FROM receipt ORDER BY id")]
    assert states == (["done"] if when == "before" else ["done", "duplicate"])


def test_fault_31_killed_in_the_middle_of_an_upload(installation: Installation) -> None:
    """Half a file is nothing: it is not there after the restart, and the whole one is taken."""
    installation.make()
    installation.start()

    async def cut() -> None:
        async with session(installation) as opened, opened._client.open("/in/a.edi", "wb") as file:
            await file.write(DOCUMENT[:100] + b" " * 3_000_000)
            installation.kill()
            await file.write(DOCUMENT[100:])

    with pytest.raises((OSError, asyncssh.Error)):
        asyncio.run(cut())
    installation.start()
    assert installation.look("SELECT id FROM receipt") == []
    assert list((installation.folder / "staging").iterdir()) == []
    upload(installation, "a.edi", DOCUMENT)
    sound(installation)
    assert len(installation.look("SELECT id FROM receipt")) == 1
