"""The levels of X12 HL: joined to packages, items and orders on reading, laid out in a shape on writing.

Not here: the values of the levels (generated), the grammar of `hierarchy` (edi/mapping_levels.py). Rules protected:
reading follows HL02, whatever the shape; one package under two orders is one package; an event is written once per
order, package and item, and what a shape cannot say is refused.

An event with levels has a list `packages`, whose items have `packages` and `items`, and a list `items` of what lies in
no package. An item has its `order`; that of the event holds for items without one, and is written as theirs. A package
is known by its `ssccs`; `package_ids` of an item name packages by their `id`, or by their first SSCC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edi.mapping_nodes import HierarchyNode, LevelKind
from edi.mapping_runtime import Item, Note, Refused, lst
from edi.model import Segment
from edi.structure import value_at
from edi.trees import MOST_DEEP, in_order, parents

# The shapes that are written, and what element 1005 (BSN05) says of each; longer ones say the nearest.
SHAPES: Mapping[tuple[str, ...], str] = {
    ("S", "O", "I"): "0004",
    ("S", "O", "P", "I"): "0001",
    ("S", "O", "T", "P", "I"): "0001",
    ("S", "P", "O", "I"): "0003",
    ("S", "T", "P", "O", "I"): "0003",
    ("S", "T", "O", "P", "I"): "0003",
    ("S", "O", "I", "P"): "0002",
}
PACKAGES, ITEMS, ORDER, SSCCS, PACKAGE_IDS = "packages", "items", "order", "ssccs", "package_ids"
_ID = "id"

ReadLevel = tuple[Segment, str, Item]  # the HL segment, what it is (empty: unknown), what was read


# --- reading


class _Level:
    """What stands above one level: the nearest of each kind, by its position."""

    __slots__ = ("depth", "item", "order", "package")

    def __init__(self, order: int | None, package: int | None, item: int | None, depth: int) -> None:
        self.order, self.package, self.item, self.depth = order, package, item, depth


def joined(levels: list[ReadLevel], event: Item, note: Note) -> str:
    """Put what the levels hold into the event. Returns the code of the shape (element 1005), empty if any would do."""
    above = _parents(levels, note)
    found: dict[int, _Level] = {}
    held: dict[int, list[int]] = {}  # item -> the packages right below it
    homes: dict[int, Item] = {}  # package -> what it lies in
    packages: dict[int, Item] = {}
    same: dict[tuple[Any, ...], tuple[Item, set[tuple[int | None, int | None]]]] = {}
    items, shape = [], ""
    for number, _ in in_order(above):
        segment, kind, item = levels[number]
        here = _above(levels, found, above[number])
        found[number] = here
        if kind == "item":
            items.append(number)
        elif kind == "order" and here.package is not None:
            shape = "0003"
        elif kind == "package":
            home = event if here.package is None else packages[here.package]
            if here.package is not None and here.depth > MOST_DEEP:
                note(_wrong(segment, 2, f"at most {MOST_DEEP} levels of packages"))
                home = homes[here.package]
            package = _one_package(item, home, (here.order, here.item), same)
            if package is item:
                lst(home, PACKAGES).append(item)
            levels[number] = (segment, kind, package)
            packages[number], homes[number] = package, home
            if here.item is not None:
                held.setdefault(here.item, []).append(number)
                shape = shape or "0002"
    used = set()
    for number in items:
        order, around = found[number].order, found[number].package
        used.add(order)
        if order is not None and around is not None and found[around].order == order:
            shape = shape or "0001"
        _put_item(levels, number, found[number], held.get(number, []), event, note)
    for segment, _, item in (levels[n] for n in found if levels[n][1] == "order" and n not in used):
        if item:
            note(("map.unmapped", segment, 3, 0, value_at(segment, 3), "items below the order", "", None))
    return shape


def _parents(levels: Sequence[ReadLevel], note: Note) -> list[int | None]:
    def complain(number: int, own: bool, expected: str) -> None:
        note(_wrong(levels[number][0], 1 if own else 2, expected))

    names = [value_at(segment, 1).strip(" ") for segment, _, _ in levels]
    return parents(names, [value_at(segment, 2).strip(" ") for segment, _, _ in levels], complain)


def _wrong(segment: Segment, element: int, expected: str) -> tuple[Any, ...]:
    return ("consistency.hl-tree", segment, element, 0, value_at(segment, element), expected, "", None)


def _above(levels: Sequence[ReadLevel], found: Mapping[int, _Level], parent: int | None) -> _Level:
    if parent is None:
        return _Level(None, None, None, 0)
    kind, up = levels[parent][1], found[parent]
    if kind == "package":
        return _Level(up.order, parent, None, up.depth + 1)
    if kind == "order":
        return _Level(parent, up.package, up.item, up.depth)
    return _Level(up.order, up.package, parent if kind == "item" else up.item, up.depth)


def _one_package(
    item: Item,
    home: Item,
    under: tuple[int | None, int | None],
    same: dict[tuple[Any, ...], tuple[Item, set[tuple[int | None, int | None]]]],
) -> Item:
    """The package itself, or the one with the same SSCC that stands under another order or item."""
    if not item.get(SSCCS):
        return item
    key = (id(home), *item[SSCCS])
    first, seen = same.setdefault(key, (item, set()))
    if under in seen:
        return item
    seen.add(under)
    for name, value in item.items():
        if not first.get(name):
            first[name] = value
    return first


def _put_item(levels: Sequence[ReadLevel], number: int, here: _Level, held: list[int], event: Item, note: Note) -> None:
    segment, _, item = levels[number]
    if here.order is not None:
        order = levels[here.order][2].get(ORDER)
        if order:
            item[ORDER] = {**order, **item[ORDER]} if item.get(ORDER) else order
    if len(held) == 1:
        lst(levels[held[0]][2], ITEMS).append(item)
        return
    lst(event if here.package is None else levels[here.package][2], ITEMS).append(item)
    for package in held:
        name = _name(levels[package][2])
        if name:
            lst(item, PACKAGE_IDS).append(name)
        else:
            note(("map.unmapped", levels[package][0], 3, 0, value_at(segment, 3), "an SSCC", "", None))


def _name(package: Item) -> str:
    """What `package_ids` call a package."""
    return str(package.get(_ID) or next(iter(package.get(SSCCS, ())), ""))


# --- writing


def with_orders(event: Item) -> Item:
    """The event with its order in every item that has none, as the levels say it."""
    order = event.get(ORDER)
    if not order:
        return event
    return {**{name: value for name, value in event.items() if name != ORDER}, **_ordered(event, order)}


def _ordered(holder: Item, order: Item) -> Item:
    found: Item = {}
    if holder.get(ITEMS):
        found[ITEMS] = [item if item.get(ORDER) else {**item, ORDER: order} for item in holder[ITEMS]]
    if holder.get(PACKAGES):
        found[PACKAGES] = [{**package, **_ordered(package, order)} for package in holder[PACKAGES]]
    return found


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """A level as the writer needs it: `fixed` are the fields that tell it from others of its kind."""

    code: str
    kind: LevelKind
    fixed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The levels from the outermost to the innermost, and the fields an order level writes."""

    levels: tuple[WrittenAs, ...]
    order: tuple[tuple[str, ...], ...]

    @property
    def items_first(self) -> bool:
        kinds = [level.kind for level in self.levels]
        return "package" in kinds and kinds.index("item") < kinds.index("package")


