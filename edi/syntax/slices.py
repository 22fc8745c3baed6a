"""Measures the next segment or message in the window, in bytes, without splitting it.

Not here: what the tags mean for the envelope (edi/syntax/envelope.py). Rule protected: a released terminator and the
data of a binary segment never end anything; searching never reads more than the limits allow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from edi.model import Delimiters
from edi.syntax import sniff
from edi.syntax.segments import PADDING, binary_data, released, run_after
from edi.syntax.tags import Tags
from edi.syntax.window import Window

BINARY = ("BIN", "BDS")
_LINE_BREAKS = b"\r\n"


class Slice(NamedTuple):
    """Bytes taken from the window; `body` is the length without terminator and what follows it."""

    raw: bytes
    offset: int
    body: int
    trailer: bool = False  # the message ends with its trailer
    within: bool = True  # the limits
    binary: bool = False  # BIN or BDS inside


@lru_cache(maxsize=64)
def _patterns(delimiters: Delimiters, tags: Tags, wrapped: bool) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """An envelope segment here, and the next one (or header, or binary segment) behind a terminator."""
    element, terminator = (re.escape(sign.encode("latin-1")) for sign in (delimiters.element, delimiters.terminator))
    glue = b"[\r\n]*" if wrapped else b""
    names = [tag for tag in tags if tag and tag != tags.header]
    after = b"(?=" + glue + b"[" + element + terminator + b"])"
    here = b"|".join(glue.join(re.escape(letter.encode()) for letter in tag) for tag in names)
    inside = names if tags.loose == "" else [tag for tag in (*names, *BINARY) if tag != tags.loose]
    inner = b"|".join(glue.join(letter.encode() for letter in tag) for tag in sorted(inside))
    run = run_after(delimiters.terminator).encode()
    header = b"(?=" + sniff.header_pattern(1) + b")"
    return (
        re.compile(b"(" + here + b")" + after),
        re.compile(terminator + run + b"(?:(" + inner + b")" + after + b"|" + header + b")"),
    )


class Slices:
    """Boundaries of one interchange. Distances count from the window's position."""

    def __init__(
        self, window: Window, delimiters: Delimiters, tags: Tags, *, wrapped: bool, limits: Mapping[str, int]
    ) -> None:
        self.window = window
        self.tags = tags
        self.wrapped = wrapped and delimiters.terminator not in "\r\n"
        self._limits = limits
        self.element = delimiters.element.encode("latin-1")
        self.terminator = delimiters.terminator.encode("latin-1")
        self.release = delimiters.release.encode("latin-1")
        self._run = re.compile(run_after(delimiters.terminator).encode())
        self._tag, self._boundary = _patterns(delimiters, tags, self.wrapped)

    def tag_here(self) -> str:
        """The envelope tag at the window, or empty."""
        self.window.ensure(sniff.LOOKAHEAD)
        found = self._tag.match(self.window.data, self.window.at)
        return self._plain(found[1]) if found else ""

    def segment(self) -> Slice:
        """Takes the segment at the window with its terminator and the line breaks after it."""
        body, full = self._segment(0)
        offset = self.window.offset
        return Slice(self.window.take(full), offset, body)

    def header(self, prefix: int, length: int) -> Slice:
        """Takes a header segment: after `prefix` bytes, and `length` bytes long if that is known."""
        if length:
            body, full = length - 1, self._after_terminator(length)
        else:
            body, full = self._segment(prefix)
        offset = self.window.offset
        return Slice(self.window.take(full), offset, body)

    def message(self) -> Slice:
        """Takes the message at the window."""
        window = self.window
        position, seen, within, binary = 0, False, True, False
        while True:
            found = self._next(position)
            if found is None:
                within = window.ended
                full = self._content_length() if within else self._cut_length()
                body = full
                break
            start, tag = found
            if tag == self.tags.message_end:
                body, full = self._segment(start)
                seen = True
                break
            if tag not in BINARY:
                body = full = start
                break
            position, binary = self._after_binary(start), True
        within = within and full <= self._limits["message"]
        offset = window.offset
        return Slice(window.take(full), offset, body, seen, within, binary)

    def stray(self) -> Slice:
        """Takes what stands at the window and is no envelope segment, up to the next one; at least one byte."""
        found = self._next(0)
        if found is not None and found[0] > 0:
            length = found[0]
        elif self.window.ended:
            length = self._content_length()
        else:
            length = self._cut_length()
        offset = self.window.offset
        return Slice(self.window.take(max(length, 1)), offset, length)

    def _plain(self, tag: bytes) -> str:
        return tag.translate(None, _LINE_BREAKS).decode("latin-1")

    def _next(self, position: int) -> tuple[int, str] | None:
        """Distance and tag (empty: a header) of the next envelope segment after a terminator; None at end or limit."""
        window = self.window
        while True:
            found = self._boundary.search(window.data, window.at + position)
            if found:
                if self.release and self._is_released(found.start()):
                    position = found.start() + 1 - window.at
                    continue
                if found[1] is None:
                    return found.end() - window.at, ""
                return found.start(1) - window.at, self._plain(found[1])
            if window.ended or window.waiting > self._limits["message"]:
                return None
            last = window.data.rfind(self.terminator, window.at + position)
            position = (last if last >= 0 else len(window.data)) - window.at
            window.more()

    def _is_released(self, position: int) -> bool:
        start = self.window.at
        data = self.window.data
        while self.wrapped and position > start and data[position - 1] in _LINE_BREAKS:
            position -= 1
        return released(data, position, start, self.release)

    def _segment(self, start: int) -> tuple[int, int]:
        """Where the segment at distance `start` ends: without terminator, and with it and what follows."""
        window = self.window
        position = start
        while True:
            end = window.data.find(self.terminator, window.at + position)
            if end >= 0 and self.release and self._is_released(end):
                position = end + 1 - window.at
                continue
            if end >= 0:
                break
            position = window.waiting
            if window.waiting - start > self._limits["segment"] or not window.more():
                break
        body = end - window.at if end >= 0 else -1
        stop = body if body >= 0 else window.waiting
        if self.terminator not in _LINE_BREAKS or body < 0:  # a terminator may be missing before the next header
            cut = sniff.cut_at_header(window.data[window.at + start : window.at + stop])
            if cut >= 0:
                return start + cut, start + cut
        if body < 0:
            length = self._content_length() if window.ended else self._cut_length()
            return max(length, start), max(length, start)
        return body, self._after_terminator(body + 1)

    def _after_terminator(self, position: int) -> int:
        window = self.window
        while True:
            found = self._run.match(window.data, window.at + position)
            end = found.end() if found else window.at + position
            if end < len(window.data) or not window.more():
                return min(end, len(window.data)) - window.at

    def _content_length(self) -> int:
        """Everything that waits, without the padding at the end of the input."""
        waiting = self.window.data[self.window.at :]
        return len(waiting.rstrip(PADDING.encode())) if self.window.ended else len(waiting)

    def _cut_length(self) -> int:
        """Up to the last terminator that is in memory, else everything that waits."""
        window = self.window
        last = window.data.rfind(self.terminator, window.at)
        return last + 1 - window.at if last >= 0 else window.waiting

    def _after_binary(self, start: int) -> int:
        """Distance of the terminator of the binary segment at `start`; just behind its start if the length is wrong."""
        window = self.window
        window.ensure(start + sniff.LOOKAHEAD)
        data = binary_data(window.data, window.at + start, self.element)
        if data is None or data[1] - data[0] > self._limits["binary"]:
            return start + 1
        end = data[1] - window.at
        window.ensure(end + 1)
        after = window.data[window.at + end : window.at + end + 1]
        return end if after == self.terminator else start + 1
