"""Schema files in a folder of one's own: they use the shipped segments, extend shipped schemas, and come first."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi import syntax
from edi.check import compile_check
from edi.checked import Checked
from edi.errors import MapError
from edi.model import Message
from edi.schema import load_schema
from edi.yaml_source import load_text

SALES = """
schema: x12/004010/852
title: Sales and stock by store
group: PD
provenance:
- the guide of one retailer
- a sample file of another
layout:
- {segment: ST, usage: M}
- {segment: XQ, usage: M}
- {segment: N9, max: any}
- loop: LIN
  usage: M
  max: any
  layout:
  - {segment: LIN, usage: M}
  - loop: ZA
    max: any
    layout:
    - {segment: ZA, usage: M}
    - {segment: SDQ, max: any}
- {segment: CTT}
- {segment: SE, usage: M}
segments:
  XQ:
    title: Period
    elements:
    - {at: 01, ref: 305, name: report kind, type: ID 1..2, usage: M}
    - {at: 02, ref: 373, name: from, type: DT 8..8, usage: M}
    - {at: 03, ref: 373, name: to, type: DT 8..8}
  ZA:
    title: Activity
    elements:
    - {at: 01, ref: 859, name: activity, type: ID 2..2, usage: M, codes: activity}
    - {at: 02, ref: 380, name: quantity, type: R 1..15}
    - {at: 03, ref: 355, name: unit, type: ID 2..2, codes: uom_x12}
    conditions: [P0203]
codes:
  activity: {open: yes, values: {QS: sold, QA: on hand}}
"""
NARROWER = """
schema: retailer/850
extends: x12/004010/850
title: Order of one retailer
narrow:
- {usage: CUR, is: required}
- {max: PO1, is: 200}
"""
HEAD = "ISA*00*          *00*          *01*1              *01*2              *261120*1030*U*00401*000000001*0*T*>~"


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def check(identity: str, folder: Path, body: str) -> Checked:
    text = f"{HEAD}GS*PD*1*2*20261120*1030*1*X*004010~ST*852*0001~{body}"
    text += f"SE*{body.count('~') + 2}*0001~GE*1*1~IEA*1*000000001~"
    (message,) = (item for item in syntax.read(text.encode()) if isinstance(item, Message))
    return compile_check(load_schema(identity, [folder])).check(message)


def test_a_document_of_ones_own_uses_the_segments_of_a_shipped_release(tmp_path: Path) -> None:
    put(tmp_path, "x12/004010/852.schema.yaml", SALES)
    good = check("x12/004010/852", tmp_path, "XQ*H*20261101*20261107~LIN*1*UP*012345678905~ZA*QS*12*EA~CTT*1~")
    assert good.faults == []
    bad = check("x12/004010/852", tmp_path, "XQ*H*20261101~LIN*1*UP~ZA*QS*12~CTT*ONE~")
    assert [(fault.code, fault.location.path.rpartition("/")[2]) for fault in bad.faults] == [
        ("element.missing", "LIN03"),
        ("element.conditional-missing", "ZA03"),
        ("element.number", "CTT01"),
    ]
    with pytest.raises(MapError, match=r"resource\.missing"):
        load_schema("x12/004010/852")


def test_a_shipped_segment_cannot_be_defined_again(tmp_path: Path) -> None:
    put(tmp_path, "x12/004010/852.schema.yaml", SALES.replace("  XQ:\n", "  CTT:\n"))
    with pytest.raises(MapError, match=r"852\.schema\.yaml:26:5: schema\.duplicate_segment: .*segments\.yaml"):
        load_schema("x12/004010/852", [tmp_path])


def test_a_dictionary_beside_the_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    put(tmp_path, "x12/004010/852.schema.yaml", SALES)
    put(tmp_path, "x12/004010/segments.yaml", "schema: x12/004010/segments\ntitle: few\nprovenance: [a, b]\nsegments:\n"
        "  ST: {title: start, elements: [{at: 01, name: set, type: ID 3..3}]}\n")  # fmt: skip
    with pytest.raises(MapError, match=r"map\.unknown_segment: no segment N9"):
        load_schema("x12/004010/852", [tmp_path])
    assert load_schema("x12/004010/850", [tmp_path]) is not None  # the shipped file keeps the one beside it


def test_a_schema_of_ones_own_narrows_a_shipped_one(tmp_path: Path) -> None:
    put(tmp_path, "retailer/850.schema.yaml", NARROWER)
    schema = load_schema("retailer/850", [tmp_path])
    entries = dict(schema.entries())
    assert (entries["CUR"].effective_usage, entries["PO1"].effective_max) == ("required", 200)
    assert schema.guide
    assert not load_schema("x12/004010/850", [tmp_path]).guide


def test_a_schema_of_ones_own_comes_before_the_shipped_one(tmp_path: Path) -> None:
    put(tmp_path, "x12/004010/997.schema.yaml", "schema: x12/004010/997\ntitle: mine\ngroup: FA\nlayout:\n"
        "- {segment: ST, usage: M}\n- {segment: AK1, usage: M}\n- {segment: SE, usage: M}\n")  # fmt: skip
    assert load_schema("x12/004010/997", [tmp_path]).title == "mine"
    assert load_schema("x12/004010/997").title != "mine"


def test_the_examples_of_the_page_for_analysts_work(tmp_path: Path) -> None:
    """Every YAML block of docs/schemas.md that names a schema is loaded from a folder of one's own."""
    text = (Path(__file__).parents[3] / "docs" / "schemas.md").read_text()
    blocks = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    identities = []
    for block in blocks:
        tree = load_text(block, "docs/schemas.md")
        if "schema" in tree:
            identities.append(str(tree["schema"]))
            put(tmp_path, f"{tree['schema']}.schema.yaml", block)
    assert len(identities) >= 2
    for identity in identities:
        compile_check(load_schema(identity, [tmp_path]))
