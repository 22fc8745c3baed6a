"""`edi map coverage`: what documents have and the map does not take, what of the map nothing exercises, both ways."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edi.__main__ import app
from edi.map_coverage import MOST_VALUES, Coverage, coverage, missing
from edi.map_coverage_words import lines
from edi.map_documents import found_in
from edi.mapping import load_map
from tests.edi.mapping.test_overlays import HEAD
from tests.edi.mapping.wire import ROOT, segments_of, wrap

LINE = "PO1*1*100*EA*12.5**BP*SKU-1*N4*C-{n}~ACK*IA*100*EA*067*20261201~CTT*1~"
BODY = "BAK*00*AC*P1*20261120****SO-1*20261121~REF*VR*7~" + LINE
READ_ONLY = "direction: read\n"


def folder_of(tmp_path: Path, bodies: dict[str, str], overlay: str = "") -> Path:
    """A partner's folder with documents in `over`."""
    (tmp_path / "855.map.yaml").write_text(HEAD + overlay)
    map_ = load_map("example/855", tmp_path)
    (tmp_path / "over").mkdir(exist_ok=True)
    for name, body in bodies.items():
        (tmp_path / "over" / name).write_bytes(wrap(map_, segments_of(body, "x12")))
    return tmp_path


def found(folder: Path) -> Coverage:
    return coverage(load_map("example/855", folder), found_in([folder / "over"], load_map("example/855", folder)))


def unmapped(folder: Path) -> dict[str, tuple[int, int, list[str]]]:
    reading = found(folder).reading
    assert reading is not None
    return {seen.where: (seen.documents, seen.times, seen.values) for seen in reading.unmapped.ranked()}


def test_values_are_counted_by_element_and_by_qualifier(tmp_path: Path) -> None:
    twice = BODY.replace("CTT*1~", "PO1*2*5*EA***N4*D-1*BP*SKU-2~CTB*ZZ*R1~CTT*2~").format(n=2)
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1), "b.edi": twice, "c.edi": BODY.replace("*00", "*01")})
    assert unmapped(folder) == {
        "PO1/PO106[N4]": (3, 4, ["C-1", "C-2", "D-1", "C-{n}"]),
        "PO1/CTB[ZZ]/CTB01": (1, 1, ["ZZ"]),
        "PO1/CTB[ZZ]/CTB02": (1, 1, ["R1"]),
    }


def test_one_place_is_named_with_its_byte(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)})
    reading = found(folder).reading
    assert reading is not None
    place = reading.unmapped.rows["PO1/PO106[N4]"].place
    assert place is not None
    data = (folder / "over/a.edi").read_bytes()
    assert data[place.offset :].startswith(b"C-1~")
    assert (place.file, place.message, place.segment) == ("a.edi", "855[1] 0001", 4)


def test_repetitions_components_and_misplaced_segments_are_seen(tmp_path: Path) -> None:
    body = BODY.replace("REF*VR*7~", "REF*VR*7**A>B~XYZ*1~").replace("REF*VR", "CUR*ZZ*EUR~REF*VR", 1).format(n=1)
    folder = folder_of(tmp_path, {"a.edi": body}, "ignore:\n- {at: PO1, reason: no use}\n")
    assert unmapped(folder) == {
        "REF[VR]/REF04-1": (1, 1, ["A"]),
        "REF[VR]/REF04-2": (1, 1, ["B"]),
        "XYZ/XYZ01": (1, 1, ["1"]),
        "CUR[ZZ]/CUR01": (1, 1, ["ZZ"]),
        "CUR[ZZ]/CUR02": (1, 1, ["EUR"]),
    }
    reading = found(folder).reading
    assert reading is not None
    assert reading.ignored == 2


def test_a_bound_and_an_ignored_pair_are_clean(tmp_path: Path) -> None:
    overlay = 'changes:\n- {pair: PO1, add: {N4: item.ids.buyer}}\nignore:\n- {at: "PO1/PO106[PD]", reason: no use}\n'
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1).replace("*N4", "*PD*text*N4")}, overlay)
    assert unmapped(folder) == {}
    assert found(folder).clean


def test_codes_outside_a_table_count_when_they_are_faults(tmp_path: Path) -> None:
    overlay = "changes:\n- {pair: PO1, add: {N4: item.ids.buyer}}\n- {table: line_status, remove: [AR]}\n"
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1).replace("*EA", "*XX")}, overlay)
    assert found(folder).clean
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1).replace("ACK*IA", "ACK*AR")}, overlay)
    what = found(folder)
    assert what.reading is not None
    assert [(seen.where, seen.what, seen.values) for seen in what.reading.misread] == [
        ("PO1/ACK/ACK01 AR", "not in the table line_status", ["AR"])
    ]
    assert not what.clean


