"""The operations of an overlay on the layout it extends: set, pair, add_after, add_before, remove, usage, shape, note.

Not here: tables and checks (edi/mapping_source.py), narrowing the schema (edi/narrowing.py). Rule protected: an
operation that no longer applies is an error with file and line, never skipped.

    target = node { "/" node } [ "/" element ]
    node   = TAG [ "[" when-value "]" ]         REF[VR], N1[ST], DTM[137]

A loop stands for its trigger segment: `PO1/PO102` is bound in the segment that opens the loop PO1. The levels of a
hierarchy are nodes: `HL/I/LIN/LIN03`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from edi.mapping_bindings import ELEMENT
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
)

_FORMS = {
    "set": ("set", "to"),
    "pair": ("pair", "add", "remove"),
    "remove": ("remove",),
    "usage": ("usage", "is"),
    "note": ("note", "text"),
    "shape": ("shape",),
}
_NODE = re.compile(r"([A-Z][A-Z0-9]{0,2}(?:-[A-Za-z][A-Za-z0-9-]*)?)(?:\[([^\]]+)\])?")
_PART = re.compile(r"(?:[^/\[]|\[[^\]]*\])+")
_PAIR_WORDS = ("start", "qualifier", "value")


@dataclass(frozen=True, slots=True)
class _Found:
    """A node, the layout it stands in, and the element named after it."""

    node: Mapping_
    layout: Sequence_
    element: str

    @property
    def segment(self) -> Mapping_:
        """The node itself, or the trigger segment of a loop: the one that is written, where another is only read."""
        if "loop" not in self.node:
            return self.node
        layout = [as_mapping(node, "a node") for node in as_sequence(self.node["layout"], "layout")]
        return next((node for node in layout if str(node.get("direction", "")) != "read"), layout[0])


def copy_tree(node: Tree) -> Tree:
    """A copy that may be changed; every part keeps its file, line and column."""
    made: Tree
    if isinstance(node, Scalar):
        return node
    if isinstance(node, Mapping_):
        made = Mapping_()
        for key, value in node.items():
            made[key] = copy_tree(value)
    else:
        made = Sequence_(copy_tree(item) for item in node)
    made.file, made.line, made.column = node.file, node.line, node.column
    return made


def apply(layout: Sequence_, operation: Mapping_, seen: dict[tuple[str, str], Scalar]) -> None:
    """Apply one operation of `changes` to a layout that may be changed. Raises MapError (codes map.* and overlay.*)."""
    for kind in ("add_after", "add_before"):
        if kind in operation:
            _add(layout, operation, kind)
            return
    kind = next((kind for kind in _FORMS if kind in operation), "")
    if not kind:
        known = ", ".join((*_FORMS, "add_after", "add_before", "table", "check"))
        raise fail(operation, "map.unknown_key", f"an operation is one of {known}")
    check_keys(operation, _FORMS[kind], f"the operation {kind}")
    target = as_text(operation[kind], kind)
    if kind == "shape":
        _once(kind, _key("the shape", target), seen)
        _shape(layout, target)
        return
    _once(kind, target, seen)
    found = _resolve(layout, target)
    {"set": _set, "pair": _pair, "remove": _remove, "usage": _usage, "note": _note}[kind](found, operation, target)


def _once(kind: str, target: Scalar, seen: dict[tuple[str, str], Scalar]) -> None:
    for other in ("set", "remove") if kind in ("set", "remove") else (kind,):
        if (other, target) in seen:
            before = seen[other, target]
            raise fail(target, "overlay.conflict", f"{target!s} was already changed in line {before.line}")
    seen[kind, target] = target


def _set(found: _Found, operation: Mapping_, target: Scalar) -> None:
    if not found.element:
        raise fail(target, "overlay.no_target", f"set needs an element, as in {target!s}/{target!s}01")
    binding = as_text(required(operation, "to", "set"), "to")
    if found.segment.get(found.element) == binding:
        raise fail(target, "overlay.no_effect", f"{target!s} already says {binding!s}")
    key = Scalar(found.element)
    key.file, key.line, key.column = target.file, target.line, target.column
    found.segment.pop(found.element, None)
    found.segment[key] = binding


def _pair(found: _Found, operation: Mapping_, target: Scalar) -> None:
    if "pairs" not in found.segment:
        raise fail(target, "overlay.no_target", f"{target!s} has no pairs")
    pairs = as_mapping(found.segment["pairs"], "pairs")
    for raw in as_sequence(operation["remove"], "remove") if "remove" in operation else ():
        qualifier = as_text(raw, "a qualifier")
        if qualifier not in pairs or qualifier in _PAIR_WORDS:
            raise fail(qualifier, "overlay.no_target", f"{target!s} has no pair {qualifier!s}")
        del pairs[qualifier]
    if "add" in operation:
        added = as_mapping(operation["add"], "add")
        for key, value in added.items():
            if pairs.get(key) == value:
                raise fail(added.key(key), "overlay.no_effect", f"{target!s} already has the pair {key!s}")
            pairs.pop(key, None)
            pairs[added.key(key)] = value


def _remove(found: _Found, operation: Mapping_, target: Scalar) -> None:
    if not found.element and "level" in found.node:
        raise fail(target, "overlay.no_target", "a level stays, choose a shape without it")
    if not found.element:
        found.layout.remove(found.node)
    elif found.element in found.segment:
        del found.segment[found.element]
    else:
        raise fail(target, "overlay.no_target", f"nothing is bound to {target!s}")


def _usage(found: _Found, operation: Mapping_, target: Scalar) -> None:
    if found.element:
        raise fail(target, "overlay.no_target", "the usage of an element belongs to schema:, not to changes:")
    usage = as_text(required(operation, "is", "usage"), "is")
    if found.node.get("usage") == usage:
        raise fail(target, "overlay.no_effect", f"{target!s} is already {usage!s}")
    found.node[_key("usage", target)] = usage


def _shape(layout: Sequence_, shape: Scalar) -> None:
    node = next((node for node in map(_mapping, layout) if "hierarchy" in node), None)
    if node is None:
        raise fail(shape, "overlay.no_target", "the map it extends has no hierarchy")
    if re.split(r"\s*>\s*", str(node.get("shape"))) == re.split(r"\s*>\s*", shape):
        raise fail(shape, "overlay.no_effect", f"the shape is already {shape!s}")
    node[_key("shape", shape)] = shape


def _note(found: _Found, operation: Mapping_, target: Scalar) -> None:
    found.node.pop("note", None)
    found.node[_key("note", target)] = as_text(required(operation, "text", "note"), "text")


def _add(layout: Sequence_, operation: Mapping_, kind: str) -> None:
    target = as_text(operation[kind], kind)
    found = _resolve(layout, target)
    if found.element:
        raise fail(target, "overlay.no_target", f"{kind} needs a node, not an element")
    if "level" in found.node:
        raise fail(target, "overlay.no_target", f"{kind} needs a node inside the level, as in {target!s}/REF")
    node = copy_tree(operation)
    assert isinstance(node, Mapping_)
    del node[kind]
    place = next(n for n, other in enumerate(found.layout) if other is found.node)
    found.layout.insert(place + (kind == "add_after"), node)


def _key(text: str, at: Scalar) -> Scalar:
    key = Scalar(text)
    key.file, key.line, key.column = at.file, at.line, at.column
    return key


def _resolve(layout: Sequence_, target: Scalar) -> _Found:
    parts = _PART.findall(target)
    if not parts or "/".join(parts) != target:
        raise fail(target, "overlay.no_target", f"{target!s} is not an address such as PO1/ACK/ACK01")
    element = parts.pop() if len(parts) > 1 and ELEMENT.fullmatch(parts[-1]) else ""
    here = layout
    node: Mapping_ | None = None
    for number, part in enumerate(parts):
        fitting = [other for other in map(_mapping, here) if _fits(other, part)]
        if not fitting:
            near = difflib.get_close_matches(target, list(_addresses(layout)), n=3, cutoff=0.3)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise fail(target, "overlay.no_target", f"there is no {target!s} in the map it extends{hint}")
        if len(fitting) > 1:
            raise fail(
                target,
                "overlay.ambiguous_target",
                f"{part} stands {len(fitting)} times, add its qualifier or direction",
            )
        node = fitting[0]
        if number < len(parts) - 1:
            here = _inside(node)
    assert node is not None
    return _Found(node, here, element)


def _inside(node: Mapping_) -> Sequence_:
    """The nodes inside a node: of a loop or level its layout, of a hierarchy its levels."""
    if "hierarchy" in node:
        levels = Sequence_()
        for code, level in as_mapping(node["levels"], "levels").items():
            named = as_mapping(level, "a level")
            named["level"] = as_mapping(node["levels"], "levels").key(code)
            levels.append(named)
        return levels
    return as_sequence(node["layout"], "layout") if "layout" in node else Sequence_()


def _name(node: Mapping_) -> str:
    return str(next((node[key] for key in ("loop", "segment", "hierarchy", "level") if key in node), ""))


def _mapping(node: Tree) -> Mapping_:
    return as_mapping(node, "a node")


def _fits(node: Mapping_, part: str) -> bool:
    match = _NODE.fullmatch(part)
    if match is None or _name(node) != match[1]:
        return False
    values = re.findall(r'"([^"]+)"', str(node.get("when", "")))
    return not match[2] or match[2] in (*values, str(node.get("direction", "both")))


def _addresses(layout: Sequence_, prefix: str = "") -> Iterator[str]:
    for node in map(_mapping, layout):
        name = _name(node)
        values = re.findall(r'"([^"]+)"', str(node.get("when", "")))
        address = f"{prefix}{name}" + (f"[{values[0]}]" if values else "")
        yield address
        if "loop" in node or "segment" in node:
            segment = _Found(node, layout, "").segment
            yield from (f"{address}/{key}" for key in segment if ELEMENT.fullmatch(key))
        yield from _addresses(_inside(node), address + "/")
