"""`gateway partner sheet`: a partner can connect by it, and nothing secret is on it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509
from typer.testing import CliRunner

from gateway import certificates, clock
from gateway.cli import app
from gateway.scaffold import init
from gateway.transports.as2.cms_read import fingerprint
from gateway.transports.sftp import fingerprint as key_print
from gateway.transports.sftp import generate_key

PARTNER = """partner: example
name: Example & Söhne <Ltd>
status: live
identities:
  x12: {qualifier: "01", id: "987654321", own: {qualifier: "14", id: "4012345000009"}}
  gln: "4012345500004"
channels:
- name: as2
  kind: as2
  us: {id: US, keys: [{certificate: file:keys/us.pem, key: file:keys/us.key}]}
  partner: {id: EXAMPLE, certificates: [{certificate: file:keys/them.pem, since: 2026-02-01}]}
  receive: {accept: [sha-1], receipt_hosts: [mdn.example.com]}
  send: {url: "https://as2.example.com/as2", sign: sha-512, encrypt: aes-256-gcm, late: yes}
  receipt_url: https://edi.us.example/as2
- name: inbox
  kind: sftp-server
  user: example
  keys: [{key: "file:keys/acme.pub", label: laptop, until: 2030-01-31}]
- name: far
  kind: sftp
  host: sftp.example.com
  host_keys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
  user: us
  key: file:keys/client
  poll: {folder: /out}
  send: {folder: /in}
agreements:
- {document: X12 850 004010, direction: out, map: x12/004010/850@1, channel: as2}
- {document: X12 855 004010, direction: in, map: x12/004010/855@1, channel: inbox, ack: {functional: "997"}}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    init(folder, port=2022, as2_port=4080)
    for name in ("us", "them"):
        certificates.new(name, folder / "keys", 1000, clock.now())
    for name in ("client", "acme"):
        private, public = generate_key(name)
        (folder / "keys" / name).write_text(private)
        (folder / "keys" / f"{name}.pub").write_text(public)
    path = folder / "partners" / "example" / "partner.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PARTNER, encoding="utf-8")
    return folder


def sheet(instance: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["partner", "sheet", *arguments, "--config", str(instance / "gateway.yaml")])


def test_text(instance: Path) -> None:
    done = sheet(instance, "example")
    assert done.exit_code == 0, done.output
    rows = re.sub(r"\s+", " ", done.output)
    ours, theirs = ((instance / "keys" / f"{name}.pem").read_bytes() for name in ("us", "them"))
    host_key = (instance / "keys" / "host_ed25519.pub").read_text()
    for expected in (
        "Connection sheet for Example & Söhne <Ltd>",
        "X12, you qualifier 01, id 987654321",
        "X12, we qualifier 14, id 4012345000009",
        "X12 850 004010 we send it over as2",
        "X12 855 004010 you send it over inbox; we answer with 997",
        "URL https://edi.us.example/as2",
        "AS2-To (we are) US",
        "AS2-From (you are) EXAMPLE",
        "signatures accepted sha-1, sha-256, sha-384, sha-512",
        "late receipts go to the host of your URL, mdn.example.com",
        "signature sha-512, RSA PKCS#1 v1.5",
        "encryption aes-256-gcm, RSA PKCS#1 v1.5",
        "receipt (MDN) signed, later, to https://edi.us.example/as2",
        fingerprint(x509.load_pem_x509_certificate(ours)),
        fingerprint(x509.load_pem_x509_certificate(theirs)),
        "we encrypt for it from 2026-02-01",
        "host 127.0.0.1 port 2022",
        f"host key ssh-ed25519 {key_print(host_key)}",
        "user example",
        f"your public key {key_print((instance / 'keys' / 'acme.pub').read_text())} (laptop), until 2030-01-31",
        "/in you upload here",
        "your server sftp.example.com, port 22",
        "we fetch from /out, then we move them to /out/archive",
        "we write to /in, written as *.tmp and then renamed",
    ):
        assert expected in rows, expected
    assert ours.decode().strip() in done.output
    assert (instance / "keys" / "client.pub").read_text().split()[1] in done.output
    elsewhere = re.sub(r"\s+", " ", sheet(instance, "example", "--host", "edi.example.org").output)
    assert "URL http://edi.example.org:4080/as2" in elsewhere
    assert "host edi.example.org" in elsewhere


class Reader(HTMLParser):
    """The texts of a page, and what it would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_page(instance: Path, tmp_path: Path) -> None:
    target = tmp_path / "sheet.html"
    done = sheet(instance, "example", "--html", str(target))
    assert done.exit_code == 0, done.output
    reader = Reader()
    reader.feed(target.read_text(encoding="utf-8"))
    assert (reader.open, reader.loads) == ([], [])
    assert "Connection sheet for Example & Söhne <Ltd>" in reader.texts
    values = json.loads(sheet(instance, "example", "--json").output)
    for part in values:
        assert part["title"] in reader.texts
        for _, value in part["rows"]:
            assert value in reader.texts
        for _, copy in part["copies"]:
            assert copy in reader.texts


def test_nothing_secret(instance: Path, tmp_path: Path) -> None:
    page = tmp_path / "sheet.html"
    sheet(instance, "example", "--html", str(page))
    said = sheet(instance, "example").output + page.read_text(encoding="utf-8")
    assert "PRIVATE" not in said
    for name in ("us.key", "client", "host_ed25519"):
        for line in (instance / "keys" / name).read_text().splitlines()[1:-1]:
            assert line not in said


def test_nobody(instance: Path) -> None:
    done = sheet(instance, "nobody")
    assert done.exit_code == 1
    assert "there is no partner nobody; there are example" in done.output
