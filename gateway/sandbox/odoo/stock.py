"""Receipts: the pickings a confirmed order makes, their moves and move lines, splitting and validating them.

No quantity on hand, no locations, no reservation beyond what a receipt shows. The rule kept: what a client has to re-
read after a call (state, backorders) is as in Odoo, whatever the call returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.sandbox.odoo.errors import UserError
from gateway.sandbox.odoo.fields import (
    Field,
    Model,
    Values,
    char,
    children,
    choice,
    flag,
    html,
    many,
    moment,
    names,
    number,
    one,
)
from gateway.sandbox.odoo.mail import Threads
from gateway.sandbox.odoo.products import convert
from gateway.sandbox.odoo.records import Records, record_method
from gateway.sandbox.odoo.session import Session

OPEN = ("draft", "waiting", "confirmed", "assigned")


class Pickings(Threads):
    @record_method
    def button_validate(self, ids: list[int]) -> bool | Values:
        """True when done, or the backorder wizard when nothing was. Context `skip_backorder` answers the wizard."""
        self.require(ids)
        waiting = [record for record in ids if self.get(record, "state") in OPEN]
        if len(waiting) < len(ids) and self.store.version < 19:
            raise UserError(
                "You cannot validate a transfer if no quantities are reserved. "
                "To force the transfer, encode quantities."
            )
        short = [record for record in waiting if self._rest(record)]
        if short and not self.session.context.get("skip_backorder"):
            return self._wizard(waiting, short)
        closing = self.session.context.get("picking_ids_not_to_backorder") or []
        for record in waiting:
            if record in short and record not in closing:
                self._split(record, self._rest(record))
            self._require_lots(record)
            for move in self.get(record, "move_ids"):
                self.store.update("stock.move", move, {"state": "done" if self._taken(move) else "cancel"})
            self.set(record, state="done", date_done=self.session.seconds)
        return True

    @record_method
    def action_split_transfer(self, ids: list[int]) -> None:
        """What the move lines hold stays; the rest of the demand goes to a new picking."""
        self.require(ids)
        for record in ids:
            moves = self.get(record, "move_ids")
            if any(self._quantity(move) > self._demand(move) for move in moves):
                raise UserError("You cannot split a transfer if the quantity is higher than the demand.")
            rest = {move: self._demand(move) - self._quantity(move) for move in moves}
            rest = {move: quantity for move, quantity in rest.items() if quantity > 0}
            if not rest:
                raise UserError(
                    "Nothing to split. Fill the quantities you want in a new transfer in the done quantities"
                )
            self._split(record, rest)

    def display_name(self, record: int) -> str:
        return str(self.get(record, "name"))

    # -- called by purchase orders

    def incoming_type(self, company: int) -> int:
        rows = self.store.rows("stock.picking.type")
        return next(each for each, row in rows.items() if row["code"] == "incoming" and row["company_id"] == company)

    def receive(self, order: int, lines: Iterable[int]) -> None:
        """Expect the goods of these lines on the order's open receipt, or on a new one."""
        for line in lines:
            product, quantity = self._line(line, "product_id"), self._line(line, "product_qty")
            if product and quantity > 0 and self.session.value("product.product", product, "type") == "consu":
                self._expect(self._open_receipt(order) or self._new(order, "incoming"), line, quantity)

    def follow_line(self, line: int, before: float) -> None:
        """A line of a confirmed order was written: date and demand follow; 0 makes a return and keeps the receipt."""
        moves = [move for move in self._line(line, "move_ids") if self._move(move, "picking_id.state") in OPEN]
        moves = [move for move in moves if self._move(move, "picking_id.picking_type_code") == "incoming"]
        for move in moves:
            self.store.update("stock.move", move, {"date_deadline": self._line(line, "date_planned")})
        quantity = self._line(line, "product_qty")
        if quantity == before or not self._line(line, "product_id"):
            return
        order = self._line(line, "order_id")
        if quantity == 0:
            self._expect(self._new(order, "outgoing"), line, before)
            return
        change = quantity - before
        if not moves:
            if change > 0:
                self._expect(self._open_receipt(order) or self._new(order, "incoming"), line, change)
            return
        demand = self._demand(moves[0]) + self._in_stock_units(line, change)
        self.store.update("stock.move", moves[0], {"product_uom_qty": max(demand, 0.0)})
        self._prefill(moves[0])

    def cancel(self, pickings: Iterable[int]) -> None:
        for picking in pickings:
            for move in self.get(picking, "move_ids"):
                self.store.update("stock.move", move, {"state": "cancel"})
            self.set(picking, state="cancel")

    @staticmethod
    def received(session: Session, line: int) -> float:
        """qty_received of an order line, in its unit."""
        total = 0.0
        for move in session.value("purchase.order.line", line, "move_ids"):
            if session.value("stock.move", move, "state") == "done":
                outgoing = session.value("stock.move", move, "picking_id.picking_type_code") == "outgoing"
                total += session.value("stock.move", move, "quantity") * (-1 if outgoing else 1)
        product_uom = session.value("purchase.order.line", line, "product_id.uom_id")
        return convert(
            session, total, product_uom, session.value("purchase.order.line", line, session.store.names.line_uom)
        )

    # -- inside

    def _line(self, line: int, path: str) -> Any:
        return self.session.value("purchase.order.line", line, path)

    def _move(self, move: int, path: str) -> Any:
        return self.session.value("stock.move", move, path)

    def _demand(self, move: int) -> float:
        return float(self._move(move, "product_uom_qty"))

    def _quantity(self, move: int) -> float:
        return float(self._move(move, "quantity"))

    def _taken(self, move: int) -> float:
        """What a validation takes: picked lines only, if any line of the picking is picked, else all."""
        rows = self.store.rows("stock.move.line")
        lines = [rows[line] for line in self.get(self._move(move, "picking_id"), "move_line_ids")]
        any_picked = any(line["picked"] for line in lines)
        return float(
            sum(line["quantity"] for line in lines if line["move_id"] == move and (line["picked"] or not any_picked))
        )

    def _rest(self, record: int) -> dict[int, float]:
        """Demand not taken, by move."""
        rest = {move: self._demand(move) - self._taken(move) for move in self.get(record, "move_ids")}
        return {move: quantity for move, quantity in rest.items() if quantity > 0}

    def _in_stock_units(self, line: int, quantity: float) -> float:
        return convert(
            self.session, quantity, self._line(line, self.store.names.line_uom), self._line(line, "product_id.uom_id")
        )

    def _open_receipt(self, order: int) -> int | None:
        pickings = self.session.value("purchase.order", order, "picking_ids")
        waiting = (
            p for p in pickings if self.get(p, "state") in OPEN and self.get(p, "picking_type_code") == "incoming"
        )
        return next(waiting, None)

    def _new(self, order: int, code: str, **more: Any) -> int:
        kind = self.session.value("purchase.order", order, "picking_type_id")
        if code == "outgoing":
            warehouse = self.session.value("stock.picking.type", kind, "warehouse_id")
            kinds = self.store.rows("stock.picking.type").items()
            kind = next(each for each, row in kinds if row["code"] == code and row["warehouse_id"] == warehouse)
        values = {
            "picking_type_id": kind,
            "purchase_id": order,
            "partner_id": self.session.value("purchase.order", order, "partner_id"),
            "origin": self.session.value("purchase.order", order, "name"),
            "company_id": self.session.value("purchase.order", order, "company_id"),
            "scheduled_date": self.session.value("purchase.order", order, "date_planned") or self.session.seconds,
            "state": "assigned",
            **more,
        }
        record = self.create_one(values)
        warehouse = self.session.value("stock.picking.type", kind, "warehouse_id.code") or "WH"
        short = {"incoming": "IN", "outgoing": "OUT", "dropship": "DS"}[self.get(record, "picking_type_code")]
        self.store.update(self.name, record, {"name": f"{warehouse}/{short}/{record:05d}"})
        return record

    def _expect(self, picking: int, line: int, quantity: float) -> None:
        values = {
            "picking_id": picking,
            "product_id": self._line(line, "product_id"),
            "product_uom": self._line(line, "product_id.uom_id"),
            "product_uom_qty": self._in_stock_units(line, quantity),
            "purchase_line_id": line,
            "date_deadline": self._line(line, "date_planned"),
            "state": "assigned",
        }
        self._prefill(self.session["stock.move"].create_one(values))

    def _prefill(self, move: int) -> None:
        """Receipts come filled in: one line with the demand, or lines of 1 for serial numbers."""
        demand, there = self._demand(move), self._move(move, "move_line_ids")
        if len(there) == 1 and self._move(move, "product_id.tracking") != "serial":
            self.store.update("stock.move.line", there[0], {"quantity": demand})
            return
        for line in there:
            self.store.delete("stock.move.line", line)
        serial = self._move(move, "product_id.tracking") == "serial"
        for quantity in [1.0] * int(demand) if serial else [demand]:
            self.session["stock.move.line"].create_one(
                {"move_id": move, "picking_id": self._move(move, "picking_id"), "quantity": quantity}
            )

    def _split(self, record: int, rest: dict[int, float]) -> None:
        """Move the rest to a backorder of this picking; its note and dates are copied, as Odoo does."""
        row = self.store.rows(self.name)[record]
        copied = {name: row[name] for name in ("note", "scheduled_date", "partner_id")}
        backorder = self._new(row["purchase_id"], self.get(record, "picking_type_code"), backorder_id=record, **copied)
        moves = self.store.rows("stock.move")
        for move, quantity in rest.items():
            values = {
                name: moves[move][name] for name in ("product_id", "product_uom", "purchase_line_id", "date_deadline")
            }
            values.update(picking_id=backorder, product_uom_qty=quantity, state="assigned")
            self._prefill(self.session["stock.move"].create_one(values))
            if self._demand(move) == quantity:
                for line in self._move(move, "move_line_ids"):
                    self.store.delete("stock.move.line", line)
                self.store.delete("stock.move", move)
                continue
            self.store.update("stock.move", move, {"product_uom_qty": self._demand(move) - quantity})
            self._drop_untaken(record, move)

    def _drop_untaken(self, record: int, move: int) -> None:
        """Lines that are not picked go with the backorder once another line of the picking is picked."""
        rows = self.store.rows("stock.move.line")
        if any(rows[line]["picked"] for line in self.get(record, "move_line_ids")):
            for line in self._move(move, "move_line_ids"):
                if not rows[line]["picked"]:
                    self.store.delete("stock.move.line", line)

    def _require_lots(self, record: int) -> None:
        for line in self.get(record, "move_line_ids"):
            row = self.store.rows("stock.move.line")[line]
            tracking = self.session.value("stock.move.line", line, "product_id.tracking")
            if tracking != "none" and row["quantity"] and not row["lot_name"]:
                product = self.session.display_name("product.product", self._move(row["move_id"], "product_id"))
                raise UserError(f"You need to supply a Lot/Serial Number for product:\n{product}")

    def _wizard(self, ids: list[int], short: list[int]) -> Values:
        view = 893
        return {
            "name": "Create Backorder?",
            "type": "ir.actions.act_window",
            "view_mode": "form",
            "res_model": "stock.backorder.confirmation",
            "views": [[view, "form"]],
            "view_id": view,
            "target": "new",
            "context": {
                **self.session.context,
                "button_validate_picking_ids": ids,
                "default_show_transfers": False,
                "default_pick_ids": [[4, record] for record in short],
            },
        }


