"""A supplier for the demo and the tests: another process with a real SFTP client, that knows of us only what it was
told. One that speaks AS2 is in supplier_as2.py.

It fetches its order, acknowledges it, sends a file with one bad set, reads the refusal, sends the corrected answer,
sends that file twice, and (with `--impostor`) a file that carries somebody else's identity. Every step prints one
line; exit 1 names the first step that did not go as it should.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import edi
from edi.documents.acknowledgement import AnsweredLine, OrderAcknowledged, Response
from edi.documents.order import OrderLine, OrderReleased
from edi.documents.types import Code, DateMark, Id, OrderRef, Party, Price, Quantity
from gateway import clock
from gateway.transports.sftp import SftpSession, connect

PATIENCE = 25.0


class Unexpected(Exception):
    """A step did not go as a supplier may expect: one sentence."""


class Mailbox(Protocol):
    """The supplier's way to us and back."""

    async def put(self, name: str, data: bytes) -> None:
        """Hand a file over. Raises Unexpected or ConnectionError."""

    async def names(self) -> list[str]:
        """The files that are there for us, oldest first."""

    async def get(self, name: str) -> bytes:
        """One of them."""


class SftpMailbox:
    """A mailbox on the gateway's SFTP server."""

    def __init__(self, session: SftpSession) -> None:
        self.session = session

    async def put(self, name: str, data: bytes) -> None:
        await self.session.put(f"/in/{name}", data)

    async def names(self) -> list[str]:
        return [entry.name for entry in await self.session.listdir("/out")]

    async def get(self, name: str) -> bytes:
        return await self.session.get(f"/out/{name}")


