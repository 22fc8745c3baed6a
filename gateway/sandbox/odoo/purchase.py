"""Purchase orders and their lines: what moves write_date, what resets a price, what confirming does."""

from __future__ import annotations

import datetime as dt
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
    integer,
    many,
    moment,
    money,
    names,
    number,
    one,
    text,
)
from gateway.sandbox.odoo.mail import Threads
from gateway.sandbox.odoo.products import SupplierPrices, convert
from gateway.sandbox.odoo.records import Records, record_method
from gateway.sandbox.odoo.session import Session
from gateway.sandbox.odoo.stock import Pickings
from gateway.sandbox.odoo.values import rounded

CONFIRMED = ("purchase", "done")


class Orders(Threads):
    @record_method
    def button_confirm(self, ids: list[int], **options: Any) -> bool:
        """Confirm drafts. A cancelled order is passed over, and the answer is true all the same."""
        self.require(ids)
        for record in ids:
            if self.get(record, "state") not in ("draft", "sent"):
                continue
            self.set(record, state="purchase", date_approve=self.session.seconds)
            self.follow(record, self.get(record, "partner_id"))
            receipts(self.session).receive(record, self.get(record, "order_line"))
        return True

    @record_method
    def button_cancel(self, ids: list[int]) -> None:
        self.require(ids)
        for record in ids:
            pickings = self.get(record, "picking_ids")
            if any(self.session.value("stock.picking", picking, "state") == "done" for picking in pickings):
                name = self.display_name(record)
                raise UserError(
                    f"Unable to cancel purchase order(s): {name} since they have receipts that are already done."
                )
            receipts(self.session).cancel(pickings)
            self.set(record, state="cancel")

    @record_method
    def button_draft(self, ids: list[int]) -> None:
        self.require(ids)
        for record in ids:
            self.set(record, state="draft")

    @record_method
    def button_unlock(self, ids: list[int]) -> None:
        self.require(ids)
        for record in ids:
            self.set(record, **({"locked": False} if self.store.version >= 19 else {"state": "purchase"}))

    def lock(self, ids: list[int]) -> None:
        self.require(ids)
        for record in ids:
            self.set(record, **({"locked": True} if self.store.version >= 19 else {"state": "done"}))

    def create_one(self, values: Values, record: int | None = None) -> int:
        company = values.get("company_id") or next(iter(self.store.rows("res.company")))
        defaults: Values = {
            "company_id": company,
            "currency_id": self.session.value("res.company", company, "currency_id"),
            "user_id": self.session.uid,
            "date_order": self.session.seconds,
            "picking_type_id": receipts(self.session).incoming_type(company),
        }
        record = super().create_one({**defaults, **values}, record)
        if values.get("name", "New") == "New":
            self.store.update(self.name, record, {"name": f"P{record:05d}"})
        return record

    @record_method
    def unlink(self, ids: list[int]) -> bool:
        self.require(ids)
        if any(self.get(record, "state") != "cancel" for record in ids):
            raise UserError("In order to delete a purchase order, you must cancel it first.")
        for record in ids:
            for line in self.get(record, "order_line"):
                self.store.delete("purchase.order.line", line)
        return super().unlink(ids)

    def display_name(self, record: int) -> str:
        reference = self.get(record, "partner_ref")
        name = str(self.get(record, "name"))
        return f"{name} ({reference})" if reference else name

    def open(self, record: int) -> bool:
        """Whether line writes still reach the receipts: 18 stops when the order is locked, 19 goes on."""
        return bool(self.get(record, "state") == "purchase")


class Orders18(Orders):
    @record_method
    def button_done(self, ids: list[int]) -> None:
        self.lock(ids)


class Orders19(Orders):
    @record_method
    def button_lock(self, ids: list[int]) -> None:
        self.lock(ids)

    @record_method
    def action_acknowledge(self, ids: list[int]) -> None:
        self.require(ids)
        for record in ids:
            self.set(record, acknowledged=True)


