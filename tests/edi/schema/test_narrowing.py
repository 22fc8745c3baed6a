"""Narrowing operations: where they reach, and that they can only narrow."""

from __future__ import annotations

import pytest

from edi.errors import MapError
from edi.schema import LoopEntry, Schema, load_schema, narrowed
from edi.yaml_source import load_text


def apply(*operations: str, schema: str = "x12/004010/855") -> Schema:
    tree = load_text("schema:\n" + "".join(f"- {operation}\n" for operation in operations), "guide.yaml")
    return narrowed(load_schema(schema), tree["schema"])


def test_every_operation_leaves_the_standard_beside_the_guide() -> None:
    schema = apply(
        "{usage: BAK/BAK08, is: required}",
        '{usage: "N1[BT]", is: not_used}',
        "{codes: PO1/PO103, only: [EA, CA]}",
        "{length: BAK/BAK03, max: 12}",
        "{max: PO1, is: 999}",
        "{condition: PO1/ACK, add: R0507}",
    )
    entries = dict(schema.entries())
    bak = entries["BAK"].definition
    assert (bak.elements[7].usage, bak.elements[7].guide_usage) == ("optional", "required")
    assert (bak.elements[2].max, bak.elements[2].guide_max, bak.elements[2].effective_max) == (22, 12, 12)
    party = entries["N1"]
    assert (party.guide_usage, [(value, one.guide_usage) for value, one in party.variants]) == (
        None,
        [("BT", "not_used")],
    )
    line = entries["PO1"]
    assert (line.max, line.guide_max) == (100000, 999)
    unit = line.definition.elements[2]
    assert unit.guide_codes is not None
    assert list(unit.guide_codes.values) == ["EA", "CA"]
    assert unit.guide_codes.values["EA"] == "each"
    assert unit.codes is not None
    assert "DZ" in unit.codes.values
    added = entries["PO1/ACK"].definition.conditions[-1]
    assert (added.text, added.guide) == ("R0507", True)


def test_an_address_may_name_a_loop_deeper_down_and_a_segment_in_a_loop() -> None:
    schema = apply(
        "{codes: LIN/QTY01-1, only: [21]}",
        "{codes: RFF-line/RFF01-1, only: [ON]}",
        "{length: LIN/RFF-line/DTM/DTM01-2, max: 8}",
        schema="edifact/d01b/orders",
    )
    entries = dict(schema.entries())
    for address in ("LIN/QTY", "LIN/RFF-line"):
        assert entries[address].definition.elements[0].components[0].guide_codes is not None
    assert entries["LIN/RFF-line/DTM"].definition.elements[0].components[1].guide_max == 8


def test_a_qualified_loop_has_a_layout_of_its_own() -> None:
    schema = apply('{usage: "N1[ST]/N3", is: required}', "{usage: N1/N4, is: required}")
    party = dict(schema.entries())["N1"]
    assert isinstance(party, LoopEntry)
    ((qualifier, variant),) = party.variants
    assert qualifier == "ST"
    assert [(entry.name, entry.guide_usage) for entry in party.layout if entry.guide_usage] == [("N4", "required")]
    assert [(entry.name, entry.guide_usage) for entry in variant.layout if entry.guide_usage] == [
        ("N3", "required"),
        ("N4", "required"),
    ]


