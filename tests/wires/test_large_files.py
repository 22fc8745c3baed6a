"""A large file through the real daemon, over AS2 and over SFTP: received, answered, translated, acknowledged; and what
the process had in memory of it at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import Ledger
from gateway.ledger.queries import views
from tests.flow.world import isa, set_855
from tests.transports.as2.company import message, receipt
from tests.wires.test_as2 import PARTNER, As2Site

GROWTH = 45_000_000  # bytes; a copy of the smallest file does not fit in
LIMIT = 200_000_000  # bytes, for a file of any size


def wordy(number: int, orders: str = "A") -> str:
    """An 855 with a quarter of a megabyte of words."""
    before, after = set_855(number, order=f"{orders}{number:06d}").split("PO1*", 1)
    words = "".join(f"MSG*{f'note {line} of many ' * 16:.260}~\n" for line in range(900))
    body, _ = f"{before}N9*IV*77~\n{words}PO1*{after}".rsplit("SE*", 1)
    return f"{body}SE*{body.count('~') + 1}*{number:04d}~\n"


def large(sets: int, control: int, orders: str) -> bytes:
    return isa([wordy(number, orders) for number in range(1, sets + 1)], control=control, sets=sets)


class Memory:
    """What a process has in memory, by the kernel's count."""

    def __init__(self, process: int) -> None:
        self._folder = Path("/proc") / str(process)

    def now(self) -> int:
        return self._field("VmRSS:")

    def peak(self) -> int:
        """Since `forget`."""
        return self._field("VmHWM:")

    def forget(self) -> None:
        (self._folder / "clear_refs").write_text("5")

    def _field(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def settled(site: As2Site, file: str) -> Any:
    """The receipt of a file once it is translated."""
    ledger = Ledger(f"sqlite:///{site.folder / 'ledger.db'}")
    try:
        rows = ledger.look(lambda c: views.receipts(c, 10, ""))
    finally:
        ledger.close()
    return next((row for row in rows if row.name == file and row.state != "stored"), None)


@pytest.fixture
def as2(site: Any) -> As2Site:
    site.__class__ = As2Site
    assert isinstance(site, As2Site)
    site.edit(str(PARTNER), "quota: {files: 1000, bytes: 100MB}", "quota: {files: 10, bytes: 1GB}\n  max_file: 500MB")
    return site


@pytest.mark.parametrize("megabytes", [60, pytest.param(200, marks=pytest.mark.faults)])
def test_over_as2_and_over_sftp(as2: As2Site, megabytes: int) -> None:
    sets = megabytes * 1_000_000 // len(wordy(1))
    as2.with_as2("http://127.0.0.1:9/as2")
    as2.start_daemon()
    assert receipt(as2.send_as2(*message(isa([set_855()], control=1), "<small@acme>"))).accepted
    as2.put("small.edi", isa([set_855(order="P7")], control=2))
    as2.wait("the small files", lambda: settled(as2, "855.edi") and settled(as2, "small.edi"))
    memory = Memory(as2.daemon.pid)
    memory.forget()
    most = min(memory.now() + GROWTH, LIMIT)

    headers, body = message(large(sets, 3, "A"), "<large@acme>", name="as2.edi")
    assert receipt(as2.send_as2(headers, body)).accepted
    del body
    assert memory.peak() < most, "receiving over AS2"
    row = as2.wait("the file of AS2", lambda: settled(as2, "as2.edi"))
    assert (row.state, row.reason) == ("done", f"{sets} accepted")
    assert memory.peak() < most, "translating what came over AS2"

    as2.put("sftp.edi", large(sets, 4, "B"))
    assert memory.peak() < most, "receiving over SFTP"
    row = as2.wait("the file of SFTP", lambda: settled(as2, "sftp.edi"))
    assert (row.state, row.reason) == ("done", f"{sets} accepted")
    assert memory.peak() < most, "translating what came over SFTP"
