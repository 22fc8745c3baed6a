"""AS2 out over real HTTP, on the real ledger: what is sent, sent again, and taken for a receipt."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.ports import Business, Done, Outcome, Transient, Unknown
from gateway.transports.as2 import mdn
from gateway.transports.as2.mdn import Answer, Mic
from tests.transports.as2.company import (
    DOCUMENT,
    THEM,
    US,
    Open,
    Reply,
    opened,
    parcel,
    replying,
)
from tests.transports.as2.peers import own


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
        (replying(digest="sha-512"), "sha-512, ours is"),
        (replying(message_id="<other@us>"), "<other@us>"),
    ],
    ids=["unsigned", "wrong key", "no MIC", "other MIC", "another algorithm", "other message"],
)
async def test_mdn_mic_present_equal_and_as_asked(our: Open, reply: Reply, says: str) -> None:
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
