"""The supplier of supplier.py with an AS2 sender and receiver of its own instead of a mailbox at our SFTP server.

It listens from its start on and writes its port to `--port-file`. The address of the gateway comes as one line on
standard input; then it trades. Every message it gets and every receipt prints one line.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from pathlib import Path

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import edi
from gateway import clock
from gateway.listening import listening
from gateway.sandbox.supplier import Supplier, Unexpected, ended
from gateway.transports.as2 import mdn
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.as2.mdn import Answer
from gateway.transports.as2.mime import Headers
from gateway.transports.as2.received import Refused, Rules, open_message
from gateway.transports.as2.sending import Agreed, build
from gateway.window import Staging, Window


class As2Mailbox:
    """Messages as files: those that came, and a sender. `us` and `gateway` are AS2 names."""

    def __init__(self, name: str, us: str, gateway: str, key: OwnKey, theirs: x509.Certificate) -> None:
        self.name, self.us, self.gateway, self.key, self.theirs = name, us, gateway, key, theirs
        self.url = ""
        self.arrived: dict[str, tuple[bytes, str]] = {}  # file name -> its content and what to say of its message
        self.receipts: dict[str, Response] = {}  # by Message-ID: who sends again gets the same
        self.last: tuple[Headers, bytes, bytes] | None = None  # what was sent last, and the receipt it got

    async def put(self, name: str, data: bytes) -> None:
        """Send a file, signed and encrypted. Raises Unexpected if its receipt is not what it must be."""
        message_id = f"<{secrets.token_hex(8)}@{self.us.lower()}.example>"
        agreed = Agreed(self.us, self.gateway, signer=self.key, recipient=self.theirs)
        with Staging() as staging:
            made = build(
                Window.of(data),
                agreed,
                staging,
                kind="application/edifact",
                name=name,
                message_id=message_id,
                boundary=secrets.token_hex(16),
                at=clock.now(),
            )
            body = b"".join(made.body.chunks())
        answer = await self._post(made.headers, body)
        receipt = mdn.read(tuple(answer.headers.multi_items()), Window.of(answer.content), [self.theirs], Accepted())
        if not receipt.accepted or receipt.signed is None or receipt.mic != made.mic:
            raise Unexpected(f"message {message_id} got the receipt {receipt.disposition!r}, {receipt.mic}")
        self.last = (made.headers, body, answer.content)
        self.say(f"AS2 message {message_id} out: signed, encrypted")
        self.say(f"  its MDN: {receipt.disposition.partition(';')[2].strip()}; signed by them; MIC equal")

    async def repeat(self) -> None:
        """The last message once more, as after a lost answer: the same receipt must come back."""
        assert self.last is not None
        headers, body, receipt = self.last
        if (await self._post(headers, body)).content != receipt:
            raise Unexpected("the same AS2 message got another receipt than the first time")
        self.say("the same AS2 message again: the stored MDN came back, byte for byte")

    async def names(self) -> list[str]:
        return list(self.arrived)

    async def get(self, name: str) -> bytes:
        data, said = self.arrived[name]
        self.say(said)
        return data

    async def receive(self, request: Request) -> Response:
        """Our listener: open a message, keep its file, answer with a signed receipt."""
        body, message_id = await request.body(), request.headers.get("message-id", "")
        if message_id not in self.receipts:
            headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers.raw)
            self.receipts[message_id] = await asyncio.to_thread(self._opened, headers, body, message_id)
        return self.receipts[message_id]

    def say(self, text: str) -> None:
        print(f"  {self.name}: {text}", flush=True)  # noqa: T201  this program's output

    async def _post(self, headers: Headers, body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.post(self.url, headers=list(headers), content=body)
        if answer.status_code != 200:
            raise Unexpected(f"the gateway answers an AS2 message with {answer.status_code}: {answer.text.strip()}")
        return answer

    def _opened(self, headers: Headers, body: bytes, message_id: str) -> Response:
        answer = Answer(message_id, self.gateway, self.us)
        with Staging() as staging:
            try:
                found = open_message(headers, Window.of(body), Rules((self.key,), (self.theirs,)), staging)
            except Refused as refused:
                self.say(f"AS2 message {message_id} cannot be accepted: {refused}")
                return self._receipt(Answer(message_id, self.gateway, self.us, refused.problem))
            answer = Answer(message_id, self.gateway, self.us, mic=found.mic)
            assert found.decrypted is not None
            assert found.verified is not None
            said = (
                f"AS2 message {message_id} in: decrypted ({found.decrypted.cipher}), signed by "
                f"{fingerprint(found.verified.certificate)[:11]}... ({found.verified.digest}); MDN returned, signed"
            )
            for document in found.attachments:
                self.arrived[document.name] = (document.content.whole(), said)
        return self._receipt(answer)

    def _receipt(self, answer: Answer) -> Response:
        unique = secrets.token_hex(16)
        made, content = mdn.build(
            answer, at=clock.now(), mdn_id=f"<mdn-{unique}@supplier.example>", boundary=unique, signer=self.key
        )
        return Response(content, headers={name.lower(): value for name, value in made})


class As2Supplier(Supplier):
    """The same story; in it the last message is also sent again as it was."""

    mailbox: As2Mailbox

    async def send_again(self, sent: tuple[bytes, bytes]) -> None:
        await self.mailbox.repeat()
        await super().send_again(sent)


async def run(arguments: argparse.Namespace) -> None:
    mailbox = As2Mailbox(arguments.name, arguments.us, arguments.gateway, own(arguments), certificate(arguments.theirs))
    config = uvicorn.Config(
        Starlette(routes=[Route("/as2", mailbox.receive, methods=["POST"])]),
        port=0,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    async with listening(config) as server:
        partial = arguments.port_file.with_suffix(".part")
        partial.write_text(str(server.port), encoding="utf-8")
        partial.replace(arguments.port_file)
        mailbox.url = (await asyncio.to_thread(sys.stdin.readline)).strip()
        if mailbox.url:  # else whoever started us has ended
            profile = edi.load_profile(arguments.partner).mirrored()
            await As2Supplier(profile, mailbox, arguments.name).trade(None)


def own(arguments: argparse.Namespace) -> OwnKey:
    key = load_pem_private_key(arguments.key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return OwnKey(certificate(arguments.certificate), key)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="for the lines that are printed")
    parser.add_argument("--us", required=True, help="our AS2 name")
    parser.add_argument("--gateway", required=True, help="the gateway's AS2 name")
    parser.add_argument("--key", type=Path, required=True, help="our private key")
    parser.add_argument("--certificate", type=Path, required=True, help="our certificate")
    parser.add_argument("--theirs", type=Path, required=True, help="the gateway's certificate")
    parser.add_argument("--partner", type=Path, required=True, help="the folder that describes our relation")
    parser.add_argument("--port-file", type=Path, required=True, help="our port is written there")
    arguments = parser.parse_args()
    return ended(arguments.name, run(arguments))


if __name__ == "__main__":
    sys.exit(main())
