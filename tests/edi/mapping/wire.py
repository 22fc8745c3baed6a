"""Messages for tests of maps: bodies as text, wrapped into an interchange and read by the real reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edi import syntax
from edi.check import compile_check
from edi.checked import Checked
from edi.documents import Data, model_of
from edi.map_documents import version_of
from edi.mapping import Map, Reading
from edi.model import COMPONENT, Identity, Message, Segment
from edi.schema import Schema
from edi.syntax import Envelope, Outgoing, default_delimiters

ROOT = Path(__file__).resolve().parents[3]
AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)


def segments_of(text: str, kind: str) -> list[Segment]:
    """Segments of a body written with the usual separators of X12 (`* > ~`) or EDIFACT (`+ : '`)."""
    element, component, end = ("*", ">", "~") if kind == "x12" else ("+", ":", "'")
    rows = [row.strip() for row in text.replace("\n", "").split(end)]
    return [row.replace(component, COMPONENT).split(element) for row in rows if row]


def wrap(map_: Map, segments: Sequence[Segment]) -> bytes:
    """An interchange around a body."""
    kind, version, convention = version_of(map_)
    x12 = map_.schema.syntax == "x12"
    envelope = Envelope(
        syntax=map_.schema.syntax,
        sender=Identity("123456789", "01" if x12 else "14"),
        receiver=Identity("4012345000009", "14"),
        control=1,
        at=AT,
        test=False,
        version="00401" if x12 else "UNOC:3",
        delimiters=default_delimiters(map_.schema.syntax, "00401" if x12 else "UNOC:3"),
        group_type=map_.schema.group if x12 else "",
        group_sender="123456789",
        group_receiver="4012345000009",
        group_control=1 if x12 else 0,
        group_version=version if x12 else "",
    )
    outgoing = Outgoing(type=kind, version=version, control=1, segments=list(segments), convention=convention)
    return syntax.write([outgoing], envelope)


def message_of(data: bytes) -> Message:
    """The only message of an interchange."""
    (message,) = [item for item in syntax.read(data) if isinstance(item, Message)]
    return message


def checked_of(schema: Schema, message: Message) -> Checked:
    return compile_check(schema).check(message)


def read_body(map_: Map, text: str) -> tuple[Reading, Checked]:
    """Read a body written as text. Faults of the check are the caller's to look at."""
    return read_segments(map_, segments_of(text, map_.schema.syntax))


def read_segments(map_: Map, segments: Sequence[Segment]) -> tuple[Reading, Checked]:
    message = message_of(wrap(map_, segments))
    checked = checked_of(map_.schema, message)
    return map_.read(message, checked), checked


def json_of(reading: Reading) -> dict[str, Any]:
    assert reading.data is not None, [fault.message for fault in reading.faults]
    return reading.data.model_dump(mode="json", exclude_defaults=True)


def type_of(map_: Map, data: Data) -> str:
    """Which of the events of a map the data are."""
    return next(name for name in map_.events if model_of(name) is type(data))
