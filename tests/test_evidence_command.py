"""`gateway evidence`: a bundle leaves the ledger of an instance and is judged where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import app
from gateway.ledger import Ledger, migrate
from gateway.scaffold import init
from tests.transports.as2.company import company, replying
from tests.transports.as2.test_evidence import sends


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """An instance with one message sent and receipted."""
    folder = tmp_path / "instance"
    init(folder, port=0)

    async def trade(ledger: Ledger) -> None:
        async with company(ledger, replying(), {"send": {}}, tmp_path) as we:
            await we.sink().send(sends())

    with closing(Ledger(f"sqlite:///{folder / 'ledger.db'}")) as ledger:
        migrate.upgrade(ledger)
        asyncio.run(trade(ledger))
    return folder / "gateway.yaml"


def test_list_export_verify(instance: Path, tmp_path: Path) -> None:
    listed = CliRunner().invoke(app, ["evidence", "list", "--json", "--config", str(instance)])
    (row,) = json.loads(listed.output)
    assert (row["direction"], row["state"]) == ("out", "done")
    target = tmp_path / "a.zip"
    export = ["evidence", "export", row["message_id"], "--to", str(target), "--config", str(instance)]
    done = CliRunner().invoke(app, export)
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(app, export)
    assert again.exit_code == 1
    assert "File exists" in again.output
    with zipfile.ZipFile(target) as made:
        assert {"README.txt", "manifest.json", "chain.txt"} <= set(made.namelist())
    (empty := tmp_path / "empty").mkdir()
    command = [sys.executable, "-m", "gateway.cli", "evidence", "verify", str(target)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(empty)}
    alone = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "everything holds" in alone.stdout
    assert list(empty.iterdir()) == []


def test_verify_says_what_is_wrong(instance: Path, tmp_path: Path) -> None:
    target, changed = tmp_path / "a.zip", tmp_path / "b.zip"
    CliRunner().invoke(app, ["evidence", "export", "1", "--to", str(target), "--config", str(instance)])
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b"ST*855", b"ST*856") if name == "entity.bin" else data)
    done = CliRunner().invoke(app, ["evidence", "verify", str(changed)])
    assert done.exit_code == 1
    assert "entity.bin: it was changed" in done.output
    told = CliRunner().invoke(app, ["evidence", "verify", str(changed), "--json"])
    assert json.loads(told.output)["good"] is False
    elsewhere = CliRunner().invoke(app, ["evidence", "verify", str(target), "--head", f"2:{'0' * 64}"])
    assert elsewhere.exit_code == 1
    assert "chain.txt: link 2 has the digest" in elsewhere.output


def test_what_is_not_there(instance: Path, tmp_path: Path) -> None:
    for arguments, says in (
        (["export", "<nobody@us>", "--config", str(instance)], "there is no AS2 message <nobody@us>"),
        (["verify", str(tmp_path / "none.zip")], "No such file"),
        (["verify", str(instance)], "it is no zip"),
        (["verify", str(instance), "--head", "x"], "no place in the chain"),
    ):
        done = CliRunner().invoke(app, ["evidence", *arguments])
        assert done.exit_code == 1
        assert says in done.output


CHANGES = [
    ("UPDATE link SET record = replace(record, 'Our Company', 'Somebody') WHERE number = 1", "its record was changed"),
    ("UPDATE link SET digest = upper(digest) WHERE number = 2", "link 2: its digest does not follow from link 1"),
    ("DELETE FROM link WHERE number = 1", "link 1 is missing; the next one is 2"),
]


@pytest.mark.parametrize(("change", "says"), CHANGES, ids=[says for _, says in CHANGES])
def test_the_whole_chain(change: str, says: str, instance: Path) -> None:
    def walk(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["evidence", "chain", *arguments, "--config", str(instance)])

    assert "the chain ends with 0:" in walk().output
    target = str(instance.with_name("a.zip"))
    CliRunner().invoke(app, ["evidence", "export", "1", "--to", target, "--config", str(instance)])
    good = walk()
    assert good.exit_code == 0, good.output
    head = json.loads(walk("--json").output)["head"]
    assert head.startswith("2:")
    assert walk("--head", head).exit_code == 0
    assert "is not the one the log had" in walk("--head", f"2:{'0' * 64}").output
    with closing(Ledger(f"sqlite:///{instance.with_name('ledger.db')}")) as ledger:
        asyncio.run(ledger.write(lambda c: c.exec_driver_sql(change)))
    broken = walk()
    assert broken.exit_code == 1
    assert says in broken.output
