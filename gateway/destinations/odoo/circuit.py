"""The circuit of one connector: when Odoo is down or refuses us, nobody knocks again and again.

Not here: what a failure means (errors.py). Rule protected: five connector failures within a minute open it; while it is
open one version call every 30 seconds finds out whether Odoo is back; a refused key or a wrong configuration holds it
for five minutes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from gateway.destinations.odoo.errors import HELD, Failure, Meaning

FAILURES = 5
WITHIN = 60.0
PROBE_EVERY = 30.0
PROBE_TAKES = 2.0  # who asks while a probe is under way asks again soon


class Circuit:
    """Asked before every call (`refusal`), told after it (`worked`, `failed`). Times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._why: Failure | None = None  # set while open or held
        self._until = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        return self._why is not None

    def refusal(self) -> Failure | None:
        """Why no call may be made now, with the time left; None: call. When a probe is due, one caller gets None."""
        if self._why is None:
            return None
        left = self._until - self._now()
        if left > 0:
            return Failure(self._why.meaning, self._why.reason, min(left, PROBE_TAKES) if self._probing else left)
        self._probing = True
        self._until = self._now() + PROBE_EVERY  # this caller probes, the others wait for what it finds
        return None

    def worked(self) -> None:
        self._why, self._probing = None, False
        self._failures.clear()

    def failed(self, failure: Failure) -> None:
        """Count a failure of the whole connector; others say nothing about it."""
        now, self._probing = self._now(), False
        if failure.meaning in (Meaning.CREDENTIAL, Meaning.CONFIG):
            self._why, self._until = failure, now + HELD
        elif failure.meaning is Meaning.DOWN:
            self._failures.append(now)
            if self._why is not None or (len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN):
                self._why, self._until = failure, now + PROBE_EVERY
