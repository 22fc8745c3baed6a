"""kill -9 at each step of reading from and writing to OpenSSH's server, restart: each file is processed once and sent
once (faults 38, 41, 42)."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from openssh import Sshd

from tests.flow.world import ROOT, isa, set_855

STEPS = [
    ("fetch", 1, "after"),
    ("tx1", 1, "before"),
    ("tx1", 1, "after"),
    ("rename", 2, "before"),  # into the archive; the first is that of the order
    ("rename", 2, "after"),
    ("put", 1, "after"),
    ("rename", 1, "before"),
    ("rename", 1, "after"),
    ("tx3", 1, "before"),
]


async def child(folder: Path, sshd: Sshd, *doom: str) -> int:
    (folder / "key").write_text(sshd.keys.partner[0], encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.sftp_child", str(folder)),
        json.dumps(sshd.settings().model_dump(mode="json")),
        *doom,
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL if doom else None,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(60):
        return await process.wait()


@pytest.mark.parametrize(("step", "number", "when"), STEPS)
async def test_killed_at_a_step(sshd: Sshd, tmp_path: Path, step: str, number: int, when: str) -> None:
    for file in (1, 2):
        sshd.put(f"{file}.edi", isa([set_855(order=f"P{file}")], control=file), at=1_700_000_000 + file)
    async with sshd.running():
        assert await child(tmp_path, sshd, step, when, str(number)) == -signal.SIGKILL, "the step was never reached"
        assert await child(tmp_path, sshd) == 0
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        received = ledger.execute("SELECT name, duplicate_of FROM receipt ORDER BY id").fetchall()
    ledger.close()
    assert received == [("1.edi", None), ("2.edi", None)]
    assert sshd.names("out") == []
    assert sshd.names("out/archive") == ["1.edi", "2.edi"]
    [order] = [name for name in sshd.names("in") if not name.startswith("997_")]  # a started daemon answers what it has
    assert order == "850_P1_000000001.edi"
    assert (sshd.root / "in" / order).read_bytes().count(b"ST*850*") == 1


async def test_without_a_kill_the_same_comes_out(sshd: Sshd, tmp_path: Path) -> None:
    sshd.put("1.edi", isa([set_855(order="P1")], control=1))
    async with sshd.running():
        assert await child(tmp_path, sshd) == 0
    assert sshd.names("out/archive") == ["1.edi"]
    assert len(sshd.names("in")) == 1
