"""A trial of an AS2 channel: certificates, the partner's address, and with a test message the whole way and back.

Not here: how a message is made, sent and receipted; the test message goes through As2Sink as a document would. Rule
protected: without a test message nothing goes out that a peer could take for one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from gateway import clock
from gateway.ports import Business, Done, Exchanged, Kept, Parcel, Receipted, Seen, Sent
from gateway.secrets import SecretError, Secrets
from gateway.transports.as2 import certificates
from gateway.transports.as2.certificates import CertificateRefused, Certificates
from gateway.transports.as2.cms_read import fingerprint
from gateway.transports.as2.settings import As2Channel, Listener, Send
from gateway.transports.as2.sink import As2Sink, tls
from gateway.transports.network import own_listener, reached, secured
from gateway.transports.trial import Trial, Wrong

SOON = 60  # days
TEXT = "This is a test of the connection, made by a person. It is no document: please do not process it.\r\n"


async def examine(
    mailbox: str, settings: As2Channel, listener: Listener | None, secrets: Secrets, trial: Trial
) -> None:
    """All steps of a channel. Raises Ended after a step without which there is no other."""
    async with trial.step("certificates") as said:
        said.note = _certificates(settings, secrets)
    send = settings.send
    if listener is not None or send is None or send.late:
        await _own(trial, listener)
    if send is None:
        return
    async with trial.step("configuration") as said:
        url = urlsplit(send.url)
        if not url.hostname:
            raise Wrong("send.url has no host", found=send.url, expected="https://host/path", advice="correct it")
        try:
            context = tls(send, secrets)
        except (SecretError, ValueError, OSError) as error:
            raise Wrong(
                "the `ca` of the channel cannot be used",
                found=str(error),
                expected="the certificate of an authority, in PEM",
                advice="see send.ca of the channel",
            ) from None
        said.note = f"{settings.us.id} to {settings.partner.id} at {send.url}"
    port = url.port or (443 if url.scheme == "https" else 80)
    await reached(trial, url.hostname, port)
    if url.scheme == "https":
        await secured(trial, url.hostname, port, context)
    async with trial.step("HTTP") as said, httpx.AsyncClient(trust_env=False, verify=context) as client:
        said.note = await _asked(client, send.url, trial.patience)
    if trial.send_test:
        async with trial.step("MDN") as said:
            said.note = await _receipted(mailbox, settings, send, secrets, trial)


def _certificates(settings: As2Channel, secrets: Secrets) -> str:
    """Ours and theirs that are in force, in words. Raises Wrong."""
    try:
        known = certificates.read(settings, secrets)
    except (SecretError, CertificateRefused) as error:
        raise Wrong(
            "a certificate or key of the channel cannot be used",
            found=str(error),
            expected="certificates in PEM, ours with their keys",
            advice="see us.keys and partner.certificates of the channel; `gateway cert list` shows them all",
        ) from None
    now = clock.now()
    try:
        used = (known.signer(now).certificate, known.recipient(now, {}))
    except CertificateRefused as error:
        raise Wrong(
            "there is no certificate to sign with or to encrypt for today",
            found=_all(known),
            expected=f"one of ours and one of the partner's that is valid on {now:%Y-%m-%d}: {error}",
            advice="exchange new certificates with the partner, and put them beside the old ones",
        ) from None
    return "; ".join(f"{whose} {_words(one, now)}" for whose, one in zip(("ours", "theirs"), used, strict=True))


def _all(known: Certificates) -> str:
    now = clock.now()
    ours = [f"ours {_words(key.certificate, now)}" for key in known.keys]
    return "; ".join([*ours, *(f"theirs {_words(one, now)}" for one in known.partner)])


def _words(certificate: x509.Certificate, now: dt.datetime) -> str:
    until = certificate.not_valid_after_utc
    days = (until - now).days
    warning = f" (only {days} days: exchange a new one)" if 0 <= days <= SOON else ""
    return f"{fingerprint(certificate)[:23]}... until {until:%Y-%m-%d}{warning}"


async def _own(trial: Trial, listener: Listener | None) -> None:
    """Does our own listener answer? Without it the partner's messages and late receipts cannot come."""
    if listener is None:
        async with trial.step("own listener"):
            raise Wrong(
                "the partner's messages and late receipts have nowhere to arrive",
                found="no listeners.as2 in gateway.yaml",
                expected="a listener",
                advice="add listeners.as2 to gateway.yaml and start the gateway again",
            )
        return
    near = await own_listener(trial, "as2", listener.host, listener.port)
    async with trial.step("own HTTP") as said, httpx.AsyncClient(trust_env=False) as client:
        host = f"[{near}]" if ":" in near else near
        said.note = await _asked(client, f"http://{host}:{listener.port}{listener.path}", trial.patience)


