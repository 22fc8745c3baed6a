"""`gateway partner check`: one line a step for people, one object a step for machines, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import app
from gateway.scaffold import init

ROOT = Path(__file__).resolve().parents[1]
PARTNER = """partner: example
name: Example
status: test
identities:
  x12: {qualifier: "01", id: "123456789", own: {qualifier: "14", id: "4012345000009"}}
channels:
- {name: drop, kind: folder, in: there, out: gone}
- {name: other, kind: folder, in: there}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An instance with one partner, whose first channel has a folder that is missing."""
    folder = tmp_path / "site"
    init(folder, port=0)
    (folder / "there").mkdir()
    (partner := folder / "partners" / "example").mkdir()
    (partner / "partner.yaml").write_text(PARTNER, "utf-8")
    return folder / "gateway.yaml"


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["partner", "check", *arguments, "--config", str(config)])


def test_for_people(config: Path) -> None:
    done = run(config, "example")
    assert done.exit_code == 1, done.output
    lines = done.output.splitlines()
    gone = config.parent / "gone"
    assert lines[0] == "example/drop (folder)"
    assert "✓ partner" in lines[1]
    assert "does not serve it" in lines[1]
    (at,) = [number for number, line in enumerate(lines) if "✗" in line]
    assert f"✗ write in {gone}" in lines[at]
    assert f"{gone} cannot be written" in lines[at]
    assert [line.split(":")[0].strip() for line in lines[at + 1 : at + 4]] == ["found", "expected", "what to do"]
    assert lines[at + 4] == "example/other (folder)"  # the next channel is tried all the same


def test_for_machines(config: Path) -> None:
    done = run(config, "example", "--json")
    assert done.exit_code == 1
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert {step["channel"] for step in steps} == {"example/drop", "example/other"}
    (wrong,) = [step for step in steps if not step["ok"]]
    assert set(wrong) == {"channel", "ok", "name", "seconds", "note", "problem", "found", "expected", "advice"}
    assert wrong["found"] == "No such file or directory"


def test_one_channel(config: Path) -> None:
    done = run(config, "example", "--channel", "other")
    assert done.exit_code == 0, done.output
    assert "drop" not in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["nobody"], "there is no partner nobody; there are example", 1),
        (["example", "--channel", "as2"], "partner example has no channel as2; it has drop, other", 1),
        (["example", "--timeout", "soon"], "write 30s", 2),
    ],
)
def test_wrong_usage(config: Path, arguments: list[str], sentence: str, code: int) -> None:
    done = run(config, *arguments)
    assert done.exit_code == code
    assert sentence in done.output
