"""Foreign documents: read without exception, with the indexed number of messages, slices give the file back."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import edi
from edi.model import Gap, Interchange, Item, Message
from edi.overview import inspect
from edi.syntax import extract, offset_of, read

CORPUS = Path(__file__).resolve().parents[3] / ".." / "shared" / "corpus"
INDEX = CORPUS / "index.json"
PAGE = (Path(__file__).resolve().parents[3] / "docs/corpus.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not INDEX.is_file(), reason="../shared/corpus is not present")


def entries() -> list[dict[str, Any]]:
    return json.loads(INDEX.read_text()) if INDEX.is_file() else []


def data_of(entry: dict[str, Any]) -> bytes:
    return (CORPUS / entry["file"]).read_bytes()


def count(items: list[Item], kind: type[Item]) -> int:
    return sum(isinstance(item, kind) for item in items)


def test_every_file_is_read_and_given_back() -> None:
    wrong = []
    for entry in entries():
        data = data_of(entry)
        items = list(read(data))
        assert b"".join(item.raw for item in items) == data, entry["file"]
        if (count(items, Message), count(items, Interchange)) != (entry["messages"], entry["interchanges"]):
            wrong.append(entry["file"])
    assert len(wrong) <= len(entries()) // 100, wrong


def test_the_overview_is_the_index() -> None:
    """Interchanges, messages and their types as the index counts them, in at least 99 of 100 files of each syntax."""
    for family in ("X12", "EDIFACT"):
        files = [entry for entry in entries() if entry["family"] == family]
        wrong = []
        for entry in files:
            overview = inspect(data_of(entry))
            messages = [message for one in overview.interchanges for message in one.messages]
            found = (len(overview.interchanges), len(messages))
            types = {message.type for message in messages}
            if found != (entry["interchanges"], entry["messages"]) or not set(entry["types"]) <= types:
                wrong.append(entry["file"])
        assert len(wrong) <= len(files) // 100, wrong
        assert [name for name in wrong if f"`{name}`" not in PAGE] == []
        assert f"| {family} | {len(files)} | {len(files) - len(wrong)} |" in PAGE


def test_the_page_names_each_source() -> None:
    sources = Counter(entry["file"].partition("/")[0] for entry in entries())
    assert [name for name, count in sources.items() if f"| `{name}` | {count} |" not in PAGE] == []


def test_every_set_stands_by_itself() -> None:
    """Cut out and read again, each has the same segments; `wrapped` where its lines were cut to one length."""
    for entry in entries():
        for message in read(data_of(entry)):
            if isinstance(message, Message) and len(message.raw) < 200_000:
                again = [item for item in read(extract(message)) if isinstance(item, Message)]
                if [one.segments for one in again] != [message.segments]:
                    again = [item for item in read(extract(message), wrapped=True) if isinstance(item, Message)]
                assert [one.segments for one in again] == [message.segments], entry["file"]


def test_every_file_can_be_translated_and_explained() -> None:
    for entry in entries():
        data = data_of(entry)
        if len(data) < 200_000:
            translation = edi.translate(data, edi.default_profile())
            assert len(translation.acks) == len(translation.acknowledgements)
            assert edi.explain(data)


def test_every_fault_has_a_place_and_a_sentence() -> None:
    for entry in entries():
        data = data_of(entry)
        for item in read(data):
            for fault in item.faults:
                assert 0 <= fault.location.offset <= len(data), (entry["file"], fault)
                assert fault.location.path or isinstance(item, Gap), (entry["file"], fault)
                assert fault.message.endswith("."), (entry["file"], fault)
        assert len(inspect(data).interchanges) == entry["interchanges"]


def test_streamed_and_whole_reading_agree() -> None:
    for entry in entries():
        data = data_of(entry)
        whole = [item for item in read(data) if not isinstance(item, Gap)]
        streamed = [item for item in read(io.BytesIO(data)) if not isinstance(item, Gap)]
        assert [(item.raw, item.offset, item.faults) for item in streamed] == [
            (item.raw, item.offset, item.faults) for item in whole
        ]


def test_offsets_stand_at_the_tags() -> None:
    for entry in entries():
        data = data_of(entry)
        for item in read(data):
            if isinstance(item, Message) and len(item.segments) < 5_000:
                for number, segment in enumerate(item.segments, 1):
                    at = offset_of(item, number)
                    there = data[at : at + 12].translate(None, b"\r\n")  # wrapped files break lines inside tags
                    assert there.startswith(segment[0].encode()), (entry["file"], number)
