"""Products, their templates, and what suppliers call and charge for them."""

from __future__ import annotations

import datetime as dt
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
    integer,
    many,
    names,
    number,
    one,
)
from gateway.sandbox.odoo.records import Records
from gateway.sandbox.odoo.session import Session


class Products(Records):
    """Variants. A variant made without a template gets one of its own."""

    def create_one(self, values: Values, record: int | None = None) -> int:
        shared = {name: value for name, value in values.items() if self.field(name).related}
        if "product_tmpl_id" not in values:
            values = {**values, "product_tmpl_id": self.session["product.template"].create_one(shared)}
        return super().create_one({name: value for name, value in values.items() if name not in shared}, record)

    def display_name(self, record: int) -> str:
        code, name = self.get(record, "default_code"), self.get(record, "name")
        return f"[{code}] {name}" if code else str(name)


class Templates(Records):
    def display_name(self, record: int) -> str:
        variants = self.get(record, "product_variant_ids")
        code = self.session.value("product.product", variants[0], "default_code") if len(variants) == 1 else False
        name = str(self.get(record, "name"))
        return f"[{code}] {name}" if code else name


class SupplierPrices(Records):
    def create_one(self, values: Values, record: int | None = None) -> int:
        if "product_tmpl_id" not in values and values.get("product_id"):
            template = self.session.value("product.product", values["product_id"], "product_tmpl_id")
            values = {**values, "product_tmpl_id": template}
        if "currency_id" not in values:
            company = next(iter(self.store.rows("res.company").values()))
            values = {**values, "currency_id": company["currency_id"]}
        uom = self.store.names.supplier_uom
        if uom not in values and values.get("product_tmpl_id"):
            values = {**values, uom: self.session.value("product.template", values["product_tmpl_id"], "uom_id")}
        return super().create_one(values, record)

    def display_name(self, record: int) -> str:
        return self.session.display_name("res.partner", self.get(record, "partner_id"))

    def pick(self, product: int, partner: int, quantity: float, uom: int, day: dt.date) -> int | None:
        """The price that counts for a purchase: by sequence, largest min_qty reached, lowest price."""
        template = self.session.value("product.product", product, "product_tmpl_id")
        rows = self.store.rows(self.name)
        vendor = self.session.value("res.partner", partner, "commercial_partner_id")
        for record in self.sort(list(rows), self.definition.order):
            row = rows[record]
            if row["product_tmpl_id"] != template or (row["product_id"] and row["product_id"] != product):
                continue
            if self.session.value("res.partner", row["partner_id"], "commercial_partner_id") != vendor:
                continue
            if (row["date_start"] and day.isoformat() < row["date_start"]) or (
                row["date_end"] and day.isoformat() > row["date_end"]
            ):
                continue
            if convert(self.session, quantity, uom, row[self.store.names.supplier_uom]) >= row["min_qty"]:
                return record
        return None


def size(session: Session, uom: int) -> float:
    """How many reference units one of this unit holds. 18 keeps the inverse."""
    factor = float(session.value("uom.uom", uom, "factor"))
    return factor if session.store.version >= 19 else 1 / factor


def convert(session: Session, quantity: float, source: int, target: int) -> float:
    """The quantity in another unit. Raises UserError for an unknown unit."""
    if source == target or not source or not target:
        return quantity
    if not {source, target} <= session.store.rows("uom.uom").keys():
        raise UserError("The unit of measure does not exist.")
    return round(quantity * size(session, source) / size(session, target), 5)


def models(version: int) -> Sequence[Model]:
    new = version >= 19
    template: dict[str, Field] = {
        "name": char("Name", required=True),
        "active": flag("Active", default=True),
        "uom_id": one("uom.uom", "Unit of Measure", default=1),
        "product_variant_ids": children("product.product", "product_tmpl_id", "Products"),
        "seller_ids": children("product.supplierinfo", "product_tmpl_id", "Vendors"),
        "type": choice("Product Type", "consu=Goods", "service", "combo", default="consu"),
        "is_storable": flag("Track Inventory", default=True),
        "tracking": choice("Tracking", "serial", "lot", "none", default="none"),
        "list_price": number("Sales Price", digits="Product Price"),
        "purchase_method": choice("Control Policy", "purchase", "receive", default="receive"),
        "supplier_taxes_id": many("account.tax", "Purchase Taxes"),
        "company_id": one("res.company", "Company"),
    }
    if not new:
        template["uom_po_id"] = one("uom.uom", "Purchase Unit", related="uom_id")
    product: dict[str, Field] = {
        "product_tmpl_id": one("product.template", "Product Template", required=True),
        "default_code": char("Internal Reference"),
        "barcode": char("Barcode"),
        "active": flag("Active", default=True),
        "standard_price": number("Cost", digits="Product Price"),
        "weight": number("Weight"),
    }
    if not new:
        product["packaging_ids"] = many("product.packaging", "Product Packages")
    for name, known in template.items():
        if name not in product and name != "product_variant_ids":
            product[name] = Field(
                known.type, known.label, known.relation, choices=known.choices, related=f"product_tmpl_id.{name}"
            )
    supplier: dict[str, Field] = {
        "partner_id": one("res.partner", "Vendor", required=True),
        "product_tmpl_id": one("product.template", "Product Template", required=True),
        "product_id": one("product.product", "Product Variant"),
        "product_code": char("Vendor Product Code"),
        "product_name": char("Vendor Product Name"),
        names(version).supplier_uom: one("uom.uom", "Unit of Measure"),
        "price": number("Price", digits="Product Price"),
        "min_qty": number("Quantity"),
        "discount": number("Discount (%)"),
        "currency_id": one("res.currency", "Currency", required=True),
        "company_id": one("res.company", "Company"),
        "sequence": integer("Sequence", default=1),
        "delay": integer("Delivery Lead Time", default=1),
        "date_start": date("Start Date"),
        "date_end": date("End Date"),
    }
    tables = [
        Model("product.template", "Product", template, Templates, "name, id"),
        Model("product.product", "Product Variant", product, Products, "default_code, name, id"),
        Model(
            "product.supplierinfo", "Supplier Pricelist", supplier, SupplierPrices, "sequence, min_qty desc, price, id"
        ),
    ]
    if not new:
        packaging = {
            "name": char("Product Packaging", required=True),
            "product_id": one("product.product", "Product"),
            "qty": number("Contained Quantity", default=1.0),
            "barcode": char("Barcode"),
        }
        tables.append(Model("product.packaging", "Product Packaging", packaging, Records))
    return tables
