"""Two versions of a map over documents and events: what each reads and writes, compared in meaning.

Not here: what differs by the rows alone (edi/map_changes.py), printing (edi/map_diff_words.py). Rules protected: both
versions see the very same documents; a value that is lost or changed is never counted as harmless; counts and a few
examples are kept, so that memory does not grow with the documents.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from edi.checked import Checked
from edi.documents.types import Data
from edi.errors import RenderError
from edi.faults import Fault
from edi.map_change import Change
from edi.map_changes import changes
from edi.map_documents import Document, FoundEvent, Other, reading_of
from edi.map_versions import Step, larger, same_files, step_between
from edi.mapping import Map, Reading
from edi.mapping_trace import Origin
from edi.model import COMPONENT, Message, Segment
from edi.policy import by_policy
from edi.profile import Agreement
from edi.structure import qualifier_of

MOST_EXAMPLES = 3
MOST_GROUPS = 2_000
_LONGEST = 60

How: TypeAlias = Literal["changed", "lost", "gained"]


@dataclass(frozen=True, slots=True)
class Example:
    """One document in which it shows; an empty text is no value."""

    document: str
    old: str
    new: str


@dataclass(slots=True)
class Group:
    """What happened to one binding: in how many documents its value changed, was lost or gained."""

    name: str
    place: str
    changed: int = 0
    lost: int = 0
    gained: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Side:
    """One direction: how many documents or events were compared, and what differs."""

    compared: int = 0
    different: int = 0
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    further: int = 0  # differences of places beyond MOST_GROUPS
    refused: list[str] = field(default_factory=list)  # examples of what only the new version refuses, with the reason
    newly_refused: int = 0
    newly_taken: int = 0
    doubts: int = 0  # documents with exceptions or errors they did not have

    def add(self, differences: Iterable[tuple[str, str, How, str, str]], document: str) -> None:
        """The differences of one document; each kind counts once for its place."""
        counted: set[tuple[str, str, How]] = set()
        for name, place, how, old, new in differences:
            group = self.groups.get((name, place))
            if group is None:
                if len(self.groups) >= MOST_GROUPS:
                    self.further += 1
                    continue
                group = self.groups[name, place] = Group(name, place)
            if (name, place, how) in counted:
                continue
            counted.add((name, place, how))
            setattr(group, how, getattr(group, how) + 1)
            if len(group.examples) < MOST_EXAMPLES:
                group.examples.append(Example(document, old[:_LONGEST], new[:_LONGEST]))
        self.different += bool(counted)

    def refuses(self, document: str, reason: str) -> None:
        self.newly_refused += 1
        if len(self.refused) < MOST_EXAMPLES:
            self.refused.append(f"{document}: {reason}")

    @property
    def step(self) -> Step:
        groups = self.groups.values()
        if self.newly_refused or self.further or any(group.changed or group.lost for group in groups):
            return "major"
        return "minor" if self.newly_taken or self.doubts or any(group.gained for group in groups) else "none"


@dataclass(slots=True)
class Diff:
    """Everything that differs between two versions of one map."""

    old: Map
    new: Map
    rows: tuple[Change, ...]
    reading: Side = field(default_factory=Side)
    writing: Side = field(default_factory=Side)
    others: int = 0  # what was left aside
    agreement: Agreement | None = None  # that judges the documents that are read

    @property
    def compared(self) -> int:
        return self.reading.compared + self.writing.compared

    @property
    def implied(self) -> Step:
        """What the rows alone may mean at worst."""
        return larger(self._least, *(change.step for change in self.rows))

    @property
    def needed(self) -> Step:
        """The smallest honest step: what the documents show; without any, what the rows imply."""
        return larger(self._least, self.reading.step, self.writing.step) if self.compared else self.implied

    @property
    def _least(self) -> Step:
        return "none" if same_files(self.old, self.new) else "patch"

    @property
    def taken(self) -> Step | None:
        """The step of the version numbers; None if the new one is lower."""
        return step_between(self.old.declared.version, self.new.declared.version)

    @property
    def honest(self) -> bool:
        return self.taken is not None and larger(self.taken, self.needed) == self.taken


def compare(
    old: Map,
    new: Map,
    found: Iterable[Document | FoundEvent | Other] = (),
    agreements: Sequence[Agreement] = (),
) -> Diff:
    """Both versions over all that is found.

    `agreements` are those about the map: only the directions they name are compared, and what faults do to a document
    is what they say. Without them it is what the standard and the guide say.
    """
    agreed = {agreement.direction: agreement for agreement in reversed(agreements)}
    diff = Diff(old, new, tuple(changes(old, new)), agreement=agreed.get("in"))
    reads = "write" not in (old.direction, new.direction) and (not agreed or "in" in agreed)
    writes = "read" not in (old.direction, new.direction) and (not agreed or "out" in agreed) and old.event == new.event
    for item in found:
        if isinstance(item, Other):
            diff.others += 1
        elif isinstance(item, FoundEvent):
            if writes:
                _written(diff, item.data, item.file)
        elif "write" not in (old.direction, new.direction):
            name = f"{item.file}, {item.message.name}"
            data = _read(diff, item.message, name) if reads else reading_of(old, item.message)[0].data
            if writes and data is not None:
                _written(diff, data, name)
    return diff


# Reading


def _read(diff: Diff, message: Message, name: str) -> Data | None:
    """Compare what both versions read; returns the event of the old one."""
    side = diff.reading
    side.compared += 1
    before, checked_before, found_before = reading_of(diff.old, message)
    after, checked_after, found_after = reading_of(diff.new, message)
    faults_before, faults_after = (
        [by_policy(fault, diff.agreement) for fault in found] for found in (found_before, found_after)
    )
    refused = [_refused(before, faults_before), _refused(after, faults_after)]
    if refused[1] and not refused[0]:
        side.refuses(name, refused[1])
    elif refused[0] and not refused[1]:
        side.newly_taken += 1
    known = {(fault.code, fault.location.path) for fault in faults_before}
    doubtful = [fault for fault in faults_after if fault.severity in ("exception", "error")]
    side.doubts += any((fault.code, fault.location.path) not in known for fault in doubtful)
    if before.data is None or after.data is None:
        return before.data
    values = [data.model_dump(mode="json", exclude_none=True) for data in (before.data, after.data)]
    if before.event != after.event:
        side.add([("the event", "", "changed", before.event, after.event)], name)
    elif values[0] != values[1]:
        origin = _Origins((before, checked_before), (after, checked_after))
        side.add(
            ((name_, origin.place(old_path, new_path), how, old, new)
             for name_, old_path, new_path, how, old, new in _fields(values[0], values[1], "", "", "")),
            name,
        )  # fmt: skip
    return before.data


def _refused(reading: Reading, faults: Iterable[Fault]) -> str:
    """Why a document is refused."""
    first = next((fault.message for fault in faults if fault.severity == "reject"), "")
    return first or ("" if reading.data is not None else "it gives no event")


class _Origins:
    """Where values of the two readings came from; traced only when something differs."""

    def __init__(self, before: tuple[Reading, Checked], after: tuple[Reading, Checked]) -> None:
        self._sides = (before, after)

    def place(self, old_path: str, new_path: str) -> str:
        """`PO1/ACK/ACK05`, of the new version if it reads the value at all."""
        for (reading, checked), path in zip(reversed(self._sides), (new_path, old_path), strict=True):
            origin = reading.trace.get(path) if path else None
            if origin is not None:
                return _place(origin, checked)
        return ""


def _place(origin: Origin, checked: Checked) -> str:
    if origin.kind != "read":
        return origin.kind
    _, path = checked.place(checked.message.segments[origin.segment - 1])
    bare = re.sub(r"\[[^\]]*\]", "", path).partition("/")[2]
    component = f"-{origin.component}" if origin.component else ""
    return f"{bare}/{origin.tag}{origin.element:02d}{component}"


_Field: TypeAlias = tuple[str, str, str, How, str, str]


def _fields(old: Any, new: Any, name: str, old_path: str, new_path: str) -> Iterator[_Field]:
    """Every leaf that differs: its name without numbers, its path on both sides (empty: not there), the values."""
    if old == new:
        return
    if isinstance(old, dict) or isinstance(new, dict):
        before, after = (side if isinstance(side, dict) else {} for side in (old, new))
        if {*before, *after} <= {"value", "raw"}:  # a code: what it means counts, not how it was written
            yield from _fields(before.get("value"), after.get("value"), name, old_path, new_path)
            return
        for step in dict.fromkeys((*before, *after)):
            yield from _fields(before.get(step), after.get(step), _join(name, step),
                               _join(old_path, step), _join(new_path, step))  # fmt: skip
    elif isinstance(old, list) or isinstance(new, list):
        for before, after, old_step, new_step in _aligned(old or [], new or []):
            inner = old_step if old_step and not old_step.isdigit() else new_step
            named = _join(name, "" if inner.isdigit() else inner)
            paths = _join(old_path, old_step or new_step), _join(new_path, new_step or old_step)
            yield from _fields(before, after, named, *paths)
    else:
        how: How = "gained" if old is None else "lost" if new is None else "changed"
        yield (name, old_path, new_path, how, "" if old is None else str(old), "" if new is None else str(new))


def _join(path: str, step: str) -> str:
    return ".".join(part for part in (path, step) if part)


def _aligned(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any, str, str]]:
    """Items of two lists that belong together, with their steps: identifiers by scheme, the rest by likeness."""
    if all(isinstance(item, dict) and "scheme" in item for item in (*old, *new)):
        sides = [{item["scheme"]: item.get("value") for item in reversed(side)} for side in (old, new)]
        for scheme in dict.fromkeys((*sides[0], *sides[1])):
            yield sides[0].get(scheme), sides[1].get(scheme), scheme, scheme
        return
    if len(old) == len(new):
        yield from ((before, after, str(n), str(n)) for n, (before, after) in enumerate(zip(old, new, strict=True)))
        return
    for before, after in _pairs([_text(item) for item in old], [_text(item) for item in new]):
        yield (
            old[before] if before is not None else None,
            new[after] if after is not None else None,
            str(before) if before is not None else "",
            str(after) if after is not None else "",
        )


def _text(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Positions that belong together; what is alike at both ends is not searched."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    for _, i1, i2, j1, j2 in difflib.SequenceMatcher(None, inner_old, inner_new).get_opcodes():
        for offset in range(max(i2 - i1, j2 - j1)):
            before, after = i1 + offset, j1 + offset
            yield (start + before if before < i2 else None), (start + after if after < j2 else None)
    yield from ((len(old) - n, len(new) - n) for n in range(end, 0, -1))


# Writing


def _written(diff: Diff, data: Data, name: str) -> None:
    """Compare the segments both versions write."""
    side = diff.writing
    side.compared += 1
    before, after = _segments(diff.old.write, data), _segments(diff.new.write, data)
    if isinstance(after, str):
        if not isinstance(before, str):
            side.refuses(name, after)
    elif isinstance(before, str):
        side.newly_taken += 1
    elif before != after:
        side.add(_of_segments(before, after, diff), name)


def _segments(write: Callable[[Data], list[Segment]], data: Data) -> list[Segment] | str:
    try:
        return write(data)
    except RenderError as error:
        return str(error)


def _of_segments(old: list[Segment], new: list[Segment], diff: Diff) -> Iterator[tuple[str, str, How, str, str]]:
    names = [_name(segment, diff.old) for segment in old], [_name(segment, diff.new) for segment in new]
    for before, after in _pairs(names[0], names[1]):
        if before is not None and after is not None and names[0][before] == names[1][after]:
            yield from _of_elements(old[before], new[after], names[0][before])
            continue
        if before is not None:
            yield names[0][before], "", "lost", _shown(old[before]), ""
        if after is not None:
            yield names[1][after], "", "gained", "", _shown(new[after])


def _of_elements(old: Segment, new: Segment, name: str) -> Iterator[tuple[str, str, How, str, str]]:
    for at in range(1, max(len(old), len(new))):
        values = [segment[at].split(COMPONENT) if at < len(segment) else [""] for segment in (old, new)]
        composite = max(map(len, values)) > 1
        for part in range(max(map(len, values))):
            before, after = (value[part] if part < len(value) else "" for value in values)
            if before != after:
                how: How = "gained" if not before else "lost" if not after else "changed"
                label = f"{old[0]}{at:02d}" + (f"-{part + 1}" if composite else "")
                yield f"{name}/{label}", "", how, before, after


def _name(segment: Segment, map_: Map) -> str:
    """`REF[VR]`: the qualifier stands there if the first value is a code."""
    definition = map_.schema.segments.get(segment[0])
    first = definition.element(1) if definition is not None else None
    first = first.components[0] if first is not None and first.components else first
    coded = first is not None and (first.codes is not None or first.name.endswith("kind"))
    return f"{segment[0]}[{qualifier_of(segment)}]" if coded else segment[0]


def _shown(segment: Segment) -> str:
    return "*".join(segment).replace(COMPONENT, ":")
