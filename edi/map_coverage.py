"""How much of real documents a map carries, and how much of the map they exercise; in both directions.

Not here: finding the documents (edi/map_documents.py), the rows of the map (edi/map_rows.py), printing
(edi/map_coverage_words.py). Rules protected: the unit is the element, component, repetition and qualifier of a pair,
never the segment; counts and at most five values are kept, so that memory does not grow with the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from edi.check import compile_check
from edi.checked import Checked
from edi.claims import Claim, Loose, Step, claims, pair_place, unclaimed
from edi.documents.types import Data
from edi.errors import RenderError
from edi.map_documents import Document, FoundEvent, Other, reading_of, written
from edi.map_rows import Exercise, Row
from edi.mapping import Map
from edi.mapping_faults import Places
from edi.mapping_ignore import ignored_of
from edi.model import Message
from edi.structure import value_at
from edi.syntax import offset_of

MOST_VALUES = 5
MOST_PLACES = 2_000  # rows that are told apart; beyond, values are only counted


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was seen first: file, message, number of the segment (ST or UNH is 1), byte in the file."""

    file: str
    message: str
    segment: int
    offset: int

    def __str__(self) -> str:
        return f"{self.file}, {self.message}, segment {self.segment}, byte {self.offset}"


@dataclass(slots=True)
class Seen:
    """Something that is in documents or events and has no row: how many have it, how often, a few of its values."""

    where: str
    what: str = ""
    documents: int = 0
    times: int = 0
    values: list[str] = field(default_factory=list)
    place: Place | None = None
    _last: int = 0

    def add(self, value: str, document: int) -> None:
        self.times += 1
        if document != self._last:
            self._last, self.documents = document, self.documents + 1
        if len(self.values) < MOST_VALUES and value not in self.values:
            self.values.append(value)


@dataclass(slots=True)
class Counts:
    """Rows by what they are about, the most frequent first when asked for."""

    rows: dict[str, Seen] = field(default_factory=dict)
    further: int = 0  # values of places beyond MOST_PLACES

    def row(self, where: str, what: str = "") -> Seen | None:
        if where not in self.rows:
            if len(self.rows) >= MOST_PLACES:
                self.further += 1
                return None
            self.rows[where] = Seen(where, what)
        return self.rows[where]

    def ranked(self) -> list[Seen]:
        return sorted(self.rows.values(), key=lambda seen: (-seen.documents, -seen.times))


class Looked:
    """The documents of one map, looked at one after the other."""

    def __init__(self, map_: Map) -> None:
        self.map = map_
        self.check = compile_check(map_.schema)
        self.places = Places(map_.layout, map_.schema, ignored_of(map_.declared.ignore))

    def claims(self, checked: Checked) -> Iterator[tuple[Claim, list[tuple[Loose, bool]]]]:
        """Every segment with what nothing claims of it, and whether that is ignored. A segment that is not where the
        schema wants it is claimed by nothing."""
        for claim in (*claims(self.map.layout, self.map.schema.layout, checked.tree), *_unplaced(checked)):
            loose = unclaimed(claim.segment, self.places.cover(claim))
            yield claim, [(one, any(entry.covers(claim, one) for entry in self.places.ignored)) for one in loose]


def _unplaced(checked: Checked) -> Iterator[Claim]:
    for segment, path in checked.unplaced:
        steps = tuple(Step(name.partition("[")[0]) for name in path.split("/")[1:])
        yield Claim(segment, None, (), None, steps, len(steps))


def address_of(claim: Claim, loose: Loose) -> str:
    """`PO1/PO106[CB]` of a pair, else `REF[IA]/REF02`; with repetitions counted as one."""
    steps = "/".join(map(str, claim.steps))
    if loose.pair and loose.qualifier and claim.node is not None and claim.node.pairs is not None:
        return f"{steps}/{pair_place(claim.node.pairs)}[{loose.qualifier}]"
    return f"{steps}/{loose.at}" + ("[*]" if loose.repetition else "")


class ReadCoverage:
    """Reading: what documents have and the map does not take, and what of the map no document has."""

    def __init__(self, map_: Map) -> None:
        self.looked, self.exercise = Looked(map_), Exercise(map_, "read")
        self.unmapped, self.codes = Counts(), Counts()
        self.documents = self.faulty = self.ignored = 0

    def add(self, document: Document) -> None:
        map_, message = self.looked.map, document.message
        self.documents += 1
        reading, checked, faults = reading_of(map_, message)
        self.faulty += any(fault.severity != "warning" for fault in faults)
        if reading.data is not None:
            self.exercise.event(reading.data)
        for claim, loose in self.looked.claims(checked):
            for one, ignored in loose:
                self.ignored += ignored
                if not ignored and not is_half(claim, one):
                    self._count(self.unmapped, address_of(claim, one), "", one.value, document, checked, claim, one)
            for binding, code in self.exercise.claim(claim):
                assert binding.table is not None
                how = {"fault": "", "other": "read as other", "keep": "kept as it is"}[binding.table.unknown]
                where = f"{'/'.join(map(str, claim.steps))}/{binding.address} {code}"
                what = f"not in the table {binding.table.name}" + (f", {how}" if how else "")
                self._count(self.codes, where, what, code, document, checked, claim, Loose(binding.address, 0, code))

    def _count(
        self,
        counts: Counts,
        where: str,
        what: str,
        value: str,
        document: Document,
        checked: Checked,
        claim: Claim,
        loose: Loose,
    ) -> None:
        seen = counts.row(where, what)
        if seen is None:
            return
        seen.add(value, self.documents)
        if seen.place is None:
            seen.place = place_of(document, checked, claim, loose)

    @property
    def misread(self) -> list[Seen]:
        """Codes that are faults; the others are kept."""
        return [seen for seen in self.codes.ranked() if "," not in seen.what]


