"""Reading a mailbox at the partner over SFTP. Not here: the rules of polling (transports/polling.py), the schedule.

Rule protected: one connection a round; a partner who does not answer is asked less and less often, at least every five
minutes; a server with another host key gets nothing and raises an alarm.
"""

from __future__ import annotations

import datetime as dt
import posixpath
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal

import asyncssh
import structlog

from gateway import clock
from gateway.ports import Inlet
from gateway.retry import backoff
from gateway.transports.polling import Rounds, Seen
from gateway.transports.sftp.client import HostKeyChanged, LoginRefused, RemoteFile, SftpSession
from gateway.transports.sftp.line import LOST, CircuitOpen, line_to
from gateway.transports.sftp.settings import Poll, PolledMailbox

_log = structlog.get_logger(__name__)


class SftpPoller:
    """Polls one mailbox. `source` is `<partner>/<channel>`, `resolve` reads references. ValueError without `poll`."""

    def __init__(self, source: str, settings: PolledMailbox, resolve: Callable[[str], str]) -> None:
        if settings.poll is None:
            raise ValueError(f"{source}: this channel has no poll settings")
        self.source, self._settings, self._poll, self._resolve = source, settings, settings.poll, resolve
        self.every, self.cron = settings.poll.every, settings.poll.cron
        self._rounds = Rounds(source, settings.poll)
        self._line = line_to(settings)
        self._lost, self._refused = "", False
        self._failures = 0
        self._not_before: dt.datetime | None = None

    @property
    def problem(self) -> str:
        """What went wrong in the last round, for the console; empty if nothing did."""
        return self._lost or self._rounds.problem

    @property
    def alarm(self) -> Literal["", "credential", "unreachable", "stuck"]:
        """What an operator has to know: we are not let in, nobody answers any more, files cannot be cleared away."""
        if self._lost:
            return "credential" if self._refused else "unreachable" if self._line.open else ""
        return "stuck" if self._rounds.stuck else ""

    async def poll(self, inlet: Inlet) -> int:
        """One round; how many files arrived. Trouble with the partner's server is logged and kept in `problem`.

        After failures in a row rounds are skipped, with growing pauses of at most five minutes. Raises what the inlet
        raises (but an OSError) and what `resolve` raises.
        """
        if self._not_before is not None and clock.now() < self._not_before:
            return 0
        s = self._settings
        facts = {"transport": "sftp", "peer": f"{s.host}:{s.port}"}
        try:
            async with self._line.session(self._resolve) as session:
                arrived = await self._rounds.round(_Remote(session, self._poll), inlet, facts)
        except CircuitOpen as error:
            self._lost, self._not_before = str(error), clock.now() + dt.timedelta(seconds=error.left)
            return 0
        except (OSError, asyncssh.Error) as error:
            self._failures += 1
            self._not_before = clock.now() + dt.timedelta(seconds=backoff(self._failures))
            self._lost = str(error) or type(error).__name__
            self._refused = isinstance(error, HostKeyChanged | LoginRefused)
            _log.warning("poll_failed", mailbox=self.source, failures=self._failures, reason=self._lost)
            return 0
        self._failures, self._not_before, self._lost = 0, None, ""
        return arrived


class _Remote:
    """A folder on an SFTP server, in the terms of polling."""

    def __init__(self, session: SftpSession, poll: Poll) -> None:
        self.path = poll.folder
        self._archive = poll.archive or posixpath.join(poll.folder, "archive")
        self._session = session

    async def scan(self) -> AsyncIterator[Seen]:
        with _as_os_error():
            async for file in self._session.scan(self.path):
                if file.plain:
                    yield _seen(file)

    async def stat(self, name: str) -> Seen | None:
        with _as_os_error():
            file = await self._session.stat(self._at(name))
        return _seen(file) if file is not None else None

    async def read(self, name: str, at_most: int, into: BinaryIO) -> None:
        with _as_os_error():
            await self._session.fetch(self._at(name), into, at_most)

    async def delete(self, name: str) -> None:
        with _as_os_error():
            await self._session.remove(self._at(name))

    async def archive(self, name: str, new_name: str) -> bool:
        target = posixpath.join(self._archive, new_name)
        with _as_os_error():
            if await self._session.stat(target) is not None:
                return False
            await self._session.rename(self._at(name), target)
        return True

    def _at(self, name: str) -> str:
        return posixpath.join(self.path, name)


def _seen(file: RemoteFile) -> Seen:
    return Seen(file.modified, file.name, file.size)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """asyncssh's errors as polling knows them: ConnectionError when the session is lost, OSError for one refusal."""
    try:
        yield
    except LOST as error:
        raise ConnectionError(str(error) or "the server does not answer") from error
    except asyncssh.SFTPNoSuchFile as error:
        raise FileNotFoundError(error.reason) from error
    except asyncssh.Error as error:
        raise OSError(error.reason) from error
    except ValueError as error:
        raise OSError(str(error)) from error
