"""Canonical events: one module per family, the registry of types here.

A type name carries its major version; MINOR is the additive version that appears in `dataschema`.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import ValidationError

from edi.documents.acknowledgement import ChangeAcknowledged, OrderAcknowledged
from edi.documents.advice import ApplicationAdvice
from edi.documents.discrepancy import DiscrepancyIdentified
from edi.documents.event import Event, content_hash, stable_id
from edi.documents.exchange import Acknowledgement
from edi.documents.inventory import CatalogReceived, InventoryAdjusted, InventoryAdvice, InventorySnapshot
from edi.documents.invoice import (
    CreditNoteReceived,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceMatched,
    InvoiceReceived,
    PaymentRemitted,
)
from edi.documents.keys import Keys, keys_of
from edi.documents.order import OrderCancelled, OrderChanged, OrderReleased
from edi.documents.receipt import GoodsReceived, OrderFulfilled, ReturnRequested
from edi.documents.shipment import ShipmentDispatched, ShipmentStatus
from edi.documents.transport import AckOverdue, Delivery, DocumentDuplicate, DocumentReceived, DocumentRejected
from edi.documents.types import Data
from edi.documents.warehouse import ReceiptExpected, ShipmentConfirmed, ShipmentOrdered
from edi.errors import EventError

TYPES: dict[str, tuple[type[Data], str]] = {
    "procurement.order.released.v1": (OrderReleased, "1.2"),
    "procurement.order.changed.v1": (OrderChanged, "1.1"),
    "procurement.order.cancelled.v1": (OrderCancelled, "1.1"),
    "procurement.order.acknowledged.v1": (OrderAcknowledged, "1.2"),
    "procurement.change.acknowledged.v1": (ChangeAcknowledged, "1.1"),
    "procurement.shipment.dispatched.v1": (ShipmentDispatched, "1.1"),
    "procurement.shipment.status.v1": (ShipmentStatus, "1.0"),
    "procurement.goods.received.v1": (GoodsReceived, "1.0"),
    "procurement.discrepancy.identified.v1": (DiscrepancyIdentified, "1.0"),
    "procurement.invoice.received.v1": (InvoiceReceived, "1.1"),
    "procurement.creditnote.received.v1": (CreditNoteReceived, "1.1"),
    "procurement.invoice.matched.v1": (InvoiceMatched, "1.0"),
    "procurement.invoice.approved.v1": (InvoiceApproved, "1.0"),
    "procurement.invoice.disputed.v1": (InvoiceDisputed, "1.0"),
    "procurement.order.fulfilled.v1": (OrderFulfilled, "1.0"),
    "procurement.return.requested.v1": (ReturnRequested, "1.0"),
    "procurement.payment.remitted.v1": (PaymentRemitted, "1.0"),
    "inventory.advice.received.v1": (InventoryAdvice, "1.0"),
    "inventory.adjusted.v1": (InventoryAdjusted, "1.0"),
    "inventory.snapshot.v1": (InventorySnapshot, "1.0"),
    "catalog.received.v1": (CatalogReceived, "1.0"),
    "warehouse.receipt.expected.v1": (ReceiptExpected, "1.1"),
    "warehouse.shipment.ordered.v1": (ShipmentOrdered, "1.0"),
    "warehouse.shipment.confirmed.v1": (ShipmentConfirmed, "1.1"),
    "sales.order.received.v1": (OrderReleased, "1.1"),
    "sales.order.acknowledged.v1": (OrderAcknowledged, "1.1"),
    "sales.order.shipped.v1": (ShipmentDispatched, "1.1"),
    "sales.order.invoiced.v1": (InvoiceReceived, "1.1"),
    "exchange.document.received.v1": (DocumentReceived, "1.0"),
    "exchange.document.rejected.v1": (DocumentRejected, "1.0"),
    "exchange.document.duplicate.v1": (DocumentDuplicate, "1.0"),
    "exchange.ack.received.v1": (Acknowledgement, "1.1"),
    "exchange.ack.sent.v1": (Acknowledgement, "1.1"),
    "exchange.ack.overdue.v1": (AckOverdue, "1.0"),
    "exchange.advice.received.v1": (ApplicationAdvice, "1.0"),
    "exchange.advice.sent.v1": (ApplicationAdvice, "1.0"),
    "exchange.delivery.succeeded.v1": (Delivery, "1.0"),
    "exchange.delivery.failed.v1": (Delivery, "1.0"),
}


def model_of(event_type: str) -> type[Data]:
    """The data model of an event type. Raises EventError with the known types."""
    try:
        return TYPES[event_type][0]
    except KeyError:
        raise EventError(f"unknown event type {event_type!r}; known: {', '.join(sorted(TYPES))}") from None


def event_schema(event_type: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the data of an event type."""
    schema = model_of(event_type).model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def wrap(
    data: Data,
    event_type: str,
    *,
    event_id: str,
    partner: str,
    map_version: str = "",
    test: bool | None = None,
    content: str = "",
) -> Event:
    """Put data into its envelope with the keys that follow from it. The caller stamps source, time and sequence.

    `content` is the content hash of the data, of a caller who has it already.
    """
    keys = keys_of(data, partner, event_type)
    model_of(event_type)
    business = keys.business(partner, event_type)
    return Event(
        id=event_id,
        type=event_type,
        subject=keys.subject,
        dataschema=f"/schemas/{event_type.rpartition('.')[0]}/{TYPES[event_type][1]}.json",
        partner=partner,
        mapversion=map_version or None,
        orderingkey=keys.ordering,
        idempotencykey=hashlib.sha256(f"{business}|{content or content_hash(data)}".encode()).hexdigest(),
        test=test or None,
        data=data,
    )


def event_from_json(value: dict[str, Any]) -> Event:
    """An Event from its CloudEvents JSON object. Raises EventError with the first thing that is wrong."""
    if not isinstance(value, dict):
        raise EventError("event: a CloudEvents JSON object is expected")
    try:
        model = model_of(str(value.get("type", "")))
        return Event.model_validate({**value, "data": model.model_validate(value.get("data"))})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "event"
        raise EventError(f"{place}: {first['msg']}") from None


__all__ = [
    "TYPES",
    "AckOverdue",
    "Acknowledgement",
    "ApplicationAdvice",
    "CatalogReceived",
    "ChangeAcknowledged",
    "CreditNoteReceived",
    "Data",
    "Delivery",
    "DiscrepancyIdentified",
    "DocumentDuplicate",
    "DocumentReceived",
    "DocumentRejected",
    "Event",
    "GoodsReceived",
    "InventoryAdjusted",
    "InventoryAdvice",
    "InventorySnapshot",
    "InvoiceApproved",
    "InvoiceDisputed",
    "InvoiceMatched",
    "InvoiceReceived",
    "Keys",
    "OrderAcknowledged",
    "OrderCancelled",
    "OrderChanged",
    "OrderFulfilled",
    "OrderReleased",
    "PaymentRemitted",
    "ReceiptExpected",
    "ReturnRequested",
    "ShipmentConfirmed",
    "ShipmentDispatched",
    "ShipmentOrdered",
    "ShipmentStatus",
    "content_hash",
    "event_from_json",
    "event_schema",
    "keys_of",
    "model_of",
    "stable_id",
    "wrap",
]
