"""Keys and certificates of two made-up companies, and `openssl cms` as a reader and writer nobody here wrote."""

from __future__ import annotations

import datetime as dt
import subprocess
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.transports.as2.cms_read import OwnKey

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@cache
def own(name: str, kind: str = "rsa") -> OwnKey:
    """The key and certificate of a company; `kind` is rsa, rsa-1024 or ec."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, int(kind.partition("-")[2] or 2048))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - dt.timedelta(days=365))
        .not_valid_after(NOON + dt.timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return OwnKey(certificate, key)


def openssl(folder: Path, data: bytes, *arguments: str, who: OwnKey, others: OwnKey | None = None) -> bytes:
    """Run `openssl cms`. `KEY` and `CERT` among the arguments are the files of `who`, `OTHER` the certificate of
    `others`, `FILE` holds `data`."""
    files = {
        "KEY": who.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "CERT": who.certificate.public_bytes(Encoding.PEM),
        "OTHER": (others or who).certificate.public_bytes(Encoding.PEM),
        "FILE": data,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = ["openssl", "cms", "-binary", *(str(folder / a) if a in files else a for a in arguments)]
    done = subprocess.run(command, capture_output=True, check=False, input=b"")
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
