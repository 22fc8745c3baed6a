"""Where the schemas, maps and code tables lie: in a wheel under edi/maps, in a checkout beside the package.

Not here: reading them (edi/yaml_source.py). Rule protected: the identity of a file is its path, and an identity can
never leave the folders it is looked up in.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

from edi.errors import MapError

_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")


@functools.cache  # every interchange asks for it
def maps_folder() -> Path:
    """The folder of the shipped maps. Raises MapError when the installation has none."""
    package = Path(__file__).resolve().parent
    for folder in (package / "maps", package.parent / "maps"):
        if folder.is_dir():
            return folder
    raise MapError(f"{package}:1:1: resource.missing: the maps folder is not installed")


def find(identity: str, suffix: str, folders: Sequence[Path] = ()) -> Path:
    """The file of an identity such as `x12/004010/855` and a suffix such as `.schema.yaml`.

    The caller's own folders are searched first, in their order, then the shipped maps. Raises MapError with all places
    that were looked at.
    """
    if not _IDENTITY.fullmatch(identity):
        raise MapError(f"{identity}:1:1: resource.identity: {identity!r} is not the identity of a file")
    places = [folder / (identity + suffix) for folder in (*folders, maps_folder())]
    for place in places:
        if place.is_file():
            return place
    tried = ", ".join(str(place) for place in places)
    raise MapError(f"{identity}{suffix}:1:1: resource.missing: there is no such file; looked for {tried}")


def exists(identity: str, suffix: str, folders: Sequence[Path] = ()) -> bool:
    """Is there such a file?"""
    try:
        find(identity, suffix, folders)
    except MapError:
        return False
    return True


def standard_identity(syntax: str, version: str, document: str) -> str:
    """The base schema and map of a document: `x12/004010/855`, `edifact/d01b/ordrsp`, `edifact/service/v4/contrl`.

    `version` is GS08 (a suffix such as VICS is of no matter here), or version and release of UNH. There need not be
    such a file: a release that is not shipped has no substitute.
    """
    if document == "CONTRL":  # a service message: D.3 belongs to syntax 1 to 3, 4.1 to syntax 4 (ISO 9735)
        return "edifact/service/v4/contrl" if version.startswith("4") else "edifact/service/v3/contrl"
    if syntax == "x12":
        release = version[:6]
        if document == "TA1":  # stands outside the groups and has no release; the segment is the same in each
            release = release or "004010"
        return f"x12/{release}/{document.lower()}"
    return f"{syntax}/{version.lower().replace('.', '')}/{document.lower()}"


def document_identities(syntax: str, version: str, document: str, convention: str = "") -> tuple[str, ...]:
    """Where the schema and map of a document may lie, the most particular first.

    `convention` is the association code of UNH: EAN007 to EAN011 and their like name the subset of GS1, which has a
    folder of its own beside its directory. There need not be such files.
    """
    wide = standard_identity(syntax, version, document)
    if syntax != "edifact" or not convention.startswith("EAN"):
        return (wide,)
    folder, _, name = wide.rpartition("/")
    return f"{folder}-eancom/{name}", wide


def identities(suffix: str, folders: Sequence[Path] = ()) -> list[str]:
    """The identities of all files with this suffix, of the caller's own folders and of the shipped maps, sorted."""
    found: set[str] = set()
    for folder in (*folders, maps_folder()):
        found.update(str(path.relative_to(folder).as_posix())[: -len(suffix)] for path in folder.rglob(f"*{suffix}"))
    return sorted(name for name in found if _IDENTITY.fullmatch(name))
