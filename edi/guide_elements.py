"""The elements of a guide: each segment of the map at its place, with what its values mean to the receiver.

Not here: which places there are (edi/guide_layout.py). Rules protected: usage, length and codes are those the validator
holds the partner to; a code counts as accepted only if both the schema and the table of the map know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from edi.claims import coverage
from edi.expression_words import path_in_words
from edi.guide_demands import Demands
from edi.guide_model import Code, Codes, CodeTable, Element, Pair, Pairs, Place
from edi.guide_words import condition_sentence, form_of, joined
from edi.mapping import Map
from edi.mapping_nodes import Binding, HierarchyNode, LoopNode, Node, Repeat, SegmentNode, Test
from edi.schema_words import type_in_words
from edi.structure import CodeList, Condition, ElementDef, SegmentDef

MOST_CODES = 14  # longer lists stand once at the end of the guide
_MANY_WORDS = {"count": "counted; it must be right", "shape": "the order of the levels"}


class Describer:
    """Describes the segments of one map and collects the long code lists they use."""

    def __init__(self, map_: Map, demands: Demands) -> None:
        self._map, self._demands = map_, demands
        self._lists: dict[tuple[Code, ...], CodeTable] = {}

    @property
    def code_tables(self) -> tuple[CodeTable, ...]:
        return tuple(self._lists.values())

    def title(self, definition: SegmentDef, when: tuple[Test, ...]) -> str:
        """What the segment is, and of which kind: `party: ship to`."""
        if not when:
            return definition.title
        test = when[0]
        element = definition.element(test.address.element, test.address.component)
        codes = element.codes.values if element is not None and element.codes is not None else {}
        kinds = list(dict.fromkeys(codes.get(value) or value for value in test.values))
        more = f" or {len(kinds) - 2} more" if len(kinds) > 2 else ""
        return f"{definition.title}: {' or '.join(kinds[:2]) if not more else ', '.join(kinds[:2])}{more}"

    def described(
        self, place: Place, definition: SegmentDef, node: SegmentNode | None, around: LoopNode | None
    ) -> Place:
        """The place with its elements. `around` is the loop whose first segment this is."""
        cover = coverage(node, around)
        pairs = node.pairs if node is not None else None
        elements: list[Element] = []
        unread: list[str] = []
        forbidden: list[str] = []
        shown: set[tuple[int, int]] = set()
        repeat = node.repeat if node is not None else None
        for element, component, whole, owner in _parts(definition):
            if repeat is not None and repeat.first + repeat.size <= element <= repeat.last:
                continue
            label = _label(definition.tag, element, component)
            usage = whole.effective_usage
            if usage == "not_used" or (owner is not None and owner.effective_usage == "not_used"):
                forbidden.append(f"{label} ({whole.name})")
                continue
            in_pairs = pairs is not None and pairs.form != "fixed" and pairs.first.element <= element <= pairs.last
            known = (element, component) in cover.known or (not component and (element, 1) in cover.known)
            rest = cover.lists(element, component or 1)
            fixed = pairs is not None and pairs.form == "fixed" and (element, component) in {
                (pairs.first.element, pairs.first.component), (pairs.value.element, pairs.value.component)
            }  # fmt: skip
            if in_pairs or fixed or known or rest or _must(whole, owner) or node is None:
                shown |= {(element, 0), (element, component)}
                if not in_pairs or _must(whole, owner):
                    elements.append(self._element(label, element, component, whole, owner, node, around))
            else:
                unread.append(f"{label} ({whole.name})")
        return dataclasses.replace(
            place,
            elements=tuple(elements),
            pairs=self._pairs(definition, node) if node is not None else None,
            rules=(*_repetition(definition, repeat), *_rules(definition, node, shown)),
            unread=tuple(_short(unread)),
            forbidden=tuple(_short(forbidden)),
        )

    def levels(self, place: Place, definition: SegmentDef, node: HierarchyNode) -> Place:
        """The segment that numbers the levels: HL."""
        meanings = ("number of this level, counted from 1", "number of the level above", "what the level is",
                    "1 if there are levels below, else 0")  # fmt: skip
        found = []
        for element, meaning in zip(definition.elements, meanings, strict=False):
            codes = None
            if element.at == 3:
                known = element.codes.values if element.codes else {}
                rows = tuple(Code(code, known.get(code, ""), node.levels[code].kind) for code in node.levels)
                codes = Codes(rows)
            usage = "required" if element.effective_usage == "required" else "optional"
            found.append(Element(f"{definition.tag}{element.at:02d}", element.ref, element.name,
                                 type_in_words(element), usage, meaning, "", codes))  # fmt: skip
        return dataclasses.replace(place, elements=tuple(found))

    def _element(
        self,
        label: str,
        element: int,
        component: int,
        definition: ElementDef,
        owner: ElementDef | None,
        node: SegmentNode | None,
        around: LoopNode | None,
    ) -> Element:
        binding = _bound(node, element, component)
        test = next((t for t in (*(around.when if around else ()), *(node.when if node else ()))
                     if (t.address.element, t.address.component or 1) == (element, component or 1)), None)  # fmt: skip
        usage = "required" if definition.effective_usage == "required" else "optional"
        if owner is not None and owner.effective_usage != "required" and usage == "required":
            usage = f"with {label.partition('-')[0]}"
        if test is not None and usage != "required" and "" not in test.values:
            usage = "needed"  # without it the segment is another one: nothing is missed, and nothing is read here
        elif binding is not None and node is not None and self._demands.binding(node, binding):
            usage = "required"
        elif usage == "optional" and binding is not None and node is not None:
            companions = self._demands.companions(node, binding)
            usage = f"with {joined(companions[:2], 'or')}" if companions else usage
        return Element(
            label=label,
            ref=definition.ref,
            name=definition.name,
            type=type_in_words(definition),
            usage=usage,
            meaning=self._meaning(node, around, element, component, binding),
            form=form_of(binding.converter, definition) if binding is not None else "",
            codes=self._codes(definition, binding, test),
        )

    def _meaning(
        self, node: SegmentNode | None, around: LoopNode | None, element: int, component: int, binding: Binding | None
    ) -> str:
        if binding is not None:
            if binding.kind == "const":
                return f"always {binding.text}"
            if binding.kind != "field" or binding.target is None:
                return _MANY_WORDS[binding.kind]
            return path_in_words(binding.target.text)
        if node is None:
            return ""
        if any((d.address.element, d.address.component) == (element, component) for d in node.derived):
            return "computed; it must be right"
        if node.pairs is not None and node.pairs.form == "fixed":
            if (element, component) == (node.pairs.first.element, node.pairs.first.component):
                return "says which number stands beside it"
            if (element, component) == (node.pairs.value.element, node.pairs.value.component):
                return "the number"
        if around is not None and around.nest is not None:
            if (element, component) == (around.nest.id.element, around.nest.id.component):
                return "number of this package"
            if (element, component) == (around.nest.parent.element, around.nest.parent.component):
                return "number of the package it is in"
        for other in node.bindings:
            if other.converter is None or not other.converter.beside:
                continue
            if other.converter.beside == "format" and (element, component) == (
                other.address.element, other.address.component + 1,
            ):  # fmt: skip
                return "format of the value before it"
            if other.converter.beside[-2:] == f"{element:02d}":
                return "time of that date"
        return ""

    def _codes(self, definition: ElementDef, binding: Binding | None, test: Test | None) -> Codes | None:
        listed = definition.effective_codes
        meanings = definition.codes.values if definition.codes is not None else {}
        if test is not None:
            return Codes(tuple(Code(value, meanings.get(value, "")) for value in test.values if value), selects=True)
        if binding is not None and binding.kind == "const":
            return Codes((Code(binding.text, meanings.get(binding.text, "")),))
        if binding is None or binding.table is None:
            if listed is None:
                return None
            return self._gathered(listed.name or definition.name, _plain(listed), listed.open)
        table = binding.table
        if listed is None or (listed.open and table.unknown == "fault"):
            rows = tuple(Code(code, meanings.get(code, ""), _spoken(said)) for code, said in table.read.items())
            return self._gathered(table.name, rows, table.unknown != "fault")
        values = [code for code in listed.values if table.unknown != "fault" or code in table.read]
        unknown = "other" if table.unknown == "other" else ""
        rows = tuple(
            Code(code, listed.values[code] or meanings.get(code, ""), _spoken(table.read.get(code, unknown)))
            for code in values
        )
        return self._gathered(listed.name or table.name, rows, listed.open)

    def _gathered(self, name: str, rows: tuple[Code, ...], open_: bool) -> Codes:
        if len(rows) <= MOST_CODES:
            return Codes(rows, open_)
        if rows not in self._lists:
            taken = {table.name for table in self._lists.values()}
            wanted = name.rpartition("/")[2].replace("_", " ")
            unique = next(text for n in range(1, 100) if (text := wanted + (f" {n}" if n > 1 else "")) not in taken)
            self._lists[rows] = CodeTable(unique, rows, open_)
        return Codes((), open_, list_name=self._lists[rows].name)

    def _pairs(self, definition: SegmentDef, node: SegmentNode) -> Pairs | None:
        pairs = node.pairs
        if pairs is None:
            return None
        kind = definition.element(pairs.first.element, pairs.first.component)
        if pairs.form == "composites":
            where = f"each of {_label(definition.tag, pairs.first.element, 0)} to {definition.tag}{pairs.last:02d}"
            where += f": the kind in component {pairs.first.component}, the value in component {pairs.value.component}"
        elif pairs.form == "fixed":
            where = f"{pairs.value}, by the kind in {pairs.first}"
        else:
            where = f"from {pairs.first} to {definition.tag}{pairs.last:02d}: a kind, then its value, in any order"
        meanings = kind.codes.values if kind is not None and kind.codes is not None else {}
        allowed = kind.effective_codes if kind is not None else None
        value = definition.element(pairs.value.element, pairs.value.component) or kind
        assert value is not None
        rows = tuple(
            Pair(pair.qualifier, meanings.get(pair.qualifier, ""), path_in_words(pair.target.text),
                 form_of(pair.converter, value))
            for pair in pairs.pairs
            if allowed is None or allowed.open or pair.qualifier in allowed.values
        )  # fmt: skip
        return Pairs(where, rows)


def _plain(listed: CodeList) -> tuple[Code, ...]:
    return tuple(Code(code, meaning) for code, meaning in listed.values.items())


def _spoken(meaning: str) -> str:
    return meaning.replace("_", " ")


def _label(tag: str, element: int, component: int) -> str:
    return f"{tag}{element:02d}" + (f"-{component}" if component else "")


def _parts(definition: SegmentDef) -> Iterator[tuple[int, int, ElementDef, ElementDef | None]]:
    """Every element, a composite as its components: position, component, definition, the composite around."""
    for element in definition.elements:
        if not element.components:
            yield element.at, 0, element, None
        for component in element.components:
            yield element.at, component.at, component, element


def _must(definition: ElementDef, owner: ElementDef | None) -> bool:
    return definition.effective_usage == "required" and (owner is None or owner.effective_usage == "required")


def _bound(node: SegmentNode | None, element: int, component: int) -> Binding | None:
    for binding in node.bindings if node is not None else ():
        at = binding.address
        if (at.element, at.component) == (element, component):
            return binding
        if at.rest and not at.component and element >= at.element and component in (0, 1):
            return binding
        if at.rest and at.component and element == at.element and component >= at.component:
            return binding
    return None


def _repetition(definition: SegmentDef, repeat: Repeat | None) -> Iterator[str]:
    """That the elements shown come several times."""
    if repeat is not None:
        first, last = (f"{definition.tag}{at:02d}" for at in (repeat.first, repeat.first + repeat.size - 1))
        times = (repeat.last + 1 - repeat.first) // repeat.size
        shown = first if first == last else f"{first} to {last}"
        yield (f"{shown} are one entry. More entries follow in the next elements, up to {times} in one segment, the "
               f"last in {definition.tag}{repeat.last:02d}.")  # fmt: skip


def _rules(definition: SegmentDef, node: Node | None, shown: set[tuple[int, int]]) -> Iterator[str]:
    """The conditions of a segment and of its composites, as sentences; those of unread elements stand aside."""
    pairs = node.pairs if isinstance(node, SegmentNode) else None
    run = range(pairs.first.element, pairs.last + 1) if pairs is not None and pairs.form == "run" else range(0)
    paired = False
    for condition in definition.conditions:
        if condition.kind == "P" and all(at in run for at in condition.positions):
            paired = True
        elif _concerns(condition, [(at, 0) in shown for at in condition.positions]):
            names = [f"{definition.tag}{at:02d} ({definition.elements[at - 1].name})" for at in condition.positions]
            yield condition_sentence(condition, names)
    if paired:
        yield "A kind never stands without its value, nor a value without its kind."
    for element in definition.elements:
        for condition in element.conditions:
            if _concerns(condition, [(element.at, at) in shown for at in condition.positions]):
                names = [f"{definition.tag}{element.at:02d}-{at} ({element.components[at - 1].name})"
                         for at in condition.positions]  # fmt: skip
                yield condition_sentence(condition, names)


def _concerns(condition: Condition, shown: list[bool]) -> bool:
    """Can it be broken by somebody who sends only what the guide shows?"""
    return shown[0] if condition.kind in ("C", "L", "X") else any(shown)


def _short(labels: list[str]) -> list[str]:
    """At most a dozen, and how many more there are."""
    return labels if len(labels) <= 12 else [*labels[:11], f"and {len(labels) - 11} more"]
