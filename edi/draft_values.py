"""What the values of one place look like: dates, numbers, identifiers with a check digit, units.

Not here: what that means for a map (edi/draft_offers.py). Rule protected: a shape is one that every value has; values
of different shapes are text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from edi.functions import converter
from edi.resources import find, identities
from edi.yaml_source import as_mapping, load

# The shapes, the most telling first.
SHAPES = ("sscc", "gtin", "gln", "date", "time", "number", "unit")


def shapes_of(value: str) -> frozenset[str]:
    """Every shape a value has."""
    return frozenset(name for name in SHAPES if _TESTS[name](value))


@functools.cache
def units() -> frozenset[str]:
    """The codes of the shared tables of units."""
    found: set[str] = set()
    for identity in identities(".yaml"):
        if identity.startswith("codes/uom"):
            found.update(map(str, as_mapping(load(find(identity, ".yaml"))["rows"], "rows")))
    return frozenset(found)


def _reads(words: str, lengths: tuple[int, ...]) -> Callable[[str], bool]:
    made = converter(words.split())
    return lambda value: len(value) in lengths and value.isdigit() and made.read(value) is not None


_TESTS: dict[str, Callable[[str], bool]] = {
    "sscc": lambda value: len(value) in (18, 20) and converter(["sscc", "ai"]).read(value) is not None,
    "gtin": _reads("gtin14", (12, 13, 14)),
    "gln": _reads("gln", (13,)),
    "date": _reads("date", (8,)),
    "time": _reads("time", (4, 6)),
    "number": lambda value: converter(["decimal"]).read(value) is not None,
    "unit": lambda value: value in units(),
}
