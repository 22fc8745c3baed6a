"""A running SFTP server with one partner's mailbox, on a free port of the loopback; nothing of it outlives a test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mailbox_desk import MAILBOX, Desk, Hosted, Keys, Serve, Site, Stored, Time
from openssh import PROGRAM, Sshd

from gateway import clock
from gateway.ledger import Ledger, migrate
from gateway.mailboxes import LedgerMailboxes
from gateway.transports.sftp import HostedMailbox, Listener, SftpServer
from tests.flow.world import World


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def serve(desk: Desk, keys: Keys, tmp_path: Path) -> Serve:
    """`async with serve(quota={"files": 2}) as hosted`; `listener=` takes settings of the listener, `texts=` more of
    what references lead to."""

    @asynccontextmanager
    async def serving(
        listener: dict[str, Any] | None = None, texts: dict[str, str] | None = None, **mailbox: Any
    ) -> AsyncIterator[Hosted]:
        staging = tmp_path / "staging"
        staging.mkdir(exist_ok=True)
        settings = HostedMailbox.model_validate({"name": "inbox", "user": "one", "keys": [keys.partner[1]]} | mailbox)
        listen = Listener.model_validate({"port": 0, "host_keys": ["file:host"], "staging": staging} | (listener or {}))
        resolve = ({"file:host": keys.host[0]} | (texts or {})).__getitem__
        server = SftpServer(listen, {MAILBOX: settings}, desk, desk, resolve)
        await server.start()
        try:
            yield Hosted(server, keys, desk, staging)
        finally:
            await server.stop()

    return serving


@pytest.fixture
def stored(tmp_path: Path, keys: Keys) -> Stored:
    """`async with stored(max_file="1GB") as site`: the server of acme's mailbox on a real ledger."""

    @asynccontextmanager
    async def storing(listener: dict[str, Any] | None = None, **mailbox: Any) -> AsyncIterator[Site]:
        ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", exclusive=True)
        migrate.upgrade(ledger)
        world = World.make(ledger)
        world.time = clock.now()
        settings = HostedMailbox.model_validate({"name": "inbox", "user": "one", "keys": [keys.partner[1]]} | mailbox)
        listen = Listener.model_validate({"port": 0, "host_keys": ["file:host"]} | (listener or {}))
        store = LedgerMailboxes(ledger)
        server = SftpServer(listen, {"acme/inbox": settings}, store, world.flow, {"file:host": keys.host[0]}.get)
        await server.start()
        try:
            yield Site(server, keys, world)
        finally:
            await server.stop()
            ledger.close()

    return storing


@pytest.fixture
async def hosted(serve: Serve) -> AsyncIterator[Hosted]:
    async with serve() as running:
        yield running


@pytest.fixture
def sshd(tmp_path: Path, keys: Keys) -> Sshd:
    """OpenSSH's server as a partner's, not started: `async with sshd.running()`."""
    if not Path(PROGRAM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs OpenSSH's server: install the Debian package openssh-server")
        pytest.skip("OpenSSH's server is not installed (Debian: openssh-server)")
    root = tmp_path / "theirs"
    for folder in ("in", "out/archive"):
        (root / folder).mkdir(parents=True)
    return Sshd(root, keys)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time()
    monkeypatch.setattr(clock, "now", lambda: moved.now)
    return moved
