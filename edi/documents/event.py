"""The CloudEvents 1.0 envelope around every canonical event.

Shapes: https://github.com/cloudevents/spec (attribute names lower-case alphanumeric). `edi` fills what follows from the
document; `source`, `time`, `sequence`, `documentid` and `correlationid` are stamped by whoever has a clock and a
ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from edi.documents.types import Data

NAMESPACE = uuid.UUID("7f2c1a52-9a4e-5a8e-9a57-0c9b1b6d1f10")


class Event(BaseModel):
    """One canonical event. `type` carries the major version (`procurement.order.acknowledged.v1`).

    `inherited` lists canonical paths a document leaves to the order it answers; it is not part of the JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: str = "1.0"
    id: str
    source: str = "/edi"
    type: str
    subject: str
    time: dt.datetime | None = None
    datacontenttype: str = "application/json"
    dataschema: str | None = None
    partner: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    documentid: str | None = None
    mapversion: str | None = None
    sequence: str | None = None
    orderingkey: str | None = None
    idempotencykey: str | None = None
    occurredat: str | None = None
    test: bool | None = None
    data: SerializeAsAny[Data]

    def to_json(self) -> dict[str, Any]:
        """The CloudEvents JSON object; absent attributes and fields are left out."""
        envelope = self.model_dump(mode="json", exclude_none=True, exclude={"data"})
        return {**envelope, "data": plain_json(self.data)}


def stable_id(*parts: str) -> str:
    """UUIDv5 over the parts: the same parts give the same id, on every machine."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def plain_json(data: Data) -> dict[str, Any]:
    """Data as JSON; a field that is absent or an empty list is left out."""
    return data.model_dump(mode="json", exclude_defaults=True)


def content_hash(data: Data) -> str:
    """sha256 of `data` as canonical JSON (sorted keys, no spaces) without `raw` codes."""
    return hashlib.sha256(
        json.dumps(
            _without_raw(plain_json(data)),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
    ).hexdigest()


def _without_raw(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_raw(item) for key, item in value.items() if key != "raw"}
    if isinstance(value, list):
        return [_without_raw(item) for item in value]
    return value
