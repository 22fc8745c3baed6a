"""A fourth partner, made of text files alone: everything the library and the daemon do for a partner, they do for it.

Nothing here teaches the product about the partner; the test writes a folder and uses it. The partner is a supplier on
EDIFACT D.96A that writes decimal commas, keeps its own reference in RFF+VN and demands a place of delivery.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edi
from edi.errors import MapError, RenderError
from edi.lint import lint_map
from edi.mapping import load_map
from gateway import config, show
from gateway.daemon import Daemon
from gateway.ports import Submission
from gateway.sandbox.demo import DESTINATIONS
from gateway.scaffold import init
from tests.edi.interchanges import rows
from tests.edi.mapping.guides import good_samples, map_and_message, maps_of
from tests.edi.mapping.laws import get_put, put_get
from tests.edi.mapping.test_laws_partners import assert_put_get, events, without, written_rows

AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)
NUMBERS = edi.Numbers(1, 1, 1)
FILES = {
    "partner.yaml": """\
partner: fjord
name: Fjord Marine AS
status: live
timezone: Europe/Oslo
odoo: {instance: odoo-main, vendor: {ref: FJORD}}
identities:
  edifact: {qualifier: "14", id: "7080001234560", own: {qualifier: "14", id: "4012345000009"}}
channels:
- {name: share, kind: folder, in: mailboxes/in, out: mailboxes/out, every: 100ms, settle: 0s}
agreements:
- document: EDIFACT ORDERS D:96A:UN
  direction: out
  map: fjord/orders@1
  channel: share
  delimiters: {decimal: ","}
  ack_expected: {functional: 24h, business: {document: ORDRSP, within: 24h}}
- document: EDIFACT ORDRSP D:96A:UN
  direction: in
  map: fjord/ordrsp@1
  channel: share
  ack: {functional: contrl, contrl: both}
  on_guide_error: reject
- document: EDIFACT INVOIC D:96A:UN
  direction: in
  map: edifact/d96a/invoic@2
  channel: share
  ack: {functional: contrl}
""",
    "orders.map.yaml": """\
map: fjord/orders
version: 1.0.0
extends: edifact/d96a/orders@1
title: "Fjord Marine: order"
owner: edi@example.com
changes:
- {pair: "LIN/PIA[1]", remove: [BP]}
- {table: order_kind, remove: ["105"]}
- {usage: "NAD[DP]", is: required}
schema:
- {length: BGM/BGM02, max: 12}
- {codes: LIN/QTY/QTY01-3, only: [PCE, MTR, KGM]}
tests:
- {write: samples/orders_order.json, expect: samples/orders_order.edi}
""",
    "ordrsp.map.yaml": """\
map: fjord/ordrsp
version: 1.0.0
extends: edifact/d96a/ordrsp@1
title: "Fjord Marine: answer to an order"
owner: edi@example.com
changes:
- add_after: "RFF[CR]"
  loop: RFF
  when: RFF01-1 is "VN"
  layout:
  - {segment: RFF, RFF01-2: supplier_reference}
- {remove: "RFF[CR]"}
schema:
- {usage: BGM/BGM02, is: required}
- {usage: "NAD[SU]", is: required}
tests:
- {read: samples/ordrsp_changes.edi, expect: samples/ordrsp_changes.json}
""",
    "samples/orders_order.edi": """\
UNA:+,? '
UNB+UNOC:3+4012345000009:14+7080001234560:14+261120:1130+1'
UNH+1+ORDERS:D:96A:UN'
BGM+220+P00099+9'
DTM+137:20261120:102'
NAD+SU+7080001234560::9'
NAD+DP+PIER-3::92'
LIN+1++7012345000013:EN'
PIA+1+RP-12:SA+SKU-88:IN'
QTY+21:2,5:MTR'
PRI+AAA:120,75'
UNS+S'
CNT+2:1'
UNT+12+1'
UNZ+1+1'
""",
    "samples/ordrsp_changes.edi": """\
