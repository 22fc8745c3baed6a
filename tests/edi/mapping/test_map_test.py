"""`edi map test`: every map holds its tests and both laws; what is broken is found and shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.__main__ import app
from edi.map_laws import generated
from edi.map_samples import interchange_of, wanted
from edi.map_test import examined
from edi.mapping import load_map
from tests.edi.mapping.wire import ROOT

MAPS = [*wanted([], None, ROOT / "partners"), *wanted([], None, None)]


@pytest.mark.parametrize(("reference", "folder"), MAPS, ids=[reference for reference, _ in MAPS])
def test_a_map_holds_its_tests(reference: str, folder: Path | None) -> None:
    report = examined(load_map(reference, folder), events=20)
    assert [line for case in report.cases for line in (case.name, *case.differences) if not case.ok] == []
    assert "put-get" in {case.kind for case in report.cases}
    assert folder is None or "get-put" in {case.kind for case in report.cases}
    assert report.made is None or report.made.written >= 0.9 * report.made.tried, report.made.refusals


def test_what_a_document_has_no_place_for_is_known_before_events_are_made() -> None:
    """A schedule of the 850 has one date: further ones have no place, the first one has."""
    map_ = load_map("x12/004010/850@1")
    made = generated(map_, 30)
    assert (made.written, made.violations) == (30, [])
    assert "lines.schedules.dates.kind (after the first)" in made.placeless
    assert "lines.schedules.dates.kind" not in made.placeless
    assert "lines.free.value" in made.placeless


def test_a_rule_of_a_segment_teaches_what_belongs_together() -> None:
    """POC03 is sent with POC04 and POC05 or not at all; it is not left out of all events."""
    made = generated(load_map("x12/004010/860@2"), 20)
    assert made.written == 20
    assert not [path for path in made.placeless if path.startswith("lines.ordered.value")]


def test_a_code_the_document_does_not_have_is_tried_only_once() -> None:
    made = generated(load_map("nordwerk/invoic@2", ROOT / "partners/nordwerk"), 10)
    assert (made.written, made.refusals, made.violations) == (10, [], [])


@pytest.mark.parametrize(
    ("reference", "release"),
    [("x12/004010/855@1", b"*U*00401*"), ("x12/005010/855@1", b"*^*00501*"), ("edifact/d96a/orders@1", b"UNOC:3+")],
)
def test_a_new_file_has_the_release_of_its_document_in_its_header(reference: str, release: bytes) -> None:
    assert release in interchange_of(load_map(reference), [["BAK", "00"]])


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "partners/acme", tmp_path / "acme"))


def test_an_expectation_that_is_not_met_is_shown_and_written_anew(acme: Path) -> None:
    golden, sent = acme / "samples/855_changes.json", acme / "samples/850_order.edi"
    before, document = golden.read_text(), sent.read_bytes()
    data = json.loads(before)
    data["supplier_order_number"] = "X"
    golden.write_text(json.dumps(data))
    sent.write_bytes(document.replace(b"*EA*", b"*CA*", 1))
    map_text = (acme / "855.map.yaml").read_text()
    run = CliRunner().invoke(app, ["map", "test", "--partner", str(acme), "--events", "0"])
    assert run.exit_code == 1
    assert "supplier_order_number: expected 'X', found 'SO-7781'" in run.stdout
    assert "PO103)" in run.stdout
    run = CliRunner().invoke(app, ["map", "test", "--partner", str(acme), "--events", "0", "--update"])
    assert run.exit_code == 1
    assert f"written anew: {golden}" in run.stdout
    assert (golden.read_text(), sent.read_bytes()) == (before, document)
    assert (acme / "855.map.yaml").read_text() == map_text
    assert CliRunner().invoke(app, ["map", "test", "--partner", str(acme), "--events", "0"]).exit_code == 0


def test_a_binding_that_is_read_and_not_written_is_found(acme: Path) -> None:
    path = acme / "855.map.yaml"
    path.write_text(path.read_text().replace("changes:\n", "changes:\n- {remove: BAK/BAK09}\n"))
    report = examined(load_map("acme/855", acme), events=0)
    said = [line for case in report.cases for line in case.differences]
    assert any("BAK09" in line for line in said)
    assert any(line.startswith("acknowledged_on: expected") for line in said)
