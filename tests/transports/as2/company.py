"""Our side in a test: the flow on a real ledger, the AS2 listener on a real port, the sink; and a partner with a
listener of its own that answers as told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import clock
from gateway.exchanges import LedgerExchanges
from gateway.ledger import Ledger
from gateway.listening import listening
from gateway.ports import HttpMessage, Parcel
from gateway.transports.as2 import As2Channel, As2Server, As2Sink, Listener, mdn
from gateway.transports.as2.mdn import Answer, Mdn, Mic
from gateway.transports.as2.mime import Headers
from gateway.transports.as2.received import Received, Rules, open_message
from gateway.transports.as2.sending import Agreed, build
from gateway.window import Staging, Window
from tests.flow.world import ROOT, World
from tests.transports.as2.peers import own

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()
MAILBOX = "acme/as2"
US, THEM = "Our Company", "ACME"
Reply = Callable[[Request, bytes], Response]
Open = Callable[..., AbstractAsyncContextManager["Company"]]


def pem(name: str) -> dict[str, str]:
    """A company's certificate and key as texts."""
    made = own(name)
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"certificate": made.certificate.public_bytes(Encoding.PEM).decode(), "key": key.decode()}


def channel(**changes: Any) -> As2Channel:
    """What is agreed with the partner."""
    values: dict[str, Any] = {
        "name": "as2",
        "us": {"id": US, "keys": [pem(US)]},
        "partner": {"id": THEM, "certificates": [{"certificate": pem(THEM)["certificate"]}]},
    }
    return As2Channel(**(values | changes))


@dataclass
class Partner:
    """The other side's listener. `reply` answers; every request is kept."""

    reply: Reply
    requests: list[HttpMessage] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        headers = tuple((n.decode(), v.decode()) for n, v in request.headers.raw)
        self.requests.append(HttpMessage(headers, body))
        return await asyncio.to_thread(self.reply, request, body)


@dataclass
class Company:
    world: World
    server: As2Server
    exchanges: LedgerExchanges
    partner: Partner
    settings: As2Channel

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/as2"

    def sink(self) -> As2Sink:
        return As2Sink(self.settings, lambda text: text, self.exchanges)

    async def post(self, headers: Headers, body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.post(self.url, headers=list(headers), content=body)

    async def settle(self) -> None:
        """Run everything that is due now."""
        self.world.time = clock.now()
        await self.world.settle()

    async def rows(self, table: str) -> list[Any]:
        return list(await self.world.ledger.read(lambda c: c.exec_driver_sql(f"SELECT * FROM {table}").all()))


@asynccontextmanager
async def company(ledger: Ledger, reply: Reply, settings: dict[str, Any], staging: Path) -> AsyncIterator[Company]:
    partner = Partner(reply)
    listener = {"port": 0, "staging": staging, "idle": 2, "header_time": 10, **settings.pop("listener", {})}
    async with answering(partner):
        if "send" in settings:
            settings = settings | {"send": {"url": partner.url, **settings["send"]}}
        agreed = channel(**settings)
        world = World.make(ledger)
        world.flow.now = clock.now
        exchanges = LedgerExchanges(world.flow)
        server = As2Server(
            Listener(**listener),
            {MAILBOX: agreed},
            exchanges,
            lambda text: text,
        )
        await server.start()
        try:
            yield Company(world, server, exchanges, partner, agreed)
        finally:
            await server.stop()


@asynccontextmanager
async def answering(partner: Partner, **tls: str) -> AsyncIterator[None]:
    """The partner's own listener, for the length of the block."""
    app = Starlette(routes=[Route("/as2", partner.handle, methods=["POST"])])
    usual: dict[str, Any] = {"http": "h11", "ws": "none", "lifespan": "off", "log_config": None, "access_log": False}
    config = uvicorn.Config(app, port=0, **usual, **tls)
    async with listening(config) as server:
        partner.url = f"http://127.0.0.1:{server.port}/as2"
        yield


def message(
    content: bytes,
    message_id: str = "<1@acme>",
    *,
    signer: str = THEM,
    boundary: str = "",
    name: str = "855.edi",
    **agreed: Any,
) -> tuple[Headers, bytes]:
    """A message of the partner to us, as its headers and body."""
    usual: dict[str, Any] = {"signer": own(signer), "recipient": own(US).certificate}
    with Staging() as staging:
        made = build(
            Window.of(content),
            Agreed(THEM, US, **(usual | agreed)),
            staging,
            kind="application/edi-x12",
            name=name,
            message_id=message_id,
            boundary=boundary or os.urandom(8).hex(),
            at=clock.now(),
        )
        return made.headers, b"".join(made.body.chunks())


def receipt(answer: httpx.Response) -> Mdn:
    """Our receipt, as the partner reads it."""
    headers = tuple(answer.headers.multi_items())
    return mdn.read(headers, Window.of(answer.content), [own(US).certificate], Rules((), ()).accepted)


def opened(request: HttpMessage, micalg: str = "sha-256", **rules: Any) -> tuple[Received, bytes]:
    """Our message, as the partner opens it, with the MIC by `micalg`."""
    with Staging() as staging:
        usual = Rules((own(THEM),), (own(US).certificate,), **rules)
        found = open_message(request.headers, Window.of(request.body), usual, staging, micalg)
        return found, found.attachments[0].content.whole()


def replying(
    problem: str = "",
    *,
    signer: str = THEM,
    mic: Mic | None = None,
    no_mic: bool = False,
    message_id: str = "",
    digest: str = "sha-256",
    **rules: Any,
) -> Reply:
    """A partner that opens our message and answers with a receipt, or with something wrong about it."""

    def reply(request: Request, body: bytes) -> Response:
        headers = tuple((n.decode(), v.decode()) for n, v in request.headers.raw)
        found, _ = opened(HttpMessage(headers, body), digest, **rules)
        said = Answer(
            message_id or request.headers["message-id"],
            US,
            THEM,
            problem,
            None if no_mic else mic or found.mic,
        )
        by = own(signer) if signer else None
        made, content = mdn.build(said, at=clock.now(), mdn_id="<m@acme>", boundary="mb", signer=by)
        return Response(content, headers={name.lower(): value for name, value in made})

    return reply


def parcel(number: str = "d1", content: bytes = DOCUMENT) -> Parcel:
    return Parcel(number, MAILBOX, "po/P1", "acme", "document", 1, payload=content, name="850.edi")
