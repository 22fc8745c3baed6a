"""A file that arrives, made ready outside the transaction that stores it, and stored within it (TX1).

Not here: what is in it (intake.py). Rule protected: its bytes are packed, hashed and stored piece by piece, never held
in memory as a whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edi
from gateway import clock
from gateway.ledger.content import Packed
from gateway.ledger.queries import receipts
from gateway.ports import Arrival
from gateway.window import Window, window

ENDS = 200  # bytes of a file that say whether it is whole
SAME_FILE_WINDOW = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class File:
    """An arrival ready to be stored: its row, its packed bytes, and when its translation is due. To be closed."""

    row: dict[str, Any]
    packed: Packed
    now: dt.datetime
    due: dt.datetime

    @staticmethod
    def of(arrival: Arrival, now: dt.datetime, wait: dt.timedelta, folder: Path | None = None) -> File:
        """`wait`: for the rest of a file that ends inside an interchange. What is large waits in `folder`."""
        packed = Packed(arrival.data, folder)
        due = now + wait if _is_incomplete(window(arrival.data)) else now
        return File(_receipt_values(arrival, packed, now, due), packed, now, due)

    @property
    def lane(self) -> str:
        return str(self.row["lane"])

    def store(self, c: Any) -> tuple[int, int | None]:
        """Within TX1, which has taken a place in the lane first: uploads of one partner pass one by one. Returns the
        receipt's number, and that of the first one with the same bytes."""
        number, first = self.enter(c)
        receipts.put_rows(c, {f"r{number}": self.packed.rows()})
        return number, first

    def enter(self, c: Any) -> tuple[int, int | None]:
        """As `store`, for a caller that stores the bytes with others."""
        mailbox = self.row["mailbox"]
        receipts.supersede(c, mailbox, self.row["name"], clock.stamp(self.now))
        first = receipts.same_bytes(c, mailbox, self.row["sha256"], clock.stamp(self.now - SAME_FILE_WINDOW))
        return receipts.add(c, {**self.row, "duplicate_of": first}), first

    def close(self) -> None:
        self.packed.close()


def printable(text: str) -> str:
    """Text from outside as both databases take it: no NUL, no half characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\u2400").encode("utf-8", "backslashreplace").decode("utf-8")


def _is_incomplete(data: Window) -> bool:
    """Nearly every file is whole, which its ends say; only others are read."""
    head, tail = data.at(data.start, ENDS), data.at(max(data.start, data.end - ENDS), ENDS)
    return not edi.ends_with_trailer(head, tail) and edi.is_incomplete(data.stream())


def _receipt_values(arrival: Arrival, packed: Packed, now: dt.datetime, due: dt.datetime) -> dict[str, Any]:
    partner = arrival.mailbox.partition("/")[0]
    return {
        "mailbox": arrival.mailbox,
        "partner": partner,
        "lane": f"in:{partner}",
        "name": printable(arrival.name),
        "sha256": packed.sha256,
        "size": packed.size,
        "facts": dict(arrival.facts),
        "state": "held" if due > now else "stored",
        "reason": "the file ends in the middle of an interchange; waiting for its rest" if due > now else "",
        "received_at": clock.stamp(now),
        "due_at": clock.stamp(due),
    }
