"""The parts of a map after parsing: nodes, bindings, pairs. Values only.

Not here: parsing (edi/mapping_plan.py), generated code (edi/mapping_read.py, edi/mapping_write.py). Every part keeps
the `row` of the map file it came from, so that errors can name file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.documents.types import Data
from edi.event_fields import Field
from edi.expressions import Evaluate
from edi.functions import Converter
from edi.model import Segment
from edi.structure import ElementDef, LoopEntry, SegmentEntry, value_at
from edi.tables import Table
from edi.yaml_source import Tree

Way: TypeAlias = Literal["both", "read", "write"]


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
    """One element and what it means: a constant, a count, or a field with a converter or a table."""

    address: Address
    kind: Literal["const", "count", "field"]
    definition: ElementDef
    row: Tree
    text: str = ""  # the constant, or the path counted
    target: Target | None = None
    converter: Converter | None = None
    table: Table | None = None
    default: str = ""
    from_order: bool = False


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

    @property
    def name(self) -> str:
        return self.tag

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

    def claims(self, segment: Segment) -> bool:
        return all(test.matches(segment) for test in self.when)


Node: TypeAlias = SegmentNode | LoopNode


def every(layout: tuple[Node, ...], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every node, with the absolute path (without indexes) its targets are relative to."""
    for node in layout:
        inner = prefix
        if node.into is not None:
            inner = node.into.target.steps if node.into.target.root else (*prefix, *node.into.target.steps)
        yield inner, node
        if isinstance(node, LoopNode):
            yield from every(node.layout, inner)
