"""Damaged ship notices: any document is read without an exception, and what was read is written and read the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from edi.errors import RenderError
from edi.mapping import Map
from edi.model import Segment
from tests.edi.mapping.shipments import levels_map, nest_map
from tests.edi.mapping.test_hierarchy import BODY
from tests.edi.mapping.test_nest import TREE
from tests.edi.mapping.wire import read_segments, segments_of

VALUES = ("", "1", "2", "3", "9", "X", "S", "O", "T", "P", "I")


def damaged(segments: list[Segment], random: Random) -> list[Segment]:
    """A few segments are lost, doubled, moved, shortened or say something else."""
    found = [list(segment) for segment in segments]
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(found))
        segment = found[at]
        what = random.choice(("lose", "double", "move", "shorten", "change"))
        if what == "lose" and len(found) > 1:
            del found[at]
        elif what == "double":
            found.insert(random.randrange(len(found)), list(segment))
        elif what == "move":
            found.insert(random.randrange(len(found)), found.pop(at))
        elif what == "shorten":
            del segment[random.randrange(1, len(segment) + 1) :]
        elif len(segment) > 1:
            segment[random.randrange(1, len(segment))] = random.choice(VALUES)
    return found


@pytest.mark.parametrize("kind", ["x12", "edifact"])
def test_what_is_read_is_stable(tmp_path: Path, kind: str) -> None:
    map_: Map = levels_map(tmp_path) if kind == "x12" else nest_map(tmp_path)
    whole = segments_of(BODY if kind == "x12" else TREE, kind)
    random, written = Random(856), 0
    refused: list[str] = []
    for number in range(300):
        reading, _ = read_segments(map_, damaged(whole, random))
        assert all(origin.kind == "read" for origin in reading.trace.values())
        assert isinstance(reading.unmapped, list)
        if reading.data is None:
            assert reading.faults
            continue
        try:
            segments = map_.write(reading.data)
        except RenderError as error:
            refused.append(error.field or error.element)
            continue
        written += 1
        again, _ = read_segments(map_, segments)
        assert map_.difference(reading.data, again.data) == "", number
    assert all(refused)
    assert written > 200
