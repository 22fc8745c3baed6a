"""A partner with a server of its own, and business systems and partners that refuse: each ends in words somewhere."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from gateway.scaffold import write_secret
from gateway.transports.sftp import fingerprint, generate_key
from tests.flow.world import isa, set_997
from tests.wires.conftest import Site
from tests.wires.test_daemon import answer, notes, order, settled

INBOX = """- name: inbox
  kind: sftp-server
  user: acme
  keys: ["file:keys/acme.pub"]
  quota: {files: 1000, bytes: 100MB}
"""


@dataclass
class Theirs:
    """The SFTP server of a partner: asyncssh's own on a folder, in a thread with a loop of its own."""

    root: Path
    port: int
    host_key: str


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Theirs]:
    root = tmp_path / "theirs"
    for name in ("in", "out/archive"):
        (root / name).mkdir(parents=True)
    private, public = generate_key("their host key")
    loop = asyncio.new_event_loop()

    class Anybody(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Anybody,
            server_host_keys=[asyncssh.import_private_key(private)],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
            encoding=None,
        )

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    yield Theirs(root, acceptor.get_port(), fingerprint(public))

    async def end() -> None:
        acceptor.close()
        await acceptor.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def polled(site: Site, theirs: Theirs, host_key: str) -> None:
    """The supplier's channel is a server of its own."""
    key = site.folder / "keys" / "client"
    if not key.exists():
        write_secret(key, generate_key("our client key")[0])
    site.edit(
        "partners/acme/partner.yaml",
        INBOX,
        f"""- name: inbox
  kind: sftp
  host: 127.0.0.1
  port: {theirs.port}
  host_keys: ["{host_key}"]
  user: buyer
  key: file:keys/client
  timeout: 5s
  poll: {{folder: /out, match: "*.edi", every: 500ms, settle: 0s}}
  send: {{folder: /in}}
""",
    )


def test_a_partner_with_a_server_of_its_own_trades_the_same_way(site: Site, theirs: Theirs) -> None:
    polled(site, theirs, theirs.host_key)
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: list((theirs.root / "in").glob("*.edi")))
    [sent] = (theirs.root / "in").glob("*.edi")
    assert sent.read_bytes().startswith(b"ISA*")
    assert str(made["name"]) in sent.name
    (theirs.root / "out" / "answer.edi").write_bytes(answer(made, 1, "SO-1"))
    site.wait("the acknowledgement", lambda: len(list((theirs.root / "in").glob("*.edi"))) == 2)
    site.wait("the note", lambda: notes(site, made, "SO-1") and settled(site))
    site.wait("the archive", lambda: list((theirs.root / "out" / "archive").iterdir()))
    assert [p.name for p in (theirs.root / "out").iterdir() if p.is_file()] == []
    assert not list((theirs.root / "in").glob("*.tmp"))
    assert len(notes(site, made, "SO-1")) == 1


def test_a_server_with_another_host_key_is_a_case_and_gets_nothing(site: Site, theirs: Theirs) -> None:
    polled(site, theirs, fingerprint(generate_key("another")[1]))
    site.start_daemon()
    site.wait("the case", lambda: site.gateway("exceptions", "list"))
    [case] = site.gateway("exceptions", "list")
    assert case["kind"] == "connector.credential"
    assert "acme/inbox" in case["sentence"]
    assert "not one of those pinned" in case["sentence"]
    [source] = site.gateway("status")["sources"]
    assert source["name"] == "acme/inbox"
    file = site.folder / "partners" / "acme" / "partner.yaml"
    text = file.read_text(encoding="utf-8")
    line = next(each for each in text.splitlines() if "host_keys" in each)
    file.write_text(text.replace(line, f'  host_keys: ["{theirs.host_key}"]'), encoding="utf-8")
    site.daemon.send_signal(signal.SIGHUP)
    site.wait("the end of the case", lambda: not site.gateway("exceptions", "list"))
    assert site.gateway("status")["sources"] == []


def test_a_key_that_odoo_refuses_is_known_before_any_file_comes(site: Site) -> None:
    site.start(
        "daemon",
        ["-m", "gateway.cli", "run", "--config", str(site.folder / "gateway.yaml")],
        ODOO_URL=site.odoo,
        ODOO_DB="demo",
        ODOO_LOGIN="edi",
        ODOO_KEY="not-the-key",
    )
    site.wait("the ledger", lambda: (site.folder / "ledger.db").exists() and '"up"' in site.log())
    site.wait("the case", lambda: site.gateway("exceptions", "list"))
    assert [case["kind"] for case in site.gateway("exceptions", "list")] == ["connector.credential"]
    assert [source["name"] for source in site.gateway("status")["sources"]] == ["odoo-main"]
    assert "not-the-key" not in site.log()


def test_a_503_after_a_write_is_looked_up_and_nothing_is_written_twice(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: site.out())
    site.post(
        "faults", {"kind": "status", "status": 503, "after_commit": True, "methods": ["message_post"], "times": 1}
    )
    site.put("a.edi", answer(made, 1, "SO-1"))
    site.wait("the note", lambda: notes(site, made, "SO-1") and settled(site))
    assert len(notes(site, made, "SO-1")) == 1
    assert site.gateway("exceptions", "list") == []


def test_an_order_the_partner_rejects_becomes_an_activity_on_it(site: Site) -> None:
    site.start_daemon()
    made = order(site)
    site.wait("the order", lambda: any(name.startswith("850_") for name in site.out()))
    [data] = [data for name, data in site.out().items() if name.startswith("850_")]
    group = next(line.split("*")[6] for line in data.decode().split("~") if line.strip().startswith("GS*"))
    site.put("no.edi", isa([set_997(int(group), "R", detail="AK2*850*0001~AK5*R*5")], control=1, group="FA"))
    site.wait("the activity", lambda: [a for a in site.state()["activities"] if a["res_id"] == made["id"]])
    [activity] = [a for a in site.state()["activities"] if a["res_id"] == made["id"]]
    assert "refused" in activity["summary"]
    kinds = [case["kind"] for case in site.gateway("exceptions", "list")]
    assert kinds == ["partner.rejected"]
    story = [row["text"] for row in site.gateway("order", str(made["name"]))["milestones"]]
    assert any("850 rejected by acme (997:" in text for text in story)


def test_a_reload_without_a_key_changes_nothing(site: Site) -> None:
    site.start_daemon()
    (site.folder / "keys" / "acme.pub").rename(site.folder / "keys" / "moved.pub")
    site.edit("partners/bolt/partner.yaml", "status: live", "status: suspended")
    site.daemon.send_signal(signal.SIGHUP)
    site.wait("the complaint", lambda: "keys/acme.pub cannot be read" in site.log())
    assert site.out() == {}, "the supplier cannot log in any more"
    site.sftp(lambda session: session.listdir("/out"), user="bolt")
    (site.folder / "keys" / "moved.pub").rename(site.folder / "keys" / "acme.pub")
    site.daemon.send_signal(signal.SIGHUP)
    site.wait("the reload", lambda: '"reloaded"' in site.log())
    with pytest.raises((OSError, asyncssh.Error)):
        site.sftp(lambda session: session.listdir("/out"), user="bolt")
