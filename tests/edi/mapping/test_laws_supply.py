"""PutGet of X12 invoices and ship notices. The law itself and its negative control: test_laws.py.

Not here: orders and their answers. The events come from the models; amounts are cut to the places a document has.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.generator import Plan
from edi.documents import InvoiceReceived, ShipmentDispatched
from edi.documents.packages import Package, Shipment, ShipmentTotals, ShippedItem
from edi.documents.terms import AllowanceCharge, PaymentTerms, Tax
from edi.documents.types import Id
from edi.errors import MapError, RenderError
from edi.mapping import load_map
from edi.resources import maps_folder
from tests.edi.mapping.events import events, with_check_digit
from tests.edi.mapping.laws import assert_made_documents_hold
from tests.edi.mapping.test_laws import drawn, put_get
from tests.edi.mapping.wire import read_body

SCAC = (Id(scheme="scac", value="ODFL"),)
PRODUCT = Id(scheme="buyer", value="SKU-1")
CENT = Decimal("0.01")
# The 810 has no place for these; they are refused.
PLACELESS = frozenset(
    {
        "tax_point", "delivery_terms", "carrier.mode", "carrier.service", "receipt.date", "lines.price.per_quantity",
        "lines.notes", "totals.taxable", "totals.tax", "totals.allowances",
        "allowances.base", "allowances.sequence", "lines.allowances.base", "lines.allowances.sequence",
        "taxes.category", "taxes.exemption", "lines.taxes.category", "lines.taxes.exemption",
    }
)  # fmt: skip
ALWAYS = frozenset(
    {
        "invoice.date", "totals", "totals.payable", "lines.invoiced", "lines.invoiced.uom", "lines.price",
        "buyer.name", "supplier.name", "remit_to.name", "bill_to.name", "ship_to.name", "carrier.name",
        "taxes.type", "taxes.amount", "taxes.rate", "lines.taxes.type", "lines.taxes.amount", "lines.taxes.rate",
        "allowances.code", "lines.allowances.code", "payment_terms.discount_days",
    }
)  # fmt: skip
CODES = {
    "invoice.type": ("invoice", "credit_note", "debit_note"),
    "purpose": ("original", "cancel", "replace", "duplicate"),
    "payment_terms.type": ("basic", "end_of_month", "fixed_date"),
    "payment_terms.basis": ("invoice_date", "delivered"),
    "allowances.code": ("freight", "discount", "handling"),
    "taxes.type": ("vat", "sales", "goods_and_services"),
}


def _cut(value: Decimal | None, most: int = 99999) -> Decimal | None:
    return None if value is None else min(value, Decimal(most)).quantize(CENT)


def _charge(charge: AllowanceCharge, number: int) -> AllowanceCharge:
    changes: dict[str, Any] = {"kind": ("allowance", "charge")[number % 2]}
    changes |= {"amount": _cut(charge.amount), "percent": _cut(charge.percent, 99)}
    return charge.model_copy(update=changes)


def _tax(tax: Tax) -> Tax:
    return tax.model_copy(update={"base": _cut(tax.base), "rate": _cut(tax.rate, 99)})


def _terms(terms: PaymentTerms) -> PaymentTerms:
    day = terms.day_of_month and min(terms.day_of_month, 28)
    changes = {"discount_percent": _cut(terms.discount_percent, 99), "discount_amount": _cut(terms.discount_amount)}
    return terms.model_copy(update={**changes, "day_of_month": day})


def _placed(data: InvoiceReceived) -> InvoiceReceived:
    """Amounts in cents, percents and days of a month as small as they are."""
    assert data.totals is not None
    lines = tuple(
        line.model_copy(
            update={
                "allowances": tuple(map(_charge, line.allowances, count())),
                "taxes": tuple(map(_tax, line.taxes)),
            }
        )
        for line in data.lines
    )
    totals = data.totals.model_copy(
        update={"payable": _cut(data.totals.payable), "discountable": _cut(data.totals.discountable)}
    )
    return data.model_copy(
        update={
            "lines": lines,
            "totals": totals,
            "allowances": tuple(map(_charge, data.allowances, count())),
            "taxes": tuple(map(_tax, data.taxes)),
            "carrier": data.carrier and data.carrier.model_copy(update={"ids": SCAC}),
            "payment_terms": data.payment_terms and _terms(data.payment_terms),
        }
    )


INVOICES = events(InvoiceReceived, without=PLACELESS, always=ALWAYS, codes=CODES).map(_placed)

# The 856 has no place for these; they are refused.
UNSHIPPED = frozenset(
    {
        "notes", "items.cumulative", "items.variances", "items.package_ids", "items.notes",
        "packages.id", "packages.type", "packages.count",
    }
)  # fmt: skip
SHIPPED = frozenset(
    {
        "shipment.issued_at", "buyer.name", "supplier.name", "ship_from.name", "ship_to.name", "mark_for.name",
        "carrier.name", "totals.packages", "totals.gross_weight", "totals.gross_weight.uom",
        "totals.net_weight.uom", "totals.volume.uom", "packages.gross_weight.uom", "packages.net_weight.uom",
        "packages.volume.uom", "items.line_number", "items.item", "items.shipped", "items.shipped.uom",
        "items.ordered.uom", "items.order",
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
    return totals.model_copy(update={"volume": volume and volume.model_copy(update={"value": _cut(volume.value)})})


SHIPMENTS = events(
    ShipmentDispatched,
    without=_below(UNSHIPPED),
    always=_below(SHIPPED),
    codes={
        "status": ("complete", "partial", "backordered"),
        "mode": ("road", "air", "sea"),
        "service": ("ground", "next_day"),
    },
).map(_shipped)
CASES = {
    "x12/004010/810@1": INVOICES,
    "x12/004010/856@1": SHIPMENTS,
    "x12/005010/810@1": INVOICES,
    "x12/005010/856@1": SHIPMENTS,
}


@pytest.mark.parametrize("reference", CASES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_put_get(reference: str, data: st.DataObject) -> None:
    event = data.draw(CASES[reference])
    assert put_get(load_map(reference), event) == ""


# Every kind of binding once, with the bindings that only this document has.
CUTS = {
    "x12/004010/810@1": (
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
    events_ = drawn(CASES[reference], 100)
    identity = reference.partition("@")[0]
    original = (maps_folder() / f"{identity}.map.yaml").read_text()
    undetected = []
    for number, cut in enumerate(CUTS[reference]):
        path = tmp_path / str(number) / f"{identity}.map.yaml"
        path.parent.mkdir(parents=True)
        kept = [line for line in original.splitlines(keepends=True) if line.strip() != cut]
        assert len(kept) < len(original.splitlines())
        path.write_text("".join(kept))
        try:
            map_ = load_map(reference, folders=[tmp_path / str(number)])
        except MapError:
            continue  # nothing is left for a mandatory element: found even before a document comes
        if not any(put_get(map_, event) for event in events_):
            undetected.append(cut)
    assert undetected == []


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
        load_map("x12/004010/810@1").write(InvoiceReceived.model_validate({**BILL, **more}))
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
        ({"packages": [{"level": "case", "count": 2, "items": [GOODS]}]}, "packages.0.count"),
        ({"items": [{**GOODS, "cumulative": {"value": "50"}}]}, "items.0.cumulative.value"),
        ({"items": [GOODS], "notes": [{"text": "fragile"}]}, "notes.0.text"),
    ],
)
def test_what_a_ship_notice_cannot_say_is_refused_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(RenderError) as refused:
        load_map("x12/004010/856@1").write(ShipmentDispatched.model_validate({**SENT, **more}))
    assert refused.value.field == field


def test_a_credit_note_names_the_invoice_it_corrects() -> None:
    map_ = load_map("x12/004010/810@1")
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
