"""HTTPS upload (`kind: https`): a partner posts files with a token, and fetches what waits for it.

    settings.py, tokens.py   a partner's channel and our listener; tokens and their digests
    server.py                the listener: who it is, limits, answers
    mailbox.py               what is done with a request that may come in
    problems.py              refusals as application/problem+json (RFC 9457)
    examine.py, sheet.py     a trial of a channel; what its partner must know

Rule protected: 202 comes after the commit, and a repeat gets the same answer.
"""

from collections.abc import Iterator, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gateway.ports import Desk, Exchanges
from gateway.secrets import Secrets
from gateway.transports.credentials import Credential, end_of
from gateway.transports.https import tokens
from gateway.transports.https.examine import examine
from gateway.transports.https.server import UploadServer, tls
from gateway.transports.https.settings import Listener, UploadChannel
from gateway.transports.https.sheet import sheet
from gateway.transports.https.tokens import TokenRefused
from gateway.transports.placing import HostedSink

CHANNELS = {"https": UploadChannel}
HOSTED = "https"


def check(settings: Listener | UploadChannel, secrets: Secrets) -> None:
    """Whether every token, and the certificate with its key, can be read. Raises SecretError, TokenRefused or
    ValueError."""
    if isinstance(settings, UploadChannel):
        for entry in settings.tokens:
            tokens.read(entry, secrets)
    else:
        tls(settings, secrets)


def credentials(settings: Listener | UploadChannel, secrets: Secrets) -> Iterator[Credential]:
    """The tokens of a channel and the certificate of the listener, and when they end."""
    if isinstance(settings, UploadChannel):
        for entry in settings.tokens:
            digest = tokens.read(entry, secrets).digest.hex()
            yield Credential("token", "theirs", entry.label or settings.name, digest, until=end_of(entry.until))
    elif settings.certificate:
        found = x509.load_pem_x509_certificate(secrets(settings.certificate).encode())
        yield Credential(
            "TLS certificate",
            "ours",
            found.subject.rfc4514_string(),
            f"SHA-256 {found.fingerprint(hashes.SHA256()).hex(':').upper()}",
            found.not_valid_before_utc,
            found.not_valid_after_utc,
        )


def poller(source: str, settings: UploadChannel, secrets: Secrets) -> None:
    """Nothing is polled: UploadServer serves these channels."""


def sink(settings: UploadChannel, secrets: Secrets, exchanges: Exchanges) -> HostedSink:
    """What places files for the partner."""
    return HostedSink()


def open_server(
    settings: Listener, channels: Mapping[str, UploadChannel], desk: Desk, secrets: Secrets
) -> UploadServer:
    """Our listener for uploads."""
    return UploadServer(settings, channels, desk, secrets)


__all__ = [
    "CHANNELS",
    "HOSTED",
    "Listener",
    "TokenRefused",
    "UploadChannel",
    "UploadServer",
    "check",
    "credentials",
    "examine",
    "open_server",
    "poller",
    "sheet",
    "sink",
]
