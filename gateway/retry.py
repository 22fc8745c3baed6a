"""How long to wait before the next try. A value in, seconds out; no clock, no sleeping here."""

from __future__ import annotations

import random

FIRST = 1.0
LONGEST = 300.0


def backoff(failures: int, at_least: float = 0.0, *, jitter: random.Random | None = None) -> float:
    """Seconds to wait after `failures` (from 1) failures in a row: doubling, capped, with up to 25 % jitter on top."""
    base = max(at_least, min(LONGEST, FIRST * 2.0 ** min(failures - 1, 16)))
    return base * (1 + 0.25 * (jitter or random).random())
