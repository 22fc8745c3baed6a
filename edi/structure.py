"""What a document may contain: the values a schema is made of.

Not here: reading them from files (edi/schema.py), narrowing them for a partner (edi/narrowing.py), checking messages
(edi/check.py). Rule protected: the standard's rule and the partner's narrower rule stand side by side, never one
instead of the other, so that each fault can say whose rule was broken. A `guide_` field that adds nothing is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.model import COMPONENT, REPEAT, Segment, Syntax

Usage: TypeAlias = Literal["required", "optional", "not_used"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes and their meanings. `open`: known to be incomplete, an unlisted code is a warning."""

    name: str
    values: Mapping[str, str]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule over several positions: `kind` is one of P R C L E O X (X12.6 3.8; EDIFACT dependency notes D1 to D7)."""

    kind: str
    positions: tuple[int, ...]
    guide: bool = False

    @property
    def text(self) -> str:
        """`R0203`."""
        return self.kind + "".join(f"{position:02d}" for position in self.positions)


@dataclass(frozen=True, slots=True)
class ElementDef:
    """One data element, component or composite.

    `kind`: X12 `AN ID R N DT TM B`, EDIFACT `a n an`, `composite` with components. `places` are the implied decimals of
    `N2`. `min` and `max` count characters, in numbers without sign and decimal mark. `repeat` None = any number.
    """

    at: int
    ref: str
    name: str
    kind: str
    min: int = 0
    max: int = 0
    places: int = 0
    usage: Usage = "optional"
    codes: CodeList | None = None
    repeat: int | None = 1
    components: tuple[ElementDef, ...] = ()
    conditions: tuple[Condition, ...] = ()
    guide_usage: Usage | None = None
    guide_codes: CodeList | None = None
    guide_min: int | None = None
    guide_max: int | None = None

    @property
    def effective_usage(self) -> Usage:
        """The usage that holds for this partner."""
        return self.guide_usage or self.usage

    @property
    def effective_codes(self) -> CodeList | None:
        """The code list that holds for this partner."""
        return self.guide_codes or self.codes

    @property
    def effective_min(self) -> int:
        """The minimum length that holds for this partner."""
        return self.min if self.guide_min is None else self.guide_min

    @property
    def effective_max(self) -> int:
        """The maximum length that holds for this partner."""
        return self.max if self.guide_max is None else self.guide_max

    @property
    def type(self) -> str:
        """The type as a schema file writes it: `R 1..15`, `an..35`."""
        if self.kind == "composite":
            return "composite"
        if self.kind in ("a", "n", "an"):
            return f"{self.kind}{self.max}" if self.min == self.max else f"{self.kind}..{self.max}"
        kind = f"N{self.places}" if self.kind == "N" else self.kind
        return f"{kind} {self.min}..{self.max}"


@dataclass(frozen=True, slots=True)
class SegmentDef:
    """One segment: elements from position 1 without gaps, and the conditions over them."""

    tag: str
    title: str
    elements: tuple[ElementDef, ...]
    conditions: tuple[Condition, ...] = ()

    def element(self, at: int, component: int = 0) -> ElementDef | None:
        """The definition at a position, or None beyond the segment."""
        if not 1 <= at <= len(self.elements):
            return None
        found = self.elements[at - 1]
        if not component:
            return found
        return found.components[component - 1] if component <= len(found.components) else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test of a `when`: the value at element and component (0 = not a composite) is one of the values."""

    element: int
    component: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class When:
    """The tests that tell two loops with the same trigger apart; all must hold."""

    tests: tuple[Comparison, ...]

    def matches(self, segment: Segment) -> bool:
        return all(value_at(segment, test.element, test.component) in test.values for test in self.tests)


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment at its place in a layout. `max` None = any number.

    `definition` is what holds at this place; a guide may have narrowed it here and not elsewhere. `variants` are the
    narrower rules for occurrences with a given qualifier: `N1[BT]` is ("BT", entry).
    """

    tag: str
    usage: Usage
    max: int | None
    definition: SegmentDef
    guide_usage: Usage | None = None
    guide_max: int | None = None
    variants: tuple[tuple[str, SegmentEntry], ...] = ()

    @property
    def name(self) -> str:
        return self.tag

    @property
    def trigger(self) -> str:
        return self.tag

    @property
    def effective_usage(self) -> Usage:
        """The usage that holds for this partner."""
        return self.guide_usage or self.usage

    @property
    def effective_max(self) -> int | None:
        """The maximum that holds for this partner; None = any number."""
        return self.max if self.guide_max is None else self.guide_max


@dataclass(frozen=True, slots=True)
class LoopEntry:
    """A loop (EDIFACT: segment group) at its place in a layout; its first entry is the trigger segment.

    `name` is the trigger's tag, or longer where that would be ambiguous (`RFF-party`). `variants` as in SegmentEntry,
    by the qualifier of the trigger. `ordered` is no where senders are known to put the loops in it the wrong way round.
    """

    name: str
    trigger: str
    usage: Usage
    max: int | None
    layout: tuple[Entry, ...]
    when: When | None = None
    guide_usage: Usage | None = None
    guide_max: int | None = None
    variants: tuple[tuple[str, LoopEntry], ...] = ()
    ordered: bool = True

    @property
    def definition(self) -> SegmentDef:
        """The definition of the trigger segment."""
        return self.layout[0].definition

    @property
    def effective_usage(self) -> Usage:
        """The usage that holds for this partner."""
        return self.guide_usage or self.usage

    @property
    def effective_max(self) -> int | None:
        """The maximum that holds for this partner; None = any number."""
        return self.max if self.guide_max is None else self.guide_max


Entry: TypeAlias = SegmentEntry | LoopEntry


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Schema:
    """One transaction set or message of one version, possibly narrowed by a guide. Compared by identity.

    `segments` holds the standard's definition of every segment of the layout; `tags` every tag the dictionary of the
    version knows. `group` is GS01, empty for EDIFACT. `guide` is true when a partner's rules were added.
    """

    identity: str
    syntax: Syntax
    title: str
    group: str
    provenance: tuple[str, ...]
    layout: tuple[Entry, ...]
    segments: Mapping[str, SegmentDef]
    tags: frozenset[str]
    guide: bool = False

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Every entry with its address (`PO1/ACK`), in document order; variants are not listed."""
        yield from _entries("", self.layout)


def _entries(prefix: str, layout: tuple[Entry, ...]) -> Iterator[tuple[str, Entry]]:
    for entry in layout:
        yield prefix + entry.name, entry
        if isinstance(entry, LoopEntry):
            yield from _entries(f"{prefix}{entry.name}/", entry.layout)


def value_at(segment: Segment, element: int, component: int = 0) -> str:
    """The text at a position, empty beyond the segment: its first repetition, all components unless one is named."""
    if element >= len(segment):
        return ""
    value = segment[element].partition(REPEAT)[0]
    if not component:
        return value
    parts = value.split(COMPONENT)
    return parts[component - 1] if component <= len(parts) else ""


def qualifier_of(segment: Segment) -> str:
    """What stands in the brackets of `N1[BT]` or `DTM[137]`: the first component of the first element."""
    return value_at(segment, 1, 1)
