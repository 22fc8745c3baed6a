"""procurement.order.released: a purchase order the buyer has confirmed (850, ORDERS)."""

from __future__ import annotations

import datetime as dt

from edi.documents.types import Code, Data, DateMark, ItemRef, Note, OrderRef, Party, Price, Quantity, Text, Totals


class Schedule(Data):
    """A part of a line wanted on its own date."""

    quantity: Quantity
    dates: tuple[DateMark, ...] = ()


class OrderLine(Data):
    """`line_number` is the buyer's stable line identity; the supplier echoes it."""

    line_number: Text
    item: ItemRef
    ordered: Quantity
    price: Price | None = None
    dates: tuple[DateMark, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    notes: tuple[Note, ...] = ()


class PaymentTerms(Data):
    """`net_days` from the invoice date; `description` as the buyer's system words it."""

    net_days: int | None = None
    description: Text | None = None


class OrderReleased(Data):
    """Data of `procurement.order.released.v1`. Owner of every field: the buyer."""

    order: OrderRef
    purpose: Code
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
    lines: tuple[OrderLine, ...]
    totals: Totals | None = None
    issued_on: dt.date | None = None
