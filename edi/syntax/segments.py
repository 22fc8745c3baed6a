"""From the text of a message to its segments, and from a segment back to its bytes.

Not here: where a message begins and ends (edi/syntax/envelope.py). Rule protected: after this module there are no
delimiters and no release characters, only COMPONENT and REPEAT; nothing in the data can be mistaken for them.

The fast path is `str.replace` and `str.split` on the whole message; no object is made per element.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edi.faults import Severity
from edi.model import COMPONENT, REPEAT, Delimiters, Segment, Syntax
from edi.syntax.recent import remembered

REPLACEMENT = "\ufffd"
MARKER = "\x01"
MANY = 5_000  # segments of a long message
SHORT = 5  # characters; longer values are rarely the same, and remembering them costs more than they do
PADDING = " \t\r\n\x00\x1a"


class Finding(NamedTuple):
    """A fault whose place is only known as numbers: segment from 1, element from 0 (the tag)."""

    code: str
    segment: int = 0
    element: int = 0
    found: str = ""
    expected: str = ""
    severity: Severity | None = None
    component: int = 0


def run_after(terminator: str) -> str:
    """The pattern of what belongs to a terminator: line breaks and indentation, as far as they are not terminators."""
    if terminator == "\r":
        return r"\n?[\t ]*"
    if terminator == "\n":
        return r"[\t ]*"
    return r"[\r\n ]*" if terminator == "\t" else r"[\r\n\t ]*"


class Splitter:
    """Splits messages of one interchange. `wrapped` removes every line break first."""

    def __init__(self, syntax: Syntax, delimiters: Delimiters, *, wrapped: bool, limits: Mapping[str, int]) -> None:
        self.syntax = syntax
        self.delimiters = delimiters
        self.wrapped = wrapped and delimiters.terminator not in "\r\n"
        self._segment_limit, self._element_limit = limits["segment"], limits["elements"]
        self._least_limit = min(self._segment_limit, self._element_limit)  # a segment of n elements has n characters
        self._run = re.compile(re.escape(delimiters.terminator) + run_after(delimiters.terminator))
        release = re.escape(delimiters.release)
        self._released = re.compile(release + r"(\r\n|[\s\S]|$)" if release else "$^")
        service = [
            delimiters.release,
            delimiters.element,
            delimiters.component,
            delimiters.terminator,
            delimiters.repeat,
        ]
        self._letters = {character: letter for letter, character in zip("rxctd", service, strict=True) if character}
        self._characters = {letter: character for character, letter in self._letters.items()} | {"b": "", "e": ""}
        # Separators that are COMPONENT or REPEAT in another role cannot be replaced in the whole text.
        roles = ((delimiters.component, COMPONENT), (delimiters.repeat, REPEAT))
        self._plain = {wire for wire, canonical in roles if wire == canonical}
        self._crossed = any(
            character in (delimiters.element, delimiters.terminator)
            or (character in (delimiters.component, delimiters.repeat) and character not in self._plain)
            for character in (COMPONENT, REPEAT)
        )
        # What sends a message the careful way: all that is neither data nor a separator in its own role.
        self._foreign = {COMPONENT, REPEAT, "\r", "\n"} - {delimiters.terminator, *self._plain}
        self._exact_table = {ord(COMPONENT): REPLACEMENT, ord(REPEAT): REPLACEMENT}
        self._exact_table.update({ord(wire): canonical for wire, canonical in roles if wire})

    def split(self, text: str) -> tuple[list[Segment], list[Finding]]:
        """The segments of a message slice, and what was wrong with it. Element text is canonical (edi/model.py)."""
        wire = self.delimiters
        terminator, element = wire.terminator, wire.element
        findings: list[Finding] = []
        marker = ""
        if self.wrapped:
            text = text.replace("\r", "").replace("\n", "")
        if wire.release and wire.release in text:
            marker = MARKER if MARKER not in text else "\ud800"  # neither can come out of a strict decoder and stay
            text = self._hide(text, marker)
        text = self._unbroken(text)
        exact = (
            self._crossed
            or (COMPONENT in text and wire.component != COMPONENT)
            or (REPEAT in text and wire.repeat != REPEAT)
        )
        if not exact:
            if wire.component:
                text = text.replace(wire.component, COMPONENT)
            if wire.repeat:
                text = text.replace(wire.repeat, REPEAT)
        if text.endswith(terminator):
            text = text[:-1]
        else:
            text = text.rstrip(PADDING)
            findings.append(Finding("segment.unterminated", segment=-1))
        pieces = text.split(terminator)
        if "" in pieces:
            pieces = _without_empty(pieces, findings)
            text = terminator.join(pieces)
        checked = len(text) > self._least_limit and max(map(len, pieces)) > self._least_limit
        segments = _elements(pieces[:] if checked else pieces, element)
        if checked:
            self._check_limits(pieces, segments, findings)
        if exact:
            self._translate(segments, findings)
        if marker:
            self._reveal(text, segments, marker, findings)
        if "\n" in text or "\r" in text:
            _report_breaks(segments, findings)
        if self.syntax == "edifact":
            self._edifact(segments, findings)
        return segments, findings

    def usual(self, text: str, separator: str) -> list[Segment] | None:
        """As `split`, for the text of a message between its terminators; None if `split` would have to report anything.

        `separator` is the terminator with the line break that follows it throughout; no segment is empty.
        """
        wire = self.delimiters
        marker = ""
        if wire.release and wire.release in text:
            marker = MARKER
            if marker in text:
                return None
            text = self._hide(text, marker)
        if len(separator) > 1:
            text = text.replace(separator, wire.terminator)
        for character in self._foreign:
            if character in text:
                return None
        if wire.component:
            text = text.replace(wire.component, COMPONENT)
        if wire.repeat:
            text = text.replace(wire.repeat, REPEAT)
        pieces = text.split(wire.terminator)
        if (
            len(text) > self._least_limit
            and not _divided(text, wire.terminator, self._least_limit)
            and max(map(len, pieces)) > self._least_limit
        ):
            return None
        segments = _elements(pieces, wire.element)
        findings: list[Finding] = []
        if marker:
            self._reveal(text, segments, marker, findings)
        if self.syntax == "edifact":
            self._edifact(segments, findings)
        return None if findings else segments

    def _unbroken(self, text: str) -> str:
        """Line breaks and indentation between segments are no data."""
        terminator = self.delimiters.terminator
        if terminator not in "\r\n":
            if "\n" in text or "\r" in text:
                text = text.replace(terminator + "\r\n", terminator).replace(terminator + "\n", terminator)
            if terminator + " " not in text and "\n" not in text and "\r" not in text and "\t" not in text:
                return text
        elif terminator == "\n" and "\n " not in text and "\n\t" not in text:
            return text
        return self._run.sub(terminator, text)

    def _hide(self, text: str, marker: str) -> str:
        """Released characters become two characters that no split can see: the marker and a letter."""
        letters = self._letters

        def hidden(match: re.Match[str]) -> str:
            character = match[1]
            letter = letters.get(character) or ("b" if character in ("\r", "\n", "\r\n") else "" if character else "e")
            return marker + letter if letter else character

        return self._released.sub(hidden, text)

    def _reveal(self, text: str, segments: list[Segment], marker: str, findings: list[Finding]) -> None:
        """Puts released characters back; `text` is what was split into the segments."""
        for index in self._marked(text, marker):
            segment = segments[index]
            for position, value in enumerate(segment):
                if marker not in value:
                    continue
                start, *parts = value.split(marker)
                for part in parts:
                    character = self._characters[part[0]]
                    if part[0] in "be":
                        found = "a line break" if part[0] == "b" else "the end of the data"
                        findings.append(Finding("element.release", index + 1, position, found))
                    elif character in (COMPONENT, REPEAT):  # data cannot hold what means a separator behind the reader
                        findings.append(
                            Finding("element.character", index + 1, position, character, severity="warning")
                        )
                        character = REPLACEMENT
                    start += character + part[1:]
                segment[position] = start

    def _marked(self, text: str, marker: str) -> Iterator[int]:
        """The numbers, from 0, of the segments that hold a marker."""
        terminator = self.delimiters.terminator
        number, start = 0, 0
        at = text.find(marker)
        while at >= 0:
            number += text.count(terminator, start, at)
            yield number
            start = text.find(terminator, at)
            at = text.find(marker, start) if start >= 0 else -1

    def _translate(self, segments: list[Segment], findings: list[Finding]) -> None:
        """The slow path for data or service characters that are COMPONENT or REPEAT in another role."""
        table = self._exact_table
        stray = [c for c in (COMPONENT, REPEAT) if table[ord(c)] == REPLACEMENT]
        for index, segment in enumerate(segments):
            for position, value in enumerate(segment):
                if any(c in value for c in stray):
                    findings.append(Finding("element.character", index + 1, position, repr(value)[1:-1]))
                segment[position] = value.translate(table)

    def _check_limits(self, pieces: list[str], segments: list[Segment], findings: list[Finding]) -> None:
        for index, (piece, segment) in enumerate(zip(pieces, segments, strict=True)):
            for length, limit, unit in (
                (len(piece), self._segment_limit, "characters"),
                (len(segment) - 1, self._element_limit, "elements"),
            ):
                if length > limit:
                    expected = f"at most {limit} {unit} in a segment"
                    findings.append(Finding("limit.exceeded", index + 1, 0, f"{length} {unit}", expected))

    def _edifact(self, segments: list[Segment], findings: list[Finding]) -> None:
        """Nesting indications in tags (ISO 9735 8.2): read, reported, ignored."""
        if COMPONENT in "".join([segment[0] for segment in segments]):
            for index, segment in enumerate(segments):
                if COMPONENT in segment[0]:
                    findings.append(Finding("segment.nesting", index + 1, 0, segment[0]))
                    segment[0] = segment[0].partition(COMPONENT)[0]


def _divided(text: str, terminator: str, limit: int) -> bool:
    """Whether surely no stretch of `limit` characters is without a terminator: each half of one has its own."""
    half = limit // 2
    for at in range(0, len(text) - half, half or 1):  # noqa: SIM110  (all() takes as long again)
        if text.find(terminator, at, at + half) < 0:
            return False
    return True


def _without_empty(pieces: list[str], findings: list[Finding]) -> list[str]:
    kept: list[str] = []
    for piece in pieces:
        if piece:
            kept.append(piece)
        else:
            findings.append(Finding("segment.empty", len(kept) + 1))
    return kept


def _report_breaks(segments: list[Segment], findings: list[Finding]) -> None:
    """A line break inside a segment stays in the data; inside a tag it is removed, for no tag has one."""
    for index, segment in enumerate(segments):
        for position, value in enumerate(segment):
            if "\n" in value or "\r" in value:
                findings.append(Finding("element.character", index + 1, position, value, severity="warning"))
                if not position:
                    segment[0] = value.replace("\r", "").replace("\n", "")


def binary_data(raw: bytes, start: int, element: bytes) -> tuple[int, int] | None:
    """Where the data of the BIN or BDS segment at `start` begins and ends, by its length element; None if unreadable.

    BIN01 and BDS02 are the length in bytes (X12 data element 784). The end may lie beyond `raw`.
    """
    skipped = rb"" if raw.startswith(b"BIN", start) else rb"[^%b]*%b" % (re.escape(element), re.escape(element))
    head = re.compile(rb"B(?:IN|DS)%b%b(\d{1,15})%b" % (re.escape(element), skipped, re.escape(element))).match(
        raw, start
    )
    return (head.end(), head.end() + int(head[1])) if head else None


def binary_segments(raw: bytes, delimiters: Delimiters) -> Iterator[tuple[int, int, int]]:
    """Start, data start and data end of every binary segment of an X12 message slice."""
    element, terminator = delimiters.element.encode("latin-1"), delimiters.terminator.encode("latin-1")
    run = run_after(delimiters.terminator).encode()
    pattern = re.compile(b"%b%b(B(?:IN|DS)%b)" % (re.escape(terminator), run, re.escape(element)))
    position = 0
    while found := pattern.search(raw, position):
        start = found.start(1)
        data = binary_data(raw, start, element)
        if data and raw[data[1] : data[1] + 1] in (terminator, b"") and data[1] <= len(raw):
            yield start, *data
            position = data[1]
        else:
            position = found.end()


@remembered(2)
def segment_starts(raw: bytes, syntax: Syntax, delimiters: Delimiters) -> array[int]:
    """Start and end of every segment of a message slice, flat, in bytes; the terminator is not included.

    Remembered for the last messages, because faults come in groups.
    """
    terminator, release = delimiters.terminator.encode("latin-1"), delimiters.release.encode("latin-1")
    run = re.compile(run_after(delimiters.terminator).encode())
    binaries = list(binary_segments(raw, delimiters)) if syntax == "x12" else []
    if terminator not in b"\r\n" and not binaries and not (release and release in raw):
        return _plain_starts(raw, terminator)
    places = array("Q")
    start = 0
    while start < len(raw):
        search = start
        if binaries and binaries[0][0] == start:
            search = binaries.pop(0)[2]
        end = raw.find(terminator, search)
        while end >= 0 and release and released(raw, end, start, release):
            end = raw.find(terminator, end + 1)
        stop = len(raw.rstrip(PADDING.encode())) if end < 0 else end
        if stop > start:
            places.extend((start, stop))
        if end < 0:
            break
        after = run.match(raw, end + 1)
        start = after.end() if after else end + 1
    return places


def _plain_starts(raw: bytes, terminator: bytes) -> array[int]:
    """`segment_starts` where every terminator is one and prints."""
    places = array("Q")
    add = places.append
    position = 0
    *pieces, last = raw.split(terminator)
    for piece in pieces:
        start, end = position, position + len(piece)
        if position and (not piece or piece[0] <= 0x20):  # empty, or what belongs to the terminator before it
            start = end - len(piece.lstrip(b"\r\n\t "))
        if end > start:
            add(start)
            add(end)
        position = end + 1
    start = len(raw) - len(last.lstrip(b"\r\n\t ")) if position else 0
    end = len(raw.rstrip(PADDING.encode()))
    if end > start:
        places.extend((start, end))
    return places


def released(raw: bytes, position: int, start: int, release: bytes) -> bool:
    """Whether an odd number of release characters stands before `position`."""
    before = position
    while before > start and raw[before - 1 : before] == release:
        before -= 1
    return (position - before) % 2 == 1


@remembered(8)
def part_ends(raw: bytes, start: int, end: int, separator: bytes, release: bytes) -> array[int]:
    """The places of the separators in raw[start:end], and `end`: where each part ends.

    Remembered, because a segment of many parts may have a fault in each.
    """
    ends = array("Q")
    at = raw.find(separator, start, end)
    while at >= 0:
        if not (release and released(raw, at, start, release)):
            ends.append(at)
        at = raw.find(separator, at + 1, end)
    ends.append(end)
    return ends


def _elements(pieces: list[str], separator: str) -> list[Segment]:
    """The elements of each piece. In a long message, where they are many times the text, a short value is one object
    wherever it stands, lists have no room to grow, and `pieces` is emptied on the way."""
    if len(pieces) < MANY:
        return [piece.split(separator) for piece in pieces]
    known: dict[str, str] = {}
    pieces.reverse()
    segments: list[Segment] = []
    while pieces:
        values = pieces.pop().split(separator)
        shared = [known.setdefault(value, value) if len(value) < SHORT else value for value in values]
        segments.append([*shared])
    return segments