UNA:+,? '
UNB+UNOC:3+7080001234560:14+4012345000009:14+261121:0900+41'
UNH+1+ORDRSP:D:96A:UN'
BGM+231+FM-7+29+AC'
DTM+137:20261121:102'
RFF+ON:P00099'
DTM+171:20261120:102'
RFF+VN:REQ-5'
NAD+SU+7080001234560::9'
LIN+1+3+7012345000013:EN'
QTY+21:2,5:MTR'
QTY+113:2,25:MTR'
DTM+69:20261210:102'
UNS+S'
CNT+2:1'
UNT+14+1'
UNZ+1+41'
""",
    "samples/orders_order.json": """\
{"order": {"number": "P00099", "date": "2026-11-20", "type": {"value": "standalone", "raw": "220"}},
 "purpose": {"value": "original", "raw": "9"},
 "supplier": {"ids": [{"scheme": "gln", "value": "7080001234560", "raw": "9"}]},
 "ship_to": {"ids": [{"scheme": "buyer", "value": "PIER-3", "raw": "92"}]},
 "lines": [{"line_number": "1",
   "item": {"ids": [{"scheme": "gtin", "value": "07012345000013", "raw": "EN"},
     {"scheme": "supplier", "value": "RP-12", "raw": "SA"}, {"scheme": "buyer", "value": "SKU-88", "raw": "IN"}]},
   "ordered": {"value": "2.5", "uom": {"value": "MTR", "raw": "MTR"}}, "price": {"amount": "120.75"}}]}
""",
    "samples/ordrsp_changes.json": """\
{"order": {"number": "P00099", "date": "2026-11-20"}, "response": {"value": "accepted_with_changes", "raw": "AC"},
 "purpose": {"value": "confirmation", "raw": "29"}, "supplier_order_number": "FM-7", "supplier_reference": "REQ-5",
 "acknowledged_on": "2026-11-21",
 "supplier": {"ids": [{"scheme": "gln", "value": "7080001234560", "raw": "9"}]},
 "lines": [{"line_number": "1", "item": {"ids": [{"scheme": "gtin", "value": "07012345000013", "raw": "EN"}]},
   "ordered": {"value": "2.5", "uom": {"value": "MTR", "raw": "MTR"}},
   "responses": [{"status": {"value": "changed", "raw": "3"},
     "quantity": {"value": "2.25", "uom": {"value": "MTR", "raw": "MTR"}},
     "date": {"kind": {"value": "promised_delivery", "raw": "69"}, "on": "2026-12-10"}}]}]}
""",
}
BAD = (
    FILES["samples/ordrsp_changes.edi"]
    .replace("NAD+SU+7080001234560::9'\n", "")
    .replace("UNT+14", "UNT+13")
    .replace("+41'", "+42'")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The partner's folder: nothing but text."""
    folder = tmp_path_factory.mktemp("partners") / "fjord"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def order(folder: Path, **changes: Any) -> edi.Event:
    data = json.loads((folder / "samples/orders_order.json").read_text(encoding="utf-8")) | changes
    released = edi.documents.OrderReleased.model_validate(data)
    return edi.documents.wrap(released, "procurement.order.released.v1", event_id="e1", partner="fjord")


def test_its_maps_load_and_are_clean(folder: Path) -> None:
    profile = edi.load_profile(folder)
    for agreement in profile.agreements:
        edi.check_agreement(profile, agreement)
    assert maps_of(folder) == ["edifact/d96a/invoic", "fjord/orders", "fjord/ordrsp"]
    for reference in ("fjord/orders@1", "fjord/ordrsp@1"):
        assert [str(remark) for remark in lint_map(reference, folder)] == []


