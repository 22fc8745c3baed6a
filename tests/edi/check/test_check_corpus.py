"""Documents other projects publish: the checker must say something sensible about each, and never raise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from edi import syntax
from edi.check import compile_check
from edi.checked import Checked
from edi.model import Message
from edi.resources import exists, standard_identity
from edi.schema import load_schema

CORPUS = Path(__file__).resolve().parents[3] / ".." / "shared" / "corpus"
# How many documents there are at least, how many of them have every segment in its place, and how many nothing but
# warnings. Where all but a few are wrong, the documents are (made up by hand or by chance, or with parts left out).
LEAST = {
    "x12/004010/810": (17, 17, 15),
    "x12/004010/820": (8, 2, 2),
    "x12/004010/832": (1, 0, 0),
    "x12/004010/850": (68, 67, 59),
    "x12/004010/855": (18, 18, 18),
    "x12/004010/856": (14, 14, 14),
    "x12/004010/940": (15, 15, 12),
    "x12/004010/997": (47, 47, 47),
    "x12/004010/ta1": (58, 58, 58),
    "x12/005010/824": (1, 1, 1),
    "x12/005010/999": (5, 5, 5),
    "edifact/d01b/invoic": (3, 0, 0),
    "edifact/d01b/orders": (4, 3, 0),
    "edifact/d01b/ordrsp": (2, 2, 0),
    "edifact/d01b/recadv": (1, 1, 0),
    "edifact/d96a/aperak": (6, 6, 6),
    "edifact/d96a/desadv": (15, 15, 15),
    "edifact/d96a/invoic": (44, 39, 28),
    "edifact/d96a/orders": (121, 118, 109),
    "edifact/d96a/ordrsp": (8, 8, 8),
    "edifact/d96a/pricat": (12, 12, 11),
    "edifact/d01b-eancom/invoic": (1, 0, 0),
    "edifact/d01b-eancom/orders": (3, 3, 0),
    "edifact/d01b-eancom/ordrsp": (2, 2, 0),
    "edifact/d96a-eancom/desadv": (15, 15, 15),
    "edifact/d96a-eancom/invoic": (29, 26, 15),
    "edifact/d96a-eancom/orders": (108, 106, 97),
    "edifact/d96a-eancom/ordrsp": (1, 1, 1),
}

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no foreign documents at ../shared/corpus")


@cache
def checked() -> list[tuple[str, Checked]]:
    return list(_check_all())


def _check_all() -> Iterator[tuple[str, Checked]]:
    for entry in json.loads((CORPUS / "index.json").read_text()):
        for item in syntax.read((CORPUS / entry["file"]).read_bytes()):
            if isinstance(item, Message):
                for identity in identities(item):
                    if exists(identity, ".schema.yaml"):
                        yield identity, compile_check(load_schema(identity)).check(item)


def identities(message: Message) -> list[str]:
    """The document of the directory, and that of the GS1 subset if the message says that it is one."""
    base = standard_identity(message.interchange.syntax, message.version, message.type)
    folder, _, name = base.rpartition("/")
    return [base, f"{folder}-eancom/{name}"] if message.convention.startswith("EAN") else [base]


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
    found = {identity: (documents[identity], ordered[identity], clean[identity]) for identity in sorted(documents)}
    print(found)
    assert set(found) == set(LEAST)
    for identity, least in LEAST.items():
        assert all(has >= due for has, due in zip(found[identity], least, strict=True)), (identity, found[identity])