REFUSED = [
    (["{usage: BAK/BAK03, is: optional}"], "overlay.widens", "it is required"),
    (["{usage: BAK/BAK03, is: not_used}"], "overlay.widens", "it is required"),
    (["{usage: BAK/BAK03, is: required}"], "overlay.no_effect", "already required"),
    (["{length: BAK/BAK03, max: 23}"], "overlay.widens", "1..22"),
    (["{length: BAK/BAK03, max: 22}"], "overlay.no_effect", "already"),
    (["{length: BAK/BAK03, min: 5, max: 4}"], "overlay.widens", "no value"),
    (["{length: BAK/BAK03}"], "map.missing_key", "min or max"),
    (["{max: PO1, is: any}"], "overlay.widens", "100000"),
    (["{max: PO1, is: 100001}"], "overlay.widens", "100000"),
    (["{max: PO1, is: 100000}"], "overlay.no_effect", "already"),
    (["{codes: PO1/PO103, only: [EACH]}"], "overlay.widens", "does not fit"),
    (["{codes: PO1/PO103, only: []}"], "overlay.widens", "never"),
    (["{codes: PID/PID01, only: [F, Q]}"], "overlay.widens", "not in the list"),
    (["{condition: PO1/ACK, add: P0203}"], "overlay.no_effect", "already has"),
    (["{condition: PO1/ACK, add: R0577}"], "schema.bad_condition", "29"),
    (["{usage: BAX, is: required}"], "overlay.no_target", "near it: TAX, BAK"),
    (["{usage: PO1/AKC, is: required}"], "overlay.no_target", "PO1/ACK"),
    (["{usage: BAK/BAK19, is: required}"], "overlay.no_target", "BAK/BAK09"),
    (["{usage: BAK/REF01, is: required}"], "overlay.no_target", "BAK/BAK01"),
    (["{usage: PO1/ACK/QTY02, is: required}"], "overlay.no_target", "PO1/ACK"),
    (["{usage: 'po1/#', is: required}"], "overlay.no_target", "neither"),
    (["{usage: /PO1, is: required}"], "overlay.no_target", "not an address"),
    (["{codes: PO1, only: [EA]}"], "overlay.no_target", "needs an element"),
    (["{max: PO1/PO103, is: 1}"], "overlay.no_target", "not an element"),
    (["{usage: 'PO1/PO1[1]', is: required}"], "overlay.no_target", "leave out PO1[1]"),
    (["{codes: PO1/CTP/CTP05, only: [EA]}"], "overlay.no_target", "component"),
    (["{length: PO1/CTP/CTP05, max: 1}"], "overlay.no_target", "component"),
    (["{usage: CUR, is: required}", "{usage: CUR, is: not_used}"], "overlay.conflict", "line 2"),
    (["{usage: SCH/TD1, is: required}", "{usage: QTY/SI, is: required}"], "overlay.ambiguous_target", "2 loops QTY"),
    (["{use: CUR, is: required}"], "map.unknown_key", "usage, codes"),
    (["{usage: CUR, is: required, only: [x]}"], "map.unknown_key", "usage"),
    (["{usage: CUR, is: needed}"], "schema.bad_usage", "needed"),
]


@pytest.mark.parametrize(
    ("operations", "code", "words"), REFUSED, ids=[f"{case[1]}-{n}" for n, case in enumerate(REFUSED)]
)
def test_what_does_not_narrow_is_refused(operations: list[str], code: str, words: str) -> None:
    with pytest.raises(MapError) as caught:
        apply(*operations)
    text = str(caught.value)
    assert text.startswith(f"guide.yaml:{len(operations) + 1}:")
    assert f": {code}: " in text
    assert words in text


def test_a_second_guide_narrows_the_first() -> None:
    first = apply("{codes: PO1/PO103, only: [EA, CA]}", "{max: PO1, is: 10}", "{length: BAK/BAK03, max: 12}")
    tree = load_text("schema:\n- {codes: PO1/PO103, only: [EA]}\n- {max: PO1, is: 5}\n", "second.yaml")
    assert dict(narrowed(first, tree["schema"]).entries())["PO1"].guide_max == 5
    for operation in ("{codes: PO1/PO103, only: [EA, DZ]}", "{max: PO1, is: 11}", "{length: BAK/BAK03, max: 13}"):
        wider = load_text(f"schema:\n- {operation}\n", "second.yaml")
        with pytest.raises(MapError, match=r"overlay\.widens"):
            narrowed(first, wider["schema"])


def test_operations_come_from_the_loader() -> None:
    with pytest.raises(TypeError):
        narrowed(load_schema("x12/004010/855"), [{"usage": "CUR", "is": "required"}])
