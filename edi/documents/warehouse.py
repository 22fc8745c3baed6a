"""warehouse.*: what a warehouse shall expect and ship, and what it shipped (943, 940, 945)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import BUYER, CARRIER, SUPPLIER, WMS, known, owned_by
from edi.documents.packages import Package, Shipment
from edi.documents.terms import Carrier, DeliveryTerms
from edi.documents.types import (
    Code,
    Data,
    DateMark,
    DateWindow,
    ItemRef,
    Moment,
    Note,
    OrderRef,
    Party,
    Quantity,
    Text,
    Totals,
)

Purpose = Annotated[Code | None, known("original", "change", "replace", "cancel")]


class ExpectedItem(Data):
    """Goods to come for one order line, whatever their package."""

    expected: Quantity
    item: ItemRef | None = None
    line_number: Text | None = None
    order: OrderRef | None = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()
    best_before: dt.date | None = None
    expiry: dt.date | None = None
    produced: dt.date | None = None
    notes: tuple[Note, ...] = ()


class ReceiptExpected(Data):
    """Data of `warehouse.receipt.expected.v1`. `receipt_id` stays the same; a higher `revision` replaces a lower one.

    `kind` says what it was made from: a ship notice, or the order when no notice is expected.
    """

    model_config = owned_by("gateway")

    receipt_id: Text
    revision: int
    purpose: Purpose = None
    kind: Annotated[Text | None, known("asn", "expected", "return", "transfer")] = None
    site: Annotated[Party | None, BUYER] = None
    supplier: Annotated[Party | None, BUYER] = None
    orders: Annotated[tuple[OrderRef, ...], BUYER] = ()
    shipment: Annotated[Shipment | None, SUPPLIER] = None
    expected_at: Moment | None = None
    carrier: Annotated[Carrier | None, CARRIER] = None
    packages: Annotated[tuple[Package, ...], SUPPLIER] = ()
    items: Annotated[tuple[ExpectedItem, ...], SUPPLIER] = ()
    cross_dock_to: Annotated[Party | None, BUYER] = None
    blind_receipt_allowed: bool | None = None
    notes: tuple[Note, ...] = ()


class LineToShip(Data):
    line_number: Text
    item: ItemRef
    ordered: Quantity
    lots: tuple[Text, ...] = ()
    notes: tuple[Note, ...] = ()


class ShipmentOrdered(Data):
    """Data of `warehouse.shipment.ordered.v1`: goods a warehouse shall send.

    `order_id` is the number the warehouse knows it by; `order` the customer's order.
    """

    model_config = owned_by("buyer")

    order_id: Text
    revision: int | None = None
    purpose: Purpose = None
    kind: Annotated[Text | None, known("sale", "transfer", "return_to_vendor")] = None
    order: OrderRef | None = None
    site: Party | None = None
    ship_to: Party | None = None
    bill_to: Party | None = None
    mark_for: Party | None = None
    dates: tuple[DateMark, ...] = ()
    window: DateWindow | None = None
    carrier: Carrier | None = None
    incoterm: Text | None = None
    delivery_terms: DeliveryTerms | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[LineToShip, ...] = ()
    totals: Totals | None = None


class ConfirmedLine(Data):
    """`difference` is what was ordered and not shipped."""

    line_number: Text | None = None
    item: ItemRef | None = None
    status: Annotated[Code | None, known("shipped", "short", "cancelled", "substituted", "backordered", "other")] = None
    ordered: Annotated[Quantity | None, BUYER] = None
    shipped: Quantity | None = None
    difference: Quantity | None = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()
    ssccs: tuple[Text, ...] = ()


class ShipmentConfirmed(Data):
    """Data of `warehouse.shipment.confirmed.v1`: what a warehouse sent. Only this closes an order to ship."""

    model_config = owned_by("wms")

    order_id: Annotated[Text, BUYER]
    shipment: Annotated[Shipment | None, WMS] = None
    purpose: Purpose = None
    order: Annotated[OrderRef | None, BUYER] = None
    site: Annotated[Party | None, BUYER] = None
    ship_to: Annotated[Party | None, BUYER] = None
    carrier: Annotated[Carrier | None, CARRIER] = None
    packages: tuple[Package, ...] = ()
    lines: tuple[ConfirmedLine, ...] = ()
    totals: Totals | None = None
