"""The content hash: the same for what says the same, another for anything else, and blind to the partner's codes."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import content_hash, model_of
from edi.documents.event import plain_json
from edi.documents.types import Code, Data, Id, ItemRef, OrderRef, Price, Quantity, plain

SAMPLES = Path(__file__).resolve().parents[3] / "samples/events"
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)


class Small(Data):
    name: str | None = None
    code: Code | None = None
    ids: tuple[Id, ...] = ()
    amount: Price | None = None


def without_raw(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_raw(item) for key, item in value.items() if key != "raw"}
    return [without_raw(item) for item in value] if isinstance(value, list) else value


def said(data: Data) -> str:
    """What the hash must tell apart, made the slow way."""
    return json.dumps(without_raw(plain_json(data)), sort_keys=True)


def test_equal_numbers_are_equal_content() -> None:
    hashes = {
        content_hash(Quantity(value=Decimal(text), uom=Code(value="EA"))) for text in ("100", "100.0", "1E+2", "1.00e2")
    }
    assert len(hashes) == 1
    assert content_hash(Quantity(value=Decimal("100.01"))) not in hashes


@pytest.mark.parametrize(
    ("number", "text"),
    [("12.50", "12.5"), ("1E+2", "100"), ("1E-7", "0.0000001"), ("-0.0", "0"), ("0E+3", "0"), ("-0.50", "-0.5"),
     ("1000", "1000"), ("0.10E1", "1")],
)  # fmt: skip
def test_numbers_as_text(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_is_the_same_number(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]*[1-9])?", text)


def test_codes_of_the_partner_do_not_count_and_their_meaning_does() -> None:
    quantity = Quantity(value=Decimal(5), uom=Code(value="EA", raw="EA"))
    assert content_hash(quantity) == content_hash(Quantity(value=Decimal(5), uom=Code(value="EA", raw='PC"\\')))
    assert content_hash(quantity) != content_hash(Quantity(value=Decimal(5), uom=Code(value="C62", raw="EA")))
    one = ItemRef(ids=(Id(scheme="gtin", value="1", raw="01"),))
    assert content_hash(one) == content_hash(ItemRef(ids=(Id(scheme="gtin", value="1"),)))


@pytest.mark.parametrize("text", [',"raw":"x"', '","raw":"x', "\\", '\\",', ',\\"raw\\":\\"x\\"', "raw", "ÄÖ€", "\x01"])
def test_a_text_that_looks_like_a_code_is_kept(text: str) -> None:
    plain_one = OrderRef(number=text, revision="1")
    assert content_hash(plain_one) != content_hash(OrderRef(number=text.replace("raw", "rax") + "!", revision="1"))
    assert content_hash(Code(value=text, raw="a")) == content_hash(Code(value=text, raw="b" + text))
    assert content_hash(Code(value=text)) != content_hash(Code(value=text + "."))


IDS = st.builds(Id, scheme=st.sampled_from(["gtin", "buyer"]), value=TEXTS, raw=st.none() | TEXTS)
SMALL = st.builds(
    Small,
    name=st.none() | TEXTS,
    code=st.none() | st.builds(Code, value=TEXTS, raw=st.none() | TEXTS),
    ids=st.lists(IDS).map(tuple),
    amount=st.none() | st.builds(Price, amount=st.decimals(allow_nan=False, allow_infinity=False, places=2)),
)


@given(SMALL, SMALL)
def test_two_hashes_are_equal_exactly_if_the_contents_are(one: Small, other: Small) -> None:
    assert (content_hash(one) == content_hash(other)) == (said(one) == said(other))


@given(SMALL)
def test_a_copy_without_codes_has_the_same_hash(one: Small) -> None:
    assert content_hash(one) == content_hash(Small.model_validate(without_raw(plain_json(one))))


def test_changing_a_field_keeps_the_order_of_the_model() -> None:
    small = Small(ids=(), code=Code(value="x"), name="a")
    changed = small.model_copy(update={"name": None}).model_copy(update={"name": "b"})
    assert content_hash(changed) == content_hash(Small(name="b", code=Code(value="x")))


def test_an_optional_field_that_is_added_changes_no_hash() -> None:
    class Larger(Small):
        reason: str | None = None
        notes: tuple[str, ...] = ()

    value = {"name": "a", "code": {"value": "x"}}
    assert content_hash(Larger.model_validate(value)) == content_hash(Small.model_validate(value))


def kinds() -> list[type[Data]]:
    """All models of events."""
    found = [kind for kind in Data.__subclasses__() if kind.__module__.startswith("edi.")]
    return found + [kind for one in found for kind in one.__subclasses__() if kind.__module__.startswith("edi.")]


def test_raw_is_a_text_and_never_the_first_field() -> None:
    """What leaving out `raw` relies on."""
    with_raw = {kind.__name__: kind for kind in kinds() if "raw" in kind.model_fields}
    assert set(with_raw) == {"Code", "Id"}
    for kind in with_raw.values():
        assert list(kind.model_fields)[-1] == "raw"
        assert kind.model_fields["value"].is_required()
        assert kind.model_fields["raw"].annotation == Code.model_fields["raw"].annotation


def test_every_default_is_nothing_or_an_empty_list() -> None:
    """Fields with their default are left out of the hash; a default that says something would be lost."""
    wrong = [
        f"{kind.__name__}.{name}: {field.default!r}"
        for kind in kinds()
        for name, field in kind.model_fields.items()
        if not field.is_required() and field.default is not None and field.default != ()
    ]
    assert wrong == []
    assert len(kinds()) > 90


def test_an_ordinary_order_has_this_hash_for_ever() -> None:
    text = (SAMPLES / "procurement.order.released.v1.json").read_text(encoding="utf-8")
    value = json.loads(text.replace("4098765000003", "4098765000005"))  # as it was at first
    model = model_of("procurement.order.released.v1")
    later = {"taxes", "ship_from", "references", "answer_requested"}  # fields the event did not have at first
    first = {name: said for name, said in value["data"].items() if name not in later}
    assert (
        content_hash(model.model_validate(first)) == "9e4682228039cba4641bc689f5f7ed95eff5f65bd930fd1d7c9c568652dafc0a"
    )
