"""What a map drops on purpose: which values an entry of `ignore` covers, and which it leaves to be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.errors import MapError
from edi.mapping import load_map
from tests.edi.mapping.test_hierarchy import BODY as LEVELS
from tests.edi.mapping.test_overlays import BODY, overlay
from tests.edi.mapping.wire import read_body

EXTRA = "CTB*ZZ*R1~CTB*YY*R2*R3~PO1*1*100*EA*12.5**BP*SKU-1*N4*C-1*PD*P-1~"


def left(folder: Path, *places: str) -> list[str]:
    """The values that are shown although these places are ignored."""
    entries = "".join(f'- {{at: "{place}", reason: no use}}\n' for place in places)
    map_ = overlay(folder, f"ignore:\n{entries}" if places else "")
    reading, _ = read_body(map_, BODY.partition("PO1*")[0] + EXTRA)
    return [unmapped.value for unmapped in reading.unmapped]


@pytest.mark.parametrize(
    ("place", "gone"),
    [
        ("CTB", ["ZZ", "R1", "YY", "R2", "R3"]),
        ("CTB/CTB02", ["R1", "R2"]),
        ("CTB[YY]", ["YY", "R2", "R3"]),
        ("CTB[YY]/CTB03", ["R3"]),
        ("PO1/PO106[N4]", ["N4", "C-1"]),
        ("PO1/PO109", ["C-1"]),
        ("PO1[1]", []),
        ("N1/CTB", []),
    ],
)
def test_an_entry_covers_its_place_alone(tmp_path: Path, place: str, gone: list[str]) -> None:
    everything = ["ZZ", "R1", "YY", "R2", "R3", "N4", "C-1", "PD", "P-1"]
    assert left(tmp_path) == everything
    assert left(tmp_path, place) == [value for value in everything if value not in gone]


@pytest.mark.parametrize(
    ("place", "gone"), [("HL/REF", True), ("HL/S/REF", True), ("HL/O/REF", False), ("HL/S", True), ("HL", True)]
)
def test_a_level_may_be_named(tmp_path: Path, place: str, gone: bool) -> None:
    text = f"map: example/856\nversion: 1.0.0\nextends: x12/004010/856@1\nignore:\n- {{at: {place}, reason: no use}}\n"
    (tmp_path / "856.map.yaml").write_text(text)
    body = LEVELS.replace("REF*BM*BOL77~", "REF*BM*BOL77~\nREF*QQ*X1~")
    reading, _ = read_body(load_map("example/856", tmp_path), body)
    assert [unmapped.value for unmapped in reading.unmapped if unmapped.place.endswith("REF02")] == [
        "X1" for _ in range(not gone)
    ]


def test_a_place_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"map.bad_address: REF\[IA is not a place"):
        left(tmp_path, "REF[IA")
