"""Partners as the daemon knows them: the profile for the library, channels, the link to the business system, clocks.

One folder per partner; loading it again (SIGHUP) gives a new Book or an error and changes nothing. Rule protected: an
identity belongs to one partner; adding a partner touches no code.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import edi
from gateway.units import seconds

BUSINESS_ANSWER = "business"


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long we wait for an answer to one outgoing document, in seconds; None: no clock."""

    functional: float | None = None
    business: float | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner. `channels` are the settings models of their transports, by name; mailboxes are
    `<partner>/<channel>`."""

    id: str
    folder: Path
    file: edi.PartnerFile
    profile: edi.Profile
    channels: Mapping[str, Any]

    @property
    def served(self) -> bool:
        """Whether this partner trades here: `live`, or `test` in a test environment. Others are checked and wait."""
        return self.file.status == "live" or (self.file.status == "test" and self.profile.environment == "test")

    @property
    def destination(self) -> str:
        """The business system that gets this partner's events, empty if none."""
        return str(self.file.odoo.get("instance", ""))

    def mailbox(self, channel: str = "") -> str:
        """The mailbox of a channel, by default of the first one."""
        return f"{self.id}/{channel or next(iter(self.channels), '')}"

    def clocks(self, document: str) -> Clocks:
        """The clocks agreed for an outgoing document (`X12 850 004010`)."""
        for agreement in self.file.agreements:
            if agreement.document == document and agreement.direction == "out":
                return _clocks(agreement)
        return Clocks()

    def first_number(self, document: str) -> int:
        """The control number counters start with."""
        for agreement in self.file.agreements:
            if agreement.document == document:
                return _start(agreement)
        return 1


@dataclass(frozen=True, slots=True)
class Book:
    """All partners of an installation."""

    partners: Mapping[str, Partner]

    def __iter__(self) -> Iterator[Partner]:
        return iter(self.partners.values())

    @property
    def served(self) -> Book:
        """The partners that trade."""
        return Book({name: partner for name, partner in self.partners.items() if partner.served})

    def get(self, partner: str) -> Partner | None:
        return self.partners.get(partner)

    def named(self, partner: str) -> Partner:
        """For commands. Raises ValueError that names those there are."""
        found = self.partners.get(partner)
        if found is None:
            raise ValueError(f"there is no partner {partner}; there are {', '.join(sorted(self.partners)) or 'none'}")
        return found


def load_book(folder: Path, environment: Literal["prod", "test"]) -> Book:
    """Every partner below a folder. Raises edi.ProfileError or edi.MapError: one line per
    complaint, with file, line and key."""
    complaints: list[str] = []
    partners: dict[str, Partner] = {}
    for path in sorted(folder.glob("*/partner.yaml")):
        if path.parent.name.startswith(("_", ".")):
            continue
        try:
            partner = load_partner(path.parent, environment)
            partners[partner.id] = partner
        except (edi.ProfileError, edi.MapError) as error:
            complaints.append(str(error))
    complaints.extend(_clashes(partners))
    if complaints:
        raise edi.ProfileError("\n".join(complaints))
    return Book(partners)


def load_partner(folder: Path, environment: Literal["prod", "test"]) -> Partner:
    """One partner's folder: partner.yaml, its channels and every map it names."""
    file, tree = edi.read_partner_file(folder)
    profile = edi.profile_of(file, folder, environment)
    channels = dict(_channels(tree))
    for index, agreement in enumerate(file.agreements):
        node = tree["agreements"][index]
        if agreement.channel and agreement.channel not in channels:
            raise edi.ProfileError(
                f"{node.file}:{node.key_line('channel')}: agreements.{index}.channel: there is no channel "
                f"{agreement.channel!r}; there are {', '.join(channels) or 'none'}"
            )
        try:
            edi.check_agreement(profile, agreement.agreement())
        except edi.MapError as error:
            raise edi.ProfileError(f"{node.file}:{node.key_line('map')}: agreements.{index}.map: {error}") from None
        for key, check in (("ack_expected", _clocks), ("control_numbers", _start)):
            try:
                check(agreement)
            except ValueError as error:
                raise edi.ProfileError(f"{node.file}:{node.key_line(key)}: agreements.{index}.{key}: {error}") from None
    return Partner(file.partner, folder, file, profile, channels)


