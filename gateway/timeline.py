"""The story of one business object, from the ledger: what happened when, in sentences a buyer can read.

Reading only. One line per milestone, in order of time; the document behind it is named so that it can be looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.ledger.queries import deliveries, views


@dataclass(frozen=True, slots=True, order=True)
class Milestone:
    """`at` is the ledger's text of a moment (UTC)."""

    at: str
    text: str


def timeline(c: Any, subject: str) -> list[Milestone]:
    """Milestones of a business object (`po/P00042`), oldest first; empty if the ledger knows nothing of it."""
    return sorted(dict.fromkeys(_milestones(c, subject)), key=lambda milestone: milestone.at)


def _milestones(c: Any, subject: str) -> Iterator[Milestone]:
    for event in views.events_of(c, subject):
        if event.direction == "out":
            yield Milestone(event.at, f"released for {event.partner}")
    for message in views.messages_about(c, subject):
        verdict = message.verdict.replace("_", " ")
        yield Milestone(
            message.received_at, f"{message.type} received from {message.partner} ({message.file}): {verdict}"
        )
        for answer in deliveries.answers_to(c, message.receipt):
            if answer.settled_at:
                what = "refusal" if answer.kind == "refusal" else answer.type
                yield Milestone(answer.settled_at, f"{what} {answer.name} {_where(answer)}")
    for delivery in views.deliveries_about(c, subject):
        yield from _delivery(delivery)
    for exchange in views.exchanges_about(c, subject):
        if exchange.answered_at:
            yield Milestone(
                exchange.answered_at,
                f"AS2 message {exchange.message_id} receipted by {exchange.as2_to}: {exchange.note}",
            )
    for sent in views.sent_about(c, subject):
        if sent.functional_at and sent.note:
            yield Milestone(
                sent.functional_at, f"{sent.type} {sent.state.replace('_', ' ')} by {sent.partner} ({sent.note})"
            )
        if sent.answered_at:
            yield Milestone(sent.answered_at, f"{sent.type} answered by {sent.partner}")
    for case in views.exceptions_of(c, subject):
        yield Milestone(case.at, f"to decide ({case.role}): {case.sentence}")


def _delivery(delivery: Any) -> Iterator[Milestone]:
    what = {"document": delivery.type, "event": "answer", "notice": "notice"}.get(delivery.kind, delivery.kind)
    if delivery.state == "done":
        name = f" {delivery.name}" if delivery.kind == "document" else ""
        yield Milestone(delivery.settled_at, f"{what}{name} {_where(delivery)}")
    elif delivery.state == "parked":
        yield Milestone(delivery.settled_at, f"{what} for {delivery.destination} was not applied: {delivery.reason}")
    elif delivery.reason:
        yield Milestone(delivery.created_at, f"{what} for {delivery.destination} waits: {delivery.reason}")
    if delivery.collected_at:
        yield Milestone(delivery.collected_at, f"{what} {delivery.name} fetched by {delivery.partner}")


def _where(delivery: Any) -> str:
    """Where something went: a mailbox keeps it for the partner, other channels carry it, a business system takes it."""
    if delivery.effect == "placed":
        return f"placed in mailbox {delivery.destination}"
    return f"{'sent' if '/' in delivery.destination else 'written'} to {delivery.destination}"
