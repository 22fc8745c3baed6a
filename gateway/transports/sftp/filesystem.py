"""One partner's mailbox as its sessions see it: /in to write, /out to read and delete, /archive to read, the further
names its file gives these three, and nothing else.

A path is looked up in a table (mailbox, directory, name); listings go to the client as they are read, so that a large
one needs no memory. Not here: what is being written (uploads.py). Rule protected: a client reaches the files of its own
mailbox only, and changes only what is his to change.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

import asyncssh

from gateway import clock
from gateway.ports import LONG_AGO, Inlet, Mailboxes, MailboxFile, Shelf
from gateway.transports import names
from gateway.transports.sftp.paths import split
from gateway.transports.sftp.settings import HostedMailbox, Listener
from gateway.transports.sftp.spool import Coverage
from gateway.transports.sftp.uploads import SHOWN_AFTER_UPLOAD, Upload, Uploads
from gateway.window import IN_MEMORY, Content, Window

_OLDER = re.compile(r"(?P<stem>.*)-(?P<id>[A-Za-z0-9_]+)(?P<suffix>\.[^.]*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a listing. Directories have no size."""

    name: str
    size: int = 0
    modified: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    directory: bool = False
    writable: bool = False


@dataclass(slots=True, eq=False)
class Download:
    """A file being read. Collected when every byte has been read and the client closes it, if it is one of /out."""

    file: MailboxFile
    shelf: Shelf
    data: Content
    seen: Coverage = field(default_factory=Coverage)
    _pieces: dict[int, asyncio.Task[bytes]] = field(default_factory=dict)  # of a large file, by number
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self, offset: int, size: int) -> bytes:
        """Bytes for the client."""
        data = self.data[offset : offset + size] if isinstance(self.data, bytes) else await self._ranged(offset, size)
        self.seen.add(offset, offset + len(data))
        return data

    async def _ranged(self, offset: int, size: int) -> bytes:
        """Of a large file the pieces that are read are in memory, and the next one, which is fetched meanwhile."""
        end = min(offset + size, len(self.data))
        if offset >= end:
            return b""
        first, last = offset // IN_MEMORY, (end - 1) // IN_MEMORY
        self.forget(*range(first, last + 2))
        for number in range(first, last + 2):
            if number not in self._pieces and number * IN_MEMORY < len(self.data):
                self._pieces[number] = asyncio.create_task(self._fetched(number))
                self._pieces[number].add_done_callback(_looked_at)
        pieces = [await asyncio.shield(self._pieces[number]) for number in range(first, last + 1)]
        pieces[-1] = pieces[-1][: end - last * IN_MEMORY]
        pieces[0] = pieces[0][offset - first * IN_MEMORY :]
        return b"".join(pieces)

    def forget(self, *but: int) -> None:
        """Free the memory of pieces."""
        for number in set(self._pieces) - set(but):
            self._pieces.pop(number).cancel()

    async def _fetched(self, number: int) -> bytes:
        assert isinstance(self.data, Window)
        async with self._turn:
            return await asyncio.to_thread(self.data.at, number * IN_MEMORY, IN_MEMORY)


