"""`gateway partner check` of AS2: certificates, name, connection, TLS, HTTP and the receipt of a test message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.certificates import self_signed
from gateway.ledger import Ledger
from gateway.listening import listening
from gateway.transports.as2 import As2Channel, Listener
from gateway.transports.as2.mdn import Mic
from gateway.transports.trial import Step
from tests.transports.as2.authority import Authority
from tests.transports.as2.company import THEM, US, Partner, answering, channel, company, opened, pem, replying
from tests.transports.as2.peers import NOON, own
from tests.transports.trials import failed, names, tried


def text(reference: str) -> str:
    return reference


def to(url: str, **send: Any) -> As2Channel:
    return channel(send={"url": url, **send})


async def check(url: str, *, send_test: bool = False, **send: Any) -> list[Step]:
    return await tried(to(url, **send), text, send_test=send_test)


@asynccontextmanager
async def serving(answer: Response, **tls: str) -> AsyncIterator[int]:
    """A partner's HTTP server that gives one answer, with TLS if it has a certificate; its port."""

    async def handle(request: Request) -> Response:
        assert await request.body() == b""
        assert "as2-from" not in request.headers
        return answer

    app = Starlette(routes=[Route("/as2", handle, methods=["POST"])])
    config = uvicorn.Config(app, port=0, http="h11", ws="none", lifespan="off", log_config=None, **tls)
    async with listening(config) as server:
        yield server.port


REFUSAL = Response("AS2-From is missing", 400)


async def test_all_is_well_with_tls(tmp_path: Path) -> None:
    """Nothing that names us goes out, and the partner's refusal of it is a good sign."""
    authority = Authority()
    async with serving(REFUSAL, **authority.server(tmp_path)) as port:
        steps = await check(f"https://localhost:{port}/as2", ca=authority.pem)
    assert [step.problem for step in steps if not step.fine] == []
    tls = ["TLS", "TLS dates", "TLS chain", "TLS name"]
    assert names(steps) == ["certificates", "configuration", "DNS", "TCP", *tls, "HTTP"]
    said = {step.name: step.note for step in steps}
    assert said["HTTP"] == "400 Bad Request to an empty message that names nobody"
    assert said["TLS"].startswith("TLSv1.")
    assert said["TLS name"] == "localhost"
    assert "49 days" in said["TLS dates"]


async def test_our_key_that_does_not_fit() -> None:
    other = {"certificate": pem(US)["certificate"], "key": pem(THEM)["key"]}
    step = failed(await tried(channel(us={"id": US, "keys": [other]}, send={"url": "http://x.invalid/"}), text))
    assert step.name == "certificates"
    assert "is not the key of" in step.found


async def test_a_certificate_that_has_expired() -> None:
    ended = self_signed(THEM, own(THEM).key, NOON.replace(year=2020), NOON.replace(year=2021))
    theirs = {"id": THEM, "certificates": [{"certificate": ended.public_bytes(Encoding.PEM).decode()}]}
    step = failed(await tried(channel(partner=theirs, send={"url": "http://x.invalid/"}), text))
    assert step.name == "certificates"
    assert "until 2021-11-24" in step.found
    assert "the partner's" in step.expected


async def test_a_private_authority_that_is_no_certificate() -> None:
    step = failed(await check("https://localhost:1/as2", ca="no certificate"))
    assert (step.name, step.problem) == ("configuration", "the `ca` of the channel cannot be used")


async def test_no_such_name() -> None:
    assert failed(await check("https://as2.partner.invalid/as2")).name == "DNS"


async def test_a_closed_port(unused_tcp_port: int) -> None:
    step = failed(await check(f"https://127.0.0.1:{unused_tcp_port}/as2"))
    assert step.name == "TCP"
    assert "Connection refused" in step.found


async def test_https_where_only_http_is_spoken() -> None:
    async with serving(REFUSAL) as port:
        step = failed(await check(f"https://localhost:{port}/as2"))
    assert step.name == "TLS"
    assert "http://" in step.advice


