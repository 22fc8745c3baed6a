"""`gateway check`: every mistake is one line with file, line and key; what `init` makes is fine and runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.sandbox.demo import DESTINATIONS
from gateway.scaffold import init
from tests.keys import demo_keys

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance with the demo's partners, keys and destination, that checks clean."""
    for name in ("URL", "DB", "LOGIN", "KEY"):
        monkeypatch.setenv(f"ODOO_{name}", "http://127.0.0.1:9" if name == "URL" else "x")
    folder = tmp_path / "instance"
    init(folder, port=0, as2_port=0, partners=ROOT / "partners", destinations=DESTINATIONS)
    demo_keys(folder)
    return folder


def check(folder: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", "--config", str(folder / "gateway.yaml")])
    return done.exit_code, done.output


def change(folder: Path, file: str, old: str, new: str) -> Path:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_clean_instance(instance: Path) -> None:
    code, said = check(instance)
    assert code == 0, said
    assert "partner acme: live" in said
    assert "fine; 3 partner(s), 1 destination(s)" in said


GATEWAY = "gateway.yaml"
ACME = "partners/acme/partner.yaml"
NORDWERK = "partners/nordwerk/partner.yaml"
MISTAKES = [
    (GATEWAY, "environment: prod", "environment: production", "environment", "prod"),
    (GATEWAY, "partners: partners", "partner: partners", "partner", "no such key"),
    (GATEWAY, "    port: 0", "    port: many", "listeners.sftp.port|port", "integer"),
    (NORDWERK, "kind: as2", "kind: as3", "channels.kind", "no transport 'as3'"),
    (NORDWERK, "id: GATEWAY-AS2", 'id: "GATEWAY AS2 "', "us.id", "1 to 128 printable ASCII"),
    (NORDWERK, "url: ", "uri: ", "send.uri", "no such key"),
    (NORDWERK, "partner: {id: NORDWERK-AS2", "partner: {name: NORDWERK-AS2", "partner.name", "no such key"),
    (GATEWAY, "    kind: odoo", "    kind: sap", "destinations.odoo-main.kind", "no kind 'sap'"),
    (GATEWAY, "poll: {interval: 1s", "poll: {interval: often", "poll.interval", "no duration"),
    (GATEWAY, "  incomplete_wait: 2m", "  incomplete_wait: soon", "timing.incomplete_wait", "no duration"),
    (ACME, "name: ACME Supplies Inc", "nam: ACME Supplies Inc", "nam", "no such key"),
    (ACME, "partner: acme", "partner: acme2", "partner", "the folder is called 'acme'"),
    (ACME, "timezone: America/Chicago", "timezone: America/Chicaga", "timezone", "no time zone"),
    (ACME, "kind: sftp-server", "kind: pigeon", "channels.kind", "no transport 'pigeon'"),
    (ACME, "quota: {files: 1000, bytes: 100MB}", "quota: {files: 1000, bytes: lots}", "quota.bytes", "no size"),
    (ACME, "document: X12 850 004010", "document: 850", "agreements.0.document", "is no document"),
    (ACME, "channel: inbox", "channel: outbox", "agreements.0.channel", "no channel 'outbox'"),
    (ACME, "map: acme/850@1", "map: acme/852@1", "agreements.0.map", "852.map.yaml"),
    (ACME, "map: acme/855@1", "map: acme/850@1", "agreements.1.map", "x12/004010/850"),
    (ACME, "functional: 24h", "functional: tomorrow", "agreements.0.ack_expected", "no duration"),
    (ACME, "instance: odoo-main", "instance: odoo-other", "odoo.instance", "no destination 'odoo-other'"),
    (ACME, "duplicates: reanswer", "duplicates: again", "duplicates", "reanswer"),
    ("partners/bolt/partner.yaml", "user: bolt", "user: acme", "channels", "belongs to acme"),
    (ACME, "partner: acme", "partner: [acme", "yaml.", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "words"), MISTAKES, ids=[new for _, _, new, _, _ in MISTAKES])
def test_a_mistake_names_file_line_and_key(instance: Path, file: str, old: str, new: str, key: str, words: str) -> None:
    path = change(instance, file, old, new)
    lines = [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if new.strip() in line]
    code, said = check(instance)
    assert code == 1
    assert str(path) in said
    assert any(name in said for name in key.split("|")), said
    assert words in said
    if key not in ("odoo.instance", "channels", "yaml."):
        assert f"{path}:{lines[-1]}" in said, said


def test_a_mistake_in_a_map_names_its_file_too(instance: Path) -> None:
    path = change(instance, "partners/acme/855.map.yaml", "BAK/BAK08", "BAK/BAK88")
    code, said = check(instance)
    assert code == 1
    assert f"{path}:" in said
    assert "BAK88" in said


def test_several_mistakes_are_all_named(instance: Path) -> None:
    change(instance, ACME, "timezone: America/Chicago", "timezone: Nowhere")
    change(instance, "partners/nordwerk/partner.yaml", "status: live", "status: alive")
    code, said = check(instance)
    assert code == 1
    assert "timezone" in said
    assert "status" in said


def test_a_missing_secret_is_named_by_its_reference(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOO_KEY")
    code, said = check(instance)
    assert code == 1
    assert "env:ODOO_KEY" in said


def test_an_identity_belongs_to_one_partner(instance: Path) -> None:
    shutil.copytree(instance / "partners" / "acme", instance / "partners" / "twin")
    change(instance, "partners/twin/partner.yaml", "partner: acme", "partner: twin")
    code, said = check(instance)
    assert code == 1
    assert "01:123456789 belongs to partner acme already" in said


def test_the_environment_wins_over_the_file(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway import config

    monkeypatch.setenv("GATEWAY_ENVIRONMENT", "test")
    configuration = config.load(instance / "gateway.yaml")
    assert configuration.file.environment == "test"
    assert all(partner.profile.environment == "test" for partner in configuration.book)


def test_without_a_configuration_there_is_a_sentence(tmp_path: Path) -> None:
    code, said = check(tmp_path)
    assert code == 1
    assert "gateway init" in said


def test_init_makes_an_instance_that_runs_and_stops(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    program = [sys.executable, "-m", "gateway.cli"]
    subprocess.run([*program, "init", str(folder), "--port", "0"], check=True, capture_output=True)
    assert (folder / "keys" / "host_ed25519").stat().st_mode & 0o777 == 0o600
    again = subprocess.run([*program, "init", str(folder)], check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    ready = tmp_path / "ready.json"
    run = [*program, "run", "--config", str(folder / "gateway.yaml"), "--ready-file", str(ready)]
    daemon = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for _ in range(200):
            if ready.exists():
                break
            time.sleep(0.05)
        second = subprocess.run(run, check=False, capture_output=True, text=True, timeout=20)
        assert second.returncode == 1
        assert "in use by another daemon" in second.stderr
        status = subprocess.run(
            [*program, "status", "--config", str(folder / "gateway.yaml")], check=False, capture_output=True, text=True
        )
        assert "nothing waits to be delivered" in status.stdout
        os.kill(daemon.pid, signal.SIGTERM)
        said, _ = daemon.communicate(timeout=20)
    finally:
        daemon.kill()
    assert daemon.returncode == 0, said
    assert "gateway is up; SFTP on port" in said
