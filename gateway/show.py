"""What commands print: plain values first (they are the JSON), then the same as text for a terminal. Reading only."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from gateway import clock
from gateway.ledger.queries import answers, deliveries, evidence, views
from gateway.ledger.queries import receipts as stored
from gateway.timeline import timeline

Value = dict[str, Any]
Row = tuple[str, ...]
ROOM_FOR_A_SENTENCE = 60  # columns


def console() -> Console:
    """Standard output; wide when nobody looks, so that lines are not cut in files and pipes."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=not sys.stdout.isatty())


def status(c: Any) -> Value:
    """The state of an instance as one value."""
    now = clock.stamp(clock.now())
    waiting = views.waiting(c)
    return {
        "at": now,
        **waiting,
        "failing": [
            {
                "destination": r.destination,
                "subject": r.subject,
                "reason": r.reason,
                "attempts": r.attempts,
                "next": r.due_at,
            }
            for r in views.last_failures(c)
        ],
        "sources": [{"name": name, "problem": said} for name, said in sorted(answers.recall(c, "sources").items())],
        "blocked": [{"lane": row.name, "reason": row.blocked} for row in views.blocked_lanes(c)],
        "overdue": [
            {"partner": r.partner, "subject": r.subject, "document": r.type, "sent": r.sent_at, "state": r.state}
            for r in answers.overdue(c, now)
        ],
        "refused": [
            {"receipt": r.id, "mailbox": r.mailbox, "file": r.name, "state": r.state, "reason": r.reason}
            for r in views.refused(c, 10)
        ],
        "exceptions": len(views.open_exceptions(c)),
    }


def status_text(value: Value) -> RenderableType:
    lines: list[RenderableType] = []
    for name in ("receipts", "events"):
        part = value[name]
        what = "files to translate" if name == "receipts" else "orders to write"
        lines.append(f"{part['count']} {what}" + (f", oldest {short(part['oldest'])}" if part["count"] else ""))
    if not value["destinations"]:
        lines.append("nothing waits to be delivered")
    for part in value["destinations"]:
        lines.append(f"{part['count']} for {part['name']}, oldest {short(part['oldest'])}")
    for part in value["failing"]:
        lines.append(
            Text(f"  {part['destination']} {part['subject']}: {part['reason']}; next try {short(part['next'])}")
        )
    for part in value["sources"]:
        lines.append(Text(f"  looking into {part['name']} fails: {part['problem']}"))
    for part in value["blocked"]:
        lines.append(Text(f"  blocked: {part['lane']}: {part['reason']}"))
    for part in value["overdue"]:
        lines.append(Text(f"  overdue: {part['partner']} has not answered {part['document']} {part['subject']}"))
    if value["refused"]:
        lines.append("files refused in whole or in part, newest first:")
    for part in value["refused"]:
        lines.append(Text(f"  {part['receipt']} {part['mailbox']} {part['file']} ({part['state']}): {part['reason']}"))
    count = value["exceptions"]
    lines.append(f"{count} case(s) wait for a person" + (": gateway exceptions list" if count else ""))
    return Group(*lines)


def receipts(c: Any, limit: int, partner: str) -> list[Value]:
    return [_receipt(row) for row in views.receipts(c, limit, partner)]


def receipts_text(rows: list[Value]) -> RenderableType:
    if not rows:
        return "nothing has arrived yet"
    keys = ("receipt", "received", "mailbox", "file", "size", "state", "reason")
    heads = ("no.", "received", "mailbox", "file", "bytes", "state", "what became of it")
    return Listing(heads, [tuple(str(row[key]) for key in keys) for row in rows])


def exchanges(c: Any, limit: int, partner: str) -> list[Value]:
    """AS2 messages with their places in the chain of evidence."""
    return [
        {
            "number": row.id,
            "at": row.at,
            "direction": row.direction,
            "mailbox": row.mailbox,
            "message_id": row.message_id,
            "state": row.state,
            "mic": row.mic,
            "link": row.link,
        }
        for row in evidence.recent(c, limit, partner)
    ]


def exchanges_text(rows: list[Value]) -> RenderableType:
    if not rows:
        return "there are no AS2 messages yet"
    heads = ("no.", "at", "", "mailbox", "Message-ID", "state", "link")
    keys = ("number", "at", "direction", "mailbox", "message_id", "state", "link")
    return Listing(heads, [tuple(str(row[key] or "-") for key in keys) for row in rows])


