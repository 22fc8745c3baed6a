"""An annotated view of a document that a buyer can read and an analyst can match with the raw segments.

A heading says who sends what to whom; below it every segment stands at its place in the document, with each value in
words (edi/explain_words.py). A line that starts with `!` says what is wrong there. Reading only; any bytes give a text.
Names come from the schemas; a document without schema is shown with tags and values.

Not here: what a partner's map makes of the document (edi/translate.py). Memory: one message at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edi import resources, syntax
from edi.check import compile_check
from edi.checked import Checked
from edi.consistency import inconsistencies
from edi.explain_words import Line, identity_in_words, lines_of, meaning, plain, sent_in_words
from edi.faults import Fault
from edi.mapping import load_map
from edi.model import COMPONENT, Interchange, InterchangeEnd, Message, Segment
from edi.profile import Profile
from edi.schema import load_schema
from edi.structure import Schema, SegmentDef, qualifier_of, value_at
from edi.syntax.charset import UTF16
from edi.syntax.segments import segment_starts

_MOST_PARTIES = 8
# Data elements of a first segment that number the document or the order it is about.
_NUMBERS = ("324", "76", "396", "328", "367", "28", "1004", "C106")
_DATES, _REFERENCES = ("137",), ("ON", "IV", "AAK")  # qualifiers of DTM and RFF that belong in the heading
_NODES = ("HL", "CPS")  # loops that form a tree: element 1 numbers the node, element 2 names the one above it
_DEEPEST = 40  # characters that nodes are moved to the right at most
_FIRST_LINES = ("PO1", "IT1", "LIN", "CPS", "POC")  # where the lines of a document begin


def explain(data: bytes, profile: Profile | None = None) -> str:
    """The document in words. With a profile, the partner's own guide decides names and codes."""
    return "".join(f"{line}\n" for line in explain_each(data, profile))


def explain_each(source: bytes | BinaryIO, profile: Profile | None = None) -> Iterator[str]:
    """As `explain`, line by line, of bytes or a binary file of any size."""
    schemas: dict[tuple[str, str, str, str], Schema | None] = {}
    documents = 0
    first = 1  # the number of the first document of the interchange that is read
    for item in syntax.read(source):
        if isinstance(item, Interchange):
            first = documents + 1
        elif isinstance(item, Message):
            key = (item.interchange.syntax, item.version, item.type, item.convention)
            if key not in schemas:
                schemas[key] = _schema(item, profile)
            if documents:
                yield ""
            documents += 1
            yield from _message(item, schemas[key])
            continue  # its faults stand at their places
        elif isinstance(item, InterchangeEnd) and documents < first:
            yield f"Interchange {plain(item.interchange.control) or '?'} without any document"
            yield from _parties_of_the_envelope(item.interchange)
        for fault in item.faults:
            yield from _fault_lines(fault)


def _schema(message: Message, profile: Profile | None) -> Schema | None:
    name = message.interchange.syntax
    folders = profile.schemas if profile else ()
    if profile is not None:
        agreement = profile.agreement(name, message.type, "in") or profile.agreement(name, message.type, "out")
        if agreement is not None and agreement.map:
            return load_map(agreement.map, profile.folder, folders).schema
    for identity in resources.document_identities(name, message.version, message.type, message.convention):
        if resources.exists(identity, ".schema.yaml", folders):
            return load_schema(identity, folders)
    return None


# The heading


def _message(message: Message, schema: Schema | None) -> Iterator[str]:
    checked = compile_check(schema).check(message) if schema else None
    if checked is not None and not any(fault.severity == "reject" for fault in checked.faults):
        checked.faults += inconsistencies(message, lambda: checked)
    yield from _heading(message, schema, checked)
    yield from _body(message, schema, checked)


