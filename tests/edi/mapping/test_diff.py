"""`edi map diff`: each kind of change to a map is seen in events, segments and rules, with the step it needs."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.__main__ import app
from edi.guide import guide_of
from edi.map_changes import changes
from edi.map_diff import Diff, compare
from edi.map_diff_words import lines, news, to_json
from edi.map_documents import found_in
from edi.map_versions import larger, maps_at, pairs, step_between
from edi.mapping import Map, load_map_file
from tests.edi.mapping.wire import ROOT

ACME = ROOT / "partners/acme"
BASE = ROOT / "maps/x12/004010/855.map.yaml"
SAMPLES = ROOT / "samples/x12/855"


def version(file: Path) -> str:
    """The row of the version; base maps go on."""
    return f"version: {load_map_file(file).declared.version}\n"


def next_patch(file: Path) -> str:
    major, minor, patch = load_map_file(file).declared.version.split(".")
    return f"version: {major}.{minor}.{int(patch) + 1}\n"


def edited(tmp_path: Path, file: Path, *changes_: tuple[str, str], name: str = "") -> Map:
    """A map file with texts replaced, at another place and perhaps under another name."""
    text = file.read_text(encoding="utf-8")
    for before, after in changes_:
        assert before in text, before
        text = text.replace(before, after, 1)
    made = tmp_path / (name or file.name)
    made.write_text(text, encoding="utf-8")
    return load_map_file(made)


def difference(new: Map, over: Path | None = SAMPLES, old: Map | None = None) -> Diff:
    old = old or load_map_file(BASE)
    return compare(old, new, found_in([over], old) if over is not None else ())


def group(diff: Diff, name: str) -> tuple[str, int, int, int]:
    (found,) = [one for one in (*diff.reading.groups.values(), *diff.writing.groups.values()) if one.name == name]
    return found.place, found.changed, found.lost, found.gained


def test_the_same_map_differs_in_nothing(tmp_path: Path) -> None:
    diff = difference(edited(tmp_path, BASE))
    assert diff.reading.compared > 5
    assert diff.writing.compared > 5
    assert (diff.rows, diff.reading.groups, diff.writing.groups) == ((), {}, {})
    assert (diff.needed, diff.implied, diff.taken, diff.honest) == ("none", "none", "none", True)


def test_a_text_for_people_is_a_patch(tmp_path: Path) -> None:
    new = edited(tmp_path, BASE, ("note: One loop per order line.", "note: One loop for each line."))
    diff = difference(new)
    assert (diff.rows, diff.needed, diff.taken, diff.honest) == ((), "patch", "none", False)
    raised = edited(tmp_path, BASE, ("One loop per", "A loop per"), (version(BASE), "version: 99.0.0\n"))
    assert difference(raised).honest


def test_a_value_that_is_lost_is_major(tmp_path: Path) -> None:
    diff = difference(edited(tmp_path, BASE, ("      ACK05: date.on as date\n", "")))
    place, changed, lost, gained = group(diff, "lines.responses.date.on")
    assert place == "PO1/ACK/ACK05"
    assert (changed, gained) == (0, 0)
    assert lost == diff.reading.different > 3
    assert diff.needed == diff.implied == "major"
    assert "lost: PO1/ACK/ACK05: date.on as date" in map(str, diff.rows)


def test_a_value_that_is_gained_is_minor(tmp_path: Path) -> None:
    old = edited(tmp_path, BASE, ("  BAK08: supplier_order_number\n", ""), name="old.map.yaml")
    diff = difference(load_map_file(BASE), old=old)
    place, changed, lost, gained = group(diff, "supplier_order_number")
    assert (place, changed, lost) == ("BAK/BAK08", 0, 0)
    assert gained > 3
    assert diff.needed == "minor"


def test_a_value_that_reads_otherwise_is_major(tmp_path: Path) -> None:
    codes = ("line_status: {use: codes/line_status}", "line_status: {use: codes/line_status, add: {IB: on_hold}}")
    diff = difference(edited(tmp_path, BASE, codes))
    place, changed, _, gained = group(diff, "lines.responses.status")
    assert place == "PO1/ACK/ACK01"
    assert changed > 1
    assert gained == 0
    assert "changed: table line_status IB: backordered became on_hold" in map(str, diff.rows)
    (found,) = [one for one in diff.reading.groups.values() if one.name == "lines.responses.status"]
    assert 0 < len(found.examples) <= 3
    assert (found.examples[0].old, found.examples[0].new) == ("backordered", "on_hold")


def test_a_new_code_is_minor(tmp_path: Path) -> None:
    codes = ("line_status: {use: codes/line_status}", "line_status: {use: codes/line_status, add: {ZZ: on_hold}}")
    diff = difference(edited(tmp_path, BASE, codes), over=None)
    assert [str(row) for row in diff.rows] == ["added: table line_status ZZ: on_hold"]
    assert (diff.needed, diff.honest) == ("minor", False)


def test_segments_that_are_written_otherwise(tmp_path: Path) -> None:
    new = edited(tmp_path, BASE, ('when: REF01 in ["VR", "IA"]', 'when: REF01 in ["IA", "VR"]'))
    diff = difference(new)
    assert diff.reading.groups == {}
    assert group(diff, "REF[VR]")[2] == group(diff, "REF[IA]")[3] > 1
    assert diff.needed == "major"


def test_an_element_that_is_written_otherwise(tmp_path: Path) -> None:
    diff = difference(
        edited(tmp_path, BASE, ("PO102: ordered.value as decimal", "PO102: ordered.value as decimal places 3"))
    )
    assert group(diff, "PO1/PO102")[1] > 3
    assert diff.needed == "major"


ACME_RULES = [
    ("only: [EA, CA, DZ]", "only: [EA, CA]", "tightened: PO1/PO103: codes no longer accepted: DZ", "major"),
    ("only: [EA, CA, DZ]", "only: [EA, CA, DZ, BX]", "relaxed: PO1/PO103: codes accepted: BX", "minor"),
    ("- {usage: BAK/BAK08, is: required}\n", "", "relaxed: BAK/BAK08: required became optional", "minor"),
    ("schema:\n", "schema:\n- {usage: BAK/BAK09, is: required}\n",
     "tightened: BAK/BAK09: optional became required", "major"),
    ("schema:\n", "schema:\n- {usage: CUR, is: not_used}\n", "tightened: CUR: optional became not used", "major"),
    ("schema:\n", "schema:\n- {length: BAK/BAK03, max: 9}\n",
     "tightened: BAK/BAK03: 1 to 22 characters became 1 to 9 characters", "major"),
    ("schema:\n", "schema:\n- {max: PO1, is: 99}\n", "tightened: PO1: at most 100000 became at most 99", "major"),
    ("schema:\n", "schema:\n- {condition: PO1/ACK, add: R0507}\n", "tightened: PO1/ACK: condition R0507", "major"),
    ("schema:\n", 'schema:\n- {usage: "N1[ST]", is: required}\n',
     "tightened: N1[ST]: optional became required", "major"),
    ("- {usage: PO1, is: required}\n", "", "relaxed: PO1: required", "minor"),
    ("changes:\n", "changes:\n- {check: split-adds-up, severity: reject}\n", "tightened: check split-adds-up", "major"),
    ("changes:\n", "changes:\n- {check: split-adds-up, severity: warning}\n", "changed: check split-adds-up", "minor"),
    ("changes:\n", "changes:\n- {check: split-adds-up, remove: yes, reason: x}\n",
     "relaxed: check split-adds-up", "minor"),
    ("changes:\n", "changes:\n- {set: PO1/PO105, to: item.description}\n",
     "changed: PO1/PO105: price.basis became item.description", "major"),
    ("remove: [IN, VP]}", "remove: [IN, VP, MG]}", "lost: PO1/PO1", "major"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said", "step"), ACME_RULES, ids=[row[2] for row in ACME_RULES])
def test_every_rule_is_named_with_its_step(tmp_path: Path, before: str, after: str, said: str, step: str) -> None:
    new = edited(tmp_path, ACME / "855.map.yaml", (before, after))
    found = list(changes(load_map_file(ACME / "855.map.yaml"), new))
    fitting = [change for change in found if str(change).startswith(said)]
    assert fitting, [str(change) for change in found]
    assert fitting[0].step == step
    kinds = {change.kind for change in found}
    back = {change.kind for change in changes(new, load_map_file(ACME / "855.map.yaml"))}
    opposite = {"tightened": "relaxed", "relaxed": "tightened", "added": "lost", "lost": "added", "changed": "changed"}
    assert back == {opposite[kind] for kind in kinds}


BASE_SETTINGS = [
    ('when: N101 in ["SU", "VN", "SE"]', 'when: N101 in ["SU", "VN"]', "changed: N1[SU] when", "major"),
    ("normalise: [partial_backorder]\n", "", "changed: normalise: partial_backorder", "major"),
    ("  max: any\n  note: Notes", "  note: Notes", "changed: N9[L1] max: any", "major"),
    ("line_status: {use: codes/line_status}", "line_status: {use: codes/line_status, unknown: other}",
     "changed: table line_status, unknown codes: fault became other", "major"),
    ("line_status: {use: codes/line_status}", "line_status: {use: codes/line_status, write: {accepted: AC}}",
     "changed: table line_status, written", "major"),
    ("- order.revision\n", "", "changed: not_carried", "major"),
    ("normalise:", "tolerate:\n- {fault: element.long, at: N1/N102, up_to: 80, reason: x}\nnormalise:",
     "relaxed: tolerated element.long at N1/N102", "minor"),
    ("normalise:", "derive:\n- {field: totals.lines, is: count(lines)}\nnormalise:",
     "changed: derived totals.lines: count(lines)", "major"),
    ("note: One loop per order line.", "note: x", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said", "step"), BASE_SETTINGS, ids=[row[2] for row in BASE_SETTINGS])
def test_every_setting_is_named_with_its_step(tmp_path: Path, before: str, after: str, said: str, step: str) -> None:
    found = list(changes(load_map_file(BASE), edited(tmp_path, BASE, (before, after))))
    told = [change.step for change in found if str(change).startswith(said)]
    assert told == ([step] if said else []), [str(change) for change in found]


def test_documents_that_would_be_rejected_are_counted(tmp_path: Path) -> None:
    old = load_map_file(ACME / "855.map.yaml")
    new = edited(tmp_path, ACME / "855.map.yaml", ("only: [EA, CA, DZ]", "only: [CA, DZ]"))
    diff = compare(old, new, found_in([ACME / "samples"], old, ACME))
    assert diff.reading.newly_refused == diff.reading.compared > 2
    assert "PO103: 'EA' is not accepted" in diff.reading.refused[0] or "EA" in diff.reading.refused[0]
    assert diff.needed == "major"
    back = compare(new, old, found_in([ACME / "samples"], new, ACME))
    assert (back.reading.newly_refused, back.reading.newly_taken, back.needed) == (
        0,
        diff.reading.newly_refused,
        "minor",
    )


@pytest.mark.parametrize(
    ("policy", "refused", "doubts", "needed"),
    [("reject", 3, 0, "major"), ("accept_with_errors", 0, 3, "minor"), ("route_to_exception", 0, 3, "minor")],
)
def test_an_agreement_decides_what_is_refused(
    tmp_path: Path, policy: str, refused: int, doubts: int, needed: str
) -> None:
    folder = shutil.copytree(ACME, tmp_path / "acme")
    text = (folder / "partner.yaml").read_text()
    agreed = text.replace("policy: {apply_dates: yes}", f"on_guide_error: {policy}")
    assert agreed != text
    (folder / "partner.yaml").write_text(agreed)
    file = folder / "855.map.yaml"
    file.write_text(file.read_text().replace("only: [EA, CA, DZ]", "only: [CA, DZ]"))
    command = ["map", "diff", str(ACME / "855.map.yaml"), str(file), "--over", str(ACME / "samples")]
    done = CliRunner().invoke(app, [*command, "--partner", str(folder), "--json"])
    (one,) = json.loads(done.stdout)["maps"]
    assert (one["judged_as_agreed"], one["needed_step"]) == ("X12 855 004010", needed)
    assert (one["reading"]["newly_refused"], one["reading"]["new_doubts"]) == (refused, doubts)
    assert one["writing"]["compared"] == 0  # we read the 855 of acme, and write none
    done = CliRunner().invoke(app, [*command, "--partner", str(folder)])
    assert "    judged as agreed about X12 855 004010" in done.stdout.splitlines()


def test_of_a_document_that_is_only_sent_the_writing_is_compared(tmp_path: Path) -> None:
    file = tmp_path / "850.map.yaml"
    text = (ACME / "850.map.yaml").read_text()
    file.write_text(text.replace("only: [EA, CA, DZ]", "only: [CA, DZ]"))
    assert file.read_text() != text
    command = ["map", "diff", str(ACME / "850.map.yaml"), str(file), "--over", str(ACME / "samples"), "--json"]
    (one,) = json.loads(CliRunner().invoke(app, [*command, "--partner", str(ACME)]).stdout)["maps"]
    assert (one["judged_as_agreed"], one["reading"]["compared"], one["needed_step"]) == ("", 0, "major")
    assert one["writing"]["newly_refused"] == one["writing"]["compared"] > 0


def test_what_no_document_shows_is_said_and_not_counted(tmp_path: Path) -> None:
    old = load_map_file(ACME / "855.map.yaml")
    new = edited(
        tmp_path,
        ACME / "855.map.yaml",
        ("only: [EA, CA, DZ]", "only: [EA, CA]"),
        (version(ACME / "855.map.yaml"), next_patch(ACME / "855.map.yaml")),
    )
    diff = compare(old, new, found_in([ACME / "samples"], old, ACME))
    assert (diff.needed, diff.implied, diff.honest) == ("patch", "major", True)
    assert "  the rows alone could need a major step; none of these documents shows it" in lines([diff], {}, "x")


def test_lists_are_compared_item_by_item(tmp_path: Path) -> None:
    """A line more in front does not make all other lines differ."""
    from edi.map_diff import _fields

    old = {
        "lines": [{"n": "1"}, {"n": "2", "ids": [{"scheme": "gtin", "value": "7"}]}],
        "code": {"value": "a", "raw": "A"},
    }
    new = {"lines": [{"n": "0"}, *old["lines"]], "code": {"value": "a", "raw": "B"}}  # type: ignore[misc]
    assert list(_fields(old, new, "", "", "")) == [("lines.n", "lines.0.n", "lines.0.n", "gained", "", "0")]
    changed = {**old, "lines": [old["lines"][0], {"n": "2", "ids": [{"scheme": "gtin", "value": "8"}]}]}  # type: ignore[index]
    assert list(_fields(old, changed, "", "", "")) == [
        ("lines.ids.gtin", "lines.1.ids.gtin", "lines.1.ids.gtin", "changed", "7", "8")
    ]


def test_steps() -> None:
    assert step_between("1.0.0", "1.0.0") == "none"
    assert step_between("1.0.9", "1.0.10") == "patch"
    assert step_between("1.9.0", "1.10.0") == "minor"
    assert step_between("1.9.0", "2.0.0") == "major"
    assert step_between("1.1.0", "1.0.9") is None
    assert larger("patch", "major", "minor") == "major"
    assert larger() == "none"


def test_a_lower_version_is_never_honest(tmp_path: Path) -> None:
    new = edited(tmp_path, BASE, (version(BASE), "version: 0.0.1\n"))
    diff = difference(new, over=None)
    assert (diff.taken, diff.honest) == (None, False)


def test_maps_of_files_folders_and_references(tmp_path: Path) -> None:
    every = [f"acme/{path.name.partition('.')[0]}" for path in sorted(ACME.glob("*.map.yaml"))]
    assert list(maps_at(str(ACME), None)) == every
    assert len(every) > 1
    assert list(maps_at("acme/855", ACME)) == list(maps_at(str(ACME / "855.map.yaml"), None)) == ["acme/855"]
    assert list(maps_at("x12/004010/855", None)) == ["x12/004010/855"]
    edited(tmp_path, ACME / "855.map.yaml", name="of last year.yaml")
    assert list(maps_at(str(tmp_path / "of last year.yaml"), None)) == ["acme/855"]
    both = list(
        pairs(
            maps_at(str(ACME), None),
            {"acme/855": edited(tmp_path, ACME / "855.map.yaml"), "acme/x": load_map_file(BASE)},
        )
    )
    assert {name: (bool(old), bool(new)) for name, old, new in both} == {
        **dict.fromkeys(every, (True, False)), "acme/855": (True, True), "acme/x": (False, True),
    }  # fmt: skip


def test_an_older_base_is_found_in_its_own_tree(tmp_path: Path) -> None:
    """The overlay is the same; its base changed."""
    folder = tmp_path / "maps/x12/004010"
    folder.mkdir(parents=True)
    edited(folder, BASE, ("      ACK05: date.on as date\n", ""))
    (old,) = maps_at(str(ACME / "855.map.yaml"), None, [tmp_path / "maps"]).values()
    (new,) = maps_at(str(ACME / "855.map.yaml"), None).values()
    diff = compare(old, new, found_in([ACME / "samples"], old, ACME))
    assert group(diff, "lines.responses.date.on")[3] == diff.reading.compared
    assert (diff.needed, diff.taken, diff.honest) == ("minor", "none", False)
    (alone,) = maps_at(str(folder / "855.map.yaml"), None).values()
    assert alone.files[0] == folder / "855.map.yaml"


def test_memory_does_not_grow_with_the_documents(tmp_path: Path) -> None:
    new = edited(tmp_path, BASE, ("      ACK05: date.on as date\n", ""))
    old = load_map_file(BASE)
    document = (SAMPLES / "changes.edi").read_bytes()
    peaks = []
    for number in (20, 200):
        file = tmp_path / f"{number}.edi"
        file.write_bytes(document * number)
        if not peaks:
            compare(old, new, found_in([file], old))  # what is made once is no growth
        tracemalloc.start()
        diff = compare(old, new, found_in([file], old))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert diff.reading.compared == number
        assert group(diff, "lines.responses.date.on")[2] == number
    assert peaks[1] < peaks[0] * 1.5 + 500_000


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    shutil.copytree(ACME, tmp_path / "acme")
    file = tmp_path / "acme/855.map.yaml"
    file.write_text(file.read_text().replace("DZ]", "]").replace("CA, ]", "CA]"), encoding="utf-8")
    done = run.invoke(app, ["map", "diff", str(ACME), str(tmp_path / "acme")])
    assert done.exit_code == 1
    now = load_map_file(file).declared.version
    assert f"  needs at least a major step; {now} to {now} is no step: too small" in done.stdout.splitlines()
    file.write_text(file.read_text().replace(f"version: {now}", "version: 99.0.0"), encoding="utf-8")
    done = run.invoke(
        app, ["map", "diff", str(ACME), str(tmp_path / "acme"), "--json", "--over", str(ACME / "samples")]
    )
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    (one,) = [one for one in told["maps"] if one["new"] == "acme/855@99.0.0"]
    assert one["needed_step"] == "patch"
    assert one["reading"]["compared"] == len(list((ACME / "samples").glob("855_*.edi")))
    assert run.invoke(app, ["map", "diff", str(ACME), str(tmp_path / "no.map.yaml")]).exception is not None
    assert run.invoke(app, ["map", "diff", str(ACME), str(ACME), "--over", str(tmp_path / "no")]).exit_code == 2


def test_a_guide_tells_what_changed(tmp_path: Path) -> None:
    shutil.copytree(ACME / "samples", tmp_path / "samples")  # what the guide shows
    new = edited(tmp_path, ACME / "855.map.yaml", ("only: [EA, CA, DZ]", "only: [EA, CA]"))
    told = news(load_map_file(ACME / "855.map.yaml"), new)
    assert told == [
        f"Since version {load_map_file(ACME / '855.map.yaml').declared.version}:",
        "tightened: PO1/PO103: codes no longer accepted: DZ",
    ]
    assert guide_of(new, None, told).news == tuple(told)
    run = CliRunner().invoke(
        app, ["map", "guide", "acme/855", "--partner", str(ACME), "--since", str(tmp_path / "855.map.yaml")]
    )
    assert "- relaxed: PO1/PO103: codes accepted: DZ" in run.stdout


def test_json_has_every_group(tmp_path: Path) -> None:
    diff = difference(edited(tmp_path, BASE, ("      ACK05: date.on as date\n", "")))
    told = to_json(diff)
    assert told["reading"]["groups"][0]["name"].startswith("lines.responses.date")
    assert told["reading"]["groups"][0]["lost"] == told["reading"]["different"]
    assert told["honest"] is False


def test_another_event_is_one_difference_not_many(tmp_path: Path) -> None:
    file = ROOT / "maps/x12/004010/860.map.yaml"
    new = edited(tmp_path, file, ('when: purpose = "cancel"', 'when: purpose = "change"'))
    diff = difference(new, ROOT / "samples/x12/860", load_map_file(file))
    (found,) = diff.reading.groups.values()
    assert (found.name, found.changed) == ("the event", 3)  # each becomes the other
    assert {example.new for example in found.examples} == {
        "procurement.order.cancelled.v1",
        "procurement.order.changed.v1",
    }
    assert [str(row) for row in diff.rows if row.where == "also"]
