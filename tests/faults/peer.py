"""An honest AS2 partner: it sends a message again, as it was, until it has a positive receipt; it answers ours, knows a
repeat by its Message-ID, and keeps a diary of everything for the checker (invariants.py)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import httpx
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.ports import HttpMessage
from gateway.transports.as2 import mdn
from gateway.transports.as2.mdn import Answer
from gateway.transports.as2.mime import Headers
from gateway.window import Window
from tests.transports.as2.company import THEM, US, Partner, answering, opened, receipt
from tests.transports.as2.peers import own

PATIENCE = 60.0


@dataclass
class Diary:
    """What a partner saw of us. Bodies by Message-ID, in the order they came."""

    sent: dict[str, bytes] = field(default_factory=dict)  # documents it handed over
    receipts: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))  # ours, of its messages
    promised: set[str] = field(default_factory=set)  # messages it holds a positive receipt of
    got: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))  # our messages
    documents: dict[str, bytes] = field(default_factory=dict)  # what was in them
    uploaded: dict[str, bytes] = field(default_factory=dict)  # files whose CLOSE we answered well


class Peer:
    """A partner with a listener in a thread. `answer` may be replaced: it gets the request and the usual answer."""

    def __init__(self) -> None:
        self.diary = Diary()
        self.answer: Callable[[Request, Response], Response] = lambda request, usual: usual
        self.late_to = ""  # where it sends receipts, instead of in the answer
        self.partner = Partner(self._reply)
        self._loop = asyncio.new_event_loop()
        self._up: Future[None] = Future()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return self.partner.url

    def __enter__(self) -> Peer:
        self._thread.start()
        self._up.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(15)

    def _run(self) -> None:
        async def serve() -> None:
            async with answering(self.partner):
                self._up.set_result(None)
                await self._end.wait()

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serve())

    def post(self, url: str, headers: Headers, body: bytes) -> httpx.Response | None:
        """One try. None if nothing useful came back."""
        message_id = dict(headers)["Message-ID"]
        try:
            with httpx.Client(trust_env=False, timeout=30) as client:
                answer = client.post(url, headers=list(headers), content=body)
        except httpx.HTTPError:
            return None
        if answer.status_code == 200 and answer.content:
            said = receipt(answer)
            self.diary.receipts[message_id].append(answer.content)
            if said.accepted:
                self.diary.promised.add(message_id)
        return answer if answer.status_code == 200 else None

    def deliver(self, url: str, document: bytes, made: tuple[Headers, bytes], patience: float = PATIENCE) -> None:
        """Send until there is a positive receipt."""
        headers, body = made
        message_id = dict(headers)["Message-ID"]
        self.diary.sent[message_id] = document
        end = time.monotonic() + patience
        while self.post(url, headers, body) is None:
            assert time.monotonic() < end, f"{message_id} is not receipted"
            time.sleep(0.1)

    def _reply(self, request: Request, body: bytes) -> Response:
        """In a thread of its own for each request."""
        headers = tuple((n.decode(), v.decode()) for n, v in request.headers.raw)
        if b"disposition-notification" in body and b"Original-Message-ID" in body:
            said = mdn.read(headers, Window.of(body), [own(US).certificate], _any())
            self.diary.receipts[said.message_id].append(body)
            if said.accepted:
                self.diary.promised.add(said.message_id)
            return self.answer(request, Response(status_code=200))
        message_id = request.headers["message-id"]
        self.diary.got[message_id].append(body)
        found, document = opened(HttpMessage(headers, body))
        self.diary.documents[message_id] = document
        made, content = mdn.build(
            Answer(message_id, US, THEM, "", found.mic),
            at=clock.now(),
            mdn_id=f"<mdn-of-{message_id.strip('<>')}>",
            boundary="mb",
            signer=own(THEM),
        )
        if not self.late_to:
            return self.answer(request, Response(content, headers={n.lower(): v for n, v in made}))
        threading.Thread(target=self._late, args=(made, content), daemon=True).start()
        return self.answer(request, Response(status_code=200))

    def _late(self, headers: Headers, content: bytes) -> None:
        """Hand a receipt over until it is taken."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with httpx.Client(trust_env=False, timeout=10) as client:
                    if client.post(self.late_to, headers=list(headers), content=content).status_code == 200:
                        return
            except httpx.HTTPError:
                time.sleep(0.1)


def _any() -> mdn.Accepted:
    return mdn.Accepted()
