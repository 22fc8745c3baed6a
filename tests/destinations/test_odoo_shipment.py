"""Ship notices written to the receipts Odoo expects: packages, lots, what is short, and once only."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import pytest

import edi
from edi.documents import ShipmentDispatched, wrap
from gateway.ports import Business, Done, Outcome, Parcel, Unknown
from tests.destinations.world import NAME, PARTNER, World

SSCC = ("340123450000000017", "340123450000000024")


async def _name(world: World, order: int) -> str:
    return str(await world.person.read("purchase.order", order, "name"))


def _item(line: int | str | None, quantity: object, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"shipped": {"value": str(quantity), "uom": {"value": "EA"}}, **more}
    if line is not None:
        made["order"] = {"number": "?", "line_number": str(line)}
    return made


def _notice(order: str, items: Sequence[dict[str, Any]] = (), number: str = "SH-1", **more: Any) -> ShipmentDispatched:
    """A notice about one order; `?` as the order of an item is that one."""

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: order if (key, each) == ("number", "?") else named(each) for key, each in value.items()}
        return [named(each) for each in value] if isinstance(value, list | tuple) else value

    head = {"shipment": {"number": number, "estimated_delivery": "2026-12-04"}, "order": {"number": order}}
    return ShipmentDispatched.model_validate({**head, "items": named(items), **named(more)})


def _parcel(notice: ShipmentDispatched, order: str) -> Parcel:
    event = wrap(
        notice,
        "procurement.shipment.dispatched.v1",
        event_id=edi.stable_id("test", notice.model_dump_json()),
        partner=PARTNER,
        map_version="acme/856@1.0.0",
    )
    return Parcel(
        id=edi.stable_id("parcel", event.id, order),
        destination=NAME,
        key=f"po/{order}",
        partner=PARTNER,
        kind="event",
        attempt=1,
        event=event,
        original=b"ISA*00*~",
        original_name="856.edi",
    )


async def _send(world: World, notice: ShipmentDispatched, order: str) -> Outcome:
    return await world.system().send(_parcel(notice, order))


async def _pickings(world: World, order: int) -> list[dict[str, Any]]:
    ids = await world.person.read("purchase.order", order, "picking_ids")
    fields = ["state", "note", "scheduled_date", "backorder_id", "move_line_ids"]
    return await world.person.call("stock.picking", "read", sorted(ids), fields)


async def _contents(world: World, picking: dict[str, Any]) -> list[tuple[float, str, str]]:
    fields = ["quantity", "lot_name", "result_package_id"]
    rows = await world.person.call("stock.move.line", "read", sorted(picking["move_line_ids"]), fields)
    return sorted(
        (row["quantity"], row["lot_name"] or "", row["result_package_id"][1] if row["result_package_id"] else "")
        for row in rows
    )


async def test_asn_full_marks_picking(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1, "qty": 4})
    name = await _name(world, order)
    first, second = await world.lines(order)
    notice = _notice(name, [_item(first["id"], 10), _item(second["id"], 4)])
    done = await _send(world, notice, name)
    assert isinstance(done, Done), done
    assert [ref[0] for ref in done.refs] == ["purchase.order", "stock.picking"]
    (picking,) = await _pickings(world, order)
    assert "EDI-ASN:SH-1" in picking["note"]
    assert (picking["state"], picking["scheduled_date"][:10]) == ("assigned", "2026-12-04")
    (note,) = await world.notes(order)
    assert "856 SH-1" in note["body"]
    assert len(note["attachment_ids"]) == 1


async def test_asn_partial_splits_and_a_second_asn_uses_the_rest(world: World) -> None:
    order = await world.order({"qty": 10, "date": "2026-12-01"}, {"product": 1, "qty": 4, "date": "2026-12-02"})
    name = await _name(world, order)
    first, second = await world.lines(order)
    assert isinstance(await _send(world, _notice(name, [_item(first["id"], 6)]), name), Done)
    shipped, rest = await _pickings(world, order)
    assert await _contents(world, shipped) == [(6, "", "")]
    assert await _contents(world, rest) == [(4, "", ""), (4, "", "")]
    # asn_rest_picking_mark_cleared
    assert "EDI-ASN" not in (rest["note"] or "")
    assert (rest["backorder_id"][0], rest["scheduled_date"][:10]) == (shipped["id"], "2026-12-01")
    again = _notice(name, [_item(first["id"], 4), _item(second["id"], 4)], number="SH-2")
    assert isinstance(await _send(world, again, name), Done)
    one, two = await _pickings(world, order)
    assert ("EDI-ASN:SH-1" in one["note"], "EDI-ASN:SH-2" in two["note"]) == (True, True)
    assert [await _contents(world, each) for each in (one, two)] == [[(6, "", "")], [(4, "", ""), (4, "", "")]]


async def test_asn_replay_after_split_noop(world: World) -> None:
    order = await world.order({"qty": 10})
    name = await _name(world, order)
    (line,) = await world.lines(order)
    notice = _notice(name, [_item(line["id"], 6)])
    system = world.system()
    effects = [done.effect for _ in range(3) if isinstance(done := await system.send(_parcel(notice, name)), Done)]
    assert effects == ["applied", "already_there", "already_there"]
    assert len(await _pickings(world, order)) == 2
    assert len(await world.notes(order)) == 1


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("step", ["write", "action_split_transfer", "create", "message_post"])
async def test_asn_crash_between_write_and_split_recovers(sandbox: World, step: str, after_commit: bool) -> None:
    """The answer to any step is lost, before or after it was done: the same end."""
    order = await sandbox.order({"qty": 10})
    name = await _name(sandbox, order)
    (line,) = await sandbox.lines(order)
    packed = {"level": "pallet", "ssccs": [SSCC[0]], "items": [_item(line["id"], 6)]}
    notice = _notice(name, packages=[packed])
    system = sandbox.system()
    await system.connection.ready()
    await system._stock.ready()
    await sandbox.fault(kind="drop", after_commit=after_commit, methods=[step], times=1)
    parcel = _parcel(notice, name)
    first = await system.send(parcel)
    assert isinstance(first, Unknown), first
    done = await system.send(dataclasses.replace(parcel, probe=True, attempt=2))
    assert isinstance(done, Done), done
    shipped, rest = await _pickings(sandbox, order)
    assert await _contents(sandbox, shipped) == [(6, "", SSCC[0])]
    assert await _contents(sandbox, rest) == [(4, "", "")]
    assert "EDI-ASN" not in (rest["note"] or "")
    (note,) = await sandbox.notes(order)
    assert len(note["attachment_ids"]) == 1
    model = "stock.package" if sandbox.version >= 19 else "stock.quant.package"
    assert await sandbox.person.call(model, "search_count", [["name", "=", SSCC[0]]]) == 1


async def test_asn_sscc_package_reused_and_goods_are_in_their_packages(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1, "qty": 4})
    name = await _name(world, order)
    first, second = await world.lines(order)
    model = "stock.package" if world.version >= 19 else "stock.quant.package"
    there = await world.person.create(model, name=SSCC[0])
    packages = [
        {"level": "pallet", "ssccs": [SSCC[0]], "items": [_item(first["id"], 6)]},
        {"level": "pallet", "ssccs": [SSCC[1]], "items": [_item(first["id"], 4), _item(second["id"], 4)]},
    ]
    assert isinstance(await _send(world, _notice(name, packages=packages), name), Done)
    (picking,) = await _pickings(world, order)
    assert await _contents(world, picking) == [(4, "", SSCC[1]), (4, "", SSCC[1]), (6, "", SSCC[0])]
    assert await world.person.call(model, "search", [["name", "=", SSCC[0]]]) == [there]
    (note,) = await world.notes(order)
    assert SSCC[1] in note["body"]


async def test_asn_lots_and_serials(sandbox: World) -> None:
    order = await sandbox.order({"qty": 10}, confirm=False)
    kinds = {}
    for tracking in ("lot", "serial"):
        product = await sandbox.person.create("product.product", name=f"Tracked {tracking}", tracking=tracking)
        values = {"order_id": order, "product_id": product, "product_qty": 3, "price_unit": 1}
        kinds[tracking] = await sandbox.person.create("purchase.order.line", **values)
    await sandbox.person.call("purchase.order", "button_confirm", [order])
    name = await _name(sandbox, order)
    items = [
        _item(kinds["lot"], 2, lots=["L-1"]),
        _item(kinds["lot"], 1, lots=["L-2"]),
        _item(kinds["serial"], 3, serials=["S1", "S2", "S3"]),
    ]
    assert isinstance(await _send(sandbox, _notice(name, items), name), Done)
    shipped = (await _pickings(sandbox, order))[0]
    assert await _contents(sandbox, shipped) == [
        (1, "L-2", ""),
        (1, "S1", ""),
        (1, "S2", ""),
        (1, "S3", ""),
        (2, "L-1", ""),
    ]


async def test_goods_are_found_by_their_names(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1, "qty": 4})
    name = await _name(world, order)
    item = _item(None, 4, item={"ids": [{"scheme": "supplier", "value": "V-B"}]})
    assert isinstance(await _send(world, _notice(name, [item]), name), Done)
    shipped = (await _pickings(world, order))[0]
    assert await _contents(world, shipped) == [(4, "", "")]


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([(0, 11)], "asn.over_shipment"),
        ([(0, 6), (0, 5)], "asn.over_shipment"),
        ([("999999", 1)], "asn.item_unknown"),
        ([], "asn.item_unknown"),
    ],
)
async def test_asn_that_does_not_fit_writes_nothing(world: World, items: list[Any], kind: str) -> None:
    order = await world.order({"qty": 10})
    name = await _name(world, order)
    (line,) = await world.lines(order)
    before = await _pickings(world, order)
    notice = _notice(name, [_item(line["id"] if which == 0 else which, qty) for which, qty in items])
    system = world.system()
    for _ in range(2):
        refused = await system.send(_parcel(notice, name))
        assert isinstance(refused, Business), refused
        assert refused.case.kind == kind
    assert await _pickings(world, order) == before
    (task,) = await world.activities(order)
    assert task["summary"].startswith("[EDI 856 SH-1 ")
    assert await world.notes(order) == []


async def test_a_unit_that_was_not_ordered_is_for_a_person(sandbox: World) -> None:
    order = await sandbox.order({"qty": 10})
    name = await _name(sandbox, order)
    (line,) = await sandbox.lines(order)
    item = _item(line["id"], 1)
    item["shipped"]["uom"] = {"value": "XCS"}
    refused = await _send(sandbox, _notice(name, [item]), name)
    assert isinstance(refused, Business)
    assert refused.case.kind == "unit.unknown"


async def test_dozens_are_shipped_as_dozens(sandbox: World) -> None:
    (dozen,) = await sandbox.person.call("uom.uom", "search", [["name", "=", "Dozens"]])
    uom = "product_uom_id" if sandbox.version >= 19 else "product_uom"
    order = await sandbox.order({"qty": 10}, confirm=False)
    (line,) = await sandbox.lines(order)
    await sandbox.person.call("purchase.order.line", "write", [line["id"]], {uom: dozen})
    await sandbox.person.call("purchase.order", "button_confirm", [order])
    name = await _name(sandbox, order)
    item = _item(line["id"], 4)
    item["shipped"]["uom"] = {"value": "DZN"}
    assert isinstance(await _send(sandbox, _notice(name, [item]), name), Done)
    assert [await _contents(sandbox, each) for each in await _pickings(sandbox, order)] == [
        [(48, "", "")],
        [(72, "", "")],
    ]


async def test_a_notice_after_the_goods_is_for_a_person(world: World) -> None:
    order = await world.order({"qty": 10})
    name = await _name(world, order)
    (line,) = await world.lines(order)
    (picking,) = await _pickings(world, order)
    await world.person.call("stock.picking", "button_validate", [picking["id"]])
    refused = await _send(world, _notice(name, [_item(line["id"], 10)]), name)
    assert isinstance(refused, Business)
    assert refused.case.kind == "asn.after_receipt"


async def test_a_replacement_writes_the_same_receipt_anew_and_a_cancellation_is_for_a_person(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1, "qty": 4})
    name = await _name(world, order)
    first, second = await world.lines(order)
    items = [_item(first["id"], 10), _item(second["id"], 4)]
    assert isinstance(await _send(world, _notice(name, items), name), Done)
    items = [_item(first["id"], 8), _item(second["id"], 4)]
    assert isinstance(await _send(world, _notice(name, items, purpose={"value": "replace"}), name), Done)
    shipped, rest = await _pickings(world, order)
    assert await _contents(world, shipped) == [(4, "", ""), (8, "", "")]
    assert await _contents(world, rest) == [(2, "", "")]
    refused = await _send(world, _notice(name, items, purpose={"value": "cancel"}), name)
    assert isinstance(refused, Business)
    assert refused.case.kind == "asn.cancelled"


async def test_orders_of_others_are_left_alone(sandbox: World) -> None:
    other = await sandbox.person.create("res.partner", name="Stranger", is_company=True)
    order = await sandbox.order({"qty": 10}, partner_id=other)
    name = await _name(sandbox, order)
    kinds = []
    for about in (name, "P99999"):
        refused = await _send(sandbox, _notice(about, [_item("1", 1)]), about)
        assert isinstance(refused, Business)
        kinds.append(refused.case.kind)
    assert kinds == ["identity.foreign", "asn.order_unknown"]


async def test_every_order_of_a_notice_gets_its_own_goods(world: World) -> None:
    made = [await world.order({"qty": 10}) for _ in range(2)]
    names = [await _name(world, order) for order in made]
    items = []
    for order, name, quantity in zip(made, names, (3, 5), strict=True):
        (line,) = await world.lines(order)
        items.append({**_item(line["id"], quantity), "order": {"number": name, "line_number": str(line["id"])}})
    notice = _notice(names[0], items)
    for name in names:
        assert isinstance(await _send(world, notice, name), Done)
    found = [await _pickings(world, order) for order in made]
    shipped = [await _contents(world, pickings[0]) for pickings in found]
    assert list(itertools.chain(*shipped)) == [(3, "", ""), (5, "", "")]
