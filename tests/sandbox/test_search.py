"""Domains, order, nested reads, and the errors of unknown names."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client, OdooFault

VENDOR, DESK, OTHER = "Vendor", "Sales desk", "Other vendor"


async def names(odoo: Client, domain: list[Any], **options: Any) -> list[str]:
    within = ["&", ["name", "in", [VENDOR, DESK, OTHER]], *(domain or [["id", "!=", 0]])]
    rows = await odoo.call("res.partner", "search_read", domain=within, fields=["name"], order="id", **options)
    return [row["name"] for row in rows]


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ([["ref", "=", "V1"]], [VENDOR]),
        ([["ref", "!=", "V1"]], [DESK, OTHER]),
        ([["ref", "in", ["V1", "V2"]]], [VENDOR, OTHER]),
        ([["ref", "not in", ["V1"]]], [DESK, OTHER]),
        ([["ref", "=", False]], [DESK]),
        ([["ref", "!=", False]], [VENDOR, OTHER]),
        ([["name", "like", "vendor"]], [OTHER]),
        ([["name", "ilike", "VENDOR"]], [VENDOR, OTHER]),
        ([["name", "not ilike", "vendor"]], [DESK]),
        ([["name", "=like", "V%r"]], [VENDOR]),
        ([["name", "=ilike", "_endor"]], [VENDOR]),
        ([["name", "like", "%x"]], []),
        ([["parent_id", "ilike", "vend"]], [DESK]),
        ([["parent_id", "=", VENDOR]], [DESK]),
        ([["parent_id.ref", "=", "V1"]], [DESK]),
        ([["parent_id.country_id.code", "=", "US"]], [DESK]),
        ([["child_ids.name", "=", DESK]], [VENDOR]),
        ([["child_ids", "!=", False]], [VENDOR]),
        ([["country_id.code", "=", False]], [DESK, OTHER]),
        (["|", ["ref", "=", "V1"], ["ref", "=", "V2"]], [VENDOR, OTHER]),
        (["!", ["is_company", "=", True]], [DESK]),
        (["!", "|", ["ref", "=", "V1"], ["ref", "=", "V2"]], [DESK]),
        (["&", [1, "=", 1], "|", [0, "=", 1], ["ref", "=", "V2"]], [OTHER]),
    ],
)
async def test_domains(odoo: Client, domain: list[Any], expected: list[str]) -> None:
    assert await names(odoo, domain) == expected


async def test_child_of_goes_down_the_tree(odoo: Client) -> None:
    vendor = (await odoo.call("res.partner", "search", domain=[["ref", "=", "V1"]]))[0]
    assert await names(odoo, [["id", "child_of", vendor]]) == [VENDOR, DESK]
    orders = await odoo.call("purchase.order", "search", domain=[["partner_id", "child_of", [vendor]]])
    assert orders == [1]
    prices = [["partner_id", "child_of", vendor], ["product_tmpl_id.product_variant_ids", "in", [1, 2]]]
    rows = await odoo.call("product.supplierinfo", "search_read", domain=prices, fields=["product_code", "product_id"])
    assert rows == [
        {"id": 2, "product_code": False, "product_id": False},
        {"id": 1, "product_code": "VA", "product_id": False},
    ], "by sequence, then the larger minimum first"


async def test_the_pollers_search(odoo: Client) -> None:
    since = (await odoo.sandbox("state"))["orders"][0]["write_date"]
    domain = [
        ["company_id", "=", 1],
        "&",
        ["state", "in", ["purchase", "cancel"]],
        "|",
        ["write_date", ">=", since],
        ["order_line.write_date", ">=", since],
    ]
    assert await odoo.call("purchase.order", "search", domain=domain, order="write_date,id", limit=200) == [1]
    await odoo.sandbox("clock", seconds=60)
    later = (await odoo.call("purchase.order", "write", [2], vals={"origin": "x"})) and (
        await odoo.call("purchase.order", "read", [2], fields=["write_date"])
    )[0]["write_date"]
    domain[-1] = ["order_line.write_date", ">=", later]
    domain[-2] = ["write_date", ">=", later]
    assert await odoo.call("purchase.order", "search", domain=domain) == []
    await odoo.call("purchase.order.line", "write", [1], vals={"date_planned": "2026-12-30 12:00:00"})
    assert await odoo.call("purchase.order", "search", domain=domain) == [1]


async def test_paging_and_order(odoo: Client) -> None:
    pages = [await odoo.call("uom.uom", "search", domain=[], order="name desc", limit=1, offset=at) for at in range(3)]
    assert pages == [[1], [2], []]
    assert await odoo.call("purchase.order", "search", domain=[]) == [2, 1], "newest first without an order"
    await odoo.call("purchase.order", "write", [2], vals={"partner_ref": "Z"})
    assert await odoo.call("purchase.order", "search", domain=[], order="partner_ref, id") == [2, 1], "empty ones last"
    assert await odoo.call("purchase.order", "search", domain=[], order="partner_ref desc") == [1, 2]


async def test_archived_records_are_found_when_asked_for(odoo: Client) -> None:
    await odoo.as_user("admin").call("product.product", "write", [2], vals={"active": False})
    assert await odoo.call("product.product", "search", domain=[]) == [1]
    assert await odoo.call("product.product", "search", domain=[["active", "=", False]]) == [2]
    assert await odoo.call("product.product", "search", domain=[], context={"active_test": False}) == [1, 2]


async def test_reads_of_records_that_are_not_there_are_empty(odoo: Client) -> None:
    assert await odoo.call("purchase.order", "read", [99, 1], fields=["name"]) == [{"id": 1, "name": "P00042"}]


async def test_nested_and_plain_reads_say_the_same(odoo: Client) -> None:
    inner = {"product_id": {"fields": {"default_code": {}, "display_name": {}}}, "product_qty": {}}
    wanted = {"name": {}, "partner_id": {"fields": {"ref": {}}}, "order_line": {"fields": inner}, "incoterm_id": {}}
    domain = [["id", "=", 1]]
    nested = await odoo.call("purchase.order", "web_search_read", domain=domain, specification=wanted)
    assert nested["length"] == 1
    order = nested["records"][0]
    plain = (await odoo.call("purchase.order", "read", [1], fields=["name", "partner_id", "order_line"]))[0]
    assert order["partner_id"] == {"id": plain["partner_id"][0], "ref": "V1"}
    assert [line["id"] for line in order["order_line"]] == plain["order_line"]
    assert order["order_line"][0]["product_id"] == {"id": 1, "default_code": "A", "display_name": "[A] Widget"}
    assert order["incoterm_id"] is False


@pytest.mark.parametrize("method", ["search", "search_read", "read", "write", "create"])
async def test_an_unknown_field_is_a_value_error(odoo: Client, method: str) -> None:
    ids = [1] if method in ("read", "write") else None
    options: dict[str, Any] = {
        "search": {"domain": [["nope", "=", 1]]},
        "search_read": {"domain": [], "fields": ["nope"]},
        "read": {"fields": ["nope"]},
        "write": {"vals": {"nope": 1}},
        "create": {"vals_list": [{"nope": 1}]},
    }[method]
    with pytest.raises(OdooFault, match="nope") as caught:
        await odoo.call("purchase.order", method, ids, **options)
    assert caught.value.name == "builtins.ValueError"
    assert caught.value.status == (500 if odoo.version >= 19 else 200)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"state": "nope"}, "builtins.ValueError"),
        ({"date_order": "2026-12-10T12:00:00"}, "builtins.ValueError"),
        ({"incoterm_id": "EXW"}, "builtins.ValueError"),
        ({"incoterm_id": 99}, "odoo.exceptions.MissingError"),
        ({"order_line": [[1, 1, {"product_qty": "ten"}]]}, "builtins.ValueError"),
        ({"order_line": [[1, 1, {"product_qty": []}]]}, "builtins.TypeError"),
    ],
)
async def test_values_that_do_not_fit(odoo: Client, values: dict[str, Any], name: str) -> None:
    with pytest.raises(OdooFault) as caught:
        await odoo.call("purchase.order", "write", [1], vals=values)
    assert caught.value.name == name


async def test_unknown_models_methods_arguments_and_private_methods(odoo: Client) -> None:
    new = odoo.version >= 19
    cases = [
        ("nope.model", "search", "werkzeug.exceptions.NotFound" if new else "odoo.exceptions.UserError"),
        ("purchase.order", "nope", "werkzeug.exceptions.NotFound" if new else "builtins.AttributeError"),
        ("purchase.order", "create_one", "werkzeug.exceptions.NotFound" if new else "builtins.AttributeError"),
        ("purchase.order", "_members", "odoo.exceptions.AccessError"),
        ("purchase.order", "search", "werkzeug.exceptions.UnprocessableEntity" if new else "builtins.TypeError"),
    ]
    for model, method, name in cases:
        with pytest.raises(OdooFault) as caught:
            await odoo.call(model, method)
        assert caught.value.name == name, method


@pytest.mark.parametrize("login", ["stock", "nobody"])
async def test_rights(odoo: Client, login: str) -> None:
    user = odoo.as_user(login)
    assert await user.call("product.product", "search", domain=[]) == [1, 2]
    if login == "stock":
        assert await user.call("purchase.order", "search", domain=[], order="id") == [1, 2]
    with pytest.raises(
        OdooFault, match=r"You are not allowed to modify 'Purchase Order' \(purchase\.order\) records"
    ) as caught:
        await user.call("purchase.order", "write", [1], vals={"partner_ref": "x"})
    assert caught.value.name == "odoo.exceptions.AccessError"
    assert caught.value.status == (403 if odoo.version >= 19 else 200)
    assert await user.call("res.users", "has_group", [2], group_ext_id="base.group_system") is True
    assert await user.call("res.users", "has_group", [3], group_ext_id="base.group_system") is False
