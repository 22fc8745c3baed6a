"""One segment of a map's writer as Python source: its elements, lists of values and pairs.

Not here: nodes, loops and items (edi/mapping_write.py), the functions the source calls (edi/mapping_runtime.py). Rules
protected: constants alone never cause a segment; a value that does not fit is refused with the row of its binding.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edi.generated import Source
from edi.mapping_nodes import Address, Binding, LoopNode, Pairs, SegmentNode, Target, Test, counted, is_list
from edi.mapping_runtime import PairSpec, PairSpecs
from edi.structure import ElementDef

_UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """What an error says about a binding: the field and the element, both with loop counters in braces."""

    field: str
    element: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the code stands: the dict it reads, the prefix of canonical paths, the prefix of wire places."""

    item: str
    field: str
    place: str
    numbers: tuple[str, str] = ("", "")  # variables with the number of an item of a nest, and of the item around it


@dataclass(slots=True)
class Code:
    """What all parts of one writer share. `mark`: numbers are written with the decimal mark of the interchange."""

    source: Source
    mark: bool
    rows: list[Row] = field(default_factory=list)

    def row(self, scope: Scope, target: Target | None, address: Address) -> int:
        """The number under which errors find a binding."""
        prefix = "" if target is not None and target.root else scope.field
        self.rows.append(Row(prefix + target.text if target is not None else "", f"{scope.place}{address}"))
        return len(self.rows) - 1

    def get(self, scope: Scope, target: Target) -> str:
        """An expression for the value at a path, None if absent; a list on the way stands for its first item."""
        found = "e" if target.root else scope.item
        last = len(target.steps) - (2 if target.scheme else 1)
        for step, along in zip(target.steps[:last], target.along[:last], strict=True):
            found = f"head({found}.get({step!r}))" if along.many else f"{found}.get({step!r}, NOTHING)"
        if target.scheme:
            return f"id_of({found}, {target.scheme!r})"
        return f"{found}.get({target.steps[-1]!r})"

    def fitted(self, text: str, definition: ElementDef, row: int | str, *, number: bool = False) -> str:
        """The text checked against type, length and codes of its element; a number with the decimal mark of the
        interchange."""
        low, high, codes = definition.effective_min or 1, definition.effective_max, definition.effective_codes
        fit = {"R": "fit_number", "n": "fit_number", "N": "fit_whole"}.get(definition.kind, "fit")
        checked = f"{fit}({text}, {low}, {high}, {row})"
        if codes is not None and not codes.open:
            checked = f"among({checked}, {self.source.bind('l', frozenset(codes.values))}, {row})"
        return f"{checked}.replace('.', mark)" if number and self.mark else checked


