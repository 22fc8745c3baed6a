"""BER (X.690) of untrusted bytes, as CMS needs it: definite and indefinite lengths, constructed strings; and DER out.

Not here: what the elements mean (cms.py). Rules protected: nesting, number of elements and every length are checked
against what is there; the work grows with the bytes; contents are ranges of the file and are never copied by reading.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator
from functools import lru_cache

from gateway.window import CHUNK, Window

DEEPEST = 32
MOST = 20_000  # elements that are kept
MOST_PIECES = 1_000_000  # of strings
LONGEST_OID = 64  # bytes
INTEGER, BIT_STRING, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CONSTRUCTED, CONTEXT = 0x20, 0x80


class BerError(ValueError):
    """The bytes are not BER, or more than is allowed."""


class Element:
    """One element. `tag` is its identifier byte; its content is `body` to `stop`, all of it `start` to `end`.

    What is inside is looked at when it is first asked for, unless only that tells where the element ends: certificates
    and extensions nobody reads cost nothing.
    """

    __slots__ = ("_children", "_depth", "_parser", "_pieces", "body", "end", "start", "stop", "tag", "window")

    def __init__(self, parser: _Parser, tag: int, start: int, body: int, stop: int, depth: int) -> None:
        self.window, self.tag, self.start, self.body, self.stop, self.end = parser.window, tag, start, body, stop, stop
        self._parser, self._depth = parser, depth
        self._children: list[Element] | None = None
        self._pieces: array[int] | None = None

    @property
    def children(self) -> list[Element]:
        """The elements in a constructed one. Raises BerError."""
        if self._children is None:
            self._children = []
            if self.tag & CONSTRUCTED:
                self._parser.inside(self, self.stop, self._depth, open_=False)
        return self._children

    @property
    def pieces(self) -> array[int]:
        """The starts and ends of the primitive parts of a constructed string, in turn."""
        if self._pieces is None:
            self._pieces = array("q")
        return self._pieces

    @property
    def definite(self) -> bool:
        return self.stop == self.end

    def raw(self) -> bytes:
        """The element as it stands, with identifier and length."""
        return self.window.part(self.start, self.end).whole()

    def content(self) -> bytes:
        return self.window.part(self.body, self.stop).whole()

    def octets(self) -> Iterator[bytes]:
        """The bytes of an OCTET STRING, however it is divided and tagged, in chunks."""
        for start, stop in self.ranges():
            yield from self.window.part(start, stop).chunks(CHUNK)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Where the bytes of an OCTET STRING stand; a tag around it, explicit or implicit, makes no difference."""
        if not self.tag & CONSTRUCTED:
            yield self.body, self.stop
            return
        children = self.children  # looking at them finds the pieces
        yield from zip(self.pieces[::2], self.pieces[1::2], strict=True)
        for child in children:
            if child.tag & ~CONSTRUCTED != OCTETS:
                raise BerError("a string has a part that is no string")
            yield from child.ranges()

    def string(self) -> bytes:
        """A short OCTET STRING."""
        found = bytearray()
        for chunk in self.octets():
            found += chunk
            if len(found) > CHUNK:
                raise BerError("a string is too long")
        return bytes(found)

    def integer(self) -> int:
        if self.tag != INTEGER and not self.tag & CONTEXT:
            raise BerError("an integer is expected")
        return int.from_bytes(self.content(), "big", signed=True)

    def moment(self) -> dt.datetime:
        """A UTCTime or GeneralizedTime as CMS has them: to the second, in UTC (RFC 5652 11.3)."""
        form = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(self.tag)
        if form is None:
            raise BerError("a time is expected")
        try:
            return dt.datetime.strptime(self.content().decode("ascii"), form).replace(tzinfo=dt.UTC)
        except ValueError:
            raise BerError("a time that is none") from None

    def oid(self) -> str:
        if self.tag != OID:
            raise BerError("an object identifier is expected")
        if self.stop - self.body > LONGEST_OID:
            raise BerError("an object identifier that is too long")
        return _dotted(self.content())


def parse(window: Window) -> Element:
    """The one element at the start of a range. Bytes after it are left alone (some senders end their files with a line
    break). Raises BerError, also when what is inside is asked for."""
    parser = _Parser(window)
    tag, body, length = parser.header(window.start, window.end)
    if tag == 0:
        raise BerError("an element is expected")
    return parser.element(window.start, window.end, tag, body, length, 0)


