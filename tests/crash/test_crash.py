"""kill -9 before and after each commit point, restart: nothing lost, nothing written twice (faults.md
01-03, 54 and invariants 1-7)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POINTS = [
    ("submit", 1),
    ("tx1", 1),
    ("tx1", 2),
    ("claim", 1),
    ("tx2.count", 1),
    ("tx2", 1),
    ("tx2", 2),
    ("tx2.out", 1),
    ("tx3", 1),
    ("tx3", 3),
]


def child(folder: Path, *doom: str, files: str = "few") -> int:
    command = [sys.executable, "-m", "tests.crash.child", str(folder), files, *doom]
    return subprocess.run(
        command, cwd=ROOT, check=False, timeout=60, stderr=subprocess.DEVNULL if doom else None
    ).returncode


def result(folder: Path) -> tuple[list[str], dict[str, bytes]]:
    books = [line.rpartition(" ")[0] for line in (folder / "books").read_text().splitlines()]
    lines = (line.split(" ") for line in (folder / "out").read_text().splitlines())
    return books, {name: bytes.fromhex(data) for name, data in lines}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("point", "number"), POINTS)
def test_killed_at_a_commit_point(point: str, number: int, when: str, tmp_path: Path) -> None:
    assert child(tmp_path, point, when, str(number)) == -signal.SIGKILL, f"{point} was never reached {number} times"
    assert child(tmp_path) == 0
    books, out = result(tmp_path)
    assert sorted(books) == ["event po/P1", "event po/P2"]
    acks = [data for name, data in out.items() if name.startswith("997_")]
    assert len(set(acks)) == 2
    assert sum(b"AK9*A*1*1*1" in ack for ack in set(acks)) == 1
    assert sum(b"AK9*P*2*2*1" in ack for ack in set(acks)) == 1
    orders = [data for name, data in out.items() if name.startswith("850_")]
    assert len(orders) == 1
    numbers = [ack[90:99] for ack in {*acks, *orders}]
    assert len(set(numbers)) == 3, "a control number was used twice"
    assert {name for name in out if name.endswith(".rejected.txt")} == {"mixed.edi.rejected.txt"}


def test_without_a_kill_the_same_comes_out(tmp_path: Path) -> None:
    assert child(tmp_path) == 0
    books, out = result(tmp_path)
    assert sorted(books) == ["event po/P1", "event po/P2"]
    assert len(out) == 4


@pytest.mark.parametrize(("when", "number"), [("after", 1), ("before", 3), ("after", 3)])
def test_killed_within_a_file_of_several_transactions(when: str, number: int, tmp_path: Path) -> None:
    assert child(tmp_path, "tx2", when, str(number), files="many") == -signal.SIGKILL
    assert child(tmp_path, files="many") == 0
    books, out = result(tmp_path)
    assert sorted(books) == sorted(f"event po/P{n}{letter}" for n in (1, 2, 3) for letter in "AB")
    acks = [data for name, data in out.items() if name.startswith("997_")]
    assert sorted(data[data.index(b"AK1*") :].split(b"~")[0] for data in acks) == [b"AK1*PR*%d" % n for n in (1, 2, 3)]
    numbers = {data[90:99] for name, data in out.items() if name.endswith(".edi")}
    assert len(numbers) == 4, "a control number was used twice"
