"""What a document says about itself: counted lines, unique line numbers, the tree of levels of an 856 (X12 HL).

Not here: totals and rules of values, which a map states (edi/mapping_checks.py). Rule protected: a document that
contradicts itself is accepted, and a person decides; no acknowledgement has a code for it (level 4 of the checks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from edi.checked import Checked
from edi.faults import Fault, Faults, Severity, fault
from edi.model import Location, Message, Segment
from edi.structure import value_at
from edi.syntax import offset_of
from edi.syntax.tags import number
from edi.trees import parents

# What is a line of a document, and whether a line number stands for one line. An answer or a change may come back to a
# line (a split, a price and a quantity), and a despatch may pack it twice.
_LINES = {
    "810": ("IT1", True), "846": ("LIN", True), "850": ("PO1", True), "855": ("PO1", False), "856": ("HL", False),
    "860": ("POC", False), "861": ("RCD", False), "865": ("POC", False), "INVOIC": ("LIN", True),
    "ORDCHG": ("LIN", False), "ORDERS": ("LIN", True), "ORDRSP": ("LIN", False), "DESADV": ("LIN", False),
}  # fmt: skip
_COUNT_OF_LINES = "2"  # data element 6069 of CNT

_Report: TypeAlias = Callable[..., Fault]


def inconsistencies(message: Message, checked: Callable[[], Checked]) -> list[Fault]:
    """Every contradiction of a message, in document order; nothing for documents that are not listed here.

    `checked` gives the checked message; it is asked for only when there is something to say, for the places.
    """
    if message.type not in _LINES:
        return []
    tag, unique = _LINES[message.type]
    known: list[Checked] = []
    lines = [segment for segment in message.segments if segment[0] == tag]

    def report(
        code: str,
        segment: Segment,
        element: int,
        component: int = 0,
        *,
        expected: str,
        severity: Severity | None = None,
    ) -> Fault:
        if not known:
            known.append(checked())
        at, path = known[0].place(segment)
        place = Location(
            path=f"{path}/{segment[0]}{element:02d}" + (f"-{component}" if component else ""),
            interchange=message.interchange.control,
            group=message.group.control if message.group else "",
            message=message.control,
            segment=at,
            tag=segment[0],
            element=element,
            component=component,
            offset=offset_of(message, at, element, component),
        )
        return fault(code, place, found=value_at(segment, element, component), expected=expected, severity=severity)

    found = Faults.of(_counts(message.segments, lines, report))
    if unique:
        found.extend(_repeated(lines, report))
    if tag == "HL":
        found.extend(_tree(lines, report))
    if found:
        found.sort(key=lambda one: (one.location.segment, one.location.element))
    return found


def _counts(segments: list[Segment], lines: list[Segment], report: _Report) -> Iterator[Fault]:
    """CTT01 counts the lines (in an 856 the levels, though many count the items), CNT with qualifier 2 as well."""
    right = {len(lines)}
    if lines and lines[0][0] == "HL":
        right.add(sum(value_at(level, 3) == "I" for level in lines))
    for segment in segments[-20:]:  # both stand in the summary
        if segment[0] not in ("CTT", "CNT"):
            continue
        if segment[0] == "CTT":
            said, place = value_at(segment, 1), (1, 0)
        elif value_at(segment, 1, 1) == _COUNT_OF_LINES:
            said, place = value_at(segment, 1, 2), (1, 2)
        else:
            continue
        if number(said) is not None and number(said) not in right:
            yield report("consistency.count", segment, *place, expected=str(len(lines)))


def _repeated(lines: list[Segment], report: _Report) -> Iterator[Fault]:
    names = [line[1] for line in lines if len(line) > 1 and line[1]]
    if len(set(names)) == len(names):
        return  # as nearly always
    seen = set()
    for line in lines:
        name = value_at(line, 1)
        if name and name in seen:
            yield report("consistency.line-duplicate", line, 1, expected="a number that no other line has")
        seen.add(name)


def _tree(levels: list[Segment], report: _Report) -> Iterator[Fault]:
    """HL01 names a level once, HL02 another level above it, HL04 says whether there are levels below."""
    found: list[Fault] = []

    def complain(number: int, own: bool, expected: str) -> None:
        found.append(report("consistency.hl-tree", levels[number], 1 if own else 2, expected=expected))

    names = [value_at(level, 1) for level in levels]
    above = [value_at(level, 2) for level in levels]
    parents(names, above, complain)
    yield from found
    named = set(above)
    for level, name in zip(levels, names, strict=True):
        below = value_at(level, 4)
        if below in ("0", "1") and (below == "1") != (name in named):
            expected = "0, as nothing is below it" if below == "1" else "1, as there are levels below it"
            yield report("consistency.hl-tree", level, 4, expected=expected, severity="warning")
