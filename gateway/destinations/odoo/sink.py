"""What goes into Odoo: acknowledgements, ship notices, notices about orders that could not be sent, milestones.

Not here: how each is written (acknowledge.py, shipment.py, chatter.py). Rule protected: a failed call becomes an
Outcome by the one table of errors.py; after an unknown outcome the same steps run again, and each looks before it
writes.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from edi.documents import ShipmentDispatched
from edi.documents.acknowledgement import SupplierAnswer
from gateway.destinations.odoo import chatter, note, orders
from gateway.destinations.odoo.acknowledge import Acknowledge
from gateway.destinations.odoo.chatter import Chatter
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.errors import OdooError, outcome
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.shipment import Dispatch
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.exceptions import case
from gateway.ports import Business, Done, Outcome, Parcel

NOTICE = "notice"
MILESTONE = "milestone"


class OdooSink:
    """The sink of one Odoo. `partners` may be replaced between parcels; `agreed` is shared with the source."""

    def __init__(
        self,
        connection: Connection,
        stock: Connection,
        directory: Directory,
        partners: Mapping[str, PartnerTerms],
        agreed: dict[str, str],
    ) -> None:
        self._connection, self._directory = connection, directory
        self.partners = partners
        self._chatter = Chatter(connection, connection.server_now)
        self._acknowledge = Acknowledge(connection, directory, self._chatter, agreed)
        self._dispatch = Dispatch(connection, stock, directory, self._chatter)

    async def send(self, parcel: Parcel) -> Outcome:
        """One delivery. Never raises for what Odoo or the network does."""
        with structlog.contextvars.bound_contextvars(lane=f"{parcel.destination}:{parcel.key}", delivery=parcel.id):
            try:
                return await self._send(parcel)
            except OdooError as error:
                return outcome(error, parcel.key, self._connection.settings.unknown_wait)

    async def _send(self, parcel: Parcel) -> Outcome:
        if parcel.kind in (NOTICE, MILESTONE):
            return await self._tell(parcel)
        data = parcel.event.data if parcel.event else None
        if parcel.event is None or not isinstance(data, SupplierAnswer | ShipmentDispatched):
            what = parcel.event.type if parcel.event else parcel.kind
            sentence = f"{what} cannot be written to Odoo."
            return Business(case("document.unsupported", sentence, subject=parcel.key, actual=what))
        partners = self.partners
        if parcel.partner not in partners:
            sentence = f"{parcel.partner} has no vendor in this Odoo; its document on {parcel.key} was not written."
            return Business(case("partner.unknown", sentence, subject=parcel.key, actual=parcel.partner))
        await self._directory.prepare(partners)
        terms = partners[parcel.partner]
        if isinstance(data, ShipmentDispatched):
            return await self._dispatch.send(parcel, parcel.event, data, terms)
        return await self._acknowledge.send(parcel, parcel.event, data, terms)

    async def _tell(self, parcel: Parcel) -> Outcome:
        """A message of the gateway about an order: a task for the buyer (notice only) and a note."""
        order = await self._order(parcel.facts)
        if order is None:
            name = parcel.facts.get("order") or parcel.facts.get("reference", "")
            sentence = f"Order {name} is not in Odoo any more; what happened to it could not be noted there."
            return Business(case("odoo.record_gone", sentence, subject=parcel.key, actual=name))
        ref = ("purchase.order", int(order["id"]), str(order["name"]))
        mark = chatter.marker(parcel.kind, parcel.id)
        if await self._chatter.marked(order["id"], mark):
            return Done("already_there", (ref,))
        summary, text = parcel.facts.get("summary", ""), parcel.facts.get("note", "")
        if parcel.kind == NOTICE:
            head = chatter.prefix("", str(order["name"]), parcel.id)
            await self._chatter.activity(order, head, summary, note.paragraphs(text))
        await self._chatter.post(order["id"], mark, note.paragraphs(f"{summary}\n{text}"))
        return Done("applied", (ref,))

    async def _order(self, facts: Mapping[str, str]) -> Row | None:
        """The order a notice is about: by its id (`purchase.order,184`), else by its name."""
        model, _, number = facts.get("reference", "").partition(",")
        if model == "purchase.order" and number.isdecimal():
            domain: list[object] = [["id", "=", int(number)]]
        else:
            company = self._connection.settings.company
            domain = [["name", "=", facts.get("order", "")], ["company_id", "=", company]]
        await self._connection.ready()
        found = await self._connection.search("purchase.order", domain, orders.header_fields(self._connection), limit=1)
        return found[0] if found else None
