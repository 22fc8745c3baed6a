"""Where something stands: path and byte offset of an element of a message or of an envelope segment.

Not here: finding what is wrong. Rule protected: offsets are computed only when a fault needs one, from the raw slice,
and count bytes of the input as it came, whatever its character set.
"""

from __future__ import annotations

from collections import Counter

from edi.faults import Fault, Faults, fault
from edi.model import Delimiters, Group, Interchange, Location, Message
from edi.syntax.charset import UTF16, utf16_length
from edi.syntax.recent import remembered
from edi.syntax.segments import Finding, part_ends, segment_starts


def offset_of(message: Message, segment: int, element: int = 0, component: int = 0, repetition: int = 0) -> int:
    """The byte offset in the input of a place in a message; segment counts from ST or UNH = 1, the others from 1.

    Zero means the whole of the level above. A place that does not exist is the end of what should hold it.
    """
    return span_of(message, segment, element, component, repetition)[0]


def span_of(
    message: Message, segment: int, element: int = 0, component: int = 0, repetition: int = 0
) -> tuple[int, int]:
    """As `offset_of`, and how many bytes long the place is."""
    raw, interchange = message.raw, message.interchange
    wide = interchange.charset in UTF16
    if wide:
        raw = _narrow(raw, interchange.charset)
    starts = segment_starts(raw, interchange.syntax, interchange.delimiters)
    index = 2 * (segment - 1)
    if index < 0:
        start, end = 0, len(raw)
    elif index >= len(starts):
        start = end = len(raw)
    else:
        start, end = starts[index], starts[index + 1]
        start, end = _inside(raw, start, end, interchange.delimiters, element, component, repetition)
    if wide:
        start, end = utf16_length(raw, start), utf16_length(raw, end)
    return message.offset + start, end - start


def header_offset(interchange: Interchange, element: int) -> int:
    """The byte offset in the input of an element of ISA or UNB."""
    raw, wide = interchange.raw, interchange.charset in UTF16
    if wide:
        raw = _narrow(raw, interchange.charset)
    start = max(raw.find(b"ISA" if interchange.syntax == "x12" else b"UNB"), 0)
    position, _ = _inside(raw, start, len(raw), interchange.delimiters, element)
    return interchange.offset + (utf16_length(raw, position) if wide else position)


@remembered(2)
def _narrow(raw: bytes, charset: str) -> bytes:
    return raw.decode(charset, "surrogatepass").encode("utf-8", "surrogatepass")


def _inside(
    raw: bytes, start: int, end: int, delimiters: Delimiters, element: int, component: int = 0, repetition: int = 0
) -> tuple[int, int]:
    release = delimiters.release.encode("latin-1")
    for separator, count in (
        (delimiters.element, element),
        (delimiters.repeat, repetition - 1),
        (delimiters.component, component - 1),
    ):
        if count < 0 or not (separator or count):
            continue
        ends = part_ends(raw, start, end, separator.encode("latin-1"), release) if separator else [end]
        if count >= len(ends):
            return end, end
        start, end = (ends[count - 1] + 1 if count else start), ends[count]
    return start, end


def message_faults(message: Message, findings: list[Finding]) -> list[Fault]:
    """The findings of the splitter and the envelope checks as faults with full places."""
    occurrence: Counter[str] = Counter()
    names: list[str] = []
    for segment in message.segments:
        occurrence[segment[0]] += 1
        names.append(f"{segment[0]}[{occurrence[segment[0]]}]")
    return Faults.of(_message_fault(message, finding, names) for finding in findings)


def _message_fault(message: Message, finding: Finding, names: list[str]) -> Fault:
    number = finding.segment if finding.segment >= 0 else len(names)
    tag, path = "", message.name
    if 1 <= number <= len(names):
        tag = message.segments[number - 1][0]
        path += f"/{names[number - 1]}"
        if finding.element:
            path += f"/{tag}{finding.element:02d}"
    location = Location(
        path=path,
        interchange=message.interchange.control,
        group=message.group.control if message.group else "",
        message=message.control,
        segment=number,
        tag=tag,
        element=finding.element,
        offset=offset_of(message, number, finding.element) if number else message.offset,
    )
    return fault(finding.code, location, found=finding.found, expected=finding.expected, severity=finding.severity)


def envelope_fault(
    finding: Finding, tag: str, interchange: Interchange, group: Group | None, raw: bytes, offset: int
) -> Fault:
    """A finding in an envelope segment (`raw` at `offset`), or about a segment that is missing there (raw empty)."""
    path = f"{'ISA' if interchange.syntax == 'x12' else 'UNB'}[{interchange.number}]"
    if group:
        path += f"/{'GS' if interchange.syntax == 'x12' else 'UNG'}[{group.number}]"
    if tag and not path.rpartition("/")[2].startswith(tag + "["):
        path += f"/{tag}"
    if finding.element:
        path += f"/{tag}{finding.element:02d}" + (f"-{finding.component}" if finding.component else "")
        start = max(raw.find(tag.encode()), 0)
        offset += _inside(raw, start, len(raw), interchange.delimiters, finding.element, finding.component)[0]
    location = Location(
        path=path,
        interchange=interchange.control,
        group=group.control if group else "",
        tag=tag,
        element=finding.element,
        component=finding.component,
        offset=offset,
    )
    return fault(finding.code, location, found=finding.found, expected=finding.expected, severity=finding.severity)
