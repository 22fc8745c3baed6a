"""PutGet for DESADV of both directories and of their GS1 subsets. The law and its negative control: test_laws.py.

Not here: ship notices of X12 (test_laws_supply.py), single documents (test_desadv.py). The events come from the models;
their texts are cut to the places a document has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edi.documents import ShipmentDispatched
from edi.documents.packages import Package, ShippedItem
from edi.documents.types import Id, Note, Party
from edi.errors import RenderError
from edi.mapping import load_map
from tests.edi.mapping.events import DEPTH, events
from tests.edi.mapping.laws import Events, broken, undetected

REFERENCES = (
    "edifact/d01b/desadv@2",
    "edifact/d96a/desadv@2",
    "edifact/d01b-eancom/desadv@2",
    "edifact/d96a-eancom/desadv@2",
)
SCAC = (Id(scheme="scac", value="ODFL"),)
PARTIES = ("buyer", "supplier", "ship_from", "ship_to", "mark_for")


def _below(paths: set[str]) -> frozenset[str]:
    """The paths of items and packages also inside a package, and inside packages of a package."""
    inner = {path for path in paths if path.startswith(("items", "packages"))}
    return frozenset(paths | {f"{'packages.' * deep}{path}" for path in inner for deep in range(1, DEPTH + 2)})


# DESADV has no place for these; they are refused.
PLACELESS = _below({"notes", "carrier.service", "items.package_ids", "items.variances.quantity.uom"})
# A measure needs its unit; a difference that says nothing is none.
ALWAYS = _below(
    {
        "totals.gross_weight.uom", "totals.net_weight.uom", "totals.volume.uom", "packages.gross_weight.uom",
        "packages.net_weight.uom", "packages.volume.uom", "items.variances.reason", "packages.length.uom",
        "packages.width.uom", "packages.height.uom",
    }
)  # fmt: skip
CODES = {
    "status": ("complete", "partial", "cancelled", "substituted"),
    "reason": ("over_shipped", "damaged", "late"),
    "mode": ("road", "air", "sea", "rail"),
    "type": ("pallet", "carton", "roll_cage"),
}


def _items(items: tuple[ShippedItem, ...], *, old: bool) -> tuple[ShippedItem, ...]:
    found = []
    for number, item in enumerate(items, 1):
        changes: dict[str, Any] = {"country_of_origin": item.country_of_origin and "DE"}
        if old:
            changes["line_number"] = item.line_number and str(number)
            changes["notes"] = tuple(Note(text=note.text[:70].strip(), language=note.language) for note in item.notes)
            if item.item and item.item.description:
                text = item.item.description[:35].strip()
                changes["item"] = item.item.model_copy(update={"description": text})
        found.append(item.model_copy(update=changes))
    return tuple(found)


def _packages(packages: tuple[Package, ...], *, old: bool) -> tuple[Package, ...]:
    """CPS has three levels of packing."""
    return tuple(
        package.model_copy(
            update={
                "level": package.level and ("pallet", "case", "inner")[number % 3],
                "packages": _packages(package.packages, old=old),
                "items": _items(package.items, old=old),
            }
        )
        for number, package in enumerate(packages)
    )


def _party(party: Party | None, *, old: bool, duns: bool) -> Party | None:
    """NAD has nine places for a postal code before D.01B; the GS1 subset has no D-U-N-S numbers."""
    if party is None:
        return None
    changes: dict[str, Any] = {}
    if not duns:
        changes["ids"] = tuple(known for known in party.ids if known.scheme != "duns")
    if old and party.address is not None and party.address.postal_code:
        code = party.address.postal_code[:9].strip()
        changes["address"] = party.address.model_copy(update={"postal_code": code})
    return party.model_copy(update=changes)


def _placed(data: ShipmentDispatched, reference: str) -> ShipmentDispatched:
    old, duns = "d96a" in reference, "eancom" not in reference
    changes: dict[str, Any] = {name: _party(getattr(data, name), old=old, duns=duns) for name in PARTIES}
    changes["packages"] = _packages(data.packages, old=old)
    changes["items"] = _items(data.items, old=old)
    changes["carrier"] = data.carrier and data.carrier.model_copy(update={"ids": SCAC})
    changes["shipment"] = data.shipment.model_copy(
        update={
            "trailer": data.shipment.trailer and data.shipment.trailer[:17].strip(),
            "seal": data.shipment.seal and data.shipment.seal[:10].strip(),
        }
    )
    return data.model_copy(update=changes)


ANY = Events(events(ShipmentDispatched, without=PLACELESS, always=ALWAYS, codes=CODES))
CASES = {reference: ANY.map(lambda data, reference=reference: _placed(data, reference)) for reference in REFERENCES}


@pytest.mark.parametrize("reference", REFERENCES)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), CASES[reference]) == []


# Every kind of binding once, with the bindings that only this document has.
CUTS = (
    'BGM03: purpose via purpose default "9"',
    "DTM01-2: shipment.estimated_delivery as dtm 203",
    "RFF01-2: shipment.packing_slip",
    "RFF01-4: order.revision",
    "NAD06: address.city",
    "TDT03-1: mode via mode",
    "SEL01: shipment.seal",
    "CPS03: level via level",
    'PAC01: count as integer default "1"',
    "PAC03-1: type via pack",
    "GIN02*: lots",
    "GIN02*: serials",
    "GIN02-1: id",
    "QTY01-2: cumulative.value as decimal",
    "ALI01: country_of_origin",
    "DTM01-2: best_before as dtm 102",
    "QVR02: status via line_status",
    "QVR02: reason via discrepancy",
    "CNT01-2: totals.quantity as decimal",
)


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_map_without_one_binding_breaks_the_law(reference: str, tmp_path: Path) -> None:
    assert undetected(reference, CUTS, CASES[reference], tmp_path) == []


SENT = {"shipment": {"number": "DES1"}}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"notes": [{"text": "fragile"}]}, "notes.0.text"),
        ({"carrier": {"service": {"value": "ground"}}}, "carrier.service"),
        ({"packages": [{"level": "container"}]}, "packages.0.level"),
        ({"packages": [{"packages": [{"level": "container"}]}]}, "packages.0.packages.0.level"),
        ({"items": [{"status": {"value": "backordered"}}]}, "items.0.status"),
        ({"items": [{"package_ids": ["P1"]}]}, "items.0.package_ids"),
        ({"items": [{}, {"order": {"number": "P1", "line_number": "1234567"}}]}, "items.1.order.line_number"),
        ({"packages": [{"items": [{"line_number": "1234567"}]}]}, "packages.0.items.0.line_number"),
    ],
)
def test_what_a_despatch_advice_cannot_say_is_refused_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(RenderError) as refused:
        load_map(REFERENCES[0]).write(ShipmentDispatched.model_validate({**SENT, **more}))
    assert refused.value.field == field