def receipt(c: Any, number: int) -> Value | None:
    """Everything about one file: sets with faults, answers, deliveries, cases."""
    row = stored.get(c, number)
    if row is None:
        return None
    return {
        **_receipt(row),
        "facts": row.facts,
        "interchanges": [
            {"sender": r.sender, "receiver": r.receiver, "control": r.control, "test": r.test, "verdict": r.verdict}
            for r in stored.interchanges_of(c, number)
        ],
        "messages": [
            {
                "type": r.type,
                "version": r.version,
                "control": r.control,
                "verdict": r.verdict,
                "subject": r.subject,
                "map": r.map_version,
                "faults": r.faults,
            }
            for r in stored.messages_of(c, number)
        ],
        "deliveries": [
            {
                "kind": r.kind,
                "type": r.type,
                "to": r.destination,
                "name": r.name or r.subject,
                "state": r.state,
                "attempts": r.attempts,
                "reason": r.reason,
            }
            for r in deliveries.of_receipt(c, number)
        ],
        "cases": [
            {"kind": r.kind, "role": r.role, "sentence": r.sentence} for r in views.exceptions_of_receipt(c, number)
        ],
    }


def receipt_text(value: Value) -> RenderableType:
    lines: list[RenderableType] = [
        Text(f"receipt {value['receipt']}: {value['file']} from {value['mailbox']}"),
        Text(f"received {value['received']}, {value['size']} bytes"),
        Text(f"{value['state']}: {value['reason']}"),
    ]
    for part in value["interchanges"]:
        lines.append(Text(f"interchange {part['control']} {part['sender']} -> {part['receiver']}: {part['verdict']}"))
    for part in value["messages"]:
        about = f", {part['subject']}" if part["subject"] else ""
        lines.append(Text(f"  {part['type']} {part['control']}{about}: {part['verdict'].replace('_', ' ')}"))
        lines.extend(Text(f"    {fault['severity']}: {fault['message']}") for fault in part["faults"])
    for part in value["deliveries"]:
        why = f" ({part['reason']})" if part["reason"] else ""
        lines.append(Text(f"  {part['kind']} {part['type']} {part['name']} -> {part['to']}: {part['state']}{why}"))
    lines.extend(Text(f"  case {part['kind']} ({part['role']}): {part['sentence']}") for part in value["cases"])
    return Group(*lines)


def order(c: Any, number: str) -> Value:
    milestones = timeline(c, f"po/{number}")
    return {"order": number, "milestones": [{"at": m.at, "text": m.text} for m in milestones]}


def order_text(value: Value) -> RenderableType:
    lines = [Text(f"Order {value['order']}")]
    lines += [Text(f"  {short(part['at'])}  {part['text']}") for part in value["milestones"]]
    return Group(*lines)


def open_cases(c: Any) -> list[Value]:
    return [
        {
            "id": r.id,
            "at": r.at,
            "kind": r.kind,
            "role": r.role,
            "partner": r.partner,
            "subject": r.subject,
            "sentence": r.sentence,
            "expected": r.expected,
            "actual": r.actual,
        }
        for r in views.open_exceptions(c)
    ]


def cases_text(rows: list[Value]) -> RenderableType:
    if not rows:
        return "nothing waits for a person"
    heads = ("id", "since", "owner", "about", "kind", "what")
    return Listing(
        heads,
        [
            (str(r["id"]), short(r["at"]), r["role"], r["subject"] or r["partner"], r["kind"], r["sentence"])
            for r in rows
        ],
    )


class Listing:
    """Rows whose last cell is a sentence: on the same line in files, pipes and wide windows, else on lines below it."""

    def __init__(self, heads: Row, rows: Sequence[Row]) -> None:
        self.heads, self.rows = heads, rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        widths = [max(map(len, column)) for column in zip(self.heads, *self.rows, strict=True)][:-1]
        beside = not console.is_terminal or options.max_width >= sum(widths) + 2 * len(widths) + ROOM_FOR_A_SENTENCE
        for number, row in enumerate((self.heads, *self.rows)):
            cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            style = "" if number else "bold"
            if beside:
                yield Text(f"{cells}  {row[-1]}".rstrip(), style)
            else:
                yield Text(cells.rstrip(), style, no_wrap=True, overflow="fold")
                if number and row[-1]:
                    yield Padding(Text(row[-1]), (0, 0, 0, 4))


def short(at: str | None) -> str:
    """A ledger moment for people: `2026-12-01 10:30:00`."""
    return (at or "")[:19].replace("T", " ")


def _receipt(row: Any) -> Value:
    return {
        "receipt": row.id,
        "received": short(row.received_at),
        "mailbox": row.mailbox,
        "file": row.name,
        "size": row.size,
        "state": row.state,
        "reason": row.reason,
        "duplicate_of": row.duplicate_of,
    }
