"""What a partner's acknowledgement says about what we sent, one value per set, group or interchange, in words.

Not here: reading the acknowledgement's segments (its map), finding what was sent under these numbers (the gateway).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.ack_words import in_words
from edi.documents.exchange import Acknowledgement, MessageAnswer

Outcome: TypeAlias = Literal["accepted", "accepted_with_errors", "partially_accepted", "rejected", "received"]


@dataclass(frozen=True, slots=True)
class AckResult:
    """What a partner's acknowledgement says about one thing we sent.

    `scope` is what it is about: the set named by `type` and `control`, the group `group_type`/`group_control`, or the
    interchange
    `interchange`. Control numbers are as sent, X12 ones without leading zeros. `errors` are sentences.
    """

    kind: str
    scope: Literal["set", "group", "interchange"]
    outcome: Outcome
    interchange: str = ""
    group_type: str = ""
    group_control: str = ""
    type: str = ""
    control: str = ""
    errors: tuple[str, ...] = ()


def answers(data: Acknowledgement) -> tuple[AckResult, ...]:
    """What a received acknowledgement says, one result per set named, and one for the level above."""
    interchange = data.interchange.control if data.interchange else ""
    if data.group is not None:
        group = {"group_type": data.group.type, "group_control": data.group.control.lstrip("0") or "0"}
        scope: Literal["group", "interchange"] = "group"
        outcome, codes = data.group.outcome.value, data.group.codes
    else:
        group, scope = {}, "interchange"
        outcome = data.outcome.value if data.outcome else "received"
        codes = (data.code,) if data.code else ()
    head = AckResult(
        kind=data.kind,
        scope=scope,
        outcome=_outcome(outcome),
        interchange=interchange,
        errors=tuple(in_words(data.kind, scope, code) for code in codes),
        **group,
    )
    sets = (
        AckResult(
            kind=data.kind,
            scope="set",
            outcome=_outcome(message.outcome.value),
            interchange=interchange,
            type=message.type or "",
            control=message.control,
            errors=tuple(_set_errors(data.kind, message)),
            **group,
        )
        for message in data.messages
    )
    return (head, *sets)


def _set_errors(kind: str, message: MessageAnswer) -> Iterator[str]:
    for segment in message.segments:
        place = f"segment {segment.position}" + (f" ({segment.tag})" if segment.tag else "")
        if segment.code and (not segment.elements or kind == "CONTRL"):
            yield f"{place}: {in_words(kind, 'segment', segment.code)}"
        for element in segment.elements:
            where = f"{place}, element {element.position}" + (f"-{element.component}" if element.component else "")
            shown = f": '{element.value}'" if element.value else ""
            yield f"{where}: {in_words(kind, 'element', element.code)}{shown}"
    for code in message.codes:
        yield in_words(kind, "set", code)


def _outcome(value: str) -> Outcome:
    known: tuple[Outcome, ...] = ("accepted", "accepted_with_errors", "partially_accepted", "rejected", "received")
    return next((outcome for outcome in known if outcome == value), "received")