def _heading(message: Message, schema: Schema | None, checked: Checked | None) -> Iterator[str]:
    interchange, group = message.interchange, message.group
    kind = plain(message.type) or "document of unknown type"
    title = f"{schema.title} ({kind})" if schema else f"Document {kind}"
    facts = ", ".join(_facts(message, schema)) if schema else ""
    yield title + (f": {facts}" if facts else "")
    yield from _parties_of_the_envelope(interchange)
    numbers = [f"interchange {plain(interchange.control) or '?'}"]
    if group is not None:
        numbers.append(f"group {plain(group.control) or '?'}")
    numbers.append(f"document {plain(message.control) or '?'}")
    yield f"  numbers   {', '.join(numbers)}"
    version = f"{'X12' if interchange.syntax == 'x12' else 'EDIFACT'} {plain(message.version)}".rstrip()
    yield f"  release   {version}" + (f", {plain(message.convention)}" if message.convention else "")
    if schema is None:
        yield "  no schema is known for this document and release: tags and values only"
    elif checked is not None:
        for role, who in _parties(message, schema, checked):
            yield f"  {role + ' ':<10}{who}"
    faults = [*message.faults, *(checked.faults if checked else ())]
    if faults:
        yield f"  faults    {len(faults)}, marked with ! below"


def _parties_of_the_envelope(interchange: Interchange) -> Iterator[str]:
    yield f"  from      {identity_in_words(interchange.sender, interchange.syntax)}"
    yield f"  to        {identity_in_words(interchange.receiver, interchange.syntax)}"
    if sent := sent_in_words(interchange.date, interchange.time):
        yield f"  sent      {sent}"
    yield "  test      yes: nothing may be ordered, shipped or paid on it" if interchange.test else "  test      no"


def _facts(message: Message, schema: Schema) -> Iterator[str]:
    """The numbers and dates that name a document, from its first segment and, in EDIFACT, DTM and RFF of its head."""
    for segment in message.segments[1:2]:
        definition = schema.segments.get(segment[0])
        for line in lines_of(segment, definition):
            element = definition.element(line.element, line.component) if definition else None
            if element and (element.ref in _NUMBERS or element.kind == "DT"):
                yield f"{line.name} {line.text}"
    if schema.syntax == "edifact":
        for segment in _head(message):
            wanted = {"DTM": _DATES, "RFF": _REFERENCES}.get(segment[0], ())
            if qualifier_of(segment) in wanted:
                for line in lines_of(segment, schema.segments.get(segment[0])):
                    yield f"{'date' if segment[0] == 'DTM' else line.name.partition(' (')[0]} {line.text}"


def _parties(message: Message, schema: Schema, checked: Checked) -> Iterator[tuple[str, str]]:
    """Role and name of the parties that stand in the head of a document."""
    count = 0
    for segment in _head(message):
        tag = segment[0]
        if tag not in ("N1", "NAD") or tag not in schema.segments or count >= _MOST_PARTIES:
            continue
        count += 1
        code = value_at(segment, 1)
        role = meaning(schema.segments[tag].element(1), code) or f"party {plain(code)}"
        name, number = (2, 4) if tag == "N1" else (4, 2)
        names = [part for part in value_at(segment, name).split(COMPONENT) if part]
        found = [plain(" ".join(names)), plain(value_at(segment, number).partition(COMPONENT)[0])]
        if tag == "NAD" and not names:
            found[0] = plain(value_at(segment, 3).replace(COMPONENT, " "))
        yield role, ", ".join(part for part in found if part)


def _head(message: Message) -> Iterator[Segment]:
    for segment in message.segments:
        if segment[0] in _FIRST_LINES:
            return
        yield segment


# The body


@dataclass(frozen=True, slots=True)
class Annotated:
    """A segment beside its values in words. `indent` moves nodes of a tree to the right; `before` are the faults of
    what is missing in front of it."""

    number: int
    indent: str
    path: str
    title: str
    raw: str
    lines: tuple[Line, ...]
    before: tuple[Fault, ...]
    after: tuple[Fault, ...]


