"""`edi.explain`: golden texts of samples (`.explained` beside them; `--update` writes them anew), and any bytes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edi
from edi.explain import explain_each
from edi.explain_words import day, identity_in_words, lines_of, period_in_words, value_in_words
from edi.model import COMPONENT, Identity
from edi.schema import load_schema
from edi.structure import CodeList, ElementDef
from tests.edi.interchanges import ACME, BAD_ACK, ROOT, edifact, group, ordrsp, s855, x12
from tests.edi.test_sample_files import golden, name_of

SAMPLES = [
    ROOT / "samples" / f"{name}.edi"
    for name in (
        "x12/850/order",
        "x12/855/changes",
        "x12/855/rejected",
        "x12/997/rejected",
        "edifact/ordrsp/split",
        "edifact/ordrsp/rejected",
        "edifact/contrl/rejected",
    )
]


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_the_text_of_a_sample(sample: Path, request: pytest.FixtureRequest) -> None:
    told = edi.explain(sample.read_bytes())
    golden(sample.with_suffix(".explained"), told, request.config.getoption("--update"))


def test_a_heading_in_plain_words() -> None:
    lines = edi.explain(x12(group(s855(extra="")), flag="T")).splitlines()
    assert lines[:7] == [
        "Purchase order acknowledgement (855): order number P1, date 20 Nov 2026",
        "  from      123456789 (D-U-N-S number)",
        "  to        4012345000009 (D-U-N-S number with suffix)",
        "  sent      20 Nov 2026 10:30",
        "  test      yes: nothing may be ordered, shipped or paid on it",
        "  numbers   interchange 000000007, group 1, document 0001",
        "  release   X12 004010",
    ]
    assert "Answer to an order, GS1 subset (ORDRSP): number SO-1, date 21 Nov 2026, order P1" in edi.explain(
        edifact(ordrsp())
    )


def test_faults_stand_where_they_occur() -> None:
    lines = edi.explain(x12(group(s855(ack=BAD_ACK)), iea="IEA*2*000000007~")).splitlines()
    assert "  faults    2, marked with ! below" in lines
    at = next(number for number, line in enumerate(lines) if line.startswith("!"))
    assert lines[at - 1].split() == ["ACK02", "quantity", "TEN"]
    assert lines[at].split()[:4] == ["!", "reject", "in", "ACK02:"]
    assert [line.split()[3] for line in lines if line.startswith("!")] == ["ACK02:", "ACK05:", "IEA01:"]
    missing = edi.explain(x12(group("ST*855*0001~PO1*1*1*EA~SE*3*0001~"))).splitlines()
    at = next(number for number, line in enumerate(missing) if line.startswith("!"))
    assert "a mandatory segment is missing here (expected start of order acknowledgement (BAK))" in missing[at]
    assert missing[at + 1] == "    2  PO1[1]  order line"


def test_the_nodes_of_a_ship_notice_form_a_tree() -> None:
    nodes = "HL*1**S~HL*2*1*O~PRF*P1~HL*3*2*P~HL*4*3*I~LIN**BP*X~HL*5*1*O~HL*6*99*O~HL*7*7*I~"
    told = edi.explain(x12(group(f"ST*856*0001~BSN*00*S1*20261121*1030*0001~{nodes}SE*12*0001~", kind="SH")))
    lines = [line[7:] for line in told.splitlines()]
    assert [line for line in lines if "]  tree node" in line or "/PRF" in line] == [
        "HL[1]  tree node: shipment",
        "  HL[2]  tree node: order",
        "    HL[2]/PRF  order reference",
        "    HL[3]  tree node: pack",
        "      HL[4]  tree node: item",
        "  HL[5]  tree node: order",
        "HL[6]  tree node: order",
        "HL[7]  tree node: item",
    ]


def test_a_document_without_schema_is_tags_and_values() -> None:
    told = edi.explain(x12(group("ST*852*0001~XQ*H*20261124~SE*3*0001~", kind="PD")))
    assert told.splitlines()[0] == "Document 852"
    assert "  no schema is known for this document and release: tags and values only" in told
    assert "    2  XQ\n         | XQ*H*20261124\n         XQ01                                    H\n" in told


def test_an_interchange_without_documents_and_what_is_no_edi() -> None:
    assert edi.explain(x12()).startswith("Interchange 000000007 without any document\n  from      123456789")
    assert edi.explain(b"hello").startswith("!        reject in byte 0: ")
    assert edi.explain(b"").startswith("! ")


def test_with_a_partner_its_guide_counts() -> None:
    data = (ROOT / "partners/acme/samples/855_bad_code.edi").read_bytes()
    assert "(855)" in edi.explain(data, ACME).splitlines()[0]


def test_utf_16_is_shown_as_text() -> None:
    data = x12(group(s855()))
    assert edi.explain(data.decode().encode("utf-16")) == edi.explain(data)


def test_lines_come_one_document_at_a_time() -> None:
    one = x12(group(s855()))
    source = io.BytesIO(one * 2000)
    lines = explain_each(source)
    next(lines)
    assert source.tell() < len(one) * 2000
    assert sum(line.startswith("Purchase order acknowledgement") for line in lines) == 1999


@given(st.binary(max_size=300), st.sampled_from([b"", x12(group(s855()))[:180], edifact(ordrsp())[:120]]))
def test_any_bytes_give_a_text(tail: bytes, head: bytes) -> None:
    told = edi.explain(head + tail)
    assert told.endswith("\n")
    assert all(line.isprintable() for line in told[:-1].split("\n"))


# Words


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        ("20261124", "102", "24 Nov 2026"),
        ("202611241030", "203", "24 Nov 2026 10:30"),
        ("20261124103059", "204", "24 Nov 2026 10:30:59"),
        ("202611241030+0100", "205", "24 Nov 2026 10:30+01:00"),
        ("261124", "101", "24 Nov 2026"),
        ("202611", "610", "Nov 2026"),
        ("202648", "616", "week 48 of 2026"),
        ("26482", "103", "week 48 of 2026, day 2"),
        ("30", "804", "30 days"),
        ("20261124-20261201", "718", "24 Nov 2026 to 1 Dec 2026"),
        ("2026112420261201", "718", "24 Nov 2026 to 1 Dec 2026"),
        ("20261324", "102", "20261324 (format 102)"),
        ("soon", "", "soon"),
    ],
)
def test_edifact_periods(value: str, form: str, words: str) -> None:
    assert period_in_words(value, form) == words


def test_values_in_words() -> None:
    def element(kind: str, places: int = 0, codes: CodeList | None = None) -> ElementDef:
        return ElementDef(1, "", "", kind, 1, 10, places, codes=codes)

    assert value_in_words(element("DT"), "20261124") == value_in_words(element("DT"), "261124") == "24 Nov 2026"
    assert value_in_words(element("DT"), "20261399") == "20261399"
    assert value_in_words(element("TM"), "1030") == "10:30"
    assert [value_in_words(element("N", 2), value) for value in ("125", "5", "-1250", "x")] == [
        "1.25",
        "0.05",
        "-12.50",
        "x",
    ]
    known = CodeList("", {"EA": "each"})
    assert [value_in_words(element("ID", codes=known), value) for value in ("EA", "ZZ")] == ["EA (each)", "ZZ"]
    assert value_in_words(None, "a\tb\x1fc") == "a␉b:c"
    assert day("") == ""


def test_identities_in_words() -> None:
    assert identity_in_words(Identity("1", "ZZ"), "x12") == "1 (agreed name)"
    assert identity_in_words(Identity("1", "77"), "x12") == "1 (qualifier 77)"
    assert identity_in_words(Identity(""), "edifact") == "nobody named"


def test_kinds_and_units_join_their_values() -> None:
    po1 = load_schema("x12/004010/850").segments["PO1"]
    lines = list(lines_of(["PO1", "1", "24", "CA", "48", "", "BP", "SKU", "ZQ", "X"], po1))
    assert [(line.label, line.name, line.text) for line in lines[1:]] == [
        ("PO102-03", "quantity ordered", "24 CA (case)"),
        ("PO104", "unit price", "48"),
        ("PO106-07", "buyer part number (BP)", "SKU"),
        ("PO108-09", "product id (ZQ)", "X"),
    ]
    dtm = load_schema("edifact/d01b/orders").segments["DTM"]
    (line,) = lines_of(["DTM", COMPONENT.join(("137", "202648", "616"))], dtm)
    assert (line.label, line.name, line.text) == ("DTM01-1", "document (137)", "week 48 of 2026")
    (line,) = lines_of(["DTM", "137"], dtm)
    assert (line.name, line.text) == ("date kind", "137 (document)")


def test_a_document_that_contradicts_itself_is_told() -> None:
    text = edi.explain((ROOT / "samples/faults/consistency.hl-tree.edi").read_bytes())
    assert "exception in HL02: '9' does not fit the tree of levels (expected the number of another level)" in text
