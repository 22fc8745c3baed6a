"""What the answers to changed and forged messages tell: nothing about what was encrypted."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.transports.as2 import algorithms as known
from gateway.transports.as2 import ber, cms_read, mime
from gateway.transports.as2.mime import Headers
from gateway.window import Window
from tests.flow.world import ROOT
from tests.transports.as2.company import Open, message, receipt

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()
BLOCK = 16


def cut(body: bytes) -> tuple[bytes, bytes]:
    """An EnvelopedData of ours in two: all before the encrypted content, and that."""
    content = cms_read.opened(Window.of(body), "decryption-failed")
    encrypted = content.body.children[2].children[2]
    return body[: encrypted.body], body[encrypted.body : encrypted.stop]


def enveloped(like: bytes, encrypted: bytes) -> bytes:
    """An EnvelopedData with the same key and another encrypted content."""
    content = cms_read.opened(Window.of(like), "decryption-failed").body
    version, recipients, info = content.children
    kind, algorithm, _ = info.children
    inner = ber.sequence(kind.raw(), algorithm.raw(), ber.tlv(0x80, encrypted))
    return ber.sequence(ber.oid(known.ENVELOPED), ber.tlv(0xA0, ber.sequence(version.raw(), recipients.raw(), inner)))


def renamed(headers: Headers, message_id: str) -> Headers:
    return tuple((name, message_id if name == "Message-ID" else value) for name, value in headers)


def told(answer: Any) -> tuple[Any, ...]:
    """All that the sender of a message learns, but for what is another in each answer."""
    found = receipt(answer)
    return answer.status_code, found.disposition, found.mic, found.text, found.reason, len(answer.content)


@pytest.mark.parametrize("agreed", [{}, {"compress": "before-signing"}, {"compress": "after-signing"}], ids=str)
async def test_same_answer_for_every_crypto_failure(agreed: dict[str, Any], our: Open) -> None:
    """Whoever sends what was encrypted with other blocks behind it (a padding oracle), cut off, or with another key,
    gets one answer, whether the padding came out right or not."""
    async with our() as we:
        headers, body = message(DOCUMENT, "<captured@acme>", **agreed)
        _, encrypted = cut(body)
        changed = {"another key": body.replace(cut(body)[0][-60:-50], bytes(10))}
        assert enveloped(body, encrypted) == body
        for last in range(0, 256, 51):  # the byte that decides the padding, through its values
            forged = bytes(BLOCK - 1) + bytes([last])
            changed[f"behind it {last}"] = enveloped(body, encrypted + forged + encrypted[:BLOCK])
        # once the padding is right for certain: the last block of the message after what was before it
        changed["behind it, padding right"] = enveloped(body, encrypted + encrypted[-2 * BLOCK :])
        for blocks in (1, 3, 20):
            short = encrypted[: -blocks * BLOCK]
            changed[f"cut off by {blocks}"] = enveloped(body, short)
            changed[f"cut off by {blocks}, padding right"] = enveloped(body, short + encrypted[-2 * BLOCK :])
        answers = {}
        for number, (name, data) in enumerate(changed.items()):
            answers[name] = told(await we.post(renamed(headers, f"<{number:03}captured@acme>"), data))
        assert set(answers.values()) == {answers["another key"]}
        assert answers["another key"][4] == "decryption-failed"
        assert await we.rows("receipt") == []
        assert receipt(await we.post(headers, body)).accepted


async def test_a_line_break_behind_the_end_is_no_attack(our: Open) -> None:
    async with our() as we:
        for number, end in enumerate((b"\r\n", b"\r\n\r\n", b" \n")):
            headers, body = message(DOCUMENT + str(number).encode(), f"<{number}@acme>")
            assert mime.header(headers, "content-type").startswith("application/pkcs7-mime")
            assert receipt(await we.post(headers, body + end)).accepted


async def test_a_signature_that_is_wrong_is_called_so(our: Open) -> None:
    """A whole message with a wrong signature: the partner is told, for it must look for the cause."""
    async with our() as we:
        found = receipt(await we.post(*message(DOCUMENT, signer="stranger")))
        assert (found.accepted, found.reason) == (False, "authentication-failed")
