"""BIG07: what kind of document an 810 is, by the standard and by a partner that means something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.mapping import Map, load_map
from tests.edi.mapping.wire import json_of, read_body

HEAD = "map: other/810\nversion: 1.0.0\nextends: x12/004010/810@2\ntitle: Invoice\n"
OTHERWISE = "changes:\n- {table: invoice_type, add: {DR: invoice}, write: {invoice: DR}}\n"


def kind(map_: Map, code: str) -> str:
    reading, _ = read_body(map_, f"BIG*20261215*I-1*****{code}~REF*OI*I-0~TDS*100~")
    return str(json_of(reading)["invoice"]["type"]["value"])


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("DI", "invoice"), ("CN", "credit_note"), ("CR", "credit_note"), ("DR", "debit_note"), ("RU", "other")],
)
def test_the_kind_of_an_invoice_is_that_of_the_standard(code: str, meaning: str) -> None:
    assert kind(load_map("x12/004010/810@2"), code) == meaning


def test_a_partner_may_mean_an_invoice_by_a_debit_memo(tmp_path: Path) -> None:
    (tmp_path / "810.map.yaml").write_text(HEAD + OTHERWISE)
    map_ = load_map("other/810@1", tmp_path)
    assert (kind(map_, "DR"), kind(map_, "CN")) == ("invoice", "credit_note")


@pytest.mark.parametrize(("amount", "codes"), [("6250", []), ("0", []), ("-6250", ["check.failed"])])
def test_a_credit_of_less_than_nothing_is_for_a_person(amount: str, codes: list[str]) -> None:
    for reference, body in (
        ("x12/004010/810@2", f"BIG*20261215*I-1*****CN~REF*OI*I-0~TDS*{amount}~"),
        ("edifact/d01b/invoic@2", f"BGM+381+I-1+9'DTM+137:20261215:102'RFF+IV:I-0'UNS+S'MOA+77:{amount}'"),
    ):
        reading, _ = read_body(load_map(reference), body)
        assert [fault.code for fault in reading.faults] == codes
        assert all(fault.severity == "exception" for fault in reading.faults)
