"""procurement.goods.received, procurement.order.fulfilled, procurement.return.requested: what came, and what goes back
(944, 861, RECADV, 180, RETANN)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from edi.documents.owners import BUYER, SUPPLIER, known, owned_by
from edi.documents.packages import ShipmentRef
from edi.documents.types import Code, Data, ItemRef, Note, OrderRef, Party, Quantity, Text, Totals

REASONS = known(
    "damaged", "expired", "wrong_item", "wrong_lot", "quality", "short", "over", "no_document", "temperature",
    "refused", "hold", "scrapped", "late", "early", "container", "good", "other",
)  # fmt: skip


class Receipt(Data):
    """`kind` as the warehouse names it; `status` is partial or final."""

    number: Text
    date: dt.date | None = None
    kind: Code | None = None
    status: Annotated[Text | None, known("partial", "final")] = None


class ReceiptRef(Data):
    number: Text
    date: dt.date | None = None


class Rejected(Data):
    """Goods received and not accepted; `action` is what becomes of them."""

    quantity: Quantity
    reason: Annotated[Code | None, REASONS] = None
    action: Annotated[Code | None, known("returned", "scrapped", "held", "replaced", "other")] = None


class ReceivedLine(Data):
    """`accepted` and all of `rejected` together are `received`. `short` and `oversupply` compare with what was advised.
    `damaged` and `qc_hold` are a part of what was received."""

    line_number: Text | None = None
    item: ItemRef | None = None
    order: Annotated[OrderRef | None, BUYER] = None
    received: Quantity | None = None
    accepted: Quantity | None = None
    short: Quantity | None = None
    oversupply: Quantity | None = None
    rejected: tuple[Rejected, ...] = ()
    damaged: Quantity | None = None
    qc_hold: Quantity | None = None
    reason: Annotated[Code | None, REASONS] = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()
    ssccs: tuple[Text, ...] = ()
    best_before: dt.date | None = None
    expiry: dt.date | None = None
    produced: dt.date | None = None
    location: Text | None = None
    notes: tuple[Note, ...] = ()


class GoodsReceived(Data):
    """Data of `procurement.goods.received.v1`. `mode` says whether quantities are of this receipt or of all so far.
    `corrects` is the receipt this one replaces."""

    model_config = owned_by("wms")

    receipt: Receipt
    purpose: Annotated[Code | None, known("original", "cancel", "change", "replace")] = None
    mode: Literal["delta", "cumulative"] | None = None
    corrects: Text | None = None
    order: Annotated[OrderRef | None, BUYER] = None
    shipment: Annotated[ShipmentRef | None, SUPPLIER] = None
    site: Party | None = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Annotated[Party | None, BUYER] = None
    notes: tuple[Note, ...] = ()
    lines: tuple[ReceivedLine, ...] = ()
    totals: Totals | None = None


class FulfilledLine(Data):
    line_number: Text
    ordered: Quantity
    received: Quantity


class OrderFulfilled(Data):
    """Data of `procurement.order.fulfilled.v1`: nothing of the order is open any more. Once per order."""

    model_config = owned_by("gateway")

    order: Annotated[OrderRef, BUYER]
    fulfilled_on: dt.date | None = None
    lines: tuple[FulfilledLine, ...] = ()


class ReturnedLine(Data):
    item: ItemRef
    quantity: Quantity
    line_number: Text | None = None
    order: OrderRef | None = None
    receipt: ReceiptRef | None = None
    reason: Annotated[Code | None, REASONS] = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()


class ReturnRequested(Data):
    """Data of `procurement.return.requested.v1`: goods the buyer wants to send back."""

    model_config = owned_by("buyer")

    number: Text
    date: dt.date | None = None
    purpose: Annotated[Code | None, known("original", "cancel", "change", "replace")] = None
    order: OrderRef | None = None
    buyer: Party | None = None
    supplier: Party | None = None
    ship_from: Party | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[ReturnedLine, ...] = ()
