"""Who claims what: a slow walk of the map over a checked message, for unmapped data and for the places of faults.

Not here: reading values (edi/mapping_read.py; both claim segments by the same rule). Rule protected: the unit is the
element, component, repetition and qualifier of a pair, never the segment; what nothing claims is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edi.mapping_nodes import Address, LoopNode, Node, Pairs, SegmentNode
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import Entry, LoopEntry, value_at

_ENVELOPE = frozenset({"ST", "SE", "UNH", "UNT", "UNS"})


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value nothing claims, at its full place (`855[1]/PO1[2]/PO110`); `qualifier` of its pair or segment."""

    place: str
    value: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A segment and the node that claims it (None: nobody). `path` is the canonical path of its scope (`lines`, 2).

    `loop` is the loop whose trigger this segment is, if the map has it.
    """

    segment: Segment
    node: SegmentNode | None
    path: tuple[str | int, ...]
    loop: LoopNode | None = None


def claims(layout: tuple[Node, ...], entries: tuple[Entry, ...], tree: list[Any]) -> Iterator[Claim]:
    """Every segment of the tree in document order, with its claim."""
    yield from _level(layout, entries, tree, (), None, {})


def _level(
    layout: tuple[Node, ...],
    entries: tuple[Entry, ...],
    tree: list[Any],
    path: tuple[str | int, ...],
    loop: LoopNode | None,
    sizes: dict[tuple[str | int, ...], int],
) -> Iterator[Claim]:
    for index, entry in enumerate(entries):
        nodes = [node for node in layout if node.index == index and node.way != "write"]
        taken = dict.fromkeys(range(len(nodes)), 0)
        for occurrence in tree[index] or ():
            segment = occurrence[0][0] if isinstance(entry, LoopEntry) else occurrence
            number = next(
                (
                    n
                    for n, node in enumerate(nodes)
                    if node.claims(segment) and (node.most is None or taken[n] < node.most)
                ),
                None,
            )
            node = None if number is None else nodes[number]
            if number is not None:
                taken[number] += 1
            inner = _inner(node, path, sizes)
            if not isinstance(entry, LoopEntry):
                claimed = node if isinstance(node, SegmentNode) else None
                yield Claim(segment, claimed, inner, loop if index == 0 else None)
            elif isinstance(node, LoopNode):
                yield from _level(node.layout, entry.layout, occurrence, inner, node, sizes)
            else:
                yield from _level((), entry.layout, occurrence, inner, None, sizes)


def _inner(
    node: Node | None, path: tuple[str | int, ...], sizes: dict[tuple[str | int, ...], int]
) -> tuple[str | int, ...]:
    if node is None or node.into is None:
        return path
    base = node.into.target.steps if node.into.target.root else (*path, *node.into.target.steps)
    if not node.into.many:
        return base
    sizes[base] = sizes.get(base, 0) + 1
    return (*base, sizes[base] - 1)


def unclaimed(claim: Claim) -> Iterator[tuple[Address, str, str]]:
    """Address, value and qualifier of everything in a segment that its node does not claim."""
    segment, node = claim.segment, claim.node
    if segment[0] in _ENVELOPE:
        return
    known = _places(claim)
    rest = {(b.address.element, b.address.component) for b in node.bindings if b.address.rest} if node else set()
    pairs = node.pairs if node is not None else None
    for element in range(1, len(segment)):
        for component, value in _parts(segment[element]):
            if not value.strip(" "):
                continue
            at = (element, component) if (element, component) in known or component > 1 else (element, 0)
            if at in known or (element, component) in known or _listed(rest, element, component):
                continue
            qualifier = ""
            if pairs is not None:
                qualifier, covered = _paired(pairs, segment, element, component)
                if covered:
                    continue
            yield Address(segment[0], element, component if COMPONENT in segment[element] else 0), value, (
                qualifier or value_at(segment, 1, 1)
            )  # fmt: skip


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Component numbers and texts; text without components is component 1, repetitions are more of the same."""
    for repetition in text.split(REPEAT):
        yield from enumerate(repetition.split(COMPONENT), 1)


def _places(claim: Claim) -> set[tuple[int, int]]:
    """Everything bound or tested; component 1 stands also for the element without components."""
    node = claim.node
    tests = (*(claim.loop.when if claim.loop else ()), *(node.when if node else ()))
    found = {(t.address.element, t.address.component) for t in tests}
    found |= {(d.address.element, d.address.component) for d in (node.derived if node else ())}
    for binding in node.bindings if node else ():
        at = binding.address
        found.add((at.element, at.component))
        made = binding.converter
        if made is not None and made.beside == "format":
            found.add((at.element, at.component + 1))
        elif made is not None and made.beside:
            found.add((int(made.beside[-2:]), 0))
    return found | {(element, 1) for element, component in found if component == 0}


def _listed(rest: set[tuple[int, int]], element: int, component: int) -> bool:
    return any((at == element and part and component >= part) or (not part and element >= at) for at, part in rest)


def _paired(pairs: Pairs, segment: Segment, element: int, component: int) -> tuple[str, bool]:
    """The qualifier a value stands with, and whether it is listed."""
    first, value = pairs.first, pairs.value
    listed = {pair.qualifier for pair in pairs.pairs}
    if pairs.form == "fixed":
        qualifier = value_at(segment, first.element, first.component).rstrip(" ")
        here = (element, component) in {
            (first.element, first.component or 1),
            (value.element, value.component or 1),
        }
        return (qualifier, qualifier in listed) if here else ("", False)
    if not first.element <= element <= pairs.last:
        return "", False
    if pairs.form == "composites":
        qualifier = value_at(segment, element, first.component).rstrip(" ")
        return qualifier, qualifier in listed and component in (first.component, value.component)
    at = element - (element - first.element) % 2
    qualifier = segment[at].rstrip(" ") if at < len(segment) else ""
    return qualifier, qualifier in listed
