"""The values every part of the library passes around: envelopes, messages, segments, places.

Not here: how bytes become these values (edi/syntax), what a schema allows (edi/schema.py), what they mean
(edi/mapping.py). Rule protected: nothing is lost. Every value that came from the wire keeps its raw bytes and its byte
offset in the input, so that slices and gaps together give the input back.

A segment is a plain list of text: item 0 is the tag, item n is element n. Inside an element the wire's component
separator is COMPONENT and its repetition separator is REPEAT, whatever the partner uses, and release characters are
resolved. So everything behind the reader is free of delimiters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from edi.faults import Fault

COMPONENT = "\x1f"
REPEAT = "\x1e"

Syntax: TypeAlias = Literal["x12", "edifact"]
Segment: TypeAlias = list[str]


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The service characters of one interchange. Empty text = the character does not exist there.

    `newline` is written after each terminator (and skipped on reading).
    """

    element: str
    component: str
    terminator: str
    repeat: str = ""
    release: str = ""
    decimal: str = "."
    newline: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends or receives: X12 ISA05/06 (without padding), EDIFACT S002/S003."""

    id: str
    qualifier: str = ""


@dataclass(slots=True)
class Interchange:
    """ISA..IEA or UNB..UNZ. `version` is ISA12 (`00401`) or the UNB syntax identifier (`UNOC:3`).

    `date` and `time` are as sent. `test` is ISA15 = T or UNB 0035 = 1. `ack_requested` is ISA14 or UNB 0031 = 1.
    `raw` is the header segment with its terminator (UNA included), `offset` its first byte.
    """

    syntax: Syntax
    number: int
    sender: Identity
    receiver: Identity
    control: str
    version: str
    charset: str
    test: bool
    ack_requested: bool
    date: str
    time: str
    delimiters: Delimiters
    header: Segment
    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """GS..GE or UNG..UNE. `type` is GS01 (`PR`) or UNG 0038; `version` is GS08 (`004010`) or S008 (`D:01B`)."""

    interchange: Interchange
    number: int
    type: str
    sender: Identity
    receiver: Identity
    control: str
    version: str
    header: Segment
    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """One transaction set (ST..SE) or message (UNH..UNT), or a TA1 segment (type `TA1`).

    `type` is ST01 (`855`) or S009/0065 (`ORDRSP`). `version` is GS08 (`004010`) or S009 version and release (`D.01B`).
    `convention` is ST03 or the association code S009/0057 (`EAN009`), empty if absent. `number` counts the messages
    of this type in the group (or interchange) from 1
    and gives the `855[2]` of fault paths. `faults` holds what the reader saw (counts, trailers, control numbers).
    """

    interchange: Interchange
    group: Group | None
    number: int
    type: str
    version: str
    control: str
    convention: str
    segments: list[Segment]
    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The head of every fault path of this message: `855[2]`."""
        return f"{self.type}[{self.number}]"


@dataclass(slots=True)
class GroupEnd:
    """The group is over. `declared` is GE01/UNE 0060 (None: unreadable or no trailer), `received` what was counted."""

    group: Group
    declared: int | None
    received: int
    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class InterchangeEnd:
    """The interchange is over. `declared` is IEA01/UNZ 0036, `received` the groups (or messages) counted."""

    interchange: Interchange
    declared: int | None
    received: int
    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Gap:
    """Bytes that belong to no envelope and no message: white space, padding, junk. Junk has a fault."""

    raw: bytes
    offset: int
    faults: list[Fault] = field(default_factory=list)


Item: TypeAlias = Interchange | Group | Message | GroupEnd | InterchangeEnd | Gap


@dataclass(frozen=True, slots=True)
class Location:
    """Where a fault is. Zero or empty = does not apply.

    `path` is the full place in words of the document: `855[2]/PO1[1]/ACK[1]/ACK05` (a loop stands for its trigger
    segment). `segment` counts from ST or UNH = 1, as acknowledgements do. `offset` is the byte offset in the input.
    """

    path: str = ""
    interchange: str = ""
    group: str = ""
    message: str = ""
    segment: int = 0
    tag: str = ""
    loop: str = ""
    element: int = 0
    component: int = 0
    repetition: int = 0
    offset: int = 0

    @property
    def element_name(self) -> str:
        """`ACK05`, `DTM01-2`, or empty when the place is no element."""
        if not self.element:
            return ""
        return f"{self.tag}{self.element:02d}" + (f"-{self.component}" if self.component else "")
