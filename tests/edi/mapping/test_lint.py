"""The linter: every rule has a small map that breaks it, with the place and the sentence it gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edi.catalogue import CATALOGUE
from edi.lint import WARNINGS, lint_map, lint_schema, lint_shipped
from edi.resources import maps_folder
from tests.edi.mapping.wire import ROOT

HEAD = """map: x12/004010/855
version: 1.0.0
document: X12 855 004010
event: procurement.order.acknowledged.v1
title: Small
tests:
- {read: a.edi, expect: a.json}
tables:
  answer: {AD: accepted, RJ: rejected}
"""
BAK = """layout:
- segment: BAK
  usage: required
  BAK01: const "00"
  BAK02: response via answer
  BAK03: order.number
  BAK04: order.date as date
"""
REF = '- segment: REF\n  when: REF01 is "VR"\n  REF02: contract\n'
PID = """- loop: PO1
  into: lines
  layout:
  - {segment: PO1, PO101: line_number}
  - loop: PID
    when: PID01 is "F"
    layout:
    - {segment: PID, PID05: item.description}
"""
N1 = '- loop: N1\n  when: N101 is "ST"\n  into: ship_to\n  single: yes\n  layout:\n  - {segment: N1, N102: name}\n'

# code -> (text after the head, the line and column it is found at, part of the sentence)
BROKEN: dict[str, list[tuple[str, str, str]]] = {
    "yaml.duplicate_key": [(BAK + "  BAK03: contract\n", "17:3", "")],
    "yaml.tab": [(BAK + "\t", "17:1", "indent with spaces")],
    "yaml.anchor": [(BAK.replace("order.number", "&a order.number"), "15:10", "")],
    "map.unknown_key": [(BAK + "colour: red\n", "17:1", "it has")],
    "map.bad_binding": [(BAK.replace("as date", "like date"), "16:10", "after the field comes as")],
    "map.unknown_segment": [(BAK + "- segment: RFE\n", "17:12", "did you mean REF")],
    "map.unknown_element": [(BAK + "  BAK77: contract\n", "17:3", "not in the schema")],
    "map.type_clash": [
        (BAK + "  BAK07: order.date as decimal\n", "17:10", "decimal gives decimal"),
        (BAK.replace('"00"', '"0012"'), "13:10", "cannot hold '0012'"),
        (BAK + N1.replace("N102: name", "N102: name, N103: ids.gln as gln"), "22:37", "cannot hold '4012345000009'"),
    ],
    "map.unknown_field": [(BAK.replace("order.number", "order.numer"), "15:10", "did you mean 'number'")],
    "map.unknown_meaning": [
        (BAK.replace('const "00"', "purpose via answer"), "9:30", "did you mean 'rejection'?"),
    ],
    "map.unmapped_mandatory": [(BAK.replace("  BAK03: order.number\n", ""), "11:3", "nothing is bound to it")],
    "map.ambiguous_when": [
        (
            BAK + REF.replace('is "VR"', 'in ["VR", "IA"]') + REF.replace('is "VR"', 'in ["IA", "CT"]'),
            "20:3",
            "that of line 17",
        ),
    ],
    "map.unreachable": [
        (BAK + "ignore:\n- {at: BAK06, reason: old}\n", "18:8", "there is no BAK06, so nothing is dropped"),
        (BAK + "ignore:\n- {at: BAK/BAK60, reason: old}\n", "18:8", "there is no BAK/BAK60"),
        (BAK + PID.replace('"F"', '"Q"'), "21:5", "no code of PID01"),
        (BAK + REF.replace('is "VR"\n', 'is "VR"\n  max: any\n') + REF.replace("contract", "supplier_reference"),
         "21:3", "move this one before it"),
        (BAK + N1.replace("{segment: N1,", "{segment: N1, when: 'N101 is \"BY\"',"), "22:5", "the loop around has"),
    ],
    "map.order": [(BAK + REF + '- segment: CUR\n  CUR01: const "SE"\n  CUR02: currency\n', "20:3", "keep the order")],
    "map.double_claim": [(BAK + '- {segment: REF, REF01: const "VR", REF02: contract, '
                          "pairs: {qualifier: REF01, value: REF02, VR: contract}}\n", "17:3", "bound twice")],
    "map.double_field": [(BAK + "  BAK05: order.number\n", "17:10", "already read in line 15"),
                         (BAK + REF + REF.replace("VR", "CT").replace("contract", "order.number")
                          .replace('  when: REF01 is "CT"\n', '  REF01: const "ZZ"\n'), "22:10", "read in line")],
    "map.field_lost": [(BAK.replace("  BAK02: response via answer\n", "").replace("usage: required", "direction: read"),
                        "4:8", "response")],
    "map.one_way": [(BAK + "- loop: CTT\n  layout:\n  - {segment: CTT, CTT01: totals.lines as integer}\n"
                     "derive:\n- {field: totals.lines, is: count(lines)}\n", "21:11", "use derive_write")],
    "table.not_invertible": [("  more: {A: accepted, B: accepted}\n" + BAK.replace("answer", "more"), "10:3",
                              "write: {accepted: A}")],
    "table.unused_row": [("  uom: {EA: EA, EACH: EA}\n" + BAK.replace("via answer", "via answer") +
                          "- loop: PO1\n  into: lines\n  layout:\n  - {segment: PO1, PO103: ordered.uom via uom, "
                          "PO102: ordered.value as decimal}\n", "10:17", "may hold EACH")],
    "map.unused_table": [("  more: {A: accepted}\n" + BAK, "10:3", "remove it")],
    "check.bad_expression": [
        (BAK + 'checks:\n- {id: a, test: "order.number = ", severity: warning}\n', "18:17", ""),
        (BAK + "checks:\n- {id: a, test: 'totl(lines) = 1', severity: warning}\n", "18:17", "no function 'totl'"),
        (BAK + "checks:\n- {id: a, test: 'count(lines, 1) = 1', severity: warning}\n", "18:17",
         "count takes 1 value, not 2"),
        (BAK + "derive:\n- {field: totals.lines, is: 'cuont(lines)'}\n", "18:29", "did you mean 'count'?"),
    ],
    "check.unknown_path": [
        (BAK + 'checks:\n- {id: a, test: "order.numer is present", severity: warning}\n', "18:17", "did you mean"),
        (BAK + 'checks:\n- {id: a, test: "sum(lines/**/numer) = 1", severity: warning}\n', "18:17", "numer"),
        (BAK + 'checks:\n- {id: a, each: rows, test: "1 = 1", severity: warning}\n', "18:17", "rows"),
    ],
    "check.type": [
        (BAK + 'checks:\n- {id: a, each: order.number, test: "1 = 1", severity: warning}\n', "18:17", "is not a list"),
        (BAK + 'checks:\n- {id: a, test: "1 = 1", severity: fatal}\n', "18:36", "reject, exception or warning"),
        (BAK + 'checks:\n- {id: a, test: order.number < 1, severity: warning}\n', "18:17", "cannot be compared"),
        (BAK + 'checks:\n- {id: a, test: order.number, severity: warning}\n', "18:17", "is to give true or false"),
        (BAK + 'checks:\n- {id: a, test: 1 = 1, when: order.number + 1 = 2, severity: warning}\n', "18:30",
         "+ takes a number; order.number is text"),
        (BAK + 'checks:\n- {id: a, test: 1 = 1, say: "{sum(order.number)}", severity: warning}\n', "18:29",
         "sum takes a list of numbers"),
        (BAK + "derive:\n- {field: totals.lines, is: order.number}\n", "18:29", "give a number; order.number is text"),
        (BAK + "derive:\n- {field: contract, is: 1 + order.date}\n", "18:25", "order.date is a date"),
        (BAK + "- loop: CTT\n  layout:\n  - segment: CTT\n    CTT01: count lines\n    derive_write:\n"
         "    - {element: CTT02, is: order.number}\n", "22:28", "give a number; order.number is text"),
        (BAK + REF + "  write_when: order.number\n", "20:15", "give true or false; order.number is text"),
    ],
    "map.bad_direction": [(BAK + REF + "  direction: in\n", "20:14", "both, read or write")],
    "map.bad_usage": [(BAK + REF + "  usage: not_used\n", "20:10", "leave the node out")],
    "map.bad_repeat": [(BAK + "- {segment: REF, repeat: {start: REF02, elements: 1}, REF02: contract}\n", "17:51",
                        "1 do not repeat from REF02 on")],
    "map.bad_skip": [(BAK + PID.replace("into: lines", "into: lines\n  skip: 2"), "19:9", "skip is 1")],
    "map.bad_table": [(BAK.replace("layout:", "  x: {A: b, unknown: ask}\nlayout:"), "10:22", "fault, other or keep")],
    "map.bad_number": [(BAK + "tolerate:\n- {fault: element.long, at: BAK/BAK03, up_to: many, reason: old}\n", "18:47",
                        "up_to is a length")],
    "map.unknown_step": [(BAK + "normalise: [upside_down]\n", "17:13", "is not one of")],
    "map.todo": [(BAK + "ignore:\n- {at: REF, reason: TODO}\n", "18:21", "nobody has decided about REF"),
                 (BAK + '- {segment: CUR, CUR01: const "SE", CUR02: currency}\nignore:\n'
                  '- {at: "REF[ZZ]", reason: "TODO ask them"}\n', "19:27", "REF[ZZ]")],
    "map.secret": [(BAK + '  BAK07: const "pAssw0rd"\n', "17:10", "looks like a password"),
                   (BAK + '  BAK07: contract default "Ab3dEf6hIj9lMn2pQr5t"\n', "17:10", "looks like a password")],
    "map.partner_name": [(BAK + "  note: As acme wants it.\n", "17:9", "acme is a partner")],
    "overlay.widens": [(BAK + '- {segment: DTM, max: 11, DTM01: const "002"}\n', "17:23", "the schema allows 10")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text", "at", "sentence"), [(code, *case) for code, cases in BROKEN.items() for case in cases]
)
def test_each_rule_names_place_and_remedy(tmp_path: Path, code: str, text: str, at: str, sentence: str) -> None:
    path = tmp_path / "x12/004010/855.map.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + text)
    remarks = lint_map("x12/004010/855", folders=[tmp_path], partners=["acme"])
    found = {remark.code: remark for remark in remarks}
    assert code in found, [str(remark) for remark in remarks]
    assert found[code].place == f"{path}:{at}"
    assert sentence in found[code].sentence
    assert (found[code].severity == "warning") == (code in WARNINGS)


def test_a_map_without_title_owner_and_tests_is_told(tmp_path: Path) -> None:
    (tmp_path / "855.map.yaml").write_text("map: example/855\nversion: 1.0.0\nextends: x12/004010/855@1\n")
    remarks = lint_map("example/855@1", tmp_path)
    assert [remark.code for remark in remarks] == ["map.no_test", "map.no_title", "map.no_owner"]
    assert {remark.place for remark in remarks} == {f"{tmp_path}/855.map.yaml:1:6"}


SCHEMAS = {
    "schema.bad_condition": ("conditions: [R0203]", "conditions: [Q0203]"),
    "schema.bad_type": ("type: AN 1..30}", "type: XX 1..30}"),
    "schema.one_source": ("", ""),
    "schema.bad_tag": ("REF", "ref"),
    "schema.duplicate_segment": ("", ""),
}


@pytest.mark.parametrize("code", SCHEMAS)
def test_schemas_are_told(tmp_path: Path, code: str) -> None:
    text = """schema: x12/009999/855
