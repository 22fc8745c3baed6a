"""Our SFTP server: the listener, logins by key, one session kind (sftp), limits. Not here: files (filesystem.py).

Rule protected: who is not known learns nothing and costs nothing; who is known gets his own mailbox only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import cast

import asyncssh
import structlog
from asyncssh.constants import DISC_BY_APPLICATION, DISC_TOO_MANY_CONNECTIONS
from asyncssh.stream import SSHServerStreamSession

from gateway import clock
from gateway.ports import Inlet, Mailboxes
from gateway.transports.sftp import keys
from gateway.transports.sftp.filesystem import Tree
from gateway.transports.sftp.protocol import Files, Requests
from gateway.transports.sftp.settings import HostedMailbox, Listener

KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS = (
    "chacha20-poly1305@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
SIGNATURES = (
    "ssh-ed25519",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
LEGACY_KEX, LEGACY_MACS, LEGACY_SIGNATURES = ("diffie-hellman-group14-sha1",), ("hmac-sha1",), ("ssh-rsa",)

SESSIONS_A_CONNECTION = 10
_STOP_GRACE = 5.0

_log = structlog.get_logger(__name__)


class _Account:
    """One login name: its keys with their last days, its tree, its open connections."""

    def __init__(self, settings: HostedMailbox, tree: Tree, resolve: Callable[[str], str]) -> None:
        self.settings, self.tree = settings, tree
        self._until: dict[bytes, dt.date | None] = {}
        for entry in settings.keys:
            text = resolve(entry.key) if entry.key.startswith(("file:", "env:")) else entry.key
            for key in keys.read_lines(text):
                self._until[key.public_data] = entry.until

    def knows(self, key: asyncssh.SSHKey) -> bool:
        """Whether the key opens this account today."""
        if key.public_data not in self._until:
            return False
        until = self._until[key.public_data]
        return until is None or clock.now().date() <= until


class SftpServer:
    """Serves hosted mailboxes. `mailboxes` maps `<partner>/<channel>` to settings; `resolve` reads a reference.

    Raises, already here, KeyRefused or what `resolve` raises when a key cannot be read; ValueError if a user has two
    mailboxes.
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
        self._accounts: dict[str, _Account] = {}
        self._doors: set[_Door] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self.replace(mailboxes)

    def replace(self, mailboxes: Mapping[str, HostedMailbox]) -> None:
        """Serve these mailboxes from now on. Sessions of a user who is gone, or has another mailbox now, are ended."""
        accounts: dict[str, _Account] = {}
        trees: dict[str, Tree] = {}
        for mailbox, settings in mailboxes.items():
            if settings.user in accounts:
                raise ValueError(f"{mailbox}: the SFTP user {settings.user!r} has a mailbox already")
            tree = self._trees.get(mailbox) or Tree(mailbox, settings, self._store, self._inlet, self.listener.staging)
            trees[mailbox] = tree
            accounts[settings.user] = _Account(settings, tree, self._resolve)
        for account in accounts.values():
            account.tree.adopt(account.settings)
        ended = [tree for mailbox, tree in self._trees.items() if mailbox not in trees]
        self._trees, self._accounts = trees, accounts
        for door in list(self._doors):
            door.check()
        for tree in ended:
            tree.uploads.empty()

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        legacy = self.listener.legacy_algorithms
        self._acceptor = await asyncssh.listen(
            self.listener.host,
            self.listener.port,
            server_factory=lambda: _Door(self),
            server_host_keys=self._host_keys,
            send_server_host_keys=True,
            server_version="SFTP",
            config=[],
            login_timeout=self.listener.login_timeout,
            keepalive_interval=60,
            keepalive_count_max=3,
            kex_algs=KEX + (LEGACY_KEX if legacy else ()),
            encryption_algs=CIPHERS,
            mac_algs=MACS + (LEGACY_MACS if legacy else ()),
            signature_algs=SIGNATURES + (LEGACY_SIGNATURES if legacy else ()),
            compression_algs=["none"],
            public_key_auth=True,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            encoding=None,
            allow_pty=False,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
        )
        _log.info("sftp_listening", host=self.listener.host, port=self.port, users=len(self._accounts))

    @property
    def port(self) -> int:
        """The port that is listened on; after start() the real one where the configuration says 0."""
        return self._acceptor.get_port() if self._acceptor else self.listener.port

    @property
    def fingerprints(self) -> list[str]:
        """`SHA256:...` of our host keys, for the partner's sheet."""
        return [key.get_fingerprint() for key in self._host_keys]

    async def stop(self) -> None:
        """Listen no more, let requests that are being answered finish for a few seconds, end every session."""
        if self._acceptor is None:
            return
        self._acceptor.close()
        await self._acceptor.wait_closed()
        self._acceptor = None
        await asyncio.gather(*(door.leave() for door in list(self._doors)))
        for tree in self._trees.values():
            tree.uploads.empty()

    def _count(self, user: str) -> int:
        return Counter(door.user for door in self._doors)[user]


