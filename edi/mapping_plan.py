"""A map's merged layout as nodes: every name resolved against the schema and the model of the event.

Not here: files, overlays (edi/mapping_source.py), the grammars of single values (edi/mapping_bindings.py). Rule
protected: what cannot work is refused here with file and line, before a document arrives.

Besides the keys of docs/maps.md a node may have
    direction: read | write     only one way: several dialects are read, one is written; fillers of mandatory elements
    write_when: expression      on writing only, when the expression over the nearest item is true
    skip: 1                     with into: the first item of the list is written by other nodes
A path that crosses a list without an `into` of its own means the first item of that list (`responses.status`), and
`NAD05-1*` is a list over the components from there on.
"""

from __future__ import annotations

import dataclasses
import difflib

from edi.expression_tokens import BadExpression
from edi.expression_types import ANY, NUMBER, TRUTH, Type
from edi.expressions import Evaluate, compile_expression
from edi.mapping_bindings import ELEMENT, Context, address_of, binding_of, element, pairs_of, target_of, tests_of
from edi.mapping_levels import hierarchy_of, nest_of, with_code_element
from edi.mapping_nodes import (
    Address,
    Binding,
    Derived,
    Into,
    LoopNode,
    Node,
    Pairs,
    SegmentNode,
    Target,
    Test,
    Way,
    is_list,
)
from edi.mapping_repeat import repeat_of
from edi.schema_source import count_of, usage_of
from edi.structure import Entry, LoopEntry, SegmentEntry
from edi.yaml_source import (
    Mapping_,
    Scalar,
    Sequence_,
    as_mapping,
    as_sequence,
    as_text,
    check_keys,
    fail,
    required,
    truth,
)

_SEGMENT_KEYS = (
    "segment", "into", "skip", "when", "usage", "max", "pairs", "repeat", "write_if", "write_when", "derive_write",
    "direction", "note", "example",
)  # fmt: skip
_LOOP_KEYS = (
    "loop", "into", "single", "skip", "nest", "when", "usage", "max", "layout", "direction", "write_when",
    "note", "example",
)  # fmt: skip


def plan(
    layout: Sequence_,
    entries: tuple[Entry, ...],
    context: Context,
    when: tuple[Test, ...] = (),
    numbered: tuple[Address, ...] = (),
) -> tuple[Node, ...]:
    """The nodes of a layout beside the entries of the schema. Raises MapError.

    `when`: the tests of the loop around; `numbered`: elements of its trigger that hold the numbers of a nest.
    """
    nodes: list[Node] = []
    for raw in layout:
        node = as_mapping(raw, "a node")
        if "hierarchy" in node:
            found = _find(as_text(node["hierarchy"], "hierarchy"), entries, True)
            nodes.append(hierarchy_of(node, found, context, plan))
        else:
            nodes.append(
                _loop(node, entries, context) if "loop" in node else _segment(node, entries, context, when, numbered)
            )
    _in_order(nodes)
    nodes = with_code_element(nodes)
    return tuple(nodes)


def _in_order(nodes: list[Node]) -> None:
    highest = 0
    for node in nodes:
        if node.index < highest and node.way != "read":
            sentence = f"{node.name} stands after nodes that the schema has behind it; keep the order of the schema"
            raise fail(node.row, "map.order", sentence)
        highest = max(highest, node.index)


def _find(name: Scalar, entries: tuple[Entry, ...], loop: bool) -> tuple[int, Entry]:
    for index, entry in enumerate(entries):
        if entry.name == name and isinstance(entry, LoopEntry) is loop:
            return index, entry
    names = [entry.name for entry in entries if isinstance(entry, LoopEntry) is loop]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f", did you mean {near[0]}?" if near else f"; it has {', '.join(names) or 'none'}"
    raise fail(name, "map.unknown_segment", f"the schema has no {'loop' if loop else 'segment'} {name!s} here{hint}")


def _way(node: Mapping_) -> Way:
    if "direction" not in node:
        return "both"
    text = as_text(node["direction"], "direction")
    ways: tuple[Way, ...] = ("both", "read", "write")
    for way in ways:
        if text == way:
            return way
    raise fail(text, "map.bad_direction", f"direction is both, read or write, not {text!s}")


