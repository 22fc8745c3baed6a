"""A message as we send it (RFC 4130, 5402): compressed, signed, encrypted as agreed, and the MIC its receipt must name.

Not here: HTTP, resending (the very bytes made here are sent again), waiting for the receipt. Rule protected: what is
signed are the bytes that are sent; headers are written once and never folded.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from email.utils import format_datetime
from typing import BinaryIO, Literal

from cryptography import x509

from gateway.transports.as2 import cms_read, cms_write, mdn, mime
from gateway.transports.as2.cms_read import OwnKey
from gateway.transports.as2.mdn import Mic, as2_name
from gateway.transports.as2.mime import Headers
from gateway.window import Staging, Window

KINDS = {"x12": "application/edi-x12", "edifact": "application/edifact", "xml": "application/xml", "text": "text/plain"}
SIGNED_RECEIPT = "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {}"


@dataclass(frozen=True, slots=True)
class Agreed:
    """How messages to a partner are made. `signer` and `recipient` None: not signed, not encrypted."""

    us: str
    partner: str
    signer: OwnKey | None = None
    recipient: x509.Certificate | None = None
    digest: str = "sha-256"
    scheme: Literal["pkcs1", "pss"] = "pkcs1"
    cipher: str = "aes-256-cbc"
    oaep: str = ""
    gcm_in_enveloped: bool = False
    compress: Literal["no", "before-signing", "after-signing"] = "no"
    receipt: Literal["none", "plain", "signed"] = "signed"
    receipt_url: str = ""  # asynchronous receipts come there; empty: in the answer
    subject: str = "EDI document"
    notify: str = "edi@localhost"  # Disposition-Notification-To: must be there, is used by nobody


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be sent. `mic` is what its receipt must say; `entity` what was encrypted, if anything was."""

    message_id: str
    headers: Headers
    body: Window
    mic: Mic
    entity: Window | None = None


def build(
    content: Window,
    agreed: Agreed,
    staging: Staging,
    *,
    kind: str,
    name: str,
    message_id: str,
    boundary: str,
    at: dt.datetime,
) -> Outgoing:
    """Make the message of one document. `boundary` is unique text, `message_id` such as `<id@host>`. What is
    made lasts as long as `staging`. Raises ValueError for what cannot stand in a header."""
    head: Headers = (
        ("Content-Type", kind),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", f"attachment; filename={mime.quoted(name)}"),
    )
    if not (agreed.signer or agreed.recipient or agreed.compress != "no"):
        outer, body, covered, entity = head, content, content, content
    else:
        outer, body, covered, entity = _layers(content, head, agreed, staging, boundary, at)
    digest = cms_read.hashed(covered.chunks(), [agreed.digest])[agreed.digest]
    headers = (*_headers(agreed, message_id, at), *outer)
    mime.written(headers)
    mic = Mic(base64.b64encode(digest).decode(), agreed.digest)
    return Outgoing(message_id, headers, body, mic, entity if agreed.recipient else None)


def _headers(agreed: Agreed, message_id: str, at: dt.datetime) -> Headers:
    headers = [
        ("AS2-From", as2_name(agreed.us)),
        ("AS2-To", as2_name(agreed.partner)),
        ("AS2-Version", "1.2"),
        ("EDIINT-Features", "multiple-attachments"),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
        ("Date", format_datetime(at.astimezone(dt.UTC))),
        ("Subject", agreed.subject),
    ]
    if agreed.receipt != "none":
        headers.append(("Disposition-Notification-To", agreed.notify))
    if agreed.receipt == "signed":
        headers.append(("Disposition-Notification-Options", SIGNED_RECEIPT.format(agreed.digest)))
    if agreed.receipt != "none" and agreed.receipt_url:
        headers.append(("Receipt-Delivery-Option", agreed.receipt_url))
    return tuple(headers)


def _layers(
    content: Window, head: Headers, agreed: Agreed, staging: Staging, boundary: str, at: dt.datetime
) -> tuple[Headers, Window, Window, Window]:
    """The headers and body of the outermost layer, the bytes the MIC is taken of: what is signed; without a signature
    the document with its headers (RFC 4130 7.3.1, RFC 5402 4); and what the outermost layer is made of."""
    whole = _file(staging, mime.written(head), content)
    covered = whole
    outer, body = head, content
    steps = ["sign"] * bool(agreed.signer)
    if agreed.compress != "no":
        steps.insert(0 if agreed.compress == "before-signing" else len(steps), "compress")
    steps += ["encrypt"] * bool(agreed.recipient)
    for step in steps:
        if step == "sign":
            assert agreed.signer is not None
            covered = whole
            outer = (("Content-Type", mdn.signed_kind(boundary, agreed.digest)),)
            digest = cms_read.hashed(whole.chunks(), [agreed.digest])[agreed.digest]
            signature = cms_write.sign(digest, agreed.digest, agreed.signer, at, scheme=agreed.scheme)
            body = _file(staging, mdn.opening(boundary), whole, mdn.closing(boundary, signature))
        else:
            out = staging.file()
            outer = _envelope("compressed-data" if step == "compress" else _enveloped(agreed))
            if step == "compress":
                cms_write.compress(whole, staging.file(), out)
            else:
                _encrypt(whole, agreed, out)
            body = Window.all_of(out)
        if step != steps[-1]:
            whole = _file(staging, mime.written(outer), body)
    return outer, body, covered, whole


def _encrypt(whole: Window, agreed: Agreed, out: BinaryIO) -> None:
    assert agreed.recipient is not None
    cms_write.encrypt(
        whole,
        agreed.recipient,
        out,
        cipher=agreed.cipher,
        oaep=agreed.oaep,
        gcm_in_enveloped=agreed.gcm_in_enveloped,
    )


def _enveloped(agreed: Agreed) -> str:
    gcm = agreed.cipher.endswith("-gcm") and not agreed.gcm_in_enveloped
    return "authEnveloped-data" if gcm else "enveloped-data"


def _envelope(kind: str) -> Headers:
    return (
        ("Content-Type", f'application/pkcs7-mime; smime-type={kind}; name="smime.p7m"'),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", 'attachment; filename="smime.p7m"'),
    )


def _file(staging: Staging, *pieces: bytes | Window) -> Window:
    """Pieces one after the other."""
    out = staging.file()
    for piece in pieces:
        for chunk in (piece,) if isinstance(piece, bytes) else piece.chunks():
            out.write(chunk)
    return Window.all_of(out)
