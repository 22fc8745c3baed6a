"""What was agreed with each partner that matters to Odoo, as plain values from the partners' files.

Not here: finding the vendor in Odoo (directory.py). Rule protected: partner differences are data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, get_args
from zoneinfo import ZoneInfo

from pydantic import ValidationError

import edi
from gateway.tolerances import Tolerances

BindingKind = Literal["ref", "gln", "vat", "id"]


@dataclass(frozen=True, slots=True)
class VendorBinding:
    """How the vendor of a partner is found in Odoo: by its reference, GLN, VAT number or database id."""

    kind: BindingKind
    value: str


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """One partner. `apply_dates` None: as the destination's policy says."""

    name: str
    vendor: VendorBinding
    tolerances: Tolerances = field(default_factory=Tolerances)
    apply_dates: bool | None = None
    timezone: str = "UTC"

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
        except (ValueError, ValidationError) as error:
            complaints.append(f"{partner.folder / 'partner.yaml'}: {_first(error)}")
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
    for agreement in partner.file.agreements:
        if agreement.direction == "in" and "apply_dates" in agreement.policy:
            apply_dates = bool(agreement.policy["apply_dates"])
    return PartnerTerms(
        name=partner.file.name or partner.id,
        vendor=binding(partner.file.odoo.get("vendor")),
        tolerances=Tolerances.model_validate(partner.file.tolerances),
        apply_dates=apply_dates,
        timezone=partner.profile.timezone,
    )


def _first(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"tolerances.{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)
