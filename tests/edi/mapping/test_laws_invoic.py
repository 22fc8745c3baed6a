"""PutGet for INVOIC of both directories. The law itself: test_laws.py.

Not here: invoices of X12 (test_laws_supply.py). Texts of the events are cut to the places a document has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.generator import Plan
from edi.documents import InvoiceReceived
from edi.documents.terms import AllowanceCharge
from edi.documents.types import Party
from edi.errors import RenderError
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import assert_made_documents_hold, undetected
from tests.edi.mapping.test_laws import drawn, put_get
from tests.edi.mapping.wire import read_body

REFERENCES = (
    "edifact/d01b/invoic@1",
    "edifact/d96a/invoic@1",
    "edifact/d01b-eancom/invoic@1",
    "edifact/d96a-eancom/invoic@1",
)
# INVOIC has no place for these; they are refused.
PLACELESS = frozenset(
    {
        "carrier", "delivery_terms", "payment_terms.type", "payment_terms.basis", "payment_terms.net_due",
        "payment_terms.day_of_month", "payment_terms.discount_percent", "payment_terms.discount_amount",
        "payment_terms.discount_days", "payment_terms.discount_due", "shipment.tracking", "lines.shipment.tracking",
        "lines.shipment.bill_of_lading", "lines.shipment.packing_slip", "taxes.exemption", "lines.taxes.exemption",
    }
)  # fmt: skip
ALWAYS = frozenset(
    {
        "invoice.date", "totals", "totals.payable", "order.number", "shipment.number", "receipt.number",
        "corrects.number", "lines.order.number",
    }
)  # fmt: skip
CODES = {
    "invoice.type": ("invoice", "credit_note", "debit_note"),
    "purpose": ("original", "cancel", "replace", "duplicate"),
    "allowances.code": ("freight", "discount", "handling"),
    "taxes.type": ("vat", "goods_and_services", "excise"),
    "taxes.category": ("standard", "zero", "exempt"),
}


def _charges(charges: tuple[AllowanceCharge, ...]) -> tuple[AllowanceCharge, ...]:
    return tuple(
        charge.model_copy(
            update={
                "kind": ("allowance", "charge")[number % 2],
                "sequence": None if charge.sequence is None else charge.sequence % 9 + 1,
                "description": charge.description and charge.description[:35].strip(),
            }
        )
        for number, charge in enumerate(charges)
    )


def _postal(party: Party | None) -> Party | None:
    """NAD has nine places for a postal code before D.01B."""
    if party is None or party.address is None or party.address.postal_code is None:
        return party
    code = party.address.postal_code[:9].strip()
    return party.model_copy(update={"address": party.address.model_copy(update={"postal_code": code})})


def _placed(data: InvoiceReceived) -> InvoiceReceived:
    changes: dict[str, Any] = {
        name: _postal(getattr(data, name)) for name in ("buyer", "supplier", "remit_to", "bill_to", "ship_to")
    }
    changes["allowances"] = _charges(data.allowances)
    changes["lines"] = tuple(
        line.model_copy(
            update={"allowances": _charges(line.allowances), "line_number": line.line_number and str(number)}
        )
        for number, line in enumerate(data.lines, 1)
    )
    return data.model_copy(update=changes)


INVOICES = events(InvoiceReceived, without=PLACELESS, always=ALWAYS, codes=CODES).map(_placed)
CASES = dict.fromkeys(REFERENCES, INVOICES)


@pytest.mark.parametrize("reference", REFERENCES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_put_get(reference: str, data: st.DataObject) -> None:
    assert put_get(load_map(reference), data.draw(INVOICES)) == ""


@pytest.mark.parametrize("reference", REFERENCES[:2])
def test_made_documents_are_read_whole_and_written_again(reference: str) -> None:
    release = "D.01B" if "d01b" in reference else "D.96A"
    assert_made_documents_hold(load_map(reference), Plan("INVOIC", release, documents=20))


def test_a_credit_note_names_the_invoice_it_corrects() -> None:
    found = {}
    for corrects in ("", "RFF+IV:RE-1'"):
        body = f"BGM+381+GS-1+9'DTM+137:20261215:102'{corrects}UNS+S'MOA+77:1'"
        reading, _ = read_body(load_map(REFERENCES[0]), body)
        found[corrects] = [(fault.code, fault.severity) for fault in reading.faults]
    assert found == {"": [("check.failed", "exception")], "RFF+IV:RE-1'": []}


def test_what_an_invoice_cannot_say_is_refused_with_its_field() -> None:
    data = {"invoice": {"number": "I1", "date": "2026-12-03"}, "payment_terms": {"discount_percent": "2"}}
    with pytest.raises(RenderError) as refused:
        load_map(REFERENCES[0]).write(InvoiceReceived.model_validate(data))
    assert refused.value.field == "payment_terms.discount_percent"


CUTS = (
    "RFF01-2: corrects.number",
    "DTM01-2: receipt.date as dtm 102",
    "ALC05-1: code via charge",
    "PCD01-2: percent as percent",
    "TAX05-4: rate as percent",
    "MOA01-2: net_amount as decimal",
    "QTY01-3: invoiced.uom via uom",
    "RFF01-3: order.line_number",
    "MOA01-2: totals.tax as decimal",
    "CUX01-2: currency",
)


def test_a_map_without_one_binding_breaks_the_law(tmp_path: Path) -> None:
    assert undetected("edifact/d01b/invoic", CUTS, drawn(INVOICES, 200), put_get, tmp_path) == []
