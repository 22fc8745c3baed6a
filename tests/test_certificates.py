"""`gateway cert`: what is made can be used, nothing is overwritten, what ends soon is said, what partners send is taken
in whatever form, and a change of ours says what to do."""

from __future__ import annotations

import datetime as dt
import json
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from typer.testing import CliRunner

from gateway import certificate_files, certificates, clock
from gateway.cli import app
from gateway.scaffold import init
from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.sftp import fingerprint as key_print
from gateway.transports.sftp import generate_key

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
    init(folder, port=0, as2_port=0)
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


# --- what partners send


def gateway(instance: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["cert", *arguments, "--config", str(instance / "gateway.yaml")])


def theirs(days: int = 400, bits: int = 2048, name: str = "ACME EDI") -> OwnKey:
    key = rsa.generate_private_key(65537, bits)
    now = clock.now()
    return OwnKey(certificates.self_signed(name, key, now - dt.timedelta(days=500), now + dt.timedelta(days=days)), key)


def forms(made: OwnKey, folder: Path) -> dict[str, bytes]:
    """One certificate in every form partners send."""
    pem, key = made.certificate.public_bytes(Encoding.PEM), made.key
    assert isinstance(key, rsa.RSAPrivateKey)
    locked = BestAvailableEncryption(b"secret")
    return {
        "a.pem": pem,
        "a.cer": made.certificate.public_bytes(Encoding.DER),
        "a.p7b": pkcs7.serialize_certificates([made.certificate], Encoding.DER),
        "pem.p7b": pkcs7.serialize_certificates([made.certificate], Encoding.PEM),
        "a.p12": pkcs12.serialize_key_and_certificates(b"a", key, made.certificate, None, locked),
        "only.p12": pkcs12.serialize_key_and_certificates(None, None, None, [made.certificate], locked),
    }


