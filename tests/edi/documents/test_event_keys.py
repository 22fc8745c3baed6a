"""Subjects, business keys, lanes and owners of events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edi.documents import TYPES, keys_of, model_of
from edi.documents.types import Data, Quantity
from edi.errors import EventError
from edi.event_fields import UnknownField, fields, leaves, owner_of, resolve

SAMPLES = Path(__file__).resolve().parents[3] / "samples/events"


def sample(event_type: str) -> Any:
    value = json.loads((SAMPLES / f"{event_type}.json").read_text(encoding="utf-8"))
    return model_of(event_type).model_validate(value["data"])


@pytest.mark.parametrize(
    ("event_type", "subject", "ordering", "business"),
    [
        ("procurement.order.released.v1", "po/P00042", "po/P00042", "P00042|original|0"),
        ("procurement.order.changed.v1", "po/P00042", "po/P00042", "P00042|change|1"),
        ("procurement.order.cancelled.v1", "po/P00042", "po/P00042", "P00042|cancel|2"),
        ("procurement.order.acknowledged.v1", "po/P00042", "po/P00042", "P00042/SO-7781|original|"),
        ("procurement.change.acknowledged.v1", "po/P00042", "po/P00042", "P00042/SO-7781|original|1"),
        ("procurement.shipment.dispatched.v1", "shipment/acme/SH9001", "po/P00042", "SH9001|original|"),
        ("procurement.goods.received.v1", "receipt/acme/R-502", "po/P00042", "R-502|original|"),
        ("procurement.discrepancy.identified.v1", "po/P00042", "po/P00042",
         "line/P00042/1,receipt/R-501/qty_short||1"),
        ("procurement.invoice.received.v1", "invoice/acme/INV-77", "po/P00042", "INV-77|original|"),
        ("procurement.creditnote.received.v1", "invoice/acme/CN-5", "po/P00042", "CN-5|original|"),
        ("procurement.invoice.matched.v1", "invoice/acme/INV-77", "po/P00042", "INV-77||2"),
        ("inventory.advice.received.v1", "inventory/acme/supplier:W1", "inventory/acme/supplier:W1",
         "IA-1|original|118"),
        ("warehouse.receipt.expected.v1", "inbound/IN-P00042-1", "inbound/IN-P00042-1", "IN-P00042-1|original|1"),
        ("warehouse.shipment.confirmed.v1", "outbound/OUT-88", "outbound/OUT-88", "OUT-88/WS-3|original|"),
        ("sales.order.received.v1", "so/acme/P00042", "so/acme/P00042", "P00042|original|0"),
        ("sales.order.shipped.v1", "shipment/acme/SH9001", "so/acme/P00042", "SH9001|original|"),
        ("exchange.ack.received.v1", "exchange/997/1", "exchange/997/1", "997/1||"),
        ("exchange.delivery.failed.v1",
         "delivery/odoo-main/2ad06bdc-df67-5c6b-8c1d-879143456e03",
         "delivery/odoo-main/2ad06bdc-df67-5c6b-8c1d-879143456e03",
         "odoo-main/2ad06bdc-df67-5c6b-8c1d-879143456e03||3"),
    ],
)  # fmt: skip
def test_keys_of_an_event(event_type: str, subject: str, ordering: str, business: str) -> None:
    keys = keys_of(sample(event_type), "acme", event_type)
    assert (keys.subject, keys.ordering) == (subject, ordering)
    assert keys.business("acme", event_type) == f"acme|{event_type}|{business}"


@pytest.mark.parametrize("event_type", TYPES)
def test_every_event_has_keys_also_of_no_partner(event_type: str) -> None:
    keys = keys_of(sample(event_type))
    assert keys.subject
    assert keys.number
    assert "//" not in keys.subject
    assert (
        event_type.startswith(("procurement.payment", "inventory", "catalog", "warehouse", "exchange")) or keys.orders
    )


def test_an_invoice_over_several_orders_has_a_lane_of_its_own() -> None:
    invoice = sample("procurement.invoice.received.v1")
    (line,) = invoice.lines
    other = line.model_copy(update={"order": line.order.model_copy(update={"number": "P00043"})})
    keys = keys_of(invoice.model_copy(update={"lines": (line, other)}), "acme")
    assert keys.ordering == keys.subject == "invoice/acme/INV-77"
    assert keys.orders == ("po/P00042", "po/P00043")


def test_the_orders_of_a_shipment_are_found_in_its_packages() -> None:
    shipment = sample("procurement.shipment.dispatched.v1")
    (pallet,) = shipment.packages
    case = pallet.packages[0]
    item = case.items[0].model_copy(
        update={"order": case.items[0].order.model_copy(update={"number": "P00077", "line_number": "9"})}
    )
    deep = pallet.model_copy(update={"packages": (case.model_copy(update={"items": (item,)}),)})
    keys = keys_of(shipment.model_copy(update={"order": None, "items": (), "packages": (deep,)}), "acme")
    assert keys.orders == ("po/P00077",)
    assert keys.ordering == "po/P00077"


def test_data_of_no_event_has_no_keys() -> None:
    with pytest.raises(EventError, match="Quantity is not the data of a canonical event"):
        keys_of(Quantity.model_validate({"value": "1"}))


@pytest.mark.parametrize(
    ("event_type", "path", "owner"),
    [
        ("procurement.order.released.v1", "ship_to.name", "buyer"),
        ("procurement.order.acknowledged.v1", "ship_to.name", "buyer"),
        ("procurement.order.acknowledged.v1", "lines.ordered.value", "buyer"),
        ("procurement.order.acknowledged.v1", "lines.responses.quantity.value", "supplier"),
        ("procurement.shipment.dispatched.v1", "packages.items.shipped", "supplier"),
        ("procurement.shipment.dispatched.v1", "packages.items.ordered.value", "buyer"),
        ("procurement.goods.received.v1", "lines.rejected.quantity", "wms"),
        ("procurement.goods.received.v1", "shipment.number", "supplier"),
        ("procurement.invoice.received.v1", "remit_to.ids.iban", "supplier"),
        ("procurement.invoice.matched.v1", "verdict", "gateway"),
        ("warehouse.receipt.expected.v1", "carrier.ids.scac", "carrier"),
    ],
)
def test_the_owner_of_a_field(event_type: str, path: str, owner: str) -> None:
    assert owner_of(model_of(event_type), path.split(".")) == owner


@pytest.mark.parametrize(
    "event_type", [event_type for event_type in TYPES if not event_type.startswith(("exchange.ack", "exchange.advice"))]
)
def test_every_event_says_who_owns_it(event_type: str) -> None:
    assert "x-owner" in dict(model_of(event_type).model_config["json_schema_extra"])  # type: ignore[arg-type]


def test_the_owner_of_a_field_that_is_not_there() -> None:
    with pytest.raises(UnknownField, match="did you mean 'shipment'"):
        owner_of(model_of("procurement.shipment.dispatched.v1"), ["shipmant"])


@pytest.mark.parametrize("event_type", TYPES)
def test_maps_can_name_every_field(event_type: str) -> None:
    model = model_of(event_type)
    paths = [path for path, _ in leaves(model)]
    assert len(paths) == len(set(paths)) > 5
    for path in paths:
        assert resolve(model, path)[-1].kind != "object"


def kinds(model: type[Data], path: str) -> tuple[str, bool]:
    field = resolve(model, path.split("."))[-1]
    return field.kind, field.many


def test_fields_of_a_shipment_as_maps_use_them() -> None:
    model = model_of("procurement.shipment.dispatched.v1")
    assert kinds(model, "packages.packages.packages.ssccs") == ("text", True)
    assert kinds(model, "packages.items.item.ids.gtin") == ("text", False)
    assert kinds(model, "packages.level") == ("text", False)
    assert kinds(model, "packages.type") == ("code", False)
    assert kinds(model, "shipment.issued_at") == ("text", False)
    assert kinds(model, "shipment.shipped_on") == ("date", False)
    assert kinds(model, "carrier.ids.scac") == ("text", False)
    assert fields(model)["shipment"].required


@pytest.mark.parametrize(
    "moment",
    ["2026-12-01", "2026-12-01T10:30", "2026-12-01T10:30:05", "2026-12-01T10:30:05.25Z", "2026-12-01T10:30+01:00",
     "2026-12", "2026-W48", "2026-W48-3"],
)  # fmt: skip
def test_moments(moment: str) -> None:
    shipment = sample("procurement.shipment.dispatched.v1").shipment
    again = type(shipment).model_validate({"number": "1", "issued_at": moment})
    assert again.issued_at == moment


@pytest.mark.parametrize(
    "moment",
    ["", "2026", "2026-13", "2026-12-32", "2026-12-00", "2026-12-01T24:00", "2026-12-01T10", "2026-12-01 10:30",
     "2026-12-01T10:60", "2026-12-01T10:30z", "2026-12-01Z", "2026-W48T10:30", "20261201", "2026-12-01\n"],
)  # fmt: skip
def test_what_is_no_moment(moment: str) -> None:
    shipment = sample("procurement.shipment.dispatched.v1").shipment
    with pytest.raises(ValueError, match="should match pattern"):
        type(shipment).model_validate({"number": "1", "issued_at": moment})
