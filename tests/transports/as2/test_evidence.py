"""Evidence of AS2: what a bundle holds, that any change of it is found, that openssl alone believes its signatures, and
that the chain has one end however many add to it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.arriving import File
from gateway.evidence import bundle, chain, parts, verify
from gateway.evidence.chain import EMPTY, Head
from gateway.evidence.sealing import Sealer, walked
from gateway.flow import SMALL
from gateway.ledger.queries import evidence
from gateway.ledger.tables import chunk
from gateway.ports import Arrival, Business, Done, Parcel, Unknown
from gateway.transports.as2 import cms_write, mdn
from gateway.transports.as2.mdn import Answer
from gateway.transports.as2.mime import Headers
from gateway.window import Staging, Window
from tests.flow.world import ROOT
from tests.transports.as2.authority import Authority
from tests.transports.as2.company import (
    MAILBOX,
    THEM,
    US,
    Company,
    Open,
    Partner,
    Reply,
    answering,
    message,
    opened,
    replying,
)
from tests.transports.as2.peers import own

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()


def sealer(we: Company) -> Sealer:
    return Sealer(we.world.ledger, answered=we.exchanges.times)


async def files_of(we: Company, number: int = 1) -> dict[str, bytes]:
    """The bundle of an exchange, once it is in the chain."""
    await sealer(we).seal()
    now = clock.now()
    return await we.world.ledger.read(lambda c: bundle.bundle(c, evidence.found(c, str(number))[0], now))


def zipped(files: Mapping[str, bytes], folder: Path) -> Path:
    path = folder / "evidence.zip"
    path.unlink(missing_ok=True)
    bundle.write(path, files)
    return path


def judged(files: Mapping[str, bytes], folder: Path, head: Head | None = None) -> list[str]:
    """What is wrong with a bundle."""
    return [check.sentence for check in verify.judge(zipped(files, folder), head) if not check.good]


def sends(number: str = "d1") -> Parcel:
    return Parcel(number, MAILBOX, "po/P1", "acme", "document", 1, payload=DOCUMENT, name="850.edi")


async def answered(we: Company) -> None:
    """The answer is handed over a moment after it was received."""
    async with asyncio.timeout(5):
        while not we.exchanges.times:
            await asyncio.sleep(0.005)


async def test_a_message_received(our: Open, tmp_path: Path) -> None:
    async with our() as we:
        headers, body = message(DOCUMENT)
        answer = await we.post(headers, body)
        await answered(we)
        files = await files_of(we)
        assert judged(files, tmp_path) == []
        assert (files["request/body.bin"], files["answer/body.bin"]) == (body, answer.content)
        assert files["request/line.txt"] == b"POST /as2 HTTP/1.1\n"
        assert DOCUMENT in files["entity.bin"]
        record = json.loads(files["record-message.json"])
        assert record["received_at"] <= record["stored_at"] <= record["answered_at"]
        assert record["mic"] == record["receipt_mic"] != ""
        assert record["facts"]["peer"] == "127.0.0.1"
        roles = {name.split("/")[1] for name in files if name.startswith("certificates/")}
        assert roles == {"signed_by.pem", "decrypted_by.pem", "receipt_signed_by.pem"}
        assert "openssl cms -verify" in files["README.txt"].decode()


def enveloped(entity: bytes) -> tuple[Headers, bytes]:
    """An entity of the partner, encrypted for us as it is."""
    headers, _ = message(DOCUMENT)
    with Staging() as staging:
        body = staging.file()
        cms_write.encrypt(Window.of(entity), own(US).certificate, body)
        return headers, b"".join(Window.all_of(body).chunks())


SEVERAL = (
    b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
    b"--m\r\nContent-Type: application/edi-x12\r\n\r\nISA*1~\r\n"
    b"--m\r\nContent-Type: application/edi-x12\r\n\r\nISA*2~\r\n--m--\r\n"
)
BASE64 = b"Content-Type: application/edi-x12\r\nContent-Transfer-Encoding: base64\r\n\r\nSVNBKjF+\r\n"
BARE = b"Content-Type: application/edi-x12\r\n\r\nISA*1~"


@pytest.mark.parametrize(
    ("entity", "kept"),
    [(BARE, {"xh1", "xt1"}), (SEVERAL, {"xe1"}), (BASE64, {"xe1"})],
    ids=["the document as it is", "several documents", "base64"],
)
async def test_a_document_is_not_kept_twice(entity: bytes, kept: set[str], our: Open, tmp_path: Path) -> None:
    async with our(receive={"signed": "no"}) as we:
        await we.post(*enveloped(entity))
        await answered(we)
        files = await files_of(we)
        assert files["entity.bin"] == entity
        assert judged(files, tmp_path) == []
        owners = sa.select(chunk.c.owner).where(chunk.c.owner.startswith("x"))
        there = await we.world.ledger.read(lambda c: set(c.execute(owners).scalars()))
        assert there == {"xq1", "xa1"} | kept


@pytest.mark.parametrize("lines", [10, 10_000])
async def test_what_inflates_to_much_is_not_made_ready_on_the_loop(lines: int, our: Open) -> None:
    document = DOCUMENT[:-40] + b"N1*ST*a name~" * lines + DOCUMENT[-40:]
    async with our() as we:
        made: list[bool] = []
        ready = we.world.flow.incoming_file

        def watched(arrival: Arrival) -> File:
            made.append(threading.get_ident() == loop)
            return ready(arrival)

        loop = threading.get_ident()
        we.world.flow.incoming_file = watched  # type: ignore[method-assign]
        headers, body = message(document, compress="before-signing")
        assert len(body) < SMALL
        assert (await we.post(headers, body)).status_code == 200
        assert made == [lines == 10]


async def test_a_message_sent(our: Open, tmp_path: Path) -> None:
    async with our(send={}) as we:
        assert isinstance(await we.sink().send(sends()), Done)
        files = await files_of(we)
        assert judged(files, tmp_path) == []
        assert {"record-message.json", "record-receipt.json", "entity.bin"} <= files.keys()
        assert files["request/body.bin"] == we.partner.requests[0].body
        assert "certificates/encrypted_for.pem" in files
        assert json.loads(files["record-message.json"])["state"] == "ready"
        assert json.loads(files["record-receipt.json"])["state"] == "done"


AGREED: list[dict[str, Any]] = [
    {"receipt": "none"},
    {"receipt": "plain"},
    {"sign": "no"},
    {"encrypt": "no"},
    {"sign": "no", "encrypt": "no", "receipt": "plain"},
    {"sign": "no", "encrypt": "no", "compress": "before-signing"},
    {"encrypt": "no", "compress": "after-signing"},
]


@pytest.mark.parametrize("send", AGREED, ids=str)
async def test_whatever_is_agreed(send: dict[str, Any], our: Open, tmp_path: Path) -> None:
    def reply(request: Request, body: bytes) -> Response:
        if send.get("receipt") == "none":
            return Response(b"thank you")
        less = {"signed": "sign" not in send, "encrypted": "encrypt" not in send}
        return replying(signer="" if send.get("receipt") == "plain" else THEM, **less)(request, body)

    async with our(reply, send=send) as we:
        assert isinstance(await we.sink().send(sends()), Done)
        files = await files_of(we)
        assert judged(files, tmp_path) == []
        assert ("entity.bin" in files) == ("encrypt" not in send)
        assert ("openssl/message.p7s" in files) == ("sign" not in send)
        words = files["README.txt"].decode()
        assert ("The signature of the message shows that we sent" in words) == ("sign" not in send)
        assert ("The receipt is signed" in words) == ("receipt" not in send)


async def test_who_was_at_the_other_end_of_tls(our: Open, tmp_path: Path) -> None:
    authority, partner = Authority(), Partner(replying())
    async with answering(partner, **authority.server(tmp_path)):
        url = partner.url.replace("http://127.0.0.1", "https://localhost")
        async with our(send={"url": url, "ca": authority.pem}) as we:
            assert isinstance(await we.sink().send(sends()), Done)
            files = await files_of(we)
    assert judged(files, tmp_path) == []
    assert files["certificates/receipt_tls_peer.pem"] == (tmp_path / "server.pem").read_bytes()
    assert json.loads(files["record-receipt.json"])["facts"]["receipt_tls"].startswith("TLSv1.")


async def test_a_message_sent_that_waits_for_its_receipt(our: Open, tmp_path: Path) -> None:
    nothing: Reply = lambda request, body: Response(status_code=200)  # noqa: E731
    async with our(nothing, send={"late": "yes"}, receipt_url="http://us/as2") as we:
        assert isinstance(await we.sink().send(sends()), Unknown)
        before = await files_of(we)
        assert judged(before, tmp_path) == []
        assert "answer/body.bin" not in before
        request = we.partner.requests[0]
        said = Answer(dict(request.headers)["message-id"], US, THEM, "", opened(request)[0].mic)
        await we.post(*mdn.build(said, at=clock.now(), mdn_id="<m@acme>", boundary="b", signer=own(THEM)))
        after = await files_of(we)
        assert judged(after, tmp_path) == []
        assert after["record-message.json"] == before["record-message.json"]
        assert after["answer/line.txt"] == b"POST /as2 HTTP/1.1\n"


SHAPES: list[dict[str, Any]] = [
    {},
    {"recipient": None, "compress": "after-signing"},
    {"compress": "before-signing"},
    {"compress": "after-signing"},
    {"scheme": "pss", "digest": "sha-512"},
    {"cipher": "aes-256-gcm", "oaep": "sha-256"},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
async def test_openssl_alone_accepts_the_signatures(shape: dict[str, Any], our: Open, tmp_path: Path) -> None:
    async with our(receive={"encrypted": "no"}) as we:
        await we.post(*message(DOCUMENT, **shape))
        await answered(we)
        files = await files_of(we)
        assert judged(files, tmp_path) == []
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(data)
        commands = files["README.txt"].decode().split("  openssl cms")[1:]
        assert len(commands) == 2
        for command in commands:
            line = "openssl cms" + command.split("\n\n")[0]
            done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
        with (tmp_path / "openssl" / "message.signed").open("ab") as changed:
            changed.write(b" ")
        line = "openssl cms" + commands[0].split("\n\n")[0]
        assert subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False).returncode != 0


async def test_every_flipped_byte_names_its_file(our: Open, tmp_path: Path) -> None:
    """Each byte of each file, in memory; and some of each in the zip that `verify` reads."""
    async with our(send={}) as we:
        await we.sink().send(sends())
        files = await files_of(we)
    for name, data in files.items():
        for place in range(len(data)):
            flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            found = list(verify.changed({**files, name: flipped}))
            assert any(name in sentence for sentence in found), (name, place)
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 0x20]) + data[middle + 1 :]
        assert any(name in sentence for sentence in judged({**files, name: flipped}, tmp_path)), name


async def test_a_change_behind_a_new_manifest(our: Open, tmp_path: Path) -> None:
    """Who makes the manifest anew still has the chain and the signatures against him."""
    async with our(send={}) as we:
        await we.sink().send(sends())
        files = await files_of(we)
    plain = {name: data for name, data in files.items() if not name.startswith("manifest")}
    for name, data in plain.items():
        if name == "README.txt":
            continue
        middle = len(data) // 2
        changed = {**plain, name: data[:middle] + bytes([data[middle] ^ 0x20]) + data[middle + 1 :]}
        wrong = judged(bundle.sealed(changed, 1, clock.now()), tmp_path)
        assert any(name in sentence for sentence in wrong), (name, wrong)
        without = {other: data for other, data in plain.items() if other != name}
        if name != "record-receipt.json":
            assert judged(bundle.sealed(without, 1, clock.now()), tmp_path), name


async def test_a_bundle_with_changes_and_a_chain_of_its_own(our: Open, tmp_path: Path) -> None:
    """Records and chain made anew: the signature still says no; and the head in the log says no to a whole forgery."""
    async with our() as we:
        await we.post(*message(DOCUMENT))
        await answered(we)
        files = await files_of(we)
        head = await sealer(we).head()
    assert judged(files, tmp_path, head) == []
    plain = {n: d for n, d in files.items() if not n.startswith(("manifest", "openssl/"))}
    forged = plain["entity.bin"].replace(b"P00042", b"P00043")
    assert forged != plain["entity.bin"]
    record = json.loads(plain["record-message.json"])
    record["digests"]["entity.bin"] = parts.digest(forged)
    text = chain.record(record)
    segment = chain.segment(EMPTY, [chain.content(text)])
    whole = {**plain, "entity.bin": forged, "record-message.json": text.encode(), "chain.txt": segment}
    wrong = judged(bundle.sealed(whole, 1, clock.now()), tmp_path)
    assert any("integrity-check-failed" in sentence for sentence in wrong)
    honest = {**plain, "record-message.json": chain.record({**record, "digests": {}}).encode()}
    honest["chain.txt"] = chain.segment(EMPTY, [parts.digest(honest["record-message.json"])])
    wrong = judged(bundle.sealed(honest, 1, clock.now()), tmp_path, head)
    assert any("link 1 has the digest" in sentence for sentence in wrong)


async def test_a_forged_chain_of_less(our: Open, tmp_path: Path) -> None:
    """A whole chain made anew without a part is found, whatever the part; so are records of two messages."""
    async with our(send={}) as we:
        await we.sink().send(sends())
        await we.sink().send(sends("d2"))
        files, other = await files_of(we), await files_of(we, 2)
    plain = {n: d for n, d in files.items() if not n.startswith(("manifest", "openssl/", "record-message"))}
    record = json.loads(plain["record-receipt.json"])
    for name in record["digests"]:
        less = {**record, "digests": {n: d for n, d in record["digests"].items() if n != name}}
        text = chain.record(less).encode()
        forged = {n: d for n, d in plain.items() if n not in (name, "record-receipt.json")}
        forged["record-message.json"] = text
        forged["chain.txt"] = chain.segment(EMPTY, [parts.digest(text)])
        assert any(name in wrong for wrong in judged(bundle.sealed(forged, 1, clock.now()), tmp_path)), name
    mixed = {**files, "record-receipt.json": other["record-receipt.json"]}
    mixed = {n: d for n, d in mixed.items() if not n.startswith("manifest")}
    wrong = judged(bundle.sealed(mixed, 1, clock.now()), tmp_path)
    assert wrong == ["record-receipt.json: it is about another message than record-message.json"]


async def test_a_refused_message_and_a_refusal_received(our: Open, tmp_path: Path) -> None:
    async with our(replying("Error: decryption-failed"), send={}) as we:
        await we.post(*message(DOCUMENT, signer="stranger"))
        await answered(we)
        assert isinstance(await we.sink().send(sends()), Business)
        for number, state in ((1, "refused"), (2, "refused")):
            files = await files_of(we, number)
            assert judged(files, tmp_path) == []
            last = [files[n] for n in ("record-message.json", "record-receipt.json") if n in files][-1]
            assert json.loads(last)["state"] == state


async def test_a_receipt_that_proves_nothing(our: Open, tmp_path: Path) -> None:
    for number, reply in enumerate((replying(signer=""), replying(signer="stranger"), replying(no_mic=True)), 1):
        async with our(reply, send={}) as we:
            assert isinstance(await we.sink().send(sends(f"d{number}")), Business)
            assert judged(await files_of(we, number), tmp_path) == []


async def test_it_waits_for_the_answer_but_not_for_ever(our: Open) -> None:
    async with our() as we:
        await we.post(*message(DOCUMENT))
        await answered(we)
        silent = Sealer(we.world.ledger)  # a process that does not know the time of the answer
        assert await silent.seal() == 0
        late = Sealer(we.world.ledger, now=lambda: clock.now() + dt.timedelta(minutes=2))
        assert await late.seal() == 1
        assert await sealer(we).seal() == 0


async def test_the_chain_does_not_fork(our: Open, tmp_path: Path) -> None:
    """Several sealers at once, and more messages meanwhile: one chain without gaps."""
    async with our(send={}) as we:
        for number in range(6):
            await we.sink().send(sends(f"d{number}"))
        await asyncio.gather(*(Sealer(we.world.ledger).seal() for _ in range(4)), we.sink().send(sends("d9")))
        await sealer(we).seal()
        links = await we.rows("link")
        here = EMPTY
        for row in links:
            here = here.next(row.content)
            assert (row.number, row.digest) == (here.number, here.digest)
        assert await walked(we.world.ledger, at_a_time=4) == (here, [])
        assert len(links) == 14
        assert len({(row.exchange, row.step) for row in links}) == 14
        for number in range(1, 8):
            assert judged(await files_of(we, number), tmp_path, here) == []


async def test_what_is_changed_in_the_ledger_shows(our: Open, tmp_path: Path) -> None:
    async with our() as we:
        await we.post(*message(DOCUMENT))
        await answered(we)
        assert judged(await files_of(we), tmp_path) == []
        await we.world.ledger.write(
            lambda c: c.exec_driver_sql("UPDATE exchange SET request_line = 'POST /elsewhere HTTP/1.1'")
        )
        assert any("request/line.txt" in sentence for sentence in judged(await files_of(we), tmp_path))


def test_no_bundle(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 nonsense"):
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(verify.NotABundle, match="it is no zip"):
            verify.judge(tmp_path / "a.zip")
    with pytest.raises(verify.NotABundle, match=r"there is no manifest\.json"):
        verify.judge(zipped({"a.txt": b"a"}, tmp_path))


@pytest.mark.parametrize("record", [b"{}", b"", b"[1]", b"\xff", b'{"format": "gateway evidence 2"}'])
def test_a_record_of_something_else(record: bytes, tmp_path: Path) -> None:
    files = {"record-message.json": record, "chain.txt": chain.segment(EMPTY, [parts.digest(record)])}
    with pytest.raises(verify.NotABundle, match="its record is none of"):
        judged(bundle.sealed(files, 1, clock.now()), tmp_path)


@pytest.mark.parametrize("lines", ["", "before", "before 0:x\n", f"before {EMPTY}\n2 aa\nhead {EMPTY}\n", "\xff"])
def test_a_chain_of_something_else(lines: str, tmp_path: Path) -> None:
    files = {"record-message.json": b"{}", "chain.txt": lines.encode("latin-1")}
    (wrong,) = judged(bundle.sealed(files, 1, clock.now()), tmp_path)
    assert wrong.startswith("chain.txt: the chain is broken")


def test_places_are_written_and_read() -> None:
    place = EMPTY.next("a" * 64)
    assert Head.of(str(place)) == place
    for text in ("", "1", "1:zz", f"x:{'0' * 64}", f"1:{'0' * 63}"):
        with pytest.raises(ValueError, match="no place in the chain"):
            Head.of(text)
