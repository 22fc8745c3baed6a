"""Uploads that may come again: stored once, whatever became of the answer.

Not here: HTTP (gateway/transports/https). Rule protected: the bytes and the key that makes a repeat known are one
transaction.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from gateway import clock
from gateway.arriving import SAME_FILE_WINDOW
from gateway.flow import Flow
from gateway.ledger.queries import answers, lanes, receipts
from gateway.ports import Arrival, Uploaded

KEY = "idempotency|"  # begins what is remembered of a mailbox: key -> digest and receipt


@dataclass(frozen=True, slots=True)
class LedgerUploads:
    """Implements ports.Uploads on the ledger of a flow."""

    flow: Flow

    async def upload(self, arrival: Arrival, key: str) -> Uploaded:
        with closing(await asyncio.to_thread(self.flow.incoming_file, arrival)) as file:
            mailbox, digest, at = arrival.mailbox, str(file.row["sha256"]), clock.stamp(file.now)

            def tx1(c: Any) -> Uploaded:
                lanes.append(c, file.lane, at)  # first: uploads of one partner pass one by one
                if key:
                    known = answers.recall(c, mailbox, [KEY + key]).get(KEY + key, "")
                    before, _, number = known.partition(" ")
                    if known:
                        return Uploaded(number, repeat=True) if before == digest else Uploaded(conflict=True)
                else:
                    since = clock.stamp(file.now - SAME_FILE_WINDOW)
                    first = receipts.same_bytes(c, mailbox, digest, since)
                    if first is not None:
                        return Uploaded(str(first), repeat=True)
                stored, _ = file.store(c)
                if key:
                    answers.remember(c, mailbox, {KEY + key: f"{digest} {stored}"})
                return Uploaded(str(stored))

            uploaded = await self.flow.ledger.write(tx1, "tx1.upload")
        self.flow.wake(file.lane, file.due)
        return uploaded
