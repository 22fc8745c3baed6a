"""Orders found by polling."""

from __future__ import annotations

import datetime as dt

import pytest
import structlog
from structlog.testing import capture_logs

from edi.documents import OrderReleased
from gateway import clock
from gateway.destinations.odoo import source_state
from tests.destinations.world import NAME, PARTNER, Remembering, World


def _numbers(inlet: Remembering) -> list[str]:
    return [each.event.data.order.number for each in inlet.events.values()]  # type: ignore[attr-defined]


async def _name(world: World, order: int) -> str:
    return str(await world.person.read("purchase.order", order, "name"))


async def test_poll_sees_confirmed_po_once(world: World, inlet: Remembering) -> None:
    system = world.system()
    assert await system.poll(inlet) == 0
    order = await world.order({"qty": 10, "price": 10, "date": "2026-12-01"}, {"product": 1, "qty": 4, "price": 2.5})
    assert [await system.poll(inlet) for _ in range(3)] == [1, 0, 0]
    (submission,) = inlet.events.values()
    assert (submission.partner, submission.reply_to) == (PARTNER, NAME)
    assert submission.reference == f"purchase.order,{order}"
    data = submission.event.data
    assert isinstance(data, OrderReleased)
    lines = await world.lines(order)
    assert [line.line_number for line in data.lines] == [str(line["id"]) for line in lines]
    first = data.lines[0]
    assert {(each.scheme, each.value) for each in first.item.ids} == {
        ("buyer", f"{world.run}-A"),
        ("gtin", "04012345000016"),
        ("supplier", "V-A"),
    }
    assert (first.ordered.value, first.ordered.uom and first.ordered.uom.value) == (10, "EA")
    assert first.price is not None
    assert (str(first.price.amount), first.price.currency) == ("10.00", data.currency)
    assert [(mark.kind.value, mark.on) for mark in first.dates] == [("requested_delivery", dt.date(2026, 12, 1))]
    assert first.item.description
    assert "[" not in first.item.description
    assert data.supplier is not None
    assert ("buyer", world.run) in {(each.scheme, each.value) for each in data.supplier.ids}


