"""What of a bundle is judged by keys: who signed the message and its receipt, the MIC, and whether the certificates
were good at the time.

Not here: digests and the chain (verify.py). Rule protected: judged by the same code that judged the message when it
came; weak algorithms are named, not refused, for a bundle shows what was, not what would be accepted today.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from gateway import clock
from gateway.evidence import parts
from gateway.transports.as2 import mime
from gateway.transports.as2.algorithms import CIPHERS, DIGESTS, Accepted
from gateway.transports.as2.cms_read import fingerprint
from gateway.transports.as2.mdn import Mdn, MdnError, read
from gateway.transports.as2.mime import Entity, Headers
from gateway.transports.as2.received import Received, Refused, Rules, open_entity
from gateway.window import Staging, Window

EVERYTHING = Accepted(frozenset(CIPHERS), frozenset(DIGESTS), 512)
LARGEST = 100_000_000_000  # what was accepted when it came is accepted here


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was judged, in words."""

    good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature for programs that know nothing of AS2: the SignedData, and the very bytes it was made of."""

    signed_data: bytes
    content: bytes


def headers_of(text: bytes) -> Headers:
    """Headers as parts.files wrote them."""
    pairs = (line.partition(": ") for line in text.decode("utf-8", "replace").split("\n") if line)
    return tuple((name, value) for name, _, value in pairs)


def opened_message(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate], area: Staging
) -> Received:
    """The message of an exchange, taken apart from what was encrypted, or from the request if nothing was. Raises
    Refused."""
    if parts.ENTITY in files:
        entity = mime.entity(Window.of(files[parts.ENTITY]))
    else:
        body = Window.of(files[f"{parts.REQUEST}/body.bin"])
        entity = Entity(headers_of(files[f"{parts.REQUEST}/headers.txt"]), body, body)
    by = certificates.get("signed_by")
    rules = Rules((), (by,) if by else (), accepted=EVERYTHING, largest=LARGEST)
    return open_entity(entity, rules, area, record["mic"].rpartition(", ")[2])


def read_receipt(files: Mapping[str, bytes], certificates: Mapping[str, x509.Certificate]) -> Mdn:
    """The receipt of an exchange. Raises MdnError."""
    by = certificates.get("receipt_signed_by")
    body = Window.of(files[f"{parts.ANSWER}/body.bin"])
    return read(headers_of(files[f"{parts.ANSWER}/headers.txt"]), body, (by,) if by else (), EVERYTHING)


def message(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate]
) -> Iterator[Check]:
    """The signature and the MIC of the message."""
    facts = record["facts"]
    if record["state"] == "refused" and record["direction"] == "in":
        yield Check(True, f"the message was refused ({record['note']}): its signature is not judged")
        return
    if "cipher" in facts and parts.ENTITY not in files:
        yield Check(False, f"{parts.ENTITY}: the message was encrypted, and what was within is missing")
        return
    source = parts.ENTITY if parts.ENTITY in files else f"{parts.REQUEST}/body.bin"
    with Staging() as area:
        try:
            found = opened_message(files, record, certificates, area)
        except (Refused, mime.MimeError) as error:
            yield Check(False, f"{source}: it cannot be opened, or its signature is not good: {error}")
            return
    mic = f"{found.mic.value}, {found.mic.algorithm}" if found.mic else "none"
    if found.verified is not None:
        by = found.verified
        when = by.at or _time(record, "received_at", "stored_at")
        yield Check(True, f"the message is signed by {_named(by.certificate)} with {by.digest}, over every byte of it")
        yield _valid(by.certificate, when, "the signature of the message")
    else:
        yield Check("signed_by" not in facts, f"{source}: nobody has signed the message")
    if record["mic"] or record["direction"] == "out":
        same = mic == record["mic"]
        yield Check(same, f"the MIC of the message is {mic}" + ("" if same else f", and was {record['mic'] or 'none'}"))


def receipt(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate]
) -> Iterator[Check]:
    """The receipt: who signed it, which message it is about, what it says, and its MIC."""
    if f"{parts.ANSWER}/body.bin" not in files:
        yield Check(
            not record["receipt_mic"], "there is no receipt in this bundle: none was asked for, or none has come"
        )
        return
    try:
        found = read_receipt(files, certificates)
    except MdnError as error:
        unread = record["direction"] == "out" and (record["state"] == "invalid" or not record["receipt_mic"])
        said = "as was found when it came" if unread else "it was one when it was stored"
        yield Check(unread, f"{parts.ANSWER}/body.bin: it is no receipt that counts: {error}; {said}")
        return
    if found.signed is not None:
        by = found.signed
        yield Check(True, f"the receipt is signed by {_named(by.certificate)} with {by.digest}, over every byte of it")
        yield _valid(by.certificate, by.at or _time(record, "answered_at", "stored_at"), "the signature of the receipt")
    else:
        unsigned = "receipt_signed_by" not in record["facts"]
        yield Check(unsigned, "the receipt is not signed: it proves nothing to others")
    if record["state"] == "invalid":
        yield Check(True, f"the receipt proved nothing when it came: {record['note']}")
        return
    about = found.message_id.strip() == record["message_id"]
    yield Check(about, f"the receipt is about {found.message_id.strip()}" + ("" if about else ", another message"))
    positive = record["state"] in ("stored", "done")
    said = "the message is received and stored" if found.accepted else f"the message is refused ({found.reason})"
    yield Check(found.accepted == positive, f"the receipt says: {said}")
    mic = f"{found.mic.value}, {found.mic.algorithm}" if found.mic else ""
    if mic or positive:
        same = mic == record["receipt_mic"] and (mic == record["mic"] or not positive)
        yield Check(
            same, f"the receipt names the MIC {mic or 'of nothing'}" + (", that of the message" if same else "")
        )


def message_signature(
    files: Mapping[str, bytes], record: Mapping[str, Any], certificates: Mapping[str, x509.Certificate]
) -> Signature | None:
    """The signature of the message by itself; None where there is none that counts."""
    if "signed_by" not in record["facts"]:
        return None
    with Staging() as area:
        try:
            found = opened_message(files, record, certificates, area)
        except (Refused, mime.MimeError):
            return None
        if found.signature is None or found.covered is None:
            return None
        return Signature(found.signature.whole(LARGEST), found.covered.whole(LARGEST))


def receipt_signature(files: Mapping[str, bytes], certificates: Mapping[str, x509.Certificate]) -> Signature | None:
    """The signature of the receipt by itself; None where there is none that counts."""
    if f"{parts.ANSWER}/body.bin" not in files:
        return None
    try:
        found = read_receipt(files, certificates)
    except MdnError:
        return None
    return Signature(found.signature, found.covered) if found.signed is not None else None


def _valid(certificate: x509.Certificate, when: dt.datetime | None, what: str) -> Check:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    good = when is not None and since <= when < until
    at = f"{when:%Y-%m-%d %H:%M:%S} UTC" if when is not None else "an unknown time"
    return Check(
        good,
        f"{what} was made at {at}; its certificate is good from {since:%Y-%m-%d} to {until:%Y-%m-%d}"
        + ("" if good else ": it was not good then"),
    )


def _time(record: Mapping[str, Any], *names: str) -> dt.datetime | None:
    return next((clock.moment(record[name]) for name in names if record[name]), None)


def _named(certificate: x509.Certificate) -> str:
    return f"{certificate.subject.rfc4514_string()} (SHA-256 {fingerprint(certificate)})"
