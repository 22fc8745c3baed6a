"""The reader of a map as Python source: the tree of a checked message -> a plain dict of canonical texts.

Not here: helper functions (edi/mapping_runtime.py), making faults of notes (edi/mapping.py), unmapped data
(edi/claims.py). Rules protected: every segment is claimed by the first node of its place that fits; an empty element is
an absent field; nothing is invented; nothing is allocated for places as long as nothing is wrong.

The source has one function: `read(T, note, inherited, placed)` with the tree T. `note` takes (code, segment, element,
component, found, expected, ref, severity); `inherited` takes paths; `placed` takes the segment and the object of every
part that another part may hold.
"""

from __future__ import annotations

import dataclasses

from edi import mapping_runtime
from edi.documents.types import Data
from edi.event_fields import fields, skeleton
from edi.functions import read_decimal
from edi.generated import Source
from edi.mapping_hierarchy import joined
from edi.mapping_nest import nested
from edi.mapping_nodes import Address, HierarchyNode, Into, LoopNode, Node, Repeat, SegmentNode, Test
from edi.mapping_read_element import Scope, elements, holder_of, kept_of, pairs_code
from edi.mapping_shared import Part, Parts, keep, opened
from edi.model import COMPONENT, REPEAT
from edi.structure import value_at

_OBJECTS = {
    "sub": mapping_runtime.sub,
    "lst": mapping_runtime.lst,
    "first": mapping_runtime.first,
    "put_id": mapping_runtime.put_id,
    "count": mapping_runtime.count,
    "computed": mapping_runtime.computed,
    "mute": mapping_runtime.mute,
    "read_decimal": read_decimal,
    "value_at": value_at,
    "CS": COMPONENT,
    "RS": REPEAT,
    "NONE": (),
    "NOTHING": mapping_runtime.NOTHING,
    "joined": joined,
    "nested": nested,
    "keep": keep,
    "opened": opened,
}


def read_source(
    layout: tuple[Node, ...],
    model: type[Data],
    constants: dict[str, str],
    *,
    padded: bool = True,
    traced: bool = False,
    ready: bool = False,
) -> Source:
    """The source of a map's reader. `padded`: spaces may stand at the end of a value; without, it is quicker.

    `traced`: the function takes `trace` as well, for the object, name and position of each value, the segment,
    element, component and repetition it stands in, and the number of its row. `ready`: a code from a table is the
    finished, shared value, which no step of `normalise` may look into.
    """
    source = Source(_OBJECTS, ".rstrip(' ')" if padded else "", traced, ready)
    source.parts = Parts(layout) if ready and not traced else None
    source.add(0, f"def read(T, note, inherited, placed{', trace' if traced else ''}):")
    source.add(1, f"e = { ({**skeleton(model), **constants})!r}")
    source.add(1, "later, derived, counted, shaped, hl, shape = [], [], [], [], NONE, ''")
    _layout(source, 1, layout, "T", Scope("e", model, "None", ""))
    source.add(1, "for s, element, component, found, steps, deep in later:")
    source.add(2, "number = count(e, steps, deep)")
    source.add(2, "if found.lstrip('0') != (str(number) if number else ''):")
    source.add(3, "note(('consistency.count', s, element, component, found, str(number), '', None))")
    source.add(1, "for s, element, component, found in counted:")
    source.add(2, "if found.lstrip('0') not in (str(len(hl)), str(sum(kind == 'item' for _, kind, _ in hl))):")
    source.add(3, "note(('consistency.count', s, element, component, found, str(len(hl)), '', None))")
    source.add(1, "for s, element, component, found, ref in shaped:")
    source.add(2, "if shape and found != shape:")
    source.add(3, "note(('consistency.hl-tree', s, element, component, found, shape, ref, 'warning'))")
    source.add(1, "for expression, item, s, element, component, found, ref in derived:")
    source.add(2, "number = computed(expression, item, e)")
    source.add(2, "if number and read_decimal(found) != read_decimal(number):")
    source.add(3, "note(('consistency.total', s, element, component, found, number, ref, None))")
    source.add(1, "return e")
    return source


