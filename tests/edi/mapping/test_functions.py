"""Converters: each is a pair; what is written reads back, what is not meant is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents.types import plain
from edi.event_maker import with_check_digit
from edi.functions import CONVERTERS, Converter, UnknownConverter, check_digit_ok, converter

NUMBERS = st.decimals(Decimal(-99999999), Decimal(99999999), places=6, allow_nan=False, allow_infinity=False).map(plain)
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)).map(dt.date.isoformat)
MINUTES = st.builds("{}T{}".format, DAYS, st.times().map(lambda t: t.isoformat(timespec="minutes")))
GTINS = st.integers(0, 10**13 - 1).map(lambda n: with_check_digit(f"{n:013d}"))
PAIRS = {
    "text": st.text(alphabet="AB z0-9", min_size=1).map(lambda t: t.rstrip(" ") or "x"),
    "decimal": NUMBERS,
    "decimal places 2": st.decimals(0, 9999, places=2).map(plain),
    "integer": st.integers(-(10**9), 10**9).map(str),
    "integer width 8": st.integers(0, 10**7).map(str),
    "percent": NUMBERS,
    "date": DAYS,
    "date yymmdd": DAYS,
    "time": st.times().map(lambda t: t.isoformat(timespec="seconds")),
    "datetime": MINUTES,
    "gtin14": GTINS,
    "gtin14 width 13/14": GTINS,
    "gtin14 width 12": st.integers(0, 10**11 - 1).map(lambda n: with_check_digit(f"00{n:011d}")),
    "gln": st.integers(0, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012d}")),
    "sscc": st.integers(0, 10**17 - 1).map(lambda n: with_check_digit(f"{n:017d}")),
    "sscc ai": st.integers(0, 10**17 - 1).map(lambda n: with_check_digit(f"{n:017d}")),
    "boolean Y N": st.sampled_from(["true", "false"]),
    "upper": st.text(alphabet="ABC1", min_size=1),
    "digits": st.text(alphabet="0123456789", min_size=1),
}


def test_every_converter_has_a_pair_here() -> None:
    assert {words.split()[0] for words in PAIRS} | {"dtm"} == CONVERTERS


@pytest.mark.parametrize("words", PAIRS)
@given(data=st.data())
def test_what_is_written_reads_back(words: str, data: st.DataObject) -> None:
    made, canonical = converter(words.split()), data.draw(PAIRS[words])
    text = made.write(canonical)
    assert text is not None
    assert made.read(text) == canonical


@pytest.mark.parametrize("words", PAIRS)
@given(text=st.text(max_size=20) | st.text(alphabet="0123456789.,-+", max_size=20))
def test_any_text_is_read_to_something_that_survives_or_refused(words: str, text: str) -> None:
    made = converter(words.split())
    canonical = made.read(text)
    if canonical:
        written = made.write(canonical)
        assert written is None or made.read(written) == canonical


@pytest.mark.parametrize("form", ["2", "3", "4", "101", "102", "203", "204", "205"])
@given(day=st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)))
def test_dtm_days(form: str, day: dt.date) -> None:
    made = converter(["dtm", form])
    assert made.write2 is not None
    assert made.read2 is not None
    written = made.write2(day.isoformat())
    assert written is not None
    assert made.read2(*written) == day.isoformat()
    assert written[1] == (form if form not in ("203", "204", "205") else "102")


@pytest.mark.parametrize(
    ("text", "form", "day", "moment"),
    [
        ("202612011030", "203", "2026-12-01", "2026-12-01T10:30"),
        ("20261201103059", "204", "2026-12-01", "2026-12-01T10:30:59"),
        ("202612011030+0100", "205", "2026-12-01", "2026-12-01T10:30+01:00"),
        ("20261201", "102", "2026-12-01", "2026-12-01"),
        ("20261201", "", "2026-12-01", "2026-12-01"),
        ("261201", "101", "2026-12-01", "2026-12-01"),
        ("011226", "2", "2026-12-01", "2026-12-01"),
        ("202648", "616", None, "2026-W48"),
        ("202612", "610", None, "2026-12"),
        ("26483", "103", None, "2026-W48-3"),
        ("20261301", "102", None, None),
        ("202612012530", "203", None, None),
        ("20261201", "999", None, None),
        ("202612", "102", None, None),
        ("２０２６１２０１", "102", None, None),
    ],
)
def test_dtm_formats(text: str, form: str, day: str | None, moment: str | None) -> None:
    for wants_day, expected in ((True, day), (False, moment)):
        made = converter(["dtm", "102"], day=wants_day)
        assert made.read2 is not None
        assert made.read2(text, form) == expected


@pytest.mark.parametrize(("canonical", "form"), [("2026-W48", "616"), ("2026-12", "610"), ("2026-W48-3", "103")])
def test_weeks_and_months_keep_their_precision(canonical: str, form: str) -> None:
    made = converter(["dtm", "203"], day=False)
    assert made.write2 is not None
    assert made.read2 is not None
    written = made.write2(canonical)
    assert written is not None
    assert written[1] == form
    assert made.read2(*written) == canonical


@given(amount=st.decimals(-9999, 9999, places=2))
def test_implied_decimals(amount: Decimal) -> None:
    made = converter(["decimal"], implied=2)
    written = made.write(plain(amount))
    assert written is not None
    assert "." not in written
    assert made.read(written) == plain(amount)


def test_implied_decimals_are_exact() -> None:
    made = converter(["decimal"], implied=2)
    assert (made.read("123456"), made.write("1234.56"), made.read("5")) == ("1234.56", "123456", "0.05")
    assert made.write("1.234") is None
    assert made.read("12.34") is None


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("decimal", "TEN"), ("decimal", "1E3"), ("decimal", "1,000.50"), ("decimal", "."), ("decimal", "١"),
        ("integer", "1.5"), ("date", "20260230"), ("date", "2026-12-01"), ("date yymmdd", "261301"),
        ("time", "2460"), ("time", "103"), ("gtin14", "012345678904"), ("gtin14", "123"), ("gln", "4012345500005"),
        ("sscc", "340123450000000018"), ("boolean Y N", "X"), ("digits", "abc"),
    ],
)  # fmt: skip
def test_what_is_not_meant_is_refused(words: str, text: str) -> None:
    assert converter(words.split()).read(text) is None


@pytest.mark.parametrize(
    ("words", "text", "canonical"),
    [
        ("decimal", "0012.500", "12.5"), ("decimal", "12,5", "12.5"), ("decimal", ".5", "0.5"), ("decimal", "-0", "0"),
        ("decimal", "+7", "7"), ("integer", "007", "7"), ("integer", "7.0", "7"), ("text", "x  ", "x"),
        ("gtin14", "012345678905", "00012345678905"), ("sscc ai", "00340123450000000017", "340123450000000017"),
        ("sscc ai", "340123450000000017", "340123450000000017"),
        ("time", "10305999", "10:30:59"),
        ("upper", "abc", "ABC"), ("digits", "12-34", "1234"), ("date yymmdd", "500101", "1950-01-01"),
    ],
)  # fmt: skip
def test_reading_normalises(words: str, text: str, canonical: str) -> None:
    assert converter(words.split()).read(text) == canonical


def test_writing_options() -> None:
    assert converter(["decimal", "places", "2"]).write("12.5") == "12.50"
    assert converter(["decimal", "places", "2"]).write("12.345") == "12.345"
    assert converter(["integer", "width", "5"]).write("7") == "00007"
    assert converter(["gtin14", "width", "12"]).write(with_check_digit("1234567890123")) is None
    assert converter(["gtin14", "width", "13/14"]).write(with_check_digit("0401234500001")) == "4012345000016"


def test_a_date_with_its_time_in_another_element() -> None:
    made: Converter = converter(["datetime", "time", "BSN04"])
    assert made.beside == "BSN04"
    assert made.read2 is not None
    assert made.write2 is not None
    assert made.read2("20261201", "1030") == "2026-12-01T10:30"
    assert made.read2("20261201", "") == "2026-12-01"
    assert made.write2("2026-12-01T10:30:00+01:00") == ("20261201", "103000")


@pytest.mark.parametrize(
    "words",
    ["nothing", "decimal 2", "integer width x", "date ccyymmdd", "dtm", "dtm 999", "gtin14 width 11", "sscc x",
     "gln 13", "boolean Y", "boolean Y Y", "time x", "datetime x", "upper x", "digits x", "text x", "percent 2"],
)  # fmt: skip
def test_unknown_converters_and_options(words: str) -> None:
    with pytest.raises(UnknownConverter):
        converter(words.split())


@given(st.integers(0, 10**17 - 1))
def test_one_wrong_digit_is_found(number: int) -> None:
    good = with_check_digit(f"{number:017d}")
    place = number % 17
    wrong = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]
    assert check_digit_ok(good)
    assert not check_digit_ok(wrong)
