"""Where the shipped maps are, and that an identity cannot lead anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.errors import MapError
from edi.resources import document_identities, exists, find, maps_folder, standard_identity


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


@pytest.mark.parametrize(
    ("syntax", "version", "document", "identity"),
    [
        ("x12", "004010", "850", "x12/004010/850"),
        ("x12", "004010VICS", "850", "x12/004010/850"),
        ("x12", "005010X231A1", "999", "x12/005010/999"),
        ("x12", "", "TA1", "x12/004010/ta1"),
        ("x12", "005010", "TA1", "x12/005010/ta1"),
        ("edifact", "D.96A", "ORDERS", "edifact/d96a/orders"),
        ("edifact", "D.01B", "INVOIC", "edifact/d01b/invoic"),
        ("edifact", "D.3", "CONTRL", "edifact/service/v3/contrl"),
        ("edifact", "2.2", "CONTRL", "edifact/service/v3/contrl"),
        ("edifact", "4.1", "CONTRL", "edifact/service/v4/contrl"),
    ],
)
def test_the_schema_of_a_document_follows_from_its_release(
    syntax: str, version: str, document: str, identity: str
) -> None:
    assert standard_identity(syntax, version, document) == identity
    assert exists(identity, ".schema.yaml")


@pytest.mark.parametrize(
    ("convention", "identities"),
    [
        ("", ("edifact/d01b/orders",)),
        ("1.1e", ("edifact/d01b/orders",)),
        *((f"EAN{number:03}", ("edifact/d01b-eancom/orders", "edifact/d01b/orders")) for number in range(7, 12)),
    ],
)
def test_the_subset_a_document_names_comes_before_its_directory(convention: str, identities: tuple[str, ...]) -> None:
    assert document_identities("edifact", "D.01B", "ORDERS", convention) == identities


@pytest.mark.parametrize(
    ("syntax", "version", "document"),
    [("x12", "004030", "850"), ("x12", "003040", "850"), ("x12", "", "850"), ("edifact", "D.97A", "ORDERS")],
)
def test_a_release_that_is_not_shipped_has_no_substitute(syntax: str, version: str, document: str) -> None:
    assert not exists(standard_identity(syntax, version, document), ".schema.yaml")
