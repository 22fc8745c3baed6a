"""What a channel or listener proves itself with, or knows the other side by, for the calendar of what ends.

Each transport says it for its own settings: `credentials(settings, secrets)`. Never a secret: names, fingerprints and
days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

CredentialKind: TypeAlias = Literal[
    "certificate", "TLS certificate", "TLS authority", "host key", "login key", "password", "token"
]


@dataclass(frozen=True, slots=True)
class Credential:
    """`whose` is ours or theirs. `since` and `until` are moments (UTC), None: no beginning, no end. `use`: from when it
    is used for what we send, as a file has it."""

    kind: CredentialKind
    whose: Literal["ours", "theirs"]
    subject: str
    fingerprint: str
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    use: str = ""


def end_of(day: dt.date | None) -> dt.datetime | None:
    """When the last day of something is over."""
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1) if day is not None else None
