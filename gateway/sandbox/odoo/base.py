"""Companies, users, partners, units, numbers of decimals, external ids: what every other model refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.sandbox.odoo.errors import InvalidValue
from gateway.sandbox.odoo.fields import (
    Field,
    Model,
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
    text,
)
from gateway.sandbox.odoo.records import Records, model_method, record_method
from gateway.sandbox.odoo.session import Session


class Partners(Records):
    def display_name(self, record: int) -> str:
        name, parent = str(self.get(record, "name") or ""), self.get(record, "parent_id")
        if parent and not self.get(record, "is_company"):
            return ", ".join(part for part in (self.display_name(parent), name) if part)
        return name


class Users(Records):
    @record_method
    def has_group(self, ids: list[int], group_ext_id: str) -> bool:
        target = external_ids(self.session).reference(group_ext_id)
        return target is not None and target[1] in self.get(ids[0], self.store.names.user_groups)

    def display_name(self, record: int) -> str:
        return self.session.display_name("res.partner", self.get(record, "partner_id"))


class ExternalIds(Records):
    @model_method
    def check_object_reference(self, module: str, xml_id: str, raise_on_access_error: bool = False) -> list[str | int]:
        found = self.reference(f"{module}.{xml_id}")
        if found is None:
            raise InvalidValue(f"External ID not found in the system: {module}.{xml_id}")
        return list(found)

    def reference(self, xml_id: str) -> tuple[str, int] | None:
        """The record an external id names, if it is still there."""
        module, _, name = xml_id.partition(".")
        for row in self.store.rows(self.name).values():
            if row["module"] == module and row["name"] == name and row["res_id"] in self.store.rows(row["model"]):
                return row["model"], row["res_id"]
        return None

    def remember(self, xml_id: str, model: str, record: int) -> None:
        module, _, name = xml_id.partition(".")
        self.create_one({"module": module, "name": name, "model": model, "res_id": record})


def external_ids(session: Session) -> ExternalIds:
    known = session["ir.model.data"]
    assert isinstance(known, ExternalIds)
    return known


def _commercial(session: Session, record: int) -> int:
    """The commercial partner: the nearest company above, else the topmost record."""
    rows = session.store.rows("res.partner")
    while not rows[record].get("is_company") and rows[record].get("parent_id"):
        record = rows[record]["parent_id"]
    return record


def models(version: int) -> Sequence[Model]:
    new = version >= 19
    partner: dict[str, Field] = {
        "name": char("Name"),
        "active": flag("Active", default=True),
        "is_company": flag("Is a Company"),
        "parent_id": one("res.partner", "Related Company"),
        "child_ids": children("res.partner", "parent_id", "Contact"),
        "commercial_partner_id": one("res.partner", "Commercial Entity", compute=_commercial),
        "company_id": one("res.company", "Company"),
        "type": choice("Address Type", "contact", "invoice", "delivery", "other", default="contact"),
        "ref": char("Reference"),
        "vat": char("Tax ID"),
        "company_registry": char("Company ID"),
        "peppol_eas": char("Peppol e-address (EAS)"),
        "peppol_endpoint": char("Peppol Endpoint"),
        "email": char("Email"),
        "phone": char("Phone"),
        "street": char("Street"),
        "street2": char("Street2"),
        "city": char("City"),
        "zip": char("Zip"),
        "state_id": one("res.country.state", "State"),
        "country_id": one("res.country", "Country"),
        "country_code": char("Country Code", related="country_id.code"),
        "lang": char("Language", default="en_US"),
        "tz": char("Timezone"),
        "supplier_rank": integer("Supplier Rank"),
        "customer_rank": integer("Customer Rank"),
        "comment": text("Notes"),
    }
    if new:
        partner["global_location_number"] = char("Global Location Number")
    user: dict[str, Field] = {
        "login": char("Login", required=True),
        "name": char("Name", related="partner_id.name"),
        "partner_id": one("res.partner", "Related Partner", required=True),
        "active": flag("Active", default=True),
        "company_id": one("res.company", "Company", required=True),
        "company_ids": many("res.company", "Companies"),
        "tz": char("Timezone", related="partner_id.tz"),
        "lang": char("Language", related="partner_id.lang"),
        "email": char("Email", related="partner_id.email"),
        names(version).user_groups: many("res.groups", "Groups"),
    }
    unit: dict[str, Field] = {
        "name": char("Unit", required=True),
        "active": flag("Active", default=True),
        "factor": number("Absolute Quantity" if new else "Ratio", default=1.0),
        "rounding": number("Rounding Precision", default=0.01),
    }
    if new:
        unit["relative_factor"] = number("Contains", default=1.0)
        unit["relative_uom_id"] = one("uom.uom", "Reference Unit")
    else:
        unit["uom_type"] = choice("Type", "bigger", "reference", "smaller", default="reference")
        # 18 keeps how many of this unit make one reference unit, and shows the inverse.
        unit["factor_inv"] = number(
            "Bigger Ratio", compute=lambda session, record: 1 / session.value("uom.uom", record, "factor")
        )
    shared = ("street", "street2", "city", "zip", "state_id", "country_id", "vat", "company_registry", "email", "phone")
    address = {name: replace(partner[name], related=f"partner_id.{name}") for name in shared}
    return (
        Model("res.partner", "Contact", partner, Partners, "name, id"),
        Model("res.users", "User", user, Users, "login", "login"),
        Model(
            "res.groups", "Access Groups" if not new else "Group", {"name": char("Name"), "full_name": char()}, Records
        ),
        Model(
            "res.company",
            "Companies",
            {
                "name": char("Company Name", required=True),
                "partner_id": one("res.partner", "Partner", required=True),
                "currency_id": one("res.currency", "Currency", required=True),
                **address,
            },
            Records,
        ),
        Model(
            "res.country",
            "Country",
            {"name": char("Country Name", required=True), "code": char("Country Code")},
            Records,
        ),
        Model(
            "res.country.state",
            "Country state",
            {"name": char("State Name"), "code": char("State Code"), "country_id": one("res.country", "Country")},
            Records,
        ),
        Model(
            "res.currency",
            "Currency",
            {
                "name": char("Currency", required=True),
                "symbol": char("Symbol"),
                "rounding": number("Rounding Factor", default=0.01),
                "decimal_places": integer("Decimal Places", default=2),
                "active": flag("Active", default=True),
            },
            Records,
        ),
        Model("uom.uom", "Unit of Measure" if new else "Product Unit of Measure", unit, Records),
        Model(
            "decimal.precision",
            "Decimal Precision",
            {"name": char("Usage", required=True), "digits": integer("Digits", default=2)},
            Records,
        ),
        Model(
            "ir.model.data",
            "Model Data",
            {
                "module": char("Module", required=True),
                "name": char("External Identifier", required=True),
                "model": char("Model Name", required=True),
                "res_id": integer("Record ID"),
                "date_init": date("Init Date"),
            },
            ExternalIds,
        ),
    )
