"""Who claims what: a slow walk of the map over a checked message, for unmapped data and for the places of faults.

Not here: reading values (edi/mapping_read.py; both claim segments by the same rule). Rule protected: the unit is the
element, component, repetition and qualifier of a pair, never the segment; what nothing claims is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from edi.mapping_nodes import Address, HierarchyNode, Into, LoopNode, Node, Pairs, SegmentNode
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import Entry, LoopEntry, value_at
from edi.trees import paths_of

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
    loop: LoopNode | HierarchyNode | None = None


Path: TypeAlias = tuple[str | int, ...]


def claims(
    layout: tuple[Node, ...],
    entries: tuple[Entry, ...],
    tree: list[Any],
    moved: Mapping[int, Path] = MappingProxyType({}),
) -> Iterator[Claim]:
    """Every segment of the tree in document order, with its claim.

    `moved`: the paths of what a nest or a hierarchy put elsewhere, by the identity of its first segment; without them
    such parts have no path of their own.
    """
    yield from _level(layout, entries, tree, (), None, {}, moved)


def found_at(placed: Iterable[tuple[Segment, dict[str, Any]]], data: dict[str, Any]) -> dict[int, Path]:
    """`moved` of a reading: its parts with the segments they came from, and the data they are in."""
    where = paths_of(data)
    return {id(segment): where[id(item)] for segment, item in placed if id(item) in where}


class Claimed:
    """Where the values of one message came from: its claims by canonical path, walked once and when first asked."""

    def __init__(
        self,
        layout: tuple[Node, ...],
        entries: tuple[Entry, ...],
        tree: list[Any],
        moved: Callable[[], Mapping[int, Path]],
    ) -> None:
        self._layout, self._entries, self._tree, self._moved = layout, entries, tree, moved
        self._first: dict[tuple[str | int, ...], Segment] | None = None
        self._tagged: dict[tuple[tuple[str | int, ...], str], Segment] = {}

    def find(self, path: tuple[str | int, ...], at: Address | None) -> tuple[Segment | None, Address | None]:
        """The segment of an item: the one of the wanted tag, else the first with the longest part of this path."""
        first = self._first if self._first is not None else self._walk()
        if at is not None and (path, at.tag) in self._tagged:
            return self._tagged[path, at.tag], at
        known = (path[:length] for length in range(len(path), 0, -1))
        return next((first[part] for part in known if part in first), None), None

    def _walk(self) -> dict[tuple[str | int, ...], Segment]:
        first: dict[tuple[str | int, ...], Segment] = {}
        for claim in claims(self._layout, self._entries, self._tree, self._moved()):
            first.setdefault(claim.path, claim.segment)
            self._tagged.setdefault((claim.path, claim.segment[0]), claim.segment)
        self._first = first
        return first


def _level(
    layout: tuple[Node, ...],
    entries: tuple[Entry, ...],
    tree: list[Any],
    path: tuple[str | int, ...],
    loop: LoopNode | None,
    sizes: dict[tuple[str | int, ...], int],
    moved: Mapping[int, Path],
) -> Iterator[Claim]:
    for index, occurrences in enumerate(tree):
        if not occurrences:
            continue
        entry = entries[index]
        nodes = [node for node in layout if node.index == index and node.way != "write"]
        taken = [0] * len(nodes)
        for occurrence in occurrences:
            segment = occurrence[0][0] if isinstance(entry, LoopEntry) else occurrence
            node: Node | None = None
            for number, candidate in enumerate(nodes):
                if (candidate.most is None or taken[number] < candidate.most) and candidate.claims(segment):
                    taken[number] += 1
                    node = candidate
                    break
            if isinstance(node, HierarchyNode) and isinstance(entry, LoopEntry):
                level = node.levels.get(value_at(segment, 3).rstrip(" "))
                inner = moved.get(id(segment), path)
                within = level.layout if level else ()
                for claim in _level(within, entry.layout, occurrence, inner, None, sizes, moved):
                    yield Claim(segment, None, inner, node) if claim.segment is segment else claim
                continue
            inner = path if node is None or node.into is None else _inner(node.into, path, sizes)
            inner = moved.get(id(segment), inner)
            if not isinstance(entry, LoopEntry):
                claimed = node if isinstance(node, SegmentNode) else None
                yield Claim(segment, claimed, inner, loop if index == 0 else None)
            elif isinstance(node, LoopNode):
                yield from _level(node.layout, entry.layout, occurrence, inner, node, sizes, moved)
            else:
                yield from _level((), entry.layout, occurrence, inner, None, sizes, moved)


def _inner(into: Into, path: tuple[str | int, ...], sizes: dict[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    base = into.target.steps if into.target.root else (*path, *into.target.steps)
    if not into.many:
        return base
    sizes[base] = sizes.get(base, 0) + 1
    return (*base, sizes[base] - 1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a segment a node claims: element and component, from where on everything, and its pairs."""

    known: frozenset[tuple[int, int]]
    rest: tuple[tuple[int, int], ...]
    pairs: Pairs | None
    listed: frozenset[str]


