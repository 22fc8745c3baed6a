"""Reading a folder that somebody else fills: when a file is complete, what has been read, what becomes of it then.

One way of polling for every kind of folder (over SFTP, on a disk); a kind only lists, reads, moves and deletes. Not
here: connections, schedules. Rule protected: a file is deleted or moved only after its bytes and the note that it was
read are committed together; a crash in between is healed by the next round, and nothing is processed twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import fnmatch
import hashlib
import heapq
import posixpath
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal, Protocol

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway import clock
from gateway.clock import check_cron
from gateway.ports import Arrival, Inlet
from gateway.transports.names import beside, in_progress
from gateway.units import Duration, Size
from gateway.window import Staging, Window

_log = structlog.get_logger(__name__)


class Rules(BaseModel):
    """When a file is taken and what becomes of it. `settle` 0 takes it at first sight: only where files are renamed in.

    `marker` `.done`: `a.edi` is complete when `a.edi.done` or `a.done` is there. `limit`: files a round, oldest first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str = "*"
    settle: Annotated[Duration, Field(ge=0)] = 30.0
    marker: Annotated[str, Field(pattern=r"^(\.[A-Za-z0-9]{1,10})?$")] = ""
    after_read: Literal["archive", "delete", "keep"] = "archive"
    max_file: Annotated[Size, Field(gt=0)] = 20_000_000
    limit: Annotated[int, Field(gt=0)] = 100
    cron: Annotated[str, AfterValidator(check_cron)] = ""  # polling windows, UTC, instead of `every`


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A file in a listing. `modified` in seconds since 1970, or finer where the folder has it; sorts oldest first."""

    modified: int
    name: str
    size: int


class Folder(Protocol):
    """A folder that is read. Methods raise ConnectionError when all is lost, other OSErrors for one file."""

    path: str

    def scan(self) -> AsyncIterator[Seen]:
        """The plain files in it, in any order, one by one."""

    async def stat(self, name: str) -> Seen | None:
        """One file as it is now; None if it is gone."""

    async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
        """Write its bytes into a file of ours. Raises OSError above `at_most` bytes."""

    async def delete(self, name: str) -> None:
        """Remove it."""

    async def archive(self, name: str, new_name: str) -> bool:
        """Move it into the archive; False if the archive has a file of the new name already."""


class Rounds:
    """The rounds of one channel. Keeps in memory only what was seen but not yet taken; the rest is the inlet's."""

    def __init__(self, source: str, rules: Rules) -> None:
        self.source, self.rules = source, rules
        self.problem = ""  # the first thing that went wrong in the last round, empty if nothing did
        self.stuck = False  # is there something that was read and cannot be cleared away?
        self._first_seen: dict[str, tuple[Seen, dt.datetime]] = {}
        self._refused: dict[str, Seen] = {}  # could not be read: they come after the others
        self._same: dict[str, Seen] = {}  # were read in an earlier round, and still have the bytes they had then
        self._missing: set[str] = set()

    async def round(self, folder: Folder, inlet: Inlet, facts: Mapping[str, str]) -> int:
        """One listing and what is ready in it; how many files arrived.

        Raises what the inlet raises, ConnectionError when the folder is lost, OSError when it cannot be listed.
        """
        self.problem, self.stuck = "", False
        remembered = await inlet.recall(self.source)
        listing = await self._list(folder, remembered)
        arrived = 0
        for file in listing.read:
            digest = remembered[_key(folder, file)].rpartition(" ")[2]
            same = await self._is_same(folder, file, digest)
            if same:
                await self._finish(folder, file, digest, listing.markers)
            elif same is not None:
                arrived += await self._take(folder, file, inlet, facts, listing.markers)
        for file in (*listing.waiting, *listing.refused):
            if self._complete(file):
                arrived += await self._take(folder, file, inlet, facts, listing.markers)
        waiting = {file.name for file in listing.waiting}
        self._first_seen = {name: first for name, first in self._first_seen.items() if name in waiting}
        self._same = {file.name: file for file in listing.read if self._same.get(file.name) == file}
        await self._forget(inlet, listing.missing)
        return arrived

    async def _list(self, folder: Folder, remembered: Mapping[str, str]) -> _Listing:
        waiting: list[_Newest] = []
        read: list[_Newest] = []
        refused: list[_Newest] = []
        still_refused: dict[str, Seen] = {}
        markers: set[str] = set()
        missing = set(remembered)
        if self.rules.marker:  # a listing of its own: only files that are complete may take the few places
            markers = {file.name async for file in folder.scan() if file.name.endswith(self.rules.marker)}
        async for file in folder.scan():
            if in_progress(file.name) or not fnmatch.fnmatchcase(file.name, self.rules.match):
                continue
            if self.rules.marker and file.name.endswith(self.rules.marker):
                continue
            missing.discard(key := _key(folder, file))
            if remembered.get(key, "").startswith(f"{file.size} {file.modified} "):
                if self.rules.after_read != "keep":
                    _keep_oldest(read, file, self.rules.limit)
            elif self.rules.marker and not self._markers_of(file.name) & markers:
                continue
            elif file.size > self.rules.max_file:
                self._note(file.name, f"has {file.size} bytes; {self.rules.max_file} are allowed")
            elif self._refused.get(file.name) == file:
                still_refused[file.name] = file
                _keep_oldest(refused, file, self.rules.limit)
            else:
                _keep_oldest(waiting, file, self.rules.limit)
        self._refused = still_refused
        return _Listing(_oldest_first(waiting), _oldest_first(refused), _oldest_first(read), markers, missing)

    def _complete(self, file: Seen) -> bool:
        """It has its done-marker, or had the same size and time in two listings at least `settle` apart."""
        if self.rules.marker or self._refused.get(file.name) == file:
            return True
        now = clock.now()
        first, at = self._first_seen.get(file.name, (None, now))
        if first != file:
            self._first_seen[file.name] = (file, now)
            at = now
        return now - at >= dt.timedelta(seconds=self.rules.settle)

    async def _take(self, folder: Folder, file: Seen, inlet: Inlet, facts: Mapping[str, str], markers: set[str]) -> int:
        with Staging() as staging:
            into = staging.file()
            try:
                await folder.read(file.name, self.rules.max_file, into)
                data = Window.all_of(into)
                if len(data) != file.size or await folder.stat(file.name) != file:
                    self._first_seen.pop(file.name, None)  # it is still being written
                    return 0
            except ConnectionError:
                raise
            except OSError as error:
                self._refused[file.name] = file
                self._note(file.name, f"cannot be read: {error}")
                return 0
            self._refused.pop(file.name, None)
            digest = await asyncio.to_thread(_digest, data)
            key = _key(folder, file)
            evidence = {**facts, "path": key, "modified": str(file.modified), "sha256": digest}
            row = f"{file.size} {file.modified} {digest}"
            receipt = await inlet.arrive(Arrival(self.source, file.name, data, evidence), remember={key: row})
        _log.info("file_arrived", mailbox=self.source, name=file.name, size=file.size, receipt=receipt.id)
        await self._finish(folder, file, digest, markers)
        return 1

    async def _is_same(self, folder: Folder, file: Seen, digest: str) -> bool | None:
        """Has a file of an earlier round still the bytes that were committed? Its size and time alone do not say so.
        None: it cannot be read now."""
        if self._same.get(file.name) == file:
            return True
        with Staging() as staging:
            into = staging.file()
            try:
                await folder.read(file.name, self.rules.max_file, into)
            except ConnectionError:
                raise
            except OSError as error:
                self._stuck(file.name, error)
                return None
            if await asyncio.to_thread(_digest, Window.all_of(into)) != digest:
                return False
        self._same[file.name] = file
        return True

    async def _finish(self, folder: Folder, file: Seen, digest: str, markers: set[str]) -> None:
        """Delete or move a file whose bytes are committed. Refused: noted, and tried again in the next round."""
        if self.rules.after_read == "keep":
            return
        try:
            if await folder.stat(file.name) != file:
                return  # replaced meanwhile: a new file for the next round
            if self.rules.after_read == "delete" or not (
                await folder.archive(file.name, file.name)
                or await folder.archive(file.name, beside(file.name, digest[:12]))
            ):
                await folder.delete(file.name)  # with `archive`: the same name and bytes are in the archive already
            for marker in self._markers_of(file.name) & markers:
                await folder.delete(marker)
        except ConnectionError:
            raise
        except OSError as error:
            self._stuck(file.name, error)

    async def _forget(self, inlet: Inlet, missing: set[str]) -> None:
        """Drop the notes of files that two listings in a row did not show."""
        gone, self._missing = missing & self._missing, missing
        if gone:
            await inlet.submit(self.source, (), dict.fromkeys(gone, ""))

    def _markers_of(self, name: str) -> set[str]:
        if not self.rules.marker:
            return set()
        return {name + self.rules.marker, posixpath.splitext(name)[0] + self.rules.marker}

    def _stuck(self, name: str, error: OSError) -> None:
        self.stuck = True
        self._note(name, f"was read but cannot be cleared away ({self.rules.after_read}): {error}")

    def _note(self, name: str, sentence: str) -> None:
        _log.warning("file_not_handled", mailbox=self.source, name=name, reason=sentence)
        self.problem = self.problem or f"{name} {sentence}"


@dataclass(frozen=True, slots=True)
class _Listing:
    """`waiting`: not read yet; `refused`: could not be read last time; `read`: read but still there; all bounded,
    oldest first. `missing`: notes, no file."""

    waiting: list[Seen]
    refused: list[Seen]
    read: list[Seen]
    markers: set[str]
    missing: set[str]


@dataclass(frozen=True, slots=True)
class _Newest:
    """Turns the order round: a heap of these has the newest file on top, which is the one to give up."""

    file: Seen

    def __lt__(self, other: _Newest) -> bool:
        return self.file > other.file


def _keep_oldest(heap: list[_Newest], file: Seen, limit: int) -> None:
    if len(heap) < limit:
        heapq.heappush(heap, _Newest(file))
    else:
        heapq.heappushpop(heap, _Newest(file))


def _oldest_first(heap: list[_Newest]) -> list[Seen]:
    return sorted(newest.file for newest in heap)


def _digest(data: Window) -> str:
    digest = hashlib.sha256()
    for chunk in data.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _key(folder: Folder, file: Seen) -> str:
    """Under what a file is remembered. Its name may hold bytes of another character set."""
    return posixpath.join(folder.path, file.name).encode("utf-8", "backslashreplace").decode()
