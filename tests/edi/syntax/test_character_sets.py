"""Every character set an interchange can declare, with a character that only it has; marks, UTF-16, disagreement."""

from __future__ import annotations

import codecs

import pytest

from edi.model import Gap, Interchange, Message
from edi.syntax import offset_of, read
from tests.edi.syntax.test_reading_edifact import PLAIN, UNA, bgm, codes, messages, parsed
from tests.edi.syntax.test_reading_x12 import PLAIN as X12

# UNB S001/0001, the codec it stands for, a character of it, and the byte or bytes of that character.
CHARACTER_SETS = [
    ("UNOA", "ascii", "A", b"A"),
    ("UNOB", "ascii", "a", b"a"),
    ("UNOC", "iso8859-1", "ß", b"\xdf"),
    ("UNOD", "iso8859-2", "Ł", b"\xa3"),
    ("UNOE", "iso8859-5", "Ж", b"\xb6"),
    ("UNOF", "iso8859-7", "Ω", b"\xd9"),
    ("UNOG", "iso8859-3", "Ħ", b"\xa1"),
    ("UNOH", "iso8859-4", "Ŗ", b"\xa3"),
    ("UNOI", "iso8859-6", "ب", b"\xc8"),
    ("UNOJ", "iso8859-8", "ש", b"\xf9"),
    ("UNOK", "iso8859-9", "ğ", b"\xf0"),
    ("UNOL", "iso8859-15", "€", b"\xa4"),
    ("UNOW", "utf-8", "漢", b"\xe6\xbc\xa2"),
    ("UNOY", "utf-8", "😀", b"\xf0\x9f\x98\x80"),
]


@pytest.mark.parametrize(("level", "codec", "character", "wire"), CHARACTER_SETS)
def test_each_declared_character_set(level: str, codec: str, character: str, wire: bytes) -> None:
    data = PLAIN.replace("UNOC", level).encode().replace(b"P1", b"P" + wire)
    items = parsed(data)
    assert codes(items) == []
    assert messages(items)[0].segments[1] == ["BGM", "220", "P" + character, "9"]
    assert isinstance(items[0], Interchange)
    assert items[0].charset == codec


