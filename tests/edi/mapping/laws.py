"""What the laws of several maps share: events brought into the form a document has a place for, and made documents."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from benchmarks.generator import Plan, generate
from edi import syntax
from edi.documents import ChangeAcknowledged, OrderAcknowledged, OrderChanged, OrderReleased
from edi.documents.types import Code, DateMark
from edi.mapping import Map
from edi.model import Message
from tests.edi.mapping.wire import checked_of, read_segments

OrderData = TypeVar("OrderData", OrderReleased, OrderChanged)
AnswerData = TypeVar("AnswerData", OrderAcknowledged, ChangeAcknowledged)


def one_date_each(data: OrderData) -> OrderData:
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


def reasons_first(data: AnswerData) -> AnswerData:
    """A document has one place for the reason of a line: with its first answer."""
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


def assert_made_documents_hold(map_: Map, plan: Plan) -> None:
    """Documents of the benchmark generator are read whole, without a fault, and written again."""
    messages = [item for item in syntax.read(generate(plan)) if isinstance(item, Message)]
    assert len(messages) == plan.documents
    for message in messages:
        checked = checked_of(map_.schema, message)
        reading = map_.read(message, checked)
        assert [fault.message for fault in (*checked.faults, *reading.faults)] == []
        assert reading.unmapped == []
        assert reading.data is not None
        again, _ = read_segments(map_, map_.write(reading.data))
        assert map_.difference(reading.data, again.data) == ""
