"""A slow, plain interpreter of schemas: the oracle the checker is held against.

It shares no logic with edi/check.py, edi/automaton.py, edi/check_code.py, edi/element_rules.py and edi/conditions.py:
it looks at the schema anew for every segment, keeps no table and generates nothing. It yields the same faults in the
same order (as plain tuples) and the same tree.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from typing import Any

from edi.model import COMPONENT, REPEAT, Message
from edi.structure import Condition, ElementDef, Entry, LoopEntry, Schema, SegmentDef, SegmentEntry

# (code, segment, path, element, component, repetition, severity or None, guide)
Seen = tuple[str, int, str, int, int, int, str | None, bool]

READERS = {("ST", 1), ("ST", 2), ("SE", 1), ("SE", 2), ("UNH", 1), ("UNT", 1), ("UNT", 2)}


@dataclass
class Frame:
    """An open occurrence: its layout as it holds here, the entry reached last, and what it holds."""

    layout: tuple[Entry, ...]
    items: list[Any]
    path: str
    loop: LoopEntry | None = None
    reached: int = -1
    late: bool = False  # the loop reached last came after others that should follow it


@dataclass
class Interpretation:
    tree: list[Any]
    faults: list[Seen] = field(default_factory=list)
    unplaced: list[list[str]] = field(default_factory=list)


def interpret(schema: Schema, message: Message, decimal: str = "") -> Interpretation:
    """What the checker must find."""
    frames = [Frame(schema.layout, [None] * len(schema.layout), message.name)]
    result = Interpretation(frames[0].items)
    inside = {tag for tag, _ in _tags(schema.layout)}
    for number, segment in enumerate(message.segments, 1):
        tag = segment[0]
        places = _places(frames, tag) if tag in inside else []
        if not places:
            code = "segment.unexpected"
            if tag not in schema.tags:
                code = "segment.unknown"
            elif tag not in inside:
                code = "segment.undefined"
            elif any(_trigger(e) == tag for frame in frames for e in frame.layout[: max(frame.reached, 0)]):
                code = "segment.order"
            result.faults.append((code, number, f"{frames[-1].path}/{tag}", 0, 0, 0, None, False))
            result.unplaced.append(segment)
            continue
        fitting = [place for place in places if _when_holds(frames[place[0]].layout[place[1]], segment)]
        misfit = not fitting
        usable = fitting or places
        depth, index, _ = _pick(frames, usable)
        result.faults += _due(frames, depth, index, number)
        del frames[depth + 1 :]
        frame = frames[depth]
        back = index < frame.reached
        frame.late = back or (frame.late and index == frame.reached)
        frame.reached = index
        entry = frame.layout[index]
        qualifier = _first(segment)
        variant = next((v for q, v in entry.variants if q == qualifier), None) if entry.variants else None
        holds = variant or entry
        frame.items[index] = frame.items[index] or []
        held = frame.items[index]
        path = frame.path + (f"/{entry.name}" if entry.max == 1 else f"/{entry.name}[{len(held) + 1}]")
        if isinstance(holds, LoopEntry):
            occurrence: list[Any] = [None] * len(holds.layout)
            occurrence[0] = [segment]
            held.append(occurrence)
            frames.append(Frame(holds.layout, occurrence, path, holds, 0))
            definition = holds.layout[0].definition
        else:
            held.append(segment)
            definition = holds.definition
        result.faults += _amount(entry, variant, held, qualifier, number, path)
        if back:
            result.faults.append(("segment.order", number, path, 0, 0, 0, "warning", False))
        wrong = _segment_faults(definition, segment, decimal)
        if misfit:
            assert isinstance(entry, LoopEntry)
            wrong = _misfit(entry, segment, wrong) + wrong
        for code, element, component, repetition, severity, guide in wrong:
            if (tag, element) not in READERS:
                name = f"{tag}{element:02d}" + (f"-{component}" if component else "")
                result.faults.append((code, number, f"{path}/{name}", element, component, repetition, severity, guide))
    result.faults += _due(frames, -1, 0, len(message.segments) + 1)
    return result


def _tags(layout: tuple[Entry, ...]) -> list[tuple[str, Entry]]:
    found: list[tuple[str, Entry]] = []
    for entry in layout:
        found.append((_trigger(entry), entry))
        if isinstance(entry, LoopEntry):
            found += _tags(entry.layout)
    return found


def _trigger(entry: Entry) -> str:
    return entry.tag if isinstance(entry, SegmentEntry) else entry.trigger


def _first(segment: list[str]) -> str:
    return segment[1].split(REPEAT)[0].split(COMPONENT)[0] if len(segment) > 1 else ""


def _places(frames: list[Frame], tag: str) -> list[tuple[int, int, bool]]:
    """Where a tag may go, nearest first: depth, index, and whether a mandatory entry of the standard is left out."""
    found, left_out = [], False
    for depth in range(len(frames) - 1, -1, -1):
        frame = frames[depth]
        for index, entry in enumerate(frame.layout):
            if index < frame.reached or (depth > 0 and index == 0):
                continue
            closed = frame.late and index > frame.reached and isinstance(entry, LoopEntry)
            if _trigger(entry) == tag and not closed:
                found.append((depth, index, left_out))
            if index > frame.reached and entry.usage == "required":
                left_out = True
        if frame.loop is not None and not frame.loop.ordered:
            for index, entry in enumerate(frame.layout[: frame.reached]):
                if isinstance(entry, LoopEntry) and entry.trigger == tag and frame.items[index] is None:
                    found.append((depth, index, left_out))
    return found


def _when_holds(entry: Entry, segment: list[str]) -> bool:
    if not isinstance(entry, LoopEntry) or entry.when is None:
        return True
    return all(_at(segment, test.element, test.component) in test.values for test in entry.when.tests)


def _at(segment: list[str], element: int, component: int) -> str:
    value = segment[element].split(REPEAT)[0] if element < len(segment) else ""
    parts = value.split(COMPONENT)
    return value if component == 0 else parts[component - 1] if component <= len(parts) else ""


def _pick(frames: list[Frame], places: list[tuple[int, int, bool]]) -> tuple[int, int, bool]:
    def room(place: tuple[int, int, bool]) -> bool:
        entry, held = frames[place[0]].layout[place[1]], frames[place[0]].items[place[1]]
        return entry.max is None or held is None or len(held) < entry.max

    complete = [place for place in places if not place[2]]
    first = complete[0] if complete else places[0]
    if room(first):
        return first
    for place in places[places.index(first) + 1 :]:
        if not place[2] and room(place):
            return place
    return first


def _due(frames: list[Frame], depth: int, index: int, number: int) -> list[Seen]:
    """What is missing when the entry `index` of the frame at `depth` comes next (-1: nothing comes any more)."""
    faults: list[Seen] = []
    for level in range(len(frames) - 1, max(depth, 0) - 1, -1):
        frame = frames[level]
        until = index if level == depth else len(frame.layout)
        for at in range(max(frame.reached, 0), until):
            entry, held = frame.layout[at], frame.items[at]
            if _trigger(entry) in ("ST", "SE", "UNH", "UNT"):
                continue
            loop = isinstance(entry, LoopEntry)
            guide_code = "loop.minimum" if loop else "segment.dependent-missing"
            path = f"{frame.path}/{entry.name}"
            if not held and entry.usage == "required":
                faults.append(("segment.missing", number, path, 0, 0, 0, None, False))
            elif not held and entry.guide_usage == "required":
                faults.append((guide_code, number, path, 0, 0, 0, None, True))
            else:
                seen = [_first(one[0][0] if loop else one) for one in held or []]
                for qualifier, variant in entry.variants:
                    if variant.guide_usage == "required" and qualifier not in seen:
                        faults.append((guide_code, number, f"{path}[{qualifier}]", 0, 0, 0, None, True))
    return faults


def _amount(entry: Entry, variant: Entry | None, held: list[Any], qualifier: str, number: int, path: str) -> list[Seen]:
    loop = isinstance(entry, LoopEntry)
    code = "loop.repeat" if loop else "segment.repeat"
    faults: list[Seen] = []
    alike = sum(_first(one[0][0] if loop else one) == qualifier for one in held)
    if entry.max is not None and len(held) > entry.max:
        faults.append((code, number, path, 0, 0, 0, None, False))
    elif (entry.guide_max is not None and len(held) > entry.guide_max) or (
        variant is not None and variant.guide_max is not None and alike > variant.guide_max
    ):
        faults.append((code, number, path, 0, 0, 0, None, True))
    rule = variant or entry
    if rule.usage == "not_used":
        faults.append(("segment.not-used", number, path, 0, 0, 0, None, False))
    elif rule.guide_usage == "not_used":
        faults.append(("segment.not-used", number, path, 0, 0, 0, None, True))
    return faults


# --- elements

Wrong = tuple[str, int, int, int, str | None, bool]


def _misfit(entry: LoopEntry, segment: list[str], known: list[Wrong]) -> list[Wrong]:
    assert entry.when is not None
    for test in entry.when.tests:
        wrong = _at(segment, test.element, test.component) not in test.values
        if wrong and not any(fault[1] == test.element for fault in known):
            return [("element.code", test.element, test.component, 0, None, False)]
    return []


def _segment_faults(definition: SegmentDef, segment: list[str], decimal: str) -> list[Wrong]:
    faults: list[Wrong] = []
    values = [segment[n] if n < len(segment) else "" for n in range(1, len(definition.elements) + 1)]
    for element, value in zip(definition.elements, values, strict=True):
        faults += _element_faults(element, value, decimal)
    extra = segment[len(definition.elements) + 1 :]
    if any(value != "" for value in extra):
        faults.append(("element.too-many", len(definition.elements) + 1, 0, 0, None, False))
    if len(segment) > 1 and segment[-1] == "":
        faults.append(("element.trailing", len(segment) - 1, 0, 0, None, False))
    missing = {
        fault[1] for fault in faults if fault[2] == 0 and fault[0] in ("element.missing", "element.dependent-missing")
    }
    filled = [bool(value.replace(COMPONENT, "").replace(REPEAT, "")) for value in values]
    for code, position, guide in _conditions(definition.conditions, filled, missing):
        faults.append((code, position, 0, 0, None, guide))
    return sorted(faults, key=lambda fault: (fault[1], fault[3], fault[2]))


def _conditions(
    conditions: tuple[Condition, ...], filled: list[bool], missing: set[int]
) -> list[tuple[str, int, bool]]:
    found = []
    for condition in conditions:
        there = [n for n in condition.positions if filled[n - 1]]
        gone = [n for n in condition.positions if not filled[n - 1]]
        first = condition.positions[0]
        lack, surplus = None, None
        if condition.kind == "P" and there and gone:
            lack = gone[0]
        elif condition.kind in "RO" and not there:
            lack = first
        elif condition.kind in "EO" and len(there) >= 2:
            surplus = there[1]
        elif condition.kind == "C" and first in there and gone:
            lack = gone[0]
        elif condition.kind == "L" and there == [first]:
            lack = condition.positions[1]
        elif condition.kind == "X" and first in there and len(there) > 1:
            surplus = there[1]
        if lack is not None and lack not in missing:
            missing.add(lack)
            found.append(("element.conditional-missing", lack, condition.guide))
        if surplus is not None:
            found.append(("element.excluded", surplus, condition.guide))
    return found


def _element_faults(element: ElementDef, value: str, decimal: str) -> list[Wrong]:
    at, faults = element.at, []
    empty = not value.replace(COMPONENT, "").replace(REPEAT, "")
    if empty and element.usage == "required":
        faults.append(("element.missing", at, 0, 0, None, False))
    elif empty and element.guide_usage == "required":
        faults.append(("element.dependent-missing", at, 0, 0, None, True))
    elif not empty and "not_used" in (element.usage, element.guide_usage):
        return [("element.not-used", at, 0, 0, None, element.usage != "not_used")]
    occurrences = value.split(REPEAT)
    if element.repeat is not None and len(occurrences) > element.repeat:
        faults.append(("element.repeat", at, 0, element.repeat + 1, None, False))
    for n, occurrence in enumerate(occurrences):
        repetition = n + 1 if len(occurrences) > 1 else 0
        parts = occurrence.split(COMPONENT)
        if element.components:
            faults += _composite_faults(element, parts, repetition, decimal)
        elif len(parts) > 1:
            faults.append(("element.components", at, 0, repetition, None, False))
        elif occurrence:
            wrong = _value_fault(element, occurrence, decimal)
            faults += [(wrong[0], at, 0, repetition, wrong[1], wrong[2])] if wrong else []
    return faults


def _composite_faults(element: ElementDef, parts: list[str], repetition: int, decimal: str) -> list[Wrong]:
    at, faults = element.at, []
    if len(parts) > 1 and parts[-1] == "":
        faults.append(("element.trailing", at, len(parts), repetition, None, False))
    if all(part == "" for part in parts):
        return faults
    missing = set()
    values = [parts[n] if n < len(parts) else "" for n in range(len(element.components))]
    for component, value in zip(element.components, values, strict=True):
        here = (at, component.at, repetition)
        if value == "":
            if component.usage == "required":
                faults.append(("element.missing", *here, None, False))
                missing.add(component.at)
            elif component.guide_usage == "required":
                faults.append(("element.dependent-missing", *here, None, True))
                missing.add(component.at)
        elif component.usage == "not_used":
            faults.append(("element.not-used", *here, None, False))
        elif component.guide_usage == "not_used":
            faults.append(("element.not-used", *here, None, True))
        else:
            wrong = _value_fault(component, value, decimal)
            faults += [(wrong[0], *here, wrong[1], wrong[2])] if wrong else []
    said = {component.ref: value for component, value in zip(element.components, values, strict=True)}
    judged = {c.ref for c in element.components for f in faults if f[1:3] == (at, c.at)}
    both = said.get("2380") and said.get("2379") and not judged & {"2380", "2379"}
    if both and not _is_moment(said["2380"], said["2379"]):
        where = next(component.at for component in element.components if component.ref == "2380")
        faults.append(("element.date", at, where, repetition, None, False))
    if any(parts[len(values) :]):
        faults.append(("element.components", at, len(values) + 1, repetition, None, False))

    for code, position, guide in _conditions(element.conditions, [bool(value) for value in values], missing):
        faults.append((code, at, position, repetition, None, guide))
    return faults


def _value_fault(element: ElementDef, value: str, decimal: str) -> tuple[str, str | None, bool] | None:
    """Code, severity and guide of what is wrong with a value."""
    size = len(value)
    if element.kind == "DT":
        if not (_is_date(value) and element.min <= size <= element.max):
            return "element.date", None, False
    elif element.kind == "TM":
        if not (_is_time(value) and element.min <= size <= element.max):
            return "element.time", None, False
    elif element.kind in ("N", "R", "n"):
        digits = value.removeprefix("-")
        whole, mark, fraction = digits.partition("." if "." in digits or element.kind == "R" else ",")
        pieces = [whole, fraction] if mark else [whole]
        if not all(set(piece) <= set("0123456789") for piece in pieces) or not (whole + fraction):
            return "element.number", None, False
        if (element.kind == "N" and mark) or (element.kind == "n" and "" in pieces):
            return "element.number", None, False
        size = len(whole + fraction)
        if element.kind == "n" and mark and decimal and mark != decimal:
            return "element.number", "warning", False
    else:
        controls = any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value)
        if controls or (element.kind == "a" and any(character.isdigit() for character in value)):
            return "element.character", None, False
    if size < element.min:
        return "element.short", None, False
    if size > element.max:
        return "element.long", None, False
    own, narrow = element.codes, element.guide_codes
    narrowly_listed = narrow is not None and value in narrow.values
    if own is not None and not own.open and value not in own.values:
        return "element.code", None, False
    if element.guide_min is not None and size < element.guide_min:
        return "element.short", None, True
    if element.guide_max is not None and size > element.guide_max:
        return "element.long", None, True
    if narrow is not None and not narrow.open and not narrowly_listed:
        return "element.code", None, True
    if own is not None and value not in own.values and not narrowly_listed:
        return "element.code", "warning", False
    if narrow is not None and not narrowly_listed:
        return "element.code", "warning", True
    return None


def _is_date(value: str) -> bool:
    if not set(value) <= set("0123456789") or len(value) not in (6, 8):
        return False
    if len(value) == 6:
        value = ("19" if int(value[:2]) >= 50 else "20") + value
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:])
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _is_moment(value: str, form: str) -> bool:
    """A date or time of C507, spelt out by format."""
    if form not in ("2", "4", "101", "102", "201", "203", "204"):
        return True
    long_year = form in ("4", "102", "203", "204")
    clock = {"201": 4, "203": 4, "204": 6}.get(form, 0)
    if len(value) != (8 if long_year else 6) + clock or not set(value) <= set("0123456789"):
        return False
    day, time = value[: len(value) - clock], value[len(value) - clock :]
    if form in ("2", "4"):
        day = day[4:] + day[2:4] + day[:2]
    return _is_date(day) and (not time or _is_time(time))


def _is_time(value: str) -> bool:
    if not set(value) <= set("0123456789") or len(value) not in (4, 6, 7, 8):
        return False
    return int(value[:2]) <= 23 and int(value[2:4]) <= 59 and (len(value) == 4 or int(value[4:6]) <= 59)
