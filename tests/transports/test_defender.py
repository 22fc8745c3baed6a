"""Who guesses is shut out, and nobody else notices: scores, bans, caps, the PROXY protocol."""

from __future__ import annotations

import asyncio
import struct
import time
from contextlib import suppress

import argon2
import asyncssh
import pytest
from mailbox_desk import Hosted, Serve

from gateway.transports.defender import (
    KNOWN_NAME,
    MOST_ADDRESSES,
    OVER_A_LIMIT,
    UNKNOWN_NAME,
    Defence,
    Defender,
)
from gateway.transports.sftp import proxy

GUESSED = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("nobody guesses this")
RULES = Defence(threshold=10, within=100, ban=50, longest_ban=150)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def passing() -> Clock:
    return Clock()


async def partner(hosted: Hosted) -> float:
    """A good partner logs in from another address and lists /in; how many seconds that takes."""
    began = time.monotonic()
    async with asyncssh.connect(
        "127.0.0.1", hosted.server.port, known_hosts=None, config=[], username="one", agent_path=None,
        client_keys=[asyncssh.import_private_key(hosted.keys.partner[0])], local_addr=("127.0.0.2", 0),
    ) as connection, connection.start_sftp_client() as client:  # fmt: skip
        assert await client.listdir("/in") == [".", ".."]
    return time.monotonic() - began


@pytest.mark.parametrize(("points", "needed"), [(KNOWN_NAME, 10), (UNKNOWN_NAME, 5), (OVER_A_LIMIT, 4)])
def test_points_add_up_to_a_ban(passing: Clock, points: int, needed: int) -> None:
    defender = Defender(RULES, passing)
    for number in range(needed):
        assert defender.lets_in("192.0.2.1"), number
        defender.score("192.0.2.1", points, "test")
    assert not defender.lets_in("192.0.2.1")
    assert defender.lets_in("192.0.2.2")
    passing.now += 51
    assert defender.lets_in("192.0.2.1")


def test_points_are_forgotten_after_the_observation_time(passing: Clock) -> None:
    defender = Defender(RULES, passing)
    for _ in range(9):
        defender.score("192.0.2.1", 1, "test")
    passing.now += 101
    defender.score("192.0.2.1", 9, "test")
    assert defender.lets_in("192.0.2.1")


def test_every_further_ban_is_longer(passing: Clock) -> None:
    defender = Defender(RULES, passing)
    for length in (50, 100, 150, 150):
        defender.score("192.0.2.1", 10, "test")
        passing.now += length - 1
        assert not defender.lets_in("192.0.2.1")
        passing.now += 2
        assert defender.lets_in("192.0.2.1")
    passing.now += 200  # long enough without trouble: the first length again
    defender.score("192.0.2.1", 10, "test")
    passing.now += 51
    assert defender.lets_in("192.0.2.1")


def test_allow_list(passing: Clock) -> None:
    rules = RULES.model_validate(RULES.model_dump() | {"never": ["192.0.2.0/24"]})
    defender = Defender(rules, passing)
    defender.trusted = Defence(never=["2001:db8::/32"]).never
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"):
        for _ in range(5):
            defender.score(address, 10, "test")
        assert defender.lets_in(address)


def test_ipv6_is_banned_by_network(passing: Clock) -> None:
    defender = Defender(RULES, passing)
    defender.score("2001:db8:1:2::1", 10, "test")
    assert not defender.lets_in("2001:db8:1:2:ffff::9")
    assert defender.lets_in("2001:db8:1:3::1")


def test_many_addresses_do_not_fill_memory(passing: Clock) -> None:
    """Those who are banned are kept longest."""
    defender = Defender(RULES, passing)
    defender.score("198.51.100.1", 10, "test")
    for number in range(MOST_ADDRESSES + 50):
        defender.score(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1, "test")
    assert len(defender._records) <= MOST_ADDRESSES
    assert not defender.lets_in("198.51.100.1")


async def test_brute_force_1000(serve: Serve) -> None:
    """A thousand guesses from one address: after the ban none of them costs anything, and a partner notices nothing."""
    async with serve(passwords=[GUESSED], listener={"defence": {"threshold": 12}}) as hosted:
        checked, original = 0, hosted.server.passwords.matching

        async def counting(password: str, hashes: object) -> str | None:
            nonlocal checked
            checked += 1
            return await original(password, hashes)  # type: ignore[arg-type]

        hosted.server.passwords.matching = counting  # type: ignore[method-assign, assignment]

        async def guess(number: int) -> None:
            with suppress(asyncssh.Error, OSError):
                async with asyncssh.connect(
                    "127.0.0.1", hosted.server.port, known_hosts=None, config=[], username="one", agent_path=None,
                    client_keys=None, password=f"guess {number}",
                ):  # fmt: skip
                    pytest.fail("a guess was let in")

        quiet = await partner(hosted)
        for number in range(12):
            await guess(number)
        assert not hosted.server.defender.lets_in("127.0.0.1")
        assert 0 < checked <= 12
        at_a_time = asyncio.Semaphore(50)
        guesses = [asyncio.create_task(_knock(hosted, at_a_time)) for _ in range(988)]
        assert await partner(hosted) < max(1.0, 5 * quiet)
        assert not any(await asyncio.gather(*guesses))
        assert checked <= 12
        assert not hosted.server.doors


async def _knock(hosted: Hosted, at_a_time: asyncio.Semaphore) -> bool:
    """Connect; whether the server says its version."""
    async with at_a_time:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
            said = await reader.read(4)
            writer.close()
            return said == b"SSH-"
        return False


