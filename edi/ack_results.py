"""What a partner's acknowledgement says about what we sent, one value per set, group or interchange, in words.

Not here: reading the acknowledgement's segments (its map), finding what was sent under these numbers (the gateway).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.ack_words import in_words
from edi.documents.exchange import Acknowledgement, ElementAnswer, MessageAnswer

Outcome: TypeAlias = Literal["accepted", "accepted_with_errors", "partially_accepted", "rejected", "received"]


@dataclass(frozen=True, slots=True)
class AckResult:
    """What a partner's acknowledgement says about one thing we sent.

    `scope` is what it is about: the set named by `type` and `control`, the group `group_type`/`group_control`, or the
    interchange `interchange`. Control numbers are as sent, X12 ones without leading zeros. `errors` are sentences.
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
    interchange = _number(data.kind, data.interchange.control) if data.interchange else ""
    if data.group is not None:
        group = {"group_type": data.group.type, "group_control": _number(data.kind, data.group.control)}
        scope: Literal["group", "interchange"] = "group"
        outcome, codes = data.group.outcome.value, data.group.codes
    else:
        group, scope = {}, "interchange"
        outcome = data.outcome.value if data.outcome else "received"
        codes = (data.code,) if data.code and data.code != "000" else ()
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
            control=_number(data.kind, message.control),
            errors=tuple(_set_errors(data.kind, message)),
            **group,
        )
        for message in data.messages
    )
    return (head, *sets)


def _number(kind: str, control: str) -> str:
    return control if kind == "CONTRL" else control.lstrip("0") or "0"


def _set_errors(kind: str, message: MessageAnswer) -> Iterator[str]:
    for segment in message.segments:
        place = f"segment {segment.position}" + (f" ({segment.tag})" if segment.tag else "")
        if segment.code and (not segment.elements or kind == "CONTRL"):
            yield f"{place}: {in_words(kind, 'segment', segment.code)}"
        for element in segment.elements:
            shown = f": '{element.value}'" if element.value else ""
            yield f"{place}{_element(kind, element)}: {in_words(kind, 'element', element.code)}{shown}"
    for code in message.codes:
        yield in_words(kind, "set", code)


def _element(kind: str, element: ElementAnswer) -> str:
    """`, element 3-1`; 0098 of a CONTRL counts the segment tag as 1, so what it calls 1 is the tag itself."""
    position = (element.position or 0) - (kind == "CONTRL")
    if position < 1:
        return ""
    return f", element {position}" + (f"-{element.component}" if element.component else "")


def _outcome(value: str) -> Outcome:
    known: tuple[Outcome, ...] = ("accepted", "accepted_with_errors", "partially_accepted", "rejected", "received")
    return next((outcome for outcome in known if outcome == value), "received")
