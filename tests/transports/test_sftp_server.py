"""Who gets in, what else is offered (nothing), and the limits of connections, sessions, files and time."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Any

import asyncssh
import pytest
from mailbox_desk import MAILBOX, Desk, Hosted, Keys, Serve

from gateway import clock
from gateway.transports.sftp import (
    HostedMailbox,
    HostKeyChanged,
    KeyRefused,
    Listener,
    LoginRefused,
    SftpServer,
    connect,
    door,
    fingerprint,
    generate_key,
    protocol,
)


async def test_login_with_fingerprint_or_key(hosted: Hosted) -> None:
    public = hosted.keys.host[1]
    for pin in (public, fingerprint(public), [fingerprint(hosted.keys.stranger[1]), fingerprint(public)]):
        async with connect("127.0.0.1", hosted.server.port, "one", hosted.keys.partner[0], host_key=pin) as session:
            assert len(await session.listdir("/")) == 3
    assert hosted.server.fingerprints == [fingerprint(public)]


async def test_host_key_changed(hosted: Hosted) -> None:
    pin = fingerprint(hosted.keys.stranger[1])
    with pytest.raises(HostKeyChanged, match=r"shows host key SHA256:.* not one of those pinned"):
        async with connect("127.0.0.1", hosted.server.port, "one", hosted.keys.partner[0], host_key=pin):
            pass
    assert not any(door.user for door in hosted.server.doors)


async def test_strangers_learn_nothing(hosted: Hosted) -> None:
    """An unknown user and an unknown key get the same answer, and neither reaches the store."""
    said = []
    for user, key in (("one", hosted.keys.stranger[0]), ("nobody", hosted.keys.partner[0]), ("root", "")):
        with pytest.raises(LoginRefused) as refused:
            async with hosted.login(user, key or hosted.keys.stranger[0]):
                pass
        said.append(str(refused.value).replace(user, "USER"))
    assert len(set(said)) == 1
    with pytest.raises(LoginRefused):
        async with connect(
            "127.0.0.1", hosted.server.port, "one", host_key=hosted.keys.host[1], password="guess", patience=5
        ):
            pass


async def test_rotation_overlap(serve: Serve, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several keys with label and last day: both work in the overlap, the old one ends with its day."""
    new_private, new_public = generate_key()
    today = clock.now().date()
    old = {"key": keys.partner[1], "label": "2026", "until": today}
    async with serve(keys=[old, {"key": new_public, "label": "2027"}]) as hosted:
        for private in (keys.partner[0], new_private):
            async with hosted.login(key=private) as session:
                assert await session.listdir("/in") == []
        tomorrow = clock.now() + dt.timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda: tomorrow)
        with pytest.raises(LoginRefused):
            async with hosted.login():
                pass
        async with hosted.login(key=new_private) as session:
            assert await session.listdir("/in") == []


async def test_keys_from_a_file_with_several_lines(desk: Desk, keys: Keys) -> None:
    texts = {"file:host": keys.host[0], "file:a.pub": f"# ours\n{keys.stranger[1]}\n\n{keys.partner[1]}"}
    mailbox = HostedMailbox(name="inbox", user="one", keys=["file:a.pub"])
    running = SftpServer(Listener(port=0, host_keys=("file:host",)), {MAILBOX: mailbox}, desk, desk, texts.__getitem__)
    await running.start()
    try:
        for private in (keys.partner[0], keys.stranger[0]):
            async with connect("127.0.0.1", running.port, "one", private, host_key=keys.host[1]) as session:
                assert await session.listdir("/in") == []
    finally:
        await running.stop()


def test_mistakes_in_keys_are_said_at_the_start(desk: Desk, keys: Keys) -> None:
    def make(mailboxes: dict[str, HostedMailbox], host: str = keys.host[0]) -> SftpServer:
        return SftpServer(Listener(host_keys=("file:host",)), mailboxes, desk, desk, lambda _: host)

    good = HostedMailbox(name="inbox", user="one", keys=[keys.partner[1]])
    with pytest.raises(KeyRefused, match="not a public key in OpenSSH's form"):
        make({MAILBOX: good.model_copy(update={"keys": HostedMailbox(name="x", user="x", keys=["ssh-x"]).keys})})
    with pytest.raises(KeyRefused, match="not an unencrypted private key"):
        make({MAILBOX: good}, host="nonsense")
    with pytest.raises(ValueError, match="'one' has a mailbox already"):
        make({MAILBOX: good, "two/inbox": good})
    weak = asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_public_key().decode()
    with pytest.raises(KeyRefused, match="an RSA key needs 2048 bits; this one has 1024"):
        make({MAILBOX: HostedMailbox(name="inbox", user="one", keys=[weak])})


