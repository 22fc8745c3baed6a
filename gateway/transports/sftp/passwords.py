"""Passwords as argon2id hashes: making one, and checking one in a worker, a few at a time, in the same time for all.

Not here: who may use a password (accounts.py). Rule protected: an unknown name takes as long as a known one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

import argon2

PARALLEL = 2


class PasswordRefused(ValueError):
    """A text that is no argon2id hash; the message never repeats the text."""


def hashed(password: str) -> str:
    """The hash of a password, as a partner's file keeps it."""
    return argon2.PasswordHasher().hash(password)


def read_hash(text: str) -> str:
    """A hash, checked. Raises PasswordRefused."""
    text = text.strip()
    try:
        kind = argon2.extract_parameters(text).type
    except argon2.exceptions.InvalidHashError:
        kind = None
    if kind is not argon2.Type.ID:
        raise PasswordRefused("not an argon2id hash ($argon2id$...); `gateway password` makes one")
    return text


class Checker:
    """Compares passwords with hashes. Every call checks as many hashes as any name has, some of them decoys."""

    def __init__(self, known: Sequence[Sequence[str]]) -> None:
        """`known`: the hashes of every name."""
        self._turn = asyncio.Semaphore(PARALLEL)
        self._most = max((len(hashes) for hashes in known), default=0)
        first = next((text for hashes in known for text in hashes), None)
        hasher = argon2.PasswordHasher.from_parameters(argon2.extract_parameters(first)) if first else None
        self._decoy = hasher.hash(secrets.token_hex()) if hasher else ""

    @property
    def used(self) -> bool:
        """Whether any name has a password."""
        return self._most > 0

    async def matching(self, password: str, hashes: Sequence[str]) -> str | None:
        """The hash a password belongs to, or None."""
        decoys = [self._decoy] * (self._most - len(hashes))
        async with self._turn:
            found = await asyncio.to_thread(_fitting, password, [*hashes, *decoys])
        return next((text for text in found if text in hashes), None)


def _fitting(password: str, hashes: Sequence[str]) -> list[str]:
    found = []
    for text in hashes:
        try:
            argon2.PasswordHasher().verify(text, password)
        except argon2.exceptions.VerificationError:
            continue
        found.append(text)
    return found
