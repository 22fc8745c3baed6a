"""The records a sandbox starts with: what every Odoo has, then what a YAML file describes.

Keys of an entry are Odoo's field names. A reference is an id, or what a person would write: a partner's ref or name,
a product's default_code, a unit's or tax's name, a currency or country code. `id` asks for an id. Unknown keys and
references are SeedErrors.

    company: {name: Buyer, currency: EUR, country_id: DE, city: Hamburg}
    precision: {Product Price: 4}
    users:
      - {login: edi, key: secret, groups: [purchase], tz: Europe/Berlin}   # also stock, invoicing, sales, admin
    partners:
      - {id: 50, name: Vendor, ref: V1, is_company: true, country_id: US}
    uoms: [{name: Carton, size: 24}]                                       # 24 reference units
    products:
      - {code: A, name: Widget, barcode: "4012345000108", suppliers: [{partner: V1, code: VA, price: 3.5, delay: 2}]}
    purchase_orders:
      - {partner: V1, state: purchase, lines: [{product: A, qty: 10, uom: Carton, price: 4, date: 2026-12-01 12:00:00}]}

Further sections: currencies, countries, taxes, incoterms, payment_terms (`days`), warehouses, next_id ({model: id}).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.sandbox.odoo.access import GROUPS
from gateway.sandbox.odoo.base import external_ids
from gateway.sandbox.odoo.errors import OdooError
from gateway.sandbox.odoo.fields import Field, Values
from gateway.sandbox.odoo.records import Records
from gateway.sandbox.odoo.session import Session
from gateway.sandbox.odoo.store import Store

KEYS: Mapping[str, tuple[str, ...]] = {
    "res.partner": ("ref", "name"),
    "res.users": ("login",),
    "res.country": ("code", "name"),
    "res.currency": ("name",),
    "product.product": ("default_code",),
    "account.incoterms": ("code",),
    "stock.warehouse": ("code", "name"),
}
SECTIONS: Mapping[str, str] = {
    "currencies": "res.currency",
    "countries": "res.country",
    "partners": "res.partner",
    "uoms": "uom.uom",
    "taxes": "account.tax",
    "incoterms": "account.incoterms",
    "payment_terms": "account.payment.term",
}
TOP = {*SECTIONS, "company", "warehouses", "users", "products", "purchase_orders", "precision", "next_id"}
SHORT_GROUPS = {
    "purchase": "purchase.group_purchase_user",
    "stock": "stock.group_stock_user",
    "invoicing": "account.group_account_invoice",
    "sales": "sales_team.group_sale_salesman_all_leads",
    "admin": "base.group_system",
}
SUBTYPES = {"mail.mt_comment": "Discussions", "mail.mt_note": "Note", "mail.mt_activities": "Activities"}
ACTIVITY_TYPES = {
    "mail.mail_activity_data_email": "Email",
    "mail.mail_activity_data_call": "Call",
    "mail.mail_activity_data_meeting": "Meeting",
    "mail.mail_activity_data_todo": "To-Do",
    "mail.mail_activity_data_warning": "Exception",
}
COUNTRIES = {
    "US": "United States",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "NL": "Netherlands",
    "AT": "Austria",
}


class SeedError(Exception):
    """A seed file that cannot be used; the text names the section and the entry."""


def read_seed(path: Path) -> Mapping[str, Any]:
    """The file's content. Raises SeedError."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(content, dict):
        raise SeedError(f"{path}: a mapping of sections is expected")
    unknown = content.keys() - TOP
    if unknown:
        raise SeedError(f"{path}: unknown section {', '.join(sorted(unknown))}; known are {', '.join(sorted(TOP))}")
    return content


