"""A supplier's ship notice written to the receipt Odoo expects: packages, lots, serial numbers, the day it comes.

    find the order -> marker? -> the receipt -> match -> packages -> one write -> split off the rest -> marker, last

One notice is one receipt; what it does not ship goes to a receipt of its own, for the next notice. Not here: which
goods are meant (shipped_goods.py), receiving them. Rules protected: nothing is received, only announced; a notice that
does not fit is a person's, and nothing of it is written; every step looks first, so a repeat ends in the same state.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import edi
from edi.documents import ShipmentDispatched
from edi.documents.types import plain
from gateway.destinations.odoo import chatter, note, orders, values
from gateway.destinations.odoo.acknowledge import document_name
from gateway.destinations.odoo.chatter import Chatter
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.order_lookup import OrderLookup
from gateway.destinations.odoo.orders import Row
from gateway.destinations.odoo.shipped_goods import Goods, Piece, goods_of
from gateway.destinations.odoo.terms import PartnerTerms
from gateway.exceptions import case
from gateway.matching import OrderLineFacts
from gateway.ports import Business, Case, Done, Outcome, Parcel

OPEN = ("assigned", "confirmed", "waiting")
INCOMING = ("incoming", "dropship")
_PICKING = ["name", "state", "note", "picking_type_code", "scheduled_date", "backorder_id"]
_MOVE = ["picking_id", "product_id", "product_uom", "product_uom_qty", "purchase_line_id", "move_line_ids", "state"]
_CANCELLING = frozenset({"cancel"})
_REPLACING = frozenset({"replace", "change"})


@dataclass(frozen=True, slots=True)
class Move:
    """An expected line of a receipt. `demand` is in the product's unit."""

    id: int
    line: int
    product: int
    uom: int
    demand: Decimal
    filled: tuple[int, ...]


@dataclass(slots=True)
class Plan:
    """What goes on which expected line: (quantity in the product's unit, SSCC, lot)."""

    moves: list[Move]
    contents: dict[int, dict[tuple[str, str], Decimal]] = field(default_factory=dict)

    def put(self, move: Move, piece: Piece, quantity: Decimal) -> None:
        where = self.contents.setdefault(move.id, {})
        key = (piece.sscc, piece.lot)
        where[key] = where.get(key, Decimal(0)) + quantity

    def on(self, move: Move) -> Decimal:
        return sum(self.contents.get(move.id, {}).values(), Decimal(0))

    @property
    def short(self) -> bool:
        return any(self.on(move) < move.demand for move in self.moves)


