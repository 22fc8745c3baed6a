"""SFTP: mailboxes we host (`kind: sftp-server`) and mailboxes we poll and write to at the partner (`kind: sftp`).

asyncssh is imported in this package only. Rule protected: a file counts when its CLOSE or rename was answered, and that
answer comes after the commit.
"""

from collections.abc import Iterator, Mapping

from gateway.ports import Desk, Exchanges
from gateway.secrets import Secrets
from gateway.transports.credentials import Credential, end_of
from gateway.transports.placing import HostedSink
from gateway.transports.sftp.client import HostKeyChanged, LoginRefused, RemoteFile, SftpSession, connect
from gateway.transports.sftp.examine import examine
from gateway.transports.sftp.keys import KeyRefused, fingerprint, generate_key, read_lines, read_private
from gateway.transports.sftp.passwords import PasswordRefused, hashed, read_hash
from gateway.transports.sftp.poller import SftpPoller
from gateway.transports.sftp.server import SftpServer
from gateway.transports.sftp.settings import HostedMailbox, Listener, PolledMailbox
from gateway.transports.sftp.sheet import sheet
from gateway.transports.sftp.sinks import SftpSink

CHANNELS = {"sftp-server": HostedMailbox, "sftp": PolledMailbox}
HOSTED = "sftp-server"


def check(settings: Listener | HostedMailbox | PolledMailbox, secrets: Secrets) -> None:
    """Whether every key and password can be read. Raises SecretError, KeyRefused or PasswordRefused."""
    if isinstance(settings, HostedMailbox):
        for entry in settings.keys:
            if not read_lines(secrets(entry.key)):
                raise KeyRefused(f"{entry.key}: there is no key in it")
        for password in settings.passwords:
            read_hash(secrets(password.hash))
    elif isinstance(settings, Listener):
        for reference in settings.host_keys:
            read_private(secrets(reference))
    elif settings.key:
        read_private(secrets(settings.key))


def credentials(settings: Listener | HostedMailbox | PolledMailbox, secrets: Secrets) -> Iterator[Credential]:
    """Host keys and login keys with their fingerprints, and when they end. Raises SecretError or KeyRefused."""
    if isinstance(settings, Listener):
        for reference in settings.host_keys:
            key = read_private(secrets(reference))
            yield Credential("host key", "ours", key.get_algorithm(), key.get_fingerprint())
    elif isinstance(settings, HostedMailbox):
        for entry in settings.keys:
            for key in read_lines(secrets(entry.key)):
                name, until = entry.label or key.get_comment() or settings.user, end_of(entry.until)
                yield Credential("login key", "theirs", name, key.get_fingerprint(), until=until)
        for password in settings.passwords:
            yield Credential("password", "theirs", password.label or settings.user, "", until=end_of(password.until))
    else:
        for pinned in settings.host_keys:
            yield Credential("host key", "theirs", settings.host, pinned)
        if settings.key:
            key = read_private(secrets(settings.key))
            yield Credential("login key", "ours", settings.user, key.get_fingerprint())


def poller(source: str, settings: HostedMailbox | PolledMailbox, secrets: Secrets) -> SftpPoller | None:
    """What polls this channel, if anything does: a hosted mailbox is served by SftpServer."""
    if isinstance(settings, PolledMailbox) and settings.poll is not None:
        return SftpPoller(source, settings, secrets)
    return None


def sink(
    settings: HostedMailbox | PolledMailbox, secrets: Secrets, exchanges: Exchanges
) -> HostedSink | SftpSink | None:
    """What sends through this channel, if anything may."""
    if isinstance(settings, HostedMailbox):
        return HostedSink()
    return SftpSink(settings, secrets) if settings.send is not None else None


def open_server(settings: Listener, channels: Mapping[str, HostedMailbox], desk: Desk, secrets: Secrets) -> SftpServer:
    """Our SFTP server for the mailboxes we host."""
    return SftpServer(settings, channels, desk.mailboxes, desk.inlet, secrets)


__all__ = [
    "CHANNELS",
    "HOSTED",
    "HostKeyChanged",
    "HostedMailbox",
    "HostedSink",
    "KeyRefused",
    "Listener",
    "LoginRefused",
    "PasswordRefused",
    "PolledMailbox",
    "RemoteFile",
    "SftpPoller",
    "SftpServer",
    "SftpSession",
    "SftpSink",
    "check",
    "connect",
    "credentials",
    "examine",
    "fingerprint",
    "generate_key",
    "hashed",
    "open_server",
    "poller",
    "sheet",
    "sink",
]
