"""How an interchange looks outside: delimiter sets, line breaks, encodings, groups, syntax 4.

Rule protected: a shape changes no document; read back, every shape of a plan gives the same segments.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from edi.model import Delimiters


@dataclass(frozen=True, slots=True)
class Shape:
    """`version` is ISA12 or UNB S001 if not the usual one; `encoding` and `mark` are put around the finished bytes."""

    delimiters: Delimiters | None = None
    version: str = ""
    grouped: bool = False
    encoding: str = ""
    mark: bytes = b""

    def dress(self, interchange: bytes) -> bytes:
        if self.encoding:
            interchange = interchange.decode("latin-1").encode(self.encoding)
        return self.mark + interchange


SHAPES: dict[str, Shape] = {
    "plain": Shape(),
    # X12
    "x12-lines": Shape(Delimiters("*", ">", "~", newline="\r\n")),
    "x12-newline": Shape(Delimiters("*", ":", "\n")),
    "x12-bars": Shape(Delimiters("|", ">", "~", newline="\n")),
    "x12-control": Shape(Delimiters("\x1d", "\x1f", "\x1c")),
    "x12-tilde": Shape(Delimiters("~", "^", "\r", newline="\n")),
    "x12-repeat": Shape(Delimiters("*", ":", "~", repeat="^"), version="00501"),
    "x12-utf-16": Shape(encoding="utf-16-le", mark=codecs.BOM_UTF16_LE),
    "x12-bom": Shape(mark=codecs.BOM_UTF8),
    # EDIFACT
    "edifact-lines": Shape(Delimiters("+", ":", "'", release="?", newline="\r\n")),
    "edifact-control": Shape(Delimiters("\x1d", "\x1f", "\x1c", release="?")),
    "edifact-bars": Shape(Delimiters("|", "^", "~", release="\\", decimal=".")),
    "edifact-syntax-4": Shape(version="UNOC:4"),
    "edifact-groups": Shape(grouped=True),
    "edifact-utf-16": Shape(encoding="utf-16-be", mark=codecs.BOM_UTF16_BE),
    "edifact-bom": Shape(mark=codecs.BOM_UTF8),
}
