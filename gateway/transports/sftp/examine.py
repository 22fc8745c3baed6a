"""Trials of SFTP: a partner's server, step by step with files of our own, and a mailbox on our server as far as we have
the keys for it.

Not here: DNS and TCP (transports/network.py), polling and sending. Rule protected: whatever a trial writes has a name
that says "still being written", so that nobody takes it, and is deleted again.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_address

import asyncssh

from gateway import clock
from gateway.secrets import SecretError, Secrets
from gateway.transports.network import own_listener, reached
from gateway.transports.sftp import keys, passwords
from gateway.transports.sftp.client import HostKeyChanged, Progress, SftpSession, connect_to, log_in
from gateway.transports.sftp.keys import KeyRefused
from gateway.transports.sftp.passwords import PasswordRefused
from gateway.transports.sftp.settings import HostedMailbox, Listener, Poll, PolledMailbox, Send
from gateway.transports.trial import Ended, Trial, Wrong

MOST_LISTED = 10_000
TEXT = b"This is a test of the connection, made by a person. It is no document and is deleted at once.\r\n"


async def examine(
    mailbox: str, settings: HostedMailbox | PolledMailbox, listener: Listener | None, secrets: Secrets, trial: Trial
) -> None:
    """All steps of a channel. Raises Ended after a step without which there is no other."""
    if isinstance(settings, HostedMailbox):
        await _hosted(settings, listener, secrets, trial)
    else:
        await _polled(settings, secrets, trial)


async def _polled(settings: PolledMailbox, secrets: Secrets, trial: Trial) -> None:
    async with trial.step("configuration") as said:
        said.note = us = _us(settings, secrets)
    await reached(trial, settings.host, settings.port)
    bounded = settings.model_copy(update={"timeout": trial.patience})
    async with AsyncExitStack() as stack:
        session = await _session(bounded, secrets, trial, stack, us)
        if settings.poll is not None:
            await _reading(session, settings.poll, trial)
        if settings.send is not None:
            await _listed(session, settings.send.folder, trial)
            await _writing(session, settings.send, trial)


def _us(settings: PolledMailbox, secrets: Secrets) -> str:
    """As whom we log in, in words."""
    try:
        user = secrets(settings.user)
        shown = [keys.read_private(secrets(settings.key)).get_fingerprint()] if settings.key else []
        if settings.password:
            secrets(settings.password)
    except (SecretError, KeyRefused) as error:
        raise Wrong(
            "the login of the channel cannot be used",
            found=str(error),
            expected="a user, and an unencrypted private key or a password",
            advice="see user, key and password of the channel",
        ) from None
    return f"user {user}, " + " and ".join([f"key {one}" for one in shown] + ["a password"] * bool(settings.password))


async def _session(
    settings: PolledMailbox, secrets: Secrets, trial: Trial, stack: AsyncExitStack, us: str
) -> SftpSession:
    """Steps key exchange, host key, login and SFTP, which one connection takes in one go."""
    progress = Progress()
    trouble: Exception | None = None
    session: SftpSession | None = None
    try:
        session = await stack.enter_async_context(connect_to(settings, secrets, progress))
    except (OSError, asyncssh.Error) as error:
        trouble = error
    advice = (
        "ask the partner by telephone whether it has a new host key, and compare; only then put the new one into "
        "host_keys"
    )
    _met(progress, trouble, settings.host_keys, trial, advice)
    if not progress.logged_in:
        wrong = _refused(
            trouble,
            "the server does not let us in",
            "a login",
            "give the partner our public key or ask for the password; check the user name",
        )
        wrong.found = f"{us}: {wrong.found}"
        trial.failed("login", time.monotonic() - progress.greeted, wrong)
        raise Ended
    trial.passed("login", progress.logged_in - progress.greeted, us)
    seconds = time.monotonic() - progress.logged_in
    if session is None:
        trial.failed("SFTP", seconds, _refused(trouble, "the server offers no SFTP"))
        raise Ended
    trial.passed("SFTP", seconds)
    return session


def _met(progress: Progress, trouble: Exception | None, pins: Sequence[str], trial: Trial, advice: str) -> None:
    """Tell of the steps key exchange and host key. Raises Ended if one of them is the last. `advice`: on another host
    key."""
    if not progress.greeted:
        wrong = _refused(
            trouble,
            "there is no SSH key exchange",
            "an SSH server that has an algorithm in common with us",
            "check the port, and what listens there; a very old server has no algorithm that is still safe",
        )
        trial.failed("key exchange", time.monotonic() - progress.began, wrong)
        raise Ended
    trial.passed("key exchange", progress.greeted - progress.began)
    if isinstance(trouble, HostKeyChanged):
        wrong = Wrong(
            "the server shows another host key than it should; nothing was sent to it",
            found=progress.host_key,
            expected=" or ".join(pins),
            advice=advice,
        )
        trial.failed("host key", 0.0, wrong)
        raise Ended
    trial.passed("host key", 0.0, f"{progress.host_key}, as pinned")


async def _reading(session: SftpSession, poll: Poll, trial: Trial) -> None:
    """The folder that is polled, and whether what was read can be cleared away."""
    archive = poll.archive or posixpath.join(poll.folder, "archive")
    there = await _listed(session, poll.folder, trial)
    if poll.after_read == "archive":
        there = await _listed(session, archive, trial) and there
    if not there or poll.after_read == "keep":
        return
    name, kept = posixpath.join(poll.folder, f"{trial.mark}.tmp"), ""
    async with trial.step(f"{poll.after_read} in {poll.folder}", needed=False) as said:
        try:
            await session.put(name, TEXT)
        except asyncssh.SFTPError as error:
            said.note = f"cannot be tried, as only the partner may write there ({error.reason})"
            return
        try:
            if poll.after_read == "archive":
                kept = posixpath.join(archive, f"{trial.mark}.tmp")
                await session.rename(name, kept)
            await session.remove(kept or name)
        except asyncssh.Error as error:
            with suppress(asyncssh.Error):
                await session.remove(name)
            raise _refused(
                error,
                f"files that were read cannot be cleared away ({poll.after_read})",
                "the right to move and delete",
                "ask the partner for that right, or set after_read: keep",
            ) from None


async def _listed(session: SftpSession, folder: str, trial: Trial) -> bool:
    """The step `list FOLDER`; is it there?"""
    fine = False
    async with trial.step(f"list {folder}", needed=False) as said:
        count = 0
        try:
            async for _ in session.scan(folder):
                count += 1
                if count == MOST_LISTED:
                    break
        except asyncssh.Error as error:
            raise _refused(
                error,
                f"{folder} cannot be listed",
                "a folder that we may read",
                "check the folder's name in the channel; ask the partner to make it and to let us in",
            ) from None
        said.note = f"{count} entries" + (" and more" if count == MOST_LISTED else "")
        fine = True
    return fine


async def _writing(session: SftpSession, send: Send, trial: Trial) -> None:
    """Steps write, read back, rename and delete, with a file of ours."""
    name = posixpath.join(send.folder, f"{trial.mark}.tmp")
    right = "ask the partner for the right to {} in " + send.folder
    async with trial.step(f"write in {send.folder}") as said:
        try:
            await session.put(name, TEXT)
            there = await session.stat(name)
        except asyncssh.Error as error:
            raise _refused(error, f"{name} cannot be written", "a new file", right.format("write")) from None
        if there is None or there.size != len(TEXT):
            raise Wrong(
                "the file is not as it was written",
                found="no file" if there is None else f"{there.size} bytes",
                expected=f"{len(TEXT)} bytes",
                advice="ask the partner whether something takes files away or changes them while they are written",
            )
        said.note = posixpath.basename(name)
    async with trial.step(f"read back in {send.folder}", needed=False) as said:
        said.note = await _read_back(session, name)
    if send.tmp_suffix:
        new_name = posixpath.join(send.folder, f"{trial.mark}-renamed.tmp")
        async with trial.step(f"rename in {send.folder}", needed=False):
            try:
                await session.rename(name, new_name)
            except asyncssh.Error as error:
                raise _refused(
                    error,
                    "a file cannot get its final name",
                    "a rename",
                    right.format("rename") + ", or set tmp_suffix: '' (the partner may then read half a file)",
                ) from None
            name = new_name
    async with trial.step(f"delete in {send.folder}", needed=False):
        try:
            await session.remove(name)
        except asyncssh.Error as error:
            raise _refused(
                error,
                f"the test file stays there: {name}",
                "no test file left",
                "ask the partner to delete it; documents are never deleted there, so they are not concerned",
            ) from None


async def _read_back(session: SftpSession, name: str) -> str:
    try:
        data = await session.get(name)
    except asyncssh.SFTPPermissionDenied:
        return "not allowed, and not needed: its size is right"
    except asyncssh.Error as error:
        raise _refused(error, f"{name} cannot be read", "what was written", "ask the partner") from None
    if data != TEXT:
        raise Wrong(
            "what is read is not what was written",
            found=f"{len(data)} bytes: {data[:40]!r}",
            expected=f"{len(TEXT)} bytes: {TEXT[:40]!r}",
            advice="ask the partner whether its server changes line ends",
        )
    return "the same bytes"


def _refused(error: Exception | None, problem: str, expected: str = "SFTP version 3", advice: str = "") -> Wrong:
    """A failure in the server's own words."""
    reason = getattr(error, "reason", "") or str(error or "") or type(error).__name__
    return Wrong(problem, found=reason, expected=expected, advice=advice or "ask the partner what its log says")


