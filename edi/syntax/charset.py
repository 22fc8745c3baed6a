"""Which character set an interchange is in, and the text of its bytes.

Not here: whether a character is allowed in an element (edi/check.py). Rule protected: decoding never fails and never
loses a byte silently; what had to be guessed or replaced is reported.
"""

from __future__ import annotations

import codecs
import re

from edi.errors import ProfileError

# UNB S001/0001, ISO 9735 data element 0001: identifier -> codec. UNOX (ISO 2022 escapes) has none of its own.
EDIFACT_CODECS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}

# ISO 9735 annex A: the repertoires of level A and B, without what the service characters add.
LEVEL_A = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>"
LEVEL_B = LEVEL_A + "abcdefghijklmnopqrstuvwxyz"

UTF16 = ("utf-16-le", "utf-16-be")


def check_codec(name: str) -> str:
    """The Python name of a character set from a profile.

    Raises ProfileError if it is unknown or not a superset of ASCII: delimiters are found as single bytes.
    """
    if not name:
        return ""
    try:
        codec = codecs.lookup(name).name
        plain = bytes(range(0x20, 0x7F))
        if codec not in UTF16 and codec != "utf-16" and plain.decode(codec) != plain.decode("ascii"):
            raise ProfileError(f"charset {name!r}: not a superset of ASCII")
    except (LookupError, UnicodeDecodeError, TypeError) as error:
        raise ProfileError(f"charset {name!r}: {error}") from None
    return codec


def decode(raw: bytes, charset: str, fixed: bool) -> tuple[str, str]:
    """The text and the character set really used; bytes that fit nowhere become U+FFFD.

    `fixed` keeps to `charset`. Otherwise: the charset, UTF-8, and at last Latin-1 if the charset was ASCII or UTF-8.
    """
    try:
        return raw.decode(charset), charset
    except UnicodeDecodeError:
        if fixed:
            return raw.decode(charset, "replace"), charset
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        if charset in ("ascii", "utf-8"):
            return raw.decode("iso8859-1"), "iso8859-1"
        return raw.decode(charset, "replace"), charset


def outside(level: str) -> re.Pattern[str] | None:
    """Finds the characters outside UNOA or UNOB; None for the other levels, which the codec checks."""
    allowed = {"UNOA": LEVEL_A, "UNOB": LEVEL_B}.get(level)
    return re.compile(f"[^{re.escape(allowed)}]") if allowed else None
