"""MIME (RFC 2045, 2046, 1847) on ranges of a file: headers, parts of a multipart, transfer encodings; what we write.

Not here: what the parts mean. Rules protected: a part is exactly the bytes between its delimiters, for those are what
was signed; headers, parts and depth are limited; nothing we write can be folded or broken by what stands in it. The
`email` package is not used: it rewrites what it prints.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gateway.window import CHUNK, Staging, Window

MOST_HEADERS, MOST_HEADER_BYTES = 200, 64 * 1024
MOST_PARTS, DEEPEST = 100, 10
MOST_SPACE = 64  # bytes behind the end of what must stand alone
Headers = tuple[tuple[str, str], ...]
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PARAMETER = re.compile(r""";\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s"]*)\s*""")


class MimeError(ValueError):
    """It is not MIME as it should be; the text is for our own log."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Headers and body. `whole` is both as they stand; of what HTTP carried it is the body alone."""

    headers: Headers
    body: Window
    whole: Window

    def header(self, name: str) -> str:
        return header(self.headers, name)

    @property
    def kind(self) -> str:
        """`multipart/signed`, in lower case; `text/plain` where nothing is said."""
        return kind_of(self.header("content-type"))[0]

    @property
    def parameters(self) -> dict[str, str]:
        return kind_of(self.header("content-type"))[1]

    @property
    def name(self) -> str:
        """The file name the sender gave it: data, never a path."""
        _, disposition = kind_of(self.header("content-disposition"))
        return disposition.get("filename", "") or self.parameters.get("name", "")


def header(headers: Headers, name: str) -> str:
    """The first header of this name, its name in any case."""
    return next((value for known, value in headers if known.lower() == name), "")


def kind_of(value: str) -> tuple[str, dict[str, str]]:
    """A value with parameters: `text/plain; charset="utf-8"`. Names in lower case, values without their quotes."""
    kind, _, _ = value.partition(";")
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        name, text = match.groups()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        found.setdefault(name.lower(), text)
    return kind.strip().lower(), found


def entity(window: Window) -> Entity:
    """Headers, an empty line, and the body. Raises MimeError."""
    head = window.at(window.start, MOST_HEADER_BYTES)
    match = re.search(rb"\r?\n\r?\n|\A\r?\n", head)
    if match is None:
        raise MimeError("the headers do not end")
    return Entity(headers_of(head[: match.start()]), window.part(window.start + match.end(), window.end), window)


def headers_of(head: bytes) -> Headers:
    """Header lines; folded ones are joined. Raises MimeError."""
    text = re.sub(r"\r?\n[ \t]+", " ", head.decode("latin-1"))
    found = []
    for line in re.split(r"\r?\n", text) if text else ():
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name.rstrip()):
            raise MimeError(f"{line[:40]!r} is no header")
        found.append((name.rstrip(), value.strip()))
    if len(found) > MOST_HEADERS:
        raise MimeError(f"more than {MOST_HEADERS} headers")
    return tuple(found)


def parts(body: Window, boundary: str, *, alone: bool = False) -> list[Window]:
    """The parts of a multipart, each from its first header to before the line break of the next delimiter. What stands
    before the first and after the last is left out; with `alone` nothing may stand after it. Raises MimeError, also if
    the last delimiter is missing."""
    if not 1 <= len(boundary) <= 200:
        raise MimeError("a multipart without a boundary")
    delimiter = b"--" + boundary.encode("latin-1", "replace")
    found: list[Window] = []
    begin: int | None = None
    for at in _occurrences(body, delimiter):
        tail = body.at(at + len(delimiter), 1024)
        ending = re.match(rb"(--)?[ \t]*(\r?\n|\Z)", tail)
        if ending is None:
            continue  # the start of a longer line
        if begin is not None:
            found.append(body.part(begin, max(begin, at - _line_break(body, at))))
            if len(found) > MOST_PARTS:
                raise MimeError(f"more than {MOST_PARTS} parts")
        if ending[1]:
            if begin is None:
                raise MimeError("a multipart that ends before it begins")
            if alone:
                nothing_after(body, at + len(delimiter) + ending.end())
            return found
        begin = at + len(delimiter) + ending.end()
    raise MimeError("a multipart without its last delimiter")


def nothing_after(window: Window, offset: int) -> None:
    """Raises MimeError if more than a few line breaks and spaces stand behind an offset."""
    if window.end - offset > MOST_SPACE or window.at(offset, MOST_SPACE).strip(b" \t\r\n"):
        raise MimeError("something stands behind the end")


def _occurrences(body: Window, delimiter: bytes) -> Iterator[int]:
    """Where the delimiter stands at the start of a line."""
    held, offset = b"\n", body.start - 1
    needle = b"\n" + delimiter
    for chunk in body.chunks(CHUNK):
        held += chunk
        here = -1
        while (here := held.find(needle, here + 1)) >= 0:
            yield offset + here + 1
        keep = len(needle) - 1
        offset += max(0, len(held) - keep)
        held = held[-keep:]


def _line_break(body: Window, at: int) -> int:
    """How many bytes the line break before `at` has."""
    before = body.at(max(body.start, at - 2), at - max(body.start, at - 2))
    return 2 if before.endswith(b"\r\n") else 1 if before.endswith(b"\n") else 0


def decoded(found: Entity, staging: Staging) -> Window:
    """The body without its transfer encoding. Raises MimeError."""
    encoding = found.header("content-transfer-encoding").strip().lower()
    if encoding == "base64":
        out = staging.file()
        _base64(found.body.chunks(), out)
        return Window.all_of(out)
    if encoding == "quoted-printable":
        return Window.of(quopri.decodestring(found.body.whole(CHUNK)))
    if encoding not in ("", "binary", "7bit", "8bit"):
        raise MimeError(f"the transfer encoding {encoding[:20]!r} is not known")
    return found.body


def _base64(chunks: Iterable[bytes], out: BinaryIO) -> None:
    held = b""
    for chunk in chunks:
        held += re.sub(rb"\s+", b"", chunk)
        whole = len(held) // 4 * 4
        try:
            out.write(binascii.a2b_base64(held[:whole], strict_mode=True))
        except binascii.Error as error:
            raise MimeError(f"not base64: {error}") from None
        held = held[whole:]
    if held:
        raise MimeError("not base64: it is cut off")


# --- writing


def written(headers: Headers) -> bytes:
    """Header lines and the empty line after them. Raises ValueError for what does not fit in one."""
    for name, value in headers:
        if not _NAME.fullmatch(name) or not value.isprintable() or not value.isascii():
            raise ValueError(f"{name}: {value[:60]!r} cannot be a header")
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"


def quoted(text: str) -> str:
    """A parameter's value in quotes; what cannot stand in it becomes `_`."""
    return '"' + re.sub(r'[^\x20-\x7e]|["\\]', "_", text) + '"'


def base64_lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")
