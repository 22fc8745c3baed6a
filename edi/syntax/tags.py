"""What both wire syntaxes have in common: the tags of their envelopes and the result of reading a header.

Not here: the rules of either syntax. Rule protected: the reader (edi/syntax/envelope.py) is written once for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from edi.model import Delimiters, Group, Interchange, Message, Segment
from edi.syntax.segments import Finding


class Tags(NamedTuple):
    """The envelope segments of a syntax; empty = it has none. `loose` may stand between header and first group."""

    header: str
    group: str
    message: str
    message_end: str
    group_end: str
    end: str
    loose: str = ""


@dataclass(slots=True)
class Opening:
    """A header that was recognised. `prefix` bytes (UNA) stand before it; `length` is 0 if the terminator decides.

    `usable` is false when what follows cannot be split.
    """

    delimiters: Delimiters
    prefix: int
    length: int
    header: Segment
    findings: list[Finding] = field(default_factory=list)
    usable: bool = True


class Dialect(Protocol):
    """What x12.py and edifact.py offer the reader."""

    def interchange(self, opening: Opening, number: int, raw: bytes, offset: int, charset: str, /) -> Interchange: ...

    def group(
        self, interchange: Interchange, number: int, header: Segment, raw: bytes, offset: int, /
    ) -> tuple[Group, list[Finding]]: ...

    def describe(self, header: Segment, group: Group | None, /) -> tuple[str, str, str, str]: ...

    def check_message(self, message: Message, /) -> list[Finding]: ...


def is_date(text: str) -> bool:
    """Six digits YYMMDD or eight CCYYMMDD that name a day."""
    if len(text) not in (6, 8) or not (text.isascii() and text.isdecimal()):
        return False
    century = "20" if len(text) == 6 else ""
    full = century + text
    try:
        date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """HHMM or HHMMSS."""
    if len(text) not in (4, 6) or not (text.isascii() and text.isdecimal()):
        return False
    return text[:2] < "24" and text[2:4] < "60" and text[4:6] < "60"


def number(text: str) -> int | None:
    """A count of a trailer, or None if it is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


class Seen:
    """Remembers control numbers in little memory: a run of consecutive numbers is two integers.

    At most 100,000 others are kept; a repetition of a number beyond them is not noticed.
    """

    __slots__ = ("_first", "_last", "_others")

    def __init__(self) -> None:
        self._first, self._last = 0, -1
        self._others: set[str] = set()

    def follows(self, control: str) -> bool:
        """Whether this number is the next of the run, the usual case; remembers it only then."""
        if self._others or self._last < self._first or not control.isdecimal() or int(control) != self._last + 1:
            return False
        self._last += 1
        return True

    def repeated(self, control: str) -> bool:
        """Whether this number came before; remembers it."""
        value = number(control)
        if value is None:
            known = control in self._others
        else:
            if self._last < self._first:
                self._first = self._last = value
                return False
            if value == self._last + 1 and str(value) not in self._others:
                self._last = value
                return False
            control = str(value)
            known = self._first <= value <= self._last or control in self._others
        if not known and len(self._others) < 100_000:
            self._others.add(control)
        return known
