"""A trial of HTTPS upload: tokens that have not ended, our listener, its certificate, and that it is a mailbox.

Only the partner has the token, so nothing is uploaded.
"""

from __future__ import annotations

import datetime as dt
import ssl

import httpx
from cryptography import x509

from gateway import clock
from gateway.secrets import SecretError, Secrets
from gateway.transports.https import tokens
from gateway.transports.https.settings import Listener, UploadChannel
from gateway.transports.https.tokens import TokenRefused
from gateway.transports.network import own_listener
from gateway.transports.trial import Trial, Wrong


async def examine(
    mailbox: str, settings: UploadChannel, listener: Listener | None, secrets: Secrets, trial: Trial
) -> None:
    """All steps of a channel. Raises Ended after a step without which there is no other."""
    async with trial.step("tokens") as said:
        said.note = _tokens(settings, secrets, clock.now().date())
    async with trial.step("configuration") as said:
        if listener is None:
            raise Wrong(
                "the partner's files have nowhere to arrive",
                found="no listeners.https in gateway.yaml",
                expected="a listener",
                advice="add listeners.https to gateway.yaml and start the gateway again",
            )
        said.note = "TLS by the gateway" if listener.certificate else "TLS by a proxy before it"
    near = await own_listener(trial, "https", listener.host, listener.port)
    if listener.certificate:
        async with trial.step("certificate") as said:
            said.note = _certificate(secrets(listener.certificate), clock.now())
    async with trial.step("HTTP") as said:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is our own, by its address
        host = f"[{near}]" if ":" in near else near
        scheme = "https" if listener.certificate else "http"
        url = f"{scheme}://{host}:{listener.port}/mailbox/{mailbox.partition('/')[0]}"
        try:
            async with httpx.AsyncClient(trust_env=False, verify=context, timeout=trial.patience) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            found = str(error) or type(error).__name__
        else:
            found = f"{answer.status_code} {answer.reason_phrase}, {answer.headers.get('content-type', '')}"
            if answer.status_code == 401 and "problem+json" in found:
                said.note = "a request without a token is refused, as it should be"
                return
        raise Wrong(
            "what listens there is not our mailbox",
            found=found,
            expected="401 Unauthorized for a request without a token",
            advice="see what listens on this port; start the gateway again if listeners.https has changed",
        )


def _tokens(settings: UploadChannel, secrets: Secrets, today: dt.date) -> str:
    words, good = [], False
    try:
        for entry in settings.tokens:
            known = tokens.read(entry, secrets)
            good = good or known.good(today)
            until = f" until {entry.until}" if entry.until else ""
            words.append(f"{entry.label or 'a token'}{until}" + ("" if known.good(today) else " (has ended)"))
    except (SecretError, TokenRefused) as error:
        raise Wrong(
            "a token of the partner cannot be used",
            found=str(error),
            expected="sha256:<64 digits>",
            advice="`gateway partner token` makes a new one; see tokens of the channel",
        ) from None
    if not good:
        raise Wrong(
            "no token of the partner is valid today",
            found="; ".join(words),
            expected=f"a token that is valid on {today}",
            advice="`gateway partner token` makes a new one; give it to the partner",
        )
    return "; ".join(words)


def _certificate(text: str, now: dt.datetime) -> str:
    found = x509.load_pem_x509_certificate(text.encode())
    until = found.not_valid_after_utc
    if not found.not_valid_before_utc <= now < until:
        raise Wrong(
            "the certificate of listeners.https is not valid today",
            found=f"valid from {found.not_valid_before_utc:%Y-%m-%d} to {until:%Y-%m-%d}",
            expected=f"a certificate that is valid on {now:%Y-%m-%d}",
            advice="renew it and start the gateway again",
        )
    return f"until {until:%Y-%m-%d}, {(until - now).days} days"
