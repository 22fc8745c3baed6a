"""Our listener for uploads: who it is, by a token, and how much at a time.

Not here: what a partner may do then (mailbox.py). Rule protected: who is not known learns nothing, whether the partner
or the token is wrong, and costs nothing.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import clock
from gateway.listening import Server
from gateway.ports import Desk
from gateway.transports.defender import KNOWN_NAME, UNKNOWN_NAME, Defender, inside
from gateway.transports.http import Turned, check_headers, configured
from gateway.transports.https import problems, tokens
from gateway.transports.https.mailbox import Mailbox
from gateway.transports.https.problems import Problem
from gateway.transports.https.settings import Listener, UploadChannel
from gateway.transports.https.tokens import Known

PATH = "/mailbox/{partner}"
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Account:
    """One channel: `<partner>/<channel>`, its settings and tokens."""

    mailbox: str
    settings: UploadChannel
    tokens: tuple[Known, ...]


class UploadServer:
    """Listens for all channels. `channels` maps `<partner>/<channel>` to settings; `resolve` reads a reference.

    Raises, already here, TokenRefused or what `resolve` raises when a token cannot be read, and ValueError if two
    channels have the same one.
    """

    def __init__(
        self, settings: Listener, channels: Mapping[str, UploadChannel], desk: Desk, resolve: Callable[[str], str]
    ) -> None:
        self._settings, self._desk, self._resolve = settings, desk, resolve
        self._accounts: dict[str, list[_Account]] = {}  # by partner
        self._running: Counter[str] = Counter()
        self._defender = Defender(settings.defence)
        self._http: Server | None = None
        self._draining = False
        self.replace(channels)

    def replace(self, channels: Mapping[str, UploadChannel]) -> None:
        """Other channels from now on; requests that are running end as they began."""
        accounts: dict[str, list[_Account]] = {}
        owners: dict[bytes, str] = {}
        for mailbox, settings in channels.items():
            known = tuple(tokens.read(entry, self._resolve) for entry in settings.tokens)
            for token in known:
                if (other := owners.setdefault(token.digest, mailbox)) != mailbox:
                    raise ValueError(f"{mailbox}: a token of it belongs to {other} already")
            accounts.setdefault(mailbox.partition("/")[0], []).append(_Account(mailbox, settings, known))
        self._accounts = accounts
        self._defender.trusted = tuple(network for settings in channels.values() for network in settings.addresses)

    @property
    def port(self) -> int:
        """The port in use; 0 before the start."""
        return self._http.port if self._http is not None else 0

    async def start(self) -> None:
        """Open the listener. Raises OSError if it cannot be opened, ValueError for a certificate that is none."""
        one = PATH + "/{name}"
        context = tls(self._settings, self._resolve)
        app = Starlette(
            routes=[
                Route(PATH, self._answering(Mailbox.upload), methods=["POST"]),
                Route(PATH, self._answering(Mailbox.listing), methods=["GET"]),
                Route(one, self._answering(Mailbox.fetch), methods=["GET"]),
                Route(one, self._answering(Mailbox.confirm), methods=["DELETE"]),
            ],
            exception_handlers={HTTPException: _nothing_here},
        )
        self._http = Server(configured(app, self._settings, context))
        await self._http.open()

    async def stop(self) -> None:
        """Accept nothing new, let what runs end."""
        self._draining = True
        if self._http is not None:
            await self._http.close()

    def _answering(self, work: Callable[[Mailbox, Request], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        """A handler: the mailbox of whoever asks, and what is done with it; every failure is a problem in words."""

        async def handle(request: Request) -> Response:
            try:
                account, token = self._account(request)
                peer = request.client.host if request.client else ""
                facts = {"transport": "https", "peer": peer, "token": token.entry.label}
                mailbox = Mailbox(account.mailbox, account.settings, self._settings, self._desk, facts)
                self._running[account.mailbox] += 1
                try:
                    return await work(mailbox, request)
                finally:
                    self._running[account.mailbox] -= 1
            except Turned as turned:
                return problems.response(turned)
            except ClientDisconnect:
                return Response(status_code=400)
            except TimeoutError:
                return problems.response(Problem(408, "time", "the body did not come in time"))
            except Exception:  # the store is away, or a defect of ours: nothing is kept and nothing is promised
                logger.exception("upload_failed")
                return problems.response(
                    Problem(503, "store", "the file could not be stored; nothing was kept, try again", **_LATER)
                )

        return handle

    def _account(self, request: Request) -> tuple[_Account, Known]:
        """Whose request it is, and by which token. Raises Turned."""
        check_headers(request)
        address = request.client.host if request.client else ""
        if not self._defender.lets_in(address):
            raise Problem(403, "banned", "too many failed attempts from this address; try again later")
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not presented.strip():
            raise _unknown("a token is needed: Authorization: Bearer TOKEN")
        accounts = self._accounts.get(request.path_params["partner"], [])
        owned = {token.digest: account for account in accounts for token in account.tokens}
        token = tokens.matching(presented.strip(), [token for account in accounts for token in account.tokens])
        account = owned[token.digest] if token is not None else None
        if account is None or token is None or not self._may_come(account, token, address):
            self._defender.score(address, KNOWN_NAME if accounts else UNKNOWN_NAME, "another token")
            logger.warning("upload_unknown", peer=address, partner=request.path_params["partner"][:100])
            raise _unknown("there is no such mailbox, or the token is not one of it")
        if self._draining:
            raise Problem(503, "busy", "the gateway is being stopped; try again", **_LATER)
        if sum(self._running.values()) >= self._settings.max_requests:
            raise Problem(503, "busy", "too many requests at a time; try again", **_LATER)
        if self._running[account.mailbox] >= account.settings.max_requests:
            raise Problem(429, "busy", "too many of your requests at a time; try again", **_LATER)
        return account, token

    def _may_come(self, account: _Account, token: Known, address: str) -> bool:
        good = token.good(clock.now().date())
        if not good:
            logger.warning("upload_token_ended", mailbox=account.mailbox, token=token.entry.label)
        return good and (not account.settings.addresses or inside(address, account.settings.addresses))


_LATER = {"Retry-After": "30"}


def tls(settings: Listener, resolve: Callable[[str], str]) -> ssl.SSLContext | None:
    """The certificate and key of the listener, None if it has none. Raises ValueError if they do not fit."""
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    paths = []
    try:
        for reference in (settings.certificate, settings.key):  # ssl reads files only
            descriptor, path = tempfile.mkstemp()
            paths.append(path)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(resolve(reference) + "\n")
        context.load_cert_chain(*paths)
    except ssl.SSLError as error:
        raise ValueError(f"{settings.certificate}, {settings.key}: not a certificate with its key: {error}") from None
    finally:
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(path)
    return context


def _unknown(sentence: str) -> Problem:
    return Problem(401, "token", sentence, **{"WWW-Authenticate": "Bearer"})


async def _nothing_here(request: Request, error: Exception) -> Response:
    """What is not a mailbox, or not done with one."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    allowed = {"Allow": error.headers["Allow"]} if isinstance(error, HTTPException) and error.headers else {}
    return problems.response(Problem(status, "path", "this is no mailbox, or nothing that is done with one", **allowed))