class Supplier:
    """One supplier's side: its profile (ours, mirrored), its mailbox, its control numbers."""

    def __init__(self, profile: edi.Profile, mailbox: Mailbox, name: str) -> None:
        self.profile, self.mailbox, self.name = profile, mailbox, name
        self.number = self.uploads = 0
        self.seen: set[str] = set()
        # LIN 1229 of an ORDRSP says only that a line is amended; what differs is for the receiver to find.
        self.words = {"rescheduled": "changed", "price_changed": "changed"} if profile.edifact else {}

    async def trade(self, impostor: Path | None) -> None:
        """The whole story."""
        order = await self.fetch_order()
        answer = self.answer(order)
        await self.send_broken(order, answer)
        sent = await self.send_answer(answer)
        await self.send_again(sent)
        if impostor is not None:
            await self.send_as(impostor, order)

    async def fetch_order(self) -> OrderReleased:
        name, data = await self.wait_for("an order", lambda name: name.startswith(("850_", "ORDERS_")))
        translation = edi.translate(data, self.profile)
        if len(translation.events) != 1 or translation.faults:
            raise Unexpected(f"{name} is not a clean order: {[f.message for f in translation.faults]}")
        order = translation.events[0].data
        assert isinstance(order, OrderReleased)
        self.say(f"fetched {name}: order {order.order.number}, {len(order.lines)} lines")
        for ack in translation.acknowledgements:
            data = edi.render(ack, self.profile, self.numbers(), clock.now())
            await self.upload(data, "acknowledgement of the order")
        return order

    def answer(self, order: OrderReleased) -> OrderAcknowledged:
        """One line accepted, one later, one dearer, one in two parts, one rejected; more lines are accepted."""
        kinds = ("accepted", "rescheduled", "price_changed", "split", "rejected")
        lines = tuple(
            self.line(line, kinds[index] if index < len(kinds) else "accepted")
            for index, line in enumerate(order.lines)
        )
        buyer, supplier = parties(self.profile)
        return OrderAcknowledged(
            order=OrderRef(number=order.order.number, date=order.order.date),
            buyer=buyer,
            supplier=supplier,
            response=Code(value="accepted_with_changes"),
            purpose=Code(value="original"),
            supplier_order_number=f"SO-{order.order.number.lstrip('P0') or '1'}",
            acknowledged_on=clock.now().date(),
            lines=lines,
        )

    def line(self, line: OrderLine, kind: str) -> AnsweredLine:
        wanted = next((d.on for d in line.dates), clock.now().date() + dt.timedelta(days=14))
        price = line.price

        def response(status: str, quantity: Decimal, days: int = 0) -> Response:
            on = DateMark(kind=Code(value="promised_delivery"), on=wanted + dt.timedelta(days=days))
            date = None if status == "rejected" else on
            uom = line.ordered.uom
            return Response(status=Code(value=status), quantity=Quantity(value=quantity, uom=uom), date=date)

        whole = line.ordered.value
        if kind == "split":
            first = (whole * Decimal("0.8")).to_integral_value()
            responses: tuple[Response, ...] = (response("accepted", first), response("backordered", whole - first, 21))
        elif kind == "price_changed" and price is not None:
            price = Price(
                amount=price.amount + Decimal("0.25"), currency=price.currency, per_quantity=price.per_quantity
            )
            responses = (response(self.words.get(kind, kind), whole),)
        else:
            responses = (response(self.words.get(kind, kind), whole, 2 if kind == "rescheduled" else 0),)
        return AnsweredLine(
            line_number=line.line_number, item=line.item, ordered=line.ordered, price=price, responses=responses
        )

    async def send_broken(self, order: OrderReleased, answer: OrderAcknowledged) -> None:
        """Two sets in one file: `we have it` is good, the answer has a date that does not exist."""
        pending = OrderAcknowledged(
            order=answer.order,
            buyer=answer.buyer,
            supplier=answer.supplier,
            response=Code(value="pending"),
            purpose=Code(value="original"),
            supplier_order_number=f"{answer.supplier_order_number}-RECEIVED",
            acknowledged_on=answer.acknowledged_on,
            lines=tuple(line.model_copy(update={"responses": ()}) for line in answer.lines),
        )
        data = self.write(pending, answer)
        good = next(r.date.on for line in answer.lines for r in line.responses if r.date).strftime("%Y%m%d").encode()
        at = data.rfind(good)
        data = data[:at] + good[:4] + b"1345" + data[at + len(good) :]
        name = await self.upload(data, "a file with one good and one bad set")
        _, refusal = await self.wait_for("the refusal", lambda file: file == f"{name}.rejected.txt")
        text = refusal.decode()
        if good[:4].decode() + "1345" not in text:
            raise Unexpected(f"{name}.rejected.txt does not name the bad date: {text}")
        sentence = next(line for line in text.splitlines() if line.startswith("- "))
        self.say(f"{name}.rejected.txt says: {sentence[2:]}")
        verdicts = await self.read_answer("the acknowledgement of the bad file")
        rejected = [result for result in verdicts if result.scope == "set" and result.outcome == "rejected"]
        if len(rejected) != 1 or not rejected[0].errors:
            raise Unexpected(f"one set should be rejected with its place, the answer says {verdicts}")
        self.say(f"{rejected[0].kind}: set {rejected[0].control} rejected: {rejected[0].errors[0]}")

    async def send_answer(self, answer: OrderAcknowledged) -> tuple[bytes, bytes]:
        """The corrected answer; returns its bytes and those of the acknowledgement it got."""
        data = self.write(answer)
        await self.upload(data, "the corrected answer")
        verdicts = await self.read_answer("the acknowledgement of the answer")
        if any(result.outcome == "rejected" for result in verdicts):
            raise Unexpected(f"the corrected answer was rejected: {verdicts}")
        self.say(f"{verdicts[0].kind}: {verdicts[0].outcome.replace('_', ' ')}")
        return data, self.last

    async def send_again(self, sent: tuple[bytes, bytes]) -> None:
        """The same bytes once more: the stored acknowledgement comes back, byte for byte."""
        await self.upload(sent[0], "the same file again")
        await self.read_answer("the stored acknowledgement")
        if self.last != sent[1]:
            raise Unexpected("the same file was answered with another acknowledgement than the first time")
        self.say("the stored acknowledgement came again, byte for byte")

    async def send_as(self, other: Path, order: OrderReleased) -> None:
        """A file with another partner's identity in our mailbox."""
        foreign = Supplier(edi.load_profile(other).mirrored(), self.mailbox, self.name)
        name = await self.upload(foreign.write(foreign.answer(order)), "an answer with another partner's identity")
        _, refusal = await self.wait_for("the refusal", lambda file: file == f"{name}.rejected.txt")
        line = next(line for line in refusal.decode().splitlines() if line.startswith("- "))
        self.say(f"refused: {line[2:]}")

    def event(self, data: OrderAcknowledged) -> edi.Event:
        identity = edi.stable_id(self.name, edi.content_hash(data))
        kind = "procurement.order.acknowledged.v1"
        return edi.documents.wrap(data, kind, event_id=identity, partner=self.profile.partner)

    def write(self, *documents: OrderAcknowledged) -> bytes:
        events = [self.event(document) for document in documents]
        return edi.render_together(events, self.profile, self.numbers(), clock.now()).data

    def numbers(self) -> edi.Numbers:
        self.number += 1
        return edi.Numbers(self.number, self.number)

    async def upload(self, data: bytes, what: str) -> str:
        self.uploads += 1
        name = f"{self.name}_{self.uploads:04d}.edi"
        self.say(f"sends {name} ({what})")
        await self.mailbox.put(name, data)
        return name

    async def read_answer(self, what: str) -> list[edi.AckResult]:
        """The next acknowledgement in our mailbox, as what it says."""
        _, self.last = await self.wait_for(what, lambda name: name.startswith(("997_", "CONTRL_")))
        answers = edi.translate(self.last, self.profile).answers
        if not answers:
            raise Unexpected(f"{what} cannot be read")
        return answers

    async def wait_for(self, what: str, wanted: Callable[[str], bool]) -> tuple[str, bytes]:
        """Look into our mailbox until a new file is what we wait for."""
        for _ in range(int(PATIENCE / 0.2)):
            for name in await self.mailbox.names():
                if name not in self.seen and wanted(name):
                    self.seen.add(name)
                    return name, await self.mailbox.get(name)
            await asyncio.sleep(0.2)
        raise Unexpected(f"{what} did not come within {PATIENCE:.0f} seconds")

    def say(self, text: str) -> None:
        print(f"  {self.name}: {text}", flush=True)  # noqa: T201  this program's output


