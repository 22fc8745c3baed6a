"""How expressions look at data and work with values: paths, missing values, logic, comparison, arithmetic.

Not here: the grammar (edi/expressions.py), the functions (edi/expression_functions.py). Rule protected: a comparison
with a missing value is neither true nor false, arithmetic with one is missing.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from edi.documents.types import Code, Data
from edi.event_fields import SCHEMES, UnknownField, fields
from edi.expression_functions import FUNCTIONS, MISSING, NUMBERS, Unusable, Value, number, show

MOST_ITEMS = 100_000
S = TypeVar("S")


def walk(value: Any, steps: list[str]) -> Any:
    """The value at a path of JSON data; over a list the list of values; MISSING if a step is absent."""
    for place, step in enumerate(steps):
        if isinstance(value, list):
            if step in SCHEMES and place and steps[place - 1] == "ids":
                return next((entry["value"] for entry in value if entry["scheme"] == step), MISSING)
            found: list[Any] = []
            for item in value:
                inner = walk(item, steps[place:])
                found.extend(inner) if isinstance(inner, list) else found.append(inner)
                if len(found) > MOST_ITEMS:
                    raise Unusable(f"a list longer than {MOST_ITEMS}")
            return [item for item in found if item is not MISSING]
        if isinstance(value, Data):  # as a reader shares it (edi/mapping_shared.py)
            value = getattr(value, step, None)
            value = None if value == () else value
        else:
            value = value.get(step, MISSING) if isinstance(value, Mapping) else None
        if value is None:
            return MISSING
    return value


def collect(value: Any, name: str, found: list[Any]) -> None:
    """Every entry of every list called `name`, at any depth."""
    if isinstance(value, list):
        for item in value:
            collect(item, name, found)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == name and isinstance(inner, list):
                found.extend(inner)
            collect(inner, name, found)
    if len(found) > MOST_ITEMS:
        raise Unusable(f"a list longer than {MOST_ITEMS}")


def deep_kind(model: type[Data], name: str) -> str:
    for key, field in fields(model).items():
        if key == name:
            return field.kind
        if field.model is not None and field.model is not model:
            try:
                return deep_kind(field.model, name)
            except UnknownField:
                continue
    raise UnknownField(f"nothing below has a field {name!r}")


def leaves(value: Any, kind: str) -> Value:
    return [leaf(item, kind) for item in value] if isinstance(value, list) else leaf(value, kind)


def leaf(value: Any, kind: str) -> Value:
    if value is MISSING or value is None:
        return MISSING
    if kind in ("decimal", "integer"):
        return Decimal(value)
    if kind == "date":
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
    if kind == "code" and isinstance(value, Mapping):
        return value["value"]
    if isinstance(value, Code):  # as a reader takes it out of a table
        return value.value
    return value


def present(value: Value) -> bool:
    return value is not MISSING and value != [] and value != ""


def truth(value: Value) -> Value:
    if value is MISSING or isinstance(value, bool):
        return value
    raise Unusable(f"{show(value)} is not true or false")


def logic(parts: Iterable[Callable[[S], Value]], scope: S, decides: bool) -> Value:
    """`or` is decided by the first true, `and` by the first false; otherwise a missing part leaves it open."""
    result: Value = not decides
    for part in parts:
        value = truth(part(scope))
        if value is decides:
            return decides
        if value is MISSING:
            result = MISSING
    return result


def compare(sign: str, left: Value, right: Value) -> Value:
    if left is MISSING or right is MISSING:
        return MISSING
    if isinstance(left, dt.date) and isinstance(right, str):
        right = FUNCTIONS["date"][2](right)
    if type(left) is not type(right):
        raise Unusable(f"{show(left)} and {show(right)} cannot be compared")
    if sign in ("=", "!="):
        return (left == right) is (sign == "=")
    if isinstance(left, (bool, list)):
        raise Unusable(f"{show(left)} has no order")
    less, more = left < right, left > right
    return {"<": less, "<=": not more, ">": more, ">=": not less}[sign]


def within(value: Value, choices: Value, negated: bool) -> Value:
    if value is MISSING or choices is MISSING:
        return MISSING
    if not isinstance(choices, list):
        raise Unusable(f"{show(choices)} is not a list")
    return (value in choices) is not negated


def calculate(sign: str, left: Value, right: Value) -> Value:
    if left is MISSING or right is MISSING:
        return MISSING
    first, second = number(left), number(right)
    try:
        if sign == "+":
            return NUMBERS.add(first, second)
        if sign == "-":
            return NUMBERS.subtract(first, second)
        return NUMBERS.multiply(first, second) if sign == "*" else NUMBERS.divide(first, second)
    except decimal.DecimalException:
        raise Unusable(f"{show(left)} {sign} {show(right)} has no result") from None
