"""What is in a folder for one map: the documents it reads, the events it writes, and everything that is something else.

Not here: what is made of them (edi/map_coverage.py). Rules protected: every file is counted; one document is in memory
at a time; what cannot be read is named, never an exception.

An event is a JSON file: a CloudEvents object as `edi read` prints it, several of them one a line, or the data alone as
golden files have it. Anything else is read as EDI, however many interchanges a file holds.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edi import syntax
from edi.check import compile_check
from edi.checked import Checked
from edi.documents import event_from_json
from edi.documents.types import Data
from edi.errors import EventError
from edi.faults import Fault
from edi.mapping import Map, Reading
from edi.model import Delimiters, Identity, Message
from edi.partner_file import load_profile
from edi.resources import standard_identity

_WHEN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_JSON = (".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Document:
    """A message of this map's document."""

    file: str
    message: Message


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event of this map's type."""

    file: str
    data: Data


@dataclass(frozen=True, slots=True)
class Other:
    """Something that is not for this map, in a few words."""

    file: str
    what: str


def found_in(paths: Iterable[Path], map_: Map, partner: Path | None = None) -> Iterator[Document | FoundEvent | Other]:
    """What the files hold, in their order; a folder stands for all files below it. `partner` is their folder, whose
    character set counts."""
    charset, wrapped = "", False
    if partner is not None and (partner / "partner.yaml").is_file():
        profile = load_profile(partner)
        charset, wrapped = profile.charset, profile.wrapped
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_file() or any(part.startswith(".") for part in file.relative_to(path).parts):
                continue
            name = str(file.relative_to(path)) if path.is_dir() else str(file)
            try:
                if file.suffix in _JSON:
                    yield from _events(name, file.read_text(encoding="utf-8"), map_)
                else:
                    with file.open("rb") as source:
                        yield from _messages(name, syntax.read(source, charset=charset, wrapped=wrapped), map_)
            except OSError as error:
                yield Other(name, f"cannot be read: {error.strerror}")
            except UnicodeDecodeError:
                yield Other(name, "neither EDI nor an event")


def fits(map_: Map, message: Message) -> bool:
    """Is it the document of this map? A subset (`d01b-eancom`) is read from messages that do not name it as well."""
    wanted = re.sub(r"-[^/]*/", "/", map_.schema.identity)
    return standard_identity(message.interchange.syntax, message.version, message.type) == wanted


def version_of(map_: Map) -> tuple[str, str, str]:
    """Type, version and convention of a map's document: `855`, `004010`, or `ORDERS`, `D.01B`, `EAN010`."""
    _, kind, version, *_ = map_.document.split()
    if map_.schema.syntax == "x12":
        return kind, version, ""
    directory, release, _, *convention = version.split(":")
    return kind, f"{directory}.{release}", "".join(convention)


def reading_of(map_: Map, message: Message) -> tuple[Reading, Checked, list[Fault]]:
    """A document checked and read, with every fault as the partner's map takes it."""
    checked = compile_check(map_.schema).check(message)
    reading = map_.read(message, checked)
    return reading, checked, [*message.faults, *map_.tolerated(checked.faults), *reading.faults]


def _messages(name: str, items: Iterable[Any], map_: Map) -> Iterator[Document | Other]:
    some = False
    for item in items:
        if isinstance(item, Message):
            some = True
            yield Document(name, item) if fits(map_, item) else Other(name, f"{item.type} {item.version}".strip())
    if not some:
        yield Other(name, "neither EDI nor an event")


def _events(name: str, text: str, map_: Map) -> Iterator[FoundEvent | Other]:
    values = _values(text)
    if not values:
        yield Other(name, "neither EDI nor an event")
    for value in values:
        type_ = str(value.get("type", "")) if "specversion" in value else ""
        if type_ and type_ not in map_.events:
            yield Other(name, type_)
            continue
        try:
            yield FoundEvent(name, event_from_json(value).data if type_ else map_.data_of(value))
        except (EventError, ValidationError):
            yield Other(name, "no " + " or ".join(map_.events))


def _values(text: str) -> list[dict[str, Any]]:
    """The JSON objects of a text, or of its lines."""
    for parts in ([text], text.splitlines()):
        try:
            found = [json.loads(part) for part in parts if part.strip()]
        except ValueError:
            continue
        return [value for value in found if isinstance(value, dict)]
    return []


def written(map_: Map, data: Data) -> Message:
    """The message a map writes, read again from bytes. Raises RenderError for what cannot be written."""
    syntax_name = map_.schema.syntax
    kind, version, convention = version_of(map_)
    level = "00501" if syntax_name == "x12" else "UNOW:4"
    delimiters = syntax.default_delimiters(syntax_name, level)
    if syntax_name == "x12":  # it has no release character: take what stands in no text
        delimiters = Delimiters(element="\x1d", component="\x1f", terminator="\x1c", repeat="\x1e")
    envelope = syntax.Envelope(
        syntax=syntax_name,
        sender=Identity("SENDER", "ZZ"),
        receiver=Identity("RECEIVER", "ZZ"),
        control=1,
        at=_WHEN,
        test=True,
        version=level,
        delimiters=delimiters,
        group_type=map_.schema.group if syntax_name == "x12" else "",
        group_sender="SENDER",
        group_receiver="RECEIVER",
        group_control=1 if syntax_name == "x12" else 0,
        group_version=version if syntax_name == "x12" else "",
    )
    segments = map_.write(data, delimiters.decimal)
    outgoing = syntax.Outgoing(type=kind, version=version, control=1, segments=segments, convention=convention)
    items = syntax.read(syntax.write([outgoing], envelope))
    return next(item for item in items if isinstance(item, Message))