def place_of(document: Document, checked: Checked, claim: Claim, loose: Loose) -> Place:
    """Where a value stands in its file."""
    message: Message = document.message
    number, _ = checked.place(claim.segment)
    at = loose.at
    offset = offset_of(message, number, at.element, at.component, loose.repetition)
    return Place(document.file, f"{message.name} {message.control}", number, offset)


def is_half(claim: Claim, loose: Loose) -> bool:
    """The qualifier of a pair whose value is counted."""
    pairs = claim.node.pairs if claim.node is not None else None
    if loose.pair != "qualifier" or pairs is None:
        return False
    element, component = loose.at.element, 0
    if pairs.form == "fixed":
        element, component = pairs.value.element, pairs.value.component
    elif pairs.form == "composites":
        component = pairs.value.component
    else:
        element += 1
    return bool(value_at(claim.segment, element, component).strip(" "))


class WriteCoverage:
    """Writing: what events have and the map does not carry, and what of the map no event has."""

    def __init__(self, map_: Map) -> None:
        self.looked, self.exercise = Looked(map_), Exercise(map_, "write")
        self.lost, self.dropped, self.refused = Counts(), Counts(), Counts()
        self.events = 0

    def add(self, event: FoundEvent) -> None:
        map_ = self.looked.map
        self.events += 1
        self.exercise.event(event.data)
        for counts, values in zip((self.lost, self.dropped), map_.homeless(event.data), strict=True):
            for path, value in values:
                seen = counts.row(path)
                if seen is not None:
                    seen.add(value if isinstance(value, str) else repr(value), self.events)
                    seen.place = seen.place or Place(event.file, map_.event, 0, 0)
        try:
            message = self._written(event.data)
        except RenderError as error:
            seen = self.refused.row(error.field or error.code, str(error))
            if seen is not None:
                seen.add(event.file, self.events)
            return
        checked = self.looked.check.check(message)
        for claim in claims(map_.layout, map_.schema.layout, checked.tree, way="write"):
            self.exercise.claim(claim)

    def _written(self, data: Data) -> Message:
        """The message of an event, or of what the map carries of it."""
        map_ = self.looked.map
        lost = {tuple(path.split(".")) for path, _ in map_.homeless(data)[0]}
        if lost:
            less = _without(data.model_dump(mode="json", exclude_none=True), lost, ())
            with suppress(ValidationError):  # the event is nothing without it: the map says so
                data = type(data).model_validate(less)
        return written(map_, data)


def _without(value: Any, lost: set[tuple[str, ...]], path: tuple[str, ...]) -> Any:
    """JSON data without these fields, and without the objects that held nothing else."""
    if isinstance(value, list):
        kept = [_without(item, lost, path) for item in value]
        return [item for item in kept if not (isinstance(item, dict) and (*path, item.get("scheme")) in lost)]
    if not isinstance(value, dict):
        return value
    fields = {name: _without(item, lost, (*path, name)) for name, item in value.items() if (*path, name) not in lost}
    return {name: item for name, item in fields.items() if item != {}}


@dataclass(slots=True)
class Coverage:
    """What a folder says about a map. `reading` and `writing` are None where the map has no such direction."""

    map: Map
    reading: ReadCoverage | None
    writing: WriteCoverage | None
    files: int = 0
    others: Counts = field(default_factory=Counts)

    @property
    def judged(self) -> list[ReadCoverage | WriteCoverage]:
        """The directions for which there was something."""
        found: list[ReadCoverage | WriteCoverage] = []
        if self.reading is not None and self.reading.documents:
            found.append(self.reading)
        if self.writing is not None and self.writing.events:
            found.append(self.writing)
        return found

    @property
    def clean(self) -> bool:
        """Nothing is lost, and nothing that must be there was never seen."""
        lost = [bool(one.unmapped.rows or one.misread) if isinstance(one, ReadCoverage) else bool(one.lost.rows)
                for one in self.judged]  # fmt: skip
        return bool(self.judged) and not any(lost) and not any(w for one in self.judged for _, w in missing(one))


def missing(one: ReadCoverage | WriteCoverage) -> list[tuple[Row, bool]]:
    """The rows nothing exercised, those first that had to be."""
    return sorted(one.exercise.missing(), key=lambda found: not found[1])


def coverage(map_: Map, found: Iterable[Document | FoundEvent | Other]) -> Coverage:
    """Look at everything that was found, one thing at a time."""
    made = Coverage(
        map_,
        ReadCoverage(map_) if map_.direction != "write" else None,
        WriteCoverage(map_) if map_.direction != "read" else None,
    )
    last = ""
    for number, item in enumerate(found, 1):
        if isinstance(item, Other):
            row = made.others.row(item.what)
            if row is not None:
                row.add(item.file, number)
        elif isinstance(item, Document) and made.reading is not None:
            made.reading.add(item)
        elif isinstance(item, FoundEvent) and made.writing is not None:
            made.writing.add(item)
        made.files += item.file != last
        last = item.file
    return made
