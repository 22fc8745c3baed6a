"""What is written is read back equal; what cannot be written stops the document and names the element."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.errors import RenderError
from edi.model import COMPONENT, REPEAT, Delimiters, Group, Identity, Interchange, Message, Segment
from edi.syntax import Envelope, Outgoing, default_delimiters, read, unwritable, write
from edi.syntax.charset import EDIFACT_CODECS, LEVEL_A, LEVEL_B

AT = datetime(2026, 11, 24, 13, 1, tzinfo=UTC)
X12 = Envelope("x12", Identity("ME", "ZZ"), Identity("YOU", "01"), 42, AT, version="00501", group_sender="GSME")
EDIFACT = Envelope("edifact", Identity("ME", "14"), Identity("YOU", "14"), 42, AT, version="UNOC:4")


def order(*segments: Segment, control: int = 1) -> Outgoing:
    return Outgoing("850", "005010", control, segments)


def orders(*segments: Segment, version: str = "D.01B", convention: str = "") -> Outgoing:
    return Outgoing("ORDERS", version, 1, segments, convention)


def read_back(data: bytes) -> list[Message]:
    items = list(read(data))
    assert [fault.code for item in items for fault in item.faults] == []
    assert b"".join(item.raw for item in items) == data
    return [item for item in items if isinstance(item, Message)]


def test_x12_bytes() -> None:
    envelope = replace(X12, version="00401", test=True, delimiters=Delimiters("*", ">", "~", newline="\n"))
    data = write([Outgoing("850", "004010", 7, [["BEG", "00", "SA", "P1", "", "20261124"]], "VICS")], envelope)
    assert data.decode().splitlines() == [
        "ISA*00*          *00*          *ZZ*ME             *01*YOU            *261124*1301*U*00401*000000042*0*T*>~",
        "GS*PO*GSME*YOU*20261124*1301*1*X*004010VICS~",
        "ST*850*0007~",
        "BEG*00*SA*P1**20261124~",
        "SE*3*0007~",
        "GE*1*1~",
        "IEA*1*000000042~",
    ]
    assert data.index(b"~") == 105
    assert read_back(data)[0].convention == "VICS"


def test_edifact_bytes() -> None:
    envelope = replace(EDIFACT, version="UNOC:3", ack_requested=True, test=True)
    data = write([orders(["BGM", "220", "it's"], convention="EAN010")], envelope)
    assert data == (
        b"UNA:+.? 'UNB+UNOC:3+ME:14+YOU:14+261124:1301+42++++1++1'UNH+1+ORDERS:D:01B:UN:EAN010'BGM+220+it?'s'"
        b"UNT+3+1'UNZ+1+42'"
    )


def test_syntax_4_has_a_date_of_eight_digits_and_repetition() -> None:
    data = write([orders(["RFF", f"A{COMPONENT}1{REPEAT}B{COMPONENT}2"])], EDIFACT)
    assert data.startswith(b"UNA:+.?*'UNB+UNOC:4+ME:14+YOU:14+20261124:1301+42'")
    assert b"RFF+A:1*B:2'" in data


@pytest.mark.parametrize(("version", "name"), [("D.3", b"CONTRL:D:3:UN'"), ("4.1", b"CONTRL:4:1:UN'")])
def test_name_of_a_contrl(version: str, name: bytes) -> None:
    assert name in write([Outgoing("CONTRL", version, 1, [["UCI", "1"]])], EDIFACT)


def test_groups() -> None:
    sets = [
        order(control=1),
        order(control=2),
        Outgoing("997", "005010", 3, []),
        Outgoing("856", "005010", 4, [], "G1"),
    ]
    items = list(read(write(sets, replace(X12, group_control=7))))
    assert [(g.type, g.control, g.version) for g in items if isinstance(g, Group)] == [
        ("PO", "7", "005010"),
        ("FA", "8", "005010"),
        ("SH", "9", "005010"),
    ]
    assert read_back(write(sets, X12))[3].convention == "G1"
    edifact = list(read(write([orders()], replace(EDIFACT, group_type="ORDERS", group_control=5))))
    assert [(g.type, g.control, g.version) for g in edifact if isinstance(g, Group)] == [("ORDERS", "5", "D:01B")]


def test_trailing_empties_are_left_out() -> None:
    segments = [["REF", "A", "", ""], ["REF", f"A{COMPONENT}{COMPONENT}", f"B{COMPONENT}{REPEAT}", COMPONENT], ["REF"]]
    for data in (write([order(*segments)], X12), write([orders(*segments)], EDIFACT)):
        assert read_back(data)[0].segments[1:-1] == [["REF", "A"], ["REF", "A", "B"], ["REF"]]


def test_binary_data_is_written_as_it_is() -> None:
    segments = [["BIN", "7", "a~*>\x00\xff\n"], ["REF", "A"]]
    assert read_back(write([order(*segments)], X12))[0].segments[1:-1] == segments
    with pytest.raises(RenderError, match="length must be 3"):
        write([order(["BIN", "7", "abc"])], X12)


def test_default_delimiters() -> None:
    assert default_delimiters("x12", "00401") == Delimiters("*", ">", "~")
    assert default_delimiters("x12", "00501") == Delimiters("*", ">", "~", repeat="^")
    assert default_delimiters("edifact", "UNOC:3") == Delimiters("+", ":", "'", release="?")
    assert default_delimiters("edifact", "UNOC:4") == Delimiters("+", ":", "'", repeat="*", release="?")


NO_RELEASE = Delimiters("+", ":", "'")
REFUSED = [
    (X12, ["REF", "A*B"], "write.delimiter", "REF[2]/REF01"),
    (X12, ["REF", "", f"A{COMPONENT}B~"], "write.delimiter", "REF[2]/REF02"),
    (X12, ["REF", "A^"], "write.delimiter", "REF[2]/REF01"),
    (X12, ["REF", "Ü"], "write.charset", "REF[2]/REF01"),
    (X12, ["REF", "A\nB"], "write.charset", "REF[2]/REF01"),
    (replace(X12, version="00401"), ["REF", f"A{REPEAT}B"], "write.delimiter", "REF[2]/REF01"),
    (replace(X12, sender=Identity("X" * 16, "ZZ")), ["REF", "A"], "write.too-long", "ISA06"),
    (replace(X12, sender=Identity("A*B", "ZZ")), ["REF", "A"], "write.delimiter", "ISA06"),
    (replace(X12, control=1_000_000_000), ["REF", "A"], "write.too-long", "ISA13"),
    (EDIFACT, ["REF", "€"], "write.charset", "REF[2]/REF01"),
    (EDIFACT, ["REF", "A\x01"], "write.charset", "REF[2]/REF01"),
    (replace(EDIFACT, version="UNOA:3"), ["REF", "A", "a"], "write.charset", "REF[2]/REF02"),
    (replace(EDIFACT, version="UNOB:3"), ["REF", "A", "é"], "write.charset", "REF[2]/REF02"),
    (replace(EDIFACT, delimiters=NO_RELEASE), ["REF", "A", "it's"], "write.delimiter", "REF[2]/REF02"),
    (replace(EDIFACT, version="UNOC:3"), ["REF", f"A{REPEAT}B"], "write.delimiter", "REF[2]/REF01"),
]


@pytest.mark.parametrize(("envelope", "segment", "code", "element"), REFUSED)
def test_what_cannot_be_written_is_refused(envelope: Envelope, segment: Segment, code: str, element: str) -> None:
    message = order if envelope.syntax == "x12" else orders
    with pytest.raises(RenderError) as refused:
        write([message(["REF", "OK"], segment)], envelope)
    assert (refused.value.code, refused.value.element) == (code, element)
    assert element in str(refused.value)


def test_a_naive_time_or_no_message_is_refused() -> None:
    with pytest.raises(RenderError, match="aware"):
        write([order()], replace(X12, at=AT.replace(tzinfo=None)))
    with pytest.raises(RenderError, match="needs a message"):
        write([], X12)
    with pytest.raises(RenderError, match="GS01"):
        write([Outgoing("123", "004010", 1, [])], X12)


tags = st.sampled_from(["REF", "BEG", "N1", "PO1"])
latin = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters=[chr(c) for c in range(0x7F, 0xA0)])


def values(text: st.SearchStrategy[str], repeat: bool) -> st.SearchStrategy[str]:
    component = st.lists(text, max_size=3).map(COMPONENT.join)
    return st.lists(component, max_size=3).map(REPEAT.join) if repeat else component


def clean(segment: Segment) -> Segment:
    """What a segment is on the wire: without trailing empties on each level."""
    kept = [REPEAT.join(part.rstrip(COMPONENT) for part in value.split(REPEAT)).rstrip(REPEAT) for value in segment]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return kept


def segments(text: st.SearchStrategy[str], repeat: bool) -> st.SearchStrategy[list[Segment]]:
    return st.lists(
        st.tuples(tags, st.lists(values(text, repeat), max_size=4)).map(lambda s: [s[0], *s[1]]), max_size=6
    )


@settings(max_examples=200, deadline=None)
@given(
    segments(st.text("AB12 .,-'+:?!", max_size=5), repeat=True),
    st.sampled_from(["\n", "\r\n", "", "  "]),
    st.sampled_from([("*", ">", "~", "^"), ("|", "\x1f", "\n", "\x1e"), ("\x1d", "<", "\x1c", "%")]),
)
def test_round_trip_x12(content: list[Segment], newline: str, wire: tuple[str, str, str, str]) -> None:
    element, component, terminator, repeat = wire
    delimiters = Delimiters(element, component, terminator, repeat, newline="" if terminator == "\n" else newline)
    data = write([order(*content), order(*content, control=2)], replace(X12, delimiters=delimiters))
    expected = [clean(segment) for segment in content]
    assert [message.segments[1:-1] for message in read_back(data)] == [expected, expected]


@settings(max_examples=300, deadline=None)
@given(
    segments(st.text(latin, max_size=6) | st.text("?'+:*", max_size=4), repeat=True),
    st.sampled_from(["", "\r\n"]),
    st.sampled_from([":+?'*", "^<!>%", "?':+*"]),
)
def test_round_trip_edifact(content: list[Segment], newline: str, wire: str) -> None:
    component, element, release, terminator, repeat = wire
    delimiters = Delimiters(element, component, terminator, repeat, release, newline=newline)
    data = write([orders(*content)], replace(EDIFACT, delimiters=delimiters))
    assert read_back(data)[0].segments[1:-1] == [clean(segment) for segment in content]
    header = next(item for item in read(data) if isinstance(item, Interchange))
    assert replace(header.delimiters, newline=newline) == delimiters


def repertoire(level: str) -> str:
    """Every printable character a syntax level can carry."""
    if level in ("UNOA", "UNOB"):
        return LEVEL_A if level == "UNOA" else LEVEL_B
    codec = EDIFACT_CODECS[level]
    if codec == "utf-8":
        return "AZaz09 ÄßéŁЖדعαβ€中文😀?'+:"
    return "".join(c for c in bytes(range(0x20, 0x100)).decode(codec, "ignore") if c.isprintable())


@pytest.mark.parametrize("level", sorted(EDIFACT_CODECS))
@settings(max_examples=40, deadline=None)
@given(data=st.data(), number=st.sampled_from("34"))
def test_round_trip_of_every_syntax_level(level: str, data: st.DataObject, number: str) -> None:
    text = st.text(st.sampled_from(repertoire(level)), max_size=6)
    content = data.draw(segments(text, repeat=number == "4"))
    written = write([orders(*content)], replace(EDIFACT, version=f"{level}:{number}"))
    assert write([orders(*content)], replace(EDIFACT, version=f"{level}:{number}")) == written
    assert read_back(written)[0].segments[1:-1] == [clean(segment) for segment in content]


@pytest.mark.parametrize("level", sorted(EDIFACT_CODECS))
def test_what_a_level_cannot_carry_is_refused(level: str) -> None:
    everything = EDIFACT_CODECS[level] == "utf-8"
    for character in "AaÄŁЖדعα€中":
        beyond = "" if everything or character in repertoire(level) else character
        assert unwritable(f"X{character}", replace(EDIFACT, version=f"{level}:3")) == beyond


@pytest.mark.parametrize(
    "envelope", [EDIFACT, replace(EDIFACT, version="UNOA:3"), replace(EDIFACT, characters=LEVEL_A + "\0\1")]
)
@pytest.mark.parametrize("character", ["\0", "\1"])
def test_control_characters_are_refused_beside_what_is_escaped(envelope: Envelope, character: str) -> None:
    with pytest.raises(RenderError) as refused:
        write([orders(["BGM", "220", "A'A", f"A{character}"])], envelope)
    assert (refused.value.code, refused.value.element) == ("write.charset", "BGM[1]/BGM03")


@pytest.mark.parametrize("name", ["", "A", "AB CD", "123456789012345"])
def test_an_isa_always_has_106_characters(name: str) -> None:
    envelope = replace(X12, sender=Identity(name, "1"), receiver=Identity(name, ""), control=1)
    data = write([order(["BEG", "00"])], envelope)
    assert (data[105:106], data[3:4], data[103:104]) == (b"~", b"*", b"*")
    assert data[:106].count(b"*") == 16


def test_groups_count_their_own_sets() -> None:
    mixed = [order(["BEG", "00"]), order(["BEG", "00"], control=2), Outgoing("855", "005010", 3, [["BAK", "00"]])]
    wire = write(mixed, replace(X12, group_control=9))
    assert [line[:6] for line in wire.split(b"~") if line.startswith((b"GE", b"IEA"))] == [
        b"GE*2*9",
        b"GE*1*1",
        b"IEA*2*",
    ]
    read_back(wire)
