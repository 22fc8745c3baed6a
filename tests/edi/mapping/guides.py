"""Events a partner's guide allows, for the laws of its maps; and the maps of a partner's folder.

The events are those of the standard's document (tests/edi/mapping/test_laws*.py), which come from the models and never
from a map. Here they are brought under the guide: values are taken from its code lists, texts are cut to its lengths,
what it requires is filled in from another event, and what the partner's map gives up in so many words (`remove`, a
smaller `shape`) is left out. What is given up is seen against the map of the standard, so that a binding that is lost
by mistake in a layer is not made up for.
"""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, TypeAlias

import edi
from edi.carried import FIRST, REST, carried_paths
from edi.documents.types import Data
from edi.mapping import Map, load_map
from edi.mapping_nodes import Binding, HierarchyNode, LoopNode, Node, SegmentNode, every
from edi.model import Message
from edi.structure import LoopEntry, SegmentEntry
from tests.edi.mapping.events import events as made
from tests.edi.mapping.laws import Events, drawn, without_duns
from tests.edi.mapping.wire import message_of

Path: TypeAlias = tuple[str, ...]
STARTS, EACH = 10, 8  # of the generator, and events of each


def maps_of(folder: File) -> list[str]:
    """Every map a partner uses: those it agreed on, and those that lie in its folder."""
    agreed = [agreement.map.partition("@")[0] for agreement in edi.load_profile(folder).agreements]
    own = [f"{folder.name}/{path.name.removesuffix('.map.yaml')}" for path in folder.glob("*.map.yaml")]
    return sorted({*agreed, *own})


def good_samples(folder: File) -> list[File]:
    """The samples of a partner that become an event."""
    return [path for path in sorted(folder.glob("samples/*.edi")) if path.with_suffix(".json").exists()]


def map_and_message(sample: File) -> tuple[Map, Message]:
    """A partner's sample and the map that is agreed for it."""
    message, folder = message_of(sample.read_bytes()), sample.parents[1]
    agreements = edi.load_profile(folder).agreements
    (agreed,) = (a.map for a in agreements if (a.type, a.version) == (message.type, message.version))
    return load_map(agreed, folder), message


def base_of(map_: Map) -> str:
    """The map of the standard that a map stands on."""
    return map_.schema.identity


@functools.cache
def standards() -> dict[str, Events]:
    """The events of every base map: `CASES` of all modules of laws."""
    found: dict[str, Events] = {}
    for path in sorted(File(__file__).parent.glob("test_laws*.py")):
        cases = getattr(importlib.import_module(f"tests.edi.mapping.{path.stem}"), "CASES", {})
        found |= {reference.partition("@")[0]: events for reference, events in cases.items()}
    return found


def events_of(map_: Map) -> list[Data]:
    """Events for the laws of a partner's map, the same in every run."""
    base = base_of(map_)
    assert base in standards(), f"there are no events for {base}; add them to CASES of a module of laws"
    guide = Guide.of(map_, load_map(base))
    events = _drawn(standards()[base], duns="-eancom/" not in base)
    pool = [guide.dropped(json.loads(event)) for event in events]
    gained = frozenset(".".join(path) for path in guide.gained if "ids" not in path)
    free = [values_of(event) for event in drawn(made(map_.model, always=gained), 5)] if gained else []
    return [map_.data_of(guide.fitted(number, pool, free)) for number in range(len(events))]


@functools.cache
def _drawn(events: Events, duns: bool) -> list[str]:
    """Events of a standard as JSON: one set for all partners and laws, small enough to stay in memory."""
    made = (event for start in range(STARTS) for event in drawn(events, EACH, start))
    return [(event if duns else without_duns(event)).model_dump_json(exclude_none=True) for event in made]


def values_of(event: Data) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude_none=True)


