"""The second reader agrees with everything we write, and catches what was altered on the way."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest

import edi
from edi import syntax
from edi.crosscheck import CROSSCHECKED, crosscheck
from edi.documents import OrderReleased, model_of, wrap
from edi.documents.types import Note
from edi.mapping import load_map
from edi.model import COMPONENT, REPEAT, Delimiters, Identity, Segment
from edi.syntax import Envelope, Outgoing
from tests.edi.interchanges import ACME, BAD_ACK, NORDWERK, ROOT, edifact, group, ordrsp, s855, x12

RELEASED = "procurement.order.released.v1"
AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)
X12 = Envelope("x12", Identity("A", "ZZ"), Identity("B", "ZZ"), 1, AT, version="00401", group_type="PO")
EDIFACT = Envelope("edifact", Identity("A", "14"), Identity("B", "14"), 1, AT, version="UNOC:3")
ORDER: list[Segment] = [["BEG", "00", "SA", "P1", "", "20261120"], ["PO1", "1", "10", "EA", "1.5", "", "BP", "SKU"]]
ORDERS: list[Segment] = [
    ["BGM", "220", "P'1+?:", "9"],
    ["NAD", "BY", COMPONENT.join(("123", "", "9"))],
    ["IMD", "F", "", COMPONENT.join(("", "", "", "Schraube M8 Ä"))],
]


def read(envelope: Envelope, segments: list[Segment], old: bytes = b"", new: bytes = b"") -> str:
    """Write, alter one place, crosscheck against what was meant."""
    kind = ("850", "004010") if envelope.syntax == "x12" else ("ORDERS", "D.01B")
    meant = [Outgoing(*kind, 1, segments)]
    data = syntax.write(meant, envelope)
    assert old in data
    return crosscheck(data.replace(old, new, 1) if old else data, envelope, meant)


@pytest.mark.parametrize(("envelope", "segments"), [(X12, ORDER), (EDIFACT, ORDERS)], ids=["x12", "edifact"])
def test_it_agrees_with_what_we_write(envelope: Envelope, segments: list[Segment]) -> None:
    assert read(envelope, segments) == CROSSCHECKED


def test_it_reads_groups_of_edifact() -> None:
    assert read(dataclasses.replace(EDIFACT, group_type="ORDERS"), ORDERS) == CROSSCHECKED


def test_it_agrees_with_every_order_and_acknowledgement() -> None:
    for name, profile in (("acme/samples/850_order", ACME), ("nordwerk/samples/orders_order", NORDWERK)):
        (event,) = edi.translate((ROOT / "partners" / f"{name}.edi").read_bytes(), profile.mirrored()).events
        assert edi.render_checked(event, profile, edi.Numbers(1), AT).crosscheck == CROSSCHECKED
    for data, profile in ((x12(group(s855(), s855("0002", ack=BAD_ACK))), ACME), (edifact(ordrsp(bgm="")), NORDWERK)):
        for ack in edi.translate(data, profile).acknowledgements:
            assert edi.render_checked(ack, profile, edi.Numbers(1), AT).crosscheck == CROSSCHECKED


@pytest.mark.parametrize(
    ("envelope", "segments", "old", "new"),
    [
        (X12, ORDER, b"*P1*", b"*P2*"),
        (X12, ORDER, b"PO1*1*10*", b"PO1*1**10*"),
        (X12, ORDER, b"PO1*1*", b"PO2*1*"),
        (X12, ORDER, b"PO1*1*10*EA*1.5**BP*SKU~", b""),
        (X12, ORDER, b"SE*4*", b"SE*5*"),
        (X12, ORDER, b"GE*1*", b"GE*2*"),
        (X12, ORDER, b"IEA*1*000000001", b"IEA*1*000000002"),
        (EDIFACT, ORDERS, b"220", b"221"),
        (EDIFACT, ORDERS, b"P?'1", b"P'1"),
        (EDIFACT, ORDERS, b"123::9", b"123:9"),
        (EDIFACT, ORDERS, b"Schraube", b"Schraube'XYZ+"),
        (EDIFACT, ORDERS, b"NAD+BY+123::9'", b""),
    ],
)
def test_an_altered_output_is_caught(envelope: Envelope, segments: list[Segment], old: bytes, new: bytes) -> None:
    with pytest.raises(edi.SelfCheckError, match="the second reader"):
        read(envelope, segments, old, new)


def test_a_difference_shows_both_readings() -> None:
    with pytest.raises(edi.SelfCheckError) as caught:
        read(X12, ORDER, b"*P1*", b"*P2*")
    assert "we meant BEG*00*SA*P1**20261120, it reads BEG*00*SA*P2**20261120" in str(caught.value)
    assert caught.value.element == "BEG"


def test_components_and_repetitions_of_x12() -> None:
    delimiters = Delimiters("*", ":", "~", repeat="^")
    envelope = dataclasses.replace(X12, version="00501", delimiters=delimiters)
    segments: list[Segment] = [["BEG", "00"], ["REF", REPEAT.join(("A", "B")), COMPONENT.join(("C", "D"))]]
    assert read(envelope, segments) == CROSSCHECKED
    with pytest.raises(edi.SelfCheckError):
        read(envelope, segments, b"C:D", b"C^D")


@pytest.mark.parametrize(
    ("envelope", "segments", "reason"),
    [
        (dataclasses.replace(X12, version="00403"), ORDER, "ISA12 00403"),
        (X12, [["BEG", "00"], ["BIN", "3", "a~b"]], "binary"),
        (dataclasses.replace(EDIFACT, version="UNOC:4"), ORDERS, "syntax 4"),
    ],
    ids=["version", "binary", "syntax 4"],
)
def test_where_it_cannot_follow_it_says_why(envelope: Envelope, segments: list[Segment], reason: str) -> None:
    told = read(envelope, segments)
    assert told.startswith("not crosschecked: ")
    assert reason in told


def test_a_ta1_is_not_followed() -> None:
    (event,) = edi.translate(x12(group(s855()), sender="9"), ACME).acknowledgements
    assert edi.render_checked(event, ACME, edi.Numbers(1), AT).crosscheck.endswith("an interchange without a group")


GOLDEN = sorted(ROOT.glob("partners/*/samples/*.json"))


@pytest.mark.parametrize("golden", GOLDEN, ids=[f"{path.parents[1].name}: {path.stem}" for path in GOLDEN])
def test_the_second_reader_follows_every_partner(golden: Path) -> None:
    """Each golden event, written by whoever sends that document, with the separators agreed; and its answer."""
    ours = edi.load_profile(golden.parents[1])
    type_ = golden.name.partition("_")[0].upper()
    (agreed,) = [agreement for agreement in ours.agreements if agreement.type == type_]
    sent = next(agreement for agreement in ours.agreements if agreement.direction == "out")
    same = tuple(dataclasses.replace(agreement, delimiters=sent.delimiters) for agreement in ours.agreements)
    ours = dataclasses.replace(ours, agreements=same)
    sender, receiver = (ours, ours.mirrored()) if agreed.direction == "out" else (ours.mirrored(), ours)
    map_ = load_map(agreed.map, ours.folder)
    data = map_.data_of(json.loads(golden.read_bytes()))
    carried = next(name for name in map_.events if isinstance(data, model_of(name)))
    event = wrap(data, carried, event_id="1", partner=ours.partner)
    written = edi.render_checked(event, sender, edi.Numbers(1), AT)
    assert written.crosscheck == CROSSCHECKED
    translation = edi.translate(written.data, receiver)
    assert [result.verdict for result in translation.results] == ["accepted"]
    for ack in translation.acknowledgements:
        assert edi.render_checked(ack, receiver, edi.Numbers(1), AT).crosscheck == CROSSCHECKED


def test_the_second_reader_follows_other_separators_too() -> None:
    """With a text that has the first ones in it, the next set is taken."""
    bolt = edi.load_profile(ROOT / "partners/bolt")
    data = OrderReleased.model_validate_json((ROOT / "partners/bolt/samples/850_order.json").read_bytes())
    for text, head in (("|", b"ISA\x1c00"), ("|^", b"ISA\x1c00"), ("a", b"ISA|00")):
        notes = (Note(text=f"Dock {text} 4"),)
        event = wrap(data.model_copy(update={"notes": notes}), RELEASED, event_id="1", partner="bolt")
        written = edi.render_checked(event, bolt, edi.Numbers(1), AT)
        assert written.data.startswith(head)
        assert written.crosscheck == CROSSCHECKED