def test_a_mistake_in_its_map_is_one_sentence_with_its_line(tmp_path: Path) -> None:
    wrong = FILES["ordrsp.map.yaml"].replace("RFF[CR]", "RFF[CX]")
    (tmp_path / "ordrsp.map.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(MapError, match=r"ordrsp\.map\.yaml:7:14: overlay\.no_target: .*RFF\[CR\]"):
        load_map("fjord/ordrsp@1", tmp_path)


def test_its_documents_become_events_and_are_answered(folder: Path) -> None:
    translation = edi.translate((folder / "samples/ordrsp_changes.edi").read_bytes(), edi.load_profile(folder))
    (result,) = translation.results
    assert (result.verdict, translation.faults) == ("accepted", [])
    assert result.event is not None
    assert (result.event.partner, result.event.mapversion) == ("fjord", "fjord/ordrsp@1.0.0")
    golden = json.loads((folder / "samples/ordrsp_changes.json").read_text(encoding="utf-8"))
    assert result.event.to_json()["data"] == golden
    receipt, ack = translation.acks  # `contrl: both`
    uci = "UCI+41+7080001234560:14+4012345000009:14"
    assert (rows(receipt, "UC"), rows(ack, "UC")) == ([f"{uci}+8"], [f"{uci}+7"])


def test_its_mistakes_are_told(folder: Path) -> None:
    translation = edi.translate(BAD.encode(), edi.load_profile(folder))
    assert [result.verdict for result in translation.results] == ["rejected"]
    assert [(fault.code, fault.guide, fault.location.path) for fault in translation.faults] == [
        ("loop.minimum", True, "ORDRSP[1]/NAD[SU]")
    ]
    assert "UCM+1+ORDRSP:D:96A:UN+4" in rows(translation.acks[-1], "UCM")[0]


def test_an_order_is_written_as_it_wants_it(folder: Path) -> None:
    profile = edi.load_profile(folder)
    written = edi.render_checked(order(folder), profile, NUMBERS, AT)
    assert written.data == FILES["samples/orders_order.edi"].replace("\n", "").encode()
    assert written.crosscheck == "crosschecked"
    (result,) = edi.translate(written.data, profile.mirrored()).results
    assert result.event is not None
    assert result.event.data == order(folder).data


def test_what_it_does_not_take_is_refused_before_it_is_sent(folder: Path) -> None:
    profile = edi.load_profile(folder)
    long_number = order(folder, order={"number": "P000990000000", "date": "2026-11-20"})
    with pytest.raises(RenderError, match=r"order\.number and BGM02"):
        edi.render(long_number, profile, NUMBERS, AT)
    with pytest.raises(RenderError, match="NAD01 DP"):
        edi.render(order(folder, ship_to=None), profile, NUMBERS, AT)


# --- the laws, and what breaks them


@pytest.mark.parametrize("reference", ["fjord/orders@1", "fjord/ordrsp@1", "edifact/d96a/invoic@2"])
def test_put_get(folder: Path, reference: str) -> None:
    assert_put_get(load_map(reference, folder))


@pytest.mark.parametrize("reference", ["fjord/orders@1", "fjord/ordrsp@1"])
def test_put_get_fails_without_a_binding(folder: Path, reference: str) -> None:
    made = events(load_map(reference, folder))
    rows_ = {str(row): row for row in written_rows(load_map(reference, folder))}
    row = rows_.get("supplier_reference", rows_["price.amount as decimal"])
    assert any(put_get(without(reference, folder, row), event) for event in made)


def test_get_put(folder: Path) -> None:
    samples = good_samples(folder)
    assert [sample.stem for sample in samples] == ["orders_order", "ordrsp_changes"]
    assert [get_put(*map_and_message(sample)) for sample in samples] == ["", ""]


# --- the daemon


async def test_the_running_daemon_takes_it_in(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon runs without the partner; its folder is copied beside it, and a file lies in its mailbox."""
    for name in ("URL", "DB", "LOGIN", "KEY"):
        monkeypatch.setenv(f"ODOO_{name}", "http://127.0.0.1:9" if name == "URL" else "x")
    site = tmp_path / "site"
    init(site, port=0, destinations=DESTINATIONS)
    for name in ("in", "out"):
        (site / "mailboxes" / name).mkdir(parents=True)
    daemon = Daemon(config.load(site / "gateway.yaml"))
    await daemon.start()
    try:
        shutil.copytree(folder, site / "partners/fjord")
        assert await daemon.reload()
        answer = (folder / "samples/ordrsp_changes.edi").read_bytes()
        (site / "mailboxes/in/answer.edi").write_bytes(answer)
        out = site / "mailboxes/out"
        await until(lambda: len(list(out.glob("CONTRL_*.edi"))) == 2)
        receipt = await daemon.ledger.read(lambda c: show.receipt(c, 1))
        assert receipt is not None
        (message,) = receipt["messages"]
        assert (message["verdict"], message["subject"], message["map"]) == (
            "accepted",
            "po/P00099",
            "fjord/ordrsp@1.0.0",
        )
        assert [(sent["type"], sent["to"]) for sent in receipt["deliveries"]] == [
            ("procurement.order.acknowledged.v1", "odoo-main"),
            ("CONTRL", "fjord/share"),
            ("CONTRL", "fjord/share"),
        ]
        await daemon.flow.submit("odoo-main", [Submission(order(folder), "fjord")], {})
        await until(lambda: list(out.glob("ORDERS_*.edi")))
        (sent,) = out.glob("ORDERS_*.edi")
        assert b"'QTY+21:2,5:MTR'PRI+AAA:120,75'" in sent.read_bytes()
    finally:
        await daemon.stop()


async def until(done: Callable[[], Any]) -> None:
    for _ in range(200):
        if done():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen within 20 seconds")
