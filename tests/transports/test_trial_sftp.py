"""`gateway partner check` of SFTP channels, against OpenSSH's server and our own: every step can fail, by its name."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest
from mailbox_desk import Hosted, Serve
from openssh import Sshd
from trials import failed, names, tried

from gateway.secrets import SecretError
from gateway.transports.sftp import HostedMailbox, Listener, fingerprint, passwords
from gateway.transports.trial import Step

LOGIN = ["configuration", "DNS", "TCP", "key exchange", "host key", "login", "SFTP"]


async def check(sshd: Sshd, **changes: Any) -> list[Step]:
    return await tried(sshd.settings(**changes), sshd.resolve)


async def test_all_is_well(sshd: Sshd) -> None:
    """Every folder is listed, a file is written, read back, renamed and deleted; nothing of it stays."""
    sshd.put("a.edi")
    async with sshd.running():
        steps = await check(sshd)
    out, archive, in_ = (str(sshd.root / name) for name in ("out", "out/archive", "in"))
    assert names(steps) == [
        *LOGIN,
        *(f"list {out}", f"list {archive}", f"archive in {out}"),
        *(f"list {in_}", f"write in {in_}", f"read back in {in_}", f"rename in {in_}", f"delete in {in_}"),
    ]
    assert [step.problem for step in steps if not step.fine] == []
    said = {step.name: step.note for step in steps}
    assert said["host key"] == f"{fingerprint(sshd.keys.host[1])}, as pinned"
    assert said[f"list {out}"] == "2 entries"
    assert said[f"read back in {in_}"] == "the same bytes"
    assert (sshd.names("in"), sshd.names("out"), sshd.names("out/archive")) == ([], ["a.edi"], [])
    assert all(0 <= step.seconds < 5 for step in steps)


async def test_only_what_the_channel_does_is_tried(sshd: Sshd) -> None:
    async with sshd.running():
        reading = await check(sshd, send=None, poll=sshd.poll(after_read="keep"))
        writing = await check(sshd, poll=None, send={"folder": str(sshd.root / "in"), "tmp_suffix": ""})
    assert names(reading) == [*LOGIN, f"list {sshd.root / 'out'}"]
    assert [name.partition(" in ")[0] for name in names(writing)[-3:]] == ["write", "read back", "delete"]


async def test_a_key_that_is_missing_here(sshd: Sshd) -> None:
    step = failed(await tried(sshd.settings(port=1), _nothing))
    assert step.name == "configuration"
    assert "file:key" in step.found


def _nothing(reference: str) -> str:
    if reference.startswith("file:"):
        raise SecretError(f"{reference}: there is no such file")
    return reference


async def test_no_such_name(sshd: Sshd) -> None:
    step = failed(await check(sshd, host="sftp.partner.invalid", port=22))
    assert step.name == "DNS"
    assert "sftp.partner.invalid has no address" in step.problem


async def test_a_closed_port(sshd: Sshd, unused_tcp_port: int) -> None:
    step = failed(await check(sshd, port=unused_tcp_port))
    assert step.name == "TCP"
    assert "refused" in step.found.lower()


async def test_a_server_that_is_no_ssh_server(sshd: Sshd) -> None:
    async with _answering(b"220 mail.example.com ESMTP\r\n") as port:
        step = failed(await tried(sshd.settings(port=port), sshd.resolve, patience=0.5))
    assert step.name == "key exchange"
    assert "check the port" in step.advice


async def test_a_server_that_says_nothing(sshd: Sshd) -> None:
    async with _answering(b"") as port:
        step = failed(await tried(sshd.settings(port=port), sshd.resolve, patience=0.3))
    assert step.name == "key exchange"


async def test_another_host_key(sshd: Sshd) -> None:
    other = fingerprint(sshd.keys.stranger[1])
    async with sshd.running():
        step = failed(await check(sshd, host_keys=[other]))
    assert step.name == "host key"
    assert (step.found, step.expected) == (fingerprint(sshd.keys.host[1]), other)
    assert "telephone" in step.advice


async def test_a_key_the_server_does_not_know(sshd: Sshd) -> None:
    async with sshd.running():
        step = failed(await check(sshd, key="file:other"))
    assert step.name == "login"
    assert fingerprint(sshd.keys.stranger[1]) in step.found


async def test_a_server_without_sftp(sshd: Sshd) -> None:
    sshd.more = "ForceCommand /bin/false"
    async with sshd.running():
        step = failed(await check(sshd))
    assert step.name == "SFTP"


@pytest.mark.parametrize("folder", ["out", "out/archive"])
async def test_a_folder_that_is_missing(sshd: Sshd, folder: str) -> None:
    shutil.rmtree(sshd.root / folder)
    async with sshd.running():
        steps = await check(sshd)
    first = next(step for step in steps if not step.fine)
    assert first.name == f"list {sshd.root / folder}"
    assert "No such file" in first.found
    assert names(steps)[-1].startswith("delete in")  # what does not depend on it is tried all the same


@pytest.mark.parametrize(
    ("denied", "step"),
    [
        (["read"], "read back"),
        (["rename", "posix-rename"], "rename"),
        (["remove"], "delete"),
        (["open", "write"], "write"),
    ],
)
async def test_a_right_that_is_missing(sshd: Sshd, denied: list[str], step: str) -> None:
    """Each is found by its name; what can be tried without it is tried."""
    sshd.deny = denied
    async with sshd.running():
        steps = await check(sshd, poll=None)
    wrong = [s for s in steps if not s.fine]
    if step == "read back":  # not needed: the size is known
        assert wrong == []
        assert next(s for s in steps if s.name.startswith("read back")).note.startswith("not allowed")
        return
    assert [s.name for s in wrong] == [f"{step} in {sshd.root / 'in'}"]
    assert "denied" in wrong[0].found.lower()
    assert wrong[0].advice
    assert bool(sshd.names("in")) == (step == "delete")


@pytest.mark.parametrize(("after_read", "denied"), [("delete", ["remove"]), ("archive", ["rename", "posix-rename"])])
async def test_read_files_that_cannot_be_cleared_away(sshd: Sshd, after_read: str, denied: list[str]) -> None:
    sshd.deny = denied
    async with sshd.running():
        step = failed(await check(sshd, send=None, poll=sshd.poll(after_read=after_read)))
    assert step.name == f"{after_read} in {sshd.root / 'out'}"
    assert "after_read: keep" in step.advice


async def test_a_folder_only_the_partner_may_write_to(sshd: Sshd) -> None:
    sshd.deny = ["write"]
    async with sshd.running():
        steps = await check(sshd, send=None)
    assert all(step.fine for step in steps)
    assert "cannot be tried" in steps[-1].note


# Mailboxes on our own server


def _resolve(hosted: Hosted) -> Any:
    known = {"file:host": hosted.keys.host[0], "file:other": hosted.keys.stranger[0]}
    return lambda reference: known.get(reference, reference)


def _listener(port: int, **changes: Any) -> Listener:
    return Listener.model_validate({"port": port, "host_keys": ["file:host"]} | changes)


def _mailbox(*keys: Any, user: str = "one") -> HostedMailbox:
    return HostedMailbox.model_validate({"name": "inbox", "user": user, "keys": keys})


async def test_our_own_mailbox(hosted: Hosted) -> None:
    """The running server takes the partner's key, which we show it without having the private one."""
    mine = _mailbox(hosted.keys.partner[1])
    steps = await tried(mine, _resolve(hosted), listener=_listener(hosted.server.port, host="0.0.0.0"))
    assert [step.problem for step in steps if not step.fine] == []
    assert names(steps) == ["logins", "configuration", "own listener", "key exchange", "host key", "login of one"]
    assert fingerprint(hosted.keys.partner[1]) in steps[-1].note
    assert hosted.desk.arrived == []


