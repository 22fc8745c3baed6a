"""What is in a file: envelopes, parties, control numbers, messages. The `edi inspect` command and the console use it.

Not here: whether the content is right (edi/check.py). Rule protected: any bytes give an overview, never an exception.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from edi.faults import Fault
from edi.model import Group, Identity, Interchange, InterchangeEnd, Message, Syntax
from edi.syntax import read


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One functional group; `messages` counts what is in it."""

    type: str
    control: str
    version: str
    messages: int

    def __str__(self) -> str:
        plural = "message" if self.messages == 1 else "messages"
        return f"group {self.type} {self.control} ({self.version}): {self.messages} {plural}"

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "control": self.control, "version": self.version, "messages": self.messages}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message: `segments` counts header and trailer; offset and length are bytes of the input.

    `group` is the place of its group among those of the interchange, from 1; 0 outside any.
    """

    type: str
    version: str
    control: str
    convention: str
    segments: int
    offset: int
    length: int
    group: int

    def __str__(self) -> str:
        name = " ".join(part for part in (self.type or "?", self.control) if part)
        version = f" ({self.version})" if self.version else ""
        return f"  {name}{version}: {self.segments} segments, {self.length} bytes at {self.offset}"

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "version": self.version,
            "control": self.control,
            "convention": self.convention,
            "segments": self.segments,
            "offset": self.offset,
            "length": self.length,
            "group": self.group,
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
    groups: tuple[GroupLine, ...]
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
            "groups": [group.to_json() for group in self.groups],
            "messages": [message.to_json() for message in self.messages],
            "faults": [fault.to_json() for fault in self.faults],
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything in an input; `faults` are those outside any interchange."""

    interchanges: tuple[InterchangeLine, ...]
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """For people: one line per interchange, group and message, faults behind the interchange they belong to."""
        lines: list[str] = []
        for one in self.interchanges:
            test = ", test" if one.test else ""
            parties = f"{one.sender.id or '?'} -> {one.receiver.id or '?'}"
            lines.append(f"{one.syntax} interchange {one.control or '?'}: {parties}, {one.version}{test}")
            shown = 0
            for message in one.messages:
                for group in one.groups[shown : message.group]:
                    lines.append(f"  {group}")
                shown = max(shown, message.group)
                lines.append(f"  {message}" if message.group else str(message))
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
    groups: list[Group] = field(default_factory=list)
    messages: list[MessageLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def closed(self) -> InterchangeLine:
        what = self.interchange
        counted = Counter(message.group for message in self.messages)
        return InterchangeLine(
            what.syntax,
            what.sender,
            what.receiver,
            what.control,
            what.version,
            what.test,
            what.charset,
            tuple(
                GroupLine(group.type, group.control, group.version, counted[number])
                for number, group in enumerate(self.groups, start=1)
            ),
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
        if isinstance(item, Group) and current:
            current.groups.append(item)
        elif isinstance(item, Message) and current:
            current.messages.append(
                MessageLine(
                    item.type,
                    item.version,
                    item.control,
                    item.convention,
                    len(item.segments),
                    item.offset,
                    len(item.raw),
                    len(current.groups) if item.group else 0,
                )
            )
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
