"""What both forms of a guide share: the order of its sections, and the small texts in them.

Not here: markup. Rule protected: HTML and Markdown say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi.guide_model import Code, Element, Fact, Guide, Place

HEADS = {
    "in": "What you send and we receive.",
    "out": "What we send and you receive.",
    "both": "A document that either side may send.",
}

FOOT = (
    "Usage and maximum hold within the loop around. “One required”: at least one of these rows must be there. "
    "“Needed” (of an element): without it the document is taken, but the segment is not read as this row."
)


def unread_in_words(labels: Sequence[str]) -> str:
    """What the standard allows beyond what is read: the segments of the document itself, and how many in its loops."""
    outer = [label for label in labels if "/" not in label]
    inner = len(labels) - len(outer)
    named = [*outer, f"{inner} kinds of segment inside the loops"] if inner else outer
    return f"The standard allows more, which is not read here and does no harm: {', '.join(named)}."


def contents(guide: Guide) -> Iterator[tuple[str, str]]:
    """The sections that have something to say: anchor and title."""
    for anchor, title, there in (
        ("overview", "Overview", True),
        ("segments", "Segments", True),
        ("details", "Segments in detail", True),
        ("rules", "Rules over the whole document", guide.rules),
        ("samples", "Samples", guide.samples),
        ("answers", "Acknowledgements", guide.answers or guide.policies),
        ("scenarios", "Test scenarios", guide.scenarios),
        ("exchange", "Identities and delimiters", guide.identities or guide.wire),
        ("contacts", "Contacts", guide.contacts),
        ("versions", "Versions", guide.versions),
        ("codes", "Code lists", guide.code_tables),
    ):
        if there:
            yield anchor, title


def read_as(element: Element) -> str:
    """What a value is to the receiver, and how it is written."""
    return "; ".join(part for part in (element.meaning, element.form) if part)


def code_in_words(code: Code) -> str:
    """What a code means, and what it is taken for where that is something else."""
    return f"{code.meaning} → {code.taken_as}" if code.taken_as and code.taken_as != code.meaning else code.meaning


def usage_in_words(usage: str) -> str:
    """`with NAD02` means: required as soon as that is there."""
    return f"required {usage}" if usage.startswith("with ") else usage


def listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)


def contact(fact: Fact) -> str:
    return ", ".join(value for value in fact.values if value)


def level_of(place: Place) -> int:
    """The heading of a place: deeper ones are smaller, down to the sixth."""
    return min(3 + place.depth, 6)
