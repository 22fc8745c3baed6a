"""Where each value of an event came from: canonical path -> segment, element, bytes and the row of the map.

Not here: reading. Rule protected: a trace is made only when asked for, by reading once more with a reader that tells
what it does; it is no part of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edi.checked import Checked
from edi.model import REPEAT, Segment
from edi.structure import value_at
from edi.syntax import span_of
from edi.yaml_source import Tree

# The object, the name in it, the position in a list, the segment, element, component, repetition, row.
Told = tuple[dict[str, Any], str, int | None, Segment, int, int, int, int]

Paths = dict[int, list[tuple[str | int, ...]]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value came from.

    `kind`: `read` from the document; `derived` by an expression or a step of the map; `inherited`, left to the order
    the document answers; `constant`, fixed by the map. Only what is read has a place: the number of its segment (ST or
    UNH is 1), element, component and repetition (0: none), the byte offset in the input, the length in bytes and the
    text found.
    `row` is the file and line of the map.
    """

    kind: Literal["read", "derived", "inherited", "constant"]
    segment: int = 0
    tag: str = ""
    element: int = 0
    component: int = 0
    repetition: int = 0
    offset: int = 0
    length: int = 0
    found: str = ""
    row: str = ""


def trace(told: Iterable[Told], rows: Sequence[Tree], where: Paths, checked: Checked) -> dict[str, Origin]:
    """Every path that was read, with its origin. `where`: the paths of every object of the event, by its identity."""
    numbers = {id(segment): number for number, segment in enumerate(checked.message.segments, 1)}
    found: dict[str, Origin] = {}
    for holder, name, at, segment, element, component, repetition, row in told:
        number = numbers[id(segment)]
        offset, length = span_of(checked.message, number, element, component, repetition)
        node = rows[row]
        origin = Origin(
            kind="read",
            segment=number,
            tag=segment[0],
            element=element,
            component=component,
            repetition=repetition,
            offset=offset,
            length=length,
            found=_text(segment, element, component, repetition),
            row=f"{node.file}:{node.line}",
        )
        for path in where.get(id(holder), ()):
            found[".".join(map(str, (*path, name) if at is None else (*path, name, at)))] = origin
    return found


def _text(segment: Segment, element: int, component: int, repetition: int) -> str:
    if repetition:
        return segment[element].split(REPEAT)[repetition - 1]
    return value_at(segment, element, component)


def all_paths(value: Any) -> Paths:
    """Where every object of an event's data stands; one that several share stands in several places."""
    found: Paths = {}
    open_: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while open_:
        value, path = open_.pop()
        if isinstance(value, dict):
            found.setdefault(id(value), []).append(path)
            open_.extend((item, (*path, name)) for name, item in value.items())
        elif isinstance(value, (list, tuple)):
            open_.extend((item, (*path, number)) for number, item in enumerate(value))
    return found


def present(data: Mapping[str, Any], path: str) -> bool:
    """Does the event have a value at a path? `ids.gtin` is the identifier of that scheme."""
    here: Any = data
    for step in path.split("."):
        if isinstance(here, list):
            if step.isdigit():
                if int(step) >= len(here):
                    return False
                here = here[int(step)]
                continue
            here = next((known for known in here if known.get("scheme") == step), None)
        elif isinstance(here, Mapping):
            here = here.get(step)
        else:
            return False
        if here is None:
            return False
    return True


def places(data: Any, steps: Sequence[str], path: str = "") -> Iterator[str]:
    """The paths of an event at which a field stands, with the numbers of the lists it stands in."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            yield from places(item, steps, f"{path}{number}.")
    elif not steps:
        yield path.rstrip(".")
    elif isinstance(data, Mapping) and steps[0] in data:
        yield from places(data[steps[0]], steps[1:], f"{path}{steps[0]}.")
