"""Code tables: the partner's codes and what they mean, read one way and written the other.

Not here: which element uses which table (the map). Rules protected: reading many codes into one meaning is fine,
writing needs a choice that is declared; a table never changes while it is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, cast

from edi.resources import find
from edi.yaml_source import Mapping_, Scalar, as_mapping, as_sequence, as_text, check_keys, fail, load, required

Unknown: TypeAlias = Literal["fault", "other", "keep"]
_OWN_KEYS = ("use", "add", "remove", "write", "unknown")
_SHARED_KEYS = ("table", "title", "rows", "write", "provenance")


@dataclass(frozen=True)
class Table:
    """`read`: code -> meaning, in file order. `chosen`: meaning -> code where the map decides it.

    `unknown` codes: `fault` and read as `other`, `other`, or `keep` (the code is its own meaning). `places`: what was
    written in a file for `("read", code)`, `("write", meaning)` and `("unknown", "")`.
    """

    name: str
    read: Mapping[str, str]
    chosen: Mapping[str, str]
    unknown: Unknown = "fault"
    places: Mapping[tuple[str, str], Scalar] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def write(self) -> dict[str, str]:
        """Meaning -> code: what is chosen, else the first code listed."""
        first: dict[str, str] = {}
        for code, meaning in self.read.items():
            first.setdefault(meaning, code)
        return {**first, **self.chosen}

    def code_for(self, value: str, raw: str = "") -> str | None:
        """The code to write for a meaning: the code it was read from if the table still reads it so."""
        if raw and self.read.get(raw) == value:
            return raw
        found = self.write.get(value)
        if found is not None:
            return found
        if raw and value == "other" and raw not in self.read:
            return raw
        return value if self.unknown == "keep" else None

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """Meanings that several codes have and no choice is declared for."""
        meanings = list(self.read.values())
        return tuple(m for m in dict.fromkeys(meanings) if meanings.count(m) > 1 and m not in self.chosen)


def table_of(name: str, node: Mapping_, folders: Sequence[Path], files: list[Path]) -> Table:
    """A table of a map's `tables:`. Raises MapError. Shared files read are added to `files`."""
    table = Table(name, {}, {})
    if "use" in node:
        table = dataclasses.replace(shared_table(as_text(node["use"], "use"), folders, files), name=name)
    rows = {str(key): str(as_text(value, "a meaning")) for key, value in node.items() if key not in _OWN_KEYS}
    places = {("read", code): cast("Scalar", node[code]) for code in rows}
    table = dataclasses.replace(table, read={**table.read, **rows}, places={**table.places, **places})
    table = changed(table, node, strict=False)
    if "unknown" in node:
        unknown = as_text(node["unknown"], "unknown")
        if unknown not in ("fault", "other", "keep"):
            raise fail(unknown, "map.bad_table", f"unknown is fault, other or keep, not {unknown!s}")
        places = {**table.places, ("unknown", ""): unknown}
        table = dataclasses.replace(table, unknown=cast("Unknown", str(unknown)), places=places)
    return table


def own_rows(node: Mapping_) -> list[Scalar]:
    """The codes a table lists itself, with their places."""
    added = list(as_mapping(node["add"], "add")) if "add" in node else []
    return [cast("Scalar", key) for key in (*(key for key in node if key not in _OWN_KEYS), *added)]


def changed(table: Table, node: Mapping_, *, strict: bool) -> Table:
    """The table with `add`, `remove` and `write` applied. `strict` (an overlay): what changes nothing is an error."""
    read, chosen, places = dict(table.read), dict(table.chosen), dict(table.places)
    if "add" in node:
        for code, meaning in as_mapping(node["add"], "add").items():
            text = as_text(meaning, "a meaning")
            said = str(text)
            if strict and read.get(code) == said:
                raise fail(meaning, "overlay.no_effect", f"the table {table.name} already reads {code!s} as {said}")
            read[str(code)], places["read", str(code)] = said, text
    if "remove" in node:
        for entry in as_sequence(node["remove"], "remove"):
            gone = as_text(entry, "a code")
            if gone not in read:
                raise fail(gone, "overlay.no_target", f"the table {table.name} has no code {gone!s}")
            del read[str(gone)]
    if "write" in node:
        for key, written in as_mapping(node["write"], "write").items():
            text = as_text(written, "a code")
            chosen[str(key)], places["write", str(key)] = str(text), text
    return dataclasses.replace(table, read=read, chosen=chosen, places=places)


def shared_table(identity: Scalar, folders: Sequence[Path], files: list[Path]) -> Table:
    """A file `maps/codes/<name>.yaml`. Raises MapError."""
    path = find(str(identity), ".yaml", folders)
    files.append(path)
    tree = load(path)
    check_keys(tree, _SHARED_KEYS, "a code table")
    if as_text(required(tree, "table", "a code table"), "table") != identity:
        raise fail(tree["table"], "map.identity", f"the file of {identity!s} calls itself {tree['table']!s}")
    rows = as_mapping(required(tree, "rows", "a code table"), "rows")
    places = {("read", str(code)): as_text(meaning, "a meaning") for code, meaning in rows.items()}
    table = Table(str(identity), {code: str(meaning) for (_, code), meaning in places.items()}, {}, places=places)
    return changed(table, tree, strict=False) if "write" in tree else table
