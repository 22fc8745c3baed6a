"""Two parties: what one writes with its profile the other reads with its own as the same event, and acknowledges.

Orders, answers and invoices of EDIFACT, envelope and all. Not here: X12 (test_both_directions.py), the maps alone
(mapping/test_laws_edifact.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import edi
from edi.documents import wrap
from edi.documents.exchange import Acknowledgement
from edi.mapping import load_map
from edi.profile import Agreement, Direction, Identities, Profile, Side
from tests.edi.mapping.laws import drawn
from tests.edi.mapping.test_laws_edifact import CASES as ORDERS_AND_ANSWERS
from tests.edi.mapping.test_laws_invoic import CASES as INVOICES
from tests.edi.mapping.wire import type_of

AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)
BUYER, SELLER = Side("4012345000009", "14"), Side("4012345500004", "14")
CASES = {**ORDERS_AND_ANSWERS, **INVOICES}


def agreement(reference: str, direction: Direction) -> Agreement:
    """One document of a base map; who gets it answers every message with CONTRL."""
    _, kind, version = load_map(reference).document.split()
    directory, release, _, *convention = version.split(":")
    return Agreement(
        syntax="edifact",
        type=kind,
        version=f"{directory}.{release}",
        direction=direction,
        map=reference,
        convention="".join(convention),
        functional="contrl" if direction == "in" else "none",
        detail="all",
        contrl="syntax",
    )


def receipt(direction: Direction) -> Agreement:
    return Agreement(
        syntax="edifact", type="CONTRL", version="D.3", direction=direction, map="edifact/service/v3/contrl@1"
    )


def profiles(reference: str) -> tuple[Profile, Profile]:
    """The sender's profile of the receiver, and the receiver's of the sender."""
    from_buyer = "/orders@" in reference
    sender, receiver = (BUYER, SELLER) if from_buyer else (SELLER, BUYER)
    return (
        Profile(
            partner="receiver",
            edifact=Identities(partner=receiver, own=sender),
            agreements=(agreement(reference, "out"), receipt("in")),
        ),
        Profile(
            partner="sender",
            edifact=Identities(partner=sender, own=receiver),
            agreements=(agreement(reference, "in"), receipt("out")),
        ),
    )


def numbered(data: Any) -> Any:
    """Every line with a number: a LIN that says nothing at all is no line to pydifact."""
    lines = tuple(line.model_copy(update={"line_number": str(at)}) for at, line in enumerate(data.lines, 1))
    return data.model_copy(update={"lines": lines})


@pytest.mark.parametrize("reference", CASES)
def test_what_one_side_writes_the_other_reads_and_acknowledges(reference: str) -> None:
    ours, theirs = profiles(reference)
    map_ = load_map(reference)
    for number, data in enumerate(map(numbered, drawn(CASES[reference], 15)), 1):
        event = wrap(data, type_of(map_, data), event_id=f"e{number}", partner=ours.partner)
        sent = edi.render(event, ours, edi.Numbers(number, number, number), AT)
        received = edi.translate(sent, theirs)
        (found,) = received.events
        assert [fault.message for fault in received.faults if fault.severity == "reject"] == []
        assert found.type == event.type
        assert map_.difference(data, found.data) == ""
        (ack,) = received.acks
        (answer,) = edi.translate(ack, ours).results
        assert answer.event is not None
        assert isinstance(answer.event.data, Acknowledgement)
        assert answer.event.data.interchange is not None
        assert answer.event.data.interchange.control == str(number)
        assert answer.event.data.outcome is not None
        assert answer.event.data.outcome.value == "accepted"
        assert [m.outcome.value for m in answer.event.data.messages] == ["accepted"]


def test_a_message_that_breaks_the_rules_is_answered_with_its_place() -> None:
    reference = "edifact/d01b/orders@1"
    ours, theirs = profiles(reference)
    (data,) = drawn(CASES[reference], 1)
    sent = edi.render(
        wrap(data, load_map(reference).event, event_id="e", partner="receiver"), ours, edi.Numbers(7, 7, 7), AT
    )
    received = edi.translate(sent.replace(b"UNS+S'", b"UNS+SUMMARY'"), theirs)
    assert received.events == []
    (ack,) = received.acks
    (answer,) = edi.translate(ack, ours).results
    assert answer.event is not None
    assert isinstance(answer.event.data, Acknowledgement)
    (message,) = answer.event.data.messages
    assert message.outcome.value == "rejected"
    assert [element.code for segment in message.segments for element in segment.elements] == ["39"]
