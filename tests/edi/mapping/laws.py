"""What the laws of several maps share: events brought into the form a document has a place for, and made documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.generator import Plan, generate
from edi import syntax
from edi.documents import ChangeAcknowledged, OrderAcknowledged, OrderCancelled, OrderChanged, OrderReleased
from edi.documents.types import Code, DateMark
from edi.errors import MapError
from edi.mapping import Map, load_map
from edi.model import Message
from edi.resources import maps_folder
from tests.edi.mapping.wire import checked_of, read_segments

OrderData = TypeVar("OrderData", OrderReleased, OrderChanged, OrderCancelled)
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


def undetected(
    identity: str, cuts: Iterable[str], data: Sequence[Any], law: Callable[[Map, Any], str], folder: Path
) -> list[str]:
    """The bindings whose loss no event shows: the law must fail for a map without one of them."""
    original = (maps_folder() / f"{identity}.map.yaml").read_text()
    found = []
    for number, cut in enumerate(cuts):
        path = folder / str(number) / f"{identity}.map.yaml"
        path.parent.mkdir(parents=True)
        assert cut in original
        path.write_text("".join(line for line in original.splitlines(keepends=True) if line.strip() != cut))
        try:
            map_ = load_map(f"{identity}@1", folders=[folder / str(number)])
        except MapError:
            continue  # nothing is left for a mandatory element: found even before a document comes
        if not any(law(map_, event) for event in data):
            found.append(cut)
    return found
