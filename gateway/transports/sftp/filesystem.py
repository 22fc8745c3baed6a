"""One partner's mailbox as its sessions see it: /in to write, /out to read and delete, /archive, and nothing else.

A path is looked up in a table; no host path is ever built from what a client says. All sessions of a partner share one
Tree, so that a second connection sees the uploads of the first. Uploads that were closed under an unfinished name
(`a.edi.part`) wait here for their rename, for a day, and are lost when the process ends: the partner has no answer for
them yet. Rule protected: a file is accepted only when the inlet has returned; until then only its progress is visible.
"""

from __future__ import annotations

import datetime as dt
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import structlog

from gateway import clock
from gateway.ports import Arrival, Inlet, Mailboxes, MailboxFile
from gateway.transports import names
from gateway.transports.sftp.settings import HostedMailbox
from gateway.transports.sftp.spool import Coverage, Spool

DIRECTORIES = ("in", "out", "archive")
UNFINISHED_KEPT = dt.timedelta(days=1)
_COUNT_VALID = dt.timedelta(seconds=10)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a listing. Directories have no size."""

    name: str
    size: int = 0
    modified: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    directory: bool = False
    writable: bool = False


@dataclass(slots=True, eq=False)
class Upload:
    """A file being written. `closed` means: closed under an unfinished name, waiting for its rename."""

    name: str
    spool: Spool
    modified: dt.datetime
    append: bool = False
    closed: bool = False
    accepting: bool = False
    gone: str = ""  # why nothing more can be written to it


@dataclass(slots=True, eq=False)
class Download:
    """A file being read. Collected when every byte has been read and the client closes it."""

    file: MailboxFile
    data: bytes
    read: Coverage


class Tree:
    """The files of one mailbox (`<partner>/<channel>`). Methods raise asyncssh.SFTPError with a sentence for him."""

    def __init__(
        self, mailbox: str, settings: HostedMailbox, store: Mailboxes, inlet: Inlet, staging: Path | None
    ) -> None:
        self.mailbox, self.settings = mailbox, settings
        self._store, self._inlet, self._staging = store, inlet, staging
        self._uploads: list[Upload] = []
        self._accepted = _Count()

    # Looking

    async def entries(self, path: str) -> list[Entry]:
        """The files and directories in a directory, without `.` and `..`."""
        directory, name = split(path)
        if name or directory not in ("", *DIRECTORIES):
            raise asyncssh.SFTPNoSuchFile(f"there is no directory {path}")
        if not directory:
            return [_directory(d) for d in DIRECTORIES]
        if directory == "in":
            accepted = await self._store.incoming(self.mailbox)
            listed = {f.name: Entry(f.name, f.size, f.modified) for f in accepted}
            self._forget_stale()
            listed |= {u.name: Entry(u.name, u.spool.size, u.modified, writable=True) for u in self._uploads}
            return list(listed.values())
        if directory == "out":
            return [Entry(f.name, f.size, f.modified) for f in (await self._outgoing()).values()]
        return []

    async def entry(self, path: str) -> Entry:
        """One file or directory."""
        directory, name = split(path)
        if not name and directory in ("", *DIRECTORIES):
            return _directory(directory or "/")
        if name and directory in DIRECTORIES:
            for entry in await self.entries("/" + directory):
                if entry.name == name:
                    return entry
        raise asyncssh.SFTPNoSuchFile(f"there is no {path}")

    # Reading /out

    async def open_read(self, path: str) -> Download:
        """Open a file of /out. Raises for any other directory."""
        directory, name = split(path)
        if directory == "in" and name:
            raise asyncssh.SFTPPermissionDenied("files in /in can be written, not read back")
        file = (await self._outgoing()).get(name) if directory == "out" else None
        if file is None:
            raise asyncssh.SFTPNoSuchFile(f"there is no {path}")
        try:
            return Download(file, await self._store.content(self.mailbox, file.id), Coverage())
        except KeyError:
            raise asyncssh.SFTPNoSuchFile(f"there is no {path}") from None

    async def close_read(self, download: Download) -> None:
        """The client is done: every byte read means collected."""
        if download.read.whole(len(download.data)):
            await self._store.collected(self.mailbox, download.file.id)

    # Writing /in

    async def open_write(self, path: str, *, truncate: bool, append: bool, exclusive: bool, create: bool) -> Upload:
        """Begin a file in /in, or go on with one that waits for its rename."""
        name = self._final_directory(path)
        self._forget_stale()
        waiting = next((u for u in self._uploads if u.name == name and u.closed), None)
        if exclusive and any(u.name == name for u in self._uploads):
            raise asyncssh.SFTPFileAlreadyExists(f"{name} is being uploaded already")
        if waiting is not None and not truncate:
            waiting.closed, waiting.append = False, append
            return waiting
        if append and not truncate and await self._is_there(name):
            # a client that resumes would send the tail only, and that would be taken for a whole file
            raise asyncssh.SFTPPermissionDenied(f"{name} cannot be gone on with; upload it whole")
        if not (create or truncate or waiting):
            raise asyncssh.SFTPNoSuchFile(f"there is no unfinished {name} to go on with")
        if waiting is not None:
            self._drop(waiting, "it was replaced by a new upload of the same name")
        await self._count_accepted()
        if self._accepted.files + len(self._uploads) >= self.settings.quota.files:
            raise asyncssh.SFTPQuotaExceeded(f"quota: this mailbox may hold {self.settings.quota.files} files")
        upload = Upload(name, Spool(self._staging), clock.now(), append)
        self._uploads.append(upload)
        return upload

    def write(self, upload: Upload, offset: int, data: bytes) -> None:
        """Store bytes of an upload. A broken limit ends the upload and removes what was there of it."""
        _usable(upload)
        offset = upload.spool.size if upload.append else offset
        growth = max(0, offset + len(data) - upload.spool.size)
        if upload.spool.size + growth > self.settings.max_file:
            self._end(upload, f"a file may have {self.settings.max_file} bytes")
        held = self._accepted.bytes + sum(u.spool.size for u in self._uploads)
        if held + growth > self.settings.quota.bytes:
            self._end(upload, f"quota: this mailbox may hold {self.settings.quota.bytes} bytes")
        try:
            upload.spool.write(offset, data)
        except OSError as error:
            _log.error("upload_not_staged", mailbox=self.mailbox, name=upload.name, reason=str(error))
            self._end(upload, "there is no room at the moment; try again later")
        upload.modified = clock.now()

    def truncate(self, upload: Upload, size: int) -> None:
        """Cut an upload; a file does not grow this way."""
        _usable(upload)
        if size > upload.spool.size:
            raise asyncssh.SFTPFailure("a file grows by writing only")
        upload.spool.truncate(size)

    async def close_write(self, upload: Upload, facts: Mapping[str, str]) -> None:
        """The client says the file is complete: accept it, or let it wait for its rename if the name is unfinished."""
        _usable(upload)
        if names.in_progress(upload.name):
            upload.closed = True
            return
        upload.accepting = True
        try:
            await self._accept(upload, upload.name, facts)
        finally:
            self._drop(upload, "it is closed")

    def abort(self, upload: Upload) -> None:
        """The connection is gone, or the upload must not go on: nothing of it stays."""
        self._drop(upload, "the upload was broken off")

    def empty(self) -> None:
        """The mailbox is served no more: drop what waits for its rename, and what is still open."""
        for upload in list(self._uploads):
            self._drop(upload, "this mailbox is closed")

    # Changing names

    async def remove(self, path: str) -> None:
        """Take an unfinished file back, or confirm that a file of /out has arrived."""
        directory, name = split(path)
        if directory == "out" and (file := (await self._outgoing()).get(name)):
            await self._store.discard(self.mailbox, file.id)
            return
        if uploads := [u for u in self._uploads if directory == "in" and u.name == name and not u.accepting]:
            for upload in uploads:
                self._drop(upload, "it was removed")
            return
        await self.entry(path)
        raise asyncssh.SFTPPermissionDenied(f"{path} was accepted and cannot be removed")

    async def rename(self, old: str, new: str, facts: Mapping[str, str], *, replace: bool) -> None:
        """Give an unfinished file its final name, which accepts it; or another unfinished name."""
        directory, name = split(old)
        upload = next((u for u in self._uploads if directory == "in" and u.name == name), None)
        if upload is None:
            await self.entry(old)
            raise asyncssh.SFTPPermissionDenied(f"{old} keeps its name; only unfinished uploads in /in can be renamed")
        if not upload.closed:
            raise asyncssh.SFTPFailure(f"{name} is still being written; close it first")
        target = self._final_directory(new)
        if other := next((u for u in self._uploads if u.name == target and u is not upload), None):
            if not replace:
                raise asyncssh.SFTPFileAlreadyExists(f"{target} is being uploaded already")
            self._drop(other, "it was replaced by a rename")
        if names.in_progress(target):
            upload.name = target
            return
        upload.closed, upload.accepting = False, True  # nobody else may go on with it, rename or remove it meanwhile
        try:
            await self._accept(upload, target, facts)
        except BaseException:
            upload.closed, upload.accepting = True, False
            raise
        self._drop(upload, "it was accepted")

    # Inside

    async def _accept(self, upload: Upload, name: str, facts: Mapping[str, str]) -> None:
        if not upload.spool.whole:
            raise asyncssh.SFTPFailure(f"{name} has gaps that were never written; upload it again")
        data = upload.spool.content()
        try:
            receipt = await self._inlet.arrive(Arrival(self.mailbox, name, data, facts))
        except Exception as error:  # whatever it was, the partner gets a failure
            _log.error("upload_not_stored", mailbox=self.mailbox, name=name, reason=repr(error))
            raise asyncssh.SFTPFailure(f"{name} could not be stored; nothing was kept, upload it again") from error
        self._accepted.files += 1
        self._accepted.bytes += len(data)
        _log.info("upload_accepted", mailbox=self.mailbox, name=name, size=len(data), receipt=receipt.id)

    async def _outgoing(self) -> dict[str, MailboxFile]:
        """Files of /out by name; of two of one name the older one, until it is removed."""
        files: dict[str, MailboxFile] = {}
        for file in await self._store.outgoing(self.mailbox):
            files.setdefault(file.name, file)
        return files

    async def _is_there(self, name: str) -> bool:
        return any(entry.name == name for entry in await self.entries("/in"))

    async def _count_accepted(self) -> None:
        """Count again what /in shows as accepted, at most every few seconds; in between, own acceptances are added."""
        if clock.now() - self._accepted.at >= _COUNT_VALID:
            accepted = await self._store.incoming(self.mailbox)
            self._accepted = _Count(len(accepted), sum(f.size for f in accepted), clock.now())

    def _final_directory(self, path: str) -> str:
        """The name of a path in /in, checked."""
        directory, name = split(path)
        if directory != "in" or not name:
            raise asyncssh.SFTPPermissionDenied(f"{path} cannot be written; put files into /in")
        return name

    def _forget_stale(self) -> None:
        oldest = clock.now() - UNFINISHED_KEPT
        for upload in [u for u in self._uploads if u.closed and u.modified < oldest]:
            self._drop(upload, "it waited too long for its rename")

    def _end(self, upload: Upload, sentence: str) -> None:
        self._drop(upload, sentence)
        raise asyncssh.SFTPQuotaExceeded(f"{upload.name}: {sentence}")

    def _drop(self, upload: Upload, why: str) -> None:
        if upload in self._uploads:
            self._uploads.remove(upload)
        upload.gone = upload.gone or why
        upload.spool.discard()


@dataclass(slots=True)
class _Count:
    files: int = 0
    bytes: int = 0
    at: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def absolute(path: bytes) -> str:
    """A client's path as an absolute virtual path without `.`, `..`, `//`. Raises for bytes that are no name."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        raise asyncssh.SFTPInvalidFilename("file names are UTF-8") from None
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise asyncssh.SFTPInvalidFilename("control characters are not allowed in a file name")
    return "/" + posixpath.normpath("/" + text).lstrip("/")


def split(path: str) -> tuple[str, str]:
    """(directory, checked name) of an absolute virtual path; both empty for `/`."""
    directory, _, name = path.lstrip("/").partition("/")
    if "/" in name:
        raise asyncssh.SFTPNoSuchFile(f"there is no {path}")
    try:
        return directory, names.checked(name) if name else ""
    except names.NameRefused as refused:
        raise asyncssh.SFTPInvalidFilename(str(refused)) from None


def _directory(name: str) -> Entry:
    return Entry(name, directory=True, writable=name in ("in", "out"))


def _usable(upload: Upload) -> None:
    if upload.gone:
        raise asyncssh.SFTPFailure(f"{upload.name}: {upload.gone}")
