"""Certificates change at six places, on both sides; each place before, during and after the overlap of old and new.

the old one   good until day 30
the new one   good from day -1, used for what is sent from day 10 (or when its owner first signs with it)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway import clock
from gateway.certificates import self_signed
from gateway.ledger import Ledger
from gateway.ports import Business, Done, Outcome, Parcel, Transient
from gateway.transports.as2 import mdn
from gateway.transports.as2.cms_read import OwnKey, fingerprint
from gateway.transports.as2.mdn import Answer, Mdn
from gateway.transports.as2.received import Received, Rules, open_message
from gateway.transports.as2.sending import Agreed, build
from gateway.window import Staging, Window
from tests.flow.world import ROOT
from tests.transports.as2.company import MAILBOX, THEM, US, Company, channel, company

DOCUMENT = sorted((ROOT / "partners/acme/samples").glob("*855*.edi"))[0].read_bytes()
TODAY = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
SWITCH = (TODAY + dt.timedelta(days=10)).date()
BEFORE, DURING, LATER, AFTER = 0, 5, 15, 40  # days


@cache
def key(name: str) -> OwnKey:
    """`us-old`, `us-new`, `them-old`, `them-new`."""
    private = rsa.generate_private_key(65537, 2048)
    since, until = (-300, 30) if name.endswith("old") else (-1, 1000)
    day = dt.timedelta(days=1)
    return OwnKey(self_signed(name, private, TODAY + since * day, TODAY + until * day), private)


def pem(name: str) -> dict[str, str]:
    made = key(name)
    private = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"certificate": made.certificate.public_bytes(Encoding.PEM).decode(), "key": private}


def entries(whose: str, *, new: bool = True, old: bool = True, since: object = SWITCH) -> list[dict[str, Any]]:
    """What the partner's file has: the old one, and the new one with its day."""
    found: list[dict[str, Any]] = []
    if old:
        found.append(pem(f"{whose}-old"))
    if new:
        found.append({**pem(f"{whose}-new"), "since": since})
    return found if whose == "us" else [{k: v for k, v in entry.items() if k != "key"} for entry in found]


@dataclass
class Days:
    """The clock, moved by whole days."""

    day: float = 0

    def now(self) -> dt.datetime:
        return TODAY + dt.timedelta(days=self.day)


@dataclass
class Them:
    """The partner's side: what it signs with, and what came."""

    days: Days
    signer: str = "them-old"
    found: list[Received] = field(default_factory=list)

    def reply(self, request: Request, body: bytes) -> Response:
        headers = tuple((n.decode(), v.decode()) for n, v in request.headers.raw)
        rules = Rules((key("them-old"), key("them-new")), (key("us-old").certificate, key("us-new").certificate))
        with Staging() as staging:
            found = open_message(headers, Window.of(body), rules, staging, "sha-256")
        self.found.append(found)
        said = Answer(request.headers["message-id"], US, THEM, "", found.mic)
        made, content = mdn.build(said, at=self.days.now(), mdn_id="<m@acme>", boundary="mb", signer=key(self.signer))
        return Response(content, headers={name.lower(): value for name, value in made})

    @property
    def names(self) -> tuple[str, str]:
        """By whom our last message was signed, and for whom encrypted."""
        last = self.found[-1]
        assert last.verified is not None
        assert last.decrypted is not None
        return called(last.verified.certificate), called(last.decrypted.certificate)


def called(certificate: Any) -> str:
    return str(certificate.subject.rfc4514_string().removeprefix("CN="))


Open = Callable[..., AbstractAsyncContextManager[Company]]


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    made = Days()
    monkeypatch.setattr(clock, "now", made.now)
    return made


@pytest.fixture
def them(days: Days) -> Them:
    return Them(days)


@pytest.fixture
def our(ledger: Ledger, tmp_path: Path, them: Them) -> Open:
    def make(
        *, ours: list[dict[str, Any]] | None = None, theirs: list[dict[str, Any]] | None = None, **settings: Any
    ) -> AbstractAsyncContextManager[Company]:
        keys, certificates = ours or entries("us"), theirs or entries("them")
        names = {"us": {"id": US, "keys": keys}, "partner": {"id": THEM, "certificates": certificates}}
        return company(ledger, them.reply, {"send": {}, **names, **settings}, tmp_path)

    return make


