"""partner.yaml as a checked model, and the Profile the library takes from it.

The file belongs to the library and the daemon together. Keys that only the daemon understands (channels, odoo,
tolerances, contacts ...) are named here so that a misspelt key is refused, and are checked by gateway/partners.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from edi import located, yaml_source
from edi.errors import ProfileError
from edi.model import Delimiters, Syntax
from edi.profile import (
    Agreement,
    Application,
    Direction,
    FunctionalAck,
    Identities,
    OnError,
    Profile,
    Scope,
    Side,
)
from edi.syntax import default_delimiters
from edi.syntax.charset import EDIFACT_CODECS, X12_BASIC, X12_EXTENDED, check_codec
from edi.syntax.x12 import VERSIONS

REPERTOIRES = {"basic": X12_BASIC, "extended": X12_EXTENDED}
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

    @field_validator("x12", "edifact")
    @classmethod
    def _fits_the_envelope(cls, pair: PairFile | None, info: ValidationInfo) -> PairFile | None:
        """ISA05 to ISA08, GS02, GS03; UNB S002, S003."""
        longest, least, most = (15, 2, 2) if info.field_name == "x12" else (35, 0, 4)
        for side in (pair, pair.own, *pair.also) if pair is not None else ():
            if max(len(side.id), len(side.gs)) > longest:
                raise ValueError(f"{side.id!r} is longer than {longest} characters")
            if not least <= len(side.qualifier) <= most:
                what = "two characters" if least else f"at most {most} characters"
                raise ValueError(f"the qualifier of {side.id!r} must have {what}, not {side.qualifier!r}")
        return pair


class DelimitersFile(_Part):
    """Service characters we write. Absent: the usual ones of the syntax."""

    segment: str = ""
    element: str = ""
    component: str = ""
    repeat: str = ""
    release: str = ""
    decimal: Literal[".", ","] = "."
    newline: bool = False

    @model_validator(mode="after")
    def _usable(self) -> DelimitersFile:
        for name in ("segment", "element", "component", "repeat", "release"):
            character = getattr(self, name)
            if character and (len(character) != 1 or character.isalnum() or character == " "):
                raise ValueError(f"{name}: {character!r} is not one character that is no letter, digit or space")
        return self

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


def _check_delimiters(given: DelimitersFile, document: str) -> None:
    syntax, _, version, _ = parse_document(document)
    if syntax == "x12" and given.release:
        raise ValueError("X12 has no release character")
    wire = given.merged(default_delimiters(syntax, version))
    used = [wire.element, wire.component, wire.terminator, wire.repeat, wire.release]
    used = [character for character in used if character]
    if syntax == "edifact":
        used.append(wire.decimal)
    for character in used:
        if used.count(character) > 1:
            raise ValueError(f"{character!r} is used for two purposes")


class SyntaxFile(_Part):
    """UNB S001: identifier `UNOC` and version `3`; or ISA12 as `version`."""

    identifier: str = ""
    version: str = ""


class AckFile(_Part):
    """How a document we receive is acknowledged: TA1, 997 or 999, CONTRL; 824 or APERAK."""

    functional: FunctionalAck = "none"
    detail: Literal["errors", "all"] = "errors"
    ta1: Literal["on_request", "always", "never"] = "on_request"
    contrl: Literal["receipt", "syntax", "both"] = "syntax"
    application: Application = "none"


class AgreementFile(_Part):
    """One document in one direction, as it stands under `agreements`."""

    document: str
    direction: Direction
    map: str
    phase: Literal["off", "live"] = "live"
    channel: str = ""
    delimiters: DelimitersFile | None = None
    fallback_delimiters: list[DelimitersFile] = []
    syntax: SyntaxFile | None = None
    ack: AckFile = AckFile()
    on_standard_error: OnError = "reject"
    on_guide_error: OnError = "accept_with_errors"
    on_envelope_error: Literal["reject", "accept"] = "reject"
    reject_scope: Scope = "transaction"
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

    @field_validator("map")
    @classmethod
    def _names_a_version(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*@\d+(\.\d+)?", value):
            raise ValueError(f"{value!r} is no map; write one with its version, such as x12/004010/855@1")
        return value

    @field_validator("delimiters", "fallback_delimiters")
    @classmethod
    def _all_different(cls, value: Any, info: ValidationInfo) -> Any:
        for given in value if isinstance(value, list) else [value]:
            if given is not None and "document" in info.data:
                _check_delimiters(given, info.data["document"])
        return value

    @field_validator("syntax")
    @classmethod
    def _known_syntax(cls, value: SyntaxFile | None, info: ValidationInfo) -> SyntaxFile | None:
        if value is None or "document" not in info.data:
            return value
        if parse_document(info.data["document"])[0] == "x12":
            if value.identifier or value.version not in VERSIONS:
                raise ValueError('write the version of the ISA, such as {version: "00401"}')
        elif value.identifier not in EDIFACT_CODECS or value.version not in ("1", "2", "3", "4"):
            raise ValueError("write identifier and version of the UNB, such as {identifier: UNOC, version: 3}")
        return value

    @field_validator("ack")
    @classmethod
    def _answer_of_the_syntax(cls, value: AckFile, info: ValidationInfo) -> AckFile:
        if "document" in info.data:
            x12 = parse_document(info.data["document"])[0] == "x12"
            for key, given, possible in (
                ("functional", value.functional, ("997", "999") if x12 else ("contrl",)),
                ("application", value.application, ("824",) if x12 else ("aperak",)),
            ):
                if given not in (*possible, "none"):
                    raise ValueError(f"{key}: {info.data['document']} is answered with {', '.join(possible)} or none")
        return value

    def agreement(self) -> Agreement:
        """The library's part of it."""
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
            fallback_delimiters=tuple(other.merged(usual) for other in self.fallback_delimiters),
            envelope_version=envelope,
            functional=self.ack.functional,
            detail=self.ack.detail,
            ta1=self.ack.ta1,
            contrl=self.ack.contrl,
            application=self.ack.application,
            on_standard_error=self.on_standard_error,
            on_guide_error=self.on_guide_error,
            on_envelope_error=self.on_envelope_error,
            reject_scope=self.reject_scope,
            crosscheck=self.crosscheck,
        )


