"""PutGet of X12 invoices and ship notices. The law itself and its negative control: test_laws.py.

Not here: orders and their answers. The events come from the models; amounts are cut to the places a document has.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generator import Plan
from edi.documents import CreditNoteReceived, InvoiceReceived, ShipmentDispatched
from edi.documents.packages import Package, Shipment, ShipmentTotals, ShippedItem
from edi.documents.types import Id
from edi.errors import RenderError
from edi.event_maker import with_check_digit
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import (
    Events,
    InvoiceData,
    assert_made_documents_hold,
    broken,
    cut,
    placed_charge,
    placed_tax,
    placed_terms,
    undetected,
)
from tests.edi.mapping.test_laws import NUMBERS_ONLY, PARTIES, REFERENCES
from tests.edi.mapping.wire import read_body

SCAC = (Id(scheme="scac", value="ODFL"),)
PRODUCT = Id(scheme="buyer", value="SKU-1")
# The 810 has no place for these; they are refused.
PLACELESS = frozenset(
    {
        "tax_point", "delivery_terms.description", "receipt.date", "lines.price.per_quantity",
        "lines.notes", "totals.taxable", "totals.tax", "totals.allowances",
        "allowances.base", "allowances.sequence", "lines.allowances.base", "lines.allowances.sequence",
        "taxes.category", "taxes.exemption", "lines.taxes.category", "lines.taxes.exemption",
        "allowances.taxes.category", "allowances.taxes.exemption", "lines.allowances.taxes.category",
        "lines.allowances.taxes.exemption", "totals.due", "lines.free", "lines.delivered", "lines.period",
        "lines.gross_price.currency", "lines.gross_price.per_quantity", "lines.gross_price.basis", "notes.more",
        "remit_to.references.line", "remit_to.references.date", *NUMBERS_ONLY,
    }
)  # fmt: skip
ALWAYS = frozenset(
    {
        "invoice.date", "totals", "totals.payable", "lines.invoiced", "lines.invoiced.uom", "lines.price",
        "buyer.name", "supplier.name", "remit_to.name", "bill_to.name", "ship_to.name", "carrier.name",
        "taxes.type", "taxes.amount", "taxes.rate", "lines.taxes.type", "lines.taxes.amount", "lines.taxes.rate",
        "allowances.code", "lines.allowances.code", "payment_terms.discount_days", "delivery_terms.function",
        "ship_from.name", "mark_for.name", "allowances.taxes.type", "allowances.taxes.amount", "allowances.taxes.rate",
        "lines.allowances.taxes.type", "lines.allowances.taxes.amount", "lines.allowances.taxes.rate",
    }
)  # fmt: skip
CODES = {
    "invoice.type": ("invoice", "debit_note"),
    "purpose": ("original", "cancel", "replace", "duplicate"),
    "payment_terms.type": ("basic", "end_of_month", "fixed_date"),
    "payment_terms.basis": ("invoice_date", "delivered"),
    "allowances.code": ("freight", "discount", "handling"),
    "taxes.type": ("vat", "sales", "goods_and_services"),
    "delivery_terms.function": ("origin", "destination"),
    "delivery_terms.payment": ("prepaid", "prepaid_and_charged", "collect", "third_party", "pickup"),
    "carrier.service": ("ground", "next_day"),
    "carrier.mode": ("road", "air", "sea", "parcel"),
    "references.kind": REFERENCES,
    "features.kind": ("colour", "size"),
}


def _placed(data: InvoiceData) -> InvoiceData:
    """Amounts in cents, percents and days of a month as small as they are."""
    assert data.totals is not None
    lines = tuple(
        line.model_copy(
            update={
                "allowances": tuple(map(placed_charge, line.allowances, count())),
                "taxes": tuple(map(placed_tax, line.taxes)),
            }
        )
        for line in data.lines
    )
    totals = data.totals.model_copy(
        update={"payable": cut(data.totals.payable), "discountable": cut(data.totals.discountable)}
    )
    return data.model_copy(
        update={
            "lines": lines,
            "totals": totals,
            "allowances": tuple(map(placed_charge, data.allowances, count())),
            "taxes": tuple(map(placed_tax, data.taxes)),
            "carrier": data.carrier and data.carrier.model_copy(update={"ids": SCAC}),
            "payment_terms": data.payment_terms and placed_terms(data.payment_terms),
        }
    )


CREDITS = events(
    CreditNoteReceived,
    rare=True,
    without=PLACELESS,
    always=ALWAYS | {"invoice.type"},
    codes={**CODES, "invoice.type": ("credit_note",)},
)
INVOICES = Events(
    (events(InvoiceReceived, rare=True, without=PLACELESS, always=ALWAYS, codes=CODES) | CREDITS).map(_placed)
)

# The 856 has no place for these; they are refused.
UNSHIPPED = frozenset(
    {
        "notes", "items.variances", "items.package_ids", "items.notes", "packages.id",
        "items.item.features.more", "items.item.more",
        *(f"{party}.references.{name}" for party in PARTIES for name in ("line", "date")),
    }
)  # fmt: skip
SHIPPED = frozenset(
    {
        "shipment.issued_at", "buyer.name", "supplier.name", "ship_from.name", "ship_to.name", "mark_for.name",
        "carrier.name", "totals.packages", "totals.gross_weight", "totals.gross_weight.uom",
        "totals.net_weight.uom", "totals.volume.uom", "packages.gross_weight.uom", "packages.net_weight.uom",
        "packages.volume.uom", "packages.length.uom", "packages.width.uom", "packages.height.uom",
        "items.line_number", "items.item", "items.shipped", "items.shipped.uom",
        "items.ordered.uom", "items.order", "packages.count",
    }
)  # fmt: skip


def _below(paths: frozenset[str]) -> frozenset[str]:
    """The paths of items and packages also inside a package, and inside a package of a package."""
    inner = {f"packages.{path}" for path in paths if path.startswith(("items", "packages"))}
    return paths | inner | {f"packages.{path}" for path in inner}


def _moment(text: str | None) -> str | None:
    return text if text is None or "T" in text else f"{text}T10:30"


def _shipment(shipment: Shipment) -> Shipment:
    """BSN demands a time; numbers of trailers and seals are short."""
    return shipment.model_copy(
        update={
            "number": f"SH{shipment.number}",
            "issued_at": _moment(shipment.issued_at),
            "trailer": shipment.trailer and "TR-1",
            "seal": shipment.seal and "SEAL-1",
        }
    )


def _items(items: tuple[ShippedItem, ...]) -> tuple[ShippedItem, ...]:
    """LIN needs an id."""
    return tuple(
        item.model_copy(
            update={"item": item.item and item.item.model_copy(update={"ids": item.item.ids or (PRODUCT,)})}
        )
        for item in items
    )


def _packages(packages: tuple[Package, ...], numbers: Iterator[int], levels: tuple[str, ...]) -> tuple[Package, ...]:
    """Pallets with cases in them, each with an SSCC of its own, as the shape of the map has them."""
    return tuple(
        package.model_copy(
            update={
                "level": levels[0],
                "ssccs": (with_check_digit(f"03401234{next(numbers):09d}"),),
                "packages": _packages(package.packages, numbers, levels[1:]) if levels[1:] else (),
                "items": _items(package.items),
            }
        )
        for package in packages
    )


def _shipped(data: ShipmentDispatched) -> ShipmentDispatched:
    return data.model_copy(
        update={
            "shipment": _shipment(data.shipment),
            "carrier": data.carrier and data.carrier.model_copy(update={"ids": SCAC}),
            "packages": _packages(data.packages, count(1), ("pallet", "case")),
            "items": _items(data.items),
            "totals": data.totals and _totals(data.totals),
        }
    )


def _totals(totals: ShipmentTotals) -> ShipmentTotals:
    """TD109 has eight digits."""
    volume = totals.volume
    return totals.model_copy(update={"volume": volume and volume.model_copy(update={"value": cut(volume.value)})})


SHIPMENTS = Events(
    events(
        ShipmentDispatched,
        rare=True,
        without=_below(UNSHIPPED),
        always=_below(SHIPPED),
        codes={
            "status": ("complete", "partial", "backordered"),
            "mode": ("road", "air", "sea"),
            "service": ("ground", "next_day"),
            "packages.type": ("pallet", "carton"),
            "references.kind": REFERENCES,
            "features.kind": ("colour", "size"),
        },
    ).map(_shipped)
)
CASES = {
    "x12/004010/810@2": INVOICES,
    "x12/004010/856@1": SHIPMENTS,
    "x12/005010/810@2": INVOICES,
    "x12/005010/856@1": SHIPMENTS,
}


@pytest.mark.parametrize("reference", CASES)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), CASES[reference]) == []


# Every kind of binding once, with the bindings that only this document has.
CUTS = {
    "x12/004010/810@2": (
        "BIG05: order.release", "REF02: corrects.number", "ITD05: payment_terms.discount_days as integer",
        "PO: order.number", "PAM05: net_amount as decimal", "TXI08: base as decimal", "SAC05: amount as decimal",
        "TDS02: totals.discountable as decimal", "CAD05: carrier.name",
    ),
    "x12/004010/856@1": (
        "TD303: shipment.trailer", "TD512: carrier.service via service", "PRF02: order.release", "LT: lots",
        "PL: order.line_number", "MAN02: tracking", "MEA03: net_weight.value as decimal",
        "SN105: ordered.value as decimal", "DTM02: best_before as date", "N301*: address.lines",
    ),
}  # fmt: skip


@pytest.mark.parametrize("reference", CUTS)
def test_a_map_without_one_binding_breaks_the_law(reference: str, tmp_path: Path) -> None:
    assert undetected(reference, CUTS[reference], CASES[reference], tmp_path) == []


BILL = {"invoice": {"number": "I1", "date": "2026-12-03"}, "totals": {"payable": "1"}}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tax_point": "2026-12-01"}, "tax_point"),
        ({"lines": [{"notes": [{"text": "late"}]}]}, "lines.0.notes.0.text"),
        ({"allowances": [{"kind": "charge", "code": {"value": "freight"}, "base": "1"}]}, "allowances.0.base"),
        ({"totals": {"payable": "1.005"}}, "totals.payable"),
        ({"totals": {"payable": "1", "tax": "1"}}, "totals.tax"),
    ],
)
def test_what_an_invoice_cannot_say_is_refused_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(RenderError) as refused:
        load_map("x12/004010/810@2").write(InvoiceReceived.model_validate({**BILL, **more}))
    assert refused.value.field == field


SENT = {"shipment": {"number": "SH1", "issued_at": "2026-12-01T10:30"}, "order": {"number": "P1"}}
GOODS = {
    "line_number": "1",
    "item": {"ids": [{"scheme": "buyer", "value": "SKU-1"}]},
    "shipped": {"value": "5", "uom": {"value": "EA"}},
}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"packages": [{"level": "container", "items": [GOODS]}]}, "packages.0"),
        ({"packages": [{"level": "case", "id": "7", "items": [GOODS]}]}, "packages.0.id"),
        ({"items": [{**GOODS, "variances": [{"reason": {"value": "short"}}]}]}, "items.0.variances.0.reason"),
        ({"items": [GOODS], "notes": [{"text": "fragile"}]}, "notes.0.text"),
    ],
)
def test_what_a_ship_notice_cannot_say_is_refused_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(RenderError) as refused:
        load_map("x12/004010/856@1").write(ShipmentDispatched.model_validate({**SENT, **more}))
    assert refused.value.field == field


def test_a_credit_note_names_the_invoice_it_corrects() -> None:
    map_ = load_map("x12/004010/810@2")
    found = {}
    for corrects in ("", "REF*OI*INV-1~"):
        reading, _ = read_body(map_, f"BIG*20261215*CN-1*****CN~{corrects}TDS*100~")
        found[corrects] = [(fault.code, fault.severity) for fault in reading.faults]
    assert found == {"": [("check.failed", "exception")], "REF*OI*INV-1~": []}


@pytest.mark.parametrize("reference", CASES)
def test_made_documents_are_read_whole_and_written_again(reference: str) -> None:
    map_ = load_map(reference)
    _, kind, release = map_.document.split()
    assert_made_documents_hold(map_, Plan(kind, release, documents=20))