def _into(node: Mapping_, context: Context, *, single: bool) -> Into | None:
    if "into" not in node:
        if single or "skip" in node:
            raise fail(node, "map.missing_key", "single and skip need into")
        return None
    row = as_text(node["into"], "into")
    target = target_of(row, row, context)
    field = target.field
    if field.model is None or (field.many and single):
        what = "a list" if field.many else f"a {field.kind}"
        raise fail(row, "map.type_clash", f"{row!s} is {what}; into names a list of objects, or with single an object")
    if not field.many and not single and "loop" in node:
        raise fail(row, "map.type_clash", f"{row!s} is one object, write single: yes")
    skip = 0
    if "skip" in node:
        text = as_text(node["skip"], "skip")
        if text != "1" or not field.many:
            raise fail(text, "map.bad_skip", "skip is 1: the first item of the list is written elsewhere")
        skip = 1
    return Into(target, field.model, field.many, skip)


def _inner(context: Context, into: Into | None) -> Context:
    return context if into is None else context.at(into.model)


def _note(node: Mapping_) -> str:
    return str(as_text(node["note"], "note")) if "note" in node else ""


def _most(node: Mapping_, default: int | None, allowed: int | None) -> int | None:
    if "max" not in node:
        return default
    most = count_of(node["max"], "max")
    if most is not None and allowed is not None and most > allowed:
        raise fail(node["max"], "overlay.widens", f"the schema allows {allowed}")
    return most


def _required(node: Mapping_) -> bool:
    if "usage" not in node:
        return False
    usage = usage_of(node["usage"])
    if usage == "not_used":
        raise fail(node["usage"], "map.bad_usage", "leave the node out, or say not_used in the schema operations")
    return usage == "required"


def _loop(node: Mapping_, entries: tuple[Entry, ...], context: Context) -> LoopNode:
    check_keys(node, _LOOP_KEYS, "a loop")
    name = as_text(node["loop"], "loop")
    index, entry = _find(name, entries, True)
    assert isinstance(entry, LoopEntry)
    single = "single" in node and truth(node["single"])
    into = _into(node, context, single=single)
    inner = _inner(context, into)
    when = tests_of(as_text(node["when"], "when"), entry.definition) if "when" in node else ()
    nest = nest_of(node, entry.definition, into, context)
    numbered = (nest.id, nest.parent) if nest else ()
    layout = plan(as_sequence(required(node, "layout", "a loop"), "layout"), entry.layout, inner, when, numbered)
    if not layout or layout[0].index != 0:
        raise fail(node, "map.missing_trigger", f"the layout of a loop starts with its segment {entry.trigger}")
    found = LoopNode(
        name=str(name),
        index=index,
        entry=entry,
        when=when,
        into=into,
        required=_required(node),
        most=1,
        write_when=_expression(node, "write_when", inner),
        layout=layout,
        way=_way(node),
        note=_note(node),
        row=node,
        nest=nest,
    )
    default = None if (into is not None and into.many) or found.spills else 1
    return dataclasses.replace(found, most=_most(node, default, entry.max))


def _segment(
    node: Mapping_,
    entries: tuple[Entry, ...],
    context: Context,
    around: tuple[Test, ...],
    numbered: tuple[Address, ...],
) -> SegmentNode:
    tag = as_text(required(node, "segment", "a node"), "segment")
    index, entry = _find(tag, entries, False)
    assert isinstance(entry, SegmentEntry)
    keys = [key for key in node if key not in _SEGMENT_KEYS]
    for key in keys:
        if ELEMENT.fullmatch(key) is None:
            check_keys(node, (*_SEGMENT_KEYS, *(k for k in keys if ELEMENT.fullmatch(k))), f"the segment {tag!s}")
    into = _into(node, context, single=False)
    inner = _inner(context, into)
    when = tests_of(as_text(node["when"], "when"), entry.definition) if "when" in node else ()
    bindings = tuple(_binding(node, key, entry, inner) for key in keys)
    pairs = pairs_of(as_mapping(node["pairs"], "pairs"), entry.definition, inner) if "pairs" in node else None
    found = SegmentNode(
        tag=str(tag),
        index=index,
        entry=entry,
        when=when,
        bindings=bindings,
        pairs=pairs,
        into=into,
        required=_required(node),
        most=_most(node, _usual_most(into, bindings), entry.max),
        write_if=_guard(node, "write_if", inner),
        write_when=_expression(node, "write_when", inner),
        derived=_derived(node, entry, inner),
        way=_way(node),
        note=_note(node),
        row=node,
    )
    if "repeat" in node:
        found = dataclasses.replace(found, repeat=repeat_of(as_mapping(node["repeat"], "repeat"), found))
    taken = [(at.element, at.component) for at in numbered] if index == 0 else []
    _no_double(found, node, taken)
    _all_mandatory(found, around if index == 0 else (), taken)
    return found