class SegmentCode:
    """Generates one segment. `name` is its variable, `used` the flag that says whether it has a value."""

    def __init__(self, code: Code, depth: int, node: SegmentNode, scope: Scope, loop: LoopNode | None = None) -> None:
        self.code, self.node, self.scope, self.loop = code, node, scope, loop
        self.when: tuple[Test, ...] = (*(loop.when if loop else ()), *node.when)
        self.name, self.used = code.source.name("s"), code.source.name("u")
        self.parts: dict[int, str] = {}  # element -> variable with its components
        code.source.add(depth, f"{self.used} = False")
        self._empty(depth, self.name, self.parts)
        for binding in node.bindings:
            if binding.kind == "count":
                self._count(depth, binding)
            elif is_list(binding):
                self._first_chunk(depth, binding)
            elif binding.kind == "field":
                self._value(depth, binding)
        for derived in node.derived:
            expression = code.source.bind("f", derived.expression)
            text = f"computed({expression}, {scope.item}, e)"
            self._put(depth, derived.address, self._fitted(text, derived.address, None))
        if node.pairs is not None:
            self._pairs(depth, node.pairs)
        if node.write_if is not None:
            code.source.add(depth, f"{self.used} = {self.used} or bool({code.get(scope, node.write_if)})")

    def finish(self, depth: int) -> None:
        """Constants, composites, what is mandatory: the segment is about to be written."""
        source, node = self.code.source, self.node
        bound = {(b.address.element, b.address.component): b for b in node.bindings if b.kind == "field"}
        for test in self.when:
            here = self._here(test.address)
            binding = bound.get((test.address.element, test.address.component))
            if binding is None:
                source.add(depth, f"{here} = {here} or {test.values[0]!r}")
            else:
                row = self.code.row(self.scope, binding.target, test.address)
                source.add(depth, f"if {here} not in {test.values!r}:")
                source.add(depth + 1, f"raise Refused('write.not-invertible', {row}, {here})")
        if self.loop is not None and self.loop.nest is not None:
            for at, number in zip((self.loop.nest.id, self.loop.nest.parent), self.scope.numbers, strict=True):
                self._put(depth, at, number)
        for binding in node.bindings:
            if binding.kind in ("const", "shape"):
                self._put(depth, binding.address, repr(binding.text))
        for element, components in self.parts.items():
            source.add(depth, f"{self.name}[{element}] = join({components})")
        for definition in node.entry.definition.elements:
            if definition.effective_usage == "required":
                target = next((b.target for b in node.bindings if b.address.element == definition.at), None)
                row = self.code.row(self.scope, target, Address(node.tag, definition.at))
                source.add(depth, f"if not {self.name}[{definition.at}]:")
                source.add(depth + 1, f"raise Refused('write.required', {row}, '', {definition.name!r})")
        source.add(depth, f"trim({self.name})")

    # --- places

    def _empty(self, depth: int, name: str, parts: dict[int, str]) -> None:
        """An empty segment with room for every element, and empty composites for those that have components."""
        source, definition = self.code.source, self.node.entry.definition
        source.add(depth, f"{name} = [{self.node.tag!r}] + [''] * {len(definition.elements)}")
        addresses = [b.address for b in self.node.bindings] + [d.address for d in self.node.derived]
        addresses += [test.address for test in self.when]
        if self.loop is not None and self.loop.nest is not None:
            addresses += [self.loop.nest.id, self.loop.nest.parent]
        if self.node.pairs is not None and self.node.pairs.form == "fixed":
            addresses += [self.node.pairs.first, self.node.pairs.value]
        for element in sorted({address.element for address in addresses if address.component}):
            whole = definition.element(element)
            parts[element] = source.name("c")
            source.add(depth, f"{parts[element]} = [''] * {len(whole.components) if whole else 1}")

    def _here(self, at: Address) -> str:
        return f"{self.parts[at.element]}[{at.component - 1}]" if at.component else f"{self.name}[{at.element}]"

    def _put(self, depth: int, at: Address, value: str) -> None:
        self.code.source.add(depth, f"{self._here(at)} = {value}")

    def _fitted(self, text: str, at: Address, target: Target | None) -> str:
        definition = self.node.entry.definition.element(at.element, at.component)
        assert definition is not None
        return self.code.fitted(text, definition, self.code.row(self.scope, target, at), number=True)

    # --- single values

    def _value(self, depth: int, binding: Binding) -> None:
        source, target = self.code.source, binding.target
        assert target is not None
        row = self.code.row(self.scope, target, binding.address)
        source.add(depth, f"x = {self.code.get(self.scope, target)}")
        source.add(depth, "if x is not None:")
        number = binding.converter is not None and binding.converter.gives == "decimal"
        text = self._text(depth + 1, binding, row)
        self._put(depth + 1, binding.address, self.code.fitted(text, binding.definition, row, number=number))
        source.add(depth + 1, f"{self.used} = True")
        if binding.default:
            source.add(depth, "else:")
            self._put(depth + 1, binding.address, repr(binding.default))

    def _text(self, depth: int, binding: Binding, row: int) -> str:
        """An expression for the wire text of `x`."""
        source, at, made = self.code.source, binding.address, binding.converter
        assert binding.target is not None
        if binding.table is not None:
            return f"coded({source.bind('t', binding.table.code_for)}, x, {row})"
        text = "str(x)" if binding.target.field.kind in ("integer", "boolean") else "x"
        if made is None or (made.name == "text" and not made.beside):
            return text
        if made.gives == "window":
            source.add(depth, "x = f\"{x.get('earliest', '')}/{x.get('latest', '')}\"")
        if not made.beside:
            return f"converted({source.bind('w', made.write)}, {text}, {row})"
        source.add(depth, f"x, y = both({source.bind('w', made.write2)}, x, {row})")
        if made.beside == "format":
            self._put(depth, Address(at.tag, at.element, at.component + 1), "y")
        else:
            self._put(depth, Address(at.tag, int(made.beside[-2:])), "y")
        return "x"

    def _count(self, depth: int, binding: Binding) -> None:
        if binding.target is None:
            self.code.source.add(depth, "x = len(hl)")
        else:
            steps, deep = counted(binding)
            self.code.source.add(depth, f"x = count(e, {steps!r}, {deep!r})")
        self._put(depth, binding.address, self._fitted("str(x)", binding.address, None))
        self.code.source.add(depth, f"{self.used} = {self.used} or x > 0")  # no count of nothing for its own sake

    # --- lists of plain values

    def _width(self, binding: Binding) -> int:
        """How many values of a list one segment holds."""
        at, definition = binding.address, self.node.entry.definition
        if at.repeats:
            return binding.definition.repeat or _UNLIMITED
        if not at.rest:
            return 1
        whole = definition.element(at.element)
        if at.component and whole is not None:
            return len(whole.components) - at.component + 1
        return len(definition.elements) - at.element + 1

    def _first_chunk(self, depth: int, binding: Binding) -> None:
        source, target = self.code.source, binding.target
        assert target is not None
        row = self.code.row(self.scope, target, binding.address)
        width = self._width(binding)
        source.add(depth, f"w = {self.code.get(self.scope, target)} or NONE")
        # A list in the trigger of a loop opens further loops only if nothing else is in them.
        segments = self.node.entry.effective_max
        if self.loop is not None and self.node.into is None:
            segments = self.loop.entry.effective_max if self.loop.spills else 1
        if segments is not None:
            source.add(depth, f"if len(w) > {width * segments}:")
            source.add(depth + 1, f"raise Refused('write.too-long', {row}, '', 'at most {width * segments}')")
        self._slots(depth, binding, row, f"w[:{width}]", self.name, self.parts)
        source.add(depth, f"{self.used} = {self.used} or bool(w)")

    def _slots(self, depth: int, binding: Binding, row: int, values: str, name: str, parts: dict[int, str]) -> None:
        at, source = binding.address, self.code.source
        write = source.bind("w", binding.converter.write) if binding.converter is not None else ""
        fitted = self.code.fitted(f"converted({write}, x, {row})" if write else "x", binding.definition, row)
        if at.repeats:
            source.add(depth, f"{name}[{at.element}] = RS.join({fitted} for x in {values})")
            return
        into, first = (parts[at.element], at.component - 1) if at.component else (name, at.element)
        source.add(depth, f"for k, x in enumerate({values}, {first}):")
        source.add(depth + 1, f"{into}[k] = {fitted}")

    def spill(self, depth: int) -> None:
        """What did not fit into the first segment goes into more of the same tag."""
        source = self.code.source
        for binding in self.node.bindings:
            if not is_list(binding) or binding.target is None:
                continue
            width = self._width(binding)
            row = self.code.row(self.scope, binding.target, binding.address)
            name, parts = source.name("s"), dict[int, str]()
            source.add(depth, f"w = {self.code.get(self.scope, binding.target)} or NONE")
            source.add(depth, f"for j in range({width}, len(w), {width}):")
            self._empty(depth + 1, name, parts)
            self._slots(depth + 1, binding, row, f"w[j:j + {width}]", name, parts)
            fixed = [(test.address, test.values[0]) for test in self.when]
            fixed += [(other.address, other.text) for other in self.node.bindings if other.kind == "const"]
            for at, text in fixed:
                here = f"{parts[at.element]}[{at.component - 1}]" if at.component else f"{name}[{at.element}]"
                source.add(depth + 1, f"{here} = {text!r}")
            for element, components in parts.items():
                source.add(depth + 1, f"{name}[{element}] = join({components})")
            source.add(depth + 1, f"out.append(trim({name}))")

    # --- pairs

    def _pairs(self, depth: int, pairs: Pairs) -> None:
        source, first, value = self.code.source, pairs.first, pairs.value
        specs = source.bind("p", PairSpecs(self._specs(pairs)))
        definition = self.node.entry.definition.element(value.element, value.component)
        assert definition is not None
        text = self.code.fitted("v", definition, "r")
        found = f"pick({self.scope.item}, {specs})"
        if pairs.form == "fixed":
            source.add(depth, f"for q, v, r in {found}[:1]:")
            self._put(depth + 1, first, "q")
            self._put(depth + 1, value, text)
            source.add(depth + 1, f"{self.used} = True")
            return
        step = 2 if pairs.form == "run" else 1
        source.add(depth, f"for k, (q, v, r) in enumerate({found}):")
        source.add(depth + 1, f"k = {first.element} + {step} * k")
        source.add(depth + 1, f"if k + {step - 1} > {pairs.last}:")
        source.add(depth + 2, "raise Refused('write.too-long', r, v, 'no more pairs')")
        if pairs.form == "run":
            source.add(depth + 1, f"{self.name}[k], {self.name}[k + 1] = q, {text}")
        else:
            source.add(depth + 1, f"y = [''] * {max(first.component, value.component)}")
            source.add(depth + 1, f"y[{first.component - 1}], y[{value.component - 1}] = q, {text}")
            source.add(depth + 1, f"{self.name}[k] = CS.join(y)")
        source.add(depth + 1, f"{self.used} = True")

    def _specs(self, pairs: Pairs) -> list[PairSpec]:
        specs = []
        for pair in pairs.pairs:
            steps = pair.target.steps[: -2 if pair.target.scheme else -1]
            row = self.code.row(self.scope, pair.target, pairs.value)
            name, scheme = pair.target.steps[-1], pair.target.scheme
            many = pair.target.field.many
            specs.append(PairSpec(pair.qualifier, steps, name, scheme, pair.converter.write, row, many))
        return specs
