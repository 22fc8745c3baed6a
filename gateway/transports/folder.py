"""A folder on our own disks as a mailbox (`kind: folder`): somebody drops files there and fetches ours.

Not here: the rules of polling (transports/polling.py). Rule protected: only plain files directly in the folder are
read, never what a link points to; a file of ours has its final name only when it is whole and on the disk.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, TypeVar

import structlog
from pydantic import AfterValidator, Field, model_validator

from gateway.ports import Done, Exchanges, Inlet, Outcome, Parcel, Transient
from gateway.secrets import Secrets
from gateway.transports.names import beside, checked_template, outgoing
from gateway.transports.polling import Rounds, Rules, Seen
from gateway.transports.trial import Trial, Wrong
from gateway.units import Duration
from gateway.window import CHUNK

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class FolderChannel(Rules):
    """Folders are relative to the configuration. `in` is read, `out` is written; `archive` is by default in `in`."""

    name: str
    kind: Literal["folder"] = "folder"
    in_: Annotated[Path | None, Field(alias="in")] = None
    out: Path | None = None
    archive: Path | None = None
    every: Annotated[Duration, Field(gt=0)] = 10.0
    settle: Annotated[Duration, Field(ge=0)] = 2.0
    file_name: Annotated[str, AfterValidator(checked_template)] = ""

    @model_validator(mode="after")
    def _does_something(self) -> FolderChannel:
        if self.in_ is None and self.out is None:
            raise ValueError("needs in, out or both: a channel has to do something")
        return self


class FolderPoller:
    """Polls `in`. `source` is `<partner>/<channel>`, `base` the configuration's folder. ValueError without `in`."""

    def __init__(self, source: str, settings: FolderChannel, base: Path) -> None:
        if settings.in_ is None:
            raise ValueError(f"{source}: this channel has no in folder")
        self.source, self.every, self.cron = source, settings.every, settings.cron
        path = base / settings.in_
        self._folder = _Disk(path, base / settings.archive if settings.archive else path / "archive")
        self._rounds = Rounds(source, settings)
        self._lost = ""

    @property
    def problem(self) -> str:
        """What went wrong in the last round, for the console; empty if nothing did."""
        return self._lost or self._rounds.problem

    @property
    def alarm(self) -> Literal["", "config", "stuck"]:
        """A folder that cannot be read is for the operator, and files that cannot be cleared away; others are not."""
        if self._lost:
            return "config"
        return "stuck" if self._rounds.stuck else ""

    async def poll(self, inlet: Inlet) -> int:
        """One round; how many files arrived. A folder that cannot be read is logged, kept in `problem`, not raised."""
        try:
            arrived = await self._rounds.round(self._folder, inlet, {"transport": "folder"})
        except OSError as error:
            self._lost = str(error)
            _log.warning("poll_failed", mailbox=self.source, reason=self._lost)
            return 0
        self._lost = ""
        return arrived


class FolderSink:
    """Writes into `out`; `base` is the folder of the configuration. Raises ValueError without `out`."""

    def __init__(self, settings: FolderChannel, base: Path) -> None:
        if settings.out is None:
            raise ValueError(f"channel {settings.name}: there is no out folder")
        self._folder, self._template = base / settings.out, settings.file_name

    async def send(self, parcel: Parcel) -> Outcome:
        """Write under a temporary name, fsync, rename. The same bytes under the name already: nothing is written."""
        if parcel.payload is None:
            raise ValueError(f"delivery {parcel.id} has no bytes to place in a folder")
        name = outgoing(self._template, parcel)
        try:
            return await asyncio.to_thread(self._write, name, parcel.id, parcel.payload)
        except OSError as error:
            reason = f"{self._folder} cannot be written: {error.strerror or error}"
            return Transient(reason, retry_in=30.0, scope="connector", alarm="config")

    def _write(self, name: str, delivery: str, data: bytes) -> Done:
        for candidate in (name, beside(name, delivery)):
            target = self._folder / candidate
            if _is_there(target):
                if target.read_bytes() == data:
                    return Done("already_there", note=f"{candidate} is there with the same bytes")
                continue
            temporary = self._folder / f".{candidate}.tmp"
            temporary.unlink(missing_ok=True)
            with temporary.open("xb") as file:  # new, so that no link is followed
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync_folder(self._folder)
            return Done(note=f"written as {candidate}")
        raise FileExistsError(f"{name} is taken by another file")


