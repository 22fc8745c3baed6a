"""What a partner's character set cannot carry, spelled as was agreed with him: `ß` as `ss`.

Not here: which characters can be written (edi/syntax/writer.py refuses the others). Rules protected: only what cannot
be written is replaced, and only as the partner's profile says; nothing is ever replaced by a stand-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edi.model import COMPONENT, REPEAT, Segment


def spelled(
    segments: list[Segment], substitutions: Mapping[str, str], unwritable: Callable[[str], str]
) -> list[Segment]:
    """The segments with every character that `unwritable` names replaced as the table says; the very list if none."""
    if not substitutions:
        return segments
    bad = unwritable("".join(map("".join, segments)))
    table = str.maketrans({character: substitutions[character] for character in bad if character in substitutions})
    if not table:
        return segments
    return [[value.translate(table) for value in segment] for segment in segments]


def same(one: list[Segment], other: list[Segment]) -> bool:
    """Whether two bodies say the same; trailing empty elements and components say nothing."""
    return [_trimmed(segment) for segment in one] == [_trimmed(segment) for segment in other]


def _trimmed(segment: Segment) -> Segment:
    kept = [REPEAT.join(part.rstrip(COMPONENT) for part in value.split(REPEAT)).rstrip(REPEAT) for value in segment]
    while kept and not kept[-1]:
        kept.pop()
    return kept
