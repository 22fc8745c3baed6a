"""Finds the next envelope in the input and says which syntax it is.

Not here: what the envelope contains. Rule protected: bytes that belong to no envelope are handed on as gaps, never
dropped, and each interchange is recognised by itself, whatever the one before was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from edi.faults import fault
from edi.model import Gap, Location
from edi.syntax.window import CHUNK, Window

# White space, NUL, Ctrl-Z and byte order marks around envelopes carry nothing.
BLANK = re.compile(rb"(?:[\x00\x1a\s]|\xef\xbb\xbf)+")

# A header anywhere: the letters, a usable separator, and enough of what must follow to exclude ordinary text.
HEADER = (
    rb"ISA([^A-Za-z0-9\r\n])(?:(?!\g{sep})[\s\S]){0,12}\g{sep}"
    rb"|UNA[\s\S]{6}\s*U(?:NB|NH|NG|IB)[^A-Za-z0-9]"
    rb"|U[NI]B[^A-Za-z0-9\s][A-Za-z0-9]{4}[^A-Za-z0-9]"
    rb"|UNB\+[^A-Za-z0-9]"
)
# Content without an envelope, accepted only where an envelope should begin.
BARE = re.compile(
    rb"(?P<st>ST([^A-Za-z0-9\s])\d{3}\2[A-Za-z0-9 ]{1,9}(?:\2[A-Za-z0-9]{0,35})?(?P<stend>[^A-Za-z0-9]))"
    rb"|(?P<gs>GS([^A-Za-z0-9\s])[A-Z]{2}(?:\5(?:(?!\5)[^\r\n]){1,35}){6}\5[A-Z0-9]{1,12}(?P<gsend>[^A-Za-z0-9]))"
    rb"|UN[HG][^A-Za-z0-9\s]"
)
LOOKAHEAD = 256
_SAMPLE = 16 * 1024


def header_pattern(group: int) -> bytes:
    """HEADER for a larger pattern in which `group` capturing groups come before it."""
    return HEADER.replace(rb"\g{sep}", b"\\%d" % (group + 1))


_HEADER = re.compile(header_pattern(0))


def starts_header(window: Window) -> bool:
    """Whether a header stands at the window."""
    window.ensure(LOOKAHEAD)
    return _HEADER.match(window.data, window.at) is not None


def cut_at_header(body: bytes) -> int:
    """Where, after a line break, a header begins inside what looked like one segment; -1 if nowhere."""
    if b"\n" not in body and b"\r" not in body:
        return -1
    for line_break in re.finditer(rb"[\r\n]\s*", body):
        if _HEADER.match(body, line_break.end()):
            return line_break.end()
    return -1


def skip_to_header(window: Window, *, first: bool, quiet: bool = False) -> Iterator[Gap]:
    """Gaps up to the next header or headless content, which then stands at the window, or up to the end of the input.

    `quiet` reports nothing: an unusable header has been reported already.
    """
    told = quiet
    while True:
        window.ensure(LOOKAHEAD)
        blank = BLANK.match(window.data, window.at)
        if blank:
            offset = window.offset
            yield Gap(window.take(blank.end() - window.at), offset)
            continue
        if not window.waiting or starts_header(window) or (not told and BARE.match(window.data, window.at)):
            return
        found = _HEADER.search(window.data, window.at)
        if not found and window.waiting < CHUNK and window.more():
            continue
        if found:
            length = found.start() - window.at
        else:  # keep enough for a header that is only half read
            length = window.waiting if window.ended else max(window.waiting - LOOKAHEAD, 1)
        offset, raw = window.offset, window.take(length)
        gap = Gap(raw, offset)
        if not told:
            code = "envelope.trailing-data" if not first else "envelope.leading-data" if found else "syntax.unknown"
            gap.faults.append(fault(code, Location(offset=offset), found=raw[:100].decode("latin-1")))
        told = True
        yield gap


def wrapped_lines(window: Window) -> bool:
    """Whether the interchange at the window is cut into lines of one length, as by a print program of 80 columns."""
    window.ensure(_SAMPLE)
    text = window.data[window.at : window.at + _SAMPLE]
    line_break = b"\r\n" if b"\r\n" in text else b"\n" if b"\n" in text else b"\r"
    lines = text.rstrip(b"\r\n\x00\x1a \t").split(line_break)
    if len(lines) < 3:
        return False
    width = len(lines[1])
    same = all(len(line) == width for line in lines[1:-1])
    return same and len(lines[-1]) <= width and (len(lines[0]) == width or (len(lines) > 4 and len(lines[0]) <= width))
