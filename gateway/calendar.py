"""The calendar of what ends: certificates, host keys, login keys and passwords of all channels and listeners; and the
cases that warn ahead.

Not here: reading any of them (each transport's `credentials`). Rule protected: everybody is warned 60, 30, 14, 7 and 1
days ahead, once each, whatever happens to the case; what is gone from the configuration warns no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway import clock, exceptions
from gateway.config import Configuration
from gateway.ledger.queries import answers
from gateway.partners import transport
from gateway.ports import Case
from gateway.transports.credentials import Credential
from gateway.writing import open_case

WARNINGS = (60, 30, 14, 7, 1)  # days before the end
ENDED = 0
SOURCE = "calendar"


@dataclass(frozen=True, slots=True)
class Entry:
    """A credential at its place (`<partner>/as2`, `listeners.sftp`), the days left, and the one that follows it."""

    place: str
    what: Credential
    days: int | None
    successor: Credential | None = None

    @property
    def advice(self) -> str:
        if self.days is None or self.days > WARNINGS[0]:
            return ""
        then = f"; {self.successor.fingerprint} takes over" if self.successor else ""
        if self.days < 0:
            return ("expired: it is used for nothing new" if self.what.kind == "certificate" else "it has ended") + then
        return f"ends in {self.days} days{then or ': exchange a new one now, both are good until then'}"

    @property
    def threshold(self) -> int | None:
        """The last warning that is due: days, ENDED, or None."""
        if self.days is None or self.days > WARNINGS[0]:
            return None
        return ENDED if self.days < 0 else min(days for days in WARNINGS if self.days <= days)

    @property
    def key(self) -> str:
        return "|".join((self.place, self.what.kind, self.what.whose, self.what.fingerprint or self.what.subject))


def entries(configuration: Configuration, now: dt.datetime, *, trading: bool = False) -> Iterator[Entry]:
    """All of them, with `trading` without partners that do not trade yet. Raises what a transport raises for one that
    cannot be read (SecretError, ValueError)."""
    parts = [(f"listeners.{name}", name, settings) for name, settings in configuration.listeners.items()]
    for partner in configuration.book.served if trading else configuration.book:
        parts += [(f"{partner.id}/{name}", settings.kind, settings) for name, settings in partner.channels.items()]
    for place, kind, settings in parts:
        found = list(transport(kind).credentials(settings, configuration.secrets))
        for what in found:
            days = (what.until - now).days if what.until is not None else None
            yield Entry(place, what, days, _successor(what, found))


def _successor(what: Credential, found: Iterable[Credential]) -> Credential | None:
    """The one of the same kind and side that is good for longer."""
    if what.until is None:
        return None
    others = [o for o in found if (o.kind, o.whose) == (what.kind, what.whose) and o.fingerprint != what.fingerprint]
    later = [other for other in others if other.until is None or other.until > what.until]
    return max(later, key=lambda other: (other.until is None, other.until or what.until), default=None)


def warn(c: Any, found: Iterable[Entry], now: dt.datetime) -> None:
    """Open the cases that are due, once each; close those that are overtaken. In a transaction."""
    told = answers.recall(c, SOURCE)
    news: dict[str, str] = {}
    known = set()
    for entry in found:
        known.add(entry.key)
        before, due = told.get(entry.key, ""), entry.threshold
        if (str(due) if due is not None else "") == before:
            continue
        if before:
            answers.close_exceptions(c, _dedupe(entry.key, before))
        news[entry.key] = str(due) if due is not None else ""
        if due is not None:
            partner = entry.place.partition("/")[0] if "/" in entry.place else ""
            open_case(c, _case(entry), now, partner=partner, dedupe=_dedupe(entry.key, str(due)))
    for key in told.keys() - known:
        answers.close_exceptions(c, _dedupe(key, told[key]))
        news[key] = ""
    answers.remember(c, SOURCE, news)


def _dedupe(key: str, threshold: str) -> str:
    return f"{SOURCE}|{key}|{threshold}"


def _case(entry: Entry) -> Case:
    what, partner = entry.what, entry.place.partition("/")[0]
    assert what.until is not None
    name = f"{what.kind} {what.subject}" + (f" ({what.fingerprint})" if what.fingerprint else "")
    whose = "our" if what.whose == "ours" else f"{partner}'s"
    ended = entry.days is not None and entry.days < 0
    when = f"has ended on {what.until:%Y-%m-%d}" if ended else f"ends on {what.until:%Y-%m-%d}, in {entry.days} day(s)"
    sentence = f"{entry.place}: {whose} {name} {when}. "
    if entry.successor is not None:
        named = entry.successor.fingerprint or entry.successor.subject
        sentence += f"{named} takes over; make sure the other side has it."
        todo: tuple[str, ...] = ()
    elif what.kind == "certificate":
        todo = (f"gateway cert rotate {partner}",) if what.whose == "ours" else (f"gateway cert import {partner} FILE",)
        sentence += "There is none to follow it yet."
    else:
        todo = ()
        sentence += "There is none to follow it yet: agree on a new one, and put it beside this one."
    return exceptions.case(
        "credential.ended" if ended else "credential.ends",
        sentence,
        expected=entry.successor.fingerprint if entry.successor else "a successor",
        actual=what.fingerprint or clock.stamp(what.until),
        actions=todo,
    )
