"""One Odoo as the source and the sink see it: probed once, then calls by a whitelist, through the circuit.

Not here: HTTP (transport.py), what is read and written. Rule protected: a (model, method) that is not on the list is
never called, whatever the key would allow; every call carries the company, English, and nothing of the key in its log
line.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from gateway import clock, log
from gateway.destinations.odoo import names
from gateway.destinations.odoo.circuit import Circuit
from gateway.destinations.odoo.errors import Failure, Meaning, OdooError, misconfigured
from gateway.destinations.odoo.names import Names
from gateway.destinations.odoo.recording import Recording
from gateway.destinations.odoo.settings import Flow, OdooSettings
from gateway.destinations.odoo.transport import Json2, JsonRpc, OdooTransport, Secret, http_client, server_version

logger = log.get("odoo")

ALLOWED: frozenset[tuple[str, str]] = frozenset(
    {(model, "fields_get") for model in names.MODELS}
    | {
        ("account.incoterms", "read"),
        ("decimal.precision", "search_read"),
        ("ir.attachment", "create"),
        ("ir.attachment", "search"),
        ("mail.activity", "search_count"),
        ("mail.message", "search_count"),
        ("product.product", "read"),
        ("product.supplierinfo", "search_read"),
        ("purchase.order", "activity_schedule"),
        ("purchase.order", "message_post"),
        ("purchase.order", "search_read"),
        ("purchase.order", "write"),
        ("purchase.order.line", "search_read"),
        ("res.company", "read"),
        ("res.country.state", "read"),
        ("res.partner", "read"),
        ("res.partner", "search_read"),
        ("res.users", "has_group"),
        ("res.users", "search_read"),
        ("stock.move", "search_read"),
        ("stock.package", "create"),
        ("stock.package", "search_read"),
        ("stock.picking", "action_split_transfer"),
        ("stock.picking", "fields_get"),
        ("stock.picking", "read"),
        ("stock.picking", "search_read"),
        ("stock.picking", "write"),
        ("stock.picking.type", "read"),
        ("stock.quant.package", "create"),
        ("stock.quant.package", "search_read"),
        ("stock.warehouse", "read"),
    }
)
ADMINISTRATORS = frozenset({1, 2})
FIRST_JSON2 = 19
LOOPBACK = ("127.0.0.1", "::1", "localhost")
CLOCK_TOLERANCE = 60.0


@dataclass(frozen=True, slots=True)
class Digits:
    """Decimals of prices and quantities in this Odoo."""

    price: int = 2
    quantity: int = 2


class Connection:
    """Calls to one Odoo as one technical user. Probed on the first use; `names`, `major`, `digits` are known then."""

    names: Names
    transport: OdooTransport

    def __init__(
        self,
        name: str,
        settings: OdooSettings,
        resolve: Callable[[str], str],
        *,
        flow: Flow | None = None,
        environment: Literal["prod", "test"] = "test",
        http: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.settings, self._flow = name, settings, flow or settings.flows.purchase
        self._resolve, self._environment, self._monotonic = resolve, environment, monotonic
        self.db = resolve(settings.db)
        self.major = 0
        self.digits = Digits()
        self.circuit = Circuit(monotonic)
        if settings.record:
            key = resolve(self._flow.key)
            http = Recording(http or httpx.AsyncHTTPTransport(), Path(settings.record), (key,))
        nearby = urlsplit(resolve(settings.url)).hostname in LOOPBACK
        self._http = http_client(settings.parallel_lanes, http, proxies=not nearby)
        self._context = {"allowed_company_ids": [settings.company], "lang": "en_US", "tz": "UTC"}
        self._probing = asyncio.Lock()
        self._probed = False

    async def close(self) -> None:
        await self._http.aclose()

    async def ready(self) -> None:
        """Probe the server on the first use. Raises OdooError while it cannot be used."""
        async with self._probing:
            if self._probed:
                return
            self._refuse_when_open()
            try:
                await self._probe()
            except OdooError as error:
                self.circuit.failed(error.failure)
                logger.warning("not usable", destination=self.name, call=error.call, reason=error.failure.reason)
                raise
            self.circuit.worked()
            self._probed = True

    async def call(self, model: str, method: str, ids: list[int] | None = None, **kwargs: Any) -> Any:
        """One call. Returns Odoo's value; recordsets and null differ between transports. Raises OdooError."""
        if (model, method) not in ALLOWED:
            raise OdooError(Failure(Meaning.DEFECT, "this call is not on the connector's list"), f"{model}.{method}")
        await self.ready()
        self._refuse_when_open()
        if self.circuit.open and await self._guarded("version", "", self._server_version()) != self.major:
            self._probed = False  # it came back as another version
            await self.ready()
        context = {**self._context, **kwargs.pop("context", {})}
        sent = self.transport.call(model, method, ids, kwargs, context)
        return await self._guarded(f"{model}.{method}", _hash(ids, kwargs), sent)

    async def rows(self, model: str, ids: list[int], fields: list[str]) -> dict[int, dict[str, Any]]:
        """Records by id; ids that do not exist are left out. No call for no ids."""
        wanted = sorted(set(ids))
        found = await self.call(model, "read", wanted, fields=fields) if wanted else []
        return {int(row["id"]): row for row in found}

    async def search(self, model: str, domain: list[Any], fields: list[str], **more: Any) -> list[dict[str, Any]]:
        """search_read with fields, always."""
        found: list[dict[str, Any]] = await self.call(model, "search_read", domain=domain, fields=fields, **more)
        return found

    def server_now(self) -> dt.datetime:
        """Odoo's clock as far as it is known: ours, moved by what the last Date header said."""
        return clock.now() + dt.timedelta(seconds=self._skew)

    _skew = 0.0

    def _refuse_when_open(self) -> None:
        refused = self.circuit.refusal()
        if refused is not None:
            raise OdooError(refused, self.name)

    async def _guarded(self, call: str, arguments: str, sent: Any) -> Any:
        """Await a call, tell the circuit, write the log line."""
        started = self._monotonic()
        try:
            result = await sent
        except OdooError as error:
            self.circuit.failed(error.failure)
            if error.meaning is Meaning.CREDENTIAL:
                self._probed = False  # the next probe reads the key again: it may have been renewed
            logger.warning(
                "call failed",
                destination=self.name,
                call=call,
                arguments=arguments,
                outcome=error.meaning.value,
                reason=error.failure.reason,
                seconds=round(self._monotonic() - started, 3),
                debug=error.debug or None,
            )
            raise
        if self.circuit.open:
            self.circuit.worked()
        self._see_clock()
        seconds = round(self._monotonic() - started, 3)
        logger.debug("call", destination=self.name, call=call, arguments=arguments, outcome="done", seconds=seconds)
        return result

    def _see_clock(self) -> None:
        if self.transport.server_clock is not None:
            self._skew = self.transport.server_clock - clock.now().timestamp()
            if abs(self._skew) < 2:  # the header has whole seconds, and the answer took its time
                self._skew = 0.0

    # The probe.

    async def _probe(self) -> None:
        resolve, settings = self._resolve, self.settings
        url, user = resolve(settings.url), self._flow
        login, key = resolve(user.login), Secret(resolve(user.key))
        rpc = JsonRpc(self._http, url, self.db, key)
        self._rpc, self._url = rpc, url
        self.transport = rpc
        self.major = await self._server_version()
        chosen = settings.transport
        if chosen == "json2" and self.major < FIRST_JSON2:
            raise OdooError(misconfigured(f"transport json2 needs Odoo 19 or later; this is {self.major}"), "version")
        if chosen == "json2" or (chosen == "auto" and self.major >= FIRST_JSON2):
            self.transport = Json2(self._http, url, self.db, key)
        else:
            await rpc.authenticate(login)
        await self._check_user(login)
        fields: dict[str, Mapping[str, object]] = {}
        for model in names.MODELS:
            fields[model] = await self._plain(model, "fields_get", None, attributes=["type"])
        self.names = names.resolve(fields)
        self.digits = _digits(
            await self._plain("decimal.precision", "search_read", None, domain=[], fields=["name", "digits"])
        )
        self._see_clock()
        if abs(self._skew) > CLOCK_TOLERANCE:
            logger.warning(
                "the clocks of Odoo and the gateway differ", destination=self.name, seconds=round(self._skew)
            )
        logger.info(
            "connected", destination=self.name, major=self.major, transport=type(self.transport).__name__, db=self.db
        )

    async def _server_version(self) -> int:
        """The major version: from /json/version where it exists, else from JSON-RPC."""
        told = None if self.settings.transport == "jsonrpc" else await server_version(self._http, self._url)
        if _major(told) is None:
            told = await self._rpc.version()
        major = _major(told)
        if major is None:
            raise OdooError(misconfigured("the server does not say which Odoo it is"), "version")
        return major

    async def _check_user(self, login: str) -> None:
        """The user exists, sees the company, and in production is no administrator."""
        domain = [["login", "=", login]]
        found = await self._plain(
            "res.users", "search_read", None, domain=domain, fields=["login", "company_ids", "tz", "lang"]
        )
        if not found:
            raise OdooError(misconfigured(f"Odoo has no user {login}"), "res.users.search_read")
        user = found[0]
        if self.settings.company not in user["company_ids"]:
            raise OdooError(
                misconfigured(f"{login} may not see company {self.settings.company}"), "res.users.search_read"
            )
        if self._environment != "prod" or self.settings.allow_administrator:
            return
        if user["id"] in ADMINISTRATORS or await self._plain(
            "res.users", "has_group", [user["id"]], group_ext_id="base.group_system"
        ):
            reason = f"{login} is an administrator; use a user with purchase rights only, or set allow_administrator"
            raise OdooError(misconfigured(reason), "res.users")

    async def _plain(self, model: str, method: str, ids: list[int] | None, **kwargs: Any) -> Any:
        """A call of the probe itself, before the connection is in use."""
        return await self.transport.call(model, method, ids, kwargs, self._context)


def _major(told: Any) -> int | None:
    """The major in `server_version_info: [18, ...]`, `version_info: ["saas~19", ...]` or `version: "19.0"`."""
    if not isinstance(told, Mapping):
        return None
    info = told.get("server_version_info") or told.get("version_info")
    first = info[0] if isinstance(info, list) and info else told.get("server_version") or told.get("version")
    match = re.search(r"\d+", str(first))
    return int(match[0]) if match else None


def _digits(rows: list[dict[str, Any]]) -> Digits:
    """18 says `Product Unit of Measure`, 19 `Product Unit`."""
    known = {str(row["name"]): int(row["digits"]) for row in rows}
    quantity = known.get("Product Unit of Measure", known.get("Product Unit", 2))
    return Digits(known.get("Product Price", 2), quantity)


def _hash(ids: list[int] | None, kwargs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([ids, kwargs], default=str, sort_keys=True).encode()).hexdigest()[:12]
