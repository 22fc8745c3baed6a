"""The way out over AS2: a delivery becomes a message once and is posted until there is a receipt that counts; late
receipts go back to those who asked for them.

Not here: making a message (sending.py), reading receipts (mdn.py). Rules protected: every attempt sends the same bytes
under the same Message-ID; a delivery is done only when a receipt names our message and its MIC, signed by the partner
where that was asked for; no redirect is followed.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import structlog
from cryptography import x509

from gateway import clock
from gateway.ports import (
    Business,
    Case,
    Done,
    Exchanges,
    HttpMessage,
    Outcome,
    Parcel,
    Receipted,
    Seen,
    Sent,
    Transient,
    Unknown,
)
from gateway.transports.as2 import certificates, mdn, sending
from gateway.transports.as2.cms_read import fingerprint
from gateway.transports.as2.mdn import Mdn, MdnError
from gateway.transports.as2.sending import Agreed
from gateway.transports.as2.settings import As2Channel, Send
from gateway.transports.names import outgoing
from gateway.window import Staging, Window

LARGEST_ANSWER = 1024 * 1024
_SYNTAX = {b"ISA": "x12", b"UNA": "edifact", b"UNB": "edifact"}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a receipt means for the message it is about: done | refused | invalid, in words."""

    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back over HTTP, and who was there, for the evidence: certificate and version of TLS."""

    message: HttpMessage
    facts: dict[str, str] = field(default_factory=dict)
    certificates: tuple[bytes, ...] = ()


class As2Sink:
    """A partner's AS2 address as a destination. `resolve` reads references."""

    def __init__(self, settings: As2Channel, resolve: Callable[[str], str], exchanges: Exchanges) -> None:
        self._settings, self._exchanges = settings, exchanges
        self._certificates = certificates.read(settings, resolve)
        self._tls = tls(settings.send, resolve)

    async def send(self, parcel: Parcel) -> Outcome:
        """Post the message of a delivery, or a late receipt. Raises ValueError for a parcel without bytes."""
        if parcel.payload is None:
            raise ValueError(f"delivery {parcel.id} has no bytes to send")
        if "url" in parcel.facts:
            return await self._late_receipt(parcel, parcel.payload)
        send = self._settings.send
        if send is None:
            raise ValueError(f"channel {self._settings.name}: there are no send settings")
        sent = await self._exchanges.sent(parcel.id)
        if sent is None:
            try:
                seen = await self._exchanges.seen(parcel.destination)
                sent = await asyncio.to_thread(self._made, parcel, parcel.payload, send, seen)
            except certificates.CertificateRefused as error:
                return Transient(str(error), retry_in=300.0, scope="connector", alarm="credential")
            await self._exchanges.ready(sent)
        if (settled := _settled(sent)) is not None:
            return settled
        if sent.state == "posted" and sent.posted_at is not None:
            left = send.receipt_wait - (clock.now() - sent.posted_at).total_seconds()
            if left > 0:
                return Unknown("posted; its receipt has not come yet", retry_in=left)
            if parcel.attempt > 1 + send.resends:
                return Business(_overdue(sent, parcel.attempt - 1))
        return await self._post(sent, send)

    def _made(self, parcel: Parcel, payload: bytes, send: Send, seen: Seen) -> Sent:
        """The message of a delivery, as it will go out at every attempt."""
        now = clock.now()
        us, them = self._settings.us.id, self._settings.partner.id
        host = urlsplit(self._settings.receipt_url or send.url).hostname or "localhost"
        agreed = Agreed(
            us,
            them,
            signer=self._certificates.signer(now) if send.sign != "no" else None,
            recipient=self._certificates.recipient(now, seen.signed_by) if send.encrypt != "no" else None,
            digest=send.sign if send.sign != "no" else "sha-256",
            scheme=send.scheme,
            cipher=send.encrypt if send.encrypt != "no" else "aes-256-cbc",
            oaep=send.oaep,
            gcm_in_enveloped=send.gcm_in_enveloped,
            compress=send.compress,
            receipt=send.receipt,
            receipt_url=self._settings.receipt_url if send.late else "",
            notify=send.notify,
            subject=send.subject,
        )
        kind = sending.KINDS[_SYNTAX.get(payload.lstrip()[:3], "text")]
        with Staging() as staging:
            made = sending.build(
                Window.of(payload),
                agreed,
                staging,
                kind=kind,
                name=outgoing(send.name, parcel),
                message_id=f"<{parcel.id}@{host}>",
                boundary=f"gateway-{parcel.id}",
                at=now,
            )
            body = b"".join(made.body.chunks())
            entity = b"".join(made.entity.chunks()) if made.entity is not None else None
        facts, used = {"transport": "as2", "url": send.url}, []
        if agreed.signer is not None:
            facts |= {"digest": agreed.digest, "signed_by": fingerprint(agreed.signer.certificate)}
            used.append(certificates.der(agreed.signer.certificate))
        if agreed.recipient is not None:
            facts |= {"cipher": agreed.cipher, "encrypted_for": fingerprint(agreed.recipient)}
            used.append(certificates.der(agreed.recipient))
        return Sent(
            parcel.id,
            parcel.destination,
            us,
            them,
            made.message_id,
            f"{made.mic.value}, {made.mic.algorithm}",
            HttpMessage(made.headers, body, f"POST {_target(send.url)} HTTP/1.1"),
            facts=facts,
            entity=entity,
            certificates=tuple(used),
        )

    async def _post(self, sent: Sent, send: Send) -> Outcome:
        posted = await self._request(send.url, sent.request, send.timeout)
        if isinstance(posted, Transient):
            return posted
        answer, receipt = posted.message, None
        if send.receipt == "none":
            taken = Verdict("done", "taken; no receipt is agreed")
            await self._exchanges.receipted(sent.delivery, receipted(taken, answer, None, posted))
            return Done(note="posted; no receipt is agreed")
        if send.late:
            await self._exchanges.posted(sent.delivery)
            early = _settled(await self._exchanges.sent(sent.delivery))  # it may have come before the answer
            return early or Unknown("posted; its receipt comes by itself", retry_in=send.receipt_wait)
        try:
            receipt = mdn.read(
                answer.headers,
                Window.of(answer.body),
                self._certificates.partner,
                self._settings.receive.accepted,
                clock.now(),
            )
        except MdnError as error:
            if not error.claimed:
                return Transient(f"{_host(send.url)} took the message and answered without a receipt: {error}", 60.0)
            verdict = Verdict("invalid", str(error))
        else:
            verdict = judged(receipt, sent, send)
        await self._exchanges.receipted(sent.delivery, receipted(verdict, answer, receipt, posted))
        outcome = _settled(await self._exchanges.sent(sent.delivery))
        return outcome or Transient("its receipt could not be kept")

    async def _late_receipt(self, parcel: Parcel, payload: bytes) -> Outcome:
        headers = tuple((name, value) for name, value in json.loads(parcel.facts["headers"]))
        url = parcel.facts["url"]
        answer = await self._request(url, HttpMessage(headers, payload), 60.0)
        return answer if isinstance(answer, Transient) else Done(note=f"receipt handed to {_host(url)}")

    async def _request(self, url: str, message: HttpMessage, patience: float) -> Posted | Transient:
        """One POST. What is not 2xx is a reason to try again, or to call the operator."""
        host = _host(url)
        try:
            async with httpx.AsyncClient(
                trust_env=False, follow_redirects=False, verify=self._tls, timeout=patience
            ) as client:
                client.headers.clear()
                request = client.build_request("POST", url, headers=list(message.headers), content=message.body)
                answer = await client.send(request, stream=True)
                facts, used = _tls(answer)
                body = bytearray()
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        return Transient(f"{host}: an answer of more than {LARGEST_ANSWER} bytes", retry_in=300.0)
        except httpx.ConnectError as error:
            certificate = isinstance(error.__context__, ssl.SSLCertVerificationError) or "certificate" in str(error)
            if certificate:
                reason = f"{host}: its TLS certificate is not good: {error}"
                return Transient(reason, retry_in=300.0, scope="connector", alarm="credential")
            return Transient(f"{host} cannot be reached: {error}", scope="connector")
        except (httpx.HTTPError, OSError) as error:
            return Transient(f"{host}: {str(error) or type(error).__name__}", retry_in=30.0)
        got = _answered(host, answer, bytes(body))
        return got if isinstance(got, Transient) else Posted(got, facts, used)


