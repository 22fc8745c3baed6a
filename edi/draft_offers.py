"""Rows a draft may propose for what the base map does not take, the best first, each with what it rests on.

Not here: trying them on the samples (edi/map_draft.py). Rule protected: a row is what another shipped map says, or what
check digits say; nothing is invented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edi.claims import Step, mark_at
from edi.draft_dictionary import Entry, dictionary
from edi.draft_samples import Piece, Samples
from edi.mapping import Map
from edi.mapping_nodes import HierarchyNode, LoopNode, Node
from edi.structure import Entry as SchemaEntry
from edi.structure import LoopEntry
from edi.yaml_source import Mapping_, Sequence_, Tree, as_yaml

PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One proposed operation: where it goes (`pair PO1`, or empty), its YAML, and what it rests on."""

    pair: str
    text: str
    evidence: str


class Offers:
    """What the dictionaries offer for the samples of a base map."""

    def __init__(self, base: Map, samples: Samples) -> None:
        self.base, self.samples = base, samples
        self.words = dictionary(base.schema.syntax)

    def rows(self, pieces: list[Piece]) -> Iterator[Row]:
        first = pieces[0]
        if first.repeats and len(pieces) == 1 and not first.lost:
            return
        if first.lost:
            yield from self._nodes(pieces)
        elif first.pair:
            where = "/".join(map(str, first.steps))
            for entry in self._ranked(self.words.pairs, first):
                if entry.what == first.pair:
                    yield Row(where, f"{quoted(first.pair)}: {entry.binding}", self._why(first, entry))
            for pair in first.pairs.pairs if first.pairs is not None else ():
                name = {"gtin": "gtin14", "gln": "gln"}.get(first.shape, "")
                if name and pair.converter.name == name:
                    width = f" width {len(first.values[0])}" if name == "gtin14" else ""
                    row = f"{quoted(first.pair)}: {pair.target.text} as {name}{width}"
                    yield Row(where, row, f"{self.seen(first)}; guess: every check digit is that of a {first.shape}")
        else:
            mark = first.steps[-1].mark
            for entry in self._ranked(self.words.elements, first):
                if entry.what == str(first.at) and (not entry.marks or mark in entry.marks):
                    target = quoted("/".join((*map(str, first.steps), str(first.at))))
                    yield Row("", f"- {{set: {target}, to: {_flow(entry.binding)}}}", self._why(first, entry))

    def _ranked(self, entries: Sequence[Entry], piece: Piece) -> list[Entry]:
        """Entries of the same event first, then those of the same segment and scope; each binding once."""
        tag = piece.at.tag
        ranked = sorted(
            entries, key=lambda e: (e.event != self.base.event, e.tag != tag, e.scope != piece.scope, e.map)
        )
        return list({entry.binding: entry for entry in reversed(ranked) if entry.binding}.values())[::-1]

    def _nodes(self, pieces: list[Piece]) -> Iterator[Row]:
        """A node for a segment or loop that nothing claims."""
        first = pieces[0]
        steps = first.steps[: first.lost]
        place = _find(self.base, steps)
        if place is None:
            return
        anchor, entry, nodes = place
        at, mark = mark_at(entry, nodes), steps[-1].mark
        if isinstance(entry, LoopEntry):
            for found in self.words.loops:
                if found.tag == entry.name and mark in found.marks and found.node is not None:
                    body = as_yaml({anchor[0]: anchor[1], **_plain(found.node)})
                    yield Row("", body, self._why(first, found))
            return
        node: dict[str, Any] = {anchor[0]: anchor[1], "segment": entry.name}
        if mark and at is not None:
            if not PLAIN.fullmatch(mark):
                return
            node["when"] = f'{at} is "{mark}"'
        reasons = []
        for piece in pieces:
            if at is not None and (piece.at.element, piece.at.component or 1) == (at.element, at.component or 1):
                continue
            entries = [e for e in self._ranked(self.words.elements, piece)
                       if e.what == str(piece.at) and mark in (e.marks or ("",))]  # fmt: skip
            if entries:
                node[str(piece.at)] = entries[0].binding
                reasons.append(self._why(piece, entries[0]))
        if reasons:
            yield Row("", as_yaml(node), "; ".join(reasons))

    def _why(self, piece: Piece, entry: Entry) -> str:
        sure = "certain" if entry.event == self.base.event and entry.tag == piece.at.tag else "likely"
        shape = f", they look like {piece.shape}" if piece.shape != "text" else ""
        return f"{self.seen(piece)}; {sure}: {entry.map} reads {entry.tag} so{shape}"

    def seen(self, piece: Piece) -> str:
        values = ", ".join(map(shown, piece.values[:MOST_SHOWN]))
        return f"seen {piece.documents} of {self.samples.documents}: {values}"


def _find(base: Map, steps: tuple[Step, ...]) -> tuple[tuple[str, str], SchemaEntry, list[Node]] | None:
    """Where a new node goes: `add_after` or `add_before` and its target, the entry of the schema, its neighbours."""
    layout: tuple[Node, ...] = base.layout
    entries: tuple[SchemaEntry, ...] = base.schema.layout
    way: list[str] = []
    hierarchy: HierarchyNode | None = None
    for step in steps[:-1]:
        if step.level:
            if hierarchy is None or step.name not in hierarchy.levels:
                return None
            layout = hierarchy.levels[step.name].layout
        else:
            node = next((n for n in layout if n.name == step.name and (not n.when or _meets(n, step.mark))), None)
            if node is None or not isinstance(node.entry, LoopEntry):
                return None
            entries = node.entry.layout
            if isinstance(node, LoopNode):
                layout, hierarchy = node.layout, None
            elif isinstance(node, HierarchyNode):
                hierarchy = node
        way.append(str(step))
    index = next((n for n, entry in enumerate(entries) if entry.name == steps[-1].name), None)
    if index is None or steps[-1].level:
        return None
    known = [node for node in layout if node.way != "write"]
    before = [node for node in known if node.index <= index]
    for kind, ranked in (("add_after", before[::-1]), ("add_before", [n for n in known if n.index > index])):
        for node in ranked:
            name = _only(node, layout)
            if name:
                return (kind, "/".join((*way, name))), entries[index], [n for n in known if n.index == index]
    return None


def _only(node: Node, layout: tuple[Node, ...]) -> str:
    """The name of a node among its neighbours, or nothing if no name is its own."""
    alike = [other for other in layout if other.name == node.name]
    if len(alike) == 1:
        return node.name
    marks = [value for test in node.when for value in test.values]
    return next((f"{node.name}[{m}]" for m in marks if sum(_meets(other, m) for other in alike) == 1), "")


def _meets(node: Node, mark: str) -> bool:
    return any(mark in test.values for test in node.when)


def _plain(node: Tree) -> Any:
    if isinstance(node, Mapping_):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, Sequence_) else str(node)


def _flow(text: str) -> str:
    return text if re.fullmatch(r"[a-z0-9_. /]+", text) else "'" + text.replace("'", "''") + "'"


def quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_/.-]*", text) else json.dumps(text, ensure_ascii=False)


def shown(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 30 else text[:27] + "..."
