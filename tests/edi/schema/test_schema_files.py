"""The shipped schemas: all load, all definitions are usable, and each fact of the wire that others rely on is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edi.check import compile_check
from edi.check_code import quick_tests
from edi.resources import maps_folder
from edi.schema import LoopEntry, Schema, SegmentEntry, load_schema
from edi.schema_source import Dictionary
from edi.yaml_source import MAX_DICTIONARY_NODES, Mapping_, load

FILES = sorted(
    str(path.relative_to(maps_folder())).removesuffix(".schema.yaml") for path in maps_folder().rglob("*.schema.yaml")
)
DICTIONARIES = sorted(maps_folder().rglob("segments.yaml"))
SOURCES = sorted([*DICTIONARIES, *maps_folder().rglob("*.schema.yaml")])


X12_004010 = "810 820 824 832 846 850 855 856 860 861 865 940 943 944 945 947 997 ta1"
X12_005010 = "810 824 850 855 856 860 865 997 999 ta1"
MESSAGES = "aperak desadv invoic invrpt ordchg orders ordrsp pricat recadv remadv"
SUBSET = "desadv invoic orders ordrsp"
SHIPPED = {
    "x12/004010": X12_004010,
    "x12/005010": X12_005010,
    "edifact/d96a": MESSAGES,
    "edifact/d01b": MESSAGES,
    "edifact/d01b-eancom": SUBSET,
    "edifact/d96a-eancom": SUBSET,
    "edifact/service/v3": "contrl",
    "edifact/service/v4": "contrl",
}
LOAD_SECONDS = 0.5


def test_the_documents_of_this_release_are_there() -> None:
    assert {f"{folder}/{name}" for folder, names in SHIPPED.items() for name in names.split()} == set(FILES)


@pytest.mark.parametrize("identity", FILES)
def test_a_shipped_schema_loads_and_compiles(identity: str) -> None:
    schema = load_schema(identity)
    assert schema.identity == identity
    assert schema.title
    assert len(schema.provenance) >= 2
    tags = [entry.trigger for _, entry in schema.entries()]
    assert (tags[0], tags[-1]) == ends(identity, schema)
    assert bool(schema.group) == (tags[0] == "ST")
    addresses = [address for address, entry in schema.entries() if isinstance(entry, LoopEntry)]
    assert len(addresses) == len(set(addresses))
    assert set(tags) == set(schema.segments)
    compile_check(schema)


def ends(identity: str, schema: Schema) -> tuple[str, str]:
    if identity.endswith("/ta1"):  # one segment outside the groups
        return "TA1", "TA1"
    return ("ST", "SE") if schema.syntax == "x12" else ("UNH", "UNT")


@pytest.mark.parametrize("path", DICTIONARIES, ids=lambda path: str(path.parent.relative_to(maps_folder())))
def test_a_dictionary_names_its_sources(path: Path) -> None:
    sources = load(path, nodes=MAX_DICTIONARY_NODES)["provenance"]
    assert len(set(sources)) >= 2


@pytest.mark.parametrize("identity", ["x12/004010/850", "x12/005010/850", "edifact/d96a/orders", "edifact/d01b/orders"])
def test_a_schema_is_ready_soon(identity: str) -> None:
    """Read afresh, dictionary and all: a daemon that starts and a command that runs wait for this."""
    script = (
        "import sys, time; from edi.check import compile_check; from edi.schema import load_schema; "
        "start = time.process_time(); compile_check(load_schema(sys.argv[1])); print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", script, identity], capture_output=True, text=True, check=True)
    assert float(done.stdout) < LOAD_SECONDS


@pytest.mark.parametrize("path", DICTIONARIES, ids=lambda path: str(path.parent.relative_to(maps_folder())))
def test_every_definition_of_a_dictionary_is_usable(path: Path) -> None:
    tree = load(path, nodes=MAX_DICTIONARY_NODES)
    syntax = "x12" if "x12" in str(path) else "edifact"
    dictionary = Dictionary(syntax, tree, None)
    segments = tree["segments"]
    assert isinstance(segments, Mapping_)
    for tag in segments:
        definition = dictionary.segment(segments.key(tag))
        tests = quick_tests(definition, "")
        for length in range(1, len(definition.elements) + 2):
            tests[length]([tag, *["1"] * (length - 1)])  # the generated code runs
    lists = tree["codes"]
    assert isinstance(lists, Mapping_)
    for name in lists:
        codes = dictionary.codes(lists.key(name))
        assert codes.values
        assert codes.name == name


def element(schema: Schema, tag: str, at: int, component: int = 0) -> tuple[str, str, str]:
    found = schema.segments[tag].element(at, component)
    assert found is not None
    return found.ref, found.type, found.usage


def test_facts_of_the_855() -> None:
    schema = load_schema("x12/004010/855")
    assert schema.group == "PR"
    assert element(schema, "BAK", 8) == ("127", "AN 1..30", "optional")
    assert element(schema, "PO1", 2) == ("330", "R 1..15", "optional")
    assert element(schema, "ACK", 1) == ("668", "ID 2..2", "required")
    assert "C0302" in [condition.text for condition in schema.segments["PO1"].conditions]
    codes = schema.segments["ACK"].elements[0].codes
    assert codes is not None
    assert codes.open
    assert {"IA", "IB", "IQ", "IR"} <= set(codes.values)
    loops = {address: entry for address, entry in schema.entries() if isinstance(entry, LoopEntry)}
    assert (loops["PO1/ACK"].max, loops["PO1"].max, loops["PO1"].layout[0].trigger) == (104, 100000, "PO1")


def test_facts_of_the_edifact_orders() -> None:
    schema = load_schema("edifact/d01b/orders")
    assert element(schema, "NAD", 2, 1) == ("3039", "an..35", "required")
    assert element(schema, "UNH", 1) == ("0062", "an..14", "required")
    assert schema.segments["COM"].elements[0].repeat == 3
    assert [part.at for part in schema.segments["COM"].elements] == [1, 2, 3]
    assert schema.segments["DTM"].element(9) is None
    assert schema.segments["DTM"].element(1, 9) is None


def test_a_subset_narrows_at_one_place_and_leaves_the_others() -> None:
    schema = load_schema("edifact/d01b-eancom/orders")
    entries = dict(schema.entries())
    heading, line = entries["DTM"], entries["LIN/DTM"]
    assert isinstance(heading, SegmentEntry)
    assert isinstance(line, SegmentEntry)
    first, second = (entry.definition.elements[0].components[0].guide_codes for entry in (heading, line))
    assert first is not None
    assert second is not None
    assert "137" in first.values
    assert "137" not in second.values
    assert schema.segments["DTM"].elements[0].components[0].guide_codes is None
    assert entries["BGM"].definition.elements[1].effective_usage == "required"
    assert schema.guide
    assert not load_schema("edifact/d01b/orders").guide


def test_a_schema_is_kept_until_its_file_changes() -> None:
    assert load_schema("x12/004010/855") is load_schema("x12/004010/855")


def test_a_ta1_is_the_same_segment_in_each_release() -> None:
    old, new = (load_schema(f"x12/{release}/ta1").segments["TA1"] for release in ("004010", "005010"))
    assert old == new


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(maps_folder())))
def test_an_open_question_says_what_is_open(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert "# check" not in line or re.search(r"# check: \S+ \S", line), line
