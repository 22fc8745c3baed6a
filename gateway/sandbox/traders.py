"""The suppliers of the demo as it runs them: keys and addresses before the daemon starts, then a process that trades.

Not here: what a supplier does (supplier.py, supplier_as2.py). A partner's file says by the kind of its first channel
how it comes: `sftp-server`, or `as2`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml

from gateway import certificates, clock, scaffold
from gateway.transports.sftp import fingerprint, generate_key

T = TypeVar("T")
PATIENCE = 120.0
DAYS = 90
Waiting = Callable[[str, Callable[[], Any]], Any]  # what is waited for, and how it is looked for


class Trader(Protocol):
    """One supplier. `name` is the partner's id."""

    name: str
    speaks: str

    def prepare(self) -> None:
        """Make its keys, and what the instance must know of it."""

    def start(self, stack: ExitStack, wait: Waiting) -> None:
        """Start what must be there before the daemon; it ends with the stack."""

    def trade(self, ports: dict[str, int], impostor: str) -> bool:
        """Run its story to the end, with the daemon's ports; `impostor` is a partner it shall pretend to be, or empty.
        False if it did not end well."""


@dataclass
class SftpTrader:
    """A supplier that comes to our SFTP server."""

    folder: Path  # of the instance
    name: str
    speaks: str = "SFTP"

    def prepare(self) -> None:
        private, public = generate_key(f"{self.name} supplier key")
        scaffold.write_secret(self.folder / "suppliers" / self.name, private)
        (self.folder / "keys" / f"{self.name}.pub").write_text(public, encoding="utf-8")

    def start(self, stack: ExitStack, wait: Waiting) -> None:
        """It has nothing that listens."""

    def trade(self, ports: dict[str, int], impostor: str) -> bool:
        pinned = fingerprint((self.folder / "keys" / "host_ed25519.pub").read_text(encoding="utf-8"))
        command = ["-m", "gateway.sandbox.supplier", "--port", str(ports["sftp"]), "--host-key", pinned]
        command += ["--user", self.name, "--key", str(self.folder / "suppliers" / self.name)]
        command += ["--partner", str(self.folder / "partners" / self.name)]
        if impostor:
            command += ["--impostor", str(self.folder / "partners" / impostor)]
        return subprocess.run([sys.executable, *command], check=False, timeout=PATIENCE).returncode == 0  # noqa: S603


@dataclass
class As2Trader:
    """A supplier with an AS2 listener of its own. Its partner file is written to the address it really has."""

    folder: Path
    name: str
    channel: dict[str, Any]
    speaks: str = "AS2"
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def prepare(self) -> None:
        keys, suppliers = self.folder / "keys", self.folder / "suppliers"
        if not (keys / "as2.pem").exists():
            certificates.new("as2", keys, DAYS, clock.now())
        certificate, _ = certificates.new(self.name, suppliers, DAYS, clock.now())
        (keys / certificate.name).write_bytes(certificate.read_bytes())

    def start(self, stack: ExitStack, wait: Waiting) -> None:
        port = self.folder / f"{self.name}.port"
        suppliers = self.folder / "suppliers"
        command = ["-m", "gateway.sandbox.supplier_as2", "--name", self.name, "--port-file", str(port)]
        command += ["--us", self.channel["partner"]["id"], "--gateway", self.channel["us"]["id"]]
        command += ["--key", str(suppliers / f"{self.name}.key"), "--certificate", str(suppliers / f"{self.name}.pem")]
        command += ["--theirs", str(self.folder / "keys" / "as2.pem")]
        command += ["--partner", str(self.folder / "partners" / self.name)]
        self.process = subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE)  # noqa: S603  our own program
        stack.callback(self._end)
        address = f"http://127.0.0.1:{wait(self.name, lambda: port.exists() and port.read_text(encoding='utf-8'))}/as2"
        file = self.folder / "partners" / self.name / "partner.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(self.channel["send"]["url"], address), encoding="utf-8")

    def trade(self, ports: dict[str, int], impostor: str) -> bool:
        assert self.process is not None
        self.process.communicate(f"http://127.0.0.1:{ports['as2']}/as2\n".encode(), timeout=PATIENCE)
        return self.process.returncode == 0

    def _end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def of(folder: Path, name: str) -> Trader:
    """The supplier of a partner of an instance."""
    text = (folder / "partners" / name / "partner.yaml").read_text(encoding="utf-8")
    channel = yaml.safe_load(text)["channels"][0]
    return As2Trader(folder, name, channel) if channel["kind"] == "as2" else SftpTrader(folder, name)
