"""The certificates of a channel, read from their references: ours with their keys, the partner's (as2-sftp.md 1.6).

Rules protected: several are good at a time, in both directions; which one is used for sending follows the dates in the
partner's file, and what has expired is used for nothing new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.as2.settings import As2Channel, Certificate


class CertificateRefused(ValueError):
    """A certificate or key that cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """All of a channel. `own` and `theirs` go with the days from which they are used for sending."""

    own: tuple[tuple[OwnKey, dt.date | None], ...]
    theirs: tuple[tuple[x509.Certificate, dt.date | None], ...]

    @property
    def keys(self) -> tuple[OwnKey, ...]:
        return tuple(key for key, _ in self.own)

    @property
    def partner(self) -> tuple[x509.Certificate, ...]:
        return tuple(certificate for certificate, _ in self.theirs)

    def signer(self, now: dt.datetime) -> OwnKey:
        """Our key for what we send now. Raises CertificateRefused if none is in force."""
        return self.own[_newest([(key.certificate, since) for key, since in self.own], now, "ours")][0]

    def recipient(self, now: dt.datetime) -> x509.Certificate:
        """The certificate of the partner to encrypt for now. Raises CertificateRefused."""
        return self.theirs[_newest(self.theirs, now, "the partner's")][0]

    def replying(self, used: x509.Certificate | None, now: dt.datetime) -> OwnKey:
        """Our key for a receipt: the one the partner encrypted for, as it knows that one; else the one for sending."""
        for key in self.keys:
            if used is not None and key.certificate == used and key.certificate.not_valid_after_utc > now:
                return key
        return self.signer(now)


def read(settings: As2Channel, resolve: Callable[[str], str]) -> Certificates:
    """Every certificate of a channel. Raises CertificateRefused, and what `resolve` raises."""
    own = tuple((_own(entry, resolve), entry.since) for entry in settings.us.keys)
    return Certificates(
        own, tuple((_certificate(entry, resolve), entry.since) for entry in settings.partner.certificates)
    )


def der(certificate: x509.Certificate) -> bytes:
    """A certificate as its bytes."""
    return certificate.public_bytes(Encoding.DER)


def _certificate(entry: Certificate, resolve: Callable[[str], str]) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificate(resolve(entry.certificate).encode())
    except ValueError as error:
        raise CertificateRefused(f"{entry.certificate}: not a certificate in PEM: {error}") from None
    if not isinstance(found.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise CertificateRefused(f"{entry.certificate}: a certificate needs an RSA or elliptic-curve key")
    return found


def _own(entry: Certificate, resolve: Callable[[str], str]) -> OwnKey:
    certificate = _certificate(entry, resolve)
    if not entry.key:
        raise CertificateRefused(f"{entry.certificate}: a certificate of ours needs its key")
    try:
        key = load_pem_private_key(resolve(entry.key).encode(), None)
    except (ValueError, TypeError) as error:
        raise CertificateRefused(f"{entry.key}: not a private key in PEM without a password: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CertificateRefused(f"{entry.key}: an RSA or elliptic-curve key is expected")
    if key.public_key() != certificate.public_key():
        raise CertificateRefused(f"{entry.key} is not the key of {entry.certificate}")
    return OwnKey(certificate, key)


def _newest(known: Sequence[tuple[x509.Certificate, dt.date | None]], now: dt.datetime, whose: str) -> int:
    """The position of the one used for sending: in force, with the latest day; of equals the last in the file."""
    good = [
        (since or dt.date.min, place)
        for place, (certificate, since) in enumerate(known)
        if certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
        and (not since or since <= now.date())
    ]
    if not good:
        names = ", ".join(fingerprint(certificate)[:23] for certificate, _ in known)
        raise CertificateRefused(f"none of {whose} certificates is in force ({names}...)")
    return max(good)[1]