CHANNELS = {"folder": FolderChannel}


def check(settings: FolderChannel, secrets: Secrets) -> None:
    """Whether the folders are there. Raises FileNotFoundError."""
    for folder in (settings.in_, settings.out):
        if folder is not None and not (path := secrets.folder / folder).is_dir():
            raise FileNotFoundError(f"there is no folder {path}")


def credentials(settings: FolderChannel, secrets: Secrets) -> tuple[()]:
    """A folder proves nothing."""
    return ()


def sheet(settings: FolderChannel, listener: object, secrets: Secrets, host: str) -> tuple[()]:
    """A folder on our disk is nothing a partner connects to."""
    return ()


def poller(source: str, settings: FolderChannel, secrets: Secrets) -> FolderPoller | None:
    """What polls this channel, if anything does."""
    return FolderPoller(source, settings, secrets.folder) if settings.in_ is not None else None


def sink(settings: FolderChannel, secrets: Secrets, exchanges: Exchanges) -> FolderSink | None:
    """What sends through this channel, if anything may."""
    return FolderSink(settings, secrets.folder) if settings.out is not None else None


async def examine(mailbox: str, settings: FolderChannel, listener: None, secrets: Secrets, trial: Trial) -> None:
    """A trial: the folders are there, can be read, and can be written with a file that is deleted again."""
    base = secrets.folder
    if settings.in_ is not None:
        source = base / settings.in_
        async with trial.step(f"read {source}") as said:
            names = await asyncio.to_thread(_tried, os.listdir, source, "read", "in")
            said.note = f"{len(names)} entries"
        if settings.after_read != "keep":
            await _written(source, "in", trial)
    if settings.out is not None:
        await _written(base / settings.out, "out", trial)


async def _written(folder: Path, key: str, trial: Trial) -> None:
    """The step that makes a file in a folder and deletes it."""

    def write(folder: Path) -> None:
        name = folder / f".{trial.mark}.tmp"
        with name.open("xb") as file:
            file.write(b"a test of the gateway")
            file.flush()
            os.fsync(file.fileno())
        name.unlink()

    async with trial.step(f"write in {folder}"):
        await asyncio.to_thread(_tried, write, folder, "written", key)


def _tried(work: Callable[[Path], T], folder: Path, what: str, key: str) -> T:
    """Do something with a folder. Raises Wrong."""
    try:
        return work(folder)
    except OSError as error:
        raise Wrong(
            f"{folder} cannot be {what}",
            found=error.strerror or str(error),
            expected=f"a folder that user {os.getuid()} may list and write",
            advice=f"make the folder, see its owner and mode, or correct `{key}` of the channel",
        ) from None


class _Disk:
    """A folder on a disk, in the terms of polling; the disk is asked in a thread."""

    def __init__(self, path: Path, archive: Path) -> None:
        self.path = str(path)
        self._folder, self._archive = path, archive

    async def scan(self) -> AsyncIterator[Seen]:
        for seen in await asyncio.to_thread(self._list):
            yield seen

    async def stat(self, name: str) -> Seen | None:
        try:
            return _seen(name, os.lstat(self._folder / name))
        except FileNotFoundError:
            return None

    async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
        await asyncio.to_thread(self._read, name, at_most, into)

    async def delete(self, name: str) -> None:
        (self._folder / name).unlink()

    async def archive(self, name: str, new_name: str) -> bool:
        self._archive.mkdir(exist_ok=True)
        target = self._archive / new_name
        if _is_there(target):
            return False
        (self._folder / name).rename(target)
        return True

    def _list(self) -> list[Seen]:
        with os.scandir(self._folder) as entries:
            return [_seen(e.name, e.stat(follow_symlinks=False)) for e in entries if e.is_file(follow_symlinks=False)]

    def _read(self, name: str, at_most: int, into: BinaryIO) -> None:
        descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{name} is not a plain file")
            left = at_most
            while chunk := file.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise OSError(f"{name} has more than {at_most} bytes")
                into.write(chunk)


def _seen(name: str, status: os.stat_result) -> Seen:
    return Seen(status.st_mtime_ns, name, status.st_size)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
