"""TA1, the one acknowledgement that is a bare segment (X12.5): as a value, and back. 997, 999 and CONTRL have maps."""

from __future__ import annotations

import datetime as dt

from edi.documents.exchange import Acknowledgement, AnsweredInterchange
from edi.documents.types import Code
from edi.model import Message, Segment


def read_ta1(message: Message) -> Acknowledgement:
    """The TA1 segment of a message of type TA1 as a value (X12.5): TA101 control number, TA104 verdict, TA105 note."""
    elements = [*message.segments[0], *[""] * 6]
    outcome = {"A": "accepted", "E": "accepted_with_errors", "R": "rejected"}.get(elements[4], "rejected")
    return Acknowledgement(
        kind="TA1",
        interchange=AnsweredInterchange(control=elements[1] or "0", date=elements[2] or None, time=elements[3] or None),
        outcome=Code(value=outcome, raw=elements[4] or None),
        code=elements[5] or None,
    )


def write_ta1(data: Acknowledgement) -> Segment:
    """The TA1 segment of an acknowledgement: date and time are those of the interchange answered."""
    about = data.interchange
    outcome = {"accepted": "A", "accepted_with_errors": "E"}.get(data.outcome.value if data.outcome else "", "R")
    control = about.control if about else "0"
    return [
        "TA1",
        control.rjust(9, "0")[-9:],
        (about.date if about else None) or "000101",
        (about.time if about else None) or "0000",
        outcome,
        data.code or "000",
    ]


def sent_at(about: AnsweredInterchange) -> dt.datetime:
    """Date and time of the interchange answered, as UTC; the first moment of 2000 if they are unreadable."""
    date, time = about.date or "", (about.time or "")[:4]
    form = "%Y%m%d%H%M" if len(date) == 8 else "%y%m%d%H%M"
    try:
        return dt.datetime.strptime(date + time, form).replace(tzinfo=dt.UTC)
    except ValueError:
        return dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
