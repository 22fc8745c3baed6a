"""AS2 and the ledger: what is stored before a message is answered, and the receipts of what we sent.

Not here: AS2 itself (gateway/transports/as2). Rules protected: the documents, the request, the key that makes a repeat
known, and the receipt are one transaction; a message goes out at every attempt with the same bytes; the digests of all
parts are taken before they are stored, for the chain of evidence (gateway/evidence).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import edi
from gateway import clock
from gateway.arriving import File, printable
from gateway.evidence import parts
from gateway.flow import SMALL, Flow
from gateway.ledger.content import Packed
from gateway.ledger.queries import answers, deliveries, evidence, exchanges, lanes
from gateway.outbox import Placement
from gateway.ports import Case, Exchanged, HttpMessage, Kept, Receipted, Seen, Sent
from gateway.window import Content, Window, window
from gateway.writing import open_case, place

ENCRYPTED_FOR = "encrypted_for"
MDN = "mdn"  # the kind of a delivery that is a receipt


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an exchange as the ledger takes them, and their digests. To be closed."""

    packed: dict[str, Packed] = field(default_factory=dict)  # by what stands before the number of their owner
    digests: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folder: Path | None,
        *,
        request: tuple[HttpMessage, Content] | None = None,
        answer: HttpMessage | None = None,
        entity: Content | None = None,
        documents: Sequence[Content] = (),
    ) -> _Parts:
        """Of a large message it takes time. `folder`: where it waits then. `documents`: those stored with it."""
        made = cls()
        if request is not None:
            dense = entity is not None and not _is_text(request[1])  # what is encrypted does not shrink
            made._add("xq", parts.REQUEST, request[0], Packed(request[1], folder, dense=dense))
        if answer is not None:
            made._add("xa", parts.ANSWER, answer, Packed(answer.body))
        if entity is not None:
            for owner, part in _lacking(entity, documents).items():
                made.packed[owner] = Packed(part, folder)
            whole = made.packed.get("xe")
            made.digests[parts.ENTITY] = whole.sha256 if whole else parts.digest_of(entity)
        return made

    def _add(self, owner: str, folder: str, message: HttpMessage, body: Packed) -> None:
        self.packed[owner] = body
        self.digests.update(parts.digests(parts.texts(folder, message)))
        self.digests[f"{folder}/{parts.BODY}"] = body.sha256

    def close(self) -> None:
        for packed in self.packed.values():
            packed.close()


