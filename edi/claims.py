"""Who claims what: a slow walk of the map over a checked message, for unmapped data and for the places of faults.

Not here: reading values (edi/mapping_read.py; both claim segments by the same rule). Rule protected: the unit is the
element, component, repetition and qualifier of a pair, never the segment; what nothing claims is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from edi.mapping_nodes import Address, HierarchyNode, Into, LoopNode, Node, Pairs, Repeat, SegmentNode
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import ElementDef, Entry, LoopEntry, value_at
from edi.trees import paths_of

_ENVELOPE = frozenset({"ST", "SE", "UNH", "UNT", "UNS"})


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value nothing claims, at its full place (`855[1]/PO1[2]/PO110`); `qualifier` of its pair or segment."""

    place: str
    value: str
    qualifier: str = ""


class Step(NamedTuple):
    """One step of an address: a segment, a loop or a level. `mark` tells it from others of its tag (`ST` of N1)."""

    name: str
    mark: str = ""
    level: bool = False

    def __str__(self) -> str:
        return f"{self.name}[{self.mark}]" if self.mark else self.name


@dataclass(frozen=True, slots=True)
class Claim:
    """A segment and the node that claims it (None: nobody). `path` is the canonical path of its scope (`lines`, 2), of
    several items in it the first.

    `loop` is the loop whose trigger this segment is, if the map has it. `steps` are its address, in which a loop stands
    for its trigger; `lost` counts them up to the first one that nothing claims (0: all are claimed).
    """

    segment: Segment
    node: SegmentNode | None
    path: tuple[str | int, ...]
    loop: LoopNode | HierarchyNode | None = None
    steps: tuple[Step, ...] = ()
    lost: int = 0


Path: TypeAlias = tuple[str | int, ...]


def claims(
    layout: tuple[Node, ...],
    entries: tuple[Entry, ...],
    tree: list[Any],
    moved: Mapping[int, Path] = MappingProxyType({}),
    way: Literal["read", "write"] = "read",
) -> Iterator[Claim]:
    """Every segment of the tree in document order, with its claim.

    `moved`: the paths of what a nest or a hierarchy put elsewhere, by the identity of its first segment; without them
    such parts have no path of their own. `way`: the nodes for reading, or those for writing.
    """
    yield from _Walk(moved, way).level(layout, entries, tree, (), None, (), 0)


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
        self._tagged: dict[tuple[tuple[str | int, ...], str], tuple[Segment, Repeat | None, int]] = {}

    def find(self, path: tuple[str | int, ...], at: Address | None) -> tuple[Segment | None, Address | None]:
        """The segment of an item: the one of the wanted tag, else the first with the longest part of this path; and the
        element there, which of several items in one segment is their own."""
        first = self._first if self._first is not None else self._walk()
        if at is not None and (path, at.tag) in self._tagged:
            segment, repeat, start = self._tagged[path, at.tag]
            return segment, repeat.moved(at, start) if repeat is not None else at
        known = (path[:length] for length in range(len(path), 0, -1))
        return next((first[part] for part in known if part in first), None), None

    def _walk(self) -> dict[tuple[str | int, ...], Segment]:
        first: dict[tuple[str | int, ...], Segment] = {}
        for claim in claims(self._layout, self._entries, self._tree, self._moved()):
            repeat = claim.node.repeat if claim.node is not None else None
            path = claim.path
            for start in repeat.filled(claim.segment) if repeat is not None else (0,):
                first.setdefault(path, claim.segment)
                self._tagged.setdefault((path, claim.segment[0]), (claim.segment, repeat, start))
                path = _next(path) if repeat is not None else path
        self._first = first
        return first


