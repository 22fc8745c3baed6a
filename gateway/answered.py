"""What a partner's answer matches: functional acknowledgements, pick-ups, business answers. Called inside a
transaction only.

Not here: reading acknowledgements (edi), clocks (the console and status). Rules protected: an answer of one
layer says nothing about the next; a refused document becomes a decision for the buyer of that order;
nothing is sent again by itself.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import edi
from gateway import clock
from gateway.ledger.queries import answers, deliveries
from gateway.outbox import Placement
from gateway.partners import Partner
from gateway.ports import Case
from gateway.writing import open_case, place

RANK = {"sent": 0, "collected": 1, "accepted": 2, "accepted_with_errors": 3, "rejected": 4}  # the worse answer wins


def match(c: Any, partner: Partner, results: tuple[edi.AckResult, ...], row: Any, now: dt.datetime) -> set[str]:
    """One acknowledgement against the sets we sent."""
    head = results[0]
    if head.scope == "document":
        return {lane for result in results for lane in _advice(c, partner, result, row, now)}
    if head.kind in ("997", "999"):
        sent = answers.sent_by_group(c, partner.id, head.group_type, head.group_control)
    else:
        syntax = "edifact" if head.kind == "CONTRL" else "x12"
        sent = answers.sent_by_interchange(c, partner.id, syntax, _number(head.interchange))
    if not sent:
        _unmatched(c, partner, head, row, now, "nothing we sent has this number")
        return set()
    named = {_number(result.control): result for result in results if result.scope == "set"}
    touched: set[str] = set()
    for line in sent:
        result = named.get(_number(line.control), head)
        if head.kind == "TA1" and result.outcome != "rejected":
            continue  # the envelope is fine; that says nothing about the set
        if result is head and head.outcome == "partially_accepted":
            _unmatched(c, partner, head, row, now, f"it accepts a part and does not say what of {line.type} it means")
            continue
        touched |= _apply(c, partner, line, result, now)
    return touched


def _advice(c: Any, partner: Partner, result: edi.AckResult, row: Any, now: dt.datetime) -> set[str]:
    """An 824 or APERAK on one document: by the numbers it repeats, else by the number of the order."""
    sent = []
    if result.group_control:
        numbered = answers.sent_by_group_number(c, partner.id, result.group_control)
        sent = [line for line in numbered if not result.control or _number(line.control) == _number(result.control)]
    elif result.kind == "APERAK" and result.control:  # partners repeat their number of the file, or ours of the order
        sent = list(answers.sent_by_interchange(c, partner.id, "edifact", _number(result.control)))
        sent = sent or list(answers.sent_for_subject(c, partner.id, f"po/{result.control}"))
    if result.reference:
        about = list(answers.sent_for_subject(c, partner.id, f"po/{result.reference}"))
        # Numbers return after a while; an order of the right number among them is the one that is meant.
        sent = [line for line in sent if line.subject == f"po/{result.reference}"] or about or sent
    if not sent:
        _unmatched(c, partner, result, row, now, "nothing we sent has this number")
        return set()
    outcome = "accepted_with_errors" if result.outcome == "partially_accepted" else result.outcome
    told = dataclasses.replace(result, outcome=outcome)
    return {lane for line in sent for lane in _apply(c, partner, line, told, now)}


def _apply(c: Any, partner: Partner, line: Any, result: edi.AckResult, now: dt.datetime) -> set[str]:
    if result.outcome == "received":
        return set()  # CONTRL action 8 says that the file arrived, and nothing of its content
    if result.outcome not in RANK or RANK[result.outcome] <= RANK.get(line.state, 0):
        answers.update_sent(c, line.id, {"functional_at": line.functional_at or clock.stamp(now)})
        return set()
    note = f"{result.kind}: " + ("; ".join(result.errors) or result.outcome.replace("_", " "))
    values = {"state": result.outcome, "note": note, "functional_at": clock.stamp(now)}
    answers.update_sent(c, line.id, values)
    if result.outcome != "rejected":
        return set()
    number = line.subject.partition("/")[2]
    why = "; ".join(result.errors) or "no reason was given"
    sentence = f"{partner.file.name or partner.id} refused order {number} ({line.type}) with a {result.kind}: {why}"
    case = Case("partner.rejected", sentence, "edi", line.subject, actual=why)
    open_case(c, case, now, partner=partner.id, dedupe=f"rejected|{line.id}")
    event = deliveries.get_event(c, line.event)
    return place(c, notice(event, case, "refused", f"rejected|{line.id}"), now) if event is not None else set()


def notice(event: Any, case: Case, what: str, cause: str) -> list[Placement]:
    """A message to the business system about an order of its own: one activity and one note there."""
    if not event.reply_to:
        return []
    return [
        Placement(
            id=edi.stable_id("notice", cause),
            destination=event.reply_to,
            key=event.subject,
            kind="notice",
            type=case.kind,
            partner=event.partner,
            subject=event.subject,
            event=event.id,
            facts={
                "order": event.subject.partition("/")[2],
                "reference": event.reference,
                "summary": f"Order {event.subject.partition('/')[2]} {what}",
                "note": case.sentence,
                "role": "buyer",
            },
        )
    ]


def by_business(c: Any, partner: str, subject: str, now: dt.datetime) -> None:
    """A business answer proves that the order arrived: it ends every clock of the sets about it."""
    for line in answers.sent_for_subject(c, partner, subject):
        if line.answered_at is None:
            values = {"answered_at": clock.stamp(now), "functional_at": line.functional_at or clock.stamp(now)}
            answers.update_sent(c, line.id, values)


def collected(c: Any, mailbox: str, delivery: str, now: dt.datetime) -> None:
    """The partner has fetched a file from its hosted mailbox."""
    if deliveries.mark_collected(c, mailbox, delivery, clock.stamp(now)):
        answers.sent_collected(c, delivery)


def _unmatched(c: Any, partner: Partner, head: edi.AckResult, row: Any, now: dt.datetime, why: str) -> None:
    about = f"group {head.group_type} {head.group_control}" if head.group_control else f"interchange {head.interchange}"
    about = f"document {head.reference or head.control}" if head.scope == "document" else about
    sentence = f"{row.name}: the {head.kind} for {about} matches nothing: {why}"
    case = Case("ack.unmatched", sentence, "edi", actual=about)
    open_case(c, case, now, partner=partner.id, receipt=row.id, dedupe=f"unmatched|{row.id}|{about}")


def _number(control: str) -> str:
    """Control numbers compare without leading zeros."""
    return control.lstrip("0") or "0"
