"""Who is kept away: scores of failed logins by address, bans that grow, and which networks an address belongs to.

Not here: logins. Scores live in memory: a restart forgets them. Rule protected: guessing costs the guesser
his address and the others nothing.
"""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field

from gateway.units import Duration

Network = IPv4Network | IPv6Network
KNOWN_NAME, UNKNOWN_NAME, OVER_A_LIMIT = 1, 2, 3  # points
MOST_ADDRESSES = 10_000

_log = structlog.get_logger(__name__)


class Defence(BaseModel):
    """Failed logins by address: 1 point for a known name, 2 for an unknown one, 3 for a broken limit. Whoever has
    `threshold` points `within` a time is banned, each time twice as long as before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: Annotated[int, Field(gt=0)] = 30
    within: Annotated[Duration, Field(gt=0)] = 600.0
    ban: Annotated[Duration, Field(gt=0)] = 900.0
    longest_ban: Annotated[Duration, Field(gt=0)] = 86400.0
    never: tuple[Network, ...] = ()


@dataclass(slots=True)
class _Record:
    points: deque[tuple[float, int]] = field(default_factory=deque)
    banned_until: float = 0.0
    last_ban: float = 0.0  # its length in seconds


class Defender:
    """Counts points by address (IPv6: by /64) and bans who reaches the threshold. `now` counts seconds."""

    def __init__(self, rules: Defence, now: Callable[[], float] = time.monotonic) -> None:
        self._rules, self._now = rules, now
        self._records: dict[str, _Record] = {}
        self.trusted: tuple[Network, ...] = ()

    def lets_in(self, address: str) -> bool:
        """Whether an address is not banned at the moment."""
        record = self._records.get(_group(address))
        return record is None or record.banned_until <= self._now()

    def score(self, address: str, points: int, why: str) -> None:
        """Something failed from this address."""
        if inside(address, (*self._rules.never, *self.trusted)):
            return
        now = self._now()
        record = self._records.setdefault(_group(address), _Record())
        record.points.append((now, points))
        while record.points[0][0] < now - self._rules.within:
            record.points.popleft()
        if record.banned_until <= now and sum(p for _, p in record.points) >= self._rules.threshold:
            remembered = now - record.banned_until < self._rules.longest_ban and record.last_ban
            record.last_ban = min(record.last_ban * 2, self._rules.longest_ban) if remembered else self._rules.ban
            record.banned_until = now + record.last_ban
            record.points.clear()
            _log.warning("banned", address=address, seconds=record.last_ban, reason=why)
        if len(self._records) > MOST_ADDRESSES:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Make room: those who are not banned go first, the longest known before the others."""
        free = [group for group, record in self._records.items() if record.banned_until <= now]
        for group in (free or list(self._records))[: MOST_ADDRESSES // 10]:
            del self._records[group]


def inside(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address belongs to one of the networks; a text that is no address belongs to none."""
    try:
        parsed = _parsed(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _group(address: str) -> str:
    try:
        parsed = _parsed(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed
