"""BER (X.690) of untrusted bytes, as CMS needs it: definite and indefinite lengths, constructed strings; and DER out.

Not here: what the elements mean (cms.py). Rules protected: nesting, number of elements and every length are checked
against what is there; the work grows with the bytes; contents are ranges of the file and are never copied by reading.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.transports.as2.window import CHUNK, Window

DEEPEST = 32
MOST = 20_000  # elements that are kept
MOST_PIECES = 1_000_000  # of strings
INTEGER, BIT_STRING, OCTETS, NULL, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
CONSTRUCTED, CONTEXT = 0x20, 0x80


class BerError(ValueError):
    """The bytes are not BER, or more than is allowed."""


@dataclass(slots=True)
class Element:
    """One element. `tag` is its identifier byte; its content is `body` to `stop`, all of it `start` to `end`.

    `children` are those of a constructed element; a constructed OCTET STRING has `pieces` instead, the starts and ends
    of its primitive parts in turn.
    """

    window: Window
    tag: int
    start: int
    body: int
    stop: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)
    pieces: array[int] = field(default_factory=lambda: array("q"))

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
        elif self.pieces:
            yield from zip(self.pieces[::2], self.pieces[1::2], strict=True)
        for child in self.children:
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

    def oid(self) -> str:
        if self.tag != OID:
            raise BerError("an object identifier is expected")
        return _dotted(self.content())


def parse(window: Window) -> Element:
    """The one element at the start of a range, with everything below it. Bytes after it are left alone (some senders
    end their files with a line break). Raises BerError."""
    found = _Parser(window).element(window.start, window.end, 0)
    if found is None:
        raise BerError("an element is expected")
    return found


class _Parser:
    def __init__(self, window: Window) -> None:
        self.window = window
        self.left, self.pieces = MOST, MOST_PIECES
        self._held, self._from = b"", 0

    def element(self, start: int, limit: int, depth: int) -> Element | None:
        """The element at `start`; None for the end of an indefinite length."""
        tag, body, length = self._header(start, limit)
        if tag == 0 and length == 0:
            return None
        self.left -= 1
        if self.left < 0:
            raise BerError(f"more than {MOST} elements")
        if depth > DEEPEST:
            raise BerError(f"nested deeper than {DEEPEST}")
        found = Element(self.window, tag, start, body)
        if length is not None:
            found.stop = found.end = body + length
        if tag & CONSTRUCTED:
            self._inside(found, limit if length is None else found.stop, depth, open_=length is None)
        elif length is None:
            raise BerError("a primitive element without a length")
        return found

    def _inside(self, found: Element, limit: int, depth: int, *, open_: bool) -> None:
        here = found.body
        while open_ or here < limit:
            tag, body, length = self._header(here, limit)
            if tag == OCTETS and length is not None and not found.children and found.tag not in (SEQUENCE, SET):
                self.pieces -= 1
                if self.pieces < 0:
                    raise BerError(f"a string of more than {MOST_PIECES} pieces")
                found.pieces.extend((body, body + length))
                here = body + length
                continue
            if found.pieces and not (tag == 0 and length == 0):
                self._unfold(found)
            child = self.element(here, limit, depth + 1)
            if child is None:
                if not open_:
                    raise BerError("an end where none is due")
                found.stop, found.end = here, here + 2
                return
            found.children.append(child)
            here = child.end
        if here != limit:
            raise BerError("the lengths do not add up")

    def _unfold(self, found: Element) -> None:
        """What looked like pieces of a string are ordinary elements."""
        pieces, found.pieces = found.pieces, array("q")
        for start, stop in zip(pieces[::2], pieces[1::2], strict=True):
            self.left -= 1
            if self.left < 0:
                raise BerError(f"more than {MOST} elements")
            found.children.append(Element(self.window, OCTETS, start, start, stop, stop))

    def _header(self, start: int, limit: int) -> tuple[int, int, int | None]:
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
