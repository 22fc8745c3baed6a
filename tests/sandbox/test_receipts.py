"""Receipts: wizard and backorder, splitting, lots, replay; and `load` by external id."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client, OdooFault

PICKING = 1


@pytest.fixture
def warehouse(odoo: Client) -> Client:
    return odoo.as_user("stock")


async def picking(odoo: Client, record: int = PICKING) -> dict[str, Any]:
    return next(each for each in (await odoo.sandbox("state"))["pickings"] if each["id"] == record)


async def take(odoo: Client, **by_line: dict[str, Any]) -> None:
    commands = [[1, int(line.removeprefix("line")), values] for line, values in by_line.items()]
    assert await odoo.call("stock.picking", "write", [PICKING], vals={"move_line_ids": commands}) is True


async def test_a_short_receipt_asks_with_a_wizard_and_validates_nothing(warehouse: Client) -> None:
    await take(
        warehouse, line1={"quantity": 6, "picked": True}, line2={"quantity": 2, "lot_name": "L1", "picked": True}
    )
    action = await warehouse.call("stock.picking", "button_validate", [PICKING])
    assert action["res_model"] == "stock.backorder.confirmation"
    assert (await picking(warehouse))["state"] == "assigned"

    done = await warehouse.call("stock.picking", "button_validate", [PICKING], context={"skip_backorder": True})
    assert done is True
    first = await picking(warehouse)
    assert first["state"] == "done"
    rest = await picking(warehouse, first["backorder_ids"][0])
    assert rest["state"] == "assigned"
    assert [(line["product_id"][1], line["quantity"]) for line in rest["move_lines"]] == [("[A] Widget", 4.0)]
    lines = (await warehouse.sandbox("state"))["orders"][0]["lines"]
    assert [line["qty_received"] for line in lines] == [6.0, 2.0]


async def test_the_rest_can_be_closed(warehouse: Client) -> None:
    await take(
        warehouse, line1={"quantity": 6, "picked": True}, line2={"quantity": 2, "lot_name": "L1", "picked": True}
    )
    context = {"skip_backorder": True, "picking_ids_not_to_backorder": [PICKING]}
    assert await warehouse.call("stock.picking", "button_validate", [PICKING], context=context) is True
    first = await picking(warehouse)
    assert (first["state"], first["backorder_ids"]) == ("done", [])


async def test_lines_that_are_not_picked_go_to_the_backorder(warehouse: Client) -> None:
    await take(warehouse, line1={"picked": True})
    await warehouse.call("stock.picking", "button_validate", [PICKING], context={"skip_backorder": True})
    first = await picking(warehouse)
    assert [line["product_id"][1] for line in first["move_lines"]] == ["[A] Widget"]
    rest = await picking(warehouse, first["backorder_ids"][0])
    assert [line["product_id"][1] for line in rest["move_lines"]] == ["[L] Lot ware"]


async def test_validating_again_fails_on_18_and_is_nothing_on_19(warehouse: Client) -> None:
    await take(warehouse, line2={"lot_name": "L1"})
    assert await warehouse.call("stock.picking", "button_validate", [PICKING]) is True
    if warehouse.version >= 19:
        assert await warehouse.call("stock.picking", "button_validate", [PICKING]) is True
    else:
        with pytest.raises(OdooFault, match="no quantities are reserved"):
            await warehouse.call("stock.picking", "button_validate", [PICKING])
    with pytest.raises(OdooFault, match="receipts that are already done"):
        await warehouse.as_user("edi").call("purchase.order", "button_cancel", [1])


async def test_a_missing_lot_stops_the_validation(warehouse: Client) -> None:
    with pytest.raises(OdooFault, match=r"Lot/Serial Number for product:\n\[L\] Lot ware"):
        await warehouse.call("stock.picking", "button_validate", [PICKING])
    assert (await picking(warehouse))["state"] == "assigned"


async def test_a_split_keeps_what_is_shipped_and_copies_the_note(warehouse: Client) -> None:
    note = {"note": "<p>EDI-ASN:SH-9001</p>", "scheduled_date": "2026-12-04 12:00:00"}
    await warehouse.call("stock.picking", "write", [PICKING], vals=note)
    await take(warehouse, line1={"quantity": 7}, line2={"quantity": 0})
    assert await warehouse.call("stock.picking", "action_split_transfer", [PICKING]) is None
    first = await picking(warehouse)
    rest = await picking(warehouse, first["backorder_ids"][0])
    assert [(line["product_id"][1], line["quantity"]) for line in first["move_lines"]] == [("[A] Widget", 7.0)]
    assert [line["quantity"] for line in rest["move_lines"]] == [3.0, 2.0]
    assert rest["note"] == note["note"]
    assert rest["backorder_id"][0] == PICKING
    with pytest.raises(OdooFault, match="Nothing to split"):
        await warehouse.call("stock.picking", "action_split_transfer", [PICKING])
    await take(warehouse, line1={"quantity": 8})
    with pytest.raises(OdooFault, match="higher than the demand"):
        await warehouse.call("stock.picking", "action_split_transfer", [PICKING])


BILL = ["id", "move_type", "partner_id/.id", "ref", "invoice_date", "currency_id/.id"]
LINES = [
    "id",
    "product_id/.id",
    "name",
    "quantity",
    "product_uom_id/.id",
    "price_unit",
    "purchase_line_id/.id",
    "tax_ids/.id",
]
FIELDS = BILL + [f"invoice_line_ids/{name}" for name in LINES]


def bill(vendor: int, *, second_id: str = "__edi__.inv_1_2") -> list[list[str]]:
    head = ["__edi__.inv_1", "Vendor Bill", str(vendor), "R-184", "2026-11-20", "1"]
    goods = ["__edi__.inv_1_1", "1", "Widget A", "2", "2", "120.00", "1", "1"]
    freight = [second_id, "", "Freight", "1", "", "7.50", "", ""]
    return [head + goods, [""] * len(head) + freight]


async def test_a_bill_is_made_once_and_a_line_without_an_id_is_added_again(odoo: Client) -> None:
    vendor = (await odoo.call("res.partner", "search", domain=[["ref", "=", "V1"]]))[0]
    result = await odoo.call("account.move", "load", fields=FIELDS, data=bill(vendor))
    assert result == {"ids": [1], "messages": [], "nextrow": 0}
    reference = await odoo.call("ir.model.data", "check_object_reference", module="__edi__", xml_id="inv_1")
    assert reference == ["account.move", 1]
    state = await odoo.sandbox("state")
    made = state["bills"][0]
    assert (made["state"], made["amount_untaxed"], made["amount_tax"]) == ("draft", 247.5, 48.0)
    assert made["lines"][0]["product_uom_id"][1] == "Dozens"
    assert state["orders"][0]["lines"][0]["qty_invoiced"] == 24.0

    await odoo.call("account.move", "load", fields=FIELDS, data=bill(vendor))
    assert len((await odoo.sandbox("state"))["bills"][0]["invoice_line_ids"]) == 2
    await odoo.call("account.move", "load", fields=FIELDS, data=bill(vendor, second_id=""))
    assert len((await odoo.sandbox("state"))["bills"][0]["invoice_line_ids"]) == 3


async def test_a_refused_load_is_a_message_and_writes_nothing(odoo: Client) -> None:
    result = await odoo.call("account.move", "load", fields=FIELDS, data=bill(999))
    assert result["ids"] is False
    assert "No matching record found for database id '999'" in result["messages"][0]["message"]
    await odoo.call("account.move", "load", fields=FIELDS, data=bill(5))
    await odoo.as_user("admin").call("account.move", "write", [1], vals={"state": "posted"})
    result = await odoo.call("account.move", "load", fields=FIELDS, data=bill(5))
    assert result["ids"] is False
    assert "readonly fields" in result["messages"][0]["message"]
    assert len((await odoo.sandbox("state"))["bills"]) == 1


async def test_an_external_id_nobody_knows(odoo: Client) -> None:
    with pytest.raises(OdooFault, match=r"External ID not found in the system: __edi__\.nope") as caught:
        await odoo.call("ir.model.data", "check_object_reference", module="__edi__", xml_id="nope")
    assert caught.value.name == "builtins.ValueError"


async def test_a_sales_order_is_loaded_and_confirmed_once(odoo: Client) -> None:
    fields = ["id", "partner_id/.id", "client_order_ref", "order_line/id", "order_line/product_id/.id"]
    fields += ["order_line/product_uom_qty", "order_line/price_unit"]
    data = [["__edi__.so_1", "1", "C9", "__edi__.so_1_1", "1", "3", "9.5"]]
    admin = odoo.as_user("admin")
    assert (await admin.call("sale.order", "load", fields=fields, data=data))["ids"] == [1]
    assert await admin.call("sale.order", "action_confirm", [1]) is True
    with pytest.raises(OdooFault, match="not in a state requiring confirmation"):
        await admin.call("sale.order", "action_confirm", [1])
    order = (await odoo.sandbox("state"))["sales_orders"][0]
    assert (order["name"], order["state"], order["lines"][0]["product_uom_qty"]) == ("S00001", "sale", 3.0)