def parties(profile: edi.Profile) -> tuple[Party | None, Party | None]:
    """Buyer and supplier by the GLNs of the EDIFACT identities; X12 names them in the envelope alone."""
    pair = profile.edifact
    if pair is None:
        return None, None

    def party(gln: str) -> Party:
        return Party(ids=(Id(scheme="gln", value=gln),))

    return party(pair.partner.id), party(pair.own.id)


async def run(arguments: argparse.Namespace) -> None:
    profile = edi.load_profile(arguments.partner).mirrored()
    key = arguments.key.read_text(encoding="utf-8")
    async with connect(arguments.host, arguments.port, arguments.user, key, host_key=arguments.host_key) as session:
        await Supplier(profile, SftpMailbox(session), arguments.user).trade(arguments.impostor)


def ended(name: str, story: Coroutine[Any, Any, None]) -> int:
    """Run a supplier's story; the exit code, after a sentence if it did not end well."""
    try:
        asyncio.run(story)
    except (Unexpected, edi.EdiError, ConnectionError) as error:
        print(f"  {name}: {error}", file=sys.stderr, flush=True)  # noqa: T201
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host-key", required=True, help="the server's fingerprint, SHA256:...")
    parser.add_argument("--user", required=True)
    parser.add_argument("--key", type=Path, required=True, help="private key file")
    parser.add_argument("--partner", type=Path, required=True, help="the folder that describes our relation")
    parser.add_argument("--impostor", type=Path, help="send one file as this other partner")
    arguments = parser.parse_args()
    return ended(arguments.user, run(arguments))


if __name__ == "__main__":
    sys.exit(main())
