"""Documents that carry one event or another: `also` of a map.

    event: procurement.order.changed.v1
    also:
    - {event: procurement.order.cancelled.v1, when: purpose = "cancel"}

The first entry whose `when` is true of the data names the event, else it is the event of the map. Not here: reading
and writing (edi/mapping.py). Rule protected: what a document says decides its event, in both directions; an event is
never written as a document that would be read as another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edi.documents import model_of
from edi.documents.types import Data
from edi.errors import EventError
from edi.event_fields import fields
from edi.expression_functions import Unusable
from edi.expression_tokens import BadExpression
from edi.expression_types import TRUTH
from edi.expressions import Evaluate, Scope, compile_expression
from edi.mapping_source import MapSource
from edi.yaml_source import Mapping_, as_text, check_keys, fail, required


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a document: its type (`name`), the model of its data, and what must be true of them."""

    name: str
    model: type[Data]
    when: Evaluate | None = None


def events_of(source: MapSource) -> tuple[Event, ...]:
    """The events of a map: those of `also` in their order, last the one that needs no `when`. Raises MapError."""
    try:
        usual = Event(str(source.event), model_of(str(source.event)))
    except EventError as error:
        raise fail(source.event, "map.unknown_event", str(error)) from None
    return (*(_event(node, usual.model) for node in source.also), usual)


def _event(node: Mapping_, usual: type[Data]) -> Event:
    check_keys(node, ("event", "when"), "an entry of also")
    name = as_text(required(node, "event", "an entry of also"), "event")
    when = as_text(required(node, "when", "an entry of also"), "when")
    try:
        model = model_of(str(name))
        condition = compile_expression(when, usual, gives=TRUTH)
    except EventError as error:
        raise fail(name, "map.unknown_event", str(error)) from None
    except BadExpression as error:
        raise fail(when, error.code, str(error)) from None
    if missing := fields(usual).keys() - fields(model).keys():
        sentence = f"{name!s} has no {sorted(missing)[0]!r}; an event under also has all the fields of that of the map"
        raise fail(name, "map.unknown_field", sentence)
    return Event(str(name), model, condition)


def event_of(events: tuple[Event, ...], data: Mapping[str, Any]) -> Event:
    """Which of the events these data are."""
    for event in events:
        if event.when is None:
            return event
        try:
            if event.when(Scope(data, data)) is True:
                return event
        except Unusable:
            continue
    raise AssertionError("the last event has no condition")
