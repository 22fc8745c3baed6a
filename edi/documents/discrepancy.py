"""procurement.discrepancy.identified: two events that should agree and do not."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import known, owned_by
from edi.documents.types import Data, Money, Text


class Subject(Data):
    """What a discrepancy is about: a document by its number, or a line of it."""

    kind: Annotated[Text, known("order", "line", "shipment", "receipt", "invoice", "item")]
    number: Text
    line_number: Text | None = None


class Tolerance(Data):
    """The rule that was exceeded, its limit, and where it is written: line, item, agreement, partner, default."""

    rule: Text
    limit: Text | None = None
    source: Text | None = None


class DiscrepancyIdentified(Data):
    """Data of `procurement.discrepancy.identified.v1`. One per subject and kind; a repeat has the next `revision`.

    `expected` and `actual` are values for people, with their unit. `causation` are the ids of the events compared.
    """

    model_config = owned_by("gateway")

    kind: Annotated[
        Text,
        known(
            "qty_short", "qty_over", "item_unknown", "item_substituted", "price", "date_early", "date_late", "damaged",
            "quality", "lot_missing", "sscc_duplicate", "asn_missing", "asn_late", "ack_missing", "ack_contradiction",
            "invoice_qty", "invoice_price", "invoice_tax", "invoice_total", "terms", "duplicate", "uom_unknown",
            "location_unknown", "ownership",
        ),
    ]  # fmt: skip
    subjects: tuple[Subject, ...]
    expected: Text | None = None
    actual: Text | None = None
    tolerance: Tolerance | None = None
    money_impact: Money | None = None
    owner_role: Annotated[Text | None, known("buyer", "warehouse", "accounts", "master_data", "edi")] = None
    suggested_actions: tuple[Text, ...] = ()
    due: dt.date | None = None
    causation: tuple[Text, ...] = ()
    revision: Text | None = None
