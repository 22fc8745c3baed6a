"""Peak memory of reading a file, measured in a process of its own.

    python -m benchmarks.memory FILE tokenise|check|translate [SCHEMA]

Not here: making the file (benchmarks/generator.py). Rule protected: the process imports what a user imports, opens the
file and reads it as a stream; nothing of it is kept.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import steps
from edi.check import compile_check
from edi.schema import load_schema

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Peak:
    """In bytes: the most memory at any time, what it was before reading, and the size of the file; and seconds."""

    peak: int
    before: int
    size: int
    seconds: float
    counted: int


def measure(path: Path, work: str, schema: str = "") -> Peak:
    """Runs this module on a file."""
    command = [sys.executable, "-m", "benchmarks.memory", str(path), work, schema]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Peak(**json.loads(done.stdout))


def resident() -> int:
    """The most memory this process ever had.

    getrusage also counts the process that started this one, up to exec, so the kernel's own figure goes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(path: str, work: str, schema: str = "") -> None:
    run = {"tokenise": steps.tokenise, "translate": steps.translate}.get(work)
    if run is None:
        run = partial(steps.check, checker=compile_check(load_schema(schema)))
    before, start = resident(), time.process_time()
    with Path(path).open("rb") as source:
        counted = run(source)
    seconds = time.process_time() - start
    found = {"peak": resident(), "before": before, "size": Path(path).stat().st_size}
    print(json.dumps(found | {"seconds": seconds, "counted": counted}))


if __name__ == "__main__":
    main(*sys.argv[1:])
