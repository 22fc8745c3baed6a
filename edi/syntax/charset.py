"""Which character set an interchange is in, and the text of its bytes.

Not here: whether a character is allowed in an element (edi/check.py). Rule protected: decoding never fails and never
loses a byte silently; what had to be guessed or replaced is reported.
"""

from __future__ import annotations

import codecs
import re
from array import array
from functools import lru_cache

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

# X12.5 appendix A: the basic and the extended character set, without national characters.
X12_BASIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !\"&'()*+,-./:;?="
X12_EXTENDED = X12_BASIC + "abcdefghijklmnopqrstuvwxyz%~@[]_{}\\|<>^`#$"

UTF16 = ("utf-16-le", "utf-16-be")
_BLOCK = 1024
_CONTINUATION = bytes(range(0x80, 0xC0))
_BELOW_FOUR = bytes(range(0xF0))


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


def utf16_length(raw: bytes, position: int) -> int:
    """How many bytes of UTF-16 the first `position` bytes of this UTF-8 stand for."""
    whole, rest = divmod(max(position, 0), _BLOCK)
    blocks = _utf16_blocks(raw)
    whole = min(whole, len(blocks) - 1)
    return blocks[whole] + _utf16_units(raw[whole * _BLOCK : whole * _BLOCK + rest])


@lru_cache(maxsize=2)
def _utf16_blocks(raw: bytes) -> array[int]:
    """The length before each block, so that many places in one message cost one pass."""
    lengths = array("Q", [0])
    for start in range(0, len(raw), _BLOCK):
        lengths.append(lengths[-1] + _utf16_units(raw[start : start + _BLOCK]))
    return lengths


def _utf16_units(raw: bytes) -> int:
    """Two bytes for each character, two more for each of four bytes (a surrogate pair)."""
    return 2 * (len(raw.translate(None, _CONTINUATION)) + len(raw.translate(None, _BELOW_FOUR)))
