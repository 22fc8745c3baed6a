"""What was agreed with each partner that matters to Odoo, as plain values from the partners' files.

Not here: finding the vendor in Odoo (directory.py). Rule protected: partner differences are data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

import edi
from gateway.destinations.odoo.settings import Policy
from gateway.tolerances import Tolerances

M = TypeVar("M", bound=BaseModel)
CHANGED = "procurement.order.changed.v1"
BindingKind = Literal["ref", "gln", "vat", "id"]


@dataclass(frozen=True, slots=True)
class VendorBinding:
    """How the vendor of a partner is found in Odoo: by its reference, GLN, VAT number or database id."""

    kind: BindingKind
    value: str


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """One partner. `apply_dates` None: as the destination's policy says.

    `takes_changes`: a document for changes is agreed (860, ORDCHG); otherwise a changed order is sent again as a whole.
    """

    name: str
    vendor: VendorBinding
    tolerances: Tolerances = field(default_factory=Tolerances)
    apply_dates: bool | None = None
    timezone: str = "UTC"
    takes_changes: bool = True

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Partner(Protocol):
    """What is needed of a partner: its file, its profile, the destination its events go to."""

    @property
    def id(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def destination(self) -> str: ...
    @property
    def file(self) -> Any: ...
    @property
    def profile(self) -> edi.Profile: ...


def terms_of(partners: Iterable[Partner], destination: str) -> dict[str, PartnerTerms]:
    """The terms of every partner of this destination. Raises edi.ProfileError, one line per complaint."""
    terms: dict[str, PartnerTerms] = {}
    complaints: list[str] = []
    for partner in partners:
        if partner.destination != destination:
            continue
        try:
            terms[partner.id] = _terms(partner)
        except ValueError as error:
            complaints.append(f"{partner.folder / 'partner.yaml'}:{_line(partner, error)}: {error}")
    if complaints:
        raise edi.ProfileError("\n".join(complaints))
    return terms


def binding(vendor: Any) -> VendorBinding:
    """`{ref: V-100}` of partner.yaml `odoo.vendor`. Raises ValueError."""
    kinds = get_args(BindingKind)
    if not isinstance(vendor, Mapping) or len(vendor) != 1 or next(iter(vendor)) not in kinds:
        raise ValueError(f"odoo.vendor: write one of {', '.join(f'{{{kind}: ...}}' for kind in kinds)}")
    kind, value = next(iter(vendor.items()))
    text = str(value).strip()
    if not text or (kind == "id" and not text.isdecimal()):
        raise ValueError(f"odoo.vendor: {value!r} is no {kind}")
    return VendorBinding(kind, text)


def _terms(partner: Partner) -> PartnerTerms:
    apply_dates = None
    for number, agreement in enumerate(partner.file.agreements):
        policy = _parsed(Policy, agreement.policy, f"agreements.{number}.policy")
        if agreement.direction == "in" and "apply_dates" in agreement.policy:
            apply_dates = policy.apply_dates
    return PartnerTerms(
        name=partner.file.name or partner.id,
        vendor=binding(partner.file.odoo.get("vendor")),
        tolerances=_parsed(Tolerances, partner.file.tolerances, "tolerances"),
        apply_dates=apply_dates,
        timezone=partner.profile.timezone or "UTC",
        takes_changes=_takes_changes(partner.profile),
    )


def _takes_changes(profile: edi.Profile) -> bool:
    try:
        edi.outgoing_agreement(CHANGED, profile)
    except edi.RenderError:
        return False
    return True


def _parsed(model: type[M], part: Any, where: str) -> M:
    """A part of partner.yaml as its model. Raises ValueError: key and sentence of the first complaint."""
    try:
        return model.model_validate(part)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in (where, *first["loc"]))
        raise ValueError(f"{path}: {first['msg'].removeprefix('Value error, ')}") from None


def _line(partner: Partner, error: ValueError) -> int:
    """The line of the key a complaint starts with, or of the part of the file it stands in."""
    node: Any = edi.load_config(partner.folder / "partner.yaml")
    line = 1
    for step in str(error).partition(": ")[0].split("."):
        if step.isdecimal():
            node = node[int(step)]
            line = node.line
        elif hasattr(node, "key_line") and step in node:
            line, node = node.key_line(step), node[step]
    return line