@pytest.mark.parametrize("form", ["a.pem", "a.cer", "a.p7b", "pem.p7b", "a.p12", "only.p12"])
def test_import(form: str, instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_channel(instance)
    made = theirs()
    (tmp_path / form).write_bytes(forms(made, tmp_path)[form])
    monkeypatch.setenv("P12", "secret")
    more = ["--password", "env:P12"] if form.endswith("p12") else []
    done = gateway(instance, "import", "example", str(tmp_path / form), "--since", "2099-01-31", *more)
    assert done.exit_code == 0, done.output
    assert f"SHA-256 {fingerprint(made.certificate)}" in done.output
    (kept,) = (instance / "keys").glob("example-*.pem")
    assert kept.read_bytes() == made.certificate.public_bytes(Encoding.PEM)  # and nothing of a private key
    line = f"{{certificate: file:keys/{kept.name}, since: 2099-01-31}}"
    assert f"      - {line}" in done.output
    path = instance / "partners" / "example" / "partner.yaml"
    path.write_text(path.read_text("utf-8").replace("them.pem}]", f"them.pem}}, {line}]"), "utf-8")
    listed = gateway(instance, "list")
    assert fingerprint(made.certificate) in listed.output
    assert "(since 2099-01-31)" in listed.output
    again = gateway(instance, "import", "example", str(tmp_path / form), *more)
    assert again.exit_code == 1
    assert "has it already" in again.output


def test_import_of_a_chain(instance: Path, tmp_path: Path) -> None:
    with_channel(instance)
    root, end = theirs(name="Root"), theirs(name="End")
    assert isinstance(root.key, rsa.RSAPrivateKey)
    signed = (
        x509.CertificateBuilder(root.certificate.subject, end.certificate.subject, end.certificate.public_key())
        .serial_number(7)
        .not_valid_before(clock.now())
        .not_valid_after(clock.now() + dt.timedelta(days=90))
        .sign(root.key, hashes.SHA256())
    )
    (tmp_path / "chain.p7b").write_bytes(pkcs7.serialize_certificates([root.certificate, signed], Encoding.DER))
    done = gateway(instance, "import", "example", str(tmp_path / "chain.p7b"))
    assert fingerprint(signed) in done.output
    both = [root.certificate, end.certificate]
    (tmp_path / "two.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in both))
    assert (
        "which one is meant is not clear: CN=Root; CN=End"
        in gateway(instance, "import", "example", str(tmp_path / "two.pem")).output
    )


def test_what_is_not_imported(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_channel(instance)
    monkeypatch.setenv("P12", "wrong")
    made = forms(theirs(), tmp_path)
    cases = [
        (b"", [], "it is no certificate"),
        (b"hello", [], "it is no certificate"),
        (b"-----BEGIN PRIVATE KEY-----", [], "with a PRIVATE KEY, and a CERTIFICATE is expected"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", [], "looks like PEM and cannot be read"),
        (made["a.p12"], [], "needs its password"),
        (made["a.p12"], ["--password", "env:P12"], "cannot be opened"),
        (made["a.p12"], ["--password", "secret"], "--password is a reference"),
        (made["a.p12"], ["--password", "env:NOBODY"], "NOBODY is not set"),
        (made["a.pem"], ["--since", "soon"], "write a day such as 2027-02-01 or signed"),
        ((instance / "keys" / "us.pem").read_bytes(), [], "it is one of ours, not the partner's"),
        (theirs(days=-3).certificate.public_bytes(Encoding.PEM), [], "it expired on"),
        (theirs(bits=1024).certificate.public_bytes(Encoding.PEM), [], "its RSA key has 1024 bits"),
    ]
    for data, more, says in cases:
        (tmp_path / "file").write_bytes(data)
        done = gateway(instance, "import", "example", str(tmp_path / "file"), *more)
        assert (done.exit_code, says in done.output) == (1, True), (says, done.output)
    assert list((instance / "keys").glob("example-*")) == []
    nobody = gateway(instance, "import", "nobody", str(tmp_path / "file"))
    assert "there is no partner nobody; there are example" in nobody.output


def test_pkcs12_rc2_clear_message(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cryptography package reads RC2, it is read; where it does not, people are told what to do."""
    with_channel(instance)
    monkeypatch.setenv("P12", "secret")
    made = theirs()
    (tmp_path / "key.pem").write_bytes(private(made))
    (tmp_path / "cert.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    command = "openssl pkcs12 -export -legacy -certpbe PBE-SHA1-RC2-40 -inkey key.pem -in cert.pem -out old.p12"
    subprocess.run([*command.split(), "-passout", "pass:secret"], cwd=tmp_path, check=True, capture_output=True)

    def refuses(*_: object) -> None:
        raise UnsupportedAlgorithm("RC2")

    taken = ["import", "example", str(tmp_path / "old.p12"), "--password", "env:P12"]
    with monkeypatch.context() as older:
        older.setattr(pkcs12, "load_pkcs12", refuses)
        done = gateway(instance, *taken)
    assert done.exit_code == 1
    assert "it is encrypted with RC2, which is not read here. Convert it: openssl pkcs12 -legacy -in" in done.output
    convert = "openssl pkcs12 -legacy -in old.p12 -nokeys -out new.pem -passin pass:secret"  # what the sentence says
    subprocess.run(convert.split(), cwd=tmp_path, check=True, capture_output=True)
    done = gateway(instance, "import", "example", str(tmp_path / "new.pem"))
    assert fingerprint(made.certificate) in done.output


def private(made: OwnKey) -> bytes:
    return made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


# --- ours


def test_rotate(instance: Path) -> None:
    with_channel(instance)
    path = instance / "partners" / "example" / "partner.yaml"
    second = instance / "partners" / "second" / "partner.yaml"
    second.parent.mkdir()
    text = path.read_text("utf-8")
    other = text.replace("partner: example", "partner: second").replace("987654321", "111111111")
    second.write_text(other.replace("id: EXAMPLE", "id: SECOND").replace("Example Supplies", "Second"), "utf-8")
    day = (clock.now() + dt.timedelta(days=40)).date()
    done = gateway(instance, "rotate", "example", "--since", str(day))
    assert done.exit_code == 0, done.output
    name = f"us-{day:%Y%m%d}"
    assert stat.S_IMODE((instance / "keys" / f"{name}.key").stat().st_mode) == 0o600
    assert "to Example Supplies Ltd, Second Ltd." in done.output  # both use the same one
    assert done.output.count("Add to ") == 2
    line = f"{{certificate: file:keys/{name}.pem, key: file:keys/{name}.key, since: {day}}}"
    assert line in done.output
    path.write_text(text.replace("keys: [", f"keys: [{line}, "), "utf-8")
    check = CliRunner().invoke(app, ["check", "--config", str(instance / "gateway.yaml")])
    assert check.exit_code == 0, check.output
    again = gateway(instance, "rotate", "example", "--since", str(day))
    assert again.exit_code == 1
    assert "is there already" in again.output
    for since, says in (("2020-01-01", "name a day that comes"), ("soon", "write a day such as")):
        refused = gateway(instance, "rotate", "example", "--since", since)
        assert (refused.exit_code, says in refused.output) == (1, True)


@pytest.mark.parametrize("form", ["pem", "der", "p7b"])
def test_export(form: str, instance: Path, tmp_path: Path) -> None:
    with_channel(instance)
    ours = x509.load_pem_x509_certificate((instance / "keys" / "us.pem").read_bytes())
    (out := tmp_path / "out").mkdir()
    done = gateway(instance, "export", "example", "--form", form, "--to", str(out))
    assert done.exit_code == 0, done.output
    assert fingerprint(ours) in done.output
    (written,) = out.iterdir()
    assert certificate_files.read(written.read_bytes()) == ours
    assert b"PRIVATE" not in written.read_bytes()
    again = gateway(instance, "export", "example", "--form", form, "--to", str(out))
    assert again.exit_code == 1
    assert "File exists" in again.output


def test_the_calendar_has_everything(instance: Path) -> None:
    with_channel(instance)
    path = instance / "partners" / "example" / "partner.yaml"
    private_key, public = generate_key("acme")
    (instance / "keys" / "client").write_text(private_key)
    (instance / "keys" / "acme.pub").write_text(public)
    end = (clock.now() + dt.timedelta(days=5)).date()
    channels = f"""- name: inbox
  kind: sftp-server
  user: example
  keys: [{{key: "file:keys/acme.pub", label: laptop, until: {end}}}]
- name: far
  kind: sftp
  host: sftp.example.com
  host_keys: ["SHA256:{"A" * 43}"]
  user: us
  key: file:keys/client
  send: {{folder: /in}}
"""
    text = path.read_text("utf-8").replace("agreements:", channels + "agreements:")
    path.write_text(text.replace('as2"}', 'as2", ca: "file:keys/them.pem"}'), "utf-8")
    done = gateway(instance, "list", "--json")
    assert done.exit_code == 1
    rows = [json.loads(line) for line in done.output.splitlines()]
    found = {(row["channel"], row["kind"], row["whose"]) for row in rows}
    assert found == {
        ("listeners.sftp", "host key", "ours"),
        ("example/as2", "certificate", "ours"),
        ("example/as2", "certificate", "theirs"),
        ("example/as2", "TLS authority", "theirs"),
        ("example/inbox", "login key", "theirs"),
        ("example/far", "host key", "theirs"),
        ("example/far", "login key", "ours"),
    }
    ends = next(row for row in rows if row["channel"] == "example/inbox")
    assert (ends["subject"], ends["fingerprint"], ends["advice"][:12]) == ("laptop", key_print(public), "ends in 5 da")
