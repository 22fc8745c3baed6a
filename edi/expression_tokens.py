"""The words of an expression one after the other, and what is said of one that cannot be used.

Not here: the grammar (edi/expressions.py).
"""

from __future__ import annotations

import re


class BadExpression(ValueError):
    """An expression that cannot be used: the text says where and why."""

    code = "check.bad_expression"


class UnknownPath(BadExpression):
    """A path that the event does not have."""

    code = "check.unknown_path"


class WrongType(BadExpression):
    """Values that do not go together: a text is compared with a number, or calculated with."""

    code = "check.type"


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<string>"[^"\n]*")
    |(?P<path>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?:/\*\*/[A-Za-z_][A-Za-z0-9_]*)?)
    |(?P<op>!=|<=|>=|[=<>+\-*/()\[\],]))""",
    re.VERBOSE,
)


class Tokens:
    """The tokens of an expression, one after the other: `kind` and `word` are those of the current one, which begins at
    `begins`; the one before it ended at `ended`."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.begins = self.ended = 0
        self.kind = self.word = ""
        self.next()

    def next(self) -> str:
        """Step to the next token; returns the one that was current."""
        before = self.word
        self.ended = self.at
        rest = self.text[self.at :]
        match = _TOKEN.match(rest)
        if match is None:
            if rest.strip():
                raise BadExpression(f"{rest.strip()[:20]!r} is not understood in {self.text!r}")
            self.kind = self.word = ""
            return before
        self.at += match.end()
        self.kind = match.lastgroup or ""
        self.word = match[self.kind]
        self.begins = self.at - len(self.word)
        return before

    def take(self, *words: str) -> bool:
        if self.word in words and self.kind in ("op", "path"):
            self.next()
            return True
        return False
