"""Addresses of a schema: `PO1/ACK/ACK01`, `N1[BT]`, `LIN/QTY01-1`.

Not here: what is done at the place (edi/narrowing.py). Rule protected: an address names segments, loops and qualifiers,
never positions in a list, and one that leads nowhere says what is near.

    target  = node { "/" node } [ "/" element ]
    node    = NAME [ "[" qualifier "]" ]        REF[VR], N1[ST], DTM[137], RFF-party
    element = TAG NN [ "-" N ]                  BAK08, LIN03-2

A loop stands for its trigger segment: `PO1/PO102` is an element of PO1, `LIN/QTY01-1` one of the QTY in the loop LIN.
A name that is not in the layout of the document itself may name a loop deeper down if there is only one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from edi.structure import Entry, LoopEntry, SegmentEntry
from edi.yaml_source import Scalar, fail

_NODE = re.compile(r"([A-Z][A-Z0-9]{1,2}(?:-[A-Za-z][A-Za-z0-9-]*)?)(?:\[([^\]]+)\])?")
_ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})([0-9]{2,3})(?:-([0-9]+))?")
_PART = re.compile(r"(?:[^/\[]|\[[^\]]*\])+")


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved target: the way down the layouts as (index, qualifier), then the element (0 = the entry itself)."""

    steps: tuple[tuple[int, str], ...]
    element: int = 0
    component: int = 0


def resolve(layout: tuple[Entry, ...], target: Scalar) -> Place:
    """The place an address names. Raises MapError overlay.no_target or overlay.ambiguous_target."""
    steps: list[tuple[int, str]] = []
    level, entry = layout, None
    parts = _PART.findall(target)
    if "/".join(parts) != target:
        raise fail(target, "overlay.no_target", f"{target!s} is not an address such as PO1/ACK/ACK01")
    for number, part in enumerate(parts):
        match = _ELEMENT.fullmatch(part)
        if match and entry is not None and number == len(parts) - 1:
            return _element_place(entry, steps, match, target)
        node = _NODE.fullmatch(part)
        if node is None:
            raise fail(
                target, "overlay.no_target", f"{part!r} in {target!s} is neither a segment, a loop nor an element"
            )
        found = next((index for index, candidate in enumerate(level) if candidate.name == node[1]), None)
        if found is None and number == 0:
            way = _deep(level, node[1], target)
            steps += [(index, "") for index in way[:-1]]
            for index in way[:-1]:
                entry = level[index]
                level = entry.layout if isinstance(entry, LoopEntry) else ()
            found = way[-1]
        if found is None:
            raise _no_target(target, parts[:number], part, [candidate.name for candidate in level])
        if isinstance(entry, LoopEntry) and found == 0:
            raise fail(
                target, "overlay.no_target", f"{entry.name} stands for its first segment already: leave out {part}"
            )
        steps.append((found, node[2] or ""))
        entry = level[found]
        level = entry.layout if isinstance(entry, LoopEntry) else ()
    return Place(tuple(steps))


def _deep(layout: tuple[Entry, ...], name: str, target: Scalar) -> list[int]:
    """The way to the only loop of a name, wherever it is."""

    def ways(level: tuple[Entry, ...], way: list[int]) -> Iterable[list[int]]:
        for index, entry in enumerate(level):
            if isinstance(entry, LoopEntry):
                if entry.name == name:
                    yield [*way, index]
                yield from ways(entry.layout, [*way, index])

    found = list(ways(layout, []))
    if len(found) > 1:
        raise fail(target, "overlay.ambiguous_target", f"there are {len(found)} loops {name}; give the whole address")
    if not found:
        raise _no_target(target, [], name, [entry.name for entry in layout])
    return found[0]


def _element_place(entry: Entry, steps: list[tuple[int, str]], match: re.Match[str], target: Scalar) -> Place:
    tag, at, component = match[1], int(match[2]), int(match[3] or 0)
    if isinstance(entry, LoopEntry):
        inner = next(
            (
                n
                for n, candidate in enumerate(entry.layout)
                if isinstance(candidate, SegmentEntry) and candidate.tag == tag
            ),
            None,
        )
        if inner is None:
            raise _no_target(target, [entry.name], match[0], [candidate.name for candidate in entry.layout])
        steps = [*steps, (inner, "")]
        entry = entry.layout[inner]
    names = [f"{element.at:02d}" for element in entry.definition.elements]
    found = entry.definition.element(at, component)
    if entry.definition.tag != tag or found is None:
        raise _no_target(target, [entry.name], match[0], [entry.definition.tag + name for name in names])
    return Place(tuple(steps), at, component)


def _no_target(target: Scalar, before: list[str], part: str, names: list[str]) -> Exception:
    near = difflib.get_close_matches(part, names, n=3, cutoff=0.4) or names[:3]
    path = "/".join(before)
    addresses = ", ".join(f"{path}/{name}" if path else name for name in near)
    return fail(target, "overlay.no_target", f"{target!s} is not in the schema; near it: {addresses}")
