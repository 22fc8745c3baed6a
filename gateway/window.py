"""A range of a seekable file: how documents, and all layers of a message, are passed on without being held in memory.

Not here: what the bytes mean. Rules protected: whoever reads a range sees exactly its bytes; small things are read
whole only up to a limit. A range of bytes in memory is a range of an `io.BytesIO`.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 256 * 1024
IN_MEMORY = 1024 * 1024  # what is larger lies in a file


class TooLarge(ValueError):
    """A part that must be small is not."""


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes `start` to `end` of `file`. Offsets handed in and out are those of the file. One thread at a time."""

    file: BinaryIO
    start: int
    end: int

    @staticmethod
    def of(data: bytes) -> Window:
        return Window(io.BytesIO(data), 0, len(data))

    @staticmethod
    def all_of(file: BinaryIO) -> Window:
        """Everything in a file."""
        return Window(file, 0, file.seek(0, io.SEEK_END))

    def __len__(self) -> int:
        return self.end - self.start

    def part(self, start: int, end: int) -> Window:
        """A range within this one. Raises ValueError if it reaches beyond."""
        if not self.start <= start <= end <= self.end:
            raise ValueError(f"{start} to {end} is not within {self.start} to {self.end}")
        return Window(self.file, start, end)

    def at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`, never beyond the end."""
        self.file.seek(offset)
        return self.file.read(max(0, min(size, self.end - offset)))

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        offset = self.start
        while offset < self.end:
            chunk = self.at(offset, size)
            if not chunk:
                raise EOFError("the file is shorter than the range")
            offset += len(chunk)
            yield chunk

    def stream(self) -> BinaryIO:
        """The range as a file of its own, for one reader from its beginning to its end."""
        return io.BufferedReader(_Stream(self), CHUNK)

    def whole(self, limit: int = IN_MEMORY) -> bytes:
        """All of it. Raises TooLarge beyond `limit` bytes."""
        if len(self) > limit:
            raise TooLarge(f"{len(self)} bytes where at most {limit} are expected")
        return self.at(self.start, len(self))


Content: TypeAlias = bytes | Window
"""Bytes of any size: what is small may be held in memory."""


def window(content: Content) -> Window:
    """Any content as a range."""
    return content if isinstance(content, Window) else Window.of(content)


class _Stream(io.RawIOBase):
    def __init__(self, range_: Window) -> None:
        self._range, self._at = range_, range_.start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._range.at(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class Staging:
    """Files for the layers of one message: in memory while they are small, then in `folder`. All are gone at the end of
    the `with`, and the ranges of them with it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = str(folder) if folder else None
        self._files = ExitStack()

    def file(self) -> BinaryIO:
        return cast(BinaryIO, self._files.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY, dir=self._folder)))

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()
