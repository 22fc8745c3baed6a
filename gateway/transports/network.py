"""Steps of a trial that all transports share: the name, the connection, TLS, and a listener of our own.

Not here: what is spoken over it. Rule protected: TLS is judged by the context that is used for real traffic; without it
a certificate is only looked at, and nothing is sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
import threading
from contextlib import closing

from cryptography import x509

from gateway import clock
from gateway.transports.trial import Trial, Wrong

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 (compared, not listened on)


async def reached(trial: Trial, host: str, port: int) -> None:
    """Steps DNS and TCP: the name has addresses, and one of them takes a connection. Raises Ended."""
    async with trial.step("DNS") as said:
        addresses = await _addresses(host)
        said.note = ", ".join(addresses) if addresses != [host] else f"{host} is an address"
    async with trial.step("TCP") as said:
        said.note = await _connected(host, addresses, port, trial.patience)


async def secured(trial: Trial, host: str, port: int, context: ssl.SSLContext) -> None:
    """Steps TLS, TLS dates, TLS chain and TLS name: a handshake, and what is to be said of the certificate. Raises
    Ended."""
    async with trial.step("TLS") as said:
        found, version = await asyncio.to_thread(_shown, host, port, trial.patience)
        said.note = version
    async with trial.step("TLS dates") as said:
        now, until = clock.now(), found.not_valid_after_utc
        if not found.not_valid_before_utc <= now < until:
            raise Wrong(
                f"the TLS certificate of {host} is not valid today",
                found=f"valid from {found.not_valid_before_utc:%Y-%m-%d} to {until:%Y-%m-%d}",
                expected=f"a certificate that is valid on {now:%Y-%m-%d}",
                advice="ask the partner to renew the certificate of its server; check the date of this machine",
            )
        said.note = f"until {until:%Y-%m-%d}, {(until - now).days} days"
    async with trial.step("TLS chain") as said:
        problem = await asyncio.to_thread(_judged, host, port, context, trial.patience, name=False)
        if problem:
            raise Wrong(
                f"nobody we trust vouches for the TLS certificate of {host}: {problem}",
                found=f"issued by {found.issuer.rfc4514_string()}",
                expected="a chain to an authority this machine trusts, or to the `ca` of the channel",
                advice="ask the partner for a server that sends its whole chain; if its authority is a private one, "
                "get that certificate from the partner and name it as `ca`",
            )
        said.note = f"issued by {found.issuer.rfc4514_string()}"
    async with trial.step("TLS name") as said:
        problem = await asyncio.to_thread(_judged, host, port, context, trial.patience, name=True)
        names = ", ".join(_names(found)) or "no name"
        if problem:
            raise Wrong(
                f"the TLS certificate is for other names than {host}",
                found=names,
                expected=host,
                advice="use the name in the address that the certificate has, or ask the partner for another one",
            )
        said.note = names


async def own_listener(trial: Trial, name: str, host: str, port: int) -> str:
    """The step `own listener`: our listener takes connections. The address to reach it from here. Raises Ended."""
    near = _EVERYWHERE.get(host, host)
    async with trial.step("own listener") as said:
        if port == 0:
            raise Wrong(
                f"listeners.{name} takes another port at each start, so that no partner can find it",
                found="port: 0",
                expected="a fixed port",
                advice=f"give listeners.{name} a port in gateway.yaml",
            )
        try:
            said.note = await _connected(near, [near], port, trial.patience)
        except Wrong as wrong:
            wrong.advice = f"start the gateway (gateway run), and see listeners.{name} in gateway.yaml"
            raise
    return near


async def _addresses(host: str) -> list[str]:
    """The addresses of a name. The system cannot be told to give up, so it is asked by a thread nobody waits for."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def ask() -> None:
        addresses, problem = [], None
        try:
            addresses = [str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            problem = error if isinstance(error, OSError) else OSError(str(error))
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, addresses, problem)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return list(dict.fromkeys(await answer))
    except OSError as error:
        raise Wrong(
            f"the name {host} has no address",
            found=error.strerror or str(error),
            expected="a name that the resolver of this machine knows",
            advice="look for a slip in the name; ask the partner; see whether this machine resolves other names",
        ) from None


async def _connected(host: str, addresses: list[str], port: int, patience: float) -> str:
    """Where a connection could be had, in words."""
    said: list[str] = []
    for address in addresses:
        try:
            async with asyncio.timeout(patience / (len(addresses) + 1)):
                _, writer = await asyncio.open_connection(address, port)
        except TimeoutError:
            said.append(f"{address}: no answer")
        except OSError as error:
            said.append(f"{address}: {os.strerror(error.errno) if error.errno else error}")
        else:
            writer.close()
            return f"{address} port {port}" + (f"; not: {'; '.join(said)}" if said else "")
    silent = all(line.endswith("no answer") for line in said)
    raise Wrong(
        f"{host} takes no connection on port {port}",
        found="; ".join(said),
        expected="a server that listens there",
        advice="a firewall drops the connection: ask the partner to let our address through, and check ours"
        if silent
        else "check the port; ask the partner whether the server runs and lets our address through",
    )


def _shown(host: str, port: int, patience: float) -> tuple[x509.Certificate, str]:
    """The certificate a server shows, unjudged, and the version of TLS."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with closing(_handshake(host, port, context, patience)) as connection:
            raw = connection.getpeercert(binary_form=True)
            version = connection.version() or "TLS"
    except ssl.SSLError as error:
        raise Wrong(
            f"{host} port {port} speaks no TLS that we know",
            found=error.reason or str(error),
            expected="TLS 1.2 or newer",
            advice="check the port, and whether the address begins with http:// or https://; ask the partner",
        ) from None
    assert raw is not None
    return x509.load_der_x509_certificate(raw), version


def _judged(host: str, port: int, context: ssl.SSLContext, patience: float, *, name: bool) -> str:
    """What the context finds wrong with the certificate, with its `name` or without; empty if nothing."""
    before = context.check_hostname
    context.check_hostname = name
    try:
        _handshake(host, port, context, patience).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        context.check_hostname = before
    return ""


def _handshake(host: str, port: int, context: ssl.SSLContext, patience: float) -> ssl.SSLSocket:
    raw = socket.create_connection((host, port), patience)
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    ]
