"""The names other services build on, what importing them costs, and that their documentation is true."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import edi
from edi.__main__ import app
from edi.documents.types import Data
from tests.edi.interchanges import ACME, ROOT, group, s855, x12

STABLE = [
    "AckResult",
    "EdiError",
    "Event",
    "EventError",
    "Fault",
    "Identity",
    "Interchange",
    "Location",
    "MapError",
    "Numbers",
    "Overview",
    "Profile",
    "ProfileError",
    "RenderError",
    "SelfCheckError",
    "Translation",
    "Result",
    "content_hash",
    "default_profile",
    "event_from_json",
    "event_schema",
    "explain",
    "extract",
    "inspect",
    "load_profile",
    "render",
    "render_together",
    "stable_id",
    "translate",
    "translate_each",
]


def test_the_stable_names_are_there() -> None:
    assert set(STABLE) <= set(edi.__all__)
    for name in edi.__all__:
        assert getattr(edi, name) is not None
        assert getattr(edi, name).__doc__


def test_importing_the_library_loads_nothing_of_the_daemon() -> None:
    heavy = ("sqlalchemy", "asyncssh", "apscheduler", "asyncio", "fastapi", "gateway", "pyx12", "pydifact", "lxml")
    code = f"import sys, edi; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_exception_is_an_edi_error() -> None:
    for error in (edi.ProfileError, edi.MapError, edi.EventError, edi.RenderError, edi.SelfCheckError):
        assert issubclass(error, edi.EdiError)
    assert issubclass(edi.SelfCheckError, edi.RenderError)


def test_what_a_translation_offers() -> None:
    translation = edi.translate(x12(group(s855())), ACME)
    (event,) = translation.events
    assert (translation.faults, translation.answers, translation.unmapped) == ([], [], [])
    assert [m.control for m in translation.messages] == ["0001"]
    assert [type(ack) for ack in translation.acks] == [bytes]
    assert [type(ack) for ack in translation.acknowledgements] == [edi.Event]
    assert event.data.order.number == "P1"  # type: ignore[attr-defined]
    results = list(edi.translate_each(x12(group(s855())), ACME))
    assert [r.event for r in results] == [event]
    assert results[0].unmapped == []
    assert edi.translate(b"", ACME).acks == []


def test_values_of_the_document_nobody_reads_are_told() -> None:
    extra = x12(group(s855().replace("SO-1~", "SO-1**AT~")))
    assert [(u.place, u.value) for u in edi.translate(extra, ACME).unmapped] == [("855[1]/BAK/BAK10", "AT")]


def test_a_public_value_cannot_be_changed() -> None:
    (event,) = edi.translate(x12(group(s855())), ACME).events
    for value, name in ((event, "id"), (event.data, "order"), (ACME, "partner"), (edi.Location(), "path")):
        with pytest.raises((AttributeError, ValueError, TypeError)):
            setattr(value, name, "other")


@pytest.mark.parametrize("event_type", sorted(edi.TYPES))
def test_event_schemas(event_type: str) -> None:
    schema = edi.event_schema(event_type)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    json.dumps(schema)
    model, minor = edi.TYPES[event_type]
    assert issubclass(model, Data)
    assert re.fullmatch(r"\d+\.\d+", minor)


def test_an_unknown_event_type() -> None:
    for wrong in ({}, {"type": "procurement.order.lost.v1"}):
        with pytest.raises(edi.EventError, match="unknown event type"):
            edi.event_from_json(wrong)
    with pytest.raises(edi.EventError, match="JSON object"):
        edi.event_from_json([])  # type: ignore[arg-type]
    with pytest.raises(edi.EventError, match="unknown event type"):
        edi.event_schema("nothing")


def test_the_default_profile_takes_both_syntaxes() -> None:
    for sample in ("x12/855/accepted", "edifact/ordrsp/accepted"):
        data = (ROOT / "samples" / f"{sample}.edi").read_bytes()
        translation = edi.translate(data, edi.default_profile())
        assert len(translation.events) == len(translation.acks) == 1


# Documentation

SHAPES = (ROOT / "docs/json-shapes.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^`edi ([^`]+)`\n\n```json\n(.*?)\n```$", SHAPES, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("words", "shown"), EXAMPLES, ids=[words for words, _ in EXAMPLES])
def test_the_examples_of_the_json_shapes(words: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    printed = CliRunner().invoke(app, words.split()).stdout
    found = [json.dumps(json.loads(line), indent=2, ensure_ascii=False) for line in printed.splitlines()]
    assert "\n".join(found) == shown


def test_every_key_of_the_json_shapes_is_documented() -> None:
    assert len(EXAMPLES) == 5
    overview = edi.inspect(x12(group(s855()))).to_json()
    (interchange,) = overview["interchanges"]
    fault = edi.inspect(b"").faults[0].to_json()
    keys = {*interchange, *interchange["messages"][0], *interchange["groups"][0], *fault, *fault["ack"]}
    assert [key for key in sorted(keys) if f"`{key}`" not in SHAPES] == []


def test_the_page_of_faults_is_current() -> None:
    """`python docs/make_faults.py` writes it."""
    spec = importlib.util.spec_from_file_location("make_faults", ROOT / "docs/make_faults.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page()
