"""Where the shipped maps are, and that an identity cannot lead anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.errors import MapError
from edi.resources import find, maps_folder


def test_the_maps_of_a_checkout_lie_beside_the_package() -> None:
    assert (maps_folder() / "x12" / "004010" / "855.schema.yaml").is_file()


def test_the_callers_folders_come_first(tmp_path: Path) -> None:
    shipped = find("x12/004010/855", ".schema.yaml", [tmp_path])
    assert shipped.is_relative_to(maps_folder())
    own = tmp_path / "x12" / "004010" / "855.schema.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("schema: x\n")
    assert find("x12/004010/855", ".schema.yaml", [tmp_path]) == own


def test_a_missing_file_names_the_places_looked_at(tmp_path: Path) -> None:
    with pytest.raises(MapError) as caught:
        find("x12/004010/999", ".map.yaml", [tmp_path])
    assert "resource.missing" in str(caught.value)
    assert str(tmp_path / "x12" / "004010" / "999.map.yaml") in str(caught.value)


@pytest.mark.parametrize(
    "identity", ["../secrets", "x12/../../etc/passwd", "/etc/passwd", "x12//855", "", "a\\b", ".x"]
)
def test_an_identity_cannot_leave_the_folders(identity: str, tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"resource\.identity"):
        find(identity, ".schema.yaml", [tmp_path])
