"""What an acknowledgement says of a group or an interchange: AK1 and AK9, UCI and UCF, TA1, as values.

Not here: the entry of one set (edi/ack_entries.py), when an acknowledgement is sent (edi/acks.py). Rule protected: what
is said at one level follows from the level below (X12.20, ISO 9735-4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from edi.ack_entries import UNSPECIFIED, Layer, contrl_layer, reference, service_place
from edi.ack_maps import release
from edi.ack_results import Outcome
from edi.documents.advice import AdvisedDocument
from edi.documents.exchange import Acknowledgement, AnsweredInterchange, GroupAnswer, MessageAnswer, UngAnswer, Who
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import Group, GroupEnd, Identity, Interchange, InterchangeEnd

MOST_SETS = 999_999  # AK902 to AK904 have six digits


@dataclass(slots=True)
class Part:
    """What was judged of one group, or of the messages of an interchange that stand in none."""

    group: Group | None
    received: int = 0
    kept: bool = False  # was any set taken?
    answered: int = 0  # sets that are no functional acknowledgements themselves; the counts below are of these
    accepted: int = 0
    flawed: int = 0
    messages: list[MessageAnswer] = field(default_factory=list)
    detail: Literal["errors", "all"] = "errors"
    wanted: set[str] = field(default_factory=set)  # 997, 999; receipt, syntax
    advised: list[AdvisedDocument] = field(default_factory=list)
    kind: Literal["997", "999"] = "997"  # never both; the first set decides


def refused(faults: Sequence[Fault]) -> bool:
    """Do the faults of a header refuse everything below it?"""
    return any(fault.severity == "reject" for fault in faults)


def nameable(group: Group) -> bool:
    """Can AK1 name the group (X12 data elements 479 and 28)?"""
    return bool(re.fullmatch("[A-Z0-9]{2}", group.type) and re.fullmatch("[0-9]{1,9}", group.control))


def group_answer(end: GroupEnd, part: Part) -> Acknowledgement:
    """The 997 or 999 of a group."""
    group = end.group
    codes = Layer(part.kind, release(group.version)).codes((*group.faults, *end.faults))
    declared = end.declared if end.declared is not None else part.answered
    return Acknowledgement(
        kind=part.kind,
        interchange=answered(group.interchange),
        group=GroupAnswer(
            type=group.type,
            control=group.control,
            version=_release(group.version),
            outcome=Code(value=_group_outcome(part, bool(codes))),
            included=min(declared, MOST_SETS),
            received=min(part.answered, MOST_SETS),
            accepted=min(part.accepted, MOST_SETS),
            codes=codes,
        ),
        messages=tuple(part.messages),
    )


def _release(version: str) -> str | None:
    """GS08 as AK103 repeats it, at least its six digits."""
    found = re.match("[0-9]{6}(?:[A-Z0-9]{1,6}$)?", version)
    return found[0] if found else None


def _group_outcome(part: Part, group_errors: bool) -> Outcome:
    """AK901 from the counts."""
    if part.accepted == 0:
        return "rejected"
    if part.accepted < part.answered:
        return "partially_accepted"
    return "accepted_with_errors" if part.flawed or group_errors else "accepted"


def ta1(interchange: Interchange, faults: Sequence[Fault], *, kept: bool) -> Acknowledgement:
    """The verdict on the envelope. R means that all must be sent again: with `kept` sets even a lost trailer is E."""
    noted = [fault for fault in faults if fault.ta1 and fault.severity in ("reject", "error")]
    worst = next((fault for fault in noted if fault.severity == "reject"), noted[0] if noted else None)
    outcome, code = "accepted", "000"
    if worst is not None:
        rejected = worst.severity == "reject" and not kept
        outcome, code = ("rejected" if rejected else "accepted_with_errors"), worst.ta1
    return Acknowledgement(kind="TA1", interchange=answered(interchange), outcome=Code(value=outcome), code=code)


def receipt(interchange: Interchange) -> Acknowledgement:
    """CONTRL with action 8: the interchange has arrived, nothing more."""
    return Acknowledgement(kind="CONTRL", interchange=answered(interchange), outcome=Code(value="received"))


def refusal(end: InterchangeEnd, blocking: Sequence[Fault]) -> Acknowledgement:
    """CONTRL with action 4: for an interchange that was not looked into, or is empty."""
    interchange = end.interchange
    faults = blocking or [fault for fault in (*interchange.faults, *end.faults) if fault.severity == "reject"]
    code, first = _first(faults, contrl_layer(interchange))
    return Acknowledgement(
        kind="CONTRL",
        interchange=answered(interchange),
        outcome=Code(value="rejected"),
        code=code,
        service=service_place(first) if first is not None else None,
    )


def verdict(interchange: Interchange, parts: Sequence[Part]) -> Acknowledgement:
    """CONTRL with action 7: groups and messages speak for themselves; who is not named is accepted."""
    return Acknowledgement(
        kind="CONTRL",
        interchange=answered(interchange),
        outcome=Code(value="accepted"),
        messages=tuple(message for part in parts if part.group is None for message in part.messages),
        groups=tuple(_ung(part, part.group) for part in parts if part.group is not None and _spoken_of(part)),
    )


def _spoken_of(part: Part) -> bool:
    refused_group = part.group is not None and refused(part.group.faults)
    return bool(part.messages) or refused_group or part.detail == "all"


def _ung(part: Part, group: Group) -> UngAnswer:
    """UCF: a refused group with its code and without its messages."""
    rejected = refused(group.faults)
    code, first = _first(
        [fault for fault in group.faults if fault.severity == "reject"], contrl_layer(group.interchange)
    )
    return UngAnswer(
        control=reference(group.control),
        sender=_application(group.sender, group.interchange.sender),
        receiver=_application(group.receiver, group.interchange.receiver),
        outcome=Code(value="rejected" if rejected else "accepted"),
        code=code if rejected else None,
        service=service_place(first) if rejected and first is not None else None,
        messages=() if rejected else tuple(part.messages),
    )


def _first(faults: Sequence[Fault], layer: Layer) -> tuple[str, Fault | None]:
    """The first code and its fault."""
    coded = next(((layer.code(fault), fault) for fault in faults if layer.code(fault)), None)
    return coded or (UNSPECIFIED, None)


def _application(application: Identity, interchange: Identity) -> Who:
    """S006, S007 if they can be repeated, else the identification of the interchange."""
    plain = re.compile("[ -~]{1,35}")
    good = plain.fullmatch(application.id) and re.fullmatch("[ -~]{0,4}", application.qualifier)
    found = application if good else interchange
    return Who(id=found.id, qualifier=found.qualifier or None)


def answered(interchange: Interchange) -> AnsweredInterchange:
    """How an acknowledgement names the interchange it answers."""

    def who(identity: Identity) -> Who | None:
        return Who(id=identity.id, qualifier=identity.qualifier or None) if identity.id else None

    return AnsweredInterchange(
        control=reference(interchange.control),
        version=interchange.version or None,
        sender=who(interchange.sender),
        receiver=who(interchange.receiver),
        date=interchange.date or None,
        time=interchange.time or None,
    )
