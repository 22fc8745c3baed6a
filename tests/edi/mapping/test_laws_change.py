"""PutGet of X12 changes of orders and their answers. The law itself and its negative control: test_laws.py.

Not here: orders and answers to them (test_laws.py), what follows them (test_laws_supply.py).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.generator import Plan
from edi.documents import ChangeAcknowledged, OrderChanged
from edi.errors import RenderError
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import assert_made_documents_hold, one_date_each, reasons_first
from tests.edi.mapping.test_laws import ANSWER, ANSWER_LATER, NAMED, ORDER_LATER, put_get

ACTIONS = ("added", "deleted", "changed", "quantity", "price", "rescheduled", "unchanged")
# POC03 demands POC04 and POC05.
WHOLE = frozenset(
    {
        "order.date", "lines.item", "lines.ordered.uom", "lines.left_to_receive", "lines.ordered",
        "lines.schedules.quantity.uom",
    }
)  # fmt: skip


CHANGES = events(
    OrderChanged,
    without=ORDER_LATER | {"lines.price.per_quantity"},
    always=NAMED | WHOLE,
    codes={"action": ACTIONS},
).map(one_date_each)


ANSWERS = events(
    ChangeAcknowledged,
    without=ANSWER | ANSWER_LATER | {"lines.price.per_quantity"},
    always=NAMED | WHOLE | {"lines.responses.quantity.uom"},
    codes={"action": ACTIONS},
).map(reasons_first)
CASES = {"x12/004010/860@1": CHANGES, "x12/004010/865@1": ANSWERS}


@pytest.mark.parametrize("reference", CASES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_put_get(reference: str, data: st.DataObject) -> None:
    event = data.draw(CASES[reference])
    assert put_get(load_map(reference), event) == ""


@pytest.mark.parametrize("reference", CASES)
def test_made_documents_are_read_whole_and_written_again(reference: str) -> None:
    map_ = load_map(reference)
    _, kind, release = map_.document.split()
    assert_made_documents_hold(map_, Plan(kind, release, documents=20))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"department": "7"}, "department"),
        ({"lines": [{"line_number": "1", "action": {"value": "replaced"}}]}, "lines.0.action"),
        ({"order": {"number": "P1"}}, "order.date"),
    ],
)
def test_what_a_change_cannot_say_is_refused_with_its_field(more: dict[str, Any], field: str) -> None:
    change = {"order": {"number": "P1", "date": "2026-11-20"}, "purpose": {"value": "change"}, **more}
    with pytest.raises(RenderError) as refused:
        load_map("x12/004010/860@1").write(OrderChanged.model_validate(change))
    assert refused.value.field == field
