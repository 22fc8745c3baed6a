"""What differs between two versions of a map by its rows alone: bindings, codes, checks, and rules of the schema.

Not here: what documents show of it (edi/map_diff.py). Rule protected: each change says what it means at worst, since
no document is there to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from edi import map_settings
from edi.map_change import STEP_OF, Change, Kind
from edi.map_rows import Exercise
from edi.map_versions import Step
from edi.mapping import Map
from edi.structure import Entry, LoopEntry, Schema, SegmentDef
from edi.yaml_source import Mapping_

_STRICT = {"optional": 0, "required": 1, "not_used": 1}


def changes(old: Map, new: Map) -> Iterator[Change]:
    """All differences, rows first, then checks, then rules."""
    yield from _rows(_bindings(old), _bindings(new))
    yield from map_settings.changes(old, new)
    yield from _checks(old.declared.checks, new.declared.checks)
    yield from _rules(_rules_of(old), _rules_of(new))


def _bindings(map_: Map) -> dict[tuple[str, ...], str]:
    """Bindings, pairs and rows of tables by their place; several at one place are told apart by a number."""
    found: dict[tuple[str, ...], str] = {}
    for way in ("read", "write"):
        if map_.direction not in ("both", way):
            continue
        for row in Exercise(map_, "read" if way == "read" else "write").rows:
            if row.kind == "check":
                continue
            what = row.what
            key: tuple[str, ...] = (row.where, way)
            if row.kind == "table row":
                code, _, what = row.what.partition(": ")
                key = (f"{row.where} {code}", way)
            number = 1
            while (*key, row.kind, str(number)) in found:
                number += 1
            found[(*key, row.kind, str(number))] = what
    return found


def _rows(old: Mapping[tuple[str, ...], str], new: Mapping[tuple[str, ...], str]) -> Iterator[Change]:
    said: set[tuple[str, str, str]] = set()
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key, ""), new.get(key, "")
        if key in old and key in new and before == after:
            continue
        kind: Kind = "added" if key not in old else "lost" if key not in new else "changed"
        where, what = key[0], key[2]
        if (where, before, after) in said:
            continue  # the same row read and written
        said.add((where, before, after))
        if what == "node" and kind == "changed":
            continue  # its bindings say what changed
        before = before or (what if kind == "lost" else "")
        after = after or (what if kind == "added" else "")
        yield Change(kind, where, before, after, STEP_OF[kind])


def _checks(old: Mapping[str, Mapping_], new: Mapping[str, Mapping_]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        before, after = _check(old.get(name)), _check(new.get(name))
        if before == after:
            continue
        strict = [str(check["severity"]) == "reject" for check in (old.get(name), new.get(name)) if check is not None]
        if name not in old:
            kind: Kind = "tightened"
        elif name not in new:
            kind = "relaxed"
        else:
            kind = "tightened" if strict[-1] else "relaxed" if strict[0] else "changed"
        step: Step = "major" if kind == "tightened" and strict[-1] else "minor"  # others never reject a document
        yield Change(kind, f"check {name}", before, after, step)


def _check(node: Mapping_ | None) -> str:
    if node is None:
        return ""
    parts = [f"each {node['each']}" if "each" in node else "", f"when {node['when']}" if "when" in node else ""]
    return ", ".join(part for part in (*parts, str(node["test"]), str(node["severity"])) if part)


_Rules: TypeAlias = dict[tuple[str, str], Any]


def _rules_of(map_: Map) -> _Rules:
    """Every rule of the narrowed schema, and what the map itself requires."""
    found: _Rules = {}
    _of_layout(map_.schema, map_.schema.layout, "", found)
    if map_.direction != "write":
        for row in Exercise(map_, "read").rows:
            if row.kind == "node" and row.wanted:
                found[row.where, "the map"] = "required"
    return found


def _of_layout(schema: Schema, entries: tuple[Entry, ...], prefix: str, found: _Rules) -> None:
    for entry in entries:
        _of_entry(schema, entry, prefix + entry.name, found)
        for qualifier, variant in entry.variants:
            _of_entry(schema, variant, f"{prefix}{entry.name}[{qualifier}]", found)


def _of_entry(schema: Schema, entry: Entry, address: str, found: _Rules) -> None:
    found[address, "usage"] = entry.effective_usage
    found[address, "max"] = entry.effective_max
    _of_segment(entry.definition, address, found)
    if isinstance(entry, LoopEntry):
        _of_layout(schema, entry.layout[1:], address + "/", found)


def _of_segment(definition: SegmentDef, address: str, found: _Rules) -> None:
    for condition in definition.conditions:
        found[address, condition.text] = "condition"
    for element in definition.elements:
        for part in (element, *element.components):
            label = f"{definition.tag}{element.at:02d}" + (f"-{part.at}" if part is not element else "")
            found[f"{address}/{label}", "usage"] = part.effective_usage
            if not part.components:
                found[f"{address}/{label}", "length"] = (part.effective_min, part.effective_max)
            codes = part.effective_codes
            if codes is not None and not codes.open:
                found[f"{address}/{label}", "codes"] = frozenset(codes.values)


def _rules(old: _Rules, new: _Rules) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        before, after = _rule(old, key), _rule(new, key)
        if before == after:
            continue
        where, what = key
        if what == "codes" and before is not None and after is not None:
            yield from _codes(where, "tightened", "no longer accepted", before - after)
            yield from _codes(where, "relaxed", "accepted", after - before)
            continue
        kind_ = _kind(what, before, after)
        yield Change(kind_, where, _said(what, before), _said(what, after), STEP_OF[kind_])


def _rule(rules: _Rules, key: tuple[str, str]) -> Any:
    """What holds at a place; for a qualifier without rules of its own, those of its segment."""
    where, what = key
    if key in rules or "[" not in where or what == "the map":
        return rules.get(key)
    found = rules.get((re.sub(r"\[[^\]]*\]", "", where), what))
    if what == "usage" and where.endswith("]") and found == "required":
        return "optional"  # that a segment is required does not mean that it is with every qualifier
    return found


def _codes(where: str, kind: Kind, word: str, codes: frozenset[str]) -> Iterator[Change]:
    if codes:
        yield Change(kind, where, "", f"codes {word}: {', '.join(sorted(codes))}", STEP_OF[kind])


def _kind(what: str, before: Any, after: Any) -> Kind:
    """Does it forbid something that was allowed?"""
    if what == "usage" and before is not None and after is not None:
        return "tightened" if _STRICT[after] else "relaxed"
    if what == "max" and before is not None and after is not None:
        return "tightened" if after < before else "relaxed"
    if what == "length" and before is not None and after is not None:
        return "tightened" if after[0] > before[0] or after[1] < before[1] else "relaxed"
    if what in ("codes", "the map") or (len(what) > 3 and what[1:].isdigit()):
        return "tightened" if before is None else "relaxed"
    if what == "max":
        return "tightened" if before is None else "relaxed"
    return "relaxed" if before is None else "tightened"


def _said(what: str, value: Any) -> str:
    if value is None:
        return "any number" if what == "max" else ""
    if what == "codes":
        return f"only {', '.join(sorted(value))}"
    if what == "length":
        return f"{value[0]} to {value[1]} characters"
    if value == "condition":
        return f"condition {what}"
    return f"at most {value}" if what == "max" else str(value).replace("_", " ")
