"""Overlays: what each operation does, and every way in which one no longer applies."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

import pytest

from edi.errors import MapError
from edi.mapping import Map, load_map
from tests.edi.mapping.wire import json_of, read_body

HEAD = """map: example/855
version: 1.0.0
extends: x12/004010/855@1
document: X12 855 004010
event: procurement.order.acknowledged.v1
title: Example
"""
BODY = "BAK*00*AC*P1*20261120****SO-1~PO1*1*10*EA*2.5**BP*SKU-1*MG*M-1~ACK*IA*10*EA~CTT*1~"


def overlay(folder: Path, text: str, head: str = HEAD) -> Map:
    (folder / "855.map.yaml").write_text(head + text)
    return load_map("example/855@1", folder)


def test_set_binds_an_element(tmp_path: Path) -> None:
    map_ = overlay(tmp_path, "changes:\n- {set: BAK/BAK07, to: supplier_reference}\n- {set: BAK/BAK06, to: contract}\n")
    reading, _ = read_body(map_, BODY.replace("20261120****SO-1", "20261120**A*B*SO-1"))
    assert (json_of(reading)["contract"], json_of(reading)["supplier_reference"]) == ("A", "B")


def test_pairs_are_added_and_removed(tmp_path: Path) -> None:
    map_ = overlay(tmp_path, "changes:\n- {pair: PO1, add: {SK: item.ids.supplier}, remove: [MG]}\n")
    reading, _ = read_body(map_, BODY.replace("BP*SKU-1", "SK*S-9"))
    assert json_of(reading)["lines"][0]["item"]["ids"] == [{"scheme": "supplier", "value": "S-9", "raw": "SK"}]
    assert [(u.place, u.value) for u in reading.unmapped] == [
        ("855[1]/PO1[1]/PO108", "MG"),
        ("855[1]/PO1[1]/PO109", "M-1"),
    ]


def test_nodes_are_added_and_removed(tmp_path: Path) -> None:
    text = """changes:
- {remove: "REF[VR]"}
- add_after: CUR
  segment: REF
  when: REF01 is "IT"
  REF02: buyer.ids.supplier
"""
    reading, _ = read_body(overlay(tmp_path, text), BODY.replace("PO1*1", "REF*IT*77~REF*VR*88~PO1*1", 1))
    assert json_of(reading)["buyer"]["ids"] == [{"scheme": "supplier", "value": "77"}]
    assert json_of(reading)["references"] == [{"kind": {"value": "VR", "raw": "VR"}, "number": "88"}]


def test_a_binding_is_removed(tmp_path: Path) -> None:
    reading, _ = read_body(overlay(tmp_path, "changes:\n- {remove: BAK/BAK08}\n"), BODY)
    assert [(u.place, u.value) for u in reading.unmapped] == [("855[1]/BAK/BAK08", "SO-1")]


def test_tables_and_checks_change(tmp_path: Path) -> None:
    text = """changes:
- {table: line_status, add: {ZZ: on_hold}, remove: [IA]}
- {check: split-adds-up, severity: warning}
- {check: rejected-has-no-date, remove: yes, reason: agreed}
checks:
- id: known-order
  test: starts_with(order.number, "PO")
  severity: reject
  at: BAK03
  say: "order {order.number} is not one of ours"
