"""A client's paths as texts of our own tree. Arithmetic only: no host path is ever built from what a client says."""

from __future__ import annotations

import posixpath

import asyncssh

from gateway.transports import names


def absolute(path: bytes) -> str:
    """A client's path as an absolute virtual path without `.`, `..`, `//`. Raises for bytes that are no name."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        raise asyncssh.SFTPInvalidFilename("file names are UTF-8") from None
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise asyncssh.SFTPInvalidFilename("control characters are not allowed in a file name")
    return "/" + posixpath.normpath("/" + text).lstrip("/")


def split(path: str) -> tuple[str, str]:
    """(directory, checked name) of an absolute virtual path; both empty for `/`."""
    directory, _, name = path.lstrip("/").partition("/")
    if "/" in name:
        raise asyncssh.SFTPNoSuchFile(f"there is no {path}")
    try:
        return directory, names.checked(name) if name else ""
    except names.NameRefused as refused:
        raise asyncssh.SFTPInvalidFilename(str(refused)) from None
