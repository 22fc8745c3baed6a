"""A TCP proxy that cuts connections with a reset after so many bytes in one direction."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)  # SO_LINGER without time: the peer gets RST and not FIN


@dataclass
class Proxy:
    """`cuts` are taken one for each connection: (direction, bytes) with `up` to the server or `down` from it; when none
    is left, connections are passed on whole."""

    target: int
    cuts: list[tuple[str, int]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        direction, left = self.cuts.pop(0) if self.cuts else ("", 0)
        self.connections += 1
        up, down = await asyncio.open_connection("127.0.0.1", self.target)
        pumps = {
            asyncio.create_task(_pump(reader, down, left if direction == "up" else None)),
            asyncio.create_task(_pump(up, writer, left if direction == "down" else None)),
        }
        _, rest = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if not direction:  # one side has said all it wants to say
            await asyncio.wait(rest, timeout=5)
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in (writer, down):
            if direction:
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> None:
    """Pass bytes on, at most `left`."""
    with suppress(ConnectionError):
        while left is None or left > 0:
            data = await reader.read(65536 if left is None else min(left, 65536))
            if not data:
                break
            writer.write(data)
            await writer.drain()
            left = None if left is None else left - len(data)
        if left is None and writer.can_write_eof():
            writer.write_eof()


@asynccontextmanager
async def proxied(target: int, *cuts: tuple[str, int]) -> AsyncIterator[Proxy]:
    """A proxy before a port of this machine, for the length of the block."""
    proxy = Proxy(target, list(cuts))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
