"""The checks and derived fields of a map: expressions over the event, before writing and after reading.

Not here: the expression language (edi/expressions.py). Rules protected: a check with a missing value is skipped; a
check that cannot be evaluated never rejects a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from edi.documents.types import Data
from edi.event_fields import Field, UnknownField, deep_field, resolve
from edi.expression_functions import MISSING, Unusable, show
from edi.expression_tokens import BadExpression
from edi.expression_types import ANY, TEXT, TRUTH, type_of
from edi.expressions import Evaluate, Scope, compile_expression, compile_template
from edi.faults import Severity
from edi.mapping_bindings import ELEMENT
from edi.mapping_nodes import Address
from edi.mapping_shared import opened
from edi.mapping_source import MapSource
from edi.tables import Table
from edi.yaml_source import Mapping_, Scalar, as_text, check_keys, fail, required

DEEP = "**"
_KEYS = ("id", "each", "when", "test", "severity", "at", "say", "example")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, evaluated once per item of the list `each`, or once per event; faults point to the element `at`."""

    id: str
    each: tuple[str, ...]
    when: Evaluate | None
    test: Evaluate
    severity: Severity
    at: Address | None
    say: Any  # Scope -> str


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that does not hold, or (`error`) could not be evaluated, for the item at `path` (`lines`, 2)."""

    check: Check
    path: tuple[str | int, ...]
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """A field computed after reading."""

    path: tuple[str, ...]
    value: Evaluate


def checks_of(source: MapSource, model: type[Data]) -> tuple[Check, ...]:
    """The checks of a map. Raises MapError."""
    return tuple(_check(node, source.tables, model) for node in source.checks.values())


def _check(node: Mapping_, tables: Mapping[str, Table], model: type[Data]) -> Check:
    check_keys(node, _KEYS, "a check")
    item: type[Data] | Field = model
    each: tuple[str, ...] = ()
    if "each" in node:
        row = as_text(node["each"], "each")
        head, _, deep = row.partition("/**/")
        each = (*head.split("."), *((DEEP, deep) if deep else ()))
        try:
            field = resolve(model, head.split("."))[-1]
            field = deep_field(field, deep) if deep else field
        except UnknownField as error:
            raise fail(row, "check.unknown_path", str(error)) from None
        if not field.many:
            raise fail(row, "check.type", f"{row!s} is not a list")
        item = field.model or field
    severity = as_text(required(node, "severity", "a check"), "severity")
    if severity not in ("reject", "exception", "warning"):
        raise fail(severity, "check.type", f"severity is reject, exception or warning, not {severity!s}")
    at = None
    if "at" in node:
        address = as_text(node["at"], "at")
        match = ELEMENT.fullmatch(address)
        if match is None:
            raise fail(address, "map.bad_address", f"{address!s} is not an element such as PO102")
        at = Address(match[1], int(match[2]), int(match[3] or 0))
    codes = {name: table.read for name, table in tables.items()}
    test = as_text(required(node, "test", "a check"), "test")
    say = as_text(required(node, "say", "a check"), "say") if "say" in node else test
    when = as_text(node["when"], "when") if "when" in node else None
    row = test
    try:
        tested = compile_expression(test, model, item, codes, TRUTH)
        row = when or row
        guarded = compile_expression(when, model, item, codes, TRUTH) if when is not None else None
        row = say
        said = compile_template(say, model, item, codes)
    except BadExpression as error:
        raise fail(row, error.code, str(error)) from None
    return Check(
        id=str(as_text(required(node, "id", "a check"), "id")),
        each=each,
        when=guarded,
        test=tested,
        severity=cast("Literal['reject', 'exception', 'warning']", str(severity)),
        at=at,
        say=said,
    )


def failures(checks: tuple[Check, ...], data: Mapping[str, Any]) -> Iterator[Failed]:
    """Every check that does not hold on an event's data, in the order of the map."""
    for check in checks:
        for path, item in _items(data, check.each, ()):
            scope = Scope(item, data)
            try:
                if check.when is not None and check.when(scope) is not True:
                    continue
                if check.test(scope) in (True, MISSING):
                    continue
            except Unusable as error:
                yield Failed(check, path, f"{check.id}: {error}", error=True)
                continue
            yield Failed(check, path, check.say(scope))


def exercised(checks: tuple[Check, ...], data: Mapping[str, Any]) -> set[str]:
    """The checks that had something to say about an event: true or false of at least one item."""
    return {check.id for check in checks if any(_speaks(check, Scope(item, data))
                                                for _, item in _items(data, check.each, ()))}  # fmt: skip


def _speaks(check: Check, scope: Scope) -> bool:
    try:
        return (check.when is None or check.when(scope) is True) and check.test(scope) is not MISSING
    except Unusable:
        return False


def _items(
    value: Any, steps: tuple[str, ...], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if steps[:1] == (DEEP,):
        yield from _deep(value, steps[1], path)
        return
    if not steps:
        if isinstance(value, (list, tuple)):
            yield from (((*path, number), item) for number, item in enumerate(value))
        else:
            yield path, value
        return
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _items(item, steps, (*path, number))
    elif isinstance(value, Mapping) and value.get(steps[0]) is not None:
        yield from _items(value[steps[0]], steps[1:], (*path, steps[0]))


def _deep(value: Any, name: str, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The items of every list of this name at any depth, in the order of the document."""
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _deep(item, name, (*path, number))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == name and isinstance(inner, (list, tuple)):
                yield from (((*path, key, number), item) for number, item in enumerate(inner))
            yield from _deep(inner, name, (*path, key))


def derivations_of(source: MapSource, model: type[Data]) -> tuple[Derivation, ...]:
    """The derived fields of a map. Raises MapError."""
    found = []
    for node in source.derive:
        check_keys(node, ("field", "is"), "a derived field")
        row = as_text(required(node, "field", "a derived field"), "field")
        text: Scalar = as_text(required(node, "is", "a derived field"), "is")
        steps = tuple(row.split("."))
        try:
            along = resolve(model, steps)
        except UnknownField as error:
            raise fail(row, "map.unknown_field", str(error)) from None
        if any(field.many for field in along) or along[-1].kind in ("object", "code", "id"):
            raise fail(row, "map.type_clash", f"{row!s} is not one plain value of the event")
        gives = type_of(along)
        try:
            value = compile_expression(text, model, gives=ANY if gives == TEXT else gives)
        except BadExpression as error:
            raise fail(text, error.code, str(error)) from None
        found.append(Derivation(steps, value))
    return tuple(found)


def derive(derivations: tuple[Derivation, ...], data: dict[str, Any]) -> bool:
    """Put the derived fields into the data; True if there were any values."""
    changed = False
    for derivation in derivations:
        try:
            value = show(derivation.value(Scope(data, data)))
        except Unusable:
            continue
        if value:
            holder = data
            for step in derivation.path[:-1]:
                holder[step] = opened(holder.get(step, {}))
                holder = holder[step]
            holder[derivation.path[-1]] = value
            changed = True
    return changed
