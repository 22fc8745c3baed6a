"""The converters a map may name after `as`: each a pair, wire text to canonical text and back.

Not here: code tables (edi/tables.py), functions of checks (edi/expression_functions.py), lengths and characters (schema
and writer). Rules protected: the list is closed; a converter never guesses, it returns None for what it cannot read or
write; writing what was read and reading it again gives the same canonical text.

Canonical text: decimals without exponent and trailing zeros, dates `YYYY-MM-DD`, times `HH:MM[:SS]`, GTIN 14 digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from edi.moments import (
    DTM_FORMATS,
    PERIODS,
    read_date,
    read_date6,
    read_datetime,
    read_dtm,
    read_period,
    read_time,
    write_date,
    write_date6,
    write_datetime,
    write_dtm,
    write_period,
    write_time,
)

Gives: TypeAlias = Literal["text", "decimal", "integer", "date", "time", "datetime", "boolean", "window"]
One: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Converter:
    """One converter with its options applied.

    `read` and `write` return None for text they cannot convert; `expected` says what they want. `gives` is the kind of
    the canonical text. `beside`: the converter also owns a second element: `format` the component after it (dtm), else
    the name of an element (datetime). Then `read2(value, other)` and `write2(canonical)` are used.
    """

    name: str
    gives: Gives
    expected: str
    read: One
    write: One
    beside: str = ""
    read2: Callable[[str, str], str | None] | None = None
    write2: Callable[[str], tuple[str, str] | None] | None = None


class UnknownConverter(ValueError):
    """The words after `as` name no converter, or options it does not have. The text says which."""


def converter(words: Sequence[str], *, implied: int = 0, day: bool = True) -> Converter:
    """The converter of `decimal places 2` given as words. Raises UnknownConverter.

    `implied` are the implied decimals of the element's type (N2). `day`: the event field is a date, not a moment.
    """
    name, options = words[0], list(words[1:])
    make = _MAKERS.get(name)
    if make is None:
        raise UnknownConverter(f"there is no converter {name!r}; there are {', '.join(sorted(_MAKERS))}")
    made = make(options, implied, day)
    if made is None:
        raise UnknownConverter(
            f"the converter {name!r} does not take {' '.join(options)!r}"
            if options
            else f"the converter {name!r} needs an option"
        )
    return made


# --- numbers

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:[.,]([0-9]*))?", re.ASCII)


def read_decimal(text: str) -> str | None:
    """`0012.50`, `12,5`, `.5`, `-3` as canonical text. No exponent, no thousands separators."""
    if not text.isascii():
        return None
    if text.isdigit():
        return text if text[0] != "0" else text.lstrip("0") or "0"
    whole, _, fraction = text.partition(".")
    if whole.isdigit() and fraction.isdigit() and whole[0] != "0" and fraction[-1] != "0":
        return text  # nearly every price
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    whole, fraction = match[2].lstrip("0") or "0", (match[3] or "").rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if match[1] == "-" and number != "0" else number


def write_decimal(text: str) -> str | None:
    """Canonical text is wire text; anything else is normalised first."""
    return read_decimal(text)


def _read_implied(text: str, places: int) -> str | None:
    """`123456` with two implied decimals is 1234.56. A decimal point in such an element is not allowed."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    digits = digits.rjust(places + 1, "0")
    return read_decimal(f"{'-' if text[0] == '-' else ''}{digits[:-places]}.{digits[-places:]}")


def _write_implied(text: str, places: int) -> str | None:
    number = read_decimal(text)
    if number is None:
        return None
    whole, _, fraction = number.partition(".")
    if len(fraction) > places:
        return None
    digits = (whole.lstrip("-") + fraction.ljust(places, "0")).lstrip("0") or "0"
    return f"-{digits}" if whole.startswith("-") and digits != "0" else digits


def _pad_places(text: str, places: int) -> str | None:
    number = read_decimal(text)
    if number is None:
        return None
    whole, _, fraction = number.partition(".")
    return number if len(fraction) > places else f"{whole}.{fraction.ljust(places, '0')}"


def _decimal(options: list[str], implied: int, day: bool) -> Converter | None:
    write: One = write_decimal
    if len(options) == 2 and options[0] == "places" and options[1].isdigit() and int(options[1]) > 0:
        places = int(options[1])

        def write(text: str) -> str | None:
            return _pad_places(text, places)

    elif options:
        return None
    if implied:
        return Converter(
            "decimal",
            "decimal",
            f"digits, the last {implied} are decimals",
            lambda text: _read_implied(text, implied),
            lambda text: _write_implied(text, implied),
        )
    return Converter("decimal", "decimal", "a number", read_decimal, write)


def _percent(options: list[str], implied: int, day: bool) -> Converter | None:
    return _decimal([], implied, day) if not options else None


def read_integer(text: str) -> str | None:
    """A whole number; a fraction of zeros is accepted."""
    number = read_decimal(text)
    return number if number is not None and "." not in number else None


def _integer(options: list[str], implied: int, day: bool) -> Converter | None:
    if not options:
        return Converter("integer", "integer", "a whole number", read_integer, read_integer)
    if len(options) != 2 or options[0] != "width" or not options[1].isdigit():
        return None
    width = int(options[1])

    def write(text: str) -> str | None:
        number = read_integer(text)
        return None if number is None else number.zfill(width)

    return Converter("integer", "integer", "a whole number", read_integer, write)


# --- dates and times


def _date(options: list[str], implied: int, day: bool) -> Converter | None:
    if options == ["yymmdd"]:
        return Converter("date", "date", "a date YYMMDD", read_date6, write_date6)
    return None if options else Converter("date", "date", "a date CCYYMMDD", read_date, write_date)


