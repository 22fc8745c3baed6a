"""What is in a file: envelopes, parties, control numbers, messages, as one value.

Not here: whether the content is right (edi/check.py); the same of a file of any size (edi/inspection.py). Rule
protected: any bytes give an overview, never an exception.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from edi.faults import Fault
from edi.model import Group, Identity, Interchange, InterchangeEnd, Message, Syntax
from edi.syntax import read
from edi.syntax.x12 import ISA_LENGTH

UNA_LENGTH = 9
ENDS = 200  # bytes that hold the service characters of a header, and any trailer of an interchange


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One functional group; `messages` counts what is in it."""

    type: str
    control: str
    version: str
    messages: int

    def __str__(self) -> str:
        name = " ".join(part for part in (self.type or "?", self.control) if part)
        return f"group {name}" + (f" ({self.version})" if self.version else "")

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
            **start_of_interchange(self),
            "messages": [message.to_json() for message in self.messages],
            "groups": [group.to_json() for group in self.groups],
            **end_of_interchange(self),
            "faults": [fault.to_json() for fault in self.faults],
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything in an input; `faults` are those outside any interchange."""

    interchanges: tuple[InterchangeLine, ...]
    faults: tuple[Fault, ...]

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


def start_of_interchange(one: Interchange | InterchangeLine) -> dict[str, Any]:
    """The keys of an interchange that its header tells."""
    return {
        "syntax": one.syntax,
        "sender": one.sender.id,
        "sender_qualifier": one.sender.qualifier,
        "receiver": one.receiver.id,
        "receiver_qualifier": one.receiver.qualifier,
        "control": one.control,
        "version": one.version,
        "test": one.test,
    }


def end_of_interchange(one: Interchange | InterchangeLine) -> dict[str, Any]:
    """The keys of an interchange that are known when all of it was read."""
    return {"charset": one.charset}


def message_line(message: Message, group: int) -> MessageLine:
    """The line of a message in the group of this place."""
    return MessageLine(
        message.type,
        message.version,
        message.control,
        message.convention,
        len(message.segments),
        message.offset,
        len(message.raw),
        group,
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
            current.messages.append(message_line(item, len(current.groups) if item.group else 0))
        elif isinstance(item, InterchangeEnd) and current:
            done.append(current.closed())
            current = None
    return Overview(tuple(done), tuple(outside))


def is_incomplete(data: bytes | BinaryIO) -> bool:
    """Does the input end inside an interchange, so that its rest may still come? Without an interchange: no."""
    if isinstance(data, bytes) and ends_with_trailer(data[:ENDS], data[-ENDS:]):
        return False
    return _ends_inside(data)


def ends_with_trailer(head: bytes, tail: bytes) -> bool:
    """Is the last segment of a file an IEA or UNZ, by the service characters of its first header? Then it is complete
    and nothing between needs reading. `head` and `tail`: its first and last 200 bytes, fewer if there are no more.
    """
    if head.startswith(b"ISA") and len(head) > ISA_LENGTH:
        trailer, separator, terminator, release = b"IEA", head[3:4], head[ISA_LENGTH - 1 : ISA_LENGTH], b""
    elif head.startswith(b"UNA") and len(head) > UNA_LENGTH:
        trailer, separator, terminator, release = b"UNZ", head[4:5], head[8:9], head[6:7].strip()
    elif head.startswith(b"UNB+"):
        trailer, separator, terminator, release = b"UNZ", b"+", b"'", b"?"
    else:
        return False
    tail = tail.rstrip(b"\r\n ")
    if not tail.endswith(terminator) or (release and tail[:-1].endswith(release)):
        return False
    return tail[:-1].rpartition(terminator)[2].lstrip(b"\r\n ").startswith(trailer + separator)


def _ends_inside(data: bytes | BinaryIO) -> bool:
    last: InterchangeEnd | None = None
    for item in read(data):
        if isinstance(item, InterchangeEnd):
            last = item
    return last is not None and any(fault.code == "interchange.trailer-missing" for fault in last.faults)


def contents(data: bytes | BinaryIO) -> Iterator[tuple[Interchange, str]]:
    """Each interchange with the sha256 of its sets, line breaks aside: one that is sent again has the same, whatever
    its envelopes say. In bounded memory."""
    digest = hashlib.sha256()
    for item in read(data):
        if isinstance(item, Interchange):
            digest = hashlib.sha256()
        elif isinstance(item, Message):
            raw = item.raw.translate(None, b"\r\n")
            digest.update(b"%d " % len(raw) + raw)
        elif isinstance(item, InterchangeEnd):
            yield item.interchange, digest.hexdigest()
