"""`edi map test`: what a map says about its own samples, and both laws.

    report = examined(load_map("example/855", folder))       report.cases, report.failed

The golden cases stand in the map: `{read: FILE, expect: FILE.json}`, `{read: FILE, expect_fault: {at, code}}`,
`{write: FILE.json, expect: FILE}`; where the files lie: edi/map_samples.py. GetPut is asked of every sample the map is
for, whether a test names it or not; PutGet of the events of the samples and tests, and of made ones (edi/map_laws.py).

Not here: the command (edi/map_command.py). Rules protected: a failure shows every difference; new expectations are
written only when asked for, and never into the map.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edi.documents.types import Data
from edi.errors import RenderError
from edi.map_difference import differing_fields, differing_segments
from edi.map_laws import Generated, generated, get_put, put_get, read_of
from edi.map_samples import body_of, documents_of, home_of, interchange_of, sample_files, with_body
from edi.mapping import Map
from edi.model import Message, Segment
from edi.yaml_source import Mapping_, as_mapping, as_text, check_keys, fail

_KEYS = ("read", "write", "expect", "expect_fault")
EVENTS = 60  # made for PutGet


@dataclass(slots=True)
class Case:
    """One case. `differences` say why it failed; `note` says what is worth knowing though it did not."""

    kind: str
    name: str
    differences: list[str] = field(default_factory=list)
    note: str = ""
    updated: str = ""

    @property
    def ok(self) -> bool:
        return not self.differences


@dataclass(slots=True)
class Report:
    """The cases of one map. `version` is `example/855@1.0.0`, `made` what became of made events."""

    version: str
    cases: list[Case]
    made: Generated | None = None

    @property
    def failed(self) -> int:
        return sum(not case.ok for case in self.cases)

    def lines(self) -> Iterator[str]:
        """One line for each case, its differences below it, and a summary."""
        for case in self.cases:
            tail = f"  ({case.note})" if case.note else ""
            yield f"{'ok  ' if case.ok else 'FAIL'}  {case.kind:7} {case.name}{tail}"
            yield from (f"        {difference}" for difference in case.differences)
            if case.updated:
                yield f"        {case.updated}"
        yield f"{self.version}: {len(self.cases)} cases, {self.failed} failed"


def examined(map_: Map, *, update: bool = False, events: int = EVENTS) -> Report:
    """Every case of a map. `update` writes what was found where a file said otherwise. Raises MapError for a case that
    is not understood."""
    home = home_of(map_)
    given: dict[str, Data] = {}
    cases = [_golden(map_, node, home, given, update) for node in map_.tests]
    if map_.direction != "both":
        return Report(map_.version, cases)
    for path in sample_files(map_):
        name = str(path.relative_to(home))
        for message in documents_of(map_, path.read_bytes()):
            asked, lines = get_put(map_, message)
            place = f"{name} {message.name}"
            if asked:
                cases.append(Case("get-put", place, lines))
                data = read_of(map_, message)[0].data
                given |= {place: data} if data is not None else {}
            else:
                cases.append(Case("get-put", place, note=f"not asked, it has faults: {', '.join(lines)}"))
    cases += [Case("put-get", name, _put_get(map_, data)) for name, data in given.items()]
    if not events:
        return Report(map_.version, cases)
    made = generated(map_, events)
    return Report(map_.version, [*cases, _made(made)], made)


def checked_case(node: Mapping_) -> None:
    """Refuse a case that is not understood. Raises MapError."""
    check_keys(node, _KEYS, "a test")
    if ("read" in node) == ("write" in node):
        raise fail(node, "map.bad_test", "a test has either read: or write:, the file it starts from")
    if "write" in node and ("expect_fault" in node or "expect" not in node):
        raise fail(node, "map.bad_test", "a test that writes has expect:, the document that is to be written")
    if "expect" not in node and "expect_fault" not in node:
        raise fail(node, "map.bad_test", "a test that reads has expect:, a JSON file, or expect_fault: {at, code}")
    if "expect_fault" in node:
        wanted = as_mapping(node["expect_fault"], "expect_fault")
        check_keys(wanted, ("at", "code"), "expect_fault")
        if set(wanted) != {"at", "code"}:
            raise fail(wanted, "map.bad_test", "expect_fault has at:, such as PO1/ACK/ACK01, and code:")
        for key in wanted:
            as_text(wanted[key], key)


def _golden(map_: Map, node: Mapping_, home: Path, given: dict[str, Data], update: bool) -> Case:
    checked_case(node)
    kind = "read" if "read" in node else "write"
    name = str(as_text(node[kind], kind))
    case = Case(kind, name)
    if not (home / name).is_file():
        case.differences.append(f"there is no file {home / name}")
        return case
    if kind == "write":
        _writes(map_, case, home, str(as_text(node["expect"], "expect")), given, update)
        return case
    messages = list(documents_of(map_, (home / name).read_bytes()))
    if len(messages) != 1:
        case.differences.append(f"a test reads one {map_.document}, the file holds {len(messages)} of them")
        return case
    if "expect" in node:
        _reads(map_, case, messages[0], home / str(as_text(node["expect"], "expect")), given, update, node)
    else:
        _finds(map_, case, messages[0], as_mapping(node["expect_fault"], "expect_fault"))
    return case


def _reads(
    map_: Map, case: Case, message: Message, path: Path, given: dict[str, Data], update: bool, node: Mapping_
) -> None:
    reading, _, faults = read_of(map_, message)
    if "expect_fault" in node:
        _finds(map_, case, message, as_mapping(node["expect_fault"], "expect_fault"))
    else:
        case.differences += [f"{fault.severity}: {fault.message}" for fault in faults]
    if reading.data is None:
        return
    found = reading.data.model_dump(mode="json", exclude_defaults=True)
    expected = _json(case, path)
    changed = list(differing_fields(expected, found)) if expected is not None else []
    case.differences += changed
    if update and (changed or expected is None):
        _update(case, path, (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode())
    elif not case.differences:
        given[case.name] = reading.data


def _finds(map_: Map, case: Case, message: Message, wanted: Mapping_) -> None:
    _, _, faults = read_of(map_, message)
    found = {f"{fault.code} at {_bare(fault.location.path)}" for fault in faults}
    expected = f"{wanted['code']} at {wanted['at']}"
    if expected not in found:
        case.differences.append(f"expected {expected}, found {', '.join(sorted(found)) or 'no fault'}")


def _bare(path: str) -> str:
    """`855[1]/PO1[2]/ACK01` as a fault is named in a map: `PO1/ACK01`."""
    return "/".join(part.partition("[")[0] for part in path.split("/")[1:])


def _writes(map_: Map, case: Case, home: Path, expect: str, given: dict[str, Data], update: bool) -> None:
    values = _json(case, home / case.name)
    if values is None:
        return
    try:
        data = map_.data_of(values["data"] if "specversion" in values else values)
    except ValidationError as error:
        first = error.errors()[0]
        case.differences.append(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        return
    try:
        written = map_.write(data)
    except RenderError as error:
        case.differences.append(str(error))
        return
    given[case.name] = data
    path = home / expect
    if not path.is_file():
        case.differences.append(f"there is no file {path}")
        if update:
            _update(case, path, interchange_of(map_, written))
        return
    messages = list(documents_of(map_, path.read_bytes()))
    if len(messages) != 1:
        case.differences.append(f"{expect} holds {len(messages)} documents {map_.document}, not one")
        return
    case.differences += _segments(map_, body_of(messages[0]), written)
    if update and case.differences:
        _update(case, path, with_body(path.read_bytes(), messages[0], written))


def _segments(map_: Map, expected: Sequence[Segment], found: Sequence[Segment]) -> Iterator[str]:
    return differing_segments(expected, found, map_.schema.syntax)


def _json(case: Case, path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        case.differences.append(f"there is no file {path}")
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        case.differences.append(f"{path} is no JSON: {error}")
        return None
    if not isinstance(found, dict):
        case.differences.append(f"{path} must hold one object, the data of an event")
        return None
    return found


def _update(case: Case, path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    case.updated = f"written anew: {path}"


def _put_get(map_: Map, data: Data) -> list[str]:
    try:
        return put_get(map_, data)
    except RenderError as error:
        return [f"cannot be written: {error}"]


def _made(result: Generated) -> Case:
    note = f"{result.written} of {result.tried} could be written"
    if result.placeless:
        note += f"; no place for {len(result.placeless)} fields"
    case = Case("put-get", f"{result.tried} made events", note=note)
    if result.tried and not result.written:
        case.differences.append(f"none of them could be written: {''.join(result.refusals[-1:])}")
    for _, differences in result.violations[:3]:
        case.differences += differences[:10]
    if len(result.violations) > 3:
        case.differences.append(f"... and {len(result.violations) - 3} more events that come back otherwise")
    if result.refusals:
        case.note += f"; the last refusal: {result.refusals[-1]}"
    return case
