"""Polling and writing at the partner's SFTP server, which here is asyncssh's own on a temporary folder, with faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from mailbox_desk import PAYLOAD, Desk, Keys, parcel

from gateway.ports import Done, Outcome, Parcel, Transient, Unknown
from gateway.transports.sftp import PolledMailbox, SftpPoller, SftpSink, fingerprint

SOURCE = "one/sftp"


@dataclass
class Partner:
    """A server of somebody else. `faults` are counted down: how often an operation misbehaves."""

    root: Path
    keys: Keys
    port: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def settings(self, **changes: Any) -> PolledMailbox:
        return PolledMailbox.model_validate(
            {
                "name": "sftp",
                "kind": "sftp",
                "host": "127.0.0.1",
                "port": self.port,
                "host_keys": [fingerprint(self.keys.host[1])],
                "user": "env:USER_NAME",
                "key": "file:key",
                "timeout": "2s",
                "poll": {"folder": "/out", "settle": 0},
                "send": {"folder": "/in"},
            }
            | changes
        )

    def resolve(self, reference: str) -> str:
        return {"env:USER_NAME": "buyer", "file:key": self.keys.partner[0], "file:other": self.keys.stranger[0]}[
            reference
        ]

    def due(self, fault: str) -> bool:
        left = self.faults.get(fault, 0)
        self.faults[fault] = left - 1
        return left > 0

    def names(self, folder: str) -> list[str]:
        return sorted(p.name for p in (self.root / folder).iterdir() if p.is_file())


class _Files(asyncssh.SFTPServer):
    """asyncssh's server with the faults of a Partner."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], partner: Partner) -> None:
        super().__init__(chan, chroot=str(partner.root).encode())
        self._partner = partner

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._partner.done.append("posix_rename")
        if self._partner.due("no_posix_rename"):
            raise asyncssh.SFTPOpUnsupported("posix-rename is not known here")
        if self._partner.due("cut_before_rename"):
            self.connection.abort()
            return
        super().posix_rename(oldpath, newpath)
        if self._partner.due("taken_after_rename"):
            Path(self.map_path(newpath).decode()).unlink()
            self.connection.abort()
        if self._partner.due("cut_after_rename"):
            self.connection.abort()

    def fsync(self, file_obj: object) -> None:
        self._partner.done.append("fsync")
        if self._partner.due("no_fsync"):
            raise asyncssh.SFTPOpUnsupported("fsync is not known here")

    def remove(self, path: bytes) -> None:
        if self._partner.due("remove_denied"):
            raise asyncssh.SFTPPermissionDenied("you may not delete")
        super().remove(path)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if self._partner.due("cut_in_write"):
            self.connection.abort()
        if self._partner.due("lose_bytes"):
            return super().write(file_obj, offset, data[:-1]) + 1
        return super().write(file_obj, offset, data)

    def close(self, file_obj: object) -> None:
        super().close(file_obj)
        if self._partner.due("cut_at_close"):
            self.connection.abort()

    async def stat(self, path: bytes) -> object:
        if self._partner.due("hang"):
            await asyncio.sleep(60)
        return super().stat(path)


class _Doorman(asyncssh.SSHServer):
    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "buyer" and key == asyncssh.import_public_key(self._partner.keys.partner[1])


@pytest.fixture
async def partner(tmp_path: Path, keys: Keys) -> AsyncIterator[Partner]:
    for folder in ("in", "out", "out/archive"):
        (tmp_path / folder).mkdir()
    there = Partner(tmp_path, keys)
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Doorman(there),
        server_host_keys=[asyncssh.import_private_key(keys.host[0])],
        sftp_factory=lambda chan: _Files(chan, there),
        config=[],
    )
    there.port = acceptor.get_port()
    yield there
    acceptor.close()
    await acceptor.wait_closed()


async def _send(partner: Partner, what: Parcel, **changes: Any) -> Outcome:
    return await SftpSink(partner.settings(**changes), partner.resolve).send(what)


async def test_poll_archives(partner: Partner, desk: Desk) -> None:
    (partner.root / "out/a.edi").write_bytes(b"ISA*")
    poller = SftpPoller(SOURCE, partner.settings(), partner.resolve)
    assert await poller.poll(desk) == 1
    assert partner.names("out") == []
    assert partner.names("out/archive") == ["a.edi"]
    (arrival,) = desk.arrived
    assert (arrival.mailbox, arrival.name, arrival.data) == (SOURCE, "a.edi", b"ISA*")
    assert arrival.facts["transport"] == "sftp"
    assert arrival.facts["peer"] == f"127.0.0.1:{partner.port}"
    assert arrival.facts["path"] == "/out/a.edi"
    assert poller.problem == ""


