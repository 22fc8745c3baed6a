"""TA1, the one acknowledgement that is a bare segment (X12.5): as a value, and back. 997, 999 and CONTRL have maps."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

from edi import resources
from edi.check import compile_check
from edi.documents.exchange import Acknowledgement, AnsweredInterchange
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import Message, Segment
from edi.schema import load_schema
from edi.syntax.tags import is_date, is_time

_DIGITS = re.compile("[0-9]+")
_OUTCOMES = {"A": "accepted", "E": "accepted_with_errors", "R": "rejected"}
_VERDICTS = {outcome: verdict for verdict, outcome in _OUTCOMES.items()}
_DECISIVE = (1, 4)  # which interchange, and what became of it


def check_ta1(message: Message) -> list[Fault]:
    """What is wrong with a TA1. Nobody answers one, so that only an unreadable answer keeps it from being read."""
    schema = load_schema(resources.standard_identity("x12", message.version, "TA1"))
    return [
        found
        if found.severity != "reject" or found.location.element in _DECISIVE
        else dataclasses.replace(found, severity="error")
        for found in compile_check(schema).check(message).faults
    ]


def read_ta1(message: Message) -> Acknowledgement:
    """The TA1 segment of a message of type TA1 as a value (X12.5): TA101 control number, TA104 verdict, TA105 note."""
    elements = [*message.segments[0], *[""] * 6]
    outcome = _OUTCOMES.get(elements[4], "rejected")
    return Acknowledgement(
        kind="TA1",
        interchange=AnsweredInterchange(control=elements[1] or "0", date=elements[2] or None, time=elements[3] or None),
        outcome=Code(value=outcome, raw=elements[4] or None),
        code=elements[5] or None,
    )


def write_ta1(data: Acknowledgement, at: dt.datetime) -> Segment:
    """The TA1 segment. Date and time are those of the interchange answered, or `at` if they are unreadable."""
    about = data.interchange
    control, date, time = (about.control, about.date or "", about.time or "") if about else ("", "", "")
    return [
        "TA1",
        control[-9:].zfill(9) if _DIGITS.fullmatch(control) else "0" * 9,
        date if is_date(date) and len(date) == 6 else f"{at:%y%m%d}",
        time[:4] if is_time(time[:4]) else f"{at:%H%M}",
        _VERDICTS.get(data.outcome.value if data.outcome else "", "R"),
        data.code or "000",
    ]


def sent_at(about: AnsweredInterchange, zone: dt.tzinfo) -> dt.datetime:
    """Date and time of the interchange answered, on the partner's clock; the first moment of 2000 if unreadable."""
    date, time = about.date or "", (about.time or "")[:4]
    form = "%Y%m%d%H%M" if len(date) == 8 else "%y%m%d%H%M"
    try:
        return dt.datetime.strptime(date + time, form).replace(tzinfo=zone)
    except ValueError:
        return dt.datetime(2000, 1, 1, tzinfo=zone)