async def test_rsa_partner_key(serve: Serve) -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    private, public = key.export_private_key().decode(), key.export_public_key().decode()
    async with serve(keys=[public]) as hosted, hosted.login(key=private) as session:
        assert await session.listdir("/in") == []


async def _raw(hosted: Hosted, **options: object) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1",
        hosted.server.port,
        known_hosts=None,
        config=[],
        username="one",
        client_keys=[asyncssh.import_private_key(hosted.keys.partner[0])],
        agent_path=None,
        **options,
    )


async def test_no_other_channel(hosted: Hosted) -> None:
    async with await _raw(hosted) as connection:
        for command in (None, "id", "scp -t /in", "internal-sftp"):
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.create_process(command)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(subsystem="netconf")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", 22)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_unix_connection("/run/x")
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 22)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(subsystem="sftp", term_type="xterm", request_pty="force")
        async with connection.start_sftp_client(env={"LD_PRELOAD": "/in/x.so"}) as client:
            assert await client.listdir("/in") == [".", ".."]
            assert client.version == 3


async def test_newer_protocol_versions_get_version_3(hosted: Hosted) -> None:
    async with await _raw(hosted) as connection, connection.start_sftp_client(sftp_version=6) as client:
        assert client.version == 3


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.parametrize(
    "old",
    [
        {"kex_algs": ["diffie-hellman-group14-sha1"]},
        {"mac_algs": ["hmac-sha1"], "encryption_algs": ["aes128-ctr"]},
    ],
)
async def test_legacy_only_by_opt_in(serve: Serve, old: dict[str, list[str]]) -> None:
    async with serve() as hosted:
        with pytest.raises(asyncssh.KeyExchangeFailed):
            await _raw(hosted, **old)
    opted_in: dict[str, Any] = {"legacy_algorithms": True, "addresses": ["127.0.0.1"]}
    async with serve(**opted_in) as hosted:
        async with await _raw(hosted, **old):
            pass
        with pytest.raises(asyncssh.KeyExchangeFailed):  # to others they are not even offered
            await _raw(hosted, local_addr=("127.0.0.2", 0), **old)


async def test_weak_ciphers_are_never_offered(serve: Serve) -> None:
    async with serve(legacy_algorithms=True, addresses=["127.0.0.1"]) as hosted:
        for cipher in ("aes128-cbc", "3des-cbc", "arcfour"):
            with pytest.raises(asyncssh.KeyExchangeFailed):
                await _raw(hosted, encryption_algs=[cipher])


async def test_host_key_rotation(desk: Desk, keys: Keys) -> None:
    """The next host key is announced ahead to clients that listen (hostkeys-00@openssh.com); the first one is used."""
    next_private, next_public = generate_key()
    texts = {"file:now": keys.host[0], "file:next": next_private}
    mailbox = HostedMailbox(name="inbox", user="one", keys=[keys.partner[1]])
    listener = Listener(port=0, host_keys=("file:now", "file:next"))
    running = SftpServer(listener, {MAILBOX: mailbox}, desk, desk, texts.__getitem__)
    await running.start()
    announced: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

    def changed(added: list[asyncssh.SSHKey], _removed: object, kept: list[asyncssh.SSHKey], _revoked: object) -> None:
        announced.set_result([key.get_fingerprint() for key in added + kept])

    try:
        connection = await asyncssh.connect(
            "127.0.0.1",
            running.port,
            known_hosts=lambda *_: ([asyncssh.import_public_key(keys.host[1])], [], []),
            server_host_keys_handler=changed,
            config=[],
            username="one",
            client_keys=[asyncssh.import_private_key(keys.partner[0])],
        )
        async with connection, asyncio.timeout(3):
            assert set(await announced) == {fingerprint(keys.host[1]), fingerprint(next_public)}
    finally:
        await running.stop()


async def test_connections_of_a_user_are_limited(serve: Serve) -> None:
    async with serve(max_connections=2) as hosted:
        async with hosted.login(), hosted.login():
            with pytest.raises((asyncssh.Error, OSError)):
                async with hosted.login() as third:
                    await third.listdir("/")
        async with hosted.login() as session:
            assert await session.listdir("/in") == []


async def test_claiming_a_name_does_not_use_up_its_connections(serve: Serve) -> None:
    async with serve(max_connections=1) as hosted:
        for _ in range(3):
            with pytest.raises(LoginRefused):
                async with hosted.login(key=hosted.keys.stranger[0]):
                    pass
        async with hosted.login() as session:
            assert await session.listdir("/in") == []


