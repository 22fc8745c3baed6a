"""What a field is called in the Odoo at hand: the spellings of every version, confirmed by fields_get.

Not here: reading or writing any record. Rule protected: no name is used because of a version number alone; a needed
field that exists under no spelling keeps the connector closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.destinations.odoo.errors import OdooError, misconfigured


@dataclass(frozen=True, slots=True)
class Names:
    """The names found. An empty text: this Odoo has no such field."""

    line_uom: str
    supplier_uom: str
    terms: str
    acknowledged: str
    declined: str
    locked: str
    gln: str
    pickings: str


@dataclass(frozen=True, slots=True)
class _Spellings:
    model: str
    names: tuple[str, ...]
    needed: bool = True


_TABLE: Mapping[str, _Spellings] = {
    "line_uom": _Spellings("purchase.order.line", ("product_uom_id", "product_uom")),
    "supplier_uom": _Spellings("product.supplierinfo", ("product_uom_id", "product_uom")),
    "terms": _Spellings("purchase.order", ("note", "notes")),
    "acknowledged": _Spellings("purchase.order", ("acknowledged", "mail_reception_confirmed")),
    "declined": _Spellings("purchase.order", ("mail_reception_declined",), needed=False),
    "locked": _Spellings("purchase.order", ("locked",), needed=False),
    "gln": _Spellings("res.partner", ("global_location_number",), needed=False),
    "pickings": _Spellings("purchase.order", ("picking_ids",), needed=False),
}
MODELS = tuple(sorted({row.model for row in _TABLE.values()}))


def resolve(fields: Mapping[str, Mapping[str, object]]) -> Names:
    """The names in the answers of fields_get, by model. Raises OdooError (config) that lists what is missing."""
    found: dict[str, str] = {}
    missing: list[str] = []
    for key, row in _TABLE.items():
        known = fields.get(row.model, {})
        name = next((each for each in row.names if each in known), "")
        if not name and row.needed:
            missing.append(f"{row.model}.{' or '.join(row.names)}")
        found[key] = name
    if missing:
        raise OdooError(misconfigured(f"this Odoo has no field {', '.join(missing)}"), "fields_get")
    return Names(**found)
