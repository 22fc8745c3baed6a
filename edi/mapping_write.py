"""The writer of a map as Python source: an event's data as a plain dict -> the segments between header and trailer.

Not here: single segments (edi/mapping_segment.py), delimiters and envelopes (edi/syntax). Rules protected: nodes are
written in map order; a loop is written when anything inside it is.

The source has one function: `write(e, out, mark)`: e is the data, out the list of segments, mark the decimal mark.
"""

from __future__ import annotations

import dataclasses

from edi import mapping_runtime
from edi.generated import Source
from edi.mapping_hierarchy import laid_out, shape_of
from edi.mapping_nest import laid
from edi.mapping_nodes import HierarchyNode, LoopNode, Node, SegmentNode
from edi.mapping_repeat import gathered
from edi.mapping_segment import Code, Row, Scope, SegmentCode
from edi.model import COMPONENT, REPEAT, Syntax

_OBJECTS = {
    name: getattr(mapping_runtime, name)
    for name in (
        "NOTHING", "NONE", "Refused", "head", "id_of", "holds", "computed", "count", "fit", "fit_number", "fit_whole",
        "among", "converted", "both", "coded", "pick", "join", "trim",
    )
} | {"CS": COMPONENT, "RS": REPEAT, "laid_out": laid_out, "laid": laid, "gathered": gathered}  # fmt: skip


