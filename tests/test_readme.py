"""What the README shows, runs: its Python, its partner, and the deterministic commands with the output it prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.partners import load_partner

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_python_of_the_readme_runs() -> None:
    [program] = blocks("python")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "po/P00042 accepted_with_changes SO-7781" in done.stdout
    assert "AK9*" in done.stdout


def test_the_partner_of_the_readme_loads(tmp_path: Path) -> None:
    folder = tmp_path / "example"
    folder.mkdir()
    for block in blocks("yaml"):
        name = re.search(r"^# partners/example/(\S+?\.yaml)", block)
        assert name
        (folder / name[1]).write_text(block, encoding="utf-8")
    partner = load_partner(folder, "prod")
    assert [a.document for a in partner.file.agreements] == ["X12 850 004010", "X12 855 004010"]


SHOWN = re.findall(r"^\$ \.venv/bin/(edi .*)\n((?:(?!\$ |```).*\n)*)", README, re.MULTILINE)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_commands_of_the_readme_print_what_it_shows(command: str, output: str) -> None:
    program = Path(sys.executable).with_name("edi")
    assert shutil.which(program)
    line = f"{program} {command.removeprefix('edi ')}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == output