def place(partner: Partner, *path: str | int) -> str:
    """`file:line` of a key in a partner's file, for a complaint about a file that was fine by itself."""
    _, node = edi.read_partner_file(partner.folder)
    line = node.line
    for step in path:
        line = node.key_line(step) if isinstance(step, str) else node[step].line
        node = node[step]
    return f"{partner.folder / 'partner.yaml'}:{line}"


def transport(kind: str) -> Any:
    """The module of a channel kind: `sftp-server` and `sftp` live in gateway.transports.sftp. Raises
    ModuleNotFoundError."""
    return importlib.import_module(f"gateway.transports.{kind.partition('-')[0]}")


def _channels(tree: Any) -> Iterator[tuple[str, Any]]:
    known: set[str] = set()
    for channel in tree.get("channels", ()):
        if not hasattr(channel, "keys") or not {"kind", "name"} <= set(channel):
            line = tree.key_line("channels")
            raise edi.ProfileError(f"{tree.file}:{line}: channels: each channel needs a `name` and a `kind`")
        kind, name = str(channel["kind"]), str(channel["name"])
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) or name in known:
            why = "there are two of this name" if name in known else "a name has small letters, digits and dashes"
            raise edi.ProfileError(f"{channel.file}:{channel.key_line('name')}: channels.name: {name!r}: {why}")
        known.add(name)
        try:
            model = transport(kind).CHANNELS[kind]
        except (ModuleNotFoundError, AttributeError, KeyError):
            line = channel.key_line("kind")
            raise edi.ProfileError(f"{channel.file}:{line}: channels.kind: there is no transport {kind!r}") from None
        yield name, edi.parse_config(model, channel)


def _clocks(agreement: edi.AgreementFile) -> Clocks:
    expected = agreement.ack_expected
    business = expected.get(BUSINESS_ANSWER)
    within = business.get("within") if isinstance(business, Mapping) else business
    return Clocks(_wait(expected.get("functional")), _wait(within))


def _start(agreement: edi.AgreementFile) -> int:
    start = str(agreement.control_numbers.get("start", 1))
    if not re.fullmatch(r"[1-9]\d{0,8}", start):
        raise ValueError(f"start {start!r} is no control number; write 1 to 999999999")
    return int(start)


def _wait(value: Any) -> float | None:
    return None if value in (None, "none") else seconds(value)


def _clashes(partners: Mapping[str, Partner]) -> Iterator[str]:
    owners: dict[tuple[str, ...], Partner] = {}
    names: dict[tuple[str, ...], tuple[Partner, str]] = {}
    for partner in partners.values():
        for kind, pair in (("x12", partner.profile.x12), ("edifact", partner.profile.edifact)):
            for side in (pair.partner, *pair.also) if pair else ():
                other = owners.setdefault((kind, side.qualifier, side.id), partner)
                if other is not partner:
                    yield (
                        f"{place(partner, 'identities', kind)}: identities.{kind}: {side.qualifier}:{side.id} "
                        f"belongs to partner {other.id} already"
                    )
        for index, channel in enumerate(partner.channels.values()):
            key, known = getattr(channel, "known_as", ("", ()))
            if not known:
                continue
            owner, name = names.setdefault((channel.kind, *known), (partner, channel.name))
            if (owner, name) != (partner, channel.name):
                whose = owner.id if owner is not partner else f"channel {name!r} of this file"
                where = place(partner, "channels", index, key)
                yield f"{where}: channels.{key}: {known[-1]!r} belongs to {whose} already"