"""
    reading, _ = read_body(overlay(tmp_path, text), BODY.replace("ACK*IA*10", "ACK*ZZ*11"))
    assert json_of(reading)["lines"][0]["responses"][0]["status"] == {"value": "on_hold", "raw": "ZZ"}
    found = [(f.code, f.severity, f.guide, f.place, f.found) for f in reading.faults]
    assert found == [
        ("check.failed", "warning", False, "855[1]/PO1[1]/PO102", "line 1: supplier confirmed 11, ordered 10"),
        ("check.failed", "reject", True, "855[1]/BAK/BAK03", "order P1 is not one of ours"),
    ]


def test_a_required_node_that_is_missing_is_a_guide_fault(tmp_path: Path) -> None:
    reading, _ = read_body(overlay(tmp_path, 'changes:\n- {usage: "REF[VR]", is: required}\n'), BODY)
    (fault,) = reading.faults
    assert (fault.code, fault.place, fault.guide, fault.severity) == ("map.required", "855[1]/REF", True, "reject")
    assert "REF01 VR" in fault.message


def test_the_schema_is_narrowed(tmp_path: Path) -> None:
    map_ = overlay(tmp_path, "schema:\n- {codes: PO1/PO103, only: [CA]}\n")
    _, checked = read_body(map_, BODY)
    assert [(f.code, f.place, f.guide) for f in checked.faults] == [("element.code", "855[1]/PO1[1]/PO103", True)]


def test_a_tolerated_fault_becomes_a_warning(tmp_path: Path) -> None:
    text = 'tolerate:\n- {fault: element.long, at: BAK/BAK08, up_to: 40, reason: "agreed 2026-10"}\n'
    map_ = overlay(tmp_path, text)
    _, checked = read_body(map_, BODY.replace("SO-1", "S" * 35))
    assert [f.severity for f in checked.faults] == ["reject"]
    assert [f.severity for f in map_.tolerated(checked.faults)] == ["warning"]
    _, checked = read_body(map_, BODY.replace("SO-1", "S" * 41))
    assert [f.severity for f in map_.tolerated(checked.faults)] == ["reject"]


def test_a_note_is_kept(tmp_path: Path) -> None:
    map_ = overlay(tmp_path, "changes:\n- {note: PO1, text: Send every line.}\n")
    assert next(node.note for node in map_.layout if node.name == "PO1") == "Send every line."


ERRORS = {
    "overlay.no_target": [
        "- {shape: S > O > I}",
        '- {remove: "REF[ZZ]"}',
        "- {set: BAX/BAX01, to: contract}",
        "- {remove: BAK/BAK10}",
        "- {pair: BAK, add: {A: contract}}",
        "- {pair: PO1, remove: [XX]}",
        "- {table: line_status, remove: [XX]}",
        "- {table: nothing, add: {A: b}}",
        "- {check: nothing, severity: warning}",
        "- {set: BAK, to: contract}",
        "- {usage: BAK/BAK01, is: required}",
    ],
    "overlay.ambiguous_target": ["- {remove: N1}"],
    "overlay.conflict": [
        "- {set: BAK/BAK07, to: supplier_reference}\n- {remove: BAK/BAK07}",
        "- {note: PO1, text: a}\n- {note: PO1, text: b}",
    ],
    "overlay.no_effect": [
        "- {set: BAK/BAK07, to: contract}",
        "- {table: line_status, add: {IA: accepted}}",
        "- {usage: BAK, is: required}",
        "- {check: split-adds-up, severity: exception}",
        "- {pair: PO1, add: {BP: item.ids.buyer}}",
    ],
    "map.unknown_key": ["- {sett: BAK/BAK07, to: contract}", "- {set: BAK/BAK07, too: contract}"],
    "map.unknown_field": ["- {set: BAK/BAK07, to: contrakt}"],
    "map.unknown_table": ["- {set: BAK/BAK07, to: response via nothing}"],
    "map.type_clash": [
        "- {set: BAK/BAK07, to: acknowledged_on}",
        "- {set: BAK/BAK07, to: purpose}",
        "- {set: BAK/BAK07, to: lines}",
        "- {set: BAK/BAK07, to: order}",
    ],
    "map.bad_binding": [
        "- {set: BAK/BAK07, to: contract as nothing}",
        "- {set: BAK/BAK07, to: contract is good}",
        "- {set: BAK/BAK07, to: const 00}",
        "- {set: BAK/BAK09, to: acknowledged_on as date never}",
    ],
    "map.unknown_element": ["- {set: BAK/BAK11, to: contract}"],
    "map.unmapped_mandatory": ["- {remove: BAK/BAK03}"],
    "map.order": ['- {add_before: BAK, segment: REF, when: REF01 is "IA", REF02: contract}'],
    "map.double_claim": ["- {set: PO1/PO106, to: line_number}"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in ERRORS.items() for text in texts])
def test_an_operation_that_does_not_apply_is_an_error_with_its_line(tmp_path: Path, code: str, text: str) -> None:
    with pytest.raises(MapError) as error:
        overlay(tmp_path, f"changes:\n{text}\n")
    assert f" {code}: " in str(error.value)
    assert ".map.yaml:" in str(error.value)


def test_the_nearest_address_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"REF\[VR\]"):
        overlay(tmp_path, 'changes:\n- {remove: "REF[VX]"}\n')


@pytest.mark.parametrize(
    ("code", "extends"),
    [
        ("overlay.base_version", "x12/004010/855@2"),
        ("overlay.base_version", "x12/004010/855@1.7"),
        ("overlay.base_version", "x12/004010/855"),
        ("overlay.extends_partner", "other/855@1"),
        ("resource.missing", "x12/004010/999@1"),
    ],
)
def test_a_base_that_does_not_fit(tmp_path: Path, code: str, extends: str) -> None:
    with pytest.raises(MapError, match=code.replace(".", r"\.")):
        overlay(tmp_path, "", HEAD.replace("x12/004010/855@1", extends))


def test_a_chain_that_comes_back_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "x12/004010/loop.map.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(HEAD.replace("example/855", "x12/004010/loop").replace("x12/004010/855@1", "x12/004010/loop@1"))
    with pytest.raises(MapError, match=r"overlay\.cycle"):
        load_map("x12/004010/loop@1", folders=[tmp_path])


def test_a_missing_overlay_says_which_file_to_make(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"855\.map\.yaml") as error:
        load_map("example/855@1", tmp_path)
    assert "make" in str(error.value)
    with pytest.raises(MapError, match="no partner folder"):
        load_map("example/855@1")


def test_the_wanted_version_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "855.map.yaml").write_text(HEAD)
    with pytest.raises(MapError, match=r"map\.version"):
        load_map("example/855@2", tmp_path)


def test_a_file_must_call_itself_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"map\.identity"):
        overlay(tmp_path, "", HEAD.replace("example/855", "other/855"))


@pytest.mark.parametrize("key", ["guide", "layout", "nothing"])
def test_keys_that_are_not_for_overlays(tmp_path: Path, key: str) -> None:
    with pytest.raises(MapError):
        overlay(tmp_path, f"{key}: []\n")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    first = overlay(tmp_path, "")
    assert overlay(tmp_path, "") is not first  # written again: another time stamp
    assert load_map("example/855@1", tmp_path) is load_map("example/855@1", tmp_path)
    changed = overlay(tmp_path, "changes:\n- {remove: BAK/BAK08}\n")
    reading, _ = read_body(changed, BODY)
    assert "supplier_order_number" not in json_of(reading)


def test_a_map_whose_file_is_gone_is_not_kept(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    gone = weakref.ref(overlay(tmp_path / "one", ""))
    gc.collect()
    assert gone() is not None
    shutil.rmtree(tmp_path / "one")
    overlay(tmp_path / "other", "")
    gc.collect()
    assert gone() is None


# --- the practice of an industry, between base and partner

PRACTICE = """map: x12/004010/855.example
version: 1.2.0
extends: x12/004010/855@1
title: Answers in an example industry
changes:
- {set: BAK/BAK07, to: supplier_reference}
- {set: BAK/BAK06, to: contract}
schema:
- {codes: PO1/PO103, only: [EA, CA, DZ]}
"""


def practice(folder: Path, text: str = PRACTICE, name: str = "855.example") -> Path:
    file = folder / f"maps/x12/004010/{name}.map.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return folder / "maps"


def partner_over(folder: Path, text: str) -> Map:
    (folder / "855.map.yaml").write_text(HEAD.replace("x12/004010/855@1", "x12/004010/855.example@1.2") + text)
    return load_map("example/855@1", folder, [folder / "maps"])


def test_a_partner_stands_on_the_practice_of_an_industry(tmp_path: Path) -> None:
    practice(tmp_path)
    map_ = partner_over(tmp_path, "changes:\n- {remove: BAK/BAK08}\nschema:\n- {codes: PO1/PO103, only: [CA]}\n")
    names = [path.name for path in map_.files if path.name.endswith(".map.yaml")]
    assert names == ["855.map.yaml", "855.example.map.yaml", "855.map.yaml"]
    reading, checked = read_body(map_, BODY.replace("20261120****SO-1", "20261120**A*B*SO-1"))
    assert (json_of(reading)["contract"], json_of(reading)["supplier_reference"]) == ("A", "B")
    assert [unmapped.value for unmapped in reading.unmapped] == ["SO-1"]
    assert [(fault.code, fault.expected, fault.guide) for fault in checked.faults] == [
        ("element.code", "one of CA", True)
    ]
    with pytest.raises(MapError, match=r"overlay\.widens"):
        partner_over(tmp_path, "schema:\n- {codes: PO1/PO103, only: [CA, LB]}\n")


def test_an_agreement_may_name_the_practice_itself(tmp_path: Path) -> None:
    map_ = load_map("x12/004010/855.example@1.2", folders=[practice(tmp_path)])
    assert (map_.identity, map_.schema.identity) == ("x12/004010/855.example", "x12/004010/855")


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("855.example", "x12/004010/855@1", "x12/004010/850@1", "overlay.industry"),
        ("855.example", "x12/004010/855@1", "x12/005010/855@1", "overlay.industry"),
        ("855.example", "x12/004010/855@1", "x12/004010/855.example@1", "overlay.cycle"),
        ("855.example", "map: x12/004010/855.example", "map: x12/004010/855.other", "map.identity"),
        ("865", "x12/004010/855.example", "x12/004010/865", "overlay.industry"),
        ("855.other", "x12/004010/855.example", "x12/004010/855.other", "overlay.industry"),
    ],
)
def test_a_practice_extends_the_base_of_its_document(tmp_path: Path, name: str, old: str, new: str, code: str) -> None:
    practice(tmp_path)
    text = PRACTICE.replace(old, new)
    if name != "855.example":
        text = text.replace("x12/004010/855@1", "x12/004010/855.example@1")
    folder = practice(tmp_path, text, name)
    with pytest.raises(MapError, match=code.replace(".", r"\.")):
        load_map(f"x12/004010/{name}", folders=[folder])
