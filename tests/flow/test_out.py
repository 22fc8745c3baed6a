"""Orders that leave, their acknowledgements, deliveries that fail: order is kept, nothing
is lost, nothing happens twice."""

from __future__ import annotations

import pytest

from gateway import show
from gateway.ledger import Ledger
from gateway.ledger.queries import answers, lanes
from gateway.ports import Arrival, Business, Done, Outcome, Parcel, Transient, Unknown
from gateway.replay import replay
from gateway.transports.names import outgoing
from tests.flow.world import Remembering, World, at, case, isa, order_released, set_855, set_997


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World.make(ledger)


async def test_an_order_becomes_the_partners_document(world: World) -> None:
    assert await world.submit(order_released()) == 1
    [(name, data)] = (await world.out()).items()
    assert name == "850_P00042_000000001.edi"
    assert b"BEG*00*SA*P00042" in data or b"BEG*00**P00042" in data
    assert b"PO1*675*100*EA*12.5" in data
    [sent] = await world.sent("po/P00042")
    assert (sent.type, sent.state, sent.interchange_control, sent.group_control) == ("850", "sent", "1", "1")
    assert await world.flow.recall("odoo-main") == {"cursor": "x"}


async def test_a_known_event_is_not_sent_again(world: World) -> None:
    await world.submit(order_released())
    assert await world.submit(order_released()) == 0
    assert len(await world.out()) == 1


async def test_control_numbers_go_up_and_are_shared_with_acknowledgements(world: World) -> None:
    await world.submit(order_released("P1"))
    await world.upload(isa([set_855(order="P1")]))
    await world.submit(order_released("P2"))
    numbers = sorted(name.rpartition("_")[2] for name in await world.out())
    assert numbers == [f"{n:09d}.edi" for n in (1, 2, 3)]


async def test_the_partners_997_is_matched(world: World) -> None:
    await world.submit(order_released())
    await world.upload(isa([set_997(1)], group="FA"))
    [sent] = await world.sent("po/P00042")
    assert sent.state == "accepted"
    assert sent.functional_at
    assert await world.cases() == []
    assert world.notices() == []


async def test_a_refused_order_becomes_a_notice_on_the_order(world: World) -> None:
    await world.submit(order_released())
    detail = "AK2*850*0001~AK3*PO1*5**8~AK4*3*355*7*EA~AK5*R*5~"
    await world.upload(isa([set_997(1, "R", detail=detail)], group="FA"))
    [sent] = await world.sent("po/P00042")
    assert sent.state == "rejected"
    [notice] = world.notices()
    assert notice.facts["order"] == "P00042"
    assert notice.facts["reference"] == "purchase.order,7"
    assert "PO1" in notice.facts["note"]
    assert "code not accepted" in notice.facts["note"]
    assert [c.kind for c in await world.cases()] == ["partner.rejected"]


async def test_a_worse_answer_wins_and_a_better_one_does_not(world: World) -> None:
    await world.submit(order_released())
    await world.upload(isa([set_997(1, "R")], group="FA"))
    await world.upload(isa([set_997(1, "A")], group="FA", control=2))
    assert [sent.state for sent in await world.sent("po/P00042")] == ["rejected"]


async def test_a_business_answer_ends_the_clocks(world: World) -> None:
    await world.submit(order_released())
    await world.upload(isa([set_855()]))
    [sent] = await world.sent("po/P00042")
    assert sent.answered_at
    assert sent.functional_at
    world.later(hours=30)
    assert await world.ledger.read(lambda c: answers.overdue(c, "2027-01-01")) == []


async def test_an_answer_that_does_not_come_is_overdue(world: World) -> None:
    await world.submit(order_released())
    [late] = await world.ledger.read(lambda c: answers.overdue(c, "2027-01-01"))
    assert late.subject == "po/P00042"


async def test_fetching_a_file_is_seen(world: World) -> None:
    await world.submit(order_released())
    [file] = [file async for file in world.mailboxes.files("acme/inbox", "out")]
    await world.mailboxes.collected("acme/inbox", file.id)
    assert [sent.state for sent in await world.sent("po/P00042")] == ["collected"]
    await world.mailboxes.discard("acme/inbox", file.id)
    assert await world.out() == {}


