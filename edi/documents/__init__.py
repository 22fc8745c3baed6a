"""Canonical events: one module per family, the registry of types here.

A type name carries its major version; MINOR is the additive version that appears in `dataschema`.
"""

from __future__ import annotations

from typing import Any

from edi.documents.acknowledgement import OrderAcknowledged
from edi.documents.event import Event, content_hash, stable_id
from edi.documents.exchange import Acknowledgement
from edi.documents.order import OrderReleased
from edi.documents.types import Data
from edi.errors import EventError

TYPES: dict[str, tuple[type[Data], str]] = {
    "procurement.order.released.v1": (OrderReleased, "1.0"),
    "procurement.order.acknowledged.v1": (OrderAcknowledged, "1.0"),
    "exchange.ack.received.v1": (Acknowledgement, "1.0"),
    "exchange.ack.sent.v1": (Acknowledgement, "1.0"),
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


__all__ = ["TYPES", "Data", "Event", "content_hash", "event_schema", "model_of", "stable_id"]
