"""AS2 messages of 10 KB: made, and received with a signed receipt, beside the bare RSA operations in the same rounds.

Not here: HTTP and the ledger. Rule protected: both sides do all their work; a message that is not accepted is an error
and not a record.
"""

from __future__ import annotations

import datetime as dt
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.measure import Contender
from gateway.certificates import self_signed
from gateway.transports.as2 import mdn
from gateway.transports.as2.cms_read import OwnKey
from gateway.transports.as2.mdn import Answer
from gateway.transports.as2.mime import Headers
from gateway.transports.as2.received import Rules, open_message
from gateway.transports.as2.sending import Agreed, build
from gateway.window import Staging, Window

SIZE = 10_000
RAW = "one private and one signing RSA-2048 operation"
BUILD = "build: sign, encrypt"
RECEIVE = "receive: decrypt, verify, signed receipt"
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def own(name: str) -> OwnKey:
    key = rsa.generate_private_key(65537, 2048)
    return OwnKey(self_signed(name, key, NOON, NOON + dt.timedelta(days=1000)), key)


def contenders() -> dict[str, Contender]:
    """The bare operations first."""
    us, them = own("us"), own("them")
    content = os.urandom(SIZE)
    agreed = Agreed("Us", "Them", signer=us, recipient=them.certificate)
    rules = Rules((them,), (us.certificate,))
    key = them.key
    assert isinstance(key, rsa.RSAPrivateKey)
    public = them.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    secret = public.encrypt(bytes(32), padding.PKCS1v15())

    def made(staging: Staging) -> tuple[Headers, Window]:
        sent = build(
            Window.of(content), agreed, staging, kind="application/edi-x12", name="a", message_id="<1@us>",
            boundary="b" * 32, at=NOON,
        )  # fmt: skip
        return sent.headers, sent.body

    def raw() -> None:
        key.decrypt(secret, padding.PKCS1v15())
        key.sign(content[:100], padding.PKCS1v15(), hashes.SHA256())

    def building() -> None:
        with Staging() as staging:
            made(staging)

    with Staging() as kept:
        headers, window = made(kept)
        body = window.whole()

    def receiving() -> None:
        with Staging() as staging:
            found = open_message(headers, Window.of(body), rules, staging, "sha-256")
            assert found.attachments[0].content.whole() == content
            mdn.build(
                Answer("<1@us>", "Us", "Them", "", found.mic), at=NOON, mdn_id="<2@them>", boundary="m" * 32,
                signer=them,
            )  # fmt: skip

    return {RAW: raw, BUILD: building, RECEIVE: receiving}
