"""The writer of a map as Python source: an event's data as a plain dict -> the segments between header and trailer.

Not here: helper functions (edi/mapping_runtime.py), delimiters and envelopes (edi/syntax). Rules protected: nodes are
written in map order; constants alone never cause a segment; a value that does not fit is refused with its field and
element.

The source has one function: `write(e, out, mark)`: e is the data, out the list of segments, mark the decimal mark.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from edi import mapping_runtime
from edi.generated import Source
from edi.mapping_nodes import Address, Binding, LoopNode, Node, Pairs, SegmentNode, Target
from edi.mapping_runtime import PairSpec
from edi.model import COMPONENT, REPEAT, Syntax
from edi.structure import ElementDef

_OBJECTS = {
    name: getattr(mapping_runtime, name)
    for name in (
        "NOTHING", "NONE", "Refused", "head", "id_of", "holds", "computed", "count", "fit", "fit_number", "converted",
        "both", "coded", "pick", "join", "trim",
    )
} | {"CS": COMPONENT, "RS": REPEAT}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What an error says about a binding: the field and the element, both with counters in braces."""

    field: str
    element: str


@dataclass(frozen=True, slots=True)
class _Scope:
    item: str
    field: str  # prefix of canonical paths, `lines.{i3}.`
    place: str  # prefix of wire places, `PO1[{p3}]/`


