"""PutGet for INVOIC of both directories. The law itself and its negative control: test_laws.py.

Not here: invoices of X12 (test_laws_supply.py). Texts of the events are cut to the places a document has.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.generator import Plan
from edi.documents import CreditNoteReceived, InvoiceReceived
from edi.errors import RenderError
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import (
    Events,
    as_edifact_has_it,
    assert_made_documents_hold,
    broken,
    everywhere,
    numbered,
    undetected,
)
from tests.edi.mapping.test_laws_edifact import SHARED_CODES, eancom
from tests.edi.mapping.wire import read_body

REFERENCES = (
    "edifact/d01b/invoic@2",
    "edifact/d96a/invoic@2",
    "edifact/d01b-eancom/invoic@2",
    "edifact/d96a-eancom/invoic@2",
)
# INVOIC has no place for these; they are refused.
_TAX = ("taxes.exemption", "allowances.taxes.exemption")
PLACELESS = frozenset(
    {
        "carrier.service", "payment_terms.net_due", "payment_terms.day_of_month", "shipment.tracking",
        "lines.shipment.tracking", "lines.shipment.bill_of_lading", "lines.shipment.packing_slip",
        *_TAX, *(f"lines.{path}" for path in _TAX),
    }
)  # fmt: skip
ALWAYS = frozenset(
    {
        "invoice.date", "totals", "totals.payable", "order.number", "shipment.number", "receipt.number",
        "corrects.number", "contract", "lines.order.number", "delivery_terms.function",
    }
)  # fmt: skip
CODES = {
    **SHARED_CODES,
    "invoice.type": ("invoice", "debit_note"),
    "purpose": ("original", "cancel", "replace", "duplicate"),
}


CREDITS = events(
    CreditNoteReceived,
    without=PLACELESS,
    always=ALWAYS | {"invoice.type"},
    codes={**CODES, "invoice.type": ("credit_note",)},
    rare=True,
)
INVOICES = Events(
    (events(InvoiceReceived, without=PLACELESS, always=ALWAYS, codes=CODES, rare=True) | CREDITS).map(
        lambda data: numbered(everywhere(data, as_edifact_has_it))
    )
)
CASES = {name: INVOICES.map(eancom) if "-eancom" in name else INVOICES for name in REFERENCES}


@pytest.mark.parametrize("reference", REFERENCES)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), CASES[reference]) == []


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
    data = {"invoice": {"number": "I1", "date": "2026-12-03"}, "payment_terms": {"day_of_month": "2"}}
    with pytest.raises(RenderError) as refused:
        load_map(REFERENCES[0]).write(InvoiceReceived.model_validate(data))
    assert refused.value.field == "payment_terms.day_of_month"


def test_what_is_still_to_be_paid_is_not_written_without_the_total() -> None:
    data = {"invoice": {"number": "I1", "date": "2026-12-03"}, "totals": {"due": "5"}}
    map_ = load_map(REFERENCES[0])
    with pytest.raises(RenderError, match="still to be paid, 5, stands beside a total amount") as refused:
        map_.write(InvoiceReceived.model_validate(data))
    assert refused.value.code == "check.failed"
    assert map_.write(InvoiceReceived.model_validate({**data, "totals": {"due": "5", "payable": "9"}}))


# Every kind of binding once, with the fields that few documents have.
CUTS = (
    "RFF01-2: corrects.number", "ALC05-1: code via charge", "QTY01-3: invoiced.uom via uom", "CUX01-2: currency",
    "MOA01-2: totals.tax as decimal", "RFF01-3: order.line_number",
    "QTY01-2: delivered.value as decimal", "QTY01-2: free.value as decimal", "DTM01-2: period.latest as dtm 102",
    "MOA01-2: totals.due as decimal", "MOA01-2: net_amount as decimal", "RFF01-2: receipt.number",
    "DTM01-2: due_date as dtm 102", "DTM01-2: payment_terms.discount_due as dtm 102", "ALC05-4: description",
    "TAX05-4: rate as percent", "PRI01-2: gross_price.amount as decimal", "RFF01-1: kind via reference_kind",
    "LOC02-4: delivery_terms.place", "TDT03-1: mode via mode", "NAD04-2*: more_names", "IMD03-5: more",
)  # fmt: skip


def test_a_map_without_one_binding_breaks_the_law(tmp_path: Path) -> None:
    assert undetected("edifact/d96a/invoic@2", CUTS, INVOICES, tmp_path) == []
