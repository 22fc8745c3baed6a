"""Documents made from a schema itself: valid ones, damaged ones, and partners' guides that narrow it.

Each is a function of a `random.Random`, so that a seed names a document. Only the schema is used: layout, usage, max,
types, lengths, codes and conditions. Not here: what a checker must say of them (interpreter.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from random import Random

from check_documents import edifact, x12

from edi.errors import MapError
from edi.model import COMPONENT, REPEAT, Message, Segment
from edi.schema import Schema, narrowed
from edi.structure import Comparison, Condition, ElementDef, Entry, LoopEntry, SegmentDef
from edi.yaml_source import load_text

ENVELOPE = ("ST", "SE", "UNH", "UNT")
# A value of each format of a moment (2379) that is judged; any other value is free.
MOMENTS = {
    "2": "241226", "4": "24122026", "101": "261224", "102": "20261224", "201": "2612241030", "203": "202612241030",
    "204": "20261224103059",
}  # fmt: skip
ODD = [
    "", "A", "0", "00", "XX", "-1", "+1", "1.5", ".5", "5.", "1,5", "1E3", "20261345", "20260229", "261120", "2460",
    "103000", "x" * 300, "9" * 40, "a\x01b", "\xa0", "é", "²", "١", COMPONENT, REPEAT, "A" + COMPONENT,
    COMPONENT + "A", "A" + REPEAT, "A" + REPEAT + "A", "A" + COMPONENT + "B" + COMPONENT + "C", COMPONENT * 9 + "Z",
]  # fmt: skip


def message(schema: Schema, segments: Sequence[Segment], una: str = "") -> Message:
    """The segments as a message of the kind the schema describes."""
    return dataclasses.replace(_frame(schema.syntax, una), segments=[list(segment) for segment in segments])


@cache
def _frame(syntax: str, una: str) -> Message:
    return x12("BEG*00~") if syntax == "x12" else edifact("BGM+220'", una=una)


def document(schema: Schema, random: Random) -> list[Segment]:
    """A document the schema allows, as far as its layout is not ambiguous."""
    share = random.choice((0.0, 0.1, 0.3, 0.8))  # of the optional parts
    made = list(_layout(schema.layout, random, share, 400))
    if schema.syntax == "x12" and made[0][0] == "ST":
        made[0], made[-1] = ["ST", "850", "0001"], ["SE", str(len(made)), "0001"]
    elif made[0][0] == "UNH":
        made[0], made[-1] = ["UNH", "1", COMPONENT.join(("ORDERS", "D", "01B", "UN"))], ["UNT", str(len(made)), "1"]
    return made


def _layout(layout: tuple[Entry, ...], random: Random, share: float, room: int) -> list[Segment]:
    made: list[Segment] = []
    for entry in layout:
        if entry.effective_usage == "not_used":
            continue
        required = entry.effective_usage == "required"
        if not required and (random.random() >= share or len(made) >= room):
            continue
        most = min(entry.effective_max or 4, random.choice((1, 1, 2, 4)))
        for _ in range(most):
            if isinstance(entry, LoopEntry):
                tests = entry.when.tests if entry.when else ()
                made.append(_segment(entry.definition, random, share, tests))
                made += _layout(entry.layout[1:], random, share / 2, room // 4)
            else:
                made.append(_segment(entry.definition, random, share))
    return made


def _segment(definition: SegmentDef, random: Random, share: float, tests: tuple[Comparison, ...] = ()) -> Segment:
    values = _parts(definition.elements, definition.conditions, random, max(share, 0.3), tests)
    return [definition.tag, *values]


def _parts(
    parts: tuple[ElementDef, ...],
    conditions: tuple[Condition, ...],
    random: Random,
    share: float,
    tests: tuple[Comparison, ...] = (),
) -> list[str]:
    """The values of a segment or composite, without trailing empty ones."""
    wanted = {part.at for part in parts if part.effective_usage == "required" or random.random() < share}
    wanted |= {test.element for test in tests}
    wanted -= {part.at for part in parts if part.effective_usage == "not_used"}
    fixed = {part.at for part in parts if part.effective_usage == "required"} | {test.element for test in tests}
    for _ in range(8):
        for condition in conditions:
            _repair(condition, wanted, fixed)
    values = {}
    for part in parts:
        if part.at in wanted:
            own = tuple(test for test in tests if test.element == part.at)
            values[part.at] = _value(part, random, share, own)
    _agree(parts, values)
    last = max((at for at, value in values.items() if value), default=0)
    return [values.get(at, "") for at in range(1, last + 1)]


def _repair(condition: Condition, wanted: set[int], fixed: set[int]) -> None:
    first, *rest = condition.positions
    there = [position for position in condition.positions if position in wanted]
    if condition.kind == "P" and there:
        wanted.update(condition.positions)
    if condition.kind in "RO" and not there:
        wanted.add(first)
    if condition.kind in "EO" and len(there) > 1:
        wanted.difference_update([position for position in there[1:] if position not in fixed])
    if first in wanted and condition.kind == "C":
        wanted.update(rest)
    if first in wanted and condition.kind == "L" and not wanted & set(rest):
        wanted.add(rest[0])
    if first in wanted and condition.kind == "X":
        wanted.difference_update([position for position in rest if position not in fixed])


def _value(part: ElementDef, random: Random, share: float, tests: tuple[Comparison, ...]) -> str:
    if part.components:
        inner = tuple(Comparison(test.component, 0, test.values) for test in tests)
        times = random.choice((1, 1, 1, min(part.repeat or 2, 2)))
        one = COMPONENT.join(_parts(part.components, part.conditions, random, share, inner))
        return REPEAT.join([one] * times)
    if tests:
        return random.choice(tests[0].values)
    codes = part.effective_codes
    if codes is not None:
        fitting = [code for code in codes.values if part.effective_min <= len(code) <= part.effective_max]
        known = part.codes.values if part.codes else codes.values
        return random.choice([code for code in fitting if code in known] or fitting or list(codes.values))
    least, most = max(part.effective_min, 1), part.effective_max
    length = random.choice((least, most, min(most, least + 2)))
    length = min(length, 60) if least <= 60 else length
    if part.kind == "DT":
        return "20261224" if length == 8 or least > 6 else "261224"
    if part.kind == "TM":
        return "10305912"[: length if length in (4, 6, 7, 8) else 4]
    if part.kind in ("N", "R", "n"):
        digits = "1" * length
        return f"{digits[0]}.{digits[1:]}" if part.kind != "N" and length > 1 and random.random() < 0.3 else digits
    return "ABCDEFGHIJ"[: length % 10] + "X" * (length - length % 10)


def _agree(parts: tuple[ElementDef, ...], values: dict[int, str]) -> None:
    """A moment (2380) is written in the format (2379) beside it, if both are there."""
    places = {part.ref: part.at for part in parts}
    if {"2379", "2380"} <= set(places) and values.get(places["2379"]) in MOMENTS and places["2380"] in values:
        values[places["2380"]] = MOMENTS[values[places["2379"]]]


def damage(segments: list[Segment], schema: Schema, random: Random) -> None:
    """One to five mutations in place: segments dropped, repeated, swapped, moved; elements wrong, surplus, missing."""
    tags = sorted(schema.segments)
    for _ in range(random.randint(1, 5)):
        if not segments:
            return
        at, other = random.randrange(len(segments)), random.randrange(len(segments))
        segment = segments[at]
        kind = random.randrange(13)
        if kind == 0:
            del segments[at]
        elif kind == 1:
            segments[other:other] = [list(segment) for _ in range(random.choice((1, 1, 3, 30)))]
        elif kind == 2:
            segments[at], segments[other] = segments[other], segments[at]
        elif kind == 3:
            segments.insert(other, segments.pop(at))
        elif kind == 4:
            segment[0] = random.choice([*tags, *sorted(schema.tags)[:50], "QQQ", "", "st"])
        elif kind == 5:
            del segments[at + 1 :]
        elif kind == 6:
            del segment[random.randint(1, len(segment)) :]
        elif kind == 7:
            segment += [random.choice(ODD)] * random.randint(1, 30)
        elif kind == 8:
            segment.append("")
        elif len(segment) > 1:
            _spoil(segment, random.randrange(1, len(segment)), random)


def _spoil(segment: Segment, at: int, random: Random) -> None:
    value = segment[at]
    parts = value.split(COMPONENT)
    parts[random.randrange(len(parts))] = random.choice(ODD)
    segment[at] = random.choice(
        (
            random.choice(ODD), "", COMPONENT.join(parts), value + COMPONENT, value + COMPONENT + "Z",
            value + REPEAT, value + REPEAT + value, REPEAT + value, value + value, value[:-1], value.lower(),
            COMPONENT.join(parts[:1]), REPEAT.join((value, COMPONENT.join(parts))),
        )
    )  # fmt: skip


def guide(schema: Schema, random: Random) -> Schema:
    """The schema narrowed by up to twelve operations a partner might ask for; those that do not apply are left out."""
    addresses = list(schema.entries())
    for _ in range(random.randint(2, 12)):
        address, entry = random.choice(addresses)
        if entry.trigger in ENVELOPE:
            continue
        text = f"- {_operation(address, entry, random)}\n"
        try:
            schema = narrowed(schema, load_text(f"schema:\n{text}", "guide.yaml")["schema"])
        except MapError:
            continue
    return schema


def _operation(address: str, entry: Entry, random: Random) -> str:
    qualifiers = entry.definition.elements[0] if entry.definition.elements else None
    if qualifiers and qualifiers.components:
        qualifiers = qualifiers.components[0]
    if qualifiers and qualifiers.codes and random.random() < 0.3:
        address += f"[{random.choice(list(qualifiers.codes.values))}]"
    kind = random.randrange(6)
    if kind < 2:
        return f'{{usage: "{address}", is: {random.choice(("required", "not_used"))}}}'
    if kind == 2:
        return f'{{max: "{address}", is: {random.randint(1, 3)}}}'
    if kind == 3:
        size = len(entry.definition.elements)
        first, second = random.randint(1, size), random.randint(1, size)
        return f'{{condition: "{address}", add: {random.choice("PRECLOX")}{first:02d}{second:02d}}}'
    element = random.choice(entry.definition.elements)
    place = f"{address}/{entry.trigger}{element.at:02d}"
    if element.components:
        element = random.choice(element.components)
        place += f"-{element.at}"
    if kind == 4 and element.codes:
        some = random.sample(list(element.codes.values), min(3, len(element.codes.values)))
        only = ", ".join(f'"{code}"' for code in some)
        return f'{{codes: "{place}", only: [{only}], open: {random.choice(("yes", "no"))}}}'
    if kind == 4:
        return f'{{usage: "{place}", is: {random.choice(("required", "not_used"))}}}'
    return f'{{length: "{place}", min: {element.min or 1}, max: {max(element.min or 1, element.max - 1)}}}'
