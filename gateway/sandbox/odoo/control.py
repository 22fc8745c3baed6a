"""`/sandbox/...`: how tests and the demo make orders, ask for faults and look inside. Answered on loopback only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.sandbox.odoo.database import Database
from gateway.sandbox.odoo.errors import ArgumentMismatch, OdooError, UnknownMethod, UnknownModel
from gateway.sandbox.odoo.fields import Values
from gateway.sandbox.odoo.injection import InjectionError, Injections
from gateway.sandbox.odoo.seed import SeedError, Sower
from gateway.sandbox.odoo.session import Session

LOOPBACK = ("127.0.0.1", "::1")
ADMIN = 2
DUMPED = {
    "orders": ("purchase.order", {"lines": ("order_line", "purchase.order.line")}),
    "pickings": ("stock.picking", {"move_lines": ("move_line_ids", "stock.move.line")}),
    "messages": ("mail.message", {"attachments": ("attachment_ids", "ir.attachment")}),
    "activities": ("mail.activity", {}),
    "bills": ("account.move", {"lines": ("invoice_line_ids", "account.move.line")}),
    "sales_orders": ("sale.order", {"lines": ("order_line", "sale.order.line")}),
}

Handler = Callable[[Any], Awaitable[Any]]


class Control:
    """The control endpoints. `refuse` closes the listening socket for a while, where there is one."""

    def __init__(self, database: Database, injections: Injections) -> None:
        self.database = database
        self.injections = injections
        self.refuse: Callable[[float], None] | None = None

    def routes(self) -> list[Route]:
        posts: dict[str, Handler] = {
            "confirm": self.confirm,
            "call": self.call,
            "faults": self.inject,
            "refuse": self.stop_listening,
            "clock": self.clock,
            "reset": self.reset,
        }
        return [
            Route("/sandbox/state", self._guarded(self.state), methods=["GET"]),
            Route("/sandbox/faults", self._guarded(self.faults), methods=["GET"]),
            Route("/sandbox/faults", self._guarded(self.clear), methods=["DELETE"]),
            *(Route(f"/sandbox/{name}", self._guarded(handler), methods=["POST"]) for name, handler in posts.items()),
        ]

    async def confirm(self, wanted: Values) -> Values:
        """Create an order, written as in the seed file, and confirm it (`state` says otherwise).

        `slow` seconds pass between the start of the transaction and its commit.
        """
        wanted = {"state": "purchase", **wanted}
        session = Session(self.database.store, wanted.pop("uid", ADMIN), self.database.store.now())
        await asyncio.sleep(float(wanted.pop("slow", 0)))
        with self.database.store.transaction():
            order = Sower(session).order("confirm", wanted)
        row = session["purchase.order"].read([order], ["name", "state", "order_line", "picking_ids", "write_date"])[0]
        return row

    async def call(self, wanted: Values) -> Values:
        """A call as a person at the screen makes it: model, method, args, kwargs, uid (the administrator)."""
        session = self.database.session(wanted.get("uid", ADMIN), wanted.get("context"))
        arguments, options = wanted.get("args", []), wanted.get("kwargs", {})
        result = self.database.execute(session, wanted["model"], wanted["method"], arguments, options)
        return {"result": self.database.plain(result)}

    async def inject(self, wanted: Values) -> Values:
        """Ask for a fault; see injection.py for its keys."""
        return {"id": self.injections.add(wanted).id}

    async def faults(self, wanted: Values) -> list[Values]:
        return self.injections.listing()

    async def clear(self, wanted: Values) -> Values:
        self.injections.clear()
        return {}

    async def stop_listening(self, wanted: Values) -> Values:
        """New connections are refused for `seconds`; the answer comes first."""
        if self.refuse is None:
            raise InjectionError("this sandbox does not own its socket")
        self.refuse(float(wanted["seconds"]))
        return {}

    async def clock(self, wanted: Values) -> Values:
        """Move the server's clock by `seconds` from the real one."""
        self.database.set_skew(float(wanted["seconds"]))
        return {}

    async def reset(self, wanted: Values) -> Values:
        """Back to the seed, without faults."""
        self.injections.clear()
        self.database.reset()
        return {}

    async def state(self, wanted: Values) -> Values:
        """Everything a check wants to see."""
        session = self.database.session(ADMIN, {"active_test": False})
        dump: Values = {"version": self.database.version, "db": self.database.name}
        for name, (model, inside) in DUMPED.items():
            dump[name] = session[model].search_read([], order="id")
            for record in dump[name]:
                for inner, (field, relation) in inside.items():
                    record[inner] = session[relation].read(record[field])
        dump["calls"] = list(self.database.calls)
        dump["counts"] = dict(self.database.counts)
        dump["faults"] = self.injections.listing()
        return dump

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.client is None or request.client.host not in LOOPBACK:
                return _answer({"error": "loopback only"}, 403)
            try:
                wanted = await request.json() if await request.body() else {}
                return _answer(await handler(wanted))
            except OdooError as error:
                return _answer({"error": error.data()}, 422)
            except (UnknownModel, UnknownMethod) as error:
                return _answer({"error": f"{type(error).__name__}: {error}"}, 422)
            except (SeedError, InjectionError, ArgumentMismatch, KeyError, ValueError, TypeError) as error:
                return _answer({"error": str(error)}, 400)

        return endpoint


def _answer(value: Any, status: int = 200) -> Response:
    """Every connection ends after its answer, so that closing the socket is felt by the next call."""
    return JSONResponse(value, status, {"Connection": "close"})
