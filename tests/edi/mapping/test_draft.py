"""`edi map draft`: an overlay from samples that loads, passes the linter but for what is open, and takes everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi import draft_samples, syntax
from edi.__main__ import app
from edi.errors import MapError
from edi.lint import lint_map
from edi.map_coverage import coverage
from edi.map_documents import found_in
from edi.map_draft import draft
from edi.mapping import Map, load_map
from edi.model import Message
from edi.resources import exists, standard_identity
from tests.edi.mapping.wire import ROOT, segments_of, wrap

SAMPLES = [
    path
    for path in (*sorted((ROOT / "samples").rglob("*.edi")), *sorted((ROOT / "partners").glob("*/samples/*.edi")))
    if path.parent.name != "faults"
]
BODY = "BAK*00*AC*P1*20261120****SO-1*20261121~PO1*1*100*EA*12.5**BP*SKU-1~ACK*IA*100*EA*067*20261201~CTT*1~"


def base_of(path: Path) -> Map:
    message = next(item for item in syntax.read(path.read_bytes()) if isinstance(item, Message))
    identity = standard_identity(message.interchange.syntax, message.version, message.type)
    assert exists(identity, ".map.yaml")
    return load_map(identity)


def drafted(folder: Path, base: Map, paths: list[Path]) -> tuple[str, Map]:
    """The draft of a partner called example, held against the promise of every draft."""
    text = draft(base, paths, "example")
    name = base.identity.rpartition("/")[2]
    (folder / f"{name}.map.yaml").write_text(text)
    map_ = load_map(f"example/{name}", folder)
    assert map_.version == f"example/{name}@0.1.0"
    errors = {remark.code for remark in lint_map(f"example/{name}", folder) if remark.severity == "error"}
    assert errors <= {"map.todo"}
    reading = coverage(map_, found_in(paths, map_)).reading
    assert reading is not None
    assert [seen.where for seen in reading.unmapped.ranked()] == []
    return text, map_


def of_bodies(folder: Path, *bodies: str) -> tuple[str, Map]:
    base = load_map("x12/004010/855")
    (folder / "samples").mkdir()
    for number, body in enumerate(bodies):
        (folder / f"samples/{number}.edi").write_bytes(wrap(base, segments_of(body, "x12")))
    return drafted(folder, base, [folder / "samples"])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT).with_suffix("")))
def test_a_draft_of_any_sample_takes_all_of_it(tmp_path: Path, sample: Path) -> None:
    drafted(tmp_path, base_of(sample), [sample])


def test_a_draft_of_real_documents_takes_all_of_them(tmp_path: Path) -> None:
    corpus = ROOT / ".." / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the shared corpus is not here")
    done = 0
    for path in sorted(p for p in corpus.rglob("*") if p.is_file() and p.suffix not in (".md", ".json"))[::9]:
        message = next((item for item in syntax.read(path.read_bytes()) if isinstance(item, Message)), None)
        if message is None or path.stat().st_size > 40_000:
            continue
        identity = standard_identity(message.interchange.syntax, message.version, message.type)
        if exists(identity, ".map.yaml"):
            drafted(tmp_path, load_map(identity), [path])
            done += 1
    assert done > 10


def test_what_is_not_understood_is_left_to_a_person(tmp_path: Path) -> None:
    text, _ = of_bodies(tmp_path, BODY.replace("PO1*1*", "TD4*ZZZ*A4~PO1*1*").replace("SKU-1", "SKU-1*QQ*77"), BODY)
    assert "# seen 1 of 2: 77" in text
    assert '- {at: "PO1/PO106[QQ]", reason: TODO}' in text
    assert {remark.code for remark in lint_map("example/855", tmp_path)} >= {"map.todo"}


def test_a_row_that_a_late_document_does_not_bear_is_not_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents beyond those each row is tried on are read with the whole draft, and the draft is made anew."""
    good, bad = (BODY.replace("SKU-1", f"SKU-1*QQ*{gtin}") for gtin in ("012345678905", "012345678904"))
    assert "QQ: item.ids.gtin as gtin14 width 12" in of_bodies(tmp_path, *[good] * 8)[0]
    monkeypatch.setattr(draft_samples, "MOST_SEGMENTS", 20)
    (tmp_path / "samples/9.edi").write_bytes(wrap(load_map("x12/004010/855"), segments_of(BODY, "x12")))
    base = load_map("x12/004010/855")
    text = draft(base, [tmp_path / "samples"], "example")
    assert "# Each row was tried on 3 of them, the whole on all." in text.splitlines()
    assert "QQ: item.ids.gtin as gtin14 width 12" in text
    # One of the same kind whose check digit is wrong, where no row is tried any more.
    monkeypatch.setattr(draft_samples, "shapes_of", lambda value: frozenset({"gtin"}))
    (tmp_path / "samples/99.edi").write_bytes(wrap(base, segments_of(bad, "x12")))
    text = draft(base, [tmp_path / "samples"], "example")
    assert "QQ: item.ids.gtin" not in text
    assert '- {at: "PO1/PO106[QQ]", reason: TODO}' in text
    assert "read worse" not in text


