"""JSON-RPC at `/jsonrpc`: services common and object. Odoo errors are HTTP 200, a broken body an HTML 400."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.sandbox.odoo.catalogue import method_kind
from gateway.sandbox.odoo.database import RELEASES
from gateway.sandbox.odoo.errors import (
    AccessDenied,
    ArgumentMismatch,
    InvalidType,
    NoAttribute,
    NoKey,
    OdooError,
    OperationalError,
    UnknownMethod,
    UnknownModel,
    UserError,
)
from gateway.sandbox.odoo.exchange import Answer, Exchange, json_answer, page


class JsonRpc:
    """The route's endpoint."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.database = exchange.database

    async def __call__(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            text = "Request inferred type is compatible with ['http'] but '/jsonrpc' is type='json'."
            return page(self.database, 400, "Bad Request", text)
        try:
            body = json.loads(await request.body())
        except ValueError:
            kind = "text/html; charset=utf-8"
            return Answer(self.database, "Invalid JSON data", 400, kind, X_Content_Type_Options="nosniff")
        number = body.get("id") if isinstance(body, dict) else None
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": number}
        try:
            params = body.get("params") if isinstance(body, dict) else None
            if not isinstance(params, dict) or not {"service", "method", "args"} <= params.keys():
                raise InvalidType("RPCController.jsonrpc() missing 3 required positional arguments")
            result = await self._dispatch(params["service"], params["method"], params["args"])
            if result is not None:
                answer["result"] = result
        except OdooError as error:
            answer["error"] = {"code": 200, "message": "Odoo Server Error", "data": error.data()}
        return json_answer(self.database, answer)

    async def _dispatch(self, service: str, method: str, args: Sequence[Any]) -> Any:
        if service == "object" and method in ("execute_kw", "execute"):
            return await self._execute(method, args)
        interference = self.exchange.begin(service, method)
        await interference.before()
        if service != "common":
            raise NoKey(repr(service))
        if method == "version":
            result: Any = self._version()
        elif method in ("authenticate", "login") and len(args) >= 3:
            self._require_database(args[0])
            uid = self.database.user(str(args[1]), str(args[2]))
            result = False if uid is None or interference.refuses_key() else uid
        else:
            raise NoAttribute(f"Method not found: {method}")
        await interference.after()
        return result

    def _version(self) -> dict[str, Any]:
        version = self.database.version
        return {
            "server_version": RELEASES[version],
            "server_version_info": [version, 0, 0, "final", 0, ""],
            "server_serie": f"{version}.0",
            "protocol_version": 1,
        }

    async def _execute(self, how: str, args: Sequence[Any]) -> Any:
        if len(args) < 5:
            raise InvalidType(f"{how}() missing required positional arguments")
        database, uid, key, model, method, *rest = args
        if how == "execute_kw":
            arguments = list(rest[0]) if rest else []
            options = dict(rest[1]) if len(rest) > 1 and rest[1] else {}
        else:
            arguments, options = rest, {}
        interference = self.exchange.begin(model, method)
        self._require_database(database)
        if self.database.keys.get(str(key)) != uid or interference.refuses_key():
            raise AccessDenied
        session = self.database.session(uid, options.pop("context", None))
        try:
            if arguments and method_kind(session, model, method) == "record" and isinstance(arguments[0], int):
                arguments[0] = [arguments[0]]
            return await self.exchange.run(interference, session, "JSON-RPC", (model, method), arguments, options)
        except UnknownModel:
            raise UserError(f"Object {model} doesn't exist") from None
        except UnknownMethod:
            raise NoAttribute(f"The method '{model}.{method}' does not exist") from None
        except ArgumentMismatch as error:
            raise InvalidType(f"BaseModel.{method}() {error}") from None

    def _require_database(self, name: str) -> None:
        if name != self.database.name:
            raise OperationalError(
                f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{name}" does not exist\n'
            )
