"""The parts of a map after parsing: nodes, bindings, pairs. Values only.

Not here: parsing (edi/mapping_plan.py), generated code (edi/mapping_read.py, edi/mapping_write.py). Every part keeps
the `row` of the map file it came from, so that errors can name file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from edi.documents.types import Data
from edi.event_fields import Field
from edi.expressions import Evaluate
from edi.functions import Converter
from edi.model import Segment
from edi.structure import ElementDef, LoopEntry, SegmentEntry, value_at
from edi.tables import Table
from edi.yaml_source import Tree

Way: TypeAlias = Literal["both", "read", "write"]
LevelKind: TypeAlias = Literal["shipment", "order", "package", "item"]


@dataclass(frozen=True, slots=True)
class Address:
    """`PO102`, `DTM01-2`, `GIN02*` (this and all that follow), `REF02[*]` (the repetitions of one element)."""

    tag: str
    element: int
    component: int = 0
    rest: bool = False
    repeats: bool = False

    def __str__(self) -> str:
        component = f"-{self.component}" if self.component else ""
        return f"{self.tag}{self.element:02d}{component}{'*' if self.rest else '[*]' if self.repeats else ''}"


@dataclass(frozen=True, slots=True)
class Target:
    """A path into the event, relative to the nearest `into`, or to the event when `root`.

    `along` are the fields at its steps. `scheme` is set when the last step names a scheme of `ids`.
    """

    steps: tuple[str, ...]
    along: tuple[Field, ...]
    root: bool = False

    @property
    def field(self) -> Field:
        return self.along[-1]

    @property
    def scheme(self) -> str:
        return self.steps[-1] if len(self.along) > 1 and self.along[-2].kind == "id" else ""

    @property
    def text(self) -> str:
        return ".".join(self.steps)


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a `when`."""

    address: Address
    values: tuple[str, ...]

    def matches(self, segment: Segment) -> bool:
        return value_at(segment, self.address.element, self.address.component).rstrip(" ") in self.values


@dataclass(frozen=True, slots=True)
class Binding:
    """One element and what it means: a constant, a count, the shape of levels, or a field."""

    address: Address
    kind: Literal["const", "count", "field", "shape"]
    definition: ElementDef
    row: Tree
    text: str = ""  # the constant, the path counted (`hl`: the levels), or the code of the shape
    target: Target | None = None
    converter: Converter | None = None
    table: Table | None = None
    default: str = ""
    from_order: bool = False


def counted(binding: Binding) -> tuple[tuple[str, ...], str]:
    """The steps of the list a `count` counts, or, for lists at any depth, of where they lie and their name."""
    assert binding.target is not None
    if binding.text.startswith("**/"):
        return (), binding.target.steps[-1]
    return binding.target.steps, binding.text.partition("/**/")[2]


def is_list(binding: Binding) -> bool:
    """A binding of a list of plain values."""
    return binding.kind == "field" and binding.target is not None and binding.target.field.many


@dataclass(frozen=True, slots=True)
class Pair:
    """One qualifier of `pairs` and the field its value goes to."""

    qualifier: str
    target: Target
    converter: Converter


@dataclass(frozen=True, slots=True)
class Pairs:
    """Qualifiers, each beside its value.

    `run`: they alternate from `first` on. `composites`: each element from `first` on is one pair, with these
    components. `fixed`: one pair at two addresses.
    """

    form: Literal["run", "composites", "fixed"]
    pairs: tuple[Pair, ...]
    first: Address
    value: Address
    last: int  # the last element the pairs may use
    row: Tree


@dataclass(frozen=True, slots=True)
class Into:
    """Where the occurrences of a node go.

    `model` is that of the object or of one item; the first `skip` items are not written here.
    """

    target: Target
    model: type[Data]
    many: bool
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Repeat:
    """Several items in one segment: `size` elements from `first` on are one, the next ones another, up to `last`."""

    first: int
    size: int
    last: int

    def holds(self, at: Address) -> bool:
        """Is it an element of the first item? Others belong to all of them."""
        return self.first <= at.element < self.first + self.size

    def moved(self, at: Address, start: int) -> Address:
        """An element of the first item in that which starts at `start`."""
        return replace(at, element=at.element + start - self.first) if self.holds(at) else at

    def filled(self, segment: Segment) -> list[int]:
        """Where the items of a segment start; what is empty is none."""
        starts = range(self.first, min(self.last + 1, len(segment)), self.size)
        return [start for start in starts if "".join(segment[start : start + self.size]).strip(" ")]


@dataclass(frozen=True, slots=True)
class Nest:
    """Parent pointers of a loop: the number of an item, the number of the item it lies in, the list of those in it.

    `loose`: a list of the event, of the same name as one inside each item, of what lies in no item.
    """

    id: Address
    parent: Address
    children: str
    loose: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """An element computed on writing and compared on reading (derive_write)."""

    address: Address
    expression: Evaluate
    row: Tree