class MoveLines(Records):
    def create_one(self, values: Values, record: int | None = None) -> int:
        if values.get("move_id") and not values.get("picking_id"):
            picking = self.session.value("stock.move", values["move_id"], "picking_id")
            values = {**values, "picking_id": picking}
        return super().create_one(values, record)

    def display_name(self, record: int) -> str:
        return f"{self.name},{record}"


class Kinds(Records):
    def display_name(self, record: int) -> str:
        warehouse = self.get(record, "warehouse_id.name")
        name = str(self.get(record, "name"))
        return f"{warehouse}: {name}" if warehouse else name


def _done(session: Session, move: int) -> float:
    rows = session.store.rows("stock.move.line")
    return float(sum(rows[line]["quantity"] for line in session.value("stock.move", move, "move_line_ids")))


def models(version: int) -> Sequence[Model]:
    spelt = names(version)
    package = "stock.package" if version >= 19 else "stock.quant.package"
    states = (
        "draft",
        "waiting=Waiting Another Operation",
        "confirmed=Waiting",
        "assigned=Ready",
        "done",
        "cancel=Cancelled",
    )
    kinds = ("incoming=Receipt", "outgoing=Delivery", "internal=Internal Transfer", "dropship=Dropship")
    picking: dict[str, Field] = {
        "name": char("Reference", default="/"),
        "state": choice("Status", *states, default="draft"),
        "partner_id": one("res.partner", "Contact"),
        "origin": char("Source Document"),
        "note": html("Notes"),
        "scheduled_date": moment("Scheduled Date"),
        "date_deadline": moment("Deadline"),
        "date_done": moment("Date of Transfer"),
        "picking_type_id": one("stock.picking.type", "Operation Type", required=True),
        "picking_type_code": choice("Type of Operation", *kinds, related="picking_type_id.code"),
        "purchase_id": one("purchase.order", "Purchase Order"),
        "backorder_id": one("stock.picking", "Back Order of"),
        "backorder_ids": children("stock.picking", "backorder_id", "Back Orders"),
        "move_ids": children("stock.move", "picking_id", "Stock Moves"),
        "move_line_ids": children("stock.move.line", "picking_id", "Operations"),
        "company_id": one("res.company", "Company"),
        "message_follower_ids": many("res.partner", "Followers"),
        "message_ids": many("mail.message", "Messages", compute=Threads.messages("stock.picking")),
        "activity_ids": many("mail.activity", "Activities", compute=Threads.activities("stock.picking")),
    }
    move: dict[str, Field] = {
        "picking_id": one("stock.picking", "Transfer"),
        "product_id": one("product.product", "Product", required=True),
        "product_uom": one("uom.uom", "UoM", required=True),
        "product_uom_qty": number("Demand", digits=spelt.quantity_digits),
        "quantity": number("Quantity", compute=_done),
        "state": choice("Status", *states, default="draft"),
        "purchase_line_id": one("purchase.order.line", "Purchase Order Line"),
        "date_deadline": moment("Deadline"),
        "move_line_ids": children("stock.move.line", "move_id", "Move Lines"),
    }
    move_line: dict[str, Field] = {
        "picking_id": one("stock.picking", "Transfer"),
        "move_id": one("stock.move", "Stock Operation"),
        "product_id": one("product.product", "Product", related="move_id.product_id"),
        "product_uom_id": one("uom.uom", "Unit of Measure", related="move_id.product_uom"),
        "quantity": number("Quantity", digits=spelt.quantity_digits),
        "picked": flag("Picked"),
        "lot_name": char("Lot/Serial Number Name"),
        "result_package_id": one(package, "Destination Package"),
        "state": choice("Status", *states, related="move_id.state"),
    }
    kind: dict[str, Field] = {
        "name": char("Operation Type", required=True),
        "code": choice("Type of Operation", *kinds, required=True),
        "warehouse_id": one("stock.warehouse", "Warehouse"),
        "company_id": one("res.company", "Company", required=True),
    }
    warehouse: dict[str, Field] = {
        "name": char("Warehouse", required=True),
        "code": char("Short Name", required=True),
        "partner_id": one("res.partner", "Address"),
        "company_id": one("res.company", "Company", required=True),
    }
    return (
        Model("stock.warehouse", "Warehouse", warehouse, Records),
        Model("stock.picking.type", "Picking Type", kind, Kinds),
        Model("stock.picking", "Transfer", picking, Pickings, "scheduled_date, id desc"),
        Model("stock.move", "Stock Move", move, Records),
        Model("stock.move.line", "Product Moves (Stock Move Line)", move_line, MoveLines),
        Model(package, "Packages", {"name": char("Package Reference"), "company_id": one("res.company")}, Records),
    )
