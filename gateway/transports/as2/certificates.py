"""The certificates of a channel, read from their references: ours with their keys, the partner's.

Rules protected: several are good at a time, in both directions; which one is used for sending follows the dates in the
partner's file, and what has expired is used for nothing new, while what was signed or encrypted before still opens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from gateway.transports.as2.cms_read import CmsError, OwnKey, Verified, fingerprint
from gateway.transports.as2.settings import As2Channel, Certificate
from gateway.transports.credentials import Credential, CredentialKind

Since: TypeAlias = dt.date | Literal["signed"] | None


class CertificateRefused(ValueError):
    """A certificate or key that cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """All of a channel. `own` and `theirs` go with the days from which they are used for sending."""

    own: tuple[tuple[OwnKey, Since], ...]
    theirs: tuple[tuple[x509.Certificate, Since], ...]

    @property
    def keys(self) -> tuple[OwnKey, ...]:
        return tuple(key for key, _ in self.own)

    @property
    def partner(self) -> tuple[x509.Certificate, ...]:
        return tuple(certificate for certificate, _ in self.theirs)

    def signer(self, now: dt.datetime) -> OwnKey:
        """Our key for what we send now. Raises CertificateRefused if none is in force."""
        known = [(key.certificate, since) for key, since in self.own]
        return self.own[_newest(known, now, "our certificates", {})][0]

    def recipient(self, now: dt.datetime, signed: Mapping[str, dt.date]) -> x509.Certificate:
        """The certificate of the partner to encrypt for now. `signed`: since when the partner has signed with which
        (fingerprints). Raises CertificateRefused."""
        return self.theirs[_newest(self.theirs, now, "the partner's certificates", signed)][0]

    def replying(self, used: str, now: dt.datetime) -> OwnKey:
        """Our key for a receipt: the one the partner encrypted for (its fingerprint), as it knows that one; else the
        one for sending."""
        for key in self.keys:
            if used == fingerprint(key.certificate) and key.certificate.not_valid_after_utc > now:
                return key
        return self.signer(now)


def in_time(verified: Verified, known: Sequence[x509.Certificate], now: dt.datetime) -> Verified:
    """A signature counts if it was made before its certificate expired, by the time in it (RFC 5652 11.3) or else by
    ours. Raises CmsError."""
    made, until = verified.at or now, verified.certificate.not_valid_after_utc
    if made < until:
        return verified
    others = [described(other, now) for other in known if other != verified.certificate]
    raise CmsError(
        "authentication-failed",
        f"it is signed at {made:%Y-%m-%d %H:%M} UTC by a certificate that was good until {until:%Y-%m-%d %H:%M}: "
        f"SHA-256 {fingerprint(verified.certificate)}; known beside it: {', '.join(others) or 'none'}",
    )


def described(certificate: x509.Certificate, now: dt.datetime) -> str:
    """A certificate in a sentence: fingerprint, and from when or until when it is good."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    when = f"expired {until:%Y-%m-%d}" if until <= now else f"good until {until:%Y-%m-%d}"
    return f"SHA-256 {fingerprint(certificate)} ({f'good from {since:%Y-%m-%d}' if since > now else when})"


def read(settings: As2Channel, resolve: Callable[[str], str]) -> Certificates:
    """Every certificate of a channel. Raises CertificateRefused, and what `resolve` raises."""
    own = tuple((_own(entry, resolve), entry.since) for entry in settings.us.keys)
    return Certificates(
        own, tuple((_certificate(entry, resolve), entry.since) for entry in settings.partner.certificates)
    )


def authorities(settings: As2Channel, resolve: Callable[[str], str]) -> list[x509.Certificate]:
    """The private authorities for TLS of a channel. Raises CertificateRefused."""
    reference = settings.send.ca if settings.send is not None else ""
    try:
        return x509.load_pem_x509_certificates(resolve(reference).encode()) if reference else []
    except ValueError as error:
        raise CertificateRefused(f"{reference}: no certificates in PEM: {error}") from None


def credential(
    certificate: x509.Certificate, kind: CredentialKind, whose: Literal["ours", "theirs"], since: Since
) -> Credential:
    """A certificate for the calendar."""
    return Credential(
        kind,
        whose,
        certificate.subject.rfc4514_string(),
        f"SHA-256 {fingerprint(certificate)}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        str(since or ""),
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


def _newest(
    known: Sequence[tuple[x509.Certificate, Since]], now: dt.datetime, whose: str, signed: Mapping[str, dt.date]
) -> int:
    """The position of the one used for sending: in force, with the latest day; of equals the last in the file."""
    good = []
    for place, (certificate, since) in enumerate(known):
        day = signed.get(fingerprint(certificate), dt.date.max) if since == "signed" else since or dt.date.min
        if certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc and day <= now.date():
            good.append((day, place))
    if not good:
        each = "; ".join(
            described(certificate, now) + (f", agreed since: {since}" if since else "") for certificate, since in known
        )
        raise CertificateRefused(f"none of {whose} may be used for what is sent now: {each}")
    return max(good)[1]
