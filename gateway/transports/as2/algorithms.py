"""Algorithms of CMS by the names partners and files use, and what a partner's file lets through.

Not here: using them (cms_read.py, cms_write.py). Rule protected: what is weak is refused unless a partner's file names
it; what is broken (MD5, RC2, RC4, DES) has no name here at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import CipherAlgorithm
from cryptography.hazmat.primitives.ciphers.algorithms import AES

DATA, SIGNED, ENVELOPED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3"
COMPRESSED, AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.9", "1.2.840.113549.1.9.16.1.23"
ZLIB = "1.2.840.113549.1.9.16.3.8"
RSA, OAEP, MGF1, PSS = (f"1.2.840.113549.1.1.{n}" for n in (1, 7, 8, 10))
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5))

DIGESTS = {
    "sha-1": "1.3.14.3.2.26",
    "sha-256": "2.16.840.1.101.3.4.2.1",
    "sha-384": "2.16.840.1.101.3.4.2.2",
    "sha-512": "2.16.840.1.101.3.4.2.3",
}
DIGEST_NAMES = {oid: name for name, oid in DIGESTS.items()}
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha-1": hashes.SHA1,
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
}
RSA_WITH = {
    "1.2.840.113549.1.1.5": "sha-1",
    "1.2.840.113549.1.1.11": "sha-256",
    "1.2.840.113549.1.1.12": "sha-384",
    "1.2.840.113549.1.1.13": "sha-512",
}
ECDSA_WITH = {
    "1.2.840.10045.4.1": "sha-1",
    "1.2.840.10045.4.3.2": "sha-256",
    "1.2.840.10045.4.3.3": "sha-384",
    "1.2.840.10045.4.3.4": "sha-512",
}
RSA_SIGNS = {name: oid for oid, name in RSA_WITH.items()}
ECDSA_SIGNS = {name: oid for oid, name in ECDSA_WITH.items()}


@dataclass(frozen=True, slots=True)
class CipherKind:
    """A content cipher: its object identifier, the bytes of its key, `cbc` or `gcm`."""

    oid: str
    key: int
    mode: str
    algorithm: type[CipherAlgorithm]

    @property
    def block(self) -> int:
        return 8 if self.algorithm is TripleDES else 16


CIPHERS = {
    "aes-128-cbc": CipherKind("2.16.840.1.101.3.4.1.2", 16, "cbc", AES),
    "aes-192-cbc": CipherKind("2.16.840.1.101.3.4.1.22", 24, "cbc", AES),
    "aes-256-cbc": CipherKind("2.16.840.1.101.3.4.1.42", 32, "cbc", AES),
    "aes-128-gcm": CipherKind("2.16.840.1.101.3.4.1.6", 16, "gcm", AES),
    "aes-192-gcm": CipherKind("2.16.840.1.101.3.4.1.26", 24, "gcm", AES),
    "aes-256-gcm": CipherKind("2.16.840.1.101.3.4.1.46", 32, "gcm", AES),
    "3des": CipherKind("1.2.840.113549.3.7", 24, "cbc", TripleDES),
}
CIPHER_NAMES = {kind.oid: name for name, kind in CIPHERS.items()}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is accepted of one partner; the defaults are what is accepted of everybody."""

    ciphers: frozenset[str] = frozenset(CIPHERS) - {"3des"}
    digests: frozenset[str] = frozenset(DIGESTS) - {"sha-1"}
    rsa_bits: int = 2048


def digest_named(text: str) -> str | None:
    """The digest a peer means: `SHA256`, `sha-256`, `Sha-256` are one."""
    bare = text.strip().lower().replace("-", "").replace("_", "")
    return next((name for name in DIGESTS if name.replace("-", "") == bare), None)
