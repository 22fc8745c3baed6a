"""What a document can carry of an event: refusing what it cannot, and comparing what came back with what was meant.

Not here: reading and writing. Rule protected: nothing of an event is lost silently; a field without a place in the
document is refused on writing unless the map names it under `not_carried`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from edi.documents.types import Data, DateWindow
from edi.event_fields import fields
from edi.mapping_hierarchy import ITEMS, PACKAGE_IDS, PACKAGES, shape_of
from edi.mapping_nodes import Binding, HierarchyNode, LoopNode, Node, SegmentNode, Target, every

Tree: TypeAlias = dict[str, Any]  # field -> Tree below it, or True for a whole field
FIRST, REST, ALL = "[0]", "[1:]", ""


def carried_paths(layout: tuple[Node, ...], way: str) -> set[tuple[str, ...]]:
    """Absolute paths bound in one direction. A list is followed by `[0]` or `[1:]` when only those items are meant."""
    found: set[tuple[str, ...]] = set()
    for prefix, node in _marked(layout, (), way):
        if not isinstance(node, SegmentNode):
            continue
        for target in _targets(node):
            found.add(_steps(target, () if target.root else prefix))
    for prefix, node in _marked(layout, (), way):
        if isinstance(node, HierarchyNode):
            found |= _structure(node)
        elif isinstance(node, LoopNode) and node.nest is not None:
            found.add((*prefix, node.nest.children))
    return found


def _structure(node: HierarchyNode) -> set[tuple[str, ...]]:
    """What the levels of a shape say by standing where they stand."""
    levels = [node.levels[code] for code in node.shape]
    found = {(*prefix, name) for level in levels for prefix in level.prefixes for name in level.fixed}
    if node.nested:
        found.add((PACKAGES, PACKAGES))
    if shape_of(node).items_first:
        found.add((ITEMS, PACKAGE_IDS))
    return found


def deepened(
    paths: set[tuple[str, ...]], lists: Iterable[tuple[tuple[str, ...], str]], depth: int
) -> set[tuple[str, ...]]:
    """The paths, and the same ones in items that lie up to `depth` deep in items of their own list."""
    found = set(paths)
    for stem, inside in lists:
        for path in paths:
            if path[: len(stem)] == stem:
                found |= {(*stem, *(inside,) * deep, *path[len(stem) :]) for deep in range(1, depth + 1)}
    return found


def depth_of(value: Any, names: frozenset[str]) -> int:
    """How deep lists of these names lie in each other, 0 for a flat one."""
    if isinstance(value, (list, tuple)):
        return max((depth_of(item, names) for item in value), default=0)
    if not isinstance(value, Mapping):
        return 0
    return max((depth_of(item, names) + (name in names) for name, item in value.items()), default=0)


def unordered(value: Any, names: frozenset[str]) -> Any:
    """JSON data with the lists of these names in an order of their own: levels group what belongs together."""
    if isinstance(value, list):
        return [unordered(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: unordered(item, names) for name, item in value.items()}
    for name in names & found.keys():
        if isinstance(found[name], list):  # totals.packages is a number
            found[name].sort(key=lambda item: json.dumps(item, sort_keys=True))
    return found


def defaults(layout: tuple[Node, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Absolute path and canonical value of everything a map writes when the event says nothing."""
    found = []
    for prefix, node in every(layout):
        if not isinstance(node, SegmentNode) or node.way == "read":
            continue
        for binding in node.bindings:
            if binding.default and binding.target is not None:
                path = (*(() if binding.target.root else prefix), *binding.target.steps)
                found.append((path, _read_default(binding)))
    return found


def _read_default(binding: Binding) -> Any:
    if binding.table is not None:
        meaning = binding.table.read.get(binding.default, binding.default)
        return {"value": meaning} if binding.target and binding.target.field.kind == "code" else meaning
    text = binding.converter.read(binding.default) if binding.converter else binding.default
    return int(text) if text and binding.target and binding.target.field.kind == "integer" else text


def _targets(node: SegmentNode) -> Iterable[Target]:
    yield from (b.target for b in node.bindings if b.kind == "field" and b.target is not None)
    if node.pairs is not None:
        yield from (pair.target for pair in node.pairs.pairs)


def _steps(target: Target, prefix: tuple[str, ...]) -> tuple[str, ...]:
    """A list that is crossed without an `into` of its own means its first item."""
    found = list(prefix)
    for step, field in zip(target.steps, target.along, strict=True):
        found.append(step)
        if field.many and field.kind == "object":
            found.append(FIRST)
    return tuple(found)


def _marked(layout: tuple[Node, ...], prefix: tuple[str, ...], way: str) -> Iterable[tuple[tuple[str, ...], Node]]:
    for node in layout:
        if node.way not in ("both", way):
            continue
        inner = prefix
        if node.into is not None:
            target = node.into.target
            inner = _steps(target, () if target.root else prefix)
            inner = inner[:-1] if inner[-1] == FIRST else inner  # the list itself is not crossed, its items follow
            inner = (*inner, REST) if node.into.skip else inner
        yield inner, node
        if isinstance(node, LoopNode):
            yield from _marked(node.layout, inner, way)
            yield from _marked(node.unpacked, prefix, way)
        elif isinstance(node, HierarchyNode):
            for level in node.levels.values():
                if way == "read" or level.code in node.shape:
                    for place in level.prefixes:
                        yield from _marked(level.layout, place, way)


