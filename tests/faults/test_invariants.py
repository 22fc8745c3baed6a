"""The checker itself: a sound ledger passes, and one that is damaged by hand does not, for each rule."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from gateway.ledger import Ledger, migrate
from tests.faults.invariants import violations
from tests.faults.peer import Diary
from tests.flow.world import isa, order_released, set_855
from tests.transports.as2.company import MAILBOX, company, message, opened, receipt, replying

DOCUMENT = isa([set_855(order="P1")])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Diary]:
    """A message in with its receipt, an order out with its receipt; the ledger's file and the partner's diary."""
    folder, diary = tmp_path_factory.mktemp("sound"), Diary()

    async def trade() -> None:
        ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", exclusive=True)
        migrate.upgrade(ledger)
        async with company(ledger, replying(), {"send": {}}, folder) as we:
            we.world.flow.sinks = {**we.world.flow.sinks, "acme/inbox": we.sink(), MAILBOX: we.sink()}
            headers, body = message(DOCUMENT)
            answer = await we.post(headers, body)
            assert receipt(answer).accepted
            diary.sent["<1@acme>"] = DOCUMENT
            diary.receipts["<1@acme>"].append(answer.content)
            diary.promised.add("<1@acme>")
            await we.world.submit(order_released("P2"))
            while await we.world.flow.ready():
                await we.settle()
            for request in we.partner.requests:
                message_id = dict(request.headers)["message-id"]
                diary.got[message_id].append(request.body)
                diary.documents[message_id] = opened(request)[1]
        ledger.close()

    asyncio.run(trade())
    return folder / "ledger.db", diary


def test_a_sound_ledger(sound: tuple[Path, Diary]) -> None:
    file, diary = sound
    assert len(diary.documents) == 2
    assert violations(f"sqlite:///{file}", diary) == []


COLUMNS = "mailbox, partner, lane, name, sha256, size, facts, state, received_at, due_at"
DAMAGES = {
    "lost: <1@acme> was receipted": "DELETE FROM exchange WHERE direction = 'in'",
    "lost: <1@acme> was accepted": "DELETE FROM receipt",
    "twice: <1@acme> was accepted": f"INSERT INTO receipt ({COLUMNS}) SELECT {COLUMNS} FROM receipt",
    "stranded: receipt 1 is stored": "UPDATE receipt SET state = 'stored'",
    "stranded: delivery": "UPDATE delivery SET state = 'pending' WHERE kind = 'document'",
    "unknown end: receipt 1": "UPDATE receipt SET state = 'quarantined'",
    "unknown end: delivery": "UPDATE delivery SET state = 'parked' WHERE kind = 'document'",
    "unanswered: receipt 1": "DELETE FROM delivery WHERE kind = 'ack'",
    "unknown: <": "UPDATE exchange SET message_id = '<other@us>' WHERE direction = 'out'",
    "unproven: delivery": "UPDATE exchange SET state = 'posted' WHERE direction = 'out'",
    "damaged: the bytes of receipt 1": "UPDATE receipt SET sha256 = 'other'",
}


@pytest.mark.parametrize(("says", "damage"), DAMAGES.items(), ids=DAMAGES)
def test_a_damaged_ledger(sound: tuple[Path, Diary], tmp_path: Path, says: str, damage: str) -> None:
    file, diary = sound
    copy = tmp_path / "ledger.db"
    shutil.copy(file, copy)
    with sqlite3.connect(copy) as ledger:
        ledger.execute(damage)
    assert any(found.startswith(says) for found in violations(f"sqlite:///{copy}", diary))


SEEN: dict[str, Callable[[Diary], object]] = {
    "twice: <1@acme> has 2 different": lambda diary: diary.receipts["<1@acme>"].append(b"x; processed\r\n"),
    "changed: <": lambda diary: next(iter(diary.got.values())).append(b"other bytes"),
    "twice: a document went out": lambda diary: diary.documents.update(two=next(iter(diary.documents.values()))),
    "lost: a.edi was accepted": lambda diary: diary.uploaded.update({"a.edi": b"ISA*"}),
}


@pytest.mark.parametrize(("says", "saw"), SEEN.items(), ids=SEEN)
def test_a_partner_who_saw_something_else(sound: tuple[Path, Diary], says: str, saw: Callable[[Diary], object]) -> None:
    file, diary = sound
    other = deepcopy(diary)
    saw(other)
    assert any(found.startswith(says) for found in violations(f"sqlite:///{file}", other))


def test_what_is_left_over(sound: tuple[Path, Diary], tmp_path: Path) -> None:
    file, diary = sound
    (tmp_path / "half").touch()
    found = violations(f"sqlite:///{file}", diary, tmp_path, "up\nTraceback (most recent call last):\n  ...")
    assert [sentence.partition(":")[0] for sentence in found] == ["left over in staging", "a traceback in the log"]