@dataclass
class Guide:
    """What a partner's map leaves of its base. Paths are canonical, without positions of lists."""

    lost: set[Path] = field(default_factory=set)
    gained: set[Path] = field(default_factory=set)
    codes: dict[Path, list[str]] = field(default_factory=dict)
    lengths: dict[Path, int] = field(default_factory=dict)
    needed: list[tuple[Path, Path]] = field(default_factory=list)  # in every object at the first path, the second
    levels: list[str] = field(default_factory=list)  # of packages, from the outermost

    @classmethod
    def of(cls, map_: Map, base: Map) -> Guide:
        guide = cls(lost=_carried(base) - _carried(map_), gained=_carried(map_) - _carried(base))
        for prefix, node in every(map_.layout):
            if node.way == "read":
                continue
            guide._demanded(prefix, node)
            for binding in node.bindings if isinstance(node, SegmentNode) else ():
                if binding.target is not None and binding.kind == "field":
                    guide._bound(prefix, binding, base)
            if isinstance(node, HierarchyNode):
                levels = [node.levels[code] for code in node.shape]
                guide.levels = [level.fixed["level"] for level in levels if level.kind == "package"]
        return guide

    def _bound(self, prefix: Path, binding: Binding, base: Map) -> None:
        """What the guide says of an element, for the field that stands in it."""
        assert binding.target is not None
        definition, steps = binding.definition, binding.target.steps
        path = steps if binding.target.root else (*prefix, *steps)
        if definition.guide_usage == "required":
            self.needed.append(((), path) if binding.target.root else (prefix, steps))
        if definition.guide_max is not None:
            self.lengths[path] = min(definition.guide_max, self.lengths.get(path, definition.guide_max))
        table = base.tables.get(binding.table.name) if binding.table is not None else None
        if table is not None and binding.table is not None:
            kept = [meaning for meaning in table.read.values() if meaning in binding.table.read.values()]
            if definition.guide_codes is not None and not definition.guide_codes.open:
                listed = {table.read[code] for code in definition.guide_codes.values if code in table.read}
                kept = [meaning for meaning in kept if meaning in listed]
            elif len(kept) == len(table.read):
                return
            known = self.codes.get(path, kept)
            self.codes[path] = [meaning for meaning in dict.fromkeys(kept) if meaning in known]

    def _demanded(self, prefix: Path, node: Node) -> None:
        """A loop or segment the guide cannot be without."""
        if isinstance(node, HierarchyNode) or not (_required(node.entry, node) or self._loop(node)):
            return
        if node.into is not None:
            steps = node.into.target.steps
            self.needed.append(((), steps) if node.into.target.root else (prefix[: -len(steps)], steps))
        elif isinstance(node, SegmentNode):
            target = next(binding.target for binding in node.bindings if binding.target is not None)
            self.needed.append(((), target.steps) if target.root else (prefix, target.steps))

    @staticmethod
    def _loop(node: Node) -> bool:
        return isinstance(node, LoopNode) and node.required

    def dropped(self, value: Any) -> Any:
        """Without what the map gives up."""
        for path in self.lost:
            if path[-2:-1] == ("ids",):
                for holder in at(value, path[:-2]):
                    holder["ids"] = [known for known in holder.get("ids", ()) if known["scheme"] != path[-1]]
            else:
                for holder in at(value, path[:-1]):
                    holder.pop(path[-1], None)
        return value

    def fitted(self, number: int, pool: list[dict[str, Any]], free: list[dict[str, Any]]) -> Any:
        """One event of the pool as the guide has it. What the map has beyond its base stands in every other event."""
        others = [*pool[number + 1 :], *pool[: number + 1]]
        value = copied(pool[number])
        for prefix, steps in self.needed:
            for holder in at(value, prefix):
                _fill(holder, steps, [found for other in others for found in at(other, prefix)])
        for path in self.gained if number % 2 and free else ():
            for holder in at(value, path[:-1]):
                _fill(holder, path[-1:], [found for other in free for found in at(other, path[:-1])])
        for path, allowed in self.codes.items():
            for holder in at(value, path[:-1]):
                _choose(holder, path[-1], allowed)
        for path, longest in self.lengths.items():
            for holder in at(value, path[:-1]):
                if isinstance(holder.get(path[-1]), str):
                    holder[path[-1]] = holder[path[-1]][:longest].strip()
        _level(value, self.levels)
        return value


def _carried(map_: Map) -> set[Path]:
    return {tuple(step for step in path if step not in (FIRST, REST)) for path in carried_paths(map_.layout, "write")}


def _required(entry: SegmentEntry | LoopEntry, node: SegmentNode | LoopNode) -> bool:
    """By the guide, always or with the qualifier that is written."""
    written = node.when[0].values[0] if node.when else ""
    return any(part.guide_usage == "required" for part in (entry, *(v for q, v in entry.variants if q == written)))


def at(value: Any, path: Path) -> Iterator[Any]:
    """Every object at a path; lists are crossed, packages in packages too."""
    if isinstance(value, list):
        for item in value:
            yield from at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from at(value[path[0]], path[1:])
        for package in value[path[0]] if path[0] == "packages" and isinstance(value[path[0]], list) else ():
            yield from at(package, path)


def copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def _fill(holder: dict[str, Any], steps: Path, others: list[dict[str, Any]]) -> None:
    """What is missing at the end of a path, from the first other object that has it."""
    name, rest = steps[0], steps[1:]
    if name == "ids" and rest:
        if not any(known["scheme"] == rest[0] for known in holder.get("ids", ())):
            ids = (known for other in others for known in other.get("ids", ()) if known["scheme"] == rest[0])
            holder["ids"] = [*holder.get("ids", ()), next(ids)]
        return
    if _empty(holder.get(name)):
        having = (other[name] for other in others if not _empty(other.get(name)) and _has(other[name], rest))
        holder[name] = copied(next(having))
    if rest:
        below = [found for other in others for found in at(other, (name,))]
        for found in at(holder[name], ()):
            _fill(found, rest, below)


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return all(map(_empty, value)) if isinstance(value, list) else value in (None, "")


def _has(value: Any, steps: Path) -> bool:
    return not steps or any(found.get(steps[0]) for found in at(value, ()))


def _choose(holder: dict[str, Any], name: str, allowed: list[str]) -> None:
    found = holder.get(name)
    said = found["value"] if isinstance(found, dict) else found
    if said is None or said in allowed:
        return
    chosen = allowed[sum(map(ord, said)) % len(allowed)]
    holder[name] = {"value": chosen} if isinstance(found, dict) else chosen


def _level(value: dict[str, Any], levels: list[str]) -> None:
    for package in value.get("packages", ()) if levels else ():
        package["level"] = levels[0]
        _level(package, levels[1:])
