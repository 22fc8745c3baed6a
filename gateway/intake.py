"""What a translated file turns into: rows, events, answers, decisions for people, and the words for whoever sent it.

Pure apart from `seen`, which reads. Not here: writing any of it (settle.py), acknowledgements as bytes
(outbox.py). Rules protected: an interchange seen before is never processed again, and nothing of a file is lost
without a sentence that says why; of a file of any size one batch is in memory.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import edi
from gateway import outbox
from gateway.arriving import printable
from gateway.ledger.queries import receipts
from gateway.outbox import Placement
from gateway.partners import Partner
from gateway.ports import LARGEST_ORIGINAL, Case
from gateway.refusals import Refusals, refusal_text
from gateway.window import Window

REUSED = (
    "its control number was used before by another interchange of this sender; it was kept and not processed. "
    "Send it again with a new control number"
)
# Which interchanges the partner is told to have sent before, by `duplicates` of their partner.yaml.
REFUSED = {"reanswer": {"reused"}, "reject": {"duplicate", "reused"}, "silent": set[str]()}
MOST_FAULTS = 100  # kept and shown for one set
MOST_CASES = 100  # of single documents of one file
SETS_PER_TRANSACTION = 500
BYTES_PER_TRANSACTION = 2_000_000  # of sets; in memory they are many times that


@dataclass(frozen=True, slots=True)
class Parked:
    """A receipt nobody will translate until a person acts."""

    state: str
    case: Case


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event, and its document as an interchange of its own where the file has others; empty if it is too large."""

    event: edi.Event
    original: bytes = b""


@dataclass(slots=True)
class Batch:
    """Part of a file, ready to be stored in one transaction. `position` is how far the file is read with it."""

    position: int = 0
    size: int = 0
    last: bool = False
    interchanges: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[Arrived] = field(default_factory=list)
    answers: list[tuple[edi.AckResult, ...]] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    due: list[edi.Event] = field(default_factory=list)
    repeats: list[Placement] = field(default_factory=list)
    results: int = 0

    @property
    def full(self) -> bool:
        return max(self.results, len(self.due)) >= SETS_PER_TRANSACTION or self.size >= BYTES_PER_TRANSACTION


def why_parked(row: Any, partner: Partner | None, attempt: int) -> Parked:
    if partner is None:
        sentence = f"{row.name}: no partner {row.partner!r} is configured; the file is kept"
        return Parked("quarantined", Case("partner.unknown", sentence, "operator", actual=row.partner))
    sentence = (
        f"{row.name}: the translation ended the process {attempt - 1} times; the file is kept and not tried again"
    )
    return Parked("poison", Case("document.poison", sentence, "operator", actions=("gateway replay",)))


def defect(row: Any, error: Exception) -> Parked:
    sentence = f"{row.name}: the gateway could not translate it ({type(error).__name__}: {error}); the file is kept"
    return Parked("poison", Case("connector.defect", sentence, "operator", actions=("gateway replay",)))