title: Small
group: PR
layout:
- {segment: ST, usage: M}
- {segment: REF, max: any}
- {segment: SE, usage: M}
segments:
  ST: {title: Start, elements: [{at: 01, ref: 143, name: kind, type: ID 3..3, usage: M}]}
  REF:
    title: Reference
    elements:
    - {at: 01, ref: 128, name: kind, type: ID 2..3, usage: M}
    - {at: 02, ref: 127, name: reference, type: AN 1..30}
    - {at: 03, ref: 352, name: description, type: AN 1..80}
    conditions: [R0203]
  SE: {title: End, elements: [{at: 01, ref: 96, name: count, type: N0 1..10, usage: M}]}
"""
    path = tmp_path / "x12/009999/855.schema.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(*SCHEMAS[code]) if SCHEMAS[code][0] else text)
    if code == "schema.duplicate_segment":
        shared = "segments:\n  REF: {title: other, elements: [{at: 01, name: x, type: AN 1..2}]}\n"
        (path.parent / "segments.yaml").write_text(shared)
    remarks = lint_schema("x12/009999/855", [tmp_path])
    assert [remark.code for remark in remarks] == [code]
    assert remarks[0].place.startswith(str(path))


def test_the_page_of_maps_lists_the_codes_that_exist() -> None:
    page = (ROOT / "docs/maps.md").read_text().partition("## What the linter says")[2]
    kinds = "map|table|schema|check|overlay|guide|yaml"
    listed = set(re.findall(rf"`((?:{kinds})\.[a-z_]+)`", page))
    source = "".join(path.read_text() for path in (ROOT / "edi").glob("*.py"))
    there = set(re.findall(rf'"((?:{kinds})\.[a-z_]+)"', source)) - set(CATALOGUE)
    assert sorted(listed - there) == []
    assert sorted(there - listed) == []
    assert set(BROKEN) | set(SCHEMAS) | WARNINGS <= listed


@pytest.mark.parametrize(
    "row",
    [
        "{expect: a.json}",
        "{read: a.edi}",
        "{read: a.edi, write: a.json, expect: a.edi}",
        "{write: a.json, expect_fault: {at: BAK/BAK03, code: map.value}}",
        "{read: a.edi, expect_fault: {at: BAK/BAK03}}",
    ],
)
def test_a_test_that_is_none_is_told_with_its_place(tmp_path: Path, row: str) -> None:
    path = tmp_path / "x12/004010/855.map.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD.replace("{read: a.edi, expect: a.json}", row) + BAK)
    (remark,) = lint_map("x12/004010/855", folders=[tmp_path])
    assert (remark.code, remark.place.rpartition(":")[0], remark.severity) == ("map.bad_test", f"{path}:7", "error")


def test_nothing_is_wrong_or_doubtful_about_what_is_shipped() -> None:
    partners = sorted(path.name for path in (ROOT / "partners").iterdir())
    remarks = [*lint_shipped(partners)]
    for folder in (ROOT / "partners").iterdir():
        for path in folder.glob("*.map.yaml"):
            remarks += lint_map(f"{folder.name}/{path.name.partition('.')[0]}", folder)
    assert [str(remark) for remark in remarks] == []
    assert maps_folder() == ROOT / "maps"


def test_the_practice_of_an_industry_names_no_partner(tmp_path: Path) -> None:
    path = tmp_path / "x12/004010/855.example.map.yaml"
    path.parent.mkdir(parents=True)
    head = "map: x12/004010/855.example\nversion: 1.0.0\nextends: x12/004010/855@1\ntitle: Example\n"
    path.write_text(f"{head}changes:\n- {{note: PO1, text: As acme wants it.}}\n")
    remarks = lint_map("x12/004010/855.example", folders=[tmp_path], partners=["acme"])
    assert [(remark.code, remark.place) for remark in remarks if remark.severity == "error"] == [
        ("map.partner_name", f"{path}:6:21")
    ]
    path.write_text(f"{head}schema:\n- {{codes: PO1/PO103, only: [XXX]}}\n")
    (remark,) = lint_map("x12/004010/855.example", folders=[tmp_path])
    assert (remark.code, remark.place) == ("overlay.widens", f"{path}:6:29")
