"""A sliding window over the input: the part of it that is in memory, and where that part stands.

Not here: what the bytes mean. Rule protected: memory is bounded by what the reader has not yet handed on; every byte
of the input is taken exactly once and in order.
"""

from __future__ import annotations

import codecs
from typing import Protocol

CHUNK = 256 * 1024


class Readable(Protocol):
    """What the reader needs of an open file."""

    def read(self, size: int, /) -> bytes: ...


class Window:
    """`data[at:]` is what was read and not yet taken. A bytes source is one window without copies.

    `more` reads at least CHUNK bytes and at most as much again as is waiting, so a large message costs linear time.
    """

    __slots__ = ("_base", "_stream", "at", "data", "ended")

    def __init__(self, source: bytes | Readable) -> None:
        self.at = 0
        self._base = 0
        self._stream: Readable | None
        if isinstance(source, bytes | bytearray | memoryview):
            self.data, self._stream, self.ended = bytes(source), None, True
        else:
            self.data, self._stream, self.ended = b"", source, False

    @property
    def offset(self) -> int:
        """The byte offset in the input of the next byte to be taken."""
        return self._base + self.at

    @property
    def waiting(self) -> int:
        """How many bytes were read and not yet taken."""
        return len(self.data) - self.at

    def more(self) -> bool:
        """Read on; False at the end of the input. Positions in `data` change, distances from `at` do not."""
        if self._stream is None:
            return False
        wanted = max(CHUNK, self.waiting)
        pieces = [self.data[self.at :]]
        while wanted > 0 and (piece := self._stream.read(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        if len(pieces) == 1:
            self._stream, self.ended = None, True
            return False
        self._base += self.at
        self.at = 0
        self.data = b"".join(pieces)
        return True

    def ensure(self, count: int) -> int:
        """Read until `count` bytes wait or the input ends; how many wait."""
        while self.waiting < count and self.more():
            pass
        return self.waiting

    def take(self, count: int) -> bytes:
        """The next `count` bytes of those waiting."""
        raw = self.data[self.at : self.at + count]
        self.at += len(raw)
        return raw


class Utf16Source:
    """UTF-16 input as a stream of UTF-8, and the way back for slices of it.

    The reader works on bytes in which delimiters are single bytes; `restore` turns the slices it hands on, in order,
    into the bytes that came in. An odd last byte of the input is kept in `tail`.
    """

    def __init__(self, window: Window, codec: str) -> None:
        self._window = window
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)("surrogatepass")
        self._back = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self.tail = b""

    def read(self, count: int) -> bytes:
        """At least one byte unless the input ends."""
        while True:
            self._window.ensure(2)
            raw = self.tail + self._window.take(max(count, 2))
            even = len(raw) - len(raw) % 2
            self.tail = raw[even:]
            final = not even
            text = self._decoder.decode(raw[:even], final=final)
            if text or final:
                return text.encode("utf-8", "surrogatepass")

    def restore(self, raw: bytes) -> bytes:
        """The input bytes of the next slice. A character cut in two belongs to the slice that holds its end."""
        return self._back.decode(raw).encode(self._codec, "surrogatepass")