def rows(what: Coverage) -> dict[str, bool]:
    assert what.reading is not None
    return {row.where + (f" {row.what}" if row.kind == "table row" else ""): wanted
            for row, wanted in missing(what.reading)}  # fmt: skip


def test_what_no_document_exercises_is_listed_once(tmp_path: Path) -> None:
    missed = rows(found(folder_of(tmp_path, {"a.edi": BODY.format(n=1)})))
    assert {"BAK/BAK07", "N1[BY]", "PO1/PO106[MG]", "PO1/N9[TD]", "table line_status IB: backordered"} <= missed.keys()
    assert not {"BAK/BAK03", "N1[BY]/N102", "PO1/PO106[BP]", "table line_status IA: accepted"} & missed.keys()
    assert not any(missed.values())


@pytest.mark.parametrize(
    ("text", "check", "spoke"),
    [
        ("{id: own, test: contract is missing or length(contract) > 3, severity: warning}", "check own", True),
        ("{id: own, test: length(contract) > 3, severity: warning}", "check own", False),
        ("{id: own, each: notes, test: text is present, severity: warning}", "check own", False),
        ("{id: own, when: contract is present, test: order.number is present, severity: warning}", "check own", False),
    ],
)
def test_a_check_is_exercised_when_it_says_true_or_false(tmp_path: Path, text: str, check: str, spoke: bool) -> None:
    missed = rows(found(folder_of(tmp_path, {"a.edi": BODY.format(n=1)}, f"checks:\n- {text}\n")))
    assert (check in missed) != spoke


def test_a_required_row_that_nothing_has_is_not_clean(tmp_path: Path) -> None:
    overlay = "changes:\n- {pair: PO1, add: {N4: item.ids.buyer}}\n"
    bodies = {"a.edi": BODY.format(n=1)}
    assert found(folder_of(tmp_path, bodies, overlay)).clean
    narrowed = overlay + 'schema:\n- {usage: BAK/BAK07, is: required}\n- {usage: "N1[BY]/N102", is: required}\n'
    what = found(folder_of(tmp_path, bodies, narrowed))
    assert [where for where, wanted in rows(what).items() if wanted] == ["BAK/BAK07"]
    assert not what.clean
    what = found(folder_of(tmp_path, bodies, overlay + '- {usage: "N1[BY]", is: required}\n'))
    assert [where for where, wanted in rows(what).items() if wanted] == ["N1[BY]"]


def test_other_documents_and_files_are_counted_and_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)})
    (folder / "over/deep").mkdir()
    (folder / "over/deep/order.edi").write_bytes((ROOT / "partners/acme/samples/850_order.edi").read_bytes() * 2)
    (folder / "over/notes.txt").write_text("hello")
    (folder / "over/bytes.json").write_bytes(b"\xff\xfe")
    (folder / "over/empty").write_bytes(b"")
    (folder / "over/ship.json").write_text((ROOT / "samples/events/catalog.received.v1.json").read_text())
    what = found(folder)
    assert {row.where: (row.times, row.values) for row in what.others.ranked()} == {
        "850 004010": (2, ["deep/order.edi"]),
        "neither EDI nor an event": (3, ["bytes.json", "empty", "notes.txt"]),
        "catalog.received.v1": (1, ["ship.json"]),
    }
    assert what.files == 6
    assert what.reading is not None
    assert what.reading.documents == 1


def test_a_file_may_hold_several_interchanges(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)})
    file = folder / "over/a.edi"
    file.write_bytes(file.read_bytes() + b"\n" + file.read_bytes())
    assert unmapped(folder)["PO1/PO106[N4]"] == (2, 2, ["C-1"])


def event(folder: Path, name: str, **more: Any) -> None:
    value = json.loads((ROOT / "samples/events/procurement.order.acknowledged.v1.json").read_text())
    value["data"].update(more)
    (folder / "over" / name).write_text(json.dumps(value))


def test_fields_of_events_that_the_map_does_not_carry(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {}, 'changes:\n- {remove: BAK/BAK08}\n- {remove: "REF[VR]"}\n')
    event(folder, "a.json", supplier_order_number="SO-1")
    event(
        folder, "b.jsonl", supplier_order_number="SO-2", order={"number": "P1", "date": "2026-11-20", "revision": "2"}
    )
    what = found(folder)
    assert what.writing is not None
    assert {seen.where: (seen.documents, seen.values) for seen in what.writing.lost.ranked()}[
        "supplier_order_number"
    ] == (2, ["SO-1", "SO-2"])
    assert {seen.where: seen.values for seen in what.writing.dropped.ranked()}["order.revision"] == ["2"]
    assert not what.clean
    assert any("in events and not carried" in line for line in lines(what, "over"))