@pytest.mark.parametrize("what", ["user", "key"])
async def test_a_user_or_key_the_running_gateway_does_not_know(hosted: Hosted, what: str) -> None:
    key = hosted.keys.partner[1] if what == "user" else hosted.keys.stranger[1]
    mine = _mailbox(key, user="two" if what == "user" else "one")
    step = failed(await tried(mine, _resolve(hosted), listener=_listener(hosted.server.port)))
    assert step.name == f"login of {mine.user}"
    assert "SIGHUP" in step.advice


async def test_keys_that_have_ended(hosted: Hosted) -> None:
    ended = {"key": hosted.keys.partner[1], "until": dt.date(2020, 1, 1)}
    step = failed(await tried(_mailbox(ended), _resolve(hosted), listener=_listener(hosted.server.port)))
    assert step.name == "logins"
    assert "until 2020-01-01 (has ended)" in step.found
    both = await tried(
        _mailbox(ended, hosted.keys.partner[1]), _resolve(hosted), listener=_listener(hosted.server.port)
    )
    assert all(step.fine for step in both)
    assert "has ended" in both[0].note


async def test_what_only_the_partner_can_try(hosted: Hosted) -> None:
    """A password, and a login from elsewhere: said, and no failure."""
    listener = _listener(hosted.server.port)
    by_password = HostedMailbox.model_validate({"name": "inbox", "user": "one", "passwords": [passwords.hashed("x")]})
    steps = await tried(by_password, _resolve(hosted), listener=listener)
    assert all(step.fine for step in steps)
    assert "only the partner has the password" in steps[-1].note
    elsewhere = {"keys": [hosted.keys.stranger[1]], "addresses": ["192.0.2.0/24"]}
    steps = await tried(
        HostedMailbox.model_validate({"name": "inbox", "user": "one"} | elsewhere), _resolve(hosted), listener=listener
    )
    assert all(step.fine for step in steps)
    assert "only from 192.0.2.0/24" in steps[-1].note


async def test_no_listener(hosted: Hosted, unused_tcp_port: int) -> None:
    mine = _mailbox(hosted.keys.partner[1])
    assert failed(await tried(mine, _resolve(hosted))).name == "configuration"
    step = failed(await tried(mine, _resolve(hosted), listener=_listener(unused_tcp_port)))
    assert step.name == "own listener"
    assert "gateway run" in step.advice
    assert failed(await tried(mine, _resolve(hosted), listener=_listener(0))).found == "port: 0"


async def test_another_server_on_our_port(hosted: Hosted) -> None:
    mine, listener = _mailbox(hosted.keys.partner[1]), _listener(hosted.server.port, host_keys=["file:other"])
    step = failed(await tried(mine, _resolve(hosted), listener=listener))
    assert step.name == "host key"
    assert step.found == fingerprint(hosted.keys.host[1])


async def test_an_rsa_key_is_offered_too(serve: Serve) -> None:
    public = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode()
    async with serve(keys=[public]) as hosted:
        steps = await tried(_mailbox(public), _resolve(hosted), listener=_listener(hosted.server.port))
    assert all(step.fine for step in steps), steps


@asynccontextmanager
async def _answering(greeting: bytes) -> AsyncIterator[int]:
    """A server that says something and then nothing."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
