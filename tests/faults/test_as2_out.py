"""Faults 20 to 28 of AS2 out, in one process: what the partner, the network or the clock does while we send."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.ledger import Ledger
from gateway.outbox import Placement
from gateway.ports import Done, Outcome, Parcel
from gateway.transports.as2 import mdn
from gateway.transports.as2.mdn import Answer
from gateway.writing import place
from tests.transports.as2.company import (
    DOCUMENT,
    MAILBOX,
    THEM,
    US,
    Company,
    Open,
    Reply,
    company,
    message,
    opened,
    replying,
)
from tests.transports.as2.peers import own


@pytest.fixture
def our(ledger: Ledger, tmp_path: Path) -> Open:
    """Our side with a sink to a partner that answers as told; the clock is the world's."""

    @asynccontextmanager
    async def make(reply: Reply | None = None, **send: Any) -> AsyncIterator[Company]:
        late = {"receipt_url": "http://us/as2"} if send.get("late") else {}
        async with company(ledger, reply or replying(), {"send": send, **late}, tmp_path) as we:
            we.world.time = clock.now()
            we.world.flow.now = lambda: we.world.time
            we.world.flow.sinks = {MAILBOX: we.sink()}
            yield we

    return make


async def order(we: Company) -> None:
    """A document that waits to be sent."""
    item = Placement("d1", MAILBOX, "po/P1", "document", partner="acme", payload=DOCUMENT, name="850.edi")
    await we.world.ledger.write(lambda c: place(c, [item], we.world.time))


async def delivery(we: Company) -> Any:
    [row] = await we.rows("delivery")
    return row


def nothing(request: Request, body: bytes) -> Response:
    return Response(status_code=200)


async def late(we: Company, problem: str = "") -> int:
    """The partner's receipt of its newest message comes to our listener."""
    request = we.partner.requests[-1]
    found, _ = opened(request)
    said = Answer(dict(request.headers)["message-id"], US, THEM, problem, found.mic)
    made = mdn.build(said, at=clock.now(), mdn_id="<m@acme>", boundary="mb", signer=own(THEM))
    return (await we.post(*made)).status_code


async def test_fault_25_a_late_receipt_that_comes_while_its_delivery_is_settled(our: Open) -> None:
    """Between the answer to our POST and the commit that lets the delivery wait: it must not wait then."""
    async with our(nothing, late="yes") as we:
        sink = we.sink()

        class Meanwhile:
            async def send(self, parcel: Parcel) -> Outcome:
                outcome = await sink.send(parcel)
                if len(await we.rows("attempt")) == 0:
                    assert await late(we) == 200
                return outcome

        we.world.flow.sinks = {MAILBOX: Meanwhile()}
        await order(we)
        await we.world.settle()
        assert (await delivery(we)).state == "done"
        assert len(we.partner.requests) == 1


