"""Which changes of an event need a new major version, and which do not; each in both directions where it has two."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from edi.documents.compatibility import breaking_changes
from edi.documents.owners import BUYER, SUPPLIER, known
from edi.documents.types import Code, Data, Quantity, Text


class Box(Data):
    label: Text | None = None
    boxes: tuple[Box, ...] = ()


class WideBox(Data):
    label: Text | None = None
    colour: Text | None = None
    boxes: tuple[WideBox, ...] = ()


class ShutBox(Data):
    boxes: tuple[ShutBox, ...] = ()


BASE: dict[str, Any] = {
    "number": (Text, ...),
    "date": (dt.date | None, None),
    "count": (int | None, None),
    "code": (Annotated[Code | None, known("one", "two")], None),
    "mode": (Literal["delta", "cumulative"] | None, None),
    "owned": (Annotated[Text | None, BUYER], None),
    "lines": (tuple[Quantity, ...], ()),
    "box": (Box | None, None),
}


def schema(**changes: Any) -> dict[str, Any]:
    """The schema of an event with these fields instead of, or beside, the ordinary ones; None takes one away."""
    fields = {name: field for name, field in {**BASE, **changes}.items() if field is not None}
    return create_model("Sample", __base__=Data, **fields).model_json_schema(mode="serialization")


class Line(Quantity):
    note: Text | None = None


class BareLine(Data):
    value: Decimal


class StrictLine(Quantity):
    site: Text


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reason": (Text | None, None)},
        {"notes": (tuple[Text, ...], ())},
        {"code": (Annotated[Code | None, known("two", "one", "three")], None)},
        {"mode": (Literal["delta", "cumulative", "both"] | None, None)},
        {"mode": (str | None, None)},
        {"count": (int | Text | None, None)},
        {"lines": (tuple[Line, ...], ())},
        {"box": (WideBox | None, None)},
        {"number": (str, ...)},
        {"count": (Annotated[int | None, Field(description="how many")], None)},
    ],
    ids=["nothing", "field", "list", "value", "enumeration", "open", "type", "inner", "tree", "limit", "words"],
)
def test_what_only_adds_is_a_minor_change(changes: dict[str, Any]) -> None:
    assert breaking_changes(schema(), schema(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"date": None}, ["date: removed"]),
        ({"number": None}, ["number: removed"]),
        ({"reason": (Text, ...)}, ["reason: required now"]),
        ({"date": (dt.date, ...)}, ["date: was null", "date: required now"]),
        ({"number": (Text | None, None)}, ["number: may be absent now"]),
        ({"date": (Text | None, None)}, ["date: was string (date) and is string or null"]),
        ({"count": (Text | None, None)}, ["count: was integer and is string or null"]),
        ({"count": (Decimal | None, None)}, ["count: was integer"]),
        ({"code": (Annotated[Code | None, known("one")], None)}, ["code: no longer a known value: two"]),
        ({"code": (Code | None, None)}, ["code: no longer a known value: one, two"]),
        ({"code": (Text | None, None)}, ["code: no longer", "code: was object and is string or null"]),
        ({"mode": (Literal["delta"] | None, None)}, ["mode: no longer allowed: cumulative"]),
        ({"owned": (Annotated[Text | None, SUPPLIER], None)}, ["owned: the owner was buyer and is supplier"]),
        ({"owned": (Annotated[Literal["a", "b"] | None, BUYER], None)}, ["owned: no longer allowed: all other values"]),
        ({"count": (int | None, 1)}, ["count: the default was None and is 1"]),
        ({"count": (Annotated[int, Field(le=9)] | None, None)}, ["count: maximum was open and is 9"]),
        ({"number": (Annotated[str, Field(min_length=2)], ...)}, ["number: minLength was 1 and is 2"]),
        ({"number": (Annotated[str, Field(min_length=1, pattern="A")], ...)}, ["number: another pattern"]),
        ({"lines": (tuple[BareLine, ...], ())}, ["lines[].uom: removed"]),
        ({"lines": (tuple[StrictLine, ...], ())}, ["lines[].site: required now"]),
        ({"lines": (Quantity | None, None)}, ["lines: the default was [] and is None", "lines: was array"]),
        ({"box": (ShutBox | None, None)}, ["box.label: removed"]),
    ],
)
def test_what_takes_away_is_a_major_change(changes: dict[str, Any], said: list[str]) -> None:
    found = breaking_changes(schema(), schema(**changes))
    assert len(found) == len(said)
    assert all(sentence.startswith(start) for sentence, start in zip(found, said, strict=True)), found


def test_fields_keep_their_order_because_the_hash_follows_it() -> None:
    fields = dict(reversed(BASE.items()))
    moved = create_model("Sample", __base__=Data, **fields).model_json_schema(mode="serialization")
    assert breaking_changes(schema(), moved) == ["the event: its fields stand in another order"]
    between = {"number": BASE["number"], "new": (Text | None, None), **BASE}
    added = create_model("Sample", __base__=Data, **between).model_json_schema(mode="serialization")
    assert breaking_changes(schema(), added) == []


def test_further_fields_must_not_be_forbidden_later() -> None:
    open_one = {**schema(), "additionalProperties": True}
    assert breaking_changes(open_one, schema()) == ["the event: further fields were allowed"]
    assert breaking_changes(schema(), open_one) == []


def test_a_tree_is_compared_once() -> None:
    lost = schema(box=(ShutBox | None, None))
    assert breaking_changes(lost, schema()) == []
    assert breaking_changes(schema(), lost) == ["box.label: removed"]
