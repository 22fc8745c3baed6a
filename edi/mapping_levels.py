"""The grammar of `hierarchy` (X12 HL) and `nest` (EDIFACT CPS): keys of a map as nodes.

Not here: following the numbers and laying them out (edi/mapping_hierarchy.py, edi/mapping_nest.py). Rule protected: a
shape is one of those that are known, and the event has a place for everything a level says.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, cast, get_args

from edi.documents.types import Data
from edi.event_fields import fields
from edi.mapping_bindings import ELEMENT, Context, address_of, target_of
from edi.mapping_hierarchy import ITEMS, ORDER, PACKAGE_IDS, PACKAGES, SHAPES, SSCCS, targets
from edi.mapping_nodes import Binding, HierarchyNode, Into, Level, LevelKind, Nest, Node, SegmentNode
from edi.structure import Entry, LoopEntry, SegmentDef
from edi.yaml_source import (
    Mapping_,
    Scalar,
    Tree,
    as_mapping,
    as_sequence,
    as_text,
    check_keys,
    fail,
    required,
    truth,
)

Plan = Callable[..., tuple[Node, ...]]
_KEYS = ("hierarchy", "shape", "code_element", "child_code", "levels", "note", "example")
_HL = {"HL01", "HL02", "HL03", "HL04"}


def nest_of(node: Mapping_, definition: SegmentDef, into: Into | None, context: Context) -> Nest | None:
    """The `nest` of a loop. Raises MapError."""
    if "nest" not in node:
        return None
    row = as_mapping(node["nest"], "nest")
    check_keys(row, ("id", "parent", "children", "loose"), "nest")
    if into is None or not into.many:
        raise fail(row, "map.missing_key", "nest needs into with a list of objects")
    children = as_text(required(row, "children", "nest"), "children")
    field = fields(into.model).get(children)
    if field is None or field.model is not into.model or children != into.target.steps[-1]:
        sentence = (
            f"children is the list {into.target.steps[-1]} inside an item of {into.target.text}, not {children!s}"
        )
        raise fail(children, "map.unknown_field", sentence)
    places = [address_of(as_text(required(row, key, "nest"), key), definition) for key in ("id", "parent")]
    return Nest(places[0], places[1], str(children), _loose(row, into, context))


def _loose(row: Mapping_, into: Into, context: Context) -> str:
    """The list of a nest's items that the event has as well. Raises MapError."""
    if "loose" not in row:
        return ""
    name = as_text(row["loose"], "loose")
    outer, inner = fields(context.model).get(name), fields(into.model).get(name)
    if outer is None or inner is None or not inner.many or inner.model is None or outer.model is not inner.model:
        sentence = f"loose is a list that both the event and an item of {into.target.text} have, not {name!s}"
        raise fail(name, "map.unknown_field", sentence)
    return str(name)


def hierarchy_of(node: Mapping_, found: tuple[int, Entry], context: Context, plan: Plan) -> HierarchyNode:
    """A hierarchy at its place in the schema. Raises MapError."""
    check_keys(node, _KEYS, "a hierarchy")
    index, entry = found
    assert isinstance(entry, LoopEntry)
    missing = sorted(_HL - {f"{entry.trigger}{element.at:02d}" for element in entry.definition.elements})
    if missing:
        raise fail(node, "map.unknown_element", f"a hierarchy is a loop of HL, {missing[0]} is not in the schema")
    package, item = _models(node, context)
    levels: dict[str, Level] = {}
    raw = as_mapping(required(node, "levels", "a hierarchy"), "levels")
    for code in raw:
        row = as_mapping(raw[code], "a level")
        levels[str(code)] = _level(row, raw.key(code), entry, context, package, item, plan)
    return HierarchyNode(
        name=entry.name,
        index=index,
        entry=entry,
        shape=shape_of_text(as_text(required(node, "shape", "a hierarchy"), "shape"), levels),
        levels=levels,
        child_code="child_code" not in node or truth(node["child_code"]),
        row=node,
        note=str(as_text(node["note"], "note")) if "note" in node else "",
    )


def shape_of_text(text: Scalar, levels: dict[str, Level]) -> tuple[str, ...]:
    """`S > O > P > I` as codes. Raises MapError: map.bad_shape."""
    shape = tuple(re.split(r"\s*>\s*", text.strip()))
    if shape not in SHAPES:
        known = ", ".join(" > ".join(one) for one in SHAPES)
        raise fail(text, "map.bad_shape", f"a shape is one of {known}; not {text!s}")
    for code in shape:
        if code not in levels:
            raise fail(text, "map.bad_shape", f"the shape has the level {code}, add it under levels")
    kinds = ("shipment", "order", "item")
    by_code = dict(zip("SOI", kinds, strict=True))
    for code in shape:
        kind = by_code.get(code, "package")
        if levels[code].kind != kind:
            raise fail(levels[code].row, "map.bad_shape", f"the level {code} of a shape is: {kind}")
    return shape


