"""The CloudEvents 1.0 envelope around every canonical event.

Shapes: https://github.com/cloudevents/spec (attribute names lower-case alphanumeric). `edi` fills what follows from the
document; `source`, `time`, `sequence`, `documentid` and `correlationid` are stamped by whoever has a clock and a
ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
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


# A `raw` in JSON: it is text and never the first field, and a quote within a text is escaped, so this is a field.
_RAW = re.compile(rb',"raw":"[^"\\]*(?:\\.[^"\\]*)*"')


def content_hash(data: Data) -> str:
    """sha256 of `data` in canonical JSON without `raw` codes: what two documents must share to say the same.

    Canonical: UTF-8, no spaces, no escapes but those JSON demands; fields in the order of the model, not of the making;
    absent fields and empty lists left out; decimals as text without exponent and trailing zeros. A field that is added
    to a model changes no hash of data without it; one that is moved would, so the order of fields is part of a major
    version.
    """
    text = data.__pydantic_serializer__.to_json(data, exclude_defaults=True)
    return hashlib.sha256(_RAW.sub(b"", text)).hexdigest()
