"""What a partner must know to upload files to us and to fetch what waits for it."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.secrets import Secrets
from gateway.transports.https.settings import Listener, UploadChannel
from gateway.transports.sheets import PARTNER, SheetPart


def sheet(settings: UploadChannel, listener: Listener | None, secrets: Secrets, host: str) -> Iterator[SheetPart]:
    """The part for one channel; `host` is our name in the partner's network, empty: as the listener has it."""
    yield SheetPart("HTTPS: your mailbox on our server", tuple(_rows(settings, listener, host)))


def _rows(settings: UploadChannel, listener: Listener | None, host: str) -> Iterator[tuple[str, str]]:
    if listener is None:
        yield "address", "our server for uploads is not opened yet"
    else:
        address = f"https://{host or listener.host}:{listener.port}/mailbox/{PARTNER}"
        yield "upload", f"POST {address}?name=FILE with the file as the body; stored when the answer is 202"
        yield "what waits for you", f"GET {address}, then GET and DELETE {address}/FILE"
    yield "login", "Authorization: Bearer TOKEN; you get the token by another way than this sheet"
    for token in settings.tokens:
        if token.until:
            yield "your token", f"{token.label} until {token.until}".strip()
    if settings.addresses:
        yield "you come from", ", ".join(str(network) for network in settings.addresses)
    yield "repeats", "send the same Idempotency-Key, or the same file: it gets the same answer and is processed once"
    yield "largest file", f"{settings.max_file} bytes"
