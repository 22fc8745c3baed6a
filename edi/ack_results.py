"""What a partner's acknowledgement says of what we sent: one value per document, set, group or interchange, in words.

Not here: reading the acknowledgement's segments (its map), finding what was sent under these numbers (the gateway).
Rule protected: an acknowledgement that contradicts itself is shown, never smoothed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from edi.ack_words import in_words
from edi.documents.advice import AdviceError, AdvisedDocument, ApplicationAdvice
from edi.documents.exchange import Acknowledgement, ElementAnswer, GroupAnswer, MessageAnswer

Outcome: TypeAlias = Literal["accepted", "accepted_with_errors", "partially_accepted", "rejected", "received"]
Scope: TypeAlias = Literal["set", "group", "interchange", "document"]
_OUTCOMES: tuple[Outcome, ...] = ("accepted", "accepted_with_errors", "partially_accepted", "rejected", "received")


@dataclass(frozen=True, slots=True)
class AckResult:
    """What a partner's acknowledgement says about one thing we sent.

    `scope` is what it is about: the set named by `type` and `control`, the group `group_type`/`group_control`, the
    interchange `interchange`, or (824, APERAK) the document with the business number `reference` and as many control
    numbers as are repeated. Control numbers are as sent, X12 ones without leading zeros. `errors` are sentences;
    those about contradictions in the acknowledgement itself come first.
    """

    kind: str
    scope: Scope
    outcome: Outcome
    interchange: str = ""
    group_type: str = ""
    group_control: str = ""
    type: str = ""
    control: str = ""
    reference: str = ""
    errors: tuple[str, ...] = ()


def answers(data: Acknowledgement | ApplicationAdvice) -> tuple[AckResult, ...]:
    """What a received acknowledgement says: one result for the level above, then one per set named; for an 824 or
    APERAK one per document."""
    if isinstance(data, ApplicationAdvice):
        found = tuple(_document(data, document) for document in data.documents)
        return found or (AckResult(kind=data.kind, scope="document", outcome="received"),)
    return tuple(_functional(data))


def _functional(data: Acknowledgement) -> Iterator[AckResult]:
    interchange = _number(data.kind, data.interchange.control) if data.interchange else ""
    common: dict[str, Any] = {"kind": data.kind, "interchange": interchange}
    scope: Scope = "interchange"
    if data.group is not None:
        scope = "group"
        common |= {"group_type": data.group.type, "group_control": _number(data.kind, data.group.control)}
        outcome, codes = data.group.outcome.value, data.group.codes
        doubts = list(_contradictions(data.kind, data.group, data.messages))
    else:
        outcome = data.outcome.value if data.outcome else "received"
        codes = (data.code,) if data.code and data.code != "000" else ()
        doubts = list(_refused_and_kept(outcome, data))
    told = (*doubts, *(in_words(data.kind, scope, code) for code in codes))
    yield AckResult(scope=scope, outcome=_outcome(outcome), errors=told, **common)
    yield from _sets(data, data.messages, common)
    for group in data.groups:
        part = common | {"group_control": group.control}
        codes = (group.code,) if group.code else ()
        told = tuple(in_words(data.kind, "group", code) for code in codes)
        yield AckResult(scope="group", outcome=_outcome(group.outcome.value), errors=told, **part)
        yield from _sets(data, group.messages, part)


def _sets(data: Acknowledgement, messages: Sequence[MessageAnswer], common: dict[str, Any]) -> Iterator[AckResult]:
    for message in messages:
        yield AckResult(
            scope="set",
            outcome=_outcome(message.outcome.value),
            type=message.type or "",
            control=_number(data.kind, message.control),
            errors=tuple(_set_errors(data.kind, message)),
            **common,
        )


def _contradictions(kind: str, group: GroupAnswer, messages: Sequence[MessageAnswer]) -> Iterator[str]:
    """The counts of AK9 against each other, against its verdict, and against the AK5 (IK5) below it."""
    verdict, received, accepted = group.outcome.value, group.received, group.accepted
    words = verdict.replace("_", " ")
    if received is not None and accepted is not None:
        fits = {"rejected": accepted == 0, "partially_accepted": 0 < accepted < received}
        if accepted > received:
            yield f"AK9 counts {accepted} accepted sets, but only {received} received ones"
        elif not fits.get(verdict, accepted == received):
            yield f"AK9 says {words}, but counts {accepted} of {received} sets as accepted"
    five = "IK5" if kind == "999" else "AK5"
    refused = [message.control for message in messages if message.outcome.value == "rejected"]
    kept = [message.control for message in messages if message.outcome.value != "rejected"]
    if verdict in ("accepted", "accepted_with_errors") and refused:
        yield f"AK9 says {words}, but {five} rejects {_listed(refused)}"
    if verdict == "rejected" and kept:
        yield f"AK9 says {words}, but {five} accepts {_listed(kept)}"
    if verdict == "partially_accepted" and not messages:
        yield f"AK9 says {words}, but no set is named"
    if received is not None and accepted is not None and accepted <= received:
        if len(refused) > received - accepted:
            yield f"AK9 counts {received - accepted} rejected sets, but {five} rejects {len(refused)}"
        if len(kept) > accepted:
            yield f"AK9 counts {accepted} accepted sets, but {five} accepts {len(kept)}"


def _refused_and_kept(outcome: str, data: Acknowledgement) -> Iterator[str]:
    """UCI 4 rejects all that is below; nothing there can be accepted."""
    inside = [*data.messages, *(message for group in data.groups for message in group.messages)]
    kept = [message.control for message in inside if message.outcome.value == "accepted"]
    if outcome == "rejected" and kept:
        yield f"UCI rejects the interchange, but UCM accepts {_listed(kept)}"


def _listed(controls: Sequence[str]) -> str:
    shown = ", ".join(controls[:5])
    return f"set {shown}" if len(controls) == 1 else f"sets {shown}" + (" and others" if len(controls) > 5 else "")


def _number(kind: str, control: str) -> str:
    return control if kind in ("CONTRL", "APERAK") else control.lstrip("0") or "0"


def _set_errors(kind: str, message: MessageAnswer) -> Iterator[str]:
    if message.outcome.value == "accepted" and (message.segments or message.codes):
        yield "the set is accepted, but errors are named"
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


def _document(data: ApplicationAdvice, document: AdvisedDocument) -> AckResult:
    return AckResult(
        kind=data.kind,
        scope="document",
        outcome=_verdict(document),
        group_control=_number(data.kind, document.group_control) if document.group_control else "",
        type=document.type or "",
        control=_number(data.kind, document.control) if document.control else "",
        reference=document.reference or "",
        errors=tuple(map(_advised, document.errors)),
    )


def _verdict(document: AdvisedDocument) -> Outcome:
    """As said; an APERAK that does not say is a refusal if it names errors."""
    for code in (document.outcome, document.function):
        if code is not None and code.value in _OUTCOMES:
            return _outcome(code.value)
    return "rejected" if document.errors else "accepted"


def _advised(error: AdviceError) -> str:
    place = f"segment {error.position}" if error.position else ""
    place += f" ({error.tag})" if error.tag and place else error.tag or ""
    place += f", element {error.element}" if error.element else ""
    place = f"line {error.line}" if error.line else place
    text = " ".join(error.lines) or error.text
    words = f"{text} ({error.code})" if text else in_words("824", "element", error.code)
    return (f"{place}: " if place else "") + words + (f": '{error.value}'" if error.value and not error.lines else "")


def _outcome(value: str) -> Outcome:
    return next((outcome for outcome in _OUTCOMES if outcome == value), "received")
