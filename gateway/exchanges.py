"""AS2 and the ledger: what is stored before a message is answered, and the receipts of what we sent.

Not here: AS2 itself (gateway/transports/as2). Rules protected: the documents, the request, the key that makes a repeat
known, and the receipt are one transaction; a message goes out at every attempt with the same bytes.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import edi
from gateway import clock
from gateway.flow import Flow
from gateway.intake import printable
from gateway.ledger.queries import deliveries, exchanges, lanes, receipts
from gateway.outbox import Placement
from gateway.ports import Case, Exchanged, HttpMessage, Kept, Sent
from gateway.writing import open_case, place

MDN = "mdn"  # the kind of a delivery that is a receipt


@dataclass(frozen=True, slots=True)
class LedgerExchanges:
    """Implements ports.Exchanges on the ledger of a flow."""

    flow: Flow

    async def received(self, exchange: Exchanged) -> Kept:
        now = self.flow.now()
        at = clock.stamp(now)
        partner = exchange.mailbox.partition("/")[0]
        files = [await self.flow.incoming_file(arrival) for arrival in exchange.arrivals]
        request = await asyncio.to_thread(receipts.pack, exchange.request.body)
        key = "|".join(("in", exchange.as2_from, exchange.as2_to, exchange.message_id))
        answer = exchange.answer

        def tx1(c: Any) -> tuple[Kept, set[str]]:
            lanes.append(c, f"in:{partner}", at)  # first: messages of one partner pass one by one
            earlier = exchanges.known(c, key) if not exchange.problem else None
            if earlier is not None:
                if earlier.content != exchange.content:
                    return Kept(conflict=True), set()
                again = _answer(c, earlier)
                late = [_later(exchange, again, f"{earlier.id}|{at}")] if again and exchange.answer_url else []
                return Kept(again, repeat=True), place(c, late, now)
            numbers = [file.store(c)[0] for file in files]
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
                    "receipt": numbers[0] if numbers else None,
                    "request": _headers(exchange.request),
                    "answer": _headers(answer) if answer else None,
                    "facts": dict(exchange.facts),
                    "state": "refused" if exchange.problem else "stored",
                    "note": printable(f"{exchange.problem}: {exchange.cause}") if exchange.problem else "",
                    "at": at,
                    "answered_at": at if answer and not exchange.answer_url else None,
                },
                request,
                receipts.pack(answer.body) if answer else None,
            )
            if exchange.problem:
                open_case(
                    c, _refused(exchange), now, partner=partner, dedupe=f"as2|{exchange.mailbox}|{exchange.cause}"
                )
            touched = {file.lane for file in files}
            if answer is not None and exchange.answer_url:
                touched |= place(c, [_later(exchange, answer, str(number))], now)
            return Kept(answer), touched

        kept, touched = await self.flow.ledger.write(tx1, "tx1.as2")
        for lane in touched:
            self.flow.wake(lane, max((file.due for file in files if file.lane == lane), default=now))
        return kept

    async def sent(self, delivery: str) -> Sent | None:
        return await self.flow.ledger.read(lambda c: _sent(c, exchanges.of_delivery(c, delivery)))

    async def pending(self, mailbox: str, message_id: str) -> Sent | None:
        return await self.flow.ledger.read(lambda c: _sent(c, exchanges.sent(c, mailbox, message_id)))

    async def ready(self, sent: Sent) -> None:
        packed = await asyncio.to_thread(receipts.pack, sent.request.body)
        values = {
            "direction": "out",
            "mailbox": sent.mailbox,
            "as2_from": sent.as2_from,
            "as2_to": sent.as2_to,
            "message_id": sent.message_id,
            "mic": sent.mic,
            "dedupe": f"out|{sent.delivery}",
            "delivery": sent.delivery,
            "request": _headers(sent.request),
            "facts": {},
            "state": "ready",
            "at": clock.stamp(self.flow.now()),
        }
        await self.flow.ledger.write(lambda c: exchanges.add(c, values, packed), "as2.ready")

    async def posted(self, delivery: str) -> None:
        at = clock.stamp(self.flow.now())

        def tx(c: Any) -> None:
            row = exchanges.of_delivery(c, delivery)
            if row is not None:
                exchanges.posted(c, row.id, at)

        await self.flow.ledger.write(tx, "as2.posted")

    async def receipted(self, delivery: str, state: str, note: str, receipt: HttpMessage) -> bool:
        now = self.flow.now()
        packed = receipts.pack(receipt.body)

        def tx(c: Any) -> str | None:
            row = exchanges.of_delivery(c, delivery)
            values = {
                "state": state,
                "note": printable(note),
                "answer": _headers(receipt),
                "answered_at": clock.stamp(now),
            }
            if row is None or not exchanges.receipted(c, row.id, values, packed):
                return None
            parcel = deliveries.get(c, delivery)
            if parcel is None:
                return ""
            lanes.due_now(c, parcel.lane, clock.stamp(now))
            return str(parcel.lane)

        lane = await self.flow.ledger.write(tx, "as2.receipted")
        if lane:
            self.flow.wake(lane, now)
        return lane is not None


def _headers(message: HttpMessage) -> list[list[str]]:
    return [[printable(name), printable(value)] for name, value in message.headers]


def _message(c: Any, headers: Any, owner: str) -> HttpMessage:
    return HttpMessage(tuple((name, value) for name, value in headers), receipts.get_bytes(c, owner))


def _answer(c: Any, row: Any) -> HttpMessage | None:
    return _message(c, row.answer, f"xa{row.id}") if row.answer is not None else None


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
        _message(c, row.request, f"xq{row.id}"),
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
