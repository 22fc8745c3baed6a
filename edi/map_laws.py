"""The two laws of maps: what is written reads back as meant, what is read is written again.

PutGet is asked of events that are given and of events that are made (edi/event_maker.py); GetPut of documents. Where a
map brings several dialects into one form (`normalise`, levels in another shape) the document may come back in that
form: then reading it again must give the same event, with nothing left over.

Not here: golden cases (edi/map_test.py). Rules protected: a refusal to write is no violation, and is told; a document
that has faults is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edi.carried import FIRST, REST, Tree
from edi.checked import Checked
from edi.documents.types import Data
from edi.errors import RenderError
from edi.event_fields import SCHEMES, Field, UnknownField, fields, resolve
from edi.event_maker import DEPTH, MOST_REFUSED, EventMaker, Key, Learnt
from edi.faults import Fault
from edi.functions import read_decimal
from edi.map_difference import differing_fields, differing_segments
from edi.map_documents import reading_of, written
from edi.map_normal import normal_form
from edi.mapping import Map, Reading
from edi.mapping_bindings import ELEMENT
from edi.mapping_nodes import HierarchyNode, SegmentNode, Target, every
from edi.model import Message
from edi.structure import ElementDef
from edi.tables import Table

_ATTEMPTS = 300  # at an event, until the document has taught what it has room for
_HARMLESS = ("warning",)


@dataclass(slots=True)
class Generated:
    """What became of the events that were made: how many were written, what was different, what had no place."""

    tried: int = 0
    written: int = 0
    violations: list[tuple[Data, list[str]]] = field(default_factory=list)
    placeless: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def read_of(map_: Map, message: Message) -> tuple[Reading, Checked, list[Fault]]:
    """A document read, with every fault that is more than a warning."""
    reading, checked, faults = reading_of(map_, message)
    return reading, checked, [fault for fault in faults if fault.severity not in _HARMLESS]


def put_get(map_: Map, data: Data) -> list[str]:
    """The fields that read back otherwise than they were meant. Raises RenderError for what cannot be written."""
    reading, _, faults = read_of(map_, written(map_, data))
    broken = [fault for fault in faults if fault.severity in ("reject", "error")]
    if broken:
        raise _Unsound(broken[0])
    if reading.data is None or type(reading.data) is not type(data):
        return [map_.difference(data, reading.data)]
    said = _said_as(map_)
    return list(differing_fields(*(_counting(side, said) for side in map_.compared(data, reading.data))))


def _said_as(map_: Map) -> dict[str, str]:
    """Meanings a table has no code for and says which other code is written, where no step brings them back."""
    if map_.declared.normalise:
        return {}
    return {
        meaning: table.read[code]
        for table in map_.tables.values()
        for meaning, code in table.chosen.items()
        if meaning not in table.read.values() and code in table.read
    }


def _counting(value: Any, said: dict[str, str]) -> Any:
    """JSON data with meanings as they are written, and without entries of which nothing counts."""
    if isinstance(value, list):
        return [item for item in (_counting(item, said) for item in value) if item != {}]
    if isinstance(value, dict):
        counted = {
            name: said.get(item, item) if name == "value" and isinstance(item, str) else _counting(item, said)
            for name, item in value.items()
        }
        return {name: item for name, item in counted.items() if item != []}
    return value


class _Unsound(RenderError):
    """What would be sent breaks a rule of the schema."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message, element=fault.location.path)
        self.fault = fault


def get_put(map_: Map, message: Message) -> tuple[bool, list[str]]:
    """Whether the law could be asked of a document, and what comes back otherwise (or why it could not be asked)."""
    reading, checked, faults = read_of(map_, message)
    broken = [*faults, *(fault for fault in checked.faults if fault.severity not in _HARMLESS)]  # tolerated ones too
    if broken or reading.data is None:
        return False, sorted({fault.code for fault in broken})
    try:
        again = written(map_, reading.data)
    except RenderError as error:
        return True, [f"cannot be written again: {error}"]
    found, checked_again, faults = read_of(map_, again)
    found_form = normal_form(map_, checked_again)
    differences = list(differing_segments(normal_form(map_, checked), found_form, map_.schema.syntax))
    if not differences or not _many_forms(map_):
        return True, differences
    left = [f"{one.place}: {one.value!r} is not taken by the map" for one in reading.unmapped]
    if found.data is None:
        return True, [fault.message for fault in faults]
    return True, left or list(differing_fields(*map_.compared(reading.data, found.data)))