def test_a_document_with_something_new_is_always_among_those_rows_are_tried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_samples, "MOST_SEGMENTS", 20)
    last = BODY.replace("SKU-1", "SKU-1*QQ*012345678905")
    text, _ = of_bodies(tmp_path, *[BODY] * 9, last)
    assert "    # seen 1 of 10: 012345678905; guess: every check digit is that of a gtin" in text.splitlines()


def industries(folder: Path, **rules: str) -> Map:
    """The base map with layers over it, each with its rules."""
    for name, rule in rules.items():
        file = folder / f"x12/004010/855.{name}.map.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"map: x12/004010/855.{name}\nversion: 1.0.0\nextends: x12/004010/855@1\ntitle: {name}\n{rule}")
    return load_map("x12/004010/855", folders=[folder])


def test_the_layer_of_an_industry_is_proposed_where_the_documents_keep_to_it(tmp_path: Path) -> None:
    base = industries(
        tmp_path,
        books="schema:\n- {codes: PO1/PO103, only: [EA, CA]}\n- {usage: BAK/BAK08, is: required}\n",
        steel="schema:\n- {codes: PO1/PO103, only: [KG]}\n- {usage: BAK/BAK08, is: required}\n"
        "- {usage: PO1/PO101, is: required}\n",
        paper="changes:\n- {note: PO1, text: One loop per line.}\n",
    )
    sample = tmp_path / "a.edi"
    sample.write_bytes(wrap(base, segments_of(BODY, "x12")))
    text = draft(base, [sample], "example", [tmp_path])
    assert text.splitlines()[2:4] == [
        "# Over x12/004010/855.books because all 1 keep its 2 rules.",
        "# Not over x12/004010/855.steel: 1 of 1 breaks its rules; the first: 855[1]/PO1[1]/PO103: code 'EA' is not in "
        "the list (expected one of KG). Send one of the agreed codes.",
    ]
    assert "\nextends: x12/004010/855.books@1.0\n" in text
    (tmp_path / "855.map.yaml").write_text(text)
    assert load_map("example/855", tmp_path, [tmp_path]).declared.chain[-2][0] == "x12/004010/855.books"


def test_a_layer_that_takes_more_goes_before_one_with_more_rules(tmp_path: Path) -> None:
    base = industries(
        tmp_path,
        books="schema:\n- {codes: PO1/PO103, only: [EA, CA]}\n- {usage: BAK/BAK08, is: required}\n",
        steel="changes:\n- {pair: PO1, add: {QQ: item.ids.manufacturer}}\n",
    )
    sample = tmp_path / "a.edi"
    sample.write_bytes(wrap(base, segments_of(BODY.replace("SKU-1", "SKU-1*QQ*77"), "x12")))
    text = draft(base, [sample], "example", [tmp_path])
    assert (
        "# Over x12/004010/855.steel because it takes what x12/004010/855 leaves: PO1/PO106[QQ]." in text.splitlines()
    )
    assert "extends: x12/004010/855.steel@1.0" in text.splitlines()
    assert "TODO}" not in text


