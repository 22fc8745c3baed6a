"""Acknowledgements written to purchase orders."""

from __future__ import annotations

import json

from gateway.ports import Business, Done, Transient, Unknown
from tests.destinations.world import World, answer, parcel


async def _name(world: World, order: int) -> str:
    return str(await world.person.read("purchase.order", order, "name"))


def _acknowledged(world: World) -> str:
    return "acknowledged" if world.version >= 19 else "mail_reception_confirmed"


async def test_ack_accept_all_sets_ref_and_flag(world: World) -> None:
    order = await world.order({}, {"product": 1})
    done = await world.system().send(parcel(answer(await _name(world, order))))
    assert isinstance(done, Done)
    assert (done.effect, done.cases, done.refs[0][:2]) == ("applied", (), ("purchase.order", order))
    row = await world.person.read("purchase.order", order, "partner_ref", _acknowledged(world))
    assert row["partner_ref"] == "VSO-77"
    assert row[_acknowledged(world)] is True
    assert await world.activities(order) == []
    (note,) = await world.notes(order)
    assert "accepts the order" in note["body"]
    assert await world.attachment(note["attachment_ids"][0]) == b"ISA*00*\xe9~"


async def test_ack_replay_is_noop(world: World) -> None:
    order = await world.order({"qty": 10})
    (line,) = await world.lines(order)
    system, sent = world.system(), parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "quantity_changed", "qty": 8}]))  # fmt: skip
    outcomes = [await system.send(sent) for _ in range(3)]
    assert [outcome.effect for outcome in outcomes if isinstance(outcome, Done)] == [
        "applied",
        "already_there",
        "already_there",
    ]
    assert {outcome.cases[0].kind for outcome in outcomes if isinstance(outcome, Done)} == {"quantity.changed"}
    assert len(await world.notes(order)) == 1
    assert len(await world.activities(order)) == 1


async def test_ack_date_in_tolerance_written(world: World) -> None:
    order = await world.order({"date": "2026-12-01"}, {"product": 1, "date": "2026-12-01"})
    first, second = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": first["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-04"},
        {"number": second["id"], "status": "accepted", "qty": 10, "date": "2026-12-01"}])))  # fmt: skip
    assert isinstance(done, Done)
    assert done.cases == ()
    assert json.loads(done.remember[f"agreed:{order}"])[str(first["id"])] == {"quantity": "10", "date": "2026-12-04"}
    assert [line["date_planned"][:10] for line in await world.lines(order)] == ["2026-12-04", "2026-12-01"]
    (note,) = await world.notes(order)
    assert "date 2026-12-04 written" in note["body"]
    assert "2026-12-01" in note["body"]


async def test_ack_date_outside_is_proposal(world: World) -> None:
    order = await world.order({"date": "2026-12-01"})
    (line,) = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-05"}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [(case.kind, case.expected, case.actual) for case in done.cases] == [
        ("date.outside_tolerance", "2026-12-01", "2026-12-05")
    ]
    assert (await world.lines(order))[0]["date_planned"][:10] == "2026-12-01"
    (task,) = await world.activities(order)
    assert task["summary"].startswith("[EDI 855 VSO-77 ")
    assert "2026-12-05" in task["note"]


async def test_ack_quantity_and_price_change_are_not_written(world: World) -> None:
    order = await world.order({"qty": 10, "price": 10}, {"product": 1, "qty": 4, "price": 5})
    before = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": before[0]["id"], "status": "quantity_changed", "qty": 8, "price": 10},
        {"number": before[1]["id"], "status": "price_changed", "qty": 4, "price": 5.25}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["quantity.changed", "price.changed"]
    assert await world.lines(order) == before
    (task,) = await world.activities(order)
    assert "2 lines need a decision" in task["summary"]


async def test_ack_rejected_line_keeps_quantity(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1})
    before = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": before[0]["id"], "status": "rejected", "reason": "discontinued"},
        {"number": before[1]["id"], "status": "accepted", "qty": 10}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["line.rejected"]
    assert await world.lines(order) == before
    pickings = await world.person.read("purchase.order", order, "picking_ids")
    codes = [await world.person.read("stock.picking", each, "picking_type_code") for each in pickings]
    assert set(codes) == {"incoming"}


async def test_ack_rejected_order_declines_and_tells_the_buyer(world: World) -> None:
    order = await world.order({})
    done = await world.system().send(parcel(answer(await _name(world, order), "rejected")))
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["ack.rejected"]
    flag = "acknowledged" if world.version >= 19 else "mail_reception_declined"
    assert await world.person.read("purchase.order", order, flag) is (world.version < 19)
    assert len(await world.activities(order)) == 1


async def test_ack_on_cancelled_po_is_business(world: World) -> None:
    order = await world.order({})
    await world.person.call("purchase.order", "button_cancel", [order])
    outcome = await world.system().send(parcel(answer(await _name(world, order))))
    assert isinstance(outcome, Business)
    assert outcome.case.kind == "ack.order_cancelled"
    assert await world.notes(order) == []