def _many_forms(map_: Map) -> bool:
    return bool(map_.declared.normalise) or any(isinstance(node, HierarchyNode) for node in map_.layout)


def generated(map_: Map, count: int) -> Generated:
    """PutGet for so many made events."""
    maker, result = EventMaker(map_.model, map_.declared.constants), Generated()
    maker.learnt.absent |= (nowhere := set(_placeless(map_.model, map_.placeless)))
    for number in range(count):
        result.tried += 1
        refusal: RenderError | None = None
        for attempt in range(_ATTEMPTS):
            data = maker.make(number, attempt)
            if data is None:
                break
            try:
                differences = put_get(map_, data)
            except RenderError as error:
                refusal = error
                _learn(map_, maker, data, error)
                maker.learnt.absent |= nowhere
                continue
            result.written += 1
            refusal = None
            if differences:
                result.violations.append((data, differences))
            break
        if refusal is not None:
            result.refusals.append(str(refusal))
    absent = maker.learnt.absent
    result.placeless = sorted(_shown(key) for key in absent if not key[1] or (key[0], False) not in absent)
    return result


def _shown(key: Key) -> str:
    return ".".join(key[0]) + (" (after the first)" if key[1] else "")


def _placeless(
    model: type[Data], tree: Tree, path: tuple[str, ...] = (), later: tuple[bool, ...] = (False, True)
) -> Iterator[Key]:
    """The fields a map has no place for, as the maker of events names them."""
    for name, below in tree.items():
        here, known = (*path, name), fields(model)[name]
        if below is True:
            yield from ((here, flag) for flag in later)
        elif known.kind == "id":
            yield from (((*here, scheme), flag) for scheme in SCHEMES if scheme not in below["ids"] for flag in later)
        elif known.model is not None and here.count(name) <= DEPTH:
            marked = below.get("[]", {})
            for mark, flag in ((FIRST, False), (REST, True)) if marked else ():
                yield from _placeless(known.model, marked[mark], here, (flag,))
            if not marked:
                yield from _placeless(known.model, below, here, (False, True) if known.many else later)


# --- what a refusal teaches


def _key(path: str) -> tuple[Key, list[int]]:
    """The field at a path, and the numbers in the path."""
    steps = path.split(".")
    numbers = [int(step) for step in steps if step.isdigit()]
    return (tuple(step for step in steps if not step.isdigit()), bool(numbers) and numbers[-1] > 0), numbers


def _upwards(keys: set[Key]) -> set[Key]:
    """The keys and those of everything around them."""
    return {(path[:size], later) for path, later in keys for size in range(1, len(path) + 1)}


def _learn(map_: Map, maker: EventMaker, data: Data, refused: RenderError) -> None:
    learnt = maker.learnt
    if isinstance(refused, _Unsound):
        _learn_rule(map_, learnt, refused)
        return
    key, numbers = _key(refused.field)
    steps = refused.field.split(".")
    if steps[-1].isdigit():  # an item of a list: there are too many of them
        learnt.most[key[0], len(numbers) > 1 and numbers[-2] > 0] = numbers[-1]
        return
    value, known = _value(data, steps), _field(map_, key[0])
    if refused.code == "write.required":
        learnt.always |= {key} if _value(data, steps[:-1]) else _upwards({key})
        around = key[0][:-1]  # what stands beside it has a place after all, when there is one of it only
        learnt.absent = {one for one in learnt.absent if not around or one[0][: len(around)] != around}
    elif refused.code == "write.package-needs-id":
        learnt.always |= {((*key[0], "ssccs"), later) for later in (False, True)}
    elif known is not None and known.many:
        learnt.most[key] = max(len(value or ()) - 1, 0)
    elif not refused.element or not isinstance(value, str):
        learnt.absent.add(key)
    else:
        _narrow(map_, maker, key, value, known, _element(map_, refused.element), refused.code)


