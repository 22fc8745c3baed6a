"""An Odoo to test against, with a person at its screen, one vendor and two products; and an inlet that remembers.

The same cases run against the sandbox as 18 and as 19, and with `-m odoo` against the Odoo that ODOO_URL, ODOO_DB,
ODOO_LOGIN and ODOO_KEY name. Records made there start with EDITEST and a number of the run; others are never touched.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import yaml

import edi
from edi.documents import OrderAcknowledged, wrap
from gateway.destinations.odoo import Odoo, OdooSettings, PartnerTerms, VendorBinding
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.transport import JsonRpc, http_client
from gateway.ports import Parcel, Submission
from gateway.tolerances import Tolerances

KEY = "edi-key"
NAME = "odoo-test"
PARTNER = "supplier"
SEED: dict[str, Any] = {
    "company": {"name": "Buyer Co", "vat": "US123", "street": "1 Main St", "city": "Chicago", "country_id": "US"},
    "users": [
        {"login": "admin", "key": "admin-key"},
        {"login": "edi", "key": KEY, "groups": ["purchase"]},
        {"login": "wms", "key": "wms-key", "groups": ["purchase", "stock"]},
        {"login": "nobody", "key": "nobody-key", "groups": []},
    ],
    "incoterms": [{"code": "DAP", "name": "Delivered at place"}],
    "payment_terms": [{"name": "30 Days", "days": 30}],
}  # fmt: skip


@dataclass
class Remembering:
    """An inlet without a ledger: what was submitted, by event id, and the state."""

    state: dict[str, str] = field(default_factory=dict)
    events: dict[str, Submission] = field(default_factory=dict)
    broken: bool = False

    async def submit(self, source: str, submissions: Sequence[Submission], remember: Mapping[str, str]) -> int:
        if self.broken:
            raise OSError("the ledger is away")
        new = [each for each in submissions if each.event.id not in self.events]
        self.events.update({each.event.id: each for each in new})
        self.remember(remember)
        return len(new)

    async def recall(self, source: str, keys: Collection[str] | None = None, *, prefix: str = "") -> dict[str, str]:
        state = self.state.items()
        return {key: text for key, text in state if (keys is None or key in keys) and key.startswith(prefix)}

    async def arrive(self, arrival: Any, remember: Mapping[str, str] | None = None) -> Any:
        raise AssertionError("Odoo has no files")

    def remember(self, remember: Mapping[str, str]) -> None:
        for key, text in remember.items():
            if text:
                self.state[key] = text
            else:
                self.state.pop(key, None)


class Person:
    """Somebody at the screen of the Odoo under test."""

    def __init__(self, url: str, rpc: JsonRpc | None = None) -> None:
        self.url, self._rpc = url, rpc
        self.http = httpx.AsyncClient(timeout=30)

    async def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        if self._rpc is not None:
            return await self._rpc._service(
                "object",
                "execute_kw",
                [self._rpc._db, self._rpc.uid, self._rpc._key, model, method, list(args), kwargs],
                method,
                True,
            )
        body = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return (await self.control("call", body))["result"]

    async def read(self, model: str, record: int, *fields: str) -> Any:
        row = (await self.call(model, "read", [record], list(fields)))[0]
        return row[fields[0]] if len(fields) == 1 else row

    async def create(self, model: str, **values: Any) -> int:
        made = await self.call(model, "create", [values])
        return int(made[0] if isinstance(made, list) else made)

    async def control(self, name: str, body: Mapping[str, Any]) -> Any:
        """A control endpoint of the sandbox."""
        answer = await self.http.post(f"{self.url}/sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class World:
    """One Odoo with what the cases need."""

    url: str
    db: str
    version: int
    person: Person
    login: str = "edi"
    key: str = KEY
    sandbox: bool = True
    run: str = field(default_factory=lambda: f"EDITEST-{uuid.uuid4().hex[:6]}")
    vendor: int = 0
    products: tuple[int, int] = (0, 0)
    systems: list[Odoo] = field(default_factory=list)

    async def furnish(self) -> None:
        """The vendor with its codes, two products."""
        self.vendor = await self.person.create(
            "res.partner", name=f"{self.run} Supplies", ref=self.run, is_company=True
        )
        made = []
        for code, barcode in (("A", "4012345000016"), ("B", False)):
            product = await self.person.create(
                "product.product", name=f"Widget {code}", default_code=f"{self.run}-{code}", barcode=barcode
            )
            template = (await self.person.read("product.product", product, "product_tmpl_id"))[0]
            await self.person.create(
                "product.supplierinfo",
                partner_id=self.vendor,
                product_tmpl_id=template,
                product_code=f"V-{code}",
                product_name=f"Vendor widget {code}",
                price=10.0,
            )
            made.append(product)
        self.products = (made[0], made[1])

    async def order(self, *lines: Mapping[str, Any], confirm: bool = True, **header: Any) -> int:
        """An order of the vendor, confirmed. A line: qty, price, date, product (0 or 1)."""
        commands = [
            (
                0,
                0,
                {
                    "product_id": self.products[line.get("product", 0)],
                    "product_qty": line.get("qty", 10),
                    "price_unit": line.get("price", 10.0),
                    "date_planned": f"{line.get('date', '2026-12-01')} 12:00:00",
                },
            )
            for line in lines or ({},)
        ]
        order = await self.person.create(
            "purchase.order", **{"partner_id": self.vendor, "order_line": commands, **header}
        )
        if confirm:
            await self.person.call("purchase.order", "button_confirm", [order])
        return order

    async def lines(self, order: int) -> list[dict[str, Any]]:
        ids = await self.person.read("purchase.order", order, "order_line")
        return await self.person.call(
            "purchase.order.line", "read", sorted(ids), ["product_qty", "price_unit", "date_planned", "name"]
        )

    def system(self, *, tolerances: Mapping[str, Any] | None = None, **changes: Any) -> Odoo:
        """The connector, configured for this Odoo."""
        agreed = {"apply_dates": changes.pop("terms_dates", None)}
        http = changes.pop("http", None)
        environment = changes.pop("environment", "test")
        values = {
            "url": self.url,
            "db": self.db,
            "flows": {
                "purchase": {"login": changes.pop("login", self.login), "key": changes.pop("key", self.key)},
                **({"warehouse": {"login": "wms", "key": "wms-key"}} if self.sandbox else {}),
            },
            "poll": {"overlap": 300, **changes.pop("poll", {})},
            "unknown_wait": 1,
            **changes,
        }
        settings = OdooSettings.model_validate(values)
        terms = PartnerTerms(
            name="Supplier Inc",
            vendor=VendorBinding("ref", self.run),
            tolerances=Tolerances.model_validate(tolerances or {"date_late_days": 3, "date_early_days": 3}),
            **agreed,
        )
        connection = Connection(NAME, settings, str, environment=environment, http=http)
        stock = settings.flows.warehouse and Connection(
            NAME, settings, str, flow=settings.flows.warehouse, environment=environment, http=http
        )
        made = Odoo(NAME, settings, {PARTNER: terms}, connection, stock)
        self.systems.append(made)
        return made

    async def notes(self, order: int) -> list[dict[str, Any]]:
        """The gateway's notes on an order."""
        domain = [["model", "=", "purchase.order"], ["res_id", "=", order], ["message_id", "like", "@gateway>"]]
        fields = ["message_id", "body", "subtype_id", "attachment_ids", "notified_partner_ids"]
        if not self.sandbox:
            fields.remove("notified_partner_ids")
        return await self.person.call("mail.message", "search_read", domain, fields)

    async def activities(self, order: int) -> list[dict[str, Any]]:
        domain = [["res_model", "=", "purchase.order"], ["res_id", "=", order]]
        fields = ["summary", "note", "user_id", "date_deadline"]
        return await self.person.call("mail.activity", "search_read", domain, fields)

    async def attachment(self, identity: int) -> bytes:
        return base64.b64decode(await self.person.read("ir.attachment", identity, "datas"))

    async def fault(self, **wanted: Any) -> None:
        await self.person.control("faults", wanted)

    async def close(self) -> None:
        for system in self.systems:
            await system.close()
        await self.person.http.aclose()