def plant(store: Store, seed: Mapping[str, Any]) -> dict[str, int]:
    """Fill an empty store. Returns the API keys: key -> uid."""
    keys: dict[str, int] = {}
    session = Session(store, 1, store.now())
    with store.transaction():
        sower = Sower(session)
        sower.foundation(seed.get("company") or {}, seed.get("currencies") or [], seed.get("precision") or {})
        for section, model in SECTIONS.items():
            if section != "currencies":
                for where, entry in _entries(seed, section):
                    if section == "payment_terms":
                        entry.setdefault("line_ids", [(0, 0, {"nb_days": entry.pop("days", 0)})])
                    sower.add(where, model, entry)
        for where, entry in _entries(seed, "warehouses", [{"name": "Main Warehouse", "code": "WH"}]):
            sower.warehouse(where, entry)
        users = list(_entries(seed, "users"))
        if not any(entry.get("login") == "admin" for _, entry in users):
            users.insert(0, ("users", {"login": "admin"}))
        # The administrator is user 2 in every database, wherever the file lists it.
        for where, entry in sorted(users, key=lambda item: item[1].get("login") != "admin"):
            keys.update(sower.user(where, entry))
        for where, entry in _entries(seed, "products"):
            sower.product(where, entry)
        for model, following in (seed.get("next_id") or {}).items():
            store.number_from(model, following)
        for where, entry in _entries(seed, "purchase_orders"):
            sower.order(where, entry)
    return keys


