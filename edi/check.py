"""A message against its schema: the tree of its loops, and every fault of the standard and of the partner's guide.

Not here: the rules inside a segment (edi/element_rules.py), the order of segments (edi/automaton.py), what the document
means (edi/mapping.py). Rule protected: any message gives a tree and faults in document order, never an exception; what
cannot be placed is reported and left out, and the rest is checked as if nothing had happened.
"""

from __future__ import annotations

from operator import length_hint
from typing import Any
from weakref import WeakKeyDictionary

from edi.automaton import Automaton, Candidate, Level, Position, variant_of
from edi.checked import Checked, Occurrence, node
from edi.element_rules import Finding, findings, one_of
from edi.faults import Fault, Faults, Severity, fault
from edi.model import Delimiters, Location, Message, Segment
from edi.structure import CodeList, Entry, LoopEntry, Schema, SegmentDef, qualifier_of, value_at
from edi.syntax import harmless_in, is_plain, offset_of

# What the reader reports itself: that these are missing, and identifiers, control numbers and counts in these elements.
_ENVELOPE = {"ST": (1, 2), "SE": (1, 2), "UNH": (1,), "UNT": (1, 2)}

_checkers: WeakKeyDictionary[Schema, Checker] = WeakKeyDictionary()


def compile_check(schema: Schema) -> Checker:
    """The checker of a schema, made once per schema."""
    if schema not in _checkers:
        _checkers[schema] = Checker(schema)
    return _checkers[schema]


