"""Every row of a map that a document can exercise: nodes, bindings, pairs, rows of tables, checks; and which were.

Not here: finding documents (edi/map_documents.py), what nothing claims (edi/map_coverage.py). Rule protected: a row is
exercised by a value that passed through it, in its own direction, never by a segment that merely was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.claims import Claim, Step, pair_place
from edi.documents.types import Data
from edi.mapping import Map
from edi.mapping_checks import checks_of, exercised
from edi.mapping_nodes import Address, Binding, HierarchyNode, LoopNode, Node, Pairs, SegmentNode
from edi.model import COMPONENT, REPEAT, Segment
from edi.structure import value_at
from edi.yaml_source import Tree

Direction: TypeAlias = Literal["read", "write"]
Kind: TypeAlias = Literal["node", "binding", "pair", "table row", "check"]
Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its address in the document, what it says, its file and line.

    `within` is the node it stands in. `wanted`: a document must have it wherever the nodes `needs` are there.
    """

    kind: Kind
    key: Key
    where: str
    what: str
    place: str
    within: Key = ()
    wanted: bool = False
    needs: tuple[Key, ...] = ()


class Exercise:
    """What documents exercised of a map in one direction."""

    def __init__(self, map_: Map, way: Direction) -> None:
        self.way = way
        self.rows = [*_Rows(map_, way).rows()]
        self.times: Counter[Key] = Counter()
        self._checks = checks_of(map_.declared, map_.model)

    def claim(self, claim: Claim) -> list[tuple[Binding, str]]:
        """Note what one segment exercises. Returns the codes that a table does not list."""
        node, loop, segment = claim.node, claim.loop, claim.segment
        if loop is not None:
            self.times[_of(loop)] += 1
        if isinstance(loop, HierarchyNode):
            self.times[_level(loop, value_at(segment, 3).rstrip(" "))] += 1
        if node is None:
            return []
        self.times[_of(node)] += 1
        unknown = []
        for binding in node.bindings:
            values = [value for at in node.places(binding.address) for value in values_at(segment, at) if value]
            if values:
                self.times[_of(binding)] += 1
            if binding.table is None:
                continue
            for value in values:
                if value in binding.table.read:
                    self.times[("row", binding.table.name, value)] += 1
                else:
                    unknown.append((binding, value))
        for derived in node.derived:
            if value_at(segment, derived.address.element, derived.address.component).strip(" "):
                self.times[_of(derived)] += 1
        for qualifier in qualifiers(segment, node.pairs) if node.pairs is not None else ():
            self.times[("pair", id(node), qualifier)] += 1
        return unknown

    def event(self, data: Data) -> None:
        """Note the checks an event exercises."""
        for name in exercised(self._checks, data.model_dump(mode="json", exclude_none=True)):
            self.times[("check", name)] += 1

    def missing(self) -> list[tuple[Row, bool]]:
        """The rows nothing exercised, in the order of the map, and whether that is wrong. What stands in a node that
        was never there is not listed again."""
        found = []
        for row in self.rows:
            if self.times[row.key] or (row.within and not self.times[row.within]):
                continue
            found.append((row, row.wanted and all(self.times[key] for key in row.needs)))
        return found


def values_at(segment: Segment, at: Address) -> list[str]:
    """The values an address stands for, without padding."""
    if at.rest and at.component:
        parts = value_at(segment, at.element).split(COMPONENT)[at.component - 1 :]
    elif at.rest:
        parts = [element.partition(COMPONENT)[0] for element in segment[at.element :]]
    elif at.repeats:
        parts = segment[at.element].split(REPEAT) if at.element < len(segment) else []
    else:
        parts = [value_at(segment, at.element, at.component)]
    return [part.rstrip(" ") for part in parts]


def qualifiers(segment: Segment, pairs: Pairs) -> Iterator[str]:
    """The qualifiers in a segment that have a value."""
    first, value = pairs.first, pairs.value
    if pairs.form == "fixed":
        if value_at(segment, value.element, value.component).strip(" "):
            yield value_at(segment, first.element, first.component).rstrip(" ")
        return
    for at in range(first.element, min(pairs.last + 1, len(segment)), 2 if pairs.form == "run" else 1):
        other, part = (at + 1, 0) if pairs.form == "run" else (at, value.component)
        if value_at(segment, other, part).strip(" "):
            yield value_at(segment, at, first.component).rstrip(" ")


def _of(what: object) -> Key:
    return (id(what),)


def _level(node: HierarchyNode, code: str) -> Key:
    return ("level", id(node), code)