def _binding(node: Mapping_, key: str, entry: SegmentEntry, context: Context) -> Binding:
    name = node.key(key)
    address = address_of(name, entry.definition)
    row = as_text(node[key], key)
    return binding_of(address, row, element(name, entry.definition, address), context)


def _usual_most(into: Into | None, bindings: tuple[Binding, ...]) -> int | None:
    """Nodes of single values take one segment; nodes of lists take all there are."""
    return None if (into is not None and into.many) or any(map(is_list, bindings)) else 1


def _guard(node: Mapping_, key: str, context: Context) -> Target | None:
    if key not in node:
        return None
    row = as_text(node[key], key)
    return target_of(row, row, context)


def _expression(node: Mapping_, key: str, context: Context, gives: Type = TRUTH) -> Evaluate | None:
    if key not in node:
        return None
    row = as_text(node[key], key)
    codes = {name: table.read for name, table in context.tables.items()}
    try:
        return compile_expression(row, context.root, context.model, codes, gives)
    except BadExpression as error:
        raise fail(row, error.code, str(error)) from None


def _derived(node: Mapping_, entry: SegmentEntry, context: Context) -> tuple[Derived, ...]:
    if "derive_write" not in node:
        return ()
    found = []
    for raw in as_sequence(node["derive_write"], "derive_write"):
        item = as_mapping(raw, "a derived element")
        check_keys(item, ("element", "is"), "a derived element")
        name = as_text(required(item, "element", "a derived element"), "element")
        address = address_of(name, entry.definition)
        required(item, "is", "a derived element")
        numeric = element(name, entry.definition, address).kind in ("R", "N", "n")
        expression = _expression(item, "is", context, NUMBER if numeric else ANY)
        assert expression is not None
        found.append(Derived(address, expression, item))
    return tuple(found)


def _places(node: SegmentNode) -> list[tuple[int, int]]:
    """Element and component of everything the node fills on writing."""
    found = [(at.element, at.component) for b in node.bindings for at in node.places(b.address)]
    found += [(d.address.element, d.address.component) for d in node.derived]
    for binding in node.bindings:
        if binding.converter is not None and binding.converter.beside == "format":
            found += [(at.element, at.component + 1) for at in node.places(binding.address)]
        elif binding.converter is not None and binding.converter.beside:
            match = ELEMENT.fullmatch(binding.converter.beside)
            if match is None or match[1] != node.tag or node.entry.definition.element(int(match[2])) is None:
                raise fail(binding.row, "map.unknown_element", f"{binding.converter.beside} is not in {node.tag}")
            found.append((int(match[2]), 0))
    return found


def _pair_places(pairs: Pairs | None) -> set[tuple[int, int]]:
    if pairs is None:
        return set()
    if pairs.form == "fixed":
        return {(a.element, a.component) for a in (pairs.first, pairs.value)}
    parts = (0,) if pairs.form == "run" else (pairs.first.component, pairs.value.component)
    return {(at, part) for at in range(pairs.first.element, pairs.last + 1) for part in parts}


def _no_double(node: SegmentNode, row: Mapping_, taken: list[tuple[int, int]]) -> None:
    places = _places(node) + taken
    for place in places:
        if places.count(place) > 1 or place in _pair_places(node.pairs):
            address = Address(node.tag, *place)
            raise fail(row, "map.double_claim", f"{address} is bound twice in this segment")


def _all_mandatory(node: SegmentNode, around: tuple[Test, ...], taken: list[tuple[int, int]]) -> None:
    """An element the standard demands must have something to be written from."""
    if node.way == "read":
        return
    filled = {*_places(node), *_pair_places(node.pairs), *_tested((*node.when, *around)), *taken}
    for definition in node.entry.definition.elements:
        if definition.usage != "required":
            continue
        if not any(at == definition.at for at, _ in filled):
            sentence = f"{Address(node.tag, definition.at)} ({definition.name}) is mandatory and nothing is bound to it"
            raise fail(node.row, "map.unmapped_mandatory", sentence)


def _tested(when: tuple[Test, ...]) -> set[tuple[int, int]]:
    return {(test.address.element, test.address.component) for test in when}
