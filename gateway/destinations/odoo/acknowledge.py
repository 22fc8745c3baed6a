"""A supplier's acknowledgement of an order, or of its change, written to the purchase order.

    find the order -> marker? -> checks -> compare -> one write -> one activity -> marker message, last

Not here: the comparison (gateway/matching.py). Rule protected: quantity and price are never written; every step looks
first, so a repeat after any crash or lost answer ends in the same state.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import edi
from edi.documents.acknowledgement import SupplierAnswer
from gateway.destinations.odoo import chatter, note, orders, values
from gateway.destinations.odoo.changes import agreed_text
from gateway.destinations.odoo.chatter import Chatter
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.order_lookup import OrderLookup
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.source_state import agreed_key
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.exceptions import case
from gateway.line_matching import DECISION
from gateway.matching import Comparison, OrderLineFacts, compare
from gateway.ports import Business, Case, Done, Outcome, Parcel


class Acknowledge:
    """Writes acknowledgements of one Odoo."""

    def __init__(self, connection: Connection, directory: Directory, talk: Chatter, agreed: dict[str, str]) -> None:
        self._connection, self._directory, self._chatter = connection, directory, talk
        self._lookup = OrderLookup(connection, directory, "ack")
        self._agreed = agreed

    async def send(self, parcel: Parcel, event: edi.Event, answer: SupplierAnswer, terms: PartnerTerms) -> Outcome:
        """All steps. Raises OdooError where a call fails."""
        order = await self._lookup.find(answer.order.number, parcel.partner)
        if order is None:
            return Business(self._lookup.unknown(answer.order.number, parcel.key, terms))
        document = document_name(event)
        mark = chatter.marker(document, event.id)
        marked = await self._chatter.marked(order["id"], mark)
        if not marked and (refused := await self._lookup.refused(order, parcel.partner, parcel.key, terms)) is not None:
            return Business(refused)
        lines = (await orders.read_lines(self._connection, [order["id"]]))[order["id"]]
        comparison, cases, dates = await self._compare(order, lines, answer, terms)
        ref = ("purchase.order", int(order["id"]), str(order["name"]))
        remember = {agreed_key(order["id"]): agreed_text(comparison.lines)}
        if marked:
            # The cases are told again: the last try may have ended between the marker and its settlement.
            return Done("already_there", (ref,), cases if order["state"] in orders.RELEASED else (), remember)
        self._agreed.update({key: text for key, text in remember.items() if text})  # the poll may come before settling
        await self._write(order, lines, answer, comparison, dates)
        title = f"{document} {answer.supplier_order_number or ''}".strip()
        if cases:
            count = max(comparison.undecided_lines, 1)
            summary = f"{count} line{'s need' if count != 1 else ' needs'} a decision"
            if not comparison.undecided_lines:
                summary = cases[0].sentence
            head = chatter.prefix(document, answer.supplier_order_number or answer.order.number, event.id)
            await self._chatter.activity(order, head, summary, note.decisions(cases))
        files, remark = await self._chatter.attach_original(order["id"], mark, parcel)
        written = {
            line.order.number: line.apply_date
            for line in comparison.lines
            if line.apply_date is not None and line.order.number in dates
        }
        body = note.acknowledgement(title, terms.name, answer, comparison, written, remark)
        await self._chatter.post(order["id"], mark, body, files)
        return Done("applied", (ref,), cases, remember, note=f"{title}: {comparison.response}")

    async def _compare(
        self, order: Row, lines: Sequence[Row], answer: SupplierAnswer, terms: PartnerTerms
    ) -> tuple[Comparison, tuple[Case, ...], dict[str, str]]:
        """The comparison, everything to decide, and the planned dates to write by line number."""
        zone = self._directory.zone(terms)
        comparison = compare(await self._lookup.facts(order, lines, terms), answer, terms.tolerances)
        moved = {line.order.number: line.apply_date for line in comparison.lines if line.apply_date is not None}
        allowed = self._connection.settings.policy.apply_dates and terms.apply_dates is not False
        if moved and (orders.locked(self._connection, order) or not allowed):
            comparison = _proposed(comparison, moved, order, locked=allowed)
            moved = {}
        return comparison, comparison.cases, {number: values.noon(day, zone) for number, day in moved.items()}

    async def _write(
        self,
        order: Row,
        lines: Sequence[Row],
        answer: SupplierAnswer,
        comparison: Comparison,
        dates: dict[str, str],
    ) -> None:
        """One write of what differs."""
        changes = self._header(order, answer, comparison)
        commands = [[1, row["id"], {"date_planned": dates[str(row["id"])]}] for row in lines if str(row["id"]) in dates]
        if commands:
            changes["order_line"] = commands
        if changes:
            await self._connection.call("purchase.order", "write", [order["id"]], vals=changes)

    def _header(self, order: Row, answer: SupplierAnswer, comparison: Comparison) -> dict[str, Any]:
        """The vendor's order number and the acknowledgement flags, where they differ."""
        names = self._connection.names
        target: dict[str, Any] = {}
        if answer.supplier_order_number:
            target["partner_ref"] = answer.supplier_order_number
        if comparison.accepting:
            target[names.acknowledged] = True
            if names.declined:
                target[names.declined] = False
        elif comparison.response == "rejected" and names.declined:
            target[names.declined] = True
        return {name: value for name, value in target.items() if (order[name] or False) != value}


def document_name(event: edi.Event) -> str:
    """`855` or `ORDRSP`, from the map that read it (`x12/004010/855@1.2.0`)."""
    return (event.mapversion or "").rpartition("/")[2].partition("@")[0].upper() or "ACK"


def _proposed(comparison: Comparison, moved: dict[str, dt.date], order: Row, *, locked: bool) -> Comparison:
    """Dates that would be written become proposals: the order is locked, or the policy leaves dates to people."""
    kind = "ack.order_locked" if locked else "date.changed"
    why = f"order {order['name']} is locked" if locked else "dates are not written for this supplier"

    def proposal(line: OrderLineFacts) -> Case:
        day = moved[line.number]
        sentence = f"Line {line.name}: wanted {line.date}, confirmed for {day}; {why}."
        subject = f"po/{order['name']}/{line.number}"
        return case(kind, sentence, subject=subject, expected=str(line.date), actual=str(day), actions=DECISION)

    lines = tuple(
        dataclasses.replace(line, apply_date=None, cases=(*line.cases, proposal(line.order)))
        if line.order.number in moved
        else line
        for line in comparison.lines
    )
    return dataclasses.replace(comparison, lines=lines)