class PartnerFile(_Part):
    """All keys of partner.yaml."""

    partner: str
    name: str = ""
    status: Status = "onboarding"
    timezone: str = ""
    language: Literal["en"] = "en"
    identities: IdentitiesFile
    agreements: list[AgreementFile] = []
    charset: str = ""
    characters: str = ""
    substitutions: dict[str, str] = {}
    wrapped: bool = False
    # for the daemon
    template: str = ""
    odoo: dict[str, Any] = {}
    channels: list[Any] = []
    duplicates: Literal["reanswer", "reject", "silent"] = "reanswer"
    tolerances: dict[str, Any] = {}
    contacts: dict[str, Any] = {}

    @field_validator("partner")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not re.fullmatch("[a-z0-9-]{2,32}", value):
            raise ValueError(f"{value!r} is no name of a partner: 2 to 32 small letters, digits and dashes")
        return value

    @field_validator("charset")
    @classmethod
    def _known_charset(cls, value: str) -> str:
        try:
            check_codec(value)
        except ProfileError as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("substitutions")
    @classmethod
    def _one_for_each(cls, value: dict[str, str]) -> dict[str, str]:
        for character in value:
            if len(character) != 1:
                raise ValueError(f"{character!r} is not one character")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write one such as Europe/Berlin") from None
        return value

    @field_validator("agreements")
    @classmethod
    def _each_can_be_exchanged(cls, value: list[AgreementFile], info: ValidationInfo) -> list[AgreementFile]:
        known = set()
        for agreement in value:
            syntax = parse_document(agreement.document)[0]
            if "identities" in info.data and getattr(info.data["identities"], syntax) is None:
                raise ValueError(f"{agreement.document!r} is agreed, but identities.{syntax} is missing")
            if agreement.phase == "off":
                continue
            if (agreement.document, agreement.direction) in known:
                raise ValueError(f"{agreement.document!r} is agreed twice in the same direction")
            known.add((agreement.document, agreement.direction))
        return value


def parse_document(text: str) -> tuple[Syntax, str, str, str]:
    """`X12 855 004010` -> (x12, 855, 004010, "").

    A guide may be named: `X12 850 004010 VICS`, `EDIFACT ORDRSP D:01B:UN:EAN009` -> (edifact, ORDRSP, D.01B, EAN009).
    """
    if match := re.fullmatch(r"X12 (\d{3}) (\d{6})(?: ([A-Z\d]{1,35}))?", text):
        return "x12", match[1], match[2], match[3] or ""
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
        characters=REPERTOIRES.get(file.characters, file.characters),
        substitutions=file.substitutions,
        wrapped=file.wrapped,
    )


def load_profile(path: Path | str, environment: Literal["prod", "test"] = "prod") -> Profile:
    """The Profile of a partner's folder. Raises ProfileError (file, line, key) or MapError for
    a file that is not clean YAML."""
    folder = Path(path)
    file, _ = read_partner_file(folder)
    return profile_of(file, folder if folder.is_dir() else folder.parent, environment)


def default_profile(syntax: Syntax = "x12", schemas: Sequence[Path] = ()) -> Profile:
    """A profile for documents of unknown partners: any identity, any document that has a schema.

    `schemas` are folders of further schema files (`x12/004010/852.schema.yaml`), searched before the shipped ones.
    """
    return Profile(partner="unknown", open=True, schemas=tuple(schemas))
