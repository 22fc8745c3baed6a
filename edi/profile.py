"""Who the partner is, which documents are agreed, in which dialect: the part of partner.yaml the library needs.

Not here: channels, Odoo, tolerances, contacts (gateway/partners.py reads those from the same file). Rule protected:
partner differences are data; there is no partner name in code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from edi.model import Delimiters, Syntax

Direction: TypeAlias = Literal["in", "out"]
FunctionalAck: TypeAlias = Literal["997", "999", "contrl", "none"]
Scope: TypeAlias = Literal["transaction", "group", "interchange"]
Application: TypeAlias = Literal["824", "aperak", "none"]
OnError: TypeAlias = Literal["reject", "accept_with_errors", "route_to_exception"]


@dataclass(frozen=True, slots=True)
class Side:
    """One party on the wire: interchange qualifier and id, and the application code of groups (GS02/GS03, UNG)."""

    id: str
    qualifier: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Identities:
    """Both sides under one syntax. `also` are further partner identities this partner may use (a VAN)."""

    partner: Side
    own: Side
    also: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Control numbers for one rendering, handed in by the caller: the library invents none."""

    interchange: int
    group: int = 1
    message: int = 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """One document in one direction. `version` and `convention` as in Message; `map` is `example/855@1`.

    `schema` without a map (`x12/004010/856`): the document is checked and answered, and gives no event.
    """

    syntax: Syntax
    type: str
    version: str
    direction: Direction
    map: str = ""
    schema: str = ""
    convention: str = ""
    channel: str = ""
    delimiters: Delimiters | None = None
    fallback_delimiters: tuple[Delimiters, ...] = ()  # tried in order when the data contains one of `delimiters`
    envelope_version: str = ""  # ISA12 (`00401`) or UNB S001 (`UNOC:3`); empty = the usual one for the document
    functional: FunctionalAck = "none"
    detail: Literal["errors", "all"] = "errors"
    ta1: Literal["on_request", "always", "never"] = "on_request"
    contrl: Literal["receipt", "syntax", "both"] = "syntax"
    application: Application = "none"
    on_standard_error: OnError = "reject"
    on_guide_error: OnError = "accept_with_errors"
    on_envelope_error: Literal["reject", "accept"] = "reject"
    reject_scope: Scope = "transaction"
    crosscheck: bool = True

    @property
    def document(self) -> str:
        """`X12 855 004010` or `EDIFACT ORDRSP D:01B:UN:EAN009`."""
        if self.syntax == "x12":
            return " ".join(filter(None, ("X12", self.type, self.version, self.convention)))
        version, _, release = self.version.partition(".")
        tail = f":{self.convention}" if self.convention else ""
        return f"EDIFACT {self.type} {version}:{release}:UN{tail}"


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything `translate` and `render` must know about one partner.

    `environment` decides which test indicator is expected and written. `timezone` is that of times without one (empty:
    they stay without one, and envelopes are written in UTC). `folder` is where the partner's
    overlays and samples lie. `schemas` are folders of further schema files, searched before the shipped ones. A profile
    with `open` set takes any identity and any document that has a base map or a schema (edi.default_profile).
    """

    partner: str
    environment: Literal["prod", "test"] = "prod"
    name: str = ""
    timezone: str = ""
    language: str = "en"
    x12: Identities | None = None
    edifact: Identities | None = None
    agreements: tuple[Agreement, ...] = ()
    folder: Path | None = None
    schemas: tuple[Path, ...] = ()
    open: bool = False
    wrapped: bool = False
    charset: str = ""
    characters: str = ""
    substitutions: Mapping[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    def identities(self, syntax: Syntax) -> Identities | None:
        return self.x12 if syntax == "x12" else self.edifact

    def agreement(self, syntax: Syntax, type_: str, direction: Direction, version: str = "") -> Agreement | None:
        """The agreement for a document, the exact version first, else None."""
        for agreement in self.agreements:
            if (agreement.syntax, agreement.type, agreement.direction) == (syntax, type_, direction) and (
                not version or agreement.version == version
            ):
                return agreement
        return None

    def about(self, map_: str) -> list[Agreement]:
        """The agreements about a map such as `example/855`, whatever its version."""
        return [agreement for agreement in self.agreements if agreement.map.partition("@")[0] == map_]

    def mirrored(self) -> Profile:
        """The same relation seen from the partner's side: identities and directions
        swapped. For tests, demos, validators."""

        def swap(pair: Identities | None) -> Identities | None:
            return None if pair is None else Identities(partner=pair.own, own=pair.partner)

        def turn(agreement: Agreement) -> Agreement:
            if agreement.direction == "in":
                return dataclasses.replace(agreement, direction="out")
            functional: FunctionalAck = "997" if agreement.syntax == "x12" else "contrl"
            return dataclasses.replace(agreement, direction="in", functional=functional)

        turned = tuple(turn(agreement) for agreement in self.agreements)
        return dataclasses.replace(self, x12=swap(self.x12), edifact=swap(self.edifact), agreements=turned)
