"""From the raw slice of a message to its segments: character set, splitting, and what was wrong with either.

Not here: envelopes (edi/syntax/envelope.py), the splitting itself (segments.py). Rule protected: what was guessed or
replaced while decoding is reported at the element where it happened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from edi.model import Delimiters, Message, Segment, Syntax
from edi.syntax.charset import EDIFACT_CODECS, LEVEL_A, LEVEL_B, decode, outside
from edi.syntax.segments import REPLACEMENT, Finding, Splitter, binary_segments

_ASCII_COMPATIBLE_DEFAULT = "ascii"


def is_plain(message: Message, harmless: bytes) -> bool:
    """Whether every element of an X12 message, binary data apart, surely is printable ASCII without components.

    Looks at the bytes of the whole message at once, which is quicker than at each element. `harmless` is what
    `harmless_in` gives for its interchange.
    """
    if message.interchange.syntax != "x12":
        return False
    odd = message.raw.translate(None, harmless)
    if not odd:
        return True
    newline = odd[:2] if odd[:2] == b"\r\n" else odd[:1]
    if newline not in (b"\r", b"\n", b"\r\n"):
        return False
    after = message.interchange.delimiters.terminator.encode("latin-1") + newline
    return odd == newline * message.raw.count(after)


def may_be_padded(message: Message) -> bool:
    """Whether a value of the message may end with a space; surely not when none stands before a separator."""
    raw = message.raw
    if b" " not in raw:
        return False
    if b"\0" in raw or raw[-1:] == b" ":  # UTF-16; a message that is cut off
        return True
    return any(end in raw for end in _padding(message.interchange.delimiters))


@lru_cache(maxsize=64)
def _padding(wire: Delimiters) -> tuple[bytes, ...]:
    ends = (wire.element, wire.terminator, wire.component, wire.repeat)
    return tuple(f" {end}".encode("latin-1") for end in ends if end)


@lru_cache(maxsize=64)
def harmless_in(wire: Delimiters) -> bytes:
    """The bytes that make no message of an interchange with these delimiters less than plain."""
    inner = {wire.component, wire.repeat}
    plain = "".join(c for c in map(chr, range(0x20, 0x7F)) if c not in inner)
    return (plain + wire.element + wire.terminator).encode("latin-1")


class Content:
    """Decodes and splits the slices of one interchange. `charset` is the best description of what was seen so far."""

    def __init__(
        self, syntax: Syntax, delimiters: Delimiters, *, wrapped: bool, charset: str, limits: Mapping[str, int]
    ) -> None:
        self.delimiters = delimiters
        self.charset = charset or _ASCII_COMPATIBLE_DEFAULT
        self.findings: list[Finding] = []
        self._agreed = charset
        self._fixed = bool(charset)
        self._outside: re.Pattern[str] | None = None
        self._level = ""
        self._repertoire_bytes = b""
        self._splitter = Splitter(syntax, delimiters, wrapped=wrapped, limits=limits)
        wire = (delimiters.element, delimiters.component, delimiters.terminator, delimiters.repeat, delimiters.release)
        if not "".join(wire).isascii():
            # A separator above 127 is one byte only in an 8-bit character set.
            self.charset, self._fixed = "iso8859-1", True
            self._agreed = self.charset
            self.findings.append(Finding("charset.assumed", found="ISO 8859-1"))
        self._used = self.charset

    def declare(self, level: str, *, transcoded: bool = False) -> None:
        """Takes the character set of an EDIFACT header: UNB S001/0001; `transcoded` input is in UTF-8 in any case."""
        codec = EDIFACT_CODECS.get(level)
        self._level = level
        self._outside = outside(level)
        wire = self.delimiters
        service = wire.element + wire.component + wire.terminator + wire.repeat + wire.release + "\r\n"
        allowed = LEVEL_A if level == "UNOA" else LEVEL_B
        self._repertoire_bytes = (allowed + service).encode("latin-1")
        if self._agreed and (transcoded or codec in (None, "ascii")):
            return
        if codec is None:
            known = level != "UNOX" and bool(level)
            code = "charset.assumed" if known else "charset.unsupported"
            found = "ASCII or UTF-8" if known else level
            self.findings.append(Finding(code, element=1, found=found, expected="UNOA to UNOY"))
            return
        self.charset = codec
        self._used = codec
        self._fixed = False

    def segments(self, raw: bytes, *, binary: bool = False) -> tuple[list[Segment], list[Finding]]:
        """The segments of a slice, and the findings with their places in it; `binary` if it holds BIN or BDS."""
        if binary:
            return self._with_binary(raw)
        return self._plain(raw)

    def usual(self, raw: bytes, separator: str) -> list[Segment] | None:
        """The segments of a message without its last terminator, or None if there is anything to say about it.

        `separator` is the terminator with the line break that follows it throughout.
        """
        try:
            text = raw.decode(self._used)
        except UnicodeDecodeError:
            return None
        if raw.translate(None, self._repertoire_bytes) if self._outside else REPLACEMENT in text:
            return None
        return self._splitter.usual(text, separator)

    def _plain(self, raw: bytes) -> tuple[list[Segment], list[Finding]]:
        text, used = decode(raw, self._used, self._fixed)
        segments, findings = self._splitter.split(text)
        if used != self._used:
            self.charset = used
            if used != "utf-8" or self._used != "ascii":
                name = {"iso8859-1": "ISO 8859-1", "utf-8": "UTF-8"}.get(used, used)
                findings.append(Finding("charset.assumed", 1, 0, name, severity="warning"))
        if self._outside:
            if raw.translate(None, self._repertoire_bytes):
                self._repertoire(text, segments, findings)
        elif REPLACEMENT in text:
            for index, segment in enumerate(segments):
                for position, value in enumerate(segment):
                    if REPLACEMENT in value:
                        findings.append(Finding("charset.repertoire", index + 1, position, value, used))
        return segments, findings

    def _repertoire(self, text: str, segments: list[Segment], findings: list[Finding]) -> None:
        """UNOA and UNOB: lower case under UNOA is told once, every other character per element."""
        if not self._outside:
            return
        lower = False
        for index, segment in enumerate(segments):
            for position, value in enumerate(segment):
                odd = self._outside.findall(value)
                if not odd:
                    continue
                strange = [c for c in odd if not ("a" <= c <= "z") and c not in "\x1d\x1e\x1f\r\n"]
                if strange or (not lower and any("a" <= c <= "z" for c in odd)):
                    lower = lower or not strange
                    findings.append(Finding("charset.repertoire", index + 1, position, value, self._level))

    def _with_binary(self, raw: bytes) -> tuple[list[Segment], list[Finding]]:
        """Splits around BIN and BDS; their data becomes one element of Latin-1 text, one character per byte."""
        segments: list[Segment] = []
        findings: list[Finding] = []
        position = 0
        for start, data, end in binary_segments(raw, self.delimiters):
            self._append(raw[position:start], segments, findings)
            head = raw[start : data - 1].decode("latin-1").split(self.delimiters.element)
            segments.append([*head, raw[data:end].decode("latin-1")])
            position = end + 1
        self._append(raw[position:], segments, findings)
        return segments, findings

    def _append(self, raw: bytes, segments: list[Segment], findings: list[Finding]) -> None:
        if not raw.strip():
            return
        more, found = self._plain(raw)
        base = len(segments)
        findings.extend(
            finding._replace(segment=finding.segment + base if finding.segment > 0 else finding.segment)
            for finding in found
        )
        segments.extend(more)
