"""The overview of an input of any size, written while it is read: lines for people, one JSON object for machines.

The JSON is that of `edi.inspect(...).to_json()` (edi/overview.py, docs/json-shapes.md). Rule protected: memory is
bounded by the largest message; what can only be said at the end waits in a temporary file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from edi.faults import visible
from edi.model import Group, Interchange, InterchangeEnd, Item, Message
from edi.overview import GroupLine, end_of_interchange, message_line, start_of_interchange
from edi.terminal import Spool, as_line, counted


def lines(items: Iterable[Item]) -> Iterator[str]:
    """One line per interchange, group and message, each fault where it was seen, and the totals."""
    interchanges = groups = messages = faults = 0
    inside = False
    for item in items:
        if isinstance(item, Interchange):
            interchanges += 1
            inside = True
            test = ", test" if item.test else ""
            parties = f"{item.sender.id or '?'} -> {item.receiver.id or '?'}"
            yield _plain(f"{item.syntax} interchange {item.control or '?'}: {parties}, {item.version}{test}")
        elif isinstance(item, Group):
            groups += 1
            yield _plain(f"  {GroupLine(item.type, item.control, item.version, 0)}")
        elif isinstance(item, Message):
            messages += 1
            line = message_line(item, 0)
            yield _plain(f"  {line}" if item.group else str(line))
        for fault in item.faults:
            faults += 1
            yield f"{'  ' if inside else ''}{fault.severity}: {fault.message}"
        if isinstance(item, InterchangeEnd):
            inside = False
    totals = [(interchanges, "interchange"), (groups, "group"), (messages, "message"), (faults, "fault")]
    yield ", ".join(counted(number, noun) for number, noun in totals)


def _plain(line: str) -> str:
    return visible(line, 300)


def json_pieces(items: Iterable[Item]) -> Iterator[str]:
    """The JSON object in pieces."""
    with closing(Spool()) as groups, closing(Spool()) as faults, closing(Spool()) as outside:
        yield '{"interchanges": ['
        between = ""
        current: Interchange | None = None
        group: Group | None = None
        number = in_group = in_interchange = 0
        for item in items:
            if group is not None and isinstance(item, Group | InterchangeEnd):
                groups.add(GroupLine(group.type, group.control, group.version, in_group).to_json())
                group = None
            if isinstance(item, Interchange):
                current, number, in_interchange = item, 0, 0
                yield between + as_line(start_of_interchange(item))[:-1] + ', "messages": ['
                between = ", "
            for fault in item.faults:
                (faults if current else outside).add(fault.to_json())
            if isinstance(item, Group) and current:
                group, in_group, number = item, 0, number + 1
            elif isinstance(item, Message) and current:
                in_group += item.group is not None
                yield (", " if in_interchange else "") + as_line(
                    message_line(item, number if item.group else 0).to_json()
                )
                in_interchange += 1
            elif isinstance(item, InterchangeEnd) and current:
                yield '], "groups": ['
                yield from groups.pieces()
                yield f'], {as_line(end_of_interchange(current))[1:-1]}, "faults": ['
                yield from faults.pieces()
                yield "]}"
                current = None
        yield '], "faults": ['
        yield from outside.pieces()
        yield "]}"
