"""OpenSSH's own server, on a free port of the loopback with a configuration in a test's folder, as root or as a user.

Whoever runs the tests is the user who logs in. `Sshd.deny` names requests its sftp server refuses (`sftp-server -P`),
for root is refused nothing by modes of files. `cutting` runs a program through that user's shell, which must be one.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mailbox_desk import Keys

from gateway.transports.sftp import PolledMailbox, fingerprint

PROGRAM = "/usr/sbin/sshd"
FILTER = Path(__file__).with_name("sftp_filter.py")
SFTP_SERVERS = (Path("/usr/lib/openssh/sftp-server"), Path("/usr/libexec/openssh/sftp-server"))
PATIENCE = 20


@dataclass
class Sshd:
    """The partner's server: folders `in`, `out` and `out/archive` below `root`."""

    root: Path
    keys: Keys
    deny: Sequence[str] = ()
    cutting: bool = False
    more: str = ""
    port: int = 0
    log: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, *, stopped_hard: bool = False) -> AsyncIterator[Sshd]:
        """The server for the length of the block; a port somebody else was quicker to take is given up for another."""
        files = self.root / "sshd"
        files.mkdir(exist_ok=True)
        for name, text in (("host", self.keys.host[0]), ("authorized", self.keys.partner[1])):
            (files / name).write_text(text, encoding="utf-8")
            (files / name).chmod(0o600)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd as root does not start without it
        process = None
        for _ in range(5):
            port = self.port or _free()
            config = files / "config"
            config.write_text(self._config(files, port), encoding="utf-8")
            process = await asyncio.create_subprocess_exec(
                *(PROGRAM, "-D", "-e", "-f", str(config)),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
            if await self._listens(process):
                self.port = port
                break
            await process.wait()
        else:
            pytest.fail("sshd does not start:\n" + "\n".join(self.log))
        assert process is not None
        reading = asyncio.create_task(self._read(process))
        try:
            yield self
        finally:
            os.killpg(process.pid, signal.SIGKILL if stopped_hard else signal.SIGTERM)
            await process.wait()
            await reading

    def settings(self, **changes: Any) -> PolledMailbox:
        """A channel to it: reads `out`, writes into `in`."""
        usual: dict[str, Any] = {
            "name": "sftp",
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "host_keys": [fingerprint(self.keys.host[1])],
            "user": getpass.getuser(),
            "key": "file:key",
            "timeout": "5s",
            "poll": self.poll(),
            "send": {"folder": str(self.root / "in")},
        }
        return PolledMailbox.model_validate(usual | changes)

    def poll(self, **rules: Any) -> dict[str, Any]:
        return {"folder": str(self.root / "out"), "settle": 0, **rules}

    def resolve(self, reference: str) -> str:
        """Reads the references of `settings`."""
        known = {"file:key": self.keys.partner[0], "file:other": self.keys.stranger[0]}
        return known.get(reference, reference)

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir() if path.is_file())

    def put(self, name: str, data: bytes = b"ISA*", at: int = 1_700_000_000) -> None:
        """The partner drops a file of a given time."""
        path = self.root / "out" / name
        path.write_bytes(data)
        os.utime(path, (at, at))

    @property
    def plan(self) -> Path:
        return self.root / "sshd" / "plan"

    def cut(self, kind: str, when: str, number: int = 1) -> None:
        """End the next connection at a request: see sftp_filter.py. Needs `cutting`."""
        self.plan.write_text(f"{kind} {when} {number}", encoding="utf-8")

    def _config(self, files: Path, port: int) -> str:
        sftp = "internal-sftp" + (f" -P {','.join(self.deny)}" if self.deny else "")
        if self.cutting:
            sftp = f"{sys.executable} -S -E {FILTER} {next(path for path in SFTP_SERVERS if path.exists())} {self.plan}"
        lines = (
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {files / 'host'}",
            f"AuthorizedKeysFile {files / 'authorized'}",
            f"PidFile {files / 'pid'}",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "StrictModes no",
            "UsePAM no",
            f"Subsystem sftp {sftp}",
            self.more,
        )
        return "\n".join(lines) + "\n"

    async def _listens(self, process: asyncio.subprocess.Process) -> bool:
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while line := await process.stderr.readline():
                self.log.append(line.decode(errors="replace").rstrip())
                if "Server listening on" in self.log[-1]:
                    return True
        return False

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self.log.append(line.decode(errors="replace").rstrip())


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