def _layout(source: Source, depth: int, layout: tuple[Node, ...], tree: str, scope: Scope) -> None:
    """Nodes of one place share its segments, so they are handled together, in the order of the first."""
    groups: dict[int, list[Node]] = {}
    for node in layout:
        if node.way != "write":
            groups.setdefault(node.index, []).append(node)
    for index, nodes in groups.items():
        if index == 0 and scope.trigger != "None":
            _trigger(source, depth, nodes, scope)
        elif isinstance(nodes[0], HierarchyNode):
            _hierarchy(source, depth, nodes[0], f"{tree}[{index}]", scope)
        else:
            _group(source, depth, nodes, f"{tree}[{index}]", scope)


def _trigger(source: Source, depth: int, nodes: list[Node], scope: Scope) -> None:
    """The one segment that opens a loop: the first node that fits claims it."""
    word = "if"
    for node in nodes:
        assert isinstance(node, SegmentNode)
        tests = [_test(source, scope.trigger, test, {}) for test in node.when]
        if len(nodes) == 1 and not tests:
            _segment(source, depth, node, scope.trigger, scope)
            return
        source.add(depth, f"{word} {' and '.join(tests) or 'True'}:  # {_row(node)}")
        _segment(source, depth + 1, node, scope.trigger, scope)
        word = "elif"


def _group(source: Source, depth: int, nodes: list[Node], place: str, scope: Scope) -> None:
    loop = isinstance(nodes[0], LoopNode)
    segment = source.name("s")
    one = source.name("x") if loop else segment
    counters = {id(node): source.name("n") for node in nodes if node.most is not None}
    demanded = [node for node in nodes if node.required and node.entry.effective_usage != "required"]
    seen = {id(node): counters.get(id(node)) or source.name("n") for node in demanded}
    nests = {id(node): source.name("h") for node in nodes if isinstance(node, LoopNode) and node.nest}
    present = not demanded and not nests  # nothing is to be done for segments that are not there, and most are not
    if present:
        source.add(depth, f"if {place}:")
        depth += 1
    for name in dict.fromkeys((*counters.values(), *seen.values())):
        source.add(depth, f"{name} = 0")
    for name in nests.values():
        source.add(depth, f"{name} = []")
    source.add(depth, f"for {one} in {place}:" if present else f"for {one} in {place} or NONE:")
    inner = depth + 1
    if loop:
        source.add(inner, f"{segment} = {one}[0][0]")
    word = "if"
    known = _looked_at_once(source, inner, segment, nodes)
    for node in nodes:
        tests = [_test(source, segment, test, known) for test in node.when]
        if id(node) in counters:
            tests.append(f"{counters[id(node)]} < {node.most}")
        source.add(inner, f"{word} {' and '.join(tests) or 'True'}:  # {_row(node)}")
        word = "elif"
        counter = counters.get(id(node)) or seen.get(id(node))
        if counter:
            source.add(inner + 1, f"{counter} += 1")
        if isinstance(node, LoopNode):
            _loop(source, inner + 1, node, one, segment, scope, nests.get(id(node), ""))
        elif isinstance(node, SegmentNode):
            _segment(source, inner + 1, node, segment, scope)
    for node in nodes:
        if isinstance(node, LoopNode) and node.nest and node.into:
            name = nests[id(node)]
            items = f"lst({holder_of(scope, node.into.target)}, {node.into.target.steps[-1]!r})"
            source.add(depth, f"if {name}:")
            source.add(depth + 1, f"nested({items}, {name}, {source.bind('k', node.nest)}, note)")
    for node in demanded:
        tag = node.entry.trigger
        source.add(depth, f"if not {seen[id(node)]}:")
        source.add(depth + 1, f"note(('map.required', {scope.trigger}, {tag!r}, 0, '', {_wanted(node)!r}, '', None))")


def _row(node: Node) -> str:
    return f"{node.row.file.rpartition('/')[2]}:{node.row.line}"


def _wanted(node: Node) -> str:
    values = "".join(f" with {test.address} {' or '.join(test.values)}" for test in node.when)
    return f"segment {node.entry.trigger}{values}"


def _looked_at_once(source: Source, depth: int, segment: str, nodes: list[Node]) -> dict[Address, str]:
    """Variables for the elements several nodes test."""
    tested = [test.address for node in nodes for test in node.when]
    known: dict[Address, str] = {}
    for address in dict.fromkeys(tested):
        if tested.count(address) > 1:
            known[address] = source.name("w")
            source.add(depth, f"{known[address]} = {_tested(source, segment, address)}")
    return known


