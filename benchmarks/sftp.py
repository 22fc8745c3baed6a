"""Files over SFTP: our server with its durable commit beside OpenSSH's sshd, with OpenSSH's client, in the same rounds.

    python -m benchmarks.sftp FOLDER    serve a mailbox on a new SQLite ledger in FOLDER; prints the port

Both servers run as processes of their own on the loopback and are asked in turns. Times are those on the clock, for
both sides and the disk count. What sshd receives may be lost with the power; what ours has answered may not. Not here:
translation. Rule protected: a transfer that fails is an error and not a record.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import Plan, chunks, generate
from gateway.flow import Flow
from gateway.ledger import Ledger, migrate
from gateway.mailboxes import LedgerMailboxes
from gateway.partners import Book
from gateway.transports.sftp import HostedMailbox, Listener, SftpServer, generate_key

SSHD, SFTP = "/usr/sbin/sshd", "sftp"
OURS, THEIRS = "this gateway, durable", "OpenSSH sshd"
FILES, FILE_LINES = 300, 112  # an 850 of so many lines has 10 KB
ROUNDS = 5
PATIENCE = 30.0
GOALS = {"files": 0.50, "put": 0.45, "get": 0.70}  # of sshd's speed


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and how its client is called; `inbox` is written, `back` is where a file is read again."""

    name: str
    folder: Path
    port: int
    inbox: str
    back: str

    def batch(self, *commands: str) -> None:
        """Run commands of OpenSSH's sftp in one session."""
        done = subprocess.run(
            [
                *(SFTP, "-q", "-F", "/dev/null", "-P", str(self.port), "-i", str(self.folder / "key"), "-b", "-"),
                *("-o", f"UserKnownHostsFile={self.folder / 'known'}", "-o", "IdentitiesOnly=yes"),
                f"{getpass.getuser()}@127.0.0.1",
            ],
            input="\n".join(commands),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr or done.stdout}")


@dataclass(frozen=True, slots=True)
class Speed:
    """The best of the rounds, of one server: whatever else runs on the machine only makes it slower."""

    files: float  # of 10 KB put a second
    put: float  # MB/s
    get: float  # MB/s


def measured(folder: Path, size: int) -> dict[str, Speed]:
    """Both servers, by name, with one large file of so many bytes."""
    small = _small_files(folder)
    large = folder / "large.edi"
    with large.open("wb") as out:
        out.writelines(chunks(Plan("850", size=size)))
    bytes_ = large.stat().st_size
    names = {"files": FILES / 1.0, "put": bytes_ / 1e6, "get": bytes_ / 1e6}
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(_sshd(folder / "sshd")), stack.enter_context(_ours(folder / "ours"))]
        for _ in range(ROUNDS):
            for server in servers:
                steps = {
                    "files": lambda server=server: server.batch(f"put {small}/*.edi {server.inbox}/"),
                    "put": lambda server=server: server.batch(f"put {large} {server.inbox}/large.edi"),
                    "get": lambda server=server: server.batch(f"get {server.back}/large.edi {folder}/fetched"),
                }
                for step, run in steps.items():
                    found.setdefault(server.name, {}).setdefault(step, []).append(names[step] / _seconds(run))
                if (folder / "fetched").stat().st_size != bytes_:
                    raise RuntimeError(f"{server.name}: the file that came back has another size")
    return {name: Speed(**{step: max(values) for step, values in speeds.items()}) for name, speeds in found.items()}


def _seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _small_files(folder: Path) -> Path:
    small = folder / "small"
    small.mkdir()
    for number in range(FILES):
        (small / f"{number:04}.edi").write_bytes(generate(Plan("850", lines=FILE_LINES, control=number + 1)))
    return small


@contextmanager
def _ours(folder: Path) -> Iterator[Server]:
    host = _keys(folder)
    with _process([sys.executable, "-m", "benchmarks.sftp", str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline() or 0)
        (folder / "known").write_text(f"[127.0.0.1]:{port} {host}")
        yield Server(OURS, folder, port, "/in", "/archive")


@contextmanager
def _sshd(folder: Path) -> Iterator[Server]:
    """An sshd of whoever runs this, with its own configuration."""
    host = _keys(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (inbox := folder / "in").mkdir()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host}")
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'host'}\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder / 'key.pub'}\nSubsystem sftp internal-sftp\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd as root does not start without it
    with _process([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL):
        server = Server(THEIRS, folder, port, str(inbox), str(inbox))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield server


@contextmanager
def _process(command: list[str], **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def _keys(folder: Path) -> str:
    """Make the keys of a server and its client in a new folder. The public host key."""
    folder.mkdir(parents=True)
    (private, public), (key, key_public) = generate_key(), generate_key()
    for name, text in (("host", private), ("key", key), ("key.pub", key_public)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    return public


def possible() -> bool:
    """Whether OpenSSH's server and client are installed."""
    return Path(SSHD).exists() and shutil.which(SFTP) is not None


async def serve(folder: Path) -> None:
    """Our server on a ledger of its own, until the process is ended."""
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", exclusive=True)
    migrate.upgrade(ledger)
    flow = Flow(ledger, Book({}), {}, lambda lane, due: None)
    (staging := folder / "staging").mkdir()
    listener = Listener(port=0, host_keys=("file:host",), staging=staging)
    mailbox = HostedMailbox.model_validate(
        {
            "name": "inbox",
            "user": getpass.getuser(),
            "keys": ["file:key.pub"],
            "quota": {"files": 1_000_000, "bytes": "1000GB"},
            "max_file": "10GB",
        }
    )
    server = SftpServer(
        listener,
        {"bench/inbox": mailbox},
        LedgerMailboxes(ledger),
        flow,
        lambda reference: (folder / reference.removeprefix("file:")).read_text(),
    )
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import structlog

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    asyncio.run(serve(Path(sys.argv[1])))
