"""One connection to our SFTP server: who it is, whether it may come in, the one session kind (sftp), how long it has
been silent. Not here: the listener (server.py), files (filesystem.py).

Where a mailbox wants both key and password, `conn.send_userauth_success` of asyncssh is replaced for the connection; a
test holds it. Rule protected: who is not known learns nothing; who is known gets his own mailbox only.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, cast

import asyncssh
import structlog
from asyncssh.constants import (
    DISC_BY_APPLICATION,
    DISC_NO_MORE_AUTH_METHODS_AVAILABLE,
    DISC_TOO_MANY_CONNECTIONS,
)
from asyncssh.stream import SSHServerStreamSession

from gateway.transports.defender import KNOWN_NAME, OVER_A_LIMIT, UNKNOWN_NAME
from gateway.transports.sftp.accounts import Account
from gateway.transports.sftp.protocol import Files, Requests

if TYPE_CHECKING:
    from gateway.transports.sftp.server import SftpServer

SESSIONS_A_CONNECTION = 10
TRIES_A_CONNECTION = 20  # of keys: an agent offers all it has
PASSWORDS_A_CONNECTION = 3
_STOP_GRACE = 5.0

_log = structlog.get_logger(__name__)

Method = Literal["key", "password"]


class Door(asyncssh.SSHServer):
    """What asyncssh asks about one connection. `address` is the client's, also behind a proxy of ours."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self.user = ""  # set by a login; a name that is only claimed counts nowhere
        self._account: Account | None = None
        self._key: asyncssh.SSHKey | None = None
        self._matched = ""
        self._tries = self._passwords = 0
        self._trying: Method = "key"
        self._claimed = ""
        self._passed: set[Method] = set()
        self._scored = False
        self._answering = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._sessions: set[asyncio.Task[None]] = set()

    # The connection

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A peer has connected and was let in by the limits."""
        self._conn = conn
        self.address = str(conn.get_extra_info("client_address"))
        self._let_in = conn.send_userauth_success
        conn.send_userauth_success = self._method_passed  # type: ignore[method-assign]
        self._loop = asyncio.get_running_loop()
        self.since = self._last = self._loop.time()
        self._timer = self._loop.call_later(self._server.listener.idle, self._idle)
        self._server.doors.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; its sessions end by themselves and drop what was not closed."""
        self._timer.cancel()
        self._server.doors.discard(self)
        if self._tries and not self.user and not self._scored:
            self._score_login()

    def turn_away(self) -> None:
        """Make room for somebody else."""
        self._conn.abort()

    def check(self) -> None:
        """End the connection if the configuration would not let it in any more."""
        if self._account is None:
            return
        account = self._server.accounts.get(self.user)
        if account is None or account.tree is not self._account.tree or not self._still_good(account):
            self._conn.disconnect(DISC_BY_APPLICATION, "this account has ended")

    def _still_good(self, account: Account) -> bool:
        needed = {"key", "password"} if account.settings.login == "both" else self._passed
        if not needed <= self._passed or not account.may_come_from(self.address):
            return False
        if "password" in self._passed and self._matched not in account.hashes:
            return False
        return "key" not in self._passed or (self._key is not None and account.knows(self._key))

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
        """Every name is asked, known or not. Another name begins anew."""
        self._claimed, self._matched = username, ""
        self._passed.clear()
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys, until one was right."""
        return "key" not in self._passed

    def password_auth_supported(self) -> bool:
        """Passwords if any mailbox has one: which of them, nobody is told."""
        return self._server.passwords.used and "password" not in self._passed

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key belongs to the name. An unknown name and an unknown key look the same from outside."""
        self._trying = "key"
        self._tries += 1
        if self._tries > TRIES_A_CONNECTION:
            self._no_more("keys")
            return False
        account = self._server.accounts.get(username)
        if account is None or not account.may_come_from(self.address) or not account.knows(key):
            return False
        self._key = key
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the password belongs to the name. Every try takes the same time and counts."""
        self._trying = "password"
        self._passwords += 1
        if self._passwords > PASSWORDS_A_CONNECTION or not self._server.defender.lets_in(self.address):
            self._no_more("passwords")
            return False
        account = self._server.accounts.get(username)
        matched = await self._server.passwords.matching(password, account.hashes if account else ())
        if account is not None and matched and account.may_come_from(self.address) and account.takes(matched):
            self._matched = matched
            return True
        self._score_login()
        return False

    async def _method_passed(self) -> None:
        """A key's signature or a password is right. Where both are wanted the other one is asked for next."""
        self._passed.add(self._trying)
        account = self._server.accounts.get(self._claimed)
        if account is not None and account.settings.login == "both" and len(self._passed) < 2:
            self._conn.send_userauth_failure(True)
            return
        await self._let_in()

    def auth_completed(self) -> None:
        """Logged in. Over the limit of connections of this user the newest one goes."""
        account = self._server.accounts.get(self._claimed)
        if account is None or self._server.connections_of(self._claimed) >= account.settings.max_connections:
            _log.warning("sftp_too_many_connections", user=self._claimed, peer=self.address)
            self._score(OVER_A_LIMIT, "too many connections of a user")
            self._conn.disconnect(DISC_TOO_MANY_CONNECTIONS, "too many connections of this user")
            return
        self.user, self._account = self._claimed, account
        _log.info("sftp_login", user=self.user, peer=self.address, by=sorted(self._passed))

    def _no_more(self, what: str) -> None:
        self._score(OVER_A_LIMIT, f"too many {what} in one connection")
        self._conn.disconnect(DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many tries")

    def _score_login(self) -> None:
        known = self._claimed in self._server.accounts
        _log.warning("sftp_login_failed", user=self._claimed[:64], peer=self.address, known=known)
        self._score(KNOWN_NAME if known else UNKNOWN_NAME, "failed logins")

    def _score(self, points: int, why: str) -> None:
        self._scored = True
        self._server.defender.score(self.address, points, why)

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
        facts = {"transport": "sftp", "user": self.user, "peer": self.address}
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


class _Session(SSHServerStreamSession[bytes]):
    """A channel that can be the sftp subsystem only: the base refuses shell and exec when it has no factory."""

    def __init__(self, door: Door) -> None:
        super().__init__(None)
        self._door = door

    def subsystem_requested(self, subsystem: str) -> bool:
        """sftp only."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """The subsystem was granted: start answering."""
        self._door.begin(cast("asyncssh.SSHServerChannel[bytes]", self._chan), self)
