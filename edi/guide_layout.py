"""The places of a guide: segments and loops in document order, as the merged map and the narrowed schema have them.

Not here: elements (edi/guide_elements.py). Rules protected: required is what gives a fault when it is missing, by the
standard, the guide or the map; what the standard allows and the map does not read is named and not described.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from edi.guide_demands import Demands
from edi.guide_elements import Describer
from edi.guide_model import CodeTable, Place, Way
from edi.mapping import Map
from edi.mapping_nodes import HierarchyNode, LoopNode, Node, SegmentNode, Test
from edi.structure import Entry, LoopEntry, SegmentEntry
from edi.yaml_source import Mapping_

_ENVELOPE = ("ST", "SE", "UNH", "UNT")


class Layout:
    """The places of one map, and the long code lists they refer to."""

    def __init__(self, map_: Map, way: Way = "in") -> None:
        self._other: str = "read" if way == "out" else "write"  # nodes of the other way say nothing to this partner
        self._demands = Demands(map_)
        self._describer = Describer(map_, self._demands)
        self._anchors: dict[str, int] = {}
        self.unread: list[str] = []
        self.forbidden: list[str] = []
        self.places = tuple(self._level(map_.layout, map_.schema.layout, "", 0))
        self.unread = list(dict.fromkeys(self.unread))

    @property
    def code_tables(self) -> tuple[CodeTable, ...]:
        return self._describer.code_tables

    def _level(
        self,
        nodes: tuple[Node, ...],
        entries: tuple[Entry, ...],
        prefix: str,
        depth: int,
        around: LoopNode | None = None,
        start: int = 0,
    ) -> Iterator[Place]:
        for index, entry in enumerate(entries[start:], start):
            all_here = [node for node in nodes if node.index == index]
            here = [node for node in all_here if node.way != self._other] or [_bare(node) for node in all_here[:1]]
            if entry.effective_usage == "not_used":
                self.forbidden.append(f"{prefix}{entry.name} ({_title(entry)})")
                continue
            for qualifier, variant in entry.variants:
                if variant.effective_usage == "not_used":
                    self.forbidden.append(f"{prefix}{entry.name} with {qualifier} ({_title(entry)})")
            if not here:
                if entry.effective_usage == "required" or entry.name in _ENVELOPE:
                    yield from self._unmapped(entry, prefix, depth)
                else:
                    self.unread.append(re.sub(r"\[[^\]]*\]", "", f"{prefix}{entry.name}") + f" ({_title(entry)})")
                continue
            for node in here:
                for part, variant in _by_variant(node, entry):
                    trigger = around if index == 0 else None
                    yield from self._node(part, variant, entry, prefix, depth, trigger, alone=len(here) == 1)

    def _node(
        self, node: Node, entry: Entry, whole: Entry, prefix: str, depth: int, around: LoopNode | None, *, alone: bool
    ) -> Iterator[Place]:
        qualifier = next((value for test in node.when for value in test.values), "")  # the others are among the codes
        address = prefix + node.name + (f"[{qualifier}]" if qualifier else "")
        row = node.row if isinstance(node.row, Mapping_) else Mapping_()
        required = (
            node.required
            or self._demands.node(node)
            or (entry is not whole and entry.effective_usage == "required")
            or (alone and not node.when and whole.effective_usage == "required")
        )
        place = Place(
            anchor=self._anchor(address),
            address=address,
            tag=entry.trigger,
            title=self._describer.title(entry.definition, (*(around.when if around else ()), *node.when)),
            depth=depth,
            loop=not isinstance(node, SegmentNode),
            usage="required" if required else "optional",
            most=_least(node.most, entry.effective_max) if not isinstance(node, HierarchyNode) else entry.effective_max,
            note=node.note,
            example=str(row.get("example", "")),
        )
        if whole.effective_usage == "required" and not required:
            place = dataclasses.replace(place, usage="one required")
        if isinstance(node, SegmentNode) and isinstance(entry, SegmentEntry):
            yield self._describer.described(place, entry.definition, node, around)
            return
        yield place
        if isinstance(node, LoopNode) and isinstance(entry, LoopEntry):
            yield from self._level(node.layout, entry.layout, address + "/", depth + 1, node)
        elif isinstance(node, HierarchyNode) and isinstance(entry, LoopEntry):
            yield from self._hierarchy(node, entry, address + "/", depth + 1)

    def _hierarchy(self, node: HierarchyNode, entry: LoopEntry, prefix: str, depth: int) -> Iterator[Place]:
        trigger = entry.layout[0]
        assert isinstance(trigger, SegmentEntry)
        order = f"The levels stand in the order {' > '.join(node.shape)}."
        address = prefix + trigger.tag
        head = Place(
            self._anchor(address), address, trigger.tag, trigger.definition.title, depth, False, "required", 1, order
        )
        yield self._describer.levels(head, trigger.definition, node)
        for number, code in enumerate(node.shape):
            level = node.levels[code]
            address = f"{prefix}{code}"
            yield Place(self._anchor(address), address, entry.trigger, f"level {code}: {level.kind}", depth + number,
                        True, "required" if level.kind == "shipment" else "optional",
                        1 if level.kind == "shipment" else None)  # fmt: skip
            yield from self._level(level.layout, entry.layout, address + "/", depth + number + 1, start=1)

    def _unmapped(self, entry: Entry, prefix: str, depth: int) -> Iterator[Place]:
        """What must be there although nothing of it is read."""
        address = prefix + entry.name
        place = Place(self._anchor(address), address, entry.trigger, entry.definition.title, depth,
                      isinstance(entry, LoopEntry), entry.effective_usage, entry.effective_max)  # fmt: skip
        if isinstance(entry, LoopEntry):
            yield place
            yield from self._level((), entry.layout, address + "/", depth + 1)
        else:
            yield self._describer.described(place, entry.definition, None, None)

    def _anchor(self, address: str) -> str:
        bare = re.sub(r"[^A-Za-z0-9]+", "-", address).strip("-").lower()
        self._anchors[bare] = self._anchors.get(bare, 0) + 1
        return f"at-{bare}" + (f"-{self._anchors[bare]}" if self._anchors[bare] > 1 else "")


def _by_variant(node: Node, entry: Entry) -> Iterator[tuple[Node, Entry]]:
    """The node beside what holds for it: the rules of a qualifier stand apart from those of the others."""
    first = next((t for t in node.when if t.address.element == 1 and t.address.component in (0, 1)), None)
    variants: dict[str, Entry] = dict(entry.variants)
    if first is None or not any(value in variants for value in first.values):
        yield node, entry
        return
    for value in [value for value in first.values if value in variants]:
        if variants[value].effective_usage != "not_used":
            yield _only(node, first, (value,)), variants[value]
    rest = tuple(value for value in first.values if value not in variants)
    if rest:
        yield _only(node, first, rest), entry


def _only(node: Node, test: Test, values: tuple[str, ...]) -> Node:
    when = tuple(dataclasses.replace(one, values=values) if one is test else one for one in node.when)
    return dataclasses.replace(node, when=when)


def _bare(node: Node) -> Node:
    """A node of the other way: it is there, and none of its values is read."""
    if not isinstance(node, SegmentNode):
        return node
    return dataclasses.replace(node, bindings=(), pairs=None, derived=(), required=False)


def _title(entry: Entry) -> str:
    return entry.definition.title


def _least(*most: int | None) -> int | None:
    return min((number for number in most if number is not None), default=None)