def _place(row: Tree) -> str:
    return f"{row.file}:{row.line}"


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the walk over the layout is: the address, the node around, the nodes a document need not have."""

    steps: tuple[Step, ...] = ()
    within: Key = ()
    needs: tuple[Key, ...] = ()


class _Rows:
    """The walk over a map that lists its rows."""

    def __init__(self, map_: Map, way: Direction) -> None:
        self.map, self.ways, self.way = map_, ("both", way), way

    def rows(self) -> Iterator[Row]:
        bound: dict[str, list[Key]] = {}
        for row, binding in self._layout(self.map.layout, _Here()):
            yield row
            if binding is not None and binding.table is not None:
                bound.setdefault(binding.table.name, []).append(row.key)
        for name in bound:
            table = self.map.tables[name]
            codes = table.read if self.way == "read" else dict.fromkeys(table.write.values())
            for code in codes:
                meaning = table.read.get(code, "")
                yield Row("table row", ("row", name, code), f"table {name}", f"{code}: {meaning}", "")
        for name, node in self.map.declared.checks.items():
            yield Row("check", ("check", name), f"check {name}", str(node.get("test", "")), _place(node))

    def _layout(self, layout: tuple[Node, ...], here: _Here) -> Iterator[tuple[Row, Binding | None]]:
        opens = {id(node) for node in layout if node.index == 0 and node.way in self.ways} if here.steps else set()
        here_too = Counter(node.index for node in layout if node.way in self.ways)
        for node in layout:
            if node.way not in self.ways:
                continue
            if opens == {id(node)} and isinstance(node, SegmentNode):
                yield from self._segment(node, here)
                continue
            mark = node.when[0].values[0] if node.when else ""
            steps = here.steps if id(node) in opens else (*here.steps, Step(node.name, mark))
            wanted = isinstance(node, SegmentNode | LoopNode) and (
                node.required
                or (node.entry.effective_usage == "required" and not node.when and here_too[node.index] == 1)
            )
            row = Row("node", _of(node), "/".join(map(str, steps)), _inside(node), _place(node.row), here.within,
                      wanted, here.needs)  # fmt: skip
            yield row, None
            inner = _Here(steps, row.key, here.needs if wanted else (*here.needs, row.key))
            if isinstance(node, SegmentNode):
                yield from self._segment(node, inner)
            elif isinstance(node, LoopNode):
                yield from self._layout(node.layout, inner)
            else:
                yield from self._levels(node, inner)

    def _levels(self, node: HierarchyNode, here: _Here) -> Iterator[tuple[Row, Binding | None]]:
        for level in node.levels.values():
            if self.way == "write" and level.code not in node.shape:
                continue
            steps = (*here.steps, Step(level.code, level=True))
            row = Row("node", _level(node, level.code), "/".join(map(str, steps)), f"the level of the {level.kind}",
                      _place(level.row), here.within)  # fmt: skip
            yield row, None
            yield from self._layout(level.layout, _Here(steps, row.key, (*here.needs, row.key)))

    def _segment(self, node: SegmentNode, here: _Here) -> Iterator[tuple[Row, Binding | None]]:
        where = "/".join(map(str, here.steps))
        for binding in node.bindings:
            yield Row("binding", _of(binding), f"{where}/{binding.address}", str(binding.row), _place(binding.row),
                      here.within, _wanted(node, binding), here.needs), binding  # fmt: skip
        for derived in node.derived:
            row = Row("binding", _of(derived), f"{where}/{derived.address}", "derive_write", _place(derived.row),
                      here.within)  # fmt: skip
            yield row, None
        if node.pairs is None:
            return
        for pair in node.pairs.pairs:
            place = f"{where}/{pair_place(node.pairs)}[{pair.qualifier}]"
            yield Row("pair", ("pair", id(node), pair.qualifier), place, pair.target.text, _place(node.pairs.row),
                      here.within), None  # fmt: skip


def _inside(node: Node) -> str:
    """What is lost when a node is never there."""
    if isinstance(node, HierarchyNode):
        return "hierarchy"
    if isinstance(node, LoopNode):
        return f"loop into {node.into.target.text}" if node.into else "loop"
    fields = [binding.target.text for binding in node.bindings if binding.kind == "field" and binding.target]
    fields += [pair.target.text for pair in node.pairs.pairs] if node.pairs else []
    return ", ".join(dict.fromkeys(fields)) or "segment"


def _wanted(node: SegmentNode, binding: Binding) -> bool:
    """A document must have a value here: the element is mandatory, or the event needs the field."""
    at = binding.address
    whole = node.entry.definition.element(at.element)
    if binding.definition.effective_usage == "required" and (
        not at.component or (whole is not None and whole.effective_usage == "required")
    ):
        return True
    target = binding.target
    return (
        binding.kind == "field"
        and target is not None
        and not target.scheme
        and not binding.from_order
        and all(field.required for field in target.along)
    )