async def test_ack_on_an_order_that_is_not_confirmed_is_business(world: World) -> None:
    order = await world.order({}, confirm=False)
    outcome = await world.system().send(parcel(answer(await _name(world, order))))
    assert isinstance(outcome, Business)
    assert outcome.case.kind == "ack.order_not_released"


async def test_ack_on_locked_po_writes_no_line(world: World) -> None:
    order = await world.order({"date": "2026-12-01"})
    await world.person.call("purchase.order", "button_lock" if world.version >= 19 else "button_done", [order])
    (line,) = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-02"}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["ack.order_locked"]
    assert (await world.lines(order))[0]["date_planned"][:10] == "2026-12-01"
    assert await world.person.read("purchase.order", order, "partner_ref") == "VSO-77"
    assert len(await world.activities(order)) == 1


async def test_dates_are_proposals_where_the_policy_says_so(world: World) -> None:
    order = await world.order({"date": "2026-12-01"})
    (line,) = await world.lines(order)
    system, name = world.system(terms_dates=False), await _name(world, order)
    done = await system.send(parcel(answer(name, "accepted_with_changes", [
        {"number": line["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-02"}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["date.changed"]
    assert (await world.lines(order))[0]["date_planned"][:10] == "2026-12-01"


async def test_note_does_not_mail_vendor(world: World) -> None:
    order = await world.order({})
    await world.system().send(parcel(answer(await _name(world, order))))
    (note,) = await world.notes(order)
    assert note["subtype_id"][1] == "Note"
    assert note.get("notified_partner_ids", []) == []


async def test_note_escapes_partner_text(world: World) -> None:
    order = await world.order({})
    (line,) = await world.lines(order)
    hostile = "<script>alert(1)</script>"
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "rejected", "reason": hostile, "note": hostile}],
        supplier_order_number="<b>VSO</b>%")))  # fmt: skip
    assert isinstance(done, Done)
    (note,) = await world.notes(order)
    (task,) = await world.activities(order)
    for html in (note["body"], task["note"]):
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
    assert "%" not in task["summary"]
    assert "<b>VSO</b>" not in note["body"]


async def test_activity_once_and_closed_by_feedback(world: World) -> None:
    order = await world.order({"qty": 10})
    (line,) = await world.lines(order)
    system, sent = world.system(), parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "quantity_changed", "qty": 8}]))  # fmt: skip
    await system.send(sent)
    (task,) = await world.activities(order)
    assert task["user_id"][0] == await _buyer(world, order)
    await world.person.call("mail.activity", "action_feedback", [task["id"]], feedback="done")
    await system.send(sent)
    assert await world.activities(order) == []


async def _buyer(world: World, order: int) -> int:
    return int((await world.person.read("purchase.order", order, "user_id"))[0])


async def test_two_acknowledgements_of_one_number_have_their_own_tasks(world: World) -> None:
    order = await world.order({"qty": 10})
    (line,) = await world.lines(order)
    system = world.system()
    for quantity in (8, 7):
        await system.send(parcel(answer(await _name(world, order), "accepted_with_changes", [
            {"number": line["id"], "status": "quantity_changed", "qty": quantity}])))  # fmt: skip
    assert len(await world.activities(order)) == 2
    assert len(await world.notes(order)) == 2


async def test_line_not_on_the_order_is_told_and_the_others_proceed(world: World) -> None:
    order = await world.order({"date": "2026-12-01"})
    (line,) = await world.lines(order)
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": line["id"], "status": "rescheduled", "qty": 10, "date": "2026-12-02"},
        {"number": "999999999", "status": "accepted", "qty": 1}])))  # fmt: skip
    assert isinstance(done, Done)
    assert [case.kind for case in done.cases] == ["ack.unknown_line"]
    assert (await world.lines(order))[0]["date_planned"][:10] == "2026-12-02"


async def test_lines_are_found_by_item_when_the_supplier_numbers_them_itself(world: World) -> None:
    order = await world.order({"qty": 10}, {"product": 1, "qty": 4})
    done = await world.system().send(parcel(answer(await _name(world, order), "accepted_with_changes", [
        {"number": "1", "item": {"supplier": "V-A"}, "status": "accepted", "qty": 10},
        {"number": "2", "item": {"buyer": f"{world.run}-B"}, "status": "accepted", "qty": 4}])))  # fmt: skip
    assert isinstance(done, Done)
    assert done.cases == ()


async def test_unknown_order_is_business(world: World) -> None:
    outcome = await world.system().send(parcel(answer(f"{world.run}-none")))
    assert isinstance(outcome, Business)
    assert (outcome.case.kind, outcome.case.role) == ("ack.order_unknown", "buyer")


