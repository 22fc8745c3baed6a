"""`edi schema`: documents for people, and documents of the user's own, from the file to the acknowledgement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edi
from edi import resources
from edi.schema import load_schema
from edi.schema_words import SUFFIX, documents, layout, place
from tests.edi.interchanges import ROOT, group, rows, x12
from tests.edi.test_cli import run

# A document that is not shipped: what a shop sold (852), with one segment of its own; the rest is shared.
OWN = """\
schema: x12/004010/852
title: Sales report
group: PD
layout:
- {segment: ST, usage: M}
- {segment: XQ, usage: M}
- {segment: REF, max: 5}
- loop: N1-store
  trigger: N1
  when: N101 in ["ST", "SN"]
  layout:
  - {segment: N1, usage: M}
- loop: LIN
  max: any
  usage: M
  layout:
  - {segment: LIN, usage: M}
  - {segment: ZA, max: any}
- {segment: CTT}
- {segment: SE, usage: M}
segments:
  XQ:
    title: period reported
    elements:
    - {at: 01, ref: 305, name: handling, type: ID 1..1, usage: M, codes: handling}
    - {at: 02, ref: 373, name: first day, type: DT 8..8}
    - {at: 03, ref: 373, name: last day, type: DT 8..8}
    conditions: [C0302]
  ZA:
    title: quantity sold
    elements:
    - {at: 01, ref: 859, name: activity kind, type: ID 2..2, usage: M, codes: {QS: sold, QA: on hand}}
    - {at: 02, ref: 380, name: activity, type: R 1..15}
    - {at: 03, ref: 355, name: unit, type: ID 2..2, codes: uom_x12}
codes:
  handling:
    values: {H: report only, G: plan by it}
