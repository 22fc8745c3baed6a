"""The line to a partner's server: one connection at a time for reading and writing, and how often one is tried.

Not here: connecting (client.py), what is done on it. Rule protected: one connection per partner; after some failures in
a row the circuit is open, and the server is asked once in five minutes, whoever wants it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import asyncssh

from gateway import clock
from gateway.transports.sftp.client import SftpSession, connect_to
from gateway.transports.sftp.settings import PolledMailbox

OPEN_AFTER = 5
PROBE_EVERY = dt.timedelta(minutes=5)
LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, ConnectionError, TimeoutError)


class CircuitOpen(ConnectionError):
    """The server did not answer several times in a row and is not asked now; `left`: seconds until it is."""

    def __init__(self, host: str, failures: int, reason: str, left: float) -> None:
        super().__init__(f"{host} failed {failures} times in a row and is asked once in five minutes: {reason}")
        self.left = left


class Line:
    """Shared by everything that uses one channel as it is configured now; made by `line_to`."""

    def __init__(self, settings: PolledMailbox, turn: asyncio.Lock) -> None:
        self.failures = 0  # in a row
        self._settings, self._turn = settings, turn
        self._reason = ""
        self._probe_at: dt.datetime | None = None

    @property
    def open(self) -> bool:
        """Is the circuit open?"""
        return self.failures >= OPEN_AFTER

    @asynccontextmanager
    async def session(self, resolve: Callable[[str], str]) -> AsyncIterator[SftpSession]:
        """A session, when it is our turn. Raises CircuitOpen, and what `connect_to` raises."""
        async with self._turn:
            left = (self._probe_at - clock.now()).total_seconds() if self._probe_at is not None else 0.0
            if self.open and left > 0:
                raise CircuitOpen(self._settings.host, self.failures, self._reason, left)
            reached = False
            try:
                async with connect_to(self._settings, resolve) as session:
                    reached = True
                    yield session
            except (OSError, asyncssh.Error) as error:
                if reached and not isinstance(error, LOST):
                    self.failures = 0  # the server answers, if only to refuse something
                else:
                    self._failed(error)
                raise
            self.failures = 0

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self._reason = str(error) or type(error).__name__
        self._probe_at = clock.now() + PROBE_EVERY


_TURNS: WeakValueDictionary[tuple[str, int, str], asyncio.Lock] = WeakValueDictionary()
_LINES: WeakValueDictionary[int, Line] = WeakValueDictionary()  # by the settings, which their line keeps alive


def line_to(settings: PolledMailbox) -> Line:
    """The line of a channel: the same one for all that have these settings, as long as anybody does. New settings begin
    with a closed circuit, for whoever changed them wants to know; the turn goes by server and user."""
    line = _LINES.get(id(settings))
    if line is None:
        turn = _TURNS.setdefault((settings.host, settings.port, settings.user), asyncio.Lock())
        line = _LINES[id(settings)] = Line(settings, turn)
    return line
