"""Keys and certificates of two made-up companies, and `openssl cms` as a reader and writer nobody here wrote."""

from __future__ import annotations

import datetime as dt
import subprocess
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.certificates import self_signed
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
    certificate = self_signed(name, key, NOON - dt.timedelta(days=365), NOON + dt.timedelta(days=3650))
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