def annotated(
    message: Message, schema: Schema | None, checked: Checked | None, faults: Sequence[Fault]
) -> Iterator[Annotated | Fault]:
    """Every segment of a message in words, each fault with its segment; faults without a segment stand alone."""
    by_segment: dict[int, list[Fault]] = {}
    for fault in faults:
        by_segment.setdefault(fault.location.segment, []).append(fault)
    yield from by_segment.pop(0, ())
    raws = _raw_segments(message)
    nodes: dict[str, str] = {}
    node = ""  # the indent of the node that is open
    for number, segment in enumerate(message.segments, 1):
        path = checked.place(segment)[1].removeprefix(f"{message.name}/") if checked else ""
        path = plain(path or segment[0]) or "(no tag)"
        if segment[0] in _NODES:
            above = nodes.get(value_at(segment, 2))
            node = nodes[value_at(segment, 1)] = "" if above is None else f"{above}  "[:_DEEPEST]
        indent = "  " * path.count("/") + (node if path.startswith(_NODES) else "")
        here = by_segment.pop(number, [])
        before = [fault for fault in here if not fault.location.element and fault.location.tag != segment[0]]
        definition = schema.segments.get(segment[0]) if schema else None
        yield Annotated(
            number,
            indent,
            path,
            _title(segment, definition),
            next(raws, ""),
            tuple(lines_of(segment, definition)),
            tuple(before),
            tuple(fault for fault in here if fault not in before),
        )
    for rest in by_segment.values():
        yield from rest


def _body(message: Message, schema: Schema | None, checked: Checked | None) -> Iterator[str]:
    faults = [*message.faults, *(checked.faults if checked else ())]
    for found in annotated(message, schema, checked, faults):
        if isinstance(found, Fault):
            yield from _fault_lines(found)
            continue
        for fault in found.before:
            yield from _fault_lines(fault, found.indent)
        yield f"{found.number:5}  {found.indent}{found.path}  {found.title}".rstrip()
        yield f"       {found.indent}  | {found.raw}".rstrip()
        yield from _values(found.lines, found.after, found.indent)


def _title(segment: Segment, definition: SegmentDef | None) -> str:
    """What the segment is, and of which kind: `party: ship to`, `tree node: pack`."""
    if definition is None:
        return ""
    element = definition.element(3 if segment[0] == "HL" else 1)
    kind = element.components[0] if element and element.components else element
    if kind is None or not kind.name.endswith(("kind", "role", "level")):
        return definition.title
    known = meaning(kind, value_at(segment, 3) if segment[0] == "HL" else qualifier_of(segment))
    return definition.title + (f": {known}" if known else "")


def _values(lines: Iterable[Line], faults: Iterable[Fault], indent: str) -> Iterator[str]:
    """The values of a segment, each fault below the value it is about, or where a missing value should stand."""
    rows: list[tuple[tuple[int, int, int], list[str]]] = []
    for line in lines:
        text = f"       {indent}  {line.label:<10} {line.name:<28} {line.text}".rstrip()
        rows.append(((line.element, line.component, 0), [text]))
    for fault in faults:
        where = fault.location
        key = (where.element, where.component or (99 if where.element else 0), 1)
        rows.append((key, list(_fault_lines(fault, indent))))
    for _, texts in sorted(rows, key=lambda row: row[0]):
        yield from texts


def _fault_lines(fault: Fault, indent: str = "") -> Iterator[str]:
    place = plain(fault.location.element_name) or fault.place.rpartition("/")[2]
    sentence = fault.message.removeprefix(f"{fault.place}: ")
    yield f"!      {indent}  {fault.severity} in {place}: {sentence}"


def _raw_segments(message: Message) -> Iterator[str]:
    """The segments as they came, without terminators."""
    interchange, raw, charset = message.interchange, message.raw, message.interchange.charset
    if charset in UTF16:
        raw, charset = raw.decode(charset, "surrogatepass").encode("utf-8", "surrogatepass"), "utf-8"
    places = segment_starts(raw, interchange.syntax, interchange.delimiters)
    for at in range(0, len(places), 2):
        yield plain(raw[places[at] : places[at + 1]].decode(charset, "replace"))
