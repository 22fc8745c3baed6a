"""Messages made by one company and opened by another, in every combination of layers; and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.transports.as2 import mime
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.received import Received, Refused, Rules, open_message, wanted_micalg
from gateway.transports.as2.sending import Agreed, Outgoing, build
from gateway.window import Staging, Window
from tests.transports.as2.peers import NOON, own

US, THEM, STRANGER = "Us", "Partner", "Stranger"
PAYLOADS = {
    "lf only": b"ISA*00*\nGS*\nIEA*1*1~\n",
    "cr only": b"ISA*00*\rGS*\rIEA*1*1~\r",
    "crlf": b"ISA*00*\r\nIEA*1*1~\r\n",
    "no final newline": b"ISA*00~",
    "binary": bytes(range(256)) * 5,
    "empty": b"",
    "one byte": b"x",
    "utf-8": "UNB+UNOY:4+Größe'".encode(),
    "control z": b"ISA~\x1a",
    "looks like a boundary": b"--b2\r\n--b2--\r\n--",
    "large": b"LIN+1++04012345000016:SRV'" * 60_000,
}


@pytest.fixture(autouse=True)
def staging() -> Iterator[None]:
    with Staging() as room:
        ROOM.append(room)
        yield
        ROOM.clear()


ROOM: list[Staging] = []


def message(payload: bytes = PAYLOADS["crlf"], **agreed: Any) -> Outgoing:
    return build(
        Window.of(payload),
        Agreed(US, THEM, **agreed),
        ROOM[0],
        kind="application/edi-x12",
        name="order 1.edi",
        message_id="<1@us>",
        boundary="b1",
        at=NOON,
    )


def received(sent: Outgoing, micalg: str = "", **rules: Any) -> Received:
    usual: dict[str, Any] = {"keys": (own(THEM),), "certificates": (own(US).certificate,)}
    return open_message(sent.headers, sent.body, Rules(**(usual | rules)), ROOM[0], micalg)


def layers() -> list[dict[str, Any]]:
    signed = [{}, {"signer": own(US)}, {"signer": own(US), "scheme": "pss", "digest": "sha-512"}]
    encrypted = [{}, {"recipient": own(THEM).certificate}]
    encrypted.append({"recipient": own(THEM).certificate, "cipher": "aes-256-gcm", "oaep": "sha-256"})
    compressed = [{"compress": how} for how in ("no", "before-signing", "after-signing")]
    return [s | e | c for s, e, c in itertools.product(signed, encrypted, compressed)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_byte_exact(payload: str) -> None:
    content = PAYLOADS[payload]
    for agreed in layers():
        sent = message(content, **agreed)
        signed, encrypted = "signer" in agreed, "recipient" in agreed
        found = received(sent, agreed.get("digest", "sha-256"), signed=signed, encrypted=encrypted)
        (document,) = found.attachments
        assert document.content.whole(10**7) == content, agreed
        assert (document.name, document.kind) == ("order 1.edi", "application/edi-x12")
        assert found.mic == sent.mic
        assert (found.verified is not None, found.decrypted is not None) == (signed, encrypted)
        assert found.compressed == (agreed["compress"] != "no")


def test_requirement_checked_on_what_was_verified() -> None:
    """Headers that promise more than there is; compressed and signed where encryption is demanded."""
    signer, recipient = {"signer": own(US)}, {"recipient": own(THEM).certificate}
    for agreed, lacking in (
        ({}, "not encrypted and not signed"),
        (signer, "not encrypted"),
        (signer | {"compress": "after-signing"}, "not encrypted"),
        (recipient, "not signed"),
        ({"compress": "before-signing"}, "not encrypted and not signed"),
    ):
        with pytest.raises(Refused, match=lacking) as refused:
            received(message(**agreed))
        assert refused.value.problem == "Error: insufficient-message-security"
        assert refused.value.found.attachments == ()


def test_rollover_overlap() -> None:
    """Old and new certificates of both sides are good at the same time, and which was used is known."""
    old, new = own(US), own("Us, new")
    for signer, certificate in itertools.product((old, new), (own(THEM), own("Partner, new"))):
        sent = message(signer=signer, recipient=certificate.certificate)
        found = received(sent, keys=(own(THEM), own("Partner, new")), certificates=(old.certificate, new.certificate))
        assert found.verified is not None
        assert found.decrypted is not None
        assert found.verified.certificate == signer.certificate
        assert found.decrypted.certificate == certificate.certificate


@pytest.mark.parametrize("content", ["spoiled", "stranger's key", "stranger's signature", "changed"])
def test_what_is_wrong_is_refused(content: str) -> None:
    sent = message(signer=own(STRANGER if "signature" in content else US), recipient=own(THEM).certificate)
    rules: dict[str, Any] = {"keys": (own(STRANGER),)} if "key" in content else {}
    problem = "Error: authentication-failed" if "signature" in content else "Error: decryption-failed"
    if content == "spoiled":
        sent = Outgoing("", sent.headers, Window.of(sent.body.whole()[:-40]), sent.mic)
    if content == "changed":
        sent = message(signer=own(US))
        data = sent.body.whole().replace(b"IEA*1*1", b"IEA*1*2")
        sent = Outgoing("", sent.headers, Window.of(data), sent.mic)
        rules, problem = {"encrypted": False}, "Error: integrity-check-failed"
    with pytest.raises(Refused) as refused:
        received(sent, **rules)
    assert refused.value.problem == problem


def test_mime_inside_encryption() -> None:
    """After decryption there is one signed entity, not a multipart with a signed part in it (EFAIL)."""
    inner = message(signer=own(US))
    part = mime.written(tuple(h for h in inner.headers if h[0] == "Content-Type")) + inner.body.whole()
    mixed = b"--o\r\nContent-Type: text/plain\r\n\r\nhello\r\n--o\r\n" + part + b"\r\n--o--\r\n"
    with pytest.raises(Refused, match="a signature within the content"):
        open_message(
            (("Content-Type", "multipart/mixed; boundary=o"),),
            Window.of(mixed),
            Rules((own(THEM),), (own(US).certificate,), signed=True, encrypted=False),
            ROOM[0],
        )


@pytest.mark.parametrize("body", [b"", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x24\x80" * 3000, b"0" * 5000])
def test_what_is_no_envelope(body: bytes) -> None:
    headers = (("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data"),)
    with pytest.raises(Refused) as refused:
        open_message(headers, Window.of(body), Rules((own(THEM),), (own(US).certificate,)), ROOM[0])
    assert refused.value.problem == "Error: decryption-failed"


def test_multiple_attachments() -> None:
    """RFC 6362: all documents of a message, in order, and the signature covers them all."""
    body = b"".join(
        b"--m\r\nContent-Type: application/%s\r\nContent-Disposition: attachment; filename=%s\r\n\r\n%s\r\n" % row
        for row in ((b"edi-x12", b"a.edi", b"ISA~"), (b"pdf", b'"..\\\\..\\\\b.pdf"', b"%PDF\n"))
    )
    rules = Rules((own(THEM),), (own(US).certificate,), signed=False, encrypted=False)
    found = open_message(
        (("Content-Type", 'multipart/related; boundary="m"'),), Window.of(body + b"--m--\r\n"), rules, ROOM[0]
    )
    assert [(a.name, a.kind, a.content.whole()) for a in found.attachments] == [
        ("a.edi", "application/edi-x12", b"ISA~"),
        ("..\\..\\b.pdf", "application/pdf", b"%PDF\n"),
    ]


def test_base64_and_folded_headers() -> None:
    sent = message(signer=own(US), recipient=own(THEM).certificate)
    lines = mime.base64_lines(sent.body.whole())
    headers = tuple(h for h in sent.headers if "ransfer" not in h[0])
    found = received(Outgoing("", (*headers, ("content-transfer-ENCODING", "Base64")), Window.of(lines), sent.mic))
    assert found.mic == sent.mic
    part = mime.entity(Window.of(b'CONTENT-type: multipart/signed;\r\n\tmicalg="sha-256";\r\n boundary=x\r\n\r\nbody'))
    assert part.kind == "multipart/signed"
    assert part.parameters == {"micalg": "sha-256", "boundary": "x"}


def test_micalg_first_supported() -> None:
    ask = "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, "
    assert wanted_micalg(ask + "md2, SHA256, sha-1, md5") == ("sha-256", False)
    assert wanted_micalg(ask + "sha1") == ("sha-1", False)
    assert wanted_micalg(ask + "md5") == ("", True)
    assert wanted_micalg(ask.replace("micalg=required", "micalg=optional") + "md5") == ("", False)
    assert wanted_micalg("") == ("", False)


def test_weak_only_by_opt_in() -> None:
    sent = message(signer=own(US), digest="sha-1", recipient=own(THEM).certificate, cipher="3des")
    with pytest.raises(Refused):
        received(sent)
    weak = Accepted(ciphers=frozenset({"3des"}), digests=frozenset({"sha-1"}))
    assert received(sent, accepted=weak).mic == sent.mic


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", 'a"b', "Größe.edi", "x" * 300])
def test_filename_is_data(name: str) -> None:
    sent = build(
        Window.of(b"x"),
        Agreed(US, THEM),
        ROOM[0],
        kind="text/plain",
        name=name,
        message_id="<1@us>",
        boundary="b",
        at=NOON,
    )
    assert mime.written(sent.headers).count(b"\r\n") == len(sent.headers) + 1
