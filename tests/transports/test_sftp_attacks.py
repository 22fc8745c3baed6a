"""A partner that means harm: packets made by hand over a good login, and packets that are no packets.

What must hold: nothing outside the mailbox is read, named or written; no request meets an error of ours; the next
session works.
"""

from __future__ import annotations

import random
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest
from mailbox_desk import MAILBOX, Hosted, Serve

from gateway.transports.sftp import protocol

OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR = range(3, 13)
REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK, LINK, EXTENDED = (
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    200,
)
STATUS, HANDLE, NAME, ATTRS = 101, 102, 104, 105
OK, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, UNSUPPORTED = 0, 2, 3, 4, 8
NO_ATTRS = struct.pack(">I", 0)
READING, WRITING = struct.pack(">I", 1), struct.pack(">I", 2 | 8 | 16)  # READ; WRITE, CREAT, TRUNC


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


class Wire:
    """An sftp channel without a client library."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes], reader: asyncssh.SSHReader[bytes]) -> None:
        self._writer, self._reader = writer, reader
        self._number = 0

    def send(self, kind: int, payload: bytes) -> None:
        self._number += 1
        body = bytes([kind]) + struct.pack(">I", self._number) + payload
        self.raw(text(body))

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def ask(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        self.send(kind, payload)
        answer = await self.answer()
        assert struct.unpack(">I", answer[1:5])[0] == self._number
        return answer[0], answer[5:]

    async def answer(self) -> bytes:
        size = struct.unpack(">I", await self._reader.readexactly(4))[0]
        return await self._reader.readexactly(size)

    async def status(self, kind: int, payload: bytes) -> int:
        """The code of a STATUS answer."""
        answered, body = await self.ask(kind, payload)
        assert answered == STATUS, (answered, body)
        return int(struct.unpack(">I", body[:4])[0])

    async def handle(self, kind: int, payload: bytes) -> bytes:
        answered, body = await self.ask(kind, payload)
        assert answered == HANDLE, body
        return body[4:]


@asynccontextmanager
async def login(hosted: Hosted) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with asyncssh.connect(
        "127.0.0.1", hosted.server.port, known_hosts=None, config=[], username="one", agent_path=None,
        client_keys=[asyncssh.import_private_key(hosted.keys.partner[0])],
    ) as connection:  # fmt: skip
        yield connection


async def channel(connection: asyncssh.SSHClientConnection, hello: bytes = b"\x01\0\0\0\x03") -> Wire:
    writer, reader, _ = await connection.open_session(subsystem="sftp", encoding=None)
    wire = Wire(writer, reader)
    wire.raw(text(hello))
    return wire


@pytest.fixture
async def wire(hosted: Hosted, tmp_path: Path) -> AsyncIterator[Wire]:
    (tmp_path / "secret.txt").write_text("the host's own")
    async with login(hosted) as connection:
        opened = await channel(connection)
        assert (await opened.answer())[0] == 2
        yield opened


def escapes(folder: Path) -> list[bytes]:
    """Paths to a file that is there on the host, in every disguise we could think of."""
    there = str(folder / "secret.txt").encode()
    up = b"../" * 20
    return [
        there, b"/" + there, up + there[1:], b"/in/" + up + there[1:], b"/in/./../" + there, b"in/.." * 3 + there,
        b"/in" + there.replace(b"/", b"%2f"), b"/in/" + there.replace(b"/", b"\\"),
        b"/in/" + there.replace(b"/", b"%5c"), "/in/．．／".encode() + there[1:],
        b"/in/..%2f..%2f" + there[1:], b"/in/%2e%2e/" + there[1:], b"/in/\xc0\xae\xc0\xae/" + there[1:],
        b"/in/\xe2\x81\x84" + there[1:], b"~root/" + there[1:], b"file://" + there, b"/proc/self/root" + there,
        b"/in/a\0" + there, there + b"\0.edi", b"/dev/fd/0", b"/in//..//..//" + there,
    ]  # fmt: skip


async def test_no_disguise_of_a_path_leads_out(wire: Wire, hosted: Hosted, tmp_path: Path) -> None:
    for path in escapes(tmp_path):
        for kind, payload in (
            (OPEN, text(path) + READING + NO_ATTRS),
            (STAT, text(path)),
            (LSTAT, text(path)),
            (OPENDIR, text(path)),
            (REMOVE, text(path)),
            (SETSTAT, text(path) + struct.pack(">IQ", 1, 0)),
            (READLINK, text(path)),
            (RMDIR, text(path)),
            (MKDIR, text(path) + NO_ATTRS),
            (RENAME, text(path) + text(b"/in/a.edi")),
            (RENAME, text(b"/in/a.edi") + text(path)),
            (EXTENDED, text(b"posix-rename@openssh.com") + text(path) + text(b"/in/a.edi")),
            (EXTENDED, text(b"lsetstat@openssh.com") + text(path) + NO_ATTRS),
        ):
            answered, body = await wire.ask(kind, payload)
            assert answered == STATUS, (kind, path, body)
            assert struct.unpack(">I", body[:4])[0] in (NO_SUCH_FILE, PERMISSION_DENIED, FAILURE), (kind, path, body)
            assert b"the host's own" not in body
    for path in escapes(tmp_path):
        assert await wire.status(OPEN, text(path) + WRITING + NO_ATTRS) in (NO_SUCH_FILE, PERMISSION_DENIED)
    assert (tmp_path / "secret.txt").read_text() == "the host's own"
    assert hosted.desk.arrived == []
    assert {path.name for path in tmp_path.iterdir()} == {"secret.txt", "staging"}
    assert list(hosted.staging.iterdir()) == []


async def test_realpath_is_arithmetic_only(wire: Wire, tmp_path: Path) -> None:
    """It says where a path would be in the mailbox; whether it is anywhere, nobody is told."""
    for path in (str(tmp_path / "secret.txt").encode(), b"/no/such/thing"):
        answered, body = await wire.ask(REALPATH, text(path))
        assert answered == NAME
        assert body[8 : 8 + len(path)] == path


async def test_links_of_every_kind(wire: Wire, hosted: Hosted, tmp_path: Path) -> None:
    """Symbolic in both orders of arguments, hard by extension and by LINK; then the directory is to be renamed."""
    outside = str(tmp_path / "secret.txt").encode()
    for target in (outside, b"../../etc", b"/in/a.edi", b"."):
        for first, second in ((target, b"/in/link"), (b"/in/link", target)):
            assert await wire.status(SYMLINK, text(first) + text(second)) == PERMISSION_DENIED
            assert await wire.status(LINK, text(first) + text(second) + b"\1") != OK
            for extension in (b"hardlink@openssh.com", b"copy-data", b"expand-path@openssh.com"):
                assert await wire.status(EXTENDED, text(extension) + text(first) + text(second)) == UNSUPPORTED
    for old, new in ((b"/in", b"/archive/in"), (b"/in", b"/x"), (b"/", b"/in/x"), (b"/out", b"/in")):
        assert await wire.status(RENAME, text(old) + text(new)) in (NO_SUCH_FILE, PERMISSION_DENIED)
        code = await wire.status(EXTENDED, text(b"posix-rename@openssh.com") + text(old) + text(new))
        assert code in (NO_SUCH_FILE, PERMISSION_DENIED)
    assert await wire.status(STAT, text(b"/in/link")) == NO_SUCH_FILE
    assert await wire.status(OPENDIR, text(b"/in/link")) == NO_SUCH_FILE
    assert hosted.desk.arrived == []


async def test_extensions_that_tell_of_the_host(wire: Wire) -> None:
    for extension in (
        b"statvfs@openssh.com",
        b"home-directory",
        b"users-groups-by-id@openssh.com",
        b"ranges@asyncssh.com",
    ):
        assert await wire.status(EXTENDED, text(extension) + text(b"/")) == UNSUPPORTED
    answered, body = await wire.ask(EXTENDED, text(b"limits@openssh.com"))
    assert answered == 201
    assert struct.unpack(">QQQQ", body)[3] == protocol.FILES_A_SESSION


@pytest.mark.parametrize("length", [201, 4096, 65_536, 1_000_000])
async def test_long_names(wire: Wire, hosted: Hosted, length: int) -> None:
    for path in (b"/in/" + b"a" * length, b"/" + b"a/" * (length // 2), b"/" * length + b"in" + b"/." * (length // 2)):
        answered, body = await wire.ask(OPEN, text(path) + READING + NO_ATTRS)
        assert answered == STATUS
        assert struct.unpack(">I", body[:4])[0] in (NO_SUCH_FILE, PERMISSION_DENIED)
        assert len(body) < 2 * length + 1000
    assert hosted.desk.arrived == []


async def test_very_many_handles(wire: Wire, hosted: Hosted) -> None:
    """Open files and directories are limited; what is refused leaves nothing behind, what is closed makes room."""
    opened = [await wire.handle(OPEN, text(b"/in/%d.edi" % n) + WRITING + NO_ATTRS) for n in range(64)]
    for number in range(500):
        assert await wire.status(OPEN, text(b"/in/x%d.edi" % number) + WRITING + NO_ATTRS) == FAILURE
    listed = [await wire.handle(OPENDIR, text(b"/in")) for _ in range(64)]
    for _ in range(100):
        assert await wire.status(OPENDIR, text(b"/in")) == FAILURE
    assert len(list(hosted.server._trees[MAILBOX].uploads)) == 64
    assert await wire.status(CLOSE, text(opened[0])) == OK
    assert await wire.status(CLOSE, text(listed[0])) == OK
    await wire.handle(OPEN, text(b"/in/more.edi") + WRITING + NO_ATTRS)
    await wire.handle(OPENDIR, text(b"/in"))


async def test_handles_that_are_not_there(wire: Wire, hosted: Hosted) -> None:
    upload = await wire.handle(OPEN, text(b"/in/a.edi") + WRITING + NO_ATTRS)
    listing = await wire.handle(OPENDIR, text(b"/in"))
    assert await wire.status(CLOSE, text(listing)) == OK
    for handle in (b"", b"\0", b"\xff" * 4, b"../../x", listing, b"x" * 10_000):
        for kind, rest in (
            (READ, struct.pack(">QI", 0, 10)),
            (WRITE, struct.pack(">Q", 0) + text(b"x")),
            (FSTAT, b""),
            (FSETSTAT, NO_ATTRS),
            (READDIR, b""),
            (CLOSE, b""),
        ):
            assert await wire.status(kind, text(handle) + rest) == FAILURE
    assert await wire.status(READ, text(upload) + struct.pack(">QI", 0, 10)) == PERMISSION_DENIED
    assert await wire.status(CLOSE, text(upload)) == OK
    assert await wire.status(CLOSE, text(upload)) == FAILURE
    assert hosted.desk.names() == ["a.edi"]


async def test_a_handle_belongs_to_its_session(hosted: Hosted) -> None:
    async with login(hosted) as connection:
        first, second = await channel(connection), await channel(connection)
        for opened in (first, second):
            await opened.answer()
        handle = await first.handle(OPEN, text(b"/in/a.edi") + WRITING + NO_ATTRS)
        assert await second.status(WRITE, text(handle) + struct.pack(">Q", 0) + text(b"x")) == FAILURE
        assert await second.status(CLOSE, text(handle)) == FAILURE
    assert hosted.desk.arrived == []


@pytest.mark.parametrize("offset", [2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
async def test_offsets_beyond_everything(hosted: Hosted, wire: Wire, offset: int) -> None:
    hosted.desk.place(MAILBOX, "o.edi", b"UNB+")
    upload = await wire.handle(OPEN, text(b"/in/a.edi") + WRITING + NO_ATTRS)
    assert await wire.status(WRITE, text(upload) + struct.pack(">Q", offset) + text(b"x")) == FAILURE
    download = await wire.handle(OPEN, text(b"/out/o.edi") + READING + NO_ATTRS)
    assert await wire.status(READ, text(download) + struct.pack(">QI", offset, 2**32 - 1)) == 1  # end of file
    assert hosted.desk.arrived == []
    assert list(hosted.staging.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xffx",
        b"GET / HTTP/1.1\r\n\r\n",
        text(b"\x03"),
        text(b"\x03\0\0\0\1" + b"\xff\xff\xff\xff" + b"/in/a.edi"),
        text(b"\x01\0\0\0\x03"),
        text(b"\xff\0\0\0\1"),
    ],
)
async def test_bytes_that_are_no_packets(hosted: Hosted, data: bytes) -> None:
    """The session ends or answers with a failure; the connection and the next session are fine."""
    async with login(hosted) as connection:
        for hello in (b"\x01\0\0\0\x03", data):
            bad = await channel(connection, hello)
            bad.raw(data)
            bad._writer.write_eof()
        async with connection.start_sftp_client() as good:
            assert await good.listdir("/in") == [".", ".."]
    assert hosted.desk.arrived == []


def _packet(choice: random.Random, handles: list[bytes]) -> bytes:
    """A packet with the right form and wild content, sometimes damaged."""

    def some(*values: bytes) -> bytes:
        return choice.choice(values)

    def number(width: int) -> bytes:
        value = choice.choice([0, 1, 3, 255, 2 ** (8 * width - 1), 2 ** (8 * width) - 1, choice.getrandbits(8 * width)])
        return value.to_bytes(width, "big")

    def path() -> bytes:
        if choice.random() < 0.6:
            return some(b"/in/a.edi", b"/in/a.tmp", b"/out/a.edi", b"/archive/a.edi", b"/in", b"/out")
        steps = (b"in", b"out", b"archive", b"..", b".", b"", b"a.edi", b"a.tmp", b"\xff", b"x" * 300, b"%2f", b"\0")
        return some(b"/", b"") + b"/".join(some(*steps) for _ in range(choice.randrange(5)))

    def attrs() -> bytes:
        return some(
            NO_ATTRS, number(4), struct.pack(">I", 1) + number(8), struct.pack(">I", 0x8000000F) + number(8) * 6
        )

    handle = choice.choice([*handles, *handles, number(4), b""])
    kind = choice.choice([*range(1, 24), OPEN, OPEN, WRITE, CLOSE, EXTENDED, choice.randrange(256)])
    body = {
        OPEN: lambda: text(path()) + some(READING, WRITING, number(4)) + some(NO_ATTRS, attrs()),
        CLOSE: lambda: text(handle),
        READ: lambda: text(handle) + number(8) + number(4),
        WRITE: lambda: (
            text(handle) + some(number(8), bytes(8), bytes(8)) + text(choice.randbytes(choice.randrange(100)))
        ),
        FSTAT: lambda: text(handle),
        FSETSTAT: lambda: text(handle) + attrs(),
        READDIR: lambda: text(handle),
        SETSTAT: lambda: text(path()) + attrs(),
        MKDIR: lambda: text(path()) + attrs(),
        RENAME: lambda: text(path()) + text(path()),
        SYMLINK: lambda: text(path()) + text(path()),
        EXTENDED: lambda: text(some(*protocol._EXTENSIONS, b"x")) + text(path()) + some(text(path()), attrs()),
    }.get(kind, lambda: text(path()))()
    packet = bytearray(bytes([kind]) + number(4) + body)
    if choice.random() < 0.1:
        packet[choice.randrange(len(packet))] = choice.randrange(256)
    if choice.random() < 0.05:
        del packet[choice.randrange(len(packet)) :]
    return text(bytes(packet))


async def test_fuzz(serve: Serve, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Wild sessions. No request meets an error of ours, nothing leaves the mailbox, and it goes on working."""
    choice = random.Random(20261201)
    async with serve(max_connections=50, quota={"files": 10_000}) as hosted, login(hosted) as connection:
        hosted.desk.place(MAILBOX, "a.edi", b"UNB+" * 100)
        for _ in range(100):
            wild = await channel(connection)
            handles = [number.to_bytes(4, "big") for number in range(2)]
            wild.raw(b"".join(_packet(choice, handles) for _ in range(60)))
            wild._writer.write_eof()
            async for _ in wild._reader:
                pass  # until the session ends
            wild._writer.close()
            await wild._writer.channel.wait_closed()
        async with connection.start_sftp_client() as good:
            async with good.open("/in/good.edi", "wb") as file:
                await file.write(b"ISA*")
            assert "good.edi" in await good.listdir("/in")
        assert all(upload.closed for upload in hosted.server._trees[MAILBOX].uploads)
        said = capsys.readouterr().out
        assert "sftp_request_failed" not in said
        assert "Traceback" not in said
    assert "good.edi" in hosted.desk.names()
    assert len(hosted.desk.arrived) > 1  # wild, but not so wild that nothing is ever reached
    assert hosted.desk.discarded_ids
    assert {path.name for path in tmp_path.iterdir()} == {"staging"}
    assert list(hosted.staging.iterdir()) == []
