"""A small SFTP client: one connection to one server with pinned host keys.

Used by the poller, the sink, the demo's partners and the tests. Not here: rules of polling and sending. Rule protected:
no byte goes to a server whose host key is not one of those pinned.
"""

from __future__ import annotations

import asyncio
import io
import posixpath
import stat
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import asyncssh

from gateway.transports.sftp import keys
from gateway.transports.sftp.settings import PolledMailbox

TOO_LARGE = 100_000_000
CHUNK = 1_000_000


class HostKeyChanged(ConnectionError):
    """The server's host key is not one of those pinned. An operator decides; nothing was sent."""


class LoginRefused(ConnectionError):
    """The server knows neither our key nor our password."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One entry of a remote directory; `modified` is seconds since 1970, 0 if the server does not say. A name that is
    not UTF-8 keeps its bytes as surrogates. `plain`: neither a directory nor a link nor anything else but a file."""

    name: str
    size: int
    modified: int
    directory: bool = False
    plain: bool = True


@dataclass(slots=True)
class Progress:
    """How far a connection has come: moments of the monotonic clock (0: not yet), and the host key that was shown."""

    began: float = field(default_factory=time.monotonic)
    greeted: float = 0.0
    logged_in: float = 0.0
    host_key: str = ""


class _Pinned(asyncssh.SSHClient):
    def __init__(self, pins: Sequence[str], progress: Progress) -> None:
        self._pins = {pin.rstrip("=") for pin in pins}
        self._progress = progress

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self._progress.greeted = time.monotonic()
        self._progress.host_key = key.get_fingerprint()
        return self._progress.host_key.rstrip("=") in self._pins

    def auth_completed(self) -> None:
        self._progress.logged_in = time.monotonic()


