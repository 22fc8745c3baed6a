"""Documents that carry one event or another: what they say decides which, in both directions (`also` of a map)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import edi
from edi.documents import (
    ChangeAcknowledged,
    CreditNoteReceived,
    InvoiceReceived,
    OrderAcknowledged,
    OrderCancelled,
    OrderChanged,
)
from edi.errors import EventError, MapError, RenderError
from edi.mapping import load_map
from tests.edi.mapping.wire import ROOT, read_body, segments_of, wrap

ORDCHG = "BGM+230+2+{}'DTM+137:20261125:102'RFF+ON:P00042'UNS+S'"
ORDRSP = "BGM+231+SO-1+29+AP'DTM+137:20261126:102'RFF+ON:P00042'{}UNS+S'"
X860 = "BCH*{}*SA*P00042**2*20261120~"
CHANGED, CANCELLED = "procurement.order.changed.v1", "procurement.order.cancelled.v1"
X810 = "BIG*20261215*I-1**P00042***{}~REF*OI*I-0~TDS*100~"
INVOIC = "BGM+{}+I-1+9'DTM+137:20261215:102'RFF+ON:P00042'RFF+IV:I-0'UNS+S'MOA+77:1'"
INVOICED, CREDITED = "procurement.invoice.received.v1", "procurement.creditnote.received.v1"
ACKNOWLEDGED, ANSWERED = "procurement.order.acknowledged.v1", "procurement.change.acknowledged.v1"


@pytest.mark.parametrize(
    ("reference", "body", "event", "model"),
    [
        ("edifact/d01b/ordchg@1", ORDCHG.format("4"), CHANGED, OrderChanged),
        ("edifact/d01b/ordchg@1", ORDCHG.format("5"), CHANGED, OrderChanged),
        ("edifact/d01b/ordchg@1", ORDCHG.format("1"), CANCELLED, OrderCancelled),
        ("edifact/d96a-eancom/ordchg@1", ORDCHG.format("1"), CANCELLED, OrderCancelled),
        ("x12/004010/860@2", X860.format("04"), CHANGED, OrderChanged),
        ("x12/005010/860@1", X860.format("01"), CANCELLED, OrderCancelled),
        ("edifact/d01b/ordrsp@1", ORDRSP.format(""), ACKNOWLEDGED, OrderAcknowledged),
        ("edifact/d96a/ordrsp@1", ORDRSP.format("RFF+PP:2'"), ANSWERED, ChangeAcknowledged),
        ("edifact/d01b-eancom/ordrsp@1", ORDRSP.format("RFF+PP:2'"), ANSWERED, ChangeAcknowledged),
        ("x12/004010/810@2", X810.format("DI"), INVOICED, InvoiceReceived),
        ("x12/004010/810@2", X810.format("DR"), INVOICED, InvoiceReceived),
        ("x12/004010/810@2", X810.format("CN"), CREDITED, CreditNoteReceived),
        ("x12/005010/810.industrial@2", X810.format("CR"), CREDITED, CreditNoteReceived),
        ("edifact/d96a/invoic@2", INVOIC.format("380"), INVOICED, InvoiceReceived),
        ("edifact/d96a/invoic@2", INVOIC.format("381"), CREDITED, CreditNoteReceived),
        ("edifact/d01b-eancom/invoic@2", INVOIC.format("381"), CREDITED, CreditNoteReceived),
    ],
)
def test_the_event_follows_from_what_the_document_says(reference: str, body: str, event: str, model: type[Any]) -> None:
    map_ = load_map(reference)
    reading, _ = read_body(map_, body)
    assert [fault.message for fault in reading.faults] == []
    assert (reading.event, type(reading.data)) == (event, model)
    assert reading.data is not None
    assert map_.write(reading.data) == segments_of(body, map_.schema.syntax)
    assert reading.trace["order.number"].tag in ("RFF", "BCH", "BIG")


def test_the_event_of_a_whole_document_has_the_type_of_its_data() -> None:
    map_ = load_map("edifact/d01b/ordchg@1")
    (result,) = edi.translate(wrap(map_, segments_of(ORDCHG.format("1"), "edifact")), edi.default_profile()).results
    assert result.event is not None
    assert (result.event.type, result.event.subject) == (CANCELLED, "po/P00042")


@pytest.mark.parametrize(
    ("partner", "sample", "number"), [("acme", "810_credit", "CN-311"), ("nordwerk", "invoic_credit", "GS-12")]
)
def test_the_credit_notes_of_partners_are_events_of_their_own(partner: str, sample: str, number: str) -> None:
    folder = ROOT / "partners" / partner
    (result,) = edi.translate((folder / f"samples/{sample}.edi").read_bytes(), edi.load_profile(folder)).results
    assert result.event is not None
    assert (result.event.type, result.event.subject) == (CREDITED, f"invoice/{partner}/{number}")


def test_an_event_is_not_written_as_a_document_of_another_one() -> None:
    map_ = load_map("edifact/d01b/ordchg@1")
    data = {"order": {"number": "P1"}, "purpose": {"value": "cancel"}, "changed_on": "2026-11-25"}
    with pytest.raises(RenderError, match=f"OrderChanged would be read as {CANCELLED}") as refused:
        map_.write(OrderChanged.model_validate(data))
    assert refused.value.code == "write.not-invertible"
    assert map_.write(OrderCancelled.model_validate(data))[0] == ["BGM", "230", "", "1"]
    with pytest.raises(RenderError, match=f"OrderCancelled would be read as {CHANGED}"):
        map_.write(OrderCancelled.model_validate({**data, "purpose": {"value": "change"}}))
    with pytest.raises(EventError, match=f"carries {CANCELLED} and {CHANGED}"):
        map_.write(OrderAcknowledged.model_validate({"order": {"number": "P1"}, "response": {"value": "accepted"}}))


def test_an_event_read_back_as_another_one_is_a_difference() -> None:
    data = {"order": {"number": "P1"}, "purpose": {"value": "cancel"}}
    changed, cancelled = OrderChanged.model_validate(data), OrderCancelled.model_validate(data)
    map_ = load_map("edifact/d01b/ordchg@1")
    assert map_.difference(cancelled, changed) == "OrderChanged was read back of OrderCancelled"
    assert map_.difference(cancelled, cancelled) == ""


@pytest.mark.parametrize(
    ("also", "code"),
    [
        ("{event: procurement.order.cancelled.v1, when: purpose is}", "check.bad_expression"),
        ('{event: procurement.order.gone.v1, when: purpose = "cancel"}', "map.unknown_event"),
        ('{event: procurement.order.acknowledged.v1, when: purpose = "cancel"}', "map.unknown_field"),
        ("{event: procurement.order.cancelled.v1}", "map.missing_key"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_place(also: str, code: str, tmp_path: Path) -> None:
    folder = tmp_path / "x12" / "004010"
    folder.mkdir(parents=True)
    text = (edi.resources.maps_folder() / "x12/004010/860.map.yaml").read_text()
    before = '{event: procurement.order.cancelled.v1, when: purpose = "cancel"}'
    assert before in text
    (folder / "860.map.yaml").write_text(text.replace(before, also))
    with pytest.raises(MapError, match=rf"860\.map\.yaml:7:\d+: {code}"):
        load_map("x12/004010/860@2", folders=[tmp_path])