async def test_idle_500(serve: Serve) -> None:
    """500 connections from one address that say nothing: most are turned away, and a partner comes in at once."""
    async with serve(listener={"max_connections_per_address": 20, "max_connections": 100}) as hosted:
        quiet = await partner(hosted)
        opened = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", hosted.server.port) for _ in range(500)), return_exceptions=True
        )
        assert await partner(hosted) < max(1.0, 5 * quiet)
        assert sum(door.address == "127.0.0.1" for door in hosted.server.doors) <= 20
        assert not hosted.server.defender.lets_in("127.0.0.1")
        for item in opened:
            if not isinstance(item, BaseException):
                item[1].close()


async def test_when_all_places_are_taken_the_oldest_stranger_goes(serve: Serve) -> None:
    async with serve(listener={"max_connections": 3}) as hosted, hosted.login() as session:
        idle = [await asyncio.open_connection("127.0.0.1", hosted.server.port) for _ in range(2)]
        for reader, _ in idle:
            assert await reader.read(4) == b"SSH-"
        await partner(hosted)
        with suppress(OSError):
            assert len(await idle[0][0].read()) < 10_000  # ended
        assert await session.listdir("/in") == []
        assert len(hosted.server.doors) <= 3
        for _, writer in idle:
            writer.close()


async def test_a_user_with_too_many_connections_is_scored(serve: Serve) -> None:
    async with serve(max_connections=1, listener={"defence": {"threshold": 3}}) as hosted, hosted.login():
        with pytest.raises((asyncssh.Error, OSError)):
            async with hosted.login() as second:
                await second.listdir("/")
        assert not hosted.server.defender.lets_in("127.0.0.1")


async def test_tries_in_one_connection_are_limited(serve: Serve) -> None:
    """A client that goes on guessing in one connection is cut off."""
    async with serve(passwords=[GUESSED]) as hosted:
        asked = 0

        class Guesser(asyncssh.SSHClient):
            def password_auth_requested(self) -> str:
                nonlocal asked
                asked += 1
                return f"guess {asked}"

        with pytest.raises(asyncssh.Error, match="too many tries"):
            await asyncssh.connect(
                "127.0.0.1", hosted.server.port, known_hosts=None, config=[], username="one", agent_path=None,
                client_keys=None, client_factory=Guesser,
            )  # fmt: skip
        assert asked == 4


# The PROXY protocol


V2 = proxy.SIGNATURE


def _v2(command: int, family: int, body: bytes) -> bytes:
    return V2 + struct.pack(">BBH", command, family, len(body)) + body


IPV4 = bytes([192, 0, 2, 1, 198, 51, 100, 1]) + struct.pack(">HH", 4000, 22)
IPV6 = bytes.fromhex("20010db8000000000000000000000001") * 2 + struct.pack(">HH", 4000, 22)


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 4000 22\r\n", "192.0.2.1"),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 4000 22\r\n", "2001:db8::1"),
        (b"PROXY UNKNOWN\r\n", ""),
        (b"PROXY UNKNOWN ffff:f...f:ffff 1 2\r\n", ""),
        (_v2(0x21, 0x11, IPV4), "192.0.2.1"),
        (_v2(0x21, 0x21, IPV6), "2001:db8::1"),
        (_v2(0x21, 0x11, IPV4 + b"\x04\0\x01x"), "192.0.2.1"),
        (_v2(0x20, 0, b""), ""),
        (_v2(0x21, 0x31, b"x" * 216), ""),
    ],
)
def test_proxy_headers(data: bytes, address: str) -> None:
    """Whole, and however the bytes come in."""
    assert proxy.read(data + b"SSH-2.0-x") == proxy.Header(address, b"SSH-2.0-x")
    for end in range(1, len(data)):
        assert proxy.read(data[:end]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"PROXY TCP4 192.0.2.1\r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.1 4000 22\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 4000 22\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.1 4000 22\r\n",
        b"PROXY " + b"x" * 200,
        _v2(0x31, 0x11, IPV4),
        _v2(0x21, 0x11, IPV4[:8]),
        V2 + b"\x21\x11\xff\xff",
        b"PROXX",
    ],
)
def test_what_is_no_proxy_header_is_refused(data: bytes) -> None:
    with pytest.raises(proxy.HeaderRefused):
        proxy.read(data)


async def _through(hosted: Hosted, header: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
    writer.write(header)
    try:
        return await asyncio.wait_for(reader.read(4), 3)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_proxy_from_configured_addresses_only(serve: Serve) -> None:
    header = b"PROXY TCP4 192.0.2.9 198.51.100.1 4000 22\r\n"
    async with serve(listener={"proxies": ["127.0.0.1/32"], "defence": {"threshold": 1}}) as hosted:
        reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
        writer.write(header)
        assert await reader.read(4) == b"SSH-"
        assert [door.address for door in hosted.server.doors] == ["192.0.2.9"]
        writer.close()
        assert await _through(hosted, b"SSH-2.0-x\r\n") == b""  # the proxy must say whom it brings
        await partner(hosted)  # from another address: no proxy, no header
        hosted.server.defender.score("192.0.2.9", 1, "test")
        assert await _through(hosted, header) == b""
        assert await _through(hosted, header.replace(b"2.9 ", b"2.8 ")) == b"SSH-"
    async with serve() as hosted:
        reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
        writer.write(header)
        with suppress(OSError):
            await reader.read()
        assert not any(door.address == "192.0.2.9" for door in hosted.server.doors)
        writer.close()


async def test_a_proxy_that_says_nothing_is_cut(serve: Serve) -> None:
    async with serve(listener={"proxies": ["127.0.0.1/32"], "login_timeout": "100ms"}) as hosted:
        assert await _through(hosted, b"") == b""
        assert not hosted.server._waiting
