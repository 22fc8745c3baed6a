"""The change of certificates with a partner: theirs is taken in, ours is made anew, and what that means for the files.

Not here: which one is used when (gateway/transports/as2/certificates.py). Rule protected: partners' files are not
written; the lines that belong into them are printed, and a file of keys is never written over.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import certificate_files, certificates
from gateway.config import Configuration
from gateway.partners import Partner
from gateway.transports import as2
from gateway.transports.as2 import certificates as of_channel
from gateway.transports.as2.cms_read import fingerprint

KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Place:
    """An AS2 channel of a partner."""

    partner: Partner
    channel: str

    @property
    def settings(self) -> as2.As2Channel:
        found: as2.As2Channel = self.partner.channels[self.channel]
        return found

    @property
    def mailbox(self) -> str:
        return f"{self.partner.id}/{self.channel}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A partner's certificate that was kept, with what people should know of it."""

    certificate: x509.Certificate
    path: Path
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A new certificate of ours, and every channel that has to change with it: those that use the present one."""

    made: x509.Certificate
    certificate: Path
    key: Path
    places: list[Place]
    present_ends: dt.datetime | None


def find(configuration: Configuration, partner: str, channel: str = "") -> Place:
    """The AS2 channel that is meant. Raises ValueError in words."""
    found = configuration.book.named(partner)
    names = [name for name, settings in found.channels.items() if settings.kind == "as2"]
    if channel and channel not in names:
        raise ValueError(f"partner {partner} has no AS2 channel {channel}; it has {', '.join(names) or 'none'}")
    if not names:
        raise ValueError(f"partner {partner} has no AS2 channel")
    if not channel and len(names) > 1:
        raise ValueError(f"partner {partner} has several AS2 channels: name one with --channel: {', '.join(names)}")
    return Place(found, channel or names[0])


def day(text: str, *, signed: bool = False) -> dt.date | Literal["signed"] | None:
    """A day as people write it, `signed` where that may be said, None for nothing. Raises ValueError."""
    if not text:
        return None
    if text == "signed" and signed:
        return "signed"
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--since {text}: write a day such as 2027-02-01{' or signed' if signed else ''}") from None


def take(configuration: Configuration, place: Place, data: bytes, password: str | None, now: dt.datetime) -> Taken:
    """Check a partner's certificate and keep it. Raises FileRefused, FileExistsError, SecretError or
    CertificateRefused."""
    found = certificate_files.read(data, password)
    notes = certificate_files.check(found, now, place.settings.receive.accepted.rsa_bits)
    known = of_channel.read(place.settings, configuration.secrets)
    if found in known.partner:
        raise certificate_files.FileRefused(f"{place.mailbox} has it already: SHA-256 {fingerprint(found)}")
    if found.public_key() in [key.certificate.public_key() for key in known.keys]:
        raise certificate_files.FileRefused(f"it is one of ours, not the partner's: SHA-256 {fingerprint(found)}")
    mark = fingerprint(found).replace(":", "").lower()[:8]
    path = configuration.folder / KEYS / f"{place.partner.id}-{found.not_valid_after_utc:%Y%m%d}-{mark}.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        out.write(found.public_bytes(Encoding.PEM))
    return Taken(found, path, notes)


def turn(configuration: Configuration, place: Place, since: dt.date, days: int, now: dt.datetime) -> Turn:
    """Make our next certificate for a channel, and find all others that use the present one. Raises FileExistsError,
    SecretError, CertificateRefused."""
    present = ours(configuration, place)
    latest = max(present, key=lambda one: one.not_valid_after_utc)
    places = [
        Place(partner, name)
        for partner in configuration.book
        for name, settings in partner.channels.items()
        if settings.kind == "as2" and latest in ours(configuration, Place(partner, name))
    ]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", place.settings.us.id).strip("-.").lower() or "as2"
    folder = configuration.folder / KEYS
    certificate, key = certificates.new(f"{name}-{since:%Y%m%d}", folder, days, now, subject=place.settings.us.id)
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    return Turn(made, certificate, key, places, latest.not_valid_after_utc)


def ours(configuration: Configuration, place: Place) -> list[x509.Certificate]:
    """Our certificates of a channel, in the order of the file."""
    return [key.certificate for key in of_channel.read(place.settings, configuration.secrets).keys]


def line(configuration: Configuration, certificate: Path, *, since: object = None, key: Path | None = None) -> str:
    """The entry of a partner's file for a certificate."""
    parts = [f"certificate: file:{certificate.relative_to(configuration.folder).as_posix()}"]
    if key is not None:
        parts.append(f"key: file:{key.relative_to(configuration.folder).as_posix()}")
    if since:
        parts.append(f"since: {since}")
    return "{" + ", ".join(parts) + "}"


def exported(
    place: Place, certificates: Sequence[x509.Certificate], form: str
) -> Iterator[tuple[str, list[x509.Certificate]]]:
    """The files to write for a partner: one for each certificate, or one P7B with all."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", place.settings.us.id).strip("-.") or "as2"
    if form == "p7b":
        yield f"{name}.p7b", list(certificates)
        return
    for one in certificates:
        mark = fingerprint(one).replace(":", "").lower()[:8]
        yield f"{name}-{mark}.{'pem' if form == 'pem' else 'cer'}", [one]
