"""Every sample is read as its golden file says and written back the same (GetPut)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import edi
from edi.documents import content_hash
from edi.map_samples import body_of
from edi.mapping import Map, load_map
from edi.yaml_source import Mapping_
from tests.edi.mapping.laws import get_put
from tests.edi.mapping.wire import ROOT, checked_of, json_of, message_of, read_segments

BASES = {
    "x12/850": "x12/004010/850@1",
    "x12/855": "x12/004010/855@1",
    "x12/810": "x12/004010/810@2",
    "x12/856": "x12/004010/856@1",
    "x12/860": "x12/004010/860@2",
    "x12/865": "x12/004010/865@1",
    "x12/850/stores_later_release": "x12/005010/850@1",
    "x12/860/later_release": "x12/005010/860@1",
    "x12/860/stores_later_release": "x12/005010/860@1",
    "x12/865/later_release": "x12/005010/865@1",
    "x12/997": "x12/004010/997@1",
    "edifact/orders": "edifact/d01b/orders@1",
    "edifact/ordrsp": "edifact/d01b/ordrsp@1",
    "edifact/invoic": "edifact/d01b/invoic@2",
    "edifact/invoic/d96a": "edifact/d96a/invoic@2",
    "edifact/desadv": "edifact/d01b/desadv@2",
    "edifact/desadv/d96a": "edifact/d96a/desadv@2",
    "edifact/desadv/eancom": "edifact/d01b-eancom/desadv@2",
    "edifact/desadv/eancom_1997": "edifact/d96a-eancom/desadv@2",
    "edifact/orders/d96a": "edifact/d96a/orders@1",
    "edifact/orders/eancom_whole": "edifact/d01b-eancom/orders@1",
    "edifact/ordrsp/eancom_whole": "edifact/d01b-eancom/ordrsp@1",
    "edifact/ordrsp/d96a": "edifact/d96a/ordrsp@1",
    "edifact/ordrsp/change_d96a": "edifact/d96a/ordrsp@1",
    "edifact/ordchg": "edifact/d01b/ordchg@1",
    "edifact/ordchg/d96a": "edifact/d96a/ordchg@1",
    **{
        f"edifact/{name}/{sample}": f"edifact/{folder}-eancom/{name}"
        for name in ("orders", "ordchg", "ordrsp", "invoic")
        for sample, folder in (("eancom", "d01b"), ("eancom97", "d96a"))
    },
    "x12/997/later_release": "x12/005010/997@1",
    "x12/999": "x12/005010/999@1",
    "x12/824": "x12/004010/824@1",
    "x12/824/later_release": "x12/005010/824@1",
    **{f"x12/{kind}/industrial": f"x12/005010/{kind}.industrial" for kind in ("850", "855", "856", "810")},
    "edifact/contrl": "edifact/service/v3/contrl@1",
    "edifact/contrl/syntax4": "edifact/service/v4/contrl@1",
    "edifact/aperak": "edifact/d01b/aperak@1",
    "edifact/aperak/d96a": "edifact/d96a/aperak@1",
}
DIALECTS = {
    "partial_bp",
    "partial_ib",
    "partial_bp_ib",
    "split_in_line",
    "pallet_first",
    "other_ways",
    "unnumbered",
    "goods_first",
}  # read into one form, written as that form


def map_of(sample: Path) -> Map:
    folder = sample.parent
    if folder.name != "samples":
        kind = f"{folder.parent.name}/{folder.name}"
        return load_map(BASES.get(f"{kind}/{sample.stem}") or BASES[kind])
    partner, type_ = folder.parent, sample.name.partition("_")[0].upper()
    (agreed,) = [agreed.map for agreed in edi.load_profile(partner).agreements if agreed.type == type_]
    return load_map(agreed, partner)


SAMPLES = sorted((ROOT / "samples").rglob("*.edi")) + sorted((ROOT / "partners").glob("*/samples/*.edi"))
GOOD = [sample for sample in SAMPLES if sample.with_suffix(".json").exists()]


def name_of(sample: Path) -> str:
    return str(sample.relative_to(ROOT).with_suffix(""))


@pytest.mark.parametrize("sample", GOOD, ids=name_of)
def test_a_sample_reads_as_its_golden_file(sample: Path) -> None:
    map_ = map_of(sample)
    message = message_of(sample.read_bytes())
    checked = checked_of(map_.schema, message)
    reading = map_.read(message, checked)
    assert [fault.message for fault in (*message.faults, *checked.faults) if fault.severity != "warning"] == []
    assert [fault.message for fault in reading.faults] == []
    assert reading.unmapped == []
    assert json_of(reading) == json.loads(sample.with_suffix(".json").read_text())


@pytest.mark.parametrize("sample", GOOD, ids=name_of)
def test_a_golden_file_is_data_of_its_event(sample: Path) -> None:
    data = json.loads(sample.with_suffix(".json").read_text())
    map_of(sample).data_of(data)


@pytest.mark.parametrize("sample", GOOD, ids=name_of)
def test_get_put(sample: Path) -> None:
    map_ = map_of(sample)
    message = message_of(sample.read_bytes())
    reading = map_.read(message, checked_of(map_.schema, message))
    assert reading.data is not None
    written = map_.write(reading.data)
    if sample.stem in DIALECTS:
        again, _ = read_segments(map_, written)
        assert map_.difference(reading.data, again.data) == ""
        assert again.data is not None
        assert map_.write(again.data) == written
    else:
        assert get_put(map_, message) == ""


def test_the_four_dialects_of_a_partial_backorder_are_one_event() -> None:
    hashes = set()
    for name in ("partial_bp", "partial_ib", "partial_ia_ib", "partial_bp_ib"):
        sample = ROOT / "samples/x12/855" / f"{name}.edi"
        map_, message = map_of(sample), message_of(sample.read_bytes())
        reading = map_.read(message, checked_of(map_.schema, message))
        assert reading.data is not None
        responses = json_of(reading)["lines"][0]["responses"]
        assert [(r["status"]["value"], r["quantity"]["value"]) for r in responses] == [
            ("accepted", "80"),
            ("backordered", "20"),
        ]
        hashes.add(content_hash(reading.data))
    assert len(hashes) == 1


PARTNER_TESTS = [
    (path, test)
    for path in sorted((ROOT / "partners").glob("*/*.map.yaml"))
    for test in load_map(f"{path.parent.name}/{path.name.partition('.')[0]}", path.parent).tests
]


@pytest.mark.parametrize(
    ("path", "test"), PARTNER_TESTS, ids=[f"{p.parent.name}-{t.get('read', t.get('write'))}" for p, t in PARTNER_TESTS]
)
def test_what_a_map_says_about_its_samples(path: Path, test: Mapping_) -> None:
    map_ = load_map(f"{path.parent.name}/{path.name.partition('.')[0]}", path.parent)
    if "write" in test:
        data = json.loads((path.parent / str(test["write"])).read_text())
        expected = body_of(message_of((path.parent / str(test["expect"])).read_bytes()))
        assert map_.write(map_.data_of(data)) == expected
        return
    message = message_of((path.parent / str(test["read"])).read_bytes())
    checked = checked_of(map_.schema, message)
    reading = map_.read(message, checked)
    if "expect" in test:
        assert json_of(reading) == json.loads((path.parent / str(test["expect"])).read_text())
        return
    expected_fault: Any = test["expect_fault"]
    found = {(fault.code, bare(fault.location.path)) for fault in (*checked.faults, *reading.faults)}
    assert (str(expected_fault["code"]), str(expected_fault["at"])) in found


def bare(path: str) -> str:
    """`855[1]/PO1[2]/ACK01` as `PO1/ACK01`."""
    return "/".join(part.partition("[")[0] for part in path.split("/")[1:])


def test_every_real_document_is_read_or_refused_and_written_again() -> None:
    """Real documents of public projects: no exception, and what was read once survives writing."""
    corpus = ROOT / ".." / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the shared corpus is not here")
    from edi import syntax
    from edi.errors import RenderError
    from edi.model import Message

    maps = {name.rpartition("/")[2].upper(): load_map(reference) for name, reference in BASES.items()}
    kept = 0
    for path in sorted(p for p in corpus.rglob("*") if p.is_file() and p.suffix not in (".md", ".json")):
        if path.stat().st_size > 100_000:
            continue
        for item in syntax.read(path.read_bytes()):
            if not isinstance(item, Message) or item.type not in maps:
                continue
            map_ = maps[item.type]
            reading = map_.read(item, checked_of(map_.schema, item))
            assert reading.data is not None or reading.faults
            if reading.data is None:
                continue
            try:
                again, _ = read_segments(map_, map_.write(reading.data))
            except RenderError:
                continue  # a document outside its standard, or with letters that UNOC does not have
            assert map_.difference(reading.data, again.data) == "", path.name
            kept += 1
    assert kept > 100
