"""HTTPS upload through the real daemon: an answer comes by POST, killed after the 202, and what waits is fetched."""

from __future__ import annotations

import socket

import httpx
from typer.testing import CliRunner

from gateway.cli import app
from gateway.transports.https import tokens
from tests.wires.conftest import ROOT, Site

ANSWER = (ROOT / "partners" / "acme" / "samples" / "855_accepted.edi").read_bytes()
TOKEN, HASH = tokens.new()
CHANNEL = f"""channels:
- {{name: web, kind: https, tokens: ["{HASH}"]}}
"""


def test_an_answer_by_https(site: Site) -> None:
    """One order, its answer uploaded twice with a kill between, one effect, and the acknowledgement fetched."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.edit("gateway.yaml", "listeners:\n", f"listeners:\n  https: {{port: {port}}}\n")
    site.edit("partners/acme/partner.yaml", "channels:\n", CHANNEL)
    path = site.folder / "partners" / "acme" / "partner.yaml"
    path.write_text(path.read_text("utf-8").replace("channel: inbox", "channel: web"), "utf-8")
    site.start_daemon()
    url, headers = f"http://127.0.0.1:{port}/mailbox/acme", {"Authorization": f"Bearer {TOKEN}"}
    checked = CliRunner().invoke(
        app, ["partner", "check", "acme", "--channel", "web", "--config", str(site.folder / "gateway.yaml")]
    )
    assert checked.exit_code == 0, checked.output
    order = next(order for order in site.confirm_orders() if order.partner == "acme")
    answer = ANSWER.replace(b"P00042", order.number.encode())
    with httpx.Client(trust_env=False, headers=headers, timeout=30) as client:
        site.wait("the order", lambda: client.get(url).json()["files"])
        [file] = client.get(url).json()["files"]
        assert f"*{order.number}*".encode() in client.get(f"{url}/{file['name']}").content
        assert client.delete(f"{url}/{file['name']}").status_code == 204
        first = client.post(url, content=answer, params={"name": "855.edi"})
        assert first.status_code == 202
    site.kill()
    site.restart()
    with httpx.Client(trust_env=False, headers=headers, timeout=30) as client:
        again = client.post(url, content=answer, params={"name": "855.edi"})
        assert (again.status_code, again.content) == (202, first.content)
        site.wait("the answer on the order in Odoo", lambda: bool(site.record(order)["partner_ref"]))
        site.wait("the acknowledgement", lambda: client.get(url).json()["files"])
        [file] = client.get(url).json()["files"]
        assert b"ST*997*" in client.get(f"{url}/{file['name']}").content
    assert len(site.gateway("messages", "--partner", "acme")) == 1
