"""procurement.order.acknowledged: the supplier's answer to a purchase order (855, ORDRSP)."""

from __future__ import annotations

import datetime as dt

from edi.documents.types import Code, Data, DateMark, ItemRef, Note, OrderRef, Party, Price, Quantity, Text, Totals


class Response(Data):
    """One answer to one line; a line answered in parts has several.

    `status` is one of accepted, quantity_changed, price_changed, rescheduled, changed, backordered, partial_backorder
    (before normalising), substituted, on_hold, rejected, deleted, other. `price` only when the supplier names another
    one.
    """

    status: Code
    quantity: Quantity | None = None
    date: DateMark | None = None
    price: Price | None = None
    substitute: ItemRef | None = None
    reason: Text | None = None


class AnsweredLine(Data):
    """`ordered` and `price` are the supplier's echo of the order line, not the order itself."""

    line_number: Text | None = None
    item: ItemRef | None = None
    ordered: Quantity | None = None
    price: Price | None = None
    responses: tuple[Response, ...] = ()
    notes: tuple[Note, ...] = ()


class OrderAcknowledged(Data):
    """Data of `procurement.order.acknowledged.v1`. Owner of every field: the supplier.

    `response` is one of received_only, accepted, accepted_with_changes, accepted_with_exceptions,
    counter_offer, pending, rejected, other.
    """

    order: OrderRef
    response: Code
    purpose: Code | None = None
    supplier_order_number: Text | None = None
    supplier_reference: Text | None = None
    contract: Text | None = None
    acknowledged_on: dt.date | None = None
    currency: Text | None = None
    buyer: Party | None = None
    supplier: Party | None = None
    ship_to: Party | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[AnsweredLine, ...] = ()
    totals: Totals | None = None
