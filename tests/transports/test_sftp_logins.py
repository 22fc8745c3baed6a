"""Keys and passwords: how long each is good, what the log says, and that a stranger learns nothing from the time."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import argon2
import asyncssh
import pytest
from mailbox_desk import Hosted, Keys, Serve
from pydantic import ValidationError
from structlog.testing import capture_logs
from typer.testing import CliRunner

from gateway import clock
from gateway.cli import app
from gateway.transports import sftp
from gateway.transports.sftp import HostedMailbox, LoginRefused, PasswordRefused, connect, passwords

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
OLD, NEW = CHEAP.hash("old password"), CHEAP.hash("new password")


async def enter(hosted: Hosted, password: str, user: str = "one", key: str = "") -> None:
    """Log in and look. Raises LoginRefused."""
    server = hosted.server
    async with connect(
        "127.0.0.1", server.port, user, key, host_key=hosted.keys.host[1], password=password, patience=5
    ) as session:
        assert await session.listdir("/in") == []


async def test_password_only_where_the_file_allows_it(serve: Serve) -> None:
    async with serve(keys=[], passwords=[OLD]) as hosted:
        await enter(hosted, "old password")
        for wrong in ("new password", "", "old password "):
            with pytest.raises(LoginRefused):
                await enter(hosted, wrong)
    async with serve() as hosted:
        with pytest.raises(LoginRefused):
            await enter(hosted, "old password")


async def test_rotation_overlap_of_passwords(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old and new are good side by side; the old one ends with its day, and the log says so."""
    old = {"hash": OLD, "label": "2026", "until": clock.now().date()}
    async with serve(keys=[], passwords=[old, {"hash": NEW, "label": "2027"}]) as hosted:
        await enter(hosted, "old password")
        await enter(hosted, "new password")
        tomorrow = clock.now() + dt.timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda: tomorrow)
        with pytest.raises(LoginRefused), capture_logs() as said:
            await enter(hosted, "old password")
        assert ("sftp_login_ended", "2026") in _labels(said)
        await enter(hosted, "new password")


