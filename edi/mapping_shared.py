"""Parts of an event that come again and again, made and validated once: a quantity with its unit, a day with its kind.

A part that one segment says wholly in codes, numbers and days is kept under the text it was read from. Events are
frozen, so all that say the same share it. Not here: the code that reads (edi/mapping_read_element.py). Rules protected:
what is kept has passed the validation of its model; nothing is kept of which something was noted, or of which another
segment may say more; what is kept is bounded, however different the documents are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from edi.documents.types import Data
from edi.event_fields import skeleton
from edi.mapping_nodes import Binding, Node, SegmentNode, every

MOST = 256  # values of one part that are kept; what a partner repeats is less
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an event that may be shared: the object `name` of the item at hand (`many`: the first of its list),
    or, without a name, the item itself. `elements` are the numbers of those that say it."""

    name: str
    many: bool
    model: type[Data]
    bindings: tuple[Binding, ...]

    @property
    def elements(self) -> list[int]:
        return sorted({binding.address.element for binding in self.bindings})


class Parts:
    """The parts of a map's events that may be shared."""

    def __init__(self, layout: tuple[Node, ...]) -> None:
        self._scopes: dict[int, set[Path]] = {}
        self._bound: dict[Path, set[int]] = {}  # what nodes reach from around it
        self._made: set[Path] = set()  # what nodes make as items of their own
        for scope, node in every(layout):
            self._scopes.setdefault(id(node), set()).add(scope)
            if node.into is not None:
                self._made.add(scope)
            for root, steps in _reached(node):
                for size in range(1, len(steps) + 1):
                    self._bound.setdefault((*(() if root else scope), *steps[:size]), set()).add(id(node))

    def item(self, node: SegmentNode) -> Part | None:
        """The items a segment makes, if they may be shared."""
        if node.into is None or not node.into.many or node.pairs or node.derived:
            return None
        if any(scope in self._bound for scope in self._scopes[id(node)]):
            return None
        part = Part("", True, node.into.model, node.bindings)
        return part if _sharable(part, 1) else None

    def objects(self, node: SegmentNode, model: type[Data]) -> list[Part]:
        """The objects inside the items of `model` that a segment says alone."""
        found = []
        by_name: dict[str, list[Binding]] = {}
        for binding in node.bindings:
            by_name.setdefault(binding.target.steps[0] if binding.target is not None else "", []).append(binding)
        for name, bindings in by_name.items():
            target = bindings[0].target
            if target is None:
                continue
            holder = target.along[0]
            paths = [(*scope, name) for scope in self._scopes[id(node)]]
            if holder.model is None or name in skeleton(model):
                continue
            if any(self._bound.get(path) != {id(node)} or path in self._made for path in paths):
                continue
            part = Part(name, holder.many, holder.model, tuple(bindings))
            others = {b.address.element for key in by_name if key != name for b in by_name[key]}
            if _sharable(part, 2) and others.isdisjoint(part.elements):
                found.append(part)
        return found


def keep(known: dict[Any, Data], key: Any, model: type[Data], item: dict[str, Any]) -> Data | dict[str, Any]:
    """The value of an item, kept under its text. An item the model refuses is given back: the validation of the whole
    event says where it stands."""
    try:
        made = model.model_validate(item, extra="ignore")
    except ValidationError:
        return item
    if len(known) >= MOST:
        known.clear()
    known[key] = made
    return made


def opened(value: Any) -> Any:
    """A part that is to be changed: what may be shared as an object of its own."""
    if isinstance(value, list):
        return [opened(item) for item in value]
    return {name: getattr(value, name) for name in value.model_fields_set} if isinstance(value, Data) else value


def _reached(node: Node) -> Iterator[tuple[bool, Path]]:
    """The paths a segment fills: whether from the event on, and their steps."""
    if not isinstance(node, SegmentNode):
        return
    targets = [binding.target for binding in node.bindings if binding.kind == "field"]
    targets += [pair.target for pair in node.pairs.pairs] if node.pairs is not None else []
    for target in targets:
        if target is not None:
            yield target.root, target.steps


def _sharable(part: Part, depth: int) -> bool:
    """Codes, numbers and days only, and not numbers alone: those seldom come again."""
    kinds = set()
    for binding in part.bindings:
        target, at, made = binding.target, binding.address, binding.converter
        if binding.kind != "field" or target is None or target.root or binding.from_order:
            return False
        if len(target.steps) != depth or target.field.many or at.rest or at.repeats:
            return False
        if binding.table is not None:
            kinds.add("code")
        elif made is not None and made.beside in ("", "format"):
            kinds.add(made.gives)
        else:
            return False
    return kinds <= {"code", "date", "decimal", "integer"} and not kinds.isdisjoint({"code", "date"})
