"""asyncssh's connection on a transport that sends what one turn of the loop has made in one piece.

Not here: anything of SSH itself. Both halves are about speed alone: without them files come half as fast.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncssh
from asyncssh.constants import MSG_IGNORE


class Connection(asyncssh.SSHServerConnection):
    """A connection without the empty packet asyncssh sends before each one: it guards CBC ciphers, which are not spoken
    here."""

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        """Send a packet, unless it is an empty one."""
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)


class Together:
    """A transport whose writes go out together at the end of the loop's turn. Everything else is the transport's."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send this with whatever else comes in this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what is left, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)
