"""The wire syntaxes: bytes to envelopes and messages, and back.

    for item in read(source): ...          every byte of the source is in exactly one item
    offset_of(message, segment, element)   where a place stands in the source
    span_of(message, segment, element)     the same, with its length
    write(messages, envelope)              an interchange
    extract(message)                       the interchange with this set alone

Not here: what a document may contain (edi/check.py) or means (edi/mapping.py). Rule protected: any bytes can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from edi.errors import ProfileError
from edi.model import Item
from edi.syntax.charset import check_codec
from edi.syntax.content import harmless_in, is_plain, may_be_padded
from edi.syntax.envelope import LIMITS, Options, read_items
from edi.syntax.extract import extract
from edi.syntax.places import header_offset, offset_of, span_of
from edi.syntax.wide import read_utf16, utf16_codec
from edi.syntax.window import Window
from edi.syntax.writer import Envelope, Outgoing, default_delimiters, unwritable, write

__all__ = [
    "LIMITS",
    "Envelope",
    "Outgoing",
    "default_delimiters",
    "extract",
    "harmless_in",
    "header_offset",
    "is_plain",
    "may_be_padded",
    "offset_of",
    "read",
    "span_of",
    "unwritable",
    "write",
]


def read(
    source: bytes | BinaryIO,
    *,
    charset: str = "",
    wrapped: bool = False,
    limits: Mapping[str, int] | None = None,
) -> Iterator[Item]:
    """Envelopes, messages and gaps in the order of the input; bounded memory, one message at a time.

    Interchanges of both syntaxes may follow each other. `charset` is the partner's, for data that declares none;
    `wrapped` says that line breaks carry nothing. `limits` overrides LIMITS. Bad data gives faults in the items.
    Raises ProfileError for an unusable `charset` or an unknown limit, and whatever reading the source raises.
    """
    unknown = set(limits or ()) - set(LIMITS)
    if unknown:
        raise ProfileError(f"unknown limits: {', '.join(sorted(unknown))}")
    options = Options(check_codec(charset), wrapped, {**LIMITS, **(limits or {})})
    window = Window(source)
    codec = utf16_codec(window)
    return read_utf16(window, codec, options) if codec else read_items(window, options)
