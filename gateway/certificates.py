"""Certificates of our own, made.

Not here: those of partners (certificate_files.py), when they end (calendar.py), using them (gateway/transports/as2).
Rule protected: a private key is written once, readable by its owner only, and never over another.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BITS = 3072


def self_signed(
    name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, since: dt.datetime, until: dt.datetime
) -> x509.Certificate:
    """A certificate for signing and encrypting that vouches for itself, as AS2 partners exchange them."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def new(name: str, folder: Path, days: int, now: dt.datetime, *, subject: str = "") -> tuple[Path, Path]:
    """Make a key (RSA, 3072 bits) and a certificate of its own in `folder`, for `subject` or `name`; the paths of
    certificate and key. Raises FileExistsError if there is one of this name."""
    key = rsa.generate_private_key(65537, BITS)
    made = self_signed(subject or name, key, now - dt.timedelta(hours=1), now + dt.timedelta(days=days))
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / f"{name}.pem", folder / f"{name}.key")
    texts = (
        made.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    if paths[0].exists():
        raise FileExistsError(f"{paths[0]} is there already")
    for path, text, mode in zip(reversed(paths), reversed(texts), (0o600, 0o644), strict=True):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text)
    return paths
