"""The small values under the transports: settings, names, keys, coverage, the hosted sink."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import clock
from gateway.ports import Done, MailboxFile, Parcel
from gateway.secrets import Secrets
from gateway.transports import names, sftp
from gateway.transports.sftp import HostedMailbox, HostedSink, Listener, PolledMailbox, fingerprint, generate_key, keys
from gateway.transports.sftp.filesystem import Download
from gateway.transports.sftp.spool import IN_MEMORY, Coverage, Spool
from gateway.window import Window, window

POLLED: dict[str, Any] = {
    "name": "sftp",
    "host": "sftp.example",
    "host_keys": ["SHA256:" + "A" * 43],
    "user": "env:USER",
    "key": "file:key",
    "send": {"folder": "/in"},
}


NOBODY: Any = None  # asks nothing of the ledger


def test_the_hosted_mailbox_of_a_partner_file() -> None:
    written = {"name": "inbox", "kind": "sftp-server", "user": "one", "keys": ["file:keys/one.pub"]}
    mailbox = HostedMailbox.model_validate(written | {"quota": {"files": 1000, "bytes": "100MB"}})
    assert (mailbox.quota.files, mailbox.quota.bytes) == (1000, 100_000_000)
    assert mailbox.keys[0].key == "file:keys/one.pub"
    assert {"sftp-server": HostedMailbox, "sftp": PolledMailbox} == sftp.CHANNELS


@pytest.mark.parametrize(
    ("model", "values", "sentence"),
    [
        (HostedMailbox, {"name": "x", "user": "one", "keys": []}, "needs keys or passwords"),
        (HostedMailbox, {"name": "x", "user": "o/e", "keys": ["k"]}, "user"),
        (HostedMailbox, {"name": "x", "user": "one", "keys": ["k"], "kwota": {}}, "Extra inputs"),
        (HostedMailbox, {"name": "x", "user": "one", "keys": ["k"], "quota": {"bytes": "lots"}}, "is no size"),
        (Listener, {"host_keys": []}, "at least 1 item"),
        (Listener, {"host_keys": ["file:h"], "login_timeout": "soon"}, "is no duration"),
        (PolledMailbox, POLLED | {"key": ""}, "needs a key or a password"),
        (PolledMailbox, POLLED | {"key": "-----BEGIN"}, "a secret is a reference"),
        (PolledMailbox, POLLED | {"password": "hunter2"}, "a secret is a reference"),
        (PolledMailbox, POLLED | {"send": None}, "needs poll, send or both"),
        (PolledMailbox, POLLED | {"host_keys": ["MD5:aa"]}, "host_keys"),
        (PolledMailbox, POLLED | {"host_keys": []}, "at least 1 item"),
        (PolledMailbox, POLLED | {"send": {"folder": "/in", "name": "{dok}.edi"}}, "unknown field {dok}"),
        (
            PolledMailbox,
            POLLED | {"send": {"folder": "/in", "name": "{doc}.edi"}},
            "two documents must not get one name",
        ),
        (PolledMailbox, POLLED | {"poll": {"folder": "/o", "after_read": "burn"}}, "archive"),
        (PolledMailbox, POLLED | {"poll": {"folder": "/o", "marker": "/x"}}, "marker"),
    ],
)
def test_settings_that_are_refused(model: Any, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(values)
    assert sentence in str(refused.value)


def test_parts_by_configuration(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    hosted = HostedMailbox(name="inbox", user="one", keys=["file:k"])
    sending = PolledMailbox.model_validate(POLLED)
    polling = PolledMailbox.model_validate(POLLED | {"send": None, "poll": {"folder": "/out"}})
    assert sftp.poller("one/inbox", hosted, secrets) is None
    assert isinstance(sftp.sink(hosted, secrets, NOBODY), HostedSink)
    assert sftp.poller("one/sftp", sending, secrets) is None
    assert isinstance(sftp.sink(sending, secrets, NOBODY), sftp.SftpSink)
    assert isinstance(sftp.poller("one/sftp", polling, secrets), sftp.SftpPoller)
    assert sftp.sink(polling, secrets, NOBODY) is None


def _parcel(**changes: Any) -> Parcel:
    values: dict[str, Any] = {"id": "d1", "destination": "one/inbox", "key": "po/P00042", "partner": "one"}
    return Parcel(**(values | {"kind": "850", "attempt": 1, "payload": b"ISA*"} | changes))


async def test_hosted_sink() -> None:
    assert await HostedSink().send(_parcel()) == Done(effect="placed")
    with pytest.raises(ValueError, match="has no bytes"):
        await HostedSink().send(_parcel(payload=None))


@pytest.mark.parametrize(
    ("template", "parcel", "name"),
    [
        ("{doc}_{number}_{control}.edi", _parcel(facts={"control": "000000007"}), "850_P00042_000000007.edi"),
        ("{doc}_{number}_{control}.edi", _parcel(), "850_P00042_d1.edi"),
        ("{id}.x12", _parcel(id="a/b:c"), "a_b_c.x12"),
        ("", _parcel(name="850 über.edi"), "850 über.edi"),
        ("", _parcel(name="../../etc/passwd"), "_.._etc_passwd"),
        ("", _parcel(), "d1.edi"),
        ("{doc}_{id}.edi", _parcel(name="a.edi.rejected.txt", facts={"doc": "text"}), "a.edi.rejected.txt"),
    ],
)
def test_outgoing_names(template: str, parcel: Parcel, name: str) -> None:
    assert names.outgoing(template, parcel) == name


@given(st.text(max_size=60))
def test_a_checked_name_means_only_itself(text: str) -> None:
    """Whatever is accepted: one path segment, no control character, the same after a second check."""
    try:
        name = names.checked(text)
    except names.NameRefused:
        return
    assert "/" not in name
    assert "\\" not in name
    assert name.isprintable()
    assert name not in (".", "..")
    assert 1 <= len(name.encode()) <= names.LONGEST
    assert names.checked(name) == name


def test_keys_round_trip() -> None:
    private, public = generate_key("one@example")
    assert public.startswith("ssh-ed25519 ")
    assert public.endswith("one@example\n")
    assert keys.read_private(private.strip()).export_public_key().split()[:2] == public.encode().split()[:2]
    assert fingerprint(public) == asyncssh.import_private_key(private).get_fingerprint()
    with pytest.raises(keys.KeyRefused) as refused:
        keys.read_private(private.replace("A", "", 5))
    assert private[60:90] not in str(refused.value)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=12), st.integers(0, 50))
def test_coverage_is_what_a_set_of_bytes_says(pieces: list[tuple[int, int]], cut: int) -> None:
    coverage, seen = Coverage(), set[int]()
    for start, length in pieces:
        coverage.add(start, start + length)
        seen |= set(range(start, start + length))
    coverage.cut(cut)
    seen = {byte for byte in seen if byte < cut}
    for size in range(1, 53):
        assert coverage.whole(size) == (seen == set(range(size)))


def test_a_scattered_writer_is_not_followed() -> None:
    coverage = Coverage()
    for start in range(0, 6000, 2):
        coverage.add(start, start + 1)
    assert len(coverage._ranges) <= 1001
    assert not coverage.whole(5999)


def test_spool_goes_to_an_unnamed_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(0, b"a" * 10)
    spool.write(IN_MEMORY, b"b")
    assert not spool.whole
    spool.write(10, b"c" * (IN_MEMORY - 10))
    assert spool.whole
    assert list(tmp_path.iterdir()) == []
    assert window(spool.content()).whole(2 * IN_MEMORY) == b"a" * 10 + b"c" * (IN_MEMORY - 10) + b"b"
    spool.truncate(5)
    assert (spool.size, window(spool.content()).whole(), spool.whole) == (5, b"aaaaa", True)
    spool.discard()
    spool.discard()


async def test_any_part_of_a_large_download(tmp_path: Path) -> None:
    """Across the pieces that are fetched, before their beginning, beyond the end."""
    data = bytes(range(251)) * 13_000  # more than three pieces
    (tmp_path / "file").write_bytes(data)
    with (tmp_path / "file").open("rb") as file:
        download = Download(MailboxFile("d1", "a", len(data), clock.now()), "out", Window.all_of(file))
        for offset in (0, IN_MEMORY - 5, IN_MEMORY, 5, 2 * IN_MEMORY - 1, len(data) - 3, len(data), 2**60):
            for size in (1, 10, IN_MEMORY, 2 * IN_MEMORY + 7):
                assert await download.read(offset, size) == data[offset : offset + size]
        download.forget()
