"""`gateway init`: what it makes, who may read it, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import config
from gateway.cli import app
from gateway.scaffold import init, write_secret

ROOT = Path(__file__).resolve().parents[1]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_may_read_what_is_secret(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    init(folder)
    assert mode(folder / "keys" / "host_ed25519") == 0o600
    assert [mode(folder / name) for name in ("", "keys", "staging")] == [0o700] * 3
    assert "PRIVATE KEY" in (folder / "keys" / "host_ed25519").read_text(encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_secret(folder / "keys" / "host_ed25519", "another")


@pytest.mark.parametrize("name", ["site", "my site: #1", "Zürich", "yes", "42"])
def test_an_instance_of_any_name_loads(tmp_path: Path, name: str) -> None:
    init(tmp_path / name, port=0)
    configuration = config.load(tmp_path / name / "gateway.yaml")
    config.check_secrets(configuration)
    assert configuration.file.name
    assert list(configuration.book) == []


def test_the_as2_listener_is_there_to_be_opened(tmp_path: Path) -> None:
    init(tmp_path / "site", port=0)
    file = tmp_path / "site" / "gateway.yaml"
    assert sorted(config.load(file).listeners) == ["sftp"]
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"^#(  as2:|    (host|port):)", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert sorted(config.load(file).listeners) == ["as2", "sftp"]


def test_the_folder_one_stands_in_will_do_if_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["init", "."])
    assert done.exit_code == 0, done.output
    assert config.load(Path("gateway.yaml")).file.name == tmp_path.name.replace("[", "-").replace("]", "-")
    again = CliRunner().invoke(app, ["init", "."])
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_partners_are_copied_whole_and_nothing_else_of_their_folder(tmp_path: Path) -> None:
    init(tmp_path / "site", partners=ROOT / "partners")
    assert (tmp_path / "site/partners/acme/855.map.yaml").is_file()
    assert sorted(p.name for p in (tmp_path / "site/partners").iterdir()) == ["README.txt", "acme", "bolt", "nordwerk"]


def test_what_cannot_be_done_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileExistsError, match="is not empty"):
        init(tmp_path / "file")
    with pytest.raises(FileNotFoundError, match="holds no partners"):
        init(tmp_path / "site", partners=tmp_path / "nowhere")
    assert not (tmp_path / "site").exists()
