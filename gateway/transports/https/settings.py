"""The settings of HTTPS upload: our listener, and a partner's channel with its tokens and limits.

Rule protected: a token itself stands nowhere, only its digest does.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.transports.defender import Defence, Network
from gateway.units import Duration, Size


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Token(_Settings):
    """The digest of a partner's token as `gateway partner token` makes it (`sha256:...`), or a reference to it; with a
    label and the last day it is valid (UTC)."""

    hash: str
    label: str = ""
    until: dt.date | None = None


class Quota(_Settings):
    """What a partner may upload within an hour."""

    files: Annotated[int, Field(gt=0)] = 1000
    bytes: Annotated[Size, Field(gt=0)] = 100_000_000


class UploadChannel(_Settings):
    """A partner that uploads to `/mailbox/<partner>` and fetches there what waits for it. `addresses`: the only
    networks it comes from."""

    name: str
    kind: Literal["https"] = "https"
    tokens: Annotated[tuple[Token, ...], Field(min_length=1)]
    addresses: tuple[Network, ...] = ()
    quota: Quota = Quota()
    max_file: Annotated[Size, Field(gt=0)] = 20_000_000
    max_requests: Annotated[int, Field(gt=0)] = 10

    @field_validator("tokens", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`tokens: ["file:keys/a.token"]` is short for `tokens: [{hash: "file:keys/a.token"}]`."""
        if isinstance(value, list | tuple):
            return tuple({"hash": item} if isinstance(item, str) else item for item in value)
        return value


class Listener(_Settings):
    """Where uploads arrive. With `certificate` and `key` (references to PEM) it speaks TLS; without them a proxy does,
    whose addresses are `proxies`: they say the client's address (X-Forwarded-For)."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    certificate: str = ""
    key: str = ""
    proxies: tuple[Network, ...] = ()
    header_time: Annotated[Duration, Field(gt=0)] = 10.0
    idle: Annotated[Duration, Field(gt=0)] = 30.0
    max_requests: Annotated[int, Field(gt=0)] = 64
    defence: Defence = Defence()
    least_free: Annotated[Size, Field(ge=0)] = 100_000_000  # of the disk of `staging`, for new uploads
    staging: Path | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Listener:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key go together")
        return self
