"""HTTP as our listeners speak it: h11, which joins folded headers as old senders write them; limits of time and size.

Not here: what is asked for, and how a refusal is worded. Rules protected: a connection on which nothing comes, or half
a header, is closed and costs no slot; a body that is not as long as was announced, or too long, is not taken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.transports.defender import Network

MOST_HEADERS, MOST_HEADER_BYTES = 200, 64 * 1024


class Turned(Exception):
    """A request that is turned away with a status and a sentence, without a trace."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


def check_headers(request: Request) -> None:
    """Raises Turned for more headers than anybody needs, and for two ways to say how long the body is."""
    raw = request.headers.raw
    if len(raw) > MOST_HEADERS or sum(len(n) + len(v) for n, v in raw) > MOST_HEADER_BYTES:
        raise Turned(431, "the headers are too many or too large")
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        raise Turned(400, "either Content-Length or Transfer-Encoding, not both")


async def read_body(request: Request, file: BinaryIO, largest: int, idle: float) -> int:
    """Write the body to a file; its size. `idle`: seconds it may pause. Raises Turned, TimeoutError, or starlette's
    ClientDisconnect."""
    size = 0
    chunks = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(idle):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            break
        size += len(chunk)
        if size > largest:
            raise Turned(413, f"more than {largest} bytes")
        file.write(chunk)
    announced = request.headers.get("content-length", "")
    if announced and announced != str(size):
        raise Turned(400, "the body is not as long as was announced")
    return size


class HttpSettings(Protocol):
    """What the settings of a listener have in common."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def header_time(self) -> float: ...
    @property
    def proxies(self) -> Sequence[Network]: ...


def configured(app: Starlette, settings: HttpSettings, tls: ssl.SSLContext | None = None) -> uvicorn.Config:
    """How a listener is served: addresses of clients from proxies we name only, nothing told of us, nothing logged."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol(settings.header_time),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=[str(network) for network in settings.proxies],
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        timeout_graceful_shutdown=10,
        ssl_context_factory=(lambda config, usual: tls) if tls is not None else None,
    )


def protocol(header_time: float) -> type[H11Protocol]:
    """The protocol that closes a connection whose headers are not complete within so many seconds."""

    class Patient(H11Protocol):
        _headers_due: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            if self._idle() and self._headers_due is None:
                self._wait()
            super().data_received(data)
            if not self._idle():
                self._stop_waiting()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _wait(self) -> None:
            self._headers_due = self.loop.call_later(header_time, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._headers_due is not None:
                self._headers_due.cancel()
                self._headers_due = None

    return Patient
