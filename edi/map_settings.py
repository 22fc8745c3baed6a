"""What differs between two versions of a map beside its rows: how nodes select and repeat, steps, constants and so on.

Not here: rows, checks and rules (edi/map_changes.py). Rule protected: every key of a map that can change an event, a
segment or a verdict is compared; notes, titles and examples are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edi.map_change import STEP_OF, Change, Kind
from edi.mapping import Map
from edi.yaml_source import Mapping_, Sequence_, as_mapping, as_sequence

_NODE_KEYS = (
    "when", "into", "single", "skip", "max", "nest", "write_if", "write_when", "derive_write", "direction", "shape",
    "child_code", "code_element", "set", "is",
)  # fmt: skip


def changes(old: Map, new: Map) -> Iterator[Change]:
    """All differences of settings."""
    yield from _compared(_nodes(old), _nodes(new), "changed")
    yield from _compared(_of_map(old), _of_map(new), "changed")
    yield from _compared(_tolerated(old), _tolerated(new), "relaxed")


def _compared(old: Mapping[str, str], new: Mapping[str, str], kind: Kind) -> Iterator[Change]:
    """`kind` is that of what is only in the new version; of tolerated faults the loss is a tightening."""
    for where in dict.fromkeys((*old, *new)):
        before, after = old.get(where, ""), new.get(where, "")
        if before != after:
            found: Kind = "tightened" if kind == "relaxed" and not after else kind
            yield Change(found, where, before, after, STEP_OF[found])


def _nodes(map_: Map) -> dict[str, str]:
    """The settings of every node; nodes with one address are told apart by a number."""
    found: dict[str, str] = {}
    _walk(map_.declared.layout, "", found)
    return found


def _walk(layout: Sequence_, prefix: str, found: dict[str, str]) -> None:
    times: dict[str, int] = {}
    for raw in layout:
        node = as_mapping(raw, "a node")
        name = str(next((node[key] for key in ("loop", "segment", "hierarchy") if key in node), ""))
        quoted = str(node.get("when", "")).split('"')
        address = prefix + name + (f"[{quoted[1]}]" if len(quoted) > 1 else "")
        times[address] = times.get(address, 0) + 1
        numbered = address if times[address] == 1 else f"{address} ({times[address]})"
        _settings(node, numbered, found)
        if "layout" in node:
            _walk(as_sequence(node["layout"], "layout"), f"{numbered}/", found)
        for code, level in as_mapping(node["levels"], "levels").items() if "levels" in node else ():
            one = as_mapping(level, "a level")
            _settings(one, f"{numbered}/{code}", found)
            _walk(as_sequence(one["layout"], "layout"), f"{numbered}/{code}/", found)


def _settings(node: Mapping_, address: str, found: dict[str, str]) -> None:
    for key in _NODE_KEYS:
        if key in node:
            found[f"{address} {key}"] = _text(node[key])


def _of_map(map_: Map) -> dict[str, str]:
    source = map_.declared
    found = {
        "document": source.document,
        "event": str(source.event),
        "direction": source.direction,
        "normalise": ", ".join(source.normalise),
        "also": "; ".join(map(_text, source.also)),
        "not_carried": ", ".join(sorted(map(str, source.not_carried))),
    }
    found |= {f"constant {name}": value for name, value in source.constants.items()}
    found |= {f"derived {row['field']}": str(row["is"]) for row in source.derive}
    for name, table in source.tables.items():
        found[f"table {name}, unknown codes"] = table.unknown
        found[f"table {name}, written"] = ", ".join(f"{value}: {code}" for value, code in sorted(table.chosen.items()))
    return {name: text for name, text in found.items() if text}


def _tolerated(map_: Map) -> dict[str, str]:
    return {
        f"tolerated {row.get('fault', '')} at {row.get('at', '')}": _text(
            {k: v for k, v in row.items() if k != "reason"}
        )
        for row in map_.declared.tolerate
    }


def _text(node: Any) -> str:
    """A setting on one line, as a map file would have it."""
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{key}: {_text(value)}" for key, value in node.items()) + "}"
    if isinstance(node, Sequence_):
        return "[" + ", ".join(map(_text, node)) + "]"
    return str(node)
