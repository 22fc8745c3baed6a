"""inventory.*, catalog.received: what is in stock, what changed there, what can be bought (846, 947, 832, INVRPT,
PRICAT)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from edi.documents.owners import BUYER, known, owned_by
from edi.documents.receipt import REASONS
from edi.documents.types import Code, Data, DateMark, DateWindow, ItemRef, Moment, Number, Party, Price, Quantity, Text

Purpose = Annotated[Code | None, known("original", "change", "replace", "cancel")]


class Advice(Data):
    number: Text
    date: dt.date | None = None
    kind: Code | None = None


class Expected(Data):
    """More of an item that will be there on a day."""

    quantity: Quantity
    dates: tuple[DateMark, ...] = ()


class AdvisedItem(Data):
    """`available` can be ordered now; `on_hand` is all that lies there; `on_order` is still to come to the site."""

    item: ItemRef
    line_number: Text | None = None
    site: Party | None = None
    available: Quantity | None = None
    on_hand: Quantity | None = None
    on_order: Quantity | None = None
    available_on: dt.date | None = None
    expected: tuple[Expected, ...] = ()
    price: Price | None = None


class InventoryAdvice(Data):
    """Data of `inventory.advice.received.v1`: a supplier's stock. An advice `as_of` an earlier moment than the last one
    of the same item and site counts for nothing; `sequence` decides where the sender counts its advices."""

    model_config = owned_by("supplier")

    advice: Advice
    as_of: Moment
    sequence: Text | None = None
    purpose: Purpose = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Party | None = None
    site: Party | None = None
    lines: tuple[AdvisedItem, ...] = ()


class AdjustedItem(Data):
    """`quantity` is the difference, below zero for less."""

    item: ItemRef
    quantity: Quantity
    reason: Annotated[Code | None, REASONS] = None
    line_number: Text | None = None
    lots: tuple[Text, ...] = ()
    serials: tuple[Text, ...] = ()
    location: Text | None = None


class InventoryAdjusted(Data):
    """Data of `inventory.adjusted.v1`: stock a warehouse found to be otherwise."""

    model_config = owned_by("wms")

    adjustment: Advice
    site: Party | None = None
    at: Moment | None = None
    lines: tuple[AdjustedItem, ...] = ()


class StockedItem(Data):
    item: ItemRef
    quantity: Quantity
    status: Annotated[Code | None, known("available", "hold", "damaged", "other")] = None
    lots: tuple[Text, ...] = ()
    location: Text | None = None


class InventorySnapshot(Data):
    """Data of `inventory.snapshot.v1`: all the stock of a site, in `parts` if it is much."""

    model_config = owned_by("wms")

    advice: Advice
    as_of: Moment
    sequence: Text | None = None
    site: Party | None = None
    part: int | None = None
    parts: int | None = None
    lines: tuple[StockedItem, ...] = ()


class CatalogItem(Data):
    item: ItemRef
    line_number: Text | None = None
    action: Annotated[Code | None, known("added", "changed", "deleted")] = None
    price: Price | None = None
    valid: DateWindow | None = None
    pack: Number | None = None
    minimum: Quantity | None = None
    lead_days: int | None = None


class CatalogReceived(Data):
    """Data of `catalog.received.v1`: a supplier's items and prices."""

    model_config = owned_by("supplier")

    catalog: Advice
    purpose: Purpose = None
    currency: Text | None = None
    valid: DateWindow | None = None
    buyer: Annotated[Party | None, BUYER] = None
    supplier: Party | None = None
    lines: tuple[CatalogItem, ...] = ()
