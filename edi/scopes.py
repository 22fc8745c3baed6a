"""`reject_scope`: a rejected set may pull down the sets of its group, or of its interchange.

Not here: the verdict on one set (edi/translate.py), the answer (edi/acks.py). Rules protected: no event leaves before
the verdict on it is final; a received acknowledgement pulls nobody down and is pulled down by nobody.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from edi.ack_entries import FUNCTIONAL
from edi.model import Gap, Group, GroupEnd, Interchange, InterchangeEnd
from edi.profile import Agreement, Profile, Scope
from edi.results import Result

Envelope: TypeAlias = Interchange | Group | GroupEnd | InterchangeEnd | Gap
WIDTH: dict[Scope, int] = {"transaction": 0, "group": 1, "interchange": 2}


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One set with its verdict, what is agreed for it, and whether its content could be read."""

    result: Result
    agreement: Agreement | None
    usable: bool


def settled(items: Iterable[Envelope | Judged], profile: Profile) -> Iterator[Envelope | Judged]:
    """The same items, each set with its final verdict; held back as long as a set behind it may still change it."""
    scopes: list[Scope] = [agreement.reject_scope for agreement in profile.agreements if agreement.direction == "in"]
    widest: Scope = max(scopes, key=WIDTH.__getitem__, default="transaction")
    if widest == "transaction":
        yield from items
        return
    waiting: list[Envelope | Judged] = []
    for item in items:
        waiting.append(item)
        if isinstance(item, InterchangeEnd) or (widest == "group" and isinstance(item, GroupEnd)):
            yield from _final(waiting, widest)
            waiting = []
    yield from _final(waiting, widest)


def _final(waiting: list[Envelope | Judged], widest: Scope) -> Iterator[Envelope | Judged]:
    """`widest` holds for sets that are not agreed."""
    failed = [item for item in waiting if isinstance(item, Judged) and _failed(item)]
    scopes = [(item.agreement.reject_scope if item.agreement else widest, item.result.group) for item in failed]
    everything = any(scope == "interchange" for scope, _ in scopes)
    groups = [group for scope, group in scopes if scope == "group"]
    for item in waiting:
        pulled = isinstance(item, Judged) and (everything or any(group is item.result.group for group in groups))
        if isinstance(item, Judged) and pulled and _answered(item):
            yield dataclasses.replace(item, result=dataclasses.replace(item.result, verdict="rejected", event=None))
        else:
            yield item


def _failed(item: Judged) -> bool:
    return item.result.verdict == "rejected" and _answered(item)


def _answered(item: Judged) -> bool:
    return item.result.message is not None and item.result.message.type not in FUNCTIONAL
