"""File names as partners use them: which are allowed, which say "still being written", and how ours are made.

Not here: paths. A name is data and never becomes part of a host path except in a folder the operator has configured.
Rule protected: a name that could mean anything but itself is refused with a sentence.
"""

from __future__ import annotations

import string
import unicodedata
from pathlib import PurePosixPath

from gateway.ports import TEXT, Parcel

LONGEST = 200
TEMPLATE_FIELDS = ("doc", "number", "control", "id", "name")
_SYMBOLS = frozenset(" ._-+=()@,#")
_IN_PROGRESS = (".tmp", ".part", ".partial", ".filepart", "~")


class NameRefused(ValueError):
    """A file name that is not allowed; the text says why."""


def in_progress(name: str) -> bool:
    """Whether the name says its writer is not finished: leading dot, `.tmp`, `.part`, `.partial`, `.filepart`, `~`."""
    return name.startswith(".") or name.lower().endswith(_IN_PROGRESS)


def checked(name: str) -> str:
    """The name in Unicode normal form C. Raises NameRefused for all but 1-200 bytes of letters, digits and a few signs.

    The mark of an unfinished file (leading dot, `~`) is allowed here; such a name is never taken as final.
    """
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= LONGEST:
        raise NameRefused(f"a file name has 1 to {LONGEST} bytes")
    core = name.removesuffix("~")
    for character in core:
        if not (character in _SYMBOLS or _letter_or_digit(character)):
            raise NameRefused(f"{character!r} is not allowed in a file name; use letters, digits and ._-+=()@,#")
    if not core.strip(". "):
        raise NameRefused("a file name needs a letter or a digit")
    return name


def outgoing(template: str, parcel: Parcel) -> str:
    """The name of an outgoing file by the partner's template, or the parcel's own name where there is no template.

    Fields: `doc`, `number`, `control` from the parcel's facts (else kind, end of the key, id), `id`, `name`.
    The same parcel always gets the same name, over all retries. Characters that are not allowed become `_`. What is no
    document keeps its own name, so that no program of the partner takes it for one.
    """
    values = {
        "doc": parcel.facts.get("doc") or parcel.kind,
        "number": parcel.facts.get("number") or parcel.key.rpartition("/")[2],
        "control": parcel.facts.get("control") or parcel.id,
        "id": parcel.id,
        "name": parcel.name,
    }
    templated = template and parcel.facts.get("doc") != TEXT
    name = template.format_map(values) if templated else parcel.name or f"{parcel.id}.edi"
    return checked(_clean(name).lstrip("."))


def checked_template(template: str) -> str:
    """A template with known fields only and one that makes the name unique. Raises ValueError."""
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    if unknown := fields - set(TEMPLATE_FIELDS):
        raise ValueError(f"unknown field {{{sorted(unknown)[0]}}}; there are {', '.join(TEMPLATE_FIELDS)}")
    if template and not fields & {"control", "id", "name"}:
        raise ValueError("needs {control}, {id} or {name}: two documents must not get one name")
    return template


def beside(name: str, mark: str) -> str:
    """Another name for a file whose own is taken: `a.edi`, `1f2e` -> `a-1f2e.edi`."""
    path = PurePosixPath(name)
    return f"{path.stem}-{_clean(mark)}{path.suffix}"


def _clean(name: str) -> str:
    return "".join(c if c in _SYMBOLS or _letter_or_digit(c) else "_" for c in unicodedata.normalize("NFC", name))


def _letter_or_digit(character: str) -> bool:
    if character.isascii():
        return character.isalnum()
    return unicodedata.category(character)[0] == "L"
