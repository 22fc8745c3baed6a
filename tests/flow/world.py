"""A whole installation in a test: the ledger, the real partners, a mailbox and a business system that only remember.

Documents are written out by hand here, so that these tests do not rest on our own writer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import edi
from gateway import clock
from gateway.flow import Flow
from gateway.ledger import Ledger
from gateway.ledger.queries import receipts, views
from gateway.mailboxes import LedgerMailboxes
from gateway.partners import load_book
from gateway.ports import Arrival, Case, Done, Outcome, Parcel, Receipt, Submission
from gateway.window import window

ROOT = Path(__file__).resolve().parents[2]
START = dt.datetime(2026, 12, 1, 10, 0, tzinfo=dt.UTC)

Answer = Callable[[Parcel], Outcome]


@dataclass
class Remembering:
    """A sink that remembers every parcel and answers as told; by default it is done."""

    answer: Answer = lambda parcel: Done("applied")
    parcels: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Outcome:
        self.parcels.append(parcel)
        return self.answer(parcel)


@dataclass
class World:
    """The flow with a clock that only moves when a test moves it."""

    ledger: Ledger
    flow: Flow
    odoo: Remembering
    time: dt.datetime = START

    @classmethod
    def make(cls, ledger: Ledger, environment: str = "prod") -> World:
        book = load_book(ROOT / "partners", "test" if environment == "test" else "prod")
        odoo = Remembering()
        sinks: dict[str, Any] = {"odoo-main": odoo}
        for partner in book:
            sinks[partner.mailbox()] = Remembering(lambda parcel: Done("placed"))
        flow = Flow(ledger, book, sinks, lambda lane, due: None, environment)
        world = cls(ledger, flow, odoo)
        flow.now = lambda: world.time
        return world

    async def upload(self, data: bytes, name: str = "a.edi", mailbox: str = "acme/inbox") -> Receipt:
        """A file arrives and everything it causes is done."""
        receipt = await self.flow.arrive(Arrival(mailbox, name, data))
        await self.settle()
        return receipt

    async def submit(self, event: edi.Event, partner: str = "acme") -> int:
        submission = Submission(event, partner, reply_to="odoo-main", reference="purchase.order,7")
        new = await self.flow.submit("odoo-main", [submission], {"cursor": "x"})
        await self.settle()
        return new

    async def settle(self) -> None:
        """Run every lane that is due until nothing more is."""
        for _ in range(50):
            due = [lane for lane, at in await self.flow.ready() if at <= self.time]
            if not due:
                return
            for lane in due:
                await self.flow.advance(lane)
        raise AssertionError(f"lanes never come to rest: {due}")

    @property
    def mailboxes(self) -> LedgerMailboxes:
        return LedgerMailboxes(self.ledger, lambda: self.time)

    def later(self, **parts: float) -> None:
        self.time += dt.timedelta(**parts)

    async def out(self, mailbox: str = "acme/inbox") -> dict[str, bytes]:
        """What the partner sees in its mailbox."""
        shelf = self.mailboxes.files(mailbox, "out")
        return {
            file.name: window(await self.mailboxes.content(mailbox, file.id)).whole(10_000_000) async for file in shelf
        }

    async def receipt(self, receipt: Receipt) -> Any:
        return await self.ledger.read(lambda c: receipts.get(c, int(receipt.id)))

    async def sets(self, receipt: Receipt) -> list[Any]:
        return list(await self.ledger.read(lambda c: receipts.messages_of(c, int(receipt.id))))

    async def cases(self) -> list[Any]:
        return list(await self.ledger.read(views.open_exceptions))

    async def sent(self, subject: str) -> list[Any]:
        return list(await self.ledger.read(lambda c: views.sent_about(c, subject)))

    def events(self) -> list[Parcel]:
        return [parcel for parcel in self.odoo.parcels if parcel.kind == "event"]

    def notices(self) -> list[Parcel]:
        return [parcel for parcel in self.odoo.parcels if parcel.kind == "notice"]


def isa(
    body: Sequence[str],
    *,
    control: int = 1,
    sender: str = "123456789",
    test: str = "P",
    group: str = "PR",
    sets: int = 1,
    ack: str = "0",
    trailer: bool = True,
) -> bytes:
    """An X12 interchange of the demo supplier around finished sets."""
    head = (
        f"ISA*00*          *00*          *01*{sender:15}*14*4012345000009  *261201*1000*U*00401"
        f"*{control:09d}*{ack}*{test}*>~\n"
        f"GS*{group}*{sender}*4012345000009*20261201*1000*{control}*X*004010~\n"
    )
    tail = f"GE*{sets}*{control}~\nIEA*1*{control:09d}~\n" if trailer else ""
    return (head + "".join(body) + tail).encode()


def groups(count: int) -> bytes:
    """An interchange with so many groups of two sets each."""
    whole = isa([set_855(1, order="P10"), set_855(2, order="P11")], sets=2).decode()
    head, group = whole[: whole.index("GS*")], whole[whole.index("GS*") : whole.index("IEA")]
    made = [
        group.replace("*20261201*1000*1*X", f"*20261201*1000*{n}*X")
        .replace("GE*2*1~", f"GE*2*{n}~")
        .replace("P10", f"P{n}A")
        .replace("P11", f"P{n}B")
        for n in range(1, count + 1)
    ]
    return (head + "".join(made) + f"IEA*{count}*000000001~\n").encode()


def set_855(
    number: int = 1,
    *,
    order: str = "P00042",
    supplier: str = "SO-7781",
    date: str = "20261121",
    lines: Sequence[str] = (),
) -> str:
    """One 855: header, vendor reference, lines, totals."""
    rows = list(lines) or [
        "PO1*675*100*EA*12.5**BP*SKU-1*VN*AC-9",
        "ACK*IA*100*EA*067*20261215",
    ]
    body = [f"BAK*00*AC*{order}*20261120****{supplier}*{date}", *rows, f"CTT*{sum(r.startswith('PO1') for r in rows)}"]
    segments = [f"ST*855*{number:04d}", *body, f"SE*{len(body) + 2}*{number:04d}"]
    return "".join(f"{segment}~\n" for segment in segments)


def set_865(number: int = 1, *, order: str, revision: int = 1, lines: Sequence[str]) -> str:
    """One 865: the answer to a change of an order."""
    count = sum(row.startswith("POC") for row in lines)
    head = f"BCA*00*AC*{order}**{revision}*20261120***SO-7781*20261126"
    body = [head, "REF*VR*10045", *lines, f"CTT*{count}"]
    segments = [f"ST*865*{number:04d}", *body, f"SE*{len(body) + 2}*{number:04d}"]
    return "".join(f"{segment}~\n" for segment in segments)


def set_997(group_control: int, verdict: str = "A", *, kind: str = "PO", detail: str = "") -> str:
    """One 997 about a group with one set."""
    accepted = 0 if verdict == "R" else 1
    body = [f"AK1*{kind}*{group_control}", *([detail] if detail else []), f"AK9*{verdict}*1*1*{accepted}"]
    parts = [part for row in body for part in row.split("~") if part]
    segments = ["ST*997*0001", *parts, f"SE*{len(parts) + 2}*0001"]
    return "".join(f"{segment}~\n" for segment in segments)


def order_released(number: str = "P00042", **changes: Any) -> edi.Event:
    """An order as the Odoo source submits it."""
    value: dict[str, Any] = {
        "order": {"number": number, "date": "2026-11-20"},
        "purpose": {"value": "original"},
        "currency": "USD",
        "supplier": {"name": "Supplier", "ids": [{"scheme": "buyer", "value": "10045"}]},
        "ship_to": {"name": "Main Warehouse", "ids": [{"scheme": "gln", "value": "4012345000016"}]},
        "lines": [
            {
                "line_number": "675",
                "item": {"ids": [{"scheme": "buyer", "value": "SKU-1"}], "description": "Widget A"},
                "ordered": {"value": "100", "uom": {"value": "EA"}},
                "price": {"amount": "12.5"},
                "dates": [{"kind": {"value": "requested_delivery"}, "on": "2026-12-15"}],
            }
        ],
        **changes,
    }
    data = edi.documents.OrderReleased.model_validate(value)
    return edi.documents.wrap(
        data, "procurement.order.released.v1", event_id=edi.stable_id("po", number), partner="acme"
    )


def case(kind: str = "ack.order_unknown") -> Case:
    return Case(kind, "a person must look", "buyer", "po/P00042")


def at(moment: dt.datetime) -> str:
    return clock.stamp(moment)
