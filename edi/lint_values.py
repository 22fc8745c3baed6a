"""Lint rules about tables, constants and texts of a map.

Not here: nodes (edi/lint_nodes.py), fields (edi/lint_fields.py).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from edi.event_fields import meanings_of
from edi.mapping import Map
from edi.mapping_bindings import ELEMENT
from edi.mapping_ignore import TODO, ignored_of
from edi.mapping_nodes import Binding, HierarchyNode, Node, SegmentNode, every
from edi.mapping_source import MapSource
from edi.structure import ElementDef, Entry, LoopEntry
from edi.yaml_source import Found, Mapping_, Scalar, Tree, as_mapping, load

_TELLTALE = re.compile(r"passw|secret|token|api.?key|BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{12}", re.IGNORECASE)
_LONG = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/=_-]{16,}")


def ignored_nowhere(map_: Map) -> Iterator[Found]:
    """`map.unreachable`: an entry of `ignore` for an element without its segment, or one that the segment does not
    have. A segment that the schema does not have where it stands may be ignored there."""
    levels = {code for node in map_.layout if isinstance(node, HierarchyNode) for code in node.levels}
    for row, ignored in zip(map_.declared.ignore, ignored_of(map_.declared.ignore), strict=True):
        level: tuple[Entry, ...] = map_.schema.layout
        entry: Entry | None = None
        for name, _ in ignored.steps:
            if entry is None or entry.name != "HL" or name not in levels:
                entry = next((one for one in level if one.name == name), None)
                level = entry.layout if isinstance(entry, LoopEntry) else ()
        place = ELEMENT.fullmatch(ignored.element)
        if any(ELEMENT.fullmatch(name) for name, _ in ignored.steps) or (
            entry is not None and place is not None and not _has(entry, place[1], int(place[2]), int(place[3] or 0))
        ):
            sentence = f"there is no {row['at']!s}, so nothing is dropped; write the whole way, as in PO1/ACK/ACK06"
            yield Found(row["at"], "map.unreachable", sentence)


def _has(entry: Entry, tag: str, element: int, component: int) -> bool:
    return entry.definition.tag == tag and entry.definition.element(element, component) is not None


def secrets(layout: tuple[Node, ...]) -> Iterator[Found]:
    """`map.secret`: a constant that looks like a password or a key."""
    for binding in _bindings(layout):
        text = binding.text if binding.kind == "const" else binding.default
        if _TELLTALE.search(text) or _LONG.fullmatch(text):
            sentence = "this constant looks like a password or key; name it in the partner file as env: or file:"
            yield Found(binding.row, "map.secret", sentence)


def undecided(source: MapSource) -> Iterator[Found]:
    """`map.todo`: something a draft left to a person."""
    for node in source.ignore:
        if str(node["reason"]).startswith(TODO):
            sentence = f"nobody has decided about {node['at']!s}; bind it in changes:, or give the reason to drop it"
            yield Found(node["reason"], "map.todo", sentence)


def named_partners(source: MapSource, partners: Sequence[str]) -> Iterator[Found]:
    """`map.partner_name`: a shipped map that speaks of one partner."""
    if not source.standard or not partners:
        return
    names = re.compile(r"\b(" + "|".join(map(re.escape, partners)) + r")\b", re.IGNORECASE)
    for scalar in _scalars(load(source.files[0])):
        match = names.search(scalar)
        if match:
            sentence = f"{match[1]} is a partner; what is theirs belongs to their own map"
            yield Found(scalar, "map.partner_name", sentence)


def _scalars(tree: Tree) -> Iterator[Scalar]:
    if isinstance(tree, Scalar):
        yield tree
    elif isinstance(tree, Mapping_):
        for key, value in tree.items():
            yield tree.key(key)
            yield from _scalars(value)
    else:
        for item in tree:
            yield from _scalars(item)


def not_invertible(map_: Map) -> Iterator[Found]:
    """`table.not_invertible`: a meaning with several codes, and no word which of them is written."""
    if map_.direction == "read":
        return
    written = {b.table.name for b in _bindings(map_.layout, "read") if b.table is not None}
    for name, table in map_.tables.items():
        meanings = table.ambiguous
        if name in written and meanings:
            codes = [code for code, meaning in table.read.items() if meaning == meanings[0]]
            sentence = f"{meanings[0]} has the codes {', '.join(codes)}; say which is written, as in write: "
            yield Found(_row(map_, name), "table.not_invertible", f"{sentence}{{{meanings[0]}: {codes[0]}}}")


def unknown_meanings(map_: Map) -> Iterator[Found]:
    """`map.unknown_meaning`: a code is read to a word the event does not know."""
    told = set()
    for scope, node in every(map_.layout):
        for binding in node.bindings if isinstance(node, SegmentNode) else ():
            if binding.table is None or binding.target is None:
                continue
            known = meanings_of(map_.model, (*(() if binding.target.root else scope), *binding.target.steps))
            for code, strange in binding.table.read.items():
                if not known or strange in (*known, "other") or (binding.table.name, code) in told:
                    continue
                told.add((binding.table.name, code))
                near = difflib.get_close_matches(strange, known, n=1)
                hint = f", did you mean {near[0]!r}?" if near else f"; it knows {', '.join(known)}"
                sentence = f"{binding.target.steps[-1]} has no meaning {strange!r}{hint}"
                yield Found(binding.table.places["read", code], "map.unknown_meaning", sentence)


def unused_tables(map_: Map) -> Iterator[Found]:
    """`map.unused_table`: nothing reads or writes through it, and no check looks into it."""
    used = {b.table.name for b in _bindings(map_.layout) if b.table is not None}
    texts = " ".join(str(text) for check in map_.declared.checks.values() for text in check.values())
    for name in map_.tables:
        if name not in used and not re.search(rf"lookup\(\s*{re.escape(name)}\b", texts):
            yield Found(_row(map_, name), "map.unused_table", f"nothing uses the table {name}; remove it")


def unused_rows(map_: Map) -> Iterator[Found]:
    """`table.unused_row`: a code that no element with this table may hold."""
    for name, rows in map_.declared.rows.items():
        elements = [b.definition for b in _bindings(map_.layout) if b.table is not None and b.table.name == name]
        for row in (row for row in rows if row.file == map_.declared.name.file):
            if elements and not any(_may_hold(element, row) for element in elements):
                sentence = f"no element with the table {name} may hold {row}; remove the row or correct the code"
                yield Found(row, "table.unused_row", sentence)


def _may_hold(element: ElementDef, code: str) -> bool:
    """By the standard: what a guide leaves out may be in the base map's table."""
    if element.codes is not None and not element.codes.open and code not in element.codes.values:
        return False
    return not element.max or element.min <= len(code) <= element.max


def _row(map_: Map, name: str) -> Tree:
    """The key of a table in the file that has it."""
    for path in map_.declared.files:
        tree = load(path)
        if "tables" in tree and name in as_mapping(tree["tables"], "tables"):
            return as_mapping(tree["tables"], "tables").key(name)
    return map_.declared.name


def _bindings(layout: tuple[Node, ...], without: str = "") -> Iterator[Binding]:
    """Every binding once, though the nodes of a hierarchy stand in several places."""
    seen = set()
    for _, node in every(layout):
        if isinstance(node, SegmentNode) and node.way != without and id(node) not in seen:
            seen.add(id(node))
            yield from node.bindings


def lost_files(source: MapSource) -> Iterator[Found]:
    """Examples of the guide that are not there."""
    for row in source.guide_examples:
        path = Path(row.file).parent / str(row["file"])
        if not path.is_file():
            yield Found(row["file"], "guide.no_file", f"there is no {path}; correct the name or add the sample")
