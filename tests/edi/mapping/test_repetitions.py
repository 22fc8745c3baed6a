"""`REF02[*]`: the repetitions of one element as a list, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.documents import OrderAcknowledged
from edi.errors import RenderError
from edi.map_documents import reading_of, written
from edi.map_laws import put_get
from edi.mapping import Map, load_map
from edi.model import REPEAT

SCHEMA = """schema: x12/009010/855
title: Small
group: PR
layout:
- {segment: ST, usage: M}
- {segment: BAK, usage: M}
- {segment: REF, max: 2}
- {segment: SE, usage: M}
segments:
  ST: {title: Start, elements: [{at: 01, ref: 143, name: kind, type: ID 3..3, usage: M}]}
  BAK: {title: Answer, elements: [{at: 01, ref: 353, name: answer, type: ID 2..2, usage: M},
    {at: 02, ref: 324, name: number, type: AN 1..22, usage: M}]}
  REF:
    title: Reference
    elements:
    - {at: 01, ref: 128, name: kind, type: ID 2..3, usage: M}
    - {at: 02, ref: 127, name: reference, type: AN 1..10, repeat: 5}
  SE: {title: End, elements: [{at: 01, ref: 96, name: count, type: N0 1..10, usage: M}]}
"""
MAP = """map: x12/009010/855
version: 1.0.0
document: X12 855 009010
event: procurement.order.acknowledged.v1
title: Small
tables:
  answer: {AD: accepted, RJ: rejected}
layout:
- segment: BAK
  usage: required
  BAK01: response via answer
  BAK02: order.number
- segment: REF
  when: REF01 is "ZZ"
  REF02[*]: ship_to.address.lines
"""
ROOM = 10  # two segments of five


@pytest.fixture
def map_(tmp_path: Path) -> Map:
    (tmp_path / "x12/009010").mkdir(parents=True)
    (tmp_path / "x12/009010/855.schema.yaml").write_text(SCHEMA)
    (tmp_path / "x12/009010/855.map.yaml").write_text(MAP)
    return load_map("x12/009010/855@1", folders=[tmp_path])


def answer(*lines: str) -> OrderAcknowledged:
    to = {"ship_to": {"address": {"lines": lines}}} if lines else {}
    return OrderAcknowledged.model_validate({"order": {"number": "P1"}, "response": {"value": "accepted"}, **to})


@pytest.mark.parametrize("count", range(ROOM + 1))
def test_any_number_of_values_comes_back(map_: Map, count: int) -> None:
    data = answer(*(f"Line {number}" for number in range(count)))
    assert put_get(map_, data) == []
    reading, checked, faults = reading_of(map_, written(map_, data))
    assert (faults, reading.unmapped) == ([], [])
    assert reading.data is not None
    assert reading.data.ship_to == data.ship_to
    full, rest = divmod(count, 5)
    expected = [5] * full + [rest] * (rest > 0)
    assert [len(s[2].split(REPEAT)) for s in checked.message.segments if s[0] == "REF"] == expected


def test_each_value_is_traced_to_its_repetition(map_: Map) -> None:
    reading, _, _ = reading_of(map_, written(map_, answer("a", "b", "c", "d", "e", "f")))
    places = {path.rpartition(".")[2]: (origin.segment, origin.repetition, origin.found)
              for path, origin in reading.trace.items() if ".lines." in path}  # fmt: skip
    assert places == {"0": (3, 1, "a"), "1": (3, 2, "b"), "2": (3, 3, "c"), "3": (3, 4, "d"), "4": (3, 5, "e"),
                      "5": (4, 1, "f")}  # fmt: skip


def test_more_values_than_there_is_room_for_are_refused(map_: Map) -> None:
    with pytest.raises(RenderError) as refused:
        map_.write(answer(*["a"] * (ROOM + 1)))
    assert (refused.value.code, refused.value.field) == ("write.too-long", "ship_to.address.lines")


def test_a_value_too_long_for_one_repetition_is_refused(map_: Map) -> None:
    with pytest.raises(RenderError) as refused:
        map_.write(answer("a", "b" * 11))
    assert refused.value.element == "REF02[*]"


def test_the_law_finds_a_reader_that_takes_the_first_only(map_: Map, tmp_path: Path) -> None:
    """The negative control: with a plain binding the list is written one value a segment, and two segments are all."""
    plain = tmp_path / "plain/x12/009010"
    plain.mkdir(parents=True)
    (plain / "855.schema.yaml").write_text(SCHEMA)
    (plain / "855.map.yaml").write_text(MAP.replace("REF02[*]", "REF02"))
    reader = load_map("x12/009010/855@1", folders=[tmp_path / "plain"])
    reading, _, _ = reading_of(reader, written(map_, answer("a", "b", "c")))
    assert reader.difference(answer("a", "b", "c"), reading.data) == "ship_to.address.lines: 3 entries became 1"
