"""The types in an expression, told when it is compiled: what may be compared, calculated, looked for, given to others.

A type is that of text, of a number, a date, a truth or an object, or of a list of them; a choice between several has
none, and is looked at when there are values (edi/expression_values.py). Not here: the grammar (edi/expressions.py).
Rule protected: what can never give an answer is refused, with the words it stands in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edi.event_fields import Field
from edi.expression_tokens import WrongType

_NAMES = {"text": "text", "number": "a number", "date": "a date", "truth": "true or false", "object": "an object"}
_MANY = {"text": "texts", "number": "numbers", "date": "dates", "truth": "truths", "object": "objects", "": "values"}
_KINDS = {"decimal": "number", "integer": "number", "date": "date", "boolean": "truth", "id": "object"}


@dataclass(frozen=True, slots=True)
class Type:
    """`name` is text, number, date, truth, object, or empty where only the values tell; `many`: a list of them."""

    name: str = ""
    many: bool = False

    @property
    def known(self) -> bool:
        return self.many or bool(self.name)

    def __str__(self) -> str:
        return f"a list of {_MANY[self.name]}" if self.many else _NAMES.get(self.name, "a value")


ANY, TEXT, NUMBER, DATE, TRUTH = Type(), Type("text"), Type("number"), Type("date"), Type("truth")
LIST, NUMBERS, TRUTHS = Type("", True), Type("number", True), Type("truth", True)

# What the functions take and give; the last type holds for all further values. `first`, `last`, `min` and `max` give
# what is in the list.
SIGNATURES: Mapping[str, tuple[tuple[Type, ...], Type]] = {
    "sum": ((NUMBERS,), NUMBER),
    "min": ((LIST,), ANY),
    "max": ((LIST,), ANY),
    "count": ((LIST,), NUMBER),
    "unique": ((LIST,), TRUTH),
    "first": ((LIST,), ANY),
    "last": ((LIST,), ANY),
    "any": ((TRUTHS,), TRUTH),
    "all": ((TRUTHS,), TRUTH),
    "abs": ((NUMBER,), NUMBER),
    "round": ((NUMBER, NUMBER), NUMBER),
    "decimal": ((TEXT,), NUMBER),
    "text": ((ANY,), TEXT),
    "upper": ((TEXT,), TEXT),
    "lower": ((TEXT,), TEXT),
    "trim": ((TEXT,), TEXT),
    "length": ((TEXT,), NUMBER),
    "substr": ((TEXT, NUMBER, NUMBER), TEXT),
    "starts_with": ((TEXT, TEXT), TRUTH),
    "concat": ((ANY,), TEXT),
    "pad": ((TEXT, NUMBER, TEXT), TEXT),
    "date": ((DATE,), DATE),
    "days_between": ((DATE, DATE), NUMBER),
    "add_days": ((DATE, NUMBER), DATE),
    "valid_gtin": ((TEXT,), TRUTH),
    "valid_gln": ((TEXT,), TRUTH),
    "valid_sscc": ((TEXT,), TRUTH),
}
_OF_LIST = ("min", "max", "first", "last")


@dataclass(frozen=True, slots=True)
class Said:
    """A part of an expression: its type and its words."""

    type: Type
    text: str


def type_of(along: Sequence[Field]) -> Type:
    """The type of a path. What lies behind a list is a list, but of identifiers a scheme names one."""
    many = any(field.many and not (field.kind == "id" and number + 1 < len(along))
               for number, field in enumerate(along))  # fmt: skip
    return Type(name_of(along[-1].kind), many)


def name_of(kind: str) -> str:
    return _KINDS.get(kind, "object" if kind == "object" else "text")


def common(types: Sequence[Type]) -> Type:
    """The type of a value that is one of these."""
    found = set(types)
    return found.pop() if len(found) == 1 else ANY


def listed(parts: Sequence[Said]) -> Type:
    """The type of a list that is written out."""
    inner = common([part.type for part in parts])
    return Type("" if inner.many else inner.name, True)


def must_be(part: Said, wanted: Type, what: str) -> None:
    """Raises WrongType unless the value may be of a type; a date may be written as text."""
    found = part.type
    if not found.known or not wanted.known:
        return
    name_fits = not found.name or not wanted.name or found.name == wanted.name
    if wanted == DATE and found == TEXT:
        _written_date(part)
        return
    if found.many != wanted.many or not name_fits:
        raise WrongType(f"{what} {wanted}; {part.text} is {found}")


def _written_date(part: Said) -> None:
    if part.text[:1] == '"':
        try:
            dt.date.fromisoformat(part.text[1:-1])
        except ValueError:
            raise WrongType(f'{part.text} is no date, write one as "2026-12-01"') from None


def compared(sign: str, left: Said, right: Said) -> None:
    """Raises WrongType for what cannot be equal, or is in no order."""
    if not left.type.known or not right.type.known:
        return
    if (left.type, right.type) == (DATE, TEXT):
        _written_date(right)
        return
    both = {left.type.name, right.type.name} - {""}
    if left.type.many != right.type.many or len(both) > 1:
        sentence = f"{left.text} is {left.type} and {right.text} is {right.type}: they cannot be compared"
        remedy = "; write the date first" if (left.type, right.type) == (TEXT, DATE) else ""
        raise WrongType(sentence + remedy)
    if sign not in ("=", "!=") and (left.type.many or left.type.name in ("truth", "object")):
        raise WrongType(f"{left.text} is {left.type} and has no order; it can only be = or !=")


def looked_for(value: Said, choices: Said) -> None:
    """Raises WrongType for an `in` that can never be true."""
    if not choices.type.known:
        return
    if not choices.type.many:
        raise WrongType(f"after in comes a list, and {choices.text} is {choices.type}")
    if value.type.many or (value.type.name and choices.type.name not in ("", value.type.name)):
        raise WrongType(f"{value.text} is {value.type}, which is never in {choices.type}")


def called(name: str, parts: Sequence[Said]) -> Type:
    """What a function of the list gives. Raises WrongType for what it cannot take."""
    wanted, gives = SIGNATURES[name]
    for number, part in enumerate(parts):
        must_be(part, wanted[min(number, len(wanted) - 1)], f"{name} takes")
    return Type(parts[0].type.name) if name in _OF_LIST else gives