class _Walk:
    """One walk over a tree: what it knows everywhere, and how many items each list has so far."""

    def __init__(self, moved: Mapping[int, Path], way: Literal["read", "write"]) -> None:
        self.moved, self.ways = moved, ("both", way)
        self.sizes: dict[Path, int] = {}

    def level(
        self,
        layout: tuple[Node, ...],
        entries: tuple[Entry, ...],
        tree: list[Any],
        path: Path,
        loop: LoopNode | None,
        steps: tuple[Step, ...],
        lost: int,
    ) -> Iterator[Claim]:
        for index, occurrences in enumerate(tree):
            if not occurrences:
                continue
            entry = entries[index]
            nodes = [node for node in layout if node.index == index and node.way in self.ways]
            opens = index == 0 and bool(steps)  # the trigger, for which the loop stands
            at = None if opens else mark_at(entry, nodes)
            taken = [0] * len(nodes)
            for occurrence in occurrences:
                segment = occurrence[0][0] if isinstance(entry, LoopEntry) else occurrence
                node = _claiming(nodes, taken, segment)
                inner = path if node is None or node.into is None else _inner(node.into, path, self.sizes)
                if isinstance(node, SegmentNode) and node.repeat is not None:
                    self.sizes[inner[:-1]] += len(node.repeat.filled(segment)) - 1
                inner = self.moved.get(id(segment), inner)
                here = steps
                if not opens:
                    mark = value_at(segment, at.element, at.component or 1).rstrip(" ") if at is not None else ""
                    here = (*steps, Step(entry.name, mark))
                gone = lost or (len(here) if node is None and not opens else 0)
                if not isinstance(entry, LoopEntry):
                    claimed = node if isinstance(node, SegmentNode) else None
                    yield Claim(segment, claimed, inner, loop if index == 0 else None, here, gone)
                elif isinstance(node, HierarchyNode):
                    yield from self._levels(node, entry, occurrence, inner, here)
                elif isinstance(node, LoopNode):
                    yield from self.level(node.layout, entry.layout, occurrence, inner, node, here, gone)
                else:
                    yield from self.level((), entry.layout, occurrence, inner, None, here, gone)

    def _levels(
        self, node: HierarchyNode, entry: LoopEntry, occurrence: list[Any], path: Path, steps: tuple[Step, ...]
    ) -> Iterator[Claim]:
        segment = occurrence[0][0]
        code = value_at(segment, 3).rstrip(" ")
        here = (*steps[:-1], Step(steps[-1].name), Step(code, level=True))
        level = node.levels.get(code)
        for claim in self.level(level.layout if level else (), entry.layout, occurrence, path, None, here, 0):
            yield Claim(segment, None, path, node, here) if claim.segment is segment else claim


def _claiming(nodes: list[Node], taken: list[int], segment: Segment) -> Node | None:
    """The first node that takes a segment; `taken` counts what each has."""
    for number, candidate in enumerate(nodes):
        if (candidate.most is None or taken[number] < candidate.most) and candidate.claims(segment):
            taken[number] += 1
            return candidate
    return None


def mark_at(entry: Entry, nodes: list[Node]) -> Address | None:
    """The element that tells occurrences of an entry apart: the one the map tests, else a code in its first element,
    unless the map reads that as a value."""
    for node in nodes:
        if node.when:
            return node.when[0].address
    first = entry.definition.element(1)
    if entry.max == 1 or first is None or any(_reads_first(node) for node in nodes):
        return None
    return Address(entry.trigger, 1, 1) if is_code(first.components[0] if first.components else first) else None


def is_code(definition: ElementDef) -> bool:
    """Does an element hold a code by its kind: ID in X12, up to three characters in EDIFACT?"""
    return definition.kind == "ID" or (definition.kind in ("a", "an") and 0 < definition.max <= 3)


def _reads_first(node: Node) -> bool:
    inner = node.layout if isinstance(node, LoopNode) else (node,)
    return any(
        binding.address.element == 1
        for one in inner
        if isinstance(one, SegmentNode) and (one is node or one.index == 0)
        for binding in one.bindings
    )


