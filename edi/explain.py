"""An annotated view of a document for people: every segment with its title, every element with its name and code
meaning.

Reading only; any bytes give a text. What the names are comes from the schemas, and nothing else is known here.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi import resources, syntax
from edi.errors import MapError
from edi.mapping import load_map
from edi.model import COMPONENT, REPEAT, Group, Interchange, Message, Segment
from edi.profile import Profile
from edi.schema import load_schema
from edi.structure import ElementDef, Schema


def explain(data: bytes, profile: Profile | None = None) -> str:
    """The document in words. With a profile, the partner's own guide decides names and codes."""
    lines: list[str] = []
    for item in syntax.read(data):
        if isinstance(item, Interchange):
            kind = "test " if item.test else ""
            lines.append(
                f"{kind}interchange {item.control} ({item.syntax.upper()} {item.version}) "
                f"from {item.sender.id} to {item.receiver.id}, {item.date} {item.time}"
            )
        elif isinstance(item, Group):
            lines.append(f"group {item.type} {item.control}, release {item.version}")
        elif isinstance(item, Message):
            lines.extend(_message(item, _schema(item, profile)))
        lines.extend(f"! {fault.message}" for fault in item.faults)
    return "\n".join(lines) + "\n"


def _schema(message: Message, profile: Profile | None) -> Schema | None:
    syntax_name = message.interchange.syntax
    if profile is not None:
        agreement = profile.agreement(syntax_name, message.type, "in") or profile.agreement(
            syntax_name, message.type, "out"
        )
        if agreement is not None:
            return load_map(agreement.map, profile.folder).schema
    identity = resources.standard_identity(syntax_name, message.version, message.type)
    try:
        return load_schema(identity)
    except MapError:
        return None


def _message(message: Message, schema: Schema | None) -> Iterator[str]:
    title = f": {schema.title}" if schema is not None else ""
    yield f"{message.type} {message.control}{title}"
    for number, segment in enumerate(message.segments, start=1):
        definition = schema.segments.get(segment[0]) if schema is not None else None
        yield f"  {number:4} {segment[0]:<4}{definition.title if definition else ''}".rstrip()
        yield from _elements(segment, definition.elements if definition else ())


def _elements(segment: Segment, definitions: tuple[ElementDef, ...]) -> Iterator[str]:
    for at, value in enumerate(segment[1:], start=1):
        if not value:
            continue
        definition = next((d for d in definitions if d.at == at), None)
        parts = value.split(REPEAT)[0].split(COMPONENT)
        if definition is None or not definition.components:
            yield _line(f"{segment[0]}{at:02d}", definition, value.replace(COMPONENT, ":"))
            continue
        for position, part in enumerate(parts, start=1):
            if part:
                inner = next((d for d in definition.components if d.at == position), None)
                yield _line(f"{segment[0]}{at:02d}-{position}", inner, part)


def _line(place: str, definition: ElementDef | None, value: str) -> str:
    name = definition.name if definition else ""
    meaning = definition.codes.values.get(value, "") if definition and definition.codes else ""
    return f"         {place:<9} {name:<24} {value}" + (f"  = {meaning}" if meaning else "")
