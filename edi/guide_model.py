"""What a guide for a partner says, as values: one description from which HTML and Markdown are made.

Not here: where it comes from (edi/guide.py and the modules it names), how it looks (edi/guide_html.py,
edi/guide_markdown.py). Rule protected: texts are plain; a renderer escapes all of them and adds no facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Way: TypeAlias = Literal["in", "out", "both"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code that is accepted: what it means, and what the receiver takes it for (empty: nothing more)."""

    value: str
    meaning: str
    taken_as: str = ""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of an element. `open`: others are taken as well. `selects`: another code makes it another row."""

    codes: tuple[Code, ...]
    open: bool = False
    selects: bool = False
    list_name: str = ""  # set: a long list, which stands once at the end of the guide under this name


@dataclass(frozen=True, slots=True)
class Element:
    """One element or component. `usage` is required, optional, `needed`: the segment is not this row without it, or
    `with NAD02`: required as soon as that is there.

    `ref` is the number of the data element, `meaning` what the receiver reads it as, `form` how it is written.
    """

    label: str
    ref: str
    name: str
    type: str
    usage: str
    meaning: str = ""
    form: str = ""
    codes: Codes | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A qualifier and what its value is."""

    qualifier: str
    name: str
    meaning: str
    form: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Qualifiers beside values: where they stand, and which are read."""

    where: str
    rows: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A segment or loop at its place. `anchor` names it, `address` is `PO1/ACK` or `N1[ST]`.

    `usage` and `most` (None: any number) are relative to the loop around. A loop has no elements of its own: its first
    segment follows as a place.
    """

    anchor: str
    address: str
    tag: str
    title: str
    depth: int
    loop: bool
    usage: str
    most: int | None
    note: str = ""
    example: str = ""
    elements: tuple[Element, ...] = ()
    pairs: Pairs | None = None
    rules: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # elements the standard allows and the receiver does not read
    forbidden: tuple[str, ...] = ()  # elements that must stay empty


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A long code list, at the end of the guide."""

    name: str
    codes: tuple[Code, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over the whole document, and what happens when it is broken."""

    name: str
    text: str
    effect: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class SampleSegment:
    """One segment of a sample: its raw text, the values in words, what is wrong there."""

    number: int
    depth: int
    path: str
    title: str
    raw: str
    values: tuple[tuple[str, str, str], ...]  # label, name, value
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """An annotated document. `outcome` says what becomes of it, `answer` is the acknowledgement it gets."""

    name: str
    title: str
    text: str
    outcome: str
    segments: tuple[SampleSegment, ...]
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement: which, when it comes, and what it says."""

    name: str
    when: str
    content: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test before going live."""

    name: str
    action: str
    expected: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a small table: a name and its values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything a partner has to know about one document."""

    title: str
    document: str
    version: str
    way: Way
    partner: str
    intro: tuple[str, ...]
    overview: tuple[Fact, ...]
    places: tuple[Place, ...]
    unread: tuple[str, ...]  # segments and loops the standard allows and the receiver does not read
    forbidden: tuple[str, ...]  # segments and loops that must not be there
    rules: tuple[Rule, ...]
    samples: tuple[Sample, ...]
    contacts: tuple[Fact, ...]
    versions: tuple[Fact, ...]
    news: tuple[str, ...]
    code_tables: tuple[CodeTable, ...]
    # Of the agreement; empty without one.
    answers: tuple[Answer, ...] = ()
    policies: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    identities: tuple[Fact, ...] = ()  # values: production, test
    wire: tuple[Fact, ...] = ()
