"""Replay: a received file is translated once more, as a new receipt linked to the first, from its stored bytes.

What the first run delivered has the same ids and is not delivered again. The partner is answered only if the first
run gave no verdict (the file was quarantined or parked).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from gateway import clock
from gateway.ledger import Ledger
from gateway.ledger.queries import answers, lanes, receipts

UNDECIDED = frozenset({"quarantined", "poison", "superseded", "held"})


async def replay(ledger: Ledger, number: int, now: dt.datetime | None = None, actor: str = "operator") -> int | None:
    """The number of the new receipt, or None if there is no such receipt."""
    at = clock.stamp(now or clock.now())

    def tx(c: Any) -> int | None:
        row = receipts.get(c, number)
        if row is None:
            return None
        first = row.facts.get("replay_of", row.id)
        facts = {**row.facts, "replay_of": first, **({"answer": "yes"} if row.state in UNDECIDED else {})}
        values = {key: getattr(row, key) for key in ("mailbox", "partner", "lane", "name", "sha256", "size")}
        lanes.append(c, row.lane, at)
        made = receipts.add(c, {**values, "facts": facts, "state": "stored", "received_at": at, "due_at": at})
        receipts.copy_rows(c, f"r{row.id}", f"r{made}")
        answers.note(c, at, actor, "replay", f"receipt/{number}", {"receipt": made})
        return made

    return await ledger.write(tx, "replay")
