"""Secrets by reference: `env:NAME` and `file:PATH`. The text itself never stands in configuration or in a log."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_REFERENCE = re.compile(r"(env|file):(.+)", re.DOTALL)


class SecretError(Exception):
    """A reference that leads nowhere: names the reference, never a value."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Resolves references; file paths are relative to the folder of the configuration."""

    folder: Path

    def __call__(self, reference: str) -> str:
        """The text behind a reference; text that is no reference is returned as it is. Raises SecretError."""
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            return reference
        kind, where = match.groups()
        if kind == "env":
            if where not in os.environ:
                raise SecretError(f"{reference}: the environment variable {where} is not set")
            return os.environ[where]
        path = self.folder / where
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"{reference}: {path} cannot be read ({type(error).__name__})") from None
