"""The small grammars inside a map's values: addresses, bindings, conditions, pairs.

Not here: nodes and layouts (edi/mapping_plan.py). Rule protected: every text of a map is understood in full or refused
with file, line and column.

    element = TAG NN [ "-" N ] [ "*" | "[*]" ]
    binding = "const" string | "count" path | field [ "as" converter {option} | "via" table ]
              [ "default" string | "from order" ]
    when    = element ( "is" string | "in" "[" string {"," string} "]" ) { "and" ... }
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from edi.documents.types import Data, DateWindow
from edi.event_fields import UnknownField, resolve
from edi.functions import Converter, UnknownConverter, converter
from edi.mapping_nodes import Address, Binding, Pair, Pairs, Target, Test
from edi.structure import ElementDef, SegmentDef
from edi.tables import Table
from edi.yaml_source import Mapping_, Scalar, as_mapping, as_text, fail

ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})([0-9]{2})(?:-([0-9]+))?(\*|\[\*\])?")
_WORD = re.compile(r'"[^"\n]*"|[^\s"]+')
_TEST = re.compile(r'(\S+)\s+(?:is\s+"([^"\n]+)"|in\s+\[((?:\s*"[^"\n]*"\s*,?)+)\])')
_STRING = re.compile(r'"([^"\n]*)"')

# Which canonical kinds a converter's result may become.
_FITS = {
    "text": {"text", "id"},
    "decimal": {"decimal"},
    "integer": {"integer", "decimal", "text"},
    "date": {"date", "text"},
    "time": {"text"},
    "datetime": {"text", "date"},
    "boolean": {"boolean", "text"},
    "window": set(),
}


@dataclass(frozen=True, slots=True)
class Context:
    """What names in a binding mean: the model of the nearest `into`, the event, tables, shared pairs."""

    model: type[Data]
    root: type[Data]
    tables: Mapping[str, Table]
    pairs: Mapping[str, Mapping_] = field(default_factory=dict)

    def at(self, model: type[Data]) -> Context:
        """The same inside an object of another model."""
        return Context(model, self.root, self.tables, self.pairs)


def address_of(node: Scalar, definition: SegmentDef) -> Address:
    """An element of a segment. Raises MapError: map.unknown_element."""
    match = ELEMENT.fullmatch(node)
    if match is None or match[1] != definition.tag:
        raise fail(node, "map.bad_address", f"{node!s} is no element of {definition.tag}, write {definition.tag}01")
    found = Address(match[1], int(match[2]), int(match[3] or 0), match[4] == "*", match[4] == "[*]")
    if found.repeats and found.component:
        raise fail(node, "map.bad_address", f"{found} is a component; only whole elements are read by repetition")
    element(node, definition, found)
    return found


def element(node: Scalar, definition: SegmentDef, address: Address) -> ElementDef:
    """The schema's definition at an address. Raises MapError."""
    found = definition.element(address.element, address.component)
    if found is None:
        sentence = f"{address} is not in the schema; {definition.tag} has {len(definition.elements)} elements"
        raise fail(node, "map.unknown_element", sentence)
    if found.components and address.rest and not address.component:
        return found.components[0]  # GIN02*: the first component of this and every following element
    if found.components and not address.component:
        raise fail(node, "map.bad_address", f"{address} is a composite, name a component such as {address}-1")
    return found


def target_of(text: str, row: Scalar, context: Context) -> Target:
    """A path into the event. Raises MapError: map.unknown_field."""
    steps = tuple(text.split("."))
    root = steps[0] == "root"
    model = context.root if root else context.model
    try:
        along = resolve(model, steps[1:] if root else steps)
    except UnknownField as error:
        raise fail(row, "map.unknown_field", str(error)) from None
    return Target(steps[1:] if root else steps, tuple(along), root or model is context.root)


