"""The reader of a map as Python source: the tree of a checked message -> a plain dict of canonical texts.

Not here: helper functions (edi/mapping_runtime.py), making faults of notes (edi/mapping.py), unmapped data
(edi/claims.py). Rules protected: every segment is claimed by the first node of its place that fits; an empty element is
an absent field; nothing is invented; nothing is allocated for places as long as nothing is wrong.

The source has one function: `read(T, note, inherited)` with the tree T. `note` takes (code, segment, element,
component, found, expected, ref, severity); `inherited` takes paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edi import mapping_runtime
from edi.documents.types import Data
from edi.event_fields import fields, skeleton
from edi.functions import read_decimal
from edi.generated import Source
from edi.mapping_nodes import Address, Binding, Into, LoopNode, Node, Pairs, SegmentNode, Target, Test
from edi.model import COMPONENT, REPEAT
from edi.structure import value_at
from edi.tables import Table

_OBJECTS = {
    "sub": mapping_runtime.sub,
    "lst": mapping_runtime.lst,
    "first": mapping_runtime.first,
    "put_id": mapping_runtime.put_id,
    "count": mapping_runtime.count,
    "computed": mapping_runtime.computed,
    "read_decimal": read_decimal,
    "value_at": value_at,
    "CS": COMPONENT,
    "RS": REPEAT,
    "NONE": (),
}


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where generated code stands: the dict it fills, its model, the trigger around it, the path for `inherited`."""

    item: str
    model: type[Data]
    trigger: str
    path: str


def read_source(layout: tuple[Node, ...], model: type[Data], constants: dict[str, str]) -> Source:
    """The source of a map's reader."""
    source = Source(_OBJECTS)
    source.add(0, "def read(T, note, inherited):")
    source.add(1, f"e = { ({**skeleton(model), **constants})!r}")
    source.add(1, "later, derived = [], []")
    _layout(source, 1, layout, "T", _Scope("e", model, "None", ""))
    source.add(1, "for s, element, component, found, steps, deep in later:")
    source.add(2, "number = count(e, steps, deep)")
    source.add(2, "if found.lstrip('0') != (str(number) if number else ''):")
    source.add(3, "note(('consistency.count', s, element, component, found, str(number), '', None))")
    source.add(1, "for expression, item, s, element, component, found, ref in derived:")
    source.add(2, "number = computed(expression, item, e)")
    source.add(2, "if number and read_decimal(found) != read_decimal(number):")
    source.add(3, "note(('consistency.total', s, element, component, found, number, ref, None))")
    source.add(1, "return e")
    return source


def _layout(source: Source, depth: int, layout: tuple[Node, ...], tree: str, scope: _Scope) -> None:
    """Nodes of one place share its segments, so they are handled together, in the order of the first."""
    groups: dict[int, list[Node]] = {}
    for node in layout:
        if node.way != "write":
            groups.setdefault(node.index, []).append(node)
    for index, nodes in groups.items():
        if index == 0 and scope.trigger != "None":
            _trigger(source, depth, nodes, scope)
        else:
            _group(source, depth, nodes, f"{tree}[{index}]", scope)


def _trigger(source: Source, depth: int, nodes: list[Node], scope: _Scope) -> None:
    """The one segment that opens a loop: the first node that fits claims it."""
    word = "if"
    for node in nodes:
        assert isinstance(node, SegmentNode)
        tests = [_test(source, scope.trigger, test) for test in node.when]
        if len(nodes) == 1 and not tests:
            _segment(source, depth, node, scope.trigger, scope)
            return
        source.add(depth, f"{word} {' and '.join(tests) or 'True'}:  # {_row(node)}")
        _segment(source, depth + 1, node, scope.trigger, scope)
        word = "elif"


