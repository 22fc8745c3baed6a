"""The same server with OpenSSH's own `sftp` program, as a partner would use it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import argon2
import pytest
from mailbox_desk import MAILBOX, Hosted, Keys, Serve

from gateway.transports.sftp import generate_key

SFTP = shutil.which("sftp")

if SFTP is None and os.environ.get("CI") != "true":
    pytest.skip("OpenSSH's sftp program is not installed (Debian: openssh-client)", allow_module_level=True)


class Program:
    """`sftp` in batch mode: a failing command ends it with a non-zero status, unless it starts with `-`."""

    def __init__(self, hosted: Hosted, folder: Path) -> None:
        if SFTP is None:
            pytest.fail("CI needs OpenSSH's sftp program: install the Debian package openssh-client")
        self.folder = folder
        key = folder / "id_ed25519"
        key.write_text(hosted.keys.partner[0])
        key.chmod(0o600)
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{hosted.server.port} {hosted.keys.host[1]}")
        self._arguments = [
            *(SFTP, "-F", "/dev/null", "-P", str(hosted.server.port), "-i", str(key), "-b", "-"),
            *("-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes"),
        ]

    async def start(
        self, *options: str, user: str = "one", environment: dict[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._arguments[:1],
            *options,
            *self._arguments[1:],
            f"{user}@127.0.0.1",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.folder,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )

    async def run(self, *commands: str, user: str = "one", options: tuple[str, ...] = ()) -> tuple[int, str]:
        process = await self.start(*options, user=user)
        async with asyncio.timeout(20):
            output, _ = await process.communicate(("\n".join(commands) + "\n").encode())
        return process.returncode or 0, output.decode()


@pytest.fixture
def program(hosted: Hosted, tmp_path: Path) -> Program:
    folder = tmp_path / "partner"
    folder.mkdir()
    return Program(hosted, folder)


async def test_put_ls_get_rm(hosted: Hosted, program: Program) -> None:
    hosted.desk.place(MAILBOX, "po.edi", b"UNB+" * 50_000)
    (program.folder / "a.edi").write_bytes(b"ISA*" * 100_000)
    status, output = await program.run(
        "put a.edi /in/a.edi", "ls -l /in", "get /out/po.edi", "rm /out/po.edi", "ls /out"
    )
    assert status == 0, output
    assert [(a.name, a.data) for a in hosted.desk.arrived] == [("a.edi", b"ISA*" * 100_000)]
    assert "-r--r--r--" in output
    assert "400000" in output
    assert (program.folder / "po.edi").read_bytes() == b"UNB+" * 50_000
    assert hosted.desk.collected_ids == ["d1"]
    assert hosted.desk.discarded_ids == ["d1"]


async def test_put_preserving_times_and_rename(hosted: Hosted, program: Program) -> None:
    """`put -p` sets mode and times on the open file, `-f` asks for fsync; both rename forms are used."""
    (program.folder / "a.edi").write_bytes(b"ISA*")
    status, output = await program.run(
        "cd in",
        "put -p -f a.edi a.edi.part",
        "ls -l",
        "rename a.edi.part b.edi.tmp",
        "rename -l b.edi.tmp b.edi",
        "ls",
    )
    assert status == 0, output
    assert hosted.desk.names() == ["b.edi"]


async def test_login_is_by_key_only(hosted: Hosted, program: Program) -> None:
    status, output = await program.run("ls", user="nobody")
    assert status != 0
    assert "Permission denied (publickey)" in output


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("mkdir /in/sub", "none can be made"),
        ("rmdir /in", "stay"),
        ("symlink /etc/passwd /in/x", "not made here"),
        ("ln /in/a.edi /in/x", ""),
        ("rename /in/a.edi /in/x.edi", "keeps its name"),
        ("rename /in/a.edi /archive/x.edi", "keeps its name"),
        ("rm /in/a.edi", "cannot be removed"),
        ("put a.edi /out/a.edi", "put files into /in"),
        ("put a.edi /in/../../etc/a.edi", "put files into /in"),
        ('put a.edi "/in/a;b.edi"', "not allowed in a file name"),
        ("get /etc/passwd", ""),
        ("get /in/../../../etc/passwd", ""),
        ("get /in/a.edi got.edi", "not read back"),
        ("df /", ""),
    ],
)
async def test_refused(hosted: Hosted, program: Program, command: str, sentence: str) -> None:
    (program.folder / "a.edi").write_bytes(b"ISA*")
    status, output = await program.run("put a.edi /in/a.edi", command)
    assert status == 1
    assert hosted.desk.names() == ["a.edi"]
    assert not (program.folder / "passwd").exists()
    assert not (program.folder / "got.edi").exists() or (program.folder / "got.edi").read_bytes() == b""
    assert "uncaught" not in output.lower()
    if "denied" in output.lower():
        assert sentence or "passwd" in command


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_killed_upload_is_not_committed(hosted: Hosted, program: Program, how: signal.Signals) -> None:
    (program.folder / "big.edi").write_bytes(b"x" * 5_000_000)
    process = await program.start("-l", "4000")  # kbit/s: ten seconds for this file
    assert process.stdin is not None
    process.stdin.write(b"put big.edi /in/big.edi\n")
    await process.stdin.drain()
    uploads = hosted.server._trees[MAILBOX].uploads
    async with asyncio.timeout(10):
        while not any(upload.spool.size for upload in uploads):
            await asyncio.sleep(0.02)
    os.killpg(process.pid, how)
    async with asyncio.timeout(10):
        await process.communicate()
        while list(uploads) or hosted.server.doors:
            await asyncio.sleep(0.02)
    assert hosted.desk.arrived == []
    async with hosted.login() as session:
        assert await session.listdir("/in") == []


async def test_resume_goes_on_with_an_unfinished_upload(hosted: Hosted, program: Program) -> None:
    async with hosted.login() as session:
        await session.put("/in/a.edi.part", b"ISA*half")
    (program.folder / "a.edi").write_bytes(b"ISA*half and the rest")
    status, output = await program.run("reput a.edi /in/a.edi.part", "rename /in/a.edi.part /in/a.edi")
    assert status == 0, output
    assert [a.data for a in hosted.desk.arrived] == [b"ISA*half and the rest"]


async def test_resuming_an_accepted_file_is_refused(hosted: Hosted, program: Program) -> None:
    """Only the tail would arrive: a file that is accepted is uploaded whole or not at all."""
    (program.folder / "a.edi").write_bytes(b"ISA*half and the rest")
    async with hosted.login() as session:
        await session.put("/in/a.edi", b"ISA*half")
    status, _ = await program.run("reput a.edi /in/a.edi")
    assert status == 1
    assert [a.data for a in hosted.desk.arrived] == [b"ISA*half"]


async def test_archive_and_a_download_that_goes_on(hosted: Hosted, program: Program) -> None:
    hosted.desk.place(MAILBOX, "po.edi", b"UNB+" * 50_000)
    (program.folder / "po.edi").write_bytes(b"UNB+" * 10_000)
    status, output = await program.run("reget /out/po.edi", "rm /out/po.edi", "ls -l /archive", "get /archive/po.edi b")
    assert status == 0, output
    assert (program.folder / "po.edi").read_bytes() == (program.folder / "b").read_bytes() == b"UNB+" * 50_000
    assert "200000" in output


async def test_key_and_password(serve: Serve, tmp_path: Path) -> None:
    """`login: both`: OpenSSH's client goes on with the password after the key was accepted in part."""
    secret = argon2.PasswordHasher(time_cost=1, memory_cost=64).hash("the password")
    (asks := tmp_path / "askpass").write_text('#!/bin/sh\necho "$SFTP_TEST_PASSWORD"\n')
    asks.chmod(0o700)
    async with serve(passwords=[secret], login="both") as hosted:
        (folder := tmp_path / "partner").mkdir()
        program = Program(hosted, folder)
        for password, expected in (("the password", 0), ("another", 255)):
            environment = {"SSH_ASKPASS": str(asks), "SSH_ASKPASS_REQUIRE": "force", "SFTP_TEST_PASSWORD": password}
            process = await program.start("-o", "BatchMode=no", environment=environment)
            output, _ = await process.communicate(b"ls /\n")
            assert process.returncode == expected, output
        status, output_ = await program.run("ls /")
        assert status != 0
        assert "Permission denied (publickey,password)" in output_ or "Permission denied (password)" in output_


async def test_host_key_rotation(serve: Serve, tmp_path: Path, keys: Keys) -> None:
    """A client that knows the first key learns the second one, and trusts it when it is the first."""
    second = generate_key()
    texts = {"file:host": keys.host[0], "file:second": second[0]}
    known = ""
    for order in (["file:host", "file:second"], ["file:second"]):
        async with serve(listener={"host_keys": order}, texts=texts) as hosted:
            folder = tmp_path / order[0][5:]
            folder.mkdir()
            program = Program(hosted, folder)
            if known:
                (folder / "known_hosts").write_text(known.replace("PORT", str(hosted.server.port)))
            status, output = await program.run("ls /", options=("-o", "UpdateHostKeys=yes"))
            assert status == 0, output
            known = (folder / "known_hosts").read_text().replace(str(hosted.server.port), "PORT")
    assert second[1].split()[1] in known
