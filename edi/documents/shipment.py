"""procurement.shipment.dispatched: what a supplier has sent, package by package (856, DESADV)."""

from __future__ import annotations

from typing import Annotated

from edi.documents.owners import BUYER, CARRIER, known, owned_by
from edi.documents.packages import Package, Shipment, ShipmentTotals, ShippedItem
from edi.documents.terms import Carrier
from edi.documents.types import Code, Data, Moment, Note, OrderRef, Party, Text


class ShipmentDispatched(Data):
    """Data of `procurement.shipment.dispatched.v1`, and of `sales.order.shipped.v1` when we are the supplier.

    Goods stand in `packages`, or in `items` if their package is not named. `order` holds for all items that name none.
    """

    model_config = owned_by("supplier")

    shipment: Shipment
    purpose: Annotated[Code | None, known("original", "cancel", "change", "replace")] = None
    order: Annotated[OrderRef | None, BUYER] = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Party | None = None
    ship_from: Party | None = None
    ship_to: Annotated[Party | None, BUYER] = None
    mark_for: Annotated[Party | None, BUYER] = None
    carrier: Carrier | None = None
    totals: ShipmentTotals | None = None
    notes: tuple[Note, ...] = ()
    packages: tuple[Package, ...] = ()
    items: tuple[ShippedItem, ...] = ()


class ShipmentStatus(Data):
    """Data of `procurement.shipment.status.v1`: where a shipment is (214, IFTSTA)."""

    model_config = owned_by("carrier")

    shipment: Shipment
    status: Annotated[
        Code, known("picked_up", "in_transit", "arrived", "out_for_delivery", "delivered", "delayed", "exception")
    ]
    at: Moment
    place: Party | None = None
    reason: Code | None = None
    carrier: Carrier | None = None
    orders: Annotated[tuple[OrderRef, ...], BUYER] = ()
    ssccs: tuple[Text, ...] = ()
    estimated_delivery: Annotated[Moment | None, CARRIER] = None
