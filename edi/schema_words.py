"""Schema files for people: the layout of a document, the elements of a segment, and what is wrong with a user's own
files.

Not here: reading schema files (edi/schema.py). Rule protected: what holds for the partner is shown where a guide
narrows the standard; a file is judged by loading it exactly as it will be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from edi import conditions, resources
from edi.check import compile_check
from edi.errors import MapError
from edi.schema import load_schema
from edi.structure import CodeList, Condition, ElementDef, Entry, LoopEntry, Schema, SegmentDef
from edi.yaml_source import as_text, load, required

SUFFIX = ".schema.yaml"
MOST_CODES = 12  # codes of a list that a segment shows

_USAGES = {"required": "required", "optional": "optional", "not_used": "not used"}
_KINDS = {
    "AN": "text",
    "ID": "code",
    "R": "decimal number",
    "DT": "date",
    "TM": "time",
    "B": "binary",
    "a": "letters",
    "n": "number",
    "an": "text",
}


def documents(folders: Sequence[Path] = ()) -> Iterator[str]:
    """All documents that have a schema: identity, title, and whether a map makes events of them."""
    for identity in resources.identities(SUFFIX, folders):
        title = as_text(required(load(resources.find(identity, SUFFIX, folders)), "title", "a schema"), "title")
        mapped = ", with a map" if resources.exists(identity, ".map.yaml", folders) else ""
        yield f"{identity:<28} {title}{mapped}"


def layout(schema: Schema) -> Iterator[str]:
    """The layout as a tree: usage, how often, tag or loop, title."""
    yield f"{schema.identity}: {schema.title}" + (f", group {schema.group}" if schema.group else "")
    yield from _entries(schema.layout, "")


def place(schema: Schema, name: str) -> Iterator[str]:
    """The segment `PO1` with its elements, or the element `PO103` (component `DTM01-1`) with all its codes.

    Raises MapError for a name that the document does not have.
    """
    if name in schema.segments:
        yield from _segment(schema, schema.segments[name])
        return
    match = re.fullmatch(r"([A-Z][A-Z0-9]{1,2})([0-9]{2})(?:-([0-9]+))?", name)
    definition = schema.segments.get(match[1]) if match else None
    element = definition.element(int(match[2]), int(match[3] or 0)) if match and definition else None
    if element is None:
        raise MapError(f"{schema.identity} has no segment or element {name!r}")
    yield from _element(name, element, "", _Codes(""))


def check(paths: Sequence[Path], folders: Sequence[Path] = ()) -> Iterator[tuple[bool, str]]:
    """Is each schema file good? A folder stands for all schema files below it. Yields verdict and a sentence."""
    for path in paths:
        files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not files:
            yield False, f"{path}:1:1: resource.missing: there is no *{SUFFIX} below this folder"
        for file in files:
            try:
                yield True, f"{_checked(file, folders).identity}: fine"
            except MapError as error:
                yield False, str(error)
            except OSError as error:
                yield False, f"{file}:1:1: resource.missing: {error.strerror}"


def _checked(file: Path, folders: Sequence[Path]) -> Schema:
    """Load a file under the identity it gives itself; where it lies must agree with that."""
    name = as_text(required(load(file), "schema", "a schema"), "schema")
    where = file.resolve().as_posix()
    if not where.endswith(f"/{name}{SUFFIX}"):
        raise MapError(
            f"{file}:{name.line}:{name.column}: schema.identity: the schema {str(name)!r} must stand in a file "
            f"{name}{SUFFIX}"
        )
    root = Path(where[: -len(f"/{name}{SUFFIX}")] or "/")
    schema = load_schema(str(name), (root, *folders))
    compile_check(schema)
    return schema


def _entries(entries: tuple[Entry, ...], indent: str) -> Iterator[str]:
    for entry in entries:
        most = "any" if entry.effective_max is None else str(entry.effective_max)
        name = f"{entry.name} loop" if isinstance(entry, LoopEntry) else entry.name
        head = f"{_USAGES[entry.effective_usage]:<9}{most:>7}  {indent}{name}"
        if not isinstance(entry, LoopEntry):
            yield f"{head:<34} {entry.definition.title}"
            continue
        yield head + _when(entry)
        yield from _entries(entry.layout, indent + "  ")


def _when(entry: LoopEntry) -> str:
    if entry.when is None:
        return ""
    tests = []
    for test in entry.when.tests:
        where = f"{entry.trigger}{test.element:02d}" + (f"-{test.component}" if test.component else "")
        tests.append(f"{where} is {' or '.join(test.values)}")
    return f", when {' and '.join(tests)}"


class _Codes:
    """How code lists are shown: all codes, or (with a `command` that shows all) the first ones, and each list once."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._seen: dict[int, str] = {}

    def lines(self, codes: CodeList, name: str) -> Iterator[str]:
        if first := self._seen.get(id(codes)):
            yield f"the codes of {first}"
            return
        self._seen[id(codes)] = name
        shown = list(codes.values.items())[: MOST_CODES if self._command else None]
        for code, meaning in shown:
            yield f"{code:<5} {meaning}".rstrip()
        if len(shown) < len(codes.values):
            yield f"... and {len(codes.values) - len(shown)} more: {self._command} {name}"
        if codes.open:
            yield "(the list is open: another code is a warning)"


def _segment(schema: Schema, definition: SegmentDef) -> Iterator[str]:
    yield f"{definition.tag} in {schema.identity}: {definition.title}"
    used = [address for address, entry in schema.entries() if getattr(entry, "tag", "") == definition.tag]
    yield f"stands at {', '.join(used)}"
    codes = _Codes(f"edi schema {schema.identity}")
    for element in definition.elements:
        yield from _element(f"{definition.tag}{element.at:02d}", element, "  ", codes)
    for condition in definition.conditions:
        yield f"  {_condition(condition, definition.tag, '')}"


def _element(name: str, element: ElementDef, indent: str, codes: _Codes) -> Iterator[str]:
    """An element with its components and codes."""
    repeat = "" if element.repeat == 1 else f", repeats {element.repeat or 'any number of times'}"
    ref = f" ({element.ref})" if element.ref else ""
    title = f"{element.name}{ref}"
    yield f"{indent}{name:<9}{_USAGES[element.effective_usage]:<9} {title:<34} {type_in_words(element)}{repeat}"
    for component in element.components:
        yield from _element(f"{name}-{component.at}", component, indent + "  ", codes)
    for condition in element.conditions:
        yield f"{indent}  {_condition(condition, name, '-')}"
    if element.effective_codes is not None:
        for line in codes.lines(element.effective_codes, name):
            yield f"{indent}         {line}"


def type_in_words(element: ElementDef) -> str:
    """`decimal number, 1 to 15 characters`: what holds for this partner."""
    if element.kind == "composite":
        return "composite"
    words = _KINDS.get(element.kind, "")
    if element.kind == "N":
        words = f"number with {element.places} implied decimals" if element.places else "whole number"
    least, most = element.effective_min, element.effective_max
    length = f"{least} to {most}" if least != most else str(most)
    return f"{words}, {length} character{'s' if most != 1 else ''}"


def _condition(condition: Condition, name: str, mark: str) -> str:
    names = [f"{name}{mark}{at}" if mark else f"{name}{at:02d}" for at in condition.positions]
    return f"{condition.text}: {conditions.in_words(condition, names)}"
