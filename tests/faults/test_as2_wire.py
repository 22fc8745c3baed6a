"""Faults 04, 14 to 16, 22, 45 and 50 of AS2, in one process: what the network and the disk do to a request. After
each of them the next try is as if nothing had been."""

from __future__ import annotations

import asyncio
import errno
import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import httpx
import pytest

from gateway.ledger import Ledger
from gateway.ports import Done, Transient
from gateway.transports.as2 import server
from gateway.window import Staging
from tests.faults.proxy import proxied
from tests.transports.as2.company import DOCUMENT, Company, Open, Reply, company, message, parcel, receipt, replying

pytestmark = pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)


@pytest.fixture
def our(ledger: Ledger, tmp_path: Path) -> Open:
    def make(reply: Reply | None = None, **settings: Any) -> AbstractAsyncContextManager[Company]:
        (tmp_path / "staging").mkdir(exist_ok=True)
        return company(ledger, reply or replying(), settings, tmp_path / "staging")

    return make


async def nothing_kept(we: Company, staging: Path) -> None:
    assert await we.rows("exchange") == []
    assert await we.rows("receipt") == []
    assert list(staging.iterdir()) == []


async def accepted_once(we: Company) -> None:
    """The next try is taken, and there is one message."""
    assert receipt(await we.post(*message(DOCUMENT))).accepted
    assert len(await we.rows("receipt")) == len(await we.rows("exchange")) == 1


# --- the network


@pytest.mark.parametrize("part", [0.0, 0.02, 0.2, 0.6, 0.999])
async def test_fault_14_a_request_cut_at_any_byte(our: Open, tmp_path: Path, part: float) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        size = int(part * (len(body) + sum(len(n) + len(v) + 4 for n, v in headers)))
        async with (
            proxied(we.server.port, ("up", size)) as proxy,
            httpx.AsyncClient(trust_env=False, timeout=10) as client,
        ):
            with pytest.raises(httpx.HTTPError):
                await client.post(f"http://127.0.0.1:{proxy.port}/as2", headers=list(headers), content=body)
        await nothing_kept(we, tmp_path / "staging")
        await accepted_once(we)


@pytest.mark.parametrize("size", [0, 1, 300, 1200])
async def test_fault_04_an_answer_cut_at_any_byte(our: Open, size: int) -> None:
    """The message is in, the receipt is lost: who sends again gets the same receipt."""
    async with our() as we:
        headers, body = message(DOCUMENT)
        async with proxied(we.server.port, ("down", size)) as proxy:
            url = f"http://127.0.0.1:{proxy.port}/as2"
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                with pytest.raises(httpx.HTTPError):
                    await client.post(url, headers=list(headers), content=body)
                first, second = [await client.post(url, headers=list(headers), content=body) for _ in range(2)]
        assert receipt(first).accepted
        assert first.content == second.content
        await accepted_once(we)


@pytest.mark.parametrize("cut", [("up", 0), ("up", 900), ("up", 3000), ("down", 0), ("down", 40), ("down", 1500)])
async def test_fault_22_our_request_or_its_answer_is_cut(our: Open, cut: tuple[str, int]) -> None:
    async with our(send={}) as we:
        port = int(we.partner.url.rpartition(":")[2].partition("/")[0])
        async with proxied(port, cut) as proxy:
            we.settings = we.settings.model_copy(
                update={"send": we.settings.send.model_copy(update={"url": f"http://127.0.0.1:{proxy.port}/as2"})}  # type: ignore[union-attr]
            )
            assert isinstance(await we.sink().send(parcel()), Transient)
            assert isinstance(await we.sink().send(parcel()), Done)
            assert proxy.connections == 2
        assert len({request.body for request in we.partner.requests}) == 1
        assert len(we.partner.requests) <= 2  # the partner may have it already, and knows it by its Message-ID


@pytest.mark.parametrize("framing", ["chunked", "continue", "longer", "shorter"])
async def test_fault_15_how_long_a_body_is(our: Open, tmp_path: Path, framing: str) -> None:
    async with our(listener={"idle": 0.5}) as we:
        headers, body = message(DOCUMENT)
        lines = [f"{n}: {v}" for n, v in headers] + ["Host: x", "Connection: close"]
        sent = body
        if framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            half = len(body) // 2
            pieces = (body[:half], body[half:], b"")
            sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        else:
            length = len(body) + {"longer": 10, "shorter": -10}.get(framing, 0)
            lines.append(f"Content-Length: {length}")
        if framing == "continue":
            lines.append("Expect: 100-continue")
        reader, writer = await asyncio.open_connection("127.0.0.1", we.server.port)
        writer.write(("\r\n".join(["POST /as2 HTTP/1.1", *lines]) + "\r\n\r\n").encode())
        if framing == "continue":
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        if framing in ("chunked", "continue"):
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"; processed\r\n" in answer
        else:  # longer: the rest never comes; shorter: a message that cannot be opened is refused
            assert b"; processed\r\n" not in answer
            assert await we.rows("receipt") == []
        assert list((tmp_path / "staging").iterdir()) == []
        assert receipt(await we.post(*message(DOCUMENT))).accepted
        assert len(await we.rows("receipt")) == 1


