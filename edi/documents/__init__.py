"""Canonical events: one module per family, the registry of types here.

A type name carries its major version; MINOR is the additive version that appears in `dataschema`.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import ValidationError

from edi.documents.acknowledgement import OrderAcknowledged
from edi.documents.advice import ApplicationAdvice
from edi.documents.event import Event, content_hash, stable_id
from edi.documents.exchange import Acknowledgement
from edi.documents.keys import Keys, keys_of
from edi.documents.order import OrderReleased
from edi.documents.types import Data
from edi.errors import EventError

TYPES: dict[str, tuple[type[Data], str]] = {
    "procurement.order.released.v1": (OrderReleased, "1.0"),
    "procurement.order.acknowledged.v1": (OrderAcknowledged, "1.0"),
    "exchange.ack.received.v1": (Acknowledgement, "1.0"),
    "exchange.ack.sent.v1": (Acknowledgement, "1.0"),
    "exchange.advice.received.v1": (ApplicationAdvice, "1.0"),
    "exchange.advice.sent.v1": (ApplicationAdvice, "1.0"),
}


def model_of(event_type: str) -> type[Data]:
    """The data model of an event type. Raises EventError with the known types."""
    try:
        return TYPES[event_type][0]
    except KeyError:
        raise EventError(f"unknown event type {event_type!r}; known: {', '.join(sorted(TYPES))}") from None


def event_schema(event_type: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the data of an event type."""
    schema = model_of(event_type).model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def wrap(
    data: Data,
    event_type: str,
    *,
    event_id: str,
    partner: str,
    map_version: str = "",
    test: bool | None = None,
    content: str = "",
) -> Event:
    """Put data into its envelope with the keys that follow from it. The caller stamps source, time and sequence.

    `content` is the content hash of the data, of a caller who has it already.
    """
    keys = keys_of(data)
    model_of(event_type)
    business = keys.business(partner, event_type)
    return Event(
        id=event_id,
        type=event_type,
        subject=keys.subject,
        dataschema=f"/schemas/{event_type.rpartition('.')[0]}/{TYPES[event_type][1]}.json",
        partner=partner,
        mapversion=map_version or None,
        orderingkey=keys.ordering,
        idempotencykey=hashlib.sha256(f"{business}|{content or content_hash(data)}".encode()).hexdigest(),
        test=test or None,
        data=data,
    )


def event_from_json(value: dict[str, Any]) -> Event:
    """An Event from its CloudEvents JSON object. Raises EventError with the first thing that is wrong."""
    if not isinstance(value, dict):
        raise EventError("event: a CloudEvents JSON object is expected")
    try:
        model = model_of(str(value.get("type", "")))
        return Event.model_validate({**value, "data": model.model_validate(value.get("data"))})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "event"
        raise EventError(f"{place}: {first['msg']}") from None


__all__ = [
    "TYPES",
    "Acknowledgement",
    "ApplicationAdvice",
    "Data",
    "Event",
    "Keys",
    "OrderAcknowledged",
    "OrderReleased",
    "content_hash",
    "event_from_json",
    "event_schema",
    "keys_of",
    "model_of",
    "stable_id",
    "wrap",
]
