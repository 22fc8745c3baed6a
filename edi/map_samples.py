"""The samples of a map: where they lie, which documents of a file the map is for, and a document with another body.

A partner's samples lie in `samples/` of the partner's folder, those of a standard in `samples/` beside the folder of
the maps, under the name of the syntax; `tests:` name files relative to the folder that has `samples/`. What is
installed has no samples of the standards.

Not here: events and folders of documents (edi/map_documents.py), comparing (edi/map_test.py, edi/map_laws.py). Rule
protected: of a file that is written anew only the body of its document changes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from edi import syntax
from edi.errors import MapError
from edi.map_documents import fits, version_of
from edi.mapping import Map
from edi.model import COMPONENT, REPEAT, Identity, Message, Segment
from edi.resources import identities
from edi.syntax import Envelope, Outgoing, default_delimiters
from edi.yaml_source import load

_AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)  # of envelopes nobody looks at


def wanted(references: Sequence[str], partner: Path | None, partners: Path | None) -> list[tuple[str, Path | None]]:
    """The maps that are meant, each with its partner's folder: those that are named, else all of the partner, of all
    partners, or of the standards."""
    folders = sorted(path for path in partners.iterdir() if path.is_dir()) if partners is not None else []
    folders += [partner] if partner is not None else []
    if references:
        named = {folder.name: folder for folder in folders}
        return [(reference, named.get(reference.partition("/")[0], partner)) for reference in references]
    if not folders:
        return [(identity, None) for identity in identities(".map.yaml")]
    return [(identity_of(path), folder) for folder in folders for path in sorted(folder.glob("*.map.yaml"))]


def identity_of(path: Path) -> str:
    """The map in a partner's file: as it calls itself, else by the file's place."""
    try:
        return str(load(path).get("map") or f"{path.parent.name}/{path.name.removesuffix('.map.yaml')}")
    except MapError:
        return f"{path.parent.name}/{path.name.removesuffix('.map.yaml')}"


def home_of(map_: Map) -> Path:
    """The folder that paths of the map's tests start from."""
    source = map_.declared
    if not source.standard:
        return source.files[0].parent
    return source.files[0].parents[map_.identity.count("/") + 1]


def sample_files(map_: Map) -> list[Path]:
    """Every file that may hold documents of this map."""
    folder = home_of(map_) / "samples"
    if map_.declared.standard:
        folder /= map_.schema.syntax
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")


def documents_of(map_: Map, data: bytes) -> Iterator[Message]:
    """The documents in some bytes that the map is for."""
    return (item for item in syntax.read(data) if isinstance(item, Message) and fits(map_, item))


def interchange_of(map_: Map, segments: Sequence[Segment]) -> bytes:
    """A new file with these segments between header and trailer, one a line; its parties are nobody."""
    x12 = map_.schema.syntax == "x12"
    kind, version, convention = version_of(map_)
    release = version[:5] if x12 else "UNOC:3"
    envelope = Envelope(
        syntax=map_.schema.syntax,
        sender=Identity("SENDER", "ZZ"),
        receiver=Identity("RECEIVER", "ZZ"),
        control=1,
        at=_AT,
        version=release,
        delimiters=dataclasses.replace(default_delimiters(map_.schema.syntax, release), newline="\n"),
        group_type=map_.schema.group if x12 else "",
        group_control=1 if x12 else 0,
    )
    return syntax.write([Outgoing(kind, version, 1, segments, convention)], envelope)


def with_body(data: bytes, message: Message, segments: Sequence[Segment]) -> bytes:
    """A file with other segments between the header and trailer of one of its documents, which counts them anew."""
    interchange = message.interchange
    wire, codec = interchange.delimiters, interchange.charset
    header, trailer = message.segments[0], list(message.segments[-1])
    trailer[1] = str(len(segments) + 2)
    service = [wire.release, wire.element, wire.component, wire.terminator, wire.repeat] if wire.release else []
    lines = []
    for segment in (header, *segments, trailer):
        values = ["".join(wire.release + c if c in service else c for c in value) for value in segment]
        text = wire.element.join(values) + wire.terminator
        lines.append(text.replace(COMPONENT, wire.component).replace(REPEAT, wire.repeat))
    end = message.offset + len(message.raw)
    between = "\n" if b"\n" in message.raw.rstrip(b"\r\n") else ""
    tail = message.raw[len(message.raw.rstrip(b"\r\n")) :]
    return data[: message.offset] + between.join(lines).encode(codec) + tail + data[end:]


def body_of(message: Message) -> list[Segment]:
    """The segments between header and trailer."""
    return [list(segment) for segment in message.segments[1:-1]]
