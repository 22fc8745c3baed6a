"""kill -9 of the real daemon around each commit of AS2: faults 01 to 04, 26, 27 and R4 of the rules for resending."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import closing

import pytest

from gateway.config import load
from gateway.flow import Flow
from gateway.ledger import Ledger, migrate
from gateway.ports import Submission
from tests.faults.conftest import ROOT, Installation
from tests.faults.invariants import violations
from tests.flow.world import order_released
from tests.transports.as2.company import message

DOCUMENT = (ROOT / "partners/acme/samples/855_accepted.edi").read_bytes()
IN = {
    "01_kill_before_commit": ("tx1.as2", "before"),
    "02_kill_after_commit": ("tx1.as2", "after"),
    "02_kill_before_answer": ("answer", "before"),
    "03_kill_after_answer": ("answer", "after"),
    "04_kill_in_answer": ("answer", "half"),
    "03_kill_before_translation": ("tx2", "before"),
    "03_kill_after_translation": ("tx2", "after"),
}
QUICK = {"01_kill_before_commit", "02_kill_before_answer", "04_kill_in_answer", "26_after_post", "27_before_tx3"}


def rows(points: dict[str, tuple[str, str]]) -> list[object]:
    """Those that are not quick run with `make faults`."""
    marks = {name: () if name in QUICK else (pytest.mark.faults,) for name in points}
    return [pytest.param(*point, id=name, marks=marks[name]) for name, point in points.items()]


def sound(installation: Installation) -> None:
    installation.settled()
    assert violations(installation.ledger, installation.peer.diary, installation.folder / "staging") == []


@pytest.mark.parametrize(("point", "when"), rows(IN))
def test_fault_in(installation: Installation, point: str, when: str) -> None:
    installation.make()
    installation.start(point, when, "1")
    made = message(DOCUMENT)
    installation.peer.post(installation.url, *made)
    installation.died()
    installation.start()
    installation.peer.deliver(installation.url, DOCUMENT, made)
    sound(installation)
    assert [row.state for row in installation.look("SELECT state FROM receipt")] == ["done"]
    [ack] = installation.peer.diary.documents.values()
    assert b"AK9*A*1*1*1" in ack


OUT = {
    "26_before_ready": ("as2.ready", "before"),
    "26_after_ready": ("as2.ready", "after"),
    "26_before_post": ("post", "before"),
    "26_after_post": ("post", "after"),
    "26_after_receipt": ("as2.receipted", "after"),
    "26_before_tx3": ("tx3", "before"),
    "26_after_tx3": ("tx3", "after"),
}


def with_an_order(installation: Installation) -> None:
    """An order that waits to be sent, as a business system has submitted it."""

    async def submit() -> None:
        with closing(Ledger(installation.ledger, exclusive=True)) as ledger:
            migrate.upgrade(ledger)
            book = load(installation.folder / "gateway.yaml").book
            flow = Flow(ledger, book, {}, lambda lane, due: None)
            await flow.submit("odoo-main", [Submission(order_released("P1"), "acme")], {"cursor": "1"})

    asyncio.run(submit())


@pytest.mark.parametrize(("point", "when"), rows(OUT))
def test_fault_out(installation: Installation, point: str, when: str) -> None:
    installation.make()
    with_an_order(installation)
    installation.start(point, when, "1")
    installation.died()
    installation.start()
    sound(installation)
    [document] = installation.peer.diary.documents.values()
    assert b"BEG*00*" in document


@pytest.mark.faults
def test_fault_45_ended_while_a_message_comes(installation: Installation) -> None:
    """SIGTERM: the request that has begun ends with its receipt, the daemon with 0; it is processed later."""
    installation.make()
    installation.start()
    headers, body = message(DOCUMENT)
    lines = [f"{name}: {value}" for name, value in headers] + ["Host: x", f"Content-Length: {len(body)}"]
    with socket.create_connection(("127.0.0.1", installation.as2_port)) as client:
        client.sendall(("\r\n".join(["POST /as2 HTTP/1.1", *lines]) + "\r\n\r\n").encode() + body[:100])
        time.sleep(0.2)  # its headers are read
        assert installation.process is not None
        installation.process.terminate()
        time.sleep(0.3)
        client.sendall(body[100:])
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 200")
    assert installation.stop() == 0
    installation.start()
    installation.peer.deliver(installation.url, DOCUMENT, (headers, body))
    sound(installation)
    assert len(installation.look("SELECT id FROM receipt")) == 1


LATE = {
    "26_late_before_posted": ("as2.posted", "before"),
    "26_late_after_posted": ("as2.posted", "after"),
    "26_late_before_receipted": ("as2.receipted", "before"),
    "26_late_after_receipted": ("as2.receipted", "after"),
}


@pytest.mark.faults
@pytest.mark.parametrize(("point", "when"), rows(LATE))
def test_fault_out_with_a_late_receipt(installation: Installation, point: str, when: str) -> None:
    installation.make(', late: "yes"')
    installation.peer.late_to = installation.url
    with_an_order(installation)
    installation.start(point, when, "1")
    installation.died()
    installation.start()
    sound(installation)
    assert len(installation.peer.diary.documents) == 1


OWED = {
    "27_after_commit": ("tx1.as2", "after"),
    "27_before_post": ("post", "before"),
    "27_before_tx3": ("tx3", "before"),
    "27_after_tx3": ("tx3", "after"),
}


@pytest.mark.parametrize(("point", "when"), rows(OWED))
def test_fault_in_with_a_late_receipt(installation: Installation, point: str, when: str) -> None:
    """The receipt we owe reaches the partner, the same however often, and the document is processed once."""
    installation.make()
    installation.start(point, when, "1")
    made = message(DOCUMENT, receipt_url=installation.peer.url)
    installation.peer.post(installation.url, *made)
    installation.died()
    installation.start()
    installation.wait("the receipt", lambda: "<1@acme>" in installation.peer.diary.promised)
    sound(installation)
    assert len(installation.peer.diary.documents) == 1
