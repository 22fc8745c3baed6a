"""UTF-16 input: read as UTF-8 and handed on with the bytes and offsets that really came in.

Not here: anything about envelopes. Rule protected: the reader is written once, for single-byte delimiters.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace

from edi.faults import fault
from edi.model import Gap, Interchange, Item, Location, Message
from edi.syntax.charset import utf16_length
from edi.syntax.envelope import Options, read_items
from edi.syntax.window import Utf16Source, Window

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_STARTS = ("ISA", "UNA", "UNB")
_SAMPLE = 64


def utf16_codec(window: Window) -> str:
    """The UTF-16 codec of the input, by its byte order mark or the zero bytes of the first header; else empty."""
    window.ensure(_SAMPLE)
    head = window.data[window.at : window.at + _SAMPLE]
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
        start = head.decode(codec, "replace").lstrip(" \t\r\n\0\x1a")
        if start.startswith(_STARTS):
            return codec
    return ""


def read_utf16(window: Window, codec: str, options: Options) -> Iterator[Item]:
    """The items of a UTF-16 input."""
    if window.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), window.at):
        yield Gap(window.take(2), window.offset - 2)
    offset = window.offset
    source = Utf16Source(window, codec)
    for item in read_items(Window(source), replace(options, charset="utf-8", transcoded=True)):
        narrow, start = item.raw, item.offset
        item.raw, item.offset = source.restore(narrow), offset
        for index, found in enumerate(item.faults):
            there = offset + utf16_length(narrow, found.location.offset - start)
            item.faults[index] = replace(found, location=replace(found.location, offset=there))
        offset += len(item.raw)
        if isinstance(item, Interchange):
            item.charset = codec
        elif isinstance(item, Message):
            item.interchange.charset = codec
        yield item
    if source.tail:
        place = Location(offset=offset)
        yield Gap(source.tail, offset, [fault("envelope.trailing-data", place, found=source.tail.decode("latin-1"))])