@pytest.mark.parametrize(
    ("made", "trusted", "step", "found"),
    [
        ({"until": -1}, True, "TLS dates", "to 20"),
        ({"since": 1}, True, "TLS dates", "valid from 20"),
        ({}, False, "TLS chain", "CN=An authority"),
        ({"host": "as2.example.com"}, True, "TLS name", "as2.example.com"),
    ],
)
async def test_tls_that_is_not_good(tmp_path: Path, made: dict[str, Any], trusted: bool, step: str, found: str) -> None:
    authority = Authority()
    async with serving(REFUSAL, **authority.server(tmp_path, **made)) as port:
        wrong = failed(await check(f"https://localhost:{port}/as2", ca=authority.pem if trusted else Authority().pem))
    assert wrong.name == step
    assert found in wrong.found


async def test_a_certificate_that_vouches_for_itself(tmp_path: Path) -> None:
    async with serving(REFUSAL, **Authority("localhost").server(tmp_path)) as port:
        wrong = failed(await check(f"https://localhost:{port}/as2"))
    assert wrong.name == "TLS chain"
    assert "ca" in wrong.advice


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (RedirectResponse("https://new.example.com/as2"), "307 Temporary Redirect to https://new.example.com/as2"),
        (Response(status_code=502), "502 Bad Gateway"),
    ],
)
async def test_http_that_is_not_as2(answer: Response, found: str) -> None:
    async with serving(answer) as port:
        step = failed(await check(f"http://localhost:{port}/as2"))
    assert (step.name, step.found) == ("HTTP", found)


async def test_another_path() -> None:
    async with serving(REFUSAL) as port:
        step = failed(await check(f"http://localhost:{port}/as3"))
    assert (step.name, step.found) == ("HTTP", "404 Not Found")
    assert "send.url" in step.advice


@pytest.mark.parametrize("late", [False, True])
async def test_a_test_message_and_its_receipt(late: bool) -> None:
    """By the way of all documents: signed, encrypted, receipted; also where receipts usually come later."""
    partner = Partner(lambda request, body: replying()(request, body) if body else REFUSAL)
    async with answering(partner):
        settings = channel(receipt_url="http://us.example.com/as2", send={"url": partner.url, "late": late})
        listener = Listener(port=urlsplit(partner.url).port)
        steps = await tried(settings, text, send_test=True, listener=listener)
    assert all(step.fine for step in steps), steps
    assert names(steps)[-2:] == ["HTTP", "MDN"]
    assert "processed" in steps[-1].note
    found, content = opened(partner.requests[-1])
    assert b"no document" in content
    assert found.verified is not None
    assert found.decrypted is not None


@pytest.mark.parametrize(
    ("reply", "problem", "found"),
    [
        (replying("Error: authentication-failed"), "refuses the test message", "authentication-failed"),
        (replying(signer=""), "proves nothing", "not signed"),
        (replying(mic=Mic("AAAA", "sha-256")), "proves nothing", "MIC"),
        (replying(signer="Somebody"), "proves nothing", ""),
        (lambda request, body: Response("thank you"), "got no receipt", "without a receipt"),
        (lambda request, body: Response(status_code=500), "got no receipt", "500"),
    ],
)
async def test_a_receipt_that_is_not_good(reply: Any, problem: str, found: str) -> None:
    partner = Partner(lambda request, body: reply(request, body) if body else REFUSAL)
    async with answering(partner):
        step = failed(await check(partner.url, send_test=True))
    assert step.name == "MDN"
    assert problem in step.problem
    assert found in step.found


async def test_our_own_listener(ledger: Ledger, tmp_path: Path, unused_tcp_port: int) -> None:
    """It answers an empty message; a channel that only receives needs nothing more."""
    receiving = channel()
    async with company(ledger, replying(), {}, tmp_path) as us:
        steps = await tried(receiving, text, listener=Listener(port=us.server.port))
        assert [(s.name, s.problem) for s in steps] == [("certificates", ""), ("own listener", ""), ("own HTTP", "")]
        step = failed(await tried(receiving, text, listener=Listener(port=us.server.port, path="/other")))
        assert step.name == "own HTTP"
    assert failed(await tried(receiving, text, listener=Listener(port=unused_tcp_port))).name == "own listener"
    assert failed(await tried(receiving, text)).found == "no listeners.as2 in gateway.yaml"
