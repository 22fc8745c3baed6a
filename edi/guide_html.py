"""A guide as one HTML file: no script, no network, light and dark, for a telephone, a screen and paper.

Not here: what it says (edi/guide.py), its style sheet (edi/guide_style.py). Rule protected: every text passes _t; the
page loads nothing and says so to the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from edi.guide_model import Code, Codes, Element, Fact, Guide, Place, Sample
from edi.guide_style import STYLE
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

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(guide: Guide) -> str:
    """The whole file."""
    sections = [(anchor, title, list(_section(guide, anchor))) for anchor, title in contents(guide)]
    toc = "".join(f'<li><a href="#{anchor}">{_t(title)}</a></li>' for anchor, title, _ in sections)
    body = "".join(
        f'<section id="{anchor}" aria-labelledby="{anchor}-h">'
        f'<h2 id="{anchor}-h">{_t(title)}</h2>{"".join(parts)}</section>'
        for anchor, title, parts in sections
    )
    intro = "".join(f"<p>{_t(part)}</p>" for part in guide.intro)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{_t(guide.title)}</title><style>{STYLE}</style></head><body>"
        '<a class="skip" href="#main">Skip to the content</a>'
        f'<header><p class="kind">{_t(guide.document)}</p><h1>{_t(guide.title)}</h1>'
        f'<p class="lead">{_t(HEADS[guide.way])} Version {_t(guide.version)}.</p>{intro}</header>'
        f'<nav aria-label="Contents"><h2>Contents</h2><ol>{toc}</ol></nav><main id="main">{body}</main></body></html>\n'
    )


def _section(guide: Guide, anchor: str) -> Iterator[str]:
    match anchor:
        case "overview":
            yield _facts(guide.overview)
        case "segments":
            yield from _segment_table(guide)
        case "details":
            for place in guide.places:
                yield from _details(place)
        case "rules":
            yield _table(
                ("rule", "if it is broken"), ((_t(r.text) + _example(r.example), _t(r.effect)) for r in guide.rules)
            )
        case "samples":
            for sample in guide.samples:
                yield from _sample(sample)
        case "answers":
            if guide.answers:
                rows = ((f"<strong>{_t(a.name)}</strong>", _t(a.when), _t(a.content)) for a in guide.answers)
                yield _table(("answer", "when", "what it says"), rows)
            yield _list(map(_t, guide.policies))
        case "scenarios":
            rows = ((_t(s.name), _t(s.action), _t(s.expected)) for s in guide.scenarios)
            yield _table(("scenario", "what to do", "expected"), rows)
        case "exchange":
            cells = ((_t(f.name), *(f"<code>{_t(value)}</code>" for value in f.values)) for f in guide.identities)
            yield _table(("identity", "production", "test"), cells)
            yield _facts(guide.wire)
        case "contacts":
            yield _table(("for", "contact"), ((_t(f.name), _t(contact(f))) for f in guide.contacts))
        case "versions":
            yield _facts(guide.versions)
            if guide.news:
                yield "<h3>What changed</h3>" + _list(map(_t, guide.news))
        case _:
            for table in guide.code_tables:
                open_ = "<p>Other codes are taken as well.</p>" if table.open else ""
                yield f'<h3 id="{_code_anchor(table.name)}">{_t(table.name)}</h3>{open_}<div class="codes">'
                yield "".join(f"<p>{_code(code)}</p>" for code in table.codes) + "</div>"


def _segment_table(guide: Guide) -> Iterator[str]:
    rows = []
    for place in guide.places:
        mark = "loop" if place.loop else "segment"
        name = f'<span class="tag">{_t(place.tag)}</span> ' + ('<span class="loop">loop</span>' if place.loop else "")
        title = f'<a href="#{place.anchor}">{_t(place.title)}</a>'
        indent = f' style="padding-left:calc(.6rem + {min(place.depth, 8)} * 1.1rem)"'
        rows.append((mark, indent, name, title, _usage(place.usage), _t(times(place.most))))
    head = "".join(
        f'<th scope="col" role="columnheader">{name}</th>' for name in ("segment", "what it is", "usage", "max")
    )
    lines = "".join(
        f'<tr class="{mark}" role="row"><th scope="row" role="rowheader"{indent}>{name}</th>'
        f'<td role="cell">{title}</td>'
        f'<td role="cell">{usage}</td><td role="cell" class="number">{most}</td></tr>'
        for mark, indent, name, title, usage, most in rows
    )
    yield f'<div class="wide"><table class="tree" role="table"><thead><tr role="row">{head}</tr></thead>'
    yield f"<tbody>{lines}</tbody></table></div>"
    yield f"<p>{_t(FOOT)}</p>"
    if guide.forbidden:
        yield f"<p><strong>Must not be sent:</strong> {_t(listed(guide.forbidden))}.</p>"
    if guide.unread:
        yield f"<p>{_t(unread_in_words(guide.unread))}</p>"


def _details(place: Place) -> Iterator[str]:
    level = level_of(place)
    kind = "Loop " if place.loop else ""
    yield f'<article class="place{" group" if place.loop else ""}" id="{place.anchor}">'
    yield f'<h{level}>{kind}<span class="tag">{_t(place.tag)}</span> {_t(place.title)}</h{level}>'
    often = f"<span>max {_t(times(place.most))}</span>"
    yield f'<p class="where"><code>{_t(place.address)}</code> {_usage(place.usage)} {often}</p>'
    if place.note:
        yield f'<p class="note">{_t(place.note)}</p>'
    if place.example:
        yield f'<p class="example">Example: <code>{_t(place.example)}</code></p>'
    if place.elements:
        yield _table(("element", "name", "usage", "type", "read as"), map(_element, place.elements), "elements")
    if place.pairs:
        rows = ((f"<code>{_t(p.qualifier)}</code> {_t(p.name)}", _t(p.meaning), _t(p.form)) for p in place.pairs.rows)
        yield f"<p>Kinds and values, {_t(place.pairs.where)}.</p>" + _table(("kind", "read as", "form"), rows)
    yield _list(map(_t, place.rules))
    if place.forbidden:
        yield f'<p class="quiet">Must stay empty: {_t(listed(place.forbidden))}.</p>'
    if place.unread:
        yield f'<p class="quiet">Allowed, not read: {_t(listed(place.unread))}.</p>'
    yield "</article>"


def _element(element: Element) -> tuple[str, ...]:
    ref = f' <span class="quiet">{_t(element.ref)}</span>' if element.ref else ""
    meaning = _t(read_as(element)) + _codes(element.codes)
    return f"<code>{_t(element.label)}</code>", _t(element.name) + ref, _usage(element.usage), _t(element.type), meaning


def _codes(codes: Codes | None) -> str:
    if codes is None:
        return ""
    more = '<p class="quiet">Other codes are taken as well.</p>' if codes.open else ""
    if codes.list_name:
        return f'<p>codes: <a href="#{_code_anchor(codes.list_name)}">{_t(codes.list_name)}</a></p>'
    return '<ul class="inline">' + "".join(f"<li>{_code(code)}</li>" for code in codes.codes) + "</ul>" + more


def _code(code: Code) -> str:
    return f"<code>{_t(code.value)}</code> {_t(code_in_words(code))}"


def _sample(sample: Sample) -> Iterator[str]:
    outcome = f'<p class="outcome">{_t(sample.outcome)}</p>' if sample.outcome else ""
    yield f'<article class="sample"><h3>{_t(sample.title)}</h3><p class="quiet">{_t(sample.name)}</p>{outcome}'
    if sample.text:
        yield f"<p>{_t(sample.text)}</p>"
    yield '<ol class="annotated">'
    for segment in sample.segments:
        yield f'<li class="d{min(segment.depth, 4)}"><p class="raw"><code>{_t(segment.raw)}</code>'
        yield f' <span class="quiet">{_t(segment.title)}</span></p>'
        if segment.values:
            yield "<dl>" + "".join(
                f"<div><dt><code>{_t(label)}</code> {_t(name)}</dt><dd>{_t(text)}</dd></div>"
                for label, name, text in segment.values
            ) + "</dl>"  # fmt: skip
        yield "".join(f'<p class="fault"><strong>Wrong:</strong> {_t(fault)}</p>' for fault in segment.faults) + "</li>"
    yield "</ol>"
    if sample.answer:
        yield f"<h4>The answer it gets</h4><pre>{_t(sample.answer)}</pre>"
    yield "</article>"


def _facts(facts: Iterable[Fact]) -> str:
    rows = [(_t(fact.name), " ".join(f"<span>{_t(value)}</span>" for value in fact.values)) for fact in facts]
    return (
        '<dl class="facts">' + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows) + "</dl>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table of cells that are HTML already; on a telephone each row becomes a card that names its columns."""
    lines = ["".join(f'<td role="cell" data-head="{head}">{cell}</td>' for head, cell in zip(heads, row, strict=True))
             for row in rows]  # fmt: skip
    if not lines:
        return ""
    head = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in heads)
    body = "".join(f'<tr role="row">{line}</tr>' for line in lines)
    return (f'<table class="cards {kind}" role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>')  # fmt: skip


def _list(items: Iterable[str]) -> str:
    text = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{text}</ul>" if text else ""


def _usage(usage: str) -> str:
    return (
        f'<span class="usage {"must" if usage in ("required", "needed") else "may"}">{_t(usage_in_words(usage))}</span>'
    )


def _example(text: str) -> str:
    return f'<p class="example">Example: {_t(text)}</p>' if text else ""


def _code_anchor(name: str) -> str:
    return "codes-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in name)


def _t(text: str) -> str:
    """Text as HTML."""
    return escape(text, quote=True)