"""


def s852(quantity: str = "7") -> bytes:
    body = f"XQ*H*20261101*20261130~LIN**UP*012345678905~ZA*QS*{quantity}*EA~CTT*1~"
    return x12(group(f"ST*852*0001~{body}SE*6*0001~", kind="PD"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "x12/004010").mkdir(parents=True)
    (tmp_path / f"x12/004010/852{SUFFIX}").write_text(OWN)
    return tmp_path


def test_every_shipped_document_is_listed() -> None:
    code, out, _ = run("schema", "--list")
    assert code == 0
    listed = {line.split()[0]: line for line in out.splitlines()}
    assert sorted(listed) == resources.identities(SUFFIX)
    assert listed["x12/004010/855"].split(maxsplit=1)[1] == "Purchase order acknowledgement, with a map"
    assert all(load_schema(identity).title in line for identity, line in listed.items())


def test_a_layout_is_a_tree() -> None:
    code, out, _ = run("schema", "x12/004010/855")
    lines = out.splitlines()
    assert (code, lines) == (0, list(layout(load_schema("x12/004010/855"))))
    assert lines[0] == "x12/004010/855: Purchase order acknowledgement, group PR"
    assert lines[1] == "required       1  ST               start of set"
    at = lines.index("optional  100000  PO1 loop")
    assert lines[at + 1] == "required       1    PO1            order line"
    assert "optional     104    ACK loop" in lines


def test_a_segment_and_its_elements() -> None:
    code, out, _ = run("schema", "x12/004010/855", "ACK")
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    assert lines[:2] == ["ACK in x12/004010/855: answer to one line", "stands at PO1/ACK/ACK, PO1/SLN/ACK"]
    assert "ACK01    required  line status (668)                  code, 2 characters" in lines
    assert "IA    accepted" in lines
    assert "ACK02    optional  quantity (380)                     decimal number, 1 to 15 characters" in lines
    assert "C0405: with ACK04 also ACK05" in lines
    assert "P0203: all of ACK02, ACK03 or none" in lines
    more = next(line for line in lines if "more: edi schema x12/004010/855 ACK03" in line)
    (told,) = [list(place(load_schema("x12/004010/855"), "ACK03"))]
    assert f"... and {len(told) - 2 - 12} more" in more
    assert "the codes of ACK07" in lines
    assert any("DTM01-1" in line for line in place(load_schema("edifact/d01b/ordrsp"), "DTM"))
    assert next(place(load_schema("edifact/d01b/ordrsp"), "DTM01-1")).startswith("DTM01-1  required  date kind (2005)")


def test_a_document_of_the_users_own_is_checked_acknowledged_and_shown(own: Path) -> None:
    folder = ("--schemas", str(own))
    assert run("validate", "-", *folder, stdin=s852())[:2] == (0, "852 0001: accepted\n1 document: 1 accepted\n")
    code, out, _ = run("validate", "-", *folder, stdin=s852("TEN"))
    assert code == 1
    assert "852[1]/LIN[1]/ZA[1]/ZA02: 'TEN' is not a number" in out
    code, out, _ = run("ack", "-", *folder, stdin=s852("TEN"))
    assert code == 1
    assert rows(out.encode(), "AK2", "AK3", "AK4", "AK5", "AK9") == [
        "AK2*852*0001",
        "AK3*ZA*4*LIN*8",
        "AK4*2*380*6*TEN",
        "AK5*R*5",
        "AK9*R*1*1*0",
    ]
    assert "AK9*A*1*1*1" in run("ack", "-", *folder, stdin=s852())[1]
    code, out, _ = run("explain", "-", *folder, stdin=s852())
    assert out.startswith("Sales report (852)")
    assert "ZA01-03    sold (QS)                    7 EA (each)" in out
    assert run("read", "-", *folder, stdin=s852()) == (0, "", "")
    shown = run("schema", "x12/004010/852", *folder)[1].splitlines()
    assert "optional       1  N1-store loop, when N101 is ST or SN" in shown
    assert "x12/004010/852               Sales report\n" in run("schema", "--list", *folder)[1]
    assert "C0302: with XQ03 also XQ02" in run("schema", "x12/004010/852", "XQ", *folder)[1]
    translation = edi.translate(s852(), edi.default_profile(schemas=[own]))
    assert [result.verdict for result in translation.results] == ["accepted"]


def test_without_its_schema_a_document_is_refused_and_the_way_out_is_named() -> None:
    code, out, _ = run("validate", "-", stdin=s852())
    assert code == 1
    assert out.splitlines()[0] == "852 0001: rejected"
    assert (
        "  There is no schema for X12 852 004010. Write x12/004010/852.schema.yaml in a folder of your own and name "
        "the folder with --schemas; `edi schema --list` shows the documents that have one."
    ) in out.splitlines()
    code, out, _ = run("validate", "--json", "-", stdin=s852())
    fault = json.loads(out.splitlines()[0])
    assert (fault["code"], fault["found"]) == ("message.unsupported", "852 004010")
    # a partner's documents are a matter of agreement, not of schemas
    assert "There is no schema" not in run("validate", "-", "--partner", str(ROOT / "partners/acme"), stdin=s852())[1]


def test_schema_files_are_judged_with_their_places(own: Path, tmp_path: Path) -> None:
    assert run("schema", "check", str(own)) == (0, "x12/004010/852: fine\n", "")
    good = own / f"x12/004010/852{SUFFIX}"
    bad = own / f"x12/004010/851{SUFFIX}"
    bad.write_text(OWN.replace("/852", "/851").replace("{segment: XQ, usage: M}", "{segment: XQ, usage: MM}"))
    code, out, err = run("schema", "check", str(good), str(bad))
    assert (code, out) == (1, "x12/004010/852: fine\n")
    assert err.startswith(f"{bad.resolve()}:6:24: schema.bad_usage: ")
    bad.write_text(OWN)
    _, _, err = run("schema", "check", str(bad))
    assert err.startswith(f"{bad}:1:9: schema.identity: the schema 'x12/004010/852' must stand in a file ")
    bad.write_text("schema: [")
    assert run("schema", "check", str(bad))[2].startswith(f"{bad}:")
    (empty := tmp_path / "empty").mkdir()
    for nothing in (empty, tmp_path / "none.schema.yaml"):
        assert run("schema", "check", str(nothing))[:2] == (1, "")
    with pytest.raises(edi.MapError, match=r"yaml\.syntax"):
        list(documents([own]))


def test_a_folder_that_is_not_there_is_wrong_usage() -> None:
    assert run("validate", "-", "--schemas", "no/such/folder", stdin=s852()) == (
        2,
        "",
        "no/such/folder: there is no such folder\n",
    )
