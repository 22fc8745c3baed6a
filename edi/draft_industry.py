"""Which map a draft goes over: the base alone, or the practice of an industry its documents keep to.

Not here: the rows of the draft (edi/map_draft.py). Rule protected: a layer is proposed only if no document reads worse
with it; what it explains, and why others were left, is said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edi.map_coverage import MOST_PLACES, Looked, address_of, is_half
from edi.mapping import Map, load_map
from edi.mapping_source import industry_of
from edi.model import Message
from edi.resources import identities
from edi.terminal import counted


@dataclass(frozen=True, slots=True)
class Look:
    """What a map makes of documents: the places it leaves, how many faults it gives, the first of them in words."""

    left: frozenset[str]
    faults: int
    first: str = ""

    def worse_than(self, other: Look) -> bool:
        return self.faults > other.faults or bool(self.left - other.left)


def looked_at(looked: Looked, messages: Iterable[Message]) -> Look:
    """Documents read with a map. Faults are those of its own rules and of reading, not those of the standard."""
    left: set[str] = set()
    faults, first = 0, ""
    for message in messages:
        checked = looked.check.check(message)
        reading = looked.map.read(message, checked)
        told = [fault for fault in checked.faults if fault.guide]
        told += [fault for fault in reading.faults if fault.severity != "warning"]
        faults += len(told) + (reading.data is None)
        first = first or next((fault.message for fault in told), "")
        for claim, loose in looked.claims(checked):
            left |= {address_of(claim, one) for one, ignored in loose if not ignored and not is_half(claim, one)}
    return Look(frozenset(left), faults, first)


@dataclass(slots=True)
class _Layer:
    """A layer that is tried: its own rules, the documents that break them, and the places it takes and the base
    leaves."""

    looked: Looked
    rules: int
    broken: int = 0
    first: str = ""
    taken: set[str] = field(default_factory=set)

    @property
    def explains(self) -> tuple[int, int]:
        return (0, 0) if self.broken else (len(self.taken), self.rules)


def fitting(
    base: Map, messages: Callable[[], Iterator[Message]], folders: Sequence[Path] = ()
) -> tuple[Map, list[str]]:
    """The base, or that of its industry layers which explains most of the documents, and why in a few lines."""
    layers = [_Layer(Looked(map_), _own_rules(map_)) for map_ in _layers(base, folders)]
    documents, alone = 0, Looked(base)
    for message in messages() if layers else ():
        documents += 1
        before = looked_at(alone, [message])
        for layer in layers:
            after = looked_at(layer.looked, [message])
            if after.worse_than(before):
                layer.broken += 1
                layer.first = layer.first or after.first or f"{sorted(after.left - before.left)[0]} is left"
            elif len(layer.taken) < MOST_PLACES:
                layer.taken |= before.left - after.left
    ranked = sorted(layers, key=lambda layer: layer.explains, reverse=True)
    if not ranked or not documents or ranked[0].explains == (0, 0):
        return base, [_refused(layer, documents) for layer in layers if layer.broken]
    best = ranked[0]
    reasons = [f"all {documents} keep its {counted(best.rules, 'rule')}"] if best.rules else []
    if best.taken:
        reasons.append(f"it takes what {base.identity} leaves: {', '.join(sorted(best.taken)[:5])}")
    why = f"Over {best.looked.map.identity} because {' and '.join(reasons)}"
    others = [_refused(layer, documents) for layer in ranked[1:] if layer.broken]
    return best.looked.map, [f"{why}.", *others]


def _refused(layer: _Layer, documents: int) -> str:
    breaks = "breaks" if layer.broken == 1 else "break"
    return (f"Not over {layer.looked.map.identity}: {layer.broken} of {documents} {breaks} its rules; the first: "
            f"{layer.first}")  # fmt: skip


def _layers(base: Map, folders: Sequence[Path]) -> Iterator[Map]:
    if industry_of(base.identity) or not base.declared.standard:
        return
    for identity in identities(".map.yaml", folders):
        if identity.startswith(f"{base.identity}."):
            yield load_map(identity, None, folders)


def _own_rules(map_: Map) -> int:
    """How many rules of the schema a layer narrows itself."""
    return sum(row.file == map_.declared.name.file for row in map_.declared.narrowings)
