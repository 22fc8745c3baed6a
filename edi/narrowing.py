"""A partner's implementation guide: operations that narrow a schema at one place.

Not here: the map operations of an overlay (edi/mapping.py). Rule protected: a guide may only narrow. What the standard
says stays in the schema; the guide's rule is put beside it, so that a fault can say whose rule was broken.
Addresses: edi/addresses.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from edi.addresses import Place, resolve
from edi.schema_source import condition_of, count_of, usage_of
from edi.structure import CodeList, ElementDef, Entry, LoopEntry, Schema, SegmentDef, SegmentEntry, Usage
from edi.yaml_source import (
    Mapping_,
    Scalar,
    as_sequence,
    as_text,
    check_keys,
    fail,
    required,
    shown,
    truth,
)

_OPERATIONS = {
    "usage": ("usage", "is"),
    "codes": ("codes", "only", "open"),
    "length": ("length", "min", "max"),
    "condition": ("condition", "add"),
    "max": ("max", "is"),
}


def narrowed(schema: Schema, operations: Iterable[object]) -> Schema:
    """The schema with the operations of an overlay's `schema:` (or a subset's `narrow:`) applied in order.

    Raises MapError: overlay.widens, overlay.no_target, overlay.ambiguous_target, overlay.conflict, overlay.no_effect.
    """
    layout = schema.layout
    seen: dict[tuple[str, str], Scalar] = {}
    for node in operations:
        if not isinstance(node, Mapping_):
            raise TypeError(f"an operation is a mapping from edi.yaml_source, not {type(node).__name__}")
        kind = next((kind for kind in _OPERATIONS if kind in node), None)
        if kind is None:
            raise fail(node, "map.unknown_key", f"an operation is one of {', '.join(_OPERATIONS)}")
        check_keys(node, _OPERATIONS[kind], f"the operation {kind}")
        target = as_text(node[kind], kind)
        if (kind, target) in seen:
            sentence = f"{kind} of {target!s} was already set in line {seen[kind, target].line}"
            raise fail(target, "overlay.conflict", sentence)
        seen[kind, target] = target
        place = resolve(layout, target)
        if kind in ("codes", "length") and not place.element:
            raise fail(target, "overlay.no_target", f"{kind} needs an element, as in {target!s}/{target!s}01")
        if kind in ("max", "condition") and place.element:
            raise fail(target, "overlay.no_target", f"{kind} needs a segment or loop, not an element")
        layout = _at(layout, place, place.steps, _change(kind, node, place))
    return dataclasses.replace(schema, layout=layout, guide=True)


# --- rebuilding the layout around a changed entry


class _Change:
    """One operation, ready to be put at its place. `lenient` = also for variants, where it may have no effect."""

    def __init__(
        self,
        entry: Callable[[Entry, bool], Entry] | None = None,
        definition: Callable[[SegmentDef, bool], SegmentDef] | None = None,
    ) -> None:
        self.entry = entry
        self.definition = definition


def _at(
    layout: tuple[Entry, ...], place: Place, steps: tuple[tuple[int, str], ...], change: _Change, lenient: bool = False
) -> tuple[Entry, ...]:
    (index, qualifier), *rest = steps
    entry = layout[index]
    changed: Entry
    if qualifier:
        changed = _variant(entry, qualifier, lambda variant: _inside(variant, place, tuple(rest), change, lenient))
    else:
        changed = _inside(entry, place, tuple(rest), change, lenient)
        if rest or change.definition:  # what holds for all occurrences holds for the qualified ones too
            changed = _variants(changed, [value for value, _ in changed.variants], place, tuple(rest), change)
    return (*layout[:index], changed, *layout[index + 1 :])


def _inside(entry: Entry, place: Place, rest: tuple[tuple[int, str], ...], change: _Change, lenient: bool) -> Entry:
    if rest:
        assert isinstance(entry, LoopEntry)
        return dataclasses.replace(entry, layout=_at(entry.layout, place, rest, change, lenient))
    if change.entry:
        return change.entry(entry, lenient)
    assert change.definition
    if isinstance(entry, LoopEntry):
        trigger = entry.layout[0]
        assert isinstance(trigger, SegmentEntry)
        first = dataclasses.replace(trigger, definition=change.definition(trigger.definition, lenient))
        return dataclasses.replace(entry, layout=(first, *entry.layout[1:]))
    return dataclasses.replace(entry, definition=change.definition(entry.definition, lenient))


def _variant(entry: Entry, qualifier: str, narrow: Callable[[Entry], Entry]) -> Entry:
    """The entry with the variant of a qualifier changed, or made from the entry itself."""
    own: Any = entry  # an entry's variants are of its own kind, which the types cannot say for a union
    known: dict[str, Any] = dict(entry.variants)
    if qualifier not in known:
        # That the entry is required does not mean that it is with every qualifier.
        usage = "not_used" if entry.effective_usage == "not_used" else "optional"
        known[qualifier] = dataclasses.replace(own, variants=(), usage=usage, guide_usage=None)
    variant: Entry = known[qualifier]
    known[qualifier] = narrow(variant)
    changed: Entry = dataclasses.replace(own, variants=tuple(known.items()))
    return changed


def _variants(
    entry: Entry, qualifiers: list[str], place: Place, rest: tuple[tuple[int, str], ...], change: _Change
) -> Entry:
    for qualifier in qualifiers:
        entry = _variant(entry, qualifier, lambda variant: _inside(variant, place, rest, change, True))
    return entry


# --- the operations


def _change(kind: str, node: Mapping_, place: Place) -> _Change:
    if kind == "max":
        most = count_of(required(node, "is", "max"), "is")
        return _Change(entry=lambda entry, lenient: _max(entry, most, node, lenient))
    if kind == "condition":
        add = required(node, "add", "condition")
        return _Change(definition=lambda definition, lenient: _condition(definition, as_text(add, "add"), lenient))
    if kind == "usage":
        usage = usage_of(required(node, "is", "usage"))
        if not place.element:
            return _Change(entry=lambda entry, lenient: _usage(entry, usage, node, lenient))
        return _element_change(place, lambda element, lenient: _usage(element, usage, node, lenient))
    if kind == "length":
        return _element_change(place, lambda element, lenient: _length(element, node, lenient))
    return _element_change(place, lambda element, lenient: _codes(element, node, lenient))


def _element_change(place: Place, narrow: Callable[[ElementDef, bool], ElementDef]) -> _Change:
    def definition(segment: SegmentDef, lenient: bool) -> SegmentDef:
        at, component = place.element - 1, place.component - 1
        element = segment.elements[at]
        if place.component:
            inner = narrow(element.components[component], lenient)
            parts = (*element.components[:component], inner, *element.components[component + 1 :])
            element = dataclasses.replace(element, components=parts)
        else:
            element = narrow(element, lenient)
        return dataclasses.replace(segment, elements=(*segment.elements[:at], element, *segment.elements[at + 1 :]))

    return _Change(definition=definition)


_U = TypeVar("_U", bound=Entry | ElementDef)


def _usage(what: _U, usage: Usage, node: Mapping_, lenient: bool) -> _U:
    now = what.effective_usage
    if usage == now:
        return _no_effect(what, node, f"it is already {usage}", lenient)
    if now != "optional":
        raise _widens(node, f"it is {now} and cannot become {usage}")
    return dataclasses.replace(what, guide_usage=usage)


def _max(entry: Entry, most: int | None, node: Mapping_, lenient: bool) -> Entry:
    now = entry.effective_max
    if most == now:
        return _no_effect(entry, node, f"its maximum is already {most or 'any'}", lenient)
    if now is not None and (most is None or most > now):
        if lenient:
            return entry
        raise _widens(node, f"its maximum is {now}")
    return dataclasses.replace(entry, guide_max=most)


def _length(element: ElementDef, node: Mapping_, lenient: bool) -> ElementDef:
    if element.components:
        raise fail(
            node, "overlay.no_target", f"a composite has no length, name a component as in {shown(node['length'])}-1"
        )
    if "min" not in node and "max" not in node:
        raise fail(node, "map.missing_key", "the operation length needs min or max")
    shortest, longest = element.effective_min, element.effective_max
    least = _number(node, "min") if "min" in node else shortest
    most = _number(node, "max") if "max" in node else longest
    if (least, most) == (shortest, longest):
        return _no_effect(element, node, f"its length is already {least}..{most}", lenient)
    if least > most:
        raise fail(node, "overlay.widens", f"no value is {least}..{most} long")
    if least < shortest or most > longest:
        if not lenient:
            raise _widens(node, f"its length is {shortest}..{longest}")
        least, most = max(least, shortest), min(most, longest)
    return dataclasses.replace(element, guide_min=least, guide_max=most)


def _number(node: Mapping_, key: str) -> int:
    found = count_of(node[key], key)
    if found is None:
        raise fail(node[key], "schema.bad_number", f"{key} is a number from 1")
    return found


def _codes(element: ElementDef, node: Mapping_, lenient: bool) -> ElementDef:
    if element.components:
        raise fail(
            node, "overlay.no_target", f"a composite has no codes, name a component as in {shown(node['codes'])}-1"
        )
    only = [as_text(code, "a code") for code in as_sequence(required(node, "only", "codes"), "only")]
    if not only:
        raise fail(node, "overlay.widens", "a list without codes can never be met")
    open_ = "open" in node and truth(node["open"])
    now = element.effective_codes
    for code in only:
        if not element.effective_min <= len(code) <= element.effective_max and not lenient:
            raise fail(code, "overlay.widens", f"code {code!s} does not fit the length of {element.type}")
        if now is not None and not now.open and code not in now.values and not lenient:
            raise fail(code, "overlay.widens", f"code {code!s} is not in the list that holds here")
    if now is not None:
        if set(only) == set(now.values) and open_ == now.open:
            return _no_effect(element, node, "the list already holds these codes", lenient)
        if open_ and element.guide_codes is not None and not element.guide_codes.open:
            raise _widens(node, "the list that holds here is closed")
    meanings = element.codes.values if element.codes else {}
    values = {str(code): meanings.get(code, "") for code in only}
    name = element.codes.name if element.codes else ""
    return dataclasses.replace(element, guide_codes=CodeList(name, values, open_))


def _condition(definition: SegmentDef, text: Scalar, lenient: bool) -> SegmentDef:
    condition = condition_of(text, len(definition.elements), guide=True)
    if condition.text in [known.text for known in definition.conditions]:
        if lenient:
            return definition
        raise fail(text, "overlay.no_effect", f"{definition.tag} already has the condition {text!s}")
    return dataclasses.replace(definition, conditions=(*definition.conditions, condition))


_N = TypeVar("_N")


def _no_effect(what: _N, node: Mapping_, sentence: str, lenient: bool) -> _N:
    if lenient:
        return what
    raise fail(node, "overlay.no_effect", f"this changes nothing: {sentence}")


def _widens(node: Mapping_, sentence: str) -> Exception:
    return fail(node, "overlay.widens", f"a guide may only narrow: {sentence}")
