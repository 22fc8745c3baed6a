"""The way out over SFTP: writing a file to the partner's server.

Rule protected: on the partner's server a file has its final name only when it is whole, and a delivery always goes
under the same name, so that a repeat after a lost answer finds what is there already.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import asyncssh

from gateway.ports import Done, Outcome, Parcel, Transient, Unknown
from gateway.transports.names import beside, outgoing
from gateway.transports.placing import payload_of
from gateway.transports.sftp.client import HostKeyChanged, LoginRefused, SftpSession
from gateway.transports.sftp.line import LOST, CircuitOpen, line_to
from gateway.transports.sftp.settings import PolledMailbox, Send

_READ_BACK_IN = 30.0


class SftpSink:
    """A folder on the partner's server as a destination. `resolve` reads references. ValueError without `send`."""

    def __init__(self, settings: PolledMailbox, resolve: Callable[[str], str]) -> None:
        if settings.send is None:
            raise ValueError(f"channel {settings.name}: there are no send settings")
        self._settings, self._send, self._resolve = settings, settings.send, resolve
        self._line = line_to(settings)

    async def send(self, parcel: Parcel) -> Outcome:
        """Write `<name><tmp_suffix>`, check its size, rename it. Before the rename is asked for, a loss is harmless."""
        upload = _Upload(self._send, parcel)
        try:
            async with self._line.session(self._resolve) as session:
                return await upload.run(session)
        except (HostKeyChanged, LoginRefused) as error:
            return Transient(str(error), retry_in=300.0, scope="connector", alarm="credential")
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied) as error:
            reason = f"{self._settings.host}: {self._send.folder} cannot be written: {error.reason}"
            return Transient(reason, retry_in=60.0, scope="connector", alarm="config")
        except CircuitOpen as error:
            return Transient(str(error), retry_in=error.left, scope="connector", alarm="unreachable")
        except (*LOST, OSError) as error:
            reason = f"{self._settings.host}: {str(error) or type(error).__name__}"
            if upload.renaming:
                return await self._look(upload, reason)
            return Transient(reason, scope="connector", alarm="unreachable" if self._line.open else "")
        except asyncssh.Error as error:
            return Transient(f"{self._settings.host}: {error.reason}", retry_in=30.0)

    async def _look(self, upload: _Upload, reason: str) -> Outcome:
        """The answer to the rename was lost: look once more at once, before the partner has taken the file."""
        try:
            async with self._line.session(self._resolve) as session:
                return await upload.look(session)
        except (asyncssh.Error, OSError):
            return Unknown(reason, retry_in=_READ_BACK_IN)


class _Upload:
    """One delivery on its way into a remote folder."""

    def __init__(self, send: Send, parcel: Parcel) -> None:
        self._send, self._parcel = send, parcel
        self._data = payload_of(parcel)
        name = outgoing(send.name, parcel)
        self._names = (self._at(name), self._at(beside(name, parcel.id)))
        self._written = ""
        self.renaming = False

    async def run(self, session: SftpSession) -> Outcome:
        """The steps in order.

        A file with our bytes under our name is this delivery, also at the first attempt: the process may have died
        after the rename. After a known attempt the size is enough.
        """
        repeat = self._parcel.attempt > 1 or self._parcel.probe
        if found := await self._found(session, compare=not repeat):
            return found
        taken = await session.stat(self._names[0]) is not None
        final = self._names[1 if taken and not (repeat and not self._send.tmp_suffix) else 0]
        self._written = final + self._send.tmp_suffix
        await session.put(self._written, self._data)
        there = await session.stat(self._written)
        if there is None or there.size != len(self._data):
            found_size = "is gone" if there is None else f"has {there.size} bytes"
            return Transient(f"{self._written} {found_size} after writing {len(self._data)}", retry_in=30.0)
        if self._send.tmp_suffix:
            self.renaming = True
            await session.rename(self._written, final)
        return Done(note=f"written as {final}")

    async def look(self, session: SftpSession) -> Outcome:
        """After a lost answer to the rename. The temporary file was whole: if it is gone, it was renamed."""
        if found := await self._found(session):
            return found
        if await session.stat(self._written) is None:
            return Done("already_there", note=f"{self._written} was renamed and taken")
        return Transient(f"{self._written} was not renamed", retry_in=5.0)

    async def _found(self, session: SftpSession, *, compare: bool = False) -> Done | None:
        for path in self._names:
            there = await session.stat(path)
            if there is None or there.size != len(self._data):
                continue
            if not compare or await session.get(path) == self._data:
                return Done("already_there", note=f"{path} is there with {there.size} bytes")
        return None

    def _at(self, name: str) -> str:
        return posixpath.join(self._send.folder, name)