class SftpSession:
    """An open SFTP session. Methods raise asyncssh.SFTPError for a refusal, OSError or asyncssh.Error for the rest."""

    def __init__(self, connection: asyncssh.SSHClientConnection, client: asyncssh.SFTPClient, patience: float) -> None:
        self._connection, self._client, self._patience = connection, client, patience

    async def listdir(self, path: str) -> list[RemoteFile]:
        """The entries of a directory, without `.` and `..`."""
        return [entry async for entry in self.scan(path)]

    async def scan(self, path: str) -> AsyncIterator[RemoteFile]:
        """The entries of a directory one by one, without `.` and `..`."""
        names = self._client.scandir(path)
        while True:
            try:
                async with self._limit():
                    name = await anext(names)
            except StopAsyncIteration:
                return
            if name.filename not in (".", ".."):
                yield _remote(str(name.filename), name.attrs)

    async def stat(self, path: str) -> RemoteFile | None:
        """One entry, or None if it is not there."""
        try:
            async with self._limit():
                return _remote(posixpath.basename(path), await self._client.stat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None

    async def get(self, path: str, at_most: int = TOO_LARGE) -> bytes:
        """The whole file. Raises ValueError when it has more than `at_most` bytes."""
        data = io.BytesIO()
        await self.fetch(path, data, at_most)
        return data.getvalue()

    async def fetch(self, path: str, into: BinaryIO, at_most: int = TOO_LARGE) -> None:
        """Write the whole file into another one. Raises ValueError when it has more than `at_most` bytes."""
        size = 0
        async with self._opened(path, "rb") as file:
            while True:
                async with self._limit():
                    piece = await file.read(CHUNK)
                assert isinstance(piece, bytes)
                if not piece:
                    return
                size += len(piece)
                if size > at_most:
                    raise ValueError(f"{path} has more than {at_most} bytes")
                into.write(piece)

    async def put(self, path: str, data: bytes) -> None:
        """Write the whole file, replacing what is there; with fsync where the server offers it."""
        async with self._opened(path, "wb") as file:
            for start in range(0, len(data), CHUNK):
                async with self._limit():
                    await file.write(data[start : start + CHUNK])
            with suppress(asyncssh.SFTPOpUnsupported):
                async with self._limit():
                    await file.fsync()
        async with self._limit():
            await self._client.realpath(".")  # asyncssh keeps silent about a CLOSE that a lost connection swallowed

    async def rename(self, old: str, new: str) -> None:
        """Rename, replacing what is there where the server can (posix-rename), else the plain rename."""
        async with self._limit():
            try:
                await self._client.posix_rename(old, new)
            except asyncssh.SFTPOpUnsupported:
                await self._client.rename(old, new)

    async def remove(self, path: str) -> None:
        """Delete a file."""
        async with self._limit():
            await self._client.remove(path)

    @asynccontextmanager
    async def _opened(self, path: str, mode: str) -> AsyncIterator[asyncssh.SFTPClientFile]:
        """An open file; its CLOSE is answered before this returns, unless the work inside failed."""
        async with self._limit():
            file = await self._client.open(path, mode, encoding=None)
        try:
            yield file
        finally:
            async with self._limit():
                await file.close()

    def _limit(self) -> asyncio.Timeout:
        """A server that answers signs of life but not the request is given up after `patience` seconds."""
        return asyncio.timeout(self._patience)

    @property
    def raw(self) -> asyncssh.SFTPClient:
        """asyncssh's own client, for requests an ordinary partner does not make."""
        return self._client

    def abort(self) -> None:
        """Cut the TCP connection, as a crash would."""
        self._connection.abort()


@asynccontextmanager
async def connect(
    host: str,
    port: int,
    user: str,
    key_text: str = "",
    *,
    host_key: str | Sequence[str],
    password: str = "",
    patience: float = 30.0,
    progress: Progress | None = None,
) -> AsyncIterator[SftpSession]:
    """Open a session. `host_key`: one or more public keys (OpenSSH text) or fingerprints (`SHA256:...`).
    `patience`: seconds for connecting, for the login, and between signs of life. `progress` is written to.

    Raises HostKeyChanged, LoginRefused, KeyRefused (our key is unusable), OSError or asyncssh.Error (no connection).
    """
    own = keys.read_private(key_text) if key_text else None
    connection = await log_in(
        host, port, user, own, host_key=host_key, password=password, patience=patience, progress=progress
    )
    try:
        async with asyncio.timeout(patience):
            client = await connection.start_sftp_client(path_errors="surrogateescape")
        yield SftpSession(connection, client, patience)
    except BaseException:
        connection.abort()  # a polite end would wait for a server that may not answer
        raise
    else:
        connection.close()
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await connection.wait_closed()


def connect_to(
    settings: PolledMailbox, resolve: Callable[[str], str], progress: Progress | None = None
) -> AbstractAsyncContextManager[SftpSession]:
    """A session with the partner's server as configured; raises as client.connect does, and what `resolve` raises."""
    return connect(
        settings.host,
        settings.port,
        resolve(settings.user),
        resolve(settings.key) if settings.key else "",
        host_key=settings.host_keys,
        password=resolve(settings.password) if settings.password else "",
        patience=settings.timeout,
        progress=progress,
    )


async def log_in(
    host: str,
    port: int,
    user: str,
    key: asyncssh.SSHKey | asyncssh.SSHKeyPair | None,
    *,
    host_key: str | Sequence[str],
    password: str = "",
    patience: float = 30.0,
    progress: Progress | None = None,
) -> asyncssh.SSHClientConnection:
    """A connection that is logged in. Arguments and errors as of `connect`."""
    pins = [host_key] if isinstance(host_key, str) else list(host_key)
    progress = progress if progress is not None else Progress()
    pinned = _Pinned([pin if pin.startswith("SHA256:") else keys.fingerprint(pin) for pin in pins], progress)
    options = asyncssh.SSHClientConnectionOptions(
        config=[],
        client_factory=lambda: pinned,
        known_hosts=([], [], []),
        server_host_key_algs="default",
        username=user,
        client_keys=[key] if key is not None else None,
        password=password or None,
        agent_path=None,
        connect_timeout=patience,
        login_timeout=patience,
        keepalive_interval=patience,
        compression_algs=["none"],
    )
    try:
        return await asyncssh.connect(host, port, options=options)
    except asyncssh.HostKeyNotVerifiable:
        shown = f"{host}:{port} shows host key {progress.host_key}"
        raise HostKeyChanged(f"{shown}, which is not one of those pinned") from None
    except asyncssh.PermissionDenied as refused:
        raise LoginRefused(f"{host}:{port} refuses user {user}: {refused.reason}") from None


def _remote(name: str, attrs: asyncssh.SFTPAttrs) -> RemoteFile:
    kind = stat.S_IFMT(attrs.permissions or 0)
    return RemoteFile(name, attrs.size or 0, attrs.mtime or 0, kind == stat.S_IFDIR, kind in (0, stat.S_IFREG))
