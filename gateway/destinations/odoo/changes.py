"""What a supplier was last told of an order, and what of its present state it has not been told yet.

Not here: finding orders (source.py), making the order of rows (projection.py). Rules protected: a supplier hears of
each change once, with the number of the change; it never hears what it proposed itself; a line whose quantity became 0
is a deleted line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from edi.documents import OrderReleased
from edi.documents.order import ChangedLine, OrderLine
from edi.documents.types import Code, Quantity, plain
from gateway.line_matching import LineComparison

# What of an order's head the supplier acts on.
HEAD = ("supplier", "ship_to", "currency", "payment_terms", "incoterm")
# One kind of difference -> what the change says of the line; several are `changed`.
ACTIONS = {"quantity": "quantity", "price": "price", "date": "rescheduled"}


@dataclass(frozen=True, slots=True)
class Told:
    """The order as its supplier knows it: after `revision` changes, and whether it was called off."""

    order: OrderReleased
    revision: int = 0
    cancelled: bool = False

    def text(self) -> str:
        """For the ledger: `<revision> <open|cancelled> <order as JSON>`."""
        state = "cancelled" if self.cancelled else "open"
        return f"{self.revision} {state} {self.order.model_dump_json(exclude_defaults=True)}"

    @classmethod
    def of(cls, text: str | None) -> Told | None:
        """Read `text` back; None for an order that was seen before such texts were kept."""
        if not text:
            return None
        revision, state, order = text.split(" ", 2)
        return cls(OrderReleased.model_validate_json(order), int(revision), state == "cancelled")


# Line -> what the supplier has confirmed for it, as texts: quantity, price, date.
Agreed: TypeAlias = Mapping[str, Mapping[str, str]]
# Line -> how much of it has come in.
Received: TypeAlias = Mapping[str, Decimal]


def agreed_text(lines: Iterable[LineComparison]) -> str:
    """What an answer confirms, for the ledger. A line in several parts confirms nothing that could be compared."""
    agreed: dict[str, dict[str, str]] = {}
    for line in lines:
        if len(line.parts) != 1:
            continue
        (part,) = line.parts
        said = {"quantity": part.quantity, "price": part.price, "date": part.delivery}
        if found := {name: _text(value) for name, value in said.items() if value is not None}:
            agreed[line.order.number] = found
    return json.dumps(agreed, separators=(",", ":")) if agreed else ""


def agreed_of(text: str | None) -> Agreed:
    return json.loads(text) if text else {}


def untold(
    told: OrderReleased, now: OrderReleased, agreed: Agreed, received: Received
) -> tuple[ChangedLine, ...] | None:
    """The lines that differ from what the supplier knows or has confirmed itself; None when nothing differs at all."""
    before = {line.line_number: line for line in told.lines}
    changed: list[ChangedLine] = []
    for line in now.lines:
        old = before.pop(line.line_number, None)
        action = _action(old, line, agreed.get(line.line_number, {}))
        if action:
            changed.append(_changed(line, action, received))
    changed += [_gone(line) for line in before.values() if line.ordered.value]
    if changed or any(getattr(told, name) != getattr(now, name) for name in HEAD):
        return tuple(changed)
    return None


def all_lines(order: OrderReleased, received: Received) -> tuple[ChangedLine, ...]:
    """Every line, for a supplier that is to replace what it knows."""
    return tuple(_changed(line, "changed", received) for line in order.lines if line.ordered.value)


def _changed(line: OrderLine, action: str, received: Received) -> ChangedLine:
    """A line as it shall be from now on, and what of it is still to come."""
    if action == "deleted":
        return _gone(line)
    left = max(Decimal(0), line.ordered.value - received.get(line.line_number, Decimal(0)))
    return ChangedLine(
        line_number=line.line_number,
        action=Code(value=action),
        item=line.item,
        ordered=line.ordered,
        left_to_receive=Quantity(value=left, uom=line.ordered.uom),
        price=line.price,
        dates=line.dates,
    )


def _gone(line: OrderLine) -> ChangedLine:
    none = Quantity(value=Decimal(0), uom=line.ordered.uom)
    return ChangedLine(
        line_number=line.line_number, action=Code(value="deleted"), item=line.item, ordered=none, left_to_receive=none
    )


def _action(old: OrderLine | None, new: OrderLine, agreed: Mapping[str, str]) -> str:
    """What happened to a line; empty when there is nothing to tell."""
    gone = not new.ordered.value
    if old is None or not old.ordered.value:
        return "" if gone else "added"
    if gone:
        return "deleted"
    if old.item != new.item or old.ordered.uom != new.ordered.uom:
        return "changed"
    said, says = _values(old), _values(new)
    differing = [name for name in says if says[name] not in (said[name], agreed.get(name))]
    if not differing:
        return ""
    only = differing[0]
    if len(differing) > 1 or (only == "quantity" and new.ordered.value < old.ordered.value):
        return "changed"  # the code for a changed quantity says that it is more
    return ACTIONS[only]


def _values(line: OrderLine) -> dict[str, str]:
    price = line.price.amount if line.price else None
    date = next(iter(line.dates), None)
    return {
        "quantity": _text(line.ordered.value),
        "price": _text(price),
        "date": _text(date.on if date else None),
    }


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else "" if value is None else str(value)
