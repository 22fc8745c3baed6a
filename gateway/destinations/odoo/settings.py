"""The keys of `destinations: <name>: {kind: odoo, ...}`. Secrets stand here by reference only."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gateway.units import Duration


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Flow(_Part):
    """One technical user. `key` is an API key by reference (`env:NAME`, `file:PATH`); `key_expires` is watched."""

    login: str
    key: str
    key_expires: dt.date | None = None


class Flows(_Part):
    """One user and key per flow, so that each has only the rights it needs."""

    purchase: Flow
    warehouse: Flow | None = None


class Poll(_Part):
    """How often orders are looked for. `overlap` must outlast Odoo's longest transaction (limit_time_real, 120 s)."""

    interval: Duration = 20.0
    overlap: Duration = 300.0
    page: int = Field(default=200, ge=1, le=1000)


class Policy(_Part):
    """What may be written without a person: dates inside tolerance, where the partner's terms say the same."""

    apply_dates: bool = True


class OdooSettings(_Part):
    """One Odoo. `company` is the only company seen; `since` is where the first poll starts (default: the first start).

    `units` adds or replaces unit names (`Pallet: PX`), name as in English Odoo -> UN/ECE Recommendation 20. `timezone`
    is the calendar of planned dates when the company's partner has none. `allow_administrator` lets a prod gateway use
    such a user. `record` names a folder that gets every exchange, without the key.
    """

    kind: Literal["odoo"] = "odoo"
    url: str
    db: str
    flows: Flows
    transport: Literal["auto", "json2", "jsonrpc"] = "auto"
    company: int = Field(default=1, ge=1)
    poll: Poll = Poll()
    since: dt.datetime | None = None
    parallel_lanes: int = Field(default=4, ge=1, le=64)
    policy: Policy = Policy()
    units: dict[str, str] = {}
    timezone: str = ""
    unknown_wait: Duration = 150.0
    allow_administrator: bool = False
    record: str = ""

    @field_validator("since", mode="before")
    @classmethod
    def _with_zone(cls, value: object) -> object:
        """A date or a time without zone is UTC."""
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        if isinstance(value, dt.datetime):
            return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        if isinstance(value, dt.date):
            return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
        return value