def _entries(seed: Mapping[str, Any], section: str, default: Any = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, entry in enumerate(seed.get(section, default) or ()):
        if not isinstance(entry, dict):
            raise SeedError(f"{section}[{index}]: a mapping is expected, not {entry!r}")
        yield f"{section}[{index}]", dict(entry)


class Sower:
    """Adds entries, turning written references into ids."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.store = session.store

    def foundation(self, company: Mapping[str, Any], currencies: Any, precision: Mapping[str, int]) -> None:
        """What every database has: precisions, currencies, countries, units, groups, subtypes, the company, user 1."""
        for name, digits in {"Product Price": 2, self.store.names.quantity_digits: 2, **precision}.items():
            self.add("precision", "decimal.precision", {"name": name, "digits": digits})
        self.add("currencies", "res.currency", {"name": "USD", "symbol": "$"})
        self.add("currencies", "res.currency", {"name": "EUR", "symbol": "€"})
        for entry in currencies:
            self.add("currencies", "res.currency", {"name": entry} if isinstance(entry, str) else dict(entry))
        for code, country in COUNTRIES.items():
            self.add("countries", "res.country", {"name": country, "code": code})
        self.add("uoms", "uom.uom", {"name": "Units"})
        self.add("uoms", "uom.uom", {"name": "Dozens", "size": 12})
        for xml_id, label in GROUPS.items():
            short = {"name": label.rpartition("/")[2], "full_name": label.replace("/", " / ")}
            self.named(xml_id, "res.groups", short)
        for xml_id, label in SUBTYPES.items():
            self.named(xml_id, "mail.message.subtype", {"name": label, "internal": xml_id != "mail.mt_comment"})
        for xml_id, label in ACTIVITY_TYPES.items():
            self.named(xml_id, "mail.activity.type", {"name": label})
        address: dict[str, Any] = {"name": "My Company", "is_company": True, **company}
        currency = address.pop("currency", "USD")
        partner = self.add("company", "res.partner", address)
        self.add("company", "res.company", {"name": address["name"], "partner_id": partner, "currency_id": currency})
        self.user("users", {"login": "__system__", "name": "OdooBot", "groups": ["admin"], "active": False})

    def named(self, xml_id: str, model: str, entry: dict[str, Any]) -> None:
        known = external_ids(self.session)
        known.remember(xml_id, model, self.add(xml_id, model, entry))

    def warehouse(self, where: str, entry: dict[str, Any]) -> None:
        entry.setdefault("company_id", 1)
        warehouse = self.add(where, "stock.warehouse", entry)
        for name, code in (("Receipts", "incoming"), ("Delivery Orders", "outgoing"), ("Dropship", "dropship")):
            values = {"name": name, "code": code, "warehouse_id": warehouse, "company_id": entry["company_id"]}
            self.add(where, "stock.picking.type", values)

    def user(self, where: str, entry: dict[str, Any]) -> dict[str, int]:
        """A user, a partner of the same name, and the API key if there is one."""
        default = "admin" if entry.get("login") == "admin" else "purchase"
        key, groups = entry.pop("key", None), entry.pop("groups", [default])
        person: Values = {name: entry.pop(name) for name in ("name", "email", "tz", "lang") if name in entry}
        unknown = set(groups) - SHORT_GROUPS.keys() - GROUPS.keys()
        if unknown:
            raise SeedError(f"{where}: unknown group {', '.join(sorted(unknown))}")
        known = external_ids(self.session)
        held = [known.reference(SHORT_GROUPS.get(group, group)) for group in groups]
        values = {
            "partner_id": self.add(where, "res.partner", {"name": entry.get("login"), **person}),
            "company_id": 1,
            "company_ids": [(6, 0, [1])],
            self.store.names.user_groups: [(6, 0, [target[1] for target in held if target])],
            **entry,
        }
        uid = self.add(where, "res.users", values)
        return {} if key is None else {str(key): uid}

    def product(self, where: str, entry: dict[str, Any]) -> None:
        suppliers = entry.pop("suppliers", [])
        if "code" in entry:
            entry["default_code"] = entry.pop("code")
        if "template_id" in entry:
            shared = {"id": entry.pop("template_id"), **self._shared(entry)}
            entry["product_tmpl_id"] = self.add(where, "product.template", shared)
        product = self.add(where, "product.product", entry)
        template = self.session.value("product.product", product, "product_tmpl_id")
        for index, supplier in enumerate(suppliers):
            values = {"product_tmpl_id": template, **supplier}
            for short, name in (("partner", "partner_id"), ("code", "product_code"), ("name", "product_name")):
                if short in values:
                    values[name] = values.pop(short)
            self.add(f"{where}.suppliers[{index}]", "product.supplierinfo", values)

    def order(self, where: str, entry: dict[str, Any]) -> int:
        """An order with its lines, brought to `state` by the buttons a buyer would press."""
        state, lines = entry.pop("state", "draft"), entry.pop("lines", [])
        entry.setdefault("user_id", 2)
        if "partner" in entry:
            entry["partner_id"] = entry.pop("partner")
        orders = self.session["purchase.order"]
        order = self.add(where, "purchase.order", entry)
        for index, line in enumerate(lines):
            values = {"order_id": order, **line}
            aliases = {
                "product": "product_id",
                "qty": "product_qty",
                "uom": self.store.names.line_uom,
                "price": "price_unit",
                "date": "date_planned",
                "taxes": self.store.names.line_taxes,
            }
            for short, name in aliases.items():
                if short in values:
                    values[name] = values.pop(short)
            self.add(f"{where}.lines[{index}]", "purchase.order.line", values)
        buttons = {
            "draft": (),
            "purchase": ("button_confirm",),
            "done": ("button_confirm", "lock"),
            "cancel": ("button_cancel",),
        }
        if state not in buttons:
            raise SeedError(f"{where}: state {state!r} is none of {', '.join(buttons)}")
        for button in buttons[state]:
            getattr(orders, button)([order])
        return order

    def add(self, where: str, model: str, entry: Mapping[str, Any]) -> int:
        """One record. Raises SeedError."""
        records, values = self.session[model], dict(entry)
        record = values.pop("id", None)
        if model == "uom.uom" and "size" in values:
            size = float(values.pop("size"))
            values["factor"] = size if self.store.version >= 19 else 1 / size
        try:
            return records.create_one(
                {name: self._value(records, name, value) for name, value in values.items()}, record
            )
        except (OdooError, ValueError) as error:
            raise SeedError(f"{where}: {error}") from error

    def _shared(self, entry: dict[str, Any]) -> Values:
        """The entry's values that belong to the template, taken out of it."""
        related = self.session["product.product"].definition.fields
        return {name: entry.pop(name) for name in list(entry) if name in related and related[name].related}

    def _value(self, records: Records, name: str, value: Any) -> Any:
        field = records.field(name)
        if field.type == "many2one" and isinstance(value, str):
            return self._find(field, value)
        if field.type == "many2many" and isinstance(value, list) and value and not isinstance(value[0], (list, tuple)):
            return [(6, 0, [self._find(field, each) if isinstance(each, str) else each for each in value])]
        if field.type in ("date", "datetime") and value is not None:
            return str(value)
        return value

    def _find(self, field: Field, written: str) -> int:
        rows = self.store.rows(field.relation)
        for key in KEYS.get(field.relation, ("name",)):
            for record in rows:
                if self.session.value(field.relation, record, key) == written:
                    return record
        raise ValueError(f"no {field.relation} is known as {written!r}")