class Dispatch:
    """Writes ship notices of one Odoo. `stock` is the connection of the user who may make packages."""

    def __init__(self, connection: Connection, stock: Connection, directory: Directory, talk: Chatter) -> None:
        self._connection, self._stock, self._directory, self._chatter = connection, stock, directory, talk
        self._lookup = OrderLookup(connection, directory, "asn")

    async def send(self, parcel: Parcel, event: edi.Event, notice: ShipmentDispatched, terms: PartnerTerms) -> Outcome:
        """All steps, for the order of the parcel's lane. Raises OdooError where a call fails."""
        number = parcel.key.partition("/")[2]
        order = await self._lookup.find(number, parcel.partner)
        if order is None:
            return Business(self._lookup.unknown(number, parcel.key, terms))
        document = document_name(event)
        mark = chatter.marker(document, f"{event.id}.{order['id']}")
        ref = ("purchase.order", int(order["id"]), str(order["name"]))
        if await self._chatter.marked(order["id"], mark):
            return Done("already_there", (ref,))
        refused = await self._lookup.refused(order, parcel.partner, parcel.key, terms)
        if refused is not None:
            return Business(refused)
        lines = await self._lines(order, terms)
        goods = goods_of(notice, str(order["name"]), lines)
        receipt = await self._write(order, lines, goods, notice, parcel.key, terms)
        title = f"{document} {notice.shipment.number}"
        if isinstance(receipt, Case):
            head = chatter.prefix(document, notice.shipment.number, event.id)
            await self._chatter.activity(order, head, receipt.sentence, note.paragraphs(receipt.sentence))
            return Business(receipt)
        files, remark = await self._chatter.attach_original(order["id"], mark, parcel)
        remarks = [*goods.remarks, *([remark] if remark else [])]
        body = note.shipment(title, terms.name, notice, _rows(lines, goods), receipt["name"], remarks)
        await self._chatter.post(order["id"], mark, body, files)
        refs = (ref, ("stock.picking", int(receipt["id"]), str(receipt["name"])))
        return Done("applied", refs, note=f"{title}: {receipt['name']}")

    async def _lines(self, order: Row, terms: PartnerTerms) -> list[OrderLineFacts]:
        rows = (await orders.read_lines(self._connection, [order["id"]]))[order["id"]]
        return await self._lookup.facts(order, rows, terms)

    async def _write(
        self,
        order: Row,
        lines: Sequence[OrderLineFacts],
        goods: Goods,
        notice: ShipmentDispatched,
        subject: str,
        terms: PartnerTerms,
    ) -> Row | Case:
        """The receipt that now shows the notice, or why none does."""
        mark = f"EDI-ASN:{re.sub(r'[^a-zA-Z0-9./#+-]', '_', notice.shipment.number)}"
        ids = [int(line.number) for line in lines]
        moves = await self._stock.search("stock.move", [["purchase_line_id", "in", ids]], _MOVE, order="id")
        pickings = await self._stock.rows("stock.picking", [values.ref(row["picking_id"]) for row in moves], _PICKING)
        incoming = {key: row for key, row in sorted(pickings.items()) if row["picking_type_code"] in INCOMING}
        marked = next((row for row in incoming.values() if mark in _marks(row)), None)
        receipt = marked or next((row for row in incoming.values() if row["state"] in OPEN and not _marks(row)), None)
        purpose = notice.purpose.value if notice.purpose else ""
        refused = _refused(receipt, marked, incoming.values(), purpose, notice.shipment.number, subject)
        if refused is not None:
            return refused
        assert receipt is not None
        if marked is None or purpose in _REPLACING:
            plan = _plan(goods, [row for row in moves if values.ref(row["picking_id"]) in incoming], receipt)
            if not isinstance(plan, Plan):
                sentence = f"{terms.name} ships {notice.shipment.number} for order {order['name']}: {plan[1]}"
                return case(plan[0], sentence, subject=subject, actual=plan[1])
            await self._fill(receipt, plan, notice, mark, terms)
            short = plan.short
        else:
            short = await self._still_short(receipt)
        if short:
            await self._stock.call("stock.picking", "action_split_transfer", [receipt["id"]])
        await self._tidy_rest(receipt, mark, lines, terms)
        return receipt

    async def _fill(self, receipt: Row, plan: Plan, notice: ShipmentDispatched, mark: str, terms: PartnerTerms) -> None:
        """One write of everything the notice says."""
        packages = await self._packages({sscc for where in plan.contents.values() for sscc, _ in where if sscc})
        commands: list[Any] = []
        for move in plan.moves:
            kept = list(move.filled)
            for (sscc, lot), quantity in plan.contents.get(move.id, {}).items():
                content: dict[str, Any] = {
                    "quantity": float(quantity),
                    "lot_name": lot or False,
                    "result_package_id": packages.get(sscc, False),
                }
                if kept:
                    commands.append([1, kept.pop(0), content])
                else:
                    where = {"move_id": move.id, "picking_id": receipt["id"]}
                    commands.append(
                        [0, 0, {**where, "product_id": move.product, "product_uom_id": move.uom, **content}]
                    )
            commands += [[2, line, 0] for line in kept]
        vals: dict[str, Any] = {"note": f"<p>{mark}</p>", "move_line_ids": commands}
        day = _arrival(notice)
        if day is not None:
            vals["scheduled_date"] = values.noon(day, self._directory.zone(terms))
        if notice.shipment.tracking and await self._has_tracking():
            vals["carrier_tracking_ref"] = notice.shipment.tracking
        await self._stock.call("stock.picking", "write", [receipt["id"]], vals=vals)

    async def _packages(self, ssccs: set[str]) -> dict[str, int]:
        """Packages by SSCC; their names are not unique in Odoo, so each is looked for before it is made."""
        if not ssccs:
            return {}
        model = "stock.package" if self._stock.major >= 19 else "stock.quant.package"
        found = await self._stock.search(model, [["name", "in", sorted(ssccs)]], ["name"], order="id desc")
        packages = {str(row["name"]): int(row["id"]) for row in found}
        missing = sorted(ssccs - packages.keys())
        if missing:
            made = await self._stock.call(model, "create", vals_list=[{"name": sscc} for sscc in missing])
            packages |= dict(zip(missing, made if isinstance(made, list) else [made], strict=True))
        return packages

    _tracking: bool | None = None

    async def _has_tracking(self) -> bool:
        """Whether transfers have a tracking reference (the delivery module)."""
        if self._tracking is None:
            fields = await self._stock.call("stock.picking", "fields_get", attributes=["type"])
            self._tracking = "carrier_tracking_ref" in fields
        return self._tracking

    async def _still_short(self, receipt: Row) -> bool:
        """Whether the receipt of an earlier try was filled and not yet split."""
        fields = ["product_uom_qty", "quantity"]
        moves = await self._stock.search("stock.move", [["picking_id", "=", receipt["id"]]], fields)
        return any(row["quantity"] < row["product_uom_qty"] for row in moves)

    async def _tidy_rest(self, receipt: Row, mark: str, lines: Sequence[OrderLineFacts], terms: PartnerTerms) -> None:
        """A split copies note and date: the rest is expected when the order says, and is nobody's shipment yet."""
        domain = [["backorder_id", "=", receipt["id"]], ["state", "in", list(OPEN)]]
        for rest in await self._stock.search("stock.picking", domain, _PICKING):
            if mark in _marks(rest):
                wanted = min((line.date for line in lines if line.date), default=None)
                vals: dict[str, Any] = {"note": False}
                if wanted is not None:
                    vals["scheduled_date"] = values.noon(wanted, self._directory.zone(terms))
                await self._stock.call("stock.picking", "write", [rest["id"]], vals=vals)


