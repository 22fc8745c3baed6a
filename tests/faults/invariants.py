"""The checker every drill ends with: it reads the ledger and what the partner saw, and says what is wrong.

    nothing lost       whatever was positively answered is stored, once, and has come to an end
    nothing twice      a Message-ID stands for one content and one receipt, at both sides; a document for one message
    every end is known done, or a case for a person; nothing waits, nothing is left over

It writes nothing and rests on no code of the flow: only on the tables.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.ledger import Ledger, tables
from tests.faults.peer import Diary

PASSING = {"receipt": ("stored", "held"), "delivery": ("pending",), "event": ("stored",)}


def violations(ledger: str, diary: Diary, staging: Path | None = None, log: str = "") -> list[str]:
    """Every rule that does not hold, in words; empty when all do. Called when nothing is under way any more."""
    with closing(Ledger(ledger)) as opened:
        books = {
            name: opened.look(lambda c, name=name: c.execute(sa.select(tables.metadata.tables[name])).all())  # type: ignore[misc]
            for name in ("receipt", "delivery", "event", "exchange", "exception", "interchange", "chunk")
        }
    found = [
        *_promises(books, diary),
        *_ends(books),
        *_answers(books),
        *_outgoing(books, diary),
        *_bytes(books),
    ]
    if staging is not None:
        found += [f"left over in staging: {path.name}" for path in sorted(staging.iterdir())]
    if "Traceback" in log:
        found.append(f"a traceback in the log: {log[log.index('Traceback') :][:1000]}")
    return found


def _promises(books: dict[str, Any], diary: Diary) -> Iterator[str]:
    """Positive answers are durable messages, one to one, and a Message-ID has one receipt."""
    stored = Counter(row.message_id for row in books["exchange"] if row.direction == "in" and row.state == "stored")
    for message_id in sorted(diary.promised):
        if stored[message_id] != 1:
            yield f"lost: {message_id} was receipted, and is stored {stored[message_id]} times"
    for message_id, count in sorted(stored.items()):
        if count > 1:
            yield f"twice: {message_id} is stored {count} times"
    for message_id, receipts in sorted(diary.receipts.items()):
        positive = {body for body in receipts if b"; processed\r\n" in body}
        if len(positive) > 1:
            yield f"twice: {message_id} has {len(positive)} different positive receipts"
    contents = defaultdict(list)
    for row in books["receipt"]:
        if row.state != "duplicate":
            contents[row.sha256].append(row)
    for name, data in {**diary.uploaded, **{m: diary.sent[m] for m in diary.promised if m in diary.sent}}.items():
        rows = contents[hashlib.sha256(data).hexdigest()]
        if len(rows) != 1:
            yield f"{'lost' if not rows else 'twice'}: {name} was accepted, and is there {len(rows)} times"


def _ends(books: dict[str, Any]) -> Iterator[str]:
    """Nothing waits; what is not done has a case."""
    for table, states in PASSING.items():
        for row in books[table]:
            if row.state in states:
                yield f"stranded: {table} {row.id} is {row.state}"
    cases = {("receipt", case.receipt) for case in books["exception"]}
    cases |= {("delivery", case.delivery) for case in books["exception"]}
    for row in books["receipt"]:
        if row.state in ("quarantined", "poison") and ("receipt", row.id) not in cases:
            yield f"unknown end: receipt {row.id} is {row.state} without a case"
    for row in books["delivery"]:
        if row.state == "parked" and ("delivery", row.id) not in cases:
            yield f"unknown end: delivery {row.id} is parked without a case"


def _answers(books: dict[str, Any]) -> Iterator[str]:
    """Every interchange that was read has its acknowledgement, once."""
    acks = Counter(row.receipt for row in books["delivery"] if row.kind == "ack" and not row.facts.get("again_of"))
    expected = Counter(
        row.receipt for row in books["interchange"] if row.direction == "in" and row.verdict != "duplicate"
    )
    for receipt, count in sorted(expected.items()):
        if acks[receipt] != count:
            yield f"unanswered: receipt {receipt} has {count} interchanges and {acks[receipt]} acknowledgements"


def _outgoing(books: dict[str, Any], diary: Diary) -> Iterator[str]:
    """A Message-ID of ours stands for one content that the ledger knew; what is done has its receipt."""
    known = {row.message_id: row for row in books["exchange"] if row.direction == "out"}
    for message_id, bodies in sorted(diary.got.items()):
        if message_id not in known:
            yield f"unknown: {message_id} reached the partner, and the ledger does not know it"
        if len(set(bodies)) > 1:
            yield f"changed: {message_id} went out with {len(set(bodies))} contents"
    twice = Counter(diary.documents.values())
    for document, count in twice.items():
        if count > 1:
            yield f"twice: a document went out under {count} Message-IDs: {document[:110]!r}"
    states = {row.delivery: row for row in known.values()}
    for row in books["delivery"]:
        exchange = states.get(row.id)
        if row.state == "done" and exchange is not None and (exchange.state != "done" or exchange.answer is None):
            yield f"unproven: delivery {row.id} is done without a receipt ({exchange.state})"


def _bytes(books: dict[str, Any]) -> Iterator[str]:
    """Raw bytes have the digest that was taken when they came."""
    pieces: dict[str, list[Any]] = defaultdict(list)
    for row in books["chunk"]:
        pieces[row.owner].append(row)
    for row in books["receipt"]:
        packed = b"".join(piece.data for piece in sorted(pieces[f"r{row.id}"], key=lambda piece: piece.seq))
        data = zlib.decompress(packed) if packed else b""
        if hashlib.sha256(data).hexdigest() != row.sha256:
            yield f"damaged: the bytes of receipt {row.id} have another digest"
