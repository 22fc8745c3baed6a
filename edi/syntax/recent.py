"""Remembers what was worked out for the bytes at hand, because faults come in groups.

Not here: what is worked out. Rule protected: large bytes are told apart by identity, never compared: the same message
read twice would otherwise cost its length again at every fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Function = Callable[Concatenate[bytes, P], R]


def remembered(calls: int) -> Callable[[Function[P, R]], Function[P, R]]:
    """A function that remembers its last calls; `raw`, its first argument, is looked up by identity."""

    def decorate(function: Function[P, R]) -> Function[P, R]:
        known: deque[tuple[bytes, Any, R]] = deque(maxlen=calls)

        @wraps(function)
        def call(raw: bytes, /, *rest: P.args, **named: P.kwargs) -> R:
            key = (rest, named)
            for one, others, result in tuple(known):  # a copy: another thread may add meanwhile
                if one is raw and others == key:
                    return result
            result = function(raw, *rest, **named)
            known.append((raw, key, result))
            return result

        return call

    return decorate
