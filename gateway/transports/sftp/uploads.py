"""Files a partner is writing: from OPEN to the CLOSE or rename that accepts them, under the limits of the mailbox.

All sessions of a partner share one Uploads, so that a second connection sees the uploads of the first. Uploads that
were closed under an unfinished name (`a.edi.part`) wait here for their rename, for a day, and are lost when the
process ends: the partner has no answer for them yet. Rule protected: a file is accepted only when the inlet has
returned; until then only its progress is visible.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import asyncssh
import structlog

from gateway import clock
from gateway.ports import Arrival, Inlet, Mailboxes
from gateway.transports import names
from gateway.transports.sftp.settings import HostedMailbox, Listener
from gateway.transports.sftp.spool import Spool

UNFINISHED_KEPT = dt.timedelta(days=1)
SHOWN_AFTER_UPLOAD = dt.timedelta(hours=1)
NO_ROOM = "there is no room at the moment; try again later"
_COUNT_VALID = dt.timedelta(seconds=10)

_log = structlog.get_logger(__name__)


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


class Uploads:
    """What is being written to one mailbox (`<partner>/<channel>`). Methods raise asyncssh.SFTPError with a sentence
    for the partner."""

    def __init__(
        self, mailbox: str, settings: HostedMailbox, store: Mailboxes, inlet: Inlet, listener: Listener
    ) -> None:
        self.mailbox, self.settings = mailbox, settings
        self._store, self._inlet, self._listener = store, inlet, listener
        self._open: list[Upload] = []
        self._staged = 0  # bytes of all of them
        self._accepted = _Count()

    def __iter__(self) -> Iterator[Upload]:
        self._forget_stale()
        return iter(list(self._open))

    def named(self, name: str) -> Upload | None:
        """The upload of this name, of several the first."""
        return next((u for u in self if u.name == name), None)

    # Writing

    async def open(self, name: str, *, truncate: bool, append: bool, exclusive: bool, create: bool) -> Upload:
        """Begin a file, or go on with one that waits for its rename."""
        waiting = next((u for u in self if u.name == name and u.closed), None)
        if exclusive and self.named(name):
            raise asyncssh.SFTPFileAlreadyExists(f"{name} is being uploaded already")
        if waiting is not None and not truncate:
            waiting.closed, waiting.append = False, append
            return waiting
        if append and not truncate and (self.named(name) or await self._accepted_before(name)):
            # a client that resumes would send the tail only, and that would be taken for a whole file
            raise asyncssh.SFTPPermissionDenied(f"{name} cannot be gone on with; upload it whole")
        if not (create or truncate or waiting):
            raise asyncssh.SFTPNoSuchFile(f"there is no unfinished {name} to go on with")
        if waiting is not None:
            self._drop(waiting, "it was replaced by a new upload of the same name")
        self._look_for_room()
        await self._count_accepted()
        if self._accepted.files + len(self._open) >= self.settings.quota.files:
            raise asyncssh.SFTPQuotaExceeded(f"quota: this mailbox may hold {self.settings.quota.files} files")
        upload = Upload(name, Spool(self._listener.staging), clock.now(), append)
        self._open.append(upload)
        return upload

    def write(self, upload: Upload, offset: int, data: bytes) -> None:
        """Store bytes of an upload. A broken limit ends the upload and removes what was there of it."""
        _usable(upload)
        before = upload.spool.size
        offset = before if upload.append else offset
        growth = max(0, offset + len(data) - before)
        if before + growth > self.settings.max_file:
            self._end(upload, f"a file may have {self.settings.max_file} bytes")
        if self._accepted.bytes + self._staged + growth > self.settings.quota.bytes:
            self._end(upload, f"quota: this mailbox may hold {self.settings.quota.bytes} bytes")
        try:
            upload.spool.write(offset, data)
        except OSError as error:
            _log.error("upload_not_staged", mailbox=self.mailbox, name=upload.name, reason=str(error))
            self._end(upload, NO_ROOM)
        self._staged += growth
        upload.modified = clock.now()

    def truncate(self, upload: Upload, size: int) -> None:
        """Cut an upload; a file does not grow this way."""
        _usable(upload)
        if size > upload.spool.size:
            raise asyncssh.SFTPFailure("a file grows by writing only")
        self._staged -= upload.spool.size - size
        upload.spool.truncate(size)

    async def close(self, upload: Upload, facts: Mapping[str, str]) -> None:
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
        """The connection is gone, or the upload must not go on: nothing of it stays, unless it is being accepted."""
        if not upload.accepting:
            self._drop(upload, "the upload was broken off")

    def empty(self) -> None:
        """The mailbox is served no more: drop what waits for its rename, and what is still open."""
        for upload in list(self._open):
            self._drop(upload, "this mailbox is closed")

    # Changing names

    def remove(self, name: str) -> bool:
        """Take unfinished files of a name back. False if there is none, or it is being accepted."""
        uploads = [u for u in self if u.name == name and not u.accepting]
        for upload in uploads:
            self._drop(upload, "it was removed")
        return bool(uploads)

    async def rename(self, upload: Upload, target: str, facts: Mapping[str, str], *, replace: bool) -> None:
        """Give an unfinished file its final name, which accepts it; or another unfinished name."""
        if not upload.closed:
            raise asyncssh.SFTPFailure(f"{upload.name} is still being written; close it first")
        if other := next((u for u in self if u.name == target and u is not upload), None):
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
        try:
            data = upload.spool.content()
            receipt = await self._inlet.arrive(Arrival(self.mailbox, name, data, facts))
        except Exception as error:  # whatever it was, the partner gets a failure
            _log.error("upload_not_stored", mailbox=self.mailbox, name=name, reason=repr(error))
            raise asyncssh.SFTPFailure(f"{name} could not be stored; nothing was kept, upload it again") from error
        self._accepted.files += 1
        self._accepted.bytes += len(data)
        _log.info("upload_accepted", mailbox=self.mailbox, name=name, size=len(data), receipt=receipt.id)

    def _look_for_room(self) -> None:
        """Refuse before the disk is full: what is in work needs the rest."""
        folder = self._listener.staging
        if folder is not None and shutil.disk_usage(folder).free < self._listener.least_free:
            _log.error("upload_refused", mailbox=self.mailbox, reason=f"the disk of {folder} is nearly full")
            raise asyncssh.SFTPFailure(NO_ROOM)

    async def _accepted_before(self, name: str) -> bool:
        since = clock.now() - SHOWN_AFTER_UPLOAD
        return bool([file async for file in self._store.files(self.mailbox, "in", since=since, name=name)])

    async def _count_accepted(self) -> None:
        """Count again what /in shows as accepted, at most every few seconds; in between, own acceptances are added."""
        if clock.now() - self._accepted.at >= _COUNT_VALID:
            files, size = await self._store.held(self.mailbox, clock.now() - SHOWN_AFTER_UPLOAD)
            self._accepted = _Count(files, size, clock.now())

    def _forget_stale(self) -> None:
        oldest = clock.now() - UNFINISHED_KEPT
        for upload in [u for u in self._open if u.closed and u.modified < oldest]:
            self._drop(upload, "it waited too long for its rename")

    def _end(self, upload: Upload, sentence: str) -> NoReturn:
        self._drop(upload, sentence)
        raise asyncssh.SFTPQuotaExceeded(f"{upload.name}: {sentence}")

    def _drop(self, upload: Upload, why: str) -> None:
        if upload in self._open:
            self._open.remove(upload)
            self._staged -= upload.spool.size
        upload.gone = upload.gone or why
        upload.spool.discard()


@dataclass(slots=True)
class _Count:
    files: int = 0
    bytes: int = 0
    at: dt.datetime = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def _usable(upload: Upload) -> None:
    if upload.gone:
        raise asyncssh.SFTPFailure(f"{upload.name}: {upload.gone}")
