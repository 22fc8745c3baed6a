"""Time, in one place: the wall clock, its text form in the ledger, and the schedules of polls (APScheduler).

Nothing else reads a clock or imports apscheduler. Schedules only start work; what was done is known by the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

UTC = dt.UTC


def now() -> dt.datetime:
    """The wall clock, aware, UTC."""
    return dt.datetime.now(UTC)


def stamp(moment: dt.datetime) -> str:
    """The fixed-width text a moment has in the ledger: `2026-12-01T10:30:00.000000Z`. Texts compare as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> dt.datetime:
    """The aware moment of a ledger text."""
    return dt.datetime.fromisoformat(text)


def check_cron(expression: str) -> str:
    """A five-field cron expression, or empty. Raises ValueError."""
    if expression:
        try:
            CronTrigger.from_crontab(expression, timezone=UTC)
        except ValueError as error:
            raise ValueError(f"{expression!r} is no cron expression such as `*/5 6-20 * * mon-fri`: {error}") from None
    return expression


class Schedule:
    """Runs named jobs again and again, one run of a job at a time; a missed run is not made up for."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def repeat(self, name: str, job: Callable[[], Awaitable[object]], every: float, cron: str = "") -> None:
        """Run `job` now and then every so many seconds, or at the times of a cron expression if there is one."""
        trigger = CronTrigger.from_crontab(cron, timezone=UTC) if cron else IntervalTrigger(seconds=every, timezone=UTC)
        self._scheduler.add_job(
            job,
            trigger,
            id=name,
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            **({} if cron else {"next_run_time": now()}),
        )

    def names(self) -> set[str]:
        """The jobs there are."""
        return {job.id for job in self._scheduler.get_jobs()}

    def remove(self, name: str) -> None:
        """A job is not wanted any more; a run under way ends by itself."""
        self._scheduler.remove_job(name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
