"""One call through either transport: injected faults around the transaction, the log, and the shape of HTTP answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any

from starlette.responses import Response

from gateway.sandbox.odoo.database import Database
from gateway.sandbox.odoo.errors import OdooError, OrderedError, SerializationFailure
from gateway.sandbox.odoo.injection import Dropped, Fault, Injections, Interrupted
from gateway.sandbox.odoo.session import Session


class Exchange:
    """What the routes of both transports share."""

    def __init__(self, database: Database, injections: Injections) -> None:
        self.database = database
        self.injections = injections

    def begin(self, model: str, method: str) -> Interference:
        """Look up the faults that hit this call."""
        return Interference(self.injections.take(model, method))

    async def run(
        self,
        interference: Interference,
        session: Session,
        transport: str,
        target: tuple[str, str],
        arguments: Sequence[Any],
        options: Mapping[str, Any],
    ) -> Any:
        """Execute one call and log it. The session's start, before any latency, is the transaction's."""
        model, method = target
        outcome, began = "ok", time.perf_counter()
        try:
            await interference.before()
            if interference.repeats():
                self.database.execute(session, model, method, arguments, dict(options))
            result = self.database.plain(self.database.execute(session, model, method, arguments, options))
            await interference.after()
            return result
        except BaseException as error:
            outcome = error.name if isinstance(error, OdooError) else type(error).__name__
            raise
        finally:
            ids = arguments[0] if arguments and isinstance(arguments[0], (int, list)) else []
            self.database.log(
                at=session.stamp,
                transport=transport,
                login=self.database.store.rows("res.users")[session.uid]["login"],
                model=model,
                method=method,
                ids=[ids] if isinstance(ids, int) else [each for each in ids if isinstance(each, int)],
                options=sorted(options),
                outcome=outcome,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )


class Interference:
    """The faults of one call."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults

    def refuses_key(self) -> bool:
        return any(fault.kind == "access_denied" for fault in self._faults)

    def repeats(self) -> bool:
        return any(fault.kind == "twice" for fault in self._faults)

    async def before(self) -> None:
        await self._strike(after_commit=False)
        for fault in self._faults:
            if fault.kind == "serialization":
                raise SerializationFailure
            if fault.kind == "error":
                raise OrderedError(fault.name, fault.message, fault.status)

    async def after(self) -> None:
        await self._strike(after_commit=True)

    async def _strike(self, after_commit: bool) -> None:
        faults = [fault for fault in self._faults if fault.after_commit == after_commit]
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault.delay)
        for fault in faults:
            if fault.kind == "drop":
                raise Dropped
            if fault.kind in ("status", "not_json"):
                raise Interrupted(200 if fault.kind == "not_json" else fault.status, fault.retry_after)


class Answer(Response):
    """An HTTP answer as the plain server gives it: the connection is closed after it."""

    def __init__(self, database: Database, content: str, status: int, kind: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        date = format_datetime(database.store.now().replace(tzinfo=dt.UTC), usegmt=True)
        super().__init__(content, status, {"Content-Type": kind, "Connection": "close", "Date": date, **named})


def json_answer(database: Database, value: Any, status: int = 200, **headers: str) -> Answer:
    text = json.dumps(value, ensure_ascii=False)
    if status == 200 and not (isinstance(value, dict) and "error" in value):
        headers.setdefault("X_Content_Type_Options", "nosniff")
    return Answer(database, text, status, "application/json; charset=utf-8", **headers)


def page(database: Database, status: int, title: str, text: str, **headers: str) -> Answer:
    """The error page of the HTTP layer."""
    content = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"
    return Answer(database, content, status, "text/html; charset=utf-8", **headers)
