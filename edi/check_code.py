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

from edi.element_rules import dated, is_date, is_moment, is_time, value_finding
from edi.model import COMPONENT
from edi.structure import Condition, ElementDef, SegmentDef

QuickTest: TypeAlias = Callable[[Sequence[str]], bool]


class QuickTests(dict[int, QuickTest]):
    """The tests of one segment definition (or composite) by number of parts; a missing one is generated on demand.

    `known` are those made so far as a plain dict, in which looking up is quicker.
    """

    __slots__ = ("conditions", "decimal", "known", "name", "parts", "plain", "start")

    def __init__(
        self,
        name: str,
        parts: tuple[ElementDef, ...],
        conditions: tuple[Condition, ...],
        decimal: str,
        start: int,
        plain: bool,
    ) -> None:
        """`start` is 1 for a segment, whose item 0 is the tag, and 0 for the components of a composite.

        `plain`: every part that has no components of its own is known to be printable ASCII without separators.
        """
        super().__init__()
        self.known: dict[int, QuickTest] = {}
        self.plain = plain
        self.name, self.parts, self.conditions, self.decimal, self.start = name, parts, conditions, decimal, start

    def __missing__(self, length: int) -> QuickTest:
        if length > len(self.parts) + self.start:
            return _never  # not kept: the wire decides how many lengths there are
        source, names = self.source_of(length)
        exec(compile(source, f"<test of {self.name}, {length} parts>", "exec"), names)  # noqa: S102  # our own source
        test: QuickTest = names["test"]
        self[length] = self.known[length] = test
        return test

    def source_of(self, length: int) -> tuple[str, dict[str, Any]]:
        """The text of the function for so many parts and the names it uses."""
        names: dict[str, Any] = {"is_date": is_date, "is_time": is_time}
        count = length - self.start
        given = ["_"] * self.start + [f"a{part.at}" for part in self.parts[:count]]
        lines = [f"{', '.join(given)}{',' if len(given) == 1 else ''} = parts"]
        filled = 0  # the last part, once it is known not to be empty
        if count > 1 or (count and self.start):
            lines.append(f"if not a{count}: return False")  # a trailing separator
            filled = count
        for part in self.parts:
            if part.at <= count:
                lines.append(f"if {self._bad(part, part.at == filled, names)}: return False")
            elif part.effective_usage == "required":
                return "def test(parts):\n    return False\n", names
        for condition in self.conditions:
            lines += [f"if {broken}: return False" for broken in _broken(condition, count)]
        moment = dated(self.parts)
        if moment is not None and max(moment) <= count:
            names["is_moment"] = is_moment
            lines.append(f"if a{moment[0]} and not is_moment(a{moment[0]}, a{moment[1]}): return False")
        body = "\n".join("    " + line for line in lines)
        return f"def test(parts):\n{body}\n    return True\n", names

    def _bad(self, part: ElementDef, filled: bool, names: dict[str, Any]) -> str:
        """An expression that is true for a part with any finding. `filled`: the part is known not to be empty."""
        a, required = f"a{part.at}", part.effective_usage == "required"
        if part.effective_usage == "not_used":
            return a
        if part.components:
            names[f"t{part.at}"] = QuickTests(
                f"{self.name}{part.at:02d}", part.components, part.conditions, self.decimal, 0, self.plain
            )
            bad = f"not t{part.at}[len(p := {a}.split({COMPONENT!r}))](p)"
        elif part.codes is not None or part.guide_codes is not None:
            codes = [code for known in (part.codes, part.guide_codes) if known is not None for code in known.values]
            good = {code for code in codes if value_finding(part, code, self.decimal) is None}
            names[f"c{part.at}"] = frozenset(good if required else good | {""})
            return f"{a} not in c{part.at}"
        else:
            bad = self._bad_form(part, a)
            filled = filled or (not required and bad == f"len({a}) > {part.effective_max}")  # nothing is never too long
        if filled:
            return bad
        return f"not {a} or {bad}" if required else f"{a} and ({bad})"

    def _bad_form(self, part: ElementDef, a: str) -> str:
        """The same for length and type of a value that is not empty."""
        kind, least, most = part.kind, part.effective_min, part.effective_max
        bad = f"len({a}) > {most}"
        if least > 1:
            # A decimal mark is not counted, so one character more than the least is surely long enough.
            bad += f" or len({a}) < {least + 1 if kind in 'Rn' else least}"
        if kind == "DT":
            return f"{bad} or not is_date({a})"
        if kind == "TM":
            return f"{bad} or not is_time({a})"
        if kind == "a":
            return f"{bad} or not {a}.isalpha()" + ("" if self.plain else f" or not {a}.isprintable()")
        ascii_ = "" if self.plain else f" or not {a}.isascii()"
        if kind == "N":
            return f"{bad} or not {a}.isdigit(){ascii_}"
        if kind == "R":
            return f"{bad} or not ({a}.isdigit() or {a}.replace('.', '', 1).isdigit()){ascii_}"
        if kind == "n":
            mark = self.decimal or "."
            fraction = f"{a}[0] != {mark!r} != {a}[-1] and {a}.replace({mark!r}, '', 1).isdigit()"
            return f"{bad} or not ({a}.isdigit() or {fraction}){ascii_}"
        return bad if self.plain and kind != "B" else f"{bad} or not {a}.isprintable()"


def quick_tests(definition: SegmentDef, decimal: str, *, plain: bool = False) -> QuickTests:
    """The tests of a segment definition; `decimal` as in edi.element_rules.findings, `plain` as in QuickTests."""
    return QuickTests(definition.tag, definition.elements, definition.conditions, decimal, 1, plain)


def _never(parts: Sequence[str]) -> bool:
    return False


def _broken(condition: Condition, count: int) -> list[str]:
    """Expressions of which one is true when a condition over the parts is not met; parts beyond `count` are absent."""
    kind, positions = condition.kind, condition.positions
    there = [f"a{position}" for position in positions if position <= count]
    complete = len(there) == len(positions)
    if kind == "P":
        if not there:
            return []
        return [f"({' or '.join(there)})" + (f" and not ({' and '.join(there)})" if complete else "")]
    if kind in "REO":
        broken = [f"not ({' or '.join(there)})" if there else "True"] if kind in "RO" else []
        if kind in "EO":
            broken += [f"{a} and {b}" for n, a in enumerate(there) for b in there[n + 1 :]]
        return broken
    if positions[0] > count:
        return []
    first, *rest = there
    if kind == "C":
        return [first + (f" and not ({' and '.join(rest)})" if complete else "")]
    if kind == "L":
        return [first + (f" and not ({' or '.join(rest)})" if rest else "")]
    return [f"{first} and ({' or '.join(rest)})"] if rest else []