async def comes(
    we: Company, days: Days, number: int, *, signer: str = "them-old", recipient: str = "us-old", signed: float = -1
) -> Mdn:
    """A message of the partner, signed now (or on the day `signed`); our receipt as the partner reads it."""
    with Staging() as staging:
        made = build(
            Window.of(DOCUMENT.replace(b"P00042", f"P{number:05}".encode())),
            Agreed(THEM, US, key(signer), key(recipient).certificate if recipient else None),
            staging,
            kind="application/edi-x12",
            name="855.edi",
            message_id=f"<{number}@acme>",
            boundary=f"b{number}",
            at=days.now() if signed < 0 else TODAY + dt.timedelta(days=signed),
        )
        answer = await we.post(made.headers, b"".join(made.body.chunks()))
    ours = [key("us-old").certificate, key("us-new").certificate]
    return mdn.read(tuple(answer.headers.multi_items()), Window.of(answer.content), ours, Rules((), ()).accepted)


async def goes(we: Company, number: int) -> Outcome:
    parcel = Parcel(f"d{number}", MAILBOX, "po/P1", "acme", "document", 1, payload=DOCUMENT, name="850.edi")
    return await we.sink().send(parcel)


def by(receipt: Mdn) -> str:
    assert receipt.signed is not None
    return called(receipt.signed.certificate)


async def test_rollover_place_1_we_decrypt(our: Open, days: Days) -> None:
    async with our(ours=entries("us", new=False)) as we:  # before: only the old one is known
        assert (await comes(we, days, 1)).accepted
        assert (await comes(we, days, 2, recipient="us-new")).reason == "decryption-failed"
    async with our() as we:
        days.day = DURING
        assert (await comes(we, days, 3)).accepted
        assert (await comes(we, days, 4, recipient="us-new")).accepted
        days.day = AFTER  # what was encrypted for the expired one still opens
        assert (await comes(we, days, 5, signer="them-new")).accepted
        assert (await comes(we, days, 6, signer="them-new", recipient="us-new")).accepted
    async with our(ours=entries("us", old=False)) as we:  # taken out
        assert (await comes(we, days, 7, signer="them-new")).reason == "decryption-failed"


async def test_rollover_place_2_we_verify_messages(our: Open, days: Days) -> None:
    async with our(theirs=entries("them", new=False)) as we:
        assert (await comes(we, days, 1)).accepted
        assert (await comes(we, days, 2, signer="them-new")).reason == "authentication-failed"
    async with our() as we:
        days.day = DURING
        assert (await comes(we, days, 3)).accepted
        assert (await comes(we, days, 4, signer="them-new")).accepted
        days.day = AFTER
        assert (await comes(we, days, 5, signer="them-new")).accepted
        assert (await comes(we, days, 6, signed=29)).accepted  # it was on its way for long
        assert (await comes(we, days, 7)).reason == "authentication-failed"
        case = next(case for case in await we.world.cases() if "good until" in case.sentence)
        assert all(fingerprint(key(f"them-{age}").certificate) in case.sentence for age in ("old", "new"))
        rows = {row.message_id: str(row.facts) for row in await we.rows("exchange")}
        assert fingerprint(key("them-new").certificate) in rows["<4@acme>"]  # which one it was is recorded
        assert fingerprint(key("them-old").certificate) in rows["<3@acme>"]


async def test_rollover_place_3_we_sign_receipts(our: Open, days: Days) -> None:
    async with our(receive={"encrypted": "no"}) as we:
        assert by(await comes(we, days, 1)) == "us-old"
        assert by(await comes(we, days, 2, recipient="us-new")) == "us-new"  # it knows the new one before our day
        assert by(await comes(we, days, 3, recipient="")) == "us-new"  # for which it encrypted last
        days.day = LATER
        assert by(await comes(we, days, 4)) == "us-old"  # it does not know the new one yet
        assert by(await comes(we, days, 5, recipient="")) == "us-old"
        days.day = AFTER
        assert by(await comes(we, days, 6, signer="them-new")) == "us-new"  # nothing is signed by an expired one
        assert by(await comes(we, days, 7, signer="them-new", recipient="")) == "us-new"


