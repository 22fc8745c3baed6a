"""SFTP: mailboxes we host (`kind: sftp-server`) and mailboxes we poll and write to at the partner (`kind: sftp`).

asyncssh is imported in this package only. Rule protected: a file counts when its CLOSE or rename was answered, and that
answer comes after the commit.
"""

from gateway.transports.sftp.client import HostKeyChanged, LoginRefused, RemoteFile, SftpSession, connect
from gateway.transports.sftp.keys import KeyRefused, fingerprint, generate_key
from gateway.transports.sftp.server import SftpServer
from gateway.transports.sftp.settings import HostedMailbox, Listener, PolledMailbox
from gateway.transports.sftp.sinks import HostedSink

CHANNELS = {"sftp-server": HostedMailbox, "sftp": PolledMailbox}

__all__ = [
    "CHANNELS",
    "HostKeyChanged",
    "HostedMailbox",
    "HostedSink",
    "KeyRefused",
    "Listener",
    "LoginRefused",
    "PolledMailbox",
    "RemoteFile",
    "SftpServer",
    "SftpSession",
    "connect",
    "fingerprint",
    "generate_key",
]
