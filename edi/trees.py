"""Trees that a document writes as numbers: each part says its own number and that of the part above it (HL, CPS).

Not here: what the parts are (edi/mapping_hierarchy.py, edi/mapping_nest.py, edi/consistency.py). Rules protected: the
order in the document does not matter; a number that is unknown, repeated or leads back to itself is reported, and its
part stands at the top; the work grows with the number of parts, whatever they say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MOST_DEEP = 20  # parts within parts; deeper ones stand beside the part above them


def parents(names: Sequence[str], above: Sequence[str], complain: Callable[[int, bool, str], None]) -> list[int | None]:
    """The position of the part above each part. `complain` takes a position, whether its own number is meant (else the
    one above), and what was expected."""
    known: dict[str, int] = {}
    for number, name in enumerate(names):
        if name and known.setdefault(name, number) != number:
            complain(number, True, "a number that no other level has")
    found: list[int | None] = []
    for number, name in enumerate(above):
        found.append(known.get(name))
        if name and name not in known:
            complain(number, False, "the number of another level")
    _cut_circles(found, complain)
    return found


def _cut_circles(found: list[int | None], complain: Callable[[int, bool, str], None]) -> None:
    """Follow each part once; where the way comes back to itself, its last step is taken away."""
    followed = [False] * len(found)
    for start in range(len(found)):
        way: set[int] = set()
        here: int | None = start
        while here is not None and not followed[here]:
            followed[here] = True
            way.add(here)
            last, here = here, found[here]
            if here in way:
                complain(start, False, "a level that is not below this one")
                found[last] = here = None


def in_order(above: Sequence[int | None]) -> list[tuple[int, int]]:
    """Every part with its depth, each after the one above it, parts beside each other in document order."""
    below: list[list[int]] = [[] for _ in above]
    for number, parent in enumerate(above):
        if parent is not None:
            below[parent].append(number)
    open_ = [(number, 0) for number, parent in enumerate(above) if parent is None][::-1]
    found = []
    while open_:
        number, depth = open_.pop()
        found.append((number, depth))
        open_.extend((child, depth + 1) for child in reversed(below[number]))
    return found


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> dict[int, tuple[str | int, ...]]:
    """Where every object of an event's data stands, by its identity."""
    found: dict[int, tuple[str | int, ...]] = {}
    open_: list[tuple[Any, tuple[str | int, ...]]] = [(value, path)]
    while open_:
        value, path = open_.pop()
        if isinstance(value, dict):
            found[id(value)] = path
            open_.extend((item, (*path, name)) for name, item in value.items())
        elif isinstance(value, (list, tuple)):
            open_.extend((item, (*path, number)) for number, item in enumerate(value))
    return found
