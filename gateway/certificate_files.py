"""Certificates as files come and go: PEM, DER, PKCS#7, PKCS#12.

Not here: where they are kept and what is done with them. Rules protected: of a file with several the one that is meant
is found, or nothing; a private key that comes along is never kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from gateway.transports.as2.cms_read import fingerprint

Form: TypeAlias = Literal["pem", "der", "p7b"]
RC2 = (bytes.fromhex("2a864886f70d010c0105"), bytes.fromhex("2a864886f70d010c0106"))  # its PBE in PKCS#12, RFC 7292 C
CONVERT = (
    "it is encrypted with RC2, which is not read here. Convert it: "
    "openssl pkcs12 -legacy -in OLD.p12 -nokeys -out NEW.pem, and import NEW.pem"
)


class FileRefused(ValueError):
    """A file without a certificate that can be used: one sentence for people."""


def read(data: bytes, password: str | None = None) -> x509.Certificate:
    """The certificate of a file in any form; of a chain the one at its end, which vouches for no other. Raises
    FileRefused."""
    found = _all(data, password)
    issuers = {certificate.issuer for certificate in found if certificate.issuer != certificate.subject}
    ends = {fingerprint(one): one for one in found if one.subject not in issuers}
    if len(ends) != 1:
        names = "; ".join(one.subject.rfc4514_string() for one in found)
        raise FileRefused(f"it holds several certificates, and which one is meant is not clear: {names}")
    return next(iter(ends.values()))


def _all(data: bytes, password: str | None) -> list[x509.Certificate]:
    if b"-----BEGIN CERTIFICATE-----" in data:
        return _tried(x509.load_pem_x509_certificates, data, "PEM")
    if b"-----BEGIN PKCS7-----" in data:
        return _tried(pkcs7.load_pem_pkcs7_certificates, data, "PKCS#7")
    if b"-----BEGIN" in data:
        kind = data.partition(b"-----BEGIN ")[2].partition(b"-----")[0].decode("ascii", "replace")[:40]
        raise FileRefused(f"it is PEM with a {kind}, and a CERTIFICATE is expected")
    for load in (_der, pkcs7.load_der_pkcs7_certificates):
        try:
            return load(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
    return _pkcs12(data, password)


def _der(data: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


def _tried(load: Callable[[bytes], list[x509.Certificate]], data: bytes, form: str) -> list[x509.Certificate]:
    try:
        return load(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FileRefused(f"it looks like {form} and cannot be read: {error}") from None


def _pkcs12(data: bytes, password: str | None) -> list[x509.Certificate]:
    try:
        opened = pkcs12.load_pkcs12(data, password.encode() if password is not None else None)
    except (ValueError, UnsupportedAlgorithm) as error:
        if "deserialize" in str(error):
            raise FileRefused("it is no certificate: PEM, DER, PKCS#7 and PKCS#12 are known") from None
        if any(mark in data for mark in RC2) and not (isinstance(error, ValueError) and "password" in str(error)):
            raise FileRefused(CONVERT) from None
        if password is None:
            raise FileRefused("it is PKCS#12 and needs its password: --password env:NAME or file:PATH") from None
        raise FileRefused(f"it looks like PKCS#12 and cannot be opened: {error}") from None
    found = [one.certificate for one in (opened.cert, *opened.additional_certs) if one is not None]
    if not found:
        raise FileRefused("it is PKCS#12 without a certificate")
    return found


def check(certificate: x509.Certificate, now: dt.datetime, least_bits: int = 2048) -> list[str]:
    """What a partner's certificate cannot do, in sentences for people. Raises FileRefused for one that cannot be used
    at all."""
    key, until = certificate.public_key(), certificate.not_valid_after_utc
    if until <= now:
        raise FileRefused(f"it expired on {until:%Y-%m-%d}: SHA-256 {fingerprint(certificate)}")
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < least_bits:
            raise FileRefused(f"its RSA key has {key.key_size} bits; at least {least_bits} are accepted")
    elif not isinstance(key, ec.EllipticCurvePublicKey):
        raise FileRefused("its key is neither RSA nor on an elliptic curve")
    notes = []
    if isinstance(key, ec.EllipticCurvePublicKey):
        notes.append("its key is on an elliptic curve: good for signatures, and nothing can be encrypted for it")
    if certificate.not_valid_before_utc > now:
        notes.append(f"it is good only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if (until - now).days <= 60:
        notes.append(f"it ends in {(until - now).days} days")
    return notes


def written(certificates: Sequence[x509.Certificate], form: Form) -> bytes:
    """One certificate as PEM or DER, or several as PKCS#7 (P7B)."""
    if form == "p7b":
        return pkcs7.serialize_certificates(list(certificates), Encoding.DER)
    (one,) = certificates
    return one.public_bytes(Encoding.PEM if form == "pem" else Encoding.DER)
