"""What the `edi` command reads and where it writes: an input that is counted, a progress line, quiet endings.

The progress line stands on standard error, only where that is a terminal, and is gone when the command ends. Rule
protected: whoever reads our output may stop at any moment (`| head`, Ctrl-C) and sees no traceback; memory does not
grow with the input.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TextIO, cast

import typer

from edi.faults import Fault

BROKEN_PIPE, INTERRUPTED = 141, 130  # as a shell sees a program that SIGPIPE or SIGINT ended
_FIRST, _EVERY = 0.5, 0.2  # seconds until the progress line appears, and between two of them
_SPOOLED = 1024 * 1024


class Input:
    """A file or pipe that is read once, from front to back; counts what came out of it. Not seekable."""

    def __init__(self, source: BufferedIOBase, size: int, terminal: TextIO | None, clock: Callable[[], float]) -> None:
        self._source, self._size, self._terminal, self._clock = source, size, terminal, clock
        self._started = clock()
        self._due = self._started + _FIRST
        self._shown = 0
        self.bytes = self.messages = self.faults = 0
        self.severities: set[str] = set()

    @property
    def stream(self) -> BinaryIO:
        """As the library takes it, which needs `read` only."""
        return cast("BinaryIO", self)

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read() if size < 0 else self._filled(size)
        self.bytes += len(data)
        if self._terminal is not None and self._clock() >= self._due:
            self._draw(self._terminal)
        return data

    def _filled(self, size: int) -> bytes:
        """So many bytes, fewer only at the end; in pieces, because one long `read` of a pipe may not hear Ctrl-C."""
        pieces, wanted = [], size
        while wanted > 0 and (piece := self._source.read1(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def count(self, faults: Iterable[Fault], *, messages: int = 0) -> None:
        """Note what the command made of the bytes."""
        self.messages += messages
        for fault in faults:
            self.faults += 1
            self.severities.add(fault.severity)

    def say(self, text: str, *, err: bool = False) -> None:
        """A line of output."""
        self.erase()
        print(text, file=sys.stderr if err else sys.stdout)

    def say_pieces(self, pieces: Iterable[str]) -> None:
        """Output in pieces, and the end of its last line."""
        for piece in pieces:
            self.erase()
            sys.stdout.write(piece)
        sys.stdout.write("\n")

    def say_bytes(self, data: bytes) -> None:
        self.erase()
        sys.stdout.buffer.write(data)

    def erase(self) -> None:
        """Take the progress line away; the next one comes when it is due."""
        if self._shown and self._terminal is not None:
            self._terminal.write("\r" + " " * self._shown + "\r")
            self._terminal.flush()
            self._shown = 0

    def _draw(self, terminal: TextIO) -> None:
        now = self._clock()
        self._due = now + _EVERY
        line = progress_line(self, self._size, now - self._started)[: shutil.get_terminal_size().columns - 1]
        terminal.write("\r" + line.ljust(self._shown))
        terminal.flush()
        self._shown = len(line)


def progress_line(source: Input, size: int, seconds: float) -> str:
    """`151.2 of 300.0 MB (50 %), 12.3 MB/s, 65,000 messages, 3 faults`; the size is 0 when it is not known.

    A command that counts no messages shows none.
    """
    done = f"{source.bytes / 1e6:.1f}"
    of = f"{done} of {size / 1e6:.1f} MB ({100 * source.bytes // size} %)" if size else f"{done} MB"
    speed = f"{source.bytes / 1e6 / max(seconds, 0.001):.1f} MB/s"
    line = f"{of}, {speed}"
    if source.messages or source.faults:
        line += f", {counted(source.messages, 'message')}, {counted(source.faults, 'fault')}"
    return line


def counted(number: int, noun: str) -> str:
    """`1 message`, `65,000 messages`, `no faults`."""
    return f"{f'{number:,}' if number else 'no'} {noun if number == 1 else noun + 's'}"


@contextmanager
def opened(file: str) -> Iterator[Input]:
    """A file, or standard input for `-`. Ends the command with code 2 if it cannot be opened."""
    try:
        source = cast("BufferedIOBase", sys.stdin.buffer if file == "-" else Path(file).open("rb"))  # noqa: SIM115
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    terminal = sys.stderr if sys.stderr.isatty() else None
    read = Input(source, _size(source), terminal, time.monotonic)
    try:
        yield read
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing()
        raise typer.Exit(BROKEN_PIPE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        fail(error.strerror or str(error), 2)
    finally:
        read.erase()
        if file != "-":
            source.close()


def stop_writing() -> None:
    """Nobody reads standard output any more: what is still buffered goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _size(source: BufferedIOBase) -> int:
    """The size of a regular file, else 0."""
    try:
        status = os.fstat(source.fileno())
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


class Spool:
    """Items of a JSON list that can only be written later: in memory while they are few, else in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115  (lives as long as the spool)
            _SPOOLED, "w+", encoding="utf-8", errors="surrogatepass", newline=""
        )
        self._any = False

    def add(self, item: Any) -> None:
        self._file.write((", " if self._any else "") + as_line(item))
        self._any = True

    def pieces(self) -> Iterator[str]:
        """The items, to be put between brackets; the spool is empty afterwards."""
        self._file.seek(0)
        while piece := self._file.read(64 * 1024):
            yield piece
        self._file.seek(0)
        self._file.truncate()
        self._any = False

    def close(self) -> None:
        self._file.close()


def as_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
