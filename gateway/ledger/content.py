"""Bytes of any size on their way into the ledger and out of it, never held in memory as a whole.

Each row is packed by itself, so that any part can be read without what stands before it. Not here: the statements
(queries/receipts.py). Rule protected: what is packed outside the transaction is exactly what was hashed.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from isal import isal_zlib

from gateway.ledger.queries import receipts
from gateway.ledger.store import Ledger
from gateway.window import Content, Window, window

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1_000_000  # bytes of content in a row; packed it is never more than 1 MiB
LEVEL = 2  # of 0 to 3: as small as zlib's 2 on EDI, in a quarter of the time
WORKERS = 2


class Packed:
    """Content as the ledger keeps it: its rows, its size and its sha256. What is large lies in a file until `close`.

    Takes time for large content: make it outside the transaction, in a thread. `dense`: it is known not to shrink, as
    what is encrypted; its rows are zlib without compression.
    """

    def __init__(self, content: Content, folder: Path | None = None, *, dense: bool = False) -> None:
        source = window(content)
        self.size = len(source)
        self._rows: list[bytes] = []
        self._lengths: list[int] = []
        self._pack = _stored if dense else _compressed
        self._file = tempfile.TemporaryFile(dir=folder) if self.size > PIECE else None  # noqa: SIM115  until close
        digest = hashlib.sha256()
        if self.size <= PIECE:
            piece = source.whole(PIECE)
            digest.update(piece)
            self._keep(self._pack(piece))
        else:
            self._keep_all(source, digest)
        self.sha256 = digest.hexdigest()

    def rows(self) -> Iterator[bytes]:
        """The rows in order; as often as they are asked for."""
        if self._file is None:
            yield from self._rows
            return
        self._file.seek(0)
        for length in self._lengths:
            yield self._file.read(length)

    def close(self) -> None:
        """Free the disk; may be called again."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Packed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep_all(self, source: Window, digest: hashlib._Hash) -> None:
        """Pieces are packed side by side while the next ones are read; a few are in memory at a time."""
        with ThreadPoolExecutor(WORKERS) as workers:
            waiting: deque[Future[bytes]] = deque()
            for piece in source.chunks(PIECE):
                waiting.append(workers.submit(self._pack, piece))
                digest.update(piece)
                if len(waiting) > 2 * WORKERS:
                    self._keep(waiting.popleft().result())
            for packed in waiting:
                self._keep(packed.result())

    def _keep(self, row: bytes) -> None:
        if self._file is None:
            self._rows.append(row)
        else:
            self._file.write(row)
            self._lengths.append(len(row))


def _compressed(piece: bytes) -> bytes:
    packed: bytes = isal_zlib.compress(piece, LEVEL)
    return packed


def _stored(piece: bytes) -> bytes:
    return zlib.compress(piece, 0)


def stored(ledger: Ledger, owner: str, size: int) -> Window:
    """The `size` bytes kept under an owner, each row read when it is needed. For a worker thread: it may wait for the
    database. Reading raises KeyError if there are none, LedgerUnavailable if the database does not answer."""
    return Window(io.BufferedReader(_Rows(ledger, owner), 64 * 1024), 0, size)


class _Rows(io.RawIOBase):
    """The rows of an owner as one file; one of them is in memory."""

    def __init__(self, ledger: Ledger, owner: str) -> None:
        self._ledger, self._owner = ledger, owner
        self._at = 0
        self._number, self._row = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the size is known to the range")
        self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        number, start = divmod(self._at, PIECE)
        if number != self._number:
            self._row = self._ledger.look(lambda c: receipts.get_row(c, self._owner, number))
            self._number = number
        view = memoryview(buffer)
        data = self._row[start : start + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
