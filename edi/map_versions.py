"""Two versions of maps: finding them, and the steps between version numbers.

Not here: comparing (edi/map_changes.py, edi/map_diff.py). Rule protected: versions are files or folders; nothing
depends on a version control system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from edi.errors import MapError
from edi.mapping import Map, load_map, load_map_file

Step: TypeAlias = Literal["none", "patch", "minor", "major"]
STEPS: tuple[Step, ...] = ("none", "patch", "minor", "major")


def maps_at(where: str, partner: Path | None, folders: Sequence[Path] = ()) -> dict[str, Map]:
    """The maps of a file, of a partner's folder (all of them), or of a reference, by identity. Raises MapError."""
    path = Path(where)
    if path.is_dir():
        files = sorted(path.glob("*.map.yaml"))
        if not files:
            raise MapError(f"{path}:1:1: resource.missing: there is no *.map.yaml in this folder")
        found = [load_map_file(file, folders) for file in files]
    elif path.is_file():
        found = [load_map_file(path, folders)]
    elif where.endswith(".yaml"):
        raise MapError(f"{path}:1:1: resource.missing: there is no such file")
    else:
        found = [load_map(where, partner, folders)]
    return {map_.identity: map_ for map_ in found}


def pairs(old: dict[str, Map], new: dict[str, Map]) -> Iterator[tuple[str, Map | None, Map | None]]:
    """The maps of both sides that belong together; single maps always do, whatever they are called."""
    if len(old) == len(new) == 1:
        (before,), (after,) = old.values(), new.values()
        yield after.identity, before, after
        return
    for identity in dict.fromkeys((*old, *new)):
        yield identity, old.get(identity), new.get(identity)


def step_between(old: str, new: str) -> Step | None:
    """How far one version is above another: `1.0.0` to `1.1.0` is minor; None if it is lower."""
    before, after = [tuple(int(part) for part in version.split(".")) for version in (old, new)]
    if after < before:
        return None
    if after == before:
        return "none"
    return "major" if after[0] > before[0] else "minor" if after[1] > before[1] else "patch"


def larger(*steps: Step) -> Step:
    return max(steps, key=STEPS.index, default="none")


def same_files(old: Map, new: Map) -> bool:
    """Are both made from the same texts?"""
    texts = [[path.read_bytes() for path in map_.files] for map_ in (old, new)]
    return texts[0] == texts[1]