def _models(node: Mapping_, context: Context) -> tuple[type[Data], type[Data]]:
    """The models of a package and of an item of this event."""
    root = fields(context.root)
    package = root[PACKAGES].model if PACKAGES in root and root[PACKAGES].many else None
    item = root[ITEMS].model if ITEMS in root and root[ITEMS].many else None
    if package is None or item is None:
        raise fail(node, "map.unknown_field", f"the event has no lists {PACKAGES} and {ITEMS} for the levels")
    inside = fields(package)
    for name, model in ((PACKAGES, package), (ITEMS, item)):
        if name not in inside or inside[name].model is not model:
            raise fail(node, "map.unknown_field", f"a package of the event has no list {name} like that of the event")
    for holder, name in ((package, SSCCS), (item, ORDER), (item, PACKAGE_IDS)):
        if name not in fields(holder):
            raise fail(node, "map.unknown_field", f"{holder.__name__} has no field {name}")
    return package, item


def _level(
    row: Mapping_,
    code: Scalar,
    entry: LoopEntry,
    context: Context,
    package: type[Data],
    item: type[Data],
    plan: Plan,
) -> Level:
    check_keys(row, ("is", "set", "layout", "level", "note"), f"the level {code!s}")
    word = as_text(required(row, "is", "a level"), "is")
    if word not in get_args(LevelKind):
        raise fail(word, "map.bad_level", f"a level is a {', '.join(get_args(LevelKind))}; not {word!s}")
    kind = cast("LevelKind", str(word))
    item_at = ((ITEMS,), (PACKAGES, ITEMS))
    model, prefixes = {
        "shipment": (context.root, ((),)),
        "order": (item, item_at),
        "package": (package, ((PACKAGES,),)),
        "item": (item, item_at),
    }[kind]
    inner = context.at(model)
    layout = plan(as_sequence(required(row, "layout", "a level"), "layout"), entry.layout, inner)
    for node in layout:
        if node.index == 0:
            raise fail(node.row, "map.double_claim", f"{entry.trigger} is written by the hierarchy itself")
    if kind == "order":
        for target in (target for node in layout for target in targets(node)):
            if target.steps[0] != ORDER:
                sentence = f"an order level says {ORDER}.number and the like of its items, not {target.text}"
                raise fail(row, "map.unknown_field", sentence)
    return Level(str(code), kind, _fixed(row, inner), model, prefixes, layout, row)


def _fixed(row: Mapping_, context: Context) -> dict[str, Any]:
    """The `set` of a level: plain values or codes that every package of this level has."""
    found: dict[str, Any] = {}
    if "set" not in row:
        return found
    for name, value in as_mapping(row["set"], "set").items():
        text = as_text(value, str(name))
        field = target_of(str(name), text, context).field
        if field.many or field.kind not in ("text", "code"):
            raise fail(text, "map.type_clash", f"{name} is {field.kind}, set takes text or a code")
        found[str(name)] = {"value": str(text)} if field.kind == "code" else str(text)
    return found


def with_code_element(nodes: list[Node]) -> list[Node]:
    """The nodes, with the element of the shape (BSN05) bound in its segment unless the map binds it itself."""
    for hierarchy in [node for node in nodes if isinstance(node, HierarchyNode)]:
        row = cast(Mapping_, hierarchy.row)
        if "code_element" not in row:
            continue
        name = as_text(row["code_element"], "code_element")
        match = ELEMENT.fullmatch(name)
        at = next((n for n, node in enumerate(nodes) if match and node.name == match[1]), None)
        if at is None:
            raise fail(name, "map.unknown_element", f"no segment of this layout has {name!s}")
        segment = nodes[at]
        assert isinstance(segment, SegmentNode)
        address = address_of(name, segment.entry.definition)
        if any(binding.address.element == address.element for binding in segment.bindings):
            continue
        definition = segment.entry.definition.element(address.element, address.component)
        assert definition is not None
        binding = Binding(address, "shape", definition, cast(Tree, name), SHAPES[hierarchy.shape])
        nodes[at] = dataclasses.replace(segment, bindings=(*segment.bindings, binding))
    return nodes
