"""`gateway partner check` of folders: there, readable, writable."""

from __future__ import annotations

from pathlib import Path

import pytest
from trials import failed, names, tried

from gateway.secrets import Secrets
from gateway.transports.folder import FolderChannel


def channel(**folders: str) -> FolderChannel:
    return FolderChannel.model_validate({"name": "drop", "kind": "folder", **folders})


async def test_all_is_well(tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    steps = await tried(channel(**{"in": "in", "out": "out"}), Secrets(tmp_path))
    assert names(steps) == [f"read {tmp_path / 'in'}", f"write in {tmp_path / 'in'}", f"write in {tmp_path / 'out'}"]
    assert all(step.fine for step in steps)
    assert list((tmp_path / "in").iterdir()) == list((tmp_path / "out").iterdir()) == []
    kept = await tried(channel(**{"in": "in", "after_read": "keep"}), Secrets(tmp_path))
    assert names(kept) == [f"read {tmp_path / 'in'}"]


@pytest.mark.parametrize(("key", "step"), [("in", "read"), ("out", "write in")])
async def test_a_folder_that_is_missing(tmp_path: Path, key: str, step: str) -> None:
    wrong = failed(await tried(channel(**{key: "gone"}), Secrets(tmp_path)))
    assert wrong.name == f"{step} {tmp_path / 'gone'}"
    assert wrong.found == "No such file or directory"


async def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = failed(await tried(channel(**{"in": "file"}), Secrets(tmp_path)))
    assert (wrong.name, wrong.found) == (f"read {tmp_path / 'file'}", "Not a directory")


async def test_a_folder_that_cannot_be_written() -> None:
    """Nobody, not even root, makes files in /proc."""
    wrong = failed(await tried(channel(out="/proc"), Secrets(Path("/"))))
    assert wrong.name == "write in /proc"
