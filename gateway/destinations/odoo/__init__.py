"""Odoo 17 to 19 as a source of purchase orders and a sink for their answers; a plain Odoo is enough.

    destinations:
      odoo-main:
        kind: odoo
        url: env:ODOO_URL
        db: env:ODOO_DB
        flows: {purchase: {login: env:ODOO_LOGIN, key: env:ODOO_KEY, key_expires: 2027-01-31}}

Rule protected: Odoo owns commitments and money; an answer proposes, and quantity and price are never written without a
person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import edi
from gateway import log
from gateway.destinations.odoo.connection import Connection
from gateway.destinations.odoo.directory import Directory
from gateway.destinations.odoo.errors import Meaning
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.odoo.sink import OdooSink
from gateway.destinations.odoo.source import OdooSource
from gateway.destinations.odoo.terms import Partner, PartnerTerms, VendorBinding, terms_of
from gateway.ports import Inlet, Outcome, Parcel

__all__ = [
    "Odoo",
    "OdooSettings",
    "OdooSink",
    "OdooSource",
    "PartnerTerms",
    "Settings",
    "VendorBinding",
    "build",
    "check",
]

Settings = OdooSettings
ALARMS = (Meaning.CREDENTIAL, Meaning.CONFIG)
logger = log.get("odoo")


class Odoo:
    """One Odoo: `send` for deliveries, `poll` every `interval` seconds for orders, `adopt` for changed partners."""

    def __init__(
        self,
        name: str,
        settings: OdooSettings,
        partners: dict[str, PartnerTerms],
        connection: Connection,
        stock: Connection | None = None,
    ) -> None:
        directory = Directory(connection)
        self.name, self.interval = name, settings.poll.interval
        self.connection, self._stock = connection, stock or connection
        agreed: dict[str, str] = {}  # what answers confirm, until the ledger has it
        self.sink = OdooSink(connection, self._stock, directory, partners, agreed)
        self.source = OdooSource(name, connection, directory, partners, agreed)

    async def send(self, parcel: Parcel) -> Outcome:
        return await self.sink.send(parcel)

    async def poll(self, inlet: Inlet) -> int:
        return await self.source.poll(inlet)

    @property
    def problem(self) -> str:
        """What went wrong in the last look for orders; empty if nothing did."""
        return str(self.source.failure) if self.source.failure is not None else ""

    @property
    def alarm(self) -> str:
        """`credential` or `config` when an operator must act, else empty."""
        failure = self.source.failure
        return failure.meaning.value if failure is not None and failure.meaning in ALARMS else ""

    def adopt(self, book: Iterable[Partner]) -> None:
        """Use the terms of these partners from now on. Terms that are not right keep the old ones."""
        try:
            partners = terms_of(book, self.name)
        except edi.ProfileError as error:
            logger.error(
                "the partners' terms are not right; the old ones stay", destination=self.name, error=str(error)
            )
            return
        self.sink.partners = self.source.partners = partners

    async def close(self) -> None:
        await self.connection.close()
        if self._stock is not self.connection:
            await self._stock.close()


def check_partners(name: str, book: Iterable[Partner]) -> None:
    """Whether this Odoo could use the terms of these partners. Raises edi.ProfileError, one line per complaint."""
    terms_of(book, name)


def build(name: str, settings: OdooSettings, book: Iterable[Partner], resolve: Callable[[str], str]) -> Odoo:
    """The system of a configuration; connects on first use. Raises edi.ProfileError for terms that are not right."""
    book = list(book)
    production = any(partner.profile.environment == "prod" for partner in book)
    environment: Literal["prod", "test"] = "prod" if production else "test"
    connection = Connection(name, settings, resolve, environment=environment)
    warehouse = settings.flows.warehouse
    stock = Connection(name, settings, resolve, flow=warehouse, environment=environment) if warehouse else None
    return Odoo(name, settings, terms_of(book, name), connection, stock)
