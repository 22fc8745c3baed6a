"""What a partner must know to speak AS2 with us: names, address, certificates, algorithms, receipts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import clock
from gateway.secrets import Secrets
from gateway.transports.as2 import certificates
from gateway.transports.as2.certificates import Since
from gateway.transports.as2.cms_read import fingerprint
from gateway.transports.as2.settings import As2Channel, Listener, Send
from gateway.transports.sheets import SheetPart

Whose = Literal["ours", "theirs"]


def sheet(settings: As2Channel, listener: Listener | None, secrets: Secrets, host: str) -> Iterator[SheetPart]:
    """The parts for one channel; `host` is our name in the partner's network, empty: as the listener has it. Raises
    SecretError or CertificateRefused."""
    now = clock.now()
    found = certificates.read(settings, secrets)
    yield SheetPart("AS2: you send to us", tuple(_in(settings, listener, host)))
    ours = [_certificate(key.certificate, since, now, "ours") for key, since in found.own]
    copies = [
        (f"our certificate, SHA-256 {fingerprint(key.certificate)}", _pem(key.certificate))
        for key, _ in found.own
        if key.certificate.not_valid_after_utc > now
    ]
    yield SheetPart("Our certificates", tuple(row for rows in ours for row in rows), tuple(copies))
    if settings.send is not None:
        yield SheetPart("AS2: we send to you", tuple(_out(settings, settings.send)))
    theirs = [_certificate(certificate, since, now, "theirs") for certificate, since in found.theirs]
    yield SheetPart("Your certificates, as we have them", tuple(row for rows in theirs for row in rows))


def _in(settings: As2Channel, listener: Listener | None, host: str) -> Iterator[tuple[str, str]]:
    receive, accepted = settings.receive, settings.receive.accepted
    demanded = [word for word, wanted in (("signed", receive.signed), ("encrypted", receive.encrypted)) if wanted]
    yield "URL", _url(settings, listener, host)
    yield "AS2-To (we are)", settings.us.id
    yield "AS2-From (you are)", settings.partner.id
    yield "messages must be", " and ".join(demanded) or "neither signed nor encrypted"
    yield "signatures accepted", f"{', '.join(sorted(accepted.digests))}; RSA PKCS#1 v1.5 or PSS, or elliptic curves"
    yield "encryption accepted", f"{', '.join(sorted(accepted.ciphers))}; RSA PKCS#1 v1.5 or OAEP"
    yield "RSA keys", f"at least {accepted.rsa_bits} bits"
    yield "compression", "accepted, before or after signing"
    yield (
        "receipts (MDN)",
        "in the answer or later, signed or not, as you ask; MIC by the first algorithm of yours we know",
    )
    if receive.receipt_hosts or settings.send is not None:
        yield (
            "late receipts go to",
            "the host of your URL" + "".join(f", {name}" for name in sorted(receive.receipt_hosts)),
        )
    yield "largest document", f"{settings.max_file:,} bytes"
    yield "repeats", "the same Message-ID with the same content gets the same receipt and is processed once"


def _out(settings: As2Channel, send: Send) -> Iterator[tuple[str, str]]:
    yield "URL", send.url
    yield "AS2-From (we are)", settings.us.id
    yield "AS2-To (you are)", settings.partner.id
    scheme = "RSA PSS" if send.scheme == "pss" else "RSA PKCS#1 v1.5"
    yield "signature", "none" if send.sign == "no" else f"{send.sign}, {scheme}"
    transport = f"RSA OAEP with {send.oaep}" if send.oaep else "RSA PKCS#1 v1.5"
    gcm = ", within EnvelopedData" if send.gcm_in_enveloped and send.encrypt.endswith("-gcm") else ""
    yield "encryption", "none" if send.encrypt == "no" else f"{send.encrypt}{gcm}, {transport}"
    yield "compression", {"no": "none"}.get(send.compress, send.compress.replace("-", " "))
    if send.receipt == "none":
        yield "receipt (MDN)", "none is asked for"
    else:
        how = f"later, to {settings.receipt_url}" if send.late else "in the answer"
        yield "receipt (MDN)", f"{'signed' if send.receipt == 'signed' else 'unsigned'}, {how}"
    yield "repeats", "the same bytes under the same Message-ID until we have your receipt"


def _url(settings: As2Channel, listener: Listener | None, host: str) -> str:
    if settings.receipt_url and not host:
        return settings.receipt_url
    if listener is None:
        return "our AS2 listener is not opened yet"
    return f"http://{host or listener.host}:{listener.port}{listener.path}"


def _certificate(
    certificate: x509.Certificate, since: Since, now: dt.datetime, whose: Whose
) -> Iterator[tuple[str, str]]:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    used = "from when you first sign with it" if since == "signed" else f"from {since}" if since else ""
    verb = "we sign with it" if whose == "ours" else "we encrypt for it"
    yield "subject", certificate.subject.rfc4514_string() + (" (EXPIRED)" if ends <= now else "")
    yield "SHA-256", fingerprint(certificate)
    yield "serial number", f"{certificate.serial_number:X}"
    yield "good", f"{begins:%Y-%m-%d} to {ends:%Y-%m-%d}" + (f"; {verb} {used}" if used else "")


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