def _learn_rule(map_: Map, learnt: Learnt, refused: _Unsound) -> None:
    """What was written breaks a rule of the schema."""
    fault = refused.fault
    both = {path: {(path, False), (path, True)} for path in _fields_at(map_, fault, fault.location.element)}
    keys = set().union(*both.values())
    if fault.code == "element.excluded":
        learnt.absent |= keys
    elif fault.code == "element.code":
        element = _element(map_, refused.element)
        codes = element.effective_codes if element is not None else None
        learnt.choices |= {key: tuple(codes.values) for key in keys if codes is not None}
    elif fault.code == "element.conditional-missing":
        named = [int(match[2]) for match in ELEMENT.finditer(fault.expected)]
        missing = [path for at in named for path in _fields_at(map_, fault, at)]
        alone = [{(path, False), (path, True)} for path in missing]
        for wanted in (*alone, *map(_upwards, alone)):  # it; else what it lies in as well
            if not wanted <= learnt.always:
                learnt.always |= wanted
                return
        learnt.absent |= set().union(*alone)  # they cannot be
    else:
        learnt.always |= keys if fault.location.element else _upwards(keys)


def _narrow(
    map_: Map, maker: EventMaker, key: Key, value: str, known: Field | None, element: ElementDef | None, code: str
) -> None:
    learnt = maker.learnt
    codes = element.effective_codes if element is not None else None
    tried = learnt.refused.setdefault(key, set())
    tried.add(value)
    if known is not None and known.kind == "code" and maker.values(key) == ():
        meanings = {meaning for table in _tables(map_, key[0]) for meaning in table.write}
        learnt.choices[key] = tuple(sorted(meanings - tried))  # the event leaves open what it may be
    elif known is not None and known.kind == "decimal" and "." in value:
        learnt.places[key] = len(value.partition(".")[2]) - 1
    elif key[0][-1] == "gtin" and len(value.lstrip("0")) > 8:
        learnt.longest[key] = len(value.lstrip("0")) - 1
    elif code == "write.too-long" and element is not None and learnt.longest.get(key) != element.effective_max:
        learnt.longest[key] = element.effective_max
    elif element is not None and element.kind in ("R", "N", "n") and read_decimal(value) is None:
        learnt.digits.add(key)
    elif element is not None and len(value) < element.effective_min:
        learnt.shortest[key] = element.effective_min
    elif codes is not None and not codes.open and key not in learnt.choices and (known is None or known.kind == "text"):
        learnt.choices[key] = tuple(codes.values)
    elif len(tried) >= MOST_REFUSED and (known is None or known.kind != "code"):
        learnt.absent.add(key)


def _value(data: Data, steps: list[str]) -> Any:
    """The text at a path of an event, its identifiers by their scheme."""
    value: Any = data.model_dump(mode="json", exclude_none=True)
    for step in steps:
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "scheme" in value[0]:
            value = next((known["value"] for known in value if known["scheme"] == step), None)
        elif isinstance(value, list):
            value = value[0].get(step) if value and isinstance(value[0], dict) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value["value"] if isinstance(value, dict) and set(value) <= {"value", "raw"} else value


def _field(map_: Map, path: tuple[str, ...]) -> Field | None:
    try:
        return resolve(map_.model, path)[-1]
    except UnknownField:
        return None


def _element(map_: Map, place: str) -> ElementDef | None:
    """The element at the end of a place such as `PO1[3]/PO102`, with the shortest length the schema gives it."""
    match = ELEMENT.fullmatch(place.rpartition("/")[2])
    if match is None:
        return None
    found = []
    for _, node in every(map_.layout):
        if isinstance(node, SegmentNode) and node.tag == match[1]:
            definition = node.entry.definition.element(int(match[2]), int(match[3] or 0))
            if definition is not None:
                found.append(definition.components[0] if definition.components else definition)
    return min(found, key=lambda one: one.effective_max, default=None)


def _tables(map_: Map, path: tuple[str, ...]) -> Iterator[Table]:
    """The tables a field is written through."""
    for scope, node in every(map_.layout):
        for binding in node.bindings if isinstance(node, SegmentNode) and node.way != "read" else ():
            target = binding.target
            if target is not None and binding.table is not None and _absolute(scope, target) == path:
                yield binding.table


def _absolute(scope: tuple[str, ...], target: Target) -> tuple[str, ...]:
    return target.steps if target.root else (*scope, *target.steps)


def _fields_at(map_: Map, fault: Fault, element: int) -> Iterator[tuple[str, ...]]:
    """The fields the map writes where a fault is: at the element, or (0) in a segment that is missing."""
    for scope, node in every(map_.layout):
        if not isinstance(node, SegmentNode) or node.tag != fault.location.tag:
            continue
        for binding in node.bindings:
            at, target = binding.address, binding.target
            if target is None or binding.kind != "field" or element not in (0, at.element):
                continue
            if fault.location.component in (0, at.component):
                yield _absolute(scope, target)
