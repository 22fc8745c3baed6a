"""The pieces of a schema file: layout entries, segment and element definitions, types, conditions, code lists.

Not here: finding and joining files (edi/schema.py). Rule protected: structure is data that is checked when it is read;
a condition that names a position the segment does not have is refused here, not discovered in production.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType

from edi.model import Syntax
from edi.structure import (
    CodeList,
    Comparison,
    Condition,
    ElementDef,
    Entry,
    LoopEntry,
    SegmentDef,
    SegmentEntry,
    Usage,
    When,
)
from edi.yaml_source import (
    Mapping_,
    Scalar,
    Sequence_,
    Tree,
    as_mapping,
    as_sequence,
    as_text,
    check_keys,
    fail,
    required,
    shown,
    truth,
)

USAGES: Mapping[str, Usage] = MappingProxyType(
    {
        "required": "required",
        "optional": "optional",
        "not_used": "not_used",
        "M": "required",
        "O": "optional",
        "C": "optional",
        "N": "not_used",
    }
)

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_X12_TYPE = re.compile(r"(AN|ID|R|N(?=[0-9])|DT|TM|B)([0-9]?) ([0-9]+)\.\.([0-9]+)")
_EDIFACT_TYPE = re.compile(r"(an|a|n)(\.\.)?([0-9]+)")
_CONDITION = re.compile(r"([PRECLOX])((?:[0-9]{2}){2,})")
_TEST = re.compile(r'([A-Z][A-Z0-9]{1,2})([0-9]{2})(?:-([0-9]+))? (?:is "([^"]+)"|in \[("[^"]+"(?:, ?"[^"]+")*)\])')

_SEGMENT_ENTRY = ("segment", "usage", "max")
_LOOP_ENTRY = ("loop", "trigger", "usage", "max", "when", "ordered", "layout")
_SEGMENT = ("title", "elements", "conditions")
_ELEMENT = ("at", "ref", "name", "type", "usage", "codes", "repeat")
_COMPOSITE = ("at", "ref", "name", "usage", "repeat", "components", "conditions")
_LIST = ("open", "values")


class Dictionary:
    """The segments and code lists a document may use: its own ones and those of its version.

    Definitions are built when a layout first asks for them; `used` holds those.
    """

    def __init__(self, syntax: Syntax, own: Mapping_, shared: Mapping_ | None) -> None:
        self.syntax = syntax
        self.used: dict[str, SegmentDef] = {}
        self._segments: dict[str, Tree] = {}
        self._code_trees: dict[str, Tree] = {}
        self._codes: dict[str, CodeList] = {}
        for tree in (own, shared):
            if tree is None:
                continue
            if "segments" in tree:
                _join(self._segments, as_mapping(tree["segments"], "segments"), "schema.duplicate_segment", "segment")
            if "codes" in tree:
                _join(self._code_trees, as_mapping(tree["codes"], "codes"), "schema.duplicate_codes", "code list")
        self.tags = frozenset(str(tag) for tag in self._segments)

    def segment(self, tag: Scalar) -> SegmentDef:
        """The definition of a tag, else MapError."""
        if tag not in self.used:
            if tag not in self._segments:
                raise fail(tag, "map.unknown_segment", f"no segment {tag!s} is defined in this version")
            self.used[str(tag)] = _segment(str(tag), as_mapping(self._segments[tag], "a segment"), self)
        return self.used[tag]

    def codes(self, node: Tree) -> CodeList:
        """An inline list, an inline table, or the named list."""
        if isinstance(node, Sequence_):
            return CodeList("", MappingProxyType({str(as_text(code, "a code")): "" for code in node}))
        if isinstance(node, Mapping_):
            return CodeList("", _meanings(node))
        name = str(as_text(node, "codes"))
        if name not in self._code_trees:
            raise fail(node, "schema.unknown_codes", f"there is no code list {name!r}")
        if name not in self._codes:
            tree = as_mapping(self._code_trees[name], "a code list")
            check_keys(tree, _LIST, "a code list")
            values = _meanings(as_mapping(required(tree, "values", "a code list"), "values"))
            self._codes[name] = CodeList(name, values, "open" in tree and truth(tree["open"]))
        return self._codes[name]


def layout_of(nodes: Sequence_, dictionary: Dictionary) -> tuple[Entry, ...]:
    """The entries of a layout. Raises MapError."""
    entries: list[Entry] = []
    seen: dict[str, bool] = {}
    for node in nodes:
        tree = as_mapping(node, "a layout entry")
        entry = _loop(tree, dictionary) if "loop" in tree else _segment_entry(tree, dictionary)
        if isinstance(entry, LoopEntry) and entry.name in seen:
            raise fail(
                tree, "schema.duplicate_loop", f"{entry.name} stands twice in this layout, give one another name"
            )
        seen[entry.name] = True
        entries.append(entry)
    if not entries:
        raise fail(nodes, "yaml.shape", "a layout needs at least one entry")
    return tuple(entries)


def usage_of(node: Tree) -> Usage:
    """`required`, `optional`, `not_used` or a short form."""
    text = as_text(node, "usage")
    if text not in USAGES:
        raise fail(text, "schema.bad_usage", f"usage is required, optional or not_used, not {shown(text)}")
    return USAGES[text]


def count_of(node: Tree, what: str) -> int | None:
    """A number from 1, or None for `any`."""
    text = as_text(node, what)
    if text == "any":
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise fail(text, "schema.bad_number", f"{what} is a number from 1 or any, not {shown(text)}")
    return int(text)


def condition_of(node: Tree, positions: int, *, guide: bool = False) -> Condition:
    """`R0203` over a segment or composite with so many positions."""
    text = as_text(node, "a condition")
    match = _CONDITION.fullmatch(text)
    if match is None:
        sentence = f"a condition is one of P R E C L O X and positions of two digits such as R0203, not {shown(text)}"
        raise fail(text, "schema.bad_condition", sentence)
    found = tuple(int(match[2][at : at + 2]) for at in range(0, len(match[2]), 2))
    if len(set(found)) != len(found) or not all(1 <= position <= positions for position in found):
        sentence = f"{text!s} names a position twice or beyond the {positions} that are defined"
        raise fail(text, "schema.bad_condition", sentence)
    return Condition(match[1], found, guide)


def _join(into: dict[str, Tree], more: Mapping_, code: str, what: str) -> None:
    for name, node in more.items():
        if name in into:
            raise fail(
                into[name], code, f"{what} {name!s} is also defined in line {more.key_line(name)} of {more.file}"
            )
        into[name] = node


def _meanings(tree: Mapping_) -> Mapping[str, str]:
    return MappingProxyType({str(code): str(as_text(meaning, "a meaning")) for code, meaning in tree.items()})


def _segment_entry(tree: Mapping_, dictionary: Dictionary) -> SegmentEntry:
    check_keys(tree, _SEGMENT_ENTRY, "a segment entry")
    tag = as_text(required(tree, "segment", "a layout entry"), "segment")
    usage = usage_of(tree["usage"]) if "usage" in tree else "optional"
    most = count_of(tree["max"], "max") if "max" in tree else 1
    return SegmentEntry(str(tag), usage, most, dictionary.segment(tag))


def _loop(tree: Mapping_, dictionary: Dictionary) -> LoopEntry:
    check_keys(tree, _LOOP_ENTRY, "a loop entry")
    name = as_text(tree["loop"], "loop")
    layout = layout_of(as_sequence(required(tree, "layout", f"loop {name!s}"), "layout"), dictionary)
    trigger = as_text(tree["trigger"], "trigger") if "trigger" in tree else name
    first = layout[0]
    if not isinstance(first, SegmentEntry) or first.tag != trigger or first.max != 1 or first.usage != "required":
        sentence = f"loop {name!s} must start with its trigger {trigger!s}: required, once"
        raise fail(tree, "schema.bad_trigger", sentence)
    usage = usage_of(tree["usage"]) if "usage" in tree else "optional"
    most = count_of(tree["max"], "max") if "max" in tree else 1
    when = _when(tree["when"], first.definition) if "when" in tree else None
    ordered = "ordered" not in tree or truth(tree["ordered"])
    return LoopEntry(str(name), str(trigger), usage, most, layout, when, ordered=ordered)


def _when(node: Tree, definition: SegmentDef) -> When:
    text = as_text(node, "when")
    tests = []
    for part in text.split(" and "):
        match = _TEST.fullmatch(part.strip())
        if match is None or match[1] != definition.tag:
            sentence = f'when is {definition.tag}01 is "X" or in ["X", "Y"], joined by and, not {shown(text)}'
            raise fail(text, "schema.bad_when", sentence)
        element, component = int(match[2]), int(match[3] or 0)
        if definition.element(element, component) is None:
            raise fail(text, "map.unknown_element", f"{definition.tag} has no element {part.split()[0]}")
        values = (match[4],) if match[4] else tuple(re.findall(r'"([^"]+)"', match[5]))
        tests.append(Comparison(element, component, values))
    return When(tuple(tests))


def _segment(tag: str, tree: Mapping_, dictionary: Dictionary) -> SegmentDef:
    check_keys(tree, _SEGMENT, f"segment {tag}")
    if not _TAG.fullmatch(tag):
        raise fail(tree, "schema.bad_tag", f"{tag!r} is not a segment tag")
    elements = _elements(as_sequence(required(tree, "elements", f"segment {tag}"), "elements"), dictionary, tag)
    last = elements[-1]
    if dictionary.syntax == "edifact" and last.repeat is not None and last.repeat > 1:
        # Before syntax 4 there is no repetition separator: further occurrences stand after the element separator.
        more = (dataclasses.replace(last, at=last.at + n, usage="optional", repeat=1) for n in range(1, last.repeat))
        elements = (*elements, *more)
    return SegmentDef(
        tag,
        as_text(required(tree, "title", f"segment {tag}"), "title"),
        elements,
        _conditions(tree, len(elements)),
    )


def _elements(nodes: Sequence_, dictionary: Dictionary, where: str) -> tuple[ElementDef, ...]:
    found = tuple(_element(as_mapping(node, "an element"), dictionary, where) for node in nodes)
    if not found:
        raise fail(nodes, "yaml.shape", f"{where} needs at least one element")
    for expected, (node, element) in enumerate(zip(nodes, found, strict=True), 1):
        if element.at != expected:
            sentence = f"{where}: position {element.at:02d} where {expected:02d} is due; positions have no gaps"
            raise fail(node, "schema.bad_position", sentence)
    return found


def _element(tree: Mapping_, dictionary: Dictionary, where: str) -> ElementDef:
    composite = "components" in tree
    check_keys(
        tree, _COMPOSITE if composite else _ELEMENT, f"{where}: a composite" if composite else f"{where}: an element"
    )
    at = as_text(required(tree, "at", f"{where}: an element"), "at")
    if not re.fullmatch(r"[0-9]{2,3}", at):
        raise fail(at, "schema.bad_position", f"{where}: a position has two digits, not {shown(at)}")
    element = ElementDef(
        at=int(at),
        ref=str(as_text(tree["ref"], "ref")) if "ref" in tree else "",
        name=str(as_text(required(tree, "name", f"{where}: an element"), "name")),
        kind="composite",
        usage=usage_of(tree["usage"]) if "usage" in tree else "optional",
        codes=dictionary.codes(tree["codes"]) if "codes" in tree else None,
        repeat=count_of(tree["repeat"], "repeat") if "repeat" in tree else 1,
    )
    if not composite:
        kind, places, shortest, longest = _type(required(tree, "type", f"{where}: an element"), dictionary.syntax)
        return dataclasses.replace(element, kind=kind, places=places, min=shortest, max=longest)
    components = _elements(as_sequence(tree["components"], "components"), dictionary, f"{where}{at}")
    if any(component.components or component.repeat != 1 for component in components):
        raise fail(tree, "schema.bad_type", f"{where}{at}: a component neither repeats nor has components")
    return dataclasses.replace(element, components=components, conditions=_conditions(tree, len(components)))


def _type(node: Tree, syntax: Syntax) -> tuple[str, int, int, int]:
    """Kind, implied decimals, shortest and longest of `R 1..15`, `N2 1..10`, `an..35` or `n6`."""
    text = as_text(node, "type")
    if syntax == "x12":
        match = _X12_TYPE.fullmatch(text)
        if match and (match[1] == "N" or not match[2]) and 0 < int(match[3]) <= int(match[4]):
            return match[1], int(match[2] or 0), int(match[3]), int(match[4])
        raise fail(text, "schema.bad_type", f"a type is AN, ID, R, N0 to N9, DT, TM or B and 1..35, not {shown(text)}")
    match = _EDIFACT_TYPE.fullmatch(text)
    if match and int(match[3]) > 0:
        return match[1], 0, 1 if match[2] else int(match[3]), int(match[3])
    raise fail(text, "schema.bad_type", f"a type is a, n or an, then a length as in an..35 or n6, not {shown(text)}")


def _conditions(tree: Mapping_, positions: int) -> tuple[Condition, ...]:
    if "conditions" not in tree:
        return ()
    return tuple(condition_of(node, positions) for node in as_sequence(tree["conditions"], "conditions"))
