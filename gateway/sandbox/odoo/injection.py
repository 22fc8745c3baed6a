"""Faults on request: what a test or the demo asks the sandbox to do wrong, how often, and to which calls.

The rule kept: `after_commit` decides whether the work was done before the answer was lost; a client cannot tell the
two apart.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = {
    "drop": "the connection is cut without an answer",
    "status": "an HTML page with `status` (502, 503, 504, 429 ...)",
    "not_json": "an HTML page with 200, as a login page or a proxy gives it",
    "latency": "`delay` seconds pass; the transaction has started already",
    "serialization": "a serialization failure, as after the server's own retries",
    "access_denied": "the key is refused",
    "error": "an Odoo error of any `name`, `message` and JSON-2 `status`",
    "twice": "the request is executed twice, as when a proxy repeats it; the second answer counts",
}
AFTER = frozenset({"drop", "status", "not_json", "latency"})


class InjectionError(ValueError):
    """A fault that cannot be injected; the text says why."""


class Dropped(Exception):
    """Cut the connection now, without an answer."""


class Interrupted(Exception):
    """Answer with an HTML page of this status instead."""

    def __init__(self, status: int, retry_after: int | None = None) -> None:
        super().__init__(status)
        self.status, self.retry_after = status, retry_after


@dataclass(slots=True)
class Fault:
    """One injected fault. It ends after `times` calls, at `ends` (monotonic seconds), or when it is cleared."""

    id: int
    kind: str
    models: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    after_commit: bool = False
    times: int | None = None
    ends: float | None = None
    status: int = 503
    name: str = ""
    message: str = ""
    retry_after: int | None = None
    delay: float = 0.0

    def over(self) -> bool:
        return self.times == 0 or (self.ends is not None and time.monotonic() >= self.ends)


class Injections:
    """The faults in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Keys: `kind`, `seconds`, and the fields of Fault that a caller may set. Raises InjectionError."""
        options = dict(wanted)
        kind, seconds = options.pop("kind", None), options.pop("seconds", None)
        if kind not in KINDS:
            raise InjectionError(f"kind {kind!r} is none of {', '.join(KINDS)}")
        known = {"times", "models", "methods", "after_commit", "status", "name", "message", "retry_after", "delay"}
        if options.keys() - known:
            raise InjectionError(f"unknown key {', '.join(sorted(options.keys() - known))}")
        if options.get("after_commit") and kind not in AFTER:
            raise InjectionError(f"{kind} cannot come after the commit")
        for name in ("models", "methods"):
            options[name] = _texts(options.get(name, ()))
        ends = None if seconds is None else time.monotonic() + float(seconds)
        fault = Fault(next(self._numbers), kind, ends=ends, **options)
        self._faults.append(fault)
        return fault

    def take(self, model: str, method: str) -> list[Fault]:
        """The faults that hit this call; each counts down."""
        self._faults = [fault for fault in self._faults if not fault.over()]
        hit = [
            fault
            for fault in self._faults
            if (not fault.models or model in fault.models) and (not fault.methods or method in fault.methods)
        ]
        for fault in hit:
            if fault.times is not None:
                fault.times -= 1
        return hit

    def clear(self) -> None:
        self._faults.clear()

    def listing(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults if not fault.over()]


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