async def test_an_order_that_cannot_be_written_becomes_a_notice(world: World) -> None:
    await world.submit(order_released("P00042-" + "X" * 40))
    assert await world.out() == {}
    [notice] = world.notices()
    assert "was not sent" in notice.facts["note"]
    assert [c.kind for c in await world.cases()] == ["render.failed"]
    await world.submit(order_released("P00043"))
    assert len(await world.out()) == 1  # the next order goes on


async def test_a_transient_failure_delays_its_lane_and_keeps_the_order(world: World) -> None:
    failing = True
    world.odoo.answer = lambda parcel: Transient("busy", 5) if failing and parcel.key == "po/P1" else Done()
    await world.upload(isa([set_855(order="P1", supplier="A")]))
    await world.upload(isa([set_855(order="P1", supplier="B")], control=2))
    await world.upload(isa([set_855(order="P2")], control=3))
    assert [p.key for p in world.events()] == ["po/P1", "po/P2"]  # the second of P1 waits, P2 does not
    failing = False
    world.later(minutes=1)
    await world.settle()
    numbers = [p.event.data.supplier_order_number for p in world.events() if p.key == "po/P1" and p.event]
    assert numbers == ["A", "A", "B"]
    assert {p.id for p in world.events() if p.key == "po/P1"} != set()


async def test_a_destination_that_is_down_delays_only_itself(world: World) -> None:
    down = True
    world.odoo.answer = lambda parcel: Transient("connection refused", 10, "connector") if down else Done()
    for number in range(1, 6):
        await world.upload(isa([set_855(order=f"P{number}")], control=number))
    assert len(world.odoo.parcels) == 1  # one knock at the door, then everybody waits
    assert len(await world.out()) == 5  # intake and acknowledgements go on
    down = False
    world.later(seconds=15)
    await world.settle()
    assert sorted(p.key for p in world.odoo.parcels[1:]) == [f"po/P{n}" for n in range(1, 6)]
    assert all(p.attempt == 1 for p in world.odoo.parcels)  # nothing was counted against the documents


async def test_a_wrong_credential_is_one_case_and_closes_by_itself(world: World) -> None:
    wrong = True
    world.odoo.answer = lambda parcel: Transient("access denied", 5, "connector", "credential") if wrong else Done()
    await world.upload(isa([set_855(order="P1")]))
    await world.upload(isa([set_855(order="P2")], control=2))
    assert [c.kind for c in await world.cases()] == ["connector.credential"]
    world.later(seconds=60)
    await world.settle()
    assert len(world.odoo.parcels) == 1  # not sooner than five minutes
    wrong = False
    world.later(minutes=5)
    await world.settle()
    assert await world.cases() == []
    assert len(world.odoo.parcels) == 3


async def test_a_business_failure_is_parked_and_the_lane_goes_on(world: World) -> None:
    world.odoo.answer = lambda parcel: Business(case()) if parcel.key == "po/P1" else Done()
    await world.upload(isa([set_855(order="P1", supplier="A")]))
    await world.upload(isa([set_855(order="P1", supplier="B")], control=2))
    assert len(world.events()) == 2
    assert [c.kind for c in await world.cases()] == ["ack.order_unknown"] * 2


async def test_an_unknown_outcome_is_probed(world: World) -> None:
    outcomes: list[Outcome] = [Unknown("no answer", 150), Done("already_there")]
    world.odoo.answer = lambda parcel: outcomes.pop(0)
    await world.upload(isa([set_855()]))
    world.later(seconds=100)
    await world.settle()
    assert len(world.odoo.parcels) == 1
    world.later(seconds=60)
    await world.settle()
    first, second = world.odoo.parcels
    assert (first.probe, second.probe) == (False, True)
    assert first.id == second.id


async def test_a_sink_that_raises_is_a_case_and_not_the_end(world: World) -> None:
    def broken(parcel: Parcel) -> Outcome:
        raise KeyError("a defect")

    world.odoo.answer = broken
    await world.upload(isa([set_855()]))
    assert [c.kind for c in await world.cases()] == ["connector.defect"]


async def test_what_a_sink_wants_remembered_is_committed_with_it(world: World) -> None:
    world.odoo.answer = lambda parcel: Done(remember={"hash:7": "abc"}, cases=(case("price.changed"),))
    await world.upload(isa([set_855()]))
    assert await world.flow.recall("odoo-main") == {"hash:7": "abc"}
    assert [c.kind for c in await world.cases()] == ["price.changed"]


