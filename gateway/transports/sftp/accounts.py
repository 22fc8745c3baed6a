"""Login names: their keys and passwords with the last day of each, from where they may come, which mailbox they open.

Rule protected: what has ended opens nothing, and the log says so before the partner calls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import asyncssh
import structlog

from gateway import clock
from gateway.transports.defender import inside
from gateway.transports.sftp import keys
from gateway.transports.sftp.filesystem import Tree
from gateway.transports.sftp.passwords import read_hash
from gateway.transports.sftp.settings import HostedMailbox, MailboxKey, MailboxPassword

WARNED_AHEAD = dt.timedelta(days=30)

_log = structlog.get_logger(__name__)


class Account:
    """One login name. Raises KeyRefused, PasswordRefused or what `resolve` raises when something cannot be read."""

    def __init__(self, settings: HostedMailbox, tree: Tree, resolve: Callable[[str], str]) -> None:
        self.settings, self.tree = settings, tree
        self._keys: dict[bytes, MailboxKey] = {}
        self._passwords: dict[str, MailboxPassword] = {}
        self._warned: set[tuple[str, dt.date]] = set()
        for key in settings.keys:
            for read in keys.read_lines(_text(key.key, resolve)):
                self._keys[read.public_data] = key
        for password in settings.passwords:
            self._passwords[read_hash(_text(password.hash, resolve))] = password
        entries: tuple[MailboxKey | MailboxPassword, ...] = (*settings.keys, *settings.passwords)
        for entry in entries:
            self._warn(entry)

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of all passwords, also of those that have ended."""
        return tuple(self._passwords)

    def knows(self, key: asyncssh.SSHKey) -> bool:
        """Whether the key opens this account today."""
        entry = self._keys.get(key.public_data)
        return entry is not None and self._good(entry, key.get_fingerprint())

    def takes(self, matched: str) -> bool:
        """Whether the password with this hash opens this account today."""
        entry = self._passwords.get(matched)
        return entry is not None and self._good(entry, "")

    def may_come_from(self, address: str) -> bool:
        """Whether this account may be used from an address."""
        return not self.settings.addresses or inside(address, self.settings.addresses)

    def _good(self, entry: MailboxKey | MailboxPassword, fingerprint: str) -> bool:
        if entry.until is not None and clock.now().date() > entry.until:
            _log.warning("sftp_login_ended", **self._facts(entry), fingerprint=fingerprint)
            return False
        self._warn(entry)
        return True

    def _warn(self, entry: MailboxKey | MailboxPassword) -> None:
        """Once a day, from a month before the end."""
        today = clock.now().date()
        if entry.until is None or not today <= entry.until <= today + WARNED_AHEAD:
            return
        mark = (f"{type(entry).__name__}{entry.label}{entry.until}", today)
        if mark not in self._warned:
            self._warned.add(mark)
            _log.warning("sftp_login_ends_soon", **self._facts(entry), days=(entry.until - today).days)

    def _facts(self, entry: MailboxKey | MailboxPassword) -> dict[str, str]:
        kind = "key" if isinstance(entry, MailboxKey) else "password"
        return {"user": self.settings.user, "kind": kind, "label": entry.label, "until": str(entry.until)}


def one_for_each(accounts: Iterable[tuple[str, Account]]) -> dict[str, Account]:
    """Accounts by login name. Raises ValueError if a name has two mailboxes."""
    found: dict[str, Account] = {}
    for mailbox, account in accounts:
        if account.settings.user in found:
            raise ValueError(f"{mailbox}: the SFTP user {account.settings.user!r} has a mailbox already")
        found[account.settings.user] = account
    return found


def _text(text: str, resolve: Callable[[str], str]) -> str:
    return resolve(text) if text.startswith(("file:", "env:")) else text
