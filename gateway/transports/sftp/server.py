"""Our SFTP server: the listener, whom it lets in at all, and the mailboxes it serves. Not here: one connection
(door.py), files (filesystem.py).

Rule protected: who is not known costs nothing; who is known finds room.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import asyncssh
import structlog

from gateway.ports import Inlet, Mailboxes
from gateway.transports.defender import OVER_A_LIMIT, Defender, inside
from gateway.transports.sftp import keys, proxy
from gateway.transports.sftp.accounts import Account, one_for_each
from gateway.transports.sftp.algorithms import spoken
from gateway.transports.sftp.door import Door
from gateway.transports.sftp.filesystem import Tree
from gateway.transports.sftp.passwords import Checker
from gateway.transports.sftp.settings import HostedMailbox, Listener
from gateway.transports.sftp.wire import Connection, Together

_log = structlog.get_logger(__name__)


class SftpServer:
    """Serves hosted mailboxes. `mailboxes` maps `<partner>/<channel>` to settings; `resolve` reads a reference.

    Raises, already here, KeyRefused, PasswordRefused or what `resolve` raises when a key or password cannot be read;
    ValueError if a user has two mailboxes.
    """

    def __init__(
        self,
        listener: Listener,
        mailboxes: Mapping[str, HostedMailbox],
        store: Mailboxes,
        inlet: Inlet,
        resolve: Callable[[str], str],
    ) -> None:
        self.listener = listener
        self._store, self._inlet, self._resolve = store, inlet, resolve
        self._host_keys = [keys.read_private(resolve(reference)) for reference in listener.host_keys]
        self._trees: dict[str, Tree] = {}
        self._server: asyncio.Server | None = None
        self._waiting: set[_Gate] = set()
        self.accounts: dict[str, Account] = {}
        self.doors: set[Door] = set()
        self.defender = Defender(listener.defence)
        self.passwords = Checker(())
        self.replace(mailboxes)

    def replace(self, mailboxes: Mapping[str, HostedMailbox]) -> None:
        """Serve these mailboxes from now on. Sessions of a user who is gone, or has another mailbox now, are ended."""
        trees = {
            mailbox: self._trees.get(mailbox) or Tree(mailbox, settings, self._store, self._inlet, self.listener)
            for mailbox, settings in mailboxes.items()
        }
        accounts = one_for_each(
            (mailbox, Account(settings, trees[mailbox], self._resolve)) for mailbox, settings in mailboxes.items()
        )
        self.passwords = Checker([account.hashes for account in accounts.values()])
        for account in accounts.values():
            account.tree.adopt(account.settings)
        ended = [tree for mailbox, tree in self._trees.items() if mailbox not in trees]
        self._trees, self.accounts = trees, accounts
        self.defender.trusted = tuple(network for m in mailboxes.values() for network in m.addresses)
        for door in list(self.doors):
            door.check()
        for tree in ended:
            tree.uploads.empty()

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        self._options = {legacy: await self._construct(legacy) for legacy in (False, True)}
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Gate(self), self.listener.host, self.listener.port, backlog=512
        )
        _log.info("sftp_listening", host=self.listener.host, port=self.port, users=len(self.accounts))

    async def _construct(self, legacy: bool) -> asyncssh.SSHServerConnectionOptions:
        made: asyncssh.SSHServerConnectionOptions = await asyncssh.SSHServerConnectionOptions.construct(
            server_factory=lambda: Door(self),
            server_host_keys=self._host_keys,
            send_server_host_keys=True,
            server_version="SFTP",
            config=[],
            login_timeout=self.listener.login_timeout,
            keepalive_interval=60,
            keepalive_count_max=3,
            public_key_auth=True,
            password_auth=True,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            encoding=None,
            allow_pty=False,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            window=8 * 1024 * 1024,
            max_pktsize=128 * 1024,
            **spoken(legacy=legacy),
        )
        return made

    @property
    def port(self) -> int:
        """The port that is listened on; after start() the real one where the configuration says 0."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else self.listener.port

    @property
    def fingerprints(self) -> list[str]:
        """`SHA256:...` of our host keys, for the partner's sheet."""
        return [key.get_fingerprint() for key in self._host_keys]

    async def stop(self) -> None:
        """Listen no more, let requests that are being answered finish for a few seconds, end every session."""
        if self._server is None:
            return
        self._server.close()
        for gate in list(self._waiting):
            gate.close()
        await asyncio.gather(*(door.leave() for door in list(self.doors)))
        await self._server.wait_closed()
        self._server = None
        for tree in self._trees.values():
            tree.uploads.empty()

    # Whom it lets in

    def lets_in(self, address: str) -> bool:
        """Whether one more connection from an address is let in. When all places are taken, the one that has waited
        longest without logging in makes room."""
        if not self.defender.lets_in(address):
            return False
        if sum(door.address == address for door in self.doors) >= self.listener.max_connections_per_address:
            _log.warning("sftp_too_many_connections", peer=address)
            self.defender.score(address, OVER_A_LIMIT, "too many connections of an address")
            return False
        if len(self.doors) < self.listener.max_connections:
            return True
        idle = next((door for door in sorted(self.doors, key=lambda door: door.since) if not door.user), None)
        _log.warning("sftp_full", connections=len(self.doors))
        if idle is None:
            return False
        idle.turn_away()
        return True

    def connection(self, address: str) -> asyncssh.SSHServerConnection:
        """The protocol for a connection from an address; the old algorithms only for partners that asked for them."""
        legacy = any(
            account.settings.legacy_algorithms and account.may_come_from(address) for account in self.accounts.values()
        )
        connection = Connection(asyncio.get_running_loop(), self._options[legacy])
        connection.set_extra_info(client_address=address)
        return connection

    def connections_of(self, user: str) -> int:
        """How many connections are logged in under a name."""
        return Counter(door.user for door in self.doors)[user]


class _Gate(asyncio.Protocol):
    """A connection before SSH: it is let in or not by its address, which a proxy of ours may say."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        if not inside(self._address, self._server.listener.proxies):
            self._open(self._address, b"")
            return
        self._server._waiting.add(self)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._server.listener.login_timeout, self.close)

    def data_received(self, data: bytes) -> None:
        """Until the header of the proxy is complete."""
        self._data += data
        try:
            header = proxy.read(self._data)
        except proxy.HeaderRefused as refused:
            _log.warning("sftp_proxy_refused", peer=self._address, reason=str(refused))
            self.close()
            return
        if header is not None:
            self._leave()
            self._open(header.address or self._address, header.rest)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def close(self) -> None:
        """End the connection."""
        self._leave()
        self._transport.abort()

    def _leave(self) -> None:
        if self in self._server._waiting:
            self._server._waiting.discard(self)
            self._timer.cancel()

    def _open(self, address: str, rest: bytes) -> None:
        if not self._server.lets_in(address):
            self._transport.abort()
            return
        connection = self._server.connection(address)
        self._transport.set_protocol(connection)
        connection.connection_made(Together(self._transport))  # type: ignore[arg-type]
        if rest:
            connection.data_received(rest)
