"""Files with many documents: stored in parts, each part with the acknowledgements that are due in it; one case for what
was refused; each order gets its own document as evidence."""

from __future__ import annotations

from typing import Any

import pytest

import edi
from gateway.flow import Flow
from gateway.ledger import Ledger
from gateway.ledger.queries import receipts
from gateway.ports import Arrival
from tests.flow.world import World, groups, isa, set_855

BAD = "20261345"


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World.make(ledger)


def small_parts(monkeypatch: pytest.MonkeyPatch, sets: int) -> list[int]:
    """So many sets in a transaction; the list fills with the number of acknowledgements of each transaction."""
    monkeypatch.setattr("gateway.intake.SETS_PER_TRANSACTION", sets)
    placed: list[int] = []
    real = Flow._store

    async def counting(self: Flow, lane: str, token: str, partner: Any, batch: Any, acks: Any, work: Any) -> bool:
        placed.append(len(acks.written))
        return await real(self, lane, token, partner, batch, acks, work)

    monkeypatch.setattr(Flow, "_store", counting)
    return placed


async def test_each_part_takes_its_acknowledgements_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = small_parts(monkeypatch, 4)
    receipt = await world.upload(groups(6))
    assert placed == [2, 2, 2, 0]
    out = await world.out()
    assert sorted(data[data.index(b"AK1*") :].split(b"~")[0] for data in out.values()) == [
        b"AK1*PR*%d" % n for n in range(1, 7)
    ]
    assert len({data[90:99] for data in out.values()}) == 6, "a control number was used twice"
    assert len(world.events()) == 12
    row = await world.receipt(receipt)
    assert (row.state, row.reason) == ("done", "12 accepted")


@pytest.mark.parametrize("part", [1, 2, 3])
async def test_a_translation_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """A part fails inside, as if the process had died there: what was stored is not stored, numbered or sent again."""
    small_parts(monkeypatch, 4)
    real, parts = world.ledger.write, 0

    async def failing(work: Any, point: str = "") -> Any:
        nonlocal parts
        parts += point == "tx2"
        if point == "tx2" and parts == part + 1:
            raise KeyboardInterrupt
        return await real(work, point)

    monkeypatch.setattr(world.ledger, "write", failing)
    receipt = await world.flow.arrive(Arrival("acme/inbox", "a.edi", groups(6)))
    with pytest.raises(KeyboardInterrupt):
        await world.settle()
    assert (await world.receipt(receipt)).sets == 4 * part
    await world.settle()
    out = await world.out()
    assert sorted(data[90:99] for data in out.values()) == [b"%09d" % n for n in range(1, 7)]
    assert len(world.events()) == 12
    assert len(await world.sets(receipt)) == 12
    assert (await world.receipt(receipt)).reason == "12 accepted"


async def test_very_many_answers_are_given_again_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.flow.ANSWERS_PER_TRANSACTION", 2)
    await world.upload(groups(5))
    first = await world.out()
    again = await world.upload(groups(5), "again.edi")
    out = await world.out()
    assert len(out) == 10
    assert sorted(out.values()) == sorted([*first.values(), *first.values()])
    row = await world.receipt(again)
    assert row.state == "duplicate"
    assert row.reason.endswith("its answers were sent again")


async def test_large_sets_fill_a_part_by_their_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.intake.BYTES_PER_TRANSACTION", 300)
    placed = small_parts(monkeypatch, 500)
    await world.upload(groups(3))
    assert len(placed) > 2
    assert len(world.events()) == 6


async def test_each_order_gets_its_own_document_as_evidence(world: World) -> None:
    sets = [set_855(n, order=f"P{n}") for n in range(1, 4)]
    await world.upload(isa(sets, sets=3))
    for number, parcel in enumerate(world.events(), 1):
        assert parcel.original is not None
        assert parcel.original_size == len(parcel.original)
        [message] = edi.inspect(parcel.original).interchanges[0].messages
        assert message.control == f"{number:04d}"
        assert f"*P{number}*".encode() in parcel.original
        assert parcel.payload is None


async def test_a_document_too_large_for_evidence_stays_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.outbox.LARGEST_ORIGINAL", 100)
    data = isa([set_855()])
    await world.upload(data)
    [parcel] = world.events()
    assert (parcel.original, parcel.original_size, parcel.original_name) == (None, len(data), "a.edi")


async def test_refused_sets_share_one_case(world: World) -> None:
    sets = [set_855(n, order=f"P{n}", date=BAD if n != 7 else "20261121") for n in range(1, 31)]
    await world.upload(isa(sets, sets=30), "many.edi")
    [case] = await world.cases()
    assert case.kind == "syntax.rejected"
    assert case.sentence.startswith("many.edi: 29 documents were rejected. 855 0001: 855[1]/BAK/BAK09")
    assert case.sentence.endswith("and 9 more")
    words = (await world.out())["many.edi.rejected.txt"].decode()
    assert words.count("Rejected: 855, control number") == 29


async def test_a_text_about_very_many_refused_sets_counts_the_rest(world: World) -> None:
    sets = [set_855(n, order=f"P{n}", date=BAD) for n in range(1, 111)]
    await world.upload(isa(sets, sets=110), "many.edi")
    words = (await world.out())["many.edi.rejected.txt"].decode()
    assert words.count("Rejected: 855, control number") == 100
    assert "Rejected as well: 10 more document(s)." in words


async def test_the_case_of_a_single_refused_set_is_about_its_order(world: World) -> None:
    await world.upload(isa([set_855(1), set_855(2, order="P7", date=BAD)], sets=2))
    [case] = await world.cases()
    assert case.subject == "po/P7"
    assert "documents were rejected" not in case.sentence


async def test_nothing_of_a_file_is_read_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(c: Any, owner: str) -> bytes:
        assert not owner.startswith("r"), "the bytes of a file were read whole"
        return real(c, owner)

    real = receipts.get_bytes
    monkeypatch.setattr(receipts, "get_bytes", refuse)
    monkeypatch.setattr("gateway.outbox.LARGEST_ORIGINAL", 0)
    receipt = await world.upload(groups(2))
    await world.upload(groups(2).replace(b"\n", b""))
    assert (await world.receipt(receipt)).state == "done"
