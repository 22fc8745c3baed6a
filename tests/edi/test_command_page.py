"""docs/edi-command.md: its examples print what it shows (`--update` writes them anew); it names every command."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from edi.__main__ import app
from tests.edi.interchanges import ROOT

PAGE = ROOT / "docs/edi-command.md"
EXAMPLE = re.compile(r"^\$ edi (.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


def printed(example: re.Match[str]) -> str:
    """The command and what it prints."""
    line = f"{Path(sys.executable).with_name('edi')} {example[1]}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return f"$ edi {example[1]}\n{done.stdout}"


def test_the_examples_print_what_the_page_shows(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(EXAMPLE.findall(page)) == 5
    found = EXAMPLE.sub(printed, page)
    if request.config.getoption("--update"):
        PAGE.write_text(found, encoding="utf-8")
    assert found == PAGE.read_text(encoding="utf-8")


def test_every_command_and_option_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, command in typer.main.get_group(app).commands.items():
        assert f"`edi {name} " in page
        for option in [name for parameter in command.params for name in parameter.opts if name.startswith("--")]:
            if option not in ("--help", "--control", "--at"):
                assert option in page