def _tested(source: Source, segment: str, at: Address) -> str:
    if at.component == 0:
        return f"(len({segment}) > {at.element} and {segment}[{at.element}]{source.strip})"
    if at.component == 1:
        text = f"{segment}[{at.element}].partition(RS)[0].partition(CS)[0]{source.strip}"
        return f"(len({segment}) > {at.element} and {text})"
    return f"value_at({segment}, {at.element}, {at.component}){source.strip}"


def _test(source: Source, segment: str, test: Test, known: dict[Address, str]) -> str:
    value = known.get(test.address) or _tested(source, segment, test.address)
    return f"{value} == {test.values[0]!r}" if len(test.values) == 1 else f"{value} in {test.values!r}"


def _opened(source: Source, depth: int, into: Into, scope: Scope, trigger: str) -> tuple[Scope, str]:
    """A fresh item for an `into`; returns its scope and the statement that puts it into its place."""
    item = source.name("d")
    source.add(depth, f"{item} = {skeleton(into.model)!r}")
    outer = holder_of(scope, into.target)
    name = into.target.steps[-1]
    path = f"{scope.path}{into.target.text}." if not into.target.root else f"{into.target.text}."
    if into.many:
        items = source.name("q")
        source.add(depth, f"{items} = lst({outer}, {name!r})")
        path += f"{{len({items})}}."
        return Scope(item, into.model, trigger, path), f"{items}.append({item})"
    # An object may get fields from several places (a party from N1 and REF).
    source.add(depth, f"{item} = {outer}.get({name!r}) or {item}")
    return Scope(item, into.model, trigger, path, fresh=False), f"{outer}[{name!r}] = {item}"


def _hierarchy(source: Source, depth: int, node: HierarchyNode, place: str, scope: Scope) -> None:
    """Every level is read into an object of its own; what lies in what is told by HL02 afterwards."""
    one, segment = source.name("x"), source.name("s")
    source.add(depth, "hl = []")
    source.add(depth, f"for {one} in {place} or NONE:")
    inner = depth + 1
    source.add(inner, f"{segment} = {one}[0][0]")
    source.add(inner, f"v = value_at({segment}, 3){source.strip}")
    word = "if"
    for level in node.levels.values():
        source.add(inner, f"{word} v == {level.code!r}:")
        word = "elif"
        item = "e"
        if level.kind != "shipment":
            item = source.name("d")
            start = {} if level.kind == "order" else {**skeleton(level.model), **level.fixed}
            source.add(inner + 1, f"{item} = {start!r}")
        if level.code not in node.shape:
            expected = f"one of {', '.join(node.shape)}"
            source.add(inner + 1, f"note(('element.code', {segment}, 3, 0, v, {expected!r}, '735', None))")
        _layout(
            source, inner + 1, level.layout, one, Scope(item, level.model, segment, scope.path, level.kind != "order")
        )
        source.add(inner + 1, f"placed(({segment}, {item}))")
        source.add(inner + 1, f"hl.append(({segment}, {level.kind!r}, {item}))")
    source.add(inner, "else:")
    expected = f"one of {', '.join(node.levels)}"
    source.add(inner + 1, f"note(('map.code-unknown', {segment}, 3, 0, v, {expected!r}, '735', None))")
    source.add(inner + 1, f"hl.append(({segment}, '', NOTHING))")
    source.add(depth, "shape = joined(hl, e, note)")
    if node.shape == ("S", "T", "O", "P", "I"):  # between 0001 and 0003: no code says it
        source.add(depth, "shape = shape if shape == '0002' else ''")


def _loop(source: Source, depth: int, node: LoopNode, one: str, segment: str, scope: Scope, nest: str) -> None:
    if node.into is None:
        inner = Scope(scope.item, scope.model, segment, scope.path, moves=scope.moves)
        _layout(source, depth, node.layout, one, inner)
        return
    inner, close = _opened(source, depth, node.into, scope, segment)
    inner = dataclasses.replace(inner, moves=node.nest is not None and bool(node.nest.loose))
    _layout(source, depth, node.layout, one, inner)
    if nest:
        source.add(depth, f"{nest}.append(({segment}, {inner.item}))")
    if nest or scope.moves:
        source.add(depth, f"placed(({segment}, {inner.item}))")
    source.add(depth, close if node.into.many else f"if {inner.item}:")
    if not node.into.many:
        source.add(depth + 1, close)


