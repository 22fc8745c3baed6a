"""Documents other projects publish: the checker must say something sensible about each, and never raise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from edi import syntax
from edi.check import Checked, compile_check
from edi.model import Message
from edi.schema import load_schema

CORPUS = Path(__file__).resolve().parents[3] / ".." / "shared" / "corpus"
SCHEMAS = {
    ("850", "004010"): "x12/004010/850",
    ("855", "004010"): "x12/004010/855",
    ("997", "004010"): "x12/004010/997",
    ("ORDERS", "D.01B"): "edifact/d01b/orders",
    ("ORDRSP", "D.01B"): "edifact/d01b/ordrsp",
}
# Documents and how many of them must have every segment in its place, and nothing but warnings.
LEAST = {
    "x12/004010/850": (50, 0.95, 0.85),
    "x12/004010/855": (15, 1.0, 0.95),
    "x12/004010/997": (40, 0.95, 0.95),
    "edifact/d01b/orders": (4, 0.7, 0.0),
    "edifact/d01b/ordrsp": (2, 1.0, 0.0),
}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no foreign documents at ../shared/corpus")


@cache
def checked() -> list[tuple[str, Checked]]:
    return list(_check_all())


def _check_all() -> Iterator[tuple[str, Checked]]:
    for entry in json.loads((CORPUS / "index.json").read_text()):
        for item in syntax.read((CORPUS / entry["file"]).read_bytes()):
            if isinstance(item, Message):
                identity = SCHEMAS.get((item.type, item.version[:6]))
                if identity:
                    yield identity, compile_check(load_schema(identity)).check(item)


def test_every_document_gives_a_tree_and_every_segment_has_a_place() -> None:
    assert checked()
    for _, result in checked():
        for number, segment in enumerate(result.message.segments, 1):
            assert result.place(segment)[0] == number


def test_every_fault_has_a_place_in_the_bytes() -> None:
    for _, result in checked():
        message = result.message
        for fault in result.faults:
            assert fault.location.path
            assert message.offset <= fault.location.offset <= message.offset + len(message.raw)
            assert fault.message


def test_most_documents_are_in_order_and_clean() -> None:
    documents: Counter[str] = Counter()
    ordered: Counter[str] = Counter()
    clean: Counter[str] = Counter()
    for identity, result in checked():
        serious = [fault.code for fault in result.faults if fault.severity != "warning"]
        documents[identity] += 1
        ordered[identity] += not any(code.startswith(("segment", "loop")) for code in serious)
        clean[identity] += not serious
    print({identity: (documents[identity], ordered[identity], clean[identity]) for identity in documents})
    for identity, (least, in_order, without_fault) in LEAST.items():
        assert documents[identity] >= least
        assert ordered[identity] >= in_order * documents[identity], identity
        assert clean[identity] >= without_fault * documents[identity], identity
