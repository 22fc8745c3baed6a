"""Warnings of what ends: 60, 30, 14, 7 and 1 days ahead and at the end, each once; gone with what they are about."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway import calendar, config
from gateway.calendar import Entry
from gateway.daemon import Daemon
from gateway.ledger import Ledger
from gateway.ledger.queries import answers, views
from gateway.scaffold import init
from gateway.transports.credentials import Credential, CredentialKind, end_of
from tests.test_certificates import with_channel

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


def certificate(days: float, name: str = "AA", kind: CredentialKind = "certificate") -> Credential:
    until = NOW + dt.timedelta(days=days, hours=1)
    return Credential(kind, "ours", "CN=US", f"SHA-256 {name}", NOW - dt.timedelta(days=900), until)


def entry(what: Credential, now: dt.datetime = NOW, successor: Credential | None = None) -> Entry:
    assert what.until is not None
    return Entry("acme/as2", what, (what.until - now).days, successor)


async def told(ledger: Ledger, found: Sequence[Entry], now: dt.datetime = NOW) -> list[Any]:
    """The open cases after a run."""
    await ledger.write(lambda c: calendar.warn(c, found, now))
    return list(await ledger.read(views.open_exceptions))


async def test_each_warning_once(ledger: Ledger) -> None:
    """Every day from 70 days before to 3 days after: six cases in all, one open at a time."""
    what, seen = certificate(70), {}
    for day in range(74):
        now = NOW + dt.timedelta(days=day)
        cases = await told(ledger, [entry(what, now)], now)
        assert len(cases) == (0 if day < 10 else 1)
        seen |= {case.id: (case.kind, 70 - day) for case in cases if case.id not in seen}
    ends = [("credential.ends", days) for days in (60, 30, 14, 7, 1)]
    assert list(seen.values()) == [*ends, ("credential.ended", -1)]


async def test_who_is_told_and_what(ledger: Ledger) -> None:
    (case,) = await told(ledger, [entry(certificate(29))])
    assert (case.kind, case.role, case.partner) == ("credential.ends", "operator", "acme")
    assert "SHA-256 AA" in case.sentence
    assert "ends on 2026-12-30, in 29 day(s). There is none to follow it yet." in case.sentence
    assert case.actions == ["gateway cert rotate acme"]
    (case,) = await told(ledger, [entry(certificate(13), successor=certificate(900, "BB"))])
    assert "SHA-256 AA" in case.sentence
    assert "SHA-256 BB takes over" in case.sentence
    assert (case.expected, case.actual) == ("SHA-256 BB", "SHA-256 AA")


async def test_of_a_listener(ledger: Ledger) -> None:
    what = certificate(3, kind="TLS certificate")
    (case,) = await told(ledger, [Entry("listeners.https", what, 3)])
    assert (case.partner, case.actions) == ("", [])
    assert case.sentence.startswith("listeners.https: our TLS certificate CN=US (SHA-256 AA) ends on 2026-12-04, in 3")


async def test_a_case_that_was_closed_does_not_come_again(ledger: Ledger) -> None:
    (case,) = await told(ledger, [entry(certificate(29))])
    await ledger.write(lambda c: answers.close_exceptions(c, case.dedupe))
    assert await told(ledger, [entry(certificate(29))]) == []
    (later,) = await told(ledger, [entry(certificate(14))])
    assert later.id != case.id


async def test_the_daemon_warns(tmp_path: Path) -> None:
    init(folder := tmp_path / "instance", port=0, as2_port=0)
    with_channel(folder, days=20)
    daemon = Daemon(config.load(folder / "gateway.yaml"))
    await daemon.start()
    try:
        async with asyncio.timeout(20):
            while not (cases := await daemon.ledger.read(views.open_exceptions)):
                await asyncio.sleep(0.02)
    finally:
        await daemon.stop()
    (case,) = cases
    assert case.sentence.startswith("example/as2: our certificate CN=us (SHA-256 ")


async def test_what_is_gone_warns_no_more(ledger: Ledger) -> None:
    assert len(await told(ledger, [entry(certificate(5)), entry(certificate(5, "BB"))])) == 2
    (left,) = await told(ledger, [entry(certificate(5, "BB"))])
    assert "SHA-256 BB" in left.sentence
    assert await told(ledger, [entry(certificate(700, "BB"))]) == []  # the same key with a later day
    assert len(await told(ledger, [entry(certificate(5)), entry(certificate(5, "BB"))])) == 2


@pytest.mark.parametrize(("days", "due"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 14), (1, 1), (0, 1), (-1, 0)])
def test_which_warning_is_due(days: int, due: int | None) -> None:
    assert entry(certificate(days)).threshold == due


def test_a_key_is_good_until_the_end_of_its_day() -> None:
    assert end_of(dt.date(2026, 12, 31)) == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert end_of(None) is None
