"""What is doubtful about a map although it can be loaded: every rule of the linter, and the order they run in.

Not here: what cannot be loaded at all (the modules that load it raise MapError, which is reported like a remark). Rules
protected: every remark names file, line and column and says what to do; an error is something that loses or misplaces
data, a warning something a person should look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edi.errors import MapError
from edi.lint_fields import bound_twice, derived_both_ways, lost_fields
from edi.lint_nodes import does_not_fit, unreachable
from edi.lint_values import (
    ignored_nowhere,
    lost_files,
    named_partners,
    not_invertible,
    secrets,
    undecided,
    unknown_meanings,
    unused_rows,
    unused_tables,
)
from edi.map_test import checked_case
from edi.mapping import Map, load_map
from edi.resources import find, identities
from edi.schema import load_schema
from edi.yaml_source import Found, Scalar

WARNINGS = frozenset({
    "table.not_invertible", "table.unused_row", "map.unused_table", "schema.one_source", "map.no_test", "map.no_title",
    "map.no_owner",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of the linter: `place` is `file:line:column`."""

    place: str
    code: str
    sentence: str

    @property
    def severity(self) -> Literal["error", "warning"]:
        return "warning" if self.code in WARNINGS else "error"

    def __str__(self) -> str:
        return f"{self.place}: {self.code}: {self.sentence}"


def lint_map(
    reference: str, folder: Path | None = None, folders: Sequence[Path] = (), partners: Sequence[str] = ()
) -> list[Remark]:
    """What is wrong with a map and everything it extends. `partners`: names that no shipped map may hold."""
    try:
        map_ = load_map(reference, folder, folders)
        return [*map(_remark, _of_map(map_, partners)), *_wrong_tests(map_)]
    except MapError as error:
        return [_of_error(error)]


def lint_schema(identity: str, folders: Sequence[Path] = ()) -> list[Remark]:
    """What is wrong with a schema."""
    try:
        schema = load_schema(identity, folders)
    except MapError as error:
        return [_of_error(error)]
    if len(schema.provenance) >= 2:
        return []
    path = find(identity, ".schema.yaml", folders)
    sentence = "fewer than two independent sources are named under provenance; compare it with another one"
    return [Remark(f"{path}:1:1", "schema.one_source", sentence)]


def lint_shipped(partners: Sequence[str] = ()) -> Iterator[Remark]:
    """Everything that is shipped: all schemas, all maps."""
    for identity in identities(".schema.yaml"):
        yield from lint_schema(identity)
    for identity in identities(".map.yaml"):
        yield from lint_map(identity, partners=partners)


def _of_map(map_: Map, partners: Sequence[str]) -> Iterator[Found]:
    source = map_.declared
    yield from unreachable(map_.layout)
    yield from bound_twice(map_)
    yield from lost_fields(map_)
    yield from derived_both_ways(map_)
    yield from does_not_fit(map_.layout)
    yield from undecided(source)
    yield from ignored_nowhere(map_)
    yield from secrets(map_.layout)
    yield from named_partners(source, partners)
    yield from unknown_meanings(map_)
    yield from not_invertible(map_)
    yield from unused_tables(map_)
    yield from unused_rows(map_)
    yield from _described(map_)
    yield from lost_files(source)


def _described(map_: Map) -> Iterator[Found]:
    source = map_.declared
    name: Scalar = source.name
    if not source.tests:
        yield Found(name, "map.no_test", "no tests: are listed; add a sample and what it reads to")
    if not source.own_title:
        yield Found(name, "map.no_title", "the map has no title: of its own; say whose document it is")
    if not source.owner and not source.standard:
        yield Found(name, "map.no_owner", "no owner: is named; say who answers questions about this map")


def _wrong_tests(map_: Map) -> Iterator[Remark]:
    """`map.bad_test`: a test `edi map test` does not understand."""
    for node in map_.declared.tests:
        try:
            checked_case(node)
        except MapError as error:
            yield _of_error(error)


def _remark(found: Found) -> Remark:
    node = found.node
    return Remark(f"{node.file}:{node.line}:{node.column}", found.code, found.sentence)


def _of_error(error: MapError) -> Remark:
    """`file:line:column: code: sentence` taken apart again."""
    text = str(error)
    head, _, sentence = text.partition(": ")
    code, _, rest = sentence.partition(": ")
    return Remark(head, code, rest)