def _group(source: Source, depth: int, nodes: list[Node], place: str, scope: _Scope) -> None:
    loop = isinstance(nodes[0], LoopNode)
    segment = source.name("s")
    one = source.name("x") if loop else segment
    counters = {id(node): source.name("n") for node in nodes if node.most is not None}
    demanded = [node for node in nodes if node.required and node.entry.effective_usage != "required"]
    seen = {id(node): counters.get(id(node)) or source.name("n") for node in demanded}
    for name in dict.fromkeys((*counters.values(), *seen.values())):
        source.add(depth, f"{name} = 0")
    source.add(depth, f"for {one} in {place} or NONE:")
    inner = depth + 1
    if loop:
        source.add(inner, f"{segment} = {one}[0][0]")
    word = "if"
    for node in nodes:
        tests = [_test(source, segment, test) for test in node.when]
        if id(node) in counters:
            tests.append(f"{counters[id(node)]} < {node.most}")
        source.add(inner, f"{word} {' and '.join(tests) or 'True'}:  # {_row(node)}")
        word = "elif"
        counter = counters.get(id(node)) or seen.get(id(node))
        if counter:
            source.add(inner + 1, f"{counter} += 1")
        if isinstance(node, LoopNode):
            _loop(source, inner + 1, node, one, segment, scope)
        else:
            _segment(source, inner + 1, node, segment, scope)
    for node in demanded:
        tag = node.entry.trigger
        source.add(depth, f"if not {seen[id(node)]}:")
        source.add(depth + 1, f"note(('map.required', {scope.trigger}, {tag!r}, 0, '', {_wanted(node)!r}, '', None))")


def _row(node: Node) -> str:
    return f"{node.row.file.rpartition('/')[2]}:{node.row.line}"


def _wanted(node: Node) -> str:
    values = "".join(f" with {test.address} {' or '.join(test.values)}" for test in node.when)
    return f"segment {node.entry.trigger}{values}"


def _test(source: Source, segment: str, test: Test) -> str:
    at = test.address
    if at.component == 0:
        value = f"(len({segment}) > {at.element} and {segment}[{at.element}].rstrip(' '))"
    else:
        value = f"value_at({segment}, {at.element}, {at.component}).rstrip(' ')"
    return f"{value} == {test.values[0]!r}" if len(test.values) == 1 else f"{value} in {test.values!r}"


def _opened(source: Source, depth: int, into: Into, scope: _Scope, trigger: str) -> tuple[_Scope, str]:
    """A fresh item for an `into`; returns its scope and the statement that puts it into its place."""
    item = source.name("d")
    source.add(depth, f"{item} = {skeleton(into.model)!r}")
    outer = _holder(scope, into.target)
    name = into.target.steps[-1]
    path = f"{scope.path}{into.target.text}." if not into.target.root else f"{into.target.text}."
    if into.many:
        items = source.name("q")
        source.add(depth, f"{items} = lst({outer}, {name!r})")
        path += f"{{len({items})}}."
        return _Scope(item, into.model, trigger, path), f"{items}.append({item})"
    # An object may get fields from several places (a party from N1 and REF).
    source.add(depth, f"{item} = {outer}.get({name!r}) or {item}")
    return _Scope(item, into.model, trigger, path), f"{outer}[{name!r}] = {item}"


def _loop(source: Source, depth: int, node: LoopNode, one: str, segment: str, scope: _Scope) -> None:
    if node.into is None:
        _layout(source, depth, node.layout, one, _Scope(scope.item, scope.model, segment, scope.path))
        return
    inner, close = _opened(source, depth, node.into, scope, segment)
    _layout(source, depth, node.layout, one, inner)
    source.add(depth, close if node.into.many else f"if {inner.item}:")
    if not node.into.many:
        source.add(depth + 1, close)


def _segment(source: Source, depth: int, node: SegmentNode, segment: str, scope: _Scope) -> None:
    inner, close = scope, ""
    if node.into is not None:
        inner, close = _opened(source, depth, node.into, scope, segment)
    _elements(source, depth, node, segment, inner)
    if node.pairs is not None:
        _pairs(source, depth, node.pairs, segment, inner)
    for derived in node.derived:
        at = derived.address
        source.add(depth, f"if v := value_at({segment}, {at.element}, {at.component}).rstrip(' '):")
        function = source.bind("f", derived.expression)
        place = f"{inner.item}, {segment}, {at.element}, {at.component}, v, ''"
        source.add(depth + 1, f"derived.append(({function}, {place}))")
    if node.into is None:
        source.add(depth, "pass")
        return
    needed = [name for name, field in fields(node.into.model).items() if field.required and not field.many]
    needed = [name for name in needed if name not in skeleton(node.into.model)]
    # An item that lacks what makes it one (a date mark without its date) is left out and reported.
    source.add(depth, f"if {' and '.join(f'{name!r} in {inner.item}' for name in needed) or inner.item}:")
    source.add(depth + 1, close)
    for name in needed:
        at = next((b.address for b in node.bindings if b.target and b.target.steps[0] == name), Address(node.tag, 1))
        source.add(depth, f"elif {name!r} not in {inner.item}:")
        source.add(depth + 1, f"note(('map.required', {segment}, {at.element}, {at.component}, '', "
                              f"{name!r}, '', 'exception'))")  # fmt: skip


