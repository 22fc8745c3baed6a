"""Incoterms, payment terms and taxes; bills and sales orders only as far as `load` makes them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.sandbox.odoo.errors import UserError
from gateway.sandbox.odoo.fields import (
    Field,
    Model,
    Values,
    char,
    children,
    choice,
    date,
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
from gateway.sandbox.odoo.load import Loading
from gateway.sandbox.odoo.mail import Threads
from gateway.sandbox.odoo.purchase import taxed
from gateway.sandbox.odoo.records import Records, record_method
from gateway.sandbox.odoo.session import Session
from gateway.sandbox.odoo.values import rounded

BILLS = ("in_invoice", "in_refund")


class Terms(Records):
    def display_name(self, record: int) -> str:
        return f"[{self.get(record, 'code')}] {self.get(record, 'name')}"


class Bills(Threads, Loading):
    def create_one(self, values: Values, record: int | None = None) -> int:
        company = next(iter(self.store.rows("res.company")))
        currency = self.session.value("res.company", company, "currency_id")
        return super().create_one({"company_id": company, "currency_id": currency, **values}, record)

    @record_method
    def write(self, ids: list[int], vals: Values) -> bool:
        if "invoice_line_ids" in vals and any(self.get(each, "state") == "posted" for each in ids):
            raise UserError("You cannot modify the following readonly fields on a posted move: invoice_line_ids")
        return super().write(ids, vals)

    def display_name(self, record: int) -> str:
        return str(self.get(record, "name") or f"Draft Bill (* {record})")


class BillLines(Records):
    def create_one(self, values: Values, record: int | None = None) -> int:
        product = values.get("product_id")
        if product:
            # The default unit is the product's: a line in dozens has to say so.
            unit = self.session.value("product.product", product, "uom_id")
            taxes = [(6, 0, self.session.value("product.product", product, "supplier_taxes_id"))]
            name = self.session.display_name("product.product", product)
            values = {"product_uom_id": unit, "tax_ids": taxes, "name": name, **values}
        return super().create_one(values, record)


class Sales(Threads, Loading):
    def create_one(self, values: Values, record: int | None = None) -> int:
        company = next(iter(self.store.rows("res.company")))
        partner = values.get("partner_id", False)
        defaults: Values = {
            "company_id": company,
            "currency_id": self.session.value("res.company", company, "currency_id"),
            "user_id": self.session.uid,
            "date_order": self.session.seconds,
            "partner_invoice_id": partner,
            "partner_shipping_id": partner,
        }
        record = super().create_one({**defaults, **values}, record)
        if values.get("name", "New") == "New":
            self.store.update(self.name, record, {"name": f"S{record:05d}"})
        return record

    @record_method
    def action_confirm(self, ids: list[int]) -> bool:
        self.require(ids)
        if any(self.get(record, "state") not in ("draft", "sent") for record in ids):
            raise UserError("Some orders are not in a state requiring confirmation.")
        for record in ids:
            self.set(record, state="sale")
        return True


class SaleLines(Records):
    def create_one(self, values: Values, record: int | None = None) -> int:
        product, unit = values.get("product_id"), self.store.names.line_uom
        if product:
            values = {
                unit: self.session.value("product.product", product, "uom_id"),
                "price_unit": self.session.value("product.product", product, "list_price"),
                "name": self.session.display_name("product.product", product),
                **values,
            }
        return super().create_one(values, record)


def _billed(session: Session, move: int) -> float:
    return rounded(
        sum(_bill_subtotal(session, line) for line in session.value("account.move", move, "invoice_line_ids")), 2
    )


def _bill_subtotal(session: Session, line: int) -> float:
    row = session.store.rows("account.move.line")[line]
    return rounded(row["quantity"] * row["price_unit"] * (1 - row["discount"] / 100), 2)


def _bill_tax(session: Session, move: int) -> float:
    lines = session.value("account.move", move, "invoice_line_ids")
    taxes = (taxed(session, _bill_subtotal(session, line), _taxes(session, line)) for line in lines)
    return rounded(sum(taxes), 2)


def _taxes(session: Session, line: int) -> list[int]:
    return list(session.value("account.move.line", line, "tax_ids"))


def _duplicates(session: Session, move: int) -> list[int]:
    rows = session.store.rows("account.move")
    mine = rows[move]
    if not mine["ref"] or mine["move_type"] not in BILLS:
        return []
    same = ("ref", "partner_id", "move_type")
    return [each for each, row in rows.items() if each != move and all(row[name] == mine[name] for name in same)]


def models(version: int) -> Sequence[Model]:
    new, spelt = version >= 19, names(version)
    move_types = (
        "entry=Journal Entry",
        "in_invoice=Vendor Bill",
        "in_refund=Vendor Credit Note",
        "out_invoice=Customer Invoice",
    )
    move: dict[str, Field] = {
        "name": char("Number"),
        "state": choice("Status", "draft", "posted", "cancel=Cancelled", default="draft"),
        "move_type": choice("Type", *move_types, default="entry"),
        "partner_id": one("res.partner", "Partner"),
        "commercial_partner_id": one("res.partner", "Commercial Entity", related="partner_id.commercial_partner_id"),
        "ref": char("Reference"),
        "invoice_date": date("Invoice/Bill Date"),
        "invoice_origin": char("Origin"),
        "currency_id": one("res.currency", "Currency", required=True),
        "company_id": one("res.company", "Company"),
        "invoice_line_ids": children("account.move.line", "move_id", "Invoice lines"),
        "amount_untaxed": money("Untaxed Amount", compute=_billed),
        "amount_tax": money("Tax", compute=_bill_tax),
        "amount_total": money("Total", compute=lambda s, r: rounded(_billed(s, r) + _bill_tax(s, r), 2)),
        "payment_state": choice("Payment Status", "not_paid", "paid", "in_payment", "partial", default="not_paid"),
        "duplicated_ref_ids": many("account.move", "Duplicated Refs", compute=_duplicates),
        "message_follower_ids": many("res.partner", "Followers"),
    }
    move_line: dict[str, Field] = {
        "move_id": one("account.move", "Journal Entry", required=True),
        "sequence": integer("Sequence", default=10),
        "product_id": one("product.product", "Product"),
        "name": text("Label"),
        "quantity": number("Quantity", default=1.0, digits=spelt.quantity_digits),
        "product_uom_id": one("uom.uom", "Unit of Measure"),
        "price_unit": number("Unit Price", digits="Product Price"),
        "discount": number("Discount (%)", digits=2),
        "purchase_line_id": one("purchase.order.line", "Purchase Order Line"),
        "tax_ids": many("account.tax", "Taxes"),
        "price_subtotal": money("Subtotal", compute=_bill_subtotal),
    }
    sale: dict[str, Field] = {
        "name": char("Order Reference", required=True, default="New"),
        "state": choice("Status", "draft=Quotation", "sent", "sale=Sales Order", "cancel=Cancelled", default="draft"),
        "partner_id": one("res.partner", "Customer", required=True),
        "partner_invoice_id": one("res.partner", "Invoice Address"),
        "partner_shipping_id": one("res.partner", "Delivery Address"),
        "client_order_ref": char("Customer Reference"),
        "commitment_date": moment("Delivery Date"),
        "date_order": moment("Order Date"),
        "currency_id": one("res.currency", "Currency"),
        "company_id": one("res.company", "Company"),
        "user_id": one("res.users", "Salesperson"),
        "order_line": children("sale.order.line", "order_id", "Order Lines"),
        "message_follower_ids": many("res.partner", "Followers"),
    }
    sale_line: dict[str, Field] = {
        "order_id": one("sale.order", "Order Reference", required=True),
        "sequence": integer("Sequence", default=10),
        "product_id": one("product.product", "Product"),
        "name": text("Description"),
        "product_uom_qty": number("Quantity", default=1.0, digits=spelt.quantity_digits),
        spelt.line_uom: one("uom.uom", "Unit of Measure"),
        "price_unit": number("Unit Price", digits="Product Price"),
        ("tax_ids" if new else "tax_id"): many("account.tax", "Taxes"),
    }
    tax: dict[str, Field] = {
        "name": char("Tax Name", required=True),
        "amount": number("Amount", digits=4),
        "amount_type": choice("Tax Computation", "percent", "fixed", "division", "group", default="percent"),
        "type_tax_use": choice("Tax Type", "sale=Sales", "purchase=Purchases", "none", default="purchase"),
        "price_include": flag("Included in Price"),
        "active": flag("Active", default=True),
        "company_id": one("res.company", "Company"),
    }
    payment_term: dict[str, Field] = {
        "name": char("Payment Terms", required=True),
        "note": html("Description on the Invoice"),
        "active": flag("Active", default=True),
        "line_ids": children("account.payment.term.line", "payment_id", "Terms"),
        "early_discount": flag("Early Discount"),
        "discount_percentage": number("Discount %", default=2.0),
        "discount_days": integer("Discount Days", default=10),
    }
    delays = ("days_after=Days after invoice date", "days_after_end_of_month=Days after end of month")
    payment_term_line: dict[str, Field] = {
        "payment_id": one("account.payment.term", "Payment Terms", required=True),
        "value": choice("Value", "percent", "fixed", default="percent"),
        "value_amount": number("Due", default=100.0, digits=6),
        "delay_type": choice("Delay Type", *delays, default="days_after"),
        "nb_days": integer("Days"),
    }
    incoterm = {
        "code": char("Code", required=True),
        "name": char("Name", required=True),
        "active": flag("Active", default=True),
    }
    return (
        Model("account.incoterms", "Incoterms", incoterm, Terms),
        Model("account.payment.term", "Payment Terms", payment_term, Records),
        Model("account.payment.term.line", "Payment Terms Line", payment_term_line, Records),
        Model("account.tax", "Tax", tax, Records),
        Model("account.move", "Journal Entry", move, Bills, "invoice_date desc, id desc"),
        Model("account.move.line", "Journal Item", move_line, BillLines),
        Model("sale.order", "Sales Order", sale, Sales, "date_order desc, id desc"),
        Model("sale.order.line", "Sales Order Line", sale_line, SaleLines, "order_id, sequence, id"),
    )
