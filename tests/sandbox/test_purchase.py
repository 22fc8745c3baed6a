"""Purchase orders: what moves write_date, what a quantity resets, what confirming, cancelling and locking do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .conftest import Client, OdooFault

ORDER, LINE, LOT_LINE, DRAFT = 1, 1, 2, 2


async def one(odoo: Client, model: str, record: int, *fields: str) -> dict[str, Any]:
    rows = await odoo.call(model, "read", [record], fields=list(fields))
    return dict(rows[0])


async def write_line(odoo: Client, **values: Any) -> None:
    assert await odoo.call("purchase.order.line", "write", [LINE], vals=values) is True


@pytest.mark.parametrize(
    ("values", "moves"),
    [
        ({"date_planned": "2026-12-24 12:00:00"}, False),
        ({"name": "another text"}, False),
        ({"discount": 5}, False),
        ({"product_qty": 11, "price_unit": 4.25, "date_planned": "2026-12-01 12:00:00"}, True),
        ({"price_unit": 9}, True),
    ],
)
async def test_what_a_line_write_does_to_the_headers_write_date(
    odoo: Client, values: dict[str, Any], moves: bool
) -> None:
    before = (await odoo.sandbox("state"))["orders"][0]["write_date"]
    await odoo.sandbox("clock", seconds=3600)
    await write_line(odoo, **values)
    header = await one(odoo, "purchase.order", ORDER, "write_date")
    line = await one(odoo, "purchase.order.line", LINE, "write_date")
    assert (header["write_date"] != before) is moves
    assert line["write_date"] != before


async def test_a_header_write_that_changes_nothing_moves_it_and_a_note_does_not(odoo: Client) -> None:
    before = (await one(odoo, "purchase.order", ORDER, "write_date"))["write_date"]
    await odoo.sandbox("clock", seconds=3600)
    await odoo.call("purchase.order", "message_post", [ORDER], body="hello")
    assert (await one(odoo, "purchase.order", ORDER, "write_date"))["write_date"] == before
    await odoo.call("purchase.order", "write", [ORDER], vals={"partner_ref": False})
    assert (await one(odoo, "purchase.order", ORDER, "write_date"))["write_date"] > before


async def test_write_date_is_shown_in_whole_seconds_but_compared_with_microseconds(odoo: Client) -> None:
    shown = (await one(odoo, "purchase.order", ORDER, "write_date"))["write_date"]
    assert len(shown) == len("2026-12-01 12:00:00")
    search = [["id", "=", ORDER], ["write_date", ">", shown]]
    assert await odoo.call("purchase.order", "search", domain=search) == [ORDER]
    assert await odoo.call("purchase.order", "search", domain=[["write_date", "<=", shown]]) == []


async def test_a_slow_confirmation_shows_late_with_the_date_it_started(odoo: Client) -> None:
    wanted = {"partner": "V1", "lines": [{"product": "A", "qty": 1}], "slow": 1}
    confirming = asyncio.create_task(odoo.sandbox("confirm", **wanted))
    await asyncio.sleep(0.1)
    during = await odoo.call("purchase.order", "create", vals_list=[{"partner_id": 1}])
    slow = (await confirming)["id"]
    state = {order["id"]: order for order in (await odoo.sandbox("state"))["orders"]}
    assert slow > during[0]
    domain = [["id", "in", [slow, *during]]]
    assert await odoo.call("purchase.order", "search", domain=domain, order="write_date,id") == [slow, *during]
    assert state[slow]["state"] == "purchase"


@pytest.mark.parametrize("version", [18])
async def test_18_a_quantity_alone_resets_price_discount_and_date(odoo: Client) -> None:
    await write_line(odoo, product_qty=8)
    line = await one(odoo, "purchase.order.line", LINE, "price_unit", "discount", "date_planned")
    assert (line["price_unit"], line["discount"]) == (3.5, 1.0)
    assert line["date_planned"] != "2026-12-01 12:00:00"
    assert line["date_planned"].endswith(" 12:00:00")
    await write_line(odoo, product_qty=120)
    assert (await one(odoo, "purchase.order.line", LINE, "price_unit"))["price_unit"] == 3.0


@pytest.mark.parametrize("version", [19])
async def test_19_a_quantity_alone_keeps_a_price_somebody_typed(odoo: Client) -> None:
    await write_line(odoo, product_qty=8)
    line = await one(odoo, "purchase.order.line", LINE, "price_unit", "date_planned")
    assert line["price_unit"] == 4.25
    assert line["date_planned"] == "2026-12-01 12:00:00"
    made = await odoo.sandbox("confirm", partner="V1", lines=[{"product": "A", "qty": 1}])
    listed = made["order_line"][0]
    assert (await one(odoo, "purchase.order.line", listed, "price_unit"))["price_unit"] == 3.5
    await odoo.call("purchase.order.line", "write", [listed], vals={"product_qty": 150})
    assert (await one(odoo, "purchase.order.line", listed, "price_unit"))["price_unit"] == 3.0


async def test_quantity_price_and_date_together_stay_and_the_receipt_follows(odoo: Client) -> None:
    change = {"product_qty": 8, "price_unit": 10.256, "date_planned": "2026-12-10 12:00:00"}
    nested = {"partner_ref": "VSO-77", "order_line": [[1, LINE, change]]}
    assert await odoo.call("purchase.order", "write", [ORDER], vals=nested) is True
    line = await one(
        odoo, "purchase.order.line", LINE, "product_qty", "price_unit", "date_planned", "order_id", "move_ids"
    )
    assert line["order_id"] == [ORDER, "P00042 (VSO-77)"]
    assert (line["product_qty"], line["price_unit"]) == (8.0, 10.26)
    assert line["date_planned"] == "2026-12-10 12:00:00"
    moves = (await odoo.sandbox("call", model="stock.move", method="read", args=[line["move_ids"]]))["result"]
    assert [move["product_uom_qty"] for move in moves] == [8.0]
    assert moves[0]["date_deadline"] == "2026-12-10 12:00:00"
    header = await one(odoo, "purchase.order", ORDER, "amount_untaxed", "amount_tax", "amount_total")
    assert header["amount_untaxed"] == 83.26  # 8 x 10.26 less 1 %, and 2 x 1.00
    assert header["amount_total"] == round(header["amount_untaxed"] + header["amount_tax"], 2)
    assert header["amount_tax"] == 16.25


async def test_quantity_zero_makes_a_return_and_keeps_the_receipt(odoo: Client) -> None:
    change = {"product_qty": 0, "price_unit": 4.25, "date_planned": "2026-12-01 12:00:00"}
    await write_line(odoo, **change)
    pickings = (await odoo.sandbox("state"))["pickings"]
    assert [picking["picking_type_code"] for picking in pickings] == ["incoming", "outgoing"]
    assert pickings[0]["move_lines"][0]["quantity"] == 10.0


async def test_a_line_added_to_a_confirmed_order_joins_the_open_receipt(odoo: Client) -> None:
    added = {"product_id": 1, "product_qty": 4, "price_unit": 4.25, "date_planned": "2026-12-20 12:00:00"}
    await odoo.call("purchase.order", "write", [ORDER], vals={"order_line": [[0, 0, added]]})
    header = await one(odoo, "purchase.order", ORDER, "order_line", "picking_ids")
    assert len(header["order_line"]) == 3
    assert len(header["picking_ids"]) == 1
    line = await one(odoo, "purchase.order.line", header["order_line"][-1], "sequence", "name", odoo_uom(odoo))
    assert line["sequence"] == 10
    assert line["name"] == "[VA] Vendor widget"
    assert line[odoo_uom(odoo)] == [1, "Units"]


def odoo_uom(odoo: Client) -> str:
    return "product_uom_id" if odoo.version >= 19 else "product_uom"


async def test_a_confirmed_line_cannot_be_removed_and_nothing_of_that_call_stays(odoo: Client) -> None:
    nested = {"partner_ref": "half", "order_line": [[2, LINE]]}
    with pytest.raises(OdooFault, match="which is in state “Purchase Order”") as caught:
        await odoo.call("purchase.order", "write", [ORDER], vals=nested)
    assert caught.value.name == "odoo.exceptions.UserError"
    assert (await one(odoo, "purchase.order", ORDER, "partner_ref"))["partner_ref"] is False
    draft_line = (await one(odoo, "purchase.order", DRAFT, "order_line"))["order_line"]
    assert await odoo.call("purchase.order.line", "unlink", draft_line) is True


async def test_confirming_makes_a_receipt_once_and_passes_a_cancelled_order_by(odoo: Client) -> None:
    assert (await one(odoo, "purchase.order", DRAFT, "picking_ids"))["picking_ids"] == []
    assert await odoo.call("purchase.order", "button_confirm", [DRAFT]) is True
    confirmed = await one(odoo, "purchase.order", DRAFT, "state", "picking_ids", "date_approve")
    assert confirmed["state"] == "purchase"
    assert len(confirmed["picking_ids"]) == 1
    assert confirmed["date_approve"]
    assert await odoo.call("purchase.order", "button_cancel", [DRAFT]) is None
    assert await odoo.call("purchase.order", "button_cancel", [DRAFT]) is None
    assert await odoo.call("purchase.order", "button_confirm", [DRAFT]) is True
    assert (await one(odoo, "purchase.order", DRAFT, "state"))["state"] == "cancel"
    assert await odoo.call("purchase.order", "button_draft", [DRAFT]) is None
    await odoo.call("purchase.order", "button_confirm", [DRAFT])
    assert len((await one(odoo, "purchase.order", DRAFT, "picking_ids"))["picking_ids"]) == 2


async def test_locked_orders_differ_between_versions(odoo: Client) -> None:
    await odoo.call("purchase.order", "button_lock" if odoo.version >= 19 else "button_done", [ORDER])
    change = {"product_qty": 8, "price_unit": 4.25, "date_planned": "2026-12-01 12:00:00"}
    await write_line(odoo, **change)
    state = await odoo.sandbox("state")
    expected = 8.0 if odoo.version >= 19 else 10.0
    assert state["pickings"][0]["move_lines"][0]["quantity"] == expected
    assert state["orders"][0]["state"] == ("purchase" if odoo.version >= 19 else "done")
    if odoo.version >= 19:
        assert state["orders"][0]["locked"] is True
    assert await odoo.call("purchase.order", "button_unlock", [ORDER]) is None
    assert (await one(odoo, "purchase.order", ORDER, "state"))["state"] == "purchase"


async def test_acknowledging(odoo: Client) -> None:
    if odoo.version >= 19:
        assert await odoo.call("purchase.order", "action_acknowledge", [ORDER]) is None
        assert (await one(odoo, "purchase.order", ORDER, "acknowledged"))["acknowledged"] is True
    else:
        flags = {"mail_reception_confirmed": True, "mail_reception_declined": False}
        await odoo.call("purchase.order", "write", [ORDER], vals=flags)
        assert (await one(odoo, "purchase.order", ORDER, *flags)) == {"id": ORDER, **flags}


async def test_field_names_are_those_of_the_version(odoo: Client) -> None:
    line = await odoo.call("purchase.order.line", "fields_get", attributes=["type"])
    order = await odoo.call("purchase.order", "fields_get", attributes=["type"])
    vendor = await odoo.call("res.partner", "fields_get", attributes=["type"])
    names = {*line, *order, *vendor}
    old = {"product_uom", "taxes_id", "notes", "mail_reception_confirmed", "product_packaging_id"}
    new = {"product_uom_id", "tax_ids", "note", "acknowledged", "locked", "global_location_number"}
    assert names & (old | new) == (new if odoo.version >= 19 else old)
    assert order["partner_id"] == {"type": "many2one"}


async def test_a_new_order_takes_its_number_from_its_id(odoo: Client) -> None:
    made = await odoo.call("purchase.order", "create", vals_list=[{"partner_id": 1, "name": "New"}])
    header = await one(odoo, "purchase.order", made[0], "name", "state", "currency_id", "company_id", "picking_type_id")
    assert header["name"] == f"P{made[0]:05d}"
    assert header["state"] == "draft"
    assert header["currency_id"] == [1, "USD"]
    assert header["picking_type_id"] == [1, "Main Warehouse: Receipts"]