async def test_poll_delete_denied_then_allowed(partner: Partner, desk: Desk) -> None:
    (partner.root / "out/a.edi").write_bytes(b"ISA*" * 600_000)
    partner.faults["remove_denied"] = 1
    settings = partner.settings(poll={"folder": "/out", "settle": 0, "after_read": "delete"})
    poller = SftpPoller(SOURCE, settings, partner.resolve)
    assert await poller.poll(desk) == 1
    assert "you may not delete" in poller.problem
    assert await poller.poll(desk) == 0
    assert partner.names("out") == []
    assert poller.problem == ""
    assert len(desk.arrived) == 1


async def test_poll_of_a_missing_folder_backs_off(partner: Partner, desk: Desk) -> None:
    settings = partner.settings(poll={"folder": "/elsewhere", "settle": 0})
    poller = SftpPoller(SOURCE, settings, partner.resolve)
    assert await poller.poll(desk) == 0
    assert poller.problem != ""
    (partner.root / "elsewhere").mkdir()
    (partner.root / "elsewhere/archive").mkdir()
    (partner.root / "elsewhere/a.edi").write_bytes(b"ISA*")
    assert await poller.poll(desk) == 0  # within the pause nobody is asked
    poller._not_before = None
    assert await poller.poll(desk) == 1
    assert poller.problem == ""


async def test_remote_host_key_changed(partner: Partner, desk: Desk) -> None:
    """Refused with an alarm on both ways; nothing is sent and nothing is read."""
    (partner.root / "out/a.edi").write_bytes(b"ISA*")
    pinned = {"host_keys": [fingerprint(partner.keys.stranger[1])]}
    poller = SftpPoller(SOURCE, partner.settings(**pinned), partner.resolve)
    assert await poller.poll(desk) == 0
    assert poller.alarm == "credential"
    assert "not one of those pinned" in poller.problem
    outcome = await _send(partner, parcel(), **pinned)
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "credential")
    assert partner.names("in") == []
    assert desk.arrived == []


async def test_key_refused(partner: Partner, desk: Desk) -> None:
    poller = SftpPoller(SOURCE, partner.settings(key="file:other"), partner.resolve)
    assert await poller.poll(desk) == 0
    assert (poller.alarm, "refuses user buyer" in poller.problem) == ("credential", True)
    outcome = await _send(partner, parcel(), key="file:other")
    assert isinstance(outcome, Transient)
    assert outcome.alarm == "credential"


async def test_partner_down(partner: Partner, desk: Desk, unused_tcp_port: int) -> None:
    poller = SftpPoller(SOURCE, partner.settings(port=unused_tcp_port), partner.resolve)
    assert await poller.poll(desk) == 0
    assert (poller.alarm, poller.problem != "") == ("", True)
    outcome = await _send(partner, parcel(), port=unused_tcp_port)
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "")


async def test_a_server_that_hangs_is_given_up(partner: Partner, desk: Desk) -> None:
    (partner.root / "out/a.edi").write_bytes(b"ISA*")
    partner.faults["hang"] = 1
    poller = SftpPoller(SOURCE, partner.settings(timeout="300ms"), partner.resolve)
    async with asyncio.timeout(5):
        assert await poller.poll(desk) == 0
    assert poller.problem != ""


async def test_send(partner: Partner) -> None:
    assert await _send(partner, parcel()) == Done(note="written as /in/850_P00042_000000007.edi")
    assert partner.names("in") == ["850_P00042_000000007.edi"]
    assert (partner.root / "in/850_P00042_000000007.edi").read_bytes() == PAYLOAD
    assert partner.done == ["fsync", "posix_rename"]


async def test_send_without_extensions(partner: Partner) -> None:
    partner.faults = {"no_posix_rename": 1, "no_fsync": 1}
    assert isinstance(await _send(partner, parcel()), Done)
    assert partner.names("in") == ["850_P00042_000000007.edi"]


async def test_an_upload_cut_before_the_rename_is_repeated(partner: Partner) -> None:
    partner.faults = {"cut_in_write": 1}
    first = await _send(partner, parcel())
    assert isinstance(first, Transient)
    assert first.scope == "connector"
    assert isinstance(await _send(partner, parcel(attempt=2)), Done)
    assert partner.names("in") == ["850_P00042_000000007.edi"]
    assert (partner.root / "in/850_P00042_000000007.edi").read_bytes() == PAYLOAD


