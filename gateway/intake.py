"""What a translated file turns into: rows, events, answers, decisions for people, and the words for whoever sent it.

Pure apart from `seen`, which reads. Not here: writing any of it (settle.py), acknowledgements as bytes
(outbox.py). Rule protected: an interchange seen before is never processed again, and nothing of a file is lost
without a sentence that says why.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import edi
from gateway import clock, outbox
from gateway.ledger.queries import lanes, receipts
from gateway.outbox import Placement
from gateway.partners import Partner
from gateway.ports import Arrival, Case

REUSED = (
    "its control number was used before by another interchange of this sender; it was kept and not processed. "
    "Send it again with a new control number"
)
# Which interchanges the partner is told to have sent before, by `duplicates` of their partner.yaml.
REFUSED = {"reanswer": {"reused"}, "reject": {"duplicate", "reused"}, "silent": set[str]()}
SAME_FILE_WINDOW = dt.timedelta(days=30)
MOST_FAULTS = 100  # kept and shown for one set


@dataclass(frozen=True, slots=True)
class Parked:
    """A receipt nobody will translate until a person acts."""

    state: str
    case: Case


@dataclass(slots=True)
class Batch:
    """Part of a file, ready to be stored in one transaction."""

    sets: int = 0
    interchanges: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[edi.Event] = field(default_factory=list)
    answers: list[tuple[edi.AckResult, ...]] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class File:
    """An arrival ready to be stored: its row, its packed bytes, and when its translation is due."""

    row: dict[str, Any]
    packed: bytes
    now: dt.datetime
    due: dt.datetime

    @staticmethod
    def of(arrival: Arrival, now: dt.datetime, wait: dt.timedelta) -> File:
        """`wait`: for the rest of a file that ends inside an interchange."""
        due = now + wait if edi.is_incomplete(arrival.data) else now
        return File(receipt_values(arrival, now, due), receipts.pack(arrival.data), now, due)

    @property
    def lane(self) -> str:
        return str(self.row["lane"])

    def store(self, c: Any) -> tuple[int, int | None]:
        """Within TX1. Returns the receipt's number, and that of the first one with the same bytes."""
        lanes.append(c, self.lane, clock.stamp(self.now))  # first: uploads of one partner pass one by one
        mailbox = self.row["mailbox"]
        receipts.supersede(c, mailbox, self.row["name"], clock.stamp(self.now))
        first = receipts.same_bytes(c, mailbox, self.row["sha256"], clock.stamp(self.now - SAME_FILE_WINDOW))
        number = receipts.add(c, {**self.row, "duplicate_of": first})
        receipts.put_bytes(c, f"r{number}", self.packed)
        return number, first


def receipt_values(arrival: Arrival, now: dt.datetime, due: dt.datetime) -> dict[str, Any]:
    """The ledger row of an arrival."""
    partner = arrival.mailbox.partition("/")[0]
    return {
        "mailbox": arrival.mailbox,
        "partner": partner,
        "lane": f"in:{partner}",
        "name": printable(arrival.name),
        "sha256": hashlib.sha256(arrival.data).hexdigest(),
        "size": len(arrival.data),
        "facts": dict(arrival.facts),
        "state": "held" if due > now else "stored",
        "reason": "the file ends in the middle of an interchange; waiting for its rest" if due > now else "",
        "received_at": clock.stamp(now),
        "due_at": clock.stamp(due),
    }