async def real_world() -> World:
    """The Odoo of the environment: its user prepares the cases (vendors, products, orders) and is the connector's."""
    url, db, login, key = (os.environ[name] for name in ("ODOO_URL", "ODOO_DB", "ODOO_LOGIN", "ODOO_KEY"))
    rpc = JsonRpc(http_client(4), url, db, key)
    await rpc.authenticate(login)
    version = int((await rpc.version())["server_version_info"][0])
    return World(url, db, version, Person(url, rpc), login, key, sandbox=False)


def seed_file(folder: Path) -> Path:
    path = folder / "seed.yaml"
    path.write_text(yaml.safe_dump(SEED), encoding="utf-8")
    return path


def answer(
    number: str, response: str = "accepted", lines: Sequence[Mapping[str, Any]] = (), **more: Any
) -> OrderAcknowledged:
    """An acknowledgement. A line: number, status, qty, uom, price, date, item; or `parts`, a list of these."""
    return OrderAcknowledged.model_validate(
        {
            "order": {"number": number},
            "response": {"value": response},
            "supplier_order_number": "VSO-77",
            "lines": [_line(line) for line in lines],
            **more,
        }
    )


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    parts = line.get("parts") or ([line] if "status" in line else [])
    made: dict[str, Any] = {"responses": [_response(part) for part in parts]}
    if "number" in line:
        made["line_number"] = str(line["number"])
    if "item" in line:
        made["item"] = {"ids": [{"scheme": scheme, "value": value} for scheme, value in line["item"].items()]}
    if "price" in line:
        made["price"] = {"amount": Decimal(str(line["price"])), "currency": line.get("currency")}
    if "ordered" in line:
        made["ordered"] = {"value": Decimal(str(line["ordered"])), "uom": {"value": line.get("uom", "EA")}}
    if "note" in line:
        made["notes"] = [{"text": line["note"]}]
    return made


def _response(part: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"status": {"value": part["status"]}}
    if "qty" in part:
        made["quantity"] = {"value": Decimal(str(part["qty"])), "uom": {"value": part.get("uom", "EA")}}
    if "date" in part:
        made["date"] = {
            "kind": {"value": part.get("kind", "promised_delivery")},
            "on": dt.date.fromisoformat(part["date"]),
        }
    if "reason" in part:
        made["reason"] = part["reason"]
    if "substitute" in part:
        made["substitute"] = {"ids": [{"scheme": "supplier", "value": part["substitute"]}]}
    return made


def parcel(data: OrderAcknowledged, *, original: bytes | None = b"ISA*00*\xe9~", **more: Any) -> Parcel:
    """The acknowledgement as the flow delivers it."""
    event = wrap(
        data,
        "procurement.order.acknowledged.v1",
        event_id=edi.stable_id("test", data.model_dump_json()),
        partner=PARTNER,
        map_version="acme/855@1.0.0",
    )
    values = {
        "id": edi.stable_id("parcel", event.id),
        "destination": NAME,
        "key": event.subject,
        "partner": PARTNER,
        "kind": "event",
        "attempt": 1,
        "event": event,
        "original": original,
        "original_name": "855.edi",
        **more,
    }
    return Parcel(**values)