def test_an_event_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {})
    event(folder, "a.json", supplier_order_number="S" * 60)
    what = found(folder)
    assert any("cannot be written: 1 x" in line and "does not fit" in line for line in lines(what, "over"))


def test_writing_exercises_its_own_rows(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {})
    event(folder, "a.json", supplier={"name": "Supplier"})
    what = found(folder)
    assert what.writing is not None
    assert not what.writing.refused.rows  # what is not carried is left out, the rest is written
    missed = {row.where for row, _ in missing(what.writing)}
    assert "BAK/BAK03" not in missed
    assert "CTT/AMT[TT]" in missed
    assert {"N9[L1]/N902", "BAK/BAK03"} <= {row.where for row in what.writing.exercise.rows}
    assert "N9[L1]/N902" not in {row.where for row in rows_of_reading(folder)}


def rows_of_reading(folder: Path) -> Sequence[Any]:
    reading = found(folder).reading
    assert reading is not None
    return reading.exercise.rows


def test_a_map_for_one_way_is_judged_in_that_way(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)}, READ_ONLY)
    event(folder, "a.json")
    assert found(folder).writing is None
    (folder / "over/a.edi").unlink()
    assert not found(folder).clean


def test_memory_does_not_grow_with_the_documents(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)})
    map_, one = load_map("example/855", folder), (folder / "over/a.edi").read_bytes()
    found(folder)  # what is kept for the map itself
    kept = []
    for many in (50, 250):
        (folder / "over/a.edi").write_bytes(b"".join(one.replace(b"C-1", b"C-%d" % n) for n in range(many)))
        tracemalloc.start()
        what = coverage(map_, found_in([folder / "over"], map_))
        kept.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert what.reading is not None
        seen = what.reading.unmapped.rows["PO1/PO106[N4]"]
        assert (seen.documents, len(seen.values)) == (many, MOST_VALUES)
    assert kept[1] < kept[0] + 200_000  # 200 messages take five times that


def test_a_flood_of_qualifiers_is_only_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.map_coverage.MOST_PLACES", 5)
    body = BODY.replace("REF*VR*7~", "".join(f"CTB*{chr(65 + n)}Z*R~" for n in range(9))).format(n=1)
    what = found(folder_of(tmp_path, {"a.edi": body}))
    assert what.reading is not None
    assert (len(what.reading.unmapped.rows), what.reading.unmapped.further) == (5, 14)
    assert any("14 values in places beyond" in line for line in lines(what, "over"))


def test_the_command(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.edi": BODY.format(n=1)})
    runner, options = CliRunner(), ["map", "coverage", "example/855", "--partner", str(folder), "--over"]
    done = runner.invoke(app, [*options, str(folder / "over")])
    assert done.exit_code == 1
    assert "PO1/PO106[N4]" in done.output
    assert "first in a.edi, 855[1] 0001, segment 4, byte " in done.output
    done = runner.invoke(app, [*options, str(folder / "over"), "--json"])
    told = json.loads(done.output)
    assert (done.exit_code, told["clean"], told["files"], told["reading"]["documents"]) == (1, False, 1, 1)
    assert told["reading"]["unmapped"][0]["first"]["segment"] == 4
    assert {"kind", "where", "what", "row", "required"} == set(told["reading"]["unexercised"][0])
    assert runner.invoke(app, [*options, str(folder / "nowhere")]).exit_code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    done = runner.invoke(app, [*options, str(empty)])
    assert (done.exit_code, done.output.splitlines()[-1].startswith("nothing in")) == (1, True)


@pytest.mark.parametrize("partner", sorted(path.name for path in (ROOT / "partners").iterdir()))
def test_the_samples_of_a_partner_leave_nothing_unmapped(partner: str) -> None:
    folder = ROOT / "partners" / partner
    for path in sorted(folder.glob("*.map.yaml")):
        map_ = load_map(f"{partner}/{path.name.partition('.')[0]}", folder)
        what = coverage(map_, found_in([folder / "samples"], map_, folder))
        for one in what.judged:
            assert [row.where for row, wanted in missing(one) if wanted] == []
        assert what.reading is None or what.reading.unmapped.ranked() == []
        lost = [] if what.writing is None else what.writing.lost.ranked()
        assert lost == []
