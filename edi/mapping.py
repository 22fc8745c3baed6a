"""Maps: between the tree of a checked message and the data of a canonical event, both ways.

    map_ = load_map("example/855@1", Path("partners/example"))
    reading = map_.read(message, checked)      data, faults, inherited, unmapped
    segments = map_.write(data)                between ST and SE, UNH and UNT

Not here: the language (mapping_source.py, mapping_plan.py, mapping_bindings.py), the generated code (mapping_read.py,
mapping_write.py), envelopes. Rules protected: a partner's bad data is a fault with its place, never an exception; what
a document cannot say is refused with field and element, never dropped; places cost nothing as long as nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from edi.carried import (
    Tree as FieldTree,
)
from edi.carried import (
    carried_paths,
    deepened,
    defaults,
    depth_of,
    filled,
    first_difference,
    lost_field,
    lost_values,
    uncarried,
    unordered,
    without,
)
from edi.checked import Checked
from edi.claims import Unmapped, found_at
from edi.documents.types import Data
from edi.errors import EventError, RenderError
from edi.event_fields import UnknownField, leaves, resolve
from edi.faults import Fault, Faults
from edi.mapping_also import event_of, events_of
from edi.mapping_bindings import Context
from edi.mapping_checks import checks_of, derivations_of, derive, failures
from edi.mapping_faults import Places, complete
from edi.mapping_hierarchy import ITEMS, PACKAGES, with_orders
from edi.mapping_ignore import ignored_of
from edi.mapping_nodes import HierarchyNode, nested_lists
from edi.mapping_plan import plan
from edi.mapping_read import read_source
from edi.mapping_runtime import Refused
from edi.mapping_segment import Row
from edi.mapping_source import MapSource, load_file, load_source
from edi.mapping_tolerance import tolerances_of, tolerated
from edi.mapping_trace import Origin, Told, all_paths, places, present, trace
from edi.mapping_write import Writer
from edi.model import Message, Segment
from edi.normalise import BLIND, PREPARE, STEPS, given_by
from edi.schema import Schema
from edi.syntax import may_be_padded
from edi.yaml_source import Tree, fail

__all__ = ["Map", "Origin", "Reading", "Unmapped", "load_map"]

_maps: dict[tuple[str, Path | None, tuple[Path, ...]], tuple[tuple[tuple[Path, int, int], ...], Map]] = {}


class Reading:
    """What a map reads from a message. `data` is None when the event could not be built; then a fault says why.

    `event` is the type of the data. `inherited` are canonical paths the document leaves to the order it answers.
    `unmapped` and `trace` are worked out on demand.
    """

    def __init__(
        self,
        data: Data | None,
        faults: list[Fault],
        inherited: tuple[str, ...],
        unmapped: Callable[[], list[Unmapped]],
        trace: Callable[[], dict[str, Origin]],
        event: str,
    ) -> None:
        self.data, self.faults, self.inherited, self.event = data, faults, inherited, event
        self._unmapped, self._trace = unmapped, trace

    @cached_property
    def unmapped(self) -> list[Unmapped]:
        """Every value that no binding and no `ignore` claims, in document order."""
        return self._unmapped()

    @cached_property
    def trace(self) -> dict[str, Origin]:
        """Where each value of the event came from, by its canonical path; made when first asked for."""
        return self._trace()


class Map:
    """One compiled map. Made by load_map; holds no state of documents, so threads may share it.

    `identity` is `example/855`, `version` `example/855@1.0.0`, `event` the type with its major (`events` with those
    under `also`), `schema` what the guide of the partner leaves of the standard, `source` the generated Python,
    `declared` the merged files, `model` that of the event, `dropped` the paths that are lost on purpose or derived.
    """

    def __init__(self, source: MapSource) -> None:
        self.declared = source
        self.identity = source.identity
        self.version = f"{source.identity}@{source.version}"
        self.document, self.title = source.document, source.title
        self.event = str(source.event)
        self.direction = source.direction
        self.schema: Schema = source.schema
        self.tables = dict(source.tables)
        self.tests = tuple(source.tests)
        self.files = tuple(source.files)
        self._events = events_of(source)
        self.events = tuple(event.name for event in self._events)
        self.model = self._events[-1].model
        context = Context(self.model, self.model, source.tables, source.pairs)
        self.layout = plan(source.layout, source.schema.layout, context)
        for step in source.normalise:
            if step not in STEPS:
                known = ", ".join(STEPS)
                raise fail(source.heads[f"normalise.{step}"], "map.unknown_step", f"{step!r} is not one of {known}")
        self._steps = tuple(STEPS[step] for step in source.normalise)
        self._prepare = tuple(PREPARE[step] for step in reversed(source.normalise) if step in PREPARE)
        self._constants = source.constants
        self._checks = checks_of(source, self.model)
        self._derivations = derivations_of(source, self.model)
        self._places = Places(self.layout, source.schema, ignored_of(source.ignore))
        self._tolerances = tolerances_of(source.tolerate)
        models = tuple(event.model for event in self._events)
        self.dropped = _dropped(source, models) | {d.path for d in self._derivations}
        constants = {(name,) for name in source.constants}
        self._defaults = defaults(self.layout)
        self._lists = nested_lists(self.layout)
        hierarchies = any(isinstance(node, HierarchyNode) for node in self.layout)
        self._grouped = frozenset({PACKAGES, ITEMS} if hierarchies else ())
        self._carried = carried_paths(self.layout, "write") | constants
        self._homeless = {model: uncarried(model, self._carried, self.dropped) for model in models}
        self._ready = BLIND.issuperset(source.normalise)
        reader = read_source(self.layout, self.model, source.constants, ready=self._ready)
        writer = Writer(self.layout, source.schema.syntax)
        self.source = f"{reader.text}\n\n{writer.source.text}"
        self._rows = writer.rows
        self._sources = (reader, writer.source)

    @cached_property
    def _read(self) -> Callable[..., dict[str, Any]]:
        made: Callable[..., dict[str, Any]] = self._sources[0].function("read", f"<map {self.version} read>")
        return made

    @cached_property
    def _write(self) -> Callable[..., None]:
        made: Callable[..., None] = self._sources[1].function("write", f"<map {self.version} write>")
        return made

    @cached_property
    def _read_bare(self) -> Callable[..., dict[str, Any]]:
        """The reader of messages in which no value ends with a space."""
        reader = read_source(self.layout, self.model, self._constants, padded=False, ready=self._ready)
        made: Callable[..., dict[str, Any]] = reader.function("read", f"<map {self.version} read bare>")
        return made

    def read(self, message: Message, checked: Checked) -> Reading:
        """The event of a message whose tree is `checked`. Never raises for what the message holds."""
        notes: list[tuple[Any, ...]] = []
        inherited: list[str] = []
        placed: list[tuple[Segment, dict[str, Any]]] = []
        read = self._read if may_be_padded(message) else self._read_bare
        raw = read(checked.tree, notes.append, inherited.append, placed.append)
        for step in self._steps:
            raw = step(raw)
        claimed = self._places.claimed(checked, lambda: found_at(placed, raw))
        data, raw = complete(self.model, raw, self._places, claimed, notes)
        faults = Faults.of(self._places.fault(note, checked) for note in notes)
        if data is not None:
            if derive(self._derivations, raw):
                data, raw = complete(self.model, raw, self._places, claimed, [])
            faults.extend(self._places.failed(failure, checked, claimed) for failure in failures(self._checks, raw))
        event = self._events[-1] if data is None or len(self._events) == 1 else event_of(self._events, raw)
        if data is not None and event.model is not self.model:
            data = event.model.model_validate(data.model_dump(exclude_none=True))
        left = tuple(inherited)
        trace_ = partial(self._trace, checked, data, left)
        return Reading(data, faults, left, lambda: self._places.unmapped(checked), trace_, event.name)

    @cached_property
    def _tracer(self) -> tuple[Callable[..., dict[str, Any]], list[Tree]]:
        """The reader that tells where it read each value, and the rows of the map it speaks of."""
        source = read_source(self.layout, self.model, self._constants, traced=True)
        return source.function("read", f"<map {self.version} trace>"), source.rows

    def _trace(self, checked: Checked, data: Data | None, inherited: tuple[str, ...]) -> dict[str, Origin]:
        if data is None:
            return {}
        read, rows = self._tracer
        told: list[Told] = []
        raw = read(checked.tree, _silent, _silent, _silent, told.append)
        where = all_paths(raw)
        for step in self._steps:
            raw = step(raw)
        where |= all_paths(raw)
        found = trace(told, rows, where, checked)
        found |= {".".join(derivation.path): Origin("derived") for derivation in self._derivations}
        found |= {name: Origin("constant") for name in self._constants}
        values = data.model_dump(mode="json", exclude_none=True)
        for given in given_by(self.declared.normalise):
            found |= {path: Origin("derived") for path in places(values, given) if path not in found}
        read_ = {path: origin for path, origin in found.items() if present(values, path)}
        return read_ | {path: Origin("inherited") for path in inherited}

    def data_of(self, values: dict[str, Any]) -> Data:
        """The data of an event of this map from their JSON. Raises pydantic's ValidationError."""
        return event_of(self._events, values).model.model_validate(values)

    def write(self, data: Data, decimal: str = ".") -> list[Segment]:
        """The segments between header and trailer. `decimal` is the decimal mark of the interchange (EDIFACT).

        Raises RenderError with field, element and reason for what this document cannot say, EventError for data of
        another event.
        """
        if not isinstance(data, tuple(self._homeless)):
            raise EventError(f"{self.version} carries {' and '.join(self.events)}, not {type(data).__name__}")
        values = data.model_dump(mode="json", exclude_none=True)
        event = event_of(self._events, values)
        if not isinstance(data, event.model):
            sentence = f"{self.version}: {type(data).__name__} would be read as {event.name}; send that event"
            raise RenderError(sentence, code="write.not-invertible")
        for failure in failures(self._checks, values):
            if failure.check.severity == "reject" and not failure.error:
                field = ".".join(map(str, failure.path))
                raise RenderError(f"a rule of the guide is not met: {failure.text}", code="check.failed", field=field)
        for name, constant in self._constants.items():
            if values.get(name, constant) != constant:
                raise self._refusal("write.not-invertible", name, "", values[name], constant)
        out: list[Segment] = []
        try:
            values = self._prepared(values)
            field = lost_field(values, self._homeless[event.model])
            if field:
                raise self._refusal("write.not-invertible", field, "", "", "no value: the document has no place for it")
            self._write(values, out, decimal)
        except Refused as refused:
            row = self._rows[refused.row] if not refused.field else Row(refused.field, "")
            element = row.element.format(**refused.indexes)
            field = row.field.format(**refused.indexes).rstrip(".")
            raise self._refusal(refused.code, field, element, refused.value, refused.expected) from None
        return out

    def _prepared(self, values: dict[str, Any]) -> dict[str, Any]:
        """The data of an event as the writer takes it."""
        for step in self._prepare:
            values = step(values)
        return with_orders(values) if self._grouped else values

    @property
    def placeless(self) -> FieldTree:
        """The fields of the event that this document has no place for."""
        return self._homeless[self.model]

    def homeless(self, data: Data) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
        """What this document has no place for: path and value of what writing refuses, and of what it drops because
        the map says so."""
        try:
            values = self._prepared(data.model_dump(mode="json", exclude_none=True))
        except Refused as unsaid:
            return [(unsaid.field, unsaid.value)], []
        refused = list(lost_values(values, self._homeless[type(data)]))
        everything = lost_values(values, uncarried(type(data), self._carried, set()))
        return refused, [lost for lost in everything if lost not in refused]

    def _refusal(self, code: str, field: str, element: str, value: str, expected: str) -> RenderError:
        what = {
            "write.too-long": "does not fit",
            "write.required": "is missing and the partner requires it",
            "write.not-invertible": "cannot be written",
            "write.package-needs-id": "needs an identifier",
        }[code]
        named = " and ".join(part for part in (f"field {field}" if field else "", element) if part)
        shown = f" {value[:80]!r}" if value else ""
        tail = f" (expected {expected})" if expected else ""
        return RenderError(f"{self.version}: {named}:{shown} {what}{tail}", code=code, element=element, field=field)

    def difference(self, meant: Data, found: Data | None) -> str:
        """PutGet: the first field in which what was read back differs from what was meant, or empty."""
        if found is None:
            return "nothing could be read back"
        if type(meant) is not type(found):
            return f"{type(found).__name__} was read back of {type(meant).__name__}"
        return first_difference(*self.compared(meant, found))

    def compared(self, meant: Data, found: Data) -> tuple[Any, Any]:
        """What was meant and what was read back as JSON data in which only what counts is left.

        Fields under `not_carried` and derived ones do not count, `raw` codes neither; of several identifiers of a party
        those the document had no room for; defaults are filled in; `normalise` is applied to both. The order of what
        the levels of a hierarchy group does not count.
        """
        sides = []
        for data in (meant, found):
            values = data.model_dump(mode="json", exclude_none=True)
            for step in self._steps:
                values = step(values)
            if self._grouped:
                values = with_orders(values)
            depth = depth_of(values, frozenset(name for _, name in self._lists)) if self._lists else 0
            sides.append(without(values, deepened(self.dropped, self._lists, depth)))
        expected = self._places.fitting_ids(sides[0], sides[1], depth)
        for path, value in self._defaults:
            for deeper in deepened({path}, self._lists, depth):
                expected = filled(expected, sides[1], deeper, value)
        if self._grouped and expected != sides[1]:
            expected, sides[1] = unordered(expected, self._grouped), unordered(sides[1], self._grouped)
        return expected, sides[1]

    def ignored(self, checked: Checked) -> set[tuple[int, int, int]]:
        """The places whose values are dropped on purpose: id of the segment, element, component (0: no composite)."""
        return self._places.dropped(checked)

    def tolerated(self, faults: Sequence[Fault]) -> list[Fault]:
        """Faults of the check with those this partner's map tolerates turned into warnings."""
        return tolerated(self._tolerances, faults)