def printable(text: str) -> str:
    """Text from outside as both databases take it: no NUL, no half characters."""
    return text.replace("\0", "\u2400").encode("utf-8", "backslashreplace").decode("utf-8")


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
    """Follows one receipt through its batches. `done` sets were stored by an earlier run and are only read again."""

    row: Any
    partner: Partner
    data: bytes
    done: int = 0
    due: list[edi.Event] = field(default_factory=list)
    _number: int = 0
    _verdicts: dict[int, str] = field(default_factory=dict)  # by offset of the interchange
    _known: set[int] = field(default_factory=set)  # interchanges the ledger has a row with this key for
    _keys: dict[str, int] = field(default_factory=dict)  # where a key was first met in this file
    _listed: set[int] = field(default_factory=set)  # interchanges of this receipt that have their row
    _stored: list[tuple[Any, bytes]] = field(default_factory=list)
    _told: list[edi.Result] = field(default_factory=list)
    _outside: list[edi.Fault] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def seen(self, c: Any, interchange: edi.Interchange) -> bool:
        """Is this interchange to be refused as a duplicate? Asked once for each that is otherwise acceptable."""
        verdict = self._verdicts[interchange.offset] = self._verdict(c, interchange)
        return verdict in REFUSED[self.partner.file.duplicates]

    def _verdict(self, c: Any, interchange: edi.Interchange) -> str:
        """accepted | duplicate (seen before, same content) | reused (seen before, other content)."""
        key = _dedupe(interchange)
        if key in self._keys:  # twice in this file
            self._known.add(interchange.offset)
            return "duplicate" if self._same(self.data, self._keys[key], interchange) else "reused"
        self._keys[key] = interchange.offset
        known = receipts.known_interchange(c, key)
        if known is None:
            return "accepted"
        self._known.add(interchange.offset)
        if known.receipt == self.row.id:
            self._listed.add(interchange.offset)
        if known.receipt in (self.row.id, self._replay_of):
            return "accepted"
        earlier = receipts.get_bytes(c, f"r{known.receipt}")
        if not self._same(earlier, None, interchange):
            # What was cut off then may be complete now; anything else is a number used twice.
            return "accepted" if edi.is_incomplete(earlier) else "reused"
        self._stored.extend(outbox.stored_answers(c, known.receipt, interchange.control))
        return "duplicate"

    def _same(self, earlier: bytes, offset: int | None, interchange: edi.Interchange) -> bool:
        """Are the sets of an interchange, line breaks aside, those of an earlier one with the same number?"""
        key = _dedupe(interchange)
        mine = _content(self.data, key, interchange.offset)
        return mine == _content(earlier, key, offset)

    @property
    def _replay_of(self) -> int | None:
        first: int | None = self.row.facts.get("replay_of")
        return first

    def batch(self, results: Sequence[edi.Result]) -> Batch:
        """The rows of these results, without those an earlier run stored."""
        batch = Batch()
        for result in results:
            verdict = ""
            if result.interchange is not None:  # one that `seen` was not asked about is refused for what it is
                verdict = self._verdicts.setdefault(result.interchange.offset, "foreign")
            if result.message is not None:
                self._number += 1
            fresh = self._number > self.done
            if result.interchange is not None and result.interchange.offset not in self._listed:
                self._listed.add(result.interchange.offset)
                batch.interchanges.append(self._interchange_row(result.interchange, verdict))
            if verdict in ("duplicate", "reused"):
                self._count(verdict)
                if result.interchange is not None and _told_of(result.interchange):
                    self.due.extend(result.acks)  # that it is a duplicate, and nothing else
                continue
            noted = (fault for fault in result.outside if fault.severity != "warning")
            self._outside.extend(itertools.islice(noted, max(0, MOST_FAULTS - len(self._outside))))
            self.due.extend(result.acks)
            if result.message is None:
                continue
            self._count(result.verdict)
            if result.verdict != "accepted" and len(self._told) < MOST_FAULTS:
                self._told.append(result)
            if fresh:
                self._add(batch, result, verdict)
        batch.sets = self._number
        return batch

    def _add(self, batch: Batch, result: edi.Result, verdict: str) -> None:
        batch.messages.append(self._message_row(result))
        if result.answers:
            batch.answers.append(result.answers)
        elif result.event is not None:
            batch.events.append(result.event)
        if verdict != "foreign":
            batch.cases.extend(self._cases(result))

    def _cases(self, result: edi.Result) -> Iterator[Case]:
        message = result.message
        if message is None:
            return
        if result.verdict == "rejected":
            first = next((f for f in result.faults if f.severity == "reject"), None)
            kind = "document.unsupported" if first and first.code == "message.unsupported" else "syntax.rejected"
            says = first.message if first else "it was rejected"
            yield Case(kind, f"{self.row.name}: {says}", "edi", result.subject, actual=first.found if first else "")
            return
        for fault in result.faults:
            if fault.severity == "exception":
                subject = result.event.subject if result.event else ""
                yield Case(
                    "document.fault", f"{self.row.name}: {fault.message}", "edi", subject, fault.expected, fault.found
                )

    def file_cases(self) -> list[Case]:
        """What a person must know about the file as a whole."""
        cases = []
        if self._reused:
            sentence = f"{self.row.name}: {REUSED}"
            cases.append(Case("interchange.duplicate", sentence, "edi"))
        if self._refused or self._unreadable:
            first = self._outside[0] if self._outside else None
            says = first.message if first else "nothing readable in it"
            found, expected = (first.found, first.expected) if first else ("", "")
            cases.append(Case(_file_kind(first), f"{self.row.name}: {says}", "edi", "", expected, found))
        return cases

    def repeats(self) -> list[Placement]:
        """The stored acknowledgements of interchanges seen before, again."""
        return outbox.again(self.row, self._stored) if self.partner.file.duplicates == "reanswer" else []

    def refusal(self, now: dt.datetime) -> list[Placement]:
        """`<name>.rejected.txt` for a supplier who reads no acknowledgements, when anything was refused."""
        told = [result for result in self._told if result.verdict == "rejected"]
        if not told and not self._refused and not self._unreadable and not self._reused:
            return []
        text = _refusal_text(self.row, told, self._outside, self._counts, now, reused=self._reused)
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
        first = next((f for r in self._told for f in r.faults if f.severity in ("reject", "error")), None)
        first = first or next(iter(self._outside), None)
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
            "faults": [fault.to_json() for fault in result.faults[:MOST_FAULTS]],
        }


