"""Everything that can be wrong inside one segment, named: the exact rules for elements, components and conditions.

Not here: where a segment may stand (edi/check.py), the quick test that most segments pass (edi/check_code.py). Rule
protected: one wrong value is one finding. The standard's rule comes before the guide's, what the value is before how
long it is, its length before the code list, and a condition never repeats what an element already says.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from edi.conditions import broken, in_words
from edi.faults import Severity
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import CodeList, Condition, ElementDef, SegmentDef

SHOWN_CODES = 12

_WHOLE = re.compile(r"-?[0-9]+")
_REAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")  # X12.6 3.5.1.2: no exponent, no plus sign
_NUMERIC = re.compile(r"-?[0-9]+(?:([.,])[0-9]+)?")  # ISO 9735 10: a digit on both sides of the decimal mark


class Finding(NamedTuple):
    """A fault of a segment before it has a place in a message."""

    code: str
    element: int
    component: int = 0
    repetition: int = 0
    found: str = ""
    expected: str = ""
    ref: str = ""
    severity: Severity | None = None
    guide: bool = False


@lru_cache(maxsize=4096)
def is_date(value: str) -> bool:
    """CCYYMMDD or YYMMDD (1950 to 2049) of the real calendar."""
    if not (value.isascii() and value.isdigit()):
        return False
    if len(value) == 6:
        value = ("20" if value < "50" else "19") + value
    if len(value) != 8:
        return False
    try:
        datetime.date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def is_time(value: str) -> bool:
    """HHMM, HHMMSS, HHMMSSD or HHMMSSDD (X12.6 3.5.1.6)."""
    if not (value.isascii() and value.isdigit() and len(value) in (4, 6, 7, 8)):
        return False
    return value[:2] < "24" and value[2:4] < "60" and value[4:6] < "60"


# Data element 2379: how the value of 2380 beside it is written. Weeks and periods are not judged here.
_MOMENTS = {
    "2": ("a date DDMMYY", "%d%m%y", 6),
    "4": ("a date DDMMCCYY", "%d%m%Y", 8),
    "101": ("a date YYMMDD", "%y%m%d", 6),
    "102": ("a date CCYYMMDD", "%Y%m%d", 8),
    "201": ("a date and time YYMMDDHHMM", "%y%m%d%H%M", 10),
    "203": ("a date and time CCYYMMDDHHMM", "%Y%m%d%H%M", 12),
    "204": ("a date and time CCYYMMDDHHMMSS", "%Y%m%d%H%M%S", 14),
}


@lru_cache(maxsize=4096)
def is_moment(value: str, form: str) -> bool:
    """A value of data element 2380 in the format 2379 says; true for formats that are not judged."""
    if form not in _MOMENTS:
        return True
    _, pattern, length = _MOMENTS[form]
    if len(value) != length or not (value.isascii() and value.isdigit()):
        return False
    try:
        datetime.datetime.strptime(value, pattern).replace(tzinfo=datetime.UTC)
    except ValueError:
        return False
    return value[12:] < "60"  # strptime knows leap seconds, EDIFACT does not


def dated(parts: tuple[ElementDef, ...]) -> tuple[int, int] | None:
    """Where a composite has a date or time (2380) and its format (2379), as C507 has; None without them."""
    places = {part.ref: part.at for part in parts}
    return (places["2380"], places["2379"]) if {"2380", "2379"} <= set(places) else None


def findings(definition: SegmentDef, segment: Segment, decimal: str = "") -> list[Finding]:
    """All findings of a segment, in the order of its elements.

    `decimal` is the decimal mark an EDIFACT interchange declares; a number with the other one is a warning. Empty: both
    are fine.
    """
    found = list(_elements(definition, segment, decimal))
    found += list(_unmet(definition.tag, 0, definition.elements, definition.conditions, segment, found))
    found.sort(key=lambda finding: (finding.element, finding.repetition, finding.component))
    return found


def value_finding(element: ElementDef, value: str, decimal: str = "") -> Finding | None:
    """What is wrong with a value that is not empty, as a finding at element 0; None when nothing is."""
    kind, length = element.kind, len(value)
    if kind == "DT":
        if not (is_date(value) and element.min <= length <= element.max):
            return _value("element.date", element, value, _date_form(element))
    elif kind == "TM":
        if not (is_time(value) and element.min <= length <= element.max):
            return _value("element.time", element, value, "a time HHMM, HHMMSS or HHMMSSDD")
    elif kind in ("N", "R", "n"):
        match = {"N": _WHOLE, "R": _REAL, "n": _NUMERIC}[kind].fullmatch(value)
        if match is None:
            return _value("element.number", element, value, _form(element))
        length = sum(character.isdigit() for character in value)
        if kind == "n" and decimal and match[1] and match[1] != decimal:
            expected = f"the decimal mark {decimal!r} of the interchange"
            return _value("element.number", element, value, expected, "warning")
    elif _has_control(value) or (kind == "a" and any(character.isdigit() for character in value)):
        return _value("element.character", element, value, _form(element))
    if length < element.min:
        return _value("element.short", element, value, _form(element))
    if length > element.max:
        return _value("element.long", element, value, _form(element))
    return _listed(element, value, length)


def _listed(element: ElementDef, value: str, length: int) -> Finding | None:
    """Codes, and the guide's narrower lengths and codes; what rejects comes before what only warns."""
    codes, narrow = element.codes, element.guide_codes
    unlisted = codes is not None and value not in codes.values
    if codes is not None and codes.open and narrow is not None and value in narrow.values:
        unlisted = False  # the partner's list fills in what the open list does not know
    if codes is not None and unlisted and not codes.open:
        return _value("element.code", element, value, one_of(codes))
    if length < element.effective_min:
        return _value("element.short", element, value, _form(element, guide=True), guide=True)
    if length > element.effective_max:
        return _value("element.long", element, value, _form(element, guide=True), guide=True)
    strange = narrow is not None and value not in narrow.values
    if narrow is not None and strange and not narrow.open:
        return _value("element.code", element, value, one_of(narrow), guide=True)
    if codes is not None and unlisted:
        return _value("element.code", element, value, one_of(codes), "warning")
    if narrow is not None and strange:
        return _value("element.code", element, value, one_of(narrow), "warning", guide=True)
    return None


