"""AS2 over real HTTP, on the real ledger: what is stored, what is answered, what happens again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest
from starlette.responses import Response

from gateway import clock
from gateway.ledger import LedgerUnavailable
from gateway.transports.as2 import As2Server, Listener, mdn
from gateway.transports.as2.mdn import Mic
from tests.transports.as2.company import (
    DOCUMENT,
    MAILBOX,
    THEM,
    US,
    Open,
    message,
    parcel,
    pem,
    receipt,
)
from tests.transports.as2.peers import own


async def test_stored_and_receipted(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        answer = await we.post(headers, body)
        found = receipt(answer)
        assert (answer.status_code, found.accepted, found.message_id) == (200, True, "<1@acme>")
        assert found.signed is not None
        (exchange,) = await we.rows("exchange")
        assert (exchange.state, exchange.as2_from, exchange.as2_to) == ("stored", THEM, US)
        assert exchange.mic == f"{found.mic.value}, sha-256" if found.mic else ""
        await we.settle()
        (arrived,) = await we.rows("receipt")
        assert (arrived.state, arrived.name, arrived.mailbox) == ("done", "855.edi", MAILBOX)
        facts = arrived.facts if isinstance(arrived.facts, dict) else json.loads(arrived.facts)
        assert {"signed_by", "decrypted_by", "cipher", "digest", "message_id"} <= facts.keys()


async def test_duplicate_replays_stored_mdn(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        first = await we.post(headers, body)
        again = await we.post(headers, body)
        encrypted_anew = await we.post(*message(DOCUMENT))
        assert first.content == again.content == encrypted_anew.content
        assert first.headers["content-type"] == again.headers["content-type"]
        assert len(await we.rows("receipt")) == len(await we.rows("exchange")) == 1


async def test_the_same_message_at_once(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        answers = await asyncio.gather(*(we.post(headers, body) for _ in range(4)))
        assert {answer.content for answer in answers} == {answers[0].content}
        assert len(await we.rows("receipt")) == 1


async def test_other_content_under_a_known_id(our: Open) -> None:
    async with our() as we:
        await we.post(*message(DOCUMENT))
        found = receipt(await we.post(*message(DOCUMENT + b"\n")))
        assert (found.accepted, found.reason) == (False, "unexpected-processing-error")
        assert len(await we.rows("receipt")) == 1
        assert [case.kind for case in await we.world.cases()] == ["as2.conflict"]
        assert receipt(await we.post(*message(DOCUMENT))).accepted


async def test_retry_after_failure(our: Open) -> None:
    async with our() as we:
        found = receipt(await we.post(*message(DOCUMENT, signer="stranger")))
        assert (found.accepted, found.reason) == (False, "authentication-failed")
        assert await we.rows("receipt") == []
        assert [case.kind for case in await we.world.cases()] == ["as2.insecure"]
        assert receipt(await we.post(*message(DOCUMENT))).accepted
        assert len(await we.rows("receipt")) == 1


async def test_encrypt_requirement_bypass(our: Open) -> None:
    async with our() as we:
        for weaker in ({"signer": None}, {"recipient": None}, {"recipient": None, "compress": "after-signing"}):
            arguments: dict[str, Any] = {"signer": THEM, **{k: v for k, v in weaker.items() if k != "signer"}}
            headers, body = message(DOCUMENT, **arguments) if "signer" not in weaker else unsigned()
            assert receipt(await we.post(headers, body)).reason == "insufficient-message-security"
        assert await we.rows("receipt") == []


def unsigned() -> tuple[Any, bytes]:
    from gateway.transports.as2.sending import Agreed, build
    from gateway.window import Staging, Window

    with Staging() as staging:
        made = build(
            Window.of(DOCUMENT),
            Agreed(THEM, US, recipient=own(US).certificate),
            staging,
            kind="application/edi-x12",
            name="a.edi",
            message_id="<u@acme>",
            boundary="b",
            at=clock.now(),
        )
        return made.headers, b"".join(made.body.chunks())


async def test_mic_for_unsigned(our: Open) -> None:
    """Encrypted and not signed: the MIC is of the decrypted entity with its headers (RFC 4130 7.3.1)."""
    async with our(receive={"signed": "no"}) as we:
        found = receipt(await we.post(*unsigned()))
        head = b"Content-Type: application/edi-x12\r\nContent-Transfer-Encoding: binary\r\n"
        head += b'Content-Disposition: attachment; filename="a.edi"\r\n\r\n'
        digest = base64.b64encode(hashlib.sha256(head + DOCUMENT).digest()).decode()
        assert (found.accepted, found.mic) == (True, Mic(digest, "sha-256"))


async def test_secrets_never_logged(our: Open, capsys: pytest.CaptureFixture[str]) -> None:
    """No key and nothing of a document in a line of the log, whether it goes well or not."""
    async with our(send={}) as we:
        headers, body = message(DOCUMENT)
        await we.post(headers, body)
        await we.post(headers, body[:-40])
        await we.post(*message(DOCUMENT, "<2@acme>", signer="stranger"))
        await we.sink().send(parcel())
        await we.settle()
    said = "".join(capsys.readouterr())
    assert "as2_received" in said
    for secret in (pem(US)["key"].splitlines()[5], DOCUMENT.decode()[110:160], "BAK*"):
        assert secret not in said


async def test_unknown_as2_ids_cost_nothing(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        strange = tuple((n, "Stranger" if n == "AS2-From" else v) for n, v in headers)
        assert (await we.post(strange, body)).status_code == 403
        bare = tuple((n, v) for n, v in headers if n not in ("AS2-To", "Message-ID"))
        assert (await we.post(bare, body)).status_code == 400
        assert await we.rows("exchange") == []


async def test_unsupported_micalg_gets_mdn(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        asked = "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5"
        headers = tuple((n, asked if n == "Disposition-Notification-Options" else v) for n, v in headers)
        found = receipt(await we.post(headers, body))
        assert (found.accepted, found.reason) == (False, "unsupported MIC-algorithms")
        assert found.disposition.endswith("failed/Failure: unsupported MIC-algorithms")


@pytest.mark.parametrize("asked", ["SHA1", "sha-256, sha-1", "sha-384", "md5, sha512"])
async def test_the_mic_is_by_the_first_known(our: Open, asked: str) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        options = f"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {asked}"
        headers = tuple((n, options if n == "Disposition-Notification-Options" else v) for n, v in headers)
        if asked == "SHA1":
            with pytest.raises(mdn.MdnError, match="sha-1 is not accepted"):
                receipt(await we.post(headers, body))
            return
        found = receipt(await we.post(headers, body))
        assert found.mic is not None
        assert found.mic.algorithm == {"m": "sha-512", "s": asked.split(",")[0]}[asked[0]]


async def test_never_positive_without_the_store(our: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with our() as we:

        async def away(*_: Any) -> Any:
            raise LedgerUnavailable("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(we.world.ledger, "write", away)
            answer = await we.post(*message(DOCUMENT))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert await we.rows("exchange") == []
        assert receipt(await we.post(*message(DOCUMENT))).accepted


async def test_header_caps(our: Open) -> None:
    async with our(max_file="10KB") as we:
        headers, body = message(DOCUMENT)
        assert (await we.post((*headers, *((f"X-{n}", "1") for n in range(201))), body)).status_code == 431
        assert (await we.post(headers, b"x" * 200_000)).status_code == 413
        assert await we.rows("exchange") == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", b"400"),
        (b"Content-Length: 400\r\n\r\nabcd", b"408"),
        (b"X: " + b"y" * 70_000 + b"\r\n\r\n", b"400"),
    ],
    ids=["cl_and_te_refused", "half a body", "a header too long"],
)
async def test_odd_requests(our: Open, more: bytes, status: bytes) -> None:
    async with our() as we:
        reader, writer = await asyncio.open_connection("127.0.0.1", we.server.port)
        head = f'POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: {THEM}\r\nAS2-To: "{US}"\r\nMessage-ID: <1@a>\r\n'
        writer.write(head.encode() + more)
        await writer.drain()
        assert (await reader.readline()).split()[1] in (status, b"431")
        writer.close()
        assert await we.rows("exchange") == []
        assert receipt(await we.post(*message(DOCUMENT))).accepted


@pytest.mark.parametrize("said", [b"", b"POST /as2 HTTP/1.1\r\nAS2-From: A"], ids=["nothing", "half a header"])
async def test_slowloris(our: Open, said: bytes) -> None:
    async with our(listener={"header_time": 0.3}) as we:
        reader, writer = await asyncio.open_connection("127.0.0.1", we.server.port)
        for byte in said:
            writer.write(bytes((byte,)))
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        assert receipt(await we.post(*message(DOCUMENT))).accepted


async def test_an_address_that_is_taken(our: Open) -> None:
    async with our() as we:
        second = As2Server(Listener(port=we.server.port), {}, we.exchanges, lambda text: text)
        with pytest.raises(OSError, match="in use"):
            await second.start()


async def test_folded_headers(our: Open) -> None:
    """OpenAS2 folds its headers with tabs."""
    async with our() as we:
        headers, body = message(DOCUMENT)
        lines = b"".join(f"{n}: {v}\r\n".encode() for n, v in headers).replace(b"; ", b";\r\n\t")
        reader, writer = await asyncio.open_connection("127.0.0.1", we.server.port)
        writer.write(b"POST /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines)
        writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"; processed\r\n" in answer


async def test_async_mdn_url_allow_list(our: Open) -> None:
    async with our(send={}) as we:
        url = we.partner.url
        assert (await we.post(*message(DOCUMENT, receipt_url=url))).content == b""
        refused = receipt(await we.post(*message(DOCUMENT, "<2@acme>", receipt_url="http://169.254.169.254/")))
        assert refused.reason == "unexpected-processing-error"
        assert len(await we.rows("receipt")) == 1
        we.partner.reply = lambda request, body: Response(status_code=200)
        we.world.flow.sinks = {**we.world.flow.sinks, MAILBOX: we.sink()}
        await we.settle()
        assert (await we.post(*message(DOCUMENT, receipt_url=url))).content == b""
        await we.settle()
        late = [r for r in we.partner.requests if dict(r.headers)["content-type"].startswith("multipart/signed")]
        receipts = [r.body for r in late if b"Original-Message-ID: <1@acme>" in r.body]
        assert len(receipts) == 2  # who sends again has not got it
        assert receipts[0] == receipts[1]
