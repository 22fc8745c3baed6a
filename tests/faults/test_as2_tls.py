"""Fault 20: a partner that cannot be reached, or whose TLS certificate is not good. TLS is never bypassed
(`no_redirect_no_downgrade`): nothing of the message leaves before the certificate is known to be good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.ledger import Ledger
from gateway.ports import Done, Transient
from tests.transports.as2.authority import Authority
from tests.transports.as2.company import Partner, answering, company, parcel, replying

pytestmark = pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)


async def outcome(ledger: Ledger, tmp_path: Path, tls: dict[str, str], ca: str) -> tuple[object, int]:
    """One attempt at a server with this certificate; what became of it and how many requests the server saw."""
    partner = Partner(replying())
    async with answering(partner, **tls):
        url = partner.url.replace("http://127.0.0.1", "https://localhost")
        async with company(ledger, replying(), {"send": {"url": url, "ca": ca}}, tmp_path) as we:
            return await we.sink().send(parcel()), len(partner.requests)


async def test_fault_20_a_good_certificate(ledger: Ledger, tmp_path: Path) -> None:
    authority = Authority()
    done, requests = await outcome(ledger, tmp_path, authority.server(tmp_path), authority.pem)
    assert isinstance(done, Done), done
    assert requests == 1


@pytest.mark.parametrize("wrong", ["of another authority", "expired", "of another host"])
async def test_fault_20_a_certificate_that_is_not_good(ledger: Ledger, tmp_path: Path, wrong: str) -> None:
    authority = Authority()
    tls = authority.server(
        tmp_path,
        host="elsewhere.example" if wrong == "of another host" else "localhost",
        since=-20,
        until=-1 if wrong == "expired" else 50,
    )
    trusted = Authority().pem if wrong == "of another authority" else authority.pem
    refused, requests = await outcome(ledger, tmp_path, tls, trusted)
    assert isinstance(refused, Transient)
    assert (refused.scope, refused.alarm) == ("connector", "credential")
    assert "TLS certificate" in refused.reason
    assert requests == 0


async def test_fault_20_no_tls_at_all(ledger: Ledger, tmp_path: Path) -> None:
    """A server that speaks plain HTTP where TLS is agreed gets nothing to read."""
    seen = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.read(65536))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/as2"
    async with server, company(ledger, replying(), {"send": {"url": url}}, tmp_path) as we:
        assert isinstance(await we.sink().send(parcel()), Transient)
    assert seen[0] == 0x16  # a TLS handshake, and nothing else
    assert b"AS2-From" not in seen


async def test_fault_20_a_name_that_does_not_exist(ledger: Ledger, tmp_path: Path) -> None:
    async with company(ledger, replying(), {"send": {"url": "https://as2.invalid/as2"}}, tmp_path) as we:
        away = await we.sink().send(parcel())
    assert isinstance(away, Transient)
    assert (away.scope, away.alarm) == ("connector", "")
    assert "as2.invalid cannot be reached" in away.reason