def _time(options: list[str], implied: int, day: bool) -> Converter | None:
    return None if options else Converter("time", "time", "a time HHMM or HHMMSS", read_time, write_time)


def _datetime(options: list[str], implied: int, day: bool) -> Converter | None:
    def write(text: str) -> str | None:
        parts = write_datetime(text)
        return None if parts is None else parts[0] + parts[1]

    if not options:
        return Converter("datetime", "datetime", "a date and time CCYYMMDDHHMM", read_datetime, write)
    if len(options) != 2 or options[0] != "time":
        return None
    return Converter(
        "datetime", "datetime", "a date CCYYMMDD", read_datetime, write, options[1], read_datetime, write_datetime
    )


def _dtm(options: list[str], implied: int, day: bool) -> Converter | None:
    if len(options) == 1 and options[0] in PERIODS:
        return _period(options[0])
    if len(options) != 1 or options[0] not in DTM_FORMATS:
        return None
    form = options[0]

    def write(text: str) -> str | None:
        parts = write_dtm(text, form)
        return parts[0] if parts else None

    return Converter(
        "dtm",
        "date" if day else "datetime",
        "a date with its format code, such as 20261201 and 102",
        lambda text: read_dtm(text, "", day=day),
        write,
        "format",
        lambda text, given: read_dtm(text, given, day=day),
        lambda text: write_dtm(text, form),
    )


def _period(form: str) -> Converter:
    def write(text: str) -> str | None:
        parts = write_period(text, form)
        return parts[0] if parts else None

    return Converter(
        "dtm",
        "window",
        "two days with their format code, such as 2026120120261205 and 718",
        lambda text: read_period(text, "", form),
        write,
        "format",
        lambda text, given: read_period(text, given, form),
        lambda text: write_period(text, form),
    )


# --- identifiers with check digits (GS1 General Specifications 7.9)


def check_digit_ok(digits: str) -> bool:
    """The last digit is the GS1 check digit of the others: weights 3, 1, 3 ... from the right."""
    codes = digits.encode()  # the code of a digit is 48 more than the digit
    count = len(codes)
    return (sum(codes) + 2 * sum(codes[-2::-2]) - 48 * (count + count // 2 * 2)) % 10 == 0


def _digits(text: str, *lengths: int) -> bool:
    return len(text) in lengths and text.isascii() and text.isdigit() and check_digit_ok(text)


def valid_gtin(text: str) -> bool:
    return _digits(text, 8, 12, 13, 14)


def valid_gln(text: str) -> bool:
    return _digits(text, 13)


def valid_sscc(text: str) -> bool:
    return _digits(text, 18)


def _read_gtin(text: str) -> str | None:
    return text.rjust(14, "0") if valid_gtin(text) else None


def _gtin(options: list[str], implied: int, day: bool) -> Converter | None:
    widths = [14]
    if options:
        if len(options) != 2 or options[0] != "width":
            return None
        if not set(options[1].split("/")) <= {"8", "12", "13", "14"}:
            return None
        widths = [int(width) for width in options[1].split("/")]

    def write(text: str) -> str | None:
        """In the first of the widths it fits in: `width 13/14` writes 13 digits unless the 14th counts."""
        if not valid_gtin(text):
            return None
        for width in widths:
            if not text[: max(0, len(text) - width)].strip("0"):
                return text[-width:].rjust(width, "0")
        return None

    return Converter(
        "gtin14",
        "text",
        "a GTIN with a correct check digit",
        _read_gtin,
        write,
    )


def _gln(options: list[str], implied: int, day: bool) -> Converter | None:
    def same(text: str) -> str | None:
        return text if valid_gln(text) else None

    return None if options else Converter("gln", "text", "a GLN: 13 digits, correct check digit", same, same)


def _sscc(options: list[str], implied: int, day: bool) -> Converter | None:
    lead = {(): "", ("ai",): "00"}.get(tuple(options))
    if lead is None:
        return None

    def read(text: str) -> str | None:
        bare = text[2:] if lead and len(text) == 20 and text.startswith(lead) else text
        return bare if valid_sscc(bare) else None

    def write(text: str) -> str | None:
        return lead + text if valid_sscc(text) else None

    return Converter("sscc", "text", "an SSCC: 18 digits, correct check digit", read, write)


# --- text


def _same(text: str) -> str | None:
    return text


def _text(options: list[str], implied: int, day: bool) -> Converter | None:
    return None if options else Converter("text", "text", "text", lambda text: text.rstrip(" "), _same)


def _upper(options: list[str], implied: int, day: bool) -> Converter | None:
    return None if options else Converter("upper", "text", "text", str.upper, _same)


def _keep_digits(options: list[str], implied: int, day: bool) -> Converter | None:
    def read(text: str) -> str | None:
        return "".join(character for character in text if "0" <= character <= "9") or None

    return None if options else Converter("digits", "text", "digits", read, _same)


def _boolean(options: list[str], implied: int, day: bool) -> Converter | None:
    if len(options) != 2 or options[0] == options[1]:
        return None
    yes, no = options
    return Converter(
        "boolean",
        "boolean",
        f"{yes} or {no}",
        {yes: "true", no: "false"}.get,
        {"true": yes, "false": no}.get,
    )


_MAKERS: dict[str, Callable[[list[str], int, bool], Converter | None]] = {
    "text": _text,
    "decimal": _decimal,
    "integer": _integer,
    "percent": _percent,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "dtm": _dtm,
    "gtin14": _gtin,
    "gln": _gln,
    "sscc": _sscc,
    "boolean": _boolean,
    "upper": _upper,
    "digits": _keep_digits,
}
CONVERTERS = frozenset(_MAKERS)
