"""partner.yaml as a checked model, and the Profile the library takes from it.

The file belongs to the library and the daemon together. Keys that only the daemon understands (channels, odoo,
tolerances,
contacts ...) are named here so that a misspelt key is refused, and are checked by gateway/partners.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edi import located, yaml_source
from edi.errors import ProfileError
from edi.model import Delimiters, Syntax
from edi.profile import Agreement, Direction, Identities, OnError, Profile, Side

Status = Literal["onboarding", "test", "shadow", "live", "suspended", "retired"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SideFile(_Part):
    """Qualifier and id of one side; `gs` is the application code of functional groups (default: the id)."""

    id: str = Field(min_length=1)
    qualifier: str = ""
    gs: str = ""

    def side(self) -> Side:
        return Side(self.id, self.qualifier, self.gs or self.id)


class PairFile(SideFile):
    own: SideFile
    also: list[SideFile] = []

    def pair(self) -> Identities:
        return Identities(self.side(), self.own.side(), tuple(other.side() for other in self.also))


class IdentitiesFile(_Part):
    x12: PairFile | None = None
    edifact: PairFile | None = None
    gln: str = ""
    as2: dict[str, str] = {}


class DelimitersFile(_Part):
    """Service characters we write. Absent: the usual ones of the syntax."""

    segment: str = ""
    element: str = ""
    component: str = ""
    repeat: str = ""
    release: str = ""
    decimal: Literal[".", ","] = "."
    newline: bool = False

    def merged(self, usual: Delimiters) -> Delimiters:
        return Delimiters(
            element=self.element or usual.element,
            component=self.component or usual.component,
            terminator=self.segment or usual.terminator,
            repeat=self.repeat or usual.repeat,
            release=self.release or usual.release,
            decimal=self.decimal,
            newline="\n" if self.newline else "",
        )


class SyntaxFile(_Part):
    """UNB S001: identifier `UNOC` and version `3`; or ISA12 as `version`."""

    identifier: str = ""
    version: str = ""


class AckFile(_Part):
    functional: Literal["997", "contrl", "none"] = "none"
    detail: Literal["errors", "all"] = "errors"
    ta1: Literal["on_request", "always", "never"] = "on_request"
    contrl: Literal["syntax"] = "syntax"


class AgreementFile(_Part):
    document: str
    direction: Direction
    map: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*@\d+(\.\d+)?$")
    phase: Literal["off", "live"] = "live"
    channel: str = ""
    delimiters: DelimitersFile | None = None
    syntax: SyntaxFile | None = None
    ack: AckFile = AckFile()
    on_standard_error: OnError = "reject"
    on_guide_error: OnError = "accept_with_errors"
    reject_scope: Literal["transaction"] = "transaction"
    crosscheck: bool = True
    # for the daemon
    control_numbers: dict[str, Any] = {}
    ack_expected: dict[str, Any] = {}
    policy: dict[str, Any] = {}

    @field_validator("document")
    @classmethod
    def _known_form(cls, value: str) -> str:
        parse_document(value)
        return value

    def agreement(self) -> Agreement:
        from edi.syntax import default_delimiters

        syntax, type_, version, convention = parse_document(self.document)
        envelope = ""
        if self.syntax is not None:
            envelope = ":".join(part for part in (self.syntax.identifier, self.syntax.version) if part)
        usual = default_delimiters(syntax, envelope or version)
        return Agreement(
            syntax=syntax,
            type=type_,
            version=version,
            convention=convention,
            direction=self.direction,
            map=self.map,
            channel=self.channel,
            delimiters=self.delimiters.merged(usual) if self.delimiters else usual,
            envelope_version=envelope,
            functional=self.ack.functional,
            detail=self.ack.detail,
            ta1=self.ack.ta1,
            contrl=self.ack.contrl,
            on_standard_error=self.on_standard_error,
            on_guide_error=self.on_guide_error,
            crosscheck=self.crosscheck,
        )


class PartnerFile(_Part):
    """All keys of partner.yaml."""

    partner: str = Field(pattern=r"^[a-z0-9-]{2,32}$")
    name: str = ""
    status: Status = "onboarding"
    timezone: str = "UTC"
    language: Literal["en"] = "en"
    identities: IdentitiesFile
    agreements: list[AgreementFile] = []
    charset: str = ""
    wrapped: bool = False
    # for the daemon
    template: str = ""
    odoo: dict[str, Any] = {}
    channels: list[Any] = []
    duplicates: Literal["reanswer", "reject"] = "reanswer"
    tolerances: dict[str, Any] = {}
    contacts: dict[str, Any] = {}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write one such as Europe/Berlin") from None
        return value

    @model_validator(mode="after")
    def _agreed_syntax_has_identity(self) -> PartnerFile:
        for agreement in self.agreements:
            syntax = parse_document(agreement.document)[0]
            if getattr(self.identities, syntax) is None:
                raise ValueError(f"{agreement.document!r} is agreed, but identities.{syntax} is missing")
        return self


def parse_document(text: str) -> tuple[Syntax, str, str, str]:
    """`X12 855 004010` -> (x12, 855, 004010, ""); `EDIFACT ORDRSP D:01B:UN:EAN009` -> (edifact, ORDRSP, D.01B,
    EAN009)."""
    if match := re.fullmatch(r"X12 (\d{3}) (\d{6})", text):
        return "x12", match[1], match[2], ""
    if match := re.fullmatch(r"EDIFACT ([A-Z]{6}) ([A-Z\d]+):([A-Z\d]+):UN(?::([A-Z\d]+))?", text):
        return "edifact", match[1], f"{match[2]}.{match[3]}", match[4] or ""
    raise ValueError(f"{text!r} is no document; write `X12 855 004010` or `EDIFACT ORDRSP D:01B:UN:EAN009`")


def read_partner_file(path: Path) -> tuple[PartnerFile, Any]:
    """partner.yaml of a partner's folder (or the file itself), checked, and its tree for further checks with places."""
    file = path / "partner.yaml" if path.is_dir() else path
    if not file.is_file():
        raise ProfileError(f"{file}: there is no such file; a partner is a folder with a partner.yaml")
    tree = yaml_source.load(file)
    model = located.parse_config(PartnerFile, tree)
    if file.parent.name != model.partner and file.name == "partner.yaml":
        line = tree.key_line("partner")
        raise ProfileError(f"{file}:{line}: partner: the folder is called {file.parent.name!r}, not {model.partner!r}")
    return model, tree


def profile_of(file: PartnerFile, folder: Path, environment: Literal["prod", "test"] = "prod") -> Profile:
    """The library's part of a checked partner.yaml."""
    return Profile(
        partner=file.partner,
        environment=environment,
        name=file.name,
        timezone=file.timezone,
        language=file.language,
        x12=file.identities.x12.pair() if file.identities.x12 else None,
        edifact=file.identities.edifact.pair() if file.identities.edifact else None,
        agreements=tuple(agreement.agreement() for agreement in file.agreements if agreement.phase != "off"),
        folder=folder,
        charset=file.charset,
        wrapped=file.wrapped,
    )


def load_profile(path: Path | str, environment: Literal["prod", "test"] = "prod") -> Profile:
    """The Profile of a partner's folder. Raises ProfileError (file, line, key) or MapError for a file that is not
    clean YAML."""
    folder = Path(path)
    file, _ = read_partner_file(folder)
    return profile_of(file, folder if folder.is_dir() else folder.parent, environment)


def default_profile(syntax: Syntax = "x12") -> Profile:
    """A profile for documents of unknown partners: any identity, any document that has a base map."""
    return Profile(partner="unknown", open=True)
