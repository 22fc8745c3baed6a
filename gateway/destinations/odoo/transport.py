"""The two ways to call Odoo: JSON-2 (19 and later) and JSON-RPC (17 and 18), each one HTTP request per call.

Not here: which methods may be called, what an error means for a delivery, retries. Rule protected: a call is sent once.
Arguments are keywords, redirects are refused, the key appears in the request and nowhere else. Numbers come back as
Decimal.
"""

from __future__ import annotations

import email.utils
import json
import ssl
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

import httpx

from gateway.destinations.odoo.errors import Answer, Failure, Meaning, OdooError, classify, lost, misconfigured, unsent

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 120.0  # Odoo repeats a serialization failure itself: a call can hang 25 s before it fails

# Methods that change nothing: their fate may stay unknown. Everything else is a write.
READS = frozenset(
    {
        "search",
        "search_read",
        "search_count",
        "read",
        "fields_get",
        "has_group",
        "context_get",
        "version",
        "authenticate",
    }
)
# Methods of a model, not of records: `ids` is refused by JSON-2 and left out by JSON-RPC.
MODEL_METHODS = frozenset({"search", "search_read", "search_count", "fields_get", "create"})


class Secret(str):
    """A text that hides itself from tracebacks and logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class OdooTransport(Protocol):
    """One call. Returns the result, floats as Decimal; raises OdooError."""

    server_clock: float | None  # seconds since the epoch, of the Date header last seen

    async def call(
        self,
        model: str,
        method: str,
        ids: list[int] | None,
        kwargs: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> Any: ...


def http_client(
    lanes: int, transport: httpx.AsyncBaseTransport | None = None, *, proxies: bool = True
) -> httpx.AsyncClient:
    """The HTTP client of one Odoo: a connection per lane, one for the poller. `proxies`: those of the environment."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        limits=httpx.Limits(max_connections=lanes + 1, max_keepalive_connections=lanes + 1),
        follow_redirects=False,
        trust_env=proxies,
        transport=transport,
    )


class _Http:
    """What both transports share: send once, tell what became of it."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client, self._url = client, url.rstrip("/")
        self.server_clock: float | None = None

    async def _send(
        self, request: httpx.Request, *, call: str, write: bool, read: Callable[[httpx.Response, Any], Any]
    ) -> Any:
        """The result that `read` finds in the answer; it gets the parsed body, or None for a body that is not JSON."""
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as error:
            raise OdooError(_network(error, write=write), call) from None
        self.server_clock = _date(response)
        try:
            body = json.loads(response.content, parse_float=Decimal)
            readable = True
        except ValueError:
            body, readable = None, False
        if readable:
            return read(response, body)
        raise OdooError(_not_json(response, write=write), call)

    def _request(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Request:
        return self._client.build_request(
            "POST",
            self._url + path,
            content=json.dumps(body, default=_plain_number),
            headers={"Content-Type": "application/json", **headers},
        )


class Json2(_Http):
    """`POST /json/2/<model>/<method>` with the key as bearer."""

    def __init__(self, client: httpx.AsyncClient, url: str, db: str, key: str) -> None:
        super().__init__(client, url)
        self._headers = {"Authorization": Secret(f"bearer {key}"), "X-Odoo-Database": db}

    async def call(
        self,
        model: str,
        method: str,
        ids: list[int] | None,
        kwargs: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = dict(kwargs)
        if ids is not None and method not in MODEL_METHODS:
            body["ids"] = ids
        if context:
            body["context"] = dict(context)
        call, write = f"{model}.{method}", method not in READS

        def read(response: httpx.Response, answer: Any) -> Any:
            if response.status_code == 200:
                return answer
            raise _failed(response, answer, call=call, write=write)

        return await self._send(
            self._request(f"/json/2/{model}/{method}", body, self._headers), call=call, write=write, read=read
        )


class JsonRpc(_Http):
    """`POST /jsonrpc` with `execute_kw`. `uid` comes from `authenticate`; the key stands where a password stood."""

    def __init__(self, client: httpx.AsyncClient, url: str, db: str, key: str) -> None:
        super().__init__(client, url)
        self._db, self._key = db, Secret(key)
        self.uid = 0
        self._number = 0

    async def call(
        self,
        model: str,
        method: str,
        ids: list[int] | None,
        kwargs: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> Any:
        positional: list[Any] = [] if ids is None or method in MODEL_METHODS else [ids]
        keywords = {**kwargs, **({"context": dict(context)} if context else {})}
        args = [self._db, self.uid, self._key, model, method, positional, keywords]
        return await self._service("object", "execute_kw", args, f"{model}.{method}", method not in READS)

    async def version(self) -> Any:
        """`common.version`: answers without authentication."""
        return await self._service("common", "version", [], "common.version", False)

    async def authenticate(self, login: str) -> None:
        """Find the user's id. A refused key is answered with false, not with an error."""
        args = [self._db, login, self._key, {}]
        uid = await self._service("common", "authenticate", args, "common.authenticate", False)
        if not isinstance(uid, int) or not uid:
            reason = f"Odoo refuses the key of {login}, or there is no such user"
            raise OdooError(Failure(Meaning.CREDENTIAL, reason), "common.authenticate")
        self.uid = int(uid)

    async def _service(self, service: str, method: str, args: list[Any], call: str, write: bool) -> Any:
        self._number += 1
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "id": self._number, "params": params}

        def read(response: httpx.Response, answer: Any) -> Any:
            if response.status_code == 200 and isinstance(answer, dict) and not answer.get("error"):
                return answer.get("result")  # a method that returns nothing has no result
            raise _failed(response, answer, call=call, write=write)

        return await self._send(self._request("/jsonrpc", body, {}), call=call, write=write, read=read)


