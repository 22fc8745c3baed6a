"""Writes docs/faults.md from the catalogue and its samples: `python docs/make_faults.py`. A test holds it to both.

The sentences come from samples/faults/expected.json, which `pytest tests/edi/test_fault_samples.py --update` writes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from edi.catalogue import CATALOGUE, Entry

PAGE = Path(__file__).with_name("faults.md")
SAMPLES = PAGE.parents[1] / "samples/faults"
HEAD = """# Faults

Everything that can be wrong with a document, from the catalogue (edi/catalogue.py); written by `docs/make_faults.py`.

Each code leads to the smallest document that gives it, and the sentence is the one its sender reads: where it is, what
was found, what was expected, what to do. [expected.json](../samples/faults/expected.json) says what else each sample
gives: byte offsets and the codes of the acknowledgements on the wire.

Severity: `warning` is noted, nothing is sent; `exception` is accepted, a person decides; `error` is accepted with
errors; `reject` rejects that level. An agreement may change what a fault of the standard or of the partner's guide does
(onboarding.md, `on_standard_error` and `on_guide_error`).

Codes: 997 is AK304, AK403, AK502 or AK905, 999 the same of a 999, TA1 is TA105, CONTRL is data element 0085 under
syntax 4 (under syntax 1 to 3 in brackets where it differs). `guide` is the code when only the partner's guide is
broken. TA1 010, 012 and 027 are written instead of 011, 013 and 026 when it is ISA01, ISA03 or ISA16 that is wrong.
Empty: this layer has no code for it.
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
    told = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    parts = [HEAD]
    for level, title in TITLES.items():
        parts.append(
            f"\n## {title}\n\n| code | severity | what its sample says | 997 | 999 | TA1 | CONTRL |\n"
            "|---|---|---|---|---|---|---|\n"
        )
        parts += [row(code, entry, told) for code, entry in CATALOGUE.items() if entry.level == level]
    return "".join(parts)


def row(code: str, entry: Entry, told: dict[str, Any]) -> str:
    """One line of a table."""
    x997 = entry.x997 + (f", from 005010 {entry.x997_5010}" if entry.x997_5010 else "")
    x999 = entry.x999 + (f", guide {entry.x999_guide}" if entry.x999_guide else "")
    contrl = entry.contrl + (f" ({entry.contrl3})" if entry.contrl3 != entry.contrl else "")
    contrl += f", guide {entry.contrl_guide}" if entry.contrl_guide else ""
    cells = [_linked(code), entry.severity, _sentence(code, entry, told), x997, x999, entry.ta1, contrl]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _linked(code: str) -> str:
    """The code, and a link to its sample; `EDIFACT` leads to a second one."""
    names = [f"{code}.edi", f"{code}.edifact.edi", f"{code}.json"]
    first, *others = [name for name in names if (SAMPLES / name).exists()] or [""]
    if not first:
        return f"`{code}`"
    linked = f"[`{code}`](../samples/faults/{first})"
    return linked + "".join(f" [EDIFACT](../samples/faults/{other})" for other in others)


def _sentence(code: str, entry: Entry, told: dict[str, Any]) -> str:
    """What the first sample of the code says; the catalogue's words for a code that is never said by itself."""
    sample = told.get(code) or told.get(f"{code}.edifact")
    if sample is None or "faults" not in sample:
        return f"{sample['sentence']}. {entry.help}." if sample else f"{_plain(entry.sentence)}. {entry.help}."
    said = [fault["sentence"] for fault in sample["faults"] if fault["code"] == code]
    return said[0] if said else f"{entry.sentence} (told of a document with such faults)"


def _plain(sentence: str) -> str:
    return re.sub(r"'?\{\w+\}'?", "…", sentence)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
