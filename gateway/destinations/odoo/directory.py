"""Who and where in Odoo: the vendors of our partners, our company, delivery addresses. Kept for ten minutes.

Not here: orders. Rule protected: an order belongs to a partner only if its vendor is exactly the one the partner's file
names; a vendor that is not found, or found twice, is nobody's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edi.documents.types import Address, Id, Party
from gateway import log
from gateway.destinations.odoo import values
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.terms import PartnerTerms, VendorBinding

logger = log.get("odoo")
KEPT = 600.0
_PARTNER_FIELDS = (
    "name", "ref", "vat", "company_registry", "street", "street2", "city", "zip", "state_id", "country_code", "tz",
    "commercial_partner_id",
)  # fmt: skip


class Directory:
    """Look-ups of one connection. `prepare` before use; it reads again when its time is over or the terms changed."""

    def __init__(self, connection: Connection, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connection, self._now = connection, monotonic
        self._terms: Mapping[str, PartnerTerms] | None = None
        self._read_at = 0.0
        self._vendors: dict[int, str] = {}  # commercial partner -> our partner
        self._commercial: dict[int, int] = {}  # any partner seen -> its commercial partner
        self._partners: dict[int, dict[str, Any]] = {}
        self._states: dict[int, str] = {}
        self._ship_to: dict[int, Party | None] = {}
        self._own = 0  # our company's partner record
        self._own_zone = ""
        self._reading = asyncio.Lock()

    async def prepare(self, terms: Mapping[str, PartnerTerms]) -> None:
        """Read company and vendors if that is due."""
        async with self._reading:
            if self._terms is not terms or self._now() - self._read_at >= KEPT:
                await self._read(terms)

    async def _read(self, terms: Mapping[str, PartnerTerms]) -> None:
        """Read everything, then put it in place without a pause: a running lane sees the old or the new, no half."""
        company = self._connection.settings.company
        record = (await self._connection.rows("res.company", [company], ["partner_id"]))[company]
        own = values.ref(record["partner_id"])
        rows = await self._connection.rows("res.partner", [own], list(self._fields()))
        vendors: dict[int, str] = {}
        for partner, agreed in terms.items():
            commercial = await self._find(partner, agreed.vendor)
            if commercial and commercial in vendors:
                logger.error("two partners name one vendor", partner=partner, other=vendors[commercial])
            elif commercial:
                vendors[commercial] = partner
        for kept in (self._commercial, self._partners, self._states, self._ship_to):
            kept.clear()
        self._own, self._partners[own] = own, rows[own]
        self._own_zone = values.text(rows[own]["tz"])
        self._vendors, self._terms, self._read_at = vendors, terms, self._now()

    @property
    def vendors(self) -> list[int]:
        """The commercial partners of all our partners."""
        return sorted(self._vendors)

    async def partner_of(self, vendor: int) -> str:
        """Our partner behind an order's vendor or one of its contacts, empty if it is none."""
        return self._vendors.get(await self._commercial_of(vendor), "")

    async def commercial_of(self, vendor: int) -> int:
        return await self._commercial_of(vendor)

    def zone(self, terms: PartnerTerms) -> ZoneInfo:
        """The calendar of planned dates: the company's zone, else the configured one, else the partner's."""
        name = self._own_zone or self._connection.settings.timezone or terms.timezone
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            logger.error("unknown time zone; UTC is used", zone=name)
            return ZoneInfo("UTC")

    async def buyer(self) -> Party:
        """Our company."""
        return await self.party(self._own)

    async def party(self, partner: int) -> Party:
        """A partner record with its ids and address."""
        rows = await self._partner_rows([partner])
        row = rows.get(partner, {})
        return Party(ids=self._ids(row), name=values.text(row.get("name")) or None, address=await self._address(row))

    async def ship_to(self, order: Mapping[str, Any]) -> Party:
        """Where the order is delivered: its drop-ship address, else its warehouse, else the company."""
        address = values.ref(order.get("dest_address_id"))
        if address:
            return await self.party(address)
        kind = values.ref(order.get("picking_type_id"))
        if kind not in self._ship_to:
            self._ship_to[kind] = await self._warehouse(kind) if kind else None
        return self._ship_to[kind] or await self.buyer()

    async def _warehouse(self, kind: int) -> Party | None:
        kinds = await self._connection.rows("stock.picking.type", [kind], ["warehouse_id"])
        warehouse = values.ref(kinds.get(kind, {}).get("warehouse_id"))
        rows = await self._connection.rows(
            "stock.warehouse", [warehouse] if warehouse else [], ["partner_id", "code", "name"]
        )
        if warehouse not in rows:
            return None
        row = rows[warehouse]
        found = values.ref(row["partner_id"])
        party = await self.party(found) if found else await self.buyer()
        if found in (0, self._own) and values.text(row["code"]):
            # No site of its own: the warehouse's code tells the sites of one company apart.
            return party.model_copy(update={"ids": (*party.ids, Id(scheme="buyer", value=values.text(row["code"])))})
        return party

    async def _find(self, partner: str, binding: VendorBinding) -> int:
        """The commercial partner a binding names, 0 if there is none or more than one."""
        fields = [name for name in (self._connection.names.gln, "ref", "company_registry", "vat") if name]
        domains: dict[str, list[Any]] = {
            "id": [["id", "=", int(binding.value) if binding.kind == "id" else 0]],
            "ref": [["ref", "=", binding.value]],
            "vat": [["vat", "=", binding.value]],
            "gln": [*["|"] * (len(fields) - 1), *([name, "=", binding.value] for name in fields)],
        }
        rows = await self._connection.search("res.partner", domains[binding.kind], list(self._fields()))
        found = {values.ref(row["commercial_partner_id"]) for row in rows}
        if len(found) == 1:
            return found.pop()
        problem = "found more than once" if found else "not found"
        logger.error(f"vendor {problem} in Odoo", partner=partner, **{binding.kind: binding.value})
        return 0

    async def _commercial_of(self, partner: int) -> int:
        if partner not in self._commercial:
            row = (await self._partner_rows([partner])).get(partner, {})
            self._commercial[partner] = values.ref(row.get("commercial_partner_id"))
        return self._commercial[partner]

    def _fields(self) -> tuple[str, ...]:
        gln = self._connection.names.gln
        return (*_PARTNER_FIELDS, gln) if gln else _PARTNER_FIELDS

    async def _partner_rows(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        missing = [each for each in ids if each and each not in self._partners]
        self._partners.update(await self._connection.rows("res.partner", missing, list(self._fields())))
        return self._partners

    def _ids(self, row: Mapping[str, Any]) -> tuple[Id, ...]:
        """GLN from its field where Odoo has one, else from the reference; another reference is the buyer's number."""
        own = self._connection.names.gln
        reference = values.text(row.get("ref"))
        gln = values.gln(row.get(own)) if own else ""
        gln = gln or values.gln(reference)
        found = (
            ("gln", gln),
            ("buyer", reference if reference != gln else ""),
            ("vat", values.text(row.get("vat"))),
        )
        return tuple(Id(scheme=scheme, value=value) for scheme, value in found if value)

    async def _address(self, row: Mapping[str, Any]) -> Address | None:
        state = values.ref(row.get("state_id"))
        if state and state not in self._states:
            states = await self._connection.rows("res.country.state", [state], ["code"])
            self._states[state] = values.text(states.get(state, {}).get("code"))
        address = Address(
            lines=tuple(line for line in (values.text(row.get("street")), values.text(row.get("street2"))) if line),
            city=values.text(row.get("city")) or None,
            region=self._states.get(state) or None,
            postal_code=values.text(row.get("zip")) or None,
            country=values.text(row.get("country_code")) or None,
        )
        return address if address != Address() else None