@pytest.mark.parametrize("level", ["UNOC", "UNOW", "UNOY"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["\ufeff", "", "\ufeff\r\n", "\r\n ", "\ufeff" + UNA, UNA])
def test_utf16_with_and_without_a_mark(level: str, codec: str, start: str) -> None:
    text = start + bgm("BGM+220+P漢😀+9").replace("UNOC", level)
    data = text.encode(codec)
    items = parsed(data)
    assert codes(items) == []
    (message,) = messages(items)
    assert message.segments[1] == ["BGM", "220", "P漢😀", "9"]
    assert message.interchange.charset == codec
    assert data[offset_of(message, 2, 3) :].decode(codec).startswith("9'UNT")
    assert message.raw == text[text.index("UNH") : text.index("UNZ")].encode(codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_several_utf16_interchanges_of_both_syntaxes(codec: str) -> None:
    data = ("\ufeff" + PLAIN + "%%" + X12 + "\ufeff" + UNA + PLAIN).encode(codec)
    items = list(read(data))
    assert b"".join(item.raw for item in items) == data
    assert [item.interchange.syntax for item in items if isinstance(item, Message)] == ["edifact", "x12", "edifact"]
    assert codes(items) == ["envelope.trailing-data"]
    fault = next(fault for item in items for fault in item.faults)
    assert data[fault.location.offset :].decode(codec).startswith("%%")


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
@pytest.mark.parametrize("text", [PLAIN, X12])
def test_a_mark_is_removed_and_recorded(mark: bytes, text: str) -> None:
    codec = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le"}.get(mark, "utf-16-be")
    first, header, *_ = parsed(mark + text.encode(codec))
    assert isinstance(first, Gap)
    assert (first.raw, first.faults) == (mark, [])
    assert isinstance(header, Interchange)
    assert header.offset == len(mark)


def test_iso_2022_is_decoded_as_the_profile_says_or_refused() -> None:
    data = bgm("BGM+220+漢字+9").replace("UNOC", "UNOX").encode("iso2022_jp")
    configured = parsed(data, charset="iso2022_jp")
    assert codes(configured) == []
    assert messages(configured)[0].segments[1] == ["BGM", "220", "漢字", "9"]
    assert codes(parsed(data)) == ["charset.unsupported"]


def test_iso_2022_characters_whose_bytes_are_those_of_separators() -> None:
    """Each character of two bytes of which one is `'`, `+`, `:` or `?` in ASCII."""
    seen = 0
    for first in range(0x21, 0x7F):
        for second in range(0x21, 0x7F):
            wire = b"\x1b$B" + bytes((first, second)) + b"\x1b(B"
            if not {first, second} & set(b"'+:?"):
                continue
            try:
                character = wire.decode("iso2022_jp")
            except UnicodeDecodeError:
                continue
            data = bgm("BGM+220+#+9").replace("UNOC", "UNOX").encode().replace(b"#", wire * 2)
            found = parsed(data, charset="iso2022_jp")
            assert codes(found) == []
            assert messages(found)[0].segments[1] == ["BGM", "220", character * 2, "9"]
            seen += 1
    assert seen == 540


def test_characters_outside_the_declared_repertoire_are_told_for_each_element() -> None:
    declared = bgm("BGM+#+@+9").replace("UNOC", "UNOB")
    assert [(f.code, f.severity, f.location.path) for i in parsed(declared) for f in i.faults] == [
        ("charset.repertoire", "warning", "ORDERS[1]/BGM[1]/BGM01"),
        ("charset.repertoire", "warning", "ORDERS[1]/BGM[1]/BGM02"),
    ]


@pytest.mark.parametrize("header", ["UNOA", "UNOB"])
@pytest.mark.parametrize(
    ("wire", "charset", "text", "told"),
    [
        ("PÉ".encode(), "", "PÉ", ["charset.repertoire"]),
        ("PÉ".encode("latin-1"), "", "PÉ", ["charset.assumed", "charset.repertoire"]),
        ("PЖ".encode("cp1251"), "cp1251", "PЖ", ["charset.repertoire"]),
    ],
)
def test_eight_bits_under_a_seven_bit_header(
    header: str, wire: bytes, charset: str, text: str, told: list[str]
) -> None:
    """The profile's set, else UTF-8 if it is that, else Latin-1."""
    data = PLAIN.replace("UNOC", header).encode().replace(b"P1", wire)
    items = parsed(data, charset=charset)
    assert codes(items) == told
    assert {f.severity for item in items for f in item.faults} == {"warning"}
    assert messages(items)[0].segments[1][2] == text


@pytest.mark.parametrize("agency", ["IATB:1", "ANSI:2"])
def test_identifiers_of_other_agencies_are_read_as_ascii_or_utf8(agency: str) -> None:
    items = parsed(bgm("BGM+220+Pé+9").replace("UNOC:3", agency).encode())
    assert [(f.code, f.severity) for item in items for f in item.faults] == [("charset.assumed", "warning")]
    assert messages(items)[0].segments[1][2] == "Pé"


@pytest.mark.parametrize(
    ("wire", "charset", "text", "told"),
    [
        (b"PA", "", "PA", []),
        ("Pé".encode(), "", "Pé", []),
        (b"P\xe9", "", "Pé", ["charset.assumed"]),
        ("PЖ".encode("cp1251"), "cp1251", "PЖ", []),
        (b"P\x98", "cp1251", "P\ufffd", ["charset.repertoire"]),
    ],
)
def test_x12_is_in_the_set_of_the_profile_or_ascii_utf8_latin1(
    wire: bytes, charset: str, text: str, told: list[str]
) -> None:
    items = parsed(X12.encode().replace(b"P1", wire), charset=charset)
    assert codes(items) == told
    assert messages(items)[0].segments[1][3] == text


@pytest.mark.parametrize("space", [b"\xa0", b"\xc2\xa0"])
def test_non_breaking_spaces_as_padding_of_the_isa(space: bytes) -> None:
    header = parsed(X12.encode().replace(b"ME             ", b"ME" + space * 13))[0]
    assert isinstance(header, Interchange)
    assert header.sender.id == "ME"
    assert ("charset.repertoire", "warning") in [(fault.code, fault.severity) for fault in header.faults]
