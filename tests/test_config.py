"""Configuration beyond plain typing errors: names, secrets, keys, folders, terms, and what the environment may set.

Misspelt keys and values are in test_check.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import edi
from gateway import config
from gateway.sandbox.demo import DESTINATIONS
from gateway.scaffold import init
from tests.keys import demo_keys

ROOT = Path(__file__).resolve().parents[1]
GATEWAY, ACME, NORDWERK = "gateway.yaml", "partners/acme/partner.yaml", "partners/nordwerk/partner.yaml"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance with the demo's partners and everything they need."""
    for name in ("URL", "DB", "LOGIN", "KEY"):
        monkeypatch.setenv(f"ODOO_{name}", "x")
    folder = tmp_path / "instance"
    init(folder, port=0, as2_port=0, partners=ROOT / "partners", destinations=DESTINATIONS)
    demo_keys(folder)
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Change a file; the line where the new text starts."""
    path = folder / file
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def complaints(folder: Path) -> list[str]:
    """What is wrong, with file names relative to the instance."""
    with pytest.raises(edi.EdiError) as raised:
        config.check_secrets(config.load(folder / GATEWAY))
    return str(raised.value).replace(f"{folder}/", "").splitlines()


def test_what_is_right_loads(instance: Path) -> None:
    configuration = config.load(instance / GATEWAY)
    config.check_secrets(configuration)
    assert configuration.database == f"sqlite:///{instance}/ledger.db"
    assert configuration.listeners["sftp"].staging == instance / "staging"
    assert {partner.id for partner in configuration.book.served} == {"acme", "bolt", "nordwerk"}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (GATEWAY, "sqlite:///ledger.db", "ledger.db", "database: write sqlite:///"),
        (GATEWAY, "sqlite:///ledger.db", "mysql://x", "database: write sqlite:///"),
        (GATEWAY, "partners: partners", "partners: nowhere", "partners: there is no folder"),
        (GATEWAY, "kind: odoo", "kind: odoo.sink", "destinations.odoo-main.kind: there is no kind 'odoo.sink'"),
        (GATEWAY, "kind: odoo", "kind: ''", "destinations.odoo-main.kind: there is no kind ''"),
        (ACME, "name: inbox", "name: in:box", "channels.name: 'in:box': a name has small letters"),
        (ACME, "kind: sftp-server", "kind: sftp.server", "channels.kind: there is no transport"),
        (ACME, "instance: odoo-main", "instance: odoo-other", "odoo.instance: there is no destination 'odoo-other'"),
        (ACME, "vendor: {ref: ACME}", "vendor: {name: ACME}", "odoo.vendor: write one of"),
        (ACME, "apply_dates: yes", "apply_date: yes", "agreements.1.policy.apply_date: "),
        (ACME, "date_late_days: 3", "date_late_days: few", "tolerances.date_late_days: "),
        (ACME, 'qualifier: "01", id: "123456789"', 'qualifier: "01"', "identities.x12.id: this key is missing"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(instance: Path, file: str, old: str, new: str, said: str) -> None:
    line = edit(instance, file, old, new)
    found = [each for each in complaints(instance) if said in each]
    assert [each.partition(": ")[0] for each in found] == [f"{file}:{line}"], complaints(instance)


@pytest.mark.parametrize("start", ["0", "-1", "soon", "1234567890", "1.5"])
def test_control_numbers_start_with_a_number(instance: Path, start: str) -> None:
    line = edit(instance, ACME, "  ack_expected:", f"  control_numbers: {{start: '{start}'}}\n  ack_expected:")
    [said] = complaints(instance)
    assert said.startswith(f"{ACME}:{line}: agreements.0.control_numbers: start '{start}' is no control number")


@pytest.mark.parametrize("name", ["in", "out", "Odoo", "odoo/main", "a:b"])
def test_a_destination_is_not_named_like_a_lane_or_a_mailbox(instance: Path, name: str) -> None:
    line = edit(instance, GATEWAY, "  odoo-main:", f"  '{name}':")
    assert any(said.startswith(f"{GATEWAY}:{line}: destinations.{name}: a name has") for said in complaints(instance))


def test_two_channels_of_one_name_are_not_one(instance: Path) -> None:
    text = "- name: inbox\n  kind: folder\n  in: share\n"
    line = edit(instance, ACME, "agreements:\n", f"{text}\nagreements:\n")
    assert complaints(instance)[0] == f"{ACME}:{line}: channels.name: 'inbox': there are two of this name"


def test_clashes_name_their_lines(instance: Path) -> None:
    shutil.copytree(instance / "partners" / "acme", instance / "partners" / "twin")
    twin = "partners/twin/partner.yaml"
    edit(instance, twin, "partner: acme", "partner: twin")
    lines = (instance / twin).read_text(encoding="utf-8").splitlines()
    identity = next(n for n, line in enumerate(lines, 1) if line.startswith("  x12:"))
    user = next(n for n, line in enumerate(lines, 1) if "user: acme" in line)
    assert complaints(instance) == [
        f"{twin}:{identity}: identities.x12: 01:123456789 belongs to partner acme already",
        f"{twin}:{user}: channels.user: 'acme' belongs to acme already",
    ]


def test_two_channels_of_one_partner_cannot_be_told_apart_by_one_name(instance: Path) -> None:
    text = (instance / ACME).read_text(encoding="utf-8")
    second = text[text.index("- name: inbox") : text.index("agreements:")].replace("name: inbox", "name: second")
    line = edit(instance, ACME, "agreements:\n", f"{second}agreements:\n")
    as2 = (instance / NORDWERK).read_text(encoding="utf-8")
    other = as2[as2.index("- name: as2") : as2.index("agreements:")].replace("name: as2", "name: other")
    at = edit(instance, NORDWERK, "agreements:\n", f"{other}agreements:\n")
    assert complaints(instance) == [
        f"{ACME}:{line + 2}: channels.user: 'acme' belongs to channel 'inbox' of this file already",
        f"{NORDWERK}:{at + 3}: channels.partner: 'NORDWERK-AS2' belongs to channel 'as2' of this file already",
    ]


def test_a_channel_needs_its_listener(instance: Path) -> None:
    edit(instance, GATEWAY, "  as2:\n    host: 127.0.0.1\n    port: 0\n", "")
    line = (instance / NORDWERK).read_text(encoding="utf-8").splitlines().index("  kind: as2") + 1
    assert complaints(instance) == [f"{NORDWERK}:{line}: channels.kind: as2 needs listeners.as2 in gateway.yaml"]
    edit(instance, NORDWERK, "status: live", "status: onboarding")
    config.check_secrets(config.load(instance / GATEWAY))


def test_every_missing_secret_is_named_at_once(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOO_KEY")
    (instance / "keys" / "acme.pub").unlink()
    (instance / "keys" / "bolt.pub").write_text("# no key yet\n", encoding="utf-8")
    (instance / "keys" / "host_ed25519").write_text("garbage", encoding="utf-8")
    (instance / "keys" / "as2.key").write_text("garbage", encoding="utf-8")
    odoo, host, acme, bolt, nordwerk = complaints(instance)
    assert odoo == "destinations.odoo-main: env:ODOO_KEY: the environment variable ODOO_KEY is not set"
    assert host.startswith("listeners.sftp: not an unencrypted private key")
    assert acme.startswith(f"{ACME}: channel inbox: file:keys/acme.pub: keys/acme.pub cannot be read")
    assert bolt.endswith("file:keys/bolt.pub: there is no key in it")
    assert "channel as2: file:keys/as2.key: not a private key in PEM" in nordwerk


def test_a_partner_that_does_not_trade_yet_may_wait_for_its_key(instance: Path) -> None:
    (instance / "keys" / "acme.pub").unlink()
    edit(instance, ACME, "status: live", "status: onboarding")
    configuration = config.load(instance / GATEWAY)
    config.check_secrets(configuration)
    assert {partner.id for partner in configuration.book.served} == {"bolt", "nordwerk"}


def test_a_folder_channel_needs_its_folders(instance: Path) -> None:
    channel = "kind: folder\n  in: share/in\n  out: share/out\n"
    edit(instance, ACME, "kind: sftp-server\n  user: acme\n", channel)
    edit(instance, ACME, '  keys: ["file:keys/acme.pub"]\n  quota: {files: 1000, bytes: 100MB}\n', "")
    [said] = complaints(instance)
    assert said == f"{ACME}: channel inbox: there is no folder share/in"
    for name in ("in", "out"):
        (instance / "share" / name).mkdir(parents=True)
    config.check_secrets(config.load(instance / GATEWAY))


def test_the_environment_may_set_plain_keys(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE", f"sqlite:///{tmp_path}/elsewhere.db")
    monkeypatch.setenv("GATEWAY_NAME", "outside")
    monkeypatch.setenv("GATEWAY_CONFIG", "somewhere.yaml")  # the command's own variable
    configuration = config.load(instance / GATEWAY)
    assert configuration.database == f"sqlite:///{tmp_path}/elsewhere.db"
    assert configuration.file.name == "outside"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GATEWAY_ENVIRONMENT", "staging", "GATEWAY_ENVIRONMENT: Input should be 'prod' or 'test'"),
        ("GATEWAY_DATABASE", "oracle", "GATEWAY_DATABASE: "),
        ("GATEWAY_TIMING", '{"drain": "1s"}', "GATEWAY_TIMING: this key stands in the file only"),
        ("GATEWAY_LISTENERS", "off", "GATEWAY_LISTENERS: this key stands in the file only"),
    ],
)
def test_the_environment_is_checked_too(
    instance: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    [complaint] = complaints(instance)
    assert complaint.startswith(said)


def test_staging_is_where_the_file_says(instance: Path) -> None:
    edit(instance, GATEWAY, "    port: 0\n", "    port: 0\n    staging: elsewhere\n")
    assert config.load(instance / GATEWAY).listeners["sftp"].staging == instance / "elsewhere"
