"""AS2 (RFC 4130): documents over HTTP, signed, encrypted, and receipted by an MDN (`kind: as2`).

    ber.py, algorithms.py        BER in, DER out; names, and what is accepted
    cms_read.py, cms_write.py    signed, enveloped and compressed data
    mime.py                      headers, parts, transfer encodings
    received.py, sending.py      a message opened layer by layer; a message made
    mdn.py                       receipts, written and read
    settings.py, certificates.py a partner's channel, and which certificate is used when
    server.py                    the way in
    sink.py                      the way out
    examine.py                   a trial of a channel, step by step

Rule protected: no positive receipt before the commit.
"""

from collections.abc import Iterator, Mapping

from gateway.ports import Desk, Exchanges
from gateway.secrets import Secrets
from gateway.transports.as2 import certificates
from gateway.transports.as2.certificates import CertificateRefused
from gateway.transports.as2.examine import examine
from gateway.transports.as2.server import As2Server
from gateway.transports.as2.settings import As2Channel, Listener
from gateway.transports.as2.sheet import sheet
from gateway.transports.as2.sink import As2Sink
from gateway.transports.credentials import Credential

CHANNELS = {"as2": As2Channel}
HOSTED = "as2"


def check(settings: Listener | As2Channel, secrets: Secrets) -> None:
    """Whether every certificate and key can be read and fits. Raises SecretError or CertificateRefused."""
    if isinstance(settings, As2Channel):
        certificates.read(settings, secrets)


def credentials(settings: Listener | As2Channel, secrets: Secrets) -> Iterator[Credential]:
    """Certificates of a channel, and the authorities its partner's TLS is checked against. Raises SecretError or
    CertificateRefused."""
    if not isinstance(settings, As2Channel):
        return
    found = certificates.read(settings, secrets)
    for key, since in found.own:
        yield certificates.credential(key.certificate, "certificate", "ours", since)
    for certificate, since in found.theirs:
        yield certificates.credential(certificate, "certificate", "theirs", since)
    for certificate in certificates.authorities(settings, secrets):
        yield certificates.credential(certificate, "TLS authority", "theirs", None)


def poller(source: str, settings: As2Channel, secrets: Secrets) -> None:
    """Nothing is polled: As2Server serves these channels."""


def sink(settings: As2Channel, secrets: Secrets, exchanges: Exchanges) -> As2Sink:
    """What sends to the partner, and late receipts."""
    return As2Sink(settings, secrets, exchanges)


def open_server(settings: Listener, channels: Mapping[str, As2Channel], desk: Desk, secrets: Secrets) -> As2Server:
    """Our listener for messages and late receipts."""
    return As2Server(settings, channels, desk.exchanges, secrets)


__all__ = [
    "CHANNELS",
    "HOSTED",
    "As2Channel",
    "As2Server",
    "As2Sink",
    "CertificateRefused",
    "Listener",
    "check",
    "credentials",
    "examine",
    "open_server",
    "poller",
    "sheet",
    "sink",
]
