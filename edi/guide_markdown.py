"""A guide as Markdown, for a wiki, a repository or a plain-text reader.

Not here: what it says (edi/guide.py). Rule protected: every text passes _t, so that no value of a document or a map can
become markup or break a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from edi.guide_model import Code, Codes, Element, Fact, Guide, Place, Sample
from edi.guide_text import (
    FOOT,
    HEADS,
    code_in_words,
    contact,
    contents,
    level_of,
    listed,
    read_as,
    unread_in_words,
    usage_in_words,
)
from edi.guide_words import times

_MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def text(guide: Guide) -> str:
    """The whole guide."""
    return "\n".join(_lines(guide)).rstrip() + "\n"


def _lines(guide: Guide) -> Iterator[str]:
    yield f"# {_t(guide.title)}"
    yield ""
    yield f"{_t(guide.document)}. {_t(HEADS[guide.way])} Version {_t(guide.version)}."
    yield ""
    for part in guide.intro:
        yield from (_t(part), "")
    for anchor, title in contents(guide):
        yield from (f"## {title}", "")
        yield from _section(guide, anchor)
        yield ""


def _section(guide: Guide, anchor: str) -> Iterator[str]:
    match anchor:
        case "overview":
            yield from _facts(guide.overview)
        case "segments":
            yield from _table(("segment", "what it is", "usage", "max"), map(_row, guide.places))
            yield from ("", FOOT)
            if guide.forbidden:
                yield from ("", f"**Must not be sent:** {_t(listed(guide.forbidden))}.")
            if guide.unread:
                yield from ("", _t(unread_in_words(guide.unread)))
        case "details":
            for place in guide.places:
                yield from _details(place)
        case "rules":
            yield from _table(
                ("rule", "if it is broken"), ((_t(f"{r.text} {r.example}".strip()), _t(r.effect)) for r in guide.rules)
            )
        case "samples":
            for sample in guide.samples:
                yield from _sample(sample)
        case "answers":
            if guide.answers:
                rows = ((_t(a.name), _t(a.when), _t(a.content)) for a in guide.answers)
                yield from _table(("answer", "when", "what it says"), rows)
                yield ""
            yield from (f"- {_t(policy)}" for policy in guide.policies)
        case "scenarios":
            rows = ((_t(s.name), _t(s.action), _t(s.expected)) for s in guide.scenarios)
            yield from _table(("scenario", "what to do", "expected"), rows)
        case "exchange":
            yield from _table(
                ("identity", "production", "test"), ((_t(f.name), *map(_code_text, f.values)) for f in guide.identities)
            )
            yield ""
            yield from _facts(guide.wire)
        case "contacts":
            yield from _table(("for", "contact"), ((_t(f.name), _t(contact(f))) for f in guide.contacts))
        case "versions":
            yield from _facts(guide.versions)
            if guide.news:
                yield from ("", "### What changed", "")
                yield from (f"- {_t(item)}" for item in guide.news)
        case _:
            for table in guide.code_tables:
                yield from (f"### {_t(table.name)}", "")
                yield from _table(
                    ("code", "meaning", "read as"),
                    ((_code_text(c.value), _t(c.meaning), _t(c.taken_as)) for c in table.codes),
                )
                yield from ("", "Other codes are taken as well." if table.open else "", "")


def _row(place: Place) -> tuple[str, ...]:
    name = "· " * place.depth + place.tag + (" loop" if place.loop else "")
    return _t(name), _t(place.title), _t(usage_in_words(place.usage)), _t(times(place.most))


def _details(place: Place) -> Iterator[str]:
    yield f"{'#' * level_of(place)} {'Loop ' if place.loop else ''}{_t(place.tag)}: {_t(place.title)}"
    yield ""
    yield f"{_code_text(place.address)}, {_t(usage_in_words(place.usage))}, max {_t(times(place.most))}"
    yield ""
    if place.note:
        yield from (_t(place.note), "")
    if place.example:
        yield from (f"Example: {_code_text(place.example)}", "")
    if place.elements:
        yield from _table(("element", "name", "usage", "type", "read as"), map(_element, place.elements))
        yield ""
    if place.pairs:
        yield from (f"Kinds and values, {_t(place.pairs.where)}.", "")
        rows = ((f"{_code_text(p.qualifier)} {_t(p.name)}", _t(p.meaning), _t(p.form)) for p in place.pairs.rows)
        yield from _table(("kind", "read as", "form"), rows)
        yield ""
    yield from (f"- {_t(rule)}" for rule in place.rules)
    if place.rules:
        yield ""
    if place.forbidden:
        yield from (f"Must stay empty: {_t(listed(place.forbidden))}.", "")
    if place.unread:
        yield from (f"Allowed, not read: {_t(listed(place.unread))}.", "")


def _element(element: Element) -> tuple[str, ...]:
    ref = f" ({element.ref})" if element.ref else ""
    meaning = "; ".join(part for part in (_t(read_as(element)), _codes(element.codes)) if part)
    return (
        _code_text(element.label),
        _t(element.name + ref),
        _t(usage_in_words(element.usage)),
        _t(element.type),
        meaning,
    )


def _codes(codes: Codes | None) -> str:
    if codes is None:
        return ""
    if codes.list_name:
        return f"codes: {_t(codes.list_name)}, at the end"
    return ", ".join(map(_code, codes.codes)) + (", others too" if codes.open else "")


def _code(code: Code) -> str:
    return f"{_code_text(code.value)} {_t(code_in_words(code))}".rstrip()


def _sample(sample: Sample) -> Iterator[str]:
    yield from (
        f"### {_t(sample.title)}",
        "",
        _t(" ".join(part for part in (sample.name + ":", sample.outcome, sample.text) if part)),
        "",
    )
    for segment in sample.segments:
        indent = "  " * segment.depth
        yield f"{indent}- {_code_text(segment.raw)} {_t(segment.title)}"
        for label, name, value in segment.values:
            yield f"{indent}  - {_code_text(label)} {_t(name)}: {_t(value)}"
        for fault in segment.faults:
            yield f"{indent}  - **Wrong:** {_t(fault)}"
    yield ""
    if sample.answer:
        yield from ("The answer it gets:", "")
        yield from (f"    {line}" for line in sample.answer.splitlines())
        yield ""


def _facts(facts: Iterable[Fact]) -> Iterator[str]:
    yield from (f"- {_t(fact.name)}: {_t(', '.join(fact.values))}" for fact in facts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if lines:
        yield "| " + " | ".join(heads) + " |"
        yield "|" + "---|" * len(heads)
        yield from lines


def _code_text(text_: str) -> str:
    """Text as it stands; a bar would end the cell of a table, a backtick the code."""
    if not text_:
        return ""
    flat = " ".join(text_.split()).replace("|", "\\|")
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"


def _t(text_: str) -> str:
    """Text that is no markup, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text_.split()))
