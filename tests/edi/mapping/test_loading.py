"""Loading: the shipped maps compile, quickly, and are kept in memory."""

from __future__ import annotations

import time

import pytest

from edi.mapping import Map, load_map
from edi.mapping_source import load_source
from tests.edi.mapping.wire import ROOT

MAPS = sorted(str(path.relative_to(ROOT / "maps"))[: -len(".map.yaml")] for path in (ROOT / "maps").rglob("*.map.yaml"))


def test_there_are_maps() -> None:
    assert {"x12/004010/850", "x12/004010/855", "x12/004010/997", "edifact/d01b/orders", "edifact/d01b/ordrsp"} <= set(
        MAPS
    )


@pytest.mark.parametrize("identity", MAPS)
def test_a_shipped_map_says_who_it_is_and_is_kept(identity: str) -> None:
    map_ = load_map(identity)
    assert map_.identity == identity
    assert map_.version == f"{identity}@{map_.declared.version}"
    assert map_.title
    assert load_map(identity) is map_


@pytest.mark.parametrize("identity", MAPS)
def test_tables_that_read_many_codes_alike_say_which_is_written(identity: str) -> None:
    assert {name: table.ambiguous for name, table in load_map(identity).tables.items() if table.ambiguous} == {}


@pytest.mark.parametrize("identity", MAPS)
def test_a_map_compiles_in_less_than_200_ms(identity: str) -> None:
    load_source(identity, None, ())  # schemas and dictionaries are read once per process
    spent = []
    for _ in range(3):
        start = time.process_time()
        Map(load_source(identity, None, ()))
        spent.append(time.process_time() - start)
    assert min(spent) < 0.2
