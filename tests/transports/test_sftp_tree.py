"""What a partner sees and may do: a fixed tree, no way out of it, listings with true sizes, /out with its two marks."""

from __future__ import annotations

import asyncio
import datetime as dt
import unicodedata

import asyncssh
import pytest
from mailbox_desk import MAILBOX, Hosted, Serve

from gateway import clock
from gateway.ports import Arrival
from gateway.transports.sftp import HostedMailbox, protocol


async def test_the_tree_is_fixed(hosted: Hosted) -> None:
    async with hosted.login() as session:
        assert [(f.name, f.directory) for f in await session.listdir("/")] == [
            ("in", True),
            ("out", True),
            ("archive", True),
        ]
        assert await session.listdir("/archive") == []
        assert await session.raw.getcwd() == "/"
        assert await session.raw.realpath("in/../out/./x.edi") == "/out/x.edi"
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await session.listdir("/elsewhere")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="put files into /in"):
            await session.put("/a.edi", b"ISA*")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="put files into /in"):
            await session.put("/out/a.edi", b"ISA*")
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="put files into /in"):
            await session.put("/archive/a.edi", b"ISA*")


async def test_directories_named_by_the_partner_file(serve: Serve) -> None:
    """A client that cannot be told other folders finds ours under the names it has."""
    async with serve(directories={"upload": "in", "Ausgang": "out"}) as hosted, hosted.login() as session:
        hosted.desk.place(MAILBOX, "o.edi", b"UNB+")
        assert [f.name for f in await session.listdir("/")] == ["in", "out", "archive", "upload", "Ausgang"]
        await session.put("/upload/a.edi.tmp", b"ISA*")
        await session.rename("/upload/a.edi.tmp", "/in/a.edi")
        assert [f.name for f in await session.listdir("/upload")] == ["a.edi"]
        assert await session.get("/Ausgang/o.edi") == b"UNB+"
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="cannot be written"):
            await session.put("/Ausgang/a.edi", b"ISA*")
    assert hosted.desk.names() == ["a.edi"]
    assert hosted.desk.collected_ids == ["d1"]


@pytest.mark.parametrize("name", ["in", "../x", "a/b", ".hidden", "", "a\nb"])
def test_directory_names_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match=r"file name|for a directory"):
        HostedMailbox(name="inbox", user="one", keys=["ssh-x"], directories={name: "in"})


