"""DESADV: what single documents say, in which ways, and that the 856 of the same shipment says the same.

Not here: the laws (test_laws_desadv.py), samples with their events (test_samples.py), CPS itself (test_nest.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edi.documents import ShipmentDispatched
from edi.errors import MapError
from edi.map_samples import body_of, home_of
from edi.mapping import Reading, load_map
from tests.edi.mapping.wire import ROOT, json_of, message_of, read_body, read_segments, segments_of

BASE = "edifact/d01b/desadv@2"
SSCC = "340123450000000017"
HEAD = "BGM+351+DES1+9'DTM+137:20261201:102'"


def read(body: str, reference: str = BASE) -> Reading:
    reading, checked = read_body(load_map(reference), HEAD + body)
    assert [fault.message for fault in checked.faults if fault.severity == "reject"] == []
    return reading


def written(reading: Reading, reference: str = BASE) -> str:
    assert reading.data is not None
    segments = load_map(reference).write(reading.data)
    return "".join("+".join(segment).replace("\x1f", ":") + "'" for segment in segments).removeprefix(HEAD)


def _without_raw(value: Any) -> Any:
    if isinstance(value, list):
        found = [_without_raw(item) for item in value]
        return sorted(found, key=str) if found and "scheme" in found[0] else found
    if not isinstance(value, dict):
        return value
    return {name: _without_raw(item) for name, item in value.items() if name != "raw" and (name, item) != ("count", 1)}


def test_the_856_of_the_same_shipment_reads_to_the_same_event() -> None:
    """Save the codes of each syntax; a package without a count is one package."""
    twins = [json.loads((ROOT / "samples" / name).read_text()) for name in ("x12/856/pallets.json",
                                                                           "edifact/desadv/twin.json")]  # fmt: skip
    assert _without_raw(twins[0]) == _without_raw(twins[1])
    data = ShipmentDispatched.model_validate(twins[1])
    x12 = load_map("x12/004010/856@1")
    uncounted = ShipmentDispatched.model_validate(_without_raw(twins[1]))
    again, _ = read_segments(x12, x12.write(uncounted))
    assert load_map(BASE).difference(data, again.data) == "packages.0.count: 1 became nothing"
    assert x12.difference(uncounted, again.data) == ""


GOODS = "LIN+1++4012345000016:SRV'QTY+12:48:PCE'"
ITEM = {
    "line_number": "1",
    "item": {"ids": [{"scheme": "gtin", "value": "04012345000016", "raw": "SRV"}]},
    "shipped": {"value": "48", "uom": {"value": "EA", "raw": "PCE"}},
}


@pytest.mark.parametrize(
    ("body", "packages", "items"),
    [
        (f"CPS+1'{GOODS}", [], [ITEM]),
        (f"CPS+1'CPS+2+1'{GOODS}", [], [ITEM]),
        ("CPS+1'CPS+2'", [], []),
        (f"CPS+1'CPS+2+1'PAC+1++CT'{GOODS}", [{"items": [ITEM]}], []),
        (f"CPS+1'PAC+1++CT'CPS+2+1'{GOODS}", [{"items": [ITEM]}], []),
        (f"CPS+1'{GOODS}CPS+2'PAC+1++CT'{GOODS}", [{"items": [ITEM]}], [ITEM]),
    ],
    ids=["flat", "flat in a level", "nothing", "a level around", "a level inside", "both"],
)
def test_a_level_without_packages_is_no_package(body: str, packages: list[Any], items: list[Any]) -> None:
    reading = read(body)
    assert reading.faults == []
    data = json_of(reading)
    carton = {"type": {"value": "carton", "raw": "CT"}, "count": 1}
    assert data.get("packages", []) == [{**carton, **package} for package in packages]
    assert data.get("items", []) == items
    again = read(written(reading))
    assert load_map(BASE).difference(reading.data, again.data) == ""  # type: ignore[arg-type]  # json_of saw it


def test_loose_goods_are_the_first_level() -> None:
    body = f"CPS+1'{GOODS}CPS+2'PAC+1++CT'CPS+3+2'PAC+2++BX'{GOODS}CNT+2:2'"
    assert written(read(body)) == body


@pytest.mark.parametrize("reference", [BASE, "edifact/d96a/desadv@2"])
def test_goods_before_their_package_lie_in_it(reference: str) -> None:
    """LIN before PAC is out of sequence, and common."""
    goods = GOODS.replace("SRV", "EN") if "d96a" in reference else GOODS
    body = f"CPS+1'CPS+2+1'{goods}{goods}PAC+1++CT'PCI+30'GIN+BJ+{SSCC}'PAC+2++BX'CPS+3+1'PAC+1++PX'{goods}CNT+2:3'"
    reading, checked = read_body(load_map(reference), HEAD + body)
    assert [(f.code, f.severity, f.location.path) for f in checked.faults] == [
        ("segment.order", "warning", "DESADV[1]/CPS[2]/PAC-pack[1]")
    ]
    assert (reading.faults, reading.unmapped) == ([], [])
    carton, pallet = json_of(reading)["packages"]
    assert (len(carton["items"]), carton["ssccs"], carton["packages"][0]["type"]["value"]) == (2, [SSCC], "box")
    assert (len(pallet["items"]), pallet["type"]["value"]) == (1, "pallet")
    again = read(written(reading, reference), reference)
    assert load_map(reference).difference(reading.data, again.data) == ""  # type: ignore[arg-type]  # json_of saw it


@pytest.mark.parametrize(
    ("body", "code", "tag"),
    [
        (f"CPS+1'{GOODS}PAC+1'{GOODS}PAC+1'", "segment.unexpected", "LIN"),
        (f"CPS+1'PAC+1'{GOODS}PAC+1'", "segment.order", "PAC"),
    ],
)
def test_packages_and_goods_by_turns_are_refused(body: str, code: str, tag: str) -> None:
    """Which goods lie in which package cannot be told."""
    _, checked = read_body(load_map(BASE), HEAD + body)
    refused = [(f.code, f.location.tag) for f in checked.faults if f.severity == "reject"]
    assert refused[0] == (code, tag)


@pytest.mark.parametrize(
    ("order", "line", "expected"),
    [
        ("RFF+ON:P1'", "RFF+LI:10'", {"number": "P1", "line_number": "10"}),
        ("RFF+ON:P1'DTM+171:20261120:102'", "RFF+LI:10'", {"number": "P1", "date": "2026-11-20", "line_number": "10"}),
        ("RFF+ON:P1'", "RFF+ON:P2:10'", {"number": "P2", "line_number": "10"}),
        ("", "RFF+ON:P2'RFF+LI:10'", {"number": "P2", "line_number": "10"}),
        ("RFF+ON:P1'", "", None),
    ],
)
def test_the_order_of_a_line(order: str, line: str, expected: dict[str, str] | None) -> None:
    reading = read(f"{order}CPS+1'PAC+1'{GOODS}{line}")
    assert reading.faults == []
    (item,) = json_of(reading)["packages"][0]["items"]
    assert item.get("order") == expected
    assert json_of(read(written(reading)))["packages"][0]["items"] == [item]


def test_a_line_of_no_order_is_reported() -> None:
    reading = read(f"CPS+1'PAC+1'{GOODS}RFF+LI:10'")
    assert [(fault.code, fault.severity) for fault in reading.faults] == [("map.required", "exception")]
    assert "order" not in json_of(reading)["packages"][0]["items"][0]


@pytest.mark.parametrize(
    "marks",
    [
        f"PCI+33E'GIN+BJ+{SSCC}'",
        f"PCI+33E'GIN+AW+{SSCC}'",
        f"PCI+30'GIN+BJ+{SSCC}'",
        f"PCI'GIN+BJ+{SSCC}'",
        f"PCI+17'GIN+ML+L1'GIN+BJ+{SSCC}'",
    ],
)
def test_an_sscc_is_read_from_every_mark(marks: str) -> None:
    reading = read(f"CPS+1'PAC+1'{marks}")
    assert reading.faults == []
    assert reading.unmapped == []
    assert json_of(reading)["packages"][0]["ssccs"] == [SSCC]


@pytest.mark.parametrize(
    ("where", "lots", "serials"),
    [
        ("PIA+1+L1:NB+S1:SN'", ["L1"], ["S1"]),
        ("PIA+1+L1:NB'PIA+1+L2:NB'", ["L1", "L2"], []),
        ("GIN+BX+L1'GIN+BN+S1+S2'", ["L1"], ["S1", "S2"]),
        ("GIR+1+L1:BX+S1:BN'", ["L1"], ["S1"]),
        ("RFF+BT:L1'RFF+BT:L2'RFF+SE:S1'", ["L1", "L2"], ["S1"]),
        ("PCI+36E'GIN+BX+L1'GIN+BN+S1'PCI+36E'GIN+BX+L2'", ["L1", "L2"], ["S1"]),
    ],
)
def test_lots_and_serial_numbers_stand_in_many_places(where: str, lots: list[str], serials: list[str]) -> None:
    first = "" if where.startswith(("RFF", "PCI", "GI")) else where
    reading = read(f"CPS+1'PAC+1'LIN+1'{first}QTY+12:1'{where.removeprefix(first)}")
    assert (reading.faults, reading.unmapped) == ([], [])
    (item,) = json_of(reading)["packages"][0]["items"]
    assert (item.get("lots", []), item.get("serials", [])) == (lots, serials)


def test_dates_of_further_lots_are_shown_and_not_mixed() -> None:
    reading = read("CPS+1'PAC+1'LIN+1'PCI+36E'DTM+361:20270131:102'GIN+BX+L1'PCI+36E'DTM+361:20280131:102'GIN+BX+L2'")
    assert json_of(reading)["packages"][0]["items"][0]["best_before"] == "2027-01-31"
    assert {unmapped.value for unmapped in reading.unmapped} == {"361", "20280131", "102"}


def test_further_packages_of_a_level_lie_in_it() -> None:
    reading = read(f"CPS+1'PAC+1++201'PCI+33E'GIN+BJ+{SSCC}'PAC+4++CT'MEA+PD+AAD+KGM:8'CPS+2+1'PAC+2++BX'")
    (pallet,) = json_of(reading)["packages"]
    assert [inner["type"]["value"] for inner in pallet["packages"]] == ["carton", "box"]
    assert written(reading).startswith(f"CPS+1'PAC+1++201'PCI+30'GIN+BJ+{SSCC}'CPS+2+1'PAC+4++CT'MEA+PD+AAD+KGM:8'")


def test_what_is_wrong_with_loose_goods_is_found_at_their_line() -> None:
    partner = ROOT / "partners" / "nordwerk"
    map_ = load_map("nordwerk/desadv@1", partner)
    parties = "NAD+BY+4012345000009::9'NAD+SU+4012345500004::9'NAD+DP+5412345000020::9'"
    reading, _ = read_body(map_, f"{HEAD}{parties}CPS+1'CPS+2+1'LIN+7'QTY+12:1'CPS+3'PAC+1++CT'LIN+8'QTY+12:1'")
    assert [(fault.code, fault.found, fault.location.path) for fault in reading.faults] == [
        ("check.failed", "line 8 names no order", "DESADV[1]/CPS[3]/LIN-pack[1]"),
        ("check.failed", "line 7 names no order", "DESADV[1]/CPS[2]/LIN-pack[1]"),
    ]
    assert reading.trace["items.0.line_number"].found == "7"


@pytest.mark.parametrize(("count", "found"), [("2", []), ("3", ["consistency.count"])])
def test_lines_are_counted_wherever_they_lie(count: str, found: list[str]) -> None:
    reading = read(f"CPS+1'{GOODS}CPS+2'PAC+1'CPS+3+2'PAC+1'{GOODS}CNT+2:{count}'")
    assert [fault.code for fault in reading.faults] == found


@pytest.mark.parametrize(
    ("code", "difference", "status", "variances"),
    [
        ("BP", "", "partial", []),
        ("CP", "-5", "complete", [{"quantity": {"value": "-5"}}]),
        ("AF", "-2", None, [{"reason": {"value": "damaged", "raw": "AF"}, "quantity": {"value": "-2"}}]),
        ("ZZ", "", None, [{"reason": {"value": "ZZ", "raw": "ZZ"}}]),
    ],
)
def test_a_difference_says_the_state_of_the_line_or_its_reason(
    code: str, difference: str, status: str | None, variances: list[Any]
) -> None:
    reading = read(f"CPS+1'{GOODS}QVR+{difference}+{code}'")
    (item,) = json_of(reading)["items"]
    assert item.get("status", {}).get("value") == status
    assert item.get("variances", []) == variances
    assert json_of(read(written(reading)))["items"] == [item]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (BASE, "TDT+20++3'CPS+1'PAC+1++PX'PCI+30'GIN+BJ+340123450000000017'LIN'PCI+10'GIN+BX+L1'CNT+2:1'"),
        (
            "edifact/d01b-eancom/desadv@2",
            "TDT+20++30'CPS+1'PAC+1++201'PCI+33E'GIN+BJ+340123450000000017'LIN'PCI+36E'GIN+BX+L1'CNT+2:1'",
        ),
    ],
)
def test_the_gs1_subset_has_codes_of_its_own(reference: str, expected: str) -> None:
    data = {
        "shipment": {"number": "DES1", "issued_at": "2026-12-01"},
        "purpose": {"value": "original"},
        "carrier": {"mode": {"value": "road"}},
        "packages": [{"type": {"value": "pallet"}, "ssccs": [SSCC], "items": [{"lots": ["L1"]}]}],
    }
    map_ = load_map(reference)
    assert map_.write(ShipmentDispatched.model_validate(data)) == segments_of(HEAD + expected, "edifact")
    reading, _ = read_body(map_, HEAD + expected)
    assert map_.difference(ShipmentDispatched.model_validate(data), reading.data) == ""


@pytest.mark.parametrize("role", ["DP", "ST", "CN"])
def test_where_the_goods_go_has_several_names(role: str) -> None:
    assert json_of(read(f"NAD+{role}+5412345000020::9'"))["ship_to"]["ids"][0]["value"] == "5412345000020"


def test_the_book_trade_has_numbers_of_its_own() -> None:
    body = "NAD+BY+1556150::31B'CPS+1'LIN+1'PIA+1+9780306406157:IB'QTY+12:2'CNT+2:1'"
    reading = read(body)
    data = json_of(reading)
    assert data["buyer"]["ids"] == [{"scheme": "san", "value": "1556150", "raw": "31B"}]
    assert data["items"][0]["item"]["ids"] == [{"scheme": "isbn", "value": "9780306406157", "raw": "IB"}]
    assert (reading.unmapped, written(reading)) == ([], body)


def test_every_real_despatch_advice_is_read_with_its_goods() -> None:
    corpus = ROOT / ".." / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the shared corpus is not here")
    from edi import syntax
    from edi.model import Message
    from tests.edi.mapping.wire import checked_of

    map_ = load_map("edifact/d96a/desadv@2")
    goods = {}
    for path in sorted(Path(corpus).rglob("desadv/*.edi")):
        for message in syntax.read(path.read_bytes()):
            if isinstance(message, Message) and message.type == "DESADV":
                reading = map_.read(message, checked_of(map_.schema, message))
                lines = sum(segment[0] == "LIN" for segment in message.segments)
                goods[f"{path.name} {message.control}"] = (lines, _lines(json_of(reading)))
    assert len(goods) == 17
    assert [name for name, (sent, read_) in goods.items() if sent != read_] == []


def _lines(holder: dict[str, Any]) -> int:
    return len(holder.get("items", [])) + sum(map(_lines, holder.get("packages", [])))


def test_an_overlay_names_by_its_direction_which_of_two_nodes_it_changes(tmp_path: Path) -> None:
    head = (
        "map: example/desadv\nversion: 1.0.0\nextends: edifact/d01b/desadv@2\ndocument: EDIFACT DESADV D:01B:UN\n"
        "event: procurement.shipment.dispatched.v1\ntitle: Example\nchanges:\n"
    )
    body = f"{HEAD}CPS+1'LIN+1'PIA+1+A-1:BP+A-2:VP'"
    found = {}
    for node in ("PIA[read]", "PIA[5]", "PIA[write]", "PIA[1]"):
        (tmp_path / "desadv.map.yaml").write_text(f'{head}- {{pair: "CPS/LIN-pack/{node}", remove: [VP]}}\n')
        try:
            map_ = load_map("example/desadv@1", tmp_path)
        except MapError as error:
            found[node] = str(error).split(": ")[1]
            continue
        reading, _ = read_body(map_, body)
        found[node] = ", ".join(known["value"] for known in json_of(reading)["items"][0]["item"]["ids"])
    assert found == {
        "PIA[read]": "A-1", "PIA[5]": "A-1", "PIA[write]": "A-1, A-2", "PIA[1]": "overlay.ambiguous_target"
    }  # fmt: skip


@pytest.mark.parametrize(
    "reference",
    [f"edifact/{folder}/desadv@2" for folder in ("d01b", "d96a", "d01b-eancom", "d96a-eancom")],
)
def test_what_the_maps_say_about_their_samples(reference: str) -> None:
    map_ = load_map(reference)
    home = home_of(map_)
    assert map_.tests
    for test in map_.tests:
        sample, expected = (
            home / str(test.get("read") or test["expect"]),
            home / str(test.get("write") or test["expect"]),
        )
        body = body_of(message_of(sample.read_bytes()))
        reading, _ = read_segments(map_, body)
        assert json_of(reading) == json.loads(expected.read_text())
        if "write" in test:
            assert reading.data is not None
            assert map_.write(reading.data) == body
