"""The sandbox as an ASGI application: JSON-RPC, JSON-2 on 19, a web client's 404 for the rest, and /sandbox."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.sandbox.odoo.control import Control
from gateway.sandbox.odoo.database import Database
from gateway.sandbox.odoo.errors import OdooError
from gateway.sandbox.odoo.exchange import Answer, Exchange, json_answer, page
from gateway.sandbox.odoo.injection import Dropped, Injections, Interrupted
from gateway.sandbox.odoo.json2 import Json2
from gateway.sandbox.odoo.jsonrpc import JsonRpc


class SessionExpired(OdooError):
    """The web client's own route: an API key is no session."""

    name = "odoo.http.SessionExpiredException"


class Cut(Response):
    """No answer: the connection is cut. Without a connection (a call inside the process) a ConnectionResetError."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope.get("state", {}).get("transport")
        if transport is None:
            raise ConnectionResetError("the sandbox cut the connection")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Sandbox:
    """The ASGI application. `database`, `injections` and `control` are open to in-process tests."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.injections = Injections()
        self.control = Control(database, self.injections)
        exchange = Exchange(database, self.injections)
        json2 = Json2(exchange)
        routes = [
            *self.control.routes(),
            Route("/jsonrpc", JsonRpc(exchange).__call__, methods=["POST"]),
            Route("/web/dataset/call_kw", self._no_session, methods=["POST"]),
        ]
        if database.version >= 19:
            routes += [
                Route("/json/version", json2.version, methods=["GET"]),
                Route("/json/2/{model}/{method}", json2.__call__, methods=["GET", "POST"]),
            ]
        else:
            routes.append(Route("/json/1/{path:path}", self._no_token, methods=["POST"]))
        handlers: dict[Any, Any] = {404: self._missing, Interrupted: self._interrupted, Dropped: self._cut}
        self._app = Starlette(routes=routes, exception_handlers=handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _no_session(self, request: Request) -> Response:
        data = SessionExpired("Session expired").data()
        error = {"code": 100, "message": "Odoo Session Expired", "data": data}
        return json_answer(self.database, {"jsonrpc": "2.0", "id": None, "error": error})

    async def _no_token(self, request: Request) -> Response:
        return page(self.database, 400, "Bad Request", "Session expired (invalid CSRF token)")

    async def _missing(self, request: Request, error: Exception) -> Response:
        """The web client's page, which starts a session."""
        content = (
            "<!DOCTYPE html>\n<html><head><title>Page not found | Odoo</title></head><body><h1>404</h1></body></html>\n"
        )
        headers = {"Set_Cookie": "session_id=sandbox; HttpOnly; Path=/", "X_Content_Type_Options": "nosniff"}
        return Answer(self.database, content, 404, "text/html;charset=utf-8", **headers)

    async def _cut(self, request: Request, error: Exception) -> Response:
        return Cut()

    async def _interrupted(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Interrupted)
        headers = {} if error.retry_after is None else {"Retry_After": str(error.retry_after)}
        return page(self.database, error.status, "Sandbox", "This page stands for a proxy or a login page.", **headers)
