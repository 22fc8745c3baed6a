"""A sandbox in the process, and a client that speaks both transports to it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.sandbox.odoo import Database, Sandbox

SEED: dict[str, Any] = {
    "users": [
        {"login": "admin", "key": "admin-key"},
        {"login": "edi", "key": "edi-key", "groups": ["purchase"]},
        {"login": "stock", "key": "stock-key", "groups": ["stock"]},
        {"login": "nobody", "key": "nobody-key", "groups": []},
    ],
    "taxes": [{"name": "20%", "amount": 20}],
    "partners": [
        {"name": "Vendor", "ref": "V1", "is_company": True, "country_id": "US"},
        {"name": "Sales desk", "parent_id": "V1"},
        {"name": "Other vendor", "ref": "V2", "is_company": True},
    ],
    "products": [
        {
            "code": "A",
            "name": "Widget",
            "barcode": "00614141000418",
            "supplier_taxes_id": ["20%"],
            "suppliers": [
                {"partner": "V1", "code": "VA", "name": "Vendor widget", "price": 3.5, "delay": 2, "discount": 1},
                {"partner": "V1", "price": 3, "min_qty": 100},
            ],
        },
        {"code": "L", "name": "Lot ware", "tracking": "lot"},
    ],
    "purchase_orders": [
        {
            "name": "P00042",
            "partner": "V1",
            "state": "purchase",
            "lines": [
                {"product": "A", "qty": 10, "price": 4.25, "date": "2026-12-01 12:00:00"},
                {"product": "L", "qty": 2, "price": 1, "date": "2026-12-01 12:00:00"},
            ],
        },
        {"name": "P00043", "partner": "V2", "lines": [{"product": "A", "qty": 1}]},
    ],
}


class OdooFault(Exception):
    """An error the sandbox answered: its name and text, and the HTTP status."""

    def __init__(self, data: dict[str, Any], status: int) -> None:
        super().__init__(data["message"])
        self.name, self.message, self.status = data["name"], data["message"], status


class Client:
    """Calls methods by name, over the transport the version uses."""

    def __init__(self, version: int, http: httpx.AsyncClient, login: str = "edi") -> None:
        self.version, self.http, self.login = version, http, login
        self._numbers = itertools.count(1)

    def as_user(self, login: str) -> Client:
        return Client(self.version, self.http, login)

    async def call(self, model: str, method: str, ids: list[int] | None = None, **options: Any) -> Any:
        if self.version >= 19:
            body = options if ids is None else {"ids": ids, **options}
            headers = {"Authorization": f"bearer {self.login}-key"}
            answer = await self.http.post(f"/json/2/{model}/{method}", json=body, headers=headers)
            if answer.status_code != 200:
                raise OdooFault(answer.json(), answer.status_code)
            return answer.json()
        uid = await self.rpc("common", "authenticate", "odoo", self.login, f"{self.login}-key", {})
        arguments = [] if ids is None else [ids]
        return await self.rpc(
            "object", "execute_kw", "odoo", uid, f"{self.login}-key", model, method, arguments, options
        )

    async def rpc(self, service: str, method: str, *arguments: Any) -> Any:
        params = {"service": service, "method": method, "args": arguments}
        body = {"jsonrpc": "2.0", "method": "call", "id": next(self._numbers), "params": params}
        answer = await self.http.post("/jsonrpc", json=body)
        assert answer.status_code == 200
        assert answer.json()["id"] == body["id"]
        if "error" in answer.json():
            raise OdooFault(answer.json()["error"]["data"], 200)
        return answer.json().get("result")

    async def sandbox(self, path: str, **wanted: Any) -> Any:
        """A control endpoint: GET without arguments, else POST."""
        answer = await self.http.request("POST" if wanted else "GET", f"/sandbox/{path}", json=wanted or None)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(params=[18, 19])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def database(version: int) -> Database:
    return Database("odoo", version, SEED)


@pytest.fixture
async def odoo(database: Database) -> AsyncIterator[Client]:
    """A client with the purchase user's key."""
    transport = httpx.ASGITransport(app=Sandbox(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        yield Client(database.version, http)
