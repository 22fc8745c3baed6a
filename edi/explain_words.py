"""The values of a segment in words: dates, codes, quantities with their units, each beside the name of its element.

Not here: where a segment stands and what is wrong with it (edi/explain.py). Rule protected: what cannot be put in words
is shown as it came; nothing is left out but the code of a kind, a unit or a format, which the raw segment shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from edi import moments
from edi.faults import visible
from edi.model import COMPONENT, REPEAT, Identity, Segment, Syntax
from edi.structure import ElementDef, SegmentDef

LONGEST = 500  # characters of a value or a raw segment that are shown

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ("355", "6411")  # data elements that hold the unit of the quantity before them
_DURATIONS = {"801": "years", "802": "months", "803": "weeks", "804": "days", "805": "hours", "806": "minutes"}

# X12 data element I05 and EDIFACT data element 0007: whose numbering an interchange identity is from.
_IDENTITIES: dict[Syntax, dict[str, str]] = {
    "x12": {
        "01": "D-U-N-S number",
        "02": "carrier code",
        "04": "airline code",
        "07": "global location number",
        "08": "UCC communications id",
        "12": "telephone number",
        "14": "D-U-N-S number with suffix",
        "16": "D-U-N-S number with 4 characters",
        "30": "US tax number",
        "33": "insurer number",
        "ZZ": "agreed name",
    },
    "edifact": {
        "1": "D-U-N-S number",
        "4": "airline code",
        "5": "SIRET number",
        "8": "UCC communications id",
        "9": "D-U-N-S number with suffix",
        "12": "telephone number",
        "14": "GS1 location number",
        "18": "AIAG number",
        "22": "SIREN number",
        "30": "ISO 6523 number",
        "31": "DIN number",
        "ZZZ": "agreed name",
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """One value: its place in the segment (element, component), a label of the place, its name, and its text."""

    element: int
    component: int
    label: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Cell:
    element: int
    component: int  # 0: not a composite
    definition: ElementDef | None
    value: str

    @property
    def name(self) -> str:
        return self.definition.name if self.definition else ""

    @property
    def ref(self) -> str:
        return self.definition.ref if self.definition else ""

    def follows(self, other: _Cell) -> bool:
        """Is it the next position of the same level?"""
        if self.component:
            return (self.element, self.component) == (other.element, other.component + 1)
        return not other.component and self.element == other.element + 1


def lines_of(segment: Segment, definition: SegmentDef | None) -> Iterator[Line]:
    """Every value of a segment; a kind stands before its value, a unit behind its quantity."""
    cells = list(_cells(segment, definition))
    at = 0
    while at < len(cells):
        cell = cells[at]
        name, used = cell.name, 1
        following = cells[at + 1] if at + 1 < len(cells) else None
        if following is not None and following.follows(cell) and _is_kind_of(cell, following):
            name = f"{meaning(cell.definition, cell.value) or following.name} ({plain(cell.value)})"
            cell, used = following, 2
        text = value_in_words(cell.definition, cell.value)
        after = cells[at + used] if at + used < len(cells) else None
        if after is not None and after.follows(cell):
            if (cell.ref, after.ref) == ("7140", "7143"):
                name = f"{meaning(after.definition, after.value) or name} ({plain(after.value)})"
                used += 1
            elif after.ref in _UNITS and cell.value.strip(" 0123456789.,-+") == "":
                text = f"{text} {value_in_words(after.definition, after.value)}"
                used += 1
            elif after.ref == "2379":
                text = period_in_words(cell.value, after.value)
                used += 1
        if cell.ref == "1251" and cells[at].ref == "1250":
            text = _x12_period(cell.value, cells[at].value)
        yield Line(cells[at].element, cells[at].component, _label(plain(segment[0]), cells[at : at + used]), name, text)
        at += used


def meaning(definition: ElementDef | None, value: str) -> str:
    """What a code means, empty if nobody told."""
    codes = definition.effective_codes if definition else None
    return codes.values.get(value.strip(), "") if codes else ""


def value_in_words(definition: ElementDef | None, value: str) -> str:
    """A single value: a code with its meaning, a date or time readable, implied decimals written out."""
    shown = plain(value)
    if definition is None:
        return shown
    if known := meaning(definition, value):
        return f"{shown} ({known})"
    if definition.kind == "DT":
        return day(moments.read_date(value) or moments.read_date6(value) or "") or shown
    if definition.kind == "TM":
        return moments.read_time(value) or shown
    digits = value.removeprefix("-")
    if definition.kind == "N" and definition.places and digits.isascii() and digits.isdigit():
        padded = digits.rjust(definition.places + 1, "0")
        return f"{'-' * (digits != value)}{padded[: -definition.places]}.{padded[-definition.places :]}"
    return shown


def day(iso: str) -> str:
    """`2026-11-24T10:30` as `24 Nov 2026 10:30`; empty text stays empty."""
    if not iso:
        return ""
    year, _, rest = iso[:10].partition("-")
    if rest.startswith("W"):
        week, _, weekday = rest[1:].partition("-")
        return f"week {int(week)} of {year}" + (f", day {weekday}" if weekday else "")
    month, _, date = rest.partition("-")
    words = f"{int(date)} " if date else ""
    clock = iso[11:]
    return f"{words}{_MONTHS[int(month) - 1]} {year}" + (f" {clock}" if clock else "")


def period_in_words(value: str, form: str) -> str:
    """A value of EDIFACT C507 by its format code (data element 2379)."""
    if found := moments.read_dtm(value, form, day=False):
        return day(found)
    if form in _DURATIONS and value.isascii() and value.isdigit():
        return f"{int(value)} {_DURATIONS[form]}"
    digits = value.replace("-", "")
    if form == "718" and len(digits) == 16:
        first, last = moments.read_date(digits[:8]), moments.read_date(digits[8:])
        if first and last:
            return f"{day(first)} to {day(last)}"
    return plain(value) + (f" (format {plain(form)})" if form else "")


def sent_in_words(date: str, time: str) -> str:
    """Date and time of an envelope."""
    found = moments.read_date(date) or moments.read_date6(date)
    clock = moments.read_time(time)
    return " ".join(part for part in (day(found or "") or plain(date), clock or plain(time)) if part)


def identity_in_words(identity: Identity, syntax: Syntax) -> str:
    """`123456789 (D-U-N-S number)`."""
    qualifier = identity.qualifier.strip()
    kind = _IDENTITIES[syntax].get(qualifier, f"qualifier {plain(qualifier)}" if qualifier else "")
    return (plain(identity.id) or "nobody named") + (f" ({kind})" if kind else "")


def plain(text: str) -> str:
    """The text on one line, without control characters and not longer than LONGEST."""
    return visible(text.strip(), LONGEST)


def _cells(segment: Segment, definition: SegmentDef | None) -> Iterator[_Cell]:
    for at, value in enumerate(segment[1:], 1):
        element = definition.element(at) if definition else None
        for repetition in value.split(REPEAT):
            parts = repetition.split(COMPONENT)
            if len(parts) == 1 and not (element and element.components):
                if repetition:
                    yield _Cell(at, 0, element, repetition)
                continue
            for component, part in enumerate(parts, 1):
                if part:
                    inner = definition.element(at, component) if definition else None
                    yield _Cell(at, component, inner or (element and _unnamed(element)), part)


def _unnamed(element: ElementDef) -> ElementDef | None:
    """What is known of a component that the dictionary does not have: the name of its element."""
    return dataclasses.replace(element, components=(), codes=None, guide_codes=None, kind="composite")


def _is_kind_of(cell: _Cell, following: _Cell) -> bool:
    """Does the code only say what the next value is: a date kind before a date, `BP` before a product id?"""
    if (cell.ref, following.ref) in (("2005", "2380"), ("1250", "1251")):
        return True
    subject = cell.name.removesuffix(" kind")
    return bool(subject) and subject != cell.name and subject.split()[-1] in following.name.split()


def _x12_period(value: str, form: str) -> str:
    """X12 data element 1251 by its format code (data element 1250)."""
    if form in ("D8", "D6"):
        return day(moments.read_date(value) or moments.read_date6(value) or "") or plain(value)
    if form == "RD8" and "-" in value:
        first, last = (moments.read_date(part) for part in value.split("-", 1))
        if first and last:
            return f"{day(first)} to {day(last)}"
    if form == "DT":
        return day(moments.read_datetime(value) or "") or plain(value)
    return plain(value)


def _label(tag: str, cells: list[_Cell]) -> str:
    first, last = cells[0], cells[-1]
    start = f"{tag}{first.element:02d}"
    if first.component:
        return f"{start}-{first.component}"
    return start if first is last else f"{start}-{last.element:02d}"
