"""What sample documents have: values nothing takes, codes outside the tables, what is always there, how they are sent.

Not here: what to do about it (edi/draft_offers.py). Rule protected: everything said of the samples carries its
evidence: in how many of them, how often, a few of the values.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edi.claims import Claim, Loose, Step, pair_place
from edi.draft_values import SHAPES, shapes_of
from edi.map_coverage import Looked, address_of, is_half
from edi.map_documents import Document
from edi.map_rows import Exercise
from edi.mapping import Map
from edi.mapping_nodes import Address, Binding, Pairs, SegmentNode
from edi.model import Message
from edi.structure import ElementDef, value_at
from edi.trees import MOST_DEEP

MOST_VALUES = 5
MOST_CODES = 12  # different values that are taken for codes
MOST_SEGMENTS = 5_000  # of documents that are kept to try every row on, and as many of those that have something new
KEPT_EACH = 3  # documents that have something new in the same place


@dataclass(slots=True)
class Piece:
    """Values of one place that nothing takes.

    `steps`, `at`: where; `pair` is the qualifier of the pair and `pairs` those of the segment; `node` claims the
    segment, or nothing does from step `lost` on; `scope` is the canonical path it stands under. `same` counts values
    that the document also has in a field.
    """

    where: str
    steps: tuple[Step, ...]
    at: Address
    pair: str
    pairs: Pairs | None
    node: SegmentNode | None
    lost: int
    scope: tuple[str, ...]
    documents: int = 0
    times: int = 0
    values: list[str] = field(default_factory=list)
    shapes: frozenset[str] = frozenset(SHAPES)
    same: Counter[str] = field(default_factory=Counter)
    last: int = 0

    @property
    def shape(self) -> str:
        """The most telling shape of all values."""
        return next((shape for shape in SHAPES if shape in self.shapes), "text")

    @property
    def repeats(self) -> str:
        """The field that has the same value every time, if that cannot be chance."""
        path, times = self.same.most_common(1)[0] if self.same else ("", 0)
        return path if times == self.times and (len(self.values) > 1 or self.documents > 1) else ""


@dataclass(slots=True)
class NewCode:
    """A code that a table does not list."""

    binding: Binding
    code: str
    documents: int = 0
    times: int = 0
    last: int = 0


@dataclass(slots=True)
class Usual:
    """What an element that the map binds usually holds: in how many of its segments, which values, how long."""

    definition: ElementDef
    segments: int = 0
    present: int = 0
    longest: int = 0
    values: set[str] = field(default_factory=set)


class Samples:
    """The samples of one draft, read with its base map."""

    def __init__(self, map_: Map) -> None:
        self.map, self.looked = map_, Looked(map_)
        self.exercise = Exercise(map_, "read")
        self.documents = self.faulty = 0
        self.files: list[str] = []
        self.kept: list[Message] = []
        self.segments = 0  # of those kept
        self.pieces: dict[str, Piece] = {}
        self.codes: dict[tuple[str, str], NewCode] = {}
        self.usual: dict[str, Usual] = {}
        self.shapes: Counter[tuple[str, ...]] = Counter()

    def add(self, document: Document) -> None:
        """Look at one more."""
        message = document.message
        self.documents += 1
        if document.file not in self.files[-1:]:
            self.files.append(document.file)
        checked = self.looked.check.check(message)
        reading = self.map.read(message, checked)
        self.faulty += any(fault.severity != "warning" for fault in (*checked.faults, *reading.faults))
        known = {origin.found: path for path, origin in reading.trace.items() if telling(origin.found)}
        for claim, loose in self.looked.claims(checked):
            for one, ignored in loose:
                if not ignored and not is_half(claim, one):
                    self._piece(claim, one, known)
            self._usual(claim)
            for binding, code in self.exercise.claim(claim):
                assert binding.table is not None
                found = self.codes.setdefault((binding.table.name, code), NewCode(binding, code))
                found.times += 1
                found.documents += found.last != self.documents
                found.last = self.documents
        self._keep(message)
        shape = levels_of(message)
        if shape:
            self.shapes[shape] += 1

    def _keep(self, message: Message) -> None:
        """Keep a document to try a draft on, as long as there is room: those with something new have more."""
        places: list[Piece | NewCode] = [*self.pieces.values(), *self.codes.values()]
        new = any(place.last == self.documents and place.documents <= KEPT_EACH for place in places)
        self.segments += len(message.segments)
        if self.segments <= (2 * MOST_SEGMENTS if new else MOST_SEGMENTS) or not self.kept:
            self.kept.append(message)
        else:
            self.segments -= len(message.segments)

    def _usual(self, claim: Claim) -> None:
        steps = "/".join(map(str, (step for step in claim.steps if not step.level)))
        for binding in claim.node.bindings if claim.node is not None else ():
            if binding.address.rest or binding.address.repeats:
                continue
            usual = self.usual.setdefault(f"{steps}/{binding.address}", Usual(binding.definition))
            value = value_at(claim.segment, binding.address.element, binding.address.component).rstrip(" ")
            usual.segments += 1
            usual.present += bool(value)
            usual.longest = max(usual.longest, len(value))
            if value and len(usual.values) <= MOST_CODES:
                usual.values.add(value)

    def _piece(self, claim: Claim, loose: Loose, known: dict[str, str]) -> None:
        where = address_of(claim, loose)
        pairs = claim.node.pairs if claim.node is not None and loose.pair and loose.qualifier else None
        piece = self.pieces.get(where)
        if piece is None:
            scope = tuple(step for step in claim.path if isinstance(step, str))
            qualifier = loose.qualifier if pairs is not None else ""
            piece = Piece(where, claim.steps, loose.at, qualifier, pairs, claim.node, claim.lost, scope)
            self.pieces[where] = piece
        value = loose.value.rstrip(" ")
        piece.times += 1
        piece.documents += piece.last != self.documents
        piece.last = self.documents
        piece.shapes &= shapes_of(value)
        if value in known:
            piece.same[generic(known[value])] += 1
        if len(piece.values) < MOST_VALUES and value not in piece.values:
            piece.values.append(value)

    def groups(self) -> dict[str, list[Piece]]:
        """The pieces by the segment or loop that nothing claims; those of claimed segments each alone."""
        found: dict[str, list[Piece]] = {}
        for piece in self.pieces.values():
            key = "/".join(map(str, piece.steps[: piece.lost])) if piece.lost else piece.where
            found.setdefault(key, []).append(piece)
        return found


def telling(value: str) -> bool:
    """Would it be strange to find a value twice by chance?"""
    return len(value) >= 4 and any(c.isdigit() for c in value)


def generic(path: str) -> str:
    """A canonical path without the numbers of items."""
    return ".".join(step for step in path.split(".") if not step.isdigit())


def place_of_pair(piece: Piece) -> str:
    """`PO106[CB]`."""
    return f"{pair_place(piece.pairs)}[{piece.pair}]" if piece.pairs is not None else str(piece.at)


def levels_of(message: Message) -> tuple[str, ...]:
    """The levels from the shipment to the innermost, if every way down the HL segments follows them."""
    codes, above = {}, {}
    for segment in message.segments:
        if segment[0] == "HL" and len(segment) > 3:
            codes[segment[1]], above[segment[1]] = segment[3].strip(" "), segment[2].strip(" ")
    ways = []
    for number in codes:
        way = [number]
        while above[way[-1]] in codes and len(way) <= MOST_DEEP:
            way.append(above[way[-1]])
        ways.append(tuple(codes[one] for one in reversed(way)))
    longest = max(ways, key=len, default=())
    return longest if all(_follows(way, longest) for way in ways) else ()


def _follows(way: tuple[str, ...], longest: tuple[str, ...]) -> bool:
    rest = iter(longest)
    return all(code in rest for code in way)
