"""procurement.invoice.*, procurement.creditnote.received, procurement.payment.remitted: what is asked for, what is
agreed, what is paid (810, 812, INVOIC, 820, REMADV)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.discrepancy import DiscrepancyIdentified
from edi.documents.owners import BUYER, WMS, known, owned_by
from edi.documents.packages import ShipmentRef
from edi.documents.receipt import ReceiptRef
from edi.documents.terms import AllowanceCharge, Carrier, DeliveryTerms, PaymentTerms, Tax
from edi.documents.types import (
    Code,
    Data,
    DateWindow,
    ItemRef,
    Moment,
    Note,
    Number,
    OrderRef,
    Party,
    Price,
    Quantity,
    Reference,
    Text,
)


class InvoiceRef(Data):
    number: Text
    date: dt.date | None = None
    type: Annotated[Code | None, known("invoice", "credit_note", "debit_note", "pro_forma", "other")] = None


class InvoiceLine(Data):
    """`net_amount` is after the line's allowances and before tax. `order` and `shipment` where a document is about
    several. `gross_price` is the price before the line's allowances, `free` goods that are not charged, `period` the
    days a service is for.
    """

    line_number: Text | None = None
    item: ItemRef | None = None
    invoiced: Quantity | None = None
    price: Price | None = None
    net_amount: Number | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    order: Annotated[OrderRef | None, BUYER] = None
    shipment: ShipmentRef | None = None
    notes: tuple[Note, ...] = ()
    gross_price: Price | None = None
    delivered: Quantity | None = None
    free: Quantity | None = None
    period: DateWindow | None = None
    references: tuple[Reference, ...] = ()


class InvoiceTotals(Data):
    """`lines` is the sum of the lines, `taxable` what tax is due on, `allowances` all allowances less charges, `due`
    what is still to be paid."""

    payable: Number | None = None
    lines: Number | None = None
    taxable: Number | None = None
    tax: Number | None = None
    discountable: Number | None = None
    allowances: Number | None = None
    line_count: int | None = None
    quantity: Number | None = None
    due: Number | None = None


class Invoice(Data):
    """What an invoice and a credit note have in common. `remit_to` is who gets the money."""

    model_config = owned_by("supplier")

    invoice: InvoiceRef
    purpose: Annotated[Code | None, known("original", "cancel", "replace", "duplicate")] = None
    order: Annotated[OrderRef | None, BUYER] = None
    corrects: InvoiceRef | None = None
    shipment: ShipmentRef | None = None
    receipt: Annotated[ReceiptRef | None, WMS] = None
    contract: Annotated[Text | None, BUYER] = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Party | None = None
    remit_to: Party | None = None
    bill_to: Annotated[Party | None, BUYER] = None
    ship_to: Annotated[Party | None, BUYER] = None
    currency: Text | None = None
    payment_terms: PaymentTerms | None = None
    due_date: dt.date | None = None
    tax_point: dt.date | None = None
    incoterm: Text | None = None
    delivery_terms: DeliveryTerms | None = None
    carrier: Carrier | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    totals: InvoiceTotals | None = None
    ship_from: Party | None = None
    mark_for: Annotated[Party | None, BUYER] = None
    references: tuple[Reference, ...] = ()


class InvoiceReceived(Invoice):
    """Data of `procurement.invoice.received.v1`, and of `sales.order.invoiced.v1` when we are the supplier."""


class CreditNoteReceived(Invoice):
    """Data of `procurement.creditnote.received.v1`. `corrects` is the invoice credited; amounts are positive."""


class MatchedLine(Data):
    """One line of an invoice beside what was ordered, promised and received. `line_number` is of the order."""

    verdict: Annotated[
        Text,
        known("matched", "matched_charge", "waiting_receipt", "invoice_qty", "invoice_price", "item_unknown"),
    ]
    line_number: Text | None = None
    order: OrderRef | None = None
    item: ItemRef | None = None
    ordered: Quantity | None = None
    acknowledged: Quantity | None = None
    received: Quantity | None = None
    invoiced: Quantity | None = None
    order_price: Price | None = None
    invoice_price: Price | None = None


class InvoiceMatched(Data):
    """Data of `procurement.invoice.matched.v1`. Compared again on every receipt: each has the next `revision`."""

    model_config = owned_by("gateway")

    invoice: InvoiceRef
    verdict: Annotated[Text, known("matched", "waiting_receipt", "invoice_total", "disputed")]
    orders: Annotated[tuple[OrderRef, ...], BUYER] = ()
    lines: tuple[MatchedLine, ...] = ()
    totals: InvoiceTotals | None = None
    revision: Text | None = None


class InvoiceApproved(Data):
    """Data of `procurement.invoice.approved.v1`: by a person, or `automatic` by the `policy` named."""

    model_config = owned_by("buyer")

    invoice: InvoiceRef
    approved_by: Text | None = None
    approved_at: Moment | None = None
    automatic: bool | None = None
    policy: Text | None = None
    orders: tuple[OrderRef, ...] = ()


class InvoiceDisputed(Data):
    """Data of `procurement.invoice.disputed.v1`: what the supplier must put right."""

    model_config = owned_by("gateway")

    invoice: InvoiceRef
    orders: Annotated[tuple[OrderRef, ...], BUYER] = ()
    discrepancies: tuple[DiscrepancyIdentified, ...] = ()
    revision: Text | None = None


class PaidInvoice(Data):
    invoice: InvoiceRef
    paid: Number
    discount: Number | None = None
    deductions: tuple[AllowanceCharge, ...] = ()


class PaymentRemitted(Data):
    """Data of `procurement.payment.remitted.v1`: which invoices a payment is for."""

    model_config = owned_by("buyer")

    number: Text
    date: dt.date | None = None
    amount: Number
    currency: Text | None = None
    method: Code | None = None
    buyer: Party | None = None
    supplier: Party | None = None
    remit_to: Party | None = None
    invoices: tuple[PaidInvoice, ...] = ()
