"""*.map.yaml and the chain base <- industry <- partner, merged into one source of a map.

Not here: what the nodes mean (edi/mapping_plan.py), changing a layout (edi/mapping_overlay.py). Rules protected: a map
says which version of its base it was written against; a partner's map never extends another partner's; nothing is
skipped.

Keys of a map file: docs/maps.md, and `constants`: fields of the event that the kind of document fixes and that are
not on the wire, such as `constants: {kind: "997"}`; reading sets them, writing requires them. `pairs`: lists of
pairs that several segments `use`. `also`: other events of the document (edi/mapping_also.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edi.errors import MapError
from edi.mapping_overlay import apply, copy_tree
from edi.resources import find
from edi.schema import load_schema, narrowed
from edi.structure import Schema
from edi.tables import Table, changed, own_rows, table_of
from edi.yaml_source import (
    Mapping_,
    Scalar,
    Sequence_,
    Tree,
    as_mapping,
    as_sequence,
    as_text,
    check_keys,
    fail,
    load,
    required,
)

_KEYS = (
    "map", "version", "document", "event", "also", "title", "owner", "extends", "direction", "constants", "tables",
    "layout", "pairs", "changes", "schema", "derive", "normalise", "checks", "ignore", "not_carried", "tolerate",
    "tests", "guide",
)  # fmt: skip
_HEADS = ("map", "version", "document", "event", "title", "owner", "direction")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_REFERENCE = re.compile(r"([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+)(?:@([0-9]+(?:\.[0-9]+){0,2}))?")
_SYNTAXES = ("x12/", "edifact/")
_GUIDE_KEYS = ("intro", "contacts", "examples")


@dataclass(slots=True)
class MapSource:
    """A merged map before its nodes are resolved. Trees keep the file and line of every row."""

    identity: str
    version: str
    document: str
    event: Scalar
    title: str
    schema: Schema
    layout: Sequence_
    name: Scalar
    own_title: bool = True
    owner: str = ""
    direction: str = "both"
    constants: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    rows: dict[str, list[Scalar]] = field(default_factory=dict)  # the codes listed in these files, by table
    pairs: dict[str, Mapping_] = field(default_factory=dict)
    checks: dict[str, Mapping_] = field(default_factory=dict)
    also: list[Mapping_] = field(default_factory=list)
    derive: list[Mapping_] = field(default_factory=list)
    normalise: tuple[str, ...] = ()
    ignore: list[Mapping_] = field(default_factory=list)
    not_carried: list[Scalar] = field(default_factory=list)
    tolerate: list[Mapping_] = field(default_factory=list)
    tests: list[Mapping_] = field(default_factory=list)
    guide_intro: str = ""
    guide_contacts: list[Mapping_] = field(default_factory=list)
    guide_examples: list[Mapping_] = field(default_factory=list)
    chain: list[tuple[str, str]] = field(default_factory=list)  # identity and version of this map and of its bases
    files: list[Path] = field(default_factory=list)
    narrowings: list[Mapping_] = field(default_factory=list)  # the operations of schema:, the base's first
    heads: dict[str, Scalar] = field(default_factory=dict)  # what the single keys say, as `title`, `constants.kind`

    @property
    def standard(self) -> bool:
        """A map of a standard, not of a partner."""
        return self.identity.startswith(_SYNTAXES)


def load_source(reference: str, folder: Path | None, folders: Sequence[Path]) -> MapSource:
    """The merged source of `example/855@1` or `x12/004010/855@2.0`. `folder` is the partner's. Raises MapError."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise MapError(f"{reference}:1:1: map.reference: {reference!r} is not a map such as x12/004010/855@1")
    source = _load(match[1], folder, tuple(folders), ())
    if match[2] and not _same_version(source.version, match[2]):
        raise MapError(
            f"{source.files[0]}:1:1: map.version: {reference} is wanted, but the file has version {source.version}"
        )
    return source


def load_file(path: Path, folders: Sequence[Path] = ()) -> MapSource:
    """The merged source of one map file, wherever it lies and whatever it is called. Raises MapError.

    A partner's map looks for nothing beside it; a map of a standard finds schema and bases in its own tree first.
    """
    identity = str(as_text(required(load(path), "map", "a map"), "map"))
    where = path.resolve().as_posix()
    root = where.removesuffix(f"/{identity}.map.yaml")
    own = (Path(root),) if root != where else ()
    return _load(identity, path.parent, (*own, *folders), (), path)


def _same_version(version: str, pinned: str) -> bool:
    parts = pinned.split(".")
    return version.split(".")[: len(parts)] == parts


def _path(identity: str, folder: Path | None, folders: tuple[Path, ...]) -> Path:
    if identity.startswith(_SYNTAXES):
        return find(identity, ".map.yaml", folders)
    if folder is None:
        raise MapError(f"{identity}:1:1: map.folder: {identity} is a partner's map and no partner folder is given")
    path = folder / f"{identity.rpartition('/')[2]}.map.yaml"
    if not path.is_file():
        raise MapError(
            f"{path}:1:1: map.missing: {identity} is agreed, but there is no such file; make {path} with "
            f"map: {identity} and extends: naming its base map"
        )
    return path


