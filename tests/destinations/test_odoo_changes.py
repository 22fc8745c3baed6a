"""Orders changed and cancelled after their release: what the supplier hears, once, and what it does not hear."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from edi.documents import OrderCancelled, OrderChanged, OrderReleased
from gateway.destinations.odoo.changes import Told, agreed_of, untold
from gateway.ports import Done
from tests.destinations.world import PARTNER, Remembering, World, answer, parcel


async def _name(world: World, order: int) -> str:
    return str(await world.person.read("purchase.order", order, "name"))


async def _write(world: World, line: dict[str, Any], **values: Any) -> None:
    """A person changes a line; Odoo 18 sets the price anew when the quantity comes alone."""
    kept = {"price_unit": line["price_unit"], "date_planned": line["date_planned"]}
    await world.person.call("purchase.order.line", "write", [line["id"]], {**kept, **values})


def _last(inlet: Remembering) -> Any:
    return list(inlet.events.values())[-1].event


async def _released(world: World, inlet: Remembering, *lines: dict[str, Any]) -> tuple[Any, int]:
    system = world.system()
    await system.poll(inlet)
    order = await world.order(*lines)
    assert await system.poll(inlet) == 1
    return system, order


async def test_poll_line_date_change_detected(world: World, inlet: Remembering) -> None:
    system, order = await _released(world, inlet, {"date": "2026-12-01"}, {"product": 1, "date": "2026-12-01"})
    header = await world.person.read("purchase.order", order, "write_date")
    first, _ = await world.lines(order)
    await world.person.call("purchase.order.line", "write", [first["id"]], {"date_planned": "2026-12-09 12:00:00"})
    assert await system.poll(inlet) == 1
    assert await world.person.read("purchase.order", order, "write_date") == header
    event = _last(inlet)
    assert event.type == "procurement.order.changed.v1"
    assert isinstance(event.data, OrderChanged)
    assert (event.data.order.number, event.data.order.revision) == (await _name(world, order), "1")
    assert event.data.purpose.value == "change"
    (line,) = event.data.lines
    assert line.action is not None
    assert (line.line_number, line.action.value, str(line.dates[0].on)) == (
        str(first["id"]), "rescheduled", "2026-12-09",
    )  # fmt: skip
    assert await system.poll(inlet) == 0


async def test_each_change_has_the_next_number_and_says_what_differs_from_the_one_before(
    world: World, inlet: Remembering
) -> None:
    system, order = await _released(world, inlet, {"qty": 10, "price": 7}, {"product": 1, "qty": 4, "price": 5})
    told = []
    for number, values in ((0, {"product_qty": 12}), (1, {"price_unit": 6}), (0, {"product_qty": 11})):
        await _write(world, (await world.lines(order))[number], **values)
        assert await system.poll(inlet) == 1
        data = _last(inlet).data
        (line,) = data.lines
        assert line.ordered is not None
        told.append((data.order.revision, line.action.value, line.ordered.value, line.price.amount))
    assert told == [("1", "quantity", 12, 7), ("2", "price", 4, 6), ("3", "changed", 11, 7)]


async def test_poll_cancel_after_release(world: World, inlet: Remembering) -> None:
    system, order = await _released(world, inlet)
    await world.person.call("purchase.order", "button_cancel", [order])
    assert [await system.poll(inlet) for _ in range(2)] == [1, 0]
    event = _last(inlet)
    assert event.type == "procurement.order.cancelled.v1"
    assert isinstance(event.data, OrderCancelled)
    assert (event.data.purpose.value, event.data.order.revision, event.data.lines) == ("cancel", "1", ())


async def test_a_cancelled_order_that_is_confirmed_again_replaces_what_the_supplier_knows(
    world: World, inlet: Remembering
) -> None:
    system, order = await _released(world, inlet, {"qty": 3}, {"product": 1, "qty": 4})
    await world.person.call("purchase.order", "button_cancel", [order])
    await system.poll(inlet)
    await world.person.call("purchase.order", "button_draft", [order])
    assert await system.poll(inlet) == 0
    await world.person.call("purchase.order", "button_confirm", [order])
    assert [await system.poll(inlet) for _ in range(2)] == [1, 0]
    data = _last(inlet).data
    assert isinstance(data, OrderChanged)
    assert (data.purpose.value, data.order.revision, len(data.lines)) == ("replace", "2", 2)


async def test_poll_ignores_own_ack_write(world: World, inlet: Remembering) -> None:
    """Also when the poll looks between the write and the settlement of the answer."""
    system, order = await _released(world, inlet, {"date": "2026-12-01"})
    (line,) = await world.lines(order)
    done = await system.send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-02"}])))  # fmt: skip
    assert isinstance(done, Done)
    assert (await world.lines(order))[0]["date_planned"][:10] == "2026-12-02"
    assert await system.poll(inlet) == 0
    inlet.remember(done.remember)
    assert [await system.poll(inlet), await world.system().poll(inlet)] == [0, 0]


async def test_what_the_supplier_proposed_is_not_told_to_it(world: World, inlet: Remembering) -> None:
    system, order = await _released(world, inlet, {"qty": 10, "price": 7}, {"product": 1, "qty": 4, "price": 5})
    first, second = await world.lines(order)
    done = await system.send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": first["id"], "status": "quantity_changed", "qty": 8, "price": 7},
        {"number": second["id"], "status": "accepted", "qty": 4, "price": 5}])))  # fmt: skip
    inlet.remember(done.remember)
    await _write(world, first, product_qty=8)
    assert await system.poll(inlet) == 0
    await _write(world, second, product_qty=5)
    assert await system.poll(inlet) == 1
    assert [line.line_number for line in _last(inlet).data.lines] == [str(second["id"])]
    for quantity in (9, 8):  # what was proposed once is told when it comes after something else
        await _write(world, first, product_qty=quantity)
        assert await system.poll(inlet) == 1
        assert [line.ordered.value for line in _last(inlet).data.lines] == [quantity]


async def test_a_partner_without_a_document_for_changes_gets_the_order_again(
    sandbox: World, inlet: Remembering
) -> None:
    system, order = await _released(sandbox, inlet, {"qty": 10}, {"product": 1, "qty": 4})
    terms = dataclasses.replace(system.source.partners[PARTNER], takes_changes=False)
    system.source.partners = {PARTNER: terms}
    await _write(sandbox, (await sandbox.lines(order))[0], product_qty=12)
    assert await system.poll(inlet) == 1
    data = _last(inlet).data
    assert isinstance(data, OrderReleased)
    assert (data.purpose.value, data.order.revision) == ("replace", "1")
    assert [line.ordered.value for line in data.lines] == [12, 4]
    await sandbox.person.call("purchase.order", "button_cancel", [order])
    assert await system.poll(inlet) == 1
    assert _last(inlet).data.purpose.value == "cancel"


async def test_an_order_seen_by_an_older_release_is_sent_as_a_whole_when_it_changes(
    sandbox: World, inlet: Remembering
) -> None:
    system, order = await _released(sandbox, inlet, {"qty": 10}, {"product": 1, "qty": 4})
    del inlet.state[f"told:{order}"]
    await _write(sandbox, (await sandbox.lines(order))[0], product_qty=12)
    assert await system.poll(inlet) == 1
    data = _last(inlet).data
    assert (data.purpose.value, len(data.lines)) == ("replace", 2)


async def test_a_change_that_could_not_be_stored_is_told_with_the_same_id(sandbox: World, inlet: Remembering) -> None:
    system, order = await _released(sandbox, inlet, {"qty": 10})
    await _write(sandbox, (await sandbox.lines(order))[0], product_qty=12)
    other = Remembering(dict(inlet.state))
    inlet.broken = True
    with pytest.raises(OSError, match="ledger is away"):
        await system.poll(inlet)
    inlet.broken = False
    assert [await system.poll(inlet), await sandbox.system().poll(other)] == [1, 1]
    assert list(other.events) == list(inlet.events)[-1:]


async def test_notes_and_vendor_references_are_no_change(world: World, inlet: Remembering) -> None:
    system, order = await _released(world, inlet)
    await world.person.call("purchase.order", "write", [order], {"partner_ref": "VSO-1", "origin": "touched"})
    with capture_logs() as logs:
        assert await system.poll(inlet) == 0
    assert [log for log in logs if log["event"].startswith("order ")] == []


# What differs, without an Odoo.


def _order(*lines: dict[str, Any], **head: Any) -> OrderReleased:
    made = [
        {
            "line_number": str(number),
            "item": {"ids": [{"scheme": "buyer", "value": f"I{number}"}]},
            "ordered": {"value": Decimal(line.get("qty", 10)), "uom": {"value": "EA"}},
            "price": {"amount": Decimal(str(line.get("price", 5)))},
            "dates": [{"kind": {"value": "requested_delivery"}, "on": line.get("date", "2026-12-01")}],
        }
        for number, line in enumerate(lines, 1)
    ]
    head = {"order": {"number": "P1"}, "purpose": {"value": "original"}, **head}
    return OrderReleased.model_validate({**head, "lines": made})


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        ([{}], [{}, {}], {"2": "added"}),
        ([{}, {}], [{}], {"2": "deleted"}),
        ([{}, {}], [{}, {"qty": 0}], {"2": "deleted"}),
        ([{}, {"qty": 0}], [{}, {"qty": 3}], {"2": "added"}),
        ([{}, {"qty": 0}], [{}], None),
        ([{}], [{"qty": 11}], {"1": "quantity"}),
        ([{}], [{"qty": 9}], {"1": "changed"}),
        ([{}], [{"price": 6}], {"1": "price"}),
        ([{}], [{"date": "2026-12-02"}], {"1": "rescheduled"}),
        ([{}], [{"date": "2026-12-02", "price": 4}], {"1": "changed"}),
        ([{}], [{}], None),
    ],
)
def test_what_happened_to_a_line(before: Any, after: Any, actions: dict[str, str] | None) -> None:
    found = untold(_order(*before), _order(*after), {}, {})
    said = None if found is None else {line.line_number: line.action.value for line in found if line.action}
    assert said == actions


def test_a_changed_line_says_what_is_still_to_come() -> None:
    lines = untold(_order({}, {}), _order({"qty": 12}, {"qty": 8}), {}, {"1": Decimal(4), "2": Decimal(9)})
    assert [line.left_to_receive.value for line in lines or () if line.left_to_receive] == [8, 0]


def test_a_new_address_is_a_change_without_lines() -> None:
    assert untold(_order({}), _order({}, ship_to={"name": "Other dock"}), {}, {}) == ()


def test_what_was_told_is_kept_as_text() -> None:
    told = Told(_order({}, {"qty": 3}), 4, cancelled=True)
    assert Told.of(told.text()) == told
    assert Told.of("") is None
    assert agreed_of(None) == {}
