"""What a canonical event is about: its subject, business key and ordering key.

Not here: whether a key was seen before; the ledger knows. One function per family of events. Rule protected: everything
of one order is delivered in one order, so an event of one order has that order as its ordering key; an event of several
orders, or of none, has a lane of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import singledispatch

from edi.documents.acknowledgement import Answer
from edi.documents.advice import ApplicationAdvice
from edi.documents.discrepancy import DiscrepancyIdentified
from edi.documents.exchange import Acknowledgement
from edi.documents.inventory import CatalogReceived, InventoryAdjusted, InventoryAdvice, InventorySnapshot
from edi.documents.invoice import Invoice, InvoiceApproved, InvoiceDisputed, InvoiceMatched, PaymentRemitted
from edi.documents.order import OrderHeader
from edi.documents.packages import Package, ShippedItem
from edi.documents.receipt import GoodsReceived, OrderFulfilled, ReturnRequested
from edi.documents.shipment import ShipmentDispatched, ShipmentStatus
from edi.documents.transport import (
    AckOverdue,
    Delivery,
    DocumentDuplicate,
    DocumentReceived,
    DocumentRejected,
    ExchangedDocument,
)
from edi.documents.types import Code, Data, OrderRef, Party
from edi.documents.warehouse import ReceiptExpected, ShipmentConfirmed, ShipmentOrdered
from edi.errors import EventError


@dataclass(frozen=True, slots=True)
class Keys:
    """`subject` is the business object; `number`, `purpose` and `revision` complete the business key; events of one
    `ordering` key are delivered in order. `orders` are the subjects of all orders it is about."""

    subject: str
    number: str
    purpose: str = ""
    revision: str = ""
    orders: tuple[str, ...] = ()

    @property
    def ordering(self) -> str:
        return self.orders[0] if len(self.orders) == 1 else self.subject

    def business(self, partner: str, event_type: str) -> str:
        return "|".join((partner, event_type, self.number, self.purpose, self.revision))


def keys_of(data: Data, partner: str = "", event_type: str = "") -> Keys:
    """The keys of an event's data. Numbers that a partner gives are told apart by the partner: those of its shipments
    and invoices, and in an event of type `sales.*` those of its orders.

    Raises EventError for data that is no canonical event.
    """
    keys = _keys(data, partner)
    if not event_type.startswith("sales."):
        return keys
    return replace(
        keys, subject=_sold(keys.subject, partner), orders=tuple(_sold(order, partner) for order in keys.orders)
    )


@singledispatch
def _keys(data: Data, partner: str) -> Keys:
    raise EventError(f"{type(data).__name__} is not the data of a canonical event")


@_keys.register
def _order(data: OrderHeader, partner: str) -> Keys:
    subject = _order_subject(data.order.number)
    return Keys(subject, data.order.number, data.purpose.value, data.order.revision or "", (subject,))


@_keys.register
def _answer(data: Answer, partner: str) -> Keys:
    # A supplier may answer one order several times, each under its own number: that number is part of the key.
    subject = _order_subject(data.order.number)
    number = f"{data.order.number}/{data.supplier_order_number or ''}"
    return Keys(subject, number, _value(data.purpose), data.order.revision or "", (subject,))


@_keys.register
def _fulfilled(data: OrderFulfilled, partner: str) -> Keys:
    subject = _order_subject(data.order.number)
    return Keys(subject, data.order.number, orders=(subject,))


@_keys.register
def _shipment(data: ShipmentDispatched, partner: str) -> Keys:
    number = data.shipment.number
    orders = _orders(data.order, *(item.order for item in _items(data.packages, data.items)))
    return Keys(_subject("shipment", partner, number), number, _value(data.purpose), orders=orders)


@_keys.register
def _status(data: ShipmentStatus, partner: str) -> Keys:
    number = data.shipment.number
    about = f"{number}/{data.status.value}/{data.at}"
    return Keys(_subject("shipment", partner, number), about, orders=_orders(*data.orders))


@_keys.register
def _receipt(data: GoodsReceived, partner: str) -> Keys:
    number = data.receipt.number
    orders = _orders(data.order, *(line.order for line in data.lines))
    return Keys(_subject("receipt", partner, number), number, _value(data.purpose), orders=orders)


@_keys.register
def _return(data: ReturnRequested, partner: str) -> Keys:
    orders = _orders(data.order, *(line.order for line in data.lines))
    return Keys(_subject("return", partner, data.number), data.number, _value(data.purpose), orders=orders)


@_keys.register
def _discrepancy(data: DiscrepancyIdentified, partner: str) -> Keys:
    about = ",".join(
        "/".join(part for part in (subject.kind, subject.number, subject.line_number) if part)
        for subject in data.subjects
    )
    numbers = dict.fromkeys(subject.number for subject in data.subjects if subject.kind in ("order", "line"))
    orders = tuple(map(_order_subject, numbers))
    return Keys(
        orders[0] if len(orders) == 1 else f"discrepancy/{about}",
        f"{about}/{data.kind}",
        revision=data.revision or "",
        orders=orders,
    )


@_keys.register
def _invoice(data: Invoice, partner: str) -> Keys:
    number = data.invoice.number
    orders = _orders(data.order, *(line.order for line in data.lines))
    return Keys(_subject("invoice", partner, number), number, _value(data.purpose), orders=orders)


@_keys.register(InvoiceMatched)
@_keys.register(InvoiceDisputed)
def _judged(data: InvoiceMatched | InvoiceDisputed, partner: str) -> Keys:
    number = data.invoice.number
    orders = _orders(*data.orders)
    return Keys(_subject("invoice", partner, number), number, revision=data.revision or "", orders=orders)


@_keys.register
def _approved(data: InvoiceApproved, partner: str) -> Keys:
    number = data.invoice.number
    return Keys(_subject("invoice", partner, number), number, orders=_orders(*data.orders))


@_keys.register
def _payment(data: PaymentRemitted, partner: str) -> Keys:
    return Keys(_subject("payment", partner, data.number), data.number)


@_keys.register(InventoryAdvice)
@_keys.register(InventorySnapshot)
def _stock(data: InventoryAdvice | InventorySnapshot, partner: str) -> Keys:
    purpose = _value(data.purpose) if isinstance(data, InventoryAdvice) else str(data.part or "")
    subject = _subject("inventory", partner, _site(data.site))
    return Keys(subject, data.advice.number, purpose, data.sequence or data.as_of)


@_keys.register
def _adjusted(data: InventoryAdjusted, partner: str) -> Keys:
    return Keys(_subject("inventory", partner, _site(data.site)), data.adjustment.number)


@_keys.register
def _catalog(data: CatalogReceived, partner: str) -> Keys:
    number = data.catalog.number
    return Keys(_subject("catalog", partner, number), number, _value(data.purpose))


@_keys.register
def _expected(data: ReceiptExpected, partner: str) -> Keys:
    return Keys(f"inbound/{data.receipt_id}", data.receipt_id, _value(data.purpose), str(data.revision))


@_keys.register
def _to_ship(data: ShipmentOrdered, partner: str) -> Keys:
    revision = "" if data.revision is None else str(data.revision)
    return Keys(f"outbound/{data.order_id}", data.order_id, _value(data.purpose), revision)


@_keys.register
def _confirmed(data: ShipmentConfirmed, partner: str) -> Keys:
    number = "/".join(part for part in (data.order_id, data.shipment.number if data.shipment else "") if part)
    return Keys(f"outbound/{data.order_id}", number, _value(data.purpose))


@_keys.register
def _acknowledgement(data: Acknowledgement, partner: str) -> Keys:
    about = data.group.control if data.group else data.interchange.control if data.interchange else ""
    return Keys(f"exchange/{data.kind}/{about}", f"{data.kind}/{about}")


@_keys.register
def _advice(data: ApplicationAdvice, partner: str) -> Keys:
    about = data.number or "/".join(document.reference or document.control or "" for document in data.documents)
    return Keys(f"exchange/{data.kind}/{about}", f"{data.kind}/{about}")


@_keys.register(DocumentReceived)
@_keys.register(DocumentRejected)
@_keys.register(DocumentDuplicate)
def _document(data: DocumentReceived | DocumentRejected | DocumentDuplicate, partner: str) -> Keys:
    about = _controls(data.document)
    return Keys(_subject("exchange", partner, about), about)


@_keys.register
def _overdue(data: AckOverdue, partner: str) -> Keys:
    about = _controls(data.document)
    step = "" if data.step is None else str(data.step)
    return Keys(_subject("exchange", partner, about), f"{about}/{data.level}", revision=step)


@_keys.register
def _delivery(data: Delivery, partner: str) -> Keys:
    about = data.event or (_controls(data.document) if data.document else "")
    return Keys(f"delivery/{data.target}/{about}", f"{data.target}/{about}", revision=str(data.attempt))


def _order_subject(number: str) -> str:
    return f"po/{number}"


def _sold(subject: str, partner: str) -> str:
    """The subject of a customer's order; others stay."""
    return _subject("so", partner, subject.removeprefix("po/")) if subject.startswith("po/") else subject


def _subject(kind: str, partner: str, number: str) -> str:
    return "/".join(part for part in (kind, partner, number) if part)


def _value(code: Code | None) -> str:
    return code.value if code else ""


def _orders(*references: OrderRef | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_order_subject(reference.number) for reference in references if reference))


def _items(packages: Iterable[Package], items: Iterable[ShippedItem]) -> Iterator[ShippedItem]:
    yield from items
    for package in packages:
        yield from _items(package.packages, package.items)


def _site(site: Party | None) -> str:
    return next((f"{known.scheme}:{known.value}" for known in site.ids), site.name or "") if site else ""


def _controls(document: ExchangedDocument) -> str:
    parts = (document.type, document.sender, document.interchange, document.group, document.control)
    return "/".join(part for part in parts if part) or document.digest or ""
