"""The sandbox on a socket: settings, uvicorn, refusing connections for a while, stopping."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.listening import Server
from gateway.sandbox.odoo.app import Sandbox
from gateway.sandbox.odoo.database import Database
from gateway.sandbox.odoo.seed import read_seed


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and as what the sandbox runs. Port 0 takes a free one; `port_file` then holds its number."""

    version: Literal[18, 19] = 18
    db: str = "odoo"
    host: str = "127.0.0.1"
    port: int = 0
    seed: Path | None = None
    port_file: Path | None = None
    state: Path | None = None


class Connection(H11Protocol):
    """A connection whose transport the application may cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Listener(Server):
    """A server that can refuse connections for a while on the port it has, and leaves signals to its caller."""

    _reopening: asyncio.Task[None] | None = None

    def refuse(self, seconds: float) -> None:
        """Close the listening socket now and open it again after `seconds`."""
        self._stay_closed()
        for server in self.servers:
            server.close()
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def shutdown(self, sockets: Any = None) -> None:
        self._stay_closed()
        await super().shutdown(sockets)

    def _stay_closed(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            return Connection(self.config, self.server_state, self.lifespan.state, loop)

        self.servers = [await loop.create_server(connection, self.config.host, self.port)]


def build(settings: Settings) -> Sandbox:
    """The application of these settings. Raises SeedError."""
    seed = read_seed(settings.seed) if settings.seed else {}
    return Sandbox(Database(settings.db, settings.version, seed, settings.state))


def _listener(sandbox: Sandbox, settings: Settings) -> Listener:
    config = uvicorn.Config(
        sandbox,
        host=settings.host,
        port=settings.port,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
    )
    listener = Listener(config)
    sandbox.control.refuse = listener.refuse
    return listener


async def serve(settings: Settings) -> None:
    """Run until cancelled, or until SIGINT or SIGTERM. Writes the port file once the socket listens."""
    listener = _listener(build(settings), settings)
    running = asyncio.create_task(listener.serve())
    try:
        await _started(listener, running)
        if settings.port_file is not None:
            _write_port(settings.port_file, listener.port)
        await running
    finally:
        listener.should_exit = True
        await running


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """A sandbox in this process for the length of the block; gives its URL. Signals stay the caller's."""
    listener = _listener(build(settings), settings)
    task = asyncio.create_task(listener._serve())
    try:
        await _started(listener, task)
        yield f"http://{settings.host}:{listener.port}"
    finally:
        listener.should_exit = True
        await task


async def _started(listener: Listener, task: asyncio.Task[None]) -> None:
    while not listener.started:
        if task.done():
            await task
            raise OSError(f"the sandbox cannot listen on {listener.config.host}:{listener.config.port}")
        await asyncio.sleep(0.01)


def _write_port(path: Path, port: int) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(f"{port}\n", encoding="ascii")
    os.replace(draft, path)
