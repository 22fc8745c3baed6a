"""A document made from each shipped schema, with every segment once in layout order, is read as the schema means it.

This finds what no sample would: an entry that can never be reached, a code that does not fit its element, conditions
that contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edi import syntax
from edi.check import Occurrence, compile_check
from edi.model import Message
from edi.resources import maps_folder
from edi.schema import CodeList, Condition, ElementDef, Entry, LoopEntry, Schema, SegmentDef, load_schema

FILES = sorted(
    str(path.relative_to(maps_folder())).removesuffix(".schema.yaml") for path in maps_folder().rglob("*.schema.yaml")
)
VALUES = {"R": "1", "N": "1", "n": "1", "AN": "A", "ID": "A", "B": "A", "a": "A", "an": "A"}
ISA = "ISA*00*          *00*          *01*123456789      *14*4012345000009  *261120*1030*{}*{}*000000001*0*T*>~"


@pytest.mark.parametrize("required", [True, False], ids=["required", "everything"])
@pytest.mark.parametrize("identity", FILES)
def test_a_document_made_from_a_schema_is_in_order(identity: str, required: bool) -> None:
    schema = load_schema(identity)
    message = document(schema, [*segments(schema.layout, required)])
    checked = compile_check(schema).check(message)
    assert [fault.message for fault in checked.faults if fault.severity != "warning"] == []
    assert required or absent(schema.layout, checked.tree) == []


def absent(layout: tuple[Entry, ...], tree: Occurrence) -> list[str]:
    """The entries that no segment reached."""
    names = [entry.name for entry, found in zip(layout, tree, strict=True) if not found and used(entry)]
    for entry, found in zip(layout, tree, strict=True):
        if isinstance(entry, LoopEntry):
            names += [f"{entry.name}/{name}" for one in found or () for name in absent(entry.layout, one)]
    return names


def used(entry: Entry) -> bool:
    return entry.effective_usage != "not_used"


def segments(layout: tuple[Entry, ...], required: bool) -> Iterator[SegmentDef]:
    for entry in layout:
        if entry.effective_usage == "required" or (not required and used(entry)):
            if isinstance(entry, LoopEntry):
                yield from segments(entry.layout, required)
            else:
                yield entry.definition


def document(schema: Schema, definitions: list[SegmentDef]) -> Message:
    """The message of the segments in an interchange of its standard and release."""
    release, name = schema.identity.split("/")[-2:]
    if name == "ta1":
        text = _isa(release) + written(definitions[0], "*", ">") + "~IEA*0*000000001~"
    elif schema.syntax == "x12":
        body = "".join(written(each, "*", ">") + "~" for each in definitions[1:-1])
        text = f"{_isa(release)}GS*{schema.group}*A*B*20261120*1030*1*X*{release}~ST*{name}*0001~{body}"
        text += f"SE*{len(definitions)}*0001~GE*1*1~IEA*1*000000001~"
    else:
        body = "".join(written(each, "+", ":") + "'" for each in definitions[1:-1])
        version = "4:1" if release == "v4" else "D:3" if release == "v3" else f"D:{release[1:4].upper()}"
        text = f"UNB+UNOC:{4 if release == 'v4' else 3}+1:14+2:14+261120:1030+1'UNH+1+{name.upper()}:{version}:UN'"
        text += f"{body}UNT+{len(definitions)}+1'UNZ+1+1'"
    (message,) = (item for item in syntax.read(text.encode()) if isinstance(item, Message))
    return message


def _isa(release: str) -> str:
    return ISA.format("U" if release == "004010" else "^", f"00{release[2:5]}")


def written(definition: SegmentDef, element: str, component: str) -> str:
    """The segment with what it needs: required elements, and those its conditions ask for then."""
    parts = [""] * len(definition.elements)
    for at in needed(definition.elements, definition.conditions):
        part = definition.elements[at - 1]
        parts[at - 1] = value(part)
        if part.components:
            inner = [""] * len(part.components)
            for number in needed(part.components, part.conditions):
                inner[number - 1] = value(part.components[number - 1])
            parts[at - 1] = component.join(inner).rstrip(component)
    return element.join([definition.tag, *parts]).rstrip(element)


def needed(elements: tuple[ElementDef, ...], conditions: tuple[Condition, ...]) -> list[int]:
    """The positions to fill."""
    has = {part.at for part in elements if part.effective_usage == "required"} or {1}
    for condition in conditions * 2:  # what one adds another may ask about
        first, *others = condition.positions
        here = has & set(condition.positions)
        if condition.kind in "RO" and not here:
            has.add(first)
        elif condition.kind == "P" and here:
            has |= set(condition.positions)
        elif condition.kind == "C" and first in has:
            has |= set(others)
        elif condition.kind == "L" and first in has and not has & set(others):
            has.add(others[0])
    return sorted(has)


def value(part: ElementDef) -> str:
    """A value of the element: its first code, else the shortest of its type."""
    codes: CodeList | None = part.effective_codes
    if codes is not None:
        fitting = [code for code in codes.values if part.effective_min <= len(code) <= part.effective_max]
        assert fitting, f"no code of {codes.name} fits {part.ref} {part.type}"
        return fitting[0]
    if part.components:
        return ""
    if part.kind == "DT":
        return "261120" if part.max == 6 else "20261120"
    if part.kind == "TM":
        return "1030"
    return VALUES[part.kind] * part.effective_min
