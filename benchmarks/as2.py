"""AS2 messages of 10 KB: made, received with a signed receipt, and stored, beside the bare RSA operations in the same
rounds.

Not here: HTTP. Rule protected: both sides do all their work; a message that is not accepted is an error and not a
record.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.measure import Contender
from gateway.certificates import self_signed
from gateway.exchanges import LedgerExchanges
from gateway.flow import Flow
from gateway.ledger import Ledger, migrate
from gateway.partners import Book
from gateway.ports import Arrival, Exchanged, HttpMessage
from gateway.transports.as2 import certificates, mdn
from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.as2.mdn import Answer
from gateway.transports.as2.mime import Headers
from gateway.transports.as2.received import Received, Rules, open_message
from gateway.transports.as2.sending import Agreed, build
from gateway.window import Staging, Window

SIZE = 10_000
RAW = "one private and one signing RSA-2048 operation"
BUILD = "build: sign, encrypt"
RECEIVE = "receive: decrypt, verify, signed receipt"
STORED = "receive, and stored on SQLite before it is answered"
AT_ONCE = 32  # messages that arrive together and are stored, some with one commit
BATCHES = 20  # of different ones; then they go to another partner
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def own(name: str) -> OwnKey:
    key = rsa.generate_private_key(65537, 2048)
    return OwnKey(self_signed(name, key, NOON, NOON + dt.timedelta(days=1000)), key)


@contextmanager
def all_contenders() -> Iterator[dict[str, Contender]]:
    """Those of `contenders`, and storing; a call of it is AT_ONCE messages."""
    with tempfile.TemporaryDirectory() as folder, storing(Path(folder)) as stored:
        yield {**contenders(), STORED: stored}


def messages(name: str) -> int:
    """How many messages a call of a contender is."""
    return AT_ONCE if name == STORED else 1


def contenders() -> dict[str, Contender]:
    """The bare operations first."""
    us, them = own("us"), own("them")
    content = os.urandom(SIZE)
    key = them.key
    assert isinstance(key, rsa.RSAPrivateKey)
    public = them.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    secret = public.encrypt(bytes(32), padding.PKCS1v15())

    def raw() -> None:
        key.decrypt(secret, padding.PKCS1v15())
        key.sign(content[:100], padding.PKCS1v15(), hashes.SHA256())

    def building() -> None:
        with Staging() as staging:
            _built(content, us, them, staging)

    with Staging() as kept:
        headers, window = _built(content, us, them, kept)
        body = window.whole()

    def receiving() -> None:
        with Staging() as staging:
            found, _ = _received(headers, body, us, them, staging)
            assert found.attachments[0].content.whole() == content

    return {RAW: raw, BUILD: building, RECEIVE: receiving}


@contextmanager
def storing(folder: Path) -> Iterator[Contender]:
    """AT_ONCE messages as they come in together: each is opened in a thread, and answered after its commit.

    What is in the way of the goal stands in docs/decisions/0014. The commit itself is shared.
    """
    us, them = own("us"), own("them")
    messages: list[tuple[Headers, bytes]] = []
    for _ in range(AT_ONCE * BATCHES):
        with Staging() as staging:
            headers, window = _built(os.urandom(SIZE), us, them, staging)
            messages.append((headers, window.whole()))
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
    migrate.upgrade(ledger)
    exchanges = LedgerExchanges(Flow(ledger, Book({}), {}, lambda lane, due: None))
    loop = asyncio.new_event_loop()
    rounds = itertools.count()

    async def one(mailbox: str, number: int) -> None:
        with Staging() as staging:
            exchange = await asyncio.to_thread(_exchanged, mailbox, number, messages[number], us, them, staging)
            kept = await exchanges.received(exchange)
            assert kept.answer == exchange.answer
            assert not kept.repeat

    async def all_of_them() -> None:
        partner, batch = divmod(next(rounds), BATCHES)
        await asyncio.gather(*(one(f"p{partner}/as2", batch * AT_ONCE + number) for number in range(AT_ONCE)))

    try:
        yield lambda: loop.run_until_complete(all_of_them())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        ledger.close()


def _built(content: bytes, us: OwnKey, them: OwnKey, staging: Staging) -> tuple[Headers, Window]:
    agreed = Agreed("Us", "Them", signer=us, recipient=them.certificate)
    sent = build(
        Window.of(content), agreed, staging, kind="application/edi-x12", name="a", message_id="<1@us>",
        boundary="b" * 32, at=NOON,
    )  # fmt: skip
    return sent.headers, sent.body


def _received(
    headers: Headers, body: bytes, us: OwnKey, them: OwnKey, staging: Staging
) -> tuple[Received, HttpMessage]:
    found = open_message(headers, Window.of(body), Rules((them,), (us.certificate,)), staging, "sha-256")
    receipt, text = mdn.build(
        Answer("<1@us>", "Us", "Them", "", found.mic), at=NOON, mdn_id="<2@them>", boundary="m" * 32, signer=them
    )
    return found, HttpMessage(receipt, text, "HTTP/1.1 200 OK")


def _exchanged(
    mailbox: str, number: int, message: tuple[Headers, bytes], us: OwnKey, them: OwnKey, staging: Staging
) -> Exchanged:
    """As the listener hands it on."""
    headers, body = message
    found, receipt = _received(headers, body, us, them, staging)
    assert found.mic is not None
    facts = {
        "transport": "as2",
        "decrypted_by": fingerprint(them.certificate),
        "signed_by": fingerprint(us.certificate),
        "receipt_signed_by": fingerprint(them.certificate),
    }
    arrivals = tuple(Arrival(mailbox, f"{number}.edi", part.content, facts) for part in found.attachments)
    return Exchanged(
        mailbox, "Us", "Them", f"<{mailbox}{number}@us>", HttpMessage(headers, b"", "POST /as2 HTTP/1.1"), body,
        arrivals=arrivals, content=found.digest, mic=f"{found.mic.value}, {found.mic.algorithm}", answer=receipt,
        facts=facts, entity=found.entity, certificates=(certificates.der(us.certificate),), received_at=NOON,
    )  # fmt: skip