@dataclass(frozen=True, slots=True)
class LedgerExchanges:
    """Implements ports.Exchanges on the ledger of a flow."""

    flow: Flow
    times: dict[int, str] = field(default_factory=dict)  # of answers, until they are sealed
    kept: set[str] = field(default_factory=set)  # certificates that are in the ledger
    known: dict[str, Seen] = field(default_factory=dict)  # by mailbox, as the ledger has it

    async def received(self, exchange: Exchanged) -> Kept:
        now = self.flow.now()
        at = clock.stamp(now)
        partner = exchange.mailbox.partition("/")[0]
        request = _stored(exchange.request)
        answer = _stored(exchange.answer) if exchange.answer else None
        used = exchange.facts if not exchange.problem else {}
        news = _news(await self.seen(exchange.mailbox), used, now)
        key = "|".join(("in", exchange.as2_from, exchange.as2_to, exchange.message_id))

        def tx1(c: Any) -> tuple[Kept, set[str]]:
            lanes.append(c, f"in:{partner}", at)  # first: messages of one partner pass one by one
            earlier = exchanges.known(c, key) if not exchange.problem else None
            if earlier is not None:
                if earlier.content != exchange.content:
                    return Kept(conflict=True), set()
                again = exchanges.answer(c, earlier)
                late = [_later(exchange, again, f"{earlier.id}|{at}")] if again and exchange.answer_url else []
                return Kept(again, repeat=True), place(c, late, now)
            documents = {file.enter(c)[0]: file.packed for file in files}
            number = exchanges.add(
                c,
                {
                    "direction": "in",
                    "mailbox": exchange.mailbox,
                    "as2_from": printable(exchange.as2_from),
                    "as2_to": printable(exchange.as2_to),
                    "message_id": printable(exchange.message_id),
                    "content": exchange.content,
                    "mic": exchange.mic,
                    "dedupe": None if exchange.problem else key,
                    "receipt": next(iter(documents), None),
                    "request": _headers(request),
                    "request_line": request.line,
                    "answer": _headers(answer) if answer else None,
                    "answer_line": answer.line if answer else "",
                    "receipt_mic": exchange.mic if answer else "",
                    "facts": _facts(exchange.facts),
                    "digests": packed.digests,
                    "state": "refused" if exchange.problem else "stored",
                    "note": printable(f"{exchange.problem}: {exchange.cause}") if exchange.problem else "",
                    "at": clock.stamp(self.flow.now()),
                    "received_at": clock.stamp(exchange.received_at) if exchange.received_at else None,
                    "sealed": 0,
                },
                packed.packed,
                documents,
            )
            self._keep(c, exchange.certificates)
            answers.remember(c, _source(exchange.mailbox), news)
            if exchange.problem:
                open_case(
                    c, _refused(exchange), now, partner=partner, dedupe=f"as2|{exchange.mailbox}|{exchange.cause}"
                )
            touched = {file.lane for file in files}
            if answer is not None and exchange.answer_url:
                touched |= place(c, [_later(exchange, answer, str(number))], now)
            return Kept(answer, number=number), touched

        def staged() -> tuple[list[File], _Parts]:
            files = [self.flow.incoming_file(arrival) for arrival in exchange.arrivals]
            documents = [arrival.data for arrival in exchange.arrivals]
            return files, self._parts((request, exchange.body), answer, exchange.entity, documents)

        small = len(exchange.body) + sum(len(arrival.data) for arrival in exchange.arrivals) <= SMALL
        files, packed = staged() if small else await asyncio.to_thread(staged)
        with ExitStack() as stack:
            for file in files:
                stack.callback(file.close)
            stack.callback(packed.close)
            kept, touched = await self.flow.ledger.write(tx1, "tx1.as2")
        self._kept(exchange.certificates)
        if news:
            self.known.pop(exchange.mailbox, None)
        for lane in touched:
            self.flow.wake(lane, max((file.due for file in files if file.lane == lane), default=now))
        return kept

    async def sent(self, delivery: str) -> Sent | None:
        return await self.flow.ledger.read(lambda c: _sent(c, exchanges.of_delivery(c, delivery)))

    async def pending(self, mailbox: str, message_id: str) -> Sent | None:
        return await self.flow.ledger.read(lambda c: _sent(c, exchanges.sent(c, mailbox, message_id)))

    async def ready(self, sent: Sent) -> None:
        request = _stored(sent.request)
        packed = await asyncio.to_thread(self._parts, (request, request.body), None, sent.entity)
        values = {
            "direction": "out",
            "mailbox": sent.mailbox,
            "as2_from": sent.as2_from,
            "as2_to": sent.as2_to,
            "message_id": sent.message_id,
            "mic": sent.mic,
            "dedupe": f"out|{sent.delivery}",
            "delivery": sent.delivery,
            "request": _headers(request),
            "request_line": request.line,
            "facts": _facts(sent.facts),
            "digests": packed.digests,
            "state": "ready",
            "at": clock.stamp(self.flow.now()),
            "sealed": 0,
        }

        def tx(c: Any) -> None:
            exchanges.add(c, values, packed.packed)
            self._keep(c, sent.certificates)

        with closing(packed):
            await self.flow.ledger.write(tx, "as2.ready")
        self._kept(sent.certificates)

    async def posted(self, delivery: str) -> None:
        at = clock.stamp(self.flow.now())

        def tx(c: Any) -> None:
            row = exchanges.of_delivery(c, delivery)
            if row is not None:
                exchanges.posted(c, row.id, at)

        await self.flow.ledger.write(tx, "as2.posted")

    async def receipted(self, delivery: str, receipt: Receipted) -> bool:
        now = self.flow.now()
        answer = _stored(receipt.message)
        signed_by = receipt.facts.get("receipt_signed_by", "") if receipt.state != "invalid" else ""
        shown: set[str] = set()  # mailboxes of which something new was seen
        packed = self._parts(None, answer)

        def tx(c: Any) -> str | None:
            row = exchanges.of_delivery(c, delivery)
            if row is None:
                return None
            values = {
                "state": receipt.state,
                "note": printable(receipt.note),
                "answer": _headers(answer),
                "answer_line": answer.line,
                "receipt_mic": printable(receipt.mic),
                "facts": {**row.facts, **_facts(receipt.facts)},
                "digests": {**(row.digests or {}), **packed.digests},
                "answered_at": clock.stamp(now),
            }
            if not exchanges.receipted(c, row.id, values, packed.packed):
                return None
            self._keep(c, receipt.certificates)
            if signed_by and signed_by not in self.known.get(row.mailbox, Seen()).signed_by:
                answers.remember_first(c, _source(row.mailbox), signed_by, clock.stamp(now))
                shown.add(row.mailbox)
            parcel = deliveries.get(c, delivery)
            if parcel is None:
                return ""
            if parcel.state == "parked":  # it was given up, and ends well after all
                deliveries.pend_again(c, delivery, lanes.append(c, parcel.lane, clock.stamp(now)))
                answers.close_about(c, delivery)
            lanes.due_now(c, parcel.lane, clock.stamp(now))
            return str(parcel.lane)

        lane = await self.flow.ledger.write(tx, "as2.receipted")
        self._kept(receipt.certificates)
        for mailbox in shown:
            self.known.pop(mailbox, None)
        if lane:
            self.flow.wake(lane, now)
        return lane is not None

    async def seen(self, mailbox: str) -> Seen:
        if mailbox not in self.known:
            state = await self.flow.ledger.read(lambda c: answers.recall(c, _source(mailbox)))
            signed = {key: clock.moment(at).date() for key, at in state.items() if key != ENCRYPTED_FOR}
            self.known[mailbox] = Seen(state.get(ENCRYPTED_FOR, ""), signed)
        return self.known[mailbox]

    def _parts(
        self,
        request: tuple[HttpMessage, Content] | None,
        answer: HttpMessage | None = None,
        entity: Content | None = None,
        documents: Sequence[Content] = (),
    ) -> _Parts:
        return _Parts.of(self.flow.staging, request=request, answer=answer, entity=entity, documents=documents)

    def answered(self, number: int) -> None:
        self.times[number] = clock.stamp(self.flow.now())

    def _keep(self, c: Any, certificates: Sequence[bytes]) -> None:
        """Certificates the ledger may not have yet."""
        for der in certificates:
            if (fingerprint := parts.fingerprint(der)) not in self.kept:
                evidence.add_certificate(c, fingerprint, der)

    def _kept(self, certificates: Sequence[bytes]) -> None:
        self.kept.update(parts.fingerprint(der) for der in certificates)


