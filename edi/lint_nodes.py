"""Lint rules about single nodes: what can never match, what may match twice, what cannot fit.

Not here: fields of the event (edi/lint_fields.py), tables and texts (edi/lint_values.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from edi.mapping_nodes import Binding, HierarchyNode, LoopNode, Node, Pairs, SegmentNode, Test, every
from edi.structure import ElementDef
from edi.yaml_source import Found

# A canonical value of each converter whose written length is always the same.
_SAMPLES = {
    "date": "2026-12-01",
    "gln": "4012345000009",
    "sscc": "340123450000000017",
    "gtin14": "00012345678905",
    "time": "10:30",
}


def unreachable(layout: tuple[Node, ...], around: tuple[Test, ...] = ()) -> Iterator[Found]:
    """`map.unreachable` and `map.ambiguous_when`, in this layout and inside it."""
    for number, node in enumerate(layout):
        yield from _impossible(node, around if node.index == 0 else ())
        for earlier in layout[:number]:
            if earlier.index == node.index and "write" not in (earlier.way, node.way):
                yield from _behind(earlier, node)
        if isinstance(node, LoopNode):
            yield from unreachable(node.layout, node.when)
        elif isinstance(node, HierarchyNode):
            for level in node.levels.values():
                yield from unreachable(level.layout)


def _impossible(node: Node, around: tuple[Test, ...]) -> Iterator[Found]:
    """Conditions no document can meet."""
    for test in node.when:
        definition = node.entry.definition.element(test.address.element, test.address.component)
        codes = definition.effective_codes if definition is not None else None
        if codes is not None and not codes.open and not set(test.values) & set(codes.values):
            said = " or ".join(test.values)
            sentence = f"{said} is no code of {test.address}, so nothing ever matches; correct when: or remove the node"
            yield Found(node.row, "map.unreachable", sentence)
        for outer in around:
            if outer.address == test.address and not set(outer.values) & set(test.values):
                sentence = f"the loop around has {outer.address} {' or '.join(outer.values)}; nothing here ever matches"
                yield Found(node.row, "map.unreachable", sentence)
    if node.entry.effective_usage == "not_used":
        yield Found(node.row, "map.unreachable", f"{node.name} is not used in this guide; remove the node")


def _behind(earlier: Node, node: Node) -> Iterator[Found]:
    if apart(earlier.when, node.when):
        return
    line = earlier.row.line
    if _covers(earlier.when, node.when):
        if earlier.most is None:
            sentence = f"the node of line {line} takes every {node.name} this one could; move this one before it"
            yield Found(node.row, "map.unreachable", sentence)
        return
    if node.when and not _covers(node.when, earlier.when):
        sentence = f"a {node.name} may fit this node and that of line {line}; make their when: exclude each other"
        yield Found(node.row, "map.ambiguous_when", sentence)


def apart(one: tuple[Test, ...], other: tuple[Test, ...]) -> bool:
    """Can no segment fit both?"""
    return any(a.address == b.address and not set(a.values) & set(b.values) for a in one for b in other)


def _covers(wide: tuple[Test, ...], narrow: tuple[Test, ...]) -> bool:
    """Does every segment that fits the narrow tests fit the wide ones?"""
    return all(any(a.address == b.address and set(b.values) <= set(a.values) for b in narrow) for a in wide)


def does_not_fit(layout: tuple[Node, ...]) -> Iterator[Found]:
    """`map.type_clash`: what would be written is never as long as the element may be, or no code of it."""
    seen = set()
    for _, node in every(layout):
        if not isinstance(node, SegmentNode) or node.way == "read" or id(node) in seen:
            continue
        seen.add(id(node))
        for binding in node.bindings:
            text = _written(binding)
            if text and not _fits(text, binding.definition):
                sentence = f"{binding.address} is {binding.definition.type} and cannot hold {text!r}"
                yield Found(binding.row, "map.type_clash", f"{sentence}; choose another element, width or constant")
        if node.pairs is not None:
            yield from _pairs(node, node.pairs)


def _pairs(node: SegmentNode, pairs: Pairs) -> Iterator[Found]:
    definition = node.entry.definition.element(pairs.first.element, pairs.first.component)
    codes = definition.effective_codes if definition is not None else None
    for pair in pairs.pairs:
        if definition is not None and not _fits(pair.qualifier, definition):
            sentence = f"{pair.qualifier!r} does not fit {pairs.first}, which is {definition.type}; correct it"
            yield Found(pairs.row, "map.type_clash", sentence)
        elif codes is not None and not codes.open and pair.qualifier not in codes.values:
            sentence = f"{pair.qualifier!r} is no code of {pairs.first}, so the pair never matches; remove it"
            yield Found(pairs.row, "map.unreachable", sentence)


def _written(binding: Binding) -> str:
    if binding.kind == "const":
        return binding.text
    made = binding.converter
    if binding.default and binding.table is None:
        return binding.default
    return (made.write(_SAMPLES[made.name]) or "") if made is not None and made.name in _SAMPLES else ""


def _fits(text: str, definition: ElementDef) -> bool:
    return not definition.effective_max or len(text) <= definition.effective_max
