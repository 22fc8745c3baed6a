"""`edi map show`: a map with everything it extends as one flat text; each row names the file and line it comes from.

    for line in merged(load_map("example/855", folder), Path.cwd()): print(line)

The text is YAML of the map language: tables, layout and checks could stand in a map file as they are. `schema` lists
the rules that were narrowed, the base's first.

Not here: merging (edi/mapping_source.py, edi/mapping_overlay.py), the texts of `guide` (edi/guide.py). Rule protected:
what is shown is what was merged; nothing is merged a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from edi.mapping import Map
from edi.mapping_source import MapSource
from edi.tables import Table
from edi.yaml_source import Mapping_, Scalar, Sequence_, Tree

_WIDTH = 84  # where the comments start at most; a longer row pushes its own to the right
_PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#]|:(?! |$)|(?<! )#)*(?<! )")
_FLOW = re.compile(r"[^,\[\]{}]*")
_ORDER = ("map", "version", "document", "event", "title", "owner", "direction")

Row: TypeAlias = tuple[str, Tree | None]  # a line of the text and what it comes from


def merged(map_: Map, root: Path) -> Iterator[str]:
    """The lines of the flat text. Files below `root` are named from there."""
    source = map_.declared
    rows = [*_rows(source)]
    column = max(len(text) for text, _ in rows if len(text) <= _WIDTH)
    yield "# " + " <- ".join(f"{identity}@{version}" for identity, version in reversed(source.chain))
    for text, origin in rows:
        yield text if origin is None else f"{text:{column}}  # {_place(origin, root)}"


def _place(origin: Tree, root: Path) -> str:
    path = Path(origin.file)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{shown}:{origin.line}"


def _rows(source: MapSource) -> Iterator[Row]:
    for key in _ORDER:
        if key in source.heads:
            yield f"{key}: {_text(source.heads[key])}", source.heads[key]
    yield from _listed("also", source.also)
    if source.constants:
        yield "constants:", None
        for key, value in source.constants.items():
            yield f"  {_text(key)}: {_text(value)}", source.heads[f"constants.{key}"]
    if source.tables:
        yield "tables:", None
        for name, table in source.tables.items():
            yield f"  {_text(name)}:", None
            yield from _table(table)
    if source.pairs:
        yield "pairs:", None
        for name, pairs in source.pairs.items():
            yield f"  {_text(name)}:", pairs
            yield from _block(pairs, "    ")
    yield "layout:", None
    yield from _block(source.layout, "")
    yield from _listed("schema", source.narrowings)
    yield from _listed("derive", source.derive)
    if source.normalise:
        yield "normalise:", None
        yield from ((f"- {_text(step)}", source.heads[f"normalise.{step}"]) for step in source.normalise)
    if source.checks:
        yield "checks:", None
        for check in source.checks.values():
            yield from _item(check, "")
    for key, nodes in (("tolerate", source.tolerate), ("ignore", source.ignore)):
        yield from _listed(key, nodes)
    if source.not_carried:
        yield "not_carried:", None
        yield from ((f"- {_text(path)}", path) for path in source.not_carried)
    yield from _listed("tests", source.tests)


def _table(table: Table) -> Iterator[Row]:
    for code, meaning in table.read.items():
        yield f"    {_text(code)}: {_text(meaning)}", table.places["read", code]
    if table.chosen:
        yield "    write:", None
        for meaning, code in table.chosen.items():
            yield f"      {_text(meaning)}: {_text(code)}", table.places["write", meaning]
    if ("unknown", "") in table.places:
        yield f"    unknown: {table.unknown}", table.places["unknown", ""]


def _listed(key: str, nodes: Sequence[Mapping_]) -> Iterator[Row]:
    """A key whose entries are one row each."""
    if nodes:
        yield f"{key}:", None
        yield from ((f"- {_flow(node)}", node) for node in nodes)


def _block(tree: Mapping_ | Sequence_, pad: str) -> Iterator[Row]:
    """A row for each key and each item, those inside further to the right."""
    if isinstance(tree, Sequence_):
        for item in tree:
            yield from _item(item, pad)
        return
    for key, value in tree.items():
        if not isinstance(key, Scalar):  # the name edi/mapping_overlay.py gives a level; in no file
            continue
        if isinstance(value, Scalar):
            yield f"{pad}{_text(key)}: {_text(value)}", value
        elif not value:
            yield f"{pad}{_text(key)}: {_flow(value)}", value
        else:
            yield f"{pad}{_text(key)}:", tree.key(key)
            yield from _block(value, pad if isinstance(value, Sequence_) else pad + "  ")


def _item(item: Tree, pad: str) -> Iterator[Row]:
    if isinstance(item, Scalar) or not item:
        yield f"{pad}- {_flow(item)}", item
        return
    for number, (text, origin) in enumerate(_block(item, pad + "  ")):
        yield (text if number else f"{pad}- {text[len(pad) + 2 :]}"), origin


def _flow(tree: Tree) -> str:
    """A node in one row."""
    if isinstance(tree, Scalar):
        return _text(tree, flow=True)
    if isinstance(tree, Sequence_):
        return f"[{', '.join(map(_flow, tree))}]"
    return "{" + ", ".join(f"{_text(key, flow=True)}: {_flow(value)}" for key, value in tree.items()) + "}"


def _text(text: str, *, flow: bool = False) -> str:
    """A scalar as the loader reads it back, in quotes where it must be."""
    plain = _PLAIN.fullmatch(text) and text.isprintable() and (not flow or _FLOW.fullmatch(text))
    return str(text) if plain else json.dumps(text, ensure_ascii=False)
