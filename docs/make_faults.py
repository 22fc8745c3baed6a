"""Writes docs/faults.md from the catalogue: `python docs/make_faults.py`. A test holds the page to the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from edi.catalogue import CATALOGUE, Entry

PAGE = Path(__file__).with_name("faults.md")
HEAD = """# Faults

Everything that can be wrong with a document, from the catalogue (edi/catalogue.py); written by `docs/make_faults.py`.

Severity: `warning` is noted, nothing is sent; `exception` is accepted, a person decides; `error` is accepted with
errors; `reject` rejects that level. An agreement may change what a fault of the standard or of the partner's guide does
(onboarding.md, `on_standard_error` and `on_guide_error`).

Codes: 997 is AK304, AK403, AK502 or AK905, 999 the same of a 999, TA1 is TA105, CONTRL is data element 0085 under
syntax 4 (under syntax 1 to 3 in brackets where it differs). `guide` is the code when only the partner's guide is
broken. We write 997 in release 004010 and CONTRL with the values of syntax 3. Empty: this layer has no code for it.
"""
TITLES = {
    "input": "Input",
    "interchange": "Interchange",
    "group": "Group",
    "message": "Message, transaction set",
    "segment": "Segment",
    "element": "Element",
    "event": "Checks and writing",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for level, title in TITLES.items():
        parts.append(
            f"\n## {title}\n\n| code | severity | what is wrong | what to do | 997 | 999 | TA1 | CONTRL |\n"
            "|---|---|---|---|---|---|---|---|\n"
        )
        parts += [row(code, entry) for code, entry in CATALOGUE.items() if entry.level == level]
    return "".join(parts)


def row(code: str, entry: Entry) -> str:
    """One line of a table. What was found and what was expected stand as an ellipsis."""
    x997 = entry.x997 + (f", from 005010 {entry.x997_5010}" if entry.x997_5010 else "")
    x999 = entry.x999 + (f", guide {entry.x999_guide}" if entry.x999_guide else "")
    contrl = entry.contrl + (f" ({entry.contrl3})" if entry.contrl3 != entry.contrl else "")
    contrl += f", guide {entry.contrl_guide}" if entry.contrl_guide else ""
    texts = [re.sub(r"'?\{\w+\}'?", "…", text) for text in (entry.sentence, entry.help)]
    cells = [f"`{code}`", entry.severity, *texts, x997, x999, entry.ta1, contrl]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
