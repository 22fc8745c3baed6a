"""The elements of one segment in a map's reader as Python source: single values, lists, tables, converters, pairs.

Not here: nodes, loops and items (edi/mapping_read.py), the functions the source calls (edi/mapping_runtime.py). Rules
protected: an empty element is an absent field; what cannot be read is noted with its place and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from edi.documents.types import Code, Data
from edi.event_fields import skeleton
from edi.generated import Source
from edi.mapping_nodes import Address, Binding, Pair, Pairs, Target, counted
from edi.mapping_shared import Part
from edi.structure import SegmentDef
from edi.tables import Table
from edi.yaml_source import Tree


@dataclass(frozen=True, slots=True)
class Scope:
    """Where generated code stands: the dict it fills, its model, the trigger around it, the path for `inherited`."""

    item: str
    model: type[Data]
    trigger: str
    path: str
    fresh: bool = True  # the dict was made here, with what its model starts with
    moves: bool = False  # the items of its lists may go elsewhere when all is read
    note: str = "note"  # what takes notes
    start: str = ""  # the variable with the element one of several items starts at; the first starts at `first`
    first: int = 0

    def at(self, element: int) -> str:
        """An expression for the number of an element."""
        return f"{self.start} + {element - self.first}" if self.start else str(element)


def elements(
    source: Source,
    depth: int,
    bindings: Iterable[Binding],
    definition: SegmentDef,
    segment: str,
    scope: Scope,
    shared: Iterable[Part] = (),
) -> None:
    """The values of a segment; those of `shared` parts are taken from what is kept of them."""
    starts = {part.elements[0]: part for part in shared}
    done = {number for part in starts.values() for number in part.elements}
    by_element: dict[int, list[Binding]] = {}
    for binding in bindings:
        by_element.setdefault(binding.address.element, []).append(binding)
    if by_element:
        source.add(depth, f"n = len({segment})")
    for number, bindings in sorted(by_element.items()):
        if number in starts:
            _shared(source, depth, definition, segment, scope, starts[number])
        if number not in done:
            _element(source, depth, number, bindings, definition, segment, scope)


def _element(
    source: Source,
    depth: int,
    number: int,
    bindings: Iterable[Binding],
    definition: SegmentDef,
    segment: str,
    scope: Scope,
) -> None:
    element, whole = scope.at(number), definition.element(number)
    repeated = whole is not None and whole.repeat != 1
    if any(b.address.component for b in bindings):
        text = f"{segment}[{element}]" + (".partition(RS)[0]" if repeated else "")
        source.add(depth, f"c = {text}.split(CS) if n > {element} else NONE")
        source.add(depth, "m = len(c)")
        for binding in bindings:
            _component(source, depth, binding, segment, scope)
        return
    for binding in bindings:
        if binding.address.rest:
            composite = whole is not None and bool(whole.components)
            text = f"{segment}[k]" + (".partition(CS)[0]" if composite else "")
            source.add(depth, f"for k in range({element}, n):")
            source.add(depth + 1, f"if v := {text}{source.strip}:")
            _store(source, depth + 2, binding, segment, scope, "k", "1" if composite else "0")
        elif binding.address.repeats:
            parts = f"{segment}[{element}].split(RS) if n > {element} else NONE"
            source.add(depth, f"for j, v in enumerate({parts}, 1):" if source.traced else f"for v in {parts}:")
            source.add(depth + 1, f"if v := v{source.strip}:")
            _store(source, depth + 2, binding, segment, scope, element, "0")
        else:
            text = f"{segment}[{element}]" + (".partition(RS)[0]" if repeated else "")
            source.add(depth, f"if n > {element} and (v := {text}{source.strip}):")
            _store(source, depth + 1, binding, segment, scope, element, "0")
            _absent(source, depth, binding, scope)


def _shared(source: Source, depth: int, definition: SegmentDef, segment: str, scope: Scope, part: Part) -> None:
    """Code that takes one object from what is kept, or reads it and keeps it; `ok` is whether it may be kept."""
    place = f"{scope.item}[{part.name!r}]"
    known = kept_of(source, depth, part, segment)
    source.add(depth, f"if y is not None and {part.name!r} not in {scope.item}:")
    source.add(depth + 1, f"{place} = {'[y]' if part.many else 'y'}")
    source.add(depth, "else:")
    source.add(depth + 1, f"if not (ok := {part.name!r} not in {scope.item}):")
    source.add(depth + 2, f"{place} = opened({place})")
    heard = replace(scope, note="ok = note")  # taking a note gives None
    for number in part.elements:
        own = [binding for binding in part.bindings if binding.address.element == number]
        _element(source, depth + 1, number, own, definition, segment, heard)
    source.add(depth + 1, f"if ok and k and {part.name!r} in {scope.item}:")
    place += "[0]" if part.many else ""
    source.add(depth + 2, f"{place} = keep({known}, k, {source.bind('o', part.model)}, {place})")


def kept_of(source: Source, depth: int, part: Part, segment: str) -> str:
    """Code that puts the text of a part into `k` and what is kept of it into `y`, both None if there is nothing; the
    name of the values kept."""
    known = source.bind("g", {})
    texts = [f"{segment}[{number}]" for number in part.elements]
    key = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    source.add(depth, f"y = {known}.get(k := {key}) if n > {part.elements[-1]} else (k := None)")
    return known


def _component(source: Source, depth: int, binding: Binding, segment: str, scope: Scope) -> None:
    element, component = scope.at(binding.address.element), binding.address.component
    if binding.address.rest:
        source.add(depth, f"for k in range({component - 1}, m):")
        source.add(depth + 1, f"if v := c[k]{source.strip}:")
        _store(source, depth + 2, binding, segment, scope, element, "k + 1")
        return
    source.add(depth, f"if m > {component - 1} and (v := c[{component - 1}]{source.strip}):")
    _store(source, depth + 1, binding, segment, scope, element, str(component))
    _absent(source, depth, binding, scope)


def _absent(source: Source, depth: int, binding: Binding, scope: Scope) -> None:
    if binding.from_order and binding.target is not None:
        path = "" if binding.target.root else scope.path
        source.add(depth, "else:")
        source.add(depth + 1, f"inherited(f{path + binding.target.text!r})")


def holder_of(scope: Scope, target: Target) -> str:
    """The dict that holds the last step of a path (of an id: the dict that has `ids`), made on the way."""
    found = "e" if target.root else scope.item
    last = len(target.steps) - (2 if target.scheme else 1)
    for step, field in zip(target.steps[:last], target.along[:last], strict=True):
        found = f"{'first' if field.many else 'sub'}({found}, {step!r})"
    return found


def _held(source: Source, depth: int, scope: Scope, target: Target) -> str:
    """As holder_of; an object right inside the item is looked up without a call."""
    last = len(target.steps) - (2 if target.scheme else 1)
    if last != 1 or target.root or target.along[0].many:
        return holder_of(scope, target)
    here = f"{scope.item}[{target.steps[0]!r}]"
    if scope.fresh and target.steps[0] in skeleton(scope.model):
        return here
    source.add(depth, f"h = {scope.item}.get({target.steps[0]!r})")
    source.add(depth, "if h is None:")
    source.add(depth + 1, f"h = {here} = {{}}")
    return "h"


def _store(
    source: Source, depth: int, binding: Binding, segment: str, scope: Scope, element: str, component: str
) -> None:
    """Code that takes the non-empty text `v` into the event."""
    place = f"{segment}, {element}, {component}, v"
    ref = binding.definition.ref
    if binding.kind == "const":
        source.add(depth, f"if v != {binding.text!r}:")
        source.add(depth + 1, f"{scope.note}(('map.const', {place}, {binding.text!r}, {ref!r}, None))")
        return
    if binding.kind == "shape":
        source.add(depth, f"shaped.append(({place}, {ref!r}))")
        return
    if binding.kind == "count" and binding.text == "hl":
        source.add(depth, f"counted.append(({place}))")
        return
    target = binding.target
    assert target is not None
    if binding.kind == "count":
        steps, deep = counted(binding)
        source.add(depth, f"later.append(({place}, {steps!r}, {deep!r}))")
        return
    value = "v"
    if binding.table is not None:
        value = _looked_up(source, depth, binding, binding.table, place, scope.note)
    elif binding.converter is not None and (binding.converter.name != "text" or binding.converter.beside):
        value = _converted(source, depth, binding, segment, place, scope.note)
    if value != "v":
        source.add(depth, f"if {value} is not None:")
        depth += 1
    holder = _held(source, depth, scope, target)
    if target.scheme:
        source.add(depth, f"put_id({holder}, {target.scheme!r}, {value})")
    elif target.field.many:
        source.add(depth, f"lst({holder}, {target.steps[-1]!r}).append({value})")
    else:
        if binding.converter is not None and binding.converter.gives == "window":
            value = "dict(zip(('earliest', 'latest'), y.split('/')))"
        source.add(depth, f"{holder}[{target.steps[-1]!r}] = {value}")
    repetition = "j" if binding.address.repeats else "0"
    _trace(source, depth, holder, target, f"{segment}, {element}, {component}, {repetition}", binding.row)


def _trace(source: Source, depth: int, holder: str, target: Target, place: str, row: Tree) -> None:
    """Code that tells where a value came from, in a reader that is asked to."""
    if not source.traced:
        return
    name, at = repr(target.steps[-1]), "None"
    if target.scheme:
        name = repr(f"ids.{target.scheme}")
    elif target.field.many:
        at = f"len({holder}[{name}]) - 1"
    source.rows.append(row)
    source.add(depth, f"trace(({holder}, {name}, {at}, {place}, {len(source.rows) - 1}))")


def _looked_up(source: Source, depth: int, binding: Binding, table: Table, place: str, note: str) -> str:
    assert binding.target is not None
    code = binding.target.field.kind == "code"
    rows: dict[str, Any] = {
        key: ({"value": meaning, "raw": key} if code else meaning) for key, meaning in table.read.items()
    }
    if code and source.ready:
        rows = {key: Code(value=meaning, raw=key) for key, meaning in table.read.items()}
    name = source.bind("t", rows)
    source.add(depth, f"y = {name}.get(v)")
    source.add(depth, "if y is None:")
    if table.unknown == "fault":
        expected = f"one of {', '.join(list(table.read)[:12])}"
        source.add(depth + 1, f"{note}(('map.code-unknown', {place}, {expected!r}, {binding.definition.ref!r}, None))")
    meaning = "v" if table.unknown == "keep" else repr("other")
    source.add(depth + 1, f"y = {{'value': {meaning}, 'raw': v}}" if code else f"y = {meaning}")
    return "y"


def _converted(source: Source, depth: int, binding: Binding, segment: str, place: str, note: str) -> str:
    made = binding.converter
    assert made is not None
    if made.beside == "format":
        read = source.bind("r", made.read2)
        source.add(depth, f"y = {read}(v, c[{binding.address.component}] if m > {binding.address.component} else '')")
    elif made.beside:
        read = source.bind("r", made.read2)
        source.add(depth, f"y = {read}(v, value_at({segment}, {int(made.beside[-2:])}))")
    else:
        source.add(depth, f"y = {source.bind('r', made.read)}(v)")
    source.add(depth, "if y is None:")
    source.add(depth + 1, f"{note}(('map.value', {place}, {made.expected!r}, {binding.definition.ref!r}, None))")
    return "y"


def pairs_code(source: Source, depth: int, pairs: Pairs, definition: SegmentDef, segment: str, scope: Scope) -> None:
    first, value = pairs.first, pairs.value
    if pairs.form == "run":
        source.add(depth, f"for k in range({first.element}, min(len({segment}) - 1, {pairs.last}), 2):")
        source.add(depth + 1, f"p = {segment}[k]{source.strip}")
        source.add(depth + 1, f"v = {segment}[k + 1]{source.strip}")
        place = f"{segment}, k + 1, 0, v"
    elif pairs.form == "composites":
        source.add(depth, f"for k in range({first.element}, min(len({segment}), {pairs.last + 1})):")
        _composite(source, depth + 1, f"{segment}[k].partition(RS)[0].split(CS)", first, value)
        place = f"{segment}, k, {value.component}, v"
    else:
        source.add(depth, "for k in NONE,:")  # once, so that all forms look alike
        if first.element == value.element:
            there = f"len({segment}) > {first.element}"
            parts = f"{segment}[{first.element}].partition(RS)[0].split(CS) if {there} else NONE"
            _composite(source, depth + 1, parts, first, value)
        else:
            for name, at in (("p", first), ("v", value)):
                whole = definition.element(at.element)
                if whole is None or at.component or whole.repeat != 1:
                    text = f"value_at({segment}, {at.element}, {at.component})"
                else:
                    text = f"({segment}[{at.element}] if len({segment}) > {at.element} else '')"
                source.add(depth + 1, f"{name} = {text}{source.strip}")
        place = f"{segment}, {value.element}, {value.component}, v"
    source.add(depth + 1, "if not v:")
    source.add(depth + 2, "continue")
    alike: dict[tuple[str, ...], list[str]] = {}  # what is done -> its qualifiers
    for pair in pairs.pairs:
        start = len(source.lines)
        _pair(source, depth + 2, pairs, pair, place, scope)
        alike.setdefault(tuple(source.lines[start:]), []).append(pair.qualifier)
        del source.lines[start:]
    word = "if"
    for lines, qualifiers in alike.items():
        source.add(depth + 1, f"{word} p in {{{', '.join(map(repr, qualifiers))}}}:")
        source.lines += lines
        word = "elif"


def _composite(source: Source, depth: int, parts: str, first: Address, value: Address) -> None:
    """Code that takes a qualifier and its value out of the components of one element."""
    source.add(depth, f"c = {parts}")
    source.add(depth, "m = len(c)")
    for name, at in (("p", first.component - 1), ("v", value.component - 1)):
        source.add(depth, f"{name} = c[{at}]{source.strip} if m > {at} else ''")


def _pair(source: Source, depth: int, pairs: Pairs, pair: Pair, place: str, scope: Scope) -> None:
    """Code that takes the text `v`, which stands beside the qualifier `p`, into the event."""
    text = "v"
    if pair.converter.name != "text":
        source.add(depth, f"y = {source.bind('r', pair.converter.read)}(v)")
        source.add(depth, "if y is None:")
        source.add(depth + 1, f"note(('map.value', {place}, {pair.converter.expected!r}, '', None))")
        source.add(depth, "else:")
        depth, text = depth + 1, "y"
    holder = _held(source, depth, scope, pair.target)
    traced = place.removesuffix(", v") + ", 0"
    if pair.target.scheme:
        source.add(depth, f"if not put_id({holder}, {pair.target.scheme!r}, {text}, p):")
        source.add(depth + 1, f"note(('map.unmapped', {place}, '', '', None))")
    elif pair.target.field.many:
        source.add(depth, f"lst({holder}, {pair.target.steps[-1]!r}).append({text})")
    else:
        source.add(depth, f"{holder}.setdefault({pair.target.steps[-1]!r}, {text})")
    _trace(source, depth, holder, pair.target, traced, pairs.row)
