"""What a partner must know of a channel to connect to us: parts of the partner's sheet.

Each transport says it for its own settings: `sheet(settings, listener, secrets, host)`. Never a secret.
"""

from __future__ import annotations

from dataclasses import dataclass

PARTNER = "{partner}"  # in a value: the partner's id


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A titled list of label and value, with texts to copy (a certificate in PEM, a public key) under a label each."""

    title: str
    rows: tuple[tuple[str, str], ...]
    copies: tuple[tuple[str, str], ...] = ()