def _segment(source: Source, depth: int, node: SegmentNode, segment: str, scope: Scope) -> None:
    if node.repeat is not None:
        _several(source, depth, node, node.repeat, segment, scope)
        return
    inner, close, parts = scope, "", source.parts
    if node.into is not None:
        inner, close = _opened(source, depth, node.into, scope, segment)
        if parts is not None and not scope.moves and (part := parts.item(node)):
            _kept(source, depth, node, part, segment, inner, close)
            return
    shared = parts.objects(node, inner.model) if parts is not None else []
    elements(source, depth, node.bindings, node.entry.definition, segment, inner, shared)
    if node.pairs is not None:
        pairs_code(source, depth, node.pairs, node.entry.definition, segment, inner)
    for derived in node.derived:
        at = derived.address
        source.add(depth, f"if v := value_at({segment}, {at.element}, {at.component}){source.strip}:")
        function = source.bind("f", derived.expression)
        place = f"{inner.item}, {segment}, {at.element}, {at.component}, v, ''"
        source.add(depth + 1, f"derived.append(({function}, {place}))")
    if node.into is None:
        source.add(depth, "pass")
        return
    _closed(source, depth, node, node.into, segment, inner, close)


def _kept(source: Source, depth: int, node: SegmentNode, part: Part, segment: str, scope: Scope, close: str) -> None:
    """An item that is taken from what is kept, or read and kept."""
    assert node.into is not None
    source.add(depth, f"n = len({segment})")
    known = kept_of(source, depth, part, segment)
    source.add(depth, "if y is not None:")
    source.add(depth + 1, close.replace(scope.item, "y"))
    source.add(depth, "else:")
    source.add(depth + 1, "ok = True")
    heard = dataclasses.replace(scope, note="ok = note")
    elements(source, depth + 1, node.bindings, node.entry.definition, segment, heard)
    made = f"keep({known}, k, {source.bind('o', part.model)}, {scope.item}) if ok and k else {scope.item}"
    _closed(source, depth + 1, node, node.into, segment, scope, close.replace(scope.item, made))


def _several(source: Source, depth: int, node: SegmentNode, repeat: Repeat, segment: str, scope: Scope) -> None:
    """An item for each run of elements that holds something; what stands outside the runs belongs to every item, and
    what is wrong with it is noted once."""
    assert node.into is not None
    start, note = source.name("k"), source.name("t")
    source.add(depth, f"{note} = note")
    source.add(depth, f"for {start} in {source.bind('g', repeat.filled)}({segment}):")
    inner, close = _opened(source, depth + 1, node.into, scope, segment)
    shared = [binding for binding in node.bindings if not repeat.holds(binding.address)]
    elements(source, depth + 1, shared, node.entry.definition, segment, dataclasses.replace(inner, note=note))
    source.add(depth + 1, f"{note} = mute")
    inner = dataclasses.replace(inner, start=start, first=repeat.first)
    own = [binding for binding in node.bindings if repeat.holds(binding.address)]
    elements(source, depth + 1, own, node.entry.definition, segment, inner)
    _closed(source, depth + 1, node, node.into, segment, inner, close)


def _closed(source: Source, depth: int, node: SegmentNode, into: Into, segment: str, scope: Scope, close: str) -> None:
    """The item is put into its place; one that lacks what makes it one (a date mark without its date) is left out and
    reported."""
    needed = [name for name, field in fields(into.model).items() if field.required and not field.many]
    needed = [name for name in needed if name not in skeleton(into.model)]
    source.add(depth, f"if {' and '.join(f'{name!r} in {scope.item}' for name in needed) or scope.item}:")
    source.add(depth + 1, close)
    for name in needed:
        at = next((b.address for b in node.bindings if b.target and b.target.steps[0] == name), Address(node.tag, 1))
        source.add(depth, f"elif {name!r} not in {scope.item}:")
        source.add(depth + 1, f"note(('map.required', {segment}, {scope.at(at.element)}, {at.component}, '', "
                              f"{name!r}, '', 'exception'))")  # fmt: skip