def _inner(into: Into, path: tuple[str | int, ...], sizes: dict[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    base = into.target.steps if into.target.root else (*path, *into.target.steps)
    if not into.many:
        return base
    sizes[base] = sizes.get(base, 0) + 1
    return (*base, sizes[base] - 1)


def _next(path: Path) -> Path:
    """The path of the item after one."""
    *steps, number = path
    assert isinstance(number, int)
    return (*steps, number + 1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a segment a node claims: element and component, from where on everything, and its pairs."""

    known: frozenset[tuple[int, int]]
    rest: tuple[tuple[int, int], ...]
    pairs: Pairs | None
    listed: frozenset[str]

    def lists(self, element: int, component: int) -> bool:
        """Is it in a list? From an element on (part 0: all of each, -1: the first component of each), or from a
        component on."""
        return any(
            (at == element and component >= part) if part > 0 else (element >= at and (part == 0 or component == 1))
            for at, part in self.rest
        )


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
            places = node.places(at)
            found |= {(place.element, place.component) for place in places}
            whole = node.entry.definition.element(at.element)
            if at.rest:
                rest.append((at.element, at.component or (-1 if whole is not None and whole.components else 0)))
            if made is not None and made.beside == "format":
                found |= {(place.element, place.component + 1) for place in places}
            elif made is not None and made.beside:
                found.add((int(made.beside[-2:]), 0))
    found |= {(element, 1) for element, component in found if component == 0}
    listed = frozenset(pair.qualifier for pair in pairs.pairs) if pairs is not None else frozenset()
    return Coverage(frozenset(found), tuple(rest), pairs, listed)


class Loose(NamedTuple):
    """A value nothing claims. `repetition` counts from 1, 0 where the element is not repeated. `pair`: it is one half
    of a pair; then `qualifier` is that of the pair."""

    at: Address
    repetition: int
    value: str
    qualifier: str = ""
    pair: Literal["", "qualifier", "value"] = ""


def unclaimed(segment: Segment, cover: Coverage) -> Iterator[Loose]:
    """Everything in a segment that is not covered."""
    tag = segment[0]
    if tag in _ENVELOPE:
        return
    for element in range(1, len(segment)):
        text = segment[element]
        if not text or ((element, 1) in cover.known and COMPONENT not in text and REPEAT not in text):
            continue
        composite, repeated = COMPONENT in text, REPEAT in text
        for repetition, component, value in _parts(text):
            if not value.strip(" ") or (element, component) in cover.known or cover.lists(element, component):
                continue
            at = Address(tag, element, component if composite else 0)
            half: Literal["", "qualifier", "value"] = ""
            qualifier = ""
            if cover.pairs is not None:
                half, qualifier = _paired(cover.pairs, segment, element, component)
                if half and qualifier in cover.listed:
                    continue
            yield Loose(at, repetition if repeated else 0, value, qualifier, half)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    """Repetition, component and text of each part; text without components is component 1."""
    for number, repetition in enumerate(text.split(REPEAT), 1):
        for component, value in enumerate(repetition.split(COMPONENT), 1):
            yield number, component, value


def _paired(
    pairs: Pairs, segment: Segment, element: int, component: int
) -> tuple[Literal["", "qualifier", "value"], str]:
    """Which half of a pair a value is, and the qualifier it stands with; of composites also for their other parts."""
    first, value = pairs.first, pairs.value
    if pairs.form == "fixed":
        here, other = (first.element, first.component or 1), (value.element, value.component or 1)
        if (element, component) not in (here, other):
            return "", ""
        qualifier = value_at(segment, first.element, first.component).rstrip(" ")
        return "qualifier" if (element, component) == here else "value", qualifier
    if not first.element <= element <= pairs.last:
        return "", ""
    if pairs.form == "composites":
        qualifier = value_at(segment, element, first.component).rstrip(" ")
        if component not in (first.component, value.component):
            return "", qualifier
        return "qualifier" if component == first.component else "value", qualifier
    at = element - (element - first.element) % 2
    return "qualifier" if element == at else "value", segment[at].rstrip(" ")


def pair_place(pairs: Pairs) -> str:
    """The element that stands for the pairs of a segment: `PO106`, `NAD02-3`."""
    first = pairs.first
    return str(first if pairs.form == "fixed" else Address(first.tag, first.element))
