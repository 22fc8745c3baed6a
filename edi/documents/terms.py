"""Terms of trade that orders, answers and invoices share: payment, delivery, carrier, allowances, taxes."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import known
from edi.documents.types import Code, Data, Id, Number, Text


class PaymentTerms(Data):
    """`net_days` from the invoice date; `description` as the buyer's system words it (ITD, PAT).

    `basis` is the date the days count from. A discount is a percentage or an amount, until a day or within days.
    """

    net_days: int | None = None
    description: Text | None = None
    type: Code | None = None
    basis: Code | None = None
    net_due: dt.date | None = None
    day_of_month: int | None = None
    discount_percent: Number | None = None
    discount_amount: Number | None = None
    discount_days: int | None = None
    discount_due: dt.date | None = None


class DeliveryTerms(Data):
    """What is agreed beside the Incoterm (FOB, TOD): its `function` (4055), who pays the freight, the place named."""

    function: Code | None = None
    payment: Annotated[Code | None, known("prepaid", "prepaid_and_charged", "collect", "third_party", "pickup")] = None
    place: Text | None = None
    description: Text | None = None


class Carrier(Data):
    """Who carries the goods and how (TD5, TDT)."""

    ids: tuple[Id, ...] = ()
    name: Text | None = None
    mode: Annotated[Code | None, known("road", "rail", "air", "sea", "inland_water", "parcel", "intermodal")] = None
    service: Code | None = None


class Tax(Data):
    """A tax of a document or line (TXI, TAX): `rate` in percent of `base`."""

    type: Annotated[Code | None, known("vat", "sales", "goods_and_services", "excise")] = None
    rate: Number | None = None
    base: Number | None = None
    amount: Number | None = None
    category: Annotated[Code | None, known("standard", "reduced", "zero", "exempt", "reverse_charge")] = None
    exemption: Text | None = None


class AllowanceCharge(Data):
    """A deduction or addition to a price or total (SAC, ALC): an `amount`, or a `percent` of `base`.

    `sequence` is the step of the calculation it belongs to.
    """

    kind: Annotated[Text, known("allowance", "charge")]
    code: Code | None = None
    amount: Number | None = None
    percent: Number | None = None
    base: Number | None = None
    sequence: int | None = None
    description: Text | None = None
    taxes: tuple[Tax, ...] = ()
