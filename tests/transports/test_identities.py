"""By whichever way a file comes, it may carry its partner's identities only, and those its file lists (a VAN): a
stranger's invoice is kept, not processed, answered as an unknown sender and alarmed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mailbox_desk import Stored
from openssh import Sshd

import edi
from gateway import clock
from gateway.ledger import Ledger
from gateway.partners import load_book
from gateway.transports.folder import FolderChannel, FolderPoller
from gateway.transports.sftp import SftpPoller
from tests.flow.world import ROOT, World
from tests.transports.as2.company import company, message, receipt, replying

OWN = (ROOT / "partners" / "acme" / "samples" / "810_invoice.edi").read_bytes()
STRANGERS = (ROOT / "partners" / "bolt" / "samples" / "810_invoice.edi").read_bytes()  # bolt's, in the mailbox of acme
VAN = "{qualifier: '12', id: '2165550142', gs: 'BOLTEDI'}"


async def by_folder(world: World, data: bytes, tmp_path: Path) -> None:
    (folder := tmp_path / "drop").mkdir()
    (folder / "invoice.edi").write_bytes(data)
    channel = FolderChannel.model_validate({"name": "drop", "kind": "folder", "in": "drop", "settle": 0})
    assert await FolderPoller("acme/inbox", channel, tmp_path).poll(world.flow) == 1


async def outcome(world: World) -> tuple[list[str], list[str]]:
    """States of what was received, and kinds of what waits for a person."""
    await world.settle()
    states = await world.ledger.read(lambda c: c.exec_driver_sql("SELECT state FROM receipt").all())
    return [row.state for row in states], [case.kind for case in await world.cases()]


async def is_quarantined(world: World) -> None:
    assert await outcome(world) == (["quarantined"], ["identity.foreign"])
    assert world.events() == []
    [case] = await world.cases()
    assert (case.role, case.partner) == ("edi", "acme")
    assert "2165550142" in case.sentence
    rows = await world.ledger.read(lambda c: c.exec_driver_sql("SELECT verdict, sender FROM interchange").all())
    assert [tuple(row) for row in rows] == [("foreign", "12:2165550142")]


async def test_folder(ledger: Ledger, tmp_path: Path) -> None:
    world = World.make(ledger)
    await by_folder(world, STRANGERS, tmp_path)
    await is_quarantined(world)
    out = await world.out()
    assert any(name.startswith("TA1") and b"*R*006" in data for name, data in out.items())


async def test_a_hosted_mailbox(stored: Stored) -> None:
    async with stored() as site:
        async with site.login() as session:
            await session.put("/in/invoice.edi", STRANGERS)
        await is_quarantined(site.world)


async def test_a_partners_sftp_server(sshd: Sshd, ledger: Ledger) -> None:
    world = World.make(ledger)
    sshd.put("invoice.edi", STRANGERS)
    async with sshd.running():
        assert await SftpPoller("acme/inbox", sshd.settings(), sshd.resolve).poll(world.flow) == 1
    await is_quarantined(world)


async def test_as2(ledger: Ledger, tmp_path: Path) -> None:
    """The receipt is good all the same: it says that the bytes are stored."""
    async with company(ledger, replying(), {}, tmp_path) as us:
        answer = await us.post(*message(STRANGERS))
        assert receipt(answer).accepted
        us.world.time = clock.now()
        await is_quarantined(us.world)


@pytest.mark.parametrize("listed", [False, True])
async def test_a_van_carries_what_the_file_lists(ledger: Ledger, tmp_path: Path, listed: bool) -> None:
    """The invoice has acme's form and the identity of somebody else, who is its VAN or is not."""
    partners = tmp_path / "partners"
    shutil.copytree(ROOT / "partners" / "acme", partners / "acme")
    file = partners / "acme" / "partner.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("own: {qualifier") == 1
    if listed:
        file.write_text(text.replace("own: {qualifier", f"also: [{VAN}], own: {{qualifier"), encoding="utf-8")
    world = World.make(ledger)
    world.flow.book = load_book(partners, "prod")
    by_van = OWN.replace(b"*01*123456789      *", b"*12*2165550142     *").replace(b"*123456789*", b"*BOLTEDI*", 1)
    assert by_van != OWN
    await by_folder(world, by_van, tmp_path)
    states, kinds = await outcome(world)
    assert states == (["done"] if listed else ["quarantined"])
    assert ("identity.foreign" in kinds) == (not listed)
    assert bool(world.events()) == listed


def test_what_one_partner_lists_is_nobody_elses(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "partners", tmp_path / "partners")
    file = tmp_path / "partners" / "acme" / "partner.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("own: {qualifier", f"also: [{VAN}], own: {{qualifier"), encoding="utf-8")
    with pytest.raises(edi.ProfileError, match="12:2165550142 belongs to partner"):
        load_book(tmp_path / "partners", "prod")