def _load(
    identity: str, folder: Path | None, folders: tuple[Path, ...], above: tuple[str, ...], file: Path | None = None
) -> MapSource:
    path = file if file is not None else _path(identity, folder, folders)
    tree = load(path)
    check_keys(tree, _KEYS, "a map")
    name = as_text(required(tree, "map", "a map"), "map")
    if name != identity:
        raise fail(name, "map.identity", f"the file of {identity!r} calls itself {name!s}")
    version = as_text(required(tree, "version", "a map"), "version")
    if not _VERSION.fullmatch(version):
        raise fail(version, "map.version", f"a version is major.minor.patch, not {version!s}")
    if "extends" in tree:
        source = _overlay(tree, identity, folder, folders, above)
    else:
        source = _base(tree, identity, folders)
    source.identity, source.version, source.name = identity, str(version), name
    source.own_title = "title" in tree
    source.owner = str(as_text(tree["owner"], "owner")) if "owner" in tree else ""
    source.files.insert(0, path)
    source.chain.insert(0, (identity, str(version)))
    source.heads |= {key: as_text(tree[key], key) for key in _HEADS if key in tree}
    _common(source, tree, folders)
    return source


def _base(tree: Mapping_, identity: str, folders: tuple[Path, ...]) -> MapSource:
    for key in ("changes", "schema"):
        if key in tree:
            raise fail(tree.key(key), "map.unknown_key", f"{key} belongs to a map that extends another")
    layout = copy_tree(as_sequence(required(tree, "layout", "a map"), "layout"))
    assert isinstance(layout, Sequence_)
    return MapSource(
        identity=identity,
        version="",
        document=str(as_text(required(tree, "document", "a map"), "document")),
        event=as_text(required(tree, "event", "a map"), "event"),
        title=str(as_text(required(tree, "title", "a map"), "title")),
        schema=load_schema(identity, folders),
        layout=layout,
        name=as_text(tree["map"], "map"),
    )


def _overlay(
    tree: Mapping_, identity: str, folder: Path | None, folders: tuple[Path, ...], above: tuple[str, ...]
) -> MapSource:
    extends = as_text(tree["extends"], "extends")
    match = _REFERENCE.fullmatch(extends)
    if match is None or not match[2]:
        raise fail(extends, "overlay.base_version", f"extends names a base map and its major version, not {extends!s}")
    if not match[1].startswith(_SYNTAXES):
        raise fail(extends, "overlay.extends_partner", f"{match[1]} is a partner's map; extend a map of a standard")
    if match[1] in (*above, identity):
        raise fail(extends, "overlay.cycle", f"{identity} extends itself")
    _check_layers(extends, match[1], identity)
    if "layout" in tree:
        raise fail(tree.key("layout"), "map.unknown_key", "a map that extends another has changes, not a layout")
    source = _load(match[1], folder, folders, (*above, identity))
    if not _same_version(source.version, match[2]):
        sentence = f"{match[1]} is now {source.version}, this map was written against {match[2]}; compare and adapt it"
        raise fail(extends, "overlay.base_version", sentence)
    event = as_text(tree["event"], "event") if "event" in tree else source.event
    if event != source.event:
        raise fail(event, "overlay.conflict", f"the base map carries {source.event!s}")
    source.document = str(as_text(tree["document"], "document")) if "document" in tree else source.document
    source.title = str(as_text(tree["title"], "title")) if "title" in tree else source.title
    _own_schema(source, identity, folders)
    if "schema" in tree:
        source.schema = narrowed(source.schema, as_sequence(tree["schema"], "schema"))
        source.narrowings += _mappings(tree, "schema")
    seen: dict[tuple[str, str], Scalar] = {}
    for raw in as_sequence(tree["changes"], "changes") if "changes" in tree else ():
        operation = as_mapping(raw, "an operation")
        if "table" in operation:
            _change_table(source, operation)
        elif "check" in operation:
            _change_check(source, operation)
        else:
            apply(source.layout, operation, seen)
    return source


def _check_layers(extends: Scalar, base: str, identity: str) -> None:
    """base <- industry <- partner: a map such as x12/005010/855.industrial stands between a base and its partners."""
    if not identity.startswith(_SYNTAXES):
        return
    own = industry_of(identity)
    if own and base != identity.removesuffix(f".{own}"):
        wanted = identity.removesuffix(f".{own}")
        raise fail(extends, "overlay.industry", f"the practice of an industry extends {wanted}, not {base}")
    if industry_of(base):
        raise fail(extends, "overlay.industry", f"{base} is the practice of an industry; only a partner extends it")


def industry_of(identity: str) -> str:
    """`industrial` of x12/005010/855.industrial, empty for a base map."""
    return identity.rpartition("/")[2].partition(".")[2]