@dataclass(slots=True)
class Intake:
    """Follows one receipt through its batches. `done`: what of it an earlier run stored is only read again.

    `read` opens the bytes of a receipt, by its number and size.
    """

    row: Any
    partner: Partner
    read: Callable[[int, int], Window]
    done: int = 0
    _position: int = 0  # results so far
    _number: int = 0  # sets so far
    _verdicts: dict[int, str] = field(default_factory=dict)  # by offset of the interchange
    _known: set[int] = field(default_factory=set)  # interchanges the ledger has a row with this key for
    _keys: dict[str, int] = field(default_factory=dict)  # where a key was first met in this file
    _listed: set[int] = field(default_factory=set)  # interchanges of this receipt that have their row
    _contents: dict[int, _Contents] = field(default_factory=dict)  # of this receipt and the one last compared with
    _stored: list[Any] = field(default_factory=list)
    _refusals: Refusals = field(default_factory=Refusals)
    _first: edi.Fault | None = None  # of an accepted set
    _outside: list[edi.Fault] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _faulty: int = 0

    @property
    def data(self) -> Window:
        return self.read(self.row.id, self.row.size)

    def seen(self, c: Any, interchange: edi.Interchange) -> bool:
        """Is this interchange to be refused as a duplicate? Asked once for each that is otherwise acceptable."""
        verdict = self._verdicts[interchange.offset] = self._verdict(c, interchange)
        return verdict in REFUSED[self.partner.file.duplicates]

    def _verdict(self, c: Any, interchange: edi.Interchange) -> str:
        """accepted | duplicate (seen before, same content) | reused (seen before, other content)."""
        key = _dedupe(interchange)
        if key in self._keys:  # twice in this file
            self._known.add(interchange.offset)
            mine = self._content(self.row).by_offset
            return "duplicate" if mine.get(self._keys[key]) == mine.get(interchange.offset) else "reused"
        self._keys[key] = interchange.offset
        known = receipts.known_interchange(c, key)
        if known is None:
            return "accepted"
        self._known.add(interchange.offset)
        if known.receipt == self.row.id:
            self._listed.add(interchange.offset)
        if known.receipt in (self.row.id, self._replay_of):
            return "accepted"
        earlier = self._content(receipts.get(c, known.receipt))
        if self._content(self.row).by_offset.get(interchange.offset) != earlier.by_key.get(key):
            # What was cut off then may be complete now; anything else is a number used twice.
            return "accepted" if earlier.incomplete else "reused"
        self._stored.extend(outbox.stored_answers(c, known.receipt, interchange.control))
        return "duplicate"

    def _content(self, row: Any) -> _Contents:
        """What the sets of a receipt's interchanges are, line breaks aside."""
        if row.id not in self._contents:
            for other in set(self._contents) - {self.row.id}:
                del self._contents[other]
            self._contents[row.id] = _Contents.of(self.read(row.id, row.size))
        return self._contents[row.id]

    @property
    def _replay_of(self) -> int | None:
        first: int | None = self.row.facts.get("replay_of")
        return first

    def take(self, results: Iterator[edi.Result]) -> Batch:
        """The rows of the next results, without those an earlier run stored."""
        batch = Batch()
        for result in results:
            self._add(batch, result)
            if batch.full:
                break
        else:
            batch.last = True
        batch.position = self._position
        batch.repeats = self._repeats()
        if batch.last and self._number == 1:  # alone in its file: that is handed over as it came
            batch.events = [Arrived(arrived.event) for arrived in batch.events]
        return batch

    def _add(self, batch: Batch, result: edi.Result) -> None:
        verdict = ""
        if result.interchange is not None:  # one that `seen` was not asked about is refused for what it is
            verdict = self._verdicts.setdefault(result.interchange.offset, "foreign")
        self._position += 1
        batch.results += 1
        fresh = self._position > self.done
        if result.message is not None:
            self._number += 1
            batch.size += len(result.message.raw)
        if result.interchange is not None and result.interchange.offset not in self._listed:
            self._listed.add(result.interchange.offset)
            batch.interchanges.append(self._interchange_row(result.interchange, verdict))
        repeated = verdict in ("duplicate", "reused")
        told = not repeated or (result.interchange is not None and _told_of(result.interchange))
        if fresh and told and not self.answered_already:
            batch.due.extend(result.acks)  # of a duplicate: that it is one, and nothing else
        if repeated:
            self._count(verdict)
            return
        noted = (fault for fault in result.outside if fault.severity != "warning")
        self._outside.extend(itertools.islice(noted, max(0, MOST_FAULTS - len(self._outside))))
        if result.message is None:
            return
        self._count(result.verdict)
        if result.verdict == "rejected":
            self._refusals.add(result, ours=verdict != "foreign")
        if result.verdict != "accepted" and self._first is None:
            self._first = next((f for f in result.faults if f.severity in ("reject", "error")), None)
        cases = list(self._cases(result)) if verdict != "foreign" else []
        if fresh:
            self._add_set(batch, result)
            batch.cases.extend(cases)

    def _add_set(self, batch: Batch, result: edi.Result) -> None:
        batch.messages.append(self._message_row(result))
        if result.answers:
            batch.answers.append(result.answers)
        elif result.event is not None:
            assert result.message is not None
            original = edi.extract(result.message)
            batch.events.append(Arrived(result.event, original if len(original) <= LARGEST_ORIGINAL else b""))

    def _cases(self, result: edi.Result) -> Iterator[Case]:
        """What a person must know of an accepted set; the rejected ones of a file have one case together."""
        if result.verdict == "rejected":
            return
        for fault in result.faults:
            if fault.severity == "exception":
                self._faulty += 1
                if self._faulty > MOST_CASES:
                    continue
                subject = result.event.subject if result.event else ""
                yield Case(
                    "document.fault", f"{self.row.name}: {fault.message}", "edi", subject, fault.expected, fault.found
                )

    def file_cases(self) -> list[Case]:
        """What a person must know about the file as a whole."""
        cases = list(self._refusals.cases(self.row.name))
        if self._faulty > MOST_CASES:
            sentence = f"{self.row.name}: {self._faulty - MOST_CASES} more faults of accepted documents have no case"
            cases.append(Case("document.fault", sentence, "edi"))
        if self._reused:
            sentence = f"{self.row.name}: {REUSED}"
            cases.append(Case("interchange.duplicate", sentence, "edi"))
        if self._refused or self._unreadable:
            first = self._outside[0] if self._outside else None
            says = first.message if first else "nothing readable in it"
            found, expected = (first.found, first.expected) if first else ("", "")
            cases.append(Case(_file_kind(first), f"{self.row.name}: {says}", "edi", "", expected, found))
        return cases

    def _repeats(self) -> list[Placement]:
        """The stored acknowledgements of interchanges seen before, again."""
        stored, self._stored = self._stored, []
        return outbox.again(self.row, stored) if self.partner.file.duplicates == "reanswer" else []

    def refusal(self, now: dt.datetime) -> list[Placement]:
        """`<name>.rejected.txt` for a supplier who reads no acknowledgements, when anything was refused."""
        if not self._refusals.told and not self._refused and not self._unreadable and not self._reused:
            return []
        reused = REUSED if self._reused else ""
        text = refusal_text(self.row, self._refusals, self._outside, self._counts, now, reused)
        return [outbox.refusal(self.row, text)]

    @property
    def answered_already(self) -> bool:
        """A replay of a file that was translated: the partner has its answer and gets no second one."""
        return self._replay_of is not None and not self.row.facts.get("answer")

    @property
    def state(self) -> str:
        if self._unreadable or (self._verdicts and set(self._verdicts.values()) <= {"foreign", "reused"}):
            return "quarantined"
        return "duplicate" if set(self._counts) == {"duplicate"} else "done"

    @property
    def reason(self) -> str:
        """One sentence for people: what became of the file."""
        if self._reused:
            return REUSED
        if self._unreadable or self._refused:
            return self._outside[0].message if self._outside else "nothing readable in it"
        words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self._counts.items())
        first = self._first or next(iter(self._outside), None)
        return (words or "nothing in it") + (f"; {first.message}" if first else "")

    @property
    def _refused(self) -> bool:
        return "foreign" in self._verdicts.values()

    @property
    def _reused(self) -> bool:
        return "reused" in self._verdicts.values()

    @property
    def _unreadable(self) -> bool:
        return not self._counts and not self._verdicts

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1

    def _interchange_row(self, interchange: edi.Interchange, verdict: str) -> dict[str, Any]:
        return {
            "direction": "in",
            "receipt": self.row.id,
            "partner": self.partner.id,
            "syntax": interchange.syntax,
            "sender": f"{interchange.sender.qualifier}:{interchange.sender.id}",
            "receiver": f"{interchange.receiver.qualifier}:{interchange.receiver.id}",
            "control": printable(interchange.control),
            "test": interchange.test,
            "verdict": verdict,
            "dedupe": _dedupe(interchange) if verdict == "accepted" and interchange.offset not in self._known else None,
        }

    def _message_row(self, result: edi.Result) -> dict[str, Any]:
        message = result.message
        assert message is not None
        return {
            "receipt": self.row.id,
            "number": self._number,
            "partner": self.partner.id,
            "type": printable(message.type),
            "version": printable(message.version),
            "control": printable(message.control),
            "interchange_control": printable(message.interchange.control),
            "verdict": result.verdict,
            "subject": printable(result.subject) if not result.answers else "",
            "map_version": (result.event.mapversion if result.event else "") or "",
            "offset": message.offset,
            "length": len(message.raw),
            "faults": [fault.to_json() for fault in edi.Faults.of(result.faults, MOST_FAULTS)],
        }