def shape_of(node: HierarchyNode) -> Shape:
    """What the writer needs of a hierarchy."""
    levels = [node.levels[code] for code in node.shape]
    paths = []
    for level in levels:
        if level.kind == "order":
            for inner in level.layout:
                paths += sorted({target.steps[: -1 if target.scheme else None] for target in targets(inner)})
    return Shape(tuple(WrittenAs(level.code, level.kind, level.fixed) for level in levels), tuple(paths))


def targets(node: Any) -> list[Any]:
    """The fields a node and the nodes inside it write, relative to their level."""
    found = []
    for inner in getattr(node, "layout", ()):
        found += targets(inner)
    for binding in getattr(node, "bindings", ()):
        if binding.kind == "field" and not binding.target.root:
            found.append(binding.target)
    if getattr(node, "pairs", None) is not None:
        found += [pair.target for pair in node.pairs.pairs]
    return found


@dataclass(slots=True)
class WriteLevel:
    """One HL to write: `path` is the canonical path of what it holds, empty for the shipment."""

    code: str
    item: Item
    path: str
    number: int
    parent: str
    below: str = "0"


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item, or a package with nothing in it, and the packages around it by the code of their level."""

    item: Item | None
    path: str
    around: Mapping[str, tuple[Item, str]]


def laid_out(event: Item, shape: Shape) -> list[WriteLevel]:
    """The levels of an event in pre-order. Raises Refused for what the shape cannot say."""
    return _Layout(event, shape).levels


class _Layout:
    def __init__(self, event: Item, shape: Shape) -> None:
        self.shape = shape
        self.levels: list[WriteLevel] = []
        self.entries: list[_Entry] = []
        self.named: dict[str, Mapping[str, tuple[Item, str]]] = {}
        self.repeated: set[int] = set()
        wanted = {name for item in event.get(ITEMS, ()) for name in item.get(PACKAGE_IDS, ())}
        self._packages(event, "", {}, -1, frozenset(wanted if shape.items_first else ()))
        for number, item in enumerate(event.get(ITEMS, ())):
            path = f"{ITEMS}.{number}"
            for name in item.get(PACKAGE_IDS, ()) or [""]:
                if name and name not in self.named:
                    raise Refused("write.not-invertible", -1, name, "a package of the event", f"{path}.{PACKAGE_IDS}")
                self.entries.append(_Entry(item, path, self.named[name] if name else {}))
        top = self._add(shape.levels[0].code, event, "", None)
        self._level(1, self.entries, top)

    def _packages(
        self, holder: Item, prefix: str, around: Mapping[str, tuple[Item, str]], last: int, wanted: frozenset[str]
    ) -> None:
        for number, package in enumerate(holder.get(PACKAGES, ())):
            path = f"{prefix}{PACKAGES}.{number}"
            at = self._place(package, last, path)
            inner = {**around, self.shape.levels[at].code: (package, path)}
            self._packages(package, f"{path}.", inner, at, wanted)
            named = _name(package) in wanted
            if named:
                self.named[_name(package)] = inner
            items = package.get(ITEMS, ())
            for inside, item in enumerate(items):
                self.entries.append(_Entry(item, f"{path}.{ITEMS}.{inside}", inner))
            if not items and not named and not package.get(PACKAGES):
                self.entries.append(_Entry(None, path, inner))

    def _place(self, package: Item, last: int, path: str) -> int:
        """The level of a package, inside that of the package around it."""
        for at, level in enumerate(self.shape.levels):
            fits = level.kind == "package" and all(package.get(name) == value for name, value in level.fixed.items())
            if fits and at > last:
                return at
        expected = "a package this shape has a level for"
        raise Refused("write.not-invertible", -1, "", expected, path)

    def _add(self, code: str, item: Item, path: str, parent: WriteLevel | None) -> WriteLevel:
        above = ""
        if parent is not None:
            above, parent.below = str(parent.number), "1"
        self.levels.append(WriteLevel(code, item, path, len(self.levels) + 1, above))
        return self.levels[-1]

    def _level(self, at: int, entries: list[_Entry], parent: WriteLevel) -> None:
        """Write entries that share everything above: one level per order, package or item, in order of appearance."""
        if at == len(self.shape.levels):
            return
        level = self.shape.levels[at]
        groups: dict[object, list[_Entry]] = {}
        orders: list[str | None] = (
            [self._order(entry) for entry in entries if entry.item is not None] if level.kind == "order" else []
        )
        for entry in entries:
            key: object
            if level.kind == "order":
                key = self._order(entry) if entry.item is not None else (*orders, None)[0]
            elif level.kind == "item":
                key = id(entry.item) if entry.item is not None else None
            else:
                key = id(entry.around[level.code][0]) if level.code in entry.around else None
            groups.setdefault(key, []).append(entry)
        for key, group in groups.items():
            below = parent
            if key is not None:
                item, path = self._held(level, group)
                below = self._add(level.code, item, path, parent)
            self._level(at + 1, group, below)

    def _held(self, level: WrittenAs, group: list[_Entry]) -> tuple[Item, str]:
        first = next((entry for entry in group if entry.item is not None), group[0])
        if level.kind != "package":
            return first.item or {}, first.path
        package, path = first.around[level.code]
        if id(package) in self.repeated and not package.get(SSCCS):
            raise Refused("write.package-needs-id", -1, "", "an SSCC, as it is written more than once", path)
        self.repeated.add(id(package))
        return package, path

    def _order(self, entry: _Entry) -> str:
        """Items of one order are those for which the order level would be written alike."""
        found = []
        for steps in self.shape.order:
            value: Any = entry.item
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            found.append(value)
        return repr(found)