def _lacking(entity: Content, documents: Sequence[Content]) -> dict[str, Content]:
    """What of an entity is not stored with its documents: what stands before and behind its only one; all of it, if it
    has several or not their very bytes (base64, compressed)."""
    if len(documents) == 1 and isinstance(entity, Window) and isinstance(documents[0], Window):
        document = documents[0]
        if document.file is entity.file and entity.start <= document.start and document.end <= entity.end:
            return {"xh": entity.part(entity.start, document.start), "xt": entity.part(document.end, entity.end)}
    return {"xe": entity}


def _is_text(body: Content) -> bool:
    """Does it look like text, as base64 does?"""
    source = window(body)
    return source.at(source.start, 512).isascii()


def _stored(message: HttpMessage) -> HttpMessage:
    """As the ledger can keep it: its text without what a database does not take."""
    headers = tuple((printable(name), printable(value)) for name, value in message.headers)
    return replace(message, headers=headers, line=printable(message.line))


def _source(mailbox: str) -> str:
    """Under which name it is remembered what was seen of a partner."""
    return f"as2:{mailbox}"


def _news(seen: Seen, facts: Mapping[str, str], now: dt.datetime) -> dict[str, str]:
    """What a message shows that was not known: for which certificate it was encrypted, since when which one signs."""
    news = {}
    if facts.get("decrypted_by", seen.encrypted_for) != seen.encrypted_for:
        news[ENCRYPTED_FOR] = facts["decrypted_by"]
    if facts.get("signed_by", "") not in ("", *seen.signed_by):
        news[facts["signed_by"]] = clock.stamp(now)
    return news


def _headers(message: HttpMessage) -> list[list[str]]:
    return [[name, value] for name, value in message.headers]


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: printable(text) for name, text in facts.items()}


def _sent(c: Any, row: Any | None) -> Sent | None:
    if row is None:
        return None
    return Sent(
        row.delivery,
        row.mailbox,
        row.as2_from,
        row.as2_to,
        row.message_id,
        row.mic,
        exchanges.request(c, row),
        row.state,
        row.note,
        clock.moment(row.posted_at) if row.posted_at else None,
    )


def _refused(exchange: Exchanged) -> Case:
    kind = "as2.conflict" if "conflict" in exchange.facts else "as2.insecure"
    sentence = (
        f"AS2 message {exchange.message_id} of {exchange.as2_from} was refused ({exchange.problem}): {exchange.cause}"
    )
    return Case(kind, sentence, "operator", actual=exchange.cause)


def _later(exchange: Exchanged, answer: HttpMessage, attempt: str) -> Placement:
    """A receipt that is not in the HTTP answer: a delivery like any other, to where the sender wants it."""
    return Placement(
        id=edi.stable_id("mdn", exchange.mailbox, exchange.message_id, attempt),
        destination=exchange.mailbox,
        key=MDN,
        kind=MDN,
        partner=exchange.mailbox.partition("/")[0],
        payload=answer.body,
        facts={"url": exchange.answer_url, "headers": json.dumps(_headers(answer))},
    )
