"""The partner's sheet: everything a partner needs to connect to us, as text and as one HTML page to print.

Not here: what a channel says of itself (each transport's `sheet`). Rule protected: a sheet leaves the house, so that
nothing secret is on it: names, addresses, fingerprints, certificates and public keys only.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from gateway.config import Configuration
from gateway.partners import Partner, transport
from gateway.transports.sheets import PARTNER, SheetPart

STYLE = """
body { font: 11pt/1.4 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #111; }
h1 { font-size: 1.5em; margin-bottom: 0; } h2 { font-size: 1.1em; margin: 1.6em 0 .4em; break-after: avoid; }
table { border-collapse: collapse; width: 100%; } tr { break-inside: avoid; }
th { text-align: left; font-weight: normal; color: #555; width: 13em; vertical-align: top; padding: .15em 1em .15em 0; }
td { vertical-align: top; padding: .15em 0; overflow-wrap: anywhere; }
pre { font-size: 8pt; background: #f4f4f4; padding: .6em; break-inside: avoid; overflow-x: auto; }
@media print { body { margin: 0; max-width: none; } pre { background: none; border: 1px solid #999; } }
"""


def parts(configuration: Configuration, partner: Partner, host: str = "") -> list[SheetPart]:
    """The whole sheet. `host` is our name as the partner reaches us; empty: as the listeners have it. Raises what a
    transport raises for a key or certificate that cannot be read (SecretError, ValueError)."""
    found = [SheetPart("Identities", tuple(_identities(partner))), SheetPart("Documents", tuple(_documents(partner)))]
    for settings in partner.channels.values():
        module = transport(settings.kind)
        listener = configuration.listeners.get(settings.kind.partition("-")[0])
        found += module.sheet(settings, listener, configuration.secrets, host)
    return [_named(part, partner) for part in found if part.rows]


def _named(part: SheetPart, partner: Partner) -> SheetPart:
    return replace(part, rows=tuple((label, value.replace(PARTNER, partner.id)) for label, value in part.rows))


def _identities(partner: Partner) -> Iterator[tuple[str, str]]:
    known = partner.file.identities
    for syntax, pair in (("X12", known.x12), ("EDIFACT", known.edifact)):
        if pair is not None:
            yield f"{syntax}, you", _side(pair)
            yield f"{syntax}, we", _side(pair.own)
            for other in pair.also:
                yield f"{syntax}, you also", _side(other)
    if known.gln:
        yield "your GLN", known.gln


def _side(side: Any) -> str:
    qualifier = f"qualifier {side.qualifier}, " if side.qualifier else ""
    group = f", group {side.gs}" if side.gs else ""
    return f"{qualifier}id {side.id}{group}"


def _documents(partner: Partner) -> Iterator[tuple[str, str]]:
    for agreement in partner.file.agreements:
        if agreement.phase == "off":
            continue
        who = "you send" if agreement.direction == "in" else "we send"
        channel = agreement.channel or next(iter(partner.channels), "")
        answer = agreement.ack.functional
        told = f"; we answer with {answer.upper()}" if agreement.direction == "in" and answer != "none" else ""
        yield agreement.document, f"{who} it{f' over {channel}' if channel else ''}{told}"


def text(name: str, found: Sequence[SheetPart], at: dt.datetime) -> str:
    """For a terminal or an e-mail."""
    lines = [f"Connection sheet for {name}", f"made {at:%Y-%m-%d %H:%M} UTC"]
    for part in found:
        lines += ["", part.title, "-" * len(part.title)]
        for label, value in part.rows:
            lines += textwrap.wrap(
                value,
                124,
                break_long_words=False,
                break_on_hyphens=False,
                initial_indent=f"{label:26}  ",
                subsequent_indent=" " * 28,
            ) or [label]
        for label, copy in part.copies:
            lines += ["", f"{label}:", copy.rstrip()]
    return "\n".join(lines) + "\n"


def page(name: str, found: Sequence[SheetPart], at: dt.datetime) -> str:
    """One HTML page that needs nothing else, for a browser and for paper."""
    title = f"Connection sheet for {name}"
    body = [f"<h1>{escape(title)}</h1>", f"<p>made {at:%Y-%m-%d %H:%M} UTC</p>"]
    for part in found:
        body.append(f"<h2>{escape(part.title)}</h2>")
        rows = (f"<tr><th scope=row>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in part.rows)
        body.append(f"<table>{''.join(rows)}</table>")
        for label, copy in part.copies:
            body.append(f"<p>{escape(label)}:</p><pre>{escape(copy)}</pre>")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )
