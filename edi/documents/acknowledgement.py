"""procurement.order.acknowledged, procurement.change.acknowledged: the supplier's answer to a purchase order or to its
change (855, 865, ORDRSP)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypeAlias

from edi.documents.owners import BUYER, known, owned_by
from edi.documents.types import (
    Code,
    Data,
    DateMark,
    ItemRef,
    Note,
    OrderRef,
    Party,
    Price,
    Quantity,
    Reference,
    Text,
    Totals,
)


class Response(Data):
    """One answer to one line; a line answered in parts has several.

    `status` is one of accepted, quantity_changed, price_changed, rescheduled, changed, backordered, partial_backorder
    (before normalising), substituted, on_hold, rejected, deleted, other. `price` only when the supplier names another
    one. `changes` says of `changed` what: quantity, price, date. `reason_code` is of a list
    the partners share.
    """

    status: Annotated[
        Code,
        known(
            "accepted", "quantity_changed", "price_changed", "rescheduled", "changed", "backordered",
            "partial_backorder", "substituted", "on_hold", "rejected", "deleted", "other",
        ),
    ]  # fmt: skip
    quantity: Quantity | None = None
    date: DateMark | None = None
    price: Price | None = None
    substitute: ItemRef | None = None
    reason: Text | None = None
    changes: Annotated[tuple[Text, ...], known("quantity", "price", "date")] = ()
    reason_code: Code | None = None


class AnsweredLine(Data):
    """`ordered` and `price` are the supplier's echo of the order line, not the order itself. `promised_delivery` holds
    for all responses that name no date."""

    line_number: Annotated[Text | None, BUYER] = None
    item: Annotated[ItemRef | None, BUYER] = None
    ordered: Annotated[Quantity | None, BUYER] = None
    price: Annotated[Price | None, BUYER] = None
    responses: tuple[Response, ...] = ()
    notes: tuple[Note, ...] = ()
    promised_delivery: dt.date | None = None
    gross_price: Annotated[Price | None, BUYER] = None
    references: tuple[Reference, ...] = ()


class AnsweredChange(AnsweredLine):
    """`action` and `left_to_receive` are the supplier's echo of what the change asked for."""

    action: Annotated[
        Code | None,
        BUYER,
        known("added", "deleted", "changed", "quantity", "price", "rescheduled", "replaced", "unchanged"),
    ] = None
    left_to_receive: Annotated[Quantity | None, BUYER] = None


class Answer(Data):
    """What a supplier says once for the whole order; each event has lines of its own kind.

    `response` is one of received_only, accepted, accepted_with_changes, accepted_with_exceptions,
    counter_offer, pending, rejected, other. `dates` hold for all lines that name none.
    """

    model_config = owned_by("supplier")

    order: Annotated[OrderRef, BUYER]
    response: Annotated[
        Code,
        known(
            "received_only", "accepted", "accepted_with_changes", "accepted_with_exceptions", "counter_offer",
            "pending", "rejected", "other",
        ),
    ]  # fmt: skip
    purpose: Annotated[
        Code | None, known("original", "cancel", "change", "replace", "confirmation", "duplicate", "rejection")
    ] = None
    supplier_order_number: Text | None = None
    supplier_reference: Text | None = None
    contract: Annotated[Text | None, BUYER] = None
    acknowledged_on: dt.date | None = None
    currency: Annotated[Text | None, BUYER] = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Party | None = None
    ship_to: Annotated[Party | None, BUYER] = None
    bill_to: Annotated[Party | None, BUYER] = None
    notes: tuple[Note, ...] = ()
    lines: tuple[Data, ...] = ()
    totals: Totals | None = None
    references: tuple[Reference, ...] = ()
    dates: tuple[DateMark, ...] = ()


class OrderAcknowledged(Answer):
    """Data of `procurement.order.acknowledged.v1`, and of `sales.order.acknowledged.v1` when we are the supplier."""

    lines: tuple[AnsweredLine, ...] = ()


class ChangeAcknowledged(Answer):
    """Data of `procurement.change.acknowledged.v1`. `order.revision` names the change answered."""

    lines: tuple[AnsweredChange, ...] = ()


SupplierAnswer: TypeAlias = OrderAcknowledged | ChangeAcknowledged