def _tls(answer: httpx.Response) -> tuple[dict[str, str], tuple[bytes, ...]]:
    """Who answered over TLS: facts, and its certificate. Nothing without TLS."""
    stream = answer.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    if tls is None:
        return {}, ()
    shown = tls.getpeercert(binary_form=True)
    return {"receipt_tls": tls.version(), "receipt_tls_peer": fingerprint(x509.load_der_x509_certificate(shown))}, (
        shown,
    )


def receipted(verdict: Verdict, message: HttpMessage, receipt: Mdn | None, posted: Posted | None = None) -> Receipted:
    """A receipt with what it means, as it is stored. `receipt` None: what came could not be read as one."""
    facts, used = (dict(posted.facts), posted.certificates) if posted is not None else ({}, ())
    if receipt is not None and receipt.signed is not None:
        facts["receipt_signed_by"] = fingerprint(receipt.signed.certificate)
        used = (*used, certificates.der(receipt.signed.certificate))
    mic = f"{receipt.mic.value}, {receipt.mic.algorithm}" if receipt is not None and receipt.mic else ""
    return Receipted(verdict.state, verdict.note, message, mic, facts, used)


def tls(send: Send | None, resolve: Callable[[str], str]) -> ssl.SSLContext:
    """By what the partner's TLS certificate is judged: the system's authorities, or the channel's own one."""
    return ssl.create_default_context(cadata=resolve(send.ca) if send is not None and send.ca else None)