class Tree:
    """The files of one mailbox (`<partner>/<channel>`). Methods raise asyncssh.SFTPError with a sentence for him."""

    def __init__(
        self, mailbox: str, settings: HostedMailbox, store: Mailboxes, inlet: Inlet, listener: Listener
    ) -> None:
        self.mailbox = mailbox
        self._settings, self._store = settings, store
        self.uploads = Uploads(mailbox, settings, store, inlet, listener)

    def adopt(self, settings: HostedMailbox) -> None:
        """Other settings from now on."""
        self._settings = self.uploads.settings = settings

    # Looking

    def entries(self, path: str) -> AsyncIterator[Entry]:
        """The files and directories in a directory, without `.` and `..`."""
        shelf, name = self._place(path)
        if path == "/":
            return self._root()
        if shelf is None or name:
            raise asyncssh.SFTPNoSuchFile(f"there is no directory {path}")
        return self._listing(shelf)

    async def entry(self, path: str) -> Entry:
        """One file or directory."""
        shelf, name = self._place(path)
        if path == "/":
            return _directory("/")
        if shelf and not name:
            return _directory(path.strip("/"), shelf)
        if shelf == "in" and (upload := self.uploads.named(name)):
            return _of_upload(upload)
        if shelf and (file := await self._find(shelf, name)):
            return Entry(name, file.size, file.modified)
        raise asyncssh.SFTPNoSuchFile(f"there is no {path}")

    async def _root(self) -> AsyncIterator[Entry]:
        for directory, shelf in self._settings.shelves.items():
            yield _directory(directory, shelf)

    async def _listing(self, shelf: Shelf) -> AsyncIterator[Entry]:
        """One entry for each name. In the archive an older file of a name has its id in its name."""
        seen: set[str] = set()
        for upload in self.uploads if shelf == "in" else ():
            if upload.name not in seen:
                seen.add(upload.name)
                yield _of_upload(upload)
        async for file in self._store.files(self.mailbox, shelf, since=self._since(shelf)):
            name = file.name
            if name in seen and shelf == "archive":
                name = names.beside(name, file.id)
            if name not in seen:
                seen.add(name)
                yield Entry(name, file.size, file.modified)

    async def _find(self, shelf: Shelf, name: str) -> MailboxFile | None:
        """The file an entry of a listing stands for: of one name the newest, in /out the oldest."""
        async for file in self._store.files(self.mailbox, shelf, since=self._since(shelf), name=name):
            return file
        if shelf == "archive" and (match := _OLDER.fullmatch(name)):
            first = match["stem"] + (match["suffix"] or "")
            async for file in self._store.files(self.mailbox, shelf, since=self._since(shelf), name=first):
                if names.beside(file.name, file.id) == name:
                    return replace(file, name=name)
        return None

    def _since(self, shelf: Shelf) -> dt.datetime:
        if shelf == "out":
            return LONG_AGO
        return clock.now() - (SHOWN_AFTER_UPLOAD if shelf == "in" else dt.timedelta(seconds=self._settings.archive))

    def _place(self, path: str) -> tuple[Shelf | None, str]:
        directory, name = split(path)
        return self._settings.shelves.get(directory), name

    # Reading

    async def open_read(self, path: str) -> Download:
        """Open a file of /out or /archive."""
        shelf, name = self._place(path)
        if shelf == "in" and name:
            raise asyncssh.SFTPPermissionDenied(f"files in {path.rpartition('/')[0]} can be written, not read back")
        file = await self._find(shelf, name) if shelf and name else None
        if shelf is None or file is None:
            raise asyncssh.SFTPNoSuchFile(f"there is no {path}")
        try:
            return Download(file, shelf, await self._store.content(self.mailbox, file.id))
        except KeyError:
            raise asyncssh.SFTPNoSuchFile(f"there is no {path}") from None

    async def close_read(self, download: Download) -> None:
        """The client is done: every byte read means collected."""
        download.forget()
        if download.shelf == "out" and download.seen.whole(len(download.data)):
            await self._store.collected(self.mailbox, download.file.id)

    # Writing

    async def open_write(self, path: str, *, truncate: bool, append: bool, exclusive: bool, create: bool) -> Upload:
        """Begin a file in /in, or go on with one that waits for its rename."""
        return await self.uploads.open(
            self._final_directory(path), truncate=truncate, append=append, exclusive=exclusive, create=create
        )

    async def remove(self, path: str) -> None:
        """Take an unfinished file back, or confirm that a file of /out has arrived."""
        shelf, name = self._place(path)
        if shelf == "out" and name and (file := await self._find(shelf, name)):
            await self._store.discard(self.mailbox, file.id)
            return
        if shelf == "in" and self.uploads.remove(name):
            return
        await self.entry(path)
        raise asyncssh.SFTPPermissionDenied(f"{path} was accepted and cannot be removed")

    async def rename(self, old: str, new: str, facts: Mapping[str, str], *, overwrite: bool) -> None:
        """Give an unfinished file its final name, which accepts it; or another unfinished name."""
        shelf, name = self._place(old)
        upload = self.uploads.named(name) if shelf == "in" else None
        if upload is None:
            await self.entry(old)
            raise asyncssh.SFTPPermissionDenied(f"{old} keeps its name; only unfinished uploads in /in can be renamed")
        await self.uploads.rename(upload, self._final_directory(new), facts, replace=overwrite)

    def _final_directory(self, path: str) -> str:
        """The name of a path in /in, checked."""
        shelf, name = self._place(path)
        if shelf != "in" or not name:
            raise asyncssh.SFTPPermissionDenied(f"{path} cannot be written; put files into /in")
        return name


def _looked_at(task: asyncio.Task[bytes]) -> None:
    """A piece that could not be fetched is told to who reads it, if anybody does."""
    if not task.cancelled():
        task.exception()


def _directory(name: str, shelf: Shelf = "archive") -> Entry:
    return Entry(name, directory=True, writable=shelf != "archive")


def _of_upload(upload: Upload) -> Entry:
    return Entry(upload.name, upload.spool.size, upload.modified, writable=True)
