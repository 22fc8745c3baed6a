"""Times without a zone are of the partner's clocks, both ways; days, and partners without a zone, are left alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import edi
from edi.documents.invoice import InvoiceApproved
from edi.documents.shipment import ShipmentDispatched
from edi.documents.types import Data
from edi.documents.warehouse import ReceiptExpected
from edi.zones import as_read, on_the_clock, with_offset, zone_of
from tests.edi.interchanges import ACME, NORDWERK, ROOT, rows

BERLIN = ZoneInfo("Europe/Berlin")
AT = dt.datetime(2026, 12, 3, 12, 0, tzinfo=dt.UTC)
NUMBERS = edi.Numbers(42, 17, 5)
CARTONS = (ROOT / "partners/acme/samples/856_cartons.edi").read_bytes()  # BSN*00*SH-66121*20261203*0930*0001
PALLET = (ROOT / "partners/nordwerk/samples/desadv_pallet.edi").read_bytes()  # DTM+137:202612011030:203


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ("2026-12-01T10:30", "2026-12-01T10:30+01:00"),
        ("2026-07-01T10:30:05", "2026-07-01T10:30:05+02:00"),
        ("2026-07-01T10:30:05.1234567", "2026-07-01T10:30:05.1234567+02:00"),
        ("2026-03-29T01:59", "2026-03-29T01:59+01:00"),
        ("2026-03-29T02:30", "2026-03-29T02:30+01:00"),  # left out: clocks went from 2 to 3
        ("2026-03-29T03:00", "2026-03-29T03:00+02:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30+02:00"),  # comes twice: the first
        ("2026-10-25T03:00", "2026-10-25T03:00+01:00"),
        ("2026-12-01T10:30Z", "2026-12-01T10:30Z"),
        ("2026-12-01T10:30-06:00", "2026-12-01T10:30-06:00"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12", "2026-12"),
        ("2026-W48-2", "2026-W48-2"),
        ("2026-02-31T10:30", "2026-02-31T10:30"),  # no such day
        ("1880-01-01T10:30", "1880-01-01T10:30"),  # Berlin was 53 minutes and 28 seconds before London
    ],
)
def test_what_is_read_gets_the_offset_of_that_moment(read: str, told: str) -> None:
    assert with_offset(read, BERLIN) == told


@pytest.mark.parametrize("day", ["2026-03-29", "2026-07-01", "2026-10-25", "2026-12-01"])
def test_what_was_read_is_written_as_it_was(day: str) -> None:
    """Every minute of days on which clocks are changed, and of others."""
    for minute in range(24 * 60):
        text = f"{day}T{minute // 60:02}:{minute % 60:02}"
        assert on_the_clock(with_offset(text, BERLIN), BERLIN)[:16] == text


@pytest.mark.parametrize(
    ("meant", "said"),
    [
        ("2026-12-01T09:30Z", "2026-12-01T10:30+01:00"),
        ("2026-07-01T23:30:05.25Z", "2026-07-02T01:30:05.25+02:00"),
        ("2026-12-01T03:30-06:00", "2026-12-01T10:30+01:00"),
        ("2026-12-01T10:30+01:00", "2026-12-01T10:30+01:00"),
        ("2026-12-01T10:30", "2026-12-01T10:30+01:00"),
        ("2026-03-29T02:30+01:00", "2026-03-29T02:30+01:00"),  # as it was read
        ("2026-03-29T01:30Z", "2026-03-29T03:30+02:00"),
        ("2026-10-25T00:30Z", "2026-10-25T02:30+02:00"),
        ("2026-10-25T01:30Z", "2026-10-25T02:30+01:00"),
        ("2026-12-01", "2026-12-01"),
        ("0001-01-01T00:30+14:00", "0001-01-01T00:30+14:00"),  # before the calendar
    ],
)
def test_what_is_written_is_what_the_clocks_of_the_partner_say(meant: str, said: str) -> None:
    assert on_the_clock(meant, BERLIN) == said


def event_of(data: bytes, profile: edi.Profile) -> edi.Event:
    (event,) = edi.translate(data, profile).events
    return event


def shipment(data: bytes, profile: edi.Profile) -> dict[str, Any]:
    told: dict[str, Any] = event_of(data, profile).to_json()["data"]["shipment"]
    return told


def test_a_shipment_as_it_is_read() -> None:
    assert shipment(CARTONS, ACME)["issued_at"] == "2026-12-03T09:30-06:00"
    summer = CARTONS.replace(b"*20261203*0930*0001", b"*20260703*0930*0001")
    assert shipment(summer, ACME)["issued_at"] == "2026-07-03T09:30-05:00"
    assert shipment(CARTONS, ACME)["shipped_on"] == "2026-12-03"
    told = shipment(PALLET, NORDWERK)
    assert (told["issued_at"], told["estimated_delivery"]) == ("2026-12-01T10:30+01:00", "2026-12-03T08:00+01:00")
    own = PALLET.replace(b"202612011030:203", b"202612011030+0300:205").replace(b"+0300", b"?+0300")
    assert shipment(own, NORDWERK)["issued_at"] == "2026-12-01T10:30+03:00"


def test_without_a_zone_in_the_profile_nothing_changes() -> None:
    nowhere = dataclasses.replace(ACME, timezone="")
    assert zone_of(nowhere) is None
    event = event_of(CARTONS, nowhere)
    assert isinstance(event.data, ShipmentDispatched)
    assert event.data.shipment.issued_at == "2026-12-03T09:30"
    written = edi.render(event, nowhere.mirrored(), NUMBERS, AT)
    assert rows(written, "BSN") == ["BSN*00*SH-66121*20261203*0930*0001"]


def test_the_trace_the_reading_and_the_hash_are_of_the_event() -> None:
    (result,) = edi.translate(CARTONS, ACME).results
    assert result.event is not None
    assert result.reading is not None
    assert result.reading.data == result.event.data
    assert result.reading.trace["shipment.issued_at"].found == "20261203"
    elsewhere = event_of(CARTONS, dataclasses.replace(ACME, timezone="Europe/Berlin"))
    assert edi.content_hash(elsewhere.data) != edi.content_hash(result.event.data)
    assert edi.content_hash(event_of(CARTONS, ACME).data) == edi.content_hash(result.event.data)


def at(data: bytes, profile: edi.Profile, moment: str) -> edi.Event:
    """The event with another time of issue."""
    event = event_of(data, profile)
    assert isinstance(event.data, ShipmentDispatched)
    changed = event.data.shipment.model_copy(update={"issued_at": moment})
    return event.model_copy(update={"data": event.data.model_copy(update={"shipment": changed})})


@pytest.mark.parametrize(
    ("moment", "wire", "read"),
    [
        ("2026-12-03T15:30Z", "*20261203*0930*", "2026-12-03T09:30-06:00"),
        ("2026-07-03T03:30+02:00", "*20260702*2030*", "2026-07-02T20:30-05:00"),
        ("2026-12-03T09:30", "*20261203*0930*", "2026-12-03T09:30-06:00"),
        ("2026-03-08T02:30-06:00", "*20260308*0230*", "2026-03-08T02:30-06:00"),
        ("2026-11-01T06:30Z", "*20261101*0130*", "2026-11-01T01:30-05:00"),
    ],
)
def test_a_time_that_is_sent_is_of_the_partners_clocks(moment: str, wire: str, read: str) -> None:
    written = edi.render(at(CARTONS, ACME, moment), ACME.mirrored(), NUMBERS, AT)
    (row,) = rows(written, "BSN")
    assert wire in row
    assert shipment(written, ACME)["issued_at"] == read


def test_the_same_in_edifact() -> None:
    written = edi.render(at(PALLET, NORDWERK, "2026-12-01T03:30-06:00"), NORDWERK.mirrored(), NUMBERS, AT)
    assert "DTM+137:202612011030:203" in rows(written, "DTM")
    assert event_of(written, NORDWERK).data == event_of(PALLET, NORDWERK).data


@pytest.mark.parametrize(
    ("data", "profile", "moment"),
    [(CARTONS, ACME, "2026-11-01T07:30Z"), (PALLET, NORDWERK, "2026-10-25T01:30Z")],
    ids=["x12", "edifact"],
)
def test_the_second_of_two_equal_hours_cannot_be_told(data: bytes, profile: edi.Profile, moment: str) -> None:
    with pytest.raises(edi.RenderError, match="the hour comes twice") as caught:
        edi.render(at(data, profile, moment), profile.mirrored(), NUMBERS, AT)
    assert (caught.value.code, caught.value.field) == ("write.not-invertible", "shipment.issued_at")


def test_moments_at_any_place_of_an_event_and_only_they() -> None:
    def read(name: str, model: type[Data]) -> Data:
        values = json.loads((ROOT / f"samples/events/{name}.json").read_text())
        return model.model_validate(values["data"])

    receipt = read("warehouse.receipt.expected.v1", ReceiptExpected).model_copy(
        update={"expected_at": "2026-12-01T10:30"}
    )
    assert getattr(as_read(receipt, BERLIN), "expected_at") == "2026-12-01T10:30+01:00"  # noqa: B009
    approved = read("procurement.invoice.approved.v1", InvoiceApproved)
    assert as_read(approved, None) is approved
    order = event_of((ROOT / "partners/acme/samples/850_order.edi").read_bytes(), ACME.mirrored()).data
    assert as_read(order, BERLIN) is order