def coverage(node: SegmentNode | None, loop: LoopNode | HierarchyNode | None) -> Coverage:
    """The coverage of a node whose segment may be the trigger of a loop; without a node only what `when` tests."""
    tests = (*(loop.when if loop else ()), *(node.when if node else ()))
    found = {(t.address.element, t.address.component) for t in tests}
    if isinstance(loop, HierarchyNode):
        found |= {(element, 0) for element in (1, 2, 3, 4)}
    elif loop is not None and loop.nest is not None:
        found |= {(at.element, at.component) for at in (loop.nest.id, loop.nest.parent)}
    rest: list[tuple[int, int]] = []
    pairs = None
    if node is not None:
        found |= {(d.address.element, d.address.component) for d in node.derived}
        pairs = node.pairs
        for binding in node.bindings:
            at, made = binding.address, binding.converter
            found.add((at.element, at.component))
            whole = node.entry.definition.element(at.element)
            if at.rest:
                rest.append((at.element, at.component or (-1 if whole is not None and whole.components else 0)))
            if made is not None and made.beside == "format":
                found.add((at.element, at.component + 1))
            elif made is not None and made.beside:
                found.add((int(made.beside[-2:]), 0))
    found |= {(element, 1) for element, component in found if component == 0}
    listed = frozenset(pair.qualifier for pair in pairs.pairs) if pairs is not None else frozenset()
    return Coverage(frozenset(found), tuple(rest), pairs, listed)


def unclaimed(segment: Segment, cover: Coverage) -> Iterator[tuple[Address, str, str]]:
    """Address, value and qualifier of everything in a segment that is not covered."""
    tag = segment[0]
    if tag in _ENVELOPE:
        return
    for element in range(1, len(segment)):
        text = segment[element]
        if not text or ((element, 1) in cover.known and COMPONENT not in text and REPEAT not in text):
            continue
        composite = COMPONENT in text
        for component, value in _parts(text):
            if not value.strip(" ") or (element, component) in cover.known or _listed(cover.rest, element, component):
                continue
            qualifier = ""
            if cover.pairs is not None:
                qualifier, listed = _paired(cover, cover.pairs, segment, element, component)
                if listed:
                    continue
            yield Address(tag, element, component if composite else 0), value, qualifier or value_at(segment, 1, 1)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Component numbers and texts; text without components is component 1, repetitions are more of the same."""
    for repetition in text.split(REPEAT):
        yield from enumerate(repetition.split(COMPONENT), 1)


def _listed(rest: tuple[tuple[int, int], ...], element: int, component: int) -> bool:
    """Is it in a list? From an element on (part 0: all of each, -1: the first component of each), or from a component
    on."""
    for at, part in rest:
        if (part > 0 and at == element and component >= part) or (
            part <= 0 and element >= at and (part == 0 or component == 1)
        ):
            return True
    return False


def _paired(cover: Coverage, pairs: Pairs, segment: Segment, element: int, component: int) -> tuple[str, bool]:
    """The qualifier a value stands with, and whether it is listed."""
    first, value = pairs.first, pairs.value
    if pairs.form == "fixed":
        here = {(first.element, first.component or 1), (value.element, value.component or 1)}
        if (element, component) not in here:
            return "", False
        qualifier = value_at(segment, first.element, first.component).rstrip(" ")
        return qualifier, qualifier in cover.listed
    if not first.element <= element <= pairs.last:
        return "", False
    if pairs.form == "composites":
        qualifier = value_at(segment, element, first.component).rstrip(" ")
        return qualifier, qualifier in cover.listed and component in (first.component, value.component)
    at = element - (element - first.element) % 2
    qualifier = segment[at].rstrip(" ")
    return qualifier, qualifier in cover.listed
