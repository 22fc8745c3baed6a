"""Timing on a noisy machine: contenders take turns within each round, and best and median of the rounds are kept.

Not here: what is timed (benchmarks/steps.py). Rule protected: a ratio is only ever made of timings of the same rounds.
Times are processor time of this process, which on a quiet machine is the time on the clock. Garbage collection runs as
in any program, unless the race is about something else; what was allocated before is frozen, so that the size of the
calling process does not count.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Contender = Callable[[], object]
LEAST = 0.02  # seconds; what is faster is repeated within a round


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one call, in each round."""

    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.rounds)

    @property
    def median(self) -> float:
        return median(self.rounds)


def race(contenders: Mapping[str, Contender], rounds: int = 7, *, collecting: bool = True) -> dict[str, Timing]:
    """So many rounds, in each of which every contender runs once, for LEAST seconds or one call."""
    repeats = {name: max(1, int(LEAST / max(_timed(run, 1), 1e-9))) for name, run in contenders.items()}
    found: dict[str, list[float]] = {name: [] for name in contenders}
    gc.collect()
    gc.freeze()
    if not collecting:
        gc.disable()
    try:
        for _ in range(rounds):
            for name, run in contenders.items():
                found[name].append(_timed(run, repeats[name]))
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    return {name: Timing(tuple(timings)) for name, timings in found.items()}


def _timed(run: Contender, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def machine() -> str:
    """Date, processor, cores and Python; no host name."""
    return (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {processor()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
