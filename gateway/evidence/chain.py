"""The chain of evidence: link n covers its number, the digest of link n-1, and the digest of its own record.

A record is a JSON text that names an exchange with the digests of its parts. Pure; no clock, no ledger. Rule protected:
who changes, adds or removes anything behind a link gets another digest for it and for all that follow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "0" * 64  # the digest before the first link


@dataclass(frozen=True, slots=True)
class Head:
    """A place in the chain: the number of a link and its digest. Written `12:ab34...`."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def of(cls, text: str) -> Head:
        """Raises ValueError."""
        number, colon, digest = text.strip().partition(":")
        if not colon or not number.isdecimal() or len(digest) != len(START) or set(digest) - set("0123456789abcdef"):
            raise ValueError(f"{text[:80]!r} is no place in the chain: write number:digest, as the log has it")
        return cls(int(number), digest)

    def next(self, content: str) -> Head:
        """The place of the link that follows, with a record of this digest."""
        number = self.number + 1
        text = f"{number}\n{self.digest}\n{content}\n"
        return Head(number, hashlib.sha256(text.encode()).hexdigest())


EMPTY = Head(0, START)


def record(values: Mapping[str, Any]) -> str:
    """A record as text: the same values give the same bytes."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def parse(text: str) -> dict[str, Any]:
    """The values of a record."""
    values: dict[str, Any] = json.loads(text)
    return values


def content(text: str) -> str:
    """The digest of a record, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def segment(before: Head, contents: Iterable[str]) -> bytes:
    """A part of the chain as a file: the place before it, then the digest of each record, the place after it."""
    lines, here = [f"before {before}"], before
    for each in contents:
        here = here.next(each)
        lines.append(f"{here.number} {each}")
    return "\n".join([*lines, f"head {here}", ""]).encode()


def places(data: bytes) -> dict[int, tuple[str, Head]]:
    """A segment read again: for each number the digest of its record, and its place. Raises ValueError in words."""
    first, *middle = data.decode("ascii").split("\n")[:-1] or [""]
    word, _, text = first.partition(" ")
    if word != "before" or len(middle) < 2:
        raise ValueError("it does not begin with the place before it")
    here, last, found = Head.of(text), middle.pop(), {}
    for line in middle:
        number, _, each = line.partition(" ")
        here = here.next(each)
        if number != str(here.number):
            raise ValueError(f"link {here.number} is missing, there is {number[:20]!r} in its place")
        found[here.number] = (each, here)
    if last != f"head {here}":
        raise ValueError(f"its links lead to {here}, and it says {last[:90]!r}")
    return found
