"""Receipts: message disposition notifications (RFC 8098, RFC 4130 7), written and read.

Not here: whether a receipt belongs to a message of ours, and whether it had to be signed (the caller knows both). Rules
protected: only the bytes a signature covers are read; what is written is never folded; a dialect that is understood is
not refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime

from cryptography import x509

from gateway.transports.as2 import algorithms, cms_read, cms_write, mime
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.certificates import in_time
from gateway.transports.as2.cms_read import CmsError, OwnKey, Verified
from gateway.transports.as2.mime import Entity, Headers, MimeError
from gateway.window import Staging, TooLarge, Window

PROCESSED = "automatic-action/MDN-sent-automatically; processed"
FAILED = "automatic-action/MDN-sent-automatically; failed"
LARGEST = 256 * 1024


class MdnError(ValueError):
    """What came back is no receipt that counts; the text says why. `claimed`: it says it is one."""

    claimed = False


@dataclass(frozen=True, slots=True)
class Mic:
    """A message integrity check: the digest in base64, and its algorithm by our name."""

    value: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Mdn:
    """A receipt that was read. `accepted`: the other side has the message; else `reason` is what it says instead.
    `signed` is who signed it; None if nobody did. `mic` is None where it is missing or its algorithm is unknown.
    `signature` is the SignedData, `covered` the very bytes it was made of."""

    message_id: str
    disposition: str
    accepted: bool
    reason: str
    mic: Mic | None
    text: str
    signed: Verified | None
    covered: bytes = b""
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an MDN says: `problem` is empty or such as `Error: decryption-failed`, `Failure: unsupported format`."""

    message_id: str
    as2_from: str  # whose message it was
    as2_to: str
    problem: str = ""
    mic: Mic | None = None
    subject: str = ""

    @property
    def disposition(self) -> str:
        if not self.problem:
            return PROCESSED
        return f"{FAILED if self.problem.startswith('Failure') else PROCESSED}/{self.problem}"


def build(
    answer: Answer,
    *,
    at: dt.datetime,
    mdn_id: str,
    boundary: str,
    signer: OwnKey | None = None,
    digest: str = "sha-256",
) -> tuple[Headers, bytes]:
    """The headers and body of an MDN made at `at`. `mdn_id` is its own Message-ID, `boundary` unique text."""
    report = _report(answer, f"report-{boundary}")
    kind = f'multipart/report; report-type=disposition-notification; boundary="report-{boundary}"'
    headers: Headers = (
        ("AS2-From", as2_name(answer.as2_to)),
        ("AS2-To", as2_name(answer.as2_from)),
        ("AS2-Version", "1.2"),
        ("Message-ID", mdn_id),
        ("MIME-Version", "1.0"),
        ("Date", format_datetime(at.astimezone(dt.UTC))),
        ("Subject", answer.subject or "Message disposition notification"),
    )
    if signer is None:
        return (*headers, ("Content-Type", kind)), report
    part = mime.written((("Content-Type", kind),)) + report
    return signed(headers, part, boundary, signer, digest, at)


def signed(
    headers: Headers, part: bytes, boundary: str, signer: OwnKey, digest: str, at: dt.datetime
) -> tuple[Headers, bytes]:
    """A multipart/signed (RFC 1847) of a small part."""
    hash_ = cms_read.hashed([part], [digest])[digest]
    signature = cms_write.sign(hash_, digest, signer, at)
    return (*headers, ("Content-Type", signed_kind(boundary, digest))), b"".join(
        (opening(boundary), part, closing(boundary, signature))
    )


def signed_kind(boundary: str, digest: str) -> str:
    return f'multipart/signed; protocol="application/pkcs7-signature"; micalg="{digest}"; boundary="{boundary}"'


def opening(boundary: str) -> bytes:
    """What stands before the signed part."""
    return f"--{boundary}\r\n".encode()


def closing(boundary: str, signature: bytes) -> bytes:
    """What stands after the signed part."""
    head = mime.written(
        (
            ("Content-Type", 'application/pkcs7-signature; name="smime.p7s"'),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", 'attachment; filename="smime.p7s"'),
        )
    )
    return b"".join(
        (f"\r\n--{boundary}\r\n".encode(), head, mime.base64_lines(signature), f"--{boundary}--\r\n".encode())
    )


def _report(answer: Answer, boundary: str) -> bytes:
    text = (
        "The message has been received and stored. This does not say that its content has been accepted.\r\n"
        if not answer.problem
        else f"The message could not be accepted: {answer.problem}.\r\n"
    )
    fields = [
        ("Reporting-UA", "supplier-gateway"),
        ("Original-Recipient", f"rfc822; {as2_name(answer.as2_to)}"),
        ("Final-Recipient", f"rfc822; {as2_name(answer.as2_to)}"),
        ("Original-Message-ID", answer.message_id),
        ("Disposition", answer.disposition),
    ]
    if answer.mic is not None:
        fields.append(("Received-Content-MIC", f"{answer.mic.value}, {answer.mic.algorithm}"))
    return b"".join(
        (
            f"--{boundary}\r\n".encode(),
            mime.written((("Content-Type", "text/plain; charset=us-ascii"), ("Content-Transfer-Encoding", "7bit"))),
            text.encode(),
            f"\r\n--{boundary}\r\n".encode(),
            mime.written((("Content-Type", "message/disposition-notification"), ("Content-Transfer-Encoding", "7bit"))),
            mime.written(tuple(fields)),
            f"\r\n--{boundary}--".encode(),  # a line break here would be taken for that of the part around it
        )
    )


