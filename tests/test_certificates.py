"""`gateway cert`: what is made can be used, nothing is overwritten, and what ends soon is said."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import certificates, clock
from gateway.cli import app
from gateway.scaffold import init

PARTNER = """partner: example
name: Example Supplies Ltd
status: live
identities:
  x12: {{qualifier: "01", id: "987654321", own: {{qualifier: "14", id: "4012345000009"}}}}
channels:
- name: as2
  kind: as2
  us: {{id: US, keys: [{{certificate: file:keys/us.pem, key: file:keys/{key}.key}}]}}
  partner: {{id: EXAMPLE, certificates: [{{certificate: file:keys/them.pem}}]}}
  send: {{url: "http://127.0.0.1:9/as2"}}
agreements:
- {{document: X12 850 004010, direction: out, map: x12/004010/850@1, channel: as2}}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    init(folder, port=0)
    return folder


def with_channel(folder: Path, key: str = "us", days: int = 1000) -> None:
    now = clock.now()
    certificates.new("us", folder / "keys", days, now)
    certificates.new("them", folder / "keys", 1000, now)
    path = folder / "partners" / "example" / "partner.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PARTNER.format(key=key), encoding="utf-8")


def test_new(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["cert", "new", "us", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE((tmp_path / "us.key").stat().st_mode) == 0o600
    before = (tmp_path / "us.key").read_bytes()
    again = CliRunner().invoke(app, ["cert", "new", "us", "--folder", str(tmp_path)])
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert (tmp_path / "us.key").read_bytes() == before


CASES = [(1000, 0, ""), (20, 1, "ends in 19 days"), (61, 1, "ends in 60 days")]


@pytest.mark.parametrize(("days", "code", "says"), CASES)
def test_list(instance: Path, days: int, code: int, says: str) -> None:
    with_channel(instance, days=days)
    done = CliRunner().invoke(app, ["cert", "list", "--config", str(instance / "gateway.yaml")])
    assert done.exit_code == code, done.output
    assert done.output.count("SHA-256") == 2
    assert says in done.output


def test_an_expired_one(instance: Path) -> None:
    with_channel(instance)
    (instance / "keys" / "us.pem").unlink()
    (instance / "keys" / "us.key").unlink()
    certificates.new("us", instance / "keys", 10, clock.now() - dt.timedelta(days=30))
    done = CliRunner().invoke(app, ["cert", "list", "--config", str(instance / "gateway.yaml")])
    assert "expired: it is used for nothing new" in done.output
    assert done.exit_code == 1


def test_check_reads_them(instance: Path) -> None:
    with_channel(instance, key="them")
    done = CliRunner().invoke(app, ["check", "--config", str(instance / "gateway.yaml")])
    assert done.exit_code == 1
    assert "file:keys/them.key is not the key of file:keys/us.pem" in done.output


def test_an_as2_name_has_one_owner(instance: Path) -> None:
    with_channel(instance)
    second = instance / "partners" / "second" / "partner.yaml"
    second.parent.mkdir()
    text = (instance / "partners" / "example" / "partner.yaml").read_text(encoding="utf-8")
    second.write_text(text.replace("partner: example", "partner: second").replace("987654321", "111111111"), "utf-8")
    done = CliRunner().invoke(app, ["check", "--config", str(instance / "gateway.yaml")])
    assert done.exit_code == 1
    assert "channels.partner: 'EXAMPLE' belongs to example already" in done.output
