"""The string-only loader: everything is text with a place, and what could be misread is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.errors import MapError
from edi.yaml_source import (
    MAX_BYTES,
    Mapping_,
    Scalar,
    Sequence_,
    as_mapping,
    as_sequence,
    as_text,
    check_keys,
    fail,
    load,
    load_text,
    required,
    truth,
)


def test_everyday_edi_values_stay_text() -> None:
    tree = load_text("values: [ON, NO, 067, 12:30, ~, null, 1e3, 0x10, 2026-12-01, '', yes]", "t")
    assert tree == {
        "values": ["ON", "NO", "067", "12:30", "~", "null", "1e3", "0x10", "2026-12-01", "", "yes"],
    }
    assert all(type(value) is Scalar for value in tree["values"])


def test_every_key_and_value_knows_its_place() -> None:
    tree = load_text("# a note\nfirst: {a: 1}\nsecond:\n- x\n-   y\n", "folder/file.yaml")
    assert (tree.line, tree.column) == (2, 1)
    assert tree.key_line("second") == 3
    inner = tree["first"]
    assert isinstance(inner, Mapping_)
    assert (inner.line, inner.column, inner["a"].line, inner["a"].column) == (2, 8, 2, 12)
    items = tree["second"]
    assert isinstance(items, Sequence_)
    assert (items[1].file, items[1].line, items[1].column) == ("folder/file.yaml", 5, 5)


REFUSED = [
    ("a: 1\nb: 2\na: 3\n", "3:1: yaml.duplicate_key", "first in line 1"),
    ("a: &x 1\n", "1:4: yaml.anchor", "anchors"),
    ("a: &x {b: 1}\n", "1:4: yaml.anchor", "anchors"),
    ("a: 1\nb: *a\n", "2:4: yaml.anchor", "aliases"),
    ("a: !!int 1\n", "1:4: yaml.tag", "tags"),
    ("a: !x {b: 1}\n", "1:4: yaml.tag", "tags"),
    ("a: !!python/object/apply:os.system [ls]\n", "1:4: yaml.tag", "tags"),
    ("a: {<<: {b: 1}}\n", "1:5: yaml.merge", "merge keys"),
    ("a: 1\n---\nb: 2\n", "2:1: yaml.documents", "one document"),
    ("%YAML 1.2\n---\na: 1\n", "1:1: yaml.directive", "directives"),
    ("a:\n\tb: 1\n", "2:1: yaml.tab", "tabs"),
    ("a: 'x\ty'\n", "1:6: yaml.tab", "tabs"),
    ("? [a, b]\n: 1\n", "1:3: yaml.key", "one value"),
    ("- a\n- b\n", "1:1: yaml.shape", "mapping"),
    ("just text\n", "1:1: yaml.shape", "mapping"),
    ("", "1:1: yaml.shape", "empty"),
    ("a: [1, 2\n", "yaml.syntax", ""),
    ("a: 1\n b: 2\n", "yaml.syntax", ""),
    ("a: " + "[" * 50 + "]" * 50, "yaml.depth", "40"),
    ("a: [" + "x, " * 20_001 + "]", "yaml.size", "20000 nodes"),
    ("a: \x00", "yaml.syntax", ""),
]


@pytest.mark.parametrize(("text", "code", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_could_be_misread_is_refused_with_its_place(text: str, code: str, words: str) -> None:
    with pytest.raises(MapError) as caught:
        load_text(text, "file.yaml")
    assert str(caught.value).startswith("file.yaml:")
    assert code in str(caught.value)
    assert words in str(caught.value)


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert load_text("'<<': 1\n", "t") == {"<<": "1"}


def test_a_file_is_read_with_its_name_and_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: M\xc3\xbcller\n")
    assert load(path) == {"name": "Müller"}
    path.write_bytes(b"a: 1\nname: M\xfcller\n")
    with pytest.raises(MapError, match=r"a\.yaml:2:8: yaml\.encoding"):
        load(path)
    path.write_bytes(b"# " + b"x" * MAX_BYTES)
    with pytest.raises(MapError, match=r"yaml\.size"):
        load(path)
    with pytest.raises(OSError):
        load(tmp_path / "absent.yaml")


def test_a_misspelt_key_gets_a_suggestion() -> None:
    tree = load_text("a: 1\nlayuot: 2\n", "t")
    with pytest.raises(MapError, match=r"t:2:1: map\.unknown_key: a map has no key 'layuot', did you mean 'layout'\?"):
        check_keys(tree, ("a", "layout"), "a map")
    with pytest.raises(MapError, match=r"it has layout, zzz"):
        check_keys(tree, ("zzz", "layout"), "a map")
    check_keys(tree, ("a", "layuot"), "a map")


def test_shapes_are_checked_where_they_stand() -> None:
    tree = load_text("text: x\nlist: [a]\nmap: {k: v}\nempty:\nyes: yes\nno: no\n", "t")
    assert as_text(tree["text"], "it") == "x"
    assert as_sequence(tree["list"], "it") == ["a"]
    assert as_mapping(tree["map"], "it") == {"k": "v"}
    assert (truth(tree["yes"]), truth(tree["no"])) == (True, False)
    assert required(tree, "text", "it") == "x"
    for call, line in (
        (lambda: as_text(tree["list"], "it"), 2),
        (lambda: as_text(tree["empty"], "it"), 4),
        (lambda: as_sequence(tree["text"], "it"), 1),
        (lambda: as_mapping(tree["text"], "it"), 1),
        (lambda: truth(tree["text"]), 1),
        (lambda: required(tree, "absent", "it"), 1),
    ):
        with pytest.raises(MapError, match=rf"^t:{line}:"):
            call()


def test_fail_gives_the_error_for_a_node() -> None:
    tree = load_text("a:\n  b: c\n", "dir/x.yaml")
    inner = tree["a"]
    assert isinstance(inner, Mapping_)
    error = fail(inner["b"], "some.code", "a sentence")
    assert isinstance(error, MapError)
    assert str(error) == "dir/x.yaml:2:6: some.code: a sentence"


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_gives_a_tree_or_a_map_error(text: str) -> None:
    try:
        tree: object = load_text(text, "t")
    except MapError as error:
        tree = error
    assert isinstance(tree, Mapping_) or str(tree).startswith("t:")
