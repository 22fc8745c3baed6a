"""Dates and times as the wire writes them, and as ISO 8601.

Not here: which converter a map names (edi/functions.py). Rule protected: a moment is read exactly or not at all (None);
two-digit years 50 to 99 belong to the last century.
"""

from __future__ import annotations

import datetime as dt
import re


def read_date(text: str) -> str | None:
    """CCYYMMDD of an existing day."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def write_date(text: str) -> str | None:
    """`2026-12-01` as CCYYMMDD."""
    day = _iso_day(text)
    return day.replace("-", "") if day else None


def _iso_day(text: str) -> str | None:
    """The day of an ISO date or moment, if it is one."""
    try:
        return dt.date.fromisoformat(text[:10]).isoformat() if len(text) >= 10 and text[4] == "-" else None
    except ValueError:
        return None


def read_date6(text: str) -> str | None:
    """YYMMDD, years 50 to 99 are of the last century."""
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    return read_date(("19" if text[:2] >= "50" else "20") + text)


def write_date6(text: str) -> str | None:
    written = write_date(text)
    return written[2:] if written and "1950" <= written[:4] <= "2049" else None


def read_time(text: str) -> str | None:
    """HHMM, HHMMSS or HHMMSSDD; the hundredths are dropped."""
    if len(text) not in (4, 6, 8) or not (text.isascii() and text.isdigit()):
        return None
    if text[:2] > "23" or text[2:4] > "59" or text[4:6] > "59":
        return None
    return ":".join((text[:2], text[2:4], text[4:6]) if len(text) > 4 else (text[:2], text[2:4]))


def write_time(text: str) -> str | None:
    """`10:30` as 1030, `10:30:05` as 103005."""
    digits = text.replace(":", "")
    return digits if re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", text) and read_time(digits) else None


def read_datetime(text: str, time: str = "") -> str | None:
    """CCYYMMDD with HHMM[SS] in the same or in a second element: `2026-12-01T10:30`, or the day alone."""
    day, clock = read_date(text[:8]), text[8:] or time
    if day is None or not clock:
        return day
    moment = read_time(clock)
    return f"{day}T{moment}" if moment else None


def write_datetime(text: str) -> tuple[str, str] | None:
    """The day and the time, as two texts; the zone is not on the wire."""
    day = write_date(text)
    if day is None:
        return None
    clock = write_time(re.split(r"[Z+-]|\.", text[11:], maxsplit=1)[0]) if len(text) > 10 else ""
    return None if clock is None else (day, clock)


# EDIFACT C507: the format code stands in the component after the value. The cuts: year, month, day, length.
_CUTS = {
    "2": (slice(4, 6), slice(2, 4), slice(0, 2), 6),  # DDMMYY
    "3": (slice(4, 6), slice(0, 2), slice(2, 4), 6),  # MMDDYY
    "4": (slice(4, 8), slice(2, 4), slice(0, 2), 8),  # DDMMCCYY
    "101": (slice(0, 2), slice(2, 4), slice(4, 6), 6),  # YYMMDD
    "102": (slice(0, 4), slice(4, 6), slice(6, 8), 8),  # CCYYMMDD
    "201": (slice(0, 2), slice(2, 4), slice(4, 6), 10),  # YYMMDDHHMM
    "203": (slice(0, 4), slice(4, 6), slice(6, 8), 12),  # CCYYMMDDHHMM
    "204": (slice(0, 4), slice(4, 6), slice(6, 8), 14),  # CCYYMMDDHHMMSS
    "205": (slice(0, 4), slice(4, 6), slice(6, 8), 17),  # CCYYMMDDHHMM and the offset from UTC, +0100
}
DTM_FORMATS = frozenset(_CUTS) - {"201"}
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4])[0-5][0-9]")
_GUESSED = {8: "102", 12: "203"}  # the format code is optional; these two are the usual ones


# Periods: both ends in the form that is named; on the wire without the hyphen, which some senders write.
PERIODS = {"713": "201", "718": "102", "719": "203"}


def read_period(text: str, form: str, expected: str) -> str | None:
    """A period of C507 as two ISO days, `2026-12-01/2026-12-05`; times of day are dropped."""
    single = PERIODS.get(form or expected, "")
    digits = text.replace("-", "")
    half = len(digits) // 2
    ends = [read_dtm(part, single, day=True) for part in (digits[:half], digits[half:])]
    return f"{ends[0]}/{ends[1]}" if ends[0] and ends[1] and ends[0] <= ends[1] else None


def write_period(text: str, form: str) -> tuple[str, str] | None:
    """Value and format code of `2026-12-01/2026-12-05`; both ends are needed."""
    first, _, last = text.partition("/")
    days = write_date(first), write_date(last)
    if days[0] is None or days[1] is None:
        return None
    if form == "713":
        if not (first[:4] >= "1950" and last[:4] <= "2049"):
            return None
        return f"{days[0][2:]}0000{days[1][2:]}2359", form
    return (f"{days[0]}{days[1]}" if form == "718" else f"{days[0]}0000{days[1]}2359"), form


def read_dtm(text: str, form: str, *, day: bool) -> str | None:
    """A value of C507 with its format code as an ISO day or moment. `day`: the time of day is dropped.

    Weeks and months keep their precision (`2026-W48`, `2026-12`) and are refused where a day is wanted.
    """
    form = form or _GUESSED.get(len(text), "")
    if form == "102":
        return read_date(text)
    if form in ("103", "610", "616"):
        return None if day else _read_rough(text, form)
    if form not in _CUTS or len(text) != _CUTS[form][3]:
        return None
    year, month, date, _ = _CUTS[form]
    century = "" if year.stop - year.start == 4 else "19" if text[year] >= "50" else "20"
    found = read_date(century + text[year] + text[month] + text[date])
    if found is None or len(text) < 10:
        return found
    clock, offset = (text[8:12], text[12:]) if form == "205" else (text[date.stop :], "")
    time = read_time(clock)
    if time is None or (form == "205" and not _OFFSET.fullmatch(offset)):
        return None
    return found if day else f"{found}T{time}" + (f"{offset[:3]}:{offset[3:]}" if offset else "")


def _read_rough(text: str, form: str) -> str | None:
    if not (text.isascii() and text.isdigit()):
        return None
    if form == "610" and len(text) == 6 and "01" <= text[4:] <= "12":
        return f"{text[:4]}-{text[4:]}"
    if form == "616" and len(text) == 6 and "01" <= text[4:] <= "53":
        return f"{text[:4]}-W{text[4:]}"
    if form == "103" and len(text) == 5 and "01" <= text[2:4] <= "53" and "1" <= text[4] <= "7":
        return f"{'19' if text[:2] >= '50' else '20'}{text[:2]}-W{text[2:4]}-{text[4]}"
    return None


def write_dtm(text: str, form: str) -> tuple[str, str] | None:
    """Value and format code: the named format, or 102 for a day without time, or the format of a week or month."""
    if re.fullmatch(r"[0-9]{4}-W[0-9]{2}(-[1-7])?", text):
        week, _, weekday = text[6:].partition("-")
        return (f"{text[2:4]}{week}{weekday}", "103") if weekday else (text[:4] + week, "616")
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        return text.replace("-", ""), "610"
    day = _iso_day(text)
    if day is None:
        return None
    year, month, date = day.split("-")
    if form in ("203", "204", "205"):
        moment = re.fullmatch(
            r"T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?", text[10:]
        )
        if moment is None:
            return None if text[10:] else (year + month + date, "102")
        clock = moment[1] + moment[2]
        if form == "205" and moment[4]:
            return year + month + date + clock + moment[4].replace("Z", "+00:00").replace(":", ""), "205"
        return (
            (year + month + date + clock + (moment[3] or "00"), "204")
            if form == "204"
            else (
                year + month + date + clock,
                "203",
            )
        )
    if form in ("2", "3", "101"):
        if not "1950" <= year <= "2049":
            return None
        year = year[2:]
    if form == "201":
        return None
    order = {"2": date + month + year, "3": month + date + year, "4": date + month + year}
    return order.get(form, year + month + date), form
