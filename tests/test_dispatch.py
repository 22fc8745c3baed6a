"""The dispatcher alone: wakes, due times, one task per lane, limits, failures, the reconciler, draining."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from gateway import clock, dispatch
from gateway.dispatch import Dispatcher

Ready = list[tuple[str, dt.datetime]]


@dataclass
class Work:
    """Lanes that take as long as a test says, and what was seen of them."""

    seconds: float = 0.0
    ready: Ready = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    active: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)  # by lane, and by destination
    failing: set[str] = field(default_factory=set)
    holding: asyncio.Event = field(default_factory=asyncio.Event)  # lanes of `slow` wait for it

    async def advance(self, lane: str) -> None:
        names = (lane, lane.partition(":")[0])
        for name in names:
            self.active[name] += 1
            self.most[name] = max(self.most[name], self.active[name])
        try:
            if lane.startswith("slow:"):
                await self.holding.wait()
            await asyncio.sleep(self.seconds)
            if lane in self.failing:
                raise RuntimeError("this lane fails")
            self.done.append(lane)
        finally:
            for name in names:
                self.active[name] -= 1

    async def listed(self) -> Ready:
        return self.ready


@asynccontextmanager
async def running(work: Work, **options: object) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(work.advance, work.listed, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool], seconds: float = 3.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


async def test_a_lane_woken_while_it_runs_runs_once_more_and_never_twice_at_once() -> None:
    work = Work(seconds=0.02)
    async with running(work) as dispatcher:
        dispatcher.wake("a:1", clock.now())
        await until(lambda: work.active["a:1"] == 1)
        for _ in range(5):
            dispatcher.wake("a:1", clock.now())
        await until(lambda: len(work.done) == 2)
        await asyncio.sleep(0.06)
    assert work.done == ["a:1", "a:1"]
    assert work.most["a:1"] == 1


async def test_a_lane_waits_for_its_time_and_an_earlier_wake_wins() -> None:
    work = Work()
    async with running(work) as dispatcher:
        dispatcher.wake("a:1", clock.now() + dt.timedelta(seconds=60))
        dispatcher.wake("b:1", clock.now() + dt.timedelta(seconds=0.15))
        await asyncio.sleep(0.05)
        assert work.done == []
        dispatcher.wake("a:1", clock.now())
        await until(lambda: work.done == ["a:1"])
        await until(lambda: work.done == ["a:1", "b:1"])


async def test_a_destination_has_its_limit_and_leaves_room_for_the_others() -> None:
    """Far more lanes wait for the slow system than may run at all; the others keep their pace."""
    work = Work()
    async with running(work, limits={"slow": 2}) as dispatcher:
        for number in range(3 * dispatch.LANES_AT_ONCE):
            dispatcher.wake(f"slow:{number}", clock.now())
        await until(lambda: work.active["slow"] == 2)
        dispatcher.wake("mailbox:ack", clock.now())
        await until(lambda: work.done == ["mailbox:ack"], 1.0)
        work.holding.set()
        await until(lambda: len(work.done) == 3 * dispatch.LANES_AT_ONCE + 1)
    assert work.most["slow"] == 2


async def test_no_more_lanes_than_allowed_run_at_once() -> None:
    work = Work(seconds=0.01)
    async with running(work) as dispatcher:
        for number in range(60):
            dispatcher.wake(f"in:{number}", clock.now())
        await until(lambda: len(work.done) == 60)
        for number in range(20):
            dispatcher.wake(f"theirs/sftp:{number}", clock.now())
        await until(lambda: len(work.done) == 80)
    assert work.most["theirs/sftp"] == dispatch.EACH_AT_ONCE
    assert work.most["in"] == dispatch.LANES_AT_ONCE


async def test_a_lane_that_fails_stops_no_other_and_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "RECONCILE", 0.05)
    work = Work(failing={"bad:1"}, ready=[("bad:1", clock.now()), ("good:1", clock.now())])
    async with running(work):
        await until(lambda: work.done.count("good:1") >= 2)
        work.failing.clear()
        await until(lambda: "bad:1" in work.done)


async def test_the_reconciler_finds_what_nobody_woke_and_survives_a_ledger_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "RECONCILE", 0.05)
    work, asked = Work(), 0

    async def listed() -> Ready:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise OSError("the ledger is away")
        return [("forgotten:1", clock.now())]

    dispatcher = Dispatcher(work.advance, listed)
    task = asyncio.create_task(dispatcher.run())
    await until(lambda: "forgotten:1" in work.done)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_draining_waits_for_what_runs_and_starts_nothing_new() -> None:
    work = Work(seconds=0.05)
    async with running(work, limits={"a": 1}) as dispatcher:
        for number in range(4):
            dispatcher.wake(f"a:{number}", clock.now())
        await until(lambda: work.active["a"] == 1)
        await dispatcher.drain(5)
        dispatcher.wake("b:1", clock.now())
        await asyncio.sleep(0.05)
    assert len(work.done) == 1


async def test_draining_gives_up_after_its_time() -> None:
    work = Work()
    async with running(work) as dispatcher:
        dispatcher.wake("slow:1", clock.now())
        await until(lambda: work.active["slow"] == 1)
        began = asyncio.get_running_loop().time()
        await dispatcher.drain(0.1)
        assert asyncio.get_running_loop().time() - began < 2
    assert work.done == []
    assert work.active["slow"] == 0, "the lane was not ended with the dispatcher"
