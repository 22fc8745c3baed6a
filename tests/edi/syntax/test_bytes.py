"""Any bytes: no exception, every byte in exactly one item, places inside the input, chunking without influence."""

from __future__ import annotations

import io
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from edi.model import Gap, Item, Message
from edi.overview import inspect
from edi.syntax import offset_of, read, window

X12 = (
    b"ISA*00*          *00*          *ZZ*ME             *01*YOU            *261124*1301*^*00501*000000042*0*P*>~"
    b"GS*PO*ME*YOU*20261124*1301*1*X*005010~ST*850*0001~BEG*00*SA*P1**20261124~PO1*1*10*EA>X^Y*9.5~SE*4*0001~"
    b"GE*1*1~IEA*1*000000042~"
)
EDIFACT = (
    b"UNA:+.?*'UNB+UNOC:4+ME:14+YOU:14+20261124:1301+42'UNH+1+ORDERS:D:01B:UN'BGM+220+A?'?+??B'RFF+ON:1*AB:2'"
    b"UNT+4+1'UNZ+1+42'"
)
PIECES = [
    X12,
    EDIFACT,
    X12[:106],
    EDIFACT[:50],
    b"ISA",
    b"UNA",
    b"UNB+UNOA:1+A+B+1+2'",
    b"ST*850*0001~",
    b"SE*2*0001~",
    b"~",
    b"'",
    b"\n",
    b"\r\n",
    b" ",
    b"?",
    b"\x1f",
    b"\x1e",
    b"BIN*5*a~b'c~",
    b"BIN*99*x~",
    b"BDS*ASC*2*~~~",
    b"GE*1*1~",
    b"IEA*1*1~",
    b"UNH+1+ORDERS:D:96A:UN'",
    b"UNT+2+1'",
    b"UNG+ORDERS+A+B+1+1+UN+D:96A'",
    b"UNE+1+1'",
    b"UNZ+1+42'",
    b"\xe9",
    b"\xc3\xa9",
    b"\x00",
    b"\x1a",
    b"\xef\xbb\xbf",
    b"REF*A*B~",
    b"LIN:1+1'",
    b"UIB+UNOA:4'",
    b"GS*PO*A*B*20260101*0101*1*X*004010~",
]
noise = st.binary(max_size=12)
damaged = st.lists(st.sampled_from(PIECES) | noise, max_size=8).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from([X12, EDIFACT])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        if not data:
            break
    return bytes(data)


def shape(items: list[Item]) -> list[object]:
    """Everything but the gaps, whose borders depend on how the input arrives."""
    return [
        (type(item), item.raw, item.offset, getattr(item, "segments", None), item.faults)
        for item in items
        if not isinstance(item, Gap)
    ]


@settings(max_examples=400, deadline=None)
@given(damaged | mutated())
def test_every_byte_is_in_exactly_one_item(data: bytes) -> None:
    items = list(read(data))
    assert items
    position = 0
    for item in items:
        assert item.offset == position
        position += len(item.raw)
        for fault in item.faults:
            assert fault.message
            assert 0 <= fault.location.offset <= len(data)
    assert b"".join(item.raw for item in items) == data
    inspect(data).to_json()


@settings(max_examples=200, deadline=None)
@given(damaged | mutated(), st.integers(1, 40), st.booleans())
def test_chunks_make_no_difference(data: bytes, chunk: int, wrapped: bool) -> None:
    whole = list(read(data, wrapped=wrapped))
    with mock.patch.object(window, "CHUNK", chunk):
        pieces = list(read(io.BytesIO(data), wrapped=wrapped))
    assert b"".join(item.raw for item in pieces) == data
    assert shape(pieces) == shape(whole)


@settings(max_examples=200, deadline=None)
@given(damaged | mutated(), st.sampled_from(["utf-16-le", "utf-16-be"]), st.binary(max_size=3))
def test_utf16_gives_the_same_messages(data: bytes, codec: str, tail: bytes) -> None:
    mark = "\ufeff".encode(codec)
    wide = mark + data.decode("latin-1").encode(codec) + tail
    items = list(read(wide))
    assert b"".join(item.raw for item in items) == wide
    for item in items:
        for fault in item.faults:
            assert 0 <= fault.location.offset <= len(wide)
        if isinstance(item, Message):
            offset_of(item, len(item.segments), 1)


@settings(max_examples=300, deadline=None)
@given(damaged | mutated())
def test_offsets_point_at_the_segments(data: bytes) -> None:
    """The spans in the raw slice and the split segments are two ways to the same segments."""
    for item in read(data):
        if not isinstance(item, Message):
            continue
        skipped = b"\r\n" + item.interchange.delimiters.release.encode("latin-1")
        for number, segment in enumerate(item.segments, 1):
            at = offset_of(item, number)
            assert item.offset <= at <= item.offset + len(item.raw)
            tag = segment[0].encode("latin-1", "replace")
            if tag.isalnum():
                # line breaks and release characters inside a tag are removed from the segment, not from the slice
                assert data[at : at + len(tag) + 8].translate(None, skipped).startswith(tag)