def load_map(reference: str, folder: Path | None = None, folders: Sequence[Path] = ()) -> Map:
    """The map of a reference such as `x12/004010/855@1`, or `example/855@1` with the partner's folder.

    `folders` are searched before the shipped maps. Kept in memory until one of its files changes or is gone. Raises
    MapError.
    """
    key = (reference, folder, tuple(folders))
    known = _maps.get(key)
    if known is not None and all(_stamp(path) == (path, *rest) for path, *rest in known[0]):
        return known[1]
    for other, (stamps, _) in list(_maps.items()):
        if not all(path.is_file() for path, *_ in stamps):
            _maps.pop(other, None)
    source = load_source(reference, folder, folders)
    made = Map(source)
    _maps[key] = (tuple(_stamp(path) for path in source.files), made)
    return made


def load_map_file(path: Path, folders: Sequence[Path] = ()) -> Map:
    """The map in a file, wherever it lies: an older version, a draft. Not kept in memory. Raises MapError."""
    return Map(load_file(path, folders))


def _silent(told: object) -> None:
    """A trace reads once more; what is wrong was said the first time."""


def _stamp(path: Path) -> tuple[Path, int, int]:
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size


def _dropped(source: MapSource, models: tuple[type[Data], ...]) -> set[tuple[str, ...]]:
    """The paths of `not_carried` in the events of the map, the last of them the usual one; `**/ids.odoo` means the
    identifiers of that scheme everywhere."""
    found: set[tuple[str, ...]] = set()
    for row in source.not_carried:
        deep = row.startswith("**/")
        steps = tuple(row.removeprefix("**/").split("."))
        if deep:
            holders = [path for path, _ in leaves(models[-1]) if path[-1] == steps[0]]
            if not holders:
                raise fail(row, "map.unknown_field", f"the event has no {steps[0]!r}")
            found.update((*path, *steps[1:]) for path in holders)
            continue
        if not any(_has(model, steps) for model in models[:-1]):
            try:
                resolve(models[-1], steps)
            except UnknownField as error:
                raise fail(row, "map.unknown_field", str(error)) from None
        found.add(steps)
    return found


def _has(model: type[Data], steps: Sequence[str]) -> bool:
    try:
        resolve(model, steps)
    except UnknownField:
        return False
    return True
