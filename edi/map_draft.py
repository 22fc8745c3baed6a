"""A partner's map drafted from sample documents: an overlay whose every row says what it rests on.

Not here: looking at the samples (edi/draft_samples.py), what other maps say (edi/draft_dictionary.py). Rules protected:
a row is proposed only if the draft with it loads, passes the linter, takes what it is for and reads every sample no
worse than before; what is not understood stands under `ignore` with the reason TODO, which the linter refuses.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edi.claims import Step, mark_at
from edi.draft_dictionary import Entry, dictionary
from edi.draft_samples import MOST_CODES, Piece, Samples, place_of_pair
from edi.errors import MapError
from edi.lint import lint_map
from edi.map_coverage import Looked, address_of, is_half
from edi.map_documents import Document, found_in
from edi.mapping import Map, load_map
from edi.mapping_hierarchy import SHAPES
from edi.mapping_ignore import TODO
from edi.mapping_nodes import HierarchyNode, LoopNode, Node
from edi.model import Message
from edi.narrowing import narrowed
from edi.structure import ElementDef, LoopEntry
from edi.structure import Entry as SchemaEntry
from edi.yaml_source import Mapping_, Sequence_, Tree, as_sequence, as_yaml, load_text

_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One proposed operation: where it goes (`pair PO1`, or empty), its YAML, and what it rests on."""

    pair: str
    text: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a draft does to the samples: what it leaves, and how many faults it gives."""

    left: frozenset[str]
    faults: int


class Draft:
    """A draft in the making."""

    def __init__(self, base: Map, samples: Samples, partner: str, folders: Sequence[Path]) -> None:
        self.base, self.samples, self.partner, self.folders = base, samples, partner, folders
        self.name = base.identity.rpartition("/")[2].partition(".")[0]
        self.words = dictionary(base.schema.syntax)
        self.rows: list[Row] = []
        self.todo: list[tuple[str, str, str]] = []  # place, reason, evidence
        self.now = self._tried([])
        for key, pieces in samples.groups().items():
            if not any(self._accepted(row, pieces) for row in self._offers(pieces)):
                self._leave(key, pieces)
        self._shape()

    # --- what may be proposed, the best first

    def _offers(self, pieces: list[Piece]) -> Iterator[Row]:
        first = pieces[0]
        if first.repeats and len(pieces) == 1 and not first.lost:
            return
        if first.lost:
            yield from self._nodes(pieces)
        elif first.pair:
            where = "/".join(map(str, first.steps))
            for entry in self._ranked(self.words.pairs, first):
                if entry.what == first.pair:
                    yield Row(where, f"{_quoted(first.pair)}: {entry.binding}", self._why(first, entry))
            for pair in first.pairs.pairs if first.pairs is not None else ():
                name = {"gtin": "gtin14", "gln": "gln"}.get(first.shape, "")
                if name and pair.converter.name == name:
                    width = f" width {len(first.values[0])}" if name == "gtin14" else ""
                    row = f"{_quoted(first.pair)}: {pair.target.text} as {name}{width}"
                    yield Row(where, row, f"{self._seen(first)}; guess: every check digit is that of a {first.shape}")
        else:
            mark = first.steps[-1].mark
            for entry in self._ranked(self.words.elements, first):
                if entry.what == str(first.at) and (not entry.marks or mark in entry.marks):
                    target = _quoted("/".join((*map(str, first.steps), str(first.at))))
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
            if not _PLAIN.fullmatch(mark):
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
        return f"{self._seen(piece)}; {sure}: {entry.map} reads {entry.tag} so{shape}"

    def _seen(self, piece: Piece) -> str:
        values = ", ".join(map(_shown, piece.values[:_SHOWN]))
        return f"seen {piece.documents} of {self.samples.documents}: {values}"

    # --- trying

    def _accepted(self, row: Row, pieces: list[Piece]) -> bool:
        """Keep a row if the draft with it is better by what it is for, and nowhere worse."""
        found = self._tried([*self.rows, row])
        wanted = {piece.where for piece in pieces}
        if found is None or self.now is None or found.faults > self.now.faults or not wanted & self.now.left:
            return False
        if found.left - self.now.left or len(found.left & wanted) == len(self.now.left & wanted):
            return False
        self.rows.append(row)
        self.now = found
        for piece in pieces:
            if piece.where in found.left:
                self._leave(piece.where, [piece])
        return True

    def _tried(self, rows: list[Row]) -> _Trial | None:
        """The samples read with a draft, or nothing if it does not load or the linter refuses it."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / f"{self.name}.map.yaml").write_text(self._text(rows, []), encoding="utf-8")
            reference = f"{self.partner}/{self.name}"
            try:
                map_ = load_map(reference, folder, self.folders)
            except MapError:
                return None
            remarks = lint_map(reference, folder, self.folders)
            if any(remark.severity == "error" and remark.place.startswith(name) for remark in remarks):
                return None
        return _trial(map_, self.samples.kept)

    # --- what stays

    def _leave(self, key: str, pieces: list[Piece]) -> None:
        """What nothing understood, as an entry of `ignore`."""
        first = pieces[0]
        place = _ignorable(first)
        if any(place == known for known, _, _ in self.todo):
            return
        shape = f"; guess: they look like {first.shape}" if first.shape != "text" else ""
        same = f"; the same as {first.repeats}" if first.repeats else ""
        reason = f"the same as {first.repeats}" if first.repeats and len(pieces) == 1 else TODO
        self.todo.append((place, reason, self._seen(pieces[1] if len(pieces) > 1 else first) + same + shape))

    def _shape(self) -> None:
        """The shape of the levels, if the samples agree on one that can be written."""
        if not self.samples.shapes or not any(isinstance(node, HierarchyNode) for node in self.base.layout):
            return
        (levels, times), *others = self.samples.shapes.most_common()
        row = Row("", f"- {{shape: {' > '.join(levels)}}}", f"seen {times} of {self.samples.documents}; likely")
        if levels in SHAPES and not others and self._tried([*self.rows, row]) is not None:
            self.rows.append(row)

    # --- the file

    def text(self) -> str:
        """The whole file."""
        return self._text(self.rows, self.todo) + "".join(f"# {line}\n".replace(" \n", "\n") for line in self._hints())

    def _text(self, rows: list[Row], todo: list[tuple[str, str, str]]) -> str:
        base = self.base
        files = ", ".join(_shown(Path(file).name) for file in self.samples.files[:_SHOWN]) + (
            ", ..." if len(self.samples.files) > _SHOWN else ""
        )
        version = base.version.partition("@")[2].rpartition(".")[0]
        out = [
            f"# Drafted from {self.samples.documents} documents ({files}) over {base.version}.",
            "# Each row says what it rests on: certain, likely or a guess. What nobody has decided stands under ignore",
            "# with the reason TODO: bind it, or say why it is dropped. edi map lint refuses the file until then.",
            f"map: {self.partner}/{self.name}",
            "version: 0.1.0",
            f"extends: {base.identity}@{version}",
            f"document: {base.document}",
            f"event: {base.event}",
            f"title: {json.dumps(f'{self.partner}: {base.title}', ensure_ascii=False)}",
        ]
        pairs: dict[str, list[Row]] = {}
        for row in rows:
            if row.pair:
                pairs.setdefault(row.pair, []).append(row)
        if rows:
            out.append("changes:")
        for target, group in pairs.items():
            out += [f"- pair: {_quoted(target)}", "  add:"]
            for row in group:
                out += [f"    # {row.evidence}", f"    {row.text}"]
        for row in rows:
            if not row.pair:
                out += [f"# {row.evidence}", row.text]
        if todo:
            out.append("ignore:")
        for place, reason, evidence in todo:
            out += [f"# {evidence}", f"- {{at: {_quoted(place)}, reason: {reason}}}"]
        return "\n".join(out) + "\n"

    def _hints(self) -> Iterator[str]:
        """Comments: codes the tables do not list, and how the samples are sent."""
        for (table, code), new in self.samples.codes.items():
            yield ""
            yield f"TODO the table {table} has no {_shown(code)}, seen {new.documents} of {self.samples.documents}:"
            yield f"- {{table: {table}, add: {{{_quoted(_shown(code))}: ...}}}}   one of the meanings it has"
        rules = list(self._narrower())
        if rules:
            yield ""
            yield "What the samples keep to; uncomment what the partner's guide says as well."
            yield "schema:"
            yield from rules
        messages = self.samples.kept
        if messages:
            interchange = messages[0].interchange
            wire = interchange.delimiters
            yield ""
            yield f"For partner.yaml, as {_shown(Path(self.samples.files[0]).name)} has it:"
            pieces = {"segment": wire.terminator, "element": wire.element, "component": wire.component}
            shown = ", ".join(f"{name}: {json.dumps(value)}" for name, value in pieces.items())
            yield f"  delimiters: {{{shown}}}"
            yield f"  character set {interchange.charset or 'not said'}, version {interchange.version}"
            yield f"  sender {_shown(interchange.sender.id)}, qualifier {_shown(interchange.sender.qualifier)}"

    def _narrower(self) -> Iterator[str]:
        """Operations that narrow the schema to what the samples have, each possible by itself."""
        for where, usual in self.samples.usual.items():
            place, said = _quoted(where), f"{usual.present} of {usual.segments}"
            rows = []
            if usual.present == usual.segments and usual.definition.effective_usage == "optional":
                rows.append((f"- {{usage: {place}, is: required}}", said))
            codes = sorted(usual.values)
            if usual.definition.effective_codes is not None and 0 < len(codes) <= MOST_CODES:
                rows.append((f"- {{codes: {place}, only: [{', '.join(map(_quoted, codes))}]}}", said))
            elif is_text(usual.definition) and 0 < usual.longest < usual.definition.effective_max:
                rows.append((f"- {{length: {place}, max: {usual.longest}}}", f"the longest in {said}"))
            for row, evidence in rows:
                with suppress(MapError):
                    tree = load_text(f"schema:\n{row}\n", "draft")
                    narrowed(self.base.schema, as_sequence(tree["schema"], "schema"))
                    yield f"{row}   # {evidence}"


