"""The loop automaton of a schema: from a place in the layout and a tag to the next place.

Not here: elements (edi/element_rules.py), faults and the tree (edi/check.py). Rule protected: a segment stands where
the order of the layout puts it, innermost loop first; no code, length or partner rule ever moves it. So one wrong value
stays one fault. In a loop that is not `ordered`, a loop may follow another it should stand before; what stands between
the two in the layout is over then.

A position is an entry of a level; a level is the layout of one loop (or of the document) inside its parents. Steps that
need no thought (no mandatory entry skipped, no rule that depends on content) are remembered per position and tag.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from edi.check_code import QuickTest, QuickTests, quick_tests
from edi.structure import Entry, LoopEntry, Schema, SegmentDef


class Level:
    """One layout at its depth. `at` is the index of the loop in the parent's layout; `late`: it came after others that
    should follow it."""

    __slots__ = ("at", "depth", "entries", "late", "loop", "parent", "positions", "size")

    def __init__(
        self, entries: tuple[Entry, ...], parent: Level | None, at: int, loop: LoopEntry | None, *, late: bool = False
    ) -> None:
        self.entries = entries
        self.size = len(entries)
        self.parent = parent
        self.at = at
        self.loop = loop
        self.late = late
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.positions: dict[tuple[int, str, bool], Position] = {}


class Candidate(NamedTuple):
    """A place a tag may take. `skips`: a mandatory entry of the standard would be left out on the way. `late`: it is a
    loop after one that should follow it."""

    level: Level
    at: int
    skips: bool
    late: bool = False


# A step that needs no thought: the position after it, depth and index of the entry in the tree, how often it may
# occur, the length of the loop's layout (0 for a plain segment), the tests. A plain tuple: others unpack slowly.
Step: TypeAlias = tuple["Position", int, int, int, int, QuickTests]

# The same where no tree is built: the strides from the position after it, the depth of the entry, how often it may
# occur (0 for any number), whether it occurs again here, the tests known and all.
Stride: TypeAlias = tuple["Strides", int, int, bool, dict[int, QuickTest], QuickTests]
Strides: TypeAlias = dict[str, "Stride | None"]


class Position(dict[str, "Step | None"]):
    """The place of the segment placed last; maps a tag to its Step, or to None when the step needs thought."""

    __slots__ = ("automaton", "definition", "index", "level", "strides", "tests", "thoughtful")

    def __init__(self, automaton: Automaton, level: Level, index: int, definition: SegmentDef | None) -> None:
        super().__init__()
        self.automaton = automaton
        self.level = level
        self.index = index  # -1 before the first segment
        self.definition = definition
        self.tests = automaton.tests(definition) if definition else None
        self.thoughtful: dict[str, tuple[Candidate, ...]] = {}
        self.strides: Strides = {}
        automaton.at[id(self.strides)] = self

    def __missing__(self, tag: str) -> Step | None:
        if tag not in self.automaton.tags:
            return None  # not kept: the wire decides how many unknown tags there are
        step = self[tag] = self.automaton.step(self, tag)
        return step

    def candidates(self, tag: str) -> tuple[Candidate, ...]:
        """The places a tag of this document may take from here, innermost and nearest first."""
        if tag not in self.thoughtful:
            if tag not in self.automaton.tags:
                return ()
            self.thoughtful[tag] = tuple(self._candidates(tag))
        return self.thoughtful[tag]

    def _candidates(self, tag: str) -> Iterator[Candidate]:
        level: Level | None = self.level
        index, skips, late = self.index, False, False
        while level is not None:
            for at in range(max(index, 0), level.size):
                entry = level.entries[at]
                trigger = at == 0 and level.loop is not None  # a second trigger opens a second loop
                over = late and at > index and isinstance(entry, LoopEntry)
                if entry.trigger == tag and not trigger and not over:
                    yield Candidate(level, at, skips, late and at == index)
                skips = skips or (at > index and entry.usage == "required")
            if level.loop is not None and not level.loop.ordered:
                for at in range(index):
                    if level.entries[at].trigger == tag and isinstance(level.entries[at], LoopEntry):
                        yield Candidate(level, at, skips, True)
            index, late, level = level.at, level.late, level.parent

    def passed(self, level: Level | None, index: int) -> Iterator[tuple[Level, int]]:
        """The entries that are over when (level, index) comes next, in the order they were due; None: the end.

        The entry that is left, of each loop that is closed too, is among them.
        """
        here: Level | None = self.level
        start = max(self.index, 0)
        while here is not level and here is not None:
            yield from ((here, at) for at in range(start, here.size))
            start, here = here.at, here.parent
        if level is not None:
            yield from ((level, at) for at in range(start, index))

    def occupies(self, level: Level, index: int) -> bool:
        """Whether this position is at an entry or somewhere inside it."""
        here: Level | None = self.level
        at = self.index
        while here is not None:
            if here is level:
                return at == index
            at, here = here.at, here.parent
        return False

    def may_leave_for(self, level: Level | None, index: int) -> bool:
        """Whether nothing is due, for the standard or the guide, before (level, index) comes next; None: the end."""
        return not any(
            over.entries[at].variants
            or (over.entries[at].effective_usage == "required" and not self.occupies(over, at))
            for over, at in self.passed(level, index)
        )

    def is_order_fault(self, tag: str) -> bool:
        """Whether the tag had its place earlier in a loop that is still open."""
        level: Level | None = self.level
        index = self.index
        while level is not None:
            if any(entry.trigger == tag for entry in level.entries[: max(index, 0)]):
                return True
            index, level = level.at, level.parent
        return False


class Automaton:
    """The positions of one schema under one decimal mark, made when first reached. `plain` as in QuickTests."""

    def __init__(self, schema: Schema, decimal: str, plain: bool) -> None:
        self.decimal, self.plain = decimal, plain
        self.tags = frozenset(entry.trigger for _, entry in schema.entries())
        self._tests: dict[int, tuple[SegmentDef, QuickTests]] = {}
        self.root = Level(schema.layout, None, 0, None)
        self.at: dict[int, Position] = {}  # by the identity of their strides
        self.depth = 1 + max(address.count("/") for address, _ in schema.entries()) + 1
        self.start = Position(self, self.root, -1, None)

    def tests(self, definition: SegmentDef) -> QuickTests:
        """The quick tests of a definition, shared by all places that use it."""
        if id(definition) not in self._tests:
            self._tests[id(definition)] = (definition, quick_tests(definition, self.decimal, plain=self.plain))
        return self._tests[id(definition)][1]

    def position(self, level: Level, index: int, qualifier: str = "", *, late: bool = False) -> Position:
        """The position at an entry; for a loop entry that of its trigger. `qualifier` picks a variant of the guide."""
        key = (index, qualifier, late)
        if key not in level.positions:
            entry = level.entries[index]
            if qualifier:
                entry = variant_of(entry, qualifier) or entry
            if isinstance(entry, LoopEntry):
                inner = Level(entry.layout, level, index, entry, late=late)
                level.positions[key] = Position(self, inner, 0, entry.definition)
            else:
                level.positions[key] = Position(self, level, index, entry.definition)
        return level.positions[key]

    def step(self, position: Position, tag: str) -> Step | None:
        """The step from a position with a tag, or None if it needs thought."""
        candidates = position.candidates(tag)
        if not candidates:
            return None
        chosen = next((candidate for candidate in candidates if not candidate.skips), candidates[0])
        level, index, _, _ = chosen
        entry = level.entries[index]
        if any(candidate.late for candidate in candidates):
            return None
        if entry.variants or entry.effective_usage == "not_used":
            return None
        if any(_depends(candidate.level.entries[candidate.at]) for candidate in candidates):
            return None
        if not position.may_leave_for(level, index):
            return None
        target = self.position(level, index)
        assert target.tests is not None
        size = target.level.size if isinstance(entry, LoopEntry) else 0
        limit = sys.maxsize if entry.effective_max is None else entry.effective_max
        return target, level.depth, index, limit, size, target.tests

    def stride(self, strides: Strides, tag: str) -> Stride | None:
        """The stride from the position of these strides with a tag, or None if it needs thought."""
        position = self.at[id(strides)]
        step = position[tag]
        if step is None:
            return None  # not kept: the wire decides how many unknown tags there are
        target, depth, index, limit, size, tests = step
        level = target.level.parent if size else target.level
        assert level is not None
        again = position.occupies(level, index)
        strides[tag] = target.strides, depth, 0 if limit == sys.maxsize else limit, again, tests.known, tests
        return strides[tag]


def _depends(entry: Entry) -> bool:
    return isinstance(entry, LoopEntry) and entry.when is not None


def variant_of(entry: Entry, qualifier: str) -> Entry | None:
    """The narrower rules the guide has for occurrences with a qualifier."""
    return next((variant for value, variant in entry.variants if value == qualifier), None)
