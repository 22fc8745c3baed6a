"""What two versions of a map differ in, as lines for people and as JSON.

Not here: comparing (edi/map_diff.py). Rule protected: people see the worst first and how much is left out; JSON
has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edi.map_change import Change
from edi.map_changes import changes
from edi.map_diff import Diff, Group, Side
from edi.mapping import Map
from edi.terminal import counted

MOST_LINES = 40
_RULES = ("tightened", "relaxed")


def lines(found: Iterable[Diff], alone: Mapping[str, str], over: str) -> Iterator[str]:
    """The report. `over`: where the documents are from, empty without any."""
    for number, diff in enumerate(found):
        if number:
            yield ""
        yield f"{diff.old.version} -> {diff.new.version}"
        yield from _side(diff.reading, "reading", "document")
        if diff.agreement is not None and diff.reading.compared:
            yield f"    judged as agreed about {diff.agreement.document}"
        yield from _side(diff.writing, "writing", "event")
        if over and not diff.compared:
            yield f"  nothing in {over} is for this map; the rows alone say what may change"
        yield from _rows("rows", [row for row in diff.rows if row.kind not in _RULES])
        yield from _rows("rules", [row for row in diff.rows if row.kind in _RULES])
        yield from _verdict(diff)
    for name, what in alone.items():
        yield f"{name}: {'only in the new version' if what == 'new' else 'gone in the new version'}"


def _side(side: Side, title: str, noun: str) -> Iterator[str]:
    if not side.compared:
        return
    yield f"  {title}: {counted(side.compared, noun)}, {side.different or 'none'} with another outcome"
    groups = _ranked(side)
    for group in groups[:MOST_LINES]:
        name = f"{group.name} ({group.place})" if group.place else group.name
        changed = f"{group.changed} of {counted(side.compared, noun)} changed"
        yield f"    {name}: {changed}, {group.lost} lost, {group.gained} gained"
        for example in group.examples:
            yield f"      {example.document}: {_value(example.old)} -> {_value(example.new)}"
    if len(groups) > MOST_LINES:
        yield f"    and {len(groups) - MOST_LINES} more: --json has all"
    if side.further:
        yield f"    and {counted(side.further, 'difference')} at further places"
    if side.newly_refused:
        yield f"    {counted(side.newly_refused, noun)} would now be {'rejected' if noun == 'document' else 'refused'}"
        yield from (f"      {text}" for text in side.refused)
    if side.newly_taken:
        were = "was" if side.newly_taken == 1 else "were"
        yield f"    {counted(side.newly_taken, noun)} would now be taken that {were} not"
    if side.doubts:
        yield f"    {counted(side.doubts, noun)} would have errors or questions for a person that are new"


def _ranked(side: Side) -> list[Group]:
    return sorted(side.groups.values(), key=lambda group: (-group.lost - group.changed, -group.gained))


def _value(text: str) -> str:
    return repr(text) if text else "nothing"


def _rows(title: str, rows: list[Change]) -> Iterator[str]:
    if rows:
        yield f"  {title}: {counted(len(rows), 'change')}"
        yield from (f"    {row}" for row in rows[:MOST_LINES])
    if len(rows) > MOST_LINES:
        yield f"    and {len(rows) - MOST_LINES} more: --json has all"


def _verdict(diff: Diff) -> Iterator[str]:
    taken = {None: "a step back", "none": "no step"}.get(diff.taken, f"a {diff.taken} step")
    need = {"none": "nothing differs: no step is needed"}.get(diff.needed, f"needs at least a {diff.needed} step")
    yield f"  {need}; {diff.old.declared.version} to {diff.new.declared.version} is {taken}" + (
        "" if diff.honest else ": too small"
    )
    if diff.compared and diff.implied != diff.needed:
        yield f"  the rows alone could need a {diff.implied} step; none of these documents shows it"


def news(old: Map, new: Map) -> list[str]:
    """What changed for a partner since an older version, as sentences of its guide."""
    return [f"Since version {old.declared.version}:", *(str(change) for change in changes(old, new))]


def to_json(diff: Diff) -> dict[str, Any]:
    """The stable shape of `edi map diff --json`, for one map; keys may be added, never renamed."""
    return {
        "old": diff.old.version,
        "new": diff.new.version,
        "reading": _json_side(diff.reading),
        "writing": _json_side(diff.writing),
        "left_aside": diff.others,
        "judged_as_agreed": diff.agreement.document if diff.agreement is not None else "",
        "rows": [
            {"kind": row.kind, "where": row.where, "old": row.old, "new": row.new, "step": row.step}
            for row in diff.rows
        ],
        "implied_step": diff.implied,
        "needed_step": diff.needed,
        "taken_step": diff.taken,
        "honest": diff.honest,
    }


def _json_side(side: Side) -> dict[str, Any]:
    return {
        "compared": side.compared,
        "different": side.different,
        "newly_refused": side.newly_refused,
        "newly_taken": side.newly_taken,
        "new_doubts": side.doubts,
        "refused_examples": side.refused,
        "groups": [
            {
                "name": group.name,
                "place": group.place,
                "changed": group.changed,
                "lost": group.lost,
                "gained": group.gained,
                "examples": [{"document": e.document, "old": e.old, "new": e.new} for e in group.examples],
            }
            for group in _ranked(side)
        ],
    }