def is_text(definition: ElementDef) -> bool:
    """Text, neither code nor number nor date."""
    return definition.kind in ("AN", "an", "a")


def draft(base: Map, paths: Sequence[Path], partner: str, folders: Sequence[Path] = ()) -> str:
    """The text of an overlay for a partner. `folders` are searched for the base first. Raises
    MapError when there is no sample of the base's document."""
    samples = Samples(base)
    for found in found_in(paths, base):
        if isinstance(found, Document):
            samples.add(found)
    if not samples.documents:
        raise MapError(f"{base.version}: none of the samples is a {base.document}")
    return Draft(base, samples, partner, folders).text()


def _trial(map_: Map, messages: Sequence[Message]) -> _Trial:
    looked, left, faults = Looked(map_), set(), 0
    for message in messages:
        checked = looked.check.check(message)
        reading = map_.read(message, checked)
        faults += sum(fault.severity != "warning" for fault in reading.faults) + (reading.data is None)
        for claim, loose in looked.claims(checked):
            left |= {address_of(claim, one) for one, ignored in loose if not ignored and not is_half(claim, one)}
    return _Trial(frozenset(left), faults)


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


def _ignorable(piece: Piece) -> str:
    """A place as `ignore` names it; qualifiers that cannot stand in an address are left out."""
    steps = piece.steps[: piece.lost] if piece.lost else piece.steps
    text = "/".join(str(step) if not step.mark or _PLAIN.fullmatch(step.mark) else step.name for step in steps)
    if piece.lost:
        return text
    place = place_of_pair(piece) if not piece.pair or _PLAIN.fullmatch(piece.pair) else str(piece.at)
    return f"{text}/{place}"


def _plain(node: Tree) -> Any:
    if isinstance(node, Mapping_):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, Sequence_) else str(node)


def _flow(text: str) -> str:
    return text if re.fullmatch(r"[a-z0-9_. /]+", text) else "'" + text.replace("'", "''") + "'"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_/.-]*", text) else json.dumps(text, ensure_ascii=False)


def _shown(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 30 else text[:27] + "..."