def _elements(source: Source, depth: int, node: SegmentNode, segment: str, scope: _Scope) -> None:
    by_element: dict[int, list[Binding]] = {}
    for binding in node.bindings:
        by_element.setdefault(binding.address.element, []).append(binding)
    if by_element:
        source.add(depth, f"n = len({segment})")
    for element, bindings in sorted(by_element.items()):
        whole = node.entry.definition.element(element)
        repeated = whole is not None and whole.repeat != 1
        if any(b.address.component for b in bindings):
            text = f"{segment}[{element}]" + (".partition(RS)[0]" if repeated else "")
            source.add(depth, f"c = {text}.split(CS) if n > {element} else NONE")
            source.add(depth, "m = len(c)")
            for binding in bindings:
                _component(source, depth, binding, segment, scope)
            continue
        for binding in bindings:
            if binding.address.rest:
                source.add(depth, f"for k in range({element}, n):")
                source.add(depth + 1, f"if v := {segment}[k].rstrip(' '):")
                _store(source, depth + 2, binding, segment, scope, "k", "0")
            elif binding.address.repeats:
                source.add(depth, f"for v in {segment}[{element}].split(RS) if n > {element} else NONE:")
                source.add(depth + 1, "if v := v.rstrip(' '):")
                _store(source, depth + 2, binding, segment, scope, str(element), "0")
            else:
                text = f"{segment}[{element}]" + (".partition(RS)[0]" if repeated else "")
                source.add(depth, f"if n > {element} and (v := {text}.rstrip(' ')):")
                _store(source, depth + 1, binding, segment, scope, str(element), "0")
                _absent(source, depth, binding, scope)


def _component(source: Source, depth: int, binding: Binding, segment: str, scope: _Scope) -> None:
    element, component = binding.address.element, binding.address.component
    if binding.address.rest:
        source.add(depth, f"for k in range({component - 1}, m):")
        source.add(depth + 1, "if v := c[k].rstrip(' '):")
        _store(source, depth + 2, binding, segment, scope, str(element), "k + 1")
        return
    source.add(depth, f"if m > {component - 1} and (v := c[{component - 1}].rstrip(' ')):")
    _store(source, depth + 1, binding, segment, scope, str(element), str(component))
    _absent(source, depth, binding, scope)


def _absent(source: Source, depth: int, binding: Binding, scope: _Scope) -> None:
    if binding.from_order and binding.target is not None:
        path = "" if binding.target.root else scope.path
        source.add(depth, "else:")
        source.add(depth + 1, f"inherited(f{path + binding.target.text!r})")


def _holder(scope: _Scope, target: Target) -> str:
    """The dict that holds the last step of a path (of an id: the dict that has `ids`), made on the way."""
    found = "e" if target.root else scope.item
    last = len(target.steps) - (2 if target.scheme else 1)
    for step, field in zip(target.steps[:last], target.along[:last], strict=True):
        found = f"{'first' if field.many else 'sub'}({found}, {step!r})"
    return found


