"""The quick way for a message in which nothing is out of the ordinary.

Not here: anything unusual, for which the careful way (edi/syntax/envelope.py and what it uses) starts again from the
first byte. Rule protected: the quick way never gives anything but what the careful way would give. It may leave a clean
message to it, which costs time and nothing else. A test holds the two against each other.

Usual is a message of a kind that was met before in the same group, with its trailer, the right count, the next control
number in the row, the same line breaks throughout, and nothing to report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from edi.model import Delimiters, Group, Interchange, Message
from edi.syntax.content import Content
from edi.syntax.slices import BINARY
from edi.syntax.tags import Seen, Tags
from edi.syntax.window import Window


class Usual:
    """Takes the usual messages of one interchange. `newline` is what follows the terminator of its header; the same is
    expected after every other."""

    def __init__(
        self,
        interchange: Interchange,
        tags: Tags,
        newline: bytes,
        content: Content,
        limits: Mapping[str, int],
        types: Counter[str],
    ) -> None:
        delimiters = interchange.delimiters
        self._interchange, self._content, self._types = interchange, content, types
        self._group: Group | None = None
        self._start, self._end = tags.message, tags.message_end
        self._control = 2 if tags.message == "ST" else 1  # the element of the header, and the one that says what it is:
        self._name = 3 - self._control
        self._separator = delimiters.terminator + newline.decode("latin-1")
        self._release = delimiters.release.encode("latin-1")
        self._longest, self._most = limits["message"], limits["segments"]
        self._odd, self._trailer = _patterns(tags, delimiters, newline)
        self._kinds: dict[str, tuple[str, str, str]] = {}

    def enter(self, group: Group | None) -> None:
        """A group begins or ends: what the headers of messages mean may not hold any more."""
        self._group = group
        self._kinds.clear()

    def learn(self, message: Message) -> None:
        """The careful way has read a message and found nothing."""
        header = message.segments[0]
        if len(header) == 3:
            self._kinds[header[self._name]] = (message.type, message.version, message.convention)

    def take(self, window: Window, seen: Seen) -> Message | None:
        """The message at the window, or None if it is for the careful way; `seen` are the control numbers so far."""
        if not self._kinds:
            return None
        data, start = window.data, window.at
        found = self._ending(data, start) if self._release else self._odd.search(data, start)
        trailer = self._trailer.match(data, found.start()) if found else None
        if trailer is None:
            return None
        stop = trailer.end()
        if stop - start > self._longest:
            return None
        segments = self._content.usual(data[start : trailer.end(1)], self._separator)
        if segments is None or len(segments) > self._most:
            return None
        header = segments[0]
        if len(header) != 3 or header[0] != self._start:
            return None
        kind, control = self._kinds.get(header[self._name]), header[self._control]
        if kind is None or segments[-1] != [self._end, str(len(segments)), control] or not seen.follows(control):
            return None
        type_, version, convention = kind
        self._types[type_] = number = self._types[type_] + 1
        offset, window.at = window.offset, stop
        return Message(
            self._interchange,
            self._group,
            number,
            type_,
            version,
            control,
            convention,
            segments,
            data[start:stop],
            offset,
        )

    def _ending(self, data: bytes, start: int) -> re.Match[bytes] | None:
        """The first thing that a usual message does not have before its trailer; a released terminator is none."""
        found = self._odd.search(data, start)
        while found and data.startswith(self._release, found.start() - 1):
            if data.startswith(self._release, found.start() - 2):
                return None  # how many release characters there are is for the careful way
            found = self._odd.search(data, found.start() + 1)
        return found


@lru_cache(maxsize=64)
def _patterns(tags: Tags, delimiters: Delimiters, newline: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What finds the first terminator followed by anything a usual message does not have before its trailer, which is
    among it, and what matches there if it is the trailer; its group 1 ends before the trailer's own terminator."""
    mark, end = (re.escape(sign.encode("latin-1")) for sign in (delimiters.element, delimiters.terminator))
    after = re.escape(newline)
    names = filter(None, (tags.message_end, tags.message, tags.group, tags.group_end, tags.end, *BINARY))
    starts = [name.encode() + rb"[" + mark + end + rb"]" for name in names]
    odd = end + after + rb"(?:" + rb"|".join([*starts, rb"ISA", rb"UN[AB]", rb"UIB", rb"[\s" + end + rb"]"]) + rb")"
    if newline:
        odd += rb"|" + end + rb"(?!" + after + rb")"
    number = rb"[0-9A-Za-z]{4,9}" if tags.message == "ST" else rb"[0-9A-Za-z]{1,14}"
    trailer = mark.join([end + after + tags.message_end.encode(), rb"[0-9]{1,9}", number])
    return re.compile(odd), re.compile(rb"(" + trailer + rb")" + end + after + rb"(?=\S)")