class Checker:
    """Checks messages of one schema. Keeps what it learns about the schema, nothing about messages."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._automata: dict[tuple[str, bool], Automaton] = {}
        self._harmless: tuple[Delimiters | None, bytes] = (None, b"")  # of the interchange at hand

    def faults(self, message: Message) -> list[Fault]:
        """The faults of a message. Quicker than `check`: no tree is built unless the order of segments is in doubt."""
        automaton = self._automaton(message)
        doubtful = self._doubtful(automaton, message)
        if doubtful is None:
            return self.check(message).faults
        return self._inside(automaton, message, doubtful) if doubtful else []

    def _doubtful(self, automaton: Automaton, message: Message) -> list[int] | None:
        """The numbers of the segments that may have faults inside; None if the order of segments needs thought.

        The steps and tests of `check` without the tree: an entry can only occur again right after itself, so that one
        count a level is enough.
        """
        strides = automaton.start.strides
        counts = [0] * automaton.depth
        found: list[int] = []
        segments = iter(message.segments)
        for segment in segments:
            try:
                stride = strides[segment[0]]
            except KeyError:
                stride = automaton.stride(strides, segment[0])
            if stride is None:
                return None
            strides, depth, limit, again, known, tests = stride
            if limit:
                counts[depth] = count = counts[depth] + 1 if again else 1
                if count > limit:
                    return None
            length = len(segment)
            if not (known[length] if length in known else tests[length])(segment):
                found.append(len(message.segments) - length_hint(segments))
        return found if automaton.at[id(strides)].may_leave_for(None, 0) else None

    def _inside(self, automaton: Automaton, message: Message, doubtful: list[int]) -> list[Fault]:
        """The faults inside some segments of a message whose segments are in order."""
        walk = _Walk(self.schema, automaton, message)
        position = automaton.start
        last = 0
        for number in doubtful:
            for segment in message.segments[last:number]:
                step = position[segment[0]]
                assert step is not None
                position, depth, index, _, size, _ = step
                walk.enter(depth, index, size)
            walk.inside(position, number, segment)
            last = number
        return walk.faults

    def check(self, message: Message) -> Checked:
        """The tree and the faults of a message."""
        automaton = self._automaton(message)
        walk = _Walk(self.schema, automaton, message)
        levels = walk.levels
        position = automaton.start
        for number, segment in enumerate(message.segments, 1):
            step = position[segment[0]]
            if step is None:
                position = walk.think(position, number, segment)
                continue
            target, depth, index, limit, size, tests = step
            level = levels[depth]
            items = level[index]
            if items is not None and len(items) >= limit:
                position = walk.think(position, number, segment)
                continue
            item: Any = segment
            if size:
                item = [None] * size
                item[0] = [segment]
                levels[depth + 1] = item
            if items is None:
                level[index] = [item]
            else:
                items.append(item)
            position = target
            if not tests[len(segment)](segment):
                walk.inside(position, number, segment)
        walk.end(position)
        return Checked(levels[0], walk.faults, message, self.schema, walk.unplaced)

    def _automaton(self, message: Message) -> Automaton:
        wire, harmless = self._harmless
        if wire is not message.interchange.delimiters:
            wire = message.interchange.delimiters
            self._harmless = wire, harmless = wire, harmless_in(wire)
        decimal, plain = "", is_plain(message, harmless)
        if self.schema.syntax == "edifact" and message.interchange.raw[:8].replace(b"\0", b"").find(b"UNA") >= 0:
            declared = message.interchange.delimiters.decimal
            decimal = declared if declared in (".", ",") else ""
        if (decimal, plain) not in self._automata:
            self._automata[decimal, plain] = Automaton(self.schema, decimal, plain)
        return self._automata[decimal, plain]


class _Walk:
    """The checking of one message: the open occurrences, or only how many there are, and what was found."""

    def __init__(self, schema: Schema, automaton: Automaton, message: Message) -> None:
        self.schema = schema
        self.automaton = automaton
        self.message = message
        self.levels: list[Occurrence] = [[] for _ in range(automaton.depth)]
        self.levels[0] = [None] * automaton.root.size
        self.faults = Faults()
        self.unplaced: list[tuple[Segment, str]] = []
        self.qualified: dict[tuple[int, str], int] = {}  # occurrences with a qualifier in a list of the tree, by its id

    def enter(self, depth: int, index: int, size: int) -> None:
        """One more occurrence of an entry, where only their number matters."""
        level = self.levels[depth]
        level[index] = (level[index] or 0) + 1
        if size:
            self.levels[depth + 1] = [1, *[None] * (size - 1)]

    # --- steps that need thought

    def think(self, position: Position, number: int, segment: Segment) -> Position:
        """Place a segment where something is unusual; the position after it."""
        candidates = tuple(one for one in position.candidates(segment[0]) if self.free(position, one))
        if not candidates:
            self.unplaceable(position, number, segment)
            return position
        chosen, fits = self.choose(candidates, segment)
        level, index, _, late = chosen
        again = position.occupies(level, index)
        self.missed(position, level, index, number)
        entry = level.entries[index]
        qualifier = qualifier_of(segment) if entry.variants else ""
        variant = variant_of(entry, qualifier)
        target = self.automaton.position(level, index, qualifier if variant else "", late=late)
        item: Any = segment
        if isinstance(entry, LoopEntry):
            item = [None] * target.level.size
            item[0] = [segment]
            self.levels[level.depth + 1] = item
        items = self.levels[level.depth][index] or []
        items.append(item)
        self.levels[level.depth][index] = items
        self.counted(target, number, segment, entry, variant, items)
        if late and not again:
            path, loop = self.path_of(target), _loop_name(target.level)
            self.report("segment.order", number, path, segment[0], loop, found=segment[0], severity="warning")
        assert target.tests is not None
        if not fits or not target.tests[len(segment)](segment):
            self.inside(target, number, segment, None if fits else entry)
        return target

    def choose(self, candidates: tuple[Candidate, ...], segment: Segment) -> tuple[Candidate, bool]:
        """The place a segment takes, and whether its content fits the `when` of it.

        The first place that leaves out nothing mandatory; if that is full, the next one with room.
        """
        pool = [candidate for candidate in candidates if _admits(candidate, segment)]
        fits = bool(pool)
        pool = pool or list(candidates)
        chosen = next((candidate for candidate in pool if not candidate.skips), pool[0])
        if self.full(chosen):
            later = pool[pool.index(chosen) + 1 :]
            chosen = next((other for other in later if not other.skips and not self.full(other)), chosen)
        return chosen, fits

    def free(self, position: Position, candidate: Candidate) -> bool:
        """Whether a place may be taken late: no loop comes both before and after those that should follow it."""
        level, at, _, late = candidate
        return not late or position.occupies(level, at) or self.levels[level.depth][at] is None

    def full(self, candidate: Candidate) -> bool:
        most = candidate.level.entries[candidate.at].max
        items = self.levels[candidate.level.depth][candidate.at]
        return most is not None and items is not None and len(items) >= most

    def unplaceable(self, position: Position, number: int, segment: Segment) -> None:
        tag = segment[0]
        if tag not in self.schema.tags:
            code = "segment.unknown"
        elif tag not in self.automaton.tags:
            code = "segment.undefined"
        else:
            code = "segment.order" if position.is_order_fault(tag) else "segment.unexpected"
        path = f"{self.path(position.level)}/{tag}"
        self.unplaced.append((segment, path))
        self.report(code, number, path, tag, _loop_name(position.level), found=tag)

    def counted(
        self, target: Position, number: int, segment: Segment, entry: Entry, variant: Entry | None, items: list[Any]
    ) -> None:
        """Faults of a segment or loop that occurs too often or is not used."""
        kind = "loop.repeat" if isinstance(entry, LoopEntry) else "segment.repeat"
        rules = [(entry.max, len(items), False), (entry.guide_max, len(items), True)]
        if variant:
            alike = (id(items), qualifier_of(segment))
            self.qualified[alike] = self.qualified.get(alike, 0) + 1
            rules.append((variant.guide_max, self.qualified[alike], True))
        path, loop = self.path_of(target), _loop_name(target.level)
        for most, count, guide in rules:
            if most is not None and count > most:
                self.report(kind, number, path, segment[0], loop, expected=f"at most {most}", guide=guide)
                break
        what = variant or entry
        if what.effective_usage == "not_used":
            guide = what.usage != "not_used"
            found = f"{segment[0]}[{qualifier_of(segment)}]" if variant else segment[0]
            self.report("segment.not-used", number, path, segment[0], loop, found=found, guide=guide)

    def missed(self, position: Position, level: Level | None, index: int, number: int) -> None:
        """Faults of what was due before the entry `index` of a level; level None: before the end of the message."""
        for over, at in position.passed(level, index):
            entry = over.entries[at]
            if entry.trigger in _ENVELOPE:
                continue
            items = self.levels[over.depth][at]
            if items is None and entry.effective_usage == "required":
                self.absent(over, entry, "", number, guide=entry.usage != "required")
                continue
            for qualifier, variant in entry.variants:
                if variant.guide_usage == "required" and (id(items), qualifier) not in self.qualified:
                    self.absent(over, variant, f"[{qualifier}]", number, guide=True)

    def absent(self, level: Level, entry: Entry, qualifier: str, number: int, *, guide: bool) -> None:
        code = "segment.missing"
        if guide:
            code = "loop.minimum" if isinstance(entry, LoopEntry) else "segment.dependent-missing"
        loop = entry.name if isinstance(entry, LoopEntry) else _loop_name(level)
        path = f"{self.path(level)}/{entry.name}{qualifier}"
        expected = f"{entry.definition.title} ({entry.trigger}{qualifier})"
        self.report(code, number, path, entry.trigger, loop, expected=expected, guide=guide)

    def end(self, position: Position) -> None:
        """What is still due at the end of the message."""
        self.missed(position, None, 0, len(self.message.segments) + 1)

    # --- the inside of a segment

    def inside(self, position: Position, number: int, segment: Segment, misfit: Entry | None = None) -> None:
        """Faults of the elements of a segment. `misfit`: the loop whose `when` the segment does not meet."""
        definition = position.definition
        assert definition is not None
        found = findings(definition, segment, self.automaton.decimal)
        if isinstance(misfit, LoopEntry):
            found = [*_unfit(misfit, definition, segment, found), *found]
        found = [one for one in found if one.element not in _ENVELOPE.get(segment[0], ())]
        if not found:
            return
        path, loop = self.path_of(position), _loop_name(position.level)
        for one in found:
            self.report(one.code, number, path, segment[0], loop, one.found, one.expected, guide=one.guide, finding=one)

    # --- places

    def path(self, level: Level) -> str:
        """The path of the open occurrence of a level."""
        if level.parent is None or level.loop is None:
            return self.message.name
        count = _count(self.levels[level.parent.depth][level.at])
        return self.path(level.parent) + node(level.loop, count)

    def path_of(self, position: Position) -> str:
        """The path of the segment at a position."""
        level, index = position.level, position.index
        if level.loop is not None and index == 0:
            return self.path(level)
        return self.path(level) + node(level.entries[index], _count(self.levels[level.depth][index]))

    def report(
        self,
        code: str,
        number: int,
        path: str,
        tag: str,
        loop: str,
        found: str = "",
        expected: str = "",
        *,
        guide: bool = False,
        finding: Finding | None = None,
        severity: Severity | None = None,
    ) -> None:
        message = self.message
        element, component, repetition = finding[1:4] if finding else (0, 0, 0)
        if element:
            path += f"/{tag}{element:02d}" + (f"-{component}" if component else "")
        location = Location(
            path=path,
            interchange=message.interchange.control,
            group=message.group.control if message.group else "",
            message=message.control,
            segment=number,
            tag=tag,
            loop=loop,
            element=element,
            component=component,
            repetition=repetition,
            offset=self.offset(number, element, component, repetition),
        )
        severity = finding.severity if finding else severity
        ref = finding.ref if finding else ""
        self.faults.append(
            fault(code, location, found=found, expected=expected, ref=ref, severity=severity, guide=guide)
        )

    def offset(self, number: int, element: int, component: int, repetition: int) -> int:
        if number > len(self.message.segments):
            return self.message.offset + len(self.message.raw)
        return offset_of(self.message, number, element, component, repetition)


def _admits(candidate: Candidate, segment: Segment) -> bool:
    entry = candidate.level.entries[candidate.at]
    return not (isinstance(entry, LoopEntry) and entry.when is not None) or entry.when.matches(segment)


def _unfit(misfit: LoopEntry, definition: SegmentDef, segment: Segment, known: list[Finding]) -> list[Finding]:
    """The finding for a trigger that meets the `when` of no loop, unless its elements already say so."""
    assert misfit.when is not None
    for test in misfit.when.tests:
        value = value_at(segment, test.element, test.component)
        if value in test.values or any(one.element == test.element for one in known):
            continue
        element = definition.element(test.element, test.component)
        expected = one_of(CodeList("", dict.fromkeys(test.values, "")))
        ref = element.ref if element else ""
        return [Finding("element.code", test.element, test.component, found=value, expected=expected, ref=ref)]
    return []


def _count(items: Any) -> int:
    return items if isinstance(items, int) else len(items)


def _loop_name(level: Level) -> str:
    return level.loop.name if level.loop else ""
