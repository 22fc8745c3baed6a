"""AS2 over real HTTP, on the real ledger: what is stored, what is answered, what happens again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.ledger import Ledger, LedgerUnavailable
from gateway.ports import Business, Done, Outcome, Parcel, Transient, Unknown
from gateway.transports.as2 import As2Server, Listener, mdn
from gateway.transports.as2.mdn import Answer, Mic
from tests.flow.world import ROOT
from tests.transports.as2.company import (
    MAILBOX,
    THEM,
    US,
    Company,
    Reply,
    company,
    message,
    opened,
    receipt,
    replying,
)
from tests.transports.as2.peers import own

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()
Open = Callable[..., AbstractAsyncContextManager[Company]]


@pytest.fixture
def our(ledger: Ledger, tmp_path: Path) -> Open:
    def make(reply: Reply | None = None, **settings: Any) -> AbstractAsyncContextManager[Company]:
        return company(ledger, reply or replying(), settings, tmp_path)

    return make


def parcel(number: str = "d1", content: bytes = DOCUMENT) -> Parcel:
    return Parcel(number, MAILBOX, "po/P1", "acme", "document", 1, payload=content, name="850.edi")


# --- in


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


async def test_insufficient_security(our: Open) -> None:
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


async def test_header_caps_and_sizes(our: Open) -> None:
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
    ids=["length and chunked", "half a body", "a header too long"],
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


async def test_late_receipt_only_where_the_file_allows_it(our: Open) -> None:
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


# --- out


async def test_sent_and_done(our: Open) -> None:
    async with our(send={}) as we:
        assert isinstance(await we.sink().send(parcel()), Done)
        found, content = opened(we.partner.requests[0])
        assert content == DOCUMENT
        assert found.attachments[0].kind == "application/edi-x12"
        (exchange,) = await we.rows("exchange")
        assert (exchange.direction, exchange.state) == ("out", "done")
        assert isinstance(await we.sink().send(parcel()), Done)
        assert len(we.partner.requests) == 1  # nothing is sent again once there is a receipt


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"ISA*00*", "application/edi-x12"),
        (b"\r\nUNB+UNOC:3'", "application/edifact"),
        (b"UNA:+.? 'UNB+", "application/edifact"),
        ("855.edi wurde zurückgewiesen:\n".encode(), "text/plain"),
    ],
)
async def test_a_document_says_what_it_is(our: Open, content: bytes, kind: str) -> None:
    """A refusal in words is no document for a translator."""
    async with our(send={}) as we:
        assert isinstance(await we.sink().send(parcel(content=content)), Done)
        found, read = opened(we.partner.requests[0])
        assert (found.attachments[0].kind, read) == (kind, content)
        assert found.attachments[0].name == "850.edi"


async def test_resend_same_bytes(our: Open) -> None:
    answers = iter([Response(status_code=500), Response("<html>", media_type="text/html"), None])

    def reply(request: Request, body: bytes) -> Response:
        return next(answers) or replying()(request, body)

    async with our(reply, send={}) as we:
        for expected in (Transient, Transient, Done):
            assert isinstance(await we.sink().send(parcel()), expected)
        assert len({request.body for request in we.partner.requests}) == 1
        assert len({dict(request.headers)["message-id"] for request in we.partner.requests}) == 1


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (replying(signer=""), "not signed"),
        (replying(signer="stranger"), "not signed by a certificate"),
        (replying(no_mic=True), "missing"),
        (replying(mic=Mic("AAAA", "sha-256")), "AAAA"),
        (replying(message_id="<other@us>"), "<other@us>"),
    ],
    ids=["unsigned", "wrong key", "no MIC", "other MIC", "other message"],
)
async def test_receipts_that_prove_nothing(our: Open, reply: Reply, says: str) -> None:
    async with our(reply, send={}) as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Business)
        assert outcome.case.kind == "as2.receipt_invalid"
        assert says in outcome.case.sentence
        await we.sink().send(parcel())
        assert len(we.partner.requests) == 1  # no storm of resends


async def test_refused(our: Open) -> None:
    async with our(replying("Error: decryption-failed"), send={}) as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Business)
        assert (outcome.case.kind, outcome.case.actual[:17]) == ("as2.refused", "decryption-failed")


@pytest.mark.parametrize(
    ("status", "headers", "scope", "alarm", "wait"),
    [
        (302, {"location": "http://elsewhere/"}, "connector", "config", 300),
        (401, {}, "connector", "config", 300),
        (503, {"retry-after": "120"}, "parcel", "", 120),
        (500, {}, "parcel", "", 60),
    ],
)
async def test_http_refusals(
    our: Open, status: int, headers: dict[str, str], scope: str, alarm: str, wait: float
) -> None:
    async with our(lambda request, body: Response(status_code=status, headers=headers), send={}) as we:
        outcome: Outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Transient)
        assert (outcome.scope, outcome.alarm, outcome.retry_in) == (scope, alarm, wait)
        assert len(we.partner.requests) == 1


async def test_nobody_there(our: Open) -> None:
    async with our(send={"url": "http://127.0.0.1:9/as2"}) as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Transient)
        assert outcome.scope == "connector"


async def test_late_receipts(our: Open) -> None:
    nothing: Reply = lambda request, body: Response(status_code=200)  # noqa: E731
    async with our(nothing, send={"late": "yes"}, receipt_url="http://us/as2") as we:
        outcome = await we.sink().send(parcel())
        assert isinstance(outcome, Unknown)
        request = we.partner.requests[0]
        assert dict(request.headers)["receipt-delivery-option"] == "http://us/as2"
        assert isinstance(await we.sink().send(parcel()), Unknown)  # it waits and does not send again
        found, _ = opened(request)
        said = Answer(dict(request.headers)["message-id"], US, THEM, "", found.mic)

        async def late(signer: str, answer: Answer = said) -> int:
            made = mdn.build(answer, at=clock.now(), mdn_id="<m@acme>", boundary="mb", signer=own(signer))
            return (await we.post(*made)).status_code

        assert await late("stranger") == 200
        assert await late(THEM, Answer("<nobody@us>", US, THEM, "", found.mic)) == 200
        assert await late(THEM, Answer(said.message_id, US, THEM, "", Mic("AAAA", "sha-256"))) == 200
        assert isinstance(await we.sink().send(parcel()), Unknown)
        assert await late(THEM) == 200
        assert isinstance(await we.sink().send(parcel()), Done)
        assert await late(THEM, Answer(said.message_id, US, THEM, "Error: too-late", found.mic)) == 200
        assert isinstance(await we.sink().send(parcel()), Done)
        assert len(we.partner.requests) == 1


async def test_a_late_receipt_before_our_post_returns(our: Open) -> None:
    async with our(send={"late": "yes"}, receipt_url="http://us/as2") as we:
        loop = asyncio.get_running_loop()
        send = replying()

        def early(request: Request, body: bytes) -> Response:
            made = send(request, body)
            headers = tuple((n.decode(), v.decode()) for n, v in made.raw_headers if n != b"content-length")
            asyncio.run_coroutine_threadsafe(we.post(headers, bytes(made.body)), loop).result(10)
            return Response(status_code=200)

        we.partner.reply = early
        assert isinstance(await we.sink().send(parcel()), Done)
