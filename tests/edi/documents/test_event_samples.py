"""samples/events: one event of every type. It is valid, survives being read and written, and keeps its hash."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import edi
from edi.documents import TYPES, Data, model_of, wrap
from edi.documents.event import plain_json

FOLDER = Path(__file__).resolve().parents[3] / "samples/events"
PARTNER = "example"


def sample(event_type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{event_type}.json").read_text(encoding="utf-8"))
    return found


def shuffled(value: Any, seed: int) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(item, seed) for item in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value)
    random.Random(seed).shuffle(names)
    return {name: shuffled(value[name], seed) for name in names}


def fields_used(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in fields_used(item)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {name for item in value.values() for name in fields_used(item)}


def test_there_is_a_sample_of_every_event_and_of_nothing_else() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(TYPES)


@pytest.mark.parametrize("event_type", TYPES)
def test_a_sample_is_read_and_written_back_the_same(event_type: str) -> None:
    value = sample(event_type)
    assert edi.event_from_json(value).to_json() == value
    assert edi.event_from_json(json.loads(json.dumps(value))).to_json() == value


@pytest.mark.parametrize("event_type", TYPES)
def test_the_keys_of_a_sample_follow_from_its_data(event_type: str) -> None:
    """The idempotency key holds the content hash: it must be the same for ever."""
    value = sample(event_type)
    data = model_of(event_type).model_validate(value["data"])
    again = wrap(data, event_type, event_id=value["id"], partner=PARTNER)
    assert again.to_json() == value


@pytest.mark.parametrize("event_type", TYPES)
def test_the_order_in_which_fields_were_set_is_of_no_matter(event_type: str) -> None:
    model = model_of(event_type)
    value = sample(event_type)["data"]
    meant = edi.content_hash(model.model_validate(value))
    for seed in range(3):
        assert edi.content_hash(model.model_validate(shuffled(value, seed))) == meant
    built = model.model_validate(value)
    assert edi.content_hash(built.model_copy(deep=True)) == meant
    assert edi.content_hash(model.model_validate(built.model_dump())) == meant
    assert edi.content_hash(model.model_validate_json(built.model_dump_json())) == meant


# Fields of an event that its sample goes without, because they do not go together with the others.
UNUSED = {
    "exchange.ack.received.v1": {"outcome", "code", "service", "groups", "transport"},
    "exchange.ack.sent.v1": {"group", "code", "service", "groups", "transport"},
    "exchange.advice.received.v1": {"interchange"},
    "exchange.advice.sent.v1": {"interchange"},
    "exchange.delivery.succeeded.v1": {"next_attempt", "reason", "event"},
    "exchange.delivery.failed.v1": {"document", "receipt"},
    "procurement.invoice.received.v1": {"corrects"},
    "sales.order.invoiced.v1": {"corrects"},
    "procurement.creditnote.received.v1": {"payment_terms", "due_date", "allowances", "taxes"},
}


@pytest.mark.parametrize("event_type", sorted(set(TYPES) - {"procurement.order.cancelled.v1"}))
def test_a_sample_uses_every_field_of_its_event(event_type: str) -> None:
    unused = set(model_of(event_type).model_fields) - set(sample(event_type)["data"])
    assert unused == UNUSED.get(event_type, set())


def test_a_field_that_is_not_known_is_refused() -> None:
    value = sample("procurement.shipment.dispatched.v1")
    value["data"]["packages"][0]["packages"][0]["colour"] = "blue"
    with pytest.raises(edi.EventError, match=r"packages\.0\.packages\.0\.colour: Extra inputs"):
        edi.event_from_json(value)


def test_packages_in_packages_come_back_whole() -> None:
    data: Any = edi.event_from_json(sample("procurement.shipment.dispatched.v1")).data
    (pallet,) = data.packages
    assert [case.ssccs for case in pallet.packages] == [("340123450000000024",), ("340123450000000031",)]
    (item,) = pallet.packages[0].items
    assert (item.lots, item.serials, str(item.best_before)) == (("L2611",), ("S-1", "S-2"), "2027-12-31")
    assert isinstance(item, Data)
    assert {"lots", "expiry", "produced", "country_of_origin", "variances"} <= fields_used(plain_json(data))