async def test_a_lost_close_is_not_taken_for_done(partner: Partner) -> None:
    partner.faults = {"cut_at_close": 1}
    assert isinstance(await _send(partner, parcel()), Transient)
    assert isinstance(await _send(partner, parcel(attempt=2)), Done)
    assert partner.names("in") == ["850_P00042_000000007.edi"]


@pytest.mark.parametrize(
    ("fault", "left"), [("cut_after_rename", ["850_P00042_000000007.edi"]), ("taken_after_rename", [])]
)
async def test_a_lost_answer_to_the_rename_is_looked_up(partner: Partner, fault: str, left: list[str]) -> None:
    partner.faults = {fault: 1}
    outcome = await _send(partner, parcel())
    assert isinstance(outcome, Done)
    assert outcome.effect == "already_there"
    assert partner.names("in") == left
    assert partner.done.count("posix_rename") == 1


async def test_a_rename_that_never_happened_is_repeated(partner: Partner) -> None:
    partner.faults = {"cut_before_rename": 1}
    assert isinstance(await _send(partner, parcel()), Transient)
    assert partner.names("in") == ["850_P00042_000000007.edi.tmp"]
    assert isinstance(await _send(partner, parcel(attempt=2)), Done)
    assert partner.names("in") == ["850_P00042_000000007.edi"]


async def test_no_look_possible_is_an_unknown_outcome(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    partner.faults = {"cut_after_rename": 1}
    sink = SftpSink(partner.settings(), partner.resolve)
    original = _Doorman.validate_public_key
    monkeypatch.setattr(_Doorman, "validate_public_key", lambda s, u, k: original(s, u, k) and partner.due("login"))
    partner.faults["login"] = 2  # a login asks twice: may this key, and is this its signature
    outcome = await sink.send(parcel())
    assert isinstance(outcome, Unknown)
    partner.faults["login"] = 9
    again = await sink.send(parcel(attempt=2, probe=True))
    assert isinstance(again, Done)
    assert again.effect == "already_there"
    assert partner.done.count("posix_rename") == 1


async def test_a_short_file_is_not_renamed(partner: Partner) -> None:
    partner.faults = {"lose_bytes": 1}
    outcome = await _send(partner, parcel())
    assert isinstance(outcome, Transient)
    assert "has 3999 bytes after writing 4000" in outcome.reason
    assert partner.names("in") == ["850_P00042_000000007.edi.tmp"]


async def test_another_file_of_the_name_is_left_alone(partner: Partner) -> None:
    (partner.root / "in/850_P00042_000000007.edi").write_bytes(b"another")
    assert isinstance(await _send(partner, parcel()), Done)
    assert partner.names("in") == ["850_P00042_000000007-d1.edi", "850_P00042_000000007.edi"]
    assert isinstance(again := await _send(partner, parcel(attempt=2)), Done)
    assert again.effect == "already_there"


async def test_direct_writing_overwrites_its_own_half(partner: Partner) -> None:
    partner.faults = {"cut_in_write": 1}
    send = {"folder": "/in", "tmp_suffix": ""}
    assert isinstance(await _send(partner, parcel(), send=send), Transient)
    assert isinstance(await _send(partner, parcel(attempt=2), send=send), Done)
    assert partner.names("in") == ["850_P00042_000000007.edi"]
    assert (partner.root / "in/850_P00042_000000007.edi").read_bytes() == PAYLOAD


async def test_a_missing_folder_is_a_matter_of_configuration(partner: Partner) -> None:
    outcome = await _send(partner, parcel(), send={"folder": "/nowhere"})
    assert isinstance(outcome, Transient)
    assert (outcome.scope, outcome.alarm) == ("connector", "config")
    assert "/nowhere cannot be written" in outcome.reason


async def test_a_parcel_without_bytes_is_our_mistake(partner: Partner) -> None:
    with pytest.raises(ValueError, match="has no bytes"):
        await _send(partner, parcel(payload=None))


async def test_killed_after_the_rename_the_file_is_not_sent_twice(partner: Partner) -> None:
    """The process died before it could note the attempt: the next one looks like the first."""
    assert isinstance(await _send(partner, parcel()), Done)
    before = partner.names("in")
    again = await _send(partner, parcel())
    assert isinstance(again, Done)
    assert again.effect == "already_there"
    assert partner.names("in") == before
