"""The laws for every map of every partner in partners/, found by themselves.

PutGet: events of the models, brought under the partner's guide (guides.py), survive writing and reading; nine of ten at
least can be written, and none is refused because the document has lost a place. GetPut: each sample is written again as
it was. Each law has a control that breaks it: a map without one binding, a sample with a value nothing reads.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edi.documents.types import Data
from edi.errors import MapError
from edi.mapping import Map, load_map
from edi.mapping_nodes import HierarchyNode, LoopNode, SegmentNode, every
from edi.mapping_source import load_source
from edi.yaml_source import Mapping_, Scalar, Tree
from tests.edi.mapping.guides import events_of, good_samples, map_and_message, maps_of
from tests.edi.mapping.laws import get_put, put_get
from tests.edi.mapping.test_laws import ACKNOWLEDGEMENTS
from tests.edi.mapping.wire import ROOT, checked_of

PARTNERS = sorted(path.parent for path in (ROOT / "partners").glob("*/partner.yaml"))
MAPS = [(folder, reference) for folder in PARTNERS for reference in maps_of(folder)]
EACH = pytest.mark.parametrize(("folder", "reference"), MAPS, ids=[f"{f.name}: {r}" for f, r in MAPS])
# Acknowledgements are made by the library itself and are a short list; what their maps write has tests of its own.
ANSWERS = {kind.lower() for kind in (*ACKNOWLEDGEMENTS, "999")}
BUSINESS = [(f, r) for f, r in MAPS if r.rpartition("/")[2] not in ANSWERS]
CUTS = 6  # bindings of a map that are taken away, one at a time
BEYOND = 40  # more elements than any segment has


@EACH
def test_put_get(folder: Path, reference: str) -> None:
    assert_put_get(load_map(reference, folder))


def assert_put_get(map_: Map) -> None:
    found = [put_get(map_, event) for event in events(map_)]
    refused = [said for said in found if said.startswith("refused:")]
    assert [said for said in found if said and said not in refused] == []
    assert [said for said in refused if "has no place" in said] == []
    assert len(refused) <= len(found) / 10, refused


def events(map_: Map) -> list[Data]:
    """Events under the guide; acknowledgements are what this library makes and are listed."""
    if not map_.event.startswith("exchange."):
        return events_of(map_)
    kind = map_.document.split()[1]
    listed = ACKNOWLEDGEMENTS["997" if kind == "999" else kind]
    return [data.model_copy(update={"kind": kind}) for data in listed]


@pytest.mark.parametrize(("folder", "reference"), BUSINESS, ids=[f"{f.name}: {r}" for f, r in BUSINESS])
def test_a_map_without_one_binding_breaks_put_get(folder: Path, reference: str) -> None:
    rows = written_rows(load_map(reference, folder))
    made = events(load_map(reference, folder))
    undetected = []
    for row in rows[:: max(1, len(rows) // CUTS)]:
        try:
            cut = without(reference, folder, row)
        except MapError:
            continue  # nothing is left for a mandatory element: found even before a document comes
        if not any(put_get(cut, event) for event in made):
            undetected.append(f"{row.file}:{row.line} {row}")
    assert undetected == []


def written_rows(map_: Map) -> list[Scalar]:
    """The bindings of fields that are written, once each, in the order of the document."""
    found: dict[tuple[Path, int, int], Scalar] = {}
    nodes = [node for _, node in every(map_.layout)]
    idle = {
        id(node)
        for around in nodes
        if isinstance(around, HierarchyNode)
        for level in around.levels.values()
        if level.code not in around.shape
        for _, node in every(level.layout)
    }
    idle |= {
        id(node)
        for around in nodes
        if isinstance(around, LoopNode) and around.way == "read"
        for _, node in every(around.layout)
    }
    for node in nodes:
        if not isinstance(node, SegmentNode) or node.way == "read" or id(node) in idle:
            continue
        for binding in node.bindings:
            if binding.kind == "field" and isinstance(binding.row, Scalar):
                found.setdefault(place(binding.row), binding.row)
    return list(found.values())


def place(row: Tree) -> tuple[Path, int, int]:
    return Path(str(row.file)), row.line, row.column


def without(reference: str, folder: Path, row: Scalar) -> Map:
    """The map as it would be if one of its rows had been forgotten."""
    source = load_source(reference, folder, ())
    _cut(source.layout, place(row))
    return Map(source)


def _cut(tree: Tree, where: tuple[Path, int, int]) -> None:
    if isinstance(tree, Mapping_):
        for key, value in list(tree.items()):
            if isinstance(value, Scalar) and place(value) == where:
                del tree[key]
            else:
                _cut(value, where)
    elif not isinstance(tree, Scalar):
        for item in tree:
            _cut(item, where)


# --- GetPut

GOOD = [sample for folder in PARTNERS for sample in good_samples(folder)]


@pytest.mark.parametrize("sample", GOOD, ids=[f"{s.parents[1].name}: {s.stem}" for s in GOOD])
def test_get_put(sample: Path) -> None:
    map_, message = map_and_message(sample)
    assert get_put(map_, message) == ""


@pytest.mark.parametrize("sample", GOOD, ids=[f"{s.parents[1].name}: {s.stem}" for s in GOOD])
def test_a_sample_with_a_value_nothing_reads_breaks_get_put(sample: Path) -> None:
    """Behind what is bound in its first segment, and in a segment the map does not know."""
    map_, message = map_and_message(sample)
    head, *rest = message.segments[1:-1]
    longer = [*head, *[""] * (BEYOND - len(head)), "X"]
    stranger = ["ZZZ", "X"]
    for body in ([longer, *rest], [head, stranger, *rest]):
        changed = dataclasses.replace(message, segments=[message.segments[0], *body, message.segments[-1]])
        assert get_put(map_, changed) != ""


@pytest.mark.parametrize("sample", GOOD, ids=[f"{s.parents[1].name}: {s.stem}" for s in GOOD])
def test_a_map_without_one_binding_breaks_get_put(sample: Path) -> None:
    """One by one, some of the rows that gave the event of the sample its values."""
    map_, message = map_and_message(sample)
    reading = map_.read(message, checked_of(map_.schema, message))
    told = {origin.row for origin in reading.trace.values() if origin.row}
    rows = [row for row in written_rows(map_) if f"{row.file}:{row.line}" in told]
    assert rows
    undetected = []
    for row in rows[:: max(1, len(rows) // CUTS)]:
        try:
            cut = without(map_.version.partition("@")[0] + "@1", sample.parents[1], row)
        except MapError:
            continue
        if get_put(cut, message) == "":
            undetected.append(f"{row.file}:{row.line} {row}")
    assert undetected == []
