"""HTTPS upload over real HTTP on the real ledger: what is stored once, what is answered, what is refused and in which
words."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from uploader import HASH, MAILBOX, TOKEN, Host, channel, hosting

from gateway import clock
from gateway.ledger import Ledger, LedgerUnavailable, migrate
from gateway.ports import Done
from gateway.transports.https import Listener, UploadServer, tokens
from tests.flow.world import isa, order_released, set_855
from tests.transports.as2.authority import Authority

FILE = isa([set_855()], control=7)


def problem(answer: httpx.Response, status: int, kind: str) -> str:
    """The words of a refusal (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    value = answer.json()
    assert set(value) == {"type", "title", "status", "detail"}
    assert (value["status"], value["type"]) == (status, f"urn:supplier-gateway:problem:{kind}")
    return str(value["detail"])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """SQLite is enough here; what an upload stores is tried on both databases in tests/flow/test_uploads.py."""
    with closing(Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", exclusive=True)) as opened:
        migrate.upgrade(opened)
        yield opened


@pytest.fixture
async def host(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Host]:
    async with hosting(ledger, tmp_path) as made:
        yield made


# Uploading


async def test_202_comes_after_the_commit(host: Host) -> None:
    answer = await host.post(FILE)
    assert answer.status_code == 202
    value = answer.json()
    assert set(value) == {"id", "sha256", "size"}
    assert await host.received() == [("a.edi", len(FILE))]
    facts = await host.world.ledger.read(lambda c: c.exec_driver_sql("SELECT id, mailbox FROM receipt").one())
    assert (str(facts.id), facts.mailbox) == (value["id"], MAILBOX)
    await host.settle()
    assert [parcel.key for parcel in host.world.events()] == ["po/P00042"]


async def test_a_store_that_is_away_is_503_and_nothing_is_kept(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*arguments: Any) -> Any:
        raise LedgerUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(host.world.ledger, "write", away)
        assert "nothing was kept" in problem(await host.post(FILE), 503, "store")
    assert await host.received() == []
    assert (await host.post(FILE)).status_code == 202


@pytest.mark.parametrize("key", ["", "order-7", '"order-7"'])
async def test_a_repeat_gets_the_same_answer_and_is_not_processed_again(host: Host, key: str) -> None:
    """Fault 55. Known by its key, or by its bytes; also under another name, and when both come at once."""
    headers = {"Idempotency_Key": key} if key else {}
    first = await host.post(FILE, **headers)
    assert (await host.post(FILE, **headers)).content == first.content
    assert (await host.post(FILE, "b.edi", **headers)).content == first.content
    both = await asyncio.gather(*(host.post(FILE + b"\n", **{"Idempotency_Key": "twice"}) for _ in range(4)))
    assert len({answer.content for answer in both}) == 1
    assert [name for name, _ in await host.received()] == ["a.edi", "a.edi"]


async def test_an_answer_that_was_lost(host: Host) -> None:
    """The partner is gone before it reads the answer, and comes again."""
    head = f"POST /mailbox/acme?name=a.edi HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", host.server.port)
    writer.write(head.encode() + f"Content-Length: {len(FILE)}\r\n\r\n".encode() + FILE)
    await writer.drain()
    async with asyncio.timeout(5):
        while not await host.received():
            await asyncio.sleep(0.01)
    writer.transport.abort()
    assert (await host.post(FILE)).status_code == 202
    assert len(await host.received()) == 1


async def test_a_key_used_for_another_file(host: Host) -> None:
    assert (await host.post(FILE, Idempotency_Key="k")).status_code == 202
    other = await host.post(isa([set_855(order="P9")], control=8), Idempotency_Key="k")
    assert "used before for another file" in problem(other, 422, "key")
    assert len(await host.received()) == 1
    assert "200" in problem(await host.post(FILE, Idempotency_Key="x" * 201), 400, "key")


@pytest.mark.parametrize(
    ("name", "headers", "stored"),
    [
        ("855 Müller.edi", {}, "855 Müller.edi"),
        ("", {"Content_Disposition": 'attachment; filename="b.edi"'}, "b.edi"),
        ("", {}, "2bf5281c3d96f567.edi"),
    ],
)
async def test_names(host: Host, name: str, headers: dict[str, str], stored: str) -> None:
    assert (await host.post(b"ISA*", name, **headers)).status_code == 202
    ((received, _),) = await host.received()
    assert received == stored or (not name and not headers and received.endswith(".edi") and len(received) == 20)


@pytest.mark.parametrize(
    "name", ["../a.edi", "a/b.edi", "a\nb.edi", "a\0.edi", "x" * 201, "...", "a;b.edi", "a%2fb.edi"]
)
async def test_names_that_are_refused(host: Host, name: str) -> None:
    assert problem(await host.post(FILE, name), 400, "name")
    assert await host.received() == []


@pytest.mark.parametrize("name", [".a.edi", "a.edi.tmp", "a.edi.filepart", "a.edi~"])
async def test_names_of_unfinished_files(host: Host, name: str) -> None:
    assert "send it when it is whole" in problem(await host.post(FILE, name), 400, "name")


# Limits


async def test_a_large_file(host: Host) -> None:
    """In pieces without a length, above what is held in memory."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100_000

    assert (await host.post(pieces())).status_code == 202
    assert await host.received() == [("a.edi", 5_000_000)]


async def test_caps_and_quotas(ledger: Ledger, tmp_path: Path) -> None:
    limits = channel(max_file="1KB", quota={"files": 3, "bytes": "1500B"})

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    async with hosting(ledger, tmp_path, {MAILBOX: limits}) as host:
        for body in (b"x" * 1001, pieces(11)):
            assert problem(await host.post(body), 413, "size") == "a file may have 1000 bytes"
        assert (await host.post(b"a" * 1000, "1.edi")).status_code == 202
        for body in (b"b" * 600, pieces(6)):
            answer = await host.post(body, "2.edi")
            assert "1500 bytes within an hour" in problem(answer, 429, "quota")
            assert int(answer.headers["retry-after"]) > 0
        assert (await host.post(b"c" * 100, "3.edi")).status_code == 202
        assert (await host.post(b"d" * 100, "4.edi")).status_code == 202
        assert "3 files within an hour" in problem(await host.post(b"e", "5.edi"), 429, "quota")
        assert [name for name, _ in await host.received()] == ["1.edi", "3.edi", "4.edi"]


async def test_a_disk_that_is_nearly_full(ledger: Ledger, tmp_path: Path) -> None:
    async with hosting(ledger, tmp_path, least_free="900000GB") as host:
        assert "no room at the moment" in problem(await host.post(FILE), 503, "room")


async def test_requests_at_a_time(ledger: Ledger, tmp_path: Path) -> None:
    async with hosting(ledger, tmp_path, {MAILBOX: channel(max_requests=1)}, idle="20s") as host:
        go_on = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"ISA*"
            await go_on.wait()

        first = asyncio.create_task(host.post(slow()))
        async with asyncio.timeout(5):
            while not host.server._running[MAILBOX]:
                await asyncio.sleep(0.01)
        assert problem(await host.post(FILE, "b.edi"), 429, "busy")
        go_on.set()
        assert (await first).status_code == 202
        assert (await host.post(FILE, "b.edi")).status_code == 202


async def test_half_a_body_is_not_a_file(host: Host) -> None:
    """The connection ends, or nothing more comes: nothing is kept, and the slot is free."""
    head = f"POST /mailbox/acme HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\nISA*"
    for silent in (False, True):
        reader, writer = await asyncio.open_connection("127.0.0.1", host.server.port)
        writer.write(head.encode())
        await writer.drain()
        if silent:
            assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        async with asyncio.timeout(5):
            while host.server._running[MAILBOX]:
                await asyncio.sleep(0.01)
    assert await host.received() == []


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415, "form"),
        ({"Content_Encoding": "gzip"}, 415, "encoding"),
        ({f"X-{n}": "y" for n in range(250)}, 431, "request"),
    ],
)
async def test_requests_we_do_not_take(host: Host, headers: dict[str, str], status: int, kind: str) -> None:
    assert problem(await host.post(FILE, **headers), status, kind)
    assert await host.received() == []


async def test_an_empty_body(host: Host) -> None:
    assert "is empty" in problem(await host.post(b""), 400, "empty")


# Fetching


async def test_what_waits_is_listed_fetched_and_confirmed(host: Host) -> None:
    sink: Any = host.world.flow.sinks["acme/inbox"]
    sink.answer = lambda parcel: Done("placed")
    host.world.flow.sinks = {**host.world.flow.sinks, MAILBOX: sink}
    assert (await host.post(FILE)).status_code == 202
    await host.settle()
    listed = (await host.client.get(host.url)).json()
    assert listed["more"] is False
    [file] = listed["files"]
    assert set(file) == {"name", "size", "placed"}
    assert file["name"].startswith("997_")
    one = f"{host.url}/{file['name']}"
    assert (await host.client.head(one)).headers["content-length"] == str(file["size"])
    answer = await host.client.get(one)
    assert b"ST*997*" in answer.content
    assert len(answer.content) == file["size"]
    assert answer.headers["content-type"] == "application/octet-stream"
    collected = "SELECT collected_at, discarded_at FROM delivery WHERE effect = 'placed'"
    row = await host.world.ledger.read(lambda c: c.exec_driver_sql(collected).one())
    assert row.collected_at
    assert not row.discarded_at
    assert len((await host.client.get(host.url)).json()["files"]) == 1  # until it is confirmed
    assert (await host.client.delete(one)).status_code == 204
    assert (await host.client.get(host.url)).json() == {"files": [], "more": False}
    assert "no file" in problem(await host.client.get(one), 404, "name")
    assert problem(await host.client.delete(one), 404, "name")


async def test_looking_at_the_head_fetches_nothing(host: Host) -> None:
    await host.world.submit(order_released())
    move = "UPDATE delivery SET destination = 'acme/web' WHERE effect = 'placed'"
    await host.world.ledger.write(lambda c: c.exec_driver_sql(move))
    [file] = (await host.client.get(host.url)).json()["files"]
    assert file["name"] == "850_P00042_000000001.edi"
    await host.client.head(f"{host.url}/{file['name']}")
    row = await host.world.ledger.read(
        lambda c: c.exec_driver_sql("SELECT collected_at FROM delivery WHERE effect = 'placed'").one()
    )
    assert not row.collected_at


# Who it is


async def test_who_is_not_known_learns_nothing(host: Host) -> None:
    """No token, another token, a token of somebody else, another partner: one answer, and no trace."""
    answers = []
    for partner, token in (("acme", "x"), ("acme", tokens.new()[0]), ("nobody", TOKEN), ("bolt", TOKEN), ("acme", "é")):
        url = host.url.replace("acme", partner)
        headers = {"Authorization": f"Bearer {token}".encode()}
        answers.append(await host.client.post(url, content=FILE, headers=headers))
    details = {problem(answer, 401, "token") for answer in answers}
    assert details == {"there is no such mailbox, or the token is not one of it"}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    for value in ("", "Basic eDp5", "Bearer"):
        answer = await host.client.get(host.url, headers={"Authorization": value})
        assert "a token is needed" in problem(answer, 401, "token")
    assert await host.received() == []


async def test_tokens_that_end_and_overlap(ledger: Ledger, tmp_path: Path) -> None:
    newer, its_hash = tokens.new()
    today = clock.now().date()
    both = channel(tokens=[{"hash": HASH, "until": today}, its_hash])
    async with hosting(ledger, tmp_path, {MAILBOX: both}) as host:
        assert (await host.post(FILE)).status_code == 202
        assert (await host.client.get(host.url, headers={"Authorization": f"Bearer {newer}"})).status_code == 200
        ended = channel(tokens=[{"hash": HASH, "until": today - dt.timedelta(days=1)}, its_hash])
        host.server.replace({MAILBOX: ended})
        assert problem(await host.client.get(host.url), 401, "token")
        host.server.replace({})
        assert problem(await host.client.get(host.url), 401, "token")


async def test_guessers_are_banned(ledger: Ledger, tmp_path: Path) -> None:
    async with hosting(ledger, tmp_path, defence={"threshold": 5}) as host:
        for _ in range(5):
            answer = await host.client.get(host.url, headers={"Authorization": "Bearer x"})
            assert answer.status_code == 401
        assert "too many failed attempts" in problem(await host.client.get(host.url), 403, "banned")


async def test_addresses_behind_a_proxy(ledger: Ledger, tmp_path: Path) -> None:
    """The proxy says the client's address; from anybody else such a header is nothing."""
    only = {MAILBOX: channel(addresses=["192.0.2.0/24"])}
    said = {"X-Forwarded-For": "192.0.2.7"}
    async with hosting(ledger, tmp_path / "a", only, proxies=["127.0.0.0/8"], staging=None) as host:
        assert (await host.client.get(host.url, headers=said)).status_code == 200
        assert problem(await host.client.get(host.url), 401, "token")
    async with hosting(ledger, tmp_path / "b", only, staging=None) as host:
        assert problem(await host.client.get(host.url, headers=said), 401, "token")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("PUT", "/mailbox/acme", 405), ("POST", "/mailbox/acme/a.edi", 405)],
)
async def test_what_is_no_mailbox(host: Host, method: str, path: str, status: int) -> None:
    url = host.url.removesuffix("/mailbox/acme") + path
    assert problem(await host.client.request(method, url), status, "path")


def test_a_token_in_two_channels(tmp_path: Path) -> None:
    desk: Any = None
    with pytest.raises(ValueError, match="a token of it belongs to acme/web already"):
        UploadServer(Listener(), {MAILBOX: channel(), "bolt/web": channel()}, desk, lambda text: text)


async def test_tls_of_our_own(ledger: Ledger, tmp_path: Path) -> None:
    paths = Authority().server(tmp_path)
    texts = {key: Path(path).read_text() for key, path in paths.items()}
    async with hosting(ledger, tmp_path, certificate=texts["ssl_certfile"], key=texts["ssl_keyfile"]) as host:
        assert host.url.startswith("https://")
        assert (await host.post(FILE)).status_code == 202
