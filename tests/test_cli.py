"""What the commands print about an installation with traffic: in words, as JSON, in pipes and in narrow windows."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from gateway import show
from gateway.cli import app
from gateway.ledger import Ledger, migrate
from gateway.ports import Case, Done, Parcel
from gateway.scaffold import init
from tests.flow.world import World, isa, order_released, set_855, set_997


def decide(parcel: Parcel) -> Done:
    """The business system, which finds something to decide on line 675."""
    sentence = "Line 675 (SKU-1): ordered at 12.5 USD, confirmed at 12.75 USD."
    return Done("applied", cases=(Case("price.changed", sentence, "buyer", "po/P00042/675", "12.5", "12.75"),))


async def traffic(folder: Path) -> None:
    """An order out and answered, and every kind of file that is not accepted."""
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
    migrate.upgrade(ledger)
    world = World.make(ledger)
    await world.submit(order_released())
    await world.upload(isa([set_997(1)], control=5, group="FA"), "ack.edi")
    await world.upload(isa([set_855()], control=6), "answer.edi")
    world.odoo.answer = decide
    await world.upload(isa([set_855(supplier="SO-1", date="20261345"), set_855(2, supplier="SO-2")], control=7, sets=2))
    await world.upload(isa([set_855()], control=8, sender="987654321"), "foreign.edi")
    await world.upload(isa([set_855()], control=9, test="T"), "test.edi")
    await world.upload(b"PK\x03\x04 a spreadsheet", "list.xlsx")
    await world.upload(isa([set_855()], control=6), "answer.edi")
    await world.upload(isa([set_855(order="P00099", supplier="SO-3")], control=10, trailer=False), "cut.edi")
    await world.upload(
        isa(["ST*846*0001~\n", "BIA*00*DD*INV-1*20261201~\n", "SE*3*0001~\n"], control=11, group="IB"), "in.edi"
    )
    ledger.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "site"
    init(folder, port=0)
    asyncio.run(traffic(folder))
    return folder


@pytest.fixture(autouse=True)
def _inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # --config is gateway.yaml in the folder one stands in


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def told(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


def number_of(file: str) -> str:
    return str(next(row["receipt"] for row in reversed(told("messages")) if row["file"] == file))


def test_messages_say_what_became_of_each_file() -> None:
    lines = {line.split()[4]: line for line in said("messages").splitlines()[1:]}
    expected = {
        "ack.edi": ("done", "1 accepted"),
        "a.edi": ("done", "1 rejected", "20261345"),
        "foreign.edi": ("quarantined", "01:987654321"),
        "test.edi": ("quarantined", "production"),
        "list.xlsx": ("quarantined",),
        "cut.edi": ("held", "ends in the middle of an interchange"),
        "in.edi": ("846",),
    }
    for file, words in expected.items():
        assert all(word in lines[file] for word in words), (words, lines[file])
    states = [row["state"] for row in told("messages") if row["file"] == "answer.edi"]
    assert states == ["duplicate", "done"]
    assert len(told("messages", "--limit", "2")) == 2
    assert told("messages", "--partner", "nordwerk") == []


def test_one_file_is_shown_with_its_sets_faults_answers_and_cases() -> None:
    text = said("messages", number_of("a.edi"))
    for words in (
        "a.edi from acme/inbox",
        "01:123456789 -> 14:4012345000009: accepted",
        "855 0001",
        "rejected",
        "855 0002, po/P00042: accepted",
        "'20261345' is not a date",
        "ack 997",
        "a.edi.rejected.txt -> acme/inbox: done",
        "-> odoo-main: done",
        "case syntax.rejected (edi)",
    ):
        assert words in text, text
    value = told("messages", number_of("a.edi"))
    assert [row["verdict"] for row in value["messages"]] == ["rejected", "accepted"]
    assert value["messages"][0]["faults"][0]["found"] == "20261345"
    assert {row["kind"] for row in value["deliveries"]} == {"ack", "refusal", "event"}


def test_cases_wait_with_their_owners() -> None:
    text = said("exceptions", "list")
    for words in (
        "price.changed",
        "buyer",
        "po/P00042/675",
        "identity.foreign",
        "environment.mismatch",
        "confirmed at",
    ):
        assert words in text
    by_kind = {row["kind"]: row for row in told("exceptions", "list")}
    assert by_kind["price.changed"]["role"] == "buyer"
    assert (by_kind["price.changed"]["expected"], by_kind["price.changed"]["actual"]) == ("12.5", "12.75")
    assert {"syntax.rejected", "document.unsupported", "identity.foreign"} <= set(by_kind)


def test_an_order_tells_its_story_in_order() -> None:
    text = said("order", "P00042")
    story = (
        "released for acme",
        "placed in mailbox acme/inbox",
        "850 accepted by acme (997: accepted)",
        "855 received from acme (answer.edi): accepted",
        "850 answered by acme",
        "answer written to odoo-main",
        "to decide (buyer): Line 675",
    )
    for words in story:
        assert words in text, text
    assert text.index(story[0]) < text.index(story[1])
    moments = [row["at"] for row in told("order", "P00042")["milestones"]]
    assert moments == sorted(moments)


def test_status_names_what_waits_and_what_was_refused() -> None:
    text = said("status")
    for words in (
        "1 files to translate",
        "nothing waits to be delivered",
        "foreign.edi (quarantined)",
        "wait for a person",
    ):
        assert words in text
    value = told("status")
    assert value["exceptions"] == len(told("exceptions", "list"))
    assert {row["file"] for row in value["refused"]} == {
        "a.edi", "foreign.edi", "test.edi", "list.xlsx", "cut.edi", "in.edi"
    }  # fmt: skip


def test_a_replay_makes_a_new_receipt_from_the_stored_bytes() -> None:
    number = number_of("test.edi")
    assert re.search(rf"receipt {number} is translated again as receipt \d+", said("replay", number))
    newest = told("messages")[0]
    assert (newest["file"], newest["state"]) == ("test.edi", "stored")


def test_output_for_files_has_one_line_a_row_and_no_colour() -> None:
    text = said("messages")
    assert "\x1b" not in text
    assert len(text.splitlines()) == len(told("messages")) + 1
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", [80, 200])
def test_a_window_shows_every_word_at_its_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    rows = told("messages")
    console = Console(width=width, force_terminal=True, highlight=False, record=True)
    with console.capture() as captured:
        console.print(show.receipts_text(rows))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", captured.get())
    assert max(map(len, shown.splitlines())) <= width
    words = " ".join(shown.split())
    for row in rows:
        assert row["file"] in words
        assert " ".join(row["reason"].split()) in words


def test_help_fits_and_names_every_command() -> None:
    text = said("--help")
    for command in ("init", "check", "run", "demo", "status", "messages", "order", "replay", "exceptions"):
        assert command in text
