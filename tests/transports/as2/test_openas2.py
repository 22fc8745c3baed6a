"""OpenAS2 4.9.0 as it was seen on the wire, with all its habits at once; some have tests of their own beside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.ledger import Ledger, migrate
from gateway.ports import Business, Done, HttpMessage, Outcome
from gateway.transports.as2.mime import Headers
from tests.flow.world import isa, set_855
from tests.transports.as2.company import THEM, US, Company, company, message, opened, parcel, receipt, replying
from tests.transports.as2.peers import openssl, own

KIND = b'multipart/report; report-type=disposition-notification;\r\n\tboundary="----=_Part_2_1.1"'


def mdn(folder: Path, headers: Headers, disposition: bytes, mic: bytes) -> bytes:
    """A signed receipt in the answer, from the status line on."""
    message_id = dict(headers)["message-id"].encode()
    report = b"\r\n".join(
        (
            b"Content-Type: " + KIND,
            b"",
            b"------=_Part_2_1.1",
            b"Content-Type: text/plain",
            b"Content-Transfer-Encoding: 7bit",
            b"",
            b"The message sent to Recipient has been received.",
            b"------=_Part_2_1.1",
            b"Content-Type: message/disposition-notification",
            b"Content-Transfer-Encoding: 7bit",
            b"",
            b"Reporting-UA: OpenAS2 Server v4.9.0",
            b"Original-Recipient: rfc822; " + THEM.encode(),
            b"Final-Recipient: rfc822; " + THEM.encode(),
            b"Original-Message-ID: " + message_id,
            b"Disposition: automatic-action/MDN-sent-automatically; " + disposition,
            b"Received-Content-MIC: " + mic,
            b"",
            b"------=_Part_2_1.1--",
            b"",
        )
    )
    arguments = ("-sign", "-in", "FILE", "-outform", "DER", "-stream", "-indef", "-signer", "CERT", "-inkey", "KEY")
    signature = openssl(folder, report, *arguments, who=own(THEM))
    assert signature[:2] == b"\x30\x80"
    kind = (
        b'multipart/signed; protocol="application/pkcs7-signature";\r\n\tmicalg=sha-256; '
        b'\r\n\tboundary="----=_Part_3_2.2"'
    )
    body = b"".join(
        (
            b"Content-Type: " + kind + b"\r\n\r\n",  # its own header once more, as a preamble
            b"------=_Part_3_2.2\r\n" + report + b"\r\n------=_Part_3_2.2\r\n",
            b"Content-Type: application/pkcs7-signature; name=smime.p7s; smime-type=signed-data\r\n",
            b"Content-Transfer-Encoding: binary\r\n",
            b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n' + signature,
            b"\r\n------=_Part_3_2.2--\r\n",
        )
    )
    lines = (
        b"HTTP/1.1 200 OK",
        b"AS2-From: " + THEM.encode(),
        b'AS2-To: "' + US.encode() + b'"',
        b"Content-Type: " + kind,  # folded with a TAB
        b"Content-Length: " + str(len(body)).encode(),
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@asynccontextmanager
async def openas2(tmp_path: Path, disposition: bytes) -> AsyncIterator[Company]:
    """Our side, with OpenAS2 as the partner."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", exclusive=True)
    migrate.upgrade(ledger)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = tuple(
            (name.lower(), value) for name, value in (line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
        )
        body = await reader.readexactly(int(dict(headers)["content-length"]))
        found, _ = await asyncio.to_thread(opened, HttpMessage(headers, body))
        assert found.mic is not None
        mic = f"{found.mic.value}, {found.mic.algorithm.replace('-', '')}".encode()  # `sha256` when asked `sha-256`
        writer.write(await asyncio.to_thread(mdn, tmp_path, headers, disposition, mic))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/as2"
    async with server, company(ledger, replying(), {"send": {"url": url}}, tmp_path) as we:
        yield we
    ledger.close()


async def sent(tmp_path: Path, disposition: bytes) -> Outcome:
    async with openas2(tmp_path, disposition) as we:
        return await we.sink().send(parcel())


async def test_mdn_with_header_preamble(tmp_path: Path) -> None:
    """Its receipt as it comes: folded headers, a preamble, a binary signature in BER, `sha256`."""
    outcome = await sent(tmp_path, b"processed")
    assert isinstance(outcome, Done), outcome
    assert outcome.note == "processed, signed, MIC equal"


@pytest.mark.parametrize(
    ("disposition", "reason"),
    [
        (b"processed/Error:decryption-failed", "decryption-failed"),
        (b"processed/Error: signed-message-required", "signed-message-required"),
    ],
)
async def test_its_refusals(tmp_path: Path, disposition: bytes, reason: str) -> None:
    outcome = await sent(tmp_path, disposition)
    assert isinstance(outcome, Business)
    assert outcome.case.kind == "as2.refused"
    assert outcome.case.actual.startswith(reason)


async def test_edi_level_duplicate_net(ledger: Ledger, tmp_path: Path) -> None:
    """A resend gets a new Message-ID: another message to AS2, whose interchange is known and not processed again."""
    document = isa([set_855(order="P1")])
    async with company(ledger, replying(), {}, tmp_path) as we:
        for message_id in ("<1@openas2>", "<2@openas2>"):
            assert receipt(await we.post(*message(document, message_id))).accepted
        while await we.world.flow.ready():
            await we.settle()
        assert [row.state for row in await we.rows("receipt")] == ["done", "duplicate"]
        assert len(await we.rows("event")) == 1
        assert len(await we.rows("exchange")) == 2
