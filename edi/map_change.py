"""One difference between two versions of a map, and the version step it implies at worst.

Not here: finding it (edi/map_changes.py, edi/map_settings.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.map_versions import Step

Kind: TypeAlias = Literal["added", "changed", "lost", "tightened", "relaxed"]
STEP_OF: dict[Kind, Step] = {
    "added": "minor",
    "changed": "major",
    "lost": "major",
    "tightened": "major",
    "relaxed": "minor",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what it was and is (empty: not there), and the version step it implies."""

    kind: Kind
    where: str
    old: str
    new: str
    step: Step

    def __str__(self) -> str:
        if not self.old or not self.new:
            return f"{self.kind}: {self.where}: {self.new or self.old}"
        return f"{self.kind}: {self.where}: {self.old} became {self.new}"