def one_of(codes: CodeList) -> str:
    """`one of IA, IB, IC ...`"""
    shown = ", ".join(list(codes.values)[:SHOWN_CODES])
    return f"one of {shown}" + (" ..." if len(codes.values) > SHOWN_CODES else "")


# --- elements


def _elements(definition: SegmentDef, segment: Segment, decimal: str) -> Iterator[Finding]:
    for element in definition.elements:
        value = segment[element.at] if element.at < len(segment) else ""
        if value or "required" in (element.usage, element.guide_usage):
            yield from _element(element, value, decimal)
    surplus = segment[len(definition.elements) + 1 :]
    if any(surplus):
        at = len(definition.elements) + 1
        most = f"at most {len(definition.elements)} elements"
        yield Finding("element.too-many", at, found=next(filter(None, surplus)), expected=most)
    if len(segment) > 1 and not segment[-1]:
        yield Finding("element.trailing", len(segment) - 1, expected="no separator after the last value")


def _element(element: ElementDef, value: str, decimal: str) -> Iterator[Finding]:
    at, ref = element.at, element.ref
    if not is_present(value):
        yield from _absent(element, at, 0)
    elif element.effective_usage == "not_used":
        guide = element.usage != "not_used"
        yield Finding("element.not-used", at, found=value, expected="nothing", ref=ref, guide=guide)
        return
    if not element.components and value.isprintable():  # one simple value: neither REPEAT nor COMPONENT prints
        found = value_finding(element, value, decimal) if value else None
        if found:
            yield found._replace(element=at)
        return
    repetitions = value.split(REPEAT)
    if element.repeat is not None and len(repetitions) > element.repeat:
        most = f"at most {element.repeat} repetitions" if element.repeat > 1 else "no repetition"
        where = element.repeat + 1
        yield Finding("element.repeat", at, 0, where, repetitions[element.repeat], most, ref)
    for number, repetition in enumerate(repetitions, 1):
        where = number if len(repetitions) > 1 else 0
        if element.components:
            yield from _composite(element, repetition, where, decimal)
        elif COMPONENT in repetition:
            yield Finding("element.components", at, 0, where, repetition, "no components", ref)
        elif repetition:
            found = value_finding(element, repetition, decimal)
            if found:
                yield found._replace(element=at, repetition=where)


