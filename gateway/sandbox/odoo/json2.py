"""JSON-2 at `/json/2/<model>/<method>` (19): arguments by name, a bare JSON value back, errors with their status."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.sandbox.odoo.catalogue import method_kind
from gateway.sandbox.odoo.database import RELEASES
from gateway.sandbox.odoo.errors import (
    ArgumentMismatch,
    BadRequest,
    NotFound,
    OdooError,
    Unauthorized,
    UnknownMethod,
    UnknownModel,
    UnprocessableEntity,
)
from gateway.sandbox.odoo.exchange import Answer, Exchange, json_answer, page

NO_DATABASE = """<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>

<!-- Alternatively, use the X-Odoo-Database header. -->
"""


class Json2:
    """The route's endpoint."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.database = exchange.database

    async def version(self, request: Request) -> Response:
        """`GET /json/version`: no key needed."""
        interference = self.exchange.begin("common", "version")
        await interference.before()
        version = self.database.version
        info = {"version_info": [version, 0, 0, "final", 0, ""], "version": RELEASES[version]}
        await interference.after()
        return json_answer(self.database, info)

    async def __call__(self, request: Request) -> Response:
        if request.headers.get("x-odoo-database", self.database.name) != self.database.name:
            return Answer(self.database, NO_DATABASE, 404, "text/html; charset=utf-8")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method == "POST" and kind != "application/json":
            route = "/json/2/<__model__>/<__method__>"
            text = f"Request inferred type is compatible with ['http'] but {route!r} is type='json2'."
            advice = "Please verify the Content-Type request header and try again."
            content = escape(text).replace("&#x27;", "&#39;") + f"<br><br>{advice}"
            return page(self.database, 415, "Unsupported Media Type", content, Accept="application/json")
        try:
            return json_answer(self.database, await self._call(request))
        except Unauthorized as error:
            return json_answer(self.database, error.data(), error.status, WWW_Authenticate="Bearer")
        except OdooError as error:
            return json_answer(self.database, error.data(), error.status)

    async def _call(self, request: Request) -> Any:
        if request.method != "POST":
            raise NotFound("Did you mean POST /json/2/<model>/<method>?")
        model, method = request.path_params["model"], request.path_params["method"]
        interference = self.exchange.begin(model, method)
        uid = self._authenticate(request.headers.get("authorization", ""))
        if interference.refuses_key():
            raise Unauthorized("Invalid apikey")
        options = self._body(await request.body())
        context, ids = options.pop("context", None), options.pop("ids", None)
        session = self.database.session(uid, context)
        try:
            if method_kind(session, model, method) == "record":
                arguments: list[Any] = [[ids] if isinstance(ids, int) else list(ids or [])]
            elif ids:
                raise UnprocessableEntity(f"cannot call {model}.{method} with ids")
            else:
                arguments = []
            return await self.exchange.run(interference, session, "JSON-2", (model, method), arguments, options)
        except UnknownModel:
            raise NotFound(f"the model '{model}' does not exist") from None
        except UnknownMethod:
            raise NotFound(f"The method '{model}.{method}' does not exist") from None
        except ArgumentMismatch as error:
            raise UnprocessableEntity(str(error)) from None

    def _authenticate(self, header: str) -> int:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized("User not authenticated, use an API Key with a Bearer Authorization header.")
        uid = self.database.keys.get(key.strip())
        if uid is None:
            raise Unauthorized("Invalid apikey")
        return uid

    @staticmethod
    def _body(content: bytes) -> dict[str, Any]:
        try:
            body = json.loads(content or b"{}")
        except ValueError as error:
            raise BadRequest(f"could not parse the body as json: {error}") from None
        if not isinstance(body, dict):
            raise BadRequest("could not parse the body as json: an object is expected")
        return body
