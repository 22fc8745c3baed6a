"""The settings of everything SFTP: our listener, hosted mailboxes, and mailboxes we poll and write to at the partner.

Rule protected: an unknown key or a value out of range stops the start with a sentence; secrets and keys are references.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.ports import Shelf
from gateway.transports.defender import Defence, Network
from gateway.transports.names import checked, checked_template
from gateway.transports.polling import Rules
from gateway.units import Duration, Size


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quota(_Settings):
    """What one hosted mailbox may hold at a time: uploads in progress and what was accepted within the last hour."""

    files: Annotated[int, Field(gt=0)] = 1000
    bytes: Annotated[Size, Field(gt=0)] = 100_000_000


SHELVES: Mapping[str, Shelf] = {"in": "in", "out": "out", "archive": "archive"}


class MailboxKey(_Settings):
    """One public key of a partner: a reference or the key itself, with a label and the last day it is valid (UTC)."""

    key: str
    label: str = ""
    until: dt.date | None = None


class MailboxPassword(_Settings):
    """An argon2id hash of a partner's password, as `gateway password` makes it, or a reference to one; with a label and
    the last day it is valid (UTC)."""

    hash: str
    label: str = ""
    until: dt.date | None = None


class HostedMailbox(_Settings):
    """A mailbox on our server: the partner logs in with one of `keys`, one of `passwords`, or `both`, writes to /in and
    reads from /out. `directories` are further names of these. `archive`: how long /archive shows what is over.
    `addresses`: the only networks this partner comes from; they are never banned."""

    name: str
    kind: Literal["sftp-server"] = "sftp-server"
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    keys: tuple[MailboxKey, ...] = ()
    passwords: Annotated[tuple[MailboxPassword, ...], Field(max_length=2)] = ()
    login: Literal["either", "both"] = "either"
    addresses: tuple[Network, ...] = ()
    legacy_algorithms: bool = False  # ssh-rsa with SHA-1 and group14-sha1, for a partner with a very old client
    quota: Quota = Quota()
    max_file: Annotated[Size, Field(gt=0)] = 20_000_000
    max_connections: Annotated[int, Field(gt=0)] = 10
    directories: dict[str, Shelf] = Field(default_factory=dict)
    archive: Annotated[Duration, Field(gt=0)] = 30 * 86400.0

    @property
    def shelves(self) -> Mapping[str, Shelf]:
        """What each directory of the mailbox shows."""
        return {**SHELVES, **self.directories}

    @property
    def known_as(self) -> tuple[str, tuple[str, ...]]:
        """The key of the name by which the partner comes to our listener, and that name: it has one owner."""
        return "user", (self.user,)

    @field_validator("directories")
    @classmethod
    def _directories(cls, value: dict[str, Shelf]) -> dict[str, Shelf]:
        for name in value:
            if name in SHELVES or name.startswith(".") or checked(name) != name:
                raise ValueError(f"{name!r} is no name for a directory beside /in, /out and /archive")
        return value

    @field_validator("keys", "passwords", mode="before")
    @classmethod
    def _short_form(cls, value: object, info: ValidationInfo) -> object:
        """`keys: ["file:keys/a.pub"]` is short for `keys: [{key: "file:keys/a.pub"}]`, and so for passwords."""
        name = "key" if info.field_name == "keys" else "hash"
        if isinstance(value, list | tuple):
            return tuple({name: item} if isinstance(item, str) else item for item in value)
        return value

    @model_validator(mode="after")
    def _can_log_in(self) -> HostedMailbox:
        if not (self.keys or self.passwords):
            raise ValueError("needs keys or passwords: nobody could log in")
        if self.login == "both" and not (self.keys and self.passwords):
            raise ValueError("login: both needs keys and passwords")
        if self.legacy_algorithms and not self.addresses:
            raise ValueError("legacy_algorithms needs addresses: the old algorithms are offered to these only")
        return self


class Listener(_Settings):
    """Our SFTP listener. `host_keys` are references to private keys; a second one of a type is announced ahead."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 2222
    host_keys: Annotated[tuple[str, ...], Field(min_length=1)]
    login_timeout: Annotated[Duration, Field(gt=0)] = 20.0
    idle: Annotated[Duration, Field(gt=0)] = 600.0
    max_connections: Annotated[int, Field(gt=0)] = 500
    max_connections_per_address: Annotated[int, Field(gt=0)] = 30
    defence: Defence = Defence()
    proxies: tuple[Network, ...] = ()  # load balancers of ours that say the client's address (PROXY protocol)
    least_free: Annotated[Size, Field(ge=0)] = 100_000_000  # of the disk of `staging`, for new uploads
    staging: Path | None = None  # where large uploads wait for their CLOSE; None: the system's temporary folder


class Poll(Rules):
    """A folder at the partner that is read. `archive`: the folder for files read; empty: `archive` inside `folder`."""

    folder: str
    every: Annotated[Duration, Field(gt=0)] = 120.0
    archive: str = ""


class Send(_Settings):
    """How a file is written. An empty `tmp_suffix` writes the final name directly: the partner may read half a file."""

    folder: str
    name: Annotated[str, AfterValidator(checked_template)] = "{doc}_{number}_{control}.edi"
    tmp_suffix: str = ".tmp"


class PolledMailbox(_Settings):
    """A mailbox on the partner's server. Host keys are pinned: `ssh-keyscan -t ed25519 host | ssh-keygen -lf -`."""

    name: str
    kind: Literal["sftp"] = "sftp"
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    host_keys: Annotated[
        tuple[Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")], ...], Field(min_length=1)
    ]
    user: str
    key: str = ""
    password: str = ""
    timeout: Annotated[Duration, Field(gt=0)] = 30.0
    poll: Poll | None = None
    send: Send | None = None

    @field_validator("password", "key")
    @classmethod
    def _reference(cls, value: str) -> str:
        if value and not value.startswith(("env:", "file:")):
            raise ValueError("a secret is a reference: env:NAME or file:PATH")
        return value

    @model_validator(mode="after")
    def _complete(self) -> PolledMailbox:
        if not (self.key or self.password):
            raise ValueError("needs a key or a password")
        if not (self.poll or self.send):
            raise ValueError("needs poll, send or both: a channel has to do something")
        return self
