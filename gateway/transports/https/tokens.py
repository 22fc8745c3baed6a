"""Tokens: making one, and finding whose one is, in the same time for everybody.

A token has 256 random bits, so that a plain digest cannot be turned round; what people make up belongs into passwords.
Rule protected: an unknown partner takes as long as a known one with another token.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.transports.https.settings import Token

_HASH = re.compile(r"sha256:([0-9a-f]{64})")


class TokenRefused(ValueError):
    """A text that is no digest of a token; the message never repeats the text."""


@dataclass(frozen=True, slots=True)
class Known:
    """A token as we know it."""

    digest: bytes
    entry: Token

    def good(self, today: dt.date) -> bool:
        return self.entry.until is None or today <= self.entry.until


def new() -> tuple[str, str]:
    """A token for the partner, and its digest for the partner's file."""
    token = secrets.token_urlsafe(32)
    return token, f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def read(entry: Token, resolve: Callable[[str], str]) -> Known:
    """A token from its reference or text. Raises TokenRefused, and what `resolve` raises."""
    match = _HASH.fullmatch(resolve(entry.hash).strip())
    if match is None:
        raise TokenRefused(f"{entry.label or 'a token'}: not sha256:<64 digits>; `gateway partner token` makes one")
    return Known(bytes.fromhex(match[1]), entry)


def matching(presented: str, known: Iterable[Known]) -> Known | None:
    """The one that was presented, whatever its last day. All are compared, and at least one."""
    digest = hashlib.sha256(presented.encode("utf-8", "surrogateescape")).digest()
    found = None
    hmac.compare_digest(digest, b"\0" * 32)
    for token in known:
        if hmac.compare_digest(digest, token.digest):
            found = token
    return found