async def _hosted(settings: HostedMailbox, listener: Listener | None, secrets: Secrets, trial: Trial) -> None:
    """Our listener, its host key, and whether it knows the partner's user with the keys of the file.

    We have no private key and no password of the partner: a key is offered, and the server says whether it would take
    its signature.
    """
    async with trial.step("logins") as said:
        valid, said.note = _logins(settings, secrets)
    async with trial.step("configuration"):
        if listener is None:
            raise Wrong(
                "the mailbox is on no server",
                found="no listeners.sftp in gateway.yaml",
                expected="a listener",
                advice="add listeners.sftp to gateway.yaml and start the gateway again",
            )
        pins = [keys.read_private(secrets(reference)).get_fingerprint() for reference in listener.host_keys]
    near = await own_listener(trial, "sftp", listener.host, listener.port)
    met = False
    candidates: Sequence[asyncssh.SSHKey | None] = valid or [None]
    for key in candidates:
        progress, offered = Progress(), _Offered(key) if key is not None else None
        trouble: Exception | None = None
        try:
            connection = await log_in(
                near, listener.port, settings.user, offered, host_key=pins, patience=trial.patience, progress=progress
            )
            connection.abort()
        except (OSError, asyncssh.Error) as error:
            trouble = error
        if not met:
            _met(
                progress, trouble, pins, trial, "start the gateway again if host_keys has changed; or see what listens"
            )
            met = True
        name, seconds = f"login of {settings.user}", time.monotonic() - progress.began
        if key is None or offered is None:
            trial.passed(name, seconds, "cannot be tried: only the partner has the password")
        elif offered.wanted:
            trial.passed(name, seconds, f"the running gateway takes key {key.get_fingerprint()}")
        elif settings.addresses and not any(ip_address(near) in network for network in settings.addresses):
            trial.passed(
                name, seconds, f"cannot be tried from here: only from {', '.join(map(str, settings.addresses))}"
            )
        else:
            wrong = Wrong(
                "the running gateway does not know this user with this key",
                found=f"{settings.user}, {key.get_fingerprint()}: {trouble}",
                expected="the partner's file as it is now",
                advice="send the gateway SIGHUP so that it reads the partner's file again, and see in its log whether "
                "it does; only a partner that is live is served",
            )
            trial.failed(name, seconds, wrong)


