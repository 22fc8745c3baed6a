"""Answers by agreement: control numbers used before, and what applications say of content (824, APERAK)."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from gateway.ledger import Ledger
from gateway.ports import Arrival
from tests.edi.interchanges import edifact, ordrsp
from tests.flow.world import World, isa, order_released, set_855


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World.make(ledger)


def change(world: World, name: str, *, file: dict[str, Any] | None = None, **agreed: Any) -> None:
    """Other values in a partner.yaml: keys of the file, and of the agreements about what they send."""
    partners = dict(world.flow.book.partners)
    partner = partners[name]
    agreements = tuple(
        dataclasses.replace(a, **agreed) if a.direction == "in" else a for a in partner.profile.agreements
    )
    partners[name] = dataclasses.replace(
        partner,
        file=partner.file.model_copy(update=file or {}),
        profile=dataclasses.replace(partner.profile, agreements=agreements),
    )
    world.flow.book = type(world.flow.book)(partners)


def starting(files: dict[str, bytes], *kinds: str) -> list[bytes]:
    return [data for name, data in sorted(files.items()) if name.startswith(kinds)]


async def test_a_control_number_used_again_is_refused_with_a_ta1(world: World) -> None:
    await world.upload(isa([set_855(order="P1")]), "first.edi")
    again = await world.upload(isa([set_855(order="P2")]), "second.edi")
    [ta1] = starting(await world.out(), "TA1_")
    assert b"TA1*000000001*261201*1000*R*025~" in ta1
    assert len(starting(await world.out(), "997_")) == 1
    assert (await world.receipt(again)).state == "quarantined"
    assert [case.kind for case in await world.cases()] == ["interchange.duplicate"]
    assert [parcel.key for parcel in world.events()] == ["po/P1"]


async def test_a_reference_used_again_is_refused_with_a_contrl(world: World) -> None:
    await world.upload(edifact(ordrsp()), "first.edi", "nordwerk/as2")
    await world.upload(edifact(ordrsp(quantity="7")), "second.edi", "nordwerk/as2")
    first, second = starting(await world.out("nordwerk/as2"), "CONTRL_")
    assert b"UCI+7+4012345500004:14+4012345000009:14+7'" in first
    assert b"UCI+7+4012345500004:14+4012345000009:14+4+26+UNB+6'" in second
    assert len(world.events()) == 1


async def test_a_partner_may_want_no_word_of_duplicates(world: World) -> None:
    change(world, "acme", file={"duplicates": "silent"})
    await world.upload(isa([set_855(order="P1")]), "first.edi")
    await world.upload(isa([set_855(order="P2")]), "second.edi")
    await world.upload(isa([set_855(order="P1")]).replace(b"\n", b""), "third.edi")
    assert len(starting(await world.out(), "997_", "TA1_")) == 1
    assert [case.kind for case in await world.cases()] == ["interchange.duplicate"]  # a person is told all the same


async def test_a_partner_may_want_every_duplicate_refused(world: World) -> None:
    change(world, "acme", file={"duplicates": "reject"})
    await world.upload(isa([set_855()]), "first.edi")
    again = await world.upload(isa([set_855()]).replace(b"\n", b""), "second.edi")
    assert [b"*R*025~" in data for data in starting(await world.out(), "TA1_")] == [True]
    assert len(starting(await world.out(), "997_")) == 1
    assert (await world.receipt(again)).state == "duplicate"
    assert len(world.events()) == 1


async def test_the_second_of_two_in_one_file_is_refused_and_the_first_processed(world: World) -> None:
    both = isa([set_855(order="P1")]) + isa([set_855(order="P2")])
    await world.upload(both)
    assert [parcel.key for parcel in world.events()] == ["po/P1"]
    assert [b"*R*025~" in data for data in starting(await world.out(), "TA1_")] == [True]
    assert len(starting(await world.out(), "997_")) == 1


async def test_doubts_about_content_are_told_by_agreement(world: World) -> None:
    odd = set_855(lines=["PO1*675*100*EA*12.5**BP*SKU-1*VN*AC-9", "ACK*AR*100*EA*067*20261215"])
    await world.upload(isa([odd]), "a.edi")
    assert starting(await world.out(), "824_") == []
    change(world, "acme", application="824")
    await world.upload(isa([odd.replace("SO-7781", "SO-7782")], control=2), "b.edi")
    [advice] = starting(await world.out(), "824_")
    assert b"OTI*T" in advice
    assert b"*PO*P00042*****2*0001*855*004010~" in advice
    assert b"TED*848*code 'AR' has no meaning for us" in advice
    assert len(starting(await world.out(), "997_")) == 2


def advice_824(group: int, outcome: str = "TR", reference: str = "P00042") -> bytes:
    body = (
        "ST*824*0001~\nBGN*11*A1*20261201~\n"
        f"OTI*{outcome}*PO*{reference}*****{group}*0001*850~\n"
        "TED*848*item is not ours*PO1*5*7*234*SKU-1~\nSE*5*0001~\n"
    )
    return isa([body], group="AG", control=3)


async def test_an_824_refuses_an_order_that_was_accepted_before(world: World) -> None:
    await world.submit(order_released())
    await world.upload(advice_824(1))
    [sent] = await world.sent("po/P00042")
    assert sent.state == "rejected"
    [notice] = world.notices()
    assert "item is not ours" in notice.facts["note"]
    assert [case.kind for case in await world.cases()] == ["partner.rejected"]
    assert starting(await world.out(), "997_", "824_") == []


async def test_an_824_is_matched_by_the_order_when_its_numbers_are_not_ours(world: World) -> None:
    await world.submit(order_released())
    await world.upload(advice_824(77, "TA"))
    [sent] = await world.sent("po/P00042")
    assert sent.state == "accepted"
    assert await world.cases() == []


async def test_an_824_about_nothing_of_ours_needs_a_person(world: World) -> None:
    await world.upload(advice_824(1, reference="P9"))
    [case] = await world.cases()
    assert case.kind == "ack.unmatched"
    assert "document P9" in case.sentence


@pytest.mark.parametrize("about", ["RFF+ACW:99'RFF+ON:P7", "RFF+ACW:P7"], ids=["numbers", "only one"])
async def test_an_aperak_refuses_an_order(world: World, about: str) -> None:
    parties = {"buyer": {"ids": [{"scheme": "gln", "value": "4012345000009"}]}}
    parties |= {"supplier": {"ids": [{"scheme": "gln", "value": "4012345500004"}]}}
    await world.submit(order_released("P7", currency="EUR", **parties), "nordwerk")
    body = f"BGM+305+A1++RE'DTM+137:20261201:102'{about}'ERC+12'FTX+AAO+++price is not agreed'RFF+LI:675'"
    aperak = f"UNH+1+APERAK:D:01B:UN'{body}UNT+{body.count(chr(39)) + 2}+1'"
    await world.upload(edifact(aperak), mailbox="nordwerk/as2")
    [sent] = await world.sent("po/P7")
    assert sent.state == "rejected"
    assert "line 675: price is not agreed (12)" in world.notices()[0].facts["note"]


async def test_many_partners_at_once_are_asked_for_their_numbers(world: World) -> None:
    """Each file waits for the ledger in the thread that reads it; there are fewer threads than files."""
    files = [
        Arrival("acme/inbox", f"{number}.edi", isa([set_855(order=f"P{number}")], control=number))
        for number in range(1, 60)
    ]
    for number, arrival in enumerate(files):
        await world.flow.arrive(dataclasses.replace(arrival, mailbox=f"acme-{number}/inbox"))
    acme = world.flow.book.partners["acme"]
    world.flow.book = type(world.flow.book)({f"acme-{n}": dataclasses.replace(acme, id=f"acme-{n}") for n in range(59)})
    lanes = [lane for lane, _ in await world.flow.ready()]
    assert len(lanes) == 59
    async with asyncio.timeout(60):
        await asyncio.gather(*(world.flow.advance(lane) for lane in lanes))
    assert await world.cases() == []
