"""The embedded dispatcher: ready lanes and due times in memory. It may forget everything; the ledger does not.

At start and every few seconds a reconciler asks the ledger which lanes should be awake, so a lost wake costs seconds,
never work. One task per lane at a time; lanes run in parallel up to a limit for all and one for each destination.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from gateway import clock, log

RECONCILE = 2.0
LANES_AT_ONCE = 16
EACH_AT_ONCE = 4  # for a destination without a limit of its own: one that hangs must not stop the others

logger = log.get("dispatch")


class Dispatcher:
    """`advance` runs one lane as far as it goes; `ready` lists lanes with their due times, from the ledger."""

    def __init__(
        self,
        advance: Callable[[str], Awaitable[None]],
        ready: Callable[[], Awaitable[list[tuple[str, dt.datetime]]]],
        *,
        limits: dict[str, int] | None = None,
        now: Callable[[], dt.datetime] = clock.now,
    ) -> None:
        self._advance, self._ready, self._now = advance, ready, now
        self._due: list[tuple[dt.datetime, str]] = []
        self._at: dict[str, dt.datetime] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str, dt.datetime] = {}
        self._changed = asyncio.Event()
        self._all = asyncio.Semaphore(LANES_AT_ONCE)
        self._each: dict[str, AbstractAsyncContextManager[None]] = {
            name: asyncio.Semaphore(limit) for name, limit in (limits or {}).items()
        }
        self._stopping = False

    def wake(self, lane: str, due: dt.datetime) -> None:
        """Something of this lane may run at `due`. Called on the event loop; cheap; repeats are harmless."""
        if lane in self._running:
            self._again[lane] = min(due, self._again.get(lane, due))
        elif lane not in self._at or due < self._at[lane]:
            self._at[lane] = due
            heapq.heappush(self._due, (due, lane))
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconcile())
            while True:
                now = self._now()
                while self._due and self._due[0][0] <= now:
                    due, lane = heapq.heappop(self._due)
                    if self._at.get(lane) == due and not self._stopping:
                        del self._at[lane]
                        self._running[lane] = group.create_task(self._run(lane))
                wait = (self._due[0][0] - now).total_seconds() if self._due else RECONCILE
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), max(0.0, min(wait, RECONCILE)))
                except TimeoutError:
                    continue

    async def drain(self, seconds: float) -> None:
        """Start nothing new and wait for what is running, at most so long."""
        self._stopping = True
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=seconds)

    async def _run(self, lane: str) -> None:
        # The destination's gate first: lanes that queue for a slow system take no place from the others.
        head = lane.partition(":")[0]
        gate = nullcontext() if head in ("in", "out") else self._each.setdefault(head, asyncio.Semaphore(EACH_AT_ONCE))
        try:
            async with gate, self._all:
                if not self._stopping:
                    await self._advance(lane)
        except Exception:
            logger.exception("a lane failed; it is looked at again", lane=lane)
            self._again.pop(lane, None)
        finally:
            del self._running[lane]
            if lane in self._again:
                self.wake(lane, self._again.pop(lane))

    async def _reconcile(self) -> None:
        while True:
            try:
                for lane, due in await self._ready():
                    self.wake(lane, due)
            except Exception:
                logger.exception("the ledger could not be asked which lanes are ready")
            await asyncio.sleep(RECONCILE)