def binding_of(address: Address, row: Scalar, definition: ElementDef, context: Context) -> Binding:
    """One binding. Raises MapError: map.bad_binding, map.unknown_field, map.type_clash."""
    words = _WORD.findall(row)
    if "".join(words).replace(" ", "") != row.replace(" ", "") or not words:
        raise fail(row, "map.bad_binding", f"{row!s} is not a binding")
    if words[0] == "const":
        if len(words) != 2 or not _is_string(words[1]):
            raise fail(row, "map.bad_binding", 'a constant is const "text"')
        return Binding(address, "const", definition, row, text=words[1][1:-1])
    if words[0] == "count" and len(words) == 2:  # else it is a field of that name
        if words[1] == "hl":
            return Binding(address, "count", definition, row, text="hl")
        target = target_of(words[1].removeprefix("**/").partition("/**/")[0], row, context.at(context.root))
        if "/**/" not in words[1] and not target.field.many:
            raise fail(row, "map.type_clash", f"{words[1]} is not a list")
        return Binding(address, "count", definition, row, text=words[1], target=target)
    return _field_binding(address, row, words, definition, context)


def _field_binding(
    address: Address, row: Scalar, words: list[str], definition: ElementDef, context: Context
) -> Binding:
    target = target_of(words[0], row, context)
    rest, default, from_order = words[1:], "", False
    if rest[-2:] == ["from", "order"]:
        rest, from_order = rest[:-2], True
    elif len(rest) >= 2 and rest[-2] == "default":
        if not _is_string(rest[-1]):
            raise fail(row, "map.bad_binding", 'a default is default "text"')
        rest, default = rest[:-2], rest[-1][1:-1]
    table: Table | None = None
    made: Converter | None = None
    if rest[:1] == ["via"] and len(rest) == 2:
        table = context.tables.get(rest[1])
        if table is None:
            near = difflib.get_close_matches(rest[1], context.tables, n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            raise fail(row, "map.unknown_table", f"there is no table {rest[1]!r}{hint}")
    else:
        if rest and (rest[0] != "as" or len(rest) < 2):
            sentence = f"after the field comes as, via, default or from order, not {rest[0]!r}"
            raise fail(row, "map.bad_binding", sentence)
        made = _converter(rest[1:] or ["text"], row, definition, target)
    _fits(row, target, made, table, address)
    return Binding(address, "field", definition, row, "", target, made, table, default, from_order)


def _converter(words: list[str], row: Scalar, definition: ElementDef, target: Target) -> Converter:
    try:
        return converter(words, implied=definition.places, day=target.field.kind == "date")
    except UnknownConverter as error:
        raise fail(row, "map.bad_binding", str(error)) from None


def _fits(row: Scalar, target: Target, made: Converter | None, table: Table | None, address: Address) -> None:
    field_ = target.field
    if field_.model is DateWindow and not field_.many and made is not None and made.gives == "window":
        return
    listed = field_.many and field_.kind == "text"
    if field_.kind == "object" or (field_.many and not listed) or (field_.kind == "id" and not target.scheme):
        raise fail(row, "map.type_clash", f"{target.text} is not one value, name a field of it")
    if table is not None:
        if field_.kind not in ("code", "text"):
            raise fail(row, "map.type_clash", f"{target.text} is {field_.kind}, a table gives a code")
        return
    if field_.kind == "code":
        raise fail(row, "map.type_clash", f"{target.text} is a code and needs via and a table")
    if made is not None and field_.kind not in _FITS[made.gives]:
        raise fail(row, "map.type_clash", f"{made.name} gives {made.gives}, {target.text} is {field_.kind}")
    if (address.rest or address.repeats) and not listed:
        raise fail(row, "map.type_clash", f"{address} is a list, {target.text} is one value")


def tests_of(node: Scalar, definition: SegmentDef) -> tuple[Test, ...]:
    """The tests of a `when`. Raises MapError."""
    found = []
    for part in re.split(r"\s+and\s+", node.strip()):
        match = _TEST.fullmatch(part)
        if match is None:
            sentence = f'when is {definition.tag}01 is "X" or in ["X", "Y"], joined by and, not {part!r}'
            raise fail(node, "map.bad_when", sentence)
        at = ELEMENT.fullmatch(match[1])
        if at is None or at[1] != definition.tag or at[4]:
            raise fail(node, "map.bad_when", f"{match[1]} is no element of {definition.tag}")
        address = Address(at[1], int(at[2]), int(at[3] or 0))
        element(node, definition, address)
        found.append(Test(address, (match[2],) if match[2] else tuple(_STRING.findall(match[3]))))
    return tuple(found)


def pairs_of(node: Mapping_, definition: SegmentDef, context: Context) -> Pairs:
    """The `pairs` of a segment in one of their three forms. Raises MapError."""
    if "start" in node:
        return _run_of(node, definition, context)
    places = {}
    for key in ("qualifier", "value"):
        if key not in node:
            raise fail(node, "map.missing_key", f"pairs need start, or qualifier and value; {key} is missing")
        places[key] = address_of(as_text(node[key], key), definition)
    return Pairs(
        "fixed",
        _pairs(
            node, ("qualifier", "value"), element(as_text(node["value"], "value"), definition, places["value"]), context
        ),
        places["qualifier"],
        places["value"],
        len(definition.elements),
        node,
    )


def _run_of(node: Mapping_, definition: SegmentDef, context: Context) -> Pairs:
    start = as_text(node["start"], "start")
    match = ELEMENT.fullmatch(start)
    if match is None or match[1] != definition.tag or match[3] or match[4]:
        raise fail(start, "map.bad_address", f"pairs start at an element such as {definition.tag}06, not {start!s}")
    at = int(match[2])
    composite = definition.element(at)
    if composite is None:
        raise fail(start, "map.unknown_element", f"{start!s} is not in the schema")
    parts = {key: as_text(node[key], key) for key in ("qualifier", "value") if key in node}
    if len(parts) == 1 or bool(parts) != bool(composite.components):
        sentence = "pairs of composites name the components, qualifier: 2 and value: 1; other pairs name none"
        raise fail(node, "map.bad_pairs", sentence)
    last = at
    while (following := definition.element(last + 1)) is not None and _alike(
        following, composite if parts or (last - at) % 2 else definition.elements[at]
    ):
        last += 1
    if not parts:
        value = definition.element(at + 1)
        if value is None:
            raise fail(start, "map.bad_pairs", f"{start!s} has no element after it")
        return Pairs(
            "run",
            _pairs(node, ("start",), value, context),
            Address(definition.tag, at),
            Address(definition.tag, at + 1),
            last,
            node,
        )
    addresses = {}
    for key, text in parts.items():
        if not text.isdigit() or definition.element(at, int(text)) is None:
            raise fail(text, "map.unknown_element", f"{start!s} has no component {text!s}")
        addresses[key] = Address(definition.tag, at, int(text))
    value = definition.element(at, addresses["value"].component)
    assert value is not None
    found = _pairs(node, ("start", "qualifier", "value"), value, context)
    return Pairs("composites", found, addresses["qualifier"], addresses["value"], last, node)


def _shared_pairs(node: Mapping_, context: Context) -> Mapping_:
    """The list of pairs a map names under `pairs:` at its top and uses in several segments."""
    name = as_text(node["use"], "use")
    if name not in context.pairs:
        near = difflib.get_close_matches(name, context.pairs, n=1)
        hint = f", did you mean {near[0]!r}?" if near else "; list it under pairs: at the top of the map"
        raise fail(name, "map.unknown_table", f"there is no list of pairs {name!s}{hint}")
    return context.pairs[name]


def _alike(one: ElementDef, other: ElementDef) -> bool:
    return (one.ref, one.kind) == (other.ref, other.kind)


def _pairs(node: Mapping_, own: tuple[str, ...], value: ElementDef, context: Context) -> tuple[Pair, ...]:
    found: list[Pair] = []
    for key in node:
        if key in own:
            continue
        if key == "use":
            found += _pairs(_shared_pairs(node, context), (), value, context)
            continue
        row = as_text(node[key], f"the pair {key}")
        words = _WORD.findall(row)
        target = target_of(words[0], row, context)
        if words[0].startswith("root."):
            raise fail(row, "map.bad_pairs", "a pair belongs to the nearest item, not to root")
        if words[1:2] not in ([], ["as"]):
            raise fail(row, "map.bad_pairs", f"after the field of a pair comes as, not {words[1]!r}")
        made = _converter(words[2:] or ["text"], row, value, target)
        _fits(row, target, made, None, Address("", 0))
        if target.field.many and "start" not in node:
            raise fail(row, "map.type_clash", f"{target.text} is a list, a pair at a fixed place holds one value")
        found.append(Pair(str(key), target, made))
    if not found:
        raise fail(as_mapping(node, "pairs"), "map.bad_pairs", "pairs list no qualifier")
    return tuple(found)


def _is_string(word: str) -> bool:
    return len(word) > 2 and word[0] == word[-1] == '"'