def _own_schema(source: MapSource, identity: str, folders: tuple[Path, ...]) -> None:
    """A subset of a standard has a schema of its own beside its map."""
    if not identity.startswith(_SYNTAXES):
        return
    try:
        find(identity, ".schema.yaml", folders)
    except MapError:
        return
    source.schema, source.narrowings = load_schema(identity, folders), []


def _change_table(source: MapSource, operation: Mapping_) -> None:
    check_keys(operation, ("table", "add", "remove", "write"), "the operation table")
    name = as_text(operation["table"], "table")
    if name not in source.tables:
        raise fail(name, "overlay.no_target", f"there is no table {name!s}; there are {', '.join(source.tables)}")
    source.tables[name] = changed(source.tables[name], operation, strict=True)


def _change_check(source: MapSource, operation: Mapping_) -> None:
    check_keys(operation, ("check", "severity", "remove", "reason"), "the operation check")
    name = as_text(operation["check"], "check")
    if name not in source.checks:
        raise fail(name, "overlay.no_target", f"there is no check {name!s}; there are {', '.join(source.checks)}")
    if "remove" in operation:
        as_text(required(operation, "reason", "removing a check"), "reason")
        del source.checks[name]
        return
    severity = as_text(required(operation, "severity", "the operation check"), "severity")
    if source.checks[name].get("severity") == severity:
        raise fail(severity, "overlay.no_effect", f"{name!s} is already {severity!s}")
    check = copy_tree(source.checks[name])
    assert isinstance(check, Mapping_)
    check[operation.key("severity")] = severity
    source.checks[name] = check


def _common(source: MapSource, tree: Mapping_, folders: tuple[Path, ...]) -> None:
    """Keys that a base has and an overlay adds to."""
    for name, table in as_mapping(tree["tables"], "tables").items() if "tables" in tree else ():
        if name in source.tables:
            raise fail(as_mapping(tree["tables"], "tables").key(name), "overlay.conflict",
                       f"the base has a table {name!s}; change it with the operation table")  # fmt: skip
        rows = as_mapping(table, "a table")
        source.tables[str(name)] = table_of(str(name), rows, folders, source.files)
        source.rows[str(name)] = own_rows(rows)
    for name, pairs in as_mapping(tree["pairs"], "pairs").items() if "pairs" in tree else ():
        if name in source.pairs:
            raise fail(as_mapping(tree["pairs"], "pairs").key(name), "overlay.conflict",
                       f"the base has a list of pairs {name!s}; use another name")  # fmt: skip
        source.pairs[str(name)] = as_mapping(pairs, "a list of pairs")
    for check in _mappings(tree, "checks"):
        identity = as_text(required(check, "id", "a check"), "id")
        if identity in source.checks:
            raise fail(identity, "overlay.conflict", f"there is already a check {identity!s}")
        source.checks[str(identity)] = check
    if "direction" in tree:
        direction = as_text(tree["direction"], "direction")
        if direction not in ("both", "read", "write"):
            raise fail(direction, "map.bad_direction", f"direction is both, read or write, not {direction!s}")
        source.direction = str(direction)
    if "constants" in tree:
        fixed = as_mapping(tree["constants"], "constants")
        for key, value in fixed.items():
            text = as_text(value, "a constant")
            source.constants[str(key)], source.heads[f"constants.{key}"] = str(text), text
    if "normalise" in tree:
        steps = as_sequence(tree["normalise"], "normalise")
        for step in steps:
            text = as_text(step, "a step")
            source.normalise, source.heads[f"normalise.{text}"] = (*source.normalise, str(text)), text
    source.also.extend(_mappings(tree, "also"))
    source.derive.extend(_mappings(tree, "derive"))
    source.ignore.extend(_mappings(tree, "ignore"))
    source.tolerate.extend(_mappings(tree, "tolerate"))
    source.tests = list(_mappings(tree, "tests"))
    if "guide" in tree:
        _guide(source, as_mapping(tree["guide"], "guide"))
    if "not_carried" in tree:
        listed = as_sequence(tree["not_carried"], "not_carried")
        source.not_carried.extend(as_text(path, "a path") for path in listed)


def _guide(source: MapSource, node: Mapping_) -> None:
    """Texts for the guide; what an overlay says replaces what its base says, key by key."""
    check_keys(node, _GUIDE_KEYS, "guide")
    if "intro" in node:
        source.guide_intro = str(as_text(node["intro"], "intro"))
    if "contacts" in node:
        source.guide_contacts = _mappings(node, "contacts")
        for row in source.guide_contacts:
            check_keys(row, ("for", "name", "email", "phone", "hours"), "a contact")
            required(row, "for", "a contact")
    if "examples" in node:
        source.guide_examples = _mappings(node, "examples")
        for row in source.guide_examples:
            check_keys(row, ("file", "title", "text"), "an example")
            required(row, "file", "an example")
    for row in (*source.guide_contacts, *source.guide_examples):
        for key, value in row.items():
            as_text(value, key)


def _mappings(tree: Mapping_, key: str) -> list[Mapping_]:
    if key not in tree:
        return []
    node: Tree = tree[key]
    return [as_mapping(item, f"an entry of {key}") for item in as_sequence(node, key)]
