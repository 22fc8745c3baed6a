"""What a map drops on purpose: the entries of `ignore`, each with a reason.

Not here: finding what nothing claims (edi/claims.py). Rule protected: an entry names a place as overlays do; with a
qualifier it stands for that one alone, without for all of them.

    PO1/ACK/ACK06            one element, or one component of it with -2
    N1[BT]                   a segment or loop and all that is in it
    REF[IA]/REF02            an element of the segment with this qualifier
    PO1/PO106[CB]            the pair with this qualifier
    HL/S/TD5/TD501           on one level; without the level (HL/TD5/TD501) on all
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edi.claims import Claim, Loose, Step, pair_place
from edi.mapping_bindings import ELEMENT
from edi.yaml_source import Mapping_, Scalar, as_text, check_keys, fail, required

TODO = "TODO"
_PART = re.compile(r"([^/\[\]]+)(?:\[([^\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Ignored:
    """One entry: the steps down to a segment or loop, then an element, and the qualifier of its pair."""

    steps: tuple[tuple[str, str], ...]
    element: str
    pair: str

    def covers(self, claim: Claim, loose: Loose) -> bool:
        """Is a value among what this entry drops?"""
        if not self._leads_to(claim.steps):
            return self._leads_to(tuple(step for step in claim.steps if not step.level)) and self._holds(claim, loose)
        return self._holds(claim, loose)

    def _leads_to(self, steps: tuple[Step, ...]) -> bool:
        if len(self.steps) > len(steps) or (self.element and len(self.steps) < len(steps)):
            return False
        return all(
            name == step.name and mark in ("", step.mark) for (name, mark), step in zip(self.steps, steps, strict=False)
        )

    def _holds(self, claim: Claim, loose: Loose) -> bool:
        if self.pair:
            pairs = claim.node.pairs if claim.node is not None else None
            return pairs is not None and pair_place(pairs) == self.element and loose.qualifier == self.pair
        place = str(loose.at)
        return not self.element or place == self.element or place.startswith(self.element + "-")


def ignored_of(nodes: Sequence[Mapping_]) -> tuple[Ignored, ...]:
    """The entries of `ignore`. Raises MapError."""
    found = []
    for node in nodes:
        check_keys(node, ("at", "reason"), "an entry of ignore")
        as_text(required(node, "reason", "an entry of ignore"), "reason")
        found.append(_ignored(as_text(required(node, "at", "an entry of ignore"), "at")))
    return tuple(found)


def _ignored(at: Scalar) -> Ignored:
    parts = re.findall(r"(?:[^/\[]|\[[^\]]*\])+", at)
    steps = []
    for part in parts:
        match = _PART.fullmatch(part)
        if match is None or "/".join(parts) != at:
            raise fail(at, "map.bad_address", f"{at!s} is not a place such as PO1/ACK/ACK06 or REF[IA]")
        steps.append((match[1], match[2] or ""))
    if len(steps) > 1 and ELEMENT.fullmatch(steps[-1][0]):
        *before, (element, pair) = steps
        return Ignored(tuple(before), element, pair)
    return Ignored(tuple(steps), "", "")
