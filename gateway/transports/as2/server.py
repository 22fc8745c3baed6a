"""Our AS2 listener: messages of partners, and late receipts of what we sent (RFC 4130 5, 7).

Not here: opening messages (received.py), what is stored (ports.Exchanges). Rules protected: nobody gets a positive
receipt before the commit; who is not known costs nothing and learns nothing; a partner learns only which kind of
failure it was; a receipt that is wanted elsewhere goes only to hosts of the partner's file.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway import clock
from gateway.listening import Server
from gateway.ports import Arrival, Exchanged, Exchanges, HttpMessage, Kept, Seen
from gateway.transports.as2 import certificates, mdn, mime
from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.as2.mdn import Answer, MdnError
from gateway.transports.as2.mime import Headers, MimeError
from gateway.transports.as2.received import Received, Refused, Rules, open_message, wanted_micalg, wants_signed
from gateway.transports.as2.settings import As2Channel, Listener
from gateway.transports.as2.sink import judged, receipted
from gateway.transports.http import MOST_HEADER_BYTES, Turned, check_headers, configured, read_body
from gateway.window import Staging, Window

ENVELOPE = 1.4  # base64 and the layers: how much larger than its document a request may be
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Account:
    """One channel: `<partner>/<channel>`, its settings and certificates."""

    mailbox: str
    settings: As2Channel
    certificates: certificates.Certificates

    def rules(self, now: dt.datetime) -> Rules:
        receive = self.settings.receive
        return Rules(
            self.certificates.keys,
            self.certificates.partner,
            signed=receive.signed,
            encrypted=receive.encrypted,
            accepted=receive.accepted,
            largest=self.settings.max_file,
            now=now,
        )

    def may_answer(self, url: str) -> bool:
        """May a receipt go to this address? To the partner's own host, or one its file names."""
        host = urlsplit(url).hostname or ""
        known = {*self.settings.receive.receipt_hosts}
        if self.settings.send is not None:
            known.add(urlsplit(self.settings.send.url).hostname or "")
        return urlsplit(url).scheme in ("http", "https") and bool(host) and host in known


