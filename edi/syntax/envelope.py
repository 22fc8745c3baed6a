"""Walks through the envelopes of an input and hands on one message at a time.

Not here: the rules of one syntax (x12.py, edifact.py), finding headers (sniff.py), splitting (segments.py). Rules
protected: any bytes give items, never an exception; the raw bytes of all items in order are the input; a damaged
envelope costs its own level only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edi.faults import Fault, fault
from edi.model import (
    Gap,
    Group,
    GroupEnd,
    Identity,
    Interchange,
    InterchangeEnd,
    Item,
    Location,
    Message,
    Segment,
    Syntax,
)
from edi.syntax import edifact, sniff, x12
from edi.syntax.content import Content
from edi.syntax.places import envelope_fault, message_faults
from edi.syntax.segments import Finding
from edi.syntax.slices import Slice, Slices
from edi.syntax.tags import Dialect, Opening, Seen, Tags, number
from edi.syntax.usual import Usual
from edi.syntax.window import Window

# Profile.limits; a limit never raises. `message` bounds memory: a longer one is handed on without its segments.
LIMITS = {
    "segment": 64 * 1024,
    "binary": 32 * 1024 * 1024,
    "elements": 1_000,
    "segments": 500_000,
    "messages": 1_000_000,
    "message": 64 * 1024 * 1024,
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a profile says about reading. `transcoded`: UTF-8 is read in place of what came in."""

    charset: str
    wrapped: bool
    limits: Mapping[str, int]
    transcoded: bool = False


def read_items(window: Window, options: Options) -> Iterator[Item]:
    """Every item of an input; an input without any envelope gives a gap with `syntax.unknown`."""
    count, told = 0, False
    while True:
        for gap in sniff.skip_to_header(window, first=not count):
            told = told or bool(gap.faults)
            yield gap
        if not window.waiting:
            break
        count += 1
        yield from _Walk(window, count, options).items()
    if not count and not told:
        offset = window.offset
        yield Gap(b"", offset, [fault("syntax.unknown", Location(offset=offset), found="nothing")])