async def test_all_connections_are_limited(serve: Serve) -> None:
    async with serve(listener={"max_connections": 2}) as hosted:
        async with hosted.login(), hosted.login():
            reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
            with pytest.raises((OSError, AssertionError)):  # reset, or closed without a key exchange
                assert len(await reader.read()) > 100
            writer.close()
        async with hosted.login() as session:
            assert await session.listdir("/in") == []


async def test_login_timeout(serve: Serve) -> None:
    async with serve(listener={"login_timeout": "200ms"}) as hosted:
        reader, writer = await asyncio.open_connection("127.0.0.1", hosted.server.port)
        began = time.monotonic()
        async with asyncio.timeout(3):
            await reader.read()
        assert 0.1 < time.monotonic() - began < 2
        writer.close()


async def test_idle_connections_end(serve: Serve) -> None:
    async with serve(listener={"idle": "300ms"}) as hosted, hosted.login() as session:
        for _ in range(4):
            await asyncio.sleep(0.15)
            await session.listdir("/")
        await asyncio.sleep(0.6)
        with pytest.raises((asyncssh.Error, OSError)):
            await session.listdir("/")


async def test_idle_does_not_cut_a_commit(serve: Serve) -> None:
    async with serve(listener={"idle": "200ms"}) as hosted, hosted.login() as session:
        hosted.desk.gate = asyncio.Event()
        putting = asyncio.create_task(session.put("/in/a.edi", b"ISA*"))
        await asyncio.sleep(0.5)
        hosted.desk.gate.set()
        await putting


async def test_sessions_and_open_files_are_limited(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "FILES_A_SESSION", 3)
    monkeypatch.setattr(door, "SESSIONS_A_CONNECTION", 2)
    hosted.desk.place(MAILBOX, "o.edi", b"UNB+")
    async with hosted.login() as session:
        files = [await session.raw.open("/out/o.edi", "rb", encoding=None) for _ in range(3)]
        with pytest.raises(asyncssh.SFTPFailure, match="3 files are open"):
            await session.get("/out/o.edi")
        await files[0].close()
        assert await session.get("/out/o.edi") == b"UNB+"
    async with await _raw(hosted) as connection, connection.start_sftp_client(), connection.start_sftp_client():
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.start_sftp_client()


async def test_a_reader_that_never_reads_does_not_fill_memory(hosted: Hosted) -> None:
    """Requests are answered only as fast as the client takes the answers."""
    hosted.desk.place(MAILBOX, "o.edi", b"x" * 1_000_000)
    reads = 0

    async with hosted.login() as session:
        original = protocol.Files.read

        def counting(self: protocol.Files, file_obj: object, offset: int, size: int) -> bytes:
            nonlocal reads
            reads += 1
            return original(self, file_obj, offset, size)

        protocol.Files.read = counting  # type: ignore[method-assign]
        try:
            file = await session.raw.open("/out/o.edi", "rb", encoding=None)
            session.raw._handler._reader.channel.pause_reading()
            asking = [asyncio.create_task(session.raw._handler.read(file._handle, 0, 1_000_000)) for _ in range(200)]
            await asyncio.sleep(0.3)
            assert 0 < reads < 50
        finally:
            protocol.Files.read = original  # type: ignore[method-assign]
        session.abort()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_replace_mailboxes_while_running(hosted: Hosted) -> None:
    """A reload keeps sessions, ends those whose key or account is gone, and takes new limits at once."""
    other = generate_key()
    both = HostedMailbox(name="inbox", user="one", keys=[hosted.keys.partner[1], other[1]], max_file="10B")
    async with hosted.login() as session:
        hosted.server.replace({MAILBOX: both})
        with pytest.raises(asyncssh.SFTPFailure, match="a file may have 10 bytes"):
            await session.put("/in/a.edi", b"x" * 11)
        hosted.server.replace({MAILBOX: HostedMailbox(name="inbox", user="one", keys=[other[1]])})
        await asyncio.sleep(0.05)
        with pytest.raises((asyncssh.Error, OSError)):
            await session.listdir("/")
    async with hosted.login(key=other[0]) as session:
        hosted.server.replace({})
        await asyncio.sleep(0.05)
        with pytest.raises((asyncssh.Error, OSError)):
            await session.listdir("/")
    with pytest.raises(LoginRefused):
        async with hosted.login(key=other[0]):
            pass


async def test_many_clients_side_by_side(serve: Serve) -> None:
    async with serve(max_connections=20) as hosted:

        async def partner(number: int) -> None:
            async with hosted.login() as session:
                for n in range(5):
                    await session.put(f"/in/{number}-{n}.edi", b"ISA*%d" % number)

        await asyncio.gather(*(partner(n) for n in range(8)))
    assert len({(a.name, a.data) for a in hosted.desk.arrived}) == 40
