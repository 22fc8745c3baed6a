"""The store: opens the database, runs transactions, and knows nothing of what they do.

Two engines behind one face. SQLite: one writer thread owns the only writing connection and commits what has queued up
as a group (BEGIN IMMEDIATE, WAL, synchronous=FULL); an error rolls the group back and runs each alone, so work must
be re-runnable until its commit. PostgreSQL: one transaction per piece of work, in a thread. Rule protected: `write`
returns after the commit, or raises and nothing has happened.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
_Item = tuple[Work[Any], asyncio.Future[Any]]
_End = tuple[asyncio.Future[Any], Any, BaseException | None]

GROUP = 64  # pieces of work in one commit at most
PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError)
DAEMONS = 0x6761746577617921  # the advisory lock of PostgreSQL that one daemon holds


class LedgerError(Exception):
    """The database cannot be used: locked by another daemon, read-only, of a newer schema.
    One sentence for the operator."""


class LedgerUnavailable(Exception):
    """The database did not do it this time (restart, deadlock, full disk). Nothing has happened; try again later."""


class Fenced(Exception):
    """The lane was taken by another runner; roll back and stop."""


@contextmanager
def in_words(url: sa.URL) -> Iterator[None]:
    """While a database is opened: one that cannot be used is a LedgerError, without its password."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise LedgerError(f"the ledger {url.render_as_string(hide_password=True)} cannot be used: {why}") from error


class Ledger:
    """One database, by URL: `sqlite:///path/ledger.db` or `postgresql+psycopg://...`.

    `write` and `read` may be awaited from any task. Close it when done. `exclusive` takes the lock file of an SQLite
    ledger, as the daemon does; commands that only look leave it alone.
    """

    def __init__(self, url: str, *, exclusive: bool = False) -> None:
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = self._take_lock() if self.sqlite and exclusive else None
        self.engine = self._open()
        with in_words(self.url):
            self._session = self._take_session() if exclusive and not self.sqlite else None
        self._writer = _Writer(self.engine) if self.sqlite else None

    async def write(self, work: Work[T], point: str = "") -> T:
        """Run `work` in one transaction and return its result after the commit. `point`
        names the step, for tests and logs."""
        try:
            if self._writer is not None:
                return await self._writer.submit(work)
            return await asyncio.to_thread(self._transact, work)
        except PASSING as error:
            raise LedgerUnavailable(f"{point or 'write'}: {error}") from error

    async def read(self, work: Work[T]) -> T:
        """Run a query in its own snapshot."""
        return await asyncio.to_thread(self.look, work)

    def look(self, work: Work[T]) -> T:
        """As `read`, for a caller in a worker thread, who might wait for ever for another one to be free."""
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except PASSING as error:
            raise LedgerUnavailable(f"read: {error}") from error

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._session is not None:
            self._session.close()
        self.engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _transact(self, work: Work[T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)

    def _open(self) -> sa.Engine:
        if not self.sqlite:
            return sa.create_engine(self.url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
        engine = sa.create_engine(self.url, connect_args={"timeout": 30}, hide_parameters=True)

        @sa.event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions are ours to begin
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            immediate = connection.get_execution_options().get("writer", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

        return engine

    def _take_session(self) -> sa.Connection:
        """A connection that holds the daemon's advisory lock as long as it lives."""
        session = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if session.execute(sa.select(sa.func.pg_try_advisory_lock(DAEMONS))).scalar():
            return session
        session.close()
        self.engine.dispose()
        raise LedgerError("the ledger is in use by another daemon on this PostgreSQL database; stop that one first")

    def _take_lock(self) -> int:
        path = Path(str(self.url.database) + ".lock")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            raise LedgerError(
                f"the ledger {self.url.database} is in use by another daemon (process {owner or 'unknown'}); "
                "stop that one first"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        return handle


class _Writer:
    """The thread that owns the writing connection of an SQLite ledger."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine.execution_options(writer=True)
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> asyncio.Future[T]:
        """From a task, whose loop is told the result."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put((work, future))
        return future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            group: list[_Item] = []
            item = self._queue.get()
            while item is not None:
                group.append(item)
                if len(group) >= GROUP or self._queue.empty():
                    break
                item = self._queue.get()
            open_ = item is not None
            self._commit(group)

    def _commit(self, group: list[_Item]) -> None:
        group = [item for item in group if not item[1].cancelled()]
        if len(group) > 1 and self._together(group):
            return
        for work, future in group:
            try:
                with self._engine.begin() as connection:
                    result = work(connection)
            except BaseException as error:  # noqa: BLE001  the caller gets it
                _tell([(future, None, error)])
            else:
                _tell([(future, result, None)])

    def _together(self, group: list[_Item]) -> bool:
        try:
            with self._engine.begin() as connection:
                results = [work(connection) for work, _ in group]
        except BaseException:  # noqa: BLE001  each runs alone and gets its own error
            return False
        _tell([(future, result, None) for (_, future), result in zip(group, results, strict=True)])
        return True


def _tell(ends: list[_End]) -> None:
    """Hand results and errors to the tasks that wait for them: each loop is woken once for a whole group."""
    for loop in {future.get_loop() for future, _, _ in ends}:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(_settle, [end for end in ends if end[0].get_loop() is loop])


def _settle(ends: list[_End]) -> None:
    for future, result, error in ends:
        if future.done():  # who waited was cancelled
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
