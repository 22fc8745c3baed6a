"""Items inside items of a loop with parent pointers (EDIFACT CPS), read and written.

Not here: following the numbers (edi/trees.py), the values of the items. Rules protected: loops may come in any
order; an item with an unknown parent is kept, at the top; what is written counts from 1, each item before those in it.

With `loose` what lies in no item is written as one that has nothing else, before the others; `normalise: [unpacked]`
takes it out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edi.mapping_nodes import Nest
from edi.mapping_runtime import NOTHING, Item, Note, lst
from edi.model import Segment
from edi.structure import value_at
from edi.trees import MOST_DEEP, in_order, parents


def nested(items: list[Item], entries: Sequence[tuple[Segment, Item]], nest: Nest, note: Note) -> None:
    """Put the items of `entries`, now all in `items`, into those their parent element names."""

    def complain(number: int, own: bool, expected: str) -> None:
        segment, at = entries[number][0], nest.id if own else nest.parent
        found = value_at(segment, at.element, at.component)
        note(("consistency.nest-parent", segment, at.element, at.component, found, expected, "", None))

    def values(element: int, component: int) -> list[str]:
        return [value_at(segment, element, component).strip(" ") for segment, _ in entries]

    above = parents(
        values(nest.id.element, nest.id.component), values(nest.parent.element, nest.parent.component), complain
    )
    items.clear()
    homes: dict[int, list[Any]] = {}
    for number, depth in in_order(above):
        parent, item = above[number], entries[number][1]
        if parent is None:
            home = items
        elif depth < MOST_DEEP:
            home = lst(entries[parent][1], nest.children)
        else:
            complain(number, False, f"at most {MOST_DEEP} levels")
            home = homes[parent]
        home.append(item)
        homes[number] = home


def laid(holder: Item, steps: Sequence[str], children: str, loose: str) -> Iterator[tuple[Item, str, str, str]]:
    """The items of the list at `steps` as they are written: number, number above, and the prefix of their fields."""
    start = 1
    if loose and holder.get(loose):
        yield {loose: holder[loose]}, "1", "", ""
        start = 2
    for step in steps[:-1]:
        holder = holder.get(step, NOTHING)
    before = ".".join(steps)
    for item, number, parent, place in preorder(holder.get(steps[-1], ()), children, start=start):
        yield item, number, parent, f"{before}.{place}."


def preorder(
    items: Sequence[Item], children: str, parent: str = "", path: str = "", start: int = 1
) -> Iterator[tuple[Item, str, str, str]]:
    """Every item before those in it: the item, its number, the number above it (empty at the top), and its path."""
    number = start
    for at, item in enumerate(items):
        here = f"{path}{at}"
        yield item, str(number), parent, here
        inner = preorder(item.get(children, ()), children, str(number), f"{here}.{children}.", number + 1)
        number += 1
        for found in inner:
            yield found
            number += 1