async def test_a_fenced_runner_changes_nothing(world: World) -> None:
    ledger = world.ledger

    class Thief(Remembering):
        async def send(self, parcel: Parcel) -> Outcome:
            await ledger.write(lambda c: lanes.claim(c, f"odoo-main:{parcel.key}"))
            return await super().send(parcel)

    thief = Thief()
    world.flow.sinks = {**world.flow.sinks, "odoo-main": thief}
    await world.flow.arrive(Arrival("acme/inbox", "a.edi", isa([set_855()])))
    await world.flow.advance("in:acme")
    await world.flow.advance("odoo-main:po/P00042")
    assert len(thief.parcels) == 1
    assert [name for name, _ in await world.flow.ready() if name.startswith("odoo")] == ["odoo-main:po/P00042"]
    world.flow.sinks = {**world.flow.sinks, "odoo-main": world.odoo}
    await world.settle()
    assert [parcel.id for parcel in world.odoo.parcels] == [thief.parcels[0].id]


async def test_replay_of_a_delivered_file_writes_nothing_new(world: World) -> None:
    await world.upload(isa([set_855()]))
    before = await world.out()
    assert await replay(world.ledger, 1, world.time) == 2
    await world.settle()
    assert len(world.events()) == 1
    assert await world.out() == before
    assert await world.cases() == []


async def test_a_replay_gives_a_parked_delivery_another_try(world: World) -> None:
    world.odoo.answer = lambda parcel: Business(case())
    await world.upload(isa([set_855()]))
    world.odoo.answer = lambda parcel: Done()
    assert await replay(world.ledger, 1, world.time) == 2
    await world.settle()
    assert [parcel.id for parcel in world.events()] == [world.events()[0].id] * 2
    shown = await world.ledger.read(lambda c: show.receipt(c, 1))
    assert shown is not None
    assert next(iter(shown["deliveries"]))["state"] == "done"


async def test_a_receipt_of_the_file_does_not_stop_the_clock(world: World) -> None:
    """CONTRL action 8: the interchange arrived, nothing is said of its content."""
    sent = {"delivery": "d", "event": "e", "partner": "nordwerk", "subject": "po/P7", "syntax": "edifact"}
    sent |= {"type": "ORDERS", "interchange_control": "14", "control": "1", "test": False, "state": "sent"}
    await world.ledger.write(lambda c: answers.add_sent(c, {**sent, "sent_at": at(world.time)}))
    body = "UNH+1+CONTRL:D:3:UN'UCI+14+4012345000009:14+4012345500004:14+{action}'UNT+3+1'"
    head = "UNB+UNOC:3+4012345500004:14+4012345000009:14+261201:1000+{control}'"
    for control, action, state, done in ((1, 8, "sent", False), (2, 7, "accepted", True)):
        text = head.format(control=control) + body.format(action=action) + f"UNZ+1+{control}'"
        await world.upload(text.encode(), mailbox="nordwerk/as2")
        [line] = await world.sent("po/P7")
        assert (line.state, bool(line.functional_at)) == (state, done)


async def test_lanes_of_a_destination_that_is_down_do_not_crowd_out_others(world: World) -> None:
    world.odoo.answer = lambda parcel: Transient("down", 60, "connector")
    await world.upload(isa([set_855(order="P1")]))
    await world.flow.arrive(Arrival("acme/inbox", "b.edi", isa([set_855(order="P2")], control=2)))
    assert [name for name, _ in await world.flow.ready()] == ["in:acme"]


async def test_files_are_named_by_the_template_of_the_channel(world: World) -> None:
    """A document after its order, an acknowledgement after what it answers, words to a person as always."""
    await world.submit(order_released())
    await world.upload(isa([set_855(date="20261345")], control=7), "a.edi")
    sink = world.flow.sinks["acme/inbox"]
    assert isinstance(sink, Remembering)
    made = [outgoing("{doc}_{number}_{control}.edi", parcel) for parcel in sink.parcels]
    assert made == ["850_P00042_000000001.edi", "997_000000007_000000002.edi", "a.edi.rejected.txt"]
