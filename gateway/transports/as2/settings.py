"""The settings of AS2: our listener, and a partner's channel with its names, certificates and what is agreed.

Rule protected: an unknown key or algorithm stops the start with a sentence; what is weak must be named to be accepted;
keys and certificates are references.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.transports.as2.algorithms import CIPHERS, DIGESTS, Accepted
from gateway.transports.defender import Network
from gateway.transports.names import checked_template
from gateway.units import Duration, Size


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _name(value: str) -> str:
    if not 1 <= len(value) <= 128 or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("an AS2 name has 1 to 128 printable ASCII characters (RFC 4130 6.2)")
    return value


def _known(value: str, known: dict[str, object], what: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is no {what}; there are {', '.join(known)}")
    return value


As2Name = Annotated[str, AfterValidator(_name)]
Digest = Annotated[str, AfterValidator(lambda value: _known(value, dict(DIGESTS), "digest"))]
Cipher = Annotated[str, AfterValidator(lambda value: _known(value, dict(CIPHERS), "cipher"))]


class Listener(_Settings):
    """Where messages and late receipts arrive."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 4080
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9/_.-]*$")] = "/as2"
    header_time: Annotated[Duration, Field(gt=0)] = 10.0
    idle: Annotated[Duration, Field(gt=0)] = 30.0
    max_requests: Annotated[int, Field(gt=0)] = 64
    proxies: tuple[Network, ...] = ()  # proxies of ours that say the client's address (X-Forwarded-For)
    least_free: Annotated[Size, Field(ge=0)] = 100_000_000  # of the disk of `staging`, for new messages
    staging: Path | None = None


class Certificate(_Settings):
    """A certificate by reference. `since`: the day from which it is used for what we send (UTC); of the partner's also
    `signed`, from when the partner first signs with it. `key`: ours only."""

    certificate: str
    key: str = ""
    since: dt.date | Literal["signed"] | None = None


class Us(_Settings):
    """Our AS2 name towards this partner, and our certificates with their keys: all of them decrypt, and the newest that
    is in force signs."""

    id: As2Name
    keys: Annotated[tuple[Certificate, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _days(self) -> Us:
        if any(key.since == "signed" for key in self.keys):
            raise ValueError("since: signed is for certificates of the partner; for ours write the day you agreed on")
        return self


class Them(_Settings):
    """The partner's AS2 name and certificates: all of them verify, and we encrypt for the newest that is in force."""

    id: As2Name
    certificates: Annotated[tuple[Certificate, ...], Field(min_length=1)]


class Receive(_Settings):
    """What is demanded of the partner's messages. `accept` names weak algorithms that are let through all the same:
    `3des`, `sha-1`, `rsa-1024`. `receipt_hosts`: where late receipts may be sent, besides the host of `url`."""

    signed: bool = True
    encrypted: bool = True
    accept: frozenset[Literal["3des", "sha-1", "rsa-1024"]] = frozenset()
    receipt_hosts: frozenset[str] = frozenset()

    @property
    def accepted(self) -> Accepted:
        usual = Accepted()
        return Accepted(
            ciphers=usual.ciphers | (self.accept & {"3des"}),
            digests=usual.digests | (self.accept & {"sha-1"}),
            rsa_bits=1024 if "rsa-1024" in self.accept else usual.rsa_bits,
        )


class Send(_Settings):
    """How our messages are made. `receipt`: none, plain or signed; `late`: it comes by itself, to the listener's `url`;
    after `receipt_wait` the message is sent again, `resends` times.

    `oaep` names the digest of RSA-OAEP; without it keys are transported by PKCS#1 v1.5. `gcm_in_enveloped`: for peers
    that know no AuthEnvelopedData. `ca`: a private authority for TLS, by reference. `name`: a template for the names of
    our files; empty: `850_P00042_000000001.edi`.
    """

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    sign: Digest | Literal["no"] = "sha-256"
    scheme: Literal["pkcs1", "pss"] = "pkcs1"
    encrypt: Cipher | Literal["no"] = "aes-256-cbc"
    oaep: Digest | Literal[""] = ""
    gcm_in_enveloped: bool = False
    compress: Literal["no", "before-signing", "after-signing"] = "no"
    receipt: Literal["none", "plain", "signed"] = "signed"
    late: bool = False
    receipt_wait: Annotated[Duration, Field(gt=0)] = 4 * 3600.0
    resends: Annotated[int, Field(ge=0)] = 3
    timeout: Annotated[Duration, Field(gt=0)] = 60.0
    subject: str = "EDI document"
    notify: Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")] = "edi@localhost"
    name: Annotated[str, AfterValidator(checked_template)] = ""
    ca: str = ""


class As2Channel(_Settings):
    """A partner that speaks AS2 with us: it sends to our listener, we send to `send.url`."""

    name: str
    kind: Literal["as2"] = "as2"
    us: Us
    partner: Them
    receive: Receive = Receive()
    send: Send | None = None
    receipt_url: str = ""  # the listener's address, for late receipts of what we send
    max_file: Annotated[Size, Field(gt=0)] = 100_000_000
    max_requests: Annotated[int, Field(gt=0)] = 10

    @property
    def known_as(self) -> tuple[str, tuple[str, ...]]:
        """The key of the name by which the partner comes to our listener, and our name with it: they have one owner."""
        return "partner", (self.us.id, self.partner.id)

    @model_validator(mode="after")
    def _late_needs_an_address(self) -> As2Channel:
        if self.send is not None and self.send.late and not self.receipt_url:
            raise ValueError("send.late needs receipt_url: the address of our listener as the partner sees it")
        return self
