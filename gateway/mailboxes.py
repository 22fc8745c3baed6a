"""The hosted mailboxes' view of the ledger: shelves are read in pages, files have their true size and time.

Not here: SFTP (gateway/transports/sftp). Rule protected: a partner sees and changes files of its own mailbox only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway import answered, clock
from gateway.ledger import Ledger
from gateway.ledger.content import PIECE, stored
from gateway.ledger.queries import deliveries, mailboxes, receipts
from gateway.ports import LONG_AGO, MailboxFile, Shelf
from gateway.window import Content

PAGE = 2000


@dataclass(frozen=True, slots=True)
class LedgerMailboxes:
    """Implements ports.Mailboxes. The id of a file is what the ledger keeps its bytes under."""

    ledger: Ledger
    now: Callable[[], dt.datetime] = clock.now

    async def files(
        self, mailbox: str, shelf: Shelf, *, since: dt.datetime = LONG_AGO, name: str = ""
    ) -> AsyncIterator[MailboxFile]:
        after: mailboxes.Mark | None = None
        while True:
            read = partial(mailboxes.page, mailbox=mailbox, shelf=shelf, since=clock.stamp(since), name=name)
            rows = await self.ledger.read(partial(read, after=after, limit=PAGE))
            for row in rows:
                yield MailboxFile(row.owner, row.name, row.size, clock.moment(row.at))
            if len(rows) < PAGE:
                return
            after = (rows[-1].at, rows[-1].seq, rows[-1].owner)

    async def held(self, mailbox: str, since: dt.datetime) -> tuple[int, int]:
        return await self.ledger.read(lambda c: mailboxes.held(c, mailbox, clock.stamp(since)))

    async def content(self, mailbox: str, file_id: str) -> Content:
        def bytes_of(c: Any) -> Content:
            if not mailboxes.owner_is_here(c, mailbox, file_id):
                raise KeyError(file_id)
            first = receipts.get_row(c, file_id, 0)
            if len(first) < PIECE:
                return first
            number = file_id[1:]
            row = receipts.get(c, int(number)) if file_id.startswith("r") else deliveries.get(c, number)
            return stored(self.ledger, file_id, row.size) if row is not None else first

        return await self.ledger.read(bytes_of)

    async def collected(self, mailbox: str, file_id: str) -> None:
        await self.ledger.write(lambda c: answered.collected(c, mailbox, _delivery(file_id), self.now()), "collected")

    async def discard(self, mailbox: str, file_id: str) -> None:
        def tx(c: Any) -> None:
            answered.collected(c, mailbox, _delivery(file_id), self.now())
            deliveries.mark_discarded(c, mailbox, _delivery(file_id), clock.stamp(self.now()))

        await self.ledger.write(tx, "discard")


def _delivery(file_id: str) -> str:
    return file_id.removeprefix("d")
