"""Whatever keeps the daemon from starting, or a command from looking, is one sentence and exit code 1."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.scaffold import init

GATEWAY = [sys.executable, "-m", "gateway.cli"]


@dataclass
class Instance:
    """An empty instance and its commands, each a process of its own."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def edit(self, old: str, new: str) -> None:
        path = self.folder / "gateway.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def command(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code, and what was printed on both outputs."""
        done = subprocess.run(
            [*GATEWAY, *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
        )
        return done.returncode, done.stdout

    def refused(self, *arguments: str, **environment: str) -> str:
        """The one sentence of a command that fails."""
        code, said = self.command(*arguments, **environment)
        assert code == 1, said
        assert "Traceback" not in said
        assert "gateway is up" not in said
        lines = said.strip().splitlines()
        assert len(lines) == 1, said
        return lines[0]

    def run_once(self) -> None:
        """Start the daemon, wait until it is up, stop it."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        daemon = subprocess.Popen(
            [*GATEWAY, "run", "--ready-file", str(ready)],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            for _ in range(200):
                if ready.exists():
                    break
                time.sleep(0.05)
            assert json.loads(ready.read_text(encoding="utf-8"))["pid"] == daemon.pid
            daemon.send_signal(signal.SIGTERM)
            _, said = daemon.communicate(timeout=20)
            assert daemon.returncode == 0, said
        finally:
            daemon.kill()
            daemon.wait()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    init(tmp_path / "site", port=0)
    return Instance(tmp_path / "site")


def test_a_port_that_is_taken(instance: Instance) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        instance.edit("port: 0", f"port: {port}")
        said = instance.refused("run")
    assert f"listeners.sftp: 127.0.0.1:{port} cannot be opened" in said
    assert "address already in use" in said


def test_a_ledger_of_a_newer_release_is_left_alone(instance: Instance) -> None:
    instance.run_once()
    with sqlite3.connect(instance.ledger) as ledger:
        ledger.execute("update alembic_version set version_num = '9999'")
    for arguments in (["run"], ["status"], ["messages"], ["exceptions", "list"], ["order", "P1"], ["replay", "1"]):
        assert "9999" in instance.refused(*arguments)


def test_a_ledger_that_is_no_database(instance: Instance) -> None:
    instance.ledger.write_bytes(b"this is no database, however long one looks at it" * 100)
    for command in ("run", "status"):
        said = instance.refused(command)
        assert "cannot be used" in said
        assert "not a database" in said


def test_a_database_server_that_is_not_there(instance: Instance) -> None:
    url = "postgresql+psycopg://user:hush@127.0.0.1:9/ledger"
    said = instance.refused("run", GATEWAY_DATABASE=url)
    assert "cannot be used" in said
    assert "hush" not in said


def test_a_ledger_nobody_has_made_yet(instance: Instance) -> None:
    said = instance.refused("status")
    assert "there is no ledger yet" in said
    assert "the daemon makes it" in said


@pytest.mark.parametrize("key", ["missing", "broken"])
def test_a_host_key_that_cannot_be_used_stops_check_and_run_alike(instance: Instance, key: str) -> None:
    path = instance.folder / "keys" / "host_ed25519"
    path.unlink()
    if key == "broken":
        path.write_text("not a key\n", encoding="utf-8")
    said = instance.refused("check")
    assert said == instance.refused("run")
    assert said.startswith("listeners.sftp: ")
    assert ("cannot be read" if key == "missing" else "not an unencrypted private key") in said


def test_a_folder_without_a_configuration(instance: Instance) -> None:
    (instance.folder / "gateway.yaml").unlink()
    for command in ("check", "run", "status"):
        said = instance.refused(command)
        assert "gateway.yaml: there is no such file" in said
        assert "gateway init" in said


def test_the_partners_folder_has_to_be_there(instance: Instance) -> None:
    shutil.rmtree(instance.folder / "partners")
    said = instance.refused("check")
    assert "gateway.yaml:8: partners: there is no folder" in said


def test_an_empty_instance_says_that_all_is_quiet(instance: Instance) -> None:
    instance.run_once()
    assert "nothing waits to be delivered" in instance.command("status")[1]
    assert "nothing has arrived yet" in instance.command("messages")[1]
    assert "nothing waits for a person" in instance.command("exceptions", "list")[1]
    assert instance.refused("messages", "7") == "there is no receipt 7"
    assert instance.refused("replay", "7") == "there is no receipt 7"
    assert instance.refused("order", "P00001") == "nothing is known of order P00001"
    code, said = instance.command("messages", "--json")
    assert (code, json.loads(said)) == (0, [])


def test_wrong_usage_is_exit_code_2(instance: Instance) -> None:
    assert instance.command("messages", "first")[0] == 2
    assert instance.command("deliver")[0] == 2
    assert instance.command("init", "new", "--port", "70000")[0] == 2
