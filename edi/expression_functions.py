"""The functions of the expression language, over plain values.

Not here: grammar and evaluation (edi/expressions.py). Rules protected: the list is closed; numbers are decimals of 28
digits rounded half-even; nothing here loops over more than its arguments.

A value is text, Decimal, date, datetime, bool, a list, or MISSING.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from edi import functions
from edi.documents.types import plain

Value: TypeAlias = Any
NUMBERS = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN)
LONGEST_TEXT = 10_000


class Missing:
    """The value of a field that is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


class Unusable(ValueError):
    """A value of the wrong type, a division by zero, a limit: the check is in error, the document is not."""


def number(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    raise Unusable(f"{show(value)} is not a number")


def text(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise Unusable(f"{show(value)} is not text")


def items(value: Value) -> list[Value]:
    if isinstance(value, list):
        return [item for item in value if item is not MISSING]
    raise Unusable(f"{show(value)} is not a list")


def show(value: Value) -> str:
    """A value as text, as `say` and concat write it."""
    if value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(show(item) for item in value)
    return str(value)


def total(values: list[Value]) -> Decimal:
    result = Decimal(0)
    for value in values:
        result = NUMBERS.add(result, number(value))
    return result


def _whole(value: Value) -> int:
    found = number(value)
    if found != found.to_integral_value() or abs(found) > LONGEST_TEXT * 10:
        raise Unusable(f"{show(value)} is not a small whole number")
    return int(found)


def _date(value: Value) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(text(value))
    except ValueError:
        raise Unusable(f"{show(value)} is not a date") from None


def _decimal(value: Value) -> Decimal:
    found = functions.read_decimal(text(value))
    if found is None:
        raise Unusable(f"{show(value)} is not a number")
    return Decimal(found)


def _round(value: Value, places: Value) -> Decimal:
    digits = _whole(places)
    if not 0 <= digits <= 20:
        raise Unusable("round takes 0 to 20 places")
    try:
        return number(value).quantize(Decimal(1).scaleb(-digits), decimal.ROUND_HALF_UP, NUMBERS)
    except decimal.InvalidOperation:
        raise Unusable(f"{show(value)} has too many digits") from None


def _substr(value: Value, start: Value, count: Value) -> str:
    first = max(_whole(start), 1) - 1
    return text(value)[first : first + max(_whole(count), 0)]


def _short(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise Unusable(f"a text longer than {LONGEST_TEXT} characters")
    return value


def _pad(value: Value, width: Value, fill: Value) -> str:
    if len(text(fill)) != 1 or _whole(width) > LONGEST_TEXT:
        raise Unusable("pad takes a width up to 10000 and one fill character")
    return text(value).rjust(_whole(width), text(fill))


def _add_days(value: Value, days: Value) -> dt.date:
    try:
        return _date(value) + dt.timedelta(days=_whole(days))
    except OverflowError:
        raise Unusable("the date is out of range") from None


def _edge(values: Value, place: int) -> Value:
    found = items(values)
    return found[place] if found else MISSING


def _extreme(values: Value, pick: Callable[[list[Value]], Value]) -> Value:
    found = items(values)
    if not found:
        return MISSING
    try:
        return pick(found)
    except TypeError:
        raise Unusable("min and max need values of one kind") from None


def _truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise Unusable(f"{show(value)} is not true or false")


# name -> (fewest arguments, most arguments, function). A missing argument gives a missing result.
FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Value]]] = {
    "sum": (1, 1, lambda v: total(items(v))),
    "min": (1, 1, lambda v: _extreme(v, min)),
    "max": (1, 1, lambda v: _extreme(v, max)),
    "count": (1, 1, lambda v: Decimal(len(items(v)))),
    "unique": (1, 1, lambda v: len({show(i) for i in items(v)}) == len(items(v))),
    "first": (1, 1, lambda v: _edge(v, 0)),
    "last": (1, 1, lambda v: _edge(v, -1)),
    "any": (1, 1, lambda v: any(_truth(i) for i in items(v))),
    "all": (1, 1, lambda v: all(_truth(i) for i in items(v))),
    "abs": (1, 1, lambda v: abs(number(v))),
    "round": (2, 2, _round),
    "decimal": (1, 1, _decimal),
    "text": (1, 1, lambda v: show(v)),
    "upper": (1, 1, lambda v: text(v).upper()),
    "lower": (1, 1, lambda v: text(v).lower()),
    "trim": (1, 1, lambda v: text(v).strip()),
    "length": (1, 1, lambda v: Decimal(len(text(v)))),
    "substr": (3, 3, _substr),
    "starts_with": (2, 2, lambda v, start: text(v).startswith(text(start))),
    "concat": (1, 20, lambda *v: _short("".join(show(i) for i in v))),
    "pad": (3, 3, _pad),
    "date": (1, 1, _date),
    "days_between": (2, 2, lambda a, b: Decimal((_date(b) - _date(a)).days)),
    "add_days": (2, 2, _add_days),
    "valid_gtin": (1, 1, lambda v: functions.valid_gtin(text(v))),
    "valid_gln": (1, 1, lambda v: functions.valid_gln(text(v))),
    "valid_sscc": (1, 1, lambda v: functions.valid_sscc(text(v))),
}
# `if`, `coalesce` and `lookup` look at their arguments one by one; edi/expressions.py knows them.
LAZY = {"if": (3, 3), "coalesce": (1, 20), "lookup": (2, 2)}