class Writer:
    """Generates the writer of a map. `rows` explain the row numbers of Refused."""

    def __init__(self, layout: tuple[Node, ...], syntax: Syntax) -> None:
        self.source = Source(_OBJECTS)
        self.rows: list[Row] = []
        self._decimal_mark = syntax == "edifact"
        self._counters: list[str] = []
        body = Source({})
        body.lines = self.source.lines
        self.source.add(0, "def write(e, out, mark):")
        start = len(self.source.lines)
        self.source.add(1, "try:")
        self._layout(2, layout, _Scope("e", "", ""))
        self.source.add(2, "pass")
        self.source.add(1, "except Refused as refused:")
        indexes = ", ".join(f"{name!r}: {name}, {'p' + name[1:]!r}: {name} + 1" for name in self._counters)
        self.source.add(2, f"refused.indexes = {{{indexes}}}")
        self.source.add(2, "raise")
        if self._counters:
            self.source.lines.insert(start, f"    {' = '.join(self._counters)} = 0")

    def _row(self, scope: _Scope, field: str, address: Address) -> int:
        self.rows.append(Row(scope.field + field if field else "", f"{scope.place}{address}"))
        return len(self.rows) - 1

    def _layout(self, depth: int, layout: tuple[Node, ...], scope: _Scope) -> None:
        for node in layout:
            if node.way == "read":
                continue
            self.source.add(depth, f"# {node.row.file.rpartition('/')[2]}:{node.row.line}")
            if isinstance(node, LoopNode):
                self._loop(depth, node, scope)
            elif node.into is not None:
                self._items(depth, node, scope)
            else:
                self._segment(depth, node, scope, trigger="")

    def _enter(self, depth: int, node: Node, scope: _Scope) -> tuple[int, _Scope]:
        """Open the `for` or `if` of an `into`; without one the scope stays."""
        into = node.into
        name = node.entry.trigger
        if into is None:
            return depth, dataclasses.replace(scope, place=f"{scope.place}{name}/")
        item = self.source.name("d")
        value = self._get(scope, into.target)
        field = "" if into.target.root else scope.field
        if not into.many:
            self.source.add(depth, f"{item} = {value} or NOTHING")
            self.source.add(depth, f"if {item}:")
            return depth + 1, _Scope(item, f"{field}{into.target.text}.", f"{scope.place}{name}/")
        counter = self.source.name("i")
        self._counters.append(counter)
        self.source.add(depth, f"for {counter}, {item} in enumerate({value} or NONE):")
        if into.skip:
            self.source.add(depth + 1, f"if {counter} < {into.skip}:")
            self.source.add(depth + 2, "continue")
        inner = _Scope(item, f"{field}{into.target.text}.{{{counter}}}.", f"{scope.place}{name}[{{p{counter[1:]}}}]/")
        most = node.entry.effective_max
        if most is not None:
            row = self._row(dataclasses.replace(inner, field=inner.field.rstrip(".")), "", Address(name, 0))
            self.rows[row] = Row(inner.field.rstrip("."), inner.place.rstrip("/"))
            self.source.add(depth + 1, f"if {counter} - {into.skip} >= {most}:")
            self.source.add(depth + 2, f"raise Refused('write.too-long', {row}, '', 'at most {most}')")
        return depth + 1, inner

    def _loop(self, depth: int, node: LoopNode, scope: _Scope) -> None:
        depth, inner = self._enter(depth, node, scope)
        if node.write_when is not None:
            depth = self._guarded(depth, node, inner)
        trigger = node.layout[0]
        assert isinstance(trigger, SegmentNode)
        always = node.required or trigger.required or (node.into is not None and node.into.many)
        mark = self.source.name("m")
        self.source.add(depth, f"{mark} = len(out)")
        segment, used, finish = self._fill(depth, trigger, inner, node)
        self.source.add(depth, f"out.append({segment})")
        self._layout(depth, node.layout[1:], inner)
        if always:
            finish(depth)
            return
        self.source.add(depth, f"if {used} or len(out) > {mark} + 1:")
        finish(depth + 1)
        self.source.add(depth, "else:")
        self.source.add(depth + 1, f"del out[{mark}:]")

    def _guarded(self, depth: int, node: Node, scope: _Scope) -> int:
        test = self.source.bind("f", node.write_when)
        self.source.add(depth, f"if holds({test}, {scope.item}, e):")
        return depth + 1

    def _items(self, depth: int, node: SegmentNode, scope: _Scope) -> None:
        depth, inner = self._enter(depth, node, scope)
        self._segment(depth, node, dataclasses.replace(inner, place=scope.place), trigger="")

    def _segment(self, depth: int, node: SegmentNode, scope: _Scope, trigger: str) -> None:
        if node.write_when is not None:
            depth = self._guarded(depth, node, scope)
        if node.way == "write" and not node.bindings and node.pairs is None:
            self.source.add(depth, "pass")
        segment, used, finish = self._fill(depth, node, scope, None)
        if node.required or (node.into is not None and node.into.many):
            finish(depth)
            self.source.add(depth, f"out.append({segment})")
        else:
            self.source.add(depth, f"if {used}:")
            finish(depth + 1)
            self.source.add(depth + 1, f"out.append({segment})")
        self._spill(depth, node, scope, segment)

    # --- one segment

    def _fill(self, depth: int, node: SegmentNode, scope: _Scope, loop: LoopNode | None):  # type: ignore[no-untyped-def]
        """Code that fills a segment. Returns its name, its flag's name, and what completes it before it is written."""
        source = self.source
        segment, used = source.name("s"), source.name("u")
        when = (*(loop.when if loop else ()), *node.when)
        composites = sorted({at for at, component in self._places(node, when) if component})
        highest = max((at for at, _ in self._places(node, when)), default=0)
        source.add(
            depth,
            f"{segment} = [{node.tag!r}{', ' + repr('') if highest else ''}]"
            if highest <= 1
            else f"{segment} = [{node.tag!r}] + [''] * {highest}",
        )
        source.add(depth, f"{used} = False")
        parts = {at: source.name("c") for at in composites}
        for at, name in parts.items():
            definition = node.entry.definition.element(at)
            source.add(depth, f"{name} = [''] * {len(definition.components) if definition else 1}")
        for binding in node.bindings:
            if binding.kind == "field" and not self._spills(binding):
                self._value(depth, binding, scope, segment, parts, used)
            elif binding.kind == "field":
                self._chunk(depth, binding, node, scope, segment, parts, used)
            elif binding.kind == "count":
                self._count(depth, binding, scope, segment, parts, used)
        for derived in node.derived:
            row = self._row(scope, "", derived.address)
            definition = node.entry.definition.element(derived.address.element, derived.address.component)
            assert definition is not None
            source.add(depth, f"x = computed({source.bind('f', derived.expression)}, {scope.item}, e)")
            source.add(depth, "if x:")
            self._put(depth + 1, derived.address, self._fitted("x", definition, row), segment, parts)
        if node.pairs is not None:
            self._pairs(depth, node, node.pairs, scope, segment, parts, used)
        if node.write_if is not None:
            source.add(depth, f"if {self._get(scope, node.write_if)}:")
            source.add(depth + 1, f"{used} = True")

        def finish(depth: int) -> None:
            bound = {(b.address.element, b.address.component) for b in node.bindings if b.kind == "field"}
            for test in when:
                at = test.address
                here = self._here(at, segment, parts)
                if (at.element, at.component) not in bound:
                    source.add(depth, f"if not {here}:")
                    source.add(depth + 1, f"{here} = {test.values[0]!r}")
                else:
                    field = next(b.target.text for b in node.bindings if b.target and b.address == at)
                    source.add(depth, f"if {here} not in {test.values!r}:")
                    row = self._row(scope, field, at)
                    source.add(depth + 1, f"raise Refused('write.not-invertible', {row}, {here})")
            for binding in node.bindings:
                if binding.kind == "const":
                    source.add(depth, f"{self._here(binding.address, segment, parts)} = {binding.text!r}")
            for at, name in parts.items():
                source.add(depth, f"{segment}[{at}] = join({name})")
            self._mandatory(depth, node, scope, segment)
            source.add(depth, f"trim({segment})")

        return segment, used, finish

    def _mandatory(self, depth: int, node: SegmentNode, scope: _Scope, segment: str) -> None:
        for definition in node.entry.definition.elements:
            if definition.effective_usage != "required":
                continue
            at = Address(node.tag, definition.at)
            field = next((b.target.text for b in node.bindings if b.target and b.address.element == definition.at), "")
            row = self._row(scope, field, at)
            self.source.add(depth, f"if len({segment}) <= {definition.at} or not {segment}[{definition.at}]:")
            self.source.add(depth + 1, f"raise Refused('write.required', {row}, '', {definition.name!r})")

    def _places(self, node: SegmentNode, when):  # type: ignore[no-untyped-def]
        """Element and component of everything this node may fill, pairs of a run aside."""
        found = [(b.address.element, b.address.component) for b in node.bindings]
        found += [(d.address.element, d.address.component) for d in node.derived]
        found += [(t.address.element, t.address.component) for t in when]
        for binding in node.bindings:
            made = binding.converter
            if made is not None and made.beside == "format":
                found.append((binding.address.element, binding.address.component + 1))
            elif made is not None and made.beside:
                found.append((int(made.beside[-2:]), 0))
            if binding.address.rest and not binding.address.component:
                found.append((len(node.entry.definition.elements), 0))
        if node.pairs is not None and node.pairs.form == "fixed":
            found += [(a.element, a.component) for a in (node.pairs.first, node.pairs.value)]
        elif node.pairs is not None:
            found.append((node.pairs.last, 0))
        return found

    def _here(self, at: Address, segment: str, parts: dict[int, str]) -> str:
        return f"{parts[at.element]}[{at.component - 1}]" if at.component else f"{segment}[{at.element}]"

    def _put(self, depth: int, at: Address, value: str, segment: str, parts: dict[int, str]) -> None:
        self.source.add(depth, f"{self._here(at, segment, parts)} = {value}")

    def _get(self, scope: _Scope, target: Target) -> str:
        """An expression for the value at a path, None if absent; a list on the way stands for its first item."""
        found = "e" if target.root else scope.item
        last = len(target.steps) - (2 if target.scheme else 1)
        for step, field in zip(target.steps[:last], target.along[:last], strict=True):
            found = f"head({found}.get({step!r}))" if field.many else f"{found}.get({step!r}, NOTHING)"
        if target.scheme:
            return f"id_of({found}, {target.scheme!r})"
        return f"{found}.get({target.steps[-1]!r})"

    def _value(
        self, depth: int, binding: Binding, scope: _Scope, segment: str, parts: dict[int, str], used: str
    ) -> None:
        target = binding.target
        assert target is not None
        source = self.source
        row = self._row(
            scope if not target.root else dataclasses.replace(scope, field=""), target.text, binding.address
        )
        source.add(depth, f"x = {self._get(scope, target)}")
        source.add(depth, "if x is not None:")
        self._written(depth + 1, binding, row, segment, parts)
        source.add(depth + 1, f"{used} = True")
        if binding.default:
            source.add(depth, "else:")
            self._put(depth + 1, binding.address, repr(binding.default), segment, parts)

    def _written(self, depth: int, binding: Binding, row: int, segment: str, parts: dict[int, str]) -> None:
        source, at, made = self.source, binding.address, binding.converter
        assert binding.target is not None
        text = "x"
        if binding.target.field.kind in ("integer", "boolean"):
            text = "str(x)"
        if binding.table is not None:
            text = f"coded({source.bind('t', binding.table.code_for)}, x, {row})"
        elif made is not None and made.beside:
            source.add(depth, f"x, y = both({source.bind('w', made.write2)}, x, {row})")
            beside = (
                Address(at.tag, at.element, at.component + 1)
                if made.beside == "format"
                else Address(at.tag, int(made.beside[-2:]))
            )
            source.add(depth, "if y:")
            self._put(depth + 1, beside, "y", segment, parts)
        elif made is not None and made.name != "text":
            text = f"converted({source.bind('w', made.write)}, {text}, {row})"
        self._put(
            depth,
            at,
            self._fitted(text, binding.definition, row, made is not None and made.gives == "decimal"),
            segment,
            parts,
        )

    def _fitted(self, text: str, definition: ElementDef, row: int, number: bool = True) -> str:
        low, high = definition.effective_min or 1, definition.effective_max
        if definition.kind in ("R", "N", "n"):
            fitted = f"fit_number({text}, {low}, {high}, {row})"
        else:
            fitted = f"fit({text}, {low}, {high}, {row})"
        return f"{fitted}.replace('.', mark)" if number and self._decimal_mark else fitted

    def _count(
        self, depth: int, binding: Binding, scope: _Scope, segment: str, parts: dict[int, str], used: str
    ) -> None:
        assert binding.target is not None
        _, _, deep = binding.text.partition("/**/")
        row = self._row(scope, "", binding.address)
        self.source.add(depth, f"x = count(e, {binding.target.steps!r}, {deep!r})")
        self._put(depth, binding.address, self._fitted("str(x)", binding.definition, row), segment, parts)
        self.source.add(depth, f"{used} = {used} or x > 0")  # nothing to count is no reason to write a count

    # --- lists of plain values

    def _spills(self, binding: Binding) -> bool:
        return binding.target is not None and binding.target.field.many

    def _width(self, binding: Binding, node: SegmentNode) -> int:
        """How many values of a list one segment holds."""
        at, definition = binding.address, node.entry.definition
        if at.repeats:
            return binding.definition.repeat or 1_000_000
        if not at.rest:
            return 1
        if at.component:
            whole = definition.element(at.element)
            return len(whole.components) - at.component + 1 if whole else 1
        return len(definition.elements) - at.element + 1

    def _chunk(
        self, depth: int, binding: Binding, node: SegmentNode, scope: _Scope, segment: str, parts: dict[int, str],
        used: str,
    ) -> None:  # fmt: skip
        assert binding.target is not None
        row = self._row(scope, binding.target.text, binding.address)
        width = self._width(binding, node)
        self.source.add(depth, f"w = {self._get(scope, binding.target)} or NONE")
        limit = node.entry.effective_max if not (node.index == 0 and node.into is None) else 1
        if limit is not None:
            self.source.add(depth, f"if len(w) > {width * limit}:")
            self.source.add(depth + 1, f"raise Refused('write.too-long', {row}, '', 'at most {width * limit}')")
        self._slots(depth, binding, row, f"w[:{width}]", segment, parts)
        self.source.add(depth, f"{used} = {used} or bool(w)")

    def _slots(self, depth: int, binding: Binding, row: int, values: str, segment: str, parts: dict[int, str]) -> None:
        at, source = binding.address, self.source
        write = source.bind("w", binding.converter.write) if binding.converter is not None else ""
        fitted = self._fitted(f"converted({write}, x, {row})" if write else "x", binding.definition, row, False)
        if at.repeats:
            source.add(depth, f"{segment}[{at.element}] = RS.join({fitted} for x in {values})")
        elif at.component:
            source.add(depth, f"for k, x in enumerate({values}, {at.component - 1}):")
            source.add(depth + 1, f"{parts[at.element]}[k] = {fitted}")
        else:
            source.add(depth, f"for k, x in enumerate({values}, {at.element}):")
            source.add(depth + 1, f"{segment}[k] = {fitted}")

    def _spill(self, depth: int, node: SegmentNode, scope: _Scope, segment: str) -> None:
        """What did not fit into the first segment goes into more of the same tag."""
        for binding in node.bindings:
            if binding.kind != "field" or not self._spills(binding) or binding.target is None:
                continue
            width = self._width(binding, node)
            row = self._row(scope, binding.target.text, binding.address)
            source = self.source
            source.add(depth, f"w = {self._get(scope, binding.target)} or NONE")
            source.add(depth, f"for j in range({width}, len(w), {width}):")
            alone = dataclasses.replace(node, bindings=tuple(b for b in node.bindings if b.kind == "const"), pairs=None)
            places = self._places(node, node.when)
            parts = {at: source.name("c") for at in sorted({at for at, component in places if component})}
            more = source.name("s")
            source.add(depth + 1, f"{more} = [{node.tag!r}] + [''] * {max(at for at, _ in places)}")
            for at, name in parts.items():
                whole = node.entry.definition.element(at)
                source.add(depth + 1, f"{name} = [''] * {len(whole.components) if whole else 1}")
            self._slots(depth + 1, binding, row, f"w[j:j + {width}]", more, parts)
            for test in alone.when:
                self._put(depth + 1, test.address, repr(test.values[0]), more, parts)
            for constant in alone.bindings:
                self._put(depth + 1, constant.address, repr(constant.text), more, parts)
            for at, name in parts.items():
                source.add(depth + 1, f"{more}[{at}] = join({name})")
            source.add(depth + 1, f"out.append(trim({more}))")

    # --- pairs

    def _pairs(
        self, depth: int, node: SegmentNode, pairs: Pairs, scope: _Scope, segment: str, parts: dict[int, str], used: str
    ) -> None:
        source = self.source
        specs = source.bind("p", tuple(self._specs(pairs, scope)))
        definition = node.entry.definition.element(pairs.value.element, pairs.value.component)
        assert definition is not None
        fitted = self._fitted("v", definition, -1, False).replace("-1)", "r)")
        item = scope.item
        if pairs.form == "fixed":
            source.add(depth, f"for q, v, r in pick({item}, {specs})[:1]:")
            self._put(depth + 1, pairs.first, "q", segment, parts)
            self._put(depth + 1, pairs.value, fitted, segment, parts)
            source.add(depth + 1, f"{used} = True")
            return
        step = 2 if pairs.form == "run" else 1
        source.add(depth, f"k = {pairs.first.element}")
        source.add(depth, f"for q, v, r in pick({item}, {specs}):")
        source.add(depth + 1, f"if k + {step - 1} > {pairs.last}:")
        source.add(depth + 2, "raise Refused('write.too-long', r, v, 'no more pairs')")
        if pairs.form == "run":
            source.add(depth + 1, f"{segment}[k] = q")
            source.add(depth + 1, f"{segment}[k + 1] = {fitted}")
        else:
            length = max(pairs.first.component, pairs.value.component)
            source.add(depth + 1, f"y = [''] * {length}")
            source.add(depth + 1, f"y[{pairs.first.component - 1}] = q")
            source.add(depth + 1, f"y[{pairs.value.component - 1}] = {fitted}")
            source.add(depth + 1, f"{segment}[k] = CS.join(y)")
        source.add(depth + 1, f"k += {step}")
        source.add(depth + 1, f"{used} = True")

    def _specs(self, pairs: Pairs, scope: _Scope) -> list[PairSpec]:
        specs = []
        for pair in pairs.pairs:
            steps = pair.target.steps[: -2 if pair.target.scheme else -1]
            row = self._row(scope, pair.target.text, pairs.value)
            specs.append(
                PairSpec(pair.qualifier, steps, pair.target.steps[-1], pair.target.scheme, pair.converter.write, row)
            )
        groups: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for number, spec in enumerate(specs):
            if spec.scheme:
                groups.setdefault((spec.holder, spec.scheme), []).append(number)
        return [
            dataclasses.replace(spec, group=tuple(groups[spec.holder, spec.scheme]))
            if spec.scheme and groups[spec.holder, spec.scheme][0] == number
            else spec
            for number, spec in enumerate(specs)
        ]
