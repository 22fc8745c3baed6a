"""The real daemon as a process, with one partner that speaks AS2 and SFTP and no business system, killed and started
again by the tests; the ledger is read from beside it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from gateway.ledger import Ledger
from gateway.scaffold import init, write_secret
from gateway.transports.sftp import generate_key
from tests.faults.peer import Peer
from tests.transports.as2.company import THEM, US, pem
from tests.wires.conftest import free_port

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
CHANNELS = """channels:
- name: as2
  kind: as2
  us: {{id: "{us}", keys: [{{certificate: file:keys/us.pem, key: file:keys/us.key}}]}}
  partner: {{id: "{them}", certificates: [{{certificate: file:keys/them.pem}}]}}
  send: {{url: "{url}"{more}}}
  receipt_url: "http://127.0.0.1:{port}/as2"
"""


@dataclass
class Installation:
    """An instance and its daemon."""

    folder: Path
    peer: Peer
    sftp_port: int = field(default_factory=free_port)
    as2_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.as2_port}/as2"

    @property
    def ledger(self) -> str:
        return f"sqlite:///{self.folder / 'ledger.db'}"

    @property
    def log(self) -> str:
        return (self.folder / "daemon.log").read_text(encoding="utf-8")

    def make(self, more: str = "") -> None:
        """`more` are further keys of the channel's `send`."""
        init(self.folder, port=self.sftp_port, as2_port=self.as2_port)
        shutil.copytree(ROOT / "partners" / "acme", self.folder / "partners" / "acme")
        file = self.folder / "partners" / "acme" / "partner.yaml"
        text = file.read_text(encoding="utf-8").replace("channel: inbox", "channel: as2")
        channels = CHANNELS.format(us=US, them=THEM, url=self.peer.url, port=self.as2_port, more=more)
        text = re.sub(r"odoo:\n(  .*\n)+", "", text.replace("channels:\n", channels))
        file.write_text(text, encoding="utf-8")
        keys = self.folder / "keys"
        for name, value in (("us.pem", pem(US)["certificate"]), ("us.key", pem(US)["key"])):
            (keys / name).write_text(value, encoding="utf-8")
        (keys / "them.pem").write_text(pem(THEM)["certificate"], encoding="utf-8")
        private, public = generate_key("acme")
        write_secret(keys / "acme_client", private)
        (keys / "acme.pub").write_text(public, encoding="utf-8")

    def start(self, *doom: str, environment: dict[str, str] | None = None) -> None:
        """Start the daemon and wait until it is up; with `doom` it will kill itself (launcher.py)."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        program = ["-m", "tests.faults.launcher", *doom] if doom else ["-m", "gateway.cli"]
        command = [sys.executable, *program, "run", "--config", str(self.folder / "gateway.yaml")]
        with (self.folder / "daemon.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--ready-file", str(ready)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )
        self.wait("the daemon", lambda: ready.exists() and json.loads(ready.read_text(encoding="utf-8")))

    def died(self) -> None:
        """Wait for the end it was doomed to."""
        assert self.process is not None
        assert self.process.wait(timeout=PATIENCE) == -signal.SIGKILL, self.log[-2000:]

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def look(self, query: str) -> list[Any]:
        with closing(Ledger(self.ledger)) as ledger:
            return list(ledger.look(lambda c: c.execute(sa.text(query)).all()))

    def settled(self) -> None:
        """Wait until nothing is under way any more."""
        waiting = (
            "SELECT id FROM receipt WHERE state IN ('stored', 'held') UNION ALL SELECT id FROM delivery "
            "WHERE state = 'pending' UNION ALL SELECT id FROM event WHERE state = 'stored'"
        )
        self.wait("the end of all work", lambda: not self.look(waiting))

    def wait(self, what: str, done: Callable[[], T]) -> T:
        end = time.monotonic() + PATIENCE
        while not (result := done()):
            ended = self.process is not None and self.process.poll() is not None
            assert not ended, f"{what} did not come, the daemon has ended: {self.log[-2000:]}"
            assert time.monotonic() < end, f"{what} did not come: {self.log[-2000:]}"
            time.sleep(0.05)
        return result


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as opened:
        yield opened


@pytest.fixture
def installation(tmp_path: Path, peer: Peer) -> Iterator[Installation]:
    made = Installation(tmp_path / "site", peer)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()
