"""Parts of an event that are read once and shared: nothing but the speed may tell."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from benchmarks.generator import Plan, outgoing
from edi.documents import content_hash
from edi.documents.order import OrderLine, OrderReleased
from edi.documents.terms import PaymentTerms
from edi.documents.types import DateMark, Price, Quantity
from edi.expression_functions import MISSING
from edi.expressions import Scope, compile_expression
from edi.mapping import Map, Reading, load_map
from edi.mapping_checks import Derivation, derive
from edi.mapping_read import read_source
from edi.mapping_shared import MOST, keep, opened
from edi.model import COMPONENT, Segment
from tests.edi.mapping.wire import read_segments, segments_of

PLANS = {"x12/004010/850@1": Plan("850"), "edifact/d01b/orders@1": Plan("ORDERS", "D.01B")}
# What the shared parts are read from: quantities, units, kinds of dates, days; good ones, odd ones and bad ones.
VALUES = (
    "",
    "4",
    "04",
    "4.0",
    "1,5",
    "TEN",
    "EA",
    "PCE",
    "Q9",
    "002",
    "010",
    "999",
    "20261201",
    "20261302",
    "102",
    "718",
)
HEAD = "BEG*00*SA*P1**20261120~"


def never_shared(map_: Map) -> Map:
    """The same map, whose reader keeps nothing."""
    made = Map(map_.declared)
    for name, padded in (("_read", True), ("_read_bare", False)):
        source = read_source(made.layout, made.model, made.declared.constants, padded=padded)
        assert "keep(" not in source.text
        made.__dict__[name] = source.function("read", "<never shared>")
    return made


def told(reading: Reading) -> tuple[Any, list[str]]:
    return reading.data, [f"{fault.code} {fault.location.path} {fault.found}" for fault in reading.faults]


def orders(*bodies: str) -> list[Reading]:
    map_ = load_map("x12/004010/850@1")
    return [read_segments(map_, segments_of(HEAD + body + "CTT*1~", "x12"))[0] for body in bodies]


def lines(reading: Reading) -> Any:
    assert isinstance(reading.data, OrderReleased)
    return reading.data.lines


def told_otherwise(segment: Segment, random: Random) -> Segment:
    """A quantity or a date with one value exchanged."""
    at = random.randrange(1, min(len(segment), 4))
    parts = segment[at].split(COMPONENT)
    parts[random.randrange(len(parts))] = random.choice(VALUES)
    return [*segment[:at], COMPONENT.join(parts), *segment[at + 1 :]]


@pytest.mark.parametrize("identity", PLANS)
def test_a_damaged_document_is_read_as_if_nothing_were_shared(identity: str) -> None:
    map_ = load_map(identity)
    plain, random, with_faults, read = never_shared(map_), Random(850), 0, 0
    whole = next(iter(outgoing(PLANS[identity]))).segments
    places = [at for at, segment in enumerate(whole) if segment[0] in ("PO1", "QTY", "SCH", "DTM")]
    for _ in range(120):
        segments = list(whole)
        for at in random.sample(places, random.randint(1, 8)):
            segments[at] = told_otherwise(segments[at], random)
        found, expected = read_segments(map_, segments)[0], read_segments(plain, segments)[0]
        assert told(found) == told(expected)
        with_faults += bool(found.faults)
        if found.data is not None:
            read += 1
            assert content_hash(found.data) == content_hash(type(found.data).model_validate(found.data.model_dump()))
    assert with_faults > 50
    assert read > 20


def test_what_is_said_alike_is_one_value() -> None:
    first, second = orders("PO1*1*4*EA*1~DTM*002*20261201~PO1*2*4*EA*2~", "DTM*002*20261201~PO1*7*4*EA*9~")
    assert lines(first)[0].ordered is lines(first)[1].ordered is lines(second)[0].ordered
    assert (
        second.data.dates[0]
        == lines(first)[0].dates[0]
        == DateMark.model_validate({"kind": {"value": "requested_delivery", "raw": "002"}, "on": "2026-12-01"})
    )


def test_what_is_said_otherwise_is_another_value() -> None:
    (reading,) = orders("PO1*1*4*EA*1~PO1*2*4~PO1*4*4*CA~PO1*5*5*EA~PO1*6*4*Q9~PO1*7*4*EA~")
    said = [(str(line.ordered.value), line.ordered.uom and line.ordered.uom.value) for line in lines(reading)]
    assert said == [("4", "EA"), ("4", None), ("4", "XCS"), ("5", "EA"), ("4", "Q9"), ("4", "EA")]


def test_what_is_wrong_is_told_each_time() -> None:
    """The first time it is read, the second time it might have been kept."""
    wrong = "PO1*1*TEN*EA*1~DTM*999*20261201~DTM*002*20261301~"
    first, second = orders(wrong, wrong)
    assert told(first)[1] == told(second)[1]
    assert [fault.code for fault in first.faults].count("map.value") == 2
    assert [fault.code for fault in first.faults].count("map.code-unknown") == 1


def test_what_the_model_refuses_is_not_kept() -> None:
    known: dict[Any, Any] = {}
    refused = {"value": "much", "uom": {"value": "EA"}}
    assert keep(known, "k", Quantity, refused) is refused
    assert known == {}


def test_what_is_kept_is_bounded() -> None:
    known: dict[Any, Any] = {}
    for number in range(3 * MOST):
        made = keep(known, number, Quantity, {"value": str(number)})
        assert isinstance(made, Quantity)
        assert known[number] is made
        assert len(known) <= MOST


def test_a_part_that_is_to_be_changed_is_a_copy() -> None:
    part = Quantity.model_validate({"value": "4", "uom": {"value": "EA"}})
    assert opened(part) == {"value": part.value, "uom": part.uom}
    assert opened([part]) == [opened(part)]
    assert opened({"value": "4"}) == {"value": "4"}


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("ordered.value = 4", OrderLine),
        ('ordered.uom = "EA"', OrderLine),
        ("ordered.value * price.amount", OrderLine),
        ("price.currency is missing", OrderLine),
        ("sum(lines.ordered.value)", None),
        ("unique(lines.ordered.uom)", None),
        ("max(dates.on)", None),
        ("count(lines.dates)", None),
    ],
)
def test_a_check_sees_a_shared_part_as_any_other(text: str, item: type[OrderLine] | None) -> None:
    dates: list[Any] = [{"kind": {"value": "requested_delivery"}, "on": "2026-12-01"}]
    line = {"ordered": {"value": "4", "uom": {"value": "EA"}}, "price": {"amount": "1.5"}, "dates": dates}
    same = {
        "ordered": Quantity.model_validate(line["ordered"]),
        "price": Price.model_validate(line["price"]),
        "dates": [DateMark.model_validate(dates[0])],
    }
    test = compile_expression(text, OrderReleased, item)
    answers = []
    for one in (line, same):
        event = {"lines": [one], "dates": one["dates"]}
        answers.append(test(Scope(one if item else event, event)))
    assert answers[0] == answers[1] is not MISSING


def test_a_derived_field_does_not_change_a_shared_part() -> None:
    part = PaymentTerms(net_days=30)
    data: dict[str, Any] = {"payment_terms": part}
    assert derive((Derivation(("payment_terms", "description"), lambda scope: "30 days"),), data)
    assert data == {"payment_terms": {"net_days": 30, "description": "30 days"}}
    assert part == PaymentTerms(net_days=30)
