"""The parts of an exchange as files: what a digest is taken of is exactly what a bundle holds.

Rule protected: the same bytes give the same file, when a message is stored and years later.
"""

from __future__ import annotations

import hashlib

from gateway.ports import HttpMessage
from gateway.window import Content, window

ENTITY = "entity.bin"  # what was encrypted, with its MIME headers
BODY = "body.bin"
REQUEST, ANSWER = "request", "answer"


def files(folder: str, message: HttpMessage) -> dict[str, bytes]:
    """A request or an answer as three files."""
    return {**texts(folder, message), f"{folder}/{BODY}": message.body}


def texts(folder: str, message: HttpMessage) -> dict[str, bytes]:
    """The two files that stand before its body."""
    return {
        f"{folder}/line.txt": f"{message.line}\n".encode(),
        f"{folder}/headers.txt": "".join(f"{name}: {value}\n" for name, value in message.headers).encode(),
    }


def digests(of: dict[str, bytes]) -> dict[str, str]:
    """The sha256 of each file, in hex."""
    return {name: digest(data) for name, data in of.items()}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest_of(content: Content) -> str:
    """The same of bytes of any size."""
    found = hashlib.sha256()
    for chunk in window(content).chunks():
        found.update(chunk)
    return found.hexdigest()


def fingerprint(der: bytes) -> str:
    """The SHA-256 of a certificate, as people compare it: `AB:CD:...`."""
    return hashlib.sha256(der).digest().hex(":").upper()
