"""The real daemon as a process, the sandbox Odoo as another, a supplier's SFTP client in the test."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rich.console import Console

from gateway.sandbox.demo import Demo
from gateway.sandbox.traders import As2Trader, Trader
from gateway.transports.sftp import SftpSession, connect, fingerprint
from tests.keys import as2_keys

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]


class Quick(As2Trader):
    """A supplier whose keys are not made for it alone."""

    def prepare(self) -> None:
        as2_keys(self.folder, self.name, self.folder / "suppliers")


class Site(Demo):
    """The demo's instance with fixed ports, so that the daemon can be killed and started again."""

    port = as2_port = 0

    def prepare(self) -> None:
        self.make_instance()
        self.port, self.as2_port = free_port(), free_port()
        for port in (self.port, self.as2_port):
            self.edit("gateway.yaml", "port: 0", f"port: {port}")

    def trader(self, name: str) -> Trader:
        found = super().trader(name)
        return Quick(found.folder, found.name, found.channel) if isinstance(found, As2Trader) else found

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def restart(self) -> None:
        (self.folder / "ready.json").unlink(missing_ok=True)
        self.start_daemon()

    @property
    def daemon(self) -> Any:
        return self.processes["daemon"]

    def kill(self) -> None:
        """kill -9, as the power would."""
        os.kill(self.daemon.pid, signal.SIGKILL)
        self.daemon.wait()

    def log(self) -> str:
        return (self.folder / "daemon.log").read_text(encoding="utf-8")

    def sftp(self, work: Callable[[SftpSession], Awaitable[T]], user: str = "acme") -> T:
        """Do something in a session of a supplier. Raises OSError when the daemon is not there."""
        pinned = fingerprint((self.folder / "keys" / "host_ed25519.pub").read_text(encoding="utf-8"))
        key = (self.folder / "suppliers" / user).read_text(encoding="utf-8")

        async def session() -> T:
            async with connect("127.0.0.1", self.port, user, key, host_key=pinned, patience=5) as opened:
                return await work(opened)

        return asyncio.run(session())

    def put(self, name: str, data: bytes) -> None:
        self.sftp(lambda session: session.put(f"/in/{name}", data))

    def out(self) -> dict[str, bytes]:
        async def fetch(session: SftpSession) -> dict[str, bytes]:
            return {f.name: await session.get(f"/out/{f.name}") for f in await session.listdir("/out")}

        return self.sftp(fetch)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        console = Console(file=io.StringIO())
        made = Site(console, stack, ROOT / "partners", ROOT / "samples" / "demo", tmp_path / "instance", 18)
        made.prepare()
        made.start_odoo()
        yield made
