"""What a canonical event is about: its subject, business key and ordering key (events.md 1).

Not here: whether a key was seen before; the ledger knows. One function per family of events.
"""

from __future__ import annotations

from dataclasses import dataclass

from edi.documents.acknowledgement import OrderAcknowledged
from edi.documents.advice import ApplicationAdvice
from edi.documents.exchange import Acknowledgement
from edi.documents.order import OrderReleased
from edi.documents.types import Code, Data
from edi.errors import EventError


@dataclass(frozen=True, slots=True)
class Keys:
    """`subject` is the business object; `number`, `purpose` and `revision` complete the business key; events of one
    `ordering` key are delivered in order."""

    subject: str
    number: str
    purpose: str = ""
    revision: str = ""

    @property
    def ordering(self) -> str:
        return self.subject

    def business(self, partner: str, event_type: str) -> str:
        return "|".join((partner, event_type, self.number, self.purpose, self.revision))


def keys_of(data: Data) -> Keys:
    """The keys of an event's data. Raises EventError for data that is no canonical event."""
    if isinstance(data, OrderReleased):
        return Keys(f"po/{data.order.number}", data.order.number, data.purpose.value, data.order.revision or "")
    if isinstance(data, OrderAcknowledged):
        # A supplier may answer one order several times, each under its own number: that number is part of the key.
        number = f"{data.order.number}/{data.supplier_order_number or ''}"
        return Keys(f"po/{data.order.number}", number, _value(data.purpose), data.order.revision or "")
    if isinstance(data, Acknowledgement):
        about = data.group.control if data.group else data.interchange.control if data.interchange else ""
        return Keys(f"exchange/{data.kind}/{about}", f"{data.kind}/{about}")
    if isinstance(data, ApplicationAdvice):
        about = data.number or "/".join(document.reference or document.control or "" for document in data.documents)
        return Keys(f"exchange/{data.kind}/{about}", f"{data.kind}/{about}")
    raise EventError(f"{type(data).__name__} is not the data of a canonical event")


def _value(code: Code | None) -> str:
    return code.value if code else ""
