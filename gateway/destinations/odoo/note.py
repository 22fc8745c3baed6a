"""What people read in Odoo: the notes on acknowledgements and shipments, and what an activity says, as HTML.

Not here: posting it (chatter.py). Rule protected: every text of a partner is escaped; the note shows ordered and
answered side by side, since Odoo keeps no readable trace of a changed line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape

from edi.documents import ShipmentDispatched
from edi.documents.acknowledgement import SupplierAnswer
from edi.documents.types import plain
from gateway.matching import Comparison, LineComparison, Part
from gateway.ports import Case

_RESPONSES = {
    "received_only": "has received the order and not answered it yet",
    "accepted": "accepts the order",
    "accepted_with_changes": "accepts the order with changes",
    "accepted_with_exceptions": "accepts the order with exceptions",
    "counter_offer": "makes a counter offer",
    "pending": "has not decided yet",
    "rejected": "rejects the order",
}
_HEAD = ("Line", "Item", "Ordered", "Answered", "Outcome")


def acknowledgement(
    title: str,
    partner: str,
    answer: SupplierAnswer,
    comparison: Comparison,
    written: Mapping[str, dt.date],
    remark: str = "",
) -> str:
    """The note. `written` are the dates written, by line number; `remark` is one more sentence."""
    verb = _RESPONSES.get(comparison.response, f"answers with a code that is not agreed ({answer.response.raw or '?'})")
    said = f"<p><b>{escape(title)}</b>: {escape(partner)} {escape(verb)}.</p>"
    rows = [row for line in comparison.lines for row in _rows(line, written)]
    for line in comparison.unknown:
        item = (line.item.description if line.item else None) or ""
        rows.append((line.line_number or "", item, "", "not on the order", "decision"))
    texts = [note.text for note in answer.notes] + [note.text for line in answer.lines for note in line.notes]
    parts = [said, _table(_HEAD, rows) if rows else "", *(f"<p><i>{escape(text)}</i></p>" for text in texts)]
    if comparison.document_cases:
        parts.append(
            "<ul>" + "".join(f"<li>{escape(case.sentence)}</li>" for case in comparison.document_cases) + "</ul>"
        )
    if remark:
        parts.append(f"<p>{escape(remark)}</p>")
    return "".join(parts)


def shipment(
    title: str,
    partner: str,
    notice: ShipmentDispatched,
    rows: Sequence[Sequence[str]],
    receipt: str,
    remarks: Sequence[str],
) -> str:
    """The note on a shipment: what is on its way, in which packages, and the receipt that waits for it."""
    about = notice.shipment
    said = f"<p><b>{escape(title)}</b>: {escape(partner)} has shipped; the goods are expected as {escape(receipt)}.</p>"
    carrier = notice.carrier.name or "" if notice.carrier else ""
    facts = (
        ("shipped", about.shipped_on.isoformat() if about.shipped_on else ""),
        ("expected", about.estimated_delivery or ""),
        ("carrier", carrier),
        ("tracking", about.tracking or ""),
        ("bill of lading", about.bill_of_lading or ""),
    )
    known = "; ".join(f"{escape(name)} {escape(value)}" for name, value in facts if value)
    lines = [*remarks, *(note.text for note in notice.notes)]
    head = ("Line", "Item", "Ordered", "Shipped", "Packages", "Lots")
    return "".join(
        [said, f"<p>{known}</p>" if known else "", _table(head, rows), *(f"<p><i>{escape(x)}</i></p>" for x in lines)]
    )


def decisions(cases: Sequence[Case]) -> str:
    """The note of an activity: one row per decision."""
    return _table(("What", "Ordered", "Answered"), [(case.sentence, case.expected, case.actual) for case in cases])


def paragraphs(text: str) -> str:
    """Plain text as HTML: one paragraph per line."""
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _rows(line: LineComparison, written: Mapping[str, dt.date]) -> Iterable[tuple[str, ...]]:
    order = line.order
    item = next((each.value for each in order.ids), "") or order.description
    ordered = _figures(order.quantity, order.uom, order.price, order.currency, order.date)
    outcomes = [f"date {written[order.number]} written"] if order.number in written else []
    if line.cases:
        outcomes.append("decision")
    elif line.changes and not outcomes:
        outcomes.append(f"{' and '.join(line.changes)} inside tolerance, not written")
    outcome = ", ".join(outcomes) or ("as ordered" if line.parts else "open")
    for number, part in enumerate(line.parts or (None,)):
        first = number == 0
        yield (
            order.number if first else "",
            item if first else "",
            ordered if first else "",
            _answered(part) if part else "not answered",
            outcome if first else "",
        )


def _answered(part: Part) -> str:
    words = part.status.replace("_", " ") + (" (not listed)" if part.implied else "")
    figures = _figures(part.quantity, part.uom, part.price, part.currency, part.date)
    more = [text for text in (part.substitute and f"instead: {part.substitute}", part.reason) if text]
    return ", ".join([words, *([figures] if figures else []), *more])


def _figures(quantity: Decimal | None, uom: str, price: Decimal | None, currency: str, date: dt.date | None) -> str:
    texts = (
        f"{plain(quantity)} {uom}".strip() if quantity is not None else "",
        f"{plain(price)} {currency}".strip() if price is not None else "",
        date.isoformat() if date else "",
    )
    return ", ".join(text for text in texts if text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="table table-sm"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
