"""The closed list of exception kinds: what can need a person, who that is by default, and how the queue is titled.

Not here: an open exception (ledger), the sentence about one case (whoever found it). Rule protected: a kind that is not
in this list does not exist; routing, the console and the documentation are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from gateway.ports import Case, Role


class Kind(NamedTuple):
    """Who decides by default, and the title of the queue."""

    role: Role
    title: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        # A supplier's answer against the order.
        "ack.contradiction": Kind("buyer", "The lines of an answer contradict its header"),
        "ack.counter_offer": Kind("buyer", "The supplier makes a counter offer"),
        "ack.lines_missing": Kind("buyer", "An answer that must name every line leaves some out"),
        "ack.order_cancelled": Kind("buyer", "An answer to an order that is cancelled"),
        "ack.order_locked": Kind("buyer", "An answer to an order that is locked"),
        "ack.order_not_released": Kind("buyer", "An answer to an order that is not confirmed"),
        "ack.order_unknown": Kind("buyer", "An answer to an order that does not exist"),
        "ack.overdue": Kind("buyer", "An expected answer has not come"),
        "ack.rejected": Kind("buyer", "The supplier rejects the order"),
        "ack.unclear": Kind("buyer", "An answer whose meaning is not agreed"),
        "ack.unknown_line": Kind("buyer", "An answer for a line that is not on the order"),
        "ack.unmatched": Kind("edi", "An acknowledgement that matches nothing we sent"),
        "date.changed": Kind("buyer", "The supplier confirms another date"),
        "date.outside_tolerance": Kind("buyer", "The confirmed date is outside tolerance"),
        "line.backordered": Kind("buyer", "A line is backordered"),
        "line.deleted": Kind("buyer", "The supplier deletes a line"),
        "line.on_hold": Kind("buyer", "The supplier keeps a line on hold"),
        "line.rejected": Kind("buyer", "The supplier rejects a line"),
        "line.split": Kind("buyer", "A line is confirmed in several deliveries"),
        "line.substituted": Kind("buyer", "The supplier offers another item"),
        "price.changed": Kind("buyer", "The confirmed price differs"),
        "quantity.changed": Kind("buyer", "The confirmed quantity differs"),
        "item.unknown": Kind("master_data", "An item that cannot be resolved"),
        "unit.unknown": Kind("master_data", "Units of measure that cannot be compared"),
        # A supplier's ship notice against what is expected.
        "asn.after_receipt": Kind("buyer", "A ship notice that comes after the goods"),
        "asn.cancelled": Kind("buyer", "The supplier calls a shipment off"),
        "asn.item_unknown": Kind("buyer", "A ship notice with goods that were not ordered"),
        "asn.no_receipt": Kind("buyer", "A ship notice for an order that expects no goods"),
        "asn.order_cancelled": Kind("buyer", "A ship notice for an order that is cancelled"),
        "asn.order_not_released": Kind("buyer", "A ship notice for an order that is not confirmed"),
        "asn.order_unknown": Kind("buyer", "A ship notice for an order that does not exist"),
        "asn.over_shipment": Kind("buyer", "More is shipped than is still expected"),
        # Messages of AS2.
        "as2.conflict": Kind("operator", "A Message-ID that was used before for other content"),
        "as2.insecure": Kind("operator", "A message that could not be decrypted or verified"),
        "as2.receipt_overdue": Kind("operator", "A late receipt that has not come"),
        "as2.receipt_invalid": Kind("operator", "A receipt that proves nothing"),
        "as2.refused": Kind("operator", "A partner's system refuses a message"),
        # Documents and interchanges.
        "document.conflicting_content": Kind("edi", "A number seen before with other content"),
        "document.fault": Kind("edi", "A document accepted with faults"),
        "document.poison": Kind("operator", "A file whose reading ends the program"),
        "document.unsupported": Kind("edi", "A document that is not agreed"),
        "environment.mismatch": Kind("edi", "A test document in production, or the reverse"),
        "identity.foreign": Kind("edi", "An identity that does not belong to this partner"),
        "interchange.duplicate": Kind("edi", "An interchange seen before"),
        "partner.unknown": Kind("edi", "A sender or partner that is not configured"),
        "syntax.rejected": Kind("edi", "A document rejected for its syntax"),
        # What we send.
        "partner.rejected": Kind("edi", "The partner's acknowledgement rejects our document"),
        "render.failed": Kind("edi", "A document that cannot be written for its partner"),
        "render.selfcheck": Kind("operator", "A document that does not read back as it was meant"),
        # Business systems.
        "connector.config": Kind("operator", "A business system or mailbox is configured wrongly"),
        "connector.credential": Kind("operator", "A credential is refused"),
        "connector.stuck": Kind("operator", "Files that were read and cannot be cleared away"),
        "connector.unreachable": Kind("operator", "A partner's server that has not answered for a while"),
        "connector.defect": Kind("operator", "An internal defect"),
        "credential.ended": Kind("operator", "A certificate or key that has ended"),
        "credential.ends": Kind("operator", "A certificate or key that ends soon"),
        "delivery.expired": Kind("operator", "A delivery that could not be made in time"),
        "odoo.record_gone": Kind("buyer", "The record in Odoo is gone"),
        "odoo.refused": Kind("edi", "Odoo refuses a change"),
    }
)


def case(
    kind: str,
    sentence: str,
    *,
    subject: str = "",
    expected: str = "",
    actual: str = "",
    actions: tuple[str, ...] = (),
    amount: Decimal | None = None,
    currency: str = "",
) -> Case:
    """A case of a known kind with its default role. Raises KeyError for a kind that is not in the list."""
    return Case(kind, sentence, KINDS[kind].role, subject, expected, actual, actions, amount, currency)
