"""Who owns a field of an event, and which values an open list is known to have.

The buyer's system owns commitments and money, the WMS owns execution, the supplier and the carrier own what they say of
their own work, the gateway owns messages. Rule protected: a document that carries another owner's field with another
value is shown, never written. In JSON Schema an owner is `x-owner`, the known values of an open list are `x-values`.
Not here: finding the owner of a path (edi/event_fields.py).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

Owner: TypeAlias = Literal["buyer", "supplier", "carrier", "wms", "gateway"]


def owned_by(owner: Owner) -> ConfigDict:
    """The configuration of an event whose fields belong to `owner` where nothing else is said."""
    return ConfigDict(json_schema_extra={"x-owner": owner})


def _field_of(owner: Owner) -> Any:
    return Field(json_schema_extra={"x-owner": owner})


BUYER, SUPPLIER, CARRIER = _field_of("buyer"), _field_of("supplier"), _field_of("carrier")
WMS, GATEWAY = _field_of("wms"), _field_of("gateway")


def known(*values: str) -> Any:
    """Marks a field with the values known today; the list is open, so a consumer takes others as `other`."""
    return Field(json_schema_extra={"x-values": list(values), "x-extensible": True})
