"""Purchase orders as Odoo holds them: the rows read, what their lines say, the fingerprint of what a supplier sees.

Not here: the event (projection.py), any write. Rule protected: line identity is the id of the purchase.order.line; the
fingerprint leaves out what the gateway itself writes without being asked (vendor reference, acknowledgement flags,
write_date).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from edi.documents.types import Id, plain
from gateway.destinations.odoo import values
from gateway.destinations.odoo.connection import Connection
from gateway.matching import OrderLineFacts

Row = dict[str, Any]
RELEASED = ("purchase", "done")
BATCH = 20  # orders per read
_HEADER = (
    "name", "state", "date_order", "date_approve", "write_date", "partner_id", "partner_ref", "dest_address_id",
    "picking_type_id", "incoterm_id", "payment_term_id", "currency_id", "company_id", "user_id",
)  # fmt: skip
_LINE = (
    "order_id", "product_id", "name", "product_qty", "qty_received", "price_unit", "discount", "date_planned",
    "display_type",
)  # fmt: skip
_SUPPLIER = ("product_tmpl_id", "product_id", "product_code", "min_qty", "sequence", "date_start", "date_end")


def header_fields(connection: Connection) -> list[str]:
    names = connection.names
    return [*_HEADER, *(name for name in (names.acknowledged, names.declined, names.locked) if name)]


async def read_lines(connection: Connection, orders: Iterable[int]) -> dict[int, list[Row]]:
    """The product lines of each order, by order id; sections and notes are left out."""
    ids = sorted(orders)
    fields = [*_LINE, connection.names.line_uom]
    found: dict[int, list[Row]] = {order: [] for order in ids}
    for row in await connection.search("purchase.order.line", [["order_id", "in", ids]], fields, order="id"):
        if not row["display_type"]:
            found[values.ref(row["order_id"])].append(row)
    return found


async def read_items(
    connection: Connection, vendor: int, order: Row, lines: Sequence[Row]
) -> dict[int, tuple[Id, ...]]:
    """What each line's product is called, by line id: by us (code, GTIN) and by this vendor (a commercial partner)."""
    fields = ["default_code", "barcode", "product_tmpl_id"]
    products = await connection.rows(
        "product.product", [values.ref(row["product_id"]) for row in lines if row["product_id"]], fields
    )
    codes: list[Row] = []
    if products:
        domain = [["partner_id", "child_of", vendor], ["product_tmpl_id.product_variant_ids", "in", sorted(products)]]
        fields = [*_SUPPLIER, connection.names.supplier_uom]
        codes = await connection.search("product.supplierinfo", domain, fields)
    ordered_on = str(order["date_order"] or "")[:10]
    found: dict[int, tuple[Id, ...]] = {}
    for row in lines:
        product = products.get(values.ref(row["product_id"]), {})
        ids = (
            ("buyer", values.text(product.get("default_code"))),
            ("gtin", values.gtin(product.get("barcode"))),
            ("supplier", _supplier_code(codes, product, row, connection, ordered_on)),
        )
        found[row["id"]] = tuple(Id(scheme=scheme, value=value) for scheme, value in ids if value)
    return found


def line_facts(connection: Connection, order: Row, row: Row, ids: tuple[Id, ...], zone: ZoneInfo) -> OrderLineFacts:
    """One order line in our terms: quantity in the ordered unit, net price, the day planned in the buyer's calendar."""
    digits = connection.digits
    return OrderLineFacts(
        number=str(row["id"]),
        quantity=values.amount(row["product_qty"], digits.quantity),
        uom=values.unit(unit_name(connection, row), connection.settings.units),
        price=values.net_price(row, digits.price),
        currency=values.label(order["currency_id"]),
        date=values.day(row["date_planned"], zone),
        ids=ids,
        description=description(row["name"]),
    )


def received(connection: Connection, lines: Iterable[Row]) -> dict[str, Decimal]:
    """What has come in of each line, by line number, in the ordered unit."""
    digits = connection.digits.quantity
    return {str(row["id"]): values.amount(row["qty_received"], digits) for row in lines}


def unit_name(connection: Connection, row: Row) -> str:
    return values.label(row[connection.names.line_uom])


def description(name: Any) -> str:
    """The first line of a line's text without the `[code] ` Odoo puts in front."""
    first = values.text(name).partition("\n")[0].strip()
    return re.sub(r"^\[[^\]]*\]\s*", "", first) or first


def locked(connection: Connection, order: Row) -> bool:
    """Locked: state `done` (18), or a flag beside the state (19)."""
    flag = connection.names.locked
    return order["state"] == "done" or bool(flag and order[flag])


def fingerprint(connection: Connection, order: Row, lines: Sequence[Row], zone: ZoneInfo) -> str:
    """sha256 over all of the order that matters to a supplier; locking changes nothing for them."""
    digits = connection.digits
    seen = {
        "state": "purchase" if order["state"] in RELEASED else order["state"],
        **{name: values.ref(order[name]) for name in _HEADER if isinstance(order[name], list) and name != "user_id"},
        "lines": [
            [
                row["id"],
                values.ref(row["product_id"]),
                values.text(row["name"]),
                plain(values.amount(row["product_qty"], digits.quantity)),
                values.ref(row[connection.names.line_uom]),
                plain(values.amount(row["price_unit"], digits.price)),
                plain(values.amount(row["discount"], 2)),
                str(values.day(row["date_planned"], zone)),
            ]
            for row in sorted(lines, key=lambda row: int(row["id"]))
        ],
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _supplier_code(
    codes: Sequence[Row], product: Mapping[str, Any], line: Row, connection: Connection, ordered_on: str
) -> str:
    """The vendor's own code, as Odoo picks a vendor price: by sequence, the largest min_qty reached, validity.

    A code names the item whatever the quantity, so one below its min_qty is better than none. min_qty counts only in
    the line's own unit.
    """
    template = values.ref(product.get("product_tmpl_id"))
    fitting = [
        row
        for row in codes
        if values.text(row["product_code"])
        and values.ref(row["product_tmpl_id"]) == template
        and values.ref(row["product_id"]) in (0, product["id"])
        and (not row["date_start"] or row["date_start"] <= ordered_on)
        and (not row["date_end"] or ordered_on <= row["date_end"])
    ]
    uom = values.ref(line[connection.names.line_uom])

    def rank(row: Row) -> tuple[bool, int, float, int]:
        same_unit = values.ref(row[connection.names.supplier_uom]) == uom
        return same_unit and row["min_qty"] > line["product_qty"], row["sequence"], -row["min_qty"], row["id"]

    best = min(fitting, key=rank, default=None)
    return values.text(best["product_code"]) if best else ""
