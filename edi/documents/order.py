"""procurement.order.released, .changed, .cancelled: what the buyer wants of a supplier (850, 860, ORDERS, ORDCHG)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import known, owned_by
from edi.documents.terms import AllowanceCharge, Carrier, DeliveryTerms, PaymentTerms, Tax
from edi.documents.types import (
    Code,
    Data,
    DateMark,
    ItemRef,
    Note,
    Number,
    OrderRef,
    Party,
    Price,
    Quantity,
    Reference,
    Text,
    Totals,
)


class Schedule(Data):
    """A part of a line wanted on its own date."""

    quantity: Quantity
    dates: tuple[DateMark, ...] = ()


class Split(Data):
    """A part of a line for one `site`, in the buyer's code (SDQ, LOC+7)."""

    site: Text
    quantity: Quantity


class OrderLine(Data):
    """`line_number` is the buyer's stable line identity; the supplier echoes it. `pack` is how many units one pack
    holds.

    `gross_price` is the price before the allowances and charges of the line, `net_amount` what the line comes to,
    `free` goods that come without being charged, `retail_price` what the buyer will sell the goods for.
    """

    line_number: Text
    item: ItemRef
    ordered: Quantity
    price: Price | None = None
    dates: tuple[DateMark, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    notes: tuple[Note, ...] = ()
    pack: Number | None = None
    splits: tuple[Split, ...] = ()
    ship_to: Party | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    gross_price: Price | None = None
    net_amount: Number | None = None
    free: Quantity | None = None
    references: tuple[Reference, ...] = ()
    retail_price: Price | None = None


class ChangedLine(Data):
    """A line of a change or cancellation: what it shall be from now on. `left_to_receive` is what is still to come."""

    line_number: Text
    action: Annotated[
        Code | None,
        known("added", "deleted", "changed", "quantity", "price", "rescheduled", "replaced", "unchanged"),
    ] = None
    item: ItemRef | None = None
    ordered: Quantity | None = None
    left_to_receive: Quantity | None = None
    price: Price | None = None
    dates: tuple[DateMark, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    notes: tuple[Note, ...] = ()
    pack: Number | None = None
    splits: tuple[Split, ...] = ()
    ship_to: Party | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()


class OrderHeader(Data):
    """What is said once for the whole order; each event has lines of its own kind.

    `answer_requested` is the answer the buyer wants.
    """

    model_config = owned_by("buyer")

    order: OrderRef
    purpose: Annotated[Code, known("original", "change", "cancel", "replace", "duplicate", "confirmation")]
    buyer: Party | None = None
    supplier: Party | None = None
    ship_to: Party | None = None
    bill_to: Party | None = None
    contract: Text | None = None
    currency: Text | None = None
    dates: tuple[DateMark, ...] = ()
    payment_terms: PaymentTerms | None = None
    incoterm: Text | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[Data, ...] = ()
    totals: Totals | None = None
    issued_on: dt.date | None = None
    mark_for: Party | None = None
    department: Text | None = None
    promotion: Text | None = None
    delivery_terms: DeliveryTerms | None = None
    carrier: Carrier | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    ship_from: Party | None = None
    references: tuple[Reference, ...] = ()
    answer_requested: Annotated[Code | None, known("none", "receipt", "details", "changes")] = None


class OrderReleased(OrderHeader):
    """Data of `procurement.order.released.v1`, and of `sales.order.received.v1` when we are the supplier.

    `order.type` is one of standalone, blanket, release, dropship, rush, consignment (open list).
    """

    lines: tuple[OrderLine, ...]


class OrderChanged(OrderHeader):
    """Data of `procurement.order.changed.v1`: only the lines that change. `order.revision` is one higher each time."""

    changed_on: dt.date | None = None
    lines: tuple[ChangedLine, ...] = ()


class OrderCancelled(OrderHeader):
    """Data of `procurement.order.cancelled.v1`: the whole order, or the lines named."""

    changed_on: dt.date | None = None
    lines: tuple[ChangedLine, ...] = ()
