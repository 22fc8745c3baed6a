"""What checking a message gives: the tree of its loops, its faults, and the place of each segment.

Not here: the checking (edi/check.py). Rule protected: the tree holds the very segments of the message, so that a place
is found by identity, however often the same text occurs.

The tree: a loop occurrence, and the document itself, is a list with one item per entry of its layout, in layout order.
An item is None when absent, else a list: of segments (the very lists of message.segments) for a segment entry, of
occurrences for a loop entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edi.faults import Fault
from edi.model import Message, Segment
from edi.structure import Entry, LoopEntry, Schema

Occurrence = list[Any]  # recursive: list[list[Segment] | list[Occurrence] | None]


@dataclass(slots=True)
class Checked:
    """What checking a message gives. `tree`: see the module; `faults` in document order."""

    tree: Occurrence
    faults: list[Fault]
    message: Message
    schema: Schema
    unplaced: list[tuple[Segment, str]]
    _places: dict[int, tuple[int, str]] = field(default_factory=dict)

    def place(self, segment: Segment) -> tuple[int, str]:
        """The number of a segment (ST or UNH is 1) and its path such as `855[2]/PO1[1]/ACK[1]`.

        The segment is found by identity: it must be one of the tree's or of the message's own. Raises KeyError.
        """
        if not self._places:
            numbers = {id(one): number for number, one in enumerate(self.message.segments, 1)}
            paths = [*_paths(self.message.name, self.schema.layout, self.tree), *self.unplaced]
            self._places = {id(one): (numbers[id(one)], path) for one, path in paths}
        return self._places[id(segment)]


def node(entry: Entry, number: int) -> str:
    """One step of a path; what can occur only once has no number."""
    return f"/{entry.name}" if entry.max == 1 else f"/{entry.name}[{number}]"


def _paths(prefix: str, layout: tuple[Entry, ...], occurrence: Occurrence) -> Iterator[tuple[Segment, str]]:
    """Every segment of an occurrence with its path."""
    for index, (entry, items) in enumerate(zip(layout, occurrence, strict=True)):
        for number, item in enumerate(items or (), 1):
            if isinstance(entry, LoopEntry):
                yield from _paths(prefix + node(entry, number), entry.layout, item)
            elif index == 0 and "/" in prefix:
                yield item, prefix
            else:
                yield item, prefix + node(entry, number)
