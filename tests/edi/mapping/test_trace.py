"""Where values came from: every canonical path with its place in the bytes and its row in the map."""

from __future__ import annotations

from pathlib import Path

import edi
from edi.mapping import Origin, load_map
from tests.edi.mapping.shipments import levels_map, nest_map
from tests.edi.mapping.test_hierarchy import BODY, SSCC
from tests.edi.mapping.test_language import BAK, TOP, small
from tests.edi.mapping.test_nest import TREE
from tests.edi.mapping.wire import ROOT, read_body

NODES = """- loop: PO1
  into: lines
  layout:
  - segment: PO1
    PO101: line_number
    PO102: ordered.value as decimal
    pairs: {start: PO106, VN: item.ids.supplier}
"""


def test_each_value_has_its_bytes_and_its_row(tmp_path: Path) -> None:
    map_ = small(tmp_path, NODES, more="derive:\n- {field: totals.quantity, is: sum(lines.ordered.value)}\n",
                 bak=BAK + "  BAK07: contract from order\n")  # fmt: skip
    reading, checked = read_body(map_, TOP + "PO1*1*2.50****VN*AC-9~PO1*2*4~")
    raw, start = checked.message.raw, checked.message.offset
    trace = reading.trace
    assert list(trace) == [
        "response", "order.number", "order.date", "lines.0.line_number", "lines.0.ordered.value",
        "lines.0.item.ids.supplier", "lines.1.line_number", "lines.1.ordered.value", "totals.quantity", "contract",
    ]  # fmt: skip
    for origin in trace.values():
        if origin.kind == "read":
            at = origin.offset - start
            assert raw[at : at + origin.length].decode() == origin.found
    quantity = trace["lines.0.ordered.value"]
    assert (quantity.tag, quantity.segment, quantity.element, quantity.found) == ("PO1", 3, 2, "2.50")
    assert quantity.row == f"{tmp_path}/x12/004010/855.map.yaml:23"
    assert trace["totals.quantity"] == Origin("derived")
    assert trace["contract"] == Origin("inherited")


def test_what_was_not_kept_has_no_trace(tmp_path: Path) -> None:
    reading, _ = read_body(small(tmp_path, NODES), TOP + "PO1*1*TEN~")
    assert "lines.0.ordered.value" not in reading.trace


def test_packages_are_traced_to_their_level(tmp_path: Path) -> None:
    reading, _ = read_body(levels_map(tmp_path), BODY)
    trace = reading.trace
    assert trace["packages.0.packages.0.ssccs.0"].found == f"00{SSCC[1]}"
    assert trace["packages.0.packages.0.items.0.order.number"].found == "PO-A"
    assert trace["packages.1.items.0.order.number"].found == "PO-B"
    assert trace["packages.1.items.0.item.ids.buyer"].segment == 20
    reading, _ = read_body(nest_map(tmp_path), TREE)
    marks = [reading.trace[f"packages.0.packages.0.ssccs.{n}"] for n in range(6)]
    assert [(mark.element, mark.found) for mark in marks] == [(n, SSCC[n - 1]) for n in range(2, 7)] + [(2, SSCC[6])]


def test_dialects_that_are_normalised_keep_their_places() -> None:
    reading, _ = read_body(load_map("x12/004010/855@1"), TOP.replace("*AD*", "*AC*") + "PO1*1*10*EA~ACK*BP*8*EA~")
    assert reading.trace["lines.0.responses.0.quantity.value"].found == "8"
    assert reading.trace["lines.0.ordered.uom"].tag == "PO1"


def test_every_value_of_the_samples_is_traced() -> None:
    for partner, name in (("acme", "855"), ("nordwerk", "ordrsp")):
        profile = edi.load_profile(ROOT / "partners" / partner)
        for path in sorted((ROOT / "partners" / partner / "samples").glob("*.edi")):
            data = path.read_bytes()
            for result in edi.translate(data, profile).results:
                if result.reading is None or result.message is None or result.message.type.lower() != name:
                    continue
                for where, origin in result.reading.trace.items():
                    if origin.kind == "read":
                        text = data[origin.offset : origin.offset + origin.length].decode("latin-1")
                        assert text.replace("?", "") == origin.found.replace("?", ""), (path.name, where)
