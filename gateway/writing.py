"""What every settling step may write: a delivery to make, and a case for a person. Inside a transaction only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from gateway import clock
from gateway.ledger.content import Packed
from gateway.ledger.queries import answers, deliveries, lanes, receipts
from gateway.outbox import Placement
from gateway.ports import Case


def place(c: Any, placements: Iterable[Placement], now: dt.datetime) -> set[str]:
    """Deliveries to make, once each."""
    touched = set()
    for item in placements:
        if item.replaces:
            deliveries.withdraw(c, item.destination, item.name, clock.stamp(now))
        added = deliveries.add(
            c,
            {
                "id": item.id,
                "lane": item.lane,
                "seq": lanes.append(c, item.lane, clock.stamp(now)),
                "destination": item.destination,
                "key": item.key,
                "kind": item.kind,
                "type": item.type,
                "partner": item.partner,
                "subject": item.subject,
                "event": item.event,
                "receipt": item.receipt,
                "name": item.name,
                "size": len(item.payload) if item.payload is not None else item.copy_size,
                "facts": item.facts,
                "state": "pending",
                "created_at": clock.stamp(now),
            },
        )
        if added:
            if item.copy_of:
                receipts.copy_rows(c, f"d{item.copy_of}", f"d{item.id}")
            elif item.payload is not None:
                with Packed(item.payload) as packed:
                    receipts.put_rows(c, {f"d{item.id}": packed.rows()})
            touched.add(item.lane)
    return touched


def open_case(
    c: Any,
    case: Case,
    now: dt.datetime,
    *,
    partner: str = "",
    receipt: int | None = None,
    delivery: str | None = None,
    dedupe: str | None = None,
) -> None:
    """Something a person must decide."""
    answers.raise_exception(
        c,
        {
            "kind": case.kind,
            "role": case.role,
            "partner": partner,
            "subject": case.subject,
            "sentence": case.sentence,
            "expected": case.expected,
            "actual": case.actual,
            "actions": list(case.actions),
            "receipt": receipt,
            "delivery": delivery,
            "dedupe": dedupe,
            "at": clock.stamp(now),
        },
    )
