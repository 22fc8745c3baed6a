"""The whole flow of the daemon, in order, on one page.

    arrive     TX1   bytes, dedupe key, receipt                    then the peer gets its answer
    translate  TX2   messages, faults, events, acknowledgements    one receipt of lane in:<partner> at a time
    submit           events of a business system and its cursor
    write_out  TX2   an event becomes the partner's document        lane out:<partner>
    deliver    TX3   settle: done | retry at | parked               lanes <destination>:<key>

Not here: SQL (ledger/queries), what a translation turns into (intake.py), rendering and numbers (outbox.py), what an
answer matches (answered.py), waking (dispatch.py). Rules protected: a peer is answered only after the commit; every
settling transaction holds its lane's token first; nothing but this module changes the state of the ledger.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import edi
from gateway import clock, intake, log, outbox, settle, writing
from gateway.arriving import File
from gateway.intake import Batch
from gateway.ledger import Fenced, Ledger, LedgerUnavailable
from gateway.ledger.content import stored
from gateway.ledger.queries import answers, deliveries, lanes, receipts
from gateway.outbox import Acks
from gateway.partners import Book, Partner
from gateway.ports import LONG_AGO, Arrival, Outcome, Receipt, Sink, Submission
from gateway.window import Window

ANSWERS_PER_TRANSACTION = 500
ITEMS_PER_TURN = 50
ATTEMPTS_OF_A_TRANSLATION = 2
SMALL = 32_000  # bytes that take less time than a change of threads
INCOMPLETE_WAIT = dt.timedelta(minutes=2)

logger = log.get("flow")


@dataclass
class Flow:
    """One installation's flow. `wake` is told which lane has something to do, and when; it may forget."""

    ledger: Ledger
    book: Book
    sinks: Mapping[str, Sink]
    wake: Callable[[str, dt.datetime], None]
    environment: str = "prod"
    source: str = "/gateway"  # CloudEvents source of every event: /gateway/<environment>/<name>
    now: Callable[[], dt.datetime] = clock.now
    incomplete_wait: dt.timedelta = INCOMPLETE_WAIT
    staging: Path | None = None  # where large files wait until they are stored; None: the system's temporary folder
    forgiven: set[int] = field(default_factory=set)
    held: dict[str, dt.datetime] = field(default_factory=dict)  # destinations whose circuit is open, until when

    # ---- in: a file arrives ------------------------------------------------------------------------------------

    async def arrive(self, arrival: Arrival, remember: Mapping[str, str] | None = None) -> Receipt:
        """TX1. After it returns the file is ours, whatever happens next."""
        small = len(arrival.data) <= SMALL
        with closing(
            self.incoming_file(arrival) if small else await asyncio.to_thread(self.incoming_file, arrival)
        ) as file:

            def tx1(c: Any) -> Receipt:
                lanes.append(c, file.lane, clock.stamp(file.now))
                number, first = file.store(c)
                if remember:
                    answers.remember(c, arrival.mailbox, remember)
                return Receipt(str(number), str(first) if first else None)

            receipt = await self.ledger.write(tx1, "tx1")
        self.wake(file.lane, file.due)
        return receipt

    def incoming_file(self, arrival: Arrival) -> File:
        """An arrival made ready outside the transaction that stores it; to be closed after that. Takes time."""
        return File.of(arrival, self.now(), self.incomplete_wait, self.staging)

    # ---- in: a receipt becomes events and acknowledgements ------------------------------------------------------

    async def translate(self, lane: str, token: str) -> bool:
        """Translate the oldest receipt of a lane. False when nothing is due."""
        now = self.now()
        row = await self.ledger.read(lambda c: receipts.next_waiting(c, lane, clock.stamp(now)))
        if row is None:
            return False
        partner = self.book.get(row.partner)

        def count(c: Any) -> int:
            lanes.hold(c, lane, token)
            return row.attempts if row.id in self.forgiven else receipts.count_attempt(c, row.id)

        attempt = await self.ledger.write(count, "tx2.count")
        if partner is None or attempt > ATTEMPTS_OF_A_TRANSLATION:
            await self._park_receipt(lane, token, row, intake.why_parked(row, partner, attempt))
            return True
        self.forgiven.discard(row.id)
        step = self._translate if row.duplicate_of is None else self._answer_again
        try:
            await step(lane, token, row, partner)
        except (Fenced, LedgerUnavailable):
            self.forgiven.add(row.id)  # not the document's fault: this attempt does not count
            raise
        except Exception as error:
            logger.exception("translation failed", receipt=row.id)
            await self._park_receipt(lane, token, row, intake.defect(row, error))
        return True

    async def _translate(self, lane: str, token: str, row: Any, partner: Partner) -> None:
        work = intake.Intake(row, partner, self._received, done=row.sets)

        def seen(interchange: edi.Interchange) -> bool:  # in the thread that reads the file
            return self.ledger.look(lambda c: work.seen(c, interchange))

        def read() -> tuple[Batch, Acks]:
            batch = work.take(results)
            return batch, write(batch)

        def write(batch: Batch) -> Acks:
            return outbox.acknowledgements(self.ledger.look, partner, row, batch.due, self.environment, self.now())

        results = edi.translate_each(work.data.stream(), partner.profile, seen=seen)
        last = False
        while not last:
            batch, acks = await asyncio.to_thread(read)
            while not await self._store(lane, token, partner, batch, acks, work):
                logger.info("control numbers were taken meanwhile; written again", receipt=row.id)
                acks = await asyncio.to_thread(write, batch)
            last = batch.last

    async def _store(
        self, lane: str, token: str, partner: Partner, batch: Batch, acks: Acks, work: intake.Intake
    ) -> bool:
        """One TX2 of a receipt, with the acknowledgements that are due. False: a control number was taken meanwhile."""
        now, row = self.now(), work.row

        def tx2(c: Any) -> set[str] | None:
            lanes.hold(c, lane, token)
            if not outbox.take(c, acks.numbered):
                return None
            touched = settle.store(c, row, partner, batch, now, self.source)
            touched |= writing.place(c, [*acks.written, *batch.repeats], now)
            for case in acks.failed:
                writing.open_case(c, case, now, partner=row.partner, receipt=row.id)
            if batch.last:
                touched |= writing.place(c, work.refusal(now), now)
                for case in work.file_cases():
                    writing.open_case(c, case, now, partner=row.partner, receipt=row.id)
                receipts.finish(c, row.id, work.state, work.reason, clock.stamp(now))
            return touched

        touched = await self.ledger.write(tx2, "tx2")
        self._wake_all(touched or set())
        return touched is not None

    def _received(self, number: int, size: int) -> Window:
        """The bytes of a receipt; for a worker thread."""
        return stored(self.ledger, f"r{number}", size)

    async def _answer_again(self, lane: str, token: str, row: Any, partner: Partner) -> None:
        """The same bytes in the same mailbox: the stored answers again, byte for byte, and nothing else.

        Very many of them take several turns; the receipt's position is then the place of the last one in its lane.
        """
        again = partner.file.duplicates == "reanswer"
        page = await self.ledger.read(
            lambda c: deliveries.answers_to(c, row.duplicate_of, row.sets, ANSWERS_PER_TRANSACTION if again else 0)
        )
        reason = f"the same file as receipt {row.duplicate_of}; nothing was processed" + (
            ", its answers were sent again" if page or row.sets else ""
        )

        def tx2(c: Any) -> set[str]:
            lanes.hold(c, lane, token)
            if len(page) == ANSWERS_PER_TRANSACTION:
                receipts.progress(c, row.id, page[-1].seq)
            else:
                receipts.finish(c, row.id, "duplicate", reason, clock.stamp(self.now()))
            return writing.place(c, outbox.again(row, page), self.now())

        self._wake_all(await self.ledger.write(tx2, "tx2"))

    async def _park_receipt(self, lane: str, token: str, row: Any, parked: intake.Parked) -> None:
        def tx2(c: Any) -> None:
            lanes.hold(c, lane, token)
            receipts.finish(c, row.id, parked.state, parked.case.sentence, clock.stamp(self.now()))
            writing.open_case(c, parked.case, self.now(), partner=row.partner, receipt=row.id)

        await self.ledger.write(tx2, "tx2")

    # ---- out: a business system has something for a partner ------------------------------------------------------

    async def submit(self, source: str, submissions: Sequence[Submission], remember: Mapping[str, str]) -> int:
        """Events and the source's cursor, in one transaction."""
        now = self.now()

        def tx(c: Any) -> set[str]:
            known = deliveries.known_events(c, [s.event.id for s in submissions])
            touched = set()
            for submission in submissions:
                if submission.event.id not in known:
                    touched.add(settle.add_outgoing_event(c, submission, now, self.source))
            answers.remember(c, source, remember)
            return touched

        touched = await self.ledger.write(tx, "submit")
        self._wake_all(touched)
        return len(touched)

    async def recall(self, source: str, keys: Collection[str] | None = None, *, prefix: str = "") -> dict[str, str]:
        return await self.ledger.read(lambda c: answers.recall(c, source, keys, prefix))

    async def polled(self, source: str, problem: str, alarm: str) -> None:
        """How the last look into a mailbox or a business system went: kept for `status`, a case when it needs somebody.

        `problem` is empty when all is well; `alarm` is `credential`, `config`, `unreachable`, `stuck` or empty.
        """
        await self.ledger.write(lambda c: settle.source_state(c, source, problem, alarm, self.now()), "polled")

    async def write_out(self, lane: str, token: str) -> bool:
        """Write the oldest waiting event of a lane as its partner's document. False when there is none."""
        row = await self.ledger.read(lambda c: deliveries.next_event(c, lane))
        if row is None:
            return False
        while not await self._write_out(lane, token, row):
            logger.info("control numbers were taken meanwhile; written again", order=row.subject)
        return True

    async def _write_out(self, lane: str, token: str, row: Any) -> bool:
        now, partner = self.now(), self.book.get(row.partner)
        numbers = outbox.Numbered(edi.Numbers(1))
        written: outbox.Written | outbox.Refused
        try:
            numbers = await self.ledger.read(lambda c: outbox.next_numbers(c, partner, row.type, self.environment))
            written = await asyncio.to_thread(outbox.document, partner, row, numbers, now)
        except LedgerUnavailable:
            raise
        except Exception as error:
            logger.exception("writing failed", order=row.subject)
            written = outbox.defect(row, error)

        def tx2(c: Any) -> set[str] | None:
            lanes.hold(c, lane, token)
            if isinstance(written, outbox.Refused):
                return settle.refuse_event(c, row, written, now)
            if not outbox.take(c, [numbers]):
                return None
            return settle.send_document(c, row, written, now)

        touched = await self.ledger.write(tx2, "tx2.out")
        self._wake_all(touched or set())
        return touched is not None

    # ---- out: deliveries ------------------------------------------------------------------------------------------

    async def deliver(self, lane: str, token: str) -> bool:
        """Hand over the head of a lane and settle it. False when nothing may be sent now."""
        row = await self.ledger.read(lambda c: deliveries.next_pending(c, lane))
        if row is None or self._held_until(lane) > self.now():
            return False
        outcome = await self._send(row)
        now = self.now()

        def tx3(c: Any) -> settle.Settled:
            lanes.hold(c, lane, token)
            return settle.outcome(c, row, outcome, now)

        settled = await self.ledger.write(tx3, "tx3")
        if settled.hold_destination_until is not None:
            self.held[row.destination] = settled.hold_destination_until
        elif settled.reached:
            self.held.pop(row.destination, None)
        self._wake_all(settled.touched)
        if settled.due is not None:
            self.wake(lane, settled.due)
        return settled.go_on

    async def _send(self, row: Any) -> Outcome:
        """One try. Whatever goes wrong inside the gateway is a case, never an endless loop."""
        sink = self.sinks.get(row.destination)
        if sink is None:
            return settle.not_open(row)
        try:
            return await sink.send(await self.ledger.read(lambda c: outbox.parcel(c, row)))
        except LedgerUnavailable:
            raise
        except Exception as error:
            logger.exception("a delivery failed inside the gateway", destination=row.destination, delivery=row.id)
            return settle.defect(row, error)

    # ---- lanes -------------------------------------------------------------------------------------------------------

    async def advance(self, lane: str) -> None:
        """Become the runner of a lane and do what is due, in order; stop at the first thing that has to wait."""
        if (until := self._held_until(lane)) > self.now():
            self.wake(lane, until)
            return
        step = self.translate if lane.startswith("in:") else self.write_out if lane.startswith("out:") else self.deliver
        token, due = await self.ledger.write(lambda c: lanes.claim(c, lane), "claim")
        if clock.moment(due) > self.now():
            self.wake(lane, clock.moment(due))
            return
        try:
            for _ in range(ITEMS_PER_TURN):
                if not await step(lane, token):
                    return
        except Fenced:
            logger.warning("fenced", lane=lane)
            return
        self.wake(lane, self.now())

    async def ready(self) -> list[tuple[str, dt.datetime]]:
        """Lanes the ledger says should run, and from when. Asked at start and every few seconds."""
        held = [destination for destination, until in self.held.items() if until > self.now()]
        rows = await self.ledger.read(lambda c: lanes.ready(c, without=held))
        return [(name, clock.moment(due)) for name, due in rows]

    def _held_until(self, lane: str) -> dt.datetime:
        """Until when the destination of a lane is known not to answer; long ago if it is fine."""
        return self.held.get(lane.partition(":")[0], LONG_AGO)

    def _wake_all(self, touched: set[str]) -> None:
        for lane in touched:
            self.wake(lane, self.now())