def _store(
    source: Source, depth: int, binding: Binding, segment: str, scope: _Scope, element: str, component: str
) -> None:
    """Code that takes the non-empty text `v` into the event."""
    place = f"{segment}, {element}, {component}, v"
    ref = binding.definition.ref
    if binding.kind == "const":
        source.add(depth, f"if v != {binding.text!r}:")
        source.add(depth + 1, f"note(('map.const', {place}, {binding.text!r}, {ref!r}, None))")
        return
    target = binding.target
    assert target is not None
    if binding.kind == "count":
        _, _, deep = binding.text.partition("/**/")
        source.add(depth, f"later.append(({place}, {target.steps!r}, {deep!r}))")
        return
    value = "v"
    if binding.table is not None:
        value = _looked_up(source, depth, binding, binding.table, place)
    elif binding.converter is not None and (binding.converter.name != "text" or binding.converter.beside):
        value = _converted(source, depth, binding, segment, place)
    if value != "v":
        source.add(depth, f"if {value} is not None:")
        depth += 1
    holder = _holder(scope, target)
    if target.scheme:
        source.add(depth, f"put_id({holder}, {target.scheme!r}, {value})")
    elif target.field.many:
        source.add(depth, f"lst({holder}, {target.steps[-1]!r}).append({value})")
    else:
        source.add(depth, f"{holder}[{target.steps[-1]!r}] = {value}")


def _looked_up(source: Source, depth: int, binding: Binding, table: Table, place: str) -> str:
    assert binding.target is not None
    code = binding.target.field.kind == "code"
    rows: dict[str, Any] = {
        key: ({"value": meaning, "raw": key} if code else meaning) for key, meaning in table.read.items()
    }
    name = source.bind("t", rows)
    source.add(depth, f"y = {name}.get(v)")
    source.add(depth, "if y is None:")
    if table.unknown == "fault":
        expected = f"one of {', '.join(list(table.read)[:12])}"
        source.add(depth + 1, f"note(('map.code-unknown', {place}, {expected!r}, {binding.definition.ref!r}, None))")
    meaning = "v" if table.unknown == "keep" else repr("other")
    source.add(depth + 1, f"y = {{'value': {meaning}, 'raw': v}}" if code else f"y = {meaning}")
    return "y"


def _converted(source: Source, depth: int, binding: Binding, segment: str, place: str) -> str:
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
    source.add(depth + 1, f"note(('map.value', {place}, {made.expected!r}, {binding.definition.ref!r}, None))")
    return "y"


def _pairs(source: Source, depth: int, pairs: Pairs, segment: str, scope: _Scope) -> None:
    first, value = pairs.first, pairs.value
    if pairs.form == "run":
        source.add(depth, f"for k in range({first.element}, min(len({segment}) - 1, {pairs.last}), 2):")
        source.add(depth + 1, f"p = {segment}[k].rstrip(' ')")
        source.add(depth + 1, f"v = {segment}[k + 1].rstrip(' ')")
        place = f"{segment}, k + 1, 0, v"
    elif pairs.form == "composites":
        source.add(depth, f"for k in range({first.element}, min(len({segment}), {pairs.last + 1})):")
        source.add(depth + 1, f"p = value_at({segment}, k, {first.component}).rstrip(' ')")
        source.add(depth + 1, f"v = value_at({segment}, k, {value.component}).rstrip(' ')")
        place = f"{segment}, k, {value.component}, v"
    else:
        source.add(depth, "for k in NONE,:")  # once, so that all forms look alike
        source.add(depth + 1, f"p = value_at({segment}, {first.element}, {first.component}).rstrip(' ')")
        source.add(depth + 1, f"v = value_at({segment}, {value.element}, {value.component}).rstrip(' ')")
        place = f"{segment}, {value.element}, {value.component}, v"
    source.add(depth + 1, "if not v:")
    source.add(depth + 2, "continue")
    word = "if"
    for pair in pairs.pairs:
        source.add(depth + 1, f"{word} p == {pair.qualifier!r}:")
        word = "elif"
        inner, text = depth + 2, "v"
        if pair.converter.name != "text":
            source.add(inner, f"y = {source.bind('r', pair.converter.read)}(v)")
            source.add(inner, "if y is None:")
            source.add(inner + 1, f"note(('map.value', {place}, {pair.converter.expected!r}, '', None))")
            source.add(inner, "else:")
            inner, text = inner + 1, "y"
        holder = _holder(scope, pair.target)
        if pair.target.scheme:
            source.add(inner, f"if not put_id({holder}, {pair.target.scheme!r}, {text}, p):")
            source.add(inner + 1, f"note(('map.unmapped', {place}, '', '', None))")
        else:
            source.add(inner, f"{holder}.setdefault({pair.target.steps[-1]!r}, {text})")
