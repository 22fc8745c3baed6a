"""The daemon: puts the parts of an installation together, runs them, reloads partners, drains and stops.

    configuration -> ledger -> flow -> sinks and sources -> SFTP server, schedules, dispatcher

Not here: what any part does. Rule protected: listeners open only when the ledger is open and at this release's
schema; on the way out nothing new is accepted before what is running has ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import edi
from gateway import calendar, clock, config, log
from gateway.config import Configuration
from gateway.dispatch import Dispatcher
from gateway.evidence.sealing import Sealer
from gateway.exchanges import LedgerExchanges
from gateway.flow import Flow
from gateway.ledger import Ledger, migrate
from gateway.ledger.queries import answers
from gateway.mailboxes import LedgerMailboxes
from gateway.partners import Book, transport
from gateway.ports import Desk, Sink
from gateway.secrets import SecretError
from gateway.uploads import LedgerUploads

SEALING, DAY = 10.0, 86400.0  # seconds between runs

M_ARENA_MAX = -8
logger = log.get("daemon")


class DaemonError(Exception):
    """The daemon cannot start or go on: one sentence for the operator."""


class Daemon:
    """One running installation. `start` returns when everything is up; `stop` drains."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.ledger = Ledger(configuration.database, exclusive=True)
        try:
            migrate.upgrade(self.ledger)
        except BaseException:
            self.ledger.close()
            raise
        self.flow = Flow(
            ledger=self.ledger,
            book=configuration.book,
            sinks={},
            wake=self._wake,
            environment=configuration.file.environment,
            source=f"/gateway/{configuration.file.environment}/{configuration.file.name}",
            staging=configuration.staging,
            incomplete_wait=dt.timedelta(seconds=configuration.file.timing.incomplete_wait),
        )
        limits = {name: int(getattr(s, "parallel_lanes", 4)) for name, (_, s) in configuration.destinations.items()}
        self.dispatcher = Dispatcher(self.flow.advance, self.flow.ready, limits=limits)
        self.schedule = clock.Schedule()
        self.exchanges = LedgerExchanges(self.flow)
        self.sealer = Sealer(self.ledger, answered=self.exchanges.times)
        self.servers: dict[str, Any] = {}  # by the name of their transport
        self._systems: dict[str, Any] = {}
        self._parts = AsyncExitStack()
        self.dispatching: asyncio.Task[None] | None = None
        self._troubles: dict[str, tuple[str, str]] = {}

    async def start(self) -> None:
        """Open listeners and begin to work. Raises what a part says when it cannot start; nothing is left open then."""
        try:
            self.configuration.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
            await self._connect()
            await self._note("start", {"environment": self.configuration.file.environment, "process": os.getpid()})
            await self._listen()
        except BaseException:
            await self._close()
            raise
        self.dispatching = asyncio.create_task(self.dispatcher.run(), name="dispatcher")
        self._repeat("seal", self.sealer.seal, SEALING)
        self._repeat("chain", self._chain, DAY)
        self._repeat("calendar", self._warn, DAY)
        self.schedule.start()
        logger.info(
            "up",
            environment=self.configuration.file.environment,
            partners=len(self.configuration.book.partners),
            **{f"{name}_port": server.port for name, server in self.servers.items()},
        )

    async def stop(self) -> None:
        """Stop accepting, let running lanes end, close."""
        self.schedule.stop()
        for server in self.servers.values():
            await server.stop()
        await self.dispatcher.drain(self.configuration.file.timing.drain)
        if self.dispatching is not None:
            self.dispatching.cancel()
            await asyncio.gather(self.dispatching, return_exceptions=True)
        await self.sealer.seal()
        await self._note("stop", {})
        await self._close()
        logger.info("down")

    async def reload(self) -> bool:
        """Read partners and maps again (SIGHUP). A file that is not right keeps everything as it was."""
        try:
            fresh = await asyncio.to_thread(config.load, self.configuration.path)
            await asyncio.to_thread(config.check_secrets, fresh)
            if fresh.file.environment != self.configuration.file.environment:
                raise edi.ProfileError(f"{fresh.path}: environment: it changes at a start only")
            self._adopt(fresh.book)
        except (edi.EdiError, SecretError, ValueError, OSError) as error:
            logger.error("not reloaded: the configuration is not right; the old one stays", error=str(error))
            return False
        if fresh.file != self.configuration.file:
            logger.warning("gateway.yaml has changed; only its partners are taken in before the next start")
        self.configuration = replace(self.configuration, book=fresh.book)
        await self._note("reload", {"partners": sorted(fresh.book.partners)})
        logger.info("reloaded", partners=len(fresh.book.partners))
        return True

    async def _connect(self) -> None:
        """Sinks and sources of the business systems, then the mailboxes."""
        for name, (module, settings) in self.configuration.destinations.items():
            system = module.build(name, settings, self.configuration.book.served, self.configuration.secrets)
            self._systems[name] = system
            if hasattr(system, "close"):
                self._parts.push_async_callback(system.close)
            if hasattr(system, "poll"):
                self._poll(name, system, system.interval)
        self._adopt(self.configuration.book)

    async def _listen(self) -> None:
        for name, settings in self.configuration.listeners.items():
            settings.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
            hosted = self._hosted(self.configuration.book, name)
            desk = Desk(self.flow, LedgerMailboxes(self.ledger), self.exchanges, LedgerUploads(self.flow))
            server = transport(name).open_server(settings, hosted, desk, self.configuration.secrets)
            try:
                await server.start()
            except OSError as error:
                where = f"{settings.host}:{settings.port}"
                raise DaemonError(f"listeners.{name}: {where} cannot be opened: {error.strerror or error}") from error
            self.servers[name] = server

    def _adopt(self, book: Book) -> None:
        """Make a book of partners the one in force. Only partners that trade have mailboxes and pollers.

        What can raise comes first: then nothing has changed.
        """
        sinks: dict[str, Sink] = dict(self._systems)
        pollers: dict[str, Any] = {}
        for partner in book.served:
            for name, settings in partner.channels.items():
                mailbox = f"{partner.id}/{name}"
                module = transport(settings.kind)
                sink = module.sink(settings, self.configuration.secrets, self.exchanges)
                if sink is not None:
                    sinks[mailbox] = sink
                poller = module.poller(mailbox, settings, self.configuration.secrets)
                if poller is not None:
                    pollers[mailbox] = poller
        for name, server in self.servers.items():
            server.replace(self._hosted(book, name))
        self.flow.book = book
        self.flow.sinks = sinks
        for system in self._systems.values():
            system.adopt(book.served)
        polls = {f"poll:{name}" for name in (*pollers, *self._systems)}
        for gone in (name for name in self.schedule.names() - polls if name.startswith("poll:")):
            self.schedule.remove(gone)
        for mailbox, poller in pollers.items():
            self._poll(mailbox, poller, poller.every, poller.cron)

    def _hosted(self, book: Book, name: str) -> dict[str, Any]:
        """The channels the listener of a transport serves."""
        kind = transport(name).HOSTED
        return {
            f"{partner.id}/{name}": settings
            for partner in book.served
            for name, settings in partner.channels.items()
            if settings.kind == kind
        }

    def _poll(self, name: str, source: Any, every: float, cron: str = "") -> None:
        async def once() -> None:
            try:
                await source.poll(self.flow)
                trouble = (source.problem, source.alarm)
                if trouble != self._troubles.get(name):
                    await self.flow.polled(name, *trouble)
                    self._troubles[name] = trouble
            except Exception:
                logger.exception("a poll failed; it is tried again at its next time", poll=name)

        self.schedule.repeat(f"poll:{name}", once, every, cron)

    def _repeat(self, name: str, job: Callable[[], Awaitable[object]], every: float) -> None:
        """A job of the daemon itself, now and every so many seconds."""

        async def once() -> None:
            try:
                await job()
            except Exception:
                logger.exception("a job failed; it is done again at its next time", job=name)

        self.schedule.repeat(f"own:{name}", once, every)

    async def _warn(self) -> None:
        """Cases of certificates and keys that end."""
        now = clock.now()
        found = await asyncio.to_thread(lambda: list(calendar.entries(self.configuration, now, trading=True)))
        await self.ledger.write(lambda c: calendar.warn(c, found, now), "calendar")

    async def _chain(self) -> None:
        """The end of the chain of evidence, where a log that is kept elsewhere has it for those who must believe it."""
        head = await self.sealer.head()
        logger.info("chain_of_evidence", head=str(head))

    def _wake(self, lane: str, due: dt.datetime) -> None:
        self.dispatcher.wake(lane, due)

    async def _note(self, action: str, detail: dict[str, Any]) -> None:
        at = clock.stamp(clock.now())
        await self.ledger.write(lambda c: answers.note(c, at, "daemon", action, detail=detail), "audit")

    async def _close(self) -> None:
        await self._parts.aclose()
        self.ledger.close()


def _share_memory() -> None:
    """Threads allocate from two arenas instead of eight a core (glibc): each keeps what its largest moment needed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 2)


async def run(configuration: Configuration, *, ready: Callable[[Daemon], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reloads. `ready` is called once everything is up."""
    daemon = Daemon(configuration)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    reloads: set[asyncio.Task[bool]] = set()

    def reload() -> None:
        task = asyncio.create_task(daemon.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    _share_memory()
    await daemon.start()
    gc.freeze()  # what an installation is made of stays; documents leave no cycles, so looking less often is enough
    gc.set_threshold(10_000)
    if ready is not None:
        ready(daemon)
    stopping = asyncio.create_task(ended.wait())
    assert daemon.dispatching is not None
    await asyncio.wait({stopping, daemon.dispatching}, return_when=asyncio.FIRST_COMPLETED)
    asked = stopping.done()
    stopping.cancel()
    await daemon.stop()
    if not asked:
        raise DaemonError("the dispatcher has ended by itself; everything received is in the ledger")
