"""One set cut out of its interchange: the bytes that, sent alone, say the same.

Not here: finding the set (edi.syntax.read). Rule protected: header, group header and set are the raw bytes that came
in; only the trailers, which count them, are made.
"""

from __future__ import annotations

import codecs

from edi.model import Delimiters, Interchange, Message
from edi.syntax import edifact, x12
from edi.syntax.charset import UTF16

_MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def extract(message: Message) -> bytes:
    """An interchange that holds only this set (or TA1), as it came, with trailers whose counts are right.

    A set that came without group or interchange stays without. What was wrong with the set or its headers stays wrong.
    Lines that were cut to one length are no longer of one length: such a set is read with `wrapped`.
    """
    interchange, group = message.interchange, message.group
    tags = x12.TAGS if interchange.syntax == "x12" else edifact.TAGS
    if interchange.header[:1] == [edifact.INTERACTIVE.header]:
        tags = edifact.INTERACTIVE
    trailers = [[tags.group_end, "1", group.control]] if group else []
    if interchange.header:
        counted = group is not None or interchange.syntax == "edifact"
        trailers.append([tags.end, "1" if counted else "0", interchange.control])
    parts = [interchange.raw, group.raw if group else b"", message.raw]
    parts = [_closed(part, interchange) for part in parts]
    parts += [_encoded(_line(trailer, interchange.delimiters), interchange) for trailer in trailers]
    return _MARKS.get(interchange.charset, b"") + b"".join(parts)


def _line(segment: list[str], wire: Delimiters) -> str:
    service = {wire.release, wire.element, wire.component, wire.terminator, wire.repeat} - {""}
    if wire.release:
        segment = ["".join(wire.release + c if c in service else c for c in value) for value in segment]
    return wire.element.join(segment) + wire.terminator


def _encoded(text: str, interchange: Interchange) -> bytes:
    if interchange.charset in UTF16:
        return text.encode(interchange.charset, "surrogatepass")
    try:
        return text.encode(interchange.charset)
    except UnicodeEncodeError:  # a header that could not be decoded: a delimiter is one byte all the same
        return text.encode("latin-1", "replace")


def _closed(part: bytes, interchange: Interchange) -> bytes:
    """The part with the terminator that may be missing at its end."""
    wire = interchange.delimiters
    end = wire.terminator
    text = part.decode(interchange.charset if interchange.charset in UTF16 else "latin-1", "replace")
    body = text.rstrip(" \t\r\n".replace(end, ""))
    before = body.removesuffix(end)
    released = wire.release and (len(before) - len(before.rstrip(wire.release))) % 2
    whole = not part or (body != before and not released)
    return part if whole else part + _encoded(end, interchange)
