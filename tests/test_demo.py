"""The demo is the main job on real wires: it ends well on both Odoo versions, and says so when a promise is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.sandbox import demo

ROOT = Path(__file__).resolve().parents[1]


def processes_of(folder: Path) -> list[str]:
    """Command lines that name a folder: what a demo left running."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.parametrize("version", [18, 19])
def test_the_demo_ends_well_and_leaves_nothing_running(
    version: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "instance"
    assert demo.run(ROOT / "partners", ROOT / "samples" / "demo", folder, version) == 0
    said = capsys.readouterr().out
    assert "Everything the story promises was found" in said
    assert "3 lines need a decision" in said
    assert "receipted by NORDWERK-AS2: processed, signed, MIC equal" in said
    assert processes_of(folder) == []
    for log in folder.glob("*.log"):
        assert "Traceback" not in log.read_text(encoding="utf-8")
        assert "demo-key" not in log.read_text(encoding="utf-8")


def test_the_command_says_what_did_not_happen(tmp_path: Path) -> None:
    """A supplier that does not trade cannot log in; the demo names it, shows the logs and fails."""
    shutil.copytree(ROOT / "partners", tmp_path / "partners")
    file = tmp_path / "partners" / "acme" / "partner.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("status: live", "status: suspended"), encoding="utf-8")
    command = [sys.executable, "-m", "gateway.cli", "demo", "--partners", str(tmp_path / "partners")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The demo failed: the supplier acme could not trade" in done.stdout
    assert "The end of daemon.log" in done.stdout


def test_without_its_files_the_demo_says_where_to_run_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.cli", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "run the demo in the folder of the repository" in done.stdout
