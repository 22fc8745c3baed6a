"""An independent trading partner (mock-edi) reads what we write, and we read what it writes.

Its dictionary is small: what it does not define it notes and accepts. So the test is that it accepts our documents,
finds nothing wrong with our envelopes and acknowledgements, and understands the same order.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import mockedi.ack
import mockedi.edifact
import mockedi.transactions
import mockedi.validate
import mockedi.x12
import pytest

import edi
from tests.edi.interchanges import ACME, BAD_ACK, NORDWERK, ROOT, edifact, group, ordrsp, s855, x12

AT = dt.datetime(2026, 11, 20, 10, 30)  # noqa: DTZ001  (the mock's time is naive)
UNKNOWN_TO_IT = {"999", "824", "aperak"}
# It gives a line without a number its position, and takes no second line of that number.
NUMBERED_TWICE = "unnumbered"
SAMPLES = sorted(
    path.with_suffix(".edi")
    for folder in ("partners", "samples")
    for path in (ROOT / folder).rglob("*.json")
    if path.with_suffix(".edi").exists() and path.parent.name not in UNKNOWN_TO_IT and path.stem != NUMBERED_TWICE
)
ANSWERED = {
    "997": (x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s855(), control="2")), ACME),
    "CONTRL": (edifact(ordrsp(), ordrsp("2", bgm="")), NORDWERK),
    "CONTRL of an empty interchange": (edifact(), NORDWERK),  # its list of 0085 has 32, but not 23
}
US = mockedi.transactions.Party(
    name="Mock", identifier="MOCK", street="1 Street", city="Town", region="IL", postal="60601", country="US"
)
ORDER = {
    "po_number": "P77",
    "ordered_on": "2026-11-20",
    "seller_order": "SO-9",
    "currency": "USD",
    "requested_on": "2026-12-01",
    "ship_to_id": "WH-01",
    "ship_to_name": "Main DC",
}
LINES = [
    {"line": "1", "sku": "AC-9", "quantity": "100", "uom": "EA", "price": "12.50", "description": "Hinge, steel",
     "status": "IA", "confirmed": "100", "scheduled_on": "2026-12-01"},
    {"line": "2", "sku": "AC-10", "quantity": "5", "uom": "EA", "price": "3.00", "status": "IR", "confirmed": "0"},
]  # fmt: skip


def parsed(data: bytes) -> Any:
    text = data.decode("latin-1")
    return (mockedi.x12 if text.startswith("ISA") else mockedi.edifact).parse(text)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_accepts_our_documents(sample: Path) -> None:
    interchange = parsed(sample.read_bytes())
    report = mockedi.validate.validate(interchange)
    assert (report.envelope_errors, report.interchange_findings, report.group_errors) == ([], [], {})
    assert all(message.accepted for message in report.messages)
    (ours,) = edi.inspect(sample.read_bytes()).interchanges
    theirs = [len(message.segments) for group_ in interchange.groups for message in group_.messages]
    assert theirs == [message.segments for message in ours.messages]


@pytest.mark.parametrize(("data", "profile"), ANSWERED.values(), ids=ANSWERED)
def test_it_finds_nothing_wrong_with_our_acknowledgements(data: bytes, profile: edi.Profile) -> None:
    for ack in edi.translate(data, profile).acks:
        report = mockedi.validate.validate(parsed(ack), strict=True)
        assert report.clean, [message.summary() for message in report.messages]


def test_it_understands_the_same_order() -> None:
    for name, profile in (("acme/samples/850_order", ACME), ("nordwerk/samples/orders_order", NORDWERK)):
        data = (ROOT / "partners" / f"{name}.edi").read_bytes()
        interchange = parsed(data)
        theirs = mockedi.transactions.read_order(interchange.groups[0].messages[0], interchange.dialect)
        (event,) = edi.translate(data, profile.mirrored()).events
        ours = event.data
        assert isinstance(ours, edi.documents.OrderReleased)
        assert theirs.po_number == ours.order.number
        assert theirs.ordered_on == ours.order.date
        assert theirs.currency == ours.currency
        assert [(line.number, line.quantity) for line in theirs.lines] == [
            (line.line_number, line.ordered.value) for line in ours.lines
        ]


@pytest.mark.parametrize("kind", ["850", "855"])
def test_we_read_its_x12(kind: str) -> None:
    partner = {"name": "Supplier", "id": "SUP"}
    write = mockedi.transactions.write_order if kind == "850" else mockedi.transactions.write_response
    lines = LINES if kind == "850" else [{**line, "description": ""} for line in LINES]  # it has PID behind ACK
    body = write("X12", US, partner, ORDER, lines, AT)
    wrapped = mockedi.x12.wrap(
        [mockedi.x12.message(kind, "0001", body)],
        "MOCK",
        "US",
        "000000001",
        "1",
        {"850": "PO", "855": "PR"}[kind],
        moment=AT,
    )
    read_as_meant(mockedi.x12.render(wrapped).encode())


@pytest.mark.parametrize("kind", ["ORDERS", "ORDRSP"])
def test_we_read_its_edifact(kind: str) -> None:
    partner = {"name": "Supplier", "id": "SUP"}
    write = mockedi.transactions.write_order if kind == "ORDERS" else mockedi.transactions.write_response
    body = write("EDIFACT", US, partner, ORDER, LINES, AT)
    wrapped = mockedi.edifact.wrap([mockedi.edifact.message(kind, "1", body, "D:01B:UN")], "MOCK", "US", "1", moment=AT)
    read_as_meant(mockedi.edifact.render(wrapped).encode("latin-1"))


def read_as_meant(data: bytes) -> None:
    translation = edi.translate(data, edi.default_profile())
    assert [f.message for f in translation.faults if f.severity in ("reject", "error")] == []
    (event,) = translation.events
    assert event.subject == "po/P77"
    lines = event.data.model_dump()["lines"]
    assert [line["ordered"]["value"] for line in lines] == ["100", "5"]


def test_its_acknowledgements_answer_what_we_send() -> None:
    data = (ROOT / "partners/acme/samples/850_order.edi").read_bytes()
    interchange = parsed(data)
    report = mockedi.validate.validate(interchange)
    body = mockedi.ack.functional_acknowledgment("PO", "1", "004010", report.messages)
    sent = mockedi.x12.wrap(
        [mockedi.x12.message("997", "0001", body)],
        "123456789",
        "4012345000009",
        "000000001",
        "1",
        "FA",
        "01",
        "14",
        moment=AT,
    )
    found = edi.translate(mockedi.x12.render(sent).encode(), ACME)
    assert [f.message for f in found.faults] == []
    # Its 997 says A or E: it notes what its dictionary does not have.
    assert [(a.scope, a.type, a.outcome) for a in found.answers] == [
        ("group", "", "accepted_with_errors"),
        ("set", "850", "accepted_with_errors"),
    ]


def test_its_contrl_answers_what_we_send() -> None:
    data = (ROOT / "partners/nordwerk/samples/orders_order.edi").read_bytes()
    interchange = parsed(data)
    report = mockedi.validate.validate(interchange)
    body = mockedi.ack.syntax_report(interchange, report, report.messages)
    answer = mockedi.edifact.message("CONTRL", "1", body, "D:3:UN")
    sent = mockedi.edifact.wrap([answer], "4012345500004", "4012345000009", "1", "14", "14", moment=AT)
    found = edi.translate(mockedi.edifact.render(sent).encode("latin-1"), NORDWERK)
    assert [f.message for f in found.faults if f.severity != "warning"] == []
    assert [(a.scope, a.type, a.control, a.outcome) for a in found.answers] == [
        ("interchange", "", "", "accepted"),
        ("set", "ORDERS", "1", "accepted"),
    ]