async def test_archive_shows_what_is_over(serve: Serve) -> None:
    """Uploads that were accepted and files that were fetched; read again as often as wanted, never changed."""
    async with serve(archive="7d") as hosted, hosted.login() as session:
        for name in ("o.edi", "waiting.edi"):
            hosted.desk.place(MAILBOX, name, b"UNB+" + name.encode())
        await session.put("/in/a.edi", b"first")
        await session.put("/in/a.edi", b"second")
        await session.get("/out/o.edi")
        assert {f.name: f.size for f in await session.listdir("/archive")} == {
            "a.edi": 6,
            "a-r1.edi": 5,
            "o.edi": 9,
        }
        assert await session.get("/archive/a.edi") == b"second"
        assert await session.get("/archive/a-r1.edi") == b"first"
        assert await session.get("/archive/o.edi") == b"UNB+o.edi"
        assert hosted.desk.collected_ids == ["d1"]
        for path in ("/archive/waiting.edi", "/archive/a-r9.edi", "/archive/o-r1.edi"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await session.get(path)
        for change in (
            session.remove("/archive/a.edi"),
            session.put("/archive/b.edi", b"x"),
            session.rename("/archive/a.edi", "/in/b.edi"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await change
        shelf, since = hosted.desk.asked[-1]
        assert shelf == "archive"
        assert abs(clock.now() - since - dt.timedelta(days=7)) < dt.timedelta(minutes=1)


async def test_listing_shows_the_last_hour(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.listdir("/in")
    shelf, since = hosted.desk.asked[-1]
    assert shelf == "in"
    assert abs(clock.now() - since - dt.timedelta(hours=1)) < dt.timedelta(minutes=1)


async def test_a_store_that_fails_says_nothing_of_itself(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    def files(*_: object, **__: object) -> object:
        raise RuntimeError("password of the database")

    async with hosted.login() as session:
        monkeypatch.setattr(hosted.desk, "files", files)
        for asked in (session.listdir("/in"), session.raw.stat("/in/a.edi"), session.get("/out/a.edi")):
            with pytest.raises(asyncssh.SFTPFailure, match="does not answer at the moment; try again later") as error:
                await asked
            assert "password" not in str(error.value)


async def test_open_directories_are_limited(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "FILES_A_SESSION", 3)
    async with hosted.login() as session:
        handles = [await session.raw._handler.opendir(b"/in") for _ in range(3)]
        with pytest.raises(asyncssh.SFTPFailure, match="3 directories are open"):
            await session.listdir("/in")
        await session.raw._handler.close(handles[0])
        assert await session.listdir("/in") == []


async def test_escape_dotdot(hosted: Hosted) -> None:
    async with hosted.login() as session:
        for path in ("/../../etc/passwd", "/in/../../etc/passwd", "../../etc/passwd", "/etc/passwd", "//etc//passwd"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await session.get(path)
            assert await session.stat(path) is None
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await session.put(path, b"x")
        assert [f.name for f in await session.listdir("/in/../..")] == ["in", "out", "archive"]
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await session.put("/in/sub/a.edi", b"x")
        await session.put("/in/../in/a.edi", b"x")
    assert hosted.desk.names() == ["a.edi"]


async def test_escape_symlink_rename(hosted: Hosted) -> None:
    """The chain that leaves a lexical chroot: a link that stays inside, its directory renamed, a listing through it."""
    async with hosted.login() as session:
        for target in ("/etc", "../../etc", "/in", "../out"):
            with pytest.raises(asyncssh.SFTPPermissionDenied, match="links are not made here"):
                await session.raw.symlink(target, "/in/link")
        with pytest.raises(asyncssh.SFTPError):
            await session.raw.rename("/in", "/archive")
        with pytest.raises(asyncssh.SFTPError):
            await session.raw.posix_rename("/in", "/in2")
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await session.listdir("/in/link")
        assert await session.listdir("/in") == []


async def test_refused_operations(hosted: Hosted, capsys: pytest.CaptureFixture[str]) -> None:
    hosted.desk.place(MAILBOX, "o.edi", b"UNB+")
    async with hosted.login() as session:
        raw = session.raw
        await session.put("/in/a.edi", b"ISA*")
        await session.put("/in/b.edi.tmp", b"ISA*")
        denied = asyncssh.SFTPPermissionDenied
        for operation, error in (
            (raw.symlink("/in/a.edi", "/in/c.edi"), denied),
            (raw.readlink("/in/a.edi"), denied),
            (raw.mkdir("/in/sub"), denied),
            (raw.mkdir("/new"), denied),
            (raw.rmdir("/in"), denied),
            (raw.rename("/in/a.edi", "/in/c.edi"), denied),
            (raw.rename("/in/b.edi.tmp", "/out/b.edi"), denied),
            (raw.rename("/in/b.edi.tmp", "/archive/b.edi"), denied),
            (raw.rename("/out/o.edi", "/out/p.edi"), denied),
            (raw.rename("/out/o.edi", "/in/o.edi"), denied),
            (raw.remove("/in/a.edi"), denied),
            (raw.remove("/in"), denied),
            (raw.truncate("/in/a.edi", 1), denied),
            (session.get("/in/a.edi"), denied),
            (raw.link("/in/a.edi", "/in/c.edi"), asyncssh.SFTPOpUnsupported),
            (raw.statvfs("/"), asyncssh.SFTPOpUnsupported),
        ):
            with pytest.raises(error):
                await operation
        await raw.chmod("/in/a.edi", 0o777)
        await raw.chown("/in/a.edi", 0, 0)
        await raw.utime("/in/a.edi", (1, 1))
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await raw.chmod("/in/none.edi", 0o777)
        found = await raw.stat("/in/a.edi")
        assert (found.permissions, found.uid) == (0o100444, 0)
        assert (found.mtime or 0) > 1
        assert sorted(f.name for f in await session.listdir("/in")) == ["a.edi", "b.edi.tmp"]
        assert [f.name for f in await session.listdir("/out")] == ["o.edi"]
    assert hosted.desk.names() == ["a.edi"]
    assert "sftp_refused" in capsys.readouterr().out


def test_nothing_outside_the_mailbox() -> None:
    """No method of asyncssh's own server, all of which work on the host's disks, is left in ours."""
    harmless = {"channel", "connection", "env", "logger", "exit", "convert_attrs", "format_longname"}
    inherited = {
        name for name in vars(asyncssh.SFTPServer) if not name.startswith("_") and name not in vars(protocol.Files)
    }
    assert inherited == harmless


@pytest.mark.parametrize(
    "name",
    [
        "855.edi",
        "a b_c-d+e=f(g)@h,i#j.edi",
        "Bestellung-Österreich.edi",
        "注文.edi",
        "x" * 200,
        "a..b.edi",
    ],
)
async def test_names(hosted: Hosted, name: str) -> None:
    async with hosted.login() as session:
        await session.put(f"/in/{name}", b"ISA*")
        assert [f.name for f in await session.listdir("/in")] == [name]
    assert hosted.desk.names() == [name]


@pytest.mark.parametrize(
    "name",
    [
        b"a\nb.edi",
        b"a\0b.edi",
        b"a\x7f.edi",
        b"a%2fb.edi",
        b"a\\b.edi",
        b"a;b.edi",
        b"a*.edi",
        "a\u202eide.edi".encode(),
        b"\xff\xfe.edi",
        b"x" * 201,
        b"x" * 300,
        "ü".encode() * 101,
        b"...",
        b" ",
    ],
)
async def test_names_refused(hosted: Hosted, name: bytes) -> None:
    async with hosted.login() as session:
        for operation in (
            session.raw.open(b"/in/" + name, "wb", encoding=None),
            session.raw.stat(b"/in/" + name),
            session.raw.remove(b"/in/" + name),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied, match="file name"):
                await operation
        assert await session.listdir("/in") == []
    assert hosted.desk.arrived == []


async def test_a_composed_and_a_decomposed_name_are_one(hosted: Hosted) -> None:
    """macOS sends decomposed letters and looks for the same name afterwards."""
    name = "Österreich.edi"
    async with hosted.login() as session:
        await session.put("/in/" + unicodedata.normalize("NFD", name), b"ISA*")
        found = await session.stat("/in/" + unicodedata.normalize("NFD", name))
        assert found is not None
        assert found.size == 4
    assert hosted.desk.names() == [name]


async def test_case_is_kept(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/A.edi", b"1")
        await session.put("/in/a.EDI", b"2")
        assert sorted(f.name for f in await session.listdir("/in")) == ["A.edi", "a.EDI"]


async def test_listing(hosted: Hosted) -> None:
    """Clients look at the size after an upload: while writing, waiting for a rename, and accepted."""
    async with hosted.login() as session, hosted.login() as other:
        await session.put("/in/done.edi", b"x" * 10)
        await session.put("/in/waiting.edi.tmp", b"x" * 20)
        file = await session.raw.open("/in/writing.edi", "wb", encoding=None)
        await file.write(b"x" * 30)
        assert (await file.stat()).size == 30
        listed = {f.name: f.size for f in await other.listdir("/in")}
        assert listed == {"done.edi": 10, "waiting.edi.tmp": 20, "writing.edi": 30}
        for name, size in listed.items():
            found = await other.stat(f"/in/{name}")
            assert found is not None
            assert found.size == size
        assert (await session.raw.lstat("/in/done.edi")).size == 10
        assert await session.raw.isdir("/in")
        assert await session.raw.isfile("/in/done.edi")
        await file.close()
    assert hosted.desk.names() == ["done.edi", "writing.edi"]


async def test_mailboxes_are_apart(serve: Serve) -> None:
    async with serve() as hosted:
        hosted.desk.place("two/inbox", "theirs.edi", b"UNB+")
        await hosted.desk.arrive(Arrival("two/inbox", "a.edi", b"ISA*"))
        async with hosted.login() as session:
            assert await session.listdir("/out") == []
            assert await session.listdir("/in") == []
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await session.get("/out/theirs.edi")


async def test_collected_state(hosted: Hosted) -> None:
    whole, half, unclosed = (hosted.desk.place(MAILBOX, n, b"x" * 100_000) for n in ("whole", "half", "unclosed"))
    async with hosted.login() as session:
        assert await session.get("/out/whole") == b"x" * 100_000
        assert hosted.desk.collected_ids == [whole]
        async with session.raw.open("/out/half", "rb", encoding=None) as file:
            assert len(await file.read(50_000, 0)) == 50_000
            assert len(await file.read(10_000, 90_000)) == 10_000
        assert hosted.desk.collected_ids == [whole]
        file = await session.raw.open("/out/unclosed", "rb", encoding=None)
        assert len(await file.read()) == 100_000
        session.abort()
    await asyncio.sleep(0.05)
    assert unclosed not in hosted.desk.collected_ids
    assert half not in hosted.desk.collected_ids
    async with hosted.login() as session:
        assert {f.name for f in await session.listdir("/out")} == {"whole", "half", "unclosed"}


async def test_delete_confirms(hosted: Hosted) -> None:
    file_id = hosted.desk.place(MAILBOX, "o.edi", b"UNB+")
    async with hosted.login() as session:
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="open for reading"):
            file = await session.raw.open("/out/o.edi", "rb", encoding=None)
            await session.raw._handler.write(file._handle, 0, b"x")
        await session.remove("/out/o.edi")
        assert await session.listdir("/out") == []
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await session.remove("/out/o.edi")
    assert hosted.desk.discarded_ids == [file_id]


async def test_two_files_of_one_name_come_one_after_the_other(hosted: Hosted) -> None:
    for data in (b"first", b"second"):
        hosted.desk.place(MAILBOX, "o.edi", data)
    async with hosted.login() as session:
        assert [f.name for f in await session.listdir("/out")] == ["o.edi"]
        assert await session.get("/out/o.edi") == b"first"
        await session.remove("/out/o.edi")
        assert await session.get("/out/o.edi") == b"second"


async def test_an_upload_with_a_name_in_use_by_a_rename(hosted: Hosted) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.tmp", b"1")
        await session.put("/in/b.tmp", b"2")
        with pytest.raises(asyncssh.SFTPFailure, match="being uploaded already"):
            await session.raw.rename("/in/a.tmp", "/in/b.tmp")
        with pytest.raises(asyncssh.SFTPFailure, match="being uploaded already"):
            await session.raw.open("/in/b.tmp", "xb", encoding=None)
        await session.raw.posix_rename("/in/a.tmp", "/in/b.tmp")
        await session.rename("/in/b.tmp", "/in/b.edi")
    assert [(a.name, a.data) for a in hosted.desk.arrived] == [("b.edi", b"1")]
