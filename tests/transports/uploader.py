"""HTTPS upload in a test: our listener on a real ledger, and a partner that speaks HTTP with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway import clock
from gateway.exchanges import LedgerExchanges
from gateway.ledger import Ledger
from gateway.mailboxes import LedgerMailboxes
from gateway.ports import Desk
from gateway.transports.https import Listener, UploadChannel, UploadServer, tokens
from gateway.uploads import LedgerUploads
from tests.flow.world import World

MAILBOX = "acme/web"
TOKEN, HASH = tokens.new()


def channel(**changes: Any) -> UploadChannel:
    return UploadChannel.model_validate({"name": "web", "kind": "https", "tokens": [HASH]} | changes)


@dataclass
class Host:
    """The listener; `client` is the partner with its token."""

    world: World
    server: UploadServer
    client: httpx.AsyncClient
    url: str

    async def post(self, data: bytes | Any, name: str = "a.edi", **headers: str) -> httpx.Response:
        query = {"name": name} if name else {}
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.client.post(self.url, params=query, content=data, headers=named)

    async def settle(self) -> None:
        """Run everything that is due now."""
        self.world.time = clock.now()
        await self.world.settle()

    async def received(self) -> list[tuple[str, int]]:
        """Names and sizes of what is in the ledger."""
        rows = await self.world.ledger.read(
            lambda c: c.exec_driver_sql("SELECT name, size FROM receipt ORDER BY id").all()
        )
        return [(row.name, row.size) for row in rows]


@asynccontextmanager
async def hosting(
    ledger: Ledger, folder: Path, channels: dict[str, UploadChannel] | None = None, **listener: Any
) -> AsyncIterator[Host]:
    world = World.make(ledger)
    world.time = clock.now()
    mailboxes = LedgerMailboxes(ledger)
    desk = Desk(world.flow, mailboxes, LedgerExchanges(world.flow), LedgerUploads(world.flow))
    settings = Listener.model_validate({"port": 0, "staging": folder, "idle": "1s"} | listener)
    server = UploadServer(settings, channels or {MAILBOX: channel()}, desk, lambda text: text)
    await server.start()
    scheme = "https" if settings.certificate else "http"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=10, verify=False) as client:
            yield Host(world, server, client, f"{scheme}://127.0.0.1:{server.port}/mailbox/acme")
    finally:
        await server.stop()
