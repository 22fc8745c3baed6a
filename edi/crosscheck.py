"""The second reader: what we are about to send, read once more by a parser we did not write, and compared.

pyx12's X12Reader for ISA12 00401 and 00501, pydifact's Parser for syntax 1 to 3, each only for what it is known to
read right (segments, elements, components, envelope order). Nothing else in the project imports them. A difference
stops the document; where the second reader cannot follow, the result says why.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from edi.errors import SelfCheckError
from edi.model import COMPONENT, REPEAT, Segment
from edi.syntax import Envelope, Outgoing
from edi.syntax.charset import EDIFACT_CODECS

ELEMENT = "\x1d"
CROSSCHECKED = "crosschecked"


def crosscheck(data: bytes, envelope: Envelope, messages: Sequence[Outgoing]) -> str:
    """`crosschecked`, or `not crosschecked: <reason>`. Raises SelfCheckError with both readings when they differ."""
    text = data.decode(EDIFACT_CODECS.get(envelope.version.partition(":")[0]) or envelope.charset or "ascii")
    meant = [_trimmed(segment) for message in messages for segment in message.segments]
    if envelope.syntax == "x12":
        if envelope.version not in ("00401", "00501"):
            return f"not crosschecked: the second reader does not know ISA12 {envelope.version}"
        if not envelope.group_type:
            return "not crosschecked: the second reader does not know an interchange without a group"
        if any(segment[0] in ("BIN", "BDS") for segment in meant):
            return "not crosschecked: binary segments"
        read = list(_pyx12(text, envelope))
    else:
        if envelope.version.endswith(":4"):
            return "not crosschecked: the second reader does not know syntax 4"
        read = list(_pydifact(text))
    for number, (ours, theirs) in enumerate(zip(meant, read, strict=False), start=1):
        if ours != theirs:
            raise SelfCheckError(
                f"the second reader differs in segment {number}: we meant {_shown(ours)}, it reads {_shown(theirs)}",
                element=ours[0],
            )
    if len(meant) != len(read):
        raise SelfCheckError(f"the second reader finds {len(read)} segments, {len(meant)} were meant")
    return CROSSCHECKED


def _pyx12(text: str, envelope: Envelope) -> Iterator[Segment]:
    from pyx12.errors import EngineError, X12Error
    from pyx12.x12file import X12Reader

    try:
        with X12Reader(io.StringIO(text)) as reader:
            for segment in reader:
                tag = segment.get_seg_id()
                if tag not in ("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"):
                    line = segment.format("", ELEMENT, COMPONENT)
                    if envelope.delimiters is not None and envelope.delimiters.repeat:
                        line = line.replace(envelope.delimiters.repeat, REPEAT)
                    yield _trimmed(line.split(ELEMENT))
            reader.cleanup()
            errors = reader.pop_errors()
    except (X12Error, EngineError, ValueError, IndexError) as error:
        raise SelfCheckError(f"the second reader cannot read what was written: {error}") from error
    if errors:
        raise SelfCheckError(f"the second reader complains: {errors[0][2]}")


def _pydifact(text: str) -> Iterator[Segment]:
    from pydifact.exceptions import EDISyntaxError
    from pydifact.parser import Parser
    from pydifact.segments import Segment as Found
    from pydifact.segments import SegmentFactory

    class Unjudged(SegmentFactory):
        """Without validation: the package has no directories, and would warn about each segment."""

        @staticmethod
        def create_segment(name: str, *elements: str | list[str], **_options: object) -> Found:
            return SegmentFactory.create_segment(name, *elements, validate=False)

    try:
        for segment in Parser(factory=Unjudged()).parse(text):
            if segment.tag in ("UNA", "UNB", "UNH", "UNT", "UNZ", "UNG", "UNE"):
                continue
            elements = [
                element if isinstance(element, str) else COMPONENT.join(str(part) for part in element)
                for element in segment.elements
            ]
            yield _trimmed([segment.tag, *elements])
    except (EDISyntaxError, ValueError, TypeError, IndexError) as error:
        raise SelfCheckError(f"the second reader cannot read what was written: {error}") from error


def _trimmed(segment: Segment) -> Segment:
    """Without trailing empty elements and components, on which the readers may differ."""
    cut = [element.rstrip(COMPONENT) if COMPONENT in element else element for element in segment]
    while cut and not cut[-1]:
        cut.pop()
    return cut


def _shown(segment: Segment) -> str:
    return "*".join(segment).replace(COMPONENT, ":").replace(REPEAT, "^")
