"""The bytes of an upload until its CLOSE: in memory, above a limit in a file without a name.

Not here: names, quotas, commits. Rule protected: bytes nobody wrote are never taken for content; a hole is known.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from gateway.window import Content, Window

IN_MEMORY = 1_000_000
_SCATTERED = 1000


class Coverage:
    """Which byte ranges of a file have been seen, however they came; nearly always a single range.

    A client that jumps about more than any honest one is not followed: its file then never counts as whole.
    """

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Note the bytes from `start` up to, not including, `end`."""
        if start >= end:
            return
        if (
            len(self._ranges) == 1 and self._ranges[0][0] <= start <= self._ranges[0][1]
        ):  # the usual way, one after another
            self._ranges[0] = (self._ranges[0][0], max(self._ranges[0][1], end))
            return
        apart = [r for r in self._ranges if r[1] < start or r[0] > end]
        touching = [r for r in self._ranges if r[1] >= start and r[0] <= end]
        if len(apart) < _SCATTERED:
            first, last = min([start, *(r[0] for r in touching)]), max([end, *(r[1] for r in touching)])
            self._ranges = sorted([*apart, (first, last)])

    def cut(self, size: int) -> None:
        """Forget everything from `size` on."""
        self._ranges = [(start, min(end, size)) for start, end in self._ranges if start < size]

    def whole(self, size: int) -> bool:
        """Whether every byte of a file of `size` has been seen."""
        return size == 0 or self._ranges == [(0, size)]


class Spool:
    """One upload's bytes. Writes may come in any order; reading back gives them all or raises."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory = bytearray()
        self._file: BinaryIO | None = None
        self._seen = Coverage()
        self.size = 0

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`. Raises OSError when the disk is full."""
        end = offset + len(data)
        if self._file is None and end > IN_MEMORY:
            self._to_file()
        if self._file is not None:
            _write(self._file.fileno(), offset, data)
        else:
            if offset > len(self._memory):
                self._memory.extend(bytes(offset - len(self._memory)))
            self._memory[offset:end] = data
        self._seen.add(offset, end)
        self.size = max(self.size, end)

    def truncate(self, size: int) -> None:
        """Cut to `size` bytes, which must not be more than there are."""
        if self._file is not None:
            os.ftruncate(self._file.fileno(), size)
        else:
            del self._memory[size:]
        self._seen.cut(size)
        self.size = size

    @property
    def whole(self) -> bool:
        """Whether no byte before the end is missing."""
        return self._seen.whole(self.size)

    def content(self) -> Content:
        """All bytes; in a file until they are discarded."""
        return bytes(self._memory) if self._file is None else Window(self._file, 0, self.size)

    def discard(self) -> None:
        """Free memory and disk; may be called again."""
        self._memory.clear()
        if self._file is not None:
            self._file.close()

    def _to_file(self) -> None:
        self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
        _write(self._file.fileno(), 0, bytes(self._memory))
        self._memory.clear()


def _write(file: int, offset: int, data: bytes) -> None:
    """All of `data`: a disk that fills up takes a part first."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, offset)
        offset += written
        rest = rest[written:]
