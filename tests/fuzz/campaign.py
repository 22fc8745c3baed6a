"""A coverage-guided search for inputs that break the library: `make fuzz`, or one target by hand.

    python -m tests.fuzz.campaign inspect --seconds 600

Starts from the good documents of tests/fuzz/inputs.py; what it learns stays in `.fuzz/`, so the next run goes on from
there. An input that breaks something is written to `.fuzz/` with its target's name and ends the run with an
error. Needs atheris, which is installed by `make fuzz` only: it has no wheels for every Python.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

FOLDER = Path(".fuzz")
SECONDS_FOR_ONE = 20  # an input that takes longer is a find
LARGEST = 16 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="inspect, explain, translate or acks")
    parser.add_argument("--seconds", type=int, default=60)
    words = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install atheris (CPython 3.11 to 3.13 on Linux)")
    with atheris.instrument_imports(include=["edi"]):
        from tests.fuzz.inputs import WORDS, documents
        from tests.fuzz.targets import TARGETS
    if words.target not in TARGETS:
        parser.error(f"no target {words.target!r}, but {', '.join(TARGETS)}")
    seeds = FOLDER / words.target
    seeds.mkdir(parents=True, exist_ok=True)
    for document in documents():
        if len(document) <= LARGEST:
            (seeds / hashlib.sha256(document).hexdigest()[:16]).write_bytes(document)
    dictionary = FOLDER / "words"
    dictionary.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in WORDS))
    target = TARGETS[words.target]
    options = [
        sys.argv[0],
        f"-max_total_time={words.seconds}",
        f"-timeout={SECONDS_FOR_ONE}",
        f"-max_len={LARGEST}",
        "-len_control=0",
        f"-dict={dictionary}",
        f"-artifact_prefix={FOLDER}/{words.target}-",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        str(seeds),
    ]
    atheris.Setup(options, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
