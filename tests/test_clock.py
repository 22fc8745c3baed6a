"""Ledger moments as text, and schedules."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from gateway import clock


def test_moments_keep_their_order_as_text() -> None:
    first = dt.datetime(2026, 12, 1, 9, 59, 59, 999999, tzinfo=dt.UTC)
    later = dt.datetime(2026, 12, 1, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert clock.stamp(first) < clock.stamp(later)
    assert clock.moment(clock.stamp(later)) == later


async def test_a_schedule_runs_at_once_and_again_one_at_a_time() -> None:
    runs, inside, most = 0, 0, 0

    async def job() -> None:
        nonlocal runs, inside, most
        runs, inside = runs + 1, inside + 1
        most = max(most, inside)
        await asyncio.sleep(0.12)
        inside -= 1

    schedule = clock.Schedule()
    schedule.repeat("job", job, 0.05)
    schedule.start()
    await asyncio.sleep(0.6)
    assert schedule.names() == {"job"}
    schedule.remove("job")
    schedule.stop()
    await asyncio.sleep(0.2)
    assert runs >= 2
    assert most == 1


async def test_a_polling_window_waits_for_its_time() -> None:
    ran = []

    async def job() -> None:
        ran.append(1)

    schedule = clock.Schedule()
    schedule.repeat("job", job, 0.01, cron="0 0 29 2 *")
    schedule.start()
    await asyncio.sleep(0.1)
    schedule.stop()
    assert ran == []


def test_a_bad_window_is_refused_with_a_sentence() -> None:
    assert clock.check_cron("*/5 6-20 * * mon-fri")
    with pytest.raises(ValueError, match="no cron expression"):
        clock.check_cron("every morning")