class _Door(asyncssh.SSHServer):
    """One connection: who it is, whether it may come in, how long it has been silent."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self.user = ""  # set by a login; a name that is only claimed counts nowhere
        self._account: _Account | None = None
        self._key: asyncssh.SSHKey | None = None
        self._answering = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._sessions: set[asyncio.Task[None]] = set()

    # The connection

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A peer has connected; over the limit of all connections it is turned away at once."""
        self._conn = conn
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(self._server.listener.idle, self._idle)
        self._server._doors.add(self)
        if len(self._server._doors) > self._server.listener.max_connections:
            _log.warning("sftp_full", connections=len(self._server._doors) - 1)
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; its sessions end by themselves and drop what was not closed."""
        self._timer.cancel()
        self._server._doors.discard(self)

    def check(self) -> None:
        """End the connection if the configuration would not let it in any more."""
        if self._account is None or self._key is None:
            return
        account = self._server._accounts.get(self.user)
        if account is None or account.tree is not self._account.tree or not account.knows(self._key):
            self._conn.disconnect(DISC_BY_APPLICATION, "this account has ended")

    async def leave(self) -> None:
        """End the connection after the request that is being answered, if any; after a few seconds in any case."""
        try:
            await asyncio.wait_for(self._quiet.wait(), _STOP_GRACE)
        except TimeoutError:
            _log.warning("sftp_session_cut", user=self.user)
        self._conn.abort()
        await self._conn.wait_closed()
        if self._sessions:
            _, stuck = await asyncio.wait(self._sessions, timeout=_STOP_GRACE)
            for session in stuck:
                session.cancel()

    # Who it is

    def begin_auth(self, username: str) -> bool:
        """Every name is asked for a key, known or not."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys only."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key belongs to the name. An unknown name and an unknown key look the same from outside."""
        account = self._server._accounts.get(username)
        self._key = key
        return account is not None and account.knows(key)

    def auth_completed(self) -> None:
        """The signature is right. Over the limit of connections of this user the newest one goes."""
        user = str(self._conn.get_extra_info("username"))
        account = self._server._accounts.get(user)
        if account is None or self._server._count(user) >= account.settings.max_connections:
            _log.warning("sftp_too_many_connections", user=user)
            self._conn.disconnect(DISC_TOO_MANY_CONNECTIONS, "too many connections of this user")
            return
        self.user, self._account = user, account
        _log.info("sftp_login", user=self.user, peer=self._peer())

    # What it may do

    def session_requested(self) -> SSHServerStreamSession[bytes] | bool:
        """A session that can be nothing but sftp."""
        if self._account is None or len(self._sessions) >= SESSIONS_A_CONNECTION:
            return False
        return _Session(self)

    def begin(self, chan: asyncssh.SSHServerChannel[bytes], session: SSHServerStreamSession[bytes]) -> None:
        """Answer the requests of a session in a task of its own."""
        task = self._conn.create_task(self._serve(chan, session), chan.logger)
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _serve(self, chan: asyncssh.SSHServerChannel[bytes], session: SSHServerStreamSession[bytes]) -> None:
        if self._account is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "not logged in")
        facts = {"transport": "sftp", "user": self.user, "peer": self._peer()}
        files = Files(chan, self._account.tree, facts)
        try:
            await Requests(
                files, asyncssh.SSHReader(session, chan), asyncssh.SSHWriter(session, chan), self._touch
            ).run()
        finally:
            files.abort()

    # How long it has been silent

    def _touch(self, answering: bool) -> None:
        self._last = self._loop.time()
        self._answering += 1 if answering else -1
        if self._answering:
            self._quiet.clear()
        else:
            self._quiet.set()

    def _idle(self) -> None:
        left = self._last + self._server.listener.idle - self._loop.time()
        if left > 0 or self._answering:
            self._timer = self._loop.call_later(left if left > 0 else 1.0, self._idle)
        else:
            _log.info("sftp_idle", user=self.user)
            self._conn.disconnect(DISC_BY_APPLICATION, "idle for too long")

    def _peer(self) -> str:
        peer = self._conn.get_extra_info("peername")
        return str(peer[0]) if peer else ""


class _Session(SSHServerStreamSession[bytes]):
    """A channel that can be the sftp subsystem only: the base refuses shell and exec when it has no factory."""

    def __init__(self, door: _Door) -> None:
        super().__init__(None)
        self._door = door

    def subsystem_requested(self, subsystem: str) -> bool:
        """sftp only."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """The subsystem was granted: start answering."""
        self._door.begin(cast("asyncssh.SSHServerChannel[bytes]", self._chan), self)
