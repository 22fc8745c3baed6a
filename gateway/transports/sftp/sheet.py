"""What a partner must know to reach its mailbox on our server, or to let us into its own."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.secrets import Secrets
from gateway.transports.sftp.keys import read_lines, read_private
from gateway.transports.sftp.settings import HostedMailbox, Listener, PolledMailbox
from gateway.transports.sheets import SheetPart

SHOWN = {"in": "you upload here", "out": "you fetch from here", "archive": "what is over, to read"}


def sheet(
    settings: HostedMailbox | PolledMailbox, listener: Listener | None, secrets: Secrets, host: str
) -> Iterator[SheetPart]:
    """The parts for one channel; `host` is our name in the partner's network, empty: as the listener has it. Raises
    SecretError or KeyRefused."""
    if isinstance(settings, PolledMailbox):
        yield _polled(settings, secrets)
        return
    yield SheetPart("SFTP: your mailbox on our server", tuple(_hosted(settings, listener, secrets, host)))


def _hosted(
    settings: HostedMailbox, listener: Listener | None, secrets: Secrets, host: str
) -> Iterator[tuple[str, str]]:
    if listener is None:
        yield "host", "our SFTP server is not opened yet"
    else:
        yield "host", host or listener.host
        yield "port", str(listener.port)
        for reference in listener.host_keys:
            key = read_private(secrets(reference))
            yield f"host key {key.get_algorithm()}", key.get_fingerprint()
    yield "user", settings.user
    ways = [way for way, there in (("public key", settings.keys), ("password", settings.passwords)) if there]
    yield "login by", (" and " if settings.login == "both" else " or ").join(ways)
    for entry in settings.keys:
        for public in read_lines(secrets(entry.key)):
            until = f", until {entry.until}" if entry.until else ""
            yield "your public key", f"{public.get_fingerprint()}{f' ({entry.label})' if entry.label else ''}{until}"
    for password in settings.passwords:
        if password.until:
            yield "your password", f"until {password.until}"
    if settings.addresses:
        yield "you come from", ", ".join(str(network) for network in settings.addresses)
    for name, shelf in settings.shelves.items():
        yield f"/{name}", SHOWN[shelf]
    yield "uploads", "a file counts when it is closed; .tmp, .part and .filepart when they are renamed"
    quota = settings.quota
    yield "largest file", f"{settings.max_file:,} bytes"
    yield "at a time", f"{quota.files} files, {quota.bytes:,} bytes, {settings.max_connections} connections"


def _polled(settings: PolledMailbox, secrets: Secrets) -> SheetPart:
    rows = [("your server", f"{settings.host}, port {settings.port}"), ("we log in as", settings.user)]
    rows += [("your host key, as we know it", pinned) for pinned in settings.host_keys]
    copies = []
    if settings.key:
        key = read_private(secrets(settings.key))
        rows.append(("our public key", key.get_fingerprint()))
        copies.append(("our public key", key.export_public_key().decode("utf-8")))
    if settings.poll is not None:
        after = {"delete": "then we delete them", "keep": "and leave them"}.get(settings.poll.after_read)
        archive = settings.poll.archive or f"{settings.poll.folder.rstrip('/')}/archive"
        rows.append(("we fetch from", f"{settings.poll.folder}, {after or f'then we move them to {archive}'}"))
    if settings.send is not None:
        through = f", written as *{settings.send.tmp_suffix} and then renamed" if settings.send.tmp_suffix else ""
        rows.append(("we write to", f"{settings.send.folder}{through}"))
    return SheetPart("SFTP: your server", tuple(rows), tuple(copies))
