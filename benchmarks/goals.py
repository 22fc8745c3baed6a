"""What must be reached, as ratios within one run and as limits, and how each is measured.

GOALS is the whole table. HELD are the goals that are reached and that CI holds (tests/benchmarks/test_goals.py): a goal
enters it when it is met, and never leaves it. KEPT is how far we are with what has no goal, or one that is not met; CI
holds that as well. Not here: the report (benchmarks/bench.py). Rule protected: a goal that is not met is shown as not
met; it is never made easier, nor is what is kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import as2, memory
from benchmarks.damage import faulty
from benchmarks.generator import Plan, chunks, generate, identity
from benchmarks.measure import race
from benchmarks.steps import (
    CHECK,
    READ_BACK,
    SPLIT,
    TOKENISE,
    TRANSLATE,
    WRITE,
    check,
    prepared,
    steps,
)
from edi.check import compile_check
from edi.schema import load_schema

ROUNDS = 9
X12 = Plan("850", documents=100)
MANY = Plan("850", documents=4_000)  # where `str.split` itself is slower than on little text
EDIFACT = Plan("ORDERS", "D.01B", documents=100)
LARGE = Plan("810")  # may have 200,000 lines; 16 MB of other documents are more than their schemas or the limits allow
SCHEMA = "x12/004010/850"


@dataclass(frozen=True, slots=True)
class Goal:
    """`measure` gives the figure that must be at most `limit`; lower is better."""

    what: str
    limit: float
    unit: str
    measure: Callable[[], float]


def times_split(plan: Plan, step: str) -> float:
    """The best round of a step by the best round of `str.split` on the same text."""
    every = steps(prepared(plan))
    found = race({SPLIT: every[SPLIT], step: every[step]}, ROUNDS)
    return found[step].best / found[SPLIT].best


def peak(work: str, size: int) -> float:
    """The most memory while an interchange of `size` bytes is read, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), Plan("850", size=size))
        return memory.measure(path, work, SCHEMA).peak / 1e6


def times_input(size: int) -> float:
    """The memory that reading one message of so many bytes takes, by its size; one that its schema allows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.edi")
        path.write_bytes(one_message(size, LARGE))
        found = memory.measure(path, "check", identity(LARGE))
    assert found.counted == 1
    return (found.peak - found.before) / found.size


def flat(few: int, many: int) -> float:
    """The cost of a document in a large interchange by its cost in a smaller one; tokenise and check."""
    checker = compile_check(load_schema(SCHEMA))
    with tempfile.TemporaryDirectory() as folder:
        paths = {count: written(Path(folder), Plan("850", documents=count)) for count in (few, many)}

        def reading(count: int) -> Callable[[], object]:
            def run() -> int:
                done = 0
                for _ in range(many // count if count == few else 1):
                    with paths[count].open("rb") as source:
                        done += check(source, checker)
                return done

            return run

        found = race({"few": reading(few), "many": reading(many)}, 3)
    return found["many"].best / found["few"].best


def linear(small: int, large: int) -> float:
    """The cost of a byte in a large message by its cost in a smaller one; tokenise and check.

    Without garbage collection: how often it looks at all of a growing message is Python's choice, or the caller's.
    """
    checker = compile_check(load_schema(identity(LARGE)))
    data = {size: one_message(size, LARGE) for size in (small, large)}
    assert [check(whole, checker) for whole in data.values()] == [1, 1]
    found = race({str(size): partial(check, whole, checker) for size, whole in data.items()}, 2, collecting=False)
    return (found[str(large)].best / len(data[large])) / (found[str(small)].best / len(data[small]))


def one_fault() -> float:
    """The cost of a 20-line document with one fault by that of a clean one; tokenise and check."""
    checker = compile_check(load_schema(SCHEMA))
    found = race({str(faults): partial(check, faulty(X12, faults), checker) for faults in (0, 1)}, ROUNDS)
    return found["1"].best / found["0"].best


def many_faults() -> float:
    """What a fault costs among 1,000 by what it costs among 250, in a document of 2,000 lines."""
    checker = compile_check(load_schema(SCHEMA))
    plan = Plan("850", lines=2000)
    found = race({str(faults): partial(check, faulty(plan, faults), checker) for faults in (0, 250, 1000)}, ROUNDS)
    clean = found["0"].best
    return ((found["1000"].best - clean) / 1000) / ((found["250"].best - clean) / 250)


def growth(documents: int) -> float:
    """What is still in memory after so many more documents, in kB; tokenise and check."""
    checker = compile_check(load_schema(SCHEMA))
    data = generate(Plan("850", documents=100, lines=2))
    tracemalloc.start()
    try:
        check(data, checker)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(documents // 100):
            check(data, checker)
        return (tracemalloc.get_traced_memory()[0] - before) / 1000
    finally:
        tracemalloc.stop()


def compiling() -> float:
    """How long a process that has just started needs to load and compile the map of an 850, in ms of its processor."""
    code = (
        "import time, edi.mapping; start = time.process_time(); edi.mapping.load_map('x12/004010/850@1')._read_bare; "
        "print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return float(done.stdout) * 1000


def as2_receiving(step: str) -> float:
    """Receiving an AS2 message by the two private RSA operations that nobody can do without."""
    with as2.all_contenders() as contenders:
        found = race(contenders, ROUNDS)
    return found[step].best / as2.messages(step) / found[as2.RAW].best


def written(folder: Path, plan: Plan) -> Path:
    """A file with the plan's interchange, never whole in memory."""
    path = folder / f"{plan.kind}-{plan.documents}-{plan.size}.edi"
    with path.open("wb") as out:
        for part in chunks(plan):
            out.write(part)
    return path


