"""A partner's map drafted from sample documents: an overlay whose every row says what it rests on.

Not here: looking at the samples (edi/draft_samples.py), what may be proposed (edi/draft_offers.py), choosing the layer
of an industry (edi/draft_industry.py). Rules protected: a row is proposed only if the draft with it loads, passes the
linter, takes what it is for and reads no sample worse than before; what is not understood stands under `ignore` with
the reason TODO, which the linter refuses.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from edi.draft_industry import Look, fitting, looked_at
from edi.draft_offers import MOST_SHOWN, PLAIN, Offers, Row, quoted, shown
from edi.draft_samples import MOST_CODES, Piece, Samples, place_of_pair
from edi.errors import MapError
from edi.lint import lint_map
from edi.map_coverage import Looked
from edi.map_documents import Document, found_in
from edi.mapping import Map, load_map
from edi.mapping_hierarchy import SHAPES
from edi.mapping_ignore import TODO
from edi.mapping_nodes import HierarchyNode
from edi.model import Message
from edi.narrowing import narrowed
from edi.structure import ElementDef
from edi.yaml_source import as_sequence, load_text

_ROUNDS = 3  # of drafting anew, with the documents the draft before read worse
_MOST_WORSE = 20  # documents that are added then


class Draft:
    """A draft in the making."""

    def __init__(
        self, base: Map, samples: Samples, partner: str, folders: Sequence[Path], why: Sequence[str] = ()
    ) -> None:
        self.base, self.samples, self.partner, self.folders, self.why = base, samples, partner, folders, why
        self.name = base.identity.rpartition("/")[2].partition(".")[0]
        self.offers = Offers(base, samples)
        self.rows: list[Row] = []
        self.todo: list[tuple[str, str, str]] = []  # place, reason, evidence
        self.now = self._tried([])
        for key, pieces in samples.groups().items():
            if not any(self._accepted(row, pieces) for row in self.offers.rows(pieces)):
                self._leave(key, pieces)
        self._shape()

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

    def _tried(self, rows: list[Row]) -> Look | None:
        """The samples read with a draft, or nothing if it does not load or the linter refuses it."""
        map_ = self._map_of(rows)
        return None if map_ is None else looked_at(Looked(map_), self.samples.kept)

    def _map_of(self, rows: list[Row]) -> Map | None:
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
        return map_

    def worse(self, messages: Iterator[Message]) -> list[Message]:
        """The first documents that the draft reads worse than the base map does."""
        made = self._map_of(self.rows)
        if made is None or not self.rows:
            return []
        before, after = Looked(self.base), Looked(made)
        found: list[Message] = []
        for message in messages:
            if len(found) < _MOST_WORSE and looked_at(after, [message]).worse_than(looked_at(before, [message])):
                found.append(message)
        return found

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
        self.todo.append((place, reason, self.offers.seen(pieces[1] if len(pieces) > 1 else first) + same + shape))

    def _shape(self) -> None:
        """The shape of the levels, if the samples agree on one that can be written."""
        if not self.samples.shapes or not any(isinstance(node, HierarchyNode) for node in self.base.layout):
            return
        (levels, times), *others = self.samples.shapes.most_common()
        row = Row("", f"- {{shape: {' > '.join(levels)}}}", f"seen {times} of {self.samples.documents}; likely")
        if levels in SHAPES and not others and self._tried([*self.rows, row]) is not None:
            self.rows.append(row)

    # --- the file

    def text(self, worse: int = 0) -> str:
        """The whole file. `worse`: how many documents it reads worse than the base map."""
        hints = [f"# {line}\n".replace(" \n", "\n") for line in self._hints()]
        if worse:
            least = "at least " if worse >= _MOST_WORSE else ""
            hints.append(
                f"# TODO {least}{worse} documents read worse than with {self.base.version}; see edi map diff\n"
            )
        return self._text(self.rows, self.todo) + "".join(hints)

    def _text(self, rows: list[Row], todo: list[tuple[str, str, str]]) -> str:
        base = self.base
        files = ", ".join(shown(Path(file).name) for file in self.samples.files[:MOST_SHOWN]) + (
            ", ..." if len(self.samples.files) > MOST_SHOWN else ""
        )
        version = base.version.partition("@")[2].rpartition(".")[0]
        out = [
            f"# Drafted from {self.samples.documents} documents ({files}) over {base.version}.",
            f"# Each row was tried on {len(self.samples.kept)} of them, the whole on all.",
            *(f"# {line}" for line in self.why),
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
            out += [f"- pair: {quoted(target)}", "  add:"]
            for row in group:
                out += [f"    # {row.evidence}", f"    {row.text}"]
        for row in rows:
            if not row.pair:
                out += [f"# {row.evidence}", row.text]
        if todo:
            out.append("ignore:")
        for place, reason, evidence in todo:
            out += [f"# {evidence}", f"- {{at: {quoted(place)}, reason: {reason}}}"]
        return "\n".join(out) + "\n"

    def _hints(self) -> Iterator[str]:
        """Comments: codes the tables do not list, and how the samples are sent."""
        for (table, code), new in self.samples.codes.items():
            yield ""
            yield f"TODO the table {table} has no {shown(code)}, seen {new.documents} of {self.samples.documents}:"
            yield f"- {{table: {table}, add: {{{quoted(shown(code))}: ...}}}}   one of the meanings it has"
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
            yield f"For partner.yaml, as {shown(Path(self.samples.files[0]).name)} has it:"
            pieces = {"segment": wire.terminator, "element": wire.element, "component": wire.component}
            written = ", ".join(f"{name}: {json.dumps(value)}" for name, value in pieces.items())
            yield f"  delimiters: {{{written}}}"
            yield f"  character set {interchange.charset or 'not said'}, version {interchange.version}"
            yield f"  sender {shown(interchange.sender.id)}, qualifier {shown(interchange.sender.qualifier)}"

    def _narrower(self) -> Iterator[str]:
        """Operations that narrow the schema to what the samples have, each possible by itself."""
        for where, usual in self.samples.usual.items():
            place, said = quoted(where), f"{usual.present} of {usual.segments}"
            rows = []
            if usual.present == usual.segments and usual.definition.effective_usage == "optional":
                rows.append((f"- {{usage: {place}, is: required}}", said))
            codes = sorted(usual.values)
            if usual.definition.effective_codes is not None and 0 < len(codes) <= MOST_CODES:
                rows.append((f"- {{codes: {place}, only: [{', '.join(map(quoted, codes))}]}}", said))
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
    """The text of an overlay for a partner, over the base map or over the layer of an industry that fits the samples
    better. `folders` are searched for maps first. Raises MapError when there is no sample of the base's document."""

    def messages() -> Iterator[Message]:
        return (found.message for found in found_in(paths, base) if isinstance(found, Document))

    chosen, why = fitting(base, messages, folders)
    samples = Samples(chosen)
    for found in found_in(paths, chosen):
        if isinstance(found, Document):
            samples.add(found)
    if not samples.documents:
        raise MapError(f"{base.version}: none of the samples is a {base.document}")
    for _ in range(_ROUNDS):
        made = Draft(chosen, samples, partner, folders, why)
        worse = made.worse(messages())
        if not worse:
            break
        samples.kept += worse
    return made.text(len(worse))


def _ignorable(piece: Piece) -> str:
    """A place as `ignore` names it; qualifiers that cannot stand in an address are left out."""
    steps = piece.steps[: piece.lost] if piece.lost else piece.steps
    text = "/".join(str(step) if not step.mark or PLAIN.fullmatch(step.mark) else step.name for step in steps)
    if piece.lost:
        return text
    place = place_of_pair(piece) if not piece.pair or PLAIN.fullmatch(piece.pair) else str(piece.at)
    return f"{text}/{place}"