def _logins(settings: HostedMailbox, secrets: Secrets) -> tuple[list[asyncssh.SSHKey], str]:
    """The partner's keys that are valid today, and all keys and passwords in words."""
    today, valid, words = clock.now().date(), [], []
    good = {"key": 0, "password": 0}

    def noted(kind: str, text: str, until: dt.date | None) -> bool:
        ended = until is not None and until < today
        words.append(text + (f" until {until}" if until else "") + (" (has ended)" if ended else ""))
        good[kind] += not ended
        return not ended

    try:
        for entry in settings.keys:
            for key in keys.read_lines(secrets(entry.key)):
                if noted("key", key.get_fingerprint(), entry.until):
                    valid.append(key)
        for one in settings.passwords:
            passwords.read_hash(secrets(one.hash))
            noted("password", f"a password {one.label}".rstrip(), one.until)
    except (SecretError, KeyRefused, PasswordRefused) as error:
        raise Wrong(
            "a key or password of the partner cannot be used",
            found=str(error),
            expected="a public key (ssh-ed25519 AAAA... comment) or an argon2id hash",
            advice="see keys and passwords of the channel; ask the partner for its public key",
        ) from None
    if not (all(good.values()) if settings.login == "both" else any(good.values())):
        raise Wrong(
            "the partner cannot log in today",
            found="; ".join(words) or "nothing",
            expected=f"a key {'and' if settings.login == 'both' else 'or'} a password that is valid on {today}",
            advice="ask the partner for a new public key, and put it into keys of the channel",
        )
    return valid, "; ".join(words)


class _Offered(asyncssh.SSHKeyPair):
    """A public key that is offered and never signs; `wanted` tells that the server asked for the signature."""

    _key_type = "offered"

    def __init__(self, key: asyncssh.SSHKey) -> None:
        kinds = key.sig_algorithms
        super().__init__(key.algorithm, key.algorithm, kinds, kinds, key.public_data, None)
        self.wanted = False

    def sign(self, data: bytes) -> bytes:
        self.wanted = True
        raise ValueError("there is only the public key")
