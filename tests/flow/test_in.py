"""Files that arrive: accepted, refused, repeated, foreign, unreadable. Each is kept whole and
answered as the standard allows."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from gateway.ledger import Ledger, LedgerUnavailable
from gateway.ledger.queries import receipts
from gateway.partners import Partner
from gateway.ports import Arrival
from tests.flow.world import World, isa, set_855

SAMPLES = Path(__file__).resolve().parents[2] / "partners" / "acme" / "samples"


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World.make(ledger)


async def test_a_good_answer_reaches_odoo_and_is_acknowledged(world: World) -> None:
    receipt = await world.upload(isa([set_855()]))
    [parcel] = world.events()
    assert parcel.key == "po/P00042"
    assert parcel.event is not None
    assert parcel.event.data.supplier_order_number == "SO-7781"
    assert parcel.original == isa([set_855()])
    stamped = parcel.event
    assert (stamped.source, stamped.sequence, stamped.documentid) == ("/gateway", "1", "1")
    assert stamped.correlationid
    assert stamped.time == world.time
    [(name, ack)] = (await world.out()).items()
    assert name.startswith("997_")
    assert b"AK1*PR*1~" in ack
    assert b"AK9*A*1*1*1~" in ack
    row = await world.receipt(receipt)
    assert (row.state, row.reason) == ("done", "1 accepted")


async def test_a_bad_set_does_not_stop_the_good_one(world: World) -> None:
    bad = set_855(2, order="P00043", date="20261345")
    receipt = await world.upload(isa([set_855(1), bad], sets=2), "mixed.edi")
    assert [parcel.key for parcel in world.events()] == ["po/P00042"]
    out = await world.out()
    ack = next(data for name, data in out.items() if name.startswith("997_"))
    assert b"AK2*855*0002~" in ack
    assert b"AK3*BAK*2**8~" in ack
    assert b"AK4*9*373*8*20261345~" in ack
    assert b"AK5*R*5~" in ack
    assert b"AK9*P*2*2*1~" in ack
    words = out["mixed.edi.rejected.txt"].decode()
    assert "BAK09" in words
    assert "20261345" in words
    assert "1 document(s) in it were accepted" in words
    assert [row.verdict for row in await world.sets(receipt)] == ["accepted", "rejected"]
    assert [case.kind for case in await world.cases()] == ["syntax.rejected"]


async def test_the_same_file_again_gets_the_stored_answer_and_changes_nothing(world: World) -> None:
    await world.upload(isa([set_855()]), "first.edi")
    [first] = (await world.out()).values()
    again = await world.upload(isa([set_855()]), "second.edi")
    assert again.duplicate_of == "1"
    out = await world.out()
    assert list(out.values()) == [first, first]
    assert len(out) == 2
    assert len(world.events()) == 1
    row = await world.receipt(again)
    assert row.state == "duplicate"
    assert "nothing was processed" in row.reason


async def test_the_same_interchange_in_another_file_is_not_processed_again(world: World) -> None:
    await world.upload(isa([set_855()]))
    [first] = (await world.out()).values()
    again = await world.upload(isa([set_855()]).replace(b"\n", b""))
    assert again.duplicate_of is None
    assert list((await world.out()).values()) == [first, first]
    assert len(world.events()) == 1
    assert (await world.receipt(again)).state == "duplicate"


async def test_another_partners_identity_is_quarantined(world: World) -> None:
    receipt = await world.upload(isa([set_855()], sender="999999999"), "foreign.edi")
    assert world.events() == []
    row = await world.receipt(receipt)
    assert row.state == "quarantined"
    assert "999999999" in row.reason
    assert [case.kind for case in await world.cases()] == ["identity.foreign"]
    out = await world.out()
    assert "foreign.edi.rejected.txt" in out
    assert any(b"TA1*000000001" in data and b"*R*006~" in data for data in out.values())
    assert not any(b"AK9" in data for data in out.values())


async def test_a_test_document_in_production_is_quarantined(world: World) -> None:
    receipt = await world.upload(isa([set_855()], test="T"))
    assert (await world.receipt(receipt)).state == "quarantined"
    assert [case.kind for case in await world.cases()] == ["environment.mismatch"]
    assert any(b"*R*020~" in data for data in (await world.out()).values())
    assert world.events() == []


async def test_a_document_that_is_not_agreed_is_refused(world: World) -> None:
    body = ["ST*846*0001~\n", "BIA*00*MM*ADV-1*20261201~\n", "SE*3*0001~\n"]
    receipt = await world.upload(isa(body, group="IB"))
    [ack] = [data for name, data in (await world.out()).items() if name.startswith("997_")]
    assert b"AK5*R*1~" in ack
    assert b"AK9*R*1*1*0~" in ack
    assert "846" in (await world.receipt(receipt)).reason
    assert [case.kind for case in await world.cases()] == ["document.unsupported"]


@pytest.mark.parametrize("data", [b"hello, here is our price list", b"\x00\x01\x02PDF", b"", b"   \r\n"])
async def test_what_is_not_edi_is_kept_and_explained(world: World, data: bytes) -> None:
    receipt = await world.upload(data, "note.doc")
    row = await world.receipt(receipt)
    assert row.state == "quarantined"
    assert row.reason
    assert "note.doc.rejected.txt" in await world.out()
    assert await world.ledger.read(lambda c: receipts.get_bytes(c, f"r{receipt.id}")) == data


async def test_a_truncated_file_waits_for_its_rest_and_is_then_answered(world: World) -> None:
    whole = isa([set_855()])
    receipt = await world.upload(whole[:-30], "cut.edi")
    assert (await world.receipt(receipt)).state == "held"
    other = await world.upload(isa([set_855(order="P00050")], control=2), "next.edi")
    assert (await world.receipt(other)).state == "done"  # it lets the next ones pass
    world.later(minutes=3)
    await world.settle()
    row = await world.receipt(receipt)
    assert row.state == "done"
    assert "trailer" in row.reason.lower() or "end" in row.reason.lower()


async def test_a_truncated_file_uploaded_again_is_replaced(world: World) -> None:
    whole = isa([set_855()])
    cut = await world.upload(whole[:-30], "cut.edi")
    full = await world.upload(whole, "cut.edi")
    assert (await world.receipt(cut)).state == "superseded"
    assert (await world.receipt(full)).state == "done"
    assert len(world.events()) == 1


async def test_a_mailbox_without_partner_keeps_the_file(world: World) -> None:
    receipt = await world.flow.arrive(Arrival("nobody/inbox", "a.edi", isa([set_855()])))
    await world.settle()
    assert (await world.receipt(receipt)).state == "quarantined"
    assert [case.kind for case in await world.cases()] == ["partner.unknown"]


async def test_a_second_document_under_the_same_number_needs_a_person(world: World) -> None:
    await world.upload(isa([set_855()]))
    other = set_855(lines=["PO1*675*100*EA*12.5**BP*SKU-1", "ACK*IR*100*EA"])
    await world.upload(isa([other], control=2))
    assert len(world.events()) == 1
    assert [case.kind for case in await world.cases()] == ["document.conflicting_content"]


async def test_the_same_content_under_a_new_control_number_is_one_event(world: World) -> None:
    await world.upload(isa([set_855()]))
    await world.upload(isa([set_855()], control=2))
    assert len(world.events()) == 1
    assert await world.cases() == []
    assert len(await world.out()) == 2  # both interchanges are acknowledged


async def test_an_acknowledgement_is_never_acknowledged(world: World) -> None:
    from tests.flow.world import set_997

    await world.upload(isa([set_997(77)], group="FA"))
    assert await world.out() == {}
    assert [case.kind for case in await world.cases()] == ["ack.unmatched"]


async def test_more_sets_than_one_transaction_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.intake.SETS_PER_TRANSACTION", 3)
    sets = [set_855(n, order=f"P{n:05d}", date="20261345" if n == 5 else "20261121") for n in range(1, 9)]
    receipt = await world.upload(isa(sets, sets=8))
    assert [parcel.key for parcel in world.events()] == [f"po/P{n:05d}" for n in range(1, 9) if n != 5]
    [ack] = [data for name, data in (await world.out()).items() if name.startswith("997_")]
    assert b"AK9*P*8*8*7~" in ack
    assert len(await world.sets(receipt)) == 8


async def test_a_translation_that_fails_inside_is_parked_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import edi

    real = edi.translate_each

    def broken(source: BinaryIO, profile: edi.Profile, **options: Any) -> object:
        data = source.read()
        if b"P00099" in data:
            raise ZeroDivisionError("a defect")
        return real(data, profile, **options)

    monkeypatch.setattr("edi.translate_each", broken)
    bad = await world.upload(isa([set_855(order="P00099")]))
    good = await world.upload(isa([set_855()], control=2))
    assert (await world.receipt(bad)).state == "poison"
    assert (await world.receipt(good)).state == "done"
    assert [case.kind for case in await world.cases()] == ["connector.defect"]


async def test_a_document_that_kills_the_process_twice_is_set_aside(world: World) -> None:
    receipt = await world.flow.arrive(Arrival("acme/inbox", "a.edi", isa([set_855()])))
    for _ in range(2):  # what a killed process leaves behind: the count, and nothing else
        await world.ledger.write(lambda c: receipts.count_attempt(c, int(receipt.id)))
    await world.settle()
    assert (await world.receipt(receipt)).state == "poison"
    assert [case.kind for case in await world.cases()] == ["document.poison"]


async def test_a_control_number_used_again_for_other_content_needs_a_person(world: World) -> None:
    await world.upload(isa([set_855(order="P1")]), "first.edi")
    again = await world.upload(isa([set_855(order="P2")]), "second.edi")
    row = await world.receipt(again)
    assert row.state == "quarantined"
    assert "control number was used before" in row.reason
    assert [parcel.key for parcel in world.events()] == ["po/P1"]
    assert [case.kind for case in await world.cases()] == ["interchange.duplicate"]
    out = await world.out()
    assert "new control number" in out["second.edi.rejected.txt"].decode()
    assert sum(name.startswith("997_") for name in out) == 1


async def test_the_rest_of_a_file_that_was_cut_off_is_processed(world: World) -> None:
    whole = isa([set_855(1, order="P1"), set_855(2, order="P2")], sets=2)
    await world.upload(whole[: whole.index(b"ST*855*0002")], "cut.edi")
    world.later(minutes=3)
    await world.settle()
    full = await world.upload(whole, "full.edi")
    assert (await world.receipt(full)).state == "done"
    assert [parcel.key for parcel in world.events()] == ["po/P1", "po/P2"]


async def test_the_same_interchange_twice_in_one_file(world: World) -> None:
    one = isa([set_855()])
    receipt = await world.upload(one + one)
    row = await world.receipt(receipt)
    assert (row.state, row.reason) == ("done", "1 accepted, 1 duplicate")
    assert len(world.events()) == 1


async def test_a_good_interchange_beside_a_foreign_one_is_processed(world: World) -> None:
    foreign = isa([set_855(order="P9")], sender="999999999", control=5)
    receipt = await world.upload(foreign + isa([set_855(), set_855(2, date="20261345")], sets=2))
    assert (await world.receipt(receipt)).state == "done"
    assert [parcel.key for parcel in world.events()] == ["po/P00042"]
    assert sorted(case.kind for case in await world.cases()) == ["identity.foreign", "syntax.rejected"]


async def test_a_file_set_aside_may_be_uploaded_again(world: World) -> None:
    await world.upload(isa([set_855()], test="T"))
    world.flow.book = type(world.flow.book)(
        {name: replace_environment(partner) for name, partner in world.flow.book.partners.items()}
    )
    again = await world.upload(isa([set_855()], test="T"))
    assert again.duplicate_of is None
    assert len(world.events()) == 1


async def test_the_newest_refusal_of_a_name_is_the_one_shown(world: World) -> None:
    await world.upload(isa([set_855(date="20261345")], control=1), "o.edi")
    await world.upload(isa([set_855(date="20269999")], control=2), "o.edi")
    refusals = [f async for f in world.mailboxes.files("acme/inbox", "out", name="o.edi.rejected.txt")]
    assert len(refusals) == 1
    assert b"20269999" in await world.mailboxes.content("acme/inbox", refusals[0].id)


async def test_a_failing_database_is_tried_again_and_parks_nothing(world: World) -> None:
    real, failures = world.ledger.write, 3

    async def failing(work: Any, point: str = "") -> Any:
        nonlocal failures
        if point == "tx2" and failures:
            failures -= 1
            raise LedgerUnavailable("disk full")
        return await real(work, point)

    world.ledger.write = failing  # type: ignore[method-assign]
    receipt = await world.flow.arrive(Arrival("acme/inbox", "a.edi", isa([set_855()])))
    for _ in range(3):
        with pytest.raises(LedgerUnavailable):
            await world.flow.advance("in:acme")
    await world.settle()
    assert (await world.receipt(receipt)).state == "done"
    assert await world.cases() == []


async def test_odd_bytes_in_names_and_numbers_stop_nothing(world: World) -> None:
    await world.upload(isa([set_855()]).replace(b"ST*855*0001", b"ST*855*00\x001"), "odd\udcff.edi")
    good = await world.upload(isa([set_855()], control=2))
    assert (await world.receipt(good)).state == "done"


def replace_environment(partner: Partner) -> Partner:
    return dataclasses.replace(partner, profile=dataclasses.replace(partner.profile, environment="test"))


async def test_a_ship_notice_reaches_each_of_its_orders_in_that_orders_lane(world: World) -> None:
    notice = (SAMPLES / "856_cartons.edi").read_bytes()
    await world.upload(notice)
    assert sorted(parcel.key for parcel in world.events()) == ["po/P00042", "po/P00043"]
    await world.upload(notice, name="again.edi")
    assert len(world.events()) == 2
