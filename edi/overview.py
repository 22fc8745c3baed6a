"""What is in a file: envelopes, parties, control numbers, messages. The `edi inspect` command and the console use it.

Not here: whether the content is right (edi/check.py). Rule protected: any bytes give an overview, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from edi.faults import Fault
from edi.model import Identity, Interchange, InterchangeEnd, Message, Syntax
from edi.syntax import read


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message: `segments` counts header and trailer; offset and length are bytes of the input."""

    type: str
    version: str
    control: str
    convention: str
    segments: int
    offset: int
    length: int

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "version": self.version,
            "control": self.control,
            "convention": self.convention,
            "segments": self.segments,
            "offset": self.offset,
            "length": self.length,
        }


@dataclass(frozen=True, slots=True)
class InterchangeLine:
    """One interchange with its messages and everything wrong with its envelopes and messages."""

    syntax: Syntax
    sender: Identity
    receiver: Identity
    control: str
    version: str
    test: bool
    charset: str
    messages: tuple[MessageLine, ...]
    faults: tuple[Fault, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "syntax": self.syntax,
            "sender": self.sender.id,
            "sender_qualifier": self.sender.qualifier,
            "receiver": self.receiver.id,
            "receiver_qualifier": self.receiver.qualifier,
            "control": self.control,
            "version": self.version,
            "test": self.test,
            "charset": self.charset,
            "messages": [message.to_json() for message in self.messages],
            "faults": [fault.to_json() for fault in self.faults],
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything in an input; `faults` are those outside any interchange."""

    interchanges: tuple[InterchangeLine, ...]
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """For people: one line per interchange and message, faults behind what they belong to."""
        lines: list[str] = []
        for one in self.interchanges:
            test = ", test" if one.test else ""
            parties = f"{one.sender.id or '?'} -> {one.receiver.id or '?'}"
            lines.append(f"{one.syntax} interchange {one.control or '?'}: {parties}, {one.version}{test}")
            lines += [
                f"  {m.type} {m.control} ({m.version}): {m.segments} segments, {m.length} bytes at {m.offset}"
                for m in one.messages
            ]
            lines += [f"  {fault.severity}: {fault.message}" for fault in one.faults]
        lines += [f"{fault.severity}: {fault.message}" for fault in self.faults]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The stable shape of `edi inspect --json`; keys may be added, never renamed."""
        return {
            "interchanges": [interchange.to_json() for interchange in self.interchanges],
            "faults": [fault.to_json() for fault in self.faults],
        }


@dataclass(slots=True)
class _Open:
    interchange: Interchange
    messages: list[MessageLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def closed(self) -> InterchangeLine:
        what = self.interchange
        return InterchangeLine(
            what.syntax,
            what.sender,
            what.receiver,
            what.control,
            what.version,
            what.test,
            what.charset,
            tuple(self.messages),
            tuple(self.faults),
        )


def inspect(data: bytes | BinaryIO) -> Overview:
    """The envelopes and messages of an input. Never raises for bad data."""
    done: list[InterchangeLine] = []
    outside: list[Fault] = []
    current: _Open | None = None
    for item in read(data):
        if isinstance(item, Interchange):
            current = _Open(item)
        (current.faults if current else outside).extend(item.faults)
        if isinstance(item, Message) and current:
            line = MessageLine(
                item.type, item.version, item.control, item.convention, len(item.segments), item.offset, len(item.raw)
            )
            current.messages.append(line)
        elif isinstance(item, InterchangeEnd) and current:
            done.append(current.closed())
            current = None
    return Overview(tuple(done), tuple(outside))


def is_incomplete(data: bytes) -> bool:
    """Does the input end inside an interchange, so that its rest may still come? Without an interchange: no."""
    last: InterchangeEnd | None = None
    for item in read(data):
        if isinstance(item, InterchangeEnd):
            last = item
    return last is not None and any(fault.code == "interchange.trailer-missing" for fault in last.faults)
