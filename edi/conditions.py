"""Conditions over several elements or components: what the letters P R C L E O X mean.

Not here: where the elements come from (edi/element_rules.py). Rule protected: a broken condition is one fault, at the
first position that has to change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from edi.structure import Condition

_Present: TypeAlias = Callable[[int], bool]
_Broken: TypeAlias = tuple[str, int] | None


def broken(condition: Condition, present: _Present) -> _Broken:
    """The fault code and position of a condition that is not met, else None; `present` tells what holds data."""
    return _BROKEN[condition.kind](condition.positions, present)


def in_words(condition: Condition, names: list[str]) -> str:
    """The condition as a sentence over the names of its positions."""
    return _WORDS[condition.kind].format(first=names[0], rest=", ".join(names[1:]), all=", ".join(names))


def _missing(position: int) -> _Broken:
    return "element.conditional-missing", position


def _excluded(position: int) -> _Broken:
    return "element.excluded", position


def _paired(positions: tuple[int, ...], present: _Present) -> _Broken:
    absent = [position for position in positions if not present(position)]
    return _missing(absent[0]) if 0 < len(absent) < len(positions) else None


def _at_least_one(positions: tuple[int, ...], present: _Present) -> _Broken:
    return None if any(map(present, positions)) else _missing(positions[0])


def _at_most_one(positions: tuple[int, ...], present: _Present) -> _Broken:
    there = [position for position in positions if present(position)]
    return _excluded(there[1]) if len(there) > 1 else None


def _exactly_one(positions: tuple[int, ...], present: _Present) -> _Broken:
    return _at_least_one(positions, present) or _at_most_one(positions, present)


def _then_all(positions: tuple[int, ...], present: _Present) -> _Broken:
    absent = [position for position in positions[1:] if not present(position)]
    return _missing(absent[0]) if absent and present(positions[0]) else None


def _then_one(positions: tuple[int, ...], present: _Present) -> _Broken:
    return _missing(positions[1]) if present(positions[0]) and not any(map(present, positions[1:])) else None


def _then_none(positions: tuple[int, ...], present: _Present) -> _Broken:
    there = [position for position in positions[1:] if present(position)]
    return _excluded(there[0]) if there and present(positions[0]) else None


# X12.6 3.8; EDIFACT dependency notes D1 to D7 in the order O P R E C L X
_BROKEN: dict[str, Callable[[tuple[int, ...], _Present], _Broken]] = {
    "P": _paired,
    "R": _at_least_one,
    "E": _at_most_one,
    "O": _exactly_one,
    "C": _then_all,
    "L": _then_one,
    "X": _then_none,
}

_WORDS = {
    "P": "all of {all} or none",
    "R": "at least one of {all}",
    "E": "at most one of {all}",
    "O": "exactly one of {all}",
    "C": "with {first} also {rest}",
    "L": "with {first} also one of {rest}",
    "X": "with {first} none of {rest}",
}
