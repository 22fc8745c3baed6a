"""Other readers of EDI from PyPI, each called so that it does the work our tokeniser does, and no more.

Not here: judging them; what each is known to read wrong stands beside edi/crosscheck.py. Rule protected: the same
bytes, in the same process, in the same run; every element of every segment is fetched.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import mockedi.edifact
import mockedi.validate
import mockedi.x12
from pydifact.parser import Parser
from pydifact.segments import Segment, SegmentFactory
from pyx12.x12file import X12Reader


class _Unjudged(SegmentFactory):
    """Without validation: pydifact's wheel has no directories, and would warn about each segment."""

    @staticmethod
    def create_segment(name: str, *elements: str | list[str], **_options: object) -> Segment:
        return SegmentFactory.create_segment(name, *elements, validate=False)


def pydifact_segments(text: str) -> Iterator[Segment]:
    yield from Parser(factory=_Unjudged()).parse(text)


def pydifact(text: str) -> int:
    """Segments with their elements; how many."""
    return sum(bool(segment.elements) for segment in pydifact_segments(text))


def pyx12(text: str) -> int:
    """Segments with every element fetched; how many elements."""
    count = 0
    with X12Reader(io.StringIO(text)) as reader:
        for segment in reader:
            for at in range(1, len(segment) + 1):
                segment.get_value(f"{at:02d}")
                count += 1
    return count


def mock_parse(text: str) -> int:
    """A tree of objects; how many groups."""
    return len((mockedi.x12 if text.startswith("ISA") else mockedi.edifact).parse(text).groups)


def mock_validate(text: str) -> int:
    """A tree of objects, checked against its dictionary; how many messages it accepts."""
    interchange = (mockedi.x12 if text.startswith("ISA") else mockedi.edifact).parse(text)
    return sum(message.accepted for message in mockedi.validate.validate(interchange).messages)