def _composite(element: ElementDef, value: str, repetition: int, decimal: str) -> Iterator[Finding]:
    at = element.at
    parts = value.split(COMPONENT)
    if len(parts) > 1 and not parts[-1]:
        expected = "no separator after the last value"
        yield Finding("element.trailing", at, len(parts), repetition, expected=expected, ref=element.ref)
    if not any(parts):
        return
    found: list[Finding] = []
    for component in element.components:
        part = parts[component.at - 1] if component.at <= len(parts) else ""
        if not part:
            found += _absent(component, at, component.at, repetition)
        elif component.effective_usage == "not_used":
            guide = component.usage != "not_used"
            found.append(
                Finding("element.not-used", at, component.at, repetition, part, "nothing", component.ref, guide=guide)
            )
        else:
            wrong = value_finding(component, part, decimal)
            if wrong:
                found.append(wrong._replace(element=at, component=component.at, repetition=repetition))
    found += _moment(element, parts, found, repetition)
    surplus = parts[len(element.components) :]
    if any(surplus):
        most = f"at most {len(element.components)} components"
        where = len(element.components) + 1
        found.append(
            Finding("element.components", at, where, repetition, next(filter(None, surplus)), most, element.ref)
        )
    found += list(_unmet("", at, element.components, element.conditions, ["", *parts], found, repetition))
    yield from found


def _moment(element: ElementDef, parts: list[str], known: list[Finding], repetition: int) -> Iterator[Finding]:
    """The value of a date and its format belong together (ISO 9735, C507)."""
    places = dated(element.components)
    if places is None or max(places) > len(parts) or any(one.component in places for one in known):
        return
    value, form = parts[places[0] - 1], parts[places[1] - 1]
    if value and not is_moment(value, form):
        ref = element.components[places[0] - 1].ref
        yield Finding("element.date", element.at, places[0], repetition, value, _MOMENTS[form][0], ref)


def _absent(element: ElementDef, at: int, component: int, repetition: int = 0) -> Iterator[Finding]:
    if element.usage == "required":
        code = "element.missing"
    elif element.guide_usage == "required":
        code = "element.dependent-missing"
    else:
        return
    expected = element.name if element.components else f"{element.name} ({_form(element)})"
    guide = element.usage != "required"
    yield Finding(code, at, component, repetition, expected=expected, ref=element.ref, guide=guide)


def is_present(value: str) -> bool:
    """Whether an element holds anything but separators."""
    return bool(value.strip(COMPONENT + REPEAT))


# --- conditions (X12.6 3.8, EDIFACT dependency notes)


def _unmet(
    tag: str,
    at: int,
    parts: tuple[ElementDef, ...],
    conditions: tuple[Condition, ...],
    values: Segment,
    known: list[Finding],
    repetition: int = 0,
) -> Iterator[Finding]:
    """Findings of the conditions over a segment (`at` 0) or over the components of element `at`."""

    missing = {(one.element, one.component) for one in known if one.code in _MISSING}

    def present(position: int) -> bool:
        return position < len(values) and is_present(values[position])

    for condition in conditions:
        if condition.kind not in "RO" and min(condition.positions) >= len(values):
            continue  # nothing of it is there, and only these two ask for something
        found = broken(condition, present)
        if found is None:
            continue
        code, position = found
        element, component = (at, position) if at else (position, 0)
        if code == "element.conditional-missing":
            if (element, component) in missing:
                continue
            missing.add((element, component))
        names = [f"component {n}" if at else f"{tag}{n:02d}" for n in condition.positions]
        yield Finding(
            code,
            element,
            component,
            repetition,
            found=values[position] if position < len(values) else "",
            expected=in_words(condition, names),
            ref=parts[position - 1].ref,
            guide=condition.guide,
        )


_MISSING = ("element.missing", "element.dependent-missing")


# --- words


def _value(
    code: str, element: ElementDef, value: str, expected: str, severity: Severity | None = None, guide: bool = False
) -> Finding:
    return Finding(code, 0, 0, 0, value, expected, element.ref, severity, guide)


def _form(element: ElementDef, guide: bool = False) -> str:
    """`R, 1-15 characters`."""
    if element.kind == "DT":
        return _date_form(element)
    least, most = (element.effective_min, element.effective_max) if guide else (element.min, element.max)
    kind = f"N{element.places}" if element.kind == "N" else element.kind
    length = f"{least}" if least == most else f"{least}-{most}"
    return f"{kind}, {length} character{'' if length == '1' else 's'}"


def _date_form(element: ElementDef) -> str:
    if element.max < 8:
        return "a date YYMMDD"
    return "a date CCYYMMDD" if element.min > 6 else "a date YYMMDD or CCYYMMDD"


def _has_control(value: str) -> bool:
    return not value.isprintable() and any(unicodedata.category(character) == "Cc" for character in value)
