"""Foreign documents: read without exception, with the indexed number of messages, slices give the file back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from edi.model import Gap, Interchange, Item, Message
from edi.overview import inspect
from edi.syntax import offset_of, read

CORPUS = Path(__file__).resolve().parents[3] / ".." / "shared" / "corpus"
INDEX = CORPUS / "index.json"

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
