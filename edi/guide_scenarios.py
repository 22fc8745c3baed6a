"""The test scenarios of a guide: what to try before going live, for the kind of document and what its map can say.

Not here: running them. Rule protected: a scenario that needs a code or a field is listed only if the map has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edi.carried import carried_paths
from edi.guide_model import Scenario
from edi.mapping import Map
from edi.profile import Agreement


class _Row(NamedTuple):
    """A scenario. `meaning` must be in a table of the map, `field` be bound by it."""

    name: str
    action: str
    expected: str
    meaning: str = ""
    field: str = ""


_TAKEN = "it is accepted"
_ASKED = "it is accepted; a person decides about the difference"
_ANSWERS = (
    _Row("everything accepted", "confirm every line as ordered", _TAKEN, "accepted"),
    _Row("smaller quantity", "confirm less than was ordered on one line", _ASKED, "quantity_changed"),
    _Row("another price", "confirm one line at another price", _ASKED, "price_changed"),
    _Row("two dates", "split one line over two dates", _ASKED, field="responses.date"),
    _Row("back order", "confirm part of a line, the rest later", _ASKED, "backordered"),
    _Row("substitute", "offer another item on one line", _ASKED, "substituted"),
    _Row("one line refused", "refuse one line", _ASKED, "rejected"),
    _Row("all refused", "refuse the whole order", _ASKED, "rejected"),
)
_SHIPMENTS = (
    _Row("one package", "announce one order in one package", _TAKEN),
    _Row("pallets and cases", "announce cases on pallets, each with its SSCC", _TAKEN, field="ssccs"),
    _Row("wrong SSCC", "send one SSCC with a wrong check digit", "it is noted and a person looks at it", field="ssccs"),
    _Row("lots and serial numbers", "announce items with lot or serial numbers", _TAKEN, field="lots"),
    _Row("part, then the rest", "announce half of an order, later the rest", "both are accepted"),
    _Row("two orders", "announce two orders in one shipment", _TAKEN),
)
_INVOICES = (
    _Row("as ordered and received", "invoice one order as it was delivered", _TAKEN),
    _Row("charge", "invoice with a charge for freight", _TAKEN, field="charges"),
    _Row("tax", "invoice with tax", _TAKEN, field="taxes"),
    _Row("credit note", "credit part of an earlier invoice", _TAKEN, "credit_note"),
    _Row("wrong total", "invoice with a total that does not fit its lines", _ASKED),
)
_BY_EVENT = {
    "procurement.order.acknowledged.v1": _ANSWERS,
    "procurement.change.acknowledged.v1": _ANSWERS,
    "procurement.shipment.dispatched.v1": _SHIPMENTS,
    "procurement.invoice.received.v1": _INVOICES,
}


def scenarios(map_: Map, agreement: Agreement) -> Iterator[Scenario]:
    """The scenarios for a map, first those every document has."""
    if agreement.direction == "out":
        yield Scenario("arrival", "take a test document of ours", "your acknowledgement says accepted")
        yield Scenario("the same again", "take the same file a second time", "you do not process it twice")
        return
    name = agreement.functional.upper()
    if agreement.functional != "none":
        yield Scenario("connection", "send a file with the test indicator", f"a {name} comes back")
    meanings = {meaning for table in map_.tables.values() for meaning in table.read.values()}
    fields = {".".join(path) for path in carried_paths(map_.layout, "read")}
    for row in _BY_EVENT.get(map_.event, ()):
        if row.meaning and row.meaning not in meanings:
            continue
        if row.field and not any(row.field in f".{path}" for path in fields):
            continue
        yield Scenario(row.name, row.action, row.expected)
    if agreement.functional != "none":
        yield Scenario("damaged document", "leave out a required element", f"the {name} names segment and element")
    yield Scenario("the same again", "send the same file a second time", "it is not processed twice")