class Lines(Records):
    @record_method
    def write(self, ids: list[int], vals: Values) -> bool:
        for name in vals:
            self.field(name)
        self.require(ids)
        for record in ids:
            before = self.get(record, "product_qty")
            super().write([record], vals)
            if "product_qty" in vals:
                self._reset(record, skip=vals.keys())
            order = self.get(record, "order_id")
            # Quantity, price, tax and unit move the header (its totals); planned date, name and discount do not.
            if vals.keys() & {"product_qty", "price_unit", self.store.names.line_taxes, self.store.names.line_uom}:
                self.session["purchase.order"].set(order)
            if self._orders().open(order):
                receipts(self.session).follow_line(record, before)
        return True

    @record_method
    def unlink(self, ids: list[int]) -> bool:
        self.require(ids)
        for record in ids:
            state = self.get(record, "order_id.state")
            if state in CONFIRMED:
                label = dict(self.session["purchase.order"].field("state").choices)[state]
                raise UserError(f"Cannot delete a purchase order line which is in state “{label}”.")
        return super().unlink(ids)

    def create_one(self, values: Values, record: int | None = None) -> int:
        product, order = values.get("product_id"), values["order_id"]
        if product and not values.get("display_type"):
            uom, taxes = self.store.names.line_uom, self.store.names.line_taxes
            values = {
                uom: self.session.value("product.product", product, "uom_id"),
                taxes: [(6, 0, self.session.value("product.product", product, "supplier_taxes_id"))],
                "product_qty": 1.0,
                **values,
            }
            fresh, _ = self._from_supplier(product, order, values["product_qty"], values[uom])
            if self.store.version >= 19:
                fresh["technical_price_unit"] = fresh["price_unit"]
            values = {**fresh, **values}
        record = super().create_one(values, record)
        if self._orders().open(order):
            receipts(self.session).receive(order, [record])
        return record

    def _orders(self) -> Orders:
        orders = self.session["purchase.order"]
        assert isinstance(orders, Orders)
        return orders

    def _reset(self, record: int, skip: Iterable[str]) -> None:
        """A quantity written alone takes price, discount and date from the vendor's price list again (18).

        19 takes only the price, and leaves one that somebody typed: it differs from the price last computed.
        """
        product = self.get(record, "product_id")
        if not product:
            return
        order, uom = self.get(record, "order_id"), self.get(record, self.store.names.line_uom)
        fresh, listed = self._from_supplier(product, order, self.get(record, "product_qty"), uom)
        if not listed:
            return
        names = ["price_unit", "discount", "date_planned"]
        if self.store.version >= 19:
            computed = self.get(record, "technical_price_unit")
            names = ["price_unit"] if self.get(record, "price_unit") == computed else []
            self.store.update(self.name, record, {"technical_price_unit": fresh["price_unit"]})
        self.store.update(
            self.name, record, {name: self.stored(name, fresh[name]) for name in names if name not in skip}
        )

    def _from_supplier(self, product: int, order: int, quantity: float, uom: int) -> tuple[Values, bool]:
        """Price, discount, date and text of the vendor's price list; False when it has none for this purchase."""
        prices = self.session["product.supplierinfo"]
        assert isinstance(prices, SupplierPrices)
        ordered = dt.datetime.fromisoformat(self.session.value("purchase.order", order, "date_order"))
        partner = self.session.value("purchase.order", order, "partner_id")
        found = prices.pick(product, partner, quantity, uom, ordered.date())
        name = self.session.display_name("product.product", product)
        if found is None:
            cost = self.session.value("product.product", product, "standard_price")
            return {"price_unit": cost, "discount": 0.0, "date_planned": self._noon(ordered, 0), "name": name}, False
        row = self.store.rows("product.supplierinfo")[found]
        per_unit = convert(self.session, 1.0, uom, row[self.store.names.supplier_uom])
        text = row["product_name"] or self.session.value("product.product", product, "name")
        fresh = {
            "price_unit": self.stored("price_unit", row["price"] * per_unit),
            "discount": row["discount"],
            "date_planned": self._noon(ordered, row["delay"]),
            "name": f"[{row['product_code']}] {text}" if row["product_code"] else text,
        }
        return fresh, True

    @staticmethod
    def _noon(ordered: dt.datetime, days: int) -> str:
        """Planned dates stand around noon UTC."""
        return f"{(ordered + dt.timedelta(days=days)).date().isoformat()} 12:00:00"


def receipts(session: Session) -> Pickings:
    pickings = session["stock.picking"]
    assert isinstance(pickings, Pickings)
    return pickings


def subtotal(session: Session, record: int) -> float:
    row = session.store.rows("purchase.order.line")[record]
    return rounded(row["product_qty"] * row["price_unit"] * (1 - row["discount"] / 100), 2)


def tax(session: Session, record: int) -> float:
    taxes = session.value("purchase.order.line", record, session.store.names.line_taxes)
    return taxed(session, subtotal(session, record), taxes)


def taxed(session: Session, amount: float, taxes: Iterable[int]) -> float:
    """The tax on an amount, rounded per line; only percentages are known here."""
    rows = session.store.rows("account.tax")
    rates = sum(rows[each]["amount"] for each in taxes if rows[each]["amount_type"] == "percent")
    return rounded(amount * rates / 100, 2)


def invoiced(session: Session, line: int) -> float:
    """qty_invoiced of a purchase order line; it moves while the bill is a draft."""
    rows = session.store.rows("account.move.line")
    unit = session.value("purchase.order.line", line, session.store.names.line_uom)
    total = 0.0
    for row in (rows[each] for each in session.store.children("account.move.line", "purchase_line_id", line)):
        if session.value("account.move", row["move_id"], "state") != "cancel":
            back = session.value("account.move", row["move_id"], "move_type") == "in_refund"
            total += convert(session, row["quantity"], row["product_uom_id"], unit) * (-1 if back else 1)
    return total


def _untaxed(session: Session, order: int) -> float:
    return rounded(sum(subtotal(session, line) for line in session.value("purchase.order", order, "order_line")), 2)


def _tax(session: Session, order: int) -> float:
    return rounded(sum(tax(session, line) for line in session.value("purchase.order", order, "order_line")), 2)


