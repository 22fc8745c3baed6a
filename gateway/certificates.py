"""Certificates for people: new ones for us, and a list of all that channels of partners use, with what is left of them.

Not here: using them (gateway/transports/as2). Rule protected: a private key is written once, readable by its owner
only, and never over another.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.config import Configuration
from gateway.transports.as2 import certificates
from gateway.transports.as2.cms_read import fingerprint

BITS = 3072
WARNINGS = (60, 30, 14, 7, 1)  # days before the end


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate of a channel: whose it is, until when it is good (UTC), and what to do."""

    channel: str
    whose: str
    subject: str
    fingerprint: str
    until: dt.datetime
    days: int

    @property
    def advice(self) -> str:
        if self.days < 0:
            return "expired: it is used for nothing new"
        if self.days <= WARNINGS[0]:
            return f"ends in {self.days} days: exchange a new one now, both are good until then"
        return ""


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


def new(name: str, folder: Path, days: int, now: dt.datetime) -> tuple[Path, Path]:
    """Make a key (RSA, 3072 bits) and a certificate of its own in `folder`; the paths of certificate and key. Raises
    FileExistsError if there is one of this name."""
    key = rsa.generate_private_key(65537, BITS)
    made = self_signed(name, key, now - dt.timedelta(hours=1), now + dt.timedelta(days=days))
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


def listed(configuration: Configuration, now: dt.datetime) -> Iterator[Row]:
    """Every certificate of every AS2 channel. Raises SecretError or CertificateRefused."""
    for partner in configuration.book:
        for name, settings in partner.channels.items():
            if settings.kind != "as2":
                continue
            found = certificates.read(settings, configuration.secrets)
            for whose, group in (("ours", [key.certificate for key in found.keys]), ("theirs", found.partner)):
                for certificate in group:
                    until = certificate.not_valid_after_utc
                    yield Row(
                        f"{partner.id}/{name}",
                        whose,
                        certificate.subject.rfc4514_string(),
                        fingerprint(certificate),
                        until,
                        (until - now).days,
                    )
