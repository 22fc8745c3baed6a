"""What the poller remembers in the ledger, key by key. Written by the poller and, after its own writes, by the sink.

    cursor       the next poll looks at what was written since then
    since        what the configuration said when the source started, or that time
    since:<p>    orders of a partner confirmed before are known and never sent (the baseline)
    order:<id>   fingerprint of an order as last seen, and the day it was seen
    told:<id>    the order as its supplier was last told of it (changes.py)
    agreed:<id>  what the supplier has confirmed of it; written by the sink (changes.py)

Rule protected: the number of keys is bounded by the orders of KEPT_DAYS. Forgetting an order is safe: its release has
an event id that the ledger knows for ever, so seeing it again sends nothing; only a change made at that very moment is
not noticed as one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

CURSOR = "cursor"
SINCE = "since"
ORDER = "order:"
TOLD = "told:"
AGREED = "agreed:"
PARTNER_SINCE = "since:"
KEPT_DAYS = 400
FORGET_AT_ONCE = 500


def order_key(order: int) -> str:
    return f"{ORDER}{order}"


def told_key(order: int) -> str:
    return f"{TOLD}{order}"


def agreed_key(order: int) -> str:
    return f"{AGREED}{order}"


def seen(fingerprint: str, day: dt.date) -> str:
    """The remembered text of an order."""
    return f"{fingerprint} {day.isoformat()}"


def fingerprint_of(remembered: str) -> str:
    return remembered.partition(" ")[0]


def forgotten(state: Mapping[str, str], today: dt.date) -> dict[str, str]:
    """The keys of orders not seen for KEPT_DAYS, with the empty text that forgets them; a limited number at a time."""
    limit = (today - dt.timedelta(days=KEPT_DAYS)).isoformat()
    old = (key for key, text in state.items() if key.startswith(ORDER) and text.partition(" ")[2] < limit)
    orders = [key.removeprefix(ORDER) for key, _ in zip(old, range(FORGET_AT_ONCE), strict=False)]
    return {f"{prefix}{order}": "" for order in orders for prefix in (ORDER, TOLD, AGREED)}