def _planned(session: Session, order: int) -> Any:
    dates = [
        session.value("purchase.order.line", line, "date_planned")
        for line in session.value("purchase.order", order, "order_line")
    ]
    return min((date for date in dates if date), default=False)


def _pickings(session: Session, order: int) -> list[int]:
    return list(session.store.children("stock.picking", "purchase_id", order))


def models(version: int) -> Sequence[Model]:
    new, spelt = version >= 19, names(version)
    states = ("draft=RFQ", "sent=RFQ Sent", "to approve=To Approve", "purchase=Purchase Order", "cancel=Cancelled")
    order: dict[str, Field] = {
        "name": char("Order Reference", required=True, default="New"),
        "state": choice("Status", *states, *(() if new else ("done=Locked",)), default="draft"),
        "priority": choice("Priority", "0=Normal", "1=Urgent", default="0"),
        "origin": char("Source"),
        "partner_id": one("res.partner", "Vendor", required=True),
        "partner_ref": char("Vendor Reference"),
        "dest_address_id": one("res.partner", "Dropship Address"),
        "picking_type_id": one("stock.picking.type", "Deliver To", required=True),
        "incoterm_id": one("account.incoterms", "Incoterm"),
        "incoterm_location": char("Incoterm Location"),
        "payment_term_id": one("account.payment.term", "Payment Terms"),
        "currency_id": one("res.currency", "Currency", required=True),
        "company_id": one("res.company", "Company", required=True),
        "user_id": one("res.users", "Buyer"),
        "date_order": moment("Order Deadline", required=True),
        "date_approve": moment("Confirmation Date"),
        "date_planned": moment("Expected Arrival", compute=_planned),
        "order_line": children("purchase.order.line", "order_id", "Order Lines"),
        "picking_ids": many("stock.picking", "Receptions", compute=_pickings),
        spelt.terms: html("Terms and Conditions"),
        "amount_untaxed": money("Untaxed Amount", compute=_untaxed),
        "amount_tax": money("Taxes", compute=_tax),
        "amount_total": money(
            "Total", compute=lambda session, record: rounded(_untaxed(session, record) + _tax(session, record), 2)
        ),
        "invoice_status": choice("Billing Status", "no", "to invoice", "invoiced", default="no"),
        "message_follower_ids": many("res.partner", "Followers"),
        "message_ids": many("mail.message", "Messages", compute=Threads.messages("purchase.order")),
        "activity_ids": many("mail.activity", "Activities", compute=Threads.activities("purchase.order")),
    }
    line: dict[str, Field] = {
        "order_id": one("purchase.order", "Order Reference", required=True),
        "sequence": integer("Sequence", default=10),
        "product_id": one("product.product", "Product"),
        "name": text("Description", required=True),
        "product_qty": number("Quantity", digits=spelt.quantity_digits),
        spelt.line_uom: one("uom.uom", "Unit of Measure"),
        "price_unit": number("Unit Price", digits="Product Price"),
        "discount": number("Discount (%)", digits=2),
        spelt.line_taxes: many("account.tax", "Taxes"),
        "date_planned": moment("Expected Arrival"),
        "display_type": choice("Display Type", "line_section=Section", "line_note=Note"),
        "price_subtotal": money("Subtotal", compute=subtotal),
        "price_tax": number("Tax", compute=tax),
        "price_total": money(
            "Total", compute=lambda session, record: rounded(subtotal(session, record) + tax(session, record), 2)
        ),
        "state": choice("Status", related="order_id.state"),
        "partner_id": one("res.partner", "Partner", related="order_id.partner_id"),
        "currency_id": one("res.currency", "Currency", related="order_id.currency_id"),
        "company_id": one("res.company", "Company", related="order_id.company_id"),
        "move_ids": children("stock.move", "purchase_line_id", "Reservation"),
        "qty_received": number("Received Qty", compute=Pickings.received),
        "qty_invoiced": number("Billed Qty", compute=invoiced),
    }
    if new:
        order["acknowledged"] = flag("Acknowledged")
        order["locked"] = flag("Locked")
        line["selected_seller_id"] = one("product.supplierinfo", "Selected Seller", compute=_seller)
        line["technical_price_unit"] = number("Technical Price", digits="Product Price")
    else:
        order["mail_reception_confirmed"] = flag("Reception Confirmed")
        order["mail_reception_declined"] = flag("Reception Declined")
        line["product_packaging_id"] = one("product.packaging", "Packaging")
    return (
        Model("purchase.order", "Purchase Order", order, Orders19 if new else Orders18, "priority desc, id desc"),
        Model("purchase.order.line", "Purchase Order Line", line, Lines, "order_id, sequence, id"),
    )


def _seller(session: Session, record: int) -> int | bool:
    row = session.store.rows("purchase.order.line")[record]
    prices = session["product.supplierinfo"]
    if not row["product_id"] or not isinstance(prices, SupplierPrices):
        return False
    order = session.store.rows("purchase.order")[row["order_id"]]
    day = dt.datetime.fromisoformat(order["date_order"]).date()
    uom = row[session.store.names.line_uom]
    return prices.pick(row["product_id"], order["partner_id"], row["product_qty"], uom, day) or False
