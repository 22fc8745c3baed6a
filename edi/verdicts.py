"""What is wrong with the documents of a file, and the verdict on each: lines for people, JSON for machines.

Not here: how a document is judged (edi/translate.py). Rule protected: what can be said at once is said at once; memory
is bounded by the largest document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

from edi.faults import Fault, visible
from edi.profile import Profile
from edi.resources import standard_identity
from edi.terminal import Spool, as_line, counted
from edi.translate import Result

MOST_ALIKE = 20  # faults of one code that are shown to people for one document


def lines(results: Iterable[Result], profile: Profile) -> Iterator[str]:
    """The verdict on each document, below it what is wrong, and the totals at the end."""
    totals: Counter[str] = Counter()
    for result in results:
        if result.message is not None:
            verdict = result.verdict.replace("_", " ")
            totals[verdict] += 1
            yield visible(f"{result.message.type} {result.message.control}: {verdict}")
        for line in _shown(result.faults):
            yield f"  {line}"
        if profile.open and any(fault.code == "message.unsupported" for fault in result.faults):
            yield f"  {_no_schema(result)}"
        yield from _shown(result.outside)
    told = [f"{totals[verdict]:,} {verdict}" for verdict in sorted(totals)]
    yield counted(totals.total(), "document") + (f": {', '.join(told)}" if told else "")


def json_pieces(results: Iterable[Result]) -> Iterator[str]:
    """One fault a line, then one line with all verdicts (docs/json-shapes.md)."""
    with closing(Spool()) as verdicts:
        for result in results:
            for fault in (*result.faults, *result.outside):
                yield as_line(fault.to_json()) + "\n"
            if result.message is not None:
                message = result.message
                verdicts.add({"type": message.type, "control": message.control, "verdict": result.verdict})
        yield '{"messages": ['
        yield from verdicts.pieces()
        yield "]}"


def _shown(faults: Iterable[Fault]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for fault in faults:
        seen[fault.code] += 1
        if seen[fault.code] <= MOST_ALIKE:
            yield f"{fault.severity}: {fault.message} [{fault.code}]"
    for code, number in seen.items():
        if number > MOST_ALIKE:
            yield f"and {number - MOST_ALIKE:,} more [{code}]"


def _no_schema(result: Result) -> str:
    message = result.message
    assert message is not None
    syntax = message.interchange.syntax
    name = visible(f"{'X12' if syntax == 'x12' else 'EDIFACT'} {message.type} {message.version}".strip())
    identity = visible(standard_identity(syntax, message.version, message.type))
    return (
        f"There is no schema for {name}. Write {identity}.schema.yaml in a folder of your own and name the folder with "
        "--schemas; `edi schema --list` shows the documents that have one."
    )
