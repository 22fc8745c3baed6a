"""PutGet (maps.md 15): what is written reads back as meant, for events that come from the models, not from the maps.

The negative control removes one binding at a time and expects the law, or the refusal to write, to name the loss.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edi.documents import OrderAcknowledged, OrderReleased
from edi.documents.acknowledgement import AnsweredLine
from edi.documents.types import Code, Data, DateMark
from edi.errors import RenderError
from edi.mapping import Map, load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.wire import read_segments

PLACELESS = frozenset({"lines.price.per_quantity"})  # X12 has no place for these; they are refused
# N1 demands a name or an id.
NAMED = frozenset({"buyer.name", "supplier.name", "ship_to.name", "bill_to.name"})
ANSWER = frozenset({"lines.responses.price", "lines.responses.substitute.description"})


def _one_date_each(data: OrderReleased) -> OrderReleased:
    """SCH needs exactly one date."""
    day = DateMark(kind=Code(value="requested_delivery"), on=data.order.date or dt.date(2026, 12, 1))
    lines = tuple(
        line.model_copy(
            update={
                "schedules": tuple(
                    part.model_copy(update={"dates": part.dates[:1] or (day,)}) for part in line.schedules
                )
            }
        )
        for line in data.lines
    )
    return data.model_copy(update={"lines": lines})


ORDERS_X12 = events(
    OrderReleased, without=PLACELESS, always=NAMED | {"order.date", "lines.schedules.quantity.uom"}
).map(_one_date_each)
ORDERS_EDIFACT = events(OrderReleased, always=frozenset({"order.date"}))


def acknowledgements(**how: Any) -> st.SearchStrategy[OrderAcknowledged]:
    """Answers to orders; reasons only with the first answer of a line, as documents have one place for them."""
    return events(OrderAcknowledged, **how).map(_reasons_first)


def _reasons_first(data: OrderAcknowledged) -> OrderAcknowledged:
    lines = tuple(
        line.model_copy(
            update={
                "responses": tuple(
                    response if number == 0 else response.model_copy(update={"reason": None})
                    for number, response in enumerate(line.responses)
                )
            }
        )
        for line in data.lines
    )
    return data.model_copy(update={"lines": lines})


ANSWERS_X12 = acknowledgements(
    without=PLACELESS | ANSWER, always=NAMED | {"order.date", "lines.responses.quantity.uom"}
)


def _plain_parts(data: OrderAcknowledged) -> OrderAcknowledged:
    """EDIFACT: one answer of any kind, or parts that are accepted, backordered or rejected, with quantities."""
    lines: list[AnsweredLine] = []
    for line in data.lines:
        parts = [r.model_copy(update={"substitute": None, "reason": None}) for r in line.responses if r.quantity]
        line = line.model_copy(update={"responses": tuple(parts)})
        lines.append(line)
    return data.model_copy(update={"lines": tuple(lines)})


_ONE = ("accepted", "changed", "rejected", "deleted", "rescheduled")
_PART = ("accepted", "backordered", "rejected")
ANSWERS_EDIFACT = st.sampled_from([_ONE, _PART]).flatmap(
    lambda statuses: acknowledgements(
        without=ANSWER,
        always=frozenset({"order.date", "acknowledged_on"}),
        codes={"status": statuses},
    ).map(lambda data: _plain_parts(data) if statuses is _PART else _single(data))
)


def _single(data: OrderAcknowledged) -> OrderAcknowledged:
    lines = tuple(line.model_copy(update={"responses": line.responses[:1]}) for line in data.lines)
    return data.model_copy(update={"lines": lines})


CASES = {
    "x12/004010/850@1": ORDERS_X12,
    "x12/004010/855@1": ANSWERS_X12,
    "edifact/d01b/orders@1": ORDERS_EDIFACT,
    "edifact/d01b/ordrsp@1": ANSWERS_EDIFACT,
    "edifact/d01b-eancom/orders@1": ORDERS_EDIFACT,
}


def put_get(map_: Map, data: Data) -> str:
    """Empty when reading what was written gives the event back, else what is different or refused."""
    if "16" not in str(map_.identity) and map_.identity.startswith("edifact/d01b-eancom"):
        data = _without_duns(data)
    try:
        segments = map_.write(data)
    except RenderError as error:
        return f"refused: {error}"
    reading, checked = read_segments(map_, segments)
    bad = [fault.message for fault in (*checked.faults, *reading.faults) if fault.severity in ("reject", "error")]
    if bad:
        return bad[0]
    return map_.difference(data, reading.data)


def _without_duns(data: Data) -> Data:
    """EANCOM names parties by GLN or by own codes only."""
    changes = {}
    for name in ("buyer", "supplier", "ship_to", "bill_to"):
        party = getattr(data, name, None)
        if party is not None:
            changes[name] = party.model_copy(update={"ids": tuple(i for i in party.ids if i.scheme != "duns")})
    return data.model_copy(update=changes)


@pytest.mark.parametrize("reference", CASES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_put_get(reference: str, data: st.DataObject) -> None:
    event = data.draw(CASES[reference])
    assert put_get(load_map(reference), event) == ""
