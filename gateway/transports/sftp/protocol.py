"""SFTP requests of one session turned into calls on a Tree. Not here: logins, connections, what a mailbox holds.

asyncssh calls the same `close` for a client's CLOSE and for what is still open when a connection dies. `Requests` marks
the time in which a client's request is being answered; only a `close` inside that time counts. It uses asyncssh's
`SFTPServerHandler._process_packet`: should a release drop it, nothing is accepted any more and tests fail, rather than
half a file being accepted. Rule protected: only an explicit CLOSE accepts a file or collects one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any, NoReturn, TypeAlias

import asyncssh
import structlog
from asyncssh import sftp
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_TRUNC, FXF_WRITE
from asyncssh.packet import PacketDecodeError, SSHPacket

from gateway.transports.sftp.filesystem import Download, Entry, Tree
from gateway.transports.sftp.paths import absolute, split
from gateway.transports.sftp.uploads import Upload

FILES_A_SESSION = 64  # and directories
READ_AT_MOST = 4_194_304

_log = structlog.get_logger(__name__)
_DIRECTORY, _FILE = 0o040000, 0o100000
_answering: ContextVar[bool] = ContextVar("answering", default=False)

Handler: TypeAlias = Callable[[Any, SSHPacket], Awaitable[Any]]

_EXTENSIONS = (b"posix-rename@openssh.com", b"fsync@openssh.com", b"lsetstat@openssh.com", b"limits@openssh.com")


class Requests(sftp.SFTPServerHandler):
    """Reads requests one by one; knows whether one is being answered, and refuses extensions we do not serve."""

    def __init__(
        self,
        files: Files,
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
        touch: Callable[[bool], None],
    ) -> None:
        super().__init__(files, reader, writer, 3)
        self._extensions = [(name, b"1") for name in _EXTENSIONS]
        self._packet_handlers = {
            kind: _in_words(handler)
            for kind, handler in self._packet_handlers.items()
            if handler and (isinstance(kind, int) or kind in _EXTENSIONS)
        }
        self._packet_handlers[b"limits@openssh.com"] = _limits
        self._touch = touch

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self._touch(True)
        token = _answering.set(True)
        try:
            await super()._process_packet(pkttype, pktid, packet)
        finally:
            _answering.reset(token)
            self._touch(False)
        if self._writer is not None:
            await self._writer.drain()  # a client that asks and never reads must not fill our memory


async def _limits(_requests: object, packet: SSHPacket) -> sftp.SFTPLimits:
    """Ours, not those of the host."""
    packet.check_end()
    return sftp.SFTPLimits(sftp.MAX_SFTP_PACKET_LEN, READ_AT_MOST, sftp.MAX_SFTP_WRITE_LEN, FILES_A_SESSION)


def _in_words(handler: Handler) -> Handler:
    """The handler of a request, which says nothing of our insides to the partner when something fails there."""

    @wraps(handler)
    async def handle(requests: sftp.SFTPServerHandler, packet: SSHPacket) -> object:
        if handler.__name__ == "_process_opendir" and len(requests._dir_handles) >= FILES_A_SESSION:
            raise asyncssh.SFTPFailure(f"{FILES_A_SESSION} directories are open in this session; close some")
        try:
            return await handler(requests, packet)
        except (asyncssh.Error, PacketDecodeError):
            raise
        except Exception as error:
            _log.exception("sftp_request_failed", request=handler.__name__)
            raise asyncssh.SFTPFailure("the mailbox does not answer at the moment; try again later") from error

    return handle


class Files(asyncssh.SFTPServer):
    """What one session may ask. Every method of asyncssh's class is answered here: none of its own touches the host."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], tree: Tree, facts: Mapping[str, str]) -> None:
        super().__init__(chan)
        self._tree, self._facts = tree, facts
        self._open: list[Upload | Download] = []

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Upload | Download:
        """OPEN, version 3."""
        where = self._where(path)
        if len(self._open) >= FILES_A_SESSION:
            raise asyncssh.SFTPFailure(f"{FILES_A_SESSION} files are open in this session; close some")
        file: Upload | Download
        if pflags & (FXF_WRITE | FXF_APPEND):
            file = await self._tree.open_write(
                where,
                truncate=bool(pflags & FXF_TRUNC),
                append=bool(pflags & FXF_APPEND),
                exclusive=bool(pflags & FXF_EXCL),
                create=bool(pflags & FXF_CREAT),
            )
        else:
            file = await self._tree.open_read(where)
        self._open.append(file)
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """READ; files being written are not read."""
        if not isinstance(file_obj, Download):
            raise asyncssh.SFTPPermissionDenied("this file is open for writing")
        return await file_obj.read(offset, min(size, READ_AT_MOST))

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """WRITE; only uploads are written."""
        self._tree.uploads.write(_upload(file_obj), offset, data)
        return len(data)

    async def close(self, file_obj: object) -> None:
        """CLOSE, or the end of the connection: the first accepts or collects, the second drops."""
        if not _answering.get():
            self.abort()
            return
        try:
            if isinstance(file_obj, Download):
                await self._tree.close_read(file_obj)
            else:
                await self._tree.uploads.close(_upload(file_obj), self._facts)
        finally:
            self._open = [file for file in self._open if file is not file_obj]

    def abort(self) -> None:
        """The session is over, however it ended: drop every upload that was not closed, and what was read ahead."""
        for file in self._open:
            if isinstance(file, Upload):
                self._tree.uploads.abort(file)
            else:
                file.forget()
        self._open.clear()

    def _where(self, path: bytes) -> str:
        """The virtual path, its name checked; a name that is refused leaves a line in the log."""
        try:
            where = absolute(path)
            split(where)
        except asyncssh.SFTPInvalidFilename as refused:
            raise self._refused("name", path, refused.reason) from None
        return where

    def _refused(self, operation: str, path: bytes, sentence: str) -> asyncssh.SFTPError:
        _log.warning("sftp_refused", operation=operation, path=repr(path[:200]), reason=sentence, **self._facts)
        return asyncssh.SFTPPermissionDenied(sentence)

    def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """OPENDIR; READDIR takes from what it returns."""
        return _names(self._tree.entries(self._where(path)))

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """STAT."""
        return _attrs(await self._tree.entry(self._where(path)))

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """LSTAT: there are no links, so the same as STAT."""
        return await self.stat(path)

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """FSTAT."""
        if isinstance(file_obj, Download):
            return _attrs(Entry(file_obj.file.name, len(file_obj.data), file_obj.file.modified))
        upload = _upload(file_obj)
        return _attrs(Entry(upload.name, upload.spool.size, upload.modified, writable=True))

    async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """SETSTAT: owner, mode and times are accepted and ignored; a size only if it is the size."""
        entry = await self._tree.entry(self._where(path))
        if attrs.size not in (None, entry.size):
            raise asyncssh.SFTPPermissionDenied("a closed file keeps its size")

    async def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """LSETSTAT, as SETSTAT."""
        await self.setstat(path, attrs)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """FSETSTAT: only a size means something here."""
        if attrs.size is not None:
            self._tree.uploads.truncate(_upload(file_obj), attrs.size)

    def fsync(self, file_obj: object) -> None:
        """fsync@openssh.com: durable is what CLOSE has answered, so there is nothing to do before it."""

    async def remove(self, path: bytes) -> None:
        """REMOVE."""
        await self._tree.remove(self._where(path))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """RENAME, which does not replace."""
        await self._tree.rename(self._where(oldpath), self._where(newpath), self._facts, overwrite=False)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """posix-rename@openssh.com, which replaces."""
        await self._tree.rename(self._where(oldpath), self._where(newpath), self._facts, overwrite=True)

    def realpath(self, path: bytes) -> bytes:
        """REALPATH: arithmetic on the text alone."""
        return absolute(path).encode("utf-8")

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> NoReturn:
        """Refused."""
        raise asyncssh.SFTPPermissionDenied(
            "the directories of this mailbox are /in, /out and /archive; none can be made"
        )

    def rmdir(self, path: bytes) -> NoReturn:
        """Refused."""
        raise self._refused("rmdir", path, "the directories of this mailbox stay")

    def readlink(self, path: bytes) -> NoReturn:
        """Refused."""
        raise self._refused("readlink", path, "there are no links here")

    def symlink(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        """Refused."""
        raise self._refused("symlink", newpath, "links are not made here")

    def link(self, oldpath: bytes, newpath: bytes) -> NoReturn:
        """Refused."""
        raise self._refused("link", newpath, "links are not made here")

    def statvfs(self, path: bytes) -> NoReturn:
        """Refused: the host's disks are not the partner's concern."""
        raise asyncssh.SFTPOpUnsupported("not offered")

    def fstatvfs(self, file_obj: object) -> NoReturn:
        """Refused."""
        raise asyncssh.SFTPOpUnsupported("not offered")

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs) -> NoReturn:
        """Refused: version 3 is spoken."""
        raise asyncssh.SFTPOpUnsupported("SFTP version 3 is spoken here")

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> NoReturn:
        """Refused."""
        raise asyncssh.SFTPOpUnsupported("not offered")

    def unlock(self, file_obj: object, offset: int, length: int) -> NoReturn:
        """Refused."""
        raise asyncssh.SFTPOpUnsupported("not offered")

    def format_user(self, uid: int | None) -> str:
        """The owner in long listings; never a name of the host."""
        return "partner"

    def format_group(self, gid: int | None) -> str:
        """The group in long listings; never a name of the host."""
        return "partner"

    def map_path(self, path: bytes) -> NoReturn:
        """Never: no path of a client names anything on the host."""
        raise asyncssh.SFTPPermissionDenied("no such place")

    def reverse_map_path(self, path: bytes) -> NoReturn:
        """Never, as map_path."""
        raise asyncssh.SFTPPermissionDenied("no such place")


async def _names(entries: AsyncIterator[Entry]) -> AsyncIterator[asyncssh.SFTPName]:
    for name in (".", ".."):
        yield asyncssh.SFTPName(name.encode("utf-8"), attrs=_attrs(Entry(name, directory=True)))
    async for entry in entries:
        yield asyncssh.SFTPName(entry.name.encode("utf-8"), attrs=_attrs(entry))


def _attrs(entry: Entry) -> asyncssh.SFTPAttrs:
    mode = _DIRECTORY | 0o555 if entry.directory else _FILE | 0o444
    seconds = int(entry.modified.timestamp())
    return asyncssh.SFTPAttrs(
        size=entry.size,
        uid=0,
        gid=0,
        permissions=mode | (0o200 if entry.writable else 0),
        atime=seconds,
        mtime=seconds,
        nlink=1,
    )


def _upload(file_obj: object) -> Upload:
    if not isinstance(file_obj, Upload):
        raise asyncssh.SFTPPermissionDenied("this file is open for reading")
    return file_obj