async def _asked(client: httpx.AsyncClient, url: str, patience: float) -> str:
    """What an AS2 server answers to a POST that names nobody and holds nothing: anything but that it is not there."""
    try:
        answer = await client.post(url, content=b"", timeout=patience)
    except httpx.TimeoutException:
        raise TimeoutError from None
    except httpx.HTTPError as error:
        raise Wrong(
            "the server does not speak HTTP with us",
            found=str(error) or type(error).__name__,
            expected="an HTTP answer",
            advice="check the port; ask the partner",
        ) from None
    said = f"{answer.status_code} {answer.reason_phrase}".strip()
    if answer.is_redirect:
        raise Wrong(
            "the address leads elsewhere, and redirects are not followed",
            found=f"{said} to {answer.headers.get('location', 'nowhere')}",
            expected="the answer of an AS2 server",
            advice="ask the partner whether the other address is right, and put it into send.url",
        )
    if answer.status_code in (404, 405, 410, 502, 503, 504):
        raise Wrong(
            "nothing takes AS2 messages at this address",
            found=said,
            expected="any answer of an AS2 server, also one that refuses an empty message",
            advice="check the path in send.url"
            if answer.status_code < 500
            else "ask the partner: the machine before its AS2 server answers, but not the server itself",
        )
    return f"{said} to an empty message that names nobody"


async def _receipted(mailbox: str, settings: As2Channel, send: Send, secrets: Secrets, trial: Trial) -> str:
    """A test message by the way of all documents; its receipt is wanted in the answer, so that it can be judged here.
    What it says; raises Wrong."""
    asked = settings.model_copy(update={"send": send.model_copy(update={"late": False, "timeout": trial.patience})})
    sheet = _Sheet()
    parcel = Parcel(trial.mark, mailbox, "test", "", "test", 1, payload=TEXT.encode(), name=f"{trial.mark}.txt")
    outcome = await As2Sink(asked, secrets, sheet).send(parcel)
    if isinstance(outcome, Done):
        return f"{sheet.message_id}: {outcome.note}"
    if isinstance(outcome, Business):
        refused, found = outcome.case.kind == "as2.refused", outcome.case.actual
        problem = (
            "the partner refuses the test message" if refused else "the receipt of the test message proves nothing"
        )
    else:
        problem, found = "the test message got no receipt", outcome.reason
    raise Wrong(
        problem + (" (this partner's receipts come later, and it may send no others)" if send.late else ""),
        found=found,
        expected=f"a receipt (MDN) about {sheet.message_id}: processed, with our MIC"
        + (", signed by the partner" if send.receipt == "signed" else ""),
        advice="`authentication-failed` and `decryption-failed` mean that the partner has another certificate of ours: "
        "send yours again and compare fingerprints; else ask the partner what its log says of this Message-ID",
    )


@dataclass(slots=True)
class _Sheet:
    """Implements ports.Exchanges for one test message, which is kept nowhere else."""

    message: Sent | None = None

    @property
    def message_id(self) -> str:
        return self.message.message_id if self.message else "the message"

    async def received(self, exchange: Exchanged) -> Kept:
        raise ValueError("a trial receives nothing")

    async def sent(self, delivery: str) -> Sent | None:
        return self.message

    async def pending(self, mailbox: str, message_id: str) -> Sent | None:
        return self.message

    async def ready(self, sent: Sent) -> None:
        self.message = sent

    async def posted(self, delivery: str) -> None:
        raise ValueError("a test message wants its receipt in the answer")

    async def receipted(self, delivery: str, receipt: Receipted) -> bool:
        if self.message is not None:
            self.message = replace(self.message, state=receipt.state, note=receipt.note)
        return True

    async def seen(self, mailbox: str) -> Seen:
        return Seen()

    def answered(self, number: int) -> None:
        raise ValueError("a trial receives nothing")