class Writer:
    """Generates the writer of a map. `rows` explain the row numbers of Refused."""

    def __init__(self, layout: tuple[Node, ...], syntax: Syntax) -> None:
        self.source = Source(_OBJECTS)
        self._code = Code(self.source, mark=syntax == "edifact")
        self._counters: list[str] = []
        self._paths: list[str] = []
        self.source.add(0, "def write(e, out, mark):")
        self.source.add(1, "try:")
        self._layout(2, layout, Scope("e", "", ""))
        self.source.add(1, "except Refused as refused:")
        indexes = ", ".join(
            [f"{name!r}: {name}, {'p' + name[1:]!r}: {name} + 1" for name in self._counters]
            + [f"{name!r}: {name}" for name in self._paths]
        )
        self.source.add(2, f"refused.indexes = {{{indexes}}}")
        self.source.add(2, "raise")
        self.source.lines.insert(1, "    hl = NONE")
        for names, start in ((self._counters, "0"), (self._paths, "''")):
            if names:
                self.source.lines.insert(1, f"    {' = '.join(names)} = {start}")

    @property
    def rows(self) -> list[Row]:
        return self._code.rows

    def _layout(self, depth: int, layout: tuple[Node, ...], scope: Scope) -> None:
        for node in layout:
            if node.way == "read":
                continue
            if isinstance(node, HierarchyNode):
                self._hierarchy(depth, node)
                continue
            self.source.add(depth, f"# {node.row.file.rpartition('/')[2]}:{node.row.line}")
            repeat, mark = node.repeat if isinstance(node, SegmentNode) else None, ""
            if repeat is not None:
                mark = self.source.name("m")
                self.source.add(depth, f"{mark} = len(out)")
            inner_depth, inner = self._enter(depth, node, scope)
            if node.write_when is not None:
                test = self.source.bind("f", node.write_when)
                self.source.add(inner_depth, f"if holds({test}, {inner.item}, e):")
                inner_depth += 1
            if isinstance(node, LoopNode):
                self._loop(inner_depth, node, inner)
            elif isinstance(node, SegmentNode):
                self._segment(inner_depth, node, dataclasses.replace(inner, place=scope.place))
            if repeat is not None and node.into is not None:
                field = f"{'' if node.into.target.root else scope.field}{node.into.target.text}"
                self.rows.append(Row(field, f"{scope.place}{node.name}"))
                rest = f"{self.source.bind('k', repeat)}, {node.entry.effective_max}, {len(self.rows) - 1}"
                self.source.add(depth, f"gathered(out, {mark}, {rest})")
        self.source.add(depth, "pass")

    def _enter(self, depth: int, node: Node, scope: Scope) -> tuple[int, Scope]:
        """Open the `for` or `if` of an `into`; without one the scope stays."""
        into, name = node.into, node.entry.trigger
        if into is None:
            return depth, dataclasses.replace(scope, place=f"{scope.place}{name}/")
        item = self.source.name("d")
        value = self._code.get(scope, into.target)
        field = f"{'' if into.target.root else scope.field}{into.target.text}."
        if not into.many:
            self.source.add(depth, f"{item} = {value}")
            self.source.add(depth, f"if {item}:")
            return depth + 1, Scope(item, field, f"{scope.place}{name}/")
        counter = self.source.name("i")
        self._counters.append(counter)
        path, numbers = f"{field}{{{counter}}}.", ("", "")
        if isinstance(node, LoopNode) and node.nest:
            numbers, place = (self.source.name("n"), self.source.name("n")), self.source.name("f")
            self._paths.append(place)
            holder, steps = "e" if into.target.root else scope.item, into.target.steps
            values = f"laid({holder}, {steps!r}, {node.nest.children!r}, {node.nest.loose!r})"
            self.source.add(
                depth, f"for {counter}, ({item}, {numbers[0]}, {numbers[1]}, {place}) in enumerate({values}):"
            )
            path = f"{'' if into.target.root else scope.field}{{{place}}}"
        else:
            self.source.add(depth, f"for {counter}, {item} in enumerate({value} or NONE):")
        if into.skip:
            self.source.add(depth + 1, f"if {counter} < {into.skip}:")
            self.source.add(depth + 2, "continue")
        inner = Scope(item, path, f"{scope.place}{name}[{{p{counter[1:]}}}]/", numbers)
        most = node.entry.effective_max
        if most is not None and not (isinstance(node, SegmentNode) and node.repeat is not None):
            self.rows.append(Row(inner.field.rstrip("."), inner.place.rstrip("/")))
            self.source.add(depth + 1, f"if {counter} - {into.skip} >= {most}:")
            self.source.add(
                depth + 2, f"raise Refused('write.too-long', {len(self.rows) - 1}, '', 'at most {most} of them')"
            )
        return depth + 1, inner

    def _hierarchy(self, depth: int, node: HierarchyNode) -> None:
        """Every level of the shape with its HL: the runtime says which levels there are, in their order."""
        add = self.source.add
        level, counter, path = self.source.name("l"), self.source.name("i"), self.source.name("f")
        self._counters.append(counter)
        self._paths.append(path)
        add(depth, f"hl = laid_out(e, {self.source.bind('k', shape_of(node))})")
        add(depth, f"for {counter}, {level} in enumerate(hl):")
        below = f"{level}.below" if node.child_code else "''"
        numbers = f"str({level}.number), {level}.parent, {level}.code, {below}"
        add(depth + 1, f"out.append(trim([{node.entry.trigger!r}, {numbers}]))")
        add(depth + 1, f"{path} = {level}.path and {level}.path + '.'")
        item = self.source.name("d")
        add(depth + 1, f"{item} = {level}.item")
        for code in node.shape:
            add(depth + 1, f"{'if' if code == node.shape[0] else 'elif'} {level}.code == {code!r}:")
            scope = Scope(item, f"{{{path}}}", f"{node.entry.trigger}[{{p{counter[1:]}}}]/")
            self._layout(depth + 2, node.levels[code].layout, scope)

    def _loop(self, depth: int, node: LoopNode, scope: Scope) -> None:
        """The trigger stands first, but whether it is written is known only after what follows it."""
        trigger = next(one for one in node.layout if one.way != "read")
        assert isinstance(trigger, SegmentNode)
        mark = self.source.name("m")
        self.source.add(depth, f"{mark} = len(out)")
        segment = SegmentCode(self._code, depth, trigger, scope, node)
        self.source.add(depth, f"out.append({segment.name})")
        self._layout(depth, tuple(one for one in node.layout if one is not trigger), scope)
        if node.required or trigger.required or (node.into is not None and node.into.many):
            segment.finish(depth)
            if node.spills:
                segment.spill(depth)
            return
        self.source.add(depth, f"if {segment.used} or len(out) > {mark} + 1:")
        segment.finish(depth + 1)
        if node.spills:
            segment.spill(depth + 1)
        self.source.add(depth, "else:")
        self.source.add(depth + 1, f"del out[{mark}:]")

    def _segment(self, depth: int, node: SegmentNode, scope: Scope) -> None:
        segment = SegmentCode(self._code, depth, node, scope)
        if not (node.required or (node.into is not None and node.into.many)):
            self.source.add(depth, f"if {segment.used}:")
            depth += 1
        segment.finish(depth)
        self.source.add(depth, f"out.append({segment.name})")
        segment.spill(depth)