def one_message(size: int, plan: Plan) -> bytes:
    """One document of the plan's kind of about so many bytes."""
    bytes_of_line = {"850": 95, "810": 83}[plan.kind]
    return generate(replace(plan, documents=1, lines=size // bytes_of_line))


GOALS: dict[str, Goal] = {
    "tokenise X12": Goal("tokenise 100 850s (0.2 MB)", 5.5, "x str.split", lambda: times_split(X12, TOKENISE)),
    "tokenise large X12": Goal("tokenise 4,000 850s (9 MB)", 5.5, "x str.split", lambda: times_split(MANY, TOKENISE)),
    "tokenise EDIFACT": Goal("tokenise an ORDERS", 15, "x str.split", lambda: times_split(EDIFACT, TOKENISE)),
    "check X12": Goal("tokenise and check an 850 of 20 lines", 24, "x str.split", lambda: times_split(X12, CHECK)),
    "translate X12": Goal("850 to event, with 997", 45, "x str.split", lambda: times_split(X12, TRANSLATE)),
    "compile": Goal("load and compile the map of an 850", 200, "ms", compiling),
    "write X12": Goal("write an 850", 23, "x str.split", lambda: times_split(X12, WRITE)),
    "read back X12": Goal("write, read back and check", 75, "x str.split", lambda: times_split(X12, READ_BACK)),
    "memory": Goal("peak memory of tokenising and checking 100 MB", 64, "MB", lambda: peak("check", 100_000_000)),
    "memory of a message": Goal("memory of one message of 10 MB", 10, "x its size", lambda: times_input(10_000_000)),
    "flat": Goal("a document among 4,000 to one among 100", 1.3, "x", lambda: flat(100, 4_000)),
    "linear": Goal("a byte of a 4 MB message to one of 1 MB", 1.3, "x", lambda: linear(1_000_000, 4_000_000)),
    "one fault": Goal("a document with a fault to a clean one", 1.5, "x", one_fault),
    "many faults": Goal("a fault among 1,000 to one among 250", 1.3, "x", many_faults),
    "AS2": Goal("receive an AS2 message of 10 KB", 2, "x two private operations", lambda: as2_receiving(as2.RECEIVE)),
    "AS2 stored": Goal(
        "receive and store an AS2 message of 10 KB",
        10 / 3,
        "x two private operations",
        lambda: as2_receiving(as2.STORED),
    ),
    "growth": Goal("memory left behind by 10,000 documents", 64, "kB", lambda: growth(10_000)),
}
HELD = frozenset(
    {
        "tokenise large X12",
        "tokenise EDIFACT",
        "check X12",
        "write X12",
        "read back X12",
        "memory",
        "flat",
        "linear",
        "one fault",
        "many faults",
        "growth",
    }
)
# A third above what a calm machine finds: beside other processes, what uses much memory is slower than `str.split` is.
KEPT: dict[str, Goal] = {
    "translate X12": Goal("850 to event, with 997", 320, "x str.split", lambda: times_split(X12, TRANSLATE)),
    "translate EDIFACT": Goal(
        "ORDERS to event, with CONTRL", 280, "x str.split", lambda: times_split(EDIFACT, TRANSLATE)
    ),
    "write EDIFACT": Goal("write an ORDERS", 45, "x str.split", lambda: times_split(EDIFACT, WRITE)),
    "read back EDIFACT": Goal(
        "the same, read back and checked", 90, "x str.split", lambda: times_split(EDIFACT, READ_BACK)
    ),
}