class As2Server:
    """Listens for all AS2 channels. `channels` maps `<partner>/<channel>` to settings; `resolve` reads a reference.

    Raises, already here, CertificateRefused or what `resolve` raises when a certificate cannot be read.
    """

    def __init__(
        self,
        settings: Listener,
        channels: Mapping[str, As2Channel],
        exchanges: Exchanges,
        resolve: Callable[[str], str],
    ) -> None:
        self._settings, self._exchanges, self._resolve = settings, exchanges, resolve
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._running: Counter[str] = Counter()
        self._http: Server | None = None
        self._draining = False
        self.replace(channels)

    def replace(self, channels: Mapping[str, As2Channel]) -> None:
        """Other channels from now on; requests that are running end as they began."""
        self._accounts = {
            (s.partner.id, s.us.id): _Account(mailbox, s, certificates.read(s, self._resolve))
            for mailbox, s in channels.items()
        }

    @property
    def port(self) -> int:
        """The port in use; 0 before the start."""
        return self._http.port if self._http is not None else 0

    async def start(self) -> None:
        """Open the listener. Raises OSError if it cannot be opened."""
        app = Starlette(routes=[Route(self._settings.path, self._handle, methods=["POST"])])
        self._http = Server(configured(app, self._settings))
        await self._http.open()

    async def stop(self) -> None:
        """Accept nothing new, let what runs end."""
        self._draining = True
        if self._http is not None:
            await self._http.close()

    async def _handle(self, request: Request) -> Response:
        try:
            account = self._account(request)
            self._running[account.mailbox] += 1
            try:
                return await self._serve(request, account)
            finally:
                self._running[account.mailbox] -= 1
        except Turned as turned:
            return PlainTextResponse(f"{turned.sentence}\n", turned.status, turned.headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            return PlainTextResponse("the body did not come in time\n", 408)
        except Exception:  # the store is away, or a defect of ours: nothing is kept and nothing is promised
            logger.exception("as2_failed")
            return PlainTextResponse("try again later\n", 503, {"Retry-After": "60"})

    def _look_for_room(self) -> None:
        """Refuse what cannot be brought to its end. Raises Turned."""
        if self._draining:
            raise Turned(503, "this listener is closing", **{"Retry-After": "30"})
        folder = self._settings.staging
        if folder is not None and shutil.disk_usage(folder).free < self._settings.least_free:
            logger.error("as2_refused", reason=f"the disk of {folder} is nearly full")
            raise Turned(503, "no room for messages", **{"Retry-After": "300"})

    def _account(self, request: Request) -> _Account:
        """Whose request it is. Raises Turned; whoever is not known leaves no trace but a line in the log."""
        check_headers(request)
        names = tuple(mdn.bare_name(request.headers.get(name, "")) for name in ("as2-from", "as2-to"))
        if not all(names) or not request.headers.get("message-id", "").strip():
            raise Turned(400, "AS2-From, AS2-To and Message-ID are needed")
        account = self._accounts.get((names[0], names[1]))
        if account is None:
            logger.warning("as2_unknown", peer=request.client.host if request.client else "")
            raise Turned(403, "these AS2 names are not known here")
        self._look_for_room()
        busy = sum(self._running.values()) >= self._settings.max_requests
        if busy or self._running[account.mailbox] >= account.settings.max_requests:
            raise Turned(503, "too many requests at a time", **{"Retry-After": "30"})
        return account

    async def _serve(self, request: Request, account: _Account) -> Response:
        headers: Headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers.raw)
        began = clock.now()
        with Staging(self._settings.staging) as staging:
            file = staging.file()
            largest = int(account.settings.max_file * ENVELOPE) + MOST_HEADER_BYTES
            await read_body(request, file, largest, self._settings.idle)
            body = Window.all_of(file)
            if await asyncio.to_thread(_is_receipt, headers, body):
                return await self._receipt(account, HttpMessage(headers, b"".join(body.chunks()), _line(request)))
            peer = request.client.host if request.client else ""
            seen = await self._exchanges.seen(account.mailbox)
            message = _Message(account, headers, body, _line(request), peer, began, seen)
            return await self._message(message, staging)

    async def _message(self, message: _Message, staging: Staging) -> Response:
        exchange = await asyncio.to_thread(message.exchanged, staging)
        kept = await self._exchanges.received(exchange)
        if kept.conflict:
            refused = Refused("Error: unexpected-processing-error", "this Message-ID was used for other content")
            exchange = await asyncio.to_thread(message.refused, refused, {"conflict": "yes"})
            kept = await self._exchanges.received(exchange)
        logger.info(
            "as2_received",
            mailbox=exchange.mailbox,
            message_id=exchange.message_id,
            problem=exchange.problem,
            cause=exchange.cause,
            repeat=kept.repeat,
        )
        response = _response(exchange, kept)
        if kept.number is not None:
            response.background = BackgroundTask(self._exchanges.answered, kept.number)
        return response

    async def _receipt(self, account: _Account, raw: HttpMessage) -> Response:
        """A late receipt. It is taken with 200 whatever it says: sending it again would change nothing."""
        settings, send = account.settings, account.settings.send
        try:
            body = Window.of(raw.body)
            partner, accepted = account.certificates.partner, settings.receive.accepted
            receipt = mdn.read(raw.headers, body, partner, accepted, clock.now())
            sent = await self._exchanges.pending(account.mailbox, receipt.message_id.strip())
        except MdnError as error:
            logger.warning("as2_receipt_unusable", mailbox=account.mailbox, reason=str(error))
            return Response(status_code=200)
        if sent is None or send is None:
            logger.warning("as2_receipt_unknown", mailbox=account.mailbox, message_id=receipt.message_id[:200])
            return Response(status_code=200)
        verdict = judged(receipt, sent, send)
        if verdict.state == "invalid":  # anybody can send one; the real one may still come
            logger.warning("as2_receipt_invalid", mailbox=account.mailbox, reason=verdict.note)
        elif not await self._exchanges.receipted(sent.delivery, receipted(verdict, raw, receipt)):
            logger.info("as2_receipt_again", mailbox=account.mailbox, message_id=sent.message_id)
        return Response(status_code=200)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message that has arrived, and what is answered."""

    account: _Account
    headers: Headers
    body: Window
    line: str
    peer: str
    began: dt.datetime
    seen: Seen

    def exchanged(self, staging: Staging) -> Exchanged:
        """Open it; what must be stored, with the receipt."""
        options = self._header("disposition-notification-options")
        micalg, impossible = wanted_micalg(options)
        if impossible:
            return self.refused(Refused("Failure: unsupported MIC-algorithms", f"asked for {options[:200]}"))
        url = self._header("receipt-delivery-option").strip()
        if url and not self.account.may_answer(url):
            cause = f"a receipt is wanted at {urlsplit(url).netloc[:100]}, which the partner's file does not name"
            return self.refused(Refused("Error: unexpected-processing-error", cause))
        try:
            found = open_message(self.headers, self.body, self.account.rules(self.began), staging, micalg)
        except Refused as refused:
            return self.refused(refused)
        return self._stored(found, url)

    def refused(self, refused: Refused, more: Mapping[str, str] | None = None) -> Exchanged:
        """A message that is refused, with its receipt; `more` facts for the evidence."""
        url = self._header("receipt-delivery-option").strip()
        made = self._made(refused.found, refused.problem, url if self.account.may_answer(url) else "")
        return replace(made, problem=refused.problem, cause=refused.cause, facts={**made.facts, **(more or {})})

    def _stored(self, found: Received, url: str) -> Exchanged:
        made = self._made(found, "", url)
        arrivals = tuple(
            Arrival(
                made.mailbox,
                document.name or f"{made.message_id.strip('<>')}.edi",
                document.content,
                made.facts,
            )
            for document in found.attachments
        )
        return replace(made, arrivals=arrivals)

    def _made(self, found: Received, problem: str, url: str) -> Exchanged:
        """What is kept of any message, with the receipt it asks for."""
        made = Exchanged(
            mailbox=self.account.mailbox,
            as2_from=mdn.bare_name(self._header("as2-from")),
            as2_to=mdn.bare_name(self._header("as2-to")),
            message_id=self._header("message-id").strip(),
            request=HttpMessage(self.headers, b"", self.line),
            body=self.body,
            content=found.digest,
            mic=f"{found.mic.value}, {found.mic.algorithm}" if found.mic else "",
            facts=self._facts(found),
            entity=found.entity,
            certificates=tuple(
                certificates.der(how.certificate) for how in (found.decrypted, found.verified) if how is not None
            ),
            received_at=self.began,
        )
        if not self._header("disposition-notification-to"):
            return made
        now, signer = clock.now(), None
        if wants_signed(self._header("disposition-notification-options")):
            used = fingerprint(found.decrypted.certificate) if found.decrypted else self.seen.encrypted_for
            signer = self.account.certificates.replying(used, now)
            by = signer.certificate
            facts = {**made.facts, "receipt_signed_by": fingerprint(by)}
            made = replace(made, facts=facts, certificates=(*made.certificates, certificates.der(by)))
        return replace(made, answer=self._answer(made, found, problem, signer, now), answer_url=url)

    def _answer(
        self, made: Exchanged, found: Received, problem: str, signer: OwnKey | None, now: dt.datetime
    ) -> HttpMessage:
        unique = secrets.token_hex(16)
        headers, body = mdn.build(
            Answer(made.message_id, made.as2_from, made.as2_to, problem, found.mic),
            at=now,
            mdn_id=f"<mdn-{unique}@{urlsplit(self.account.settings.receipt_url).hostname or 'gateway'}>",
            boundary=f"gateway-{unique}",
            signer=signer,
            digest=found.mic.algorithm if found.mic else "sha-256",
        )
        return HttpMessage(headers, body, "HTTP/1.1 200 OK")

    def _facts(self, found: Received) -> dict[str, str]:
        facts = {"transport": "as2", "peer": self.peer, "message_id": self._header("message-id").strip()}
        if found.decrypted is not None:
            facts |= {
                "cipher": found.decrypted.cipher,
                "key_transport": found.decrypted.transport,
                "decrypted_by": fingerprint(found.decrypted.certificate),
            }
        if found.verified is not None:
            facts |= {"digest": found.verified.digest, "signed_by": fingerprint(found.verified.certificate)}
        return facts

    def _header(self, name: str) -> str:
        return mime.header(self.headers, name)


def _line(request: Request) -> str:
    """The first line of a request, as it came."""
    scope = request.scope
    query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
    target = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
    return f"{scope['method']} {target}{query} HTTP/{scope['http_version']}"


def _is_receipt(headers: Headers, body: Window) -> bool:
    """Is it a receipt, signed or not?"""
    kind, parameters = mime.kind_of(mime.header(headers, "content-type"))
    if kind == "multipart/signed" and len(body) <= mdn.LARGEST:
        try:
            found = mime.parts(body, parameters.get("boundary", ""))
            return bool(found) and mime.entity(found[0]).kind == "multipart/report"
        except MimeError:
            return False
    return kind == "multipart/report"


def _response(exchange: Exchanged, kept: Kept) -> Response:
    """The receipt in the answer; empty if none is wanted, or if it goes elsewhere."""
    if kept.answer is None:
        return Response(status_code=200 if not exchange.problem else 403)
    if exchange.answer_url:
        return Response(status_code=200)
    response = Response(kept.answer.body, 200)
    response.raw_headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in kept.answer.headers]
    response.raw_headers.append((b"content-length", str(len(kept.answer.body)).encode()))
    return response
