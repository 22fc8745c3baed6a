"""*.schema.yaml and segments.yaml as values: what the standard allows for one document of one version.

Not here: the values themselves (edi/structure.py), partners' narrowing (edi/narrowing.py), checking (edi/check.py).
Rule protected: a schema file that says something this module does not understand is an error with file and line, never
ignored.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from edi.errors import MapError
from edi.model import Syntax
from edi.narrowing import narrowed
from edi.resources import exists, find, maps_folder
from edi.schema_source import Dictionary, layout_of
from edi.structure import (
    CodeList,
    Condition,
    ElementDef,
    Entry,
    LoopEntry,
    Schema,
    SegmentDef,
    SegmentEntry,
    Usage,
    When,
)
from edi.yaml_source import (
    MAX_DICTIONARY_NODES,
    Mapping_,
    as_sequence,
    as_text,
    check_keys,
    fail,
    load,
    required,
)

__all__ = [
    "CodeList",
    "Condition",
    "ElementDef",
    "Entry",
    "LoopEntry",
    "Schema",
    "SegmentDef",
    "SegmentEntry",
    "Usage",
    "When",
    "load_schema",
    "narrowed",
]

_KEYS = ("schema", "extends", "title", "group", "provenance", "layout", "segments", "codes", "narrow")
_OWN_KEYS = ("group", "layout", "segments", "codes")  # a schema that extends another has none of these
_SHARED_KEYS = ("schema", "title", "provenance", "segments", "codes")
_SYNTAX = re.compile(r"(x12|edifact)/")

_Stamp = tuple[Path, int, int]
_schemas: dict[tuple[str, tuple[Path, ...]], tuple[tuple[_Stamp, ...], Schema]] = {}
_dictionaries: dict[_Stamp, Mapping_] = {}
MOST_SCHEMAS = 500  # kept in memory; beyond, the first to come is the first to go


def load_schema(identity: str, folders: Sequence[Path] = ()) -> Schema:
    """The schema of an identity such as `x12/004010/855`; `folders` are searched before the shipped maps.

    Kept in memory until one of its files changes, once for all folders that have none of its files. Raises MapError.
    """
    key = (identity, () if _as_shipped(identity, folders) else tuple(folders))
    known = _schemas.get(key)
    if known is not None and all(path.is_file() and _stamp(path) == (path, *rest) for path, *rest in known[0]):
        return known[1]
    files: list[Path] = []
    schema = _load(identity, key[1], files)
    _schemas[key] = (tuple(_stamp(path) for path in files), schema)
    for other in list(_schemas)[:-MOST_SCHEMAS]:
        _schemas.pop(other, None)
    return schema


def _as_shipped(identity: str, folders: Sequence[Path]) -> bool:
    """Have the folders no file of a shipped schema?"""
    name = f"{identity}.schema.yaml"
    if not folders or any((folder / name).is_file() for folder in folders) or not exists(identity, ".schema.yaml"):
        return False
    load_schema(identity)
    root, known = maps_folder(), _schemas.get((identity, ()))
    if known is None:
        return False
    return not any((folder / path.relative_to(root)).is_file() for path, *_ in known[0] for folder in folders)


def _load(identity: str, folders: tuple[Path, ...], files: list[Path]) -> Schema:
    path = find(identity, ".schema.yaml", folders)
    files.append(path)
    tree = load(path)
    check_keys(tree, _KEYS, "a schema")
    name = as_text(required(tree, "schema", "a schema"), "schema")
    if name != identity:
        raise fail(name, "schema.identity", f"the file of {identity!r} calls itself {name!r}")
    if "extends" in tree:
        return _extended(tree, folders, files)
    syntax = _SYNTAX.match(identity)
    if syntax is None:
        raise fail(
            name, "schema.identity", "an identity starts with x12/ or edifact/, unless the schema extends another"
        )
    if "narrow" in tree:
        raise fail(tree.key("narrow"), "schema.extends", "only a schema that extends another narrows")
    base: Mapping_ | None = None
    if (shared := _shared_file(path, identity, folders)) is not None:
        files.append(shared)
        base = _shared(shared)
    dictionary = Dictionary(cast("Syntax", syntax[1]), tree, base)
    layout = layout_of(as_sequence(required(tree, "layout", "a schema"), "layout"), dictionary)
    return Schema(
        identity=identity,
        syntax=cast("Syntax", syntax[1]),
        title=as_text(required(tree, "title", "a schema"), "title"),
        group=as_text(tree["group"], "group") if "group" in tree else "",
        provenance=_provenance(tree),
        layout=layout,
        segments=dictionary.used,
        tags=dictionary.tags,
    )


def _extended(tree: Mapping_, folders: tuple[Path, ...], files: list[Path]) -> Schema:
    identity, extends = as_text(tree["schema"], "schema"), as_text(tree["extends"], "extends")
    for key in _OWN_KEYS:
        if key in tree:
            raise fail(tree.key(key), "schema.extends", f"a schema that extends another has no {key!r} of its own")
    path = find(extends, ".schema.yaml", folders)
    if path in files:
        raise fail(extends, "overlay.cycle", f"{extends!r} extends itself")
    try:
        base = _load(extends, folders, files)
    except RecursionError:
        raise fail(extends, "overlay.cycle", f"{extends!r} is extended too often") from None
    operations = as_sequence(required(tree, "narrow", "a schema that extends another"), "narrow")
    return dataclasses.replace(
        narrowed(base, operations),
        identity=str(identity),
        title=as_text(required(tree, "title", "a schema"), "title"),
        provenance=_provenance(tree),
    )


def _shared_file(path: Path, identity: str, folders: tuple[Path, ...]) -> Path | None:
    """The segments.yaml beside a schema; a schema of the user's own may do with the shipped one of its release."""
    if (beside := path.parent / "segments.yaml").is_file():
        return beside
    name = f"{identity.rpartition('/')[0]}/segments"
    return find(name, ".yaml", folders) if exists(name, ".yaml", folders) else None


def _shared(path: Path) -> Mapping_:
    """The tree of a segments.yaml, read once per version of the file."""
    stamp = _stamp(path)
    if stamp not in _dictionaries:
        tree = load(path, nodes=MAX_DICTIONARY_NODES)
        check_keys(tree, _SHARED_KEYS, "segments.yaml")
        for old in [key for key in _dictionaries if key[0] == path or not key[0].is_file()]:
            del _dictionaries[old]
        _dictionaries[stamp] = tree
    return _dictionaries[stamp]


def _provenance(tree: Mapping_) -> tuple[str, ...]:
    if "provenance" not in tree:
        return ()
    return tuple(as_text(source, "a source") for source in as_sequence(tree["provenance"], "provenance"))


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise MapError(f"{path}:1:1: resource.missing: {error.strerror}") from None
    return path, status.st_mtime_ns, status.st_size