def judged(receipt: Mdn, sent: Sent, send: Send) -> Verdict:
    """What a receipt means for our message: it must be about it, name its MIC, and be signed if that was asked for."""
    if send.receipt == "signed" and receipt.signed is None:
        return Verdict("invalid", "a signed receipt was asked for, and this one is not signed")
    if receipt.message_id.strip() != sent.message_id:
        return Verdict("invalid", f"the receipt is about {receipt.message_id[:120]!r}, not about {sent.message_id}")
    if not receipt.accepted:
        return Verdict("refused", f"{receipt.reason}{f': {receipt.text}' if receipt.text else ''}"[:500])
    mic = f"{receipt.mic.value}, {receipt.mic.algorithm}" if receipt.mic else ""
    if mic != sent.mic:
        return Verdict("invalid", f"its MIC is {mic or 'missing'}, ours is {sent.mic}")
    said = receipt.disposition.partition(";")[2].strip()
    return Verdict("done", f"{said}, {'signed, ' if receipt.signed else ''}MIC equal")


def _settled(sent: Sent | None) -> Outcome | None:
    """What a receipt that is there makes of the delivery; None while there is none."""
    if sent is None or sent.state in ("ready", "posted"):
        return None
    if sent.state == "done":
        return Done(note=sent.note)
    kind = "as2.refused" if sent.state == "refused" else "as2.receipt_invalid"
    how = "refuses" if sent.state == "refused" else "sent a receipt that proves nothing for"
    sentence = f"{sent.as2_to} {how} our AS2 message {sent.message_id}: {sent.note}"
    return Business(Case(kind, sentence, "operator", actual=sent.note, actions=("gateway retry",)))


def _overdue(sent: Sent, attempts: int) -> Case:
    sentence = (
        f"{sent.as2_to} has sent no receipt for our AS2 message {sent.message_id}, which went out {attempts} times"
    )
    return Case("as2.receipt_overdue", sentence, "operator", actions=("gateway retry",))


def _answered(host: str, answer: httpx.Response, body: bytes) -> HttpMessage | Transient:
    code = answer.status_code
    if answer.is_success:
        line = f"{answer.http_version} {code} {answer.reason_phrase}".rstrip()
        return HttpMessage(tuple(answer.headers.multi_items()), body, line)
    reason = f"{host} answers {code} {answer.reason_phrase}".rstrip()
    if answer.is_redirect:
        return Transient(f"{reason}: redirects are not followed", 300.0, "connector", "config")
    if code in (401, 403, 404, 405):
        return Transient(reason, 300.0, "connector", "config")
    wait = answer.headers.get("retry-after", "")
    return Transient(reason, float(wait) if wait.isdigit() and len(wait) < 5 else 60.0)


def _target(url: str) -> str:
    """What a request line names."""
    split = urlsplit(url)
    return f"{split.path or '/'}{f'?{split.query}' if split.query else ''}"


def _host(url: str) -> str:
    return urlsplit(url).netloc
