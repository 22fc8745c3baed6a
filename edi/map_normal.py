"""The normal form of a document for the law GetPut: what does not count is gone, no value is changed.

Gone or put in order: padding, trailing empty elements and components, insignificant zeros of numbers, the order of
pairs, the order of segments of one tag in one group where different rows of the map take them, what `ignore` names.

Not here: reading and writing. Rule protected: whatever the map does not take stays, so that its loss is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from edi.checked import Checked
from edi.functions import read_decimal
from edi.mapping import Map
from edi.mapping_nodes import HierarchyNode, LoopNode, Node, Pairs, SegmentNode
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import ElementDef, Entry, LoopEntry, value_at

Places: TypeAlias = set[tuple[int, int, int]]


def normal_form(map_: Map, checked: Checked) -> list[Segment]:
    """The segments between header and trailer in their normal form."""
    found, ignored = [], map_.ignored(checked)
    for segment, pairs in _in_order(map_.layout, map_.schema.layout, checked.tree):
        if segment is checked.message.segments[0] or segment is checked.message.segments[-1]:
            continue
        kept = _segment(map_, segment, pairs, ignored)
        if len(kept) > 1 or len(segment) == 1:
            found.append(kept)
    return found


def _in_order(
    layout: Sequence[Node], entries: Sequence[Entry], tree: list[Any], loop: LoopNode | None = None
) -> Iterator[tuple[Segment, Pairs | None]]:
    """Every segment with the pairs of the row that takes it; what different rows take in the order of the rows."""
    for index, occurrences in enumerate(tree):
        entry = entries[index]
        nodes = [node for node in layout if node.index == index and node.way != "write"]
        taken = [0] * len(nodes)
        claimed: list[tuple[int, Any]] = []
        for occurrence in occurrences or ():
            segment = occurrence[0][0] if isinstance(entry, LoopEntry) else occurrence
            row = len(nodes)
            for number, node in enumerate(nodes):
                if (node.most is None or taken[number] < node.most) and node.claims(segment):
                    taken[number] += 1
                    row = number
                    break
            claimed.append((row, occurrence))
        for row, occurrence in sorted(claimed, key=lambda one: one[0]):
            node_ = nodes[row] if row < len(nodes) else None
            if not isinstance(entry, LoopEntry):
                yield occurrence, node_.pairs if isinstance(node_, SegmentNode) else None
            elif isinstance(node_, HierarchyNode):
                level = node_.levels.get(value_at(occurrence[0][0], 3).rstrip(" "))
                yield from _in_order(level.layout if level else (), entry.layout, occurrence)
            else:
                inside = node_.layout if isinstance(node_, LoopNode) else ()
                yield from _in_order(inside, entry.layout, occurrence)


def _segment(map_: Map, segment: Segment, pairs: Pairs | None, ignored: Places) -> Segment:
    definition = map_.schema.segments.get(segment[0])
    kept = [segment[0]]
    for at, text in enumerate(segment[1:], 1):
        element = definition.element(at) if definition is not None else None
        gone = {component for whose, number, component in ignored if (whose, number) == (id(segment), at)}
        kept.append("" if 0 in gone else _element(text, element, gone))
    if pairs is not None and pairs.form != "fixed":
        step = 2 if pairs.form == "run" else 1
        start = pairs.first.element
        run = kept[start : pairs.last + 1]
        run += [""] * (len(run) % step)
        chunks = sorted(
            (run[n : n + step] for n in range(0, len(run), step)), key=lambda chunk: (not any(chunk), chunk)
        )
        kept[start : pairs.last + 1] = [text for chunk in chunks for text in chunk]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return kept


def _element(text: str, element: ElementDef | None, gone: set[int]) -> str:
    repetitions = []
    for repetition in text.split(REPEAT):
        parts = repetition.split(COMPONENT)
        known = element.components if element is not None else ()
        for number, part in enumerate(parts):
            inner = known[number] if number < len(known) else None if known else element
            parts[number] = "" if number + 1 in gone else _value(part, inner)
        repetitions.append(COMPONENT.join(parts).rstrip(COMPONENT))
    return REPEAT.join(repetitions).rstrip(REPEAT)


def _value(text: str, element: ElementDef | None) -> str:
    text = text.rstrip(" ")
    if element is None or element.kind not in ("R", "N", "n"):
        return text
    return read_decimal(text) or text