async def test_order_of_another_vendor_is_not_touched(world: World) -> None:
    other = await world.person.create("res.partner", name=f"{world.run} Other", is_company=True)
    order = await world.order({}, partner_id=other)
    outcome = await world.system().send(parcel(answer(await _name(world, order))))
    assert isinstance(outcome, Business)
    assert outcome.case.kind == "identity.foreign"
    assert await world.notes(order) == []


async def test_a_contact_of_the_vendor_is_the_vendor(world: World) -> None:
    contact = await world.person.create("res.partner", name="Desk", parent_id=world.vendor)
    order = await world.order({}, partner_id=contact)
    assert isinstance(await world.system().send(parcel(answer(await _name(world, order)))), Done)


async def test_timeout_after_commit_is_read_back(sandbox: World) -> None:
    order = await sandbox.order({"qty": 10, "date": "2026-12-01"})
    (line,) = await sandbox.lines(order)
    system, name = sandbox.system(), await _name(sandbox, order)
    data = answer(name, "accepted_with_changes", [
        {"number": line["id"], "status": "changed", "qty": 8, "date": "2026-12-02"}])  # fmt: skip
    for method in ("write", "activity_schedule", "message_post"):
        await sandbox.fault(kind="drop", after_commit=True, methods=[method], times=1)
    outcomes = [await system.send(parcel(data, probe=bool(tries), attempt=tries + 1)) for tries in range(4)]
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown, Unknown, Done]
    assert outcomes[0].retry_in == 1  # type: ignore[union-attr]
    assert len(await sandbox.notes(order)) == 1
    assert len(await sandbox.activities(order)) == 1
    assert (await sandbox.lines(order))[0]["date_planned"][:10] == "2026-12-02"
    attachments = await sandbox.person.call(
        "ir.attachment", "search", [["res_id", "=", order], ["res_model", "=", "purchase.order"]]
    )
    assert len(attachments) == 1


async def test_reset_before_commit_is_done_again(sandbox: World) -> None:
    order = await sandbox.order({})
    system, sent = sandbox.system(), parcel(answer(await _name(sandbox, order)))
    await sandbox.fault(kind="drop", after_commit=False, methods=["write"], times=1)
    assert isinstance(await system.send(sent), Unknown)
    assert isinstance(await system.send(sent), Done)
    assert await sandbox.person.read("purchase.order", order, "partner_ref") == "VSO-77"


async def test_serialization_failure_is_transient(sandbox: World) -> None:
    order = await sandbox.order({})
    system, sent = sandbox.system(), parcel(answer(await _name(sandbox, order)))
    await sandbox.fault(kind="serialization", methods=["write"], times=1)
    outcome = await system.send(sent)
    assert isinstance(outcome, Transient)
    assert (outcome.retry_in, outcome.scope) == (5, "parcel")
    assert isinstance(await system.send(sent), Done)


async def test_notice_makes_one_task_and_one_note(world: World) -> None:
    order = await world.order({})
    name = await _name(world, order)
    facts = {
        "order": name,
        "reference": f"purchase.order,{order}",
        "summary": f"Order {name} not sent",
        "note": "Line 1: <EA> is missing.\nAsk the EDI desk.",
        "role": "buyer",
    }
    sent = parcel(answer(name), event=None, kind="notice", facts=facts, id="n-1")
    system = world.system()
    effects = [await system.send(sent) for _ in range(2)]
    assert [outcome.effect for outcome in effects if isinstance(outcome, Done)] == ["applied", "already_there"]
    (task,) = await world.activities(order)
    assert task["summary"].startswith(f"[EDI {name} ")
    assert task["summary"].endswith("not sent")
    (note,) = await world.notes(order)
    assert "&lt;EA&gt;" in note["body"]


async def test_milestone_is_a_note_only_and_finds_the_order_by_name(world: World) -> None:
    order = await world.order({})
    name = await _name(world, order)
    facts = {"order": name, "summary": "Order sent to Supplier Inc", "note": ""}
    done = await world.system().send(parcel(answer(name), event=None, kind="milestone", facts=facts, id="m-1"))
    assert isinstance(done, Done)
    assert await world.activities(order) == []
    assert "Order sent to Supplier Inc" in (await world.notes(order))[0]["body"]


async def test_notice_about_an_order_that_is_gone(world: World) -> None:
    facts = {"order": "gone", "reference": "purchase.order,999999999", "summary": "x", "note": "y"}
    outcome = await world.system().send(parcel(answer("gone"), event=None, kind="notice", facts=facts))
    assert isinstance(outcome, Business)
    assert outcome.case.kind == "odoo.record_gone"


async def test_a_big_document_is_named_and_not_copied(sandbox: World) -> None:
    order = await sandbox.order({})
    done = await sandbox.system().send(
        parcel(answer(await _name(sandbox, order)), original=None, original_size=1 << 21)
    )
    assert isinstance(done, Done)
    (note,) = await sandbox.notes(order)
    assert note["attachment_ids"] == []
    assert "855.edi" in note["body"]
