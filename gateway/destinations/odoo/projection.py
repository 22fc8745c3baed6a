"""A purchase order as canonical events: released, and what became of it later, changed or cancelled.

Not here: finding orders, remembering them (source.py), what differs (changes.py). Rule protected: what the supplier
gets is what the order says: nothing is made up. Notes and terms of the order are internal texts and are not sent. An
unknown unit goes out as `other` with Odoo's name, so that the document fails where a person sees it.
"""

from __future__ import annotations

import re

import edi
from edi.documents import OrderCancelled, OrderChanged, OrderReleased, wrap
from edi.documents.order import ChangedLine, OrderLine
from edi.documents.terms import PaymentTerms
from edi.documents.types import Code, DateMark, ItemRef, OrderRef, Price, Quantity
from gateway import clock
from gateway.destinations.odoo import changes, orders, values
from gateway.destinations.odoo.changes import Agreed, Told
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.terms import CHANGED, PartnerTerms
from gateway.matching import OrderLineFacts

RELEASED = "procurement.order.released.v1"
CANCELLED = "procurement.order.cancelled.v1"


def released_id(db: str, order: int) -> str:
    """The event id of an order's release: the same for ever."""
    return edi.stable_id(f"po:{db}:{order}:released")


class Projector:
    """Makes events of orders. `codes` of incoterms are read once."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection, self._directory = connection, directory
        self._incoterms: dict[int, str] = {}

    async def released(self, partner: str, terms: PartnerTerms, order: Row, lines: list[Row]) -> tuple[edi.Event, Told]:
        """The event of one order with its lines, and what the supplier knows once it is told."""
        data = await self._order(terms, order, lines)
        event_id = released_id(self._connection.db, order["id"])
        return wrap(data, RELEASED, event_id=event_id, partner=partner), Told(data)

    async def changed(
        self,
        partner: str,
        terms: PartnerTerms,
        order: Row,
        lines: list[Row],
        told: Told | None,
        agreed: Agreed,
        fingerprint: str,
    ) -> tuple[edi.Event | None, Told]:
        """The event of what happened to an order the supplier knows, and what it knows then.

        No event when there is nothing to tell. Without `told` the supplier gets the whole order again.
        """
        present = await self._order(terms, order, lines)
        revision = (told.revision if told else 0) + 1
        record = f"po:{self._connection.db}:{order['id']}"
        if order["state"] == "cancel":
            if told and told.cancelled:
                return None, told
            known = told.order if told else present
            now = Told(known, revision, cancelled=True)
            return self._later(CANCELLED, "cancel", now, (), partner, terms, f"{record}:cancelled:{revision}"), now
        now, purpose = Told(present, revision), "change"
        received = orders.received(self._connection, lines)
        differing: tuple[ChangedLine, ...] | None
        if told is None or told.cancelled:
            purpose, differing = "replace", changes.all_lines(present, received)
        else:
            differing = changes.untold(told.order, present, agreed, received)
        if differing is None:
            return None, Told(present, revision - 1)
        name = f"{record}:rev:{revision}:{fingerprint[:12]}"
        return self._later(CHANGED, purpose, now, differing, partner, terms, name), now

    def _later(
        self,
        event_type: str,
        purpose: str,
        now: Told,
        lines: tuple[ChangedLine, ...],
        partner: str,
        terms: PartnerTerms,
        name: str,
    ) -> edi.Event:
        """A change or cancellation; the whole order once more for a partner that knows no other document."""
        order = now.order
        reference = order.order.model_copy(update={"revision": str(now.revision)})
        if not terms.takes_changes:
            purpose = "replace" if purpose == "change" else purpose
            whole = order.model_copy(update={"order": reference, "purpose": Code(value=purpose)})
            return wrap(whole, RELEASED, event_id=edi.stable_id(name), partner=partner)
        model = OrderCancelled if event_type == CANCELLED else OrderChanged
        data = model(
            **{
                **{
                    field: getattr(order, field)
                    for field in OrderChanged.model_fields
                    if field in order.model_fields_set
                },
                "order": reference,
                "purpose": Code(value=purpose),
                "changed_on": clock.now().astimezone(self._directory.zone(terms)).date(),
                "lines": lines,
            }
        )
        return wrap(data, event_type, event_id=edi.stable_id(name), partner=partner)

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