class _Walk:
    """One interchange: what is open and what was counted while it is read."""

    syntax: Syntax
    dialect: Dialect
    tags: Tags
    interchange: Interchange
    slices: Slices
    content: Content
    usual: Usual

    def __init__(self, window: Window, order: int, options: Options) -> None:
        self.window, self.order, self.options = window, order, options
        self.bare = not sniff.starts_header(window)
        self.group: Group | None = None
        self.groups = self.messages = self.in_group = self.ungrouped = self.loose = 0
        self.group_controls, self.message_controls = Seen(), Seen()
        self.types: Counter[str] = Counter()
        self.newline = b""  # what follows the terminator of the header

    def items(self) -> Iterator[Item]:
        window = self.window
        opening = self._opening()
        if opening is None:
            offset = window.offset
            place = Location(offset=offset, tag="ISA")
            found = window.data[window.at : window.at + 40].decode("latin-1")
            yield Gap(window.take(3), offset, [fault("isa.separator", place, found=found, expected="16 separators")])
            yield from sniff.skip_to_header(window, first=False, quiet=True)
            return
        limits = self.options.limits
        wrapped = self.options.wrapped or sniff.wrapped_lines(window)
        self.slices = Slices(window, opening.delimiters, self.tags, wrapped=wrapped, limits=limits)
        self.content = Content(
            self.syntax,
            opening.delimiters,
            wrapped=self.slices.wrapped,
            charset=self.options.charset,
            limits=limits,
        )
        yield self._header(opening)
        if not opening.usable:
            yield from sniff.skip_to_header(window, first=False, quiet=True)
            yield InterchangeEnd(self.interchange, None, 0, b"", window.offset)
            return
        usual = Usual(self.interchange, self.tags, self.newline, self.content, limits, self.types)
        self.usual = usual
        quick = 0 if self.slices.wrapped else limits["messages"]
        while True:
            if self.messages < quick:
                message = usual.take(window, self.message_controls)
                if message is not None:
                    self._count()
                    yield message
                    continue
            tag = self.slices.tag_here()
            if tag and tag != self.tags.end:
                yield from self._items_at(tag)
            elif tag or not window.waiting or sniff.starts_header(window):
                break
            elif gap := self._blank():
                yield gap
            else:
                yield self._stray(tag)
        if self.group:
            yield self._group_end(self.group, None)
        yield self._end(self.slices.segment() if tag else None)

    def _items_at(self, tag: str) -> Iterator[Item]:
        tags = self.tags
        if tag == tags.message:
            yield self._message()
        elif tag == tags.group:
            if self.group:
                yield self._group_end(self.group, None)
            yield self._group()
        elif tag == tags.group_end and self.group:
            yield self._group_end(self.group, self.slices.segment())
        elif tag == tags.loose and not self.group:
            yield self._loose()
        else:
            yield self._stray(tag)

    def _blank(self) -> Gap | None:
        """White space between segments; a terminator among it is an empty segment."""
        window = self.window
        while True:
            window.ensure(sniff.LOOKAHEAD)
            blank = sniff.BLANK.match(window.data, window.at)
            if not blank:
                return None
            if blank.end() < len(window.data) or not window.more():
                break
        offset = window.offset
        gap = Gap(window.take(blank.end() - window.at), offset)
        if self.slices.terminator in gap.raw and window.waiting:
            gap.faults.append(self._fault(Finding("segment.empty"), "", b"", offset))
        return gap

    # Headers

    def _opening(self) -> Opening | None:
        window = self.window
        window.ensure(sniff.LOOKAHEAD)
        head = window.data[window.at : window.at + 3]
        self.syntax, self.dialect, self.tags = "x12", x12, x12.TAGS
        if head == b"ISA":
            return x12.opening(window)
        if not head.startswith((b"UN", b"UIB")):
            return x12.bare_opening(window)
        self.syntax, self.dialect, self.tags = "edifact", edifact, edifact.TAGS
        opening = edifact.opening(window)
        if window.data.startswith(b"UIB", window.at + opening.prefix):
            self.tags = edifact.INTERACTIVE
        self.bare = self.bare or not window.data.startswith((b"UNB", b"UIB"), window.at + opening.prefix)
        return opening

    def _header(self, opening: Opening) -> Interchange:
        if self.bare:
            prefix = self.window.take(opening.prefix)
            self.interchange = self._without_header(opening, prefix)
            return self.interchange
        taken = self.slices.header(opening.prefix, opening.length)
        self.newline = taken.raw[taken.body + 1 :]
        if self.syntax == "edifact":
            opening.header = self._segment(taken, opening.prefix)
            if opening.usable:
                self.content.declare(edifact.part(opening.header, 1), transcoded=self.options.transcoded)
                opening.header = self._segment(taken, opening.prefix)  # again, in its own character set
        made = self.dialect.interchange(opening, self.order, taken.raw, taken.offset, self.content.charset)
        self.interchange = made
        findings = [*opening.findings, *self.content.findings]
        if taken.body == len(taken.raw):
            findings.append(Finding("segment.unterminated"))
        made.faults.extend(self._fault(finding, self.tags.header, taken.raw, taken.offset) for finding in findings)
        return made

    def _without_header(self, opening: Opening, prefix: bytes) -> Interchange:
        nobody = Identity("")
        made = Interchange(
            syntax=self.syntax,
            number=self.order,
            sender=nobody,
            receiver=nobody,
            control="",
            version="",
            charset=self.content.charset,
            test=False,
            ack_requested=False,
            date="",
            time="",
            delimiters=opening.delimiters,
            header=[],
            raw=prefix,
            offset=self.window.offset - len(prefix),
        )
        self.interchange = made
        finding = Finding("interchange.structure", found=self.tags.header)
        made.faults.append(self._fault(finding, self.tags.header, b"", made.offset))
        return made

    def _segment(self, taken: Slice, start: int = 0) -> Segment:
        segments, _ = self.content.segments(taken.raw[start:])
        return segments[0] if segments else [""]

    def _group(self) -> Group:
        taken = self.slices.segment()
        self.groups += 1
        self.in_group = 0
        self.message_controls = Seen()
        self.types.clear()
        header = self._segment(taken)
        made, findings = self.dialect.group(self.interchange, self.groups, header, taken.raw, taken.offset)
        self.group = made
        self.usual.enter(made)
        if self.group_controls.repeated(made.control):
            findings.append(Finding("group.duplicate", found=made.control))
        if self.ungrouped and self.syntax == "edifact":
            findings.append(Finding("interchange.mixed"))
        made.faults.extend(self._fault(finding, self.tags.group, taken.raw, taken.offset) for finding in findings)
        return made

    # Messages

    def _message(self) -> Message:
        taken = self.slices.message()
        trailer_seen, within = taken.trailer, taken.within
        limits = self.options.limits
        self._count()
        findings: list[Finding] = []
        if len(taken.raw) > limits["segments"] and taken.raw.count(self.slices.terminator) > limits["segments"]:
            within = False
        if within and self.messages <= limits["messages"]:
            segments, findings = self.content.segments(taken.raw, binary=taken.binary)
        else:
            end = taken.raw.find(self.slices.terminator) + 1
            segments, _ = self.content.segments(taken.raw[: end or limits["segment"]])
            segments, trailer_seen = segments[:1], True
            findings.append(Finding("limit.exceeded", found=self._size(taken), expected=_words(limits)))
        self.interchange.charset = self.content.charset
        made = self._made(segments, taken)
        findings.extend(self._message_findings(made, trailer_seen, within))
        if findings:
            made.faults.extend(message_faults(made, findings))
        else:
            self.usual.learn(made)
        return made

    def _count(self) -> None:
        self.messages += 1
        if self.group:
            self.in_group += 1
        else:
            self.ungrouped += 1

    def _size(self, taken: Slice) -> str:
        return f"message {self.messages} with {len(taken.raw)} bytes"

    def _made(self, segments: list[Segment], taken: Slice) -> Message:
        kind, version, control, convention = self.dialect.describe(segments[0] if segments else [""], self.group)
        self.types[kind] += 1
        return Message(
            interchange=self.interchange,
            group=self.group,
            number=self.types[kind],
            type=kind,
            version=version,
            control=control,
            convention=convention,
            segments=segments,
            raw=taken.raw,
            offset=taken.offset,
        )

    def _message_findings(self, message: Message, trailer_seen: bool, within: bool) -> Iterator[Finding]:
        yield from self.dialect.check_message(message)
        if message.control and self.message_controls.repeated(message.control):
            yield Finding("message.duplicate", 1, 0, message.control)
        if not self.group and self.groups and self.syntax == "edifact":
            yield Finding("interchange.mixed")
        if not self.group and self.syntax == "x12" and not self.bare:
            yield Finding("interchange.structure", 1, 0, self.tags.group)
        segments = message.segments
        last = len(segments)
        if not trailer_seen:
            yield Finding("message.trailer-missing", last, 0, expected=self.tags.message_end)
        elif within and last > 1 and self.tags is not edifact.INTERACTIVE:
            trailer = [value.strip() for value in segments[-1]] + ["", ""]
            if number(trailer[1]) != last:
                yield Finding("message.count", last, 1, trailer[1], str(last))
            if trailer[2] != message.control:
                yield Finding("message.control-mismatch", last, 2, trailer[2], message.control)

    def _loose(self) -> Message:
        """A TA1: an acknowledgement of one segment, outside any group."""
        taken = self.slices.segment()
        self.loose += 1
        segment = self._segment(taken)
        made = self._made([segment], taken)
        made.type, made.version, made.convention = "TA1", "", ""
        made.control, made.number = (segment[1].strip() if len(segment) > 1 else ""), self.loose
        return made

    def _stray(self, tag: str) -> Gap:
        """An envelope segment in the wrong place, or text between the messages."""
        if tag:
            taken = self.slices.segment()
            finding = Finding("interchange.structure", found=tag)
        else:
            taken = self.slices.stray()
            text = taken.raw.decode("latin-1")
            empty = not text.replace(self.slices.terminator.decode("latin-1"), "").strip()
            finding = Finding("segment.empty") if empty else Finding("segment.text-between", found=text[:100])
        return Gap(taken.raw, taken.offset, [self._fault(finding, tag, b"", taken.offset)])

    # Trailers

    def _group_end(self, group: Group, taken: Slice | None) -> GroupEnd:
        made = GroupEnd(group, None, self.in_group, b"", self.window.offset)
        findings: list[Finding] = []
        if taken is None:
            findings.append(Finding("group.trailer-missing", expected=self.tags.group_end))
        else:
            made.raw, made.offset = taken.raw, taken.offset
            findings, made.declared = self._check_trailer("group", taken, self.in_group, group.control)
        made.faults.extend(self._fault(finding, self.tags.group_end, made.raw, made.offset) for finding in findings)
        self.group = None
        self.usual.enter(None)
        return made

    def _end(self, taken: Slice | None) -> InterchangeEnd:
        units = self.groups or (self.messages if self.syntax == "edifact" or self.bare else 0)
        made = InterchangeEnd(self.interchange, None, units, b"", self.window.offset)
        findings: list[Finding] = []
        if taken is not None:
            made.raw, made.offset = taken.raw, taken.offset
            findings, made.declared = self._check_trailer("interchange", taken, units, self.interchange.control)
        elif not self.bare:
            findings.append(Finding("interchange.trailer-missing", expected=self.tags.end))
        if not (self.groups or self.messages or self.loose):
            findings.append(Finding("interchange.content"))
        made.faults.extend(self._fault(finding, self.tags.end, made.raw, made.offset) for finding in findings)
        return made

    def _check_trailer(self, level: str, taken: Slice, counted: int, control: str) -> tuple[list[Finding], int | None]:
        """Count and control number of GE, IEA, UNE or UNZ (X12.5; ISO 9735-1 annex C)."""
        trailer = [value.strip() for value in self._segment(taken)] + ["", "", ""]
        declared = number(trailer[1])
        findings = []
        interactive = self.tags is edifact.INTERACTIVE
        if declared != counted and not interactive:
            findings.append(Finding(f"{level}.count", 0, 1, trailer[1], str(counted)))
        if trailer[2] != control and not interactive and not self.bare:
            findings.append(Finding(f"{level}.control-mismatch", 0, 2, trailer[2], control))
        if taken.body == len(taken.raw):
            findings.append(Finding("segment.unterminated"))
        return findings, declared

    def _fault(self, finding: Finding, tag: str, raw: bytes, offset: int) -> Fault:
        return envelope_fault(finding, tag, self.interchange, self.group, raw, offset)


def _words(limits: Mapping[str, int]) -> str:
    return f"at most {limits['segments']} segments, {limits['message']} bytes, {limits['messages']} messages"
