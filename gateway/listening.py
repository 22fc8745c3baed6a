"""A uvicorn server that is opened and closed by whoever made it, and knows its port. Signals stay the caller's.

Not here: what is served. Rule protected: an address that is taken is an OSError for the caller to explain; uvicorn
alone would end the process.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


class Server(uvicorn.Server):
    """`port` is the one in use, 0 before the start."""

    port = 0
    _serving: asyncio.Task[None] | None = None

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.port = self.servers[0].sockets[0].getsockname()[1]

    async def open(self) -> None:
        """Listen. Raises OSError if the address cannot be had."""
        host, port = self.config.host, self.config.port
        taken = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup([taken])
        self._serving = asyncio.create_task(self.main_loop(), name=f"http:{self.port}")

    async def close(self) -> None:
        """Accept nothing new, and let what runs end within the time the configuration gives."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving
            await self.shutdown()


@asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncIterator[Server]:
    """A server for the length of the block."""
    server = Server(config)
    await server.open()
    try:
        yield server
    finally:
        await server.close()
