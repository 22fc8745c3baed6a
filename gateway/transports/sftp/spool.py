"""The bytes of an upload until its CLOSE: in memory, above a limit in a file without a name.

Not here: names, quotas, commits. Rule protected: bytes nobody wrote are never taken for content; a hole is known.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

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
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115
        self._seen = Coverage()
        self.size = 0

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`. Raises OSError when the disk is full."""
        if offset + len(data) > IN_MEMORY:
            self._file.rollover()  # before the write: a far offset would be zero-filled in memory
        self._file.seek(offset)
        self._file.write(data)
        self._seen.add(offset, offset + len(data))
        self.size = max(self.size, offset + len(data))

    def truncate(self, size: int) -> None:
        """Cut to `size` bytes, which must not be more than there are."""
        self._file.truncate(size)
        self._seen.cut(size)
        self.size = size

    @property
    def whole(self) -> bool:
        """Whether no byte before the end is missing."""
        return self._seen.whole(self.size)

    def content(self) -> bytes:
        """All bytes."""
        self._file.seek(0)
        return self._file.read()

    def discard(self) -> None:
        """Free memory and disk; may be called again."""
        self._file.close()
