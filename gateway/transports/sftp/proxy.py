"""The PROXY protocol, versions 1 and 2: the address of a client behind a load balancer (HAProxy's specification of it).

Not here: from whom a header is taken (server.py). Rule protected: what is not exactly a header ends the connection.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LONGEST_V1 = 107
_HEAD = struct.Struct(">12sBBH")
_ADDRESS_BYTES = {0x1: 4, 0x2: 16}  # by address family: AF_INET, AF_INET6


class HeaderRefused(ValueError):
    """Bytes that are no header of the PROXY protocol."""


@dataclass(frozen=True, slots=True)
class Header:
    """The client's address, empty where the proxy speaks for itself (a health check), and what came after it."""

    address: str
    rest: bytes


def read(data: bytes) -> Header | None:
    """The header at the start of a connection; None if more bytes are needed. Raises HeaderRefused."""
    if data[: len(SIGNATURE)] == SIGNATURE[: len(data)]:
        return _version_2(data) if len(data) >= _HEAD.size else None
    if data[:6] == b"PROXY "[: len(data)]:
        return _version_1(data)
    raise HeaderRefused("a connection from a proxy does not begin with a PROXY header")


def _version_1(data: bytes) -> Header | None:
    line, end, rest = data.partition(b"\r\n")
    if len(line) > LONGEST_V1 - 2:
        raise HeaderRefused("a PROXY line is too long")
    if not end:
        return None
    words = line.decode("ascii", "replace").split(" ")
    if words[1] == "UNKNOWN":
        return Header("", rest)
    if words[1] not in ("TCP4", "TCP6") or len(words) != 6:
        raise HeaderRefused("a PROXY line is not `PROXY TCP4|TCP6 source destination port port`")
    return Header(_checked(words[2], 4 if words[1] == "TCP4" else 6), rest)


def _version_2(data: bytes) -> Header | None:
    _, kind, family, length = _HEAD.unpack_from(data)
    if kind not in (0x20, 0x21):
        raise HeaderRefused("a PROXY header is of an unknown version or command")
    if length > 2048:
        raise HeaderRefused("a PROXY header is too long")
    if len(data) < _HEAD.size + length:
        return None
    body, rest = data[_HEAD.size : _HEAD.size + length], data[_HEAD.size + length :]
    width = _ADDRESS_BYTES.get(family >> 4, 0)
    if kind == 0x20 or not width:  # LOCAL, or neither IPv4 nor IPv6
        return Header("", rest)
    if length < 2 * width + 4:
        raise HeaderRefused("a PROXY header is too short for its addresses")
    return Header(str(ipaddress.ip_address(body[:width])), rest)


def _checked(text: str, version: int) -> str:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        raise HeaderRefused("a PROXY line names no address") from None
    if parsed.version != version:
        raise HeaderRefused("a PROXY line names an address of another kind")
    return str(parsed)
