"""What the tests of transports share: an honest double of inlet and mailboxes in memory, and a running server."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.ledger.tables import receipt
from gateway.mailboxes import LedgerMailboxes
from gateway.ports import LONG_AGO, Arrival, MailboxFile, Parcel, Receipt, Shelf, Submission
from gateway.transports.sftp import SftpServer, SftpSession, connect, generate_key
from gateway.window import window
from tests.flow.world import World

MAILBOX = "one/inbox"
PAYLOAD = b"ISA*" * 1000
LARGEST = 100_000_000


@dataclass
class Desk:
    """Implements Inlet and Mailboxes. `fail` is raised by the next calls of arrive; `gate` holds arrive back."""

    arrived: list[Arrival] = field(default_factory=list)
    state: dict[str, dict[str, str]] = field(default_factory=dict)
    out: dict[str, list[tuple[MailboxFile, bytes]]] = field(default_factory=dict)
    collected_ids: list[str] = field(default_factory=list)
    discarded_ids: list[str] = field(default_factory=list)
    digests: dict[tuple[str, bytes], str] = field(default_factory=dict)
    asked: list[tuple[Shelf, dt.datetime]] = field(default_factory=list)
    fail: Exception | None = None
    gate: asyncio.Event | None = None

    def names(self) -> list[str]:
        return [arrival.name for arrival in self.arrived]

    def place(self, mailbox: str, name: str, data: bytes) -> str:
        files = self.out.setdefault(mailbox, [])
        file_id = f"d{len(files) + 1}"
        files.append((MailboxFile(file_id, name, len(data), dt.datetime(2026, 12, 1, 10, 30, tzinfo=dt.UTC)), data))
        return file_id

    async def arrive(self, arrival: Arrival, remember: Mapping[str, str] | None = None) -> Receipt:
        if self.gate is not None:
            await self.gate.wait()
        if self.fail is not None:
            raise self.fail
        arrival = replace(arrival, data=window(arrival.data).whole(LARGEST))  # what it is a range of ends with the call
        assert isinstance(arrival.data, bytes)
        seen = (arrival.mailbox, hashlib.sha256(arrival.data).digest())
        self.arrived.append(arrival)
        receipt = f"r{len(self.arrived)}"
        first = self.digests.setdefault(seen, receipt)
        self._keep(arrival.mailbox, remember or {})
        return Receipt(receipt, first if first != receipt else None)

    async def submit(self, source: str, submissions: Sequence[Submission], remember: Mapping[str, str]) -> int:
        self._keep(source, remember)
        return len(submissions)

    async def recall(self, source: str) -> dict[str, str]:
        return dict(self.state.get(source, {}))

    async def files(
        self, mailbox: str, shelf: Shelf, *, since: dt.datetime = LONG_AGO, name: str = ""
    ) -> AsyncIterator[MailboxFile]:
        placed = [file for file, _ in self.out.get(mailbox, [])]
        uploaded = [file for file, _ in self._uploaded(mailbox)]
        fetched = [file for file in placed if file.id in (*self.collected_ids, *self.discarded_ids)]
        shelves = {
            "in": uploaded,
            "out": [file for file in placed if file.id not in self.discarded_ids],
            "archive": uploaded + fetched,
        }
        self.asked.append((shelf, since))
        for file in shelves[shelf]:
            if not name or file.name == name:
                yield file

    async def held(self, mailbox: str, since: dt.datetime) -> tuple[int, int]:
        sizes = [file.size for file, _ in self._uploaded(mailbox)]
        return len(sizes), sum(sizes)

    async def content(self, mailbox: str, file_id: str) -> bytes:
        return {file.id: data for file, data in (*self.out.get(mailbox, []), *self._uploaded(mailbox))}[file_id]

    def _uploaded(self, mailbox: str) -> list[tuple[MailboxFile, bytes]]:
        """Newest first."""
        at = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
        return [
            (MailboxFile(f"r{n}", a.name, len(a.data), at), a.data)
            for n, a in reversed(list(enumerate(self.arrived, 1)))
            if a.mailbox == mailbox
        ]

    async def collected(self, mailbox: str, file_id: str) -> None:
        self.collected_ids.append(file_id)

    async def discard(self, mailbox: str, file_id: str) -> None:
        self.discarded_ids.append(file_id)

    def _keep(self, source: str, remember: Mapping[str, str]) -> None:
        kept = self.state.setdefault(source, {})
        for key, value in remember.items():
            if value:
                kept[key] = value
            else:
                kept.pop(key, None)


@dataclass
class Time:
    """A clock that is moved by hand: the fixture `time`."""

    now: dt.datetime = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)

    def pass_(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@dataclass(frozen=True)
class Keys:
    """Made once a run: our host key, the partner's key, and the key of somebody we do not know."""

    host: tuple[str, str] = field(default_factory=generate_key)
    partner: tuple[str, str] = field(default_factory=generate_key)
    stranger: tuple[str, str] = field(default_factory=generate_key)


@dataclass
class Running:
    """The server, and how the partner gets in."""

    server: SftpServer
    keys: Keys

    def login(self, user: str = "one", key: str = "", **more: Any) -> AbstractAsyncContextManager[SftpSession]:
        return connect(
            "127.0.0.1",
            self.server.port,
            user,
            key or self.keys.partner[0],
            host_key=self.keys.host[1],
            patience=5,
            **more,
        )


@dataclass
class Hosted(Running):
    """It stores to a double."""

    desk: Desk
    staging: Path


@dataclass
class Site(Running):
    """It stores to a real ledger."""

    world: World

    async def names(self, shelf: Shelf) -> list[str]:
        return [file.name async for file in LedgerMailboxes(self.world.ledger).files("acme/inbox", shelf)]

    async def states(self) -> list[str]:
        query = sa.select(receipt.c.state).order_by(receipt.c.id)
        return list(await self.world.ledger.read(lambda c: c.execute(query).scalars().all()))


Stored = Callable[..., AbstractAsyncContextManager[Site]]
Serve = Callable[..., AbstractAsyncContextManager[Hosted]]


def parcel(**changes: Any) -> Parcel:
    """A document on its way to a partner, `850_P00042_000000007.edi` by the usual template."""
    values: dict[str, Any] = {
        "id": "d1",
        "destination": "one/sftp",
        "key": "po/P00042",
        "partner": "one",
        "kind": "850",
        "attempt": 1,
        "payload": PAYLOAD,
        "facts": {"control": "000000007"},
    }
    return Parcel(**(values | changes))
