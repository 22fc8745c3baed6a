"""What a map demands beyond the schema: fields the event cannot be without, and the elements that give them.

Not here: what the schema demands (edi/structure.py). Rule protected: only what surely gives a fault when it is missing
counts; a field that another row, a constant, a step or the order may give is not demanded of one element.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from edi.event_fields import fields
from edi.mapping import Map
from edi.mapping_nodes import Binding, HierarchyNode, LoopNode, Node, SegmentNode, Target, every
from edi.normalise import given_by

_Given: TypeAlias = tuple[int, tuple[str, ...]]


class Demands:
    """The demands of one map."""

    def __init__(self, map_: Map) -> None:
        places: dict[int, Counter[_Given]] = {}
        self._labels: dict[tuple[str, ...], list[str]] = {}  # the elements that fill the fields of an object
        self._scopes: dict[int, tuple[str, ...]] = {}
        self._owners: dict[int, int] = {}
        openers: dict[int, int] = {}
        for segment, owner, opener in _owned(map_.layout, 0):
            self._owners[segment], openers[segment] = owner, opener
        for scope, node in every(map_.layout):
            if not isinstance(node, SegmentNode) or node.way == "write":
                continue
            self._scopes[id(node.row)] = scope
            targets = [binding.target for binding in node.bindings if binding.target is not None]
            targets += [pair.target for pair in node.pairs.pairs] if node.pairs is not None else []
            # The first segment of a loop is one, whichever of its nodes takes it: what each gives is given once.
            place = openers[id(node.row)]
            given = Counter(self._given(node, scope, target) for target in targets)
            places[place] = places.get(place, Counter()) | given
            for binding in node.bindings:
                if binding.kind == "field" and binding.target is not None:
                    path = _path(scope, binding.target)
                    for length in range(1, len(path)):
                        self._labels.setdefault(path[:length], []).append(str(binding.address))
        self._shared = {one for one, count in sum(places.values(), Counter[_Given]()).items() if count > 1}
        constants = {(name,) for name in map_.declared.constants}
        self._free = constants | map_.dropped | given_by(map_.declared.normalise)
        self._model = map_.model

    def _given(self, node: SegmentNode, scope: tuple[str, ...], target: Target) -> _Given:
        """A field of one object: items made by different nodes are different objects."""
        return (0 if target.root else self._owners.get(id(node.row), 0)), _path(scope, target)

    def binding(self, node: SegmentNode, binding: Binding) -> bool:
        """Does the event lack something it must have when this element is empty?"""
        target = self._only_here(node, binding)
        scope = self._scopes.get(id(node.row), ())
        if target is None or self._given(node, scope, target) in self._shared:
            return False
        if any(field.many or not field.required for field in target.along) or binding.address.rest:
            return False
        return self._surely(scope, root=target.root)

    def _only_here(self, node: SegmentNode, binding: Binding) -> Target | None:
        """The field an element fills, if no order, constant or step can fill it as well."""
        target = binding.target
        if binding.kind != "field" or target is None or node.way == "write" or binding.from_order or target.scheme:
            return None
        return None if _path(self._scopes.get(id(node.row), ()), target) in self._free else target

    def companions(self, node: SegmentNode, binding: Binding) -> tuple[str, ...]:
        """The elements that make this one required: it gives what an object must have that they give a part of."""
        target = self._only_here(node, binding)
        if target is None or not target.field.required or target.field.many or len(target.steps) < 2:
            return ()
        path = _path(self._scopes.get(id(node.row), ()), target)
        labels = self._labels.get(path[:-1], [])
        return tuple(dict.fromkeys(label for label in labels if label != str(binding.address)))

    def _surely(self, scope: tuple[str, ...], *, root: bool) -> bool:
        """Is there an object at this scope for certain: the event, an item of a list, or a required object?"""
        if root or not scope:
            return True
        model = self._model
        for step in scope:
            field = fields(model)[step]
            if field.model is None or not (field.many or field.required):
                return False
            model = field.model
        return True

    def node(self, node: Node) -> bool:
        """Must the node itself be there, because nothing else gives what it gives?"""
        if isinstance(node, HierarchyNode):
            return False
        if node.into is not None or node.way == "write":
            return False
        if isinstance(node, LoopNode):
            return any(self.node(inner) for inner in node.layout)
        if self._scopes.get(id(node.row)) is None:
            return False
        return any(self.binding(node, binding) for binding in node.bindings)


def _owned(layout: tuple[Node, ...], owner: int, loop: int = 0) -> Iterator[tuple[int, int, int]]:
    """Each segment of the map, the node that makes the object its values go to (0: the event), the loop it opens (or
    itself)."""
    for node in layout:
        inner = id(node.row) if node.into is not None and node.into.many else owner
        if isinstance(node, SegmentNode):
            yield id(node.row), inner, (loop if loop and node.index == 0 else id(node.row))
        elif isinstance(node, LoopNode):
            yield from _owned(node.layout, inner, id(node.row))
        else:
            for level in node.levels.values():
                yield from _owned(level.layout, id(level.row))


def _path(scope: tuple[str, ...], target: Target) -> tuple[str, ...]:
    return target.steps if target.root else (*scope, *target.steps)
