"""The purchase order a partner's document is about, and why a document about it is not written at all.

Not here: what the document says. Rule protected: a partner reaches only orders of its own vendor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gateway.destinations.odoo import orders, values
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.exceptions import case
from gateway.matching import OrderLineFacts
from gateway.ports import Case

Family = Literal["ack", "asn"]  # the first word of the kinds of case
_VERBS: dict[Family, str] = {"ack": "answers", "asn": "ships"}


class OrderLookup:
    """Look-ups for one family of documents."""

    def __init__(self, connection: Connection, directory: Directory, family: Family) -> None:
        self._connection, self._directory, self._family = connection, directory, family

    async def find(self, number: str, partner: str) -> Row | None:
        """The order of this name in our company; the partner's own when a name was used twice."""
        domain = [["name", "=", number.strip()], ["company_id", "=", self._connection.settings.company]]
        fields = orders.header_fields(self._connection)
        found = await self._connection.search("purchase.order", domain, fields, order="id desc")
        for row in found:
            if await self._directory.partner_of(values.ref(row["partner_id"])) == partner:
                return row
        return found[0] if found else None

    async def facts(self, order: Row, lines: Sequence[Row], terms: PartnerTerms) -> list[OrderLineFacts]:
        """The lines of an order in our terms."""
        vendor = await self._directory.commercial_of(values.ref(order["partner_id"]))
        items = await orders.read_items(self._connection, vendor, order, lines)
        zone = self._directory.zone(terms)
        return [orders.line_facts(self._connection, order, row, items[row["id"]], zone) for row in lines]

    def unknown(self, number: str, subject: str, terms: PartnerTerms) -> Case:
        sentence = f"{terms.name} {_VERBS[self._family]} order {number}, which does not exist in Odoo."
        return case(f"{self._family}.order_unknown", sentence, subject=subject, actual=number)

    async def refused(self, order: Row, partner: str, subject: str, terms: PartnerTerms) -> Case | None:
        """Why nothing is written to an order; None when it may be."""
        said = f"{terms.name} {_VERBS[self._family]} order {order['name']}, which"
        if await self._directory.partner_of(values.ref(order["partner_id"])) != partner:
            vendor = values.label(order["partner_id"])
            sentence = f"{said} belongs to vendor {vendor}."
            return case("identity.foreign", sentence, subject=subject, expected=vendor, actual=terms.name)
        if order["state"] == "cancel":
            kind = f"{self._family}.order_cancelled"
            return case(kind, f"{said} is cancelled.", subject=subject, actual="cancelled")
        if order["state"] not in orders.RELEASED:
            kind = f"{self._family}.order_not_released"
            return case(kind, f"{said} is not confirmed.", subject=subject, actual=str(order["state"]))
        return None