async def test_fault_25_a_late_receipt_that_never_comes(our: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes again, `resends` times, then a case; a receipt that comes after all ends it well."""
    async with our(nothing, late="yes", resends=2, receipt_wait="1h") as we:
        monkeypatch.setattr(clock, "now", lambda: we.world.time)
        await order(we)
        for _ in range(4):
            await we.world.settle()
            we.world.later(hours=1, seconds=1)
        await we.world.settle()
        assert len(we.partner.requests) == 3
        assert len({request.body for request in we.partner.requests}) == 1
        assert (await delivery(we)).state == "parked"
        [case] = await we.world.cases()
        assert case.kind == "as2.receipt_overdue"
        assert "went out 3 times" in case.sentence
        woken: list[str] = []
        we.world.flow.wake = lambda lane, due: woken.append(lane)
        assert await late(we) == 200
        for lane in set(woken):
            await we.world.flow.advance(lane)
        assert (await delivery(we)).state == "done"
        assert await we.world.cases() == []
        assert len(we.partner.requests) == 3


async def test_fault_25_a_late_refusal(our: Open) -> None:
    async with our(nothing, late="yes") as we:
        await order(we)
        await we.world.settle()
        assert await late(we, "Error: decryption-failed") == 200
        await we.world.settle()
        assert (await delivery(we)).state == "parked"
        assert [case.kind for case in await we.world.cases()] == ["as2.refused"]
        assert await late(we) == 200  # the first word counts
        await we.world.settle()
        assert (await delivery(we)).state == "parked"


@pytest.mark.parametrize(
    "wrong",
    [
        Response(status_code=500),
        Response(status_code=503, headers={"retry-after": "120"}),
        Response(status_code=429),
        Response(status_code=408),
        Response(status_code=200),
        Response("<html>welcome</html>", media_type="text/html"),
    ],
    ids=["500", "503", "429", "408", "nothing", "a page"],
)
async def test_fault_21_22_no_receipt_is_tried_again(our: Open, wrong: Response) -> None:
    """`http_500_without_mdn_is_retried_then_explained`: each attempt is the same, and says why in the meantime."""
    answers = iter([wrong, wrong])

    def reply(request: Request, body: bytes) -> Response:
        return next(answers, None) or replying()(request, body)

    async with our(reply) as we:
        await order(we)
        await we.world.settle()
        waiting = await delivery(we)
        assert waiting.state == "pending"
        assert f"127.0.0.1:{we.partner.url.split(':')[2].removesuffix('/as2')}" in waiting.reason
        [lane] = [row for row in await we.rows("lane") if row.name.startswith(MAILBOX)]
        if wrong.status_code == 503:
            wait = clock.moment(lane.due_at) - we.world.time
            assert dt.timedelta(seconds=110) <= wait <= dt.timedelta(seconds=150)
        for _ in range(2):
            we.world.later(minutes=10)
            await we.world.settle()
        assert (await delivery(we)).state == "done"
        assert len({(request.body, dict(request.headers)["message-id"]) for request in we.partner.requests}) == 1
        assert len(we.partner.requests) == 3
        assert await we.world.cases() == []


async def test_http_500_without_mdn_is_retried_then_explained(our: Open) -> None:
    """OpenAS2 answers so when it does not know us, or not the algorithm: after three days it is a case that says so."""
    async with our(lambda request, body: Response("unknown partner", 500)) as we:
        await order(we)
        for _ in range(12):
            await we.world.settle()
            we.world.later(hours=8)
        assert (await delivery(we)).state == "parked"
        [case] = await we.world.cases()
        assert (case.kind, "answers 500 Internal Server Error" in case.sentence) == ("delivery.expired", True)


async def test_duplicates_counted_at_peer(our: Open) -> None:
    """OpenAS2 knows no repeat: once there is a receipt nothing goes out again, whatever happens to the delivery."""
    async with our() as we:
        await order(we)
        await we.world.settle()
        again = Parcel("d1", MAILBOX, "po/P1", "acme", "document", 2, payload=DOCUMENT, name="850.edi", probe=True)
        for _ in range(3):
            assert isinstance(await we.sink().send(again), Done)
        assert len(we.partner.requests) == 1


async def test_fault_27_the_target_of_a_late_receipt_is_down(our: Open) -> None:
    """Our receipt is handed over again, the same bytes; the message it is about is not processed again."""
    answers = iter([500, 503, 200])

    def reply(request: Request, body: bytes) -> Response:
        if b"Original-Message-ID" in body:
            return Response(status_code=next(answers))
        return replying()(request, body)

    async with our(reply) as we:
        await we.post(*message(DOCUMENT, receipt_url=we.partner.url))
        for _ in range(5):
            await we.world.settle()
            we.world.later(minutes=10)
        receipts = [request.body for request in we.partner.requests if b"Original-Message-ID" in request.body]
        assert len(receipts) == 3
        assert len(set(receipts)) == 1
        assert [row.state for row in await we.rows("delivery") if row.kind == "mdn"] == ["done"]
        assert len(await we.rows("receipt")) == 1


@pytest.mark.parametrize("days", [1, -1])
async def test_fault_28_the_clock_jumps(our: Open, days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt is taken whatever its Date says, and a message is not sent anew under another Message-ID."""
    async with our(nothing, late="yes", receipt_wait="4h") as we:
        monkeypatch.setattr(clock, "now", lambda: we.world.time)
        await order(we)
        await we.world.settle()
        we.world.later(days=days)
        await we.world.settle()
        assert {dict(request.headers)["message-id"] for request in we.partner.requests} == {"<d1@us>"}
        woken: list[str] = []
        we.world.flow.wake = lambda lane, due: woken.append(lane)
        assert await late(we) == 200
        for lane in set(woken):
            await we.world.flow.advance(lane)
        assert (await delivery(we)).state == "done"
        assert await we.world.cases() == []
