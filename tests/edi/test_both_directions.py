"""One map, both sides: what a buyer's profile writes a seller's profile reads as the same event, and the other way.

The whole way with envelopes: `edi.render` on one side, `edi.translate` on the other, whose functional acknowledgement
goes back and is read as accepted; in X12. Not here: EDIFACT (test_both_sides.py), partners with maps of their own
(mapping/test_laws_partners.py).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import edi
from edi import zones
from edi.documents import Data, content_hash, model_of
from edi.documents.exchange import Acknowledgement
from edi.mapping import load_map
from edi.profile import Agreement, Identities, Side
from tests.edi.interchanges import ROOT
from tests.edi.mapping.wire import checked_of, json_of, message_of, segments_of, type_of, wrap

AT = dt.datetime(2026, 12, 3, 10, 30, tzinfo=dt.UTC)
RELEASES = ("004010", "005010")
BUYER, SELLER = Side("4012345000009", "14", "BUYER"), Side("123456789", "01", "SELLER")
FROM_BUYER = ("850", "860")
FROM_SELLER = ("855", "865", "856", "810")
SAMPLES = {
    "850": ("order", "schedules"),
    "860": ("change",),
    "855": ("accepted", "changes", "partial_ia_ib"),
    "865": ("answer",),
    "856": ("items", "pallets"),
    "810": ("invoice", "credit"),
}
CASES = [(document, name, release) for document, names in SAMPLES.items() for name in names for release in RELEASES]


def profile(own: Side, partner: Side, sends: tuple[str, ...], receives: tuple[str, ...], release: str) -> edi.Profile:
    """A partner in one release, with the shipped maps alone."""
    agreements = [
        *(Agreement("x12", document, release, "out", map=f"x12/{release}/{document}") for document in sends),
        *(
            Agreement("x12", document, release, "in", map=f"x12/{release}/{document}", functional="997")
            for document in receives
        ),
    ]
    answers = Agreement("x12", "997", release, "in", map=f"x12/{release}/997@1")
    return edi.Profile("other", x12=Identities(partner, own), timezone="Etc/UTC", agreements=(*agreements, answers))


def sides(document: str, release: str) -> tuple[edi.Profile, edi.Profile]:
    """The profiles of who sends a document and of who gets it."""
    buyer = profile(BUYER, SELLER, FROM_BUYER, FROM_SELLER, release)
    seller = profile(SELLER, BUYER, FROM_SELLER, FROM_BUYER, release)
    return (buyer, seller) if document in FROM_BUYER else (seller, buyer)


def sample(document: str, name: str, release: str) -> Data:
    values = json.loads((ROOT / "samples/x12" / document / f"{name}.json").read_text())
    return load_map(f"x12/{release}/{document}").data_of(values)


@pytest.mark.parametrize(("document", "name", "release"), CASES)
def test_what_one_side_writes_the_other_reads_as_the_same_event(document: str, name: str, release: str) -> None:
    sender, receiver = sides(document, release)
    data = sample(document, name, release)
    event_type = type_of(load_map(f"x12/{release}/{document}"), data)
    sent = edi.render(
        edi.documents.wrap(data, event_type, event_id="e1", partner="other"), sender, edi.Numbers(7, 7, 1), AT
    )

    arrived = edi.translate(sent, receiver)
    assert [fault.message for fault in arrived.faults] == []
    (event,) = arrived.events
    assert event.type == event_type
    assert content_hash(event.data) == content_hash(zones.as_read(data, zones.zone_of(receiver)))
    assert arrived.unmapped == []

    (ack,) = arrived.acks
    said = edi.translate(ack, sender)
    assert [fault.message for fault in said.faults] == []
    (accepted,) = [result.event for result in said.results if result.event is not None]
    assert isinstance(accepted.data, Acknowledgement)
    assert accepted.data.group is not None
    assert accepted.data.group.outcome.value == "accepted"
    assert accepted.data.group.control == "7"


@pytest.mark.parametrize("release", RELEASES)
def test_the_four_dialects_of_a_partial_backorder_are_one_event(release: str) -> None:
    map_ = load_map(f"x12/{release}/855@1")
    hashes = set()
    for dialect in ("ACK*BP*80*EA~", "ACK*IB*20*EA~", "ACK*IA*80*EA~ACK*IB*20*EA~", "ACK*BP*80*EA~ACK*IB*20*EA~"):
        body = f"BAK*00*AC*P1*20261120~PO1*1*100*EA*12.5**BP*SKU-1~{dialect}CTT*1~"
        message = message_of(wrap(map_, segments_of(body, "x12")))
        reading = map_.read(message, checked_of(map_.schema, message))
        assert reading.data is not None
        responses = json_of(reading)["lines"][0]["responses"]
        assert [(one["status"]["value"], one["quantity"]["value"]) for one in responses] == [
            ("accepted", "80"),
            ("backordered", "20"),
        ]
        hashes.add(content_hash(reading.data))
    assert len(hashes) == 1


SHAPES = (
    "S > O > P > I",
    "S > O > T > P > I",
    "S > P > O > I",
    "S > T > P > O > I",
    "S > T > O > P > I",
    "S > O > I > P",
)


def goods(number: str) -> dict[str, object]:
    return {
        "line_number": number,
        "item": {"ids": [{"scheme": "buyer", "value": f"SKU-{number}"}]},
        "shipped": {"value": "5", "uom": {"value": "EA"}},
        "order": {"number": "P1"},
        "lots": ["L2611", "L2612"],
        "serials": ["S-1", "S-2"],
        "best_before": "2027-12-31",
        "expiry": "2028-01-31",
        "produced": "2026-11-01",
    }


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("shape", ["S > O > I", *SHAPES])
def test_lots_serials_and_dates_survive_every_shape_in_both_releases(tmp_path: Path, shape: str, release: str) -> None:
    head = f"map: other/856\nversion: 1.0.0\nextends: x12/{release}/856@1\ntitle: Ship notice\n"
    usual = "S > O > T > P > I"
    changes = "" if shape == usual else f"changes:\n- {{shape: {shape}}}\n"
    (tmp_path / "856.map.yaml").write_text(head + changes)
    map_ = load_map("other/856@1", tmp_path)
    cases = [
        {"level": "case", "ssccs": [sscc], "items": [goods(str(number))]}
        for number, sscc in enumerate(("340123450000000024", "340123450000000031"), 1)
    ]
    held: dict[str, object] = {"packages": cases}
    if " T " in shape:
        held = {"packages": [{"level": "pallet", "ssccs": ["340123450000000017"], "packages": cases}]}
    if shape == "S > O > I":
        held = {"items": [goods("1"), goods("2")]}
    data = model_of(map_.event).model_validate(
        {"shipment": {"number": "SH1", "issued_at": "2026-12-01T10:30"}, "order": {"number": "P1"}, **held}
    )
    message = message_of(wrap(map_, map_.write(data)))
    reading = map_.read(message, checked_of(map_.schema, message))
    assert [fault.message for fault in reading.faults] == []
    assert map_.difference(data, reading.data) == ""
    assert reading.unmapped == []