@dataclass(frozen=True, slots=True)
class SegmentNode:
    """A segment of the map at its place `index` in the schema's layout. `most` None = any number of occurrences."""

    tag: str
    index: int
    entry: SegmentEntry
    when: tuple[Test, ...]
    bindings: tuple[Binding, ...]
    pairs: Pairs | None
    into: Into | None
    required: bool
    most: int | None
    write_if: Target | None
    write_when: Evaluate | None
    derived: tuple[Derived, ...]
    way: Way
    note: str
    row: Tree
    repeat: Repeat | None = None

    @property
    def name(self) -> str:
        return self.tag

    def places(self, at: Address) -> list[Address]:
        """Every place of a bound element: one for each item the segment can hold, if it belongs to one."""
        if self.repeat is None or not self.repeat.holds(at):
            return [at]
        starts = range(self.repeat.first, self.repeat.last + 1, self.repeat.size)
        return [self.repeat.moved(at, start) for start in starts]

    @property
    def listed(self) -> bool:
        """Does it hold a list of plain values?"""
        return any(map(is_list, self.bindings))

    def claims(self, segment: Segment) -> bool:
        return all(test.matches(segment) for test in self.when)


@dataclass(frozen=True, slots=True)
class LoopNode:
    """A loop of the map at its place `index` in the schema's layout; `when` looks at its trigger segment."""

    name: str
    index: int
    entry: LoopEntry
    when: tuple[Test, ...]
    into: Into | None
    required: bool
    most: int | None
    write_when: Evaluate | None
    layout: tuple[Node, ...]
    way: Way
    note: str
    row: Tree
    nest: Nest | None = None

    @property
    def spills(self) -> bool:
        """Nothing but its segment, which holds a list of values: what does not fit opens the loop again."""
        only = self.layout[0]
        return self.into is None and len(self.layout) == 1 and isinstance(only, SegmentNode) and only.listed

    @property
    def unpacked(self) -> tuple[Node, ...]:
        """The nodes of a nest whose items may also lie in no item of it."""
        if self.nest is None or not self.nest.loose:
            return ()
        return tuple(node for node in self.layout if node.into and node.into.target.steps == (self.nest.loose,))

    def claims(self, segment: Segment) -> bool:
        return all(test.matches(segment) for test in self.when)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a hierarchy: its code (HL03), what it is, the fields that tell it from others of its kind."""

    code: str
    kind: LevelKind
    fixed: Mapping[str, Any]
    model: type[Data]
    prefixes: tuple[tuple[str, ...], ...]  # where its fields may stand in the event
    layout: tuple[Node, ...]
    row: Tree


@dataclass(frozen=True, slots=True)
class HierarchyNode:
    """The levels of X12 HL at the place `index` of their loop in the schema's layout.

    `shape` are the codes of the levels from the outermost to the innermost, as they are written. `child_code`: HL04 is
    written.
    """

    name: str
    index: int
    entry: LoopEntry
    shape: tuple[str, ...]
    levels: Mapping[str, Level]
    child_code: bool
    row: Tree
    way: Way = "both"
    note: str = ""
    into: None = None
    most: None = None
    required: bool = False
    when: tuple[Test, ...] = ()
    write_when: None = None

    def claims(self, segment: Segment) -> bool:
        return True

    @property
    def nested(self) -> bool:
        """Can packages lie in packages?"""
        return sum(self.levels[code].kind == "package" for code in self.shape) > 1


Node: TypeAlias = SegmentNode | LoopNode | HierarchyNode


def nested_lists(layout: tuple[Node, ...]) -> list[tuple[tuple[str, ...], str]]:
    """The lists whose items may lie in items of the same list: absolute path, and the name of the list inside."""
    found = []
    for path, node in every(layout):
        if isinstance(node, LoopNode) and node.nest is not None:
            found.append((path, node.nest.children))
        elif isinstance(node, HierarchyNode):
            found += [(level.prefixes[0], level.prefixes[0][-1]) for level in node.levels.values()
                      if level.kind == "package"][:1]  # fmt: skip
    return found


def every(layout: tuple[Node, ...], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every node, with the absolute path (without indexes) its targets are relative to."""
    for node in layout:
        inner = prefix
        if node.into is not None:
            inner = node.into.target.steps if node.into.target.root else (*prefix, *node.into.target.steps)
        yield inner, node
        if isinstance(node, LoopNode):
            yield from every(node.layout, inner)
            yield from every(node.unpacked, prefix)
        elif isinstance(node, HierarchyNode):
            for level in node.levels.values():
                for prefix_ in level.prefixes:
                    yield from every(level.layout, prefix_)