async def test_the_projection_of_company_terms_and_delivery(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    term = (await sandbox.person.call("account.payment.term", "search", [["name", "=", "30 Days"]]))[0]
    incoterm = (await sandbox.person.call("account.incoterms", "search", [["code", "=", "DAP"]]))[0]
    site = await sandbox.person.create(
        "res.partner", name="Site North", ref="4012345000009", city="Hamburg", zip="20095", is_company=True
    )
    warehouse = (await sandbox.person.call("stock.warehouse", "search", []))[0]
    await sandbox.person.call("stock.warehouse", "write", [warehouse], {"partner_id": site})
    await sandbox.order({}, payment_term_id=term, incoterm_id=incoterm)
    await system.poll(inlet)
    (submission,) = inlet.events.values()
    data = submission.event.data
    assert isinstance(data, OrderReleased)
    assert data.buyer is not None
    assert (data.buyer.name, [(each.scheme, each.value) for each in data.buyer.ids]) == ("Buyer Co", [("vat", "US123")])
    assert data.buyer.address is not None
    assert (data.buyer.address.lines, data.buyer.address.country) == (("1 Main St",), "US")
    assert data.ship_to is not None
    assert [(each.scheme, each.value) for each in data.ship_to.ids] == [("gln", "4012345000009")]
    assert data.payment_terms is not None
    assert (data.payment_terms.net_days, data.payment_terms.description) == (30, "30 Days")
    assert data.incoterm == "DAP"
    assert (data.purpose.value, data.order.date) == ("original", clock.now().date())


async def test_a_drop_ship_address_is_where_it_is_delivered(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    customer = await sandbox.person.create("res.partner", name="Customer", ref="C-9", street="9 Elm St")
    await sandbox.order({}, dest_address_id=customer)
    await system.poll(inlet)
    (submission,) = inlet.events.values()
    assert submission.event.data.ship_to.name == "Customer"  # type: ignore[attr-defined]


async def test_the_event_id_is_the_same_for_ever(sandbox: World) -> None:
    inlets = [Remembering(), Remembering()]
    for inlet in inlets:
        await sandbox.system().poll(inlet)
    await sandbox.order({})
    for inlet in inlets:
        await sandbox.system().poll(inlet)
    first, second = (list(inlet.events) for inlet in inlets)
    assert first == second
    assert len(first) == 1


async def test_orders_of_before_the_first_poll_are_the_baseline(world: World, inlet: Remembering) -> None:
    order = await world.order({})
    await _wait_a_second(world)
    system = world.system()
    assert await system.poll(inlet) == 0
    await world.person.call("purchase.order", "write", [order], {"origin": "touched"})
    assert await system.poll(inlet) == 0


async def test_old_orders_are_sent_when_since_asks_for_them(world: World, inlet: Remembering) -> None:
    await world.order({})
    await _wait_a_second(world)
    await world.system().poll(inlet)
    since = (clock.now() - dt.timedelta(hours=1)).isoformat()
    assert await world.system(since=since).poll(inlet) == 1


async def test_looking_back_is_not_lost_by_a_failure(sandbox: World, inlet: Remembering) -> None:
    await sandbox.order({})
    await _wait_a_second(sandbox)
    await sandbox.system().poll(inlet)
    await sandbox.person.control("clock", {"seconds": 7200})
    await sandbox.system().poll(inlet)
    system = sandbox.system(since=(clock.now() - dt.timedelta(hours=1)).isoformat())
    await system.connection.ready()
    await system.source._directory.prepare(system.source.partners)
    await sandbox.fault(kind="status", status=503, times=1, methods=["search_read"])
    assert await system.poll(inlet) == 0
    assert await system.poll(inlet) == 1


async def test_a_partner_that_comes_later_starts_when_it_comes(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    terms = system.source.partners
    system.source.partners = {}
    await system.poll(inlet)
    old = await sandbox.order({})
    await _wait_a_second(sandbox)
    system.source.partners = terms
    await system.poll(inlet)
    await sandbox.person.call("purchase.order", "write", [old], {"origin": "touched"})
    assert await system.poll(inlet) == 0
    await sandbox.order({})
    assert await system.poll(inlet) == 1


async def _wait_a_second(world: World) -> None:
    """Odoo's moments have whole seconds: what was confirmed in the second of the first poll counts as after it."""
    if world.sandbox:
        await world.person.control("clock", {"seconds": 10})
        return
    import asyncio

    await asyncio.sleep(2)


async def test_poll_equal_second_write_dates_lose_nothing(world: World, inlet: Remembering) -> None:
    system = world.system(poll={"page": 2})
    await system.poll(inlet)
    orders = [await world.order({}) for _ in range(5)]
    assert await system.poll(inlet) == 5
    assert sorted(_numbers(inlet)) == sorted([await _name(world, order) for order in orders])


async def test_poll_noop_write_and_revert_give_nothing(world: World, inlet: Remembering) -> None:
    system = world.system()
    await system.poll(inlet)
    order = await world.order({"qty": 10, "price": 7})
    await system.poll(inlet)
    before = inlet.state[f"order:{order}"]
    (line,) = await world.lines(order)
    for quantity in (10, 12, 10):
        await world.person.call(
            "purchase.order.line",
            "write",
            [line["id"]],
            {"product_qty": quantity, "price_unit": 7, "date_planned": line["date_planned"]},
        )
    with capture_logs() as logs:
        assert await system.poll(inlet) == 0
    assert inlet.state[f"order:{order}"] == before
    assert [log for log in logs if log["log_level"] == "warning"] == []


async def test_an_order_cancelled_before_it_was_seen_is_nothing(world: World, inlet: Remembering) -> None:
    system = world.system()
    await system.poll(inlet)
    order = await world.order({})
    await world.person.call("purchase.order", "button_cancel", [order])
    assert await system.poll(inlet) == 0


async def test_locking_is_no_change(world: World, inlet: Remembering) -> None:
    system = world.system()
    await system.poll(inlet)
    order = await world.order({})
    await system.poll(inlet)
    await world.person.call("purchase.order", "button_lock" if world.version >= 19 else "button_done", [order])
    with capture_logs() as logs:
        await system.poll(inlet)
    assert [log for log in logs if log["log_level"] == "warning"] == []


async def test_poll_long_transaction_inside_overlap(sandbox: World, inlet: Remembering) -> None:
    import asyncio

    system = sandbox.system()
    await system.poll(inlet)
    slow = {"partner": sandbox.run, "lines": [{"product": f"{sandbox.run}-A"}], "slow": 0.3}
    running = asyncio.create_task(sandbox.person.control("confirm", slow))
    await asyncio.sleep(0.1)
    assert await system.poll(inlet) == 0
    await running
    assert await system.poll(inlet) == 1


async def test_other_vendors_and_companies_are_left_alone(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    other = await sandbox.person.create("res.partner", name="Stranger", is_company=True)
    await sandbox.order({}, partner_id=other)
    owner = await sandbox.person.create("res.partner", name="Second company", is_company=True)
    currency = (await sandbox.person.read("res.company", 1, "currency_id"))[0]
    company = await sandbox.person.create("res.company", name="Second", partner_id=owner, currency_id=currency)
    warehouse = await sandbox.person.create("stock.warehouse", name="W2", code="W2", company_id=company)
    await sandbox.person.create(
        "stock.picking.type", name="Receipts", code="incoming", warehouse_id=warehouse, company_id=company
    )
    await sandbox.order({}, company_id=company)
    assert await system.poll(inlet) == 0
    assert inlet.events == {}


async def test_a_vendor_that_is_not_found_or_found_twice_is_nobody(sandbox: World, inlet: Remembering) -> None:
    await sandbox.person.create("res.partner", name="Twin", ref=sandbox.run, is_company=True)
    with capture_logs() as logs:
        assert await sandbox.system().poll(inlet) == 0
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["vendor found more than once in Odoo"]
    assert source_state.CURSOR in inlet.state


async def test_nothing_is_lost_when_the_ledger_is_away(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    await sandbox.order({})
    inlet.broken = True
    with pytest.raises(OSError, match="ledger is away"):
        await system.poll(inlet)
    inlet.broken = False
    assert await system.poll(inlet) == 1


async def test_a_failure_of_odoo_is_left_to_the_next_round(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    await sandbox.order({})
    await sandbox.fault(kind="status", status=503, times=1, methods=["search_read"])
    assert await system.poll(inlet) == 0
    assert system.source.failure is not None
    assert await system.poll(inlet) == 1
    assert system.source.failure is None


async def test_an_order_that_cannot_be_read_stops_the_cursor_and_nothing_else(
    sandbox: World, inlet: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    cursor = inlet.state[source_state.CURSOR]
    bad = await sandbox.order({})
    await sandbox.order({})
    projector = system.source._projector
    released = projector.released

    async def failing(partner, terms, order, lines):  # type: ignore[no-untyped-def]
        if order["id"] == bad:
            raise ValueError("an amount nobody expected")
        return await released(partner, terms, order, lines)

    monkeypatch.setattr(projector, "released", failing)
    await sandbox.person.control("clock", {"seconds": 5})
    with capture_logs() as logs:
        assert await system.poll(inlet) == 1
    assert "an order could not be read" in [log["event"] for log in logs]
    assert inlet.state[source_state.CURSOR] == cursor
    monkeypatch.setattr(projector, "released", released)
    assert await system.poll(inlet) == 1
    assert inlet.state[source_state.CURSOR] > cursor


async def test_an_unknown_unit_goes_out_as_other_and_can_be_configured(sandbox: World) -> None:
    pallet = await sandbox.person.create("uom.uom", name="Pallet of 40", **_reference(sandbox))
    uom = "product_uom_id" if sandbox.version >= 19 else "product_uom"
    found = {}
    for name, units in (("plain", {}), ("configured", {"Pallet of 40": "PF"})):
        inlet, system = Remembering(), sandbox.system(units=units)
        await system.poll(inlet)
        order = await sandbox.order({}, confirm=False)
        (line,) = await sandbox.lines(order)
        await sandbox.person.call("purchase.order.line", "write", [line["id"]], {uom: pallet})
        await sandbox.person.call("purchase.order", "button_confirm", [order])
        await system.poll(inlet)
        submission = list(inlet.events.values())[-1]
        found[name] = submission.event.data.lines[0].ordered.uom  # type: ignore[attr-defined]
    assert (found["plain"].value, found["plain"].raw) == ("other", "Pallet of 40")
    assert (found["configured"].value, found["configured"].raw) == ("PF", None)


def _reference(world: World) -> dict[str, float]:
    return {"factor": 40.0 if world.version >= 19 else 0.025}


async def test_a_discount_is_in_the_price_and_sections_are_no_lines(sandbox: World, inlet: Remembering) -> None:
    system = sandbox.system()
    await system.poll(inlet)
    order = await sandbox.order({"price": 10}, confirm=False)
    (line,) = await sandbox.lines(order)
    await sandbox.person.call("purchase.order.line", "write", [line["id"]], {"discount": 12.5})
    await sandbox.person.create("purchase.order.line", order_id=order, name="Section", display_type="line_section")
    await sandbox.person.call("purchase.order", "button_confirm", [order])
    await system.poll(inlet)
    (submission,) = inlet.events.values()
    (only,) = submission.event.data.lines  # type: ignore[attr-defined]
    assert str(only.price.amount) == "8.75"


async def test_planned_dates_are_days_of_the_buyers_calendar(sandbox: World) -> None:
    found = {}
    for zone in ("Pacific/Auckland", "America/Chicago"):
        inlet, system = Remembering(), sandbox.system(timezone=zone)
        await system.poll(inlet)
        order = await sandbox.order({}, confirm=False)
        (line,) = await sandbox.lines(order)
        await sandbox.person.call("purchase.order.line", "write", [line["id"]], {"date_planned": "2026-12-01 23:30:00"})
        await sandbox.person.call("purchase.order", "button_confirm", [order])
        await system.poll(inlet)
        submission = list(inlet.events.values())[-1]
        found[zone] = submission.event.data.lines[0].dates[0].on  # type: ignore[attr-defined]
    assert found == {"Pacific/Auckland": dt.date(2026, 12, 2), "America/Chicago": dt.date(2026, 12, 1)}


async def test_forgotten_orders_are_those_nobody_has_seen_for_long(inlet: Remembering) -> None:
    today = dt.date(2026, 12, 1)
    old = source_state.seen("abc", today - dt.timedelta(days=source_state.KEPT_DAYS + 1))
    state = {"cursor": "x", "order:1": old, "order:2": source_state.seen("def", today)}
    assert source_state.forgotten(state, today) == {"order:1": "", "told:1": "", "agreed:1": ""}
    many = {f"order:{n}": old for n in range(source_state.FORGET_AT_ONCE + 5)}
    assert len(source_state.forgotten(many, today)) == 3 * source_state.FORGET_AT_ONCE


async def test_the_key_that_ends_is_told_once_a_day(sandbox: World, inlet: Remembering) -> None:
    ends = clock.now().date() + dt.timedelta(days=7)
    flow = {"login": "edi", "key": "edi-key", "key_expires": ends.isoformat()}
    system = sandbox.system(flows={"purchase": flow})
    with capture_logs() as logs:
        await system.poll(inlet)
        await system.poll(inlet)
    told = [log for log in logs if log["event"] == "the API key of Odoo expires"]
    assert [log["days_left"] for log in told] == [7]
    assert structlog.contextvars.get_contextvars() == {}
