"""A confirmed purchase order as the canonical event procurement.order.released.

Not here: finding orders, remembering them (source.py). Rule protected: what the supplier gets is what the order says:
nothing is made up. Notes and terms of the order are internal texts and are not sent. An unknown unit goes out as
`other` with Odoo's name, so that the document fails where a person sees it.
"""

from __future__ import annotations

import re

import edi
from edi.documents import OrderReleased, wrap
from edi.documents.order import OrderLine
from edi.documents.terms import PaymentTerms
from edi.documents.types import Code, DateMark, ItemRef, OrderRef, Price, Quantity
from gateway.destinations.odoo import orders, values
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.matching import OrderLineFacts

TYPE = "procurement.order.released.v1"


def released_id(db: str, order: int) -> str:
    """The event id of an order's release: the same for ever (odoo.md 6.3)."""
    return edi.stable_id(f"po:{db}:{order}:released")


class Projector:
    """Makes events of orders. `codes` of incoterms are read once."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection, self._directory = connection, directory
        self._incoterms: dict[int, str] = {}

    async def released(self, partner: str, terms: PartnerTerms, order: Row, lines: list[Row]) -> edi.Event:
        """The event of one order with its lines."""
        data = await self._order(terms, order, lines)
        return wrap(data, TYPE, event_id=released_id(self._connection.db, order["id"]), partner=partner)

    async def _order(self, terms: PartnerTerms, order: Row, lines: list[Row]) -> OrderReleased:
        zone = self._directory.zone(terms)
        vendor = await self._directory.commercial_of(values.ref(order["partner_id"]))
        items = await orders.read_items(self._connection, vendor, order, lines)
        return OrderReleased(
            order=OrderRef(
                number=order["name"],
                date=values.day(order["date_approve"] or order["date_order"], zone),
                type=Code(value="standalone"),
            ),
            purpose=Code(value="original"),
            buyer=await self._directory.buyer(),
            supplier=await self._directory.party(vendor),
            ship_to=await self._directory.ship_to(order),
            currency=values.label(order["currency_id"]) or None,
            payment_terms=_payment_terms(order),
            incoterm=await self._incoterm(values.ref(order["incoterm_id"])),
            lines=tuple(
                self._line(row, orders.line_facts(self._connection, order, row, items[row["id"]], zone))
                for row in lines
            ),
        )

    def _line(self, row: Row, facts: OrderLineFacts) -> OrderLine:
        unit = Code(value=facts.uom) if facts.uom else self._unknown_unit(row)
        wanted = (DateMark(kind=Code(value="requested_delivery"), on=facts.date),) if facts.date else ()
        return OrderLine(
            line_number=facts.number,
            item=ItemRef(ids=facts.ids, description=facts.description or None),
            ordered=Quantity(value=facts.quantity, uom=unit),
            price=Price(amount=facts.price, currency=facts.currency or None) if facts.price is not None else None,
            dates=wanted,
        )

    def _unknown_unit(self, row: Row) -> Code | None:
        name = orders.unit_name(self._connection, row)
        return Code(value="other", raw=name) if name else None

    async def _incoterm(self, incoterm: int) -> str | None:
        if incoterm and incoterm not in self._incoterms:
            rows = await self._connection.rows("account.incoterms", [incoterm], ["code"])
            self._incoterms[incoterm] = values.text(rows.get(incoterm, {}).get("code"))
        return self._incoterms.get(incoterm) or None


def _payment_terms(order: Row) -> PaymentTerms | None:
    """The words Odoo has for them; net days when the words are a plain number of days (`30 Days`)."""
    name = values.label(order["payment_term_id"])
    if not name:
        return None
    plain = re.fullmatch(r"(\d{1,3}) days?( net)?|net (\d{1,3})( days?)?", name, re.IGNORECASE)
    days = int(plain[1] or plain[3]) if plain else None
    return PaymentTerms(net_days=days, description=name)