def _marks(picking: Mapping[str, Any]) -> list[str]:
    """The marks of ship notices in a transfer's note."""
    return re.findall(r"EDI-ASN:[a-zA-Z0-9./#+_-]+", values.text(picking["note"]))


def _refused(
    receipt: Row | None, marked: Row | None, incoming: Iterable[Row], purpose: str, number: str, subject: str
) -> Case | None:
    if purpose in _CANCELLING:
        sentence = f"The supplier calls shipment {number} off."
        return case("asn.cancelled", sentence, subject=subject, actual=number)
    if receipt is None:
        if any(row["state"] == "done" for row in incoming):
            sentence = f"Shipment {number} is announced after the goods of this order were received."
            return case("asn.after_receipt", sentence, subject=subject, actual=number)
        sentence = f"Shipment {number} is announced for an order that expects no goods."
        return case("asn.no_receipt", sentence, subject=subject, actual=number)
    if marked is not None and purpose in _REPLACING and marked["state"] not in OPEN:
        sentence = f"The supplier changes shipment {number}, which was received as {marked['name']} already."
        return case("asn.after_receipt", sentence, subject=subject, actual=number)
    return None


def _plan(goods: Goods, moves: Sequence[Row], receipt: Row) -> Plan | tuple[str, str]:
    """Where everything goes; or the kind of case and its words when something does not fit."""
    if not goods.pieces:
        return "asn.item_unknown", "the notice names no goods of this order."
    here = [_move(row) for row in moves if values.ref(row["picking_id"]) == receipt["id"] and row["state"] != "cancel"]
    plan = Plan(here)
    for piece in goods.pieces:
        line = piece.line
        if line is None:
            said = ", ".join(f"{each.scheme} {each.value}" for each in piece.item.item.ids) if piece.item.item else "?"
            return "asn.item_unknown", f"{plain(piece.quantity)} of {said}, which is not on the order."
        if piece.uom and line.uom and piece.uom != line.uom:
            return "unit.unknown", f"line {line.name} is ordered in {line.uom} and shipped in {piece.uom}."
        left = piece.quantity * _factor(line, moves)
        for move in here:
            if move.line == int(line.number) and left > 0:
                take = min(left, move.demand - plan.on(move))
                if take > 0:
                    plan.put(move, piece, take)
                    left -= take
        if left > 0:
            shipped = sum((p.quantity for p in goods.pieces if p.line is line), Decimal(0))
            return "asn.over_shipment", f"line {line.name}: {plain(shipped)} shipped, less is still expected."
    return plan


def _move(row: Row) -> Move:
    return Move(
        int(row["id"]),
        values.ref(row["purchase_line_id"]),
        values.ref(row["product_id"]),
        values.ref(row["product_uom"]),
        Decimal(str(row["product_uom_qty"])),
        tuple(sorted(row["move_line_ids"])),
    )


def _factor(line: OrderLineFacts, moves: Sequence[Row]) -> Decimal:
    """How many of the transfer's unit one ordered unit is: what is expected in all against what is ordered."""
    expected = sum(
        (
            Decimal(str(row["product_uom_qty"]))
            for row in moves
            if values.ref(row["purchase_line_id"]) == int(line.number) and row["state"] != "cancel"
        ),
        Decimal(0),
    )
    return expected / line.quantity if line.quantity and expected else Decimal(1)


def _arrival(notice: ShipmentDispatched) -> dt.date | None:
    """The day the goods are said to come."""
    said = notice.shipment.estimated_delivery
    return dt.date.fromisoformat(said[:10]) if said and len(said) >= 10 and said[4] == "-" and "W" not in said else None


def _rows(lines: Sequence[OrderLineFacts], goods: Goods) -> list[tuple[str, ...]]:
    """For people: line, item, ordered, shipped, packages, lots."""
    rows: list[tuple[str, ...]] = []
    pieces: dict[str, list[Piece]] = {}
    for piece in goods.pieces:
        pieces.setdefault(piece.line.number if piece.line else "", []).append(piece)
    for line in lines:
        mine = pieces.get(line.number, [])
        shipped = sum((piece.quantity for piece in mine), Decimal(0))
        packages = ", ".join(dict.fromkeys(piece.sscc for piece in mine if piece.sscc))
        lots = ", ".join(dict.fromkeys(piece.lot for piece in mine if piece.lot))
        item = next((each.value for each in line.ids), "") or line.description
        ordered = f"{plain(line.quantity)} {line.uom}".strip()
        rows.append((line.number, item, ordered, f"{plain(shipped)} {line.uom}".strip(), packages, lots))
    return rows
