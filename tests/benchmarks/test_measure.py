"""The steps that are timed do their work, and the instruments measure."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks import memory, peers, steps
from benchmarks.generator import Plan
from benchmarks.goals import SCHEMA, one_message, written
from benchmarks.measure import machine, race


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_race_tells_slow_from_fast() -> None:
    found = race({"fast": lambda: burn(0.002), "slow": lambda: burn(0.02)}, rounds=3)
    assert 5 < found["slow"].best / found["fast"].best < 15
    assert len(found["slow"].rounds) == 3
    assert found["slow"].best <= found["slow"].median


def test_the_machine_is_described_without_its_name() -> None:
    import socket

    assert "cores, CPython 3." in machine()
    assert socket.gethostname() not in machine()


@pytest.mark.parametrize(
    "plan", [Plan("850", documents=3), Plan("ORDERS", "D.01B", documents=3)], ids=["x12", "edifact"]
)
def test_every_step_and_peer_does_its_work(plan: Plan) -> None:
    work = steps.prepared(plan)
    every = steps.steps(work)
    assert next(iter(every)) == steps.SPLIT
    segments = steps.tokenise(work.data)
    assert every[steps.TOKENISE]() == segments
    assert every[steps.CHECK]() == every[steps.TRANSLATE]() == every[steps.READ_BACK]() == 3
    assert every[steps.WRITE]() == work.data
    assert steps.second_reader(plan)[steps.SECOND_READER]() == "crosschecked"
    assert peers.mock_validate(work.text) == 3
    assert peers.mock_parse(work.text) == 1
    if plan.syntax == "x12":
        assert peers.pyx12(work.text) > 3 * segments
    else:
        assert peers.pydifact(work.text) == segments + 3  # UNA, UNB and UNZ


@pytest.mark.parametrize(("work", "counted"), [("tokenise", None), ("check", 3), ("translate", 3)])
def test_memory_is_that_of_the_work(tmp_path: Path, work: str, counted: int | None) -> None:
    found = memory.measure(written(tmp_path, Plan("850", documents=3)), work, SCHEMA)
    assert found.counted == (counted or found.counted)
    assert 10_000_000 < found.before <= found.peak < 200_000_000


def test_a_large_message_is_seen_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "one.edi"
    path.write_bytes(one_message(2_000_000, Plan("850")))
    assert path.stat().st_size == pytest.approx(2_000_000, rel=0.1)
    found = memory.measure(path, "check", SCHEMA)
    assert found.peak - found.before > 2_000_000
