"""The shared types of canonical events: identifiers, parties, quantities, prices, dates.

All models are frozen. A field that is absent is missing (None here, left out in JSON), never empty text. Quantities,
prices and amounts are Decimal and appear in JSON as text without exponent and without trailing zeros. Not here: terms
of trade (terms.py), packages and references to shipments (packages.py).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from edi.documents.owners import known


def plain(value: Decimal) -> str:
    """Decimal as text without exponent and trailing zeros: `12.50` -> `12.5`, `1E+2` -> `100`."""
    text = str(value)
    if "E" in text or "e" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# A day, or a day with a time and, where it is known, a zone; a week or month where the sender says no more.
MOMENT = (
    r"^[0-9]{4}-(?:W[0-5][0-9](?:-[1-7])?|(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-5][0-9])?)?)?)$"
)

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Moment: TypeAlias = Annotated[str, StringConstraints(pattern=MOMENT)]
Number: TypeAlias = Annotated[Decimal, Field(allow_inf_nan=False), PlainSerializer(plain, return_type=str)]
Scheme: TypeAlias = Literal[
    "gtin",
    "gln",
    "sscc",
    "buyer",
    "supplier",
    "manufacturer",
    "duns",
    "vat",
    "scac",
    "iban",
    "odoo",
    "san",
    "isbn",
    "issn",
]


class Data(BaseModel):
    """Base of every canonical model. Its validator is built when it is first used: there are many, and few are."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Code(Data):
    """A meaning and the partner's own code for it. Unknown codes have the value `other` and keep `raw`."""

    value: Text
    raw: Text | None = None


class Id(Data):
    scheme: Scheme
    value: Text
    raw: Text | None = None


class Address(Data):
    lines: tuple[Text, ...] = ()
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class Contact(Data):
    name: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    fax: Text | None = None


class Reference(Data):
    """A number under which something else is known (RFF, REF). `line` is a line of what the number names."""

    kind: Annotated[
        Code,
        known(
            "order", "order_line", "quotation", "price_list", "customer", "invoice", "delivery_note", "despatch_advice",
            "project", "party", "registration",
        ),
    ]  # fmt: skip
    number: Text | None = None
    line: Text | None = None
    date: dt.date | None = None


class Party(Data):
    """`more_names` are further lines of the name; `references` further numbers of the party, such as a registration."""

    ids: tuple[Id, ...] = ()
    name: Text | None = None
    address: Address | None = None
    contact: Contact | None = None
    more_names: tuple[Text, ...] = ()
    references: tuple[Reference, ...] = ()


class Feature(Data):
    """One thing said of an item beside its description (IMD, PID); `more` is what did not fit into `text`."""

    kind: Annotated[
        Code,
        known(
            "title", "short_title", "subtitle", "author", "publisher", "place", "imprint", "published", "edition",
            "physical_description", "colour", "size", "quality",
        ),
    ]  # fmt: skip
    text: Text | None = None
    more: Text | None = None


class ItemRef(Data):
    """`more` is what did not fit into `description`."""

    ids: tuple[Id, ...] = ()
    description: Text | None = None
    variant: Text | None = None
    features: tuple[Feature, ...] = ()
    more: Text | None = None


class Quantity(Data):
    """`uom` is a UN/ECE Recommendation 20 code with the partner's code in `raw`."""

    value: Number
    uom: Code | None = None


class Price(Data):
    amount: Number
    currency: Text | None = None
    per_quantity: Number | None = None
    basis: Text | None = None


class Money(Data):
    amount: Number
    currency: Text | None = None


class DateWindow(Data):
    earliest: dt.date | None = None
    latest: dt.date | None = None


class DateMark(Data):
    """`on` is a date in the partner's calendar. `earliest` and `latest` are of the delivery."""

    kind: Annotated[
        Code,
        known(
            "requested_delivery", "requested_ship", "promised_delivery", "promised_ship", "shipped",
            "estimated_delivery", "delivered", "cancel_after", "earliest", "latest", "earliest_ship", "latest_ship",
        ),
    ]  # fmt: skip
    on: dt.date


class OrderRef(Data):
    number: Text
    date: dt.date | None = None
    type: Annotated[
        Code | None, known("standalone", "blanket", "release", "dropship", "rush", "consignment", "other")
    ] = None
    release: Text | None = None
    revision: Text | None = None
    line_number: Text | None = None


class Note(Data):
    """`kind` is what the note is about, `more` its further lines."""

    text: Text
    kind: Text | None = None
    language: Text | None = None
    more: tuple[Text, ...] = ()


class Totals(Data):
    lines: int | None = None
    quantity: Number | None = None
    amount: Number | None = None
