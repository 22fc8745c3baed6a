"""`edi map show`: the flat text says what was merged, in the map language, with the place each row was written at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edi.map_show import merged
from edi.mapping import Map, load_map
from edi.resources import identities
from edi.yaml_source import Mapping_, Scalar, Tree, load_text
from tests.edi.mapping.wire import ROOT

PARTNERS = sorted(f"{path.parent.name}/{path.name.partition('.')[0]}" for path in ROOT.glob("partners/*/*.map.yaml"))
COMMENT = re.compile(r" {2,}# (\S+):([0-9]+)$")


def of_partner(reference: str) -> Map:
    return load_map(reference, ROOT / "partners" / reference.partition("/")[0])


@pytest.fixture(scope="module")
def bolt() -> list[str]:
    return list(merged(of_partner("bolt/855"), ROOT))


def places(lines: list[str], row: str) -> set[str]:
    """The files of the rows that say this."""
    found = (COMMENT.search(line) for line in lines if COMMENT.sub("", line).strip() == row)
    return {match[1] for match in found if match is not None}


@pytest.mark.parametrize(
    ("row", "file"),
    [
        ("BAK04: order.date as date", "maps/x12/004010/855.map.yaml"),
        ("MTX02: text", "maps/x12/005010/855.map.yaml"),
        ("IB: backordered", "maps/codes/line_status.yaml"),
        ("VN: item.ids.supplier", "maps/x12/005010/855.industrial.map.yaml"),
        ("- {usage: PO1/ACK, is: required}", "maps/x12/005010/855.industrial.map.yaml"),
        ("92: ids.buyer", "maps/x12/004010/855.map.yaml partners/bolt/855.map.yaml"),  # N1[SU] and the other parties
        ("note: One date for the whole line when all answers share it.", "partners/bolt/855.map.yaml"),
        ("- {usage: BAK/BAK08, is: required}", "partners/bolt/855.map.yaml"),
        ("owner: edi-onboarding@example.com", "partners/bolt/855.map.yaml"),
    ],
)
def test_a_row_names_the_layer_that_wrote_it(bolt: list[str], row: str, file: str) -> None:
    assert sorted(places(bolt, row)) == file.split()


def test_the_line_named_holds_what_the_row_says(bolt: list[str]) -> None:
    for line in bolt:
        match = COMMENT.search(line)
        if match is not None:
            said = re.findall(r"[A-Za-z0-9*.]+", COMMENT.sub("", line))[-1]
            assert said in (ROOT / match[1]).read_text().splitlines()[int(match[2]) - 1], line


def test_what_an_overlay_removes_is_gone_and_the_chain_is_named(bolt: list[str]) -> None:
    assert re.fullmatch(
        r"# x12/004010/855@[0-9.]+ <- x12/005010/855@[0-9.]+ <- x12/005010/855\.industrial@[0-9.]+ <- bolt/855@[0-9.]+",
        bolt[0],
    )
    assert places(bolt, "AR: accepted") == set()
    assert places(bolt, "IN: item.ids.buyer") == set()


@pytest.mark.parametrize("reference", [*identities(".map.yaml"), *PARTNERS])
def test_the_text_loads_as_what_was_merged(reference: str) -> None:
    map_ = of_partner(reference) if reference in PARTNERS else load_map(reference)
    source = map_.declared
    lines = list(merged(map_, ROOT))
    shown = load_text("\n".join(lines), "shown")
    assert shown["layout"] == as_written(source.layout)
    assert shown.get("checks", []) == list(source.checks.values())
    assert shown.get("pairs", {}) == source.pairs
    assert shown.get("schema", []) == source.narrowings
    assert shown.get("ignore", []) == source.ignore
    assert shown.get("constants", {}) == source.constants
    assert list(shown.get("tables", {})) == list(source.tables)
    for name, rows in shown["tables"].items() if isinstance(shown.get("tables"), Mapping_) else ():
        assert isinstance(rows, Mapping_)
        assert {code: said for code, said in rows.items() if code not in ("write", "unknown")} == source.tables[
            name
        ].read
        assert rows.get("write", {}) == source.tables[name].chosen


def as_written(tree: Tree) -> object:
    """Without the names of levels, which stand in no file."""
    if isinstance(tree, Scalar):
        return str(tree)
    if isinstance(tree, Mapping_):
        return {key: as_written(value) for key, value in tree.items() if isinstance(key, Scalar)}
    return [as_written(item) for item in tree]


def test_a_file_outside_the_folder_is_named_whole(tmp_path: Path) -> None:
    path = tmp_path / "855.map.yaml"
    path.write_text('map: example/855\nversion: 1.0.0\nextends: x12/004010/855@1\ntitle: "a: b # c"\n')
    lines = list(merged(load_map("example/855", tmp_path), ROOT))
    assert places(lines, 'title: "a: b # c"') == {str(path)}
