"""What is said of the documents of a file that were rejected: a case for our people, a text for the partner.

Rule protected: both are bounded, however many documents a file has; what is not listed is counted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import edi
from gateway.ports import Case

LISTED = 20  # documents in the sentence of a case, faults of one document in a text
MOST_TOLD = 100  # documents in a text


@dataclass(frozen=True, slots=True)
class Told:
    """One rejected document: the kind of case it belongs to, and what is wrong with it, in sentences."""

    kind: str
    type: str
    control: str
    subject: str
    sentences: tuple[str, ...]
    found: str

    @staticmethod
    def of(result: edi.Result) -> Told:
        message = result.message
        assert message is not None
        reject = [fault for fault in result.faults if fault.severity == "reject"]
        first = reject[0] if reject else None
        return Told(
            "document.unsupported" if first and first.code == "message.unsupported" else "syntax.rejected",
            message.type,
            message.control,
            result.subject,
            tuple(fault.message for fault in reject[:LISTED]),
            first.found if first else "",
        )


@dataclass(slots=True)
class Refusals:
    """The rejected documents of a file: all counted by the kind of their case, the first ones kept."""

    told: list[Told] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _listed: dict[str, list[Told]] = field(default_factory=dict)

    def add(self, result: edi.Result, *, ours: bool) -> None:
        """`ours`: not of a foreign interchange, which has a case of its own."""
        told = Told.of(result)
        if len(self.told) < MOST_TOLD:
            self.told.append(told)
        if not ours:
            return
        self.counts[told.kind] += 1
        listed = self._listed.setdefault(told.kind, [])
        if len(listed) < LISTED:
            listed.append(told)

    def cases(self, file: str) -> Iterator[Case]:
        """One case of each kind."""
        for kind, listed in self._listed.items():
            if (count := self.counts[kind]) == 1:
                [told] = listed
                yield Case(kind, f"{file}: {_says(told)}", "edi", told.subject, actual=told.found)
                continue
            lines = [f"{told.type} {told.control}: {_says(told)}" for told in listed]
            more = [f"and {count - len(listed)} more"] if count > len(listed) else []
            yield Case(kind, f"{file}: {count} documents were rejected. {'; '.join([*lines, *more])}", "edi")


def refusal_text(
    row: Any,
    refusals: Refusals,
    outside: Sequence[edi.Fault],
    counts: Mapping[str, int],
    now: dt.datetime,
    reused: str,
) -> str:
    """The text for a supplier who reads no acknowledgements. `reused`: what is said of a number used before."""
    lines = [f"Your file {row.name} was received on {now:%Y-%m-%d %H:%M} UTC.", ""]
    accepted = counts.get("accepted", 0) + counts.get("accepted_with_errors", 0)
    if accepted:
        lines += [f"{accepted} document(s) in it were accepted and processed: do not send them again.", ""]
    lines += [f"- {fault.message}" for fault in outside if fault.severity == "reject"]
    lines += [f"- {reused}."] if reused else []
    for told in refusals.told:
        lines.append(f"Rejected: {told.type}, control number {told.control}:")
        lines += [f"- {sentence}" for sentence in told.sentences or ("the interchange around it was refused",)]
        lines.append("")
    if (more := counts.get("rejected", 0) - len(refusals.told)) > 0:
        lines += [f"Rejected as well: {more} more document(s).", ""]
    lines += [
        "What to do: correct what is named above and upload the corrected document as a new file,",
        "with a new control number.",
    ]
    return "\n".join(lines) + "\n"


def _says(told: Told) -> str:
    return next(iter(told.sentences), "it was rejected")
