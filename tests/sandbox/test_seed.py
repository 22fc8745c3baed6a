"""The seed file: what it may say, what is there without it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox.odoo import Database, SeedError
from gateway.sandbox.odoo.seed import read_seed


def rows(database: Database, model: str, *fields: str) -> list[dict[str, Any]]:
    session = database.session(1, {"active_test": False})
    return session[model].search_read([], list(fields), order="id")


def test_an_empty_seed_has_what_every_odoo_has(version: int) -> None:
    database = Database("odoo", version, {})
    assert rows(database, "res.users", "login", "active") == [
        {"id": 1, "login": "__system__", "active": False},
        {"id": 2, "login": "admin", "active": True},
    ]
    assert [row["name"] for row in rows(database, "res.currency", "name")] == ["USD", "EUR"]
    quantity = "Product Unit" if version >= 19 else "Product Unit of Measure"
    assert {row["name"]: row["digits"] for row in rows(database, "decimal.precision", "name", "digits")} == {
        "Product Price": 2,
        quantity: 2,
    }
    assert [row["code"] for row in rows(database, "stock.picking.type", "code")] == ["incoming", "outgoing", "dropship"]
    assert database.keys == {}


def test_references_are_written_as_people_know_them(version: int) -> None:
    seed: dict[str, Any] = {
        "precision": {"Product Price": 4},
        "company": {"name": "Buyer", "currency": "EUR", "country_id": "DE", "city": "Hamburg"},
        "uoms": [{"name": "Carton", "size": 24}],
        "incoterms": [{"code": "EXW", "name": "Ex works"}],
        "payment_terms": [{"name": "30 days", "days": 30}],
        "partners": [{"name": "Dock", "ref": "7"}, {"name": "Vendor", "ref": "V1", "country_id": "DE"}],
        "warehouses": [{"name": "North", "code": "N", "partner_id": "Dock"}],
        "users": [{"login": "edi", "key": "k", "tz": "Europe/Berlin", "groups": ["purchase", "stock"]}],
        "products": [
            {
                "code": "A",
                "name": "Widget",
                "uom_id": "Carton",
                "suppliers": [{"partner": "V1", "code": "VA", "price": 1.2345}],
            }
        ],
        "purchase_orders": [
            {
                "partner": "V1",
                "state": "cancel",
                "incoterm_id": "EXW",
                "payment_term_id": "30 days",
                "currency_id": "USD",
                "lines": [{"product": "A", "qty": 2}, {"name": "Thank you", "display_type": "line_note"}],
            }
        ],
    }
    database = Database("odoo", version, seed)
    order = rows(database, "purchase.order", "state", "incoterm_id", "payment_term_id", "currency_id", "user_id")[0]
    assert order["state"] == "cancel"
    assert order["incoterm_id"] == [1, "[EXW] Ex works"]
    assert order["currency_id"] == [1, "USD"]
    assert order["user_id"] == [2, "admin"]
    uom = database.store.names.line_uom
    lines = rows(database, "purchase.order.line", uom, "price_unit", "product_qty", "display_type", "sequence")
    assert lines[0] == {
        "id": 1,
        uom: [3, "Carton"],
        "price_unit": 1.2345,
        "product_qty": 2.0,
        "display_type": False,
        "sequence": 10,
    }
    assert (lines[1]["display_type"], lines[1]["product_qty"]) == ("line_note", 0.0)
    assert rows(database, "account.payment.term.line", "nb_days") == [{"id": 1, "nb_days": 30}]
    assert rows(database, "res.company", "city", "country_id", "currency_id")[0]["city"] == "Hamburg"
    edi = next(row for row in rows(database, "res.users", "login", "tz") if row["login"] == "edi")
    assert edi["tz"] == "Europe/Berlin"
    assert database.user("edi", "k") == edi["id"] == 3
    assert database.user("admin", "k") is None
    assert rows(database, "stock.picking.type", "display_name")[0]["display_name"] == "North: Receipts"


@pytest.mark.parametrize(
    ("seed", "told"),
    [
        ({"partners": [{"name": "V", "nope": 1}]}, r"partners\[0\]: Invalid field 'nope'"),
        ({"partners": [{"name": "V", "country_id": "XX"}]}, r"partners\[0\]: no res.country is known as 'XX'"),
        ({"partners": ["V"]}, r"partners\[0\]: a mapping is expected"),
        ({"partners": [{"id": 1, "name": "V"}]}, r"partners\[0\]: res.partner has a record 1 already"),
        ({"products": [{"code": "A", "name": "W", "suppliers": [{"partner": "V"}]}]}, r"products\[0\].suppliers\[0\]"),
        ({"products": [{"code": "A"}]}, "Missing required value|Field: Name|mandatory field"),
        ({"users": [{"login": "x", "groups": ["boss"]}]}, r"users\[0\]: unknown group boss"),
        ({"purchase_orders": [{"partner": 1, "state": "sold"}]}, r"purchase_orders\[0\]: state 'sold' is none of"),
        (
            {"purchase_orders": [{"partner": 1, "lines": [{"product": "Z"}]}]},
            r"lines\[0\]: no product.product is known",
        ),
    ],
)
def test_a_mistake_names_its_place(version: int, seed: dict[str, Any], told: str) -> None:
    with pytest.raises(SeedError, match=told):
        Database("odoo", version, seed)


@pytest.mark.parametrize(
    ("text", "told"), [("[1]", "a mapping of sections"), ("vendors: []", "unknown section vendors")]
)
def test_a_file_that_is_no_seed(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(SeedError, match=told):
        read_seed(path)