def _file_kind(first: edi.Fault | None) -> str:
    code = first.code if first else ""
    if code == "interchange.test-flag":
        return "environment.mismatch"
    return "identity.foreign" if code.startswith("interchange.") and code.endswith("-unknown") else "syntax.rejected"


def _told_of(interchange: edi.Interchange) -> bool:
    """Was it refused as a duplicate?"""
    return any(fault.code == "interchange.duplicate" for fault in interchange.faults)


def _dedupe(interchange: edi.Interchange | edi.overview.InterchangeLine) -> str:
    """Sender, receiver, control number, test flag (acknowledgements.md 9)."""
    sender, receiver = interchange.sender, interchange.receiver
    parts = (interchange.syntax, sender.qualifier, sender.id, receiver.qualifier, receiver.id, interchange.control)
    return "|".join((*parts, "T" if interchange.test else "P"))


def _content(data: bytes, key: str, offset: int | None) -> list[bytes]:
    """The sets of one interchange of a file without line breaks: the one at `offset`, or the first with this key."""
    for one in edi.inspect(data).interchanges:
        if _dedupe(one) != key:
            continue
        slices = [(m.offset, m.length) for m in one.messages]
        if offset is None or not slices or slices[0][0] > offset:
            return [data[at : at + length].translate(None, b"\r\n") for at, length in slices]
    return []


def _refusal_text(
    row: Any,
    told: list[edi.Result],
    outside: list[edi.Fault],
    counts: dict[str, int],
    now: dt.datetime,
    *,
    reused: bool,
) -> str:
    lines = [f"Your file {row.name} was received on {now:%Y-%m-%d %H:%M} UTC.", ""]
    accepted = counts.get("accepted", 0) + counts.get("accepted_with_errors", 0)
    if accepted:
        lines += [f"{accepted} document(s) in it were accepted and processed: do not send them again.", ""]
    lines += [f"- {fault.message}" for fault in outside if fault.severity == "reject"]
    lines += [f"- {REUSED}."] if reused else []
    for result in told:
        if result.message is None:
            continue
        lines.append(f"Rejected: {result.message.type}, control number {result.message.control}:")
        faults = [fault for fault in result.faults if fault.severity == "reject"]
        lines += [f"- {fault.message}" for fault in faults]
        if not faults:
            lines.append("- the interchange around it was refused")
        lines.append("")
    lines += [
        "What to do: correct what is named above and upload the corrected document as a new file,",
        "with a new control number.",
    ]
    return "\n".join(lines) + "\n"
