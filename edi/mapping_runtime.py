"""The few functions the generated readers and writers of maps call.

Not here: generating the code. Rules protected: nothing here knows a partner, a field or a segment; a value that cannot
be written raises Refused with the row of the binding, which mapping.py turns into a RenderError with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from edi.expression_functions import Unusable, show
from edi.expressions import Evaluate, Scope
from edi.model import COMPONENT, Segment

Item: TypeAlias = dict[str, Any]
Note: TypeAlias = Callable[..., None]
NOTHING: dict[str, Any] = {}  # stands for an absent object; never written to
NONE: tuple[Any, ...] = ()
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


class Refused(Exception):
    """A value cannot be written. `row` is the number of its binding, `indexes` the loop counters at that moment;
    `field` is the canonical path of what belongs to no binding."""

    def __init__(self, code: str, row: int, value: object = "", expected: str = "", field: str = "") -> None:
        super().__init__(code)
        self.indexes: dict[str, int | str] = {}
        self.code, self.row, self.value, self.expected, self.field = code, row, str(value), expected, field


# --- reading


def sub(item: Item, name: str) -> Item:
    """The object called `name`, made if it is not there."""
    found = item.get(name)
    if found is None:
        found = item[name] = {}
    return found


def lst(item: Item, name: str) -> list[Any]:
    """The list called `name`, made if it is not there."""
    found = item.get(name)
    if found is None:
        found = item[name] = []
    return found


def first(item: Item, name: str) -> Item:
    """The first item of the list called `name`, made if it is not there."""
    items = lst(item, name)
    if not items:
        items.append({})
    return items[0]  # type: ignore[no-any-return]  # JSON data


def put_id(item: Item, scheme: str, value: str, raw: str = "") -> bool:
    """Add an identifier unless it is known; False if the same qualifier was there before with another value."""
    new = {"scheme": scheme, "value": value, "raw": raw} if raw else {"scheme": scheme, "value": value}
    ids = item.get("ids")
    if not ids:
        item["ids"] = [new]
        return True
    for known in ids:
        if known["scheme"] == scheme and known["value"] == value:
            return True
        if raw and known.get("raw") == raw:
            return False
    ids.append(new)
    return True


def count(item: Any, steps: Sequence[str], deep: str = "") -> int:
    """The number of items of a list, or of every list called `deep` below it."""
    for step in steps:
        item = item.get(step, NONE) if isinstance(item, dict) else NONE
    if not deep:
        return len(item)
    total = 0
    for one in item if isinstance(item, (list, tuple)) else (item,):
        for name, inner in one.items():
            if isinstance(inner, (list, tuple)):
                if name == deep:
                    total += len(inner)
                total += sum(count({"": [entry]}, ("",), deep) for entry in inner if isinstance(entry, dict))
    return total


def computed(expression: Evaluate, item: Item, root: Item) -> str:
    """The text of an expression, empty if it has no value."""
    try:
        return show(expression(Scope(item, root)))
    except Unusable:
        return ""


def mute(note: object) -> None:
    """Takes the notes about what several items share, after the first of them."""


# --- writing


def holds(expression: Evaluate, item: Item, root: Item) -> bool:
    """Is a write_when true?"""
    try:
        return expression(Scope(item, root)) is True
    except Unusable:
        return False


def head(items: Sequence[Item] | None) -> Item:
    """The first item of a list, or nothing."""
    return items[0] if items else NOTHING


def id_of(item: Item, scheme: str) -> str | None:
    """The first identifier of a scheme."""
    for known in item.get("ids", NONE):
        if known["scheme"] == scheme:
            return known["value"]  # type: ignore[no-any-return]  # JSON data
    return None


def fit(text: str, shortest: int, longest: int, row: int) -> str:
    """Text of a length the element can hold."""
    text = text.rstrip(" ")
    if not text or shortest <= len(text) <= longest:
        return text
    code = "write.too-long" if len(text) > longest else "write.not-invertible"
    raise Refused(code, row, text, f"{shortest} to {longest} characters")


def fit_number(text: str, shortest: int, longest: int, row: int) -> str:
    """A number of a length the element can hold; sign and decimal mark do not count (X12.6 3.5.1, ISO 9735 10.1)."""
    if text.isascii() and text.isdigit() and shortest <= len(text) <= longest:
        return text
    text = text.rstrip(" ")
    if text and _NUMBER.fullmatch(text) is None:
        raise Refused("write.not-invertible", row, text, "a number")
    digits = len(text) - ("-" in text) - ("." in text)
    if digits > longest:
        raise Refused("write.too-long", row, text, f"{shortest} to {longest} digits")
    if text and digits < shortest and "." not in text:
        sign, number = ("-", text[1:]) if text[0] == "-" else ("", text)
        return sign + number.rjust(shortest, "0")
    return text


def fit_whole(text: str, shortest: int, longest: int, row: int) -> str:
    """A number for an element without a decimal mark (X12 N0 to N9)."""
    if "." in text:
        raise Refused("write.not-invertible", row, text, "a whole number")
    return fit_number(text, shortest, longest, row)


def among(text: str, codes: Collection[str], row: int) -> str:
    """A code the element may hold."""
    if text in codes or not text:
        return text
    known = sorted(codes)
    raise Refused("write.not-invertible", row, text, f"one of {', '.join(known[:12])}{' ...' if known[12:] else ''}")


def converted(write: Callable[[str], str | None], value: str, row: int) -> str:
    """The wire text of a canonical text."""
    text = write(value)
    if text is None:
        raise Refused("write.not-invertible", row, value)
    return text


def both(write: Callable[[str], tuple[str, str] | None], value: str, row: int) -> tuple[str, str]:
    """The two wire texts of a canonical text."""
    text = write(value)
    if text is None:
        raise Refused("write.not-invertible", row, value)
    return text


def coded(code_for: Callable[[str, str], str | None], value: Any, row: int) -> str:
    """The code of a meaning: of a Code with its raw code, or of plain text."""
    if isinstance(value, str):
        code = code_for(value, "")
    else:
        code = code_for(value["value"], value.get("raw", ""))
    if code is None:
        raise Refused("write.not-invertible", row, value if isinstance(value, str) else value["value"])
    return code


@dataclass(frozen=True, slots=True)
class PairSpec:
    """One qualifier of `pairs` as the writer needs it: `holder` leads to the dict with the field or the `ids`."""

    qualifier: str
    holder: tuple[str, ...]
    name: str
    scheme: str
    write: Callable[[str], str | None]
    row: int
    many: bool = False


class PairSpecs:
    """The pairs of one segment, sorted so that every identifier is looked at once."""

    def __init__(self, specs: Sequence[PairSpec]) -> None:
        self.specs = tuple(specs)
        self.plain = tuple((number, spec) for number, spec in enumerate(specs) if not spec.scheme)
        holders = dict.fromkeys(spec.holder for spec in specs if spec.scheme)
        # per holder of ids: scheme -> the numbers of its specs, as listed
        self.ids = tuple((holder, self._by_scheme(holder)) for holder in holders)

    def _by_scheme(self, holder: tuple[str, ...]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, spec in enumerate(self.specs):
            if spec.scheme and spec.holder == holder:
                found.setdefault(spec.scheme, []).append(number)
        return found


def pick(item: Item, pairs: PairSpecs) -> list[tuple[str, str, int]]:
    """Qualifier, text and row of every pair that has a value: identifiers with a qualifier of their own first, in the
    order of the event, then as listed; a list of values repeats its pair.

    An identifier keeps the qualifier it was read with if that is listed; else it takes the first listed one whose
    converter accepts it. Of several identifiers of a scheme that have no own qualifier the first is written.
    """
    own: dict[int, str] = {}
    found: dict[int, str] = {}
    listed: dict[int, list[str]] = {}
    specs = pairs.specs
    for number, spec in pairs.plain:
        value = _held(item, spec.holder).get(spec.name)
        if spec.many and value:
            listed[number] = [converted(spec.write, one, spec.row) for one in value]
            found[number] = ""
        elif value is not None and not spec.many:
            found[number] = converted(spec.write, value, spec.row)
    for holder, by_scheme in pairs.ids:
        for known in _held(item, holder).get("ids", NONE):
            numbers = by_scheme.get(known["scheme"])
            if numbers is not None:
                _assign(known, specs, numbers, own, found)
    order = [*own, *sorted(number for number in found if number not in own)]
    if listed:
        return [(specs[n].qualifier, text, specs[n].row) for n in order
                for text in listed.get(n) or (own.get(n) or found[n],)]  # fmt: skip
    return [(specs[n].qualifier, own.get(n) or found[n], specs[n].row) for n in order]


def _held(item: Item, steps: tuple[str, ...]) -> Item:
    for step in steps:
        inner = item.get(step, NOTHING)
        item = head(inner) if isinstance(inner, list) else inner
    return item


def _assign(
    known: Item, specs: tuple[PairSpec, ...], numbers: list[int], own: dict[int, str], found: dict[int, str]
) -> None:
    value, raw = known["value"], known.get("raw")
    if raw is not None:
        for number in numbers:
            if specs[number].qualifier == raw and (text := specs[number].write(value)) is not None:
                own.setdefault(number, text)
                return
    if any(number in found for number in numbers):
        return
    for number in numbers:
        text = specs[number].write(value)
        if text is not None:
            found[number] = text
            return
    raise Refused("write.not-invertible", specs[numbers[0]].row, value)


def join(parts: list[str]) -> str:
    """A composite without its trailing empty components (ISO 9735 8, X12.6 3.8.3)."""
    while parts and not parts[-1]:
        parts.pop()
    return COMPONENT.join(parts)


def trim(segment: Segment) -> Segment:
    """A segment without its trailing empty elements (X12.6 3.8, ISO 9735 8)."""
    size = len(segment)
    while not segment[size - 1]:
        size -= 1
    del segment[size:]
    return segment
