"""Shipments, the tree of their packages, and the goods in them; shared by shipment, receipt and warehouse events."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import BUYER, known
from edi.documents.types import Code, Data, ItemRef, Moment, Note, Number, OrderRef, Quantity, Text


class ShipmentRef(Data):
    """A shipment as another document names it."""

    number: Text | None = None
    date: dt.date | None = None
    bill_of_lading: Text | None = None
    packing_slip: Text | None = None
    tracking: Text | None = None


class Shipment(Data):
    """`issued_at` is when the notice was made; `shipped_on` and `estimated_delivery` are of the goods."""

    number: Text
    issued_at: Moment | None = None
    shipped_on: dt.date | None = None
    estimated_delivery: Moment | None = None
    tracking: Text | None = None
    bill_of_lading: Text | None = None
    packing_slip: Text | None = None
    seal: Text | None = None
    trailer: Text | None = None


class Variance(Data):
    """Why less or more is shipped than was ordered (SN1, QVR); `quantity` is the difference."""

    reason: Code | None = None
    quantity: Quantity | None = None


class ShippedItem(Data):
    """Goods of one order line in one package. `line_number` is the sender's; `order.line_number` that of the order.

    `package_ids` name the packages of an item that is not divided among them. `status` says of the order line whether
    more will come.
    """

    line_number: Text | None = None
    item: ItemRef | None = None
    shipped: Quantity | None = None
    ordered: Annotated[Quantity | None, BUYER] = None
    cumulative: Quantity | None = None
    status: Annotated[Code | None, known("complete", "partial", "backordered", "cancelled", "substituted")] = None
    order: Annotated[OrderRef | None, BUYER] = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()
    best_before: dt.date | None = None
    expiry: dt.date | None = None
    produced: dt.date | None = None
    country_of_origin: Text | None = None
    variances: tuple[Variance, ...] = ()
    package_ids: tuple[Text, ...] = ()
    notes: tuple[Note, ...] = ()


class Package(Data):
    """One package, or `count` equal ones, with what is inside. `id` is what `package_ids` of an item name.

    `level` is the place in the tree: pallet, case and so on (open list); `type` the kind of packaging. Weights, volume,
    length, width and height are of one package.
    """

    level: Annotated[Text | None, known("pallet", "case", "carton", "inner", "parcel", "container")] = None
    id: Text | None = None
    type: Code | None = None
    count: int | None = None
    ssccs: tuple[Text, ...] = ()
    tracking: Text | None = None
    gross_weight: Quantity | None = None
    net_weight: Quantity | None = None
    volume: Quantity | None = None
    packages: tuple[Package, ...] = ()
    items: tuple[ShippedItem, ...] = ()
    length: Quantity | None = None
    width: Quantity | None = None
    height: Quantity | None = None


class ShipmentTotals(Data):
    packages: int | None = None
    lines: int | None = None
    quantity: Number | None = None
    gross_weight: Quantity | None = None
    net_weight: Quantity | None = None
    volume: Quantity | None = None