async def test_an_expired_key_is_named_in_the_log(serve: Serve, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ahead of its end at the start and once a day at a login, afterwards at every refusal."""
    ends = clock.now().date() + dt.timedelta(days=20)
    with capture_logs() as said:
        serving = serve(keys=[{"key": keys.partner[1], "label": "laptop", "until": ends}])
        hosted = await serving.__aenter__()
        async with hosted.login():
            pass
    assert _labels(said).count(("sftp_login_ends_soon", "laptop")) == 1
    assert [line["days"] for line in said if "days" in line] == [20]
    try:
        for days, word in ((1, "sftp_login_ends_soon"), (21, "sftp_login_ended")):
            later = clock.now() + dt.timedelta(days=days)
            with monkeypatch.context() as patch, capture_logs() as said:
                patch.setattr(clock, "now", lambda later=later: later)
                if days == 1:
                    async with hosted.login():
                        pass
                else:
                    with pytest.raises(LoginRefused):
                        async with hosted.login():
                            pass
            assert (word, "laptop") in _labels(said)
    finally:
        await serving.__aexit__(None, None, None)


def _labels(said: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(line["event"], line.get("label", "")) for line in said]


async def test_both_required(serve: Serve) -> None:
    async with serve(passwords=[OLD], login="both") as hosted:
        key = hosted.keys.partner[0]
        await enter(hosted, "old password", key=key)
        for password, offered in (("old password", ""), ("wrong", key), ("", key)):
            with pytest.raises(LoginRefused):
                await enter(hosted, password, key=offered)
        with pytest.raises(LoginRefused):
            await enter(hosted, "old password", key=hosted.keys.stranger[0])


async def test_one_method_of_one_name_does_not_count_for_another(serve: Serve) -> None:
    """A key of one name, then the password of another: asyncssh's hook is asked for the name that is logging in."""
    async with serve(passwords=[OLD], login="both") as hosted:
        door = sftp.door.Door(hosted.server)
        door.begin_auth("somebody")
        door._passed.add("key")
        door.begin_auth("one")
        assert door._passed == set()


def test_the_hook_of_logins_still_exists() -> None:
    assert callable(asyncssh.SSHServerConnection.send_userauth_success)
    assert callable(asyncssh.SSHServerConnection.send_userauth_failure)


async def test_unknown_names_take_as_long_as_known_ones(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of hashes is checked for a wrong password, an unknown name, a right password."""
    checked: list[int] = []
    original = passwords._fitting

    def counting(password: str, hashes: list[str]) -> list[str]:
        checked.append(len(hashes))
        assert all(argon2.extract_parameters(text) == argon2.extract_parameters(OLD) for text in hashes)
        return original(password, hashes)

    monkeypatch.setattr(passwords, "_fitting", counting)
    async with serve(keys=[], passwords=[OLD, NEW]) as hosted:
        await enter(hosted, "new password")
        for user in ("one", "nobody"):
            with pytest.raises(LoginRefused):
                await enter(hosted, "wrong", user)
    assert len(checked) >= 3
    assert set(checked) == {2}


async def test_methods_are_offered_alike_to_all_names(serve: Serve) -> None:
    """Who has a password and who has none, nobody is told."""
    async with serve(passwords=[OLD]) as hosted:
        said = []
        for user in ("one", "nobody"):
            with pytest.raises(LoginRefused) as refused:
                async with hosted.login(user, hosted.keys.stranger[0]):
                    pass
            said.append(str(refused.value).replace(user, "USER"))
        assert len(set(said)) == 1


async def test_passwords_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not more than a few are compared at a time: hashing must not take the machine."""
    running = most = 0
    lock = threading.Lock()
    release = threading.Event()

    def slow(password: str, hashes: list[str]) -> list[str]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == passwords.PARALLEL:
                release.set()
        release.wait(2)
        with lock:
            running -= 1
        return []

    monkeypatch.setattr(passwords, "_fitting", slow)
    checker = passwords.Checker([[OLD]])
    await asyncio.gather(*(checker.matching("x", [OLD]) for _ in range(8)))
    assert most == passwords.PARALLEL


async def test_a_reload_ends_sessions_of_a_password_that_is_gone(serve: Serve) -> None:
    async with serve(keys=[], passwords=[OLD]) as hosted:
        settings = HostedMailbox(name="inbox", user="one", passwords=[NEW])
        async with connect(
            "127.0.0.1", hosted.server.port, "one", host_key=hosted.keys.host[1], password="old password", patience=5
        ) as session:
            hosted.server.replace({"one/inbox": settings})
            with pytest.raises((asyncssh.Error, OSError)):
                for _ in range(100):
                    await session.listdir("/in")
        await enter(hosted, "new password")


async def test_only_from_the_partners_addresses(serve: Serve) -> None:
    async with serve(addresses=["127.0.0.2/32", "2001:db8::/32"]) as hosted:
        with pytest.raises(LoginRefused):
            async with hosted.login():
                pass
        async with asyncssh.connect(
            "127.0.0.1", hosted.server.port, known_hosts=None, config=[], username="one", agent_path=None,
            client_keys=[asyncssh.import_private_key(hosted.keys.partner[0])], local_addr=("127.0.0.2", 0),
        ) as connection, connection.start_sftp_client() as client:  # fmt: skip
            assert await client.listdir("/in") == [".", ".."]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "needs keys or passwords"),
        ({"keys": ["ssh-x"], "login": "both"}, "login: both needs keys and passwords"),
        ({"passwords": [OLD, NEW, OLD]}, "at most 2 items"),
        ({"keys": ["ssh-x"], "legacy_algorithms": True}, "legacy_algorithms needs addresses"),
        ({"keys": ["ssh-x"], "addresses": ["somewhere"]}, "valid IPv4 network"),
    ],
)
def test_settings_that_nobody_could_use(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        HostedMailbox.model_validate({"name": "inbox", "user": "one"} | settings)


@pytest.mark.parametrize(
    "text", ["", "secret", argon2.PasswordHasher(type=argon2.Type.I).hash("x")], ids=["empty", "plain", "other kind"]
)
def test_what_is_no_hash_is_refused_without_repeating_it(text: str) -> None:
    mailbox = HostedMailbox(name="inbox", user="one", passwords=["file:x"])
    with pytest.raises(PasswordRefused, match="not an argon2id hash") as refused:
        sftp.check(mailbox, lambda _: text)  # type: ignore[arg-type]
    assert not text or text not in str(refused.value)


def test_gateway_password_makes_a_hash() -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["password"], input="correct horse battery\ncorrect horse battery\n")
    assert done.exit_code == 0
    made = next(line for line in done.stdout.splitlines() if line.startswith("$argon2id$"))
    assert argon2.PasswordHasher().verify(made, "correct horse battery")
    short = runner.invoke(app, ["password"], input="short\nshort\n")
    assert short.exit_code == 1
    assert "at least 12 characters" in short.output
