"""What differs between an event that was meant and one that was found, and between two bodies of segments, for people.

Not here: what may differ (edi/map_normal.py, Map.compared). Rule protected: every difference is shown with its place,
what was expected and what was found.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from edi.model import COMPONENT, REPEAT, Segment

_LONG = 60


def differing_fields(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """`lines.2.ordered.value: expected '10', found '1'`, one line for each field; entries of lists by their number."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in {**expected, **found}:
            yield from differing_fields(expected.get(name), found.get(name), f"{path}.{name}" if path else name)
    elif isinstance(expected, list) and isinstance(found, list):
        for number in range(max(len(expected), len(found))):
            here = f"{path}.{number}"
            if number >= len(found):
                yield f"{here}: expected {_short(expected[number])}, found no such entry"
            elif number >= len(expected):
                yield f"{here}: expected no such entry, found {_short(found[number])}"
            else:
                yield from differing_fields(expected[number], found[number], here)
    elif expected != found:
        yield f"{path}: expected {_short(expected)}, found {_short(found)}"


def differing_segments(expected: Sequence[Segment], found: Sequence[Segment], syntax: str) -> Iterator[str]:
    """The segments that differ, each with the number it has in what was expected (the header is 1)."""
    one, other = [[line_of(s, syntax) for s in side] for side in (expected, found)]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for number in range(max(b - a, d - c)):
            before = expected[a + number] if a + number < b else None
            after = found[c + number] if c + number < d else None
            place = f"segment {a + min(number, b - a) + 2}"
            if before is not None and after is not None and before[0] == after[0]:
                yield f"{place}: expected {line_of(before, syntax)}"
                yield f"{' ' * len(place)}  found    {line_of(after, syntax)}  ({', '.join(_elements(before, after))})"
                continue
            if before is not None:
                yield f"{place}: expected {line_of(before, syntax)}, which is missing"
            if after is not None:
                yield f"{place}: found {line_of(after, syntax)}, which is not expected"


def line_of(segment: Segment, syntax: str) -> str:
    """A segment with the usual separators."""
    element, component, repeat = ("*", ">", "^") if syntax == "x12" else ("+", ":", "*")
    return element.join(segment).replace(COMPONENT, component).replace(REPEAT, repeat)


def _elements(expected: Segment, found: Segment) -> Iterator[str]:
    for at in range(1, max(len(expected), len(found))):
        before = expected[at] if at < len(expected) else ""
        after = found[at] if at < len(found) else ""
        if before == after:
            continue
        parts = before.split(COMPONENT), after.split(COMPONENT)
        if len(parts[0]) == len(parts[1]) == 1:
            yield f"{expected[0]}{at:02d}"
            continue
        for number in range(max(map(len, parts))):
            if parts[0][number : number + 1] != parts[1][number : number + 1]:
                yield f"{expected[0]}{at:02d}-{number + 1}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."