async def half_a_request(port: int, body: bytes, headers: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{n}: {v}" for n, v in headers] + ["Host: x", f"Content-Length: {len(body)}"]
    writer.write(("\r\n".join(["POST /as2 HTTP/1.1", *lines]) + "\r\n\r\n").encode() + body[:100])
    await writer.drain()
    return reader, writer


async def busy(we: Company) -> None:
    """Wait until a request is being read."""
    async with asyncio.timeout(5):
        while not sum(we.server._running.values()):
            await asyncio.sleep(0.01)


async def test_too_many_at_a_time_are_told_when_to_come_again(our: Open) -> None:
    async with our(listener={"max_requests": 1}) as we:
        headers, body = message(DOCUMENT)
        reader, writer = await half_a_request(we.server.port, body, headers)
        await busy(we)
        refused = await we.post(*message(DOCUMENT, "<2@acme>"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        writer.write(body[100:])
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        assert receipt(await we.post(*message(DOCUMENT, "<2@acme>"))).accepted


async def test_fault_45_the_listener_closes_while_a_message_comes(our: Open) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        reader, writer = await half_a_request(we.server.port, body, headers)
        await busy(we)
        closing = asyncio.create_task(we.server.stop())
        async with asyncio.timeout(5):
            while True:
                try:
                    _, other = await asyncio.open_connection("127.0.0.1", we.server.port)
                    other.close()
                    await asyncio.sleep(0.02)
                except ConnectionError:
                    break
        writer.write(body[100:])
        assert b"; processed\r\n" in await reader.read()
        writer.close()
        await closing
        assert len(await we.rows("receipt")) == 1


async def test_a_request_that_begins_while_the_listener_closes(our: Open, tmp_path: Path) -> None:
    async with our() as we:
        we.server._draining = True
        refused = await we.post(*message(DOCUMENT))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        await nothing_kept(we, tmp_path / "staging")


@pytest.mark.parametrize(("proxies", "peer"), [([], "127.0.0.1"), (["127.0.0.0/8"], "203.0.113.9")])
async def test_only_our_proxies_name_the_client(
    our: Open, proxies: list[str], peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    async with our(listener={"proxies": proxies}) as we:
        headers, body = message(DOCUMENT)
        await we.post((*headers, ("X-Forwarded-For", "203.0.113.9")), body)
        [exchange] = await we.rows("exchange")
        assert f'"peer": "{peer}"' in str(exchange.facts).replace("'", '"')


# --- the disk and the store


async def test_fault_16_the_disk_is_full_at_each_write(
    our: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever write it is: 503 and no trace, never a positive receipt."""
    left = [0]

    def file(self: Staging) -> BinaryIO:
        made = make(self)
        write = made.write

        def full(data: Any) -> int:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(data)

        monkeypatch.setattr(made, "write", full)
        return made

    async with our() as we:
        make, sent = Staging.file, message(DOCUMENT)
        with monkeypatch.context() as broken:
            broken.setattr(Staging, "file", file)
            for writes in range(20):
                left[0] = writes
                answer = await we.post(*sent)
                if answer.status_code == 200:
                    break
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
                await nothing_kept(we, tmp_path / "staging")
        assert writes > 2
        await accepted_once(we)


async def test_fault_16_the_ledger_is_full(our: Open, tmp_path: Path, ledger: Ledger) -> None:
    async with our() as we:

        def limit(c: Any) -> None:
            pages = c.exec_driver_sql("PRAGMA page_count").scalar()
            c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")

        await ledger.write(limit)
        answer = await we.post(*message(DOCUMENT + b" " * 100_000))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        await nothing_kept(we, tmp_path / "staging")
        await ledger.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))
        await accepted_once(we)


async def test_fault_50_the_disk_is_nearly_full(our: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with our() as we:
        with monkeypatch.context() as full:
            full.setattr(server, "shutil", SimpleNamespace(disk_usage=lambda folder: shutil._ntuple_diskusage(9, 8, 1)))
            answer = await we.post(*message(DOCUMENT))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
        await nothing_kept(we, tmp_path / "staging")
        await accepted_once(we)
