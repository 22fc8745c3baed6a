"""What coverage says about a map, for people and for machines.

Not here: the counting (edi/map_coverage.py). Rule protected: what loses data stands first, the most frequent before the
rest; machines get every row, people a list they can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edi.map_coverage import Counts, Coverage, ReadCoverage, Seen, WriteCoverage, missing
from edi.map_rows import Row
from edi.terminal import counted

MOST_LINES = 40  # of one list for people
MOST_OTHERS = 8
_WIDE, _LONG = 40, 24  # characters of an address in a column, of a value


def lines(found: Coverage, over: str) -> Iterator[str]:
    """The report as text."""
    yield f"{found.map.version} over {over}: {counted(found.files, 'file')}"
    others = found.others.ranked()
    for row in others[:MOST_OTHERS]:
        more = ", ..." if row.times > len(row.values) else ""
        yield f"  left aside: {row.times} x {row.where}: {', '.join(row.values)}{more}"
    if len(others) > MOST_OTHERS:
        rest = sum(row.times for row in others[MOST_OTHERS:])
        yield f"  left aside: {rest} of {len(others) - MOST_OTHERS} other kinds: --json has all"
    if found.reading is not None:
        yield from _reading(found.reading)
    if found.writing is not None:
        yield from _writing(found.writing)
    if not found.judged:
        yield f"nothing in {over} is for this map: no {found.map.document}, no {found.map.event}"
    else:
        yield "clean" if found.clean else "not clean: bind what is not mapped, or list it under ignore with a reason"


def _reading(one: ReadCoverage) -> Iterator[str]:
    if not one.documents:
        return
    faulty = f", {one.faulty} of them with faults (edi validate says which)" if one.faulty else ""
    ignored = f"; {counted(one.ignored, 'value')} ignored on purpose" if one.ignored else ""
    yield ""
    yield f"reading: {counted(one.documents, 'document')}{faulty}{ignored}"
    yield from _table("seen and not mapped", one.unmapped)
    yield from _table("codes the tables do not list", one.codes)
    yield from _unexercised(one, "document")


def _writing(one: WriteCoverage) -> Iterator[str]:
    if not one.events:
        return
    yield ""
    yield f"writing: {counted(one.events, 'event')}"
    yield from _table("in events and not carried", one.lost)
    yield from _table("in events and dropped on purpose (not_carried)", one.dropped)
    for seen in one.refused.ranked():
        yield f"  cannot be written: {seen.documents} x {seen.what} ({', '.join(seen.values)})"
    yield from _unexercised(one, "event")


def _table(title: str, counts: Counts) -> Iterator[str]:
    rows = counts.ranked()
    if not rows:
        return
    yield f"  {title}: {len(rows)}"
    width = min(max(len(_what(seen)) for seen in rows), _WIDE)
    yield f"    {'documents':>9}  {'times':>6}  {'where':<{width}}  values"
    for seen in rows[:MOST_LINES]:
        values = ", ".join(_short(value) for value in seen.values)
        yield f"    {seen.documents:>9}  {seen.times:>6}  {_what(seen):<{width}}  {values}"
        if seen.place is not None and seen.place.segment:
            yield f"    {'':>17}  first in {seen.place}"
    if len(rows) > MOST_LINES:
        yield f"    ... and {len(rows) - MOST_LINES} more: --json has all"
    if counts.further:
        yield f"    and {counts.further} values in places beyond the first {len(rows)}"


def _what(seen: Seen) -> str:
    return f"{seen.where} ({seen.what})" if seen.what else seen.where


def _short(value: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in value)
    return repr(text if len(text) <= _LONG else text[: _LONG - 3] + "...")


def _unexercised(one: ReadCoverage | WriteCoverage, what: str) -> Iterator[str]:
    rows = missing(one)
    plain = [(row, wanted) for row, wanted in rows if row.kind != "table row"]
    if plain:
        yield f"  in no {what}: {len(plain)} of {sum(row.kind != 'table row' for row in one.exercise.rows)} rows"
    width = min(max((len(row.where) for row, _ in plain), default=0), _WIDE)
    for row, wanted in plain[:MOST_LINES]:
        place = row.place.rpartition("/")[2]
        mark = "required" if wanted else ""
        yield f"    {mark:>8}  {row.where:<{width}}  {row.what}  ({place})"
    if len(plain) > MOST_LINES:
        yield f"    ... and {len(plain) - MOST_LINES} more: --json has all"
    tables: dict[str, list[Row]] = {}
    for row, _ in rows:
        if row.kind == "table row":
            tables.setdefault(row.where, []).append(row)
    for name, unseen in tables.items():
        of = sum(row.where == name for row in one.exercise.rows)
        codes = ", ".join(row.what.partition(":")[0] for row in unseen[:12])
        yield f"  codes of {name} in no {what}: {len(unseen)} of {of}: {codes}{', ...' if len(unseen) > 12 else ''}"


def to_json(found: Coverage, over: str) -> dict[str, Any]:
    """The stable shape of `edi map coverage --json`; keys may be added, never renamed."""
    return {
        "map": found.map.version,
        "over": over,
        "clean": found.clean,
        "files": found.files,
        "others": [
            {"what": row.where, "count": row.times, "files": row.values} for row in found.others.ranked()
        ],
        "reading": None if found.reading is None else {
            "documents": found.reading.documents,
            "with_faults": found.reading.faulty,
            "ignored": found.reading.ignored,
            "unmapped": _rows(found.reading.unmapped),
            "further": found.reading.unmapped.further,
            "codes": _rows(found.reading.codes),
            "unexercised": _missing(found.reading),
        },
        "writing": None if found.writing is None else {
            "events": found.writing.events,
            "lost": _rows(found.writing.lost),
            "dropped": _rows(found.writing.dropped),
            "refused": _rows(found.writing.refused),
            "unexercised": _missing(found.writing),
        },
    }  # fmt: skip


def _rows(counts: Counts) -> list[dict[str, Any]]:
    return [
        {
            "where": seen.where,
            "what": seen.what,
            "documents": seen.documents,
            "times": seen.times,
            "values": seen.values,
            "first": None if seen.place is None else {
                "file": seen.place.file,
                "message": seen.place.message,
                "segment": seen.place.segment,
                "offset": seen.place.offset,
            },
        }
        for seen in counts.ranked()
    ]  # fmt: skip


def _missing(one: ReadCoverage | WriteCoverage) -> list[dict[str, Any]]:
    return [
        {"kind": row.kind, "where": row.where, "what": row.what, "row": row.place, "required": wanted}
        for row, wanted in missing(one)
    ]