class _Parser:
    def __init__(self, window: Window) -> None:
        self.window = window
        self.left, self.pieces = MOST, MOST_PIECES
        self._held, self._from = b"", 0

    def element(self, start: int, limit: int, tag: int, body: int, length: int | None, depth: int) -> Element:
        """The element whose header was read; of an indefinite length, with everything in it."""
        self.left -= 1
        if self.left < 0:
            raise BerError(f"more than {MOST} elements")
        if depth > DEEPEST:
            raise BerError(f"nested deeper than {DEEPEST}")
        if length is not None:
            return Element(self, tag, start, body, body + length, depth)
        if not tag & CONSTRUCTED:
            raise BerError("a primitive element without a length")
        found = Element(self, tag, start, body, limit, depth)
        found._children = []
        self.inside(found, limit, depth, open_=True)
        return found

    def inside(self, found: Element, limit: int, depth: int, *, open_: bool) -> None:
        """What is in a constructed element, up to its end; `open_`: that is marked."""
        here, children, pieces = found.body, found.children, found.pieces
        string = found.tag not in (SEQUENCE, SET)
        while open_ or here < limit:
            tag, body, length = self.header(here, limit)
            if tag == 0 and length == 0:
                if not open_:
                    raise BerError("an end where none is due")
                found.stop, found.end = here, here + 2
                return
            if tag == OCTETS and string and length is not None and not children:
                self.pieces -= 1
                if self.pieces < 0:
                    raise BerError(f"a string of more than {MOST_PIECES} pieces")
                pieces.extend((body, body + length))
                here = body + length
                continue
            if pieces:
                self._unfold(found, depth)
            child = self.element(here, limit, tag, body, length, depth + 1)
            children.append(child)
            here = child.end
        if here != limit:
            raise BerError("the lengths do not add up")

    def _unfold(self, found: Element, depth: int) -> None:
        """What looked like pieces of a string are ordinary elements."""
        for start, stop in zip(found.pieces[::2], found.pieces[1::2], strict=True):
            found.children.append(self.element(start, stop, OCTETS, start, stop - start, depth + 1))
        del found.pieces[:]

    def header(self, start: int, limit: int) -> tuple[int, int, int | None]:
        """Identifier byte, start of the content, length (None: indefinite)."""
        head = self._bytes(start, min(limit, start + 10))
        if len(head) < 2:
            raise BerError("the data end too early")
        tag, first = head[0], head[1]
        if tag & 0x1F == 0x1F:
            raise BerError("a tag number above 30")
        if first < 0x80:
            body, length = start + 2, first
        elif first == 0x80:
            return tag, start + 2, None
        else:
            many = first & 0x7F
            if many > 8 or len(head) < 2 + many:
                raise BerError("a length of too many bytes")
            body, length = start + 2 + many, int.from_bytes(head[2 : 2 + many], "big")
        if body + length > limit:
            raise BerError("a length beyond the end")
        return tag, body, length

    def _bytes(self, start: int, end: int) -> bytes:
        """A few bytes; the file is read a block at a time."""
        offset = start - self._from
        if offset < 0 or end - self._from > len(self._held):
            self._held, self._from, offset = self.window.at(start, 4096), start, 0
        return self._held[offset : offset + end - start]


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if value > 1 << 64:
            raise BerError("an object identifier with too large a number")
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs or content[-1] & 0x80:
        raise BerError("an object identifier that is cut off")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


# --- writing (DER)


def length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes((tag,)) + length(len(content)) + content


def header(tag: int, size: int) -> bytes:
    """Identifier and length of a content that is written elsewhere."""
    return bytes((tag,)) + length(size)


def integer(value: int) -> bytes:
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


@lru_cache(maxsize=64)
def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return tlv(OID, bytes(content))


def sequence(*contents: bytes) -> bytes:
    return tlv(SEQUENCE, *contents)


def set_of(*contents: bytes) -> bytes:
    """A SET OF, its members in DER order."""
    return tlv(SET, *sorted(contents))


def octets(content: bytes) -> bytes:
    return tlv(OCTETS, content)
