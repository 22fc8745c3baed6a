"""Receipts: ours read back, those of other products as they are on the wire, and what counts as none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.transports.as2 import mdn, mime
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.mdn import Answer, Mdn, MdnError, Mic
from gateway.transports.as2.mime import Headers
from gateway.window import Window
from tests.transports.as2.peers import NOON, openssl, own

MIC = Mic("Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI=", "sha-256")
REPORT = "multipart/report; report-type=disposition-notification; boundary=r"


def answered(problem: str = "", mic: Mic | None = MIC, *, signer: str = "partner") -> tuple[Headers, bytes]:
    return mdn.build(
        Answer("<1@us>", "Us", "The Partner", problem, mic),
        at=NOON,
        mdn_id="<m1@partner>",
        boundary="b1",
        signer=own(signer) if signer else None,
    )


def read(headers: Headers, body: bytes, *partners: str) -> Mdn:
    certificates = [own(name).certificate for name in partners or ("partner",)]
    return mdn.read(headers, Window.of(body), certificates, Accepted())


@pytest.mark.parametrize("signer", ["", "partner"])
def test_there_and_back(signer: str) -> None:
    headers, body = answered(signer=signer)
    found = read(headers, body)
    assert (found.message_id, found.accepted, found.reason, found.mic) == ("<1@us>", True, "", MIC)
    assert (found.signed is not None) == bool(signer)
    assert mime.header(headers, "as2-from") == '"The Partner"'
    assert mdn.bare_name(mime.header(headers, "as2-from")) == "The Partner"
    assert all("\n" not in value for _, value in headers)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("Error: decryption-failed", "decryption-failed"),
        ("Error: insufficient-message-security", "insufficient-message-security"),
        ("Failure: unsupported format", "unsupported format"),
    ],
)
def test_a_refusal(problem: str, reason: str) -> None:
    found = read(*answered(problem, None))
    assert (found.accepted, found.reason, found.mic) == (False, reason, None)


def test_openssl_verifies_our_receipt(tmp_path: Path) -> None:
    headers, body = answered()
    whole = mime.written(tuple(h for h in headers if h[0] in ("MIME-Version", "Content-Type"))) + body
    arguments = ("-verify", "-in", "FILE", "-inform", "SMIME", "-crlfeol", "-CAfile", "CERT", "-purpose", "any")
    assert b"Original-Message-ID: <1@us>" in openssl(tmp_path, whole, *arguments, who=own("partner"))


def test_mdn_only_signed_bytes_mdn_wrapping() -> None:
    """A report beside the signed one, before or after it, is not read; the signed one alone counts (wrapping)."""
    headers, refused = answered("Error: decryption-failed")
    _, good = answered(signer="")
    report = b"Content-Type: " + REPORT.replace("=r", "=report-b1").encode() + b"\r\n\r\n" + good
    for wrapped in (
        refused.replace(b"--b1--", b"--b1\r\n" + report + b"\r\n--b1--"),
        b"--b1\r\n" + report + b"\r\n" + refused,
    ):
        with pytest.raises(MdnError, match="two parts"):
            read(headers, wrapped)
    assert not read(headers, b"\r\n" + report + b"\r\n" + refused + report).accepted


def test_who_must_sign() -> None:
    headers, body = answered(signer="stranger")
    with pytest.raises(MdnError, match="not signed by a certificate of this partner"):
        read(headers, body)
    assert read(headers, body, "partner", "stranger").signed is not None
    headers, body = answered()
    with pytest.raises(MdnError, match="not the signed one"):
        read(headers, body.replace(b"processed", b"Processed"))


# --- as others write them


def report(fields: bytes, text: bytes = b"Content-Type: text/plain\r\n\r\nThank you\r\n") -> bytes:
    kind = b"Content-Type: message/disposition-notification\r\n\r\n"
    return b"--r\r\n" + text + b"--r\r\n" + kind + fields + b"\r\n--r--\r\n"


@pytest.mark.parametrize(
    ("disposition", "accepted", "reason"),
    [
        ("automatic-action/MDN-sent-automatically; processed", True, ""),
        ("automatic-action/MDN-sent-automatically;processed", True, ""),
        ("automatic-action/MDN-sent-automatically; processed/Warning: duplicate-document", True, ""),
        ("automatic-action/MDN-sent-automatically; processed/Error:decryption-failed", False, "decryption-failed"),
        ("automatic-action/MDN-sent-automatically; processed/error: x; y", False, "x; y"),
        (
            "automatic-action/MDN-sent-automatically; failed/failure=sender-equals-receiver",
            False,
            "sender-equals-receiver",
        ),
        ("automatic-action/MDN-sent-automatically; failed/Failure: unsupported format", False, "unsupported format"),
        (
            "automatic-action/mdn-sent-automatically; processed/signed-message-required",
            False,
            "signed-message-required",
        ),
        ("manual-action/MDN-sent-manually; displayed", True, ""),
    ],
)
def test_disposition_lenient(disposition: str, accepted: bool, reason: str) -> None:
    fields = f"Original-Message-ID: <1@us>\r\nDisposition: {disposition}\r\n".encode()
    found = read((("Content-Type", REPORT),), report(fields))
    assert (found.accepted, found.reason) == (accepted, reason)


@pytest.mark.parametrize("name", ["sha256", "SHA-256", "Sha256", "sha-256"])
def test_mic_name_normalised(name: str) -> None:
    fields = b"Disposition: a; processed\r\nReceived-Content-MIC: " + f"{MIC.value} , {name}".encode() + b"\r\n"
    assert read((("content-type", REPORT),), report(fields)).mic == MIC


def test_mdn_dialects() -> None:
    """Fields folded, the text quoted-printable, a preamble that repeats the header (OpenAS2)."""
    text = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    text += b"\r\nGr=C3=B6=\r\n=C3=9Fe\r\n"
    fields = (
        b"Disposition: automatic-action/MDN-sent-automatically;\r\n\tprocessed\r\nOriginal-Message-ID:\r\n <1@us>\r\n"
    )
    body = b"Content-Type: " + REPORT.encode() + b"\r\n\r\n" + report(fields, text)
    found = read((("Content-Type", REPORT),), body)
    assert (found.text, found.message_id, found.accepted) == ("Größe", "<1@us>", True)


def test_mdn_signature_without_trailing_crlf() -> None:
    """libas2 signs the report without its last line break; the bytes with it, then those, and nothing else."""
    part = mime.written((("Content-Type", REPORT),)) + report(b"Disposition: a; processed\r\n")
    assert part.endswith(b"\r\n")
    headers, body = mdn.signed((), part[:-2], "b1", own("partner"), "sha-256", NOON)
    assert read(headers, body.replace(b"--r--", b"--r--\r\n")).accepted
    headers, body = mdn.signed((), part[:-4], "b1", own("partner"), "sha-256", NOON)
    with pytest.raises(MdnError, match="not the signed one"):
        read(
            headers,
            body.replace(b"--r\r\n\r\n--b1", b"--r--\r\n\r\n--b1").replace(b"\r\n--r\r\n--b1", b"\r\n--r--\r\n--b1"),
        )


def test_signature_binary_ber(tmp_path: Path) -> None:
    """OpenAS2: the signature is not base64 but binary, and BER of indefinite length."""
    part = mime.written((("Content-Type", REPORT),)) + report(b"Disposition: a; processed\r\n")
    arguments = ("-sign", "-in", "FILE", "-outform", "DER", "-stream", "-indef", "-signer", "CERT", "-inkey", "KEY")
    signature = openssl(tmp_path, part, *arguments, who=own("partner"))
    assert signature[:2] == b"\x30\x80"
    body = b"--s\r\n" + part + b"\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n"
    body += b"Content-Transfer-Encoding: binary\r\n\r\n" + signature + b"\r\n--s--\r\n"
    assert read((("Content-Type", "multipart/signed; boundary=s"),), body).signed is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"--r\r\n\r\nx\r\n--r--\r\n",
        report(b"Disposition: nonsense\r\n"),
        report(b"x\r\n"),
        report(b"")[:-9],
    ],
)
def test_what_is_no_receipt(body: bytes) -> None:
    with pytest.raises(MdnError):
        read((("Content-Type", REPORT),), body)
    with pytest.raises(MdnError, match="not a receipt"):
        read((("Content-Type", "text/html"),), body)
