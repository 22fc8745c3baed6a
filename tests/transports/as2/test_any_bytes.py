"""Whatever a stranger sends, the layers answer with one of their own errors, soon, and in bounded memory."""

from __future__ import annotations

import io
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.transports.as2 import ber, cms_write, mdn, mime
from gateway.transports.as2.algorithms import Accepted
from gateway.transports.as2.ber import BerError
from gateway.transports.as2.mdn import Answer, MdnError
from gateway.transports.as2.mime import MimeError
from gateway.transports.as2.received import Refused, Rules, open_message
from gateway.window import Staging, Window
from tests.transports.as2.peers import NOON, own

KINDS = [
    "application/pkcs7-mime",
    "multipart/signed; boundary=b",
    "multipart/mixed; boundary=b",
    "multipart/report; boundary=b",
    "text/plain",
]


def envelope() -> bytes:
    out = io.BytesIO()
    cms_write.encrypt(Window.of(b"Content-Type: text/plain\r\n\r\nx" * 20), own("us").certificate, out)
    return out.getvalue()


def receipt() -> bytes:
    return mdn.build(Answer("<1@a>", "a", "b"), at=NOON, mdn_id="<2@b>", boundary="b", signer=own("them"))[1]


def opened(kind: str, body: bytes) -> None:
    rules = Rules((own("us"),), (own("them").certificate,), signed=False, encrypted=False)
    with suppress(Refused), Staging() as staging:
        open_message((("Content-Type", kind),), Window.of(body), rules, staging)
    with suppress(MdnError):
        mdn.read((("Content-Type", kind),), Window.of(body), rules.certificates, Accepted())


@given(st.sampled_from(KINDS), st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes(kind: str, body: bytes) -> None:
    opened(kind, body)


@given(st.sampled_from(KINDS), st.data())
@settings(deadline=None, max_examples=200)
def test_damaged_messages(kind: str, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([envelope(), receipt()]))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    opened(kind, whole[:start] + data.draw(st.binary(max_size=10)) + whole[end:])


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_headers(head: bytes) -> None:
    with suppress(MimeError):
        mime.headers_of(head)


def test_ber_depth_bomb() -> None:
    for bomb in (b"\x30\x80" * 100_000, b"\x24\x80" * 100_000):
        with pytest.raises(BerError, match="nested deeper"):
            ber.parse(Window.of(bomb))


def test_ber_length_lies() -> None:
    for lie in (
        b"\x30\x05\x04",
        b"\x30\x84\x7f\xff\xff\xff\x04\x00",
        b"\x30\x8f" + b"\xff" * 15,
        b"\x30\x03\x04\x02\x00",
    ):
        with pytest.raises(BerError):
            assert ber.parse(Window.of(lie)).children


def test_ber_many_elements() -> None:
    with pytest.raises(BerError, match="more than"):
        ber.parse(Window.of(b"\x30\x80" + b"\x05\x00" * 100_000 + b"\x00\x00"))
    with pytest.raises(BerError, match="pieces"):
        ber.parse(Window.of(b"\x24\x80" + b"\x04\x00" * 1_000_001 + b"\x00\x00"))


def test_ber_constructed_50mb_is_linear() -> None:
    """50 MB in pieces of 4 KB: found and read in time that grows with the bytes."""

    def seconds(pieces: int) -> float:
        data = b"\x24\x80" + (b"\x04\x82\x10\x00" + bytes(4096)) * pieces + b"\x00\x00"
        window = Window.of(data)
        start = time.process_time()
        assert sum(map(len, ber.parse(window).octets())) == 4096 * pieces
        return time.process_time() - start

    seconds(100)
    small = min(seconds(1_500) for _ in range(3))
    assert seconds(12_000) < small * 8 * 3


def test_caps() -> None:
    many = b"a: b\r\n" * 201
    with pytest.raises(MimeError, match="more than 200 headers"):
        mime.entity(Window.of(many + b"\r\n"))
    with pytest.raises(MimeError, match="do not end"):
        mime.entity(Window.of(b"a: " + b"b" * 70_000 + b"\r\n\r\n"))
    with pytest.raises(MimeError, match="more than 100 parts"):
        mime.parts(Window.of(b"--b\r\n\r\n\r\n" * 102 + b"--b--"), "b")
    nested = b"x"
    for depth in range(12):
        kind = f"Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n".encode()
        nested = kind + b"--b%d\r\n" % depth + nested + b"\r\n--b%d--\r\n" % depth
    with pytest.raises(Refused, match="nested deeper"), Staging() as staging:
        entity = mime.entity(Window.of(nested))
        rules = Rules((own("us"),), (own("them").certificate,), signed=False, encrypted=False)
        open_message(entity.headers, entity.body, rules, staging)
