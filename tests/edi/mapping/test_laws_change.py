"""PutGet of changes and cancellations of orders and of the answers to them, X12 and EDIFACT, and its negative control.

The law itself: test_laws.py. Not here: orders and answers to them (test_laws.py), what follows them
(test_laws_supply.py), which event a document is (test_also.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from benchmarks.generator import Plan
from edi.documents import ChangeAcknowledged, OrderCancelled, OrderChanged
from edi.errors import RenderError
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import (
    Events,
    as_edifact_has_it,
    assert_made_documents_hold,
    broken,
    everywhere,
    one_date_each,
    reasons_first,
    undetected,
)
from tests.edi.mapping.test_laws import (
    ANSWER,
    ANSWER_LATER,
    NAMED,
    ONE,
    ORDER_LATER,
    PART,
    one_answer,
    plain_parts,
    short,
)

ACTIONS = ("added", "deleted", "changed", "quantity", "price", "rescheduled", "unchanged")
PURPOSES = {OrderChanged: ("original", "change", "replace", "duplicate"), OrderCancelled: ("cancel",)}
# POC03 demands POC04 and POC05.
WHOLE = frozenset(
    {
        "order.date", "lines.item", "lines.ordered.uom", "lines.left_to_receive", "lines.ordered",
        "lines.schedules.quantity.uom", "lines.splits.quantity.uom",
    }
)  # fmt: skip
PLACELESS_EDIFACT = frozenset(
    path for path in ORDER_LATER if not path.startswith(("payment_terms", "delivery_terms"))
) | {"payment_terms.day_of_month", "lines.splits"}


def changes_x12(model: type[Any]) -> Events:
    made = events(
        model,
        without=ORDER_LATER | {"lines.price.per_quantity"},
        always=NAMED | WHOLE,
        codes={"lines.action": ACTIONS, "purpose": PURPOSES[model]},
    )
    return Events(made.map(one_date_each))


def changes_edifact(model: type[Any]) -> Events:
    made = events(
        model,
        without=PLACELESS_EDIFACT,
        always=frozenset({"changed_on", "order.revision", "delivery_terms.function"}),
        codes={
            "lines.action": (*ACTIONS, "replaced"),
            "purpose": PURPOSES[model],
            "payment_terms.type": ("basic", "end_of_month", "fixed_date"),
            "payment_terms.basis": ("invoice_date", "order_date"),
            "function": ("delivery", "despatch"),
        },
    )
    return Events(made)


CHANGES_X12 = changes_x12(OrderChanged) | changes_x12(OrderCancelled)
CHANGES_EDIFACT = changes_edifact(OrderChanged) | changes_edifact(OrderCancelled)
ANSWERS_X12 = Events(
    events(
        ChangeAcknowledged,
        without=ANSWER | ANSWER_LATER | {"lines.price.per_quantity"},
        always=NAMED | WHOLE | {"lines.responses.quantity.uom"},
        codes={"lines.action": ACTIONS},
    ).map(reasons_first)
)
ANSWERS_EDIFACT = Events(
    st.sampled_from([ONE, PART]).flatmap(
        lambda statuses: (
            events(
                ChangeAcknowledged,
                without=ANSWER | ANSWER_LATER,
                always=frozenset({"order.date", "order.revision", "acknowledged_on"}),
                codes={"status": statuses},
            )
            .map(reasons_first)
            .map(lambda data: plain_parts(data) if statuses is PART else one_answer(data))
            .map(lambda data: everywhere(data, as_edifact_has_it))
        )
    )
)
CASES = {
    "x12/004010/860@2": CHANGES_X12,
    "x12/005010/860@1": CHANGES_X12,
    "x12/004010/865@1": ANSWERS_X12,
    "x12/005010/865@1": ANSWERS_X12,
    "edifact/d01b/ordchg@1": CHANGES_EDIFACT,
    "edifact/d96a/ordchg@1": CHANGES_EDIFACT.map(short),
    "edifact/d01b-eancom/ordchg@1": CHANGES_EDIFACT,
    "edifact/d96a-eancom/ordchg@1": CHANGES_EDIFACT.map(short),
}
# ORDRSP is an answer to an order as well: its other events are in test_laws.py.
BOTH = CASES | {"edifact/d01b/ordrsp@1": ANSWERS_EDIFACT, "edifact/d96a/ordrsp@1": ANSWERS_EDIFACT.map(short)}
MADE = [reference for reference in CASES if reference.startswith(("x12", "edifact/d01b/ordchg", "edifact/d96a/ordchg"))]


@pytest.mark.parametrize("reference", BOTH)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), BOTH[reference]) == []


# Every kind of binding once: plain, date, table, pair, list, loop, default, first item.
CUTS = {
    "x12/004010/860": (
        "BCH05: order.revision",
        "BCH11: changed_on as date",
        'POC02: action via action default "CA"',
        "POC04: left_to_receive.value as decimal",
        "POC06: price.amount as decimal",
        "SCH06: dates.on as date",
        "MG: item.ids.manufacturer",
        "SDQ01: quantity.uom via uom",
        "SDQ03: site",
        "CTT02: totals.quantity as decimal",
    ),
    "x12/004010/865": (
        "BCA05: order.revision",
        "BCA09: supplier_order_number",
        "ACK01: status via line_status",
        "ACK05: date.on as date",
        "MG: substitute.ids.manufacturer",
        "MSG01: responses.reason",
    ),
    "edifact/d01b/ordchg": (
        "BGM02-1: order.revision",
        "BGM03: purpose via purpose",
        "DTM01-2: changed_on as dtm 102",
        "DTM01-2: order.date as dtm 102",
        "RFF01-2: contract",
        'LIN02: action via action default "3"',
        "QTY01-2: left_to_receive.value as decimal",
        "QTY01-3: quantity.uom via uom",
        "PRI01-2: price.amount as decimal",
        "SA: item.ids.supplier",
        "DTM01-2: on as dtm 102",
    ),
    "edifact/d01b/ordrsp": ("RFF01-2: order.revision",),
}


@pytest.mark.parametrize("identity", CUTS)
def test_a_map_without_one_binding_breaks_the_law(identity: str, tmp_path: Path) -> None:
    reference = next(known for known in BOTH if known.startswith(f"{identity}@"))
    assert undetected(reference, CUTS[identity], BOTH[reference], tmp_path) == []


@pytest.mark.parametrize("reference", MADE)
def test_made_documents_are_read_whole_and_written_again(reference: str) -> None:
    map_ = load_map(reference)
    _, kind, release = map_.document.split()[:3]
    assert_made_documents_hold(map_, Plan(kind, release if kind.isdigit() else f"D.{release[2:5]}", documents=20))


@pytest.mark.parametrize("action", ["quantity", "price", "replaced"])
def test_edifact_says_of_a_line_only_that_it_changes(action: str) -> None:
    line = {"line_number": "1", "action": {"value": action}, "ordered": {"value": "5"}}
    data = OrderChanged.model_validate(
        {"order": {"number": "P1", "revision": "2"}, "purpose": {"value": "change"}, "lines": [line]}
    )
    assert ["LIN", "1", "3"] in load_map("edifact/d01b/ordchg@1").write(data)


@pytest.mark.parametrize(
    ("reference", "more", "field"),
    [
        ("x12/004010/860@2", {"department": "7"}, "department"),
        ("x12/004010/860@2", {"lines": [{"line_number": "1", "action": {"value": "replaced"}}]}, "lines.0.action"),
        ("x12/004010/860@2", {"order": {"number": "P1"}}, "order.date"),
        ("edifact/d01b/ordchg@1", {"order": {"number": "P" * 71}}, "order.number"),
        ("edifact/d01b-eancom/ordchg@1", {"order": {"number": "P1"}}, "order.revision"),
    ],
)
def test_what_a_change_cannot_say_is_refused_with_its_field(reference: str, more: dict[str, Any], field: str) -> None:
    change = {"order": {"number": "P1", "date": "2026-11-20"}, "purpose": {"value": "change"}, **more}
    with pytest.raises(RenderError) as refused:
        load_map(reference).write(OrderChanged.model_validate(change))
    assert refused.value.field == field
