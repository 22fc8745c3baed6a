"""Every document mock-edi can write is accepted by our check; where it leaves the standard, we say so and where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import mockedi.ack
import mockedi.edifact
import mockedi.transactions as trade
import mockedi.validate
import mockedi.x12
import pytest

import edi
from benchmarks.generator import Plan, generate
from edi.acks import verdict_of
from edi.check import compile_check
from edi.model import Message
from edi.schema import load_schema
from edi.syntax import read

AT = dt.datetime(2026, 11, 20, 10, 30)  # noqa: DTZ001  (the mock's time is naive)
US = trade.Party(
    name="Mock", identifier="MOCK", street="1 Street", city="Town", region="IL", postal="60601", country="US"
)
PARTNER = {"name": "Partner", "id": "PARTNER", "street": "2 Street", "city": "City", "region": "IL", "postal": "60602"}
ORDER = {
    "po_number": "P77", "ordered_on": "2026-11-20", "seller_order": "SO-9", "currency": "USD",
    "requested_on": "2026-12-01", "ship_to_id": "WH-01", "ship_to_name": "Main DC",
    "ship_to_street": "3 Street", "ship_to_city": "Town", "ship_to_region": "IL", "ship_to_postal": "60601",
}  # fmt: skip
LINES = [
    {"line": "1", "sku": "AC-9", "quantity": "100", "uom": "EA", "price": "12.50", "status": "IA",
     "confirmed": "100", "shipped": "100", "invoiced": "100", "scheduled_on": "2026-12-01", "upc": "012345678905"},
    {"line": "2", "sku": "AC-10", "quantity": "5", "uom": "CS", "price": "3.00", "status": "IR", "confirmed": "0",
     "shipped": "2", "invoiced": "2"},
]  # fmt: skip
SHIPMENT = {
    "shipment_id": "SH-1", "cartons": 2, "weight": 12, "scac": "ABFS", "carrier": "ABF", "bol": "BL-1",
    "tracking": "1Z9", "shipped_on": "2026-12-01",
}  # fmt: skip
INVOICE = {"invoice_number": "INV-1", "invoiced_on": "2026-12-02", "subtotal": "1256.00", "tax": "10.00",
           "total": "1266.00", "currency": "USD", "discount_pct": "2", "discount_days": "10"}  # fmt: skip
CHANGE = trade.Change(
    po_number="P77",
    sequence="1",
    changed_on=dt.date(2026, 11, 21),
    ordered_on=dt.date(2026, 11, 20),
    lines=[trade.ChangeLine(number="1", sku="AC-9", quantity=trade.Decimal(50), price=trade.Decimal("12.5"))],
)
Body = Callable[[str], Any]
BODIES: dict[tuple[str, str], Body] = {
    ("850", "ORDERS"): lambda d: trade.write_order(d, US, PARTNER, ORDER, LINES, AT),
    ("855", "ORDRSP"): lambda d: trade.write_response(d, US, PARTNER, ORDER, LINES, AT),
    ("856", "DESADV"): lambda d: trade.write_despatch(d, US, PARTNER, ORDER, LINES, SHIPMENT, AT),
    ("810", "INVOIC"): lambda d: trade.write_invoice(d, US, PARTNER, ORDER, LINES, INVOICE, SHIPMENT, AT),
    ("860", "ORDCHG"): lambda d: trade.write_change(d, US, PARTNER, ORDER, CHANGE, AT),
    ("865", "ORDRSP"): lambda d: trade.write_change_response(d, US, PARTNER, ORDER, LINES, CHANGE, AT),
}
GROUPS = {"850": "PO", "855": "PR", "856": "SH", "810": "IN", "860": "PC", "865": "CA", "997": "FA"}
# Where its documents are not what the standard says: POC03 without POC04, CNT behind the amounts.
LEAVES_THE_STANDARD = {
    "860": {("element.conditional-missing", "POC")},
    "865": {("element.conditional-missing", "POC")},
    "INVOIC": {("segment.order", "CNT")},
}
X12 = [(kind, body) for (kind, _), body in BODIES.items()]
EDIFACT = [(kind, directory, body) for (_, kind), body in BODIES.items() for directory in ("96A", "01B")]


def shown(value: object) -> str:
    return value if isinstance(value, str) else "document"


def complaints(data: bytes, schema: str) -> set[tuple[str, str]]:
    """Code and segment of whatever makes us reject or note an error, by our reader and the schema."""
    items = list(read(data))
    (message,) = [item for item in items if isinstance(item, Message)]
    found = [fault for item in items for fault in item.faults]
    found += compile_check(load_schema(schema)).check(message).faults
    return {(fault.code, fault.location.tag) for fault in found if verdict_of([fault]) != "accepted"}


@pytest.mark.parametrize(("kind", "body"), X12, ids=shown)
def test_we_accept_its_x12(kind: str, body: Body) -> None:
    message = mockedi.x12.message(kind, "0001", body("X12"))
    wrapped = mockedi.x12.wrap([message], "MOCK", "US", "000000001", "1", GROUPS[kind], moment=AT)
    found = complaints(mockedi.x12.render(wrapped).encode(), f"x12/004010/{kind}")
    assert found <= LEAVES_THE_STANDARD.get(kind, set())


@pytest.mark.parametrize(("kind", "directory", "body"), EDIFACT, ids=shown)
def test_we_accept_its_edifact(kind: str, directory: str, body: Body) -> None:
    message = mockedi.edifact.message(kind, "1", body("EDIFACT"), f"D:{directory}:UN")
    wrapped = mockedi.edifact.wrap([message], "MOCK", "US", "1", moment=AT)
    found = complaints(
        mockedi.edifact.render(wrapped).encode("latin-1"), f"edifact/d{directory.lower()}/{kind.lower()}"
    )
    assert found <= LEAVES_THE_STANDARD.get(kind, set())


def test_its_ta1_answers_what_we_send() -> None:
    interchange = mockedi.x12.parse(generate(Plan("850")).decode())
    note = mockedi.ack.interchange_acknowledgment(interchange, mockedi.validate.validate(interchange))
    answer = mockedi.x12.wrap([], "US", "MOCK", "000000001", "1", "FA", moment=AT)
    answer.groups = []
    translation = edi.translate(mockedi.x12.render(answer, preamble=[note]).encode(), edi.default_profile())
    assert [fault.message for fault in translation.faults] == []
    assert [(found.scope, found.outcome) for found in translation.answers] == [("interchange", "accepted")]