def test_the_samples_of_bolt_are_those_of_its_industry() -> None:
    samples = ROOT / "partners/bolt/samples"
    good = [samples / "855_changes.edi", samples / "855_one_date.edi"]
    text = draft(load_map("x12/005010/855"), good, "example")
    reason = "all 2 keep its 3 rules and it takes what x12/005010/855 leaves: PO1/ACK/ACK07[VP]."
    assert f"# Over x12/005010/855.industrial because {reason}" in text.splitlines()
    assert "\nmap: example/855\n" in text
    text = draft(load_map("x12/005010/855"), [*good, samples / "855_bad_guide.edi"], "example")
    assert "# Not over x12/005010/855.industrial: 1 of 3 breaks its rules; the first: " in text


def test_what_an_overlay_took_away_is_proposed_again(tmp_path: Path) -> None:
    """A base that lacks rows gets them from what the other maps say, with the evidence."""
    file = tmp_path / "x12/004010/855.map.yaml"
    file.parent.mkdir(parents=True)
    text = (ROOT / "maps/x12/004010/855.map.yaml").read_text()
    file.write_text(
        text.replace("      VN: item.ids.supplier\n", "", 1).replace("  BAK08: supplier_order_number\n", "", 1)
    )
    base = load_map("x12/004010/855", folders=[tmp_path])
    sample = tmp_path / "a.edi"
    sample.write_bytes(wrap(base, segments_of(BODY.replace("SKU-1", "SKU-1*VN*AC-9"), "x12")))
    found = draft(base, [sample], "example", [tmp_path])
    assert "# seen 1 of 1: AC-9; " in found
    assert "# seen 1 of 1: SO-1; " in found


def test_narrowing_is_offered_and_every_row_of_it_holds(tmp_path: Path) -> None:
    text, _ = of_bodies(tmp_path, BODY, BODY)
    rows = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# - {")]
    assert "- {usage: BAK/BAK08, is: required}   # 2 of 2" in rows
    assert "- {codes: PO1/PO103, only: [EA]}   # 2 of 2" in rows
    assert "- {length: BAK/BAK03, max: 2}   # the longest in 2 of 2" in rows
    file = tmp_path / "855.map.yaml"
    file.write_text(text + "schema:\n" + "\n".join(rows) + "\n")
    map_ = load_map("example/855", tmp_path)
    reading = coverage(map_, found_in([tmp_path / "samples"], map_)).reading
    assert reading is not None
    assert reading.faulty == 0


def test_a_check_digit_is_a_guess(tmp_path: Path) -> None:
    text, _ = of_bodies(tmp_path, BODY.replace("SKU-1", "SKU-1*QQ*012345678905"))
    assert "    # seen 1 of 1: 012345678905; guess: every check digit is that of a gtin\n" in text
    assert "    QQ: item.ids.gtin as gtin14 width 12\n" in text


def test_no_sample_of_the_document_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(MapError, match="none of the samples is a X12 855 004010"):
        draft(load_map("x12/004010/855"), [tmp_path], "example")


def test_the_command() -> None:
    sample = str(ROOT / "partners/acme/samples/855_changes.edi")
    done = CliRunner().invoke(app, ["map", "draft", "--base", "x12/004010/855", "--partner-id", "acme", sample])
    assert done.exit_code == 0
    assert "\nmap: acme/855\n" in done.output
    assert '#   delimiters: {segment: "~", element: "*", component: ">"}' in done.output
    assert CliRunner().invoke(app, ["map", "draft", "--base", "x12/004010/855", "nowhere"]).exit_code == 2