def as2_name(name: str) -> str:
    """An AS2 name as a header carries it: in quotes where it has spaces (RFC 4130 6.2)."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if re.search(r'[\s"\\]', name) else name


def bare_name(value: str) -> str:
    """The AS2 name of a header, without quotes."""
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


# --- reading


def read(
    headers: Headers,
    body: Window,
    certificates: Sequence[x509.Certificate],
    accepted: Accepted,
    now: dt.datetime | None = None,
) -> Mdn:
    """The receipt in an answer, or in a message of its own. A signature must be by one of `certificates`, which had not
    expired if `now` is given; whether one was asked for is the caller's question. Raises MdnError."""
    try:
        if len(body) > LARGEST:
            raise MdnError("a receipt that is too large")
        whole = Entity(headers, body, body)
        verified: Verified | None = None
        signature = b""
        with Staging() as staging:
            if whole.kind == "multipart/signed":
                whole, verified, signature = _signed(whole, certificates, accepted, staging)
                verified = in_time(verified, certificates, now) if now else verified
            if whole.kind != "multipart/report":
                raise MdnError(f"not a receipt but {whole.kind or 'nothing'}")
            return replace(_read(whole, verified, staging), covered=whole.whole.whole(LARGEST), signature=signature)
    except (MimeError, CmsError, TooLarge, MdnError) as error:
        wrong = MdnError(str(error))
        wrong.claimed = Entity(headers, body, body).kind in ("multipart/signed", "multipart/report")
        raise wrong from None


def _signed(
    whole: Entity, certificates: Sequence[x509.Certificate], accepted: Accepted, staging: Staging
) -> tuple[Entity, Verified, bytes]:
    found = mime.parts(whole.body, whole.parameters.get("boundary", ""))
    if len(found) != 2:
        raise MdnError("a signed receipt has two parts")
    part, signature = found[0].whole(LARGEST), mime.decoded(mime.entity(found[1]), staging)
    content = cms_read.opened(signature, "authentication-failed")
    names = cms_read.digests_of(content, accepted)
    try:
        verified = cms_read.verify(content, cms_read.hashed([part], names), certificates, accepted)
    except CmsError as error:
        # libas2 signs the report without its last line break; nothing else is tried.
        if error.failure != "integrity-check-failed" or not part.endswith(b"\r\n"):
            raise
        part = part[:-2]
        verified = cms_read.verify(content, cms_read.hashed([part], names), certificates, accepted)
    return mime.entity(Window.of(part)), verified, signature.whole(LARGEST)


def _read(report: Entity, verified: Verified | None, staging: Staging) -> Mdn:
    entities = [mime.entity(part) for part in mime.parts(report.body, report.parameters.get("boundary", ""))]
    notices = [e for e in entities if e.kind == "message/disposition-notification"]
    if len(notices) != 1:
        raise MdnError("a receipt has exactly one notification")
    texts = [mime.decoded(e, staging).whole(LARGEST) for e in entities[:1] if e.kind.startswith("text/")]
    fields = mime.headers_of(mime.decoded(notices[0], staging).whole(LARGEST).strip())
    disposition = mime.header(fields, "disposition")
    accepted, reason = _meaning(disposition)
    return Mdn(
        message_id=mime.header(fields, "original-message-id"),
        disposition=disposition,
        accepted=accepted,
        reason=reason,
        mic=_mic(mime.header(fields, "received-content-mic")),
        text=b"".join(texts).decode("utf-8", "replace").strip(),
        signed=verified,
    )


def _meaning(disposition: str) -> tuple[bool, str]:
    """Is the message accepted, and if not, why. `processed` with a warning is; `processed/error: ...` is not."""
    _, semicolon, said = disposition.partition(";")
    kind, _, modifier = said.strip().partition("/")
    kind, modifier = kind.strip().lower(), modifier.strip()
    if not semicolon or kind not in ("processed", "failed", "displayed"):
        raise MdnError(f"the disposition {disposition[:80]!r} is not known")
    lower = modifier.lower()
    if kind != "failed" and (not modifier or lower.startswith("warning")):
        return True, ""
    for word in ("error", "failure"):
        if lower.startswith(word):
            return False, re.sub(r"^\s*[:=]\s*", "", modifier[len(word) :]) or word
    return False, modifier or kind


def _mic(value: str) -> Mic | None:
    digest, comma, name = value.rpartition(",")
    algorithm = algorithms.digest_named(name)
    return Mic(re.sub(r"\s+", "", digest), algorithm) if comma and algorithm else None