async def server_version(client: httpx.AsyncClient, url: str) -> Any:
    """`GET /json/version` (19 and later), or None where that page does not exist."""
    try:
        response = await client.get(url.rstrip("/") + "/json/version")
    except httpx.HTTPError as error:
        raise OdooError(_network(error, write=False), "GET /json/version") from None
    if response.status_code != 200:
        return None
    try:
        return response.json()
    except ValueError:
        return None


def _failed(response: httpx.Response, body: Any, *, call: str, write: bool) -> OdooError:
    """The error in an answer that is JSON: JSON-2 has it in the body, JSON-RPC under `error.data`."""
    found = body if isinstance(body, dict) else {}
    if isinstance(found.get("error"), dict):
        found = found["error"].get("data") or found["error"]
    answer = Answer(
        response.status_code,
        str(found.get("name") or ""),
        str(found.get("message") or ""),
        _retry_after(response),
        write,
    )
    return OdooError(classify(answer), call, str(found.get("debug") or ""))


def _not_json(response: httpx.Response, *, write: bool) -> Failure:
    answer = Answer(response.status_code, retry_after=_retry_after(response), write=write)
    if response.status_code == 200 and not write:
        return misconfigured("the server answered with a page instead of JSON: a proxy or a login page")
    return classify(answer)


def _network(error: httpx.HTTPError, *, write: bool) -> Failure:
    """What a failure below HTTP means: the question is only whether the request was complete when it happened."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, httpx.ConnectError) and _certificate(error):
        return misconfigured(f"the certificate is not valid: {error}")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return unsent(reason)
    if isinstance(error, httpx.WriteError | httpx.WriteTimeout):
        return unsent(reason)  # the body was not complete, so nothing can have been executed
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return misconfigured(reason)
    return lost(reason, write=write)


def _certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if text.isdecimal() else None


def _date(response: httpx.Response) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except ValueError:
        return None


def _plain_number(value: object) -> Any:
    """Decimal leaves as a JSON number; nothing else needs a rule."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