async def test_rollover_place_3_is_known_after_a_restart(our: Open, days: Days) -> None:
    days.day = LATER
    async with our(receive={"encrypted": "no"}) as we:
        assert by(await comes(we, days, 1)) == "us-old"
    async with our(receive={"encrypted": "no"}) as we:
        assert by(await comes(we, days, 2, recipient="")) == "us-old"


async def test_rollover_place_4_we_verify_receipts(our: Open, days: Days, them: Them) -> None:
    async with our(theirs=entries("them", new=False)) as we:
        assert isinstance(await goes(we, 1), Done)
        them.signer = "them-new"
        assert isinstance(await goes(we, 2), Business)
    async with our() as we:
        days.day = DURING
        assert isinstance(await goes(we, 3), Done)
        them.signer = "them-old"
        assert isinstance(await goes(we, 4), Done)
        days.day = AFTER
        expired = await goes(we, 5)
        assert isinstance(expired, Business)
        assert "good until" in expired.case.sentence
        them.signer = "them-new"
        assert isinstance(await goes(we, 6), Done)


async def test_rollover_place_5_we_sign_messages(our: Open, days: Days, them: Them) -> None:
    async with our() as we:
        for day, signer in ((BEFORE, "us-old"), (DURING, "us-old"), (LATER, "us-new"), (AFTER, "us-new")):
            days.day = day
            them.signer = "them-new"
            assert isinstance(await goes(we, day), Done)
            assert them.names[0] == signer
    async with our(ours=entries("us", new=False)) as we:
        refused = await goes(we, 99)
        assert isinstance(refused, Transient)
        assert refused.alarm == "credential"
        assert fingerprint(key("us-old").certificate) in refused.reason


async def test_rollover_place_6_we_encrypt(our: Open, days: Days, them: Them) -> None:
    async with our() as we:
        for day, recipient in ((BEFORE, "them-old"), (DURING, "them-old"), (LATER, "them-new"), (AFTER, "them-new")):
            days.day = day
            them.signer = "them-new"
            assert isinstance(await goes(we, day), Done)
            assert them.names[1] == recipient
    days.day = AFTER
    async with our(theirs=entries("them", since=TODAY.date() + dt.timedelta(days=60))) as we:
        refused = await goes(we, 99)
        assert isinstance(refused, Transient)
        assert all(fingerprint(key(f"them-{age}").certificate) in refused.reason for age in ("old", "new"))


@pytest.mark.parametrize("shown", ["message", "receipt"])
async def test_rollover_place_6_when_the_partner_first_signs_with_it(
    shown: str, our: Open, days: Days, them: Them
) -> None:
    async with our(theirs=entries("them", since="signed")) as we:
        days.day = LATER
        assert isinstance(await goes(we, 1), Done)
        assert them.names[1] == "them-old"
        if shown == "message":
            assert (await comes(we, days, 1, signer="them-new")).accepted
        else:
            them.signer = "them-new"
            assert isinstance(await goes(we, 2), Done)
            assert them.names[1] == "them-old"
        assert isinstance(await goes(we, 3), Done)
        assert them.names[1] == "them-new"
        them.signer = "them-old"  # the old one comes again: the new one stays in use
        assert isinstance(await goes(we, 4), Done)
        assert them.names[1] == "them-new"
    async with our(theirs=entries("them", since="signed")) as we:  # after a restart
        assert isinstance(await goes(we, 5), Done)
        assert them.names[1] == "them-new"


async def test_a_stranger_does_not_switch(our: Open, days: Days, them: Them) -> None:
    async with our(theirs=entries("them", since="signed")) as we:
        refused = await comes(we, days, 1, signer="them-new", recipient="")  # not encrypted: refused
        assert not refused.accepted
        assert isinstance(await goes(we, 1), Done)
        assert them.names[1] == "them-old"


def test_only_the_partner_can_show_by_signing() -> None:
    with pytest.raises(ValidationError, match="since: signed is for certificates of the partner"):
        channel(us={"id": US, "keys": entries("us", since="signed")})
