"""What the shipped maps say about qualifiers: which field a DTM 067, a REF VR, a pair BP or a loop N1 ST goes to.

Not here: choosing among them (edi/draft_offers.py). Rule protected: nothing is listed by hand; every entry names the
map it was found in.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from edi.mapping_bindings import ELEMENT
from edi.resources import find, identities
from edi.yaml_source import Mapping_, Tree, as_mapping, as_sequence, load

_TEST = re.compile(r"(\S+)\s+(?:is|in)\s+(.*)")
_VALUES = re.compile(r'"([^"]+)"')
_WORDS = ("start", "qualifier", "value", "use")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a shipped map: `what` is an element of a segment (`REF02`), the qualifier of a pair, or a loop.

    `marks` are the values its segment or loop is told apart by (`at`), `binding` what it is bound to, `scope` the
    canonical path it is relative to, `node` the node of a loop as the file has it.
    """

    map: str
    event: str
    tag: str
    at: str
    marks: tuple[str, ...]
    what: str
    binding: str
    scope: tuple[str, ...]
    node: Mapping_ | None = None


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The entries of all maps of one syntax."""

    elements: tuple[Entry, ...]
    pairs: tuple[Entry, ...]
    loops: tuple[Entry, ...]
    tables: dict[tuple[str, str], Tree]  # map, name of the table -> what the file says


@functools.cache
def dictionary(syntax: str) -> Dictionary:
    """Everything the shipped maps of a syntax say."""
    elements: list[Entry] = []
    pairs: list[Entry] = []
    loops: list[Entry] = []
    tables: dict[tuple[str, str], Tree] = {}
    for identity in identities(".map.yaml"):
        if not identity.startswith(f"{syntax}/"):
            continue
        tree = load(find(identity, ".map.yaml"))
        for name, table in as_mapping(tree["tables"], "tables").items() if "tables" in tree else ():
            tables[identity, str(name)] = table
        if "layout" not in tree:
            continue
        shared = as_mapping(tree["pairs"], "pairs") if "pairs" in tree else Mapping_()
        for entry in _layout(as_sequence(tree["layout"], "layout"), (), ("", ()), identity, str(tree["event"]), shared):
            (loops if entry.node is not None else elements if ELEMENT.fullmatch(entry.what) else pairs).append(entry)
    return Dictionary(tuple(elements), tuple(pairs), tuple(loops), tables)


def _layout(
    layout: list[Tree],
    scope: tuple[str, ...],
    around: tuple[str, tuple[str, ...]],
    map_: str,
    event: str,
    shared: Mapping_,
) -> Iterator[Entry]:
    """`around`: the test of the loop, for the segment that opens it."""
    for number, raw in enumerate(layout):
        node = as_mapping(raw, "a node")
        at, marks = _mark(node) if "when" in node else around if number == 0 else ("", ())
        inner = (*scope, *str(node["into"]).split(".")) if "into" in node else scope
        if "hierarchy" in node:
            for level in as_mapping(node["levels"], "levels").values():
                yield from _layout(as_sequence(as_mapping(level, "a level")["layout"], "layout"), scope, ("", ()),
                                   map_, event, shared)  # fmt: skip
        elif "loop" in node:
            yield Entry(map_, event, str(node["loop"]), at, marks, "loop", "", scope, node)
            yield from _layout(as_sequence(node["layout"], "layout"), inner, (at, marks), map_, event, shared)
        elif node.get("direction") != "write":
            tag = str(node["segment"])
            for key, binding in node.items():
                if ELEMENT.fullmatch(key) and isinstance(binding, str):
                    yield Entry(map_, event, tag, at, marks, str(key), str(binding), inner)
            for qualifier, text in _pairs(node, shared):
                yield Entry(map_, event, tag, at, marks, qualifier, text, inner)


def _pairs(node: Mapping_, shared: Mapping_) -> Iterator[tuple[str, str]]:
    if "pairs" not in node:
        return
    own = as_mapping(node["pairs"], "pairs")
    if "use" in own and str(own["use"]) in shared:
        yield from ((str(k), str(v)) for k, v in as_mapping(shared[str(own["use"])], "pairs").items())
    yield from ((str(key), str(value)) for key, value in own.items() if key not in _WORDS)


def _mark(node: Mapping_) -> tuple[str, tuple[str, ...]]:
    match = _TEST.match(str(node["when"]).partition(" and ")[0])
    return (match[1], tuple(_VALUES.findall(match[2]))) if match else ("", ())
