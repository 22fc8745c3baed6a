"""Sentences of a guide: conditions over elements, how a value is written, times.

Not here: expressions of checks (edi/expression_words.py). Rule protected: each sentence says what the validator or the
reader of the map does, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edi.functions import Converter
from edi.structure import Condition, ElementDef

_FORMS = {
    "date": "CCYYMMDD",
    "time": "HHMM or HHMMSS",
    "datetime": "date CCYYMMDD, the time beside it",
    "dtm": "in the format its format code names",
    "integer": "a whole number",
    "decimal": "a number",
}
_UNITS = {"m": "minute", "h": "hour", "d": "day", "s": "second"}


def condition_sentence(condition: Condition, names: Sequence[str]) -> str:
    """A condition as a sentence over the names of its positions, such as `PO102 (quantity ordered)`."""
    first, rest = names[0], names[1:]
    match condition.kind:
        case "P":
            return f"Either all of {joined(names)} are there, or none."
        case "R":
            return f"At least one of {joined(names)} is there."
        case "E":
            return f"At most one of {joined(names)} is there."
        case "O":
            return f"Exactly one of {joined(names)} is there."
        case "C":
            return f"If {first} is there, {joined(rest)} must be there as well."
        case "L":
            return f"If {first} is there, at least one of {joined(rest)} must be there as well."
        case _:
            return f"If {first} is there, {joined(rest)} must stay empty."


def joined(names: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def form_of(converter: Converter | None, definition: ElementDef) -> str:
    """How a value is written, beyond its type; empty when the type says it."""
    if converter is None or converter.name in ("text", "upper"):
        return ""
    if converter.name == "date" and "YYMMDD" in converter.expected:
        return converter.expected.removeprefix("a date ")
    if converter.name in ("decimal", "integer") and definition.kind in ("R", "N", "n"):
        return ""
    if converter.name in _FORMS:
        return _FORMS[converter.name]
    return converter.expected


def duration(text: str) -> str:
    """`24h` as `24 hours`; anything else as it stands."""
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in _UNITS:
        return text
    return f"{number} {_UNITS[unit]}{'s' if number != '1' else ''}"


def times(most: int | None) -> str:
    """How often: `1`, `25`, `any number`."""
    return "any number" if most is None else f"{most:,}"