def uncarried(model: type[Data], carried: set[tuple[str, ...]], dropped: set[tuple[str, ...]]) -> Tree:
    """The fields of a model that have no place in the document, as a tree. `dropped` are those lost on purpose."""
    tree: Tree = {}
    for name, field in fields(model).items():
        here = {path[1:] for path in carried if path[0] == name}
        lost = {path[1:] for path in dropped if path[0] == name}
        if () in lost:
            continue
        if field.kind == "id":
            schemes = {path[0] for path in here | lost if path}
            tree[name] = {"ids": schemes}
        elif field.model is model:  # a package in a package: what is lost in one is lost in all
            tree[name] = tree if () in here else True
        elif field.model is DateWindow and () in here:  # one element says both ends
            continue
        elif field.kind == "object" and field.model is not None:
            below = _below(field.model, here, lost, field.many)
            if below:
                tree[name] = below
        elif () not in here:
            tree[name] = True
    return tree


def _below(model: type[Data], here: set[tuple[str, ...]], lost: set[tuple[str, ...]], many: bool) -> Tree:
    marks = {path[0] for path in here if path} & {FIRST, REST}
    if not many or not marks:
        return uncarried(model, {path for path in here if path}, lost)
    every_item = {path for path in here if path and path[0] not in marks}
    trees = {
        mark: uncarried(model, every_item | {path[1:] for path in here if path and path[0] == mark}, lost)
        for mark in (FIRST, REST)
    }
    return {"[]": trees}


def lost_field(value: Any, tree: Tree, path: str = "") -> str:
    """The canonical path of the first value the document has no place for, or empty."""
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            inner = tree["[]"][FIRST if number == 0 else REST] if "[]" in tree else tree
            found = lost_field(item, inner, f"{path}.{number}")
            if found:
                return found
        return ""
    for name, below in tree.items():
        if name == "[]":
            continue
        inner = value.get(name)
        if inner is None or inner == [] or inner == {}:
            continue
        here = f"{path}.{name}" if path else name
        if below is True:
            return here
        if "ids" in below and isinstance(below["ids"], set):
            for known in inner:
                if known["scheme"] not in below["ids"]:
                    return f"{here}.{known['scheme']}"
            continue
        found = lost_field(inner, below, here)
        if found:
            return found
    return ""


def lost_values(value: Any, tree: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """As `lost_field`, but every value, under its path without the numbers of items."""
    if isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            inner = tree["[]"][FIRST if number == 0 else REST] if "[]" in tree else tree
            yield from lost_values(item, inner, path)
        return
    for name, below in tree.items():
        inner = value.get(name)
        if name == "[]" or inner in (None, [], {}):
            continue
        here = f"{path}.{name}" if path else name
        if below is True:
            yield here, inner
        elif isinstance(below.get("ids"), set):
            yield from ((f"{here}.{known['scheme']}", known["value"]) for known in inner
                        if known["scheme"] not in below["ids"])  # fmt: skip
        else:
            yield from lost_values(inner, below, here)


def without(value: Any, dropped: set[tuple[str, ...]]) -> Any:
    """JSON data without the fields lost on purpose, and without what is empty."""
    if isinstance(value, (list, tuple)):
        return [without(item, dropped) for item in value]
    if not isinstance(value, Mapping):
        return value.rstrip(" ") if isinstance(value, str) else value
    kept: dict[str, Any] = {}
    for name, item in value.items():
        below = {path[1:] for path in dropped if path and path[0] == name}
        if () in below or name == "raw":
            continue
        if name == "ids":
            found: Any = _schemes(item, {path[0] for path in below})
        else:
            found = without(item, below)
        if found not in (None, "", [], {}):
            kept[name] = found
    return kept


def _schemes(ids: Iterable[Mapping[str, Any]], dropped: set[str]) -> dict[str, str]:
    """Identifiers by scheme; of several of one scheme the first."""
    found: dict[str, str] = {}
    for known in ids:
        if known["scheme"] not in dropped:
            found.setdefault(known["scheme"], known["value"])
    return found


def filled(meant: Any, found: Any, path: tuple[str, ...], value: Any) -> Any:
    """`meant` with a value the map writes by default, where it has none and that value came back."""
    if isinstance(meant, list) and isinstance(found, list):
        return [
            filled(one, found[number], path, value) if number < len(found) else one for number, one in enumerate(meant)
        ]
    if not isinstance(meant, dict) or not isinstance(found, dict) or path[0] not in found:
        return meant
    name, rest = path[0], path[1:]
    if rest:
        return {**meant, name: filled(meant.get(name, {}), found[name], rest, value)}
    return {**meant, name: value} if name not in meant and found[name] == value else meant


def first_difference(meant: Any, found: Any, path: str = "") -> str:
    """`lines.2.ordered.value: '10' became '1'`, or empty when they are the same."""
    if isinstance(meant, dict) and isinstance(found, dict):
        for name in {**meant, **found}:
            difference = first_difference(meant.get(name), found.get(name), f"{path}.{name}" if path else name)
            if difference:
                return difference
        return ""
    if isinstance(meant, list) and isinstance(found, list):
        for number, (one, other) in enumerate(zip(meant, found, strict=False)):
            difference = first_difference(one, other, f"{path}.{number}")
            if difference:
                return difference
        return "" if len(meant) == len(found) else f"{path}: {len(meant)} entries became {len(found)}"
    if meant == found:
        return ""
    return f"{path}: {_short(meant)} became {_short(found)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
