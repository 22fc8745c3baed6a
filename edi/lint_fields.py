"""Lint rules about the fields of the event: what is bound twice, what the event needs and nothing gives.

Not here: single nodes (edi/lint_nodes.py), tables and texts (edi/lint_values.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edi.carried import carried_paths
from edi.documents.types import Data
from edi.event_fields import fields
from edi.lint_nodes import apart
from edi.mapping import Map
from edi.mapping_nodes import HierarchyNode, LoopNode, Node, Test
from edi.normalise import given_by
from edi.yaml_source import Found, Tree


@dataclass(frozen=True, slots=True)
class _Place:
    """A field bound somewhere: the object it belongs to, the segments it may be read from, and the row.

    `trigger` is the loop whose first segment this is.
    """

    path: tuple[str, ...]
    whose: tuple[int, ...]
    at: int  # the place of the schema
    when: tuple[tuple[Test, ...], ...]
    row: Tree
    trigger: int = 0


def bound_twice(map_: Map) -> Iterator[Found]:
    """`map.double_field`: two places read one field, and nothing tells which of them a document has."""
    known: dict[tuple[tuple[str, ...], tuple[int, ...]], list[_Place]] = {}
    for place in _places(map_.layout, (), (), ()):
        for other in known.setdefault((place.path, place.whose), []):
            if _distinct(place, other):
                continue
            field = ".".join(place.path)
            sentence = f"{field} is already read in line {other.row.line}; give both a when:, or one of them direction:"
            yield Found(place.row, "map.double_field", f"{sentence} write")
            break
        known[place.path, place.whose].append(place)


def _distinct(one: _Place, other: _Place) -> bool:
    """Only one of the two is in a document, or a condition says which is meant. The first segment of a loop is one."""
    if one.trigger and one.trigger == other.trigger:
        return True
    if one.at == other.at:
        return any(apart(a, b) for a in one.when for b in other.when)
    return any(one.when) or any(other.when)


def _places(
    layout: tuple[Node, ...],
    prefix: tuple[str, ...],
    whose: tuple[int, ...],
    when: tuple[tuple[Test, ...], ...],
    loop: int = 0,
) -> Iterator[_Place]:
    for node in layout:
        if node.way == "write":
            continue
        if isinstance(node, HierarchyNode):
            for level in node.levels.values():
                yield from _places(level.layout, level.prefixes[0], (*whose, id(level)), when)
            continue
        inner, own, tests = prefix, whose, (*when, node.when)
        if node.into is not None:
            inner = (*(() if node.into.target.root else prefix), *node.into.target.steps)
            own = (*whose, id(node)) if node.into.many else whose
        if isinstance(node, LoopNode):
            yield from _places(node.layout, inner, own, tests, id(node))
            continue
        for binding in node.bindings:
            target = binding.target
            if binding.kind == "field" and target is not None and not target.field.many and not target.scheme:
                path = (*(() if target.root else inner), *target.steps)
                yield _Place(path, own, id(node.entry), tests, binding.row, 0 if node.index else loop)


def lost_fields(map_: Map) -> Iterator[Found]:
    """`map.field_lost`: the event cannot be without a field that nothing reads."""
    if map_.direction == "write":
        return
    source = map_.declared
    bound = {tuple(step for step in path if step[:1] != "[") for path in carried_paths(map_.layout, "read")}
    bound |= {(name,) for name in source.constants}
    bound |= given_by(source.normalise)
    bound |= set(map_.dropped)
    for path in _needed(map_.model, bound, ()):
        sentence = f"the event needs {'.'.join(path)} and nothing is bound to it; bind it or list it under not_carried"
        yield Found(source.event, "map.field_lost", sentence)


def _needed(model: type[Data], bound: set[tuple[str, ...]], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in fields(model).items():
        here = (*path, name)
        touched = any(one[: len(here)] == here for one in bound)
        if field.required and not touched:
            yield here
        elif touched and field.kind == "object" and field.model not in (None, model) and here not in bound:
            assert field.model is not None
            yield from _needed(field.model, bound, here)


def derived_both_ways(map_: Map) -> Iterator[Found]:
    """`map.one_way`: a field that is computed on reading and written from the event."""
    if map_.direction != "both":
        return
    written = carried_paths(map_.layout, "write")
    for node in map_.declared.derive:
        row = node["field"]
        if tuple(str(row).split(".")) in written:
            sentence = f"{row} is derived and written as well; use derive_write on its element, or do not derive it"
            yield Found(row, "map.one_way", sentence)