def _file_kind(first: edi.Fault | None) -> str:
    code = first.code if first else ""
    if code == "interchange.test-flag":
        return "environment.mismatch"
    return "identity.foreign" if code.startswith("interchange.") and code.endswith("-unknown") else "syntax.rejected"


def _told_of(interchange: edi.Interchange) -> bool:
    """Was it refused as a duplicate?"""
    return any(fault.code == "interchange.duplicate" for fault in interchange.faults)


def _dedupe(interchange: edi.Interchange) -> str:
    """Sender, receiver, control number, test flag."""
    sender, receiver = interchange.sender, interchange.receiver
    parts = (interchange.syntax, sender.qualifier, sender.id, receiver.qualifier, receiver.id, interchange.control)
    return "|".join((*parts, "T" if interchange.test else "P"))


@dataclass(frozen=True, slots=True)
class _Contents:
    """The interchanges of a file, each as the hash of its sets: by offset, and the first of each key."""

    by_offset: dict[int, str]
    by_key: dict[str, str]
    incomplete: bool

    @staticmethod
    def of(data: Window) -> _Contents:
        by_offset: dict[int, str] = {}
        by_key: dict[str, str] = {}
        for one, digest in edi.contents(data.stream()):
            by_offset[one.offset] = digest
            by_key.setdefault(_dedupe(one), digest)
        return _Contents(by_offset, by_key, edi.is_incomplete(data.stream()))
