"""AS2 through the real daemon: an order leaves and its answer comes back to Odoo; killed after a receipt."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.transports.as2.mime import Headers
from tests.transports.as2.company import THEM, US, Partner, answering, message, opened, pem, receipt, replying
from tests.wires.conftest import ROOT, Site

SAMPLES = ROOT / "partners" / "acme" / "samples"
PARTNER = Path("partners") / "acme" / "partner.yaml"
CHANNEL = """channels:
- name: as2
  kind: as2
  us: {id: "Our Company", keys: [{certificate: file:keys/us.pem, key: file:keys/us.key}]}
  partner: {id: ACME, certificates: [{certificate: file:keys/them.pem}]}
  max_file: 500MB
  send: {url: "URL"}
"""


class As2Site(Site):
    """The site with AS2 for acme instead of its mailbox."""

    def with_as2(self, url: str) -> None:
        self.edit(str(PARTNER), "channels:\n", CHANNEL.replace("URL", url))
        path = self.folder / PARTNER
        path.write_text(path.read_text("utf-8").replace("channel: inbox", "channel: as2"), "utf-8")
        keys = self.folder / "keys"
        (keys / "us.pem").write_text(pem(US)["certificate"])
        (keys / "us.key").write_text(pem(US)["key"])
        (keys / "them.pem").write_text(pem(THEM)["certificate"])

    def send_as2(self, headers: Headers, body: bytes) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=30) as client:
            return client.post(f"http://127.0.0.1:{self.as2_port}/as2", headers=list(headers), content=body)


def proven(folder: Path, message_id: str) -> bool:
    """Is the bundle of a message, exported beside the running daemon, a proof?"""
    target = folder / "proof.zip"
    export = ["export", message_id, "--to", str(target), "--config", str(folder / "gateway.yaml")]
    done = CliRunner().invoke(app, ["evidence", *export])
    assert done.exit_code == 0, done.output
    return CliRunner().invoke(app, ["evidence", "verify", str(target)]).exit_code == 0


@pytest.fixture
def as2(site: Site) -> As2Site:
    site.__class__ = As2Site
    assert isinstance(site, As2Site)
    return site


def test_killed_after_the_receipt(as2: As2Site) -> None:
    as2.with_as2("http://127.0.0.1:9/as2")
    as2.start_daemon()
    headers, body = message((SAMPLES / "855_changes.edi").read_bytes())
    first = as2.send_as2(headers, body)
    as2.kill()
    assert receipt(first).accepted
    as2.restart()
    assert as2.send_as2(headers, body).content == first.content
    as2.wait("its translation", lambda: as2.gateway("messages")[0]["state"] != "stored")
    assert len(as2.gateway("messages")) == 1


def test_an_order_and_its_answer(as2: As2Site) -> None:
    partner = Partner(replying())

    async def trade() -> None:
        async with answering(partner):
            as2.with_as2(partner.url)
            await asyncio.to_thread(story)

    def story() -> None:
        as2.start_daemon()
        order = next(order for order in as2.confirm_orders() if order.partner == "acme")
        as2.wait("the order at the partner", lambda: len(partner.requests) > 0)
        found, document = opened(partner.requests[0])
        assert found.attachments[0].name.endswith(".edi")
        assert f"*{order.number}*".encode() in document
        answer = (SAMPLES / "855_accepted.edi").read_bytes().replace(b"P00042", order.number.encode())
        assert receipt(as2.send_as2(*message(answer))).accepted
        as2.wait("the answer on the order in Odoo", lambda: bool(as2.record(order)["partner_ref"]))
        # The 997 goes back the same way, and the ledger knows that the order arrived.
        as2.wait("the acknowledgement at the partner", lambda: len(partner.requests) > 1)
        assert b"ST*997*" in opened(partner.requests[1])[1]
        milestones = json.dumps(as2.gateway("order", order.number)["milestones"])
        assert "855" in milestones
        assert "chain_of_evidence" in as2.log()
        sent = next(row for row in as2.gateway("evidence", "list") if row["direction"] == "out")
        assert proven(as2.folder, sent["message_id"])

    asyncio.run(trade())
