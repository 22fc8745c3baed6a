"""A private authority and TLS certificates of it, good ones and bad ones, as files for a server."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway import clock


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Authority:
    """Signs certificates for names of servers."""

    name: str = "An authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _signed(
        self, subject: str, key: ec.EllipticCurvePrivateKey, since: int, until: int, host: str = ""
    ) -> x509.Certificate:
        now = clock.now()
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=since))
            .not_valid_after(now + dt.timedelta(days=until))
            .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if host:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        else:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # certificates and CRLs
            made = made.add_extension(usage, critical=True)
        return made.sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        """The authority's own certificate."""
        return self._signed(self.name, self.key, -10, 100).public_bytes(Encoding.PEM).decode()

    def server(self, folder: Path, host: str = "localhost", since: int = -5, until: int = 50) -> dict[str, str]:
        """A server's certificate and key, as arguments for uvicorn; `since` and `until` in days from now."""
        key = self.key if host == self.name else ec.generate_private_key(ec.SECP256R1())  # else it vouches for itself
        certificate = self._signed(host, key, since, until, host)
        paths = {"ssl_certfile": folder / "server.pem", "ssl_keyfile": folder / "server.key"}
        paths["ssl_certfile"].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths["ssl_keyfile"].write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        return {name: str(path) for name, path in paths.items()}
