"""docs/schemas: the JSON Schema of every event and version, and that none takes away what an earlier one gave."""

from __future__ import annotations

import importlib.util
import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any
from unittest import mock

import pytest
from pydantic import Field, create_model
from typer.testing import CliRunner

from edi.__main__ import app
from edi.documents import TYPES, OrderReleased, event_schema, model_of
from edi.documents.compatibility import breaking_changes
from edi.documents.types import Text

ROOT = Path(__file__).resolve().parents[3]
RELEASED = "procurement.order.released.v1"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_schemas", ROOT / "docs/make_schemas.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("event_type", TYPES)
def test_the_schema_of_an_event_is_current(event_type: str, maker: ModuleType) -> None:
    """`python docs/make_schemas.py` writes it."""
    committed = (maker.FOLDER / maker.place(event_type)).read_text(encoding="utf-8")
    assert committed == maker.text(event_schema(event_type))


@pytest.mark.parametrize("event_type", TYPES)
def test_a_version_only_adds_to_the_earlier_ones(event_type: str, maker: ModuleType) -> None:
    versions = maker.earlier(event_type)
    assert list(versions)[-1] == maker.place(event_type), "a later minor is committed than the one in TYPES"
    assert maker.refused(event_type, event_schema(event_type)) == []
    committed = list(versions.values())
    for older, newer in itertools.pairwise(committed):
        assert breaking_changes(older, newer) == []


def test_an_event_that_grew_has_a_new_minor(maker: ModuleType) -> None:
    assert list(maker.earlier(RELEASED)) == [f"procurement.order.released/1.{minor}.json" for minor in (0, 1, 2)]
    first, second, third = maker.earlier(RELEASED).values()
    assert set(second["properties"]) - set(first["properties"]) == {
        "mark_for", "department", "promotion", "delivery_terms", "carrier", "allowances",
    }  # fmt: skip
    assert set(third["properties"]) - set(second["properties"]) == {
        "taxes", "ship_from", "references", "answer_requested",
    }  # fmt: skip


def test_nothing_else_stands_among_the_schemas(maker: ModuleType) -> None:
    names = {event_type.rpartition(".")[0] for event_type in TYPES}
    assert {path.name for path in maker.FOLDER.iterdir()} == names
    for path in maker.FOLDER.rglob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["$schema"].endswith("/2020-12/schema")


def test_a_breaking_change_is_not_written(maker: ModuleType, tmp_path: Path) -> None:
    assert maker.write(tmp_path) == []
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    assert len(before) == len(TYPES)
    strict = create_model("OrderReleased", __base__=OrderReleased, approver=(Text, ...))
    with mock.patch.dict(TYPES, {RELEASED: (strict, "1.3")}):
        assert maker.write(tmp_path) == ["procurement.order.released/1.2.json: approver: required now"]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.json")} == before


def test_an_addition_and_a_new_major_are_written(maker: ModuleType, tmp_path: Path) -> None:
    assert maker.write(tmp_path) == []
    larger = create_model("OrderReleased", __base__=OrderReleased, approver=(Text | None, None))
    strict = create_model("OrderReleased", __base__=OrderReleased, number=(Annotated[int, Field(gt=0)], ...))
    with mock.patch.dict(TYPES, {RELEASED: (larger, "1.3"), RELEASED.replace("v1", "v2"): (strict, "2.0")}):
        assert maker.write(tmp_path) == []
    assert {path.stem for path in (tmp_path / "procurement.order.released").iterdir()} == {"1.2", "1.3", "2.0"}


@pytest.mark.parametrize("event_type", TYPES)
def test_the_command_prints_what_is_committed(event_type: str, maker: ModuleType) -> None:
    printed = CliRunner().invoke(app, ["schema", event_type])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout) == json.loads((maker.FOLDER / maker.place(event_type)).read_text())


def test_the_page_of_events_names_them_all() -> None:
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    missing = [
        event_type
        for event_type in TYPES
        if f"`{event_type}`" not in page and f"`.{'.'.join(event_type.split('.')[-2:])}`" not in page
    ]
    assert missing == []


def test_decimals_are_texts_and_lists_of_values_are_open() -> None:
    schema: dict[str, Any] = event_schema("procurement.goods.received.v1")
    assert schema["$defs"]["Quantity"]["properties"]["value"]["type"] == "string"
    reason = schema["$defs"]["Rejected"]["properties"]["reason"]
    assert reason["x-extensible"] is True
    assert "damaged" in reason["x-values"]
    assert schema["x-owner"] == "wms"
    assert set(model_of("procurement.goods.received.v1").model_fields) == set(schema["properties"])
