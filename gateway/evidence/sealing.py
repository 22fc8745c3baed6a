"""What puts exchanges into the chain of evidence: after their commit, some at a time, in the order they are found.

Not here: what a link is (chain.py). Rules protected: no message waits for the chain; of several that seal at once one
goes on and the others wait, so that the chain never forks; what is sealed is what was stored, by the digests taken
before it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gateway import clock
from gateway.evidence import chain
from gateway.evidence.chain import EMPTY, Head
from gateway.ledger import Ledger
from gateway.ledger.queries import evidence

AT_A_TIME = 200
PATIENCE = dt.timedelta(minutes=1)  # how long an answer may take until a message is sealed without its time


@dataclass(frozen=True)
class Sealer:
    """`answered` are the times of answers that only this process knows yet: number of an exchange -> ledger text."""

    ledger: Ledger
    now: Callable[[], dt.datetime] = clock.now
    answered: dict[int, str] = field(default_factory=dict)

    async def seal(self) -> int:
        """Add what is there to add; how many links that made."""
        made = 0
        while True:
            times = dict(self.answered)
            added = await self.ledger.write(partial(_seal, times=times, now=self.now()), "seal")
            for number in times:
                del self.answered[number]
            made += added
            if added < AT_A_TIME:
                return made

    async def head(self) -> Head:
        """The last place of the chain."""
        return await self.ledger.read(last)


def last(c: Any) -> Head:
    row = evidence.head(c)
    return Head(row.number, row.digest) if row is not None else EMPTY


def _seal(c: Any, times: dict[int, str], now: dt.datetime) -> int:
    evidence.alone(c)
    evidence.answered(c, times)
    here, made = last(c), 0
    for row in evidence.unsealed(c, clock.stamp(now - PATIENCE), AT_A_TIME):
        for step in steps(row):
            text = chain.record(_record(row, step))
            digest = chain.content(text)
            here = here.next(digest)
            evidence.add_link(
                c,
                {
                    "number": here.number,
                    "exchange": row.id,
                    "step": step,
                    "record": text,
                    "content": digest,
                    "digest": here.digest,
                    "at": clock.stamp(now),
                },
            )
            made += 1
        evidence.sealed(c, row.id, 2 if step == "receipt" or row.direction == "in" else 1)
    return made


def steps(row: Any) -> list[str]:
    """What an exchange still has to add: a message of a partner comes with the receipt we give, ours is answered
    later."""
    if row.direction == "in":
        return ["message"]
    return ["message"] * (row.sealed == 0) + ["receipt"] * (row.answered_at is not None)


def _record(row: Any, step: str) -> dict[str, Any]:
    """What a link covers of an exchange. Times are UTC."""
    ours = row.direction == "out"
    early = ours and step == "message"  # nothing of the receipt yet
    facts = {name: text for name, text in row.facts.items() if not early or not name.startswith("receipt_")}
    return {
        "format": "gateway evidence 1",
        "exchange": row.id,
        "step": step,
        "direction": row.direction,
        "partner": row.mailbox.partition("/")[0],
        "channel": row.mailbox.partition("/")[2],
        "as2_from": row.as2_from,
        "as2_to": row.as2_to,
        "message_id": row.message_id,
        "mic": row.mic,
        "receipt_mic": "" if early else row.receipt_mic,
        "state": "ready" if early else row.state,
        "note": "" if early else row.note,
        "facts": facts,
        "digests": {name: each for name, each in row.digests.items() if not early or not name.startswith("answer/")},
        "received_at": row.received_at,
        "stored_at": row.at,
        "posted_at": None if early else row.posted_at,
        "answered_at": None if early else row.answered_at,
    }


async def walked(ledger: Ledger, at_a_time: int = 1000) -> tuple[Head, list[str]]:
    """The whole chain of a ledger made again from its records: its end, and every fault in words. It goes on behind a
    fault from what the ledger has, so that one change is one fault."""
    here, faults = EMPTY, []
    while rows := await ledger.read(partial(evidence.links_after, number=here.number, limit=at_a_time)):
        for row in rows:
            if row.number != here.number + 1:
                faults.append(f"link {here.number + 1} is missing; the next one is {row.number}")
            if chain.content(row.record) != row.content:
                faults.append(f"link {row.number}: its record was changed (exchange {row.exchange}, {row.step})")
            if Head(row.number - 1, here.digest).next(row.content).digest != row.digest:
                faults.append(f"link {row.number}: its digest does not follow from link {row.number - 1}")
            here = Head(row.number, row.digest)
    return here, faults
