"""Generated tests: does a segment of a given length have nothing wrong inside?

Not here: what is wrong, which edi/element_rules.py names when a test says no. Rule protected: a test never says yes to
a segment that has a finding; it may say no to a clean one (rare forms), which then costs time and nothing else.

One Python function per segment definition and number of elements, written when that length is first seen: the length
decides which elements and conditions can matter at all, so the function unpacks exactly its elements and compares them
in place. `source_of` gives the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from edi.element_rules import is_date, is_time, value_finding
from edi.model import COMPONENT
from edi.structure import Condition, ElementDef, SegmentDef

QuickTest: TypeAlias = Callable[[Sequence[str]], bool]


class Tests(dict[int, QuickTest]):
    """The tests of one segment definition (or composite) by number of parts; a missing one is generated on demand."""

    __slots__ = ("conditions", "decimal", "name", "parts", "start")

    def __init__(
        self,
        name: str,
        parts: tuple[ElementDef, ...],
        conditions: tuple[Condition, ...],
        decimal: str,
        start: int,
    ) -> None:
        """`start` is 1 for a segment, whose item 0 is the tag, and 0 for the components of a composite."""
        super().__init__()
        self.name, self.parts, self.conditions, self.decimal, self.start = name, parts, conditions, decimal, start

    def __missing__(self, length: int) -> QuickTest:
        if length > len(self.parts) + self.start:
            return _never  # not kept: the wire decides how many lengths there are
        source, names = self.source_of(length)
        exec(compile(source, f"<test of {self.name}, {length} parts>", "exec"), names)  # noqa: S102  # our own source
        test: QuickTest = names["test"]
        self[length] = test
        return test

    def source_of(self, length: int) -> tuple[str, dict[str, Any]]:
        """The text of the function for so many parts and the names it uses."""
        names: dict[str, Any] = {"is_date": is_date, "is_time": is_time}
        lines: list[str] = []
        count = length - self.start
        variables = [f"a{part.at}" for part in self.parts[:count]]
        given = ["_"] * self.start + variables
        lines.append(f"{', '.join(given)}{',' if len(given) == 1 else ''} = parts")
        if count > 1 or (count and self.start):
            lines.append(f"if not {variables[-1]}: return False")  # a trailing separator
        for part in self.parts:
            lines += self._part(part, count, names)
        for condition in self.conditions:
            lines += _condition(condition, count)
        body = "\n".join("    " + line for line in lines)
        return f"def test(parts):\n{body}\n    return True\n", names

    def _part(self, part: ElementDef, count: int, names: dict[str, Any]) -> list[str]:
        variable, usage = f"a{part.at}", part.effective_usage
        if part.at > count:
            return ["return False"] if usage == "required" else []
        if usage == "not_used":
            return [f"if {variable}: return False"]
        good = self._good(part, variable, names)
        if usage == "required":
            return [f"if not ({good}): return False"]
        return [f"if {variable} and not ({good}): return False"]

    def _good(self, part: ElementDef, a: str, names: dict[str, Any]) -> str:
        """An expression that is true only for clean values; false for the empty text where that could be required."""
        if part.components:
            tests = Tests(f"{self.name}{part.at:02d}", part.components, part.conditions, self.decimal, 0)
            names[f"t{part.at}"], names["split"] = tests, str.split
            return f"{a} and t{part.at}[len(p := split({a}, {COMPONENT!r}))](p)"
        codes, narrow = part.codes, part.guide_codes
        if codes is not None or narrow is not None:
            listed = [code for known in (codes, narrow) if known is not None for code in known.values]
            names[f"c{part.at}"] = frozenset(c for c in listed if value_finding(part, c, self.decimal) is None)
            return f"{a} in c{part.at}"
        least, most = part.effective_min, part.effective_max
        fits = f"{a} and len({a}) <= {most}" if least <= 1 else f"{least} <= len({a}) <= {most}"
        if part.kind == "DT":
            return f"{fits} and is_date({a})"
        if part.kind == "TM":
            return f"{fits} and is_time({a})"
        if part.kind == "a":
            return f"{fits} and {a}.isalpha() and {a}.isprintable()"
        if part.kind in ("AN", "ID", "B", "an"):
            return f"{fits} and {a}.isprintable()"
        digits = f"{a}.isdigit()"
        if part.kind == "R":
            digits = f"({digits} or {a}.replace('.', '', 1).isdigit())"
        elif part.kind == "n":
            mark = self.decimal or "."
            inner = f"{a}[0] != {mark!r} != {a}[-1] and {a}.replace({mark!r}, '', 1).isdigit()"
            digits = f"({digits} or {inner})"
        # A decimal mark is not counted, so one character more than the least is surely long enough.
        fits = f"{a} and len({a}) <= {most}" if least <= 1 else f"{least} < len({a}) <= {most}"
        return f"{fits} and {a}.isascii() and {digits}"


def tests_of(definition: SegmentDef, decimal: str) -> Tests:
    """The tests of a segment definition; `decimal` as in edi.element_rules.findings."""
    return Tests(definition.tag, definition.elements, definition.conditions, decimal, 1)


def _never(parts: Sequence[str]) -> bool:
    return False


def _condition(condition: Condition, count: int) -> list[str]:
    """Statements that return False when a condition over the parts is not met; parts beyond `count` are absent."""
    kind, positions = condition.kind, condition.positions
    there = [f"a{position}" for position in positions if position <= count]
    complete = len(there) == len(positions)
    if kind == "P":
        if not there:
            return []
        broken = f"({' or '.join(there)})" + (f" and not ({' and '.join(there)})" if complete else "")
        return [f"if {broken}: return False"]
    if kind in "RO" and not there:
        return ["return False"]
    lines = [f"if not ({' or '.join(there)}): return False"] if kind in "RO" else []
    if kind in "EO":
        lines += [f"if {a} and {b}: return False" for n, a in enumerate(there) for b in there[n + 1 :]]
    if kind in "CLX" and positions[0] <= count:
        first, *rest = there
        if kind == "C":
            lines.append(f"if {first}" + (f" and not ({' and '.join(rest)})" if complete else "") + ": return False")
        elif kind == "L":
            lines.append(f"if {first}" + (f" and not ({' or '.join(rest)})" if rest else "") + ": return False")
        elif rest:
            lines.append(f"if {first} and ({' or '.join(rest)}): return False")
    return lines
