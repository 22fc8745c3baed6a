"""docs/fault-tests.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "fault-tests.md").read_text(encoding="utf-8")


def test_every_row_has_a_test() -> None:
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", PAGE)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (\d\d|[A-Za-z]| )", line) and "---" not in line]
    assert [line for line in rows if "::" not in line and not line.startswith(("| no.", "| peer"))] == []
    assert len(named) > 60
