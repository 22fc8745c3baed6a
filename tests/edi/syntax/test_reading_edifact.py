"""One case per rule of reading EDIFACT: the smallest input, what is delivered, which faults it gets."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest

from edi.errors import ProfileError
from edi.model import COMPONENT, REPEAT, Group, GroupEnd, Identity, Interchange, InterchangeEnd, Item, Message
from edi.syntax import offset_of, read

UNA = "UNA:+.? '"
BODY = "UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+P1+9'UNT+3+1'"
BGM = ["BGM", "220", "P1", "9"]


def interchange(body: str = BODY, version: str = "UNOC:3", una: str = "", count: int = 1, date: str = "261124") -> str:
    return f"{una}UNB+{version}+ME:14+YOU:14+{date}:1301+42'{body}UNZ+{count}+42'"


PLAIN = interchange()
SYNTAX4 = interchange(version="UNOC:4", date="20261124")


def codes(items: list[Item]) -> list[str]:
    return [fault.code for item in items for fault in item.faults]


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def parsed(data: str | bytes, **options: object) -> list[Item]:
    raw = data.encode("latin-1") if isinstance(data, str) else data
    items = list(read(raw, **options))  # type: ignore[arg-type]
    assert b"".join(item.raw for item in items) == raw
    return items


def bgm(text: str, *, of: str = PLAIN) -> str:
    """The interchange with another BGM segment."""
    return of.replace("BGM+220+P1+9", text)


@dataclass
class Case:
    name: str
    data: str | bytes
    count: int = 1
    faults: list[str] = field(default_factory=list)
    bgm: list[str] | None = None


CASES = [
    Case("plain", PLAIN, bgm=BGM),
    Case("UNA", interchange(una=UNA), bgm=BGM),
    Case("UNA and line break", interchange(una=UNA + "\r\n"), bgm=BGM),
    Case("UNA before each interchange", interchange(una=UNA) + "\n" + interchange(una=UNA), count=2),
    Case("UNA with other characters", "UNA^<.! >" + PLAIN.translate(str.maketrans(":+'", "^<>")), bgm=BGM),
    Case(
        "level B separators of syntax 1",
        PLAIN.replace("UNOC:3", "UNOB:1").translate(str.maketrans(":+'", "\x1f\x1d\x1c")),
        bgm=BGM,
    ),
    Case("other dialects follow each other", interchange(una="UNA:+,! '") + PLAIN + SYNTAX4, count=3),
    Case(
        "junk between two dialects",
        interchange(una="UNA:+,! '") + "%%" + SYNTAX4,
        count=2,
        faults=["envelope.trailing-data"],
    ),
    Case("an element separator of the partner's own", PLAIN.replace("+", "|").replace("'", "~"), bgm=BGM),
    Case(
        "separators of the partner's own",
        PLAIN.replace("+", "*").replace("'", "~").replace(":", ">"),
        faults=["una.invalid"],
        bgm=BGM,
    ),
    Case("syntax 1", PLAIN.replace("UNOC:3", "UNOA:1"), bgm=BGM),
    Case("syntax 2", PLAIN.replace("UNOC:3", "UNOB:2"), bgm=BGM),
    Case("UNA unusable", interchange(una="UNAAAAAAA"), count=0, faults=["una.invalid"]),
    Case("a letter as release character", interchange(una="UNA:+.U '"), count=0, faults=["una.invalid"]),
    Case(
        "no release character",
        interchange(bgm("BGM+220+P?1+9", of=BODY), una="UNA:+.  '"),
        bgm=["BGM", "220", "P?1", "9"],
    ),
    Case("mark", b"\xef\xbb\xbf" + PLAIN.encode(), bgm=BGM),
    Case("utf-16 without mark", interchange(una=UNA).encode("utf-16-be"), bgm=BGM),
    Case("leading data", "X-Header: 1\r\n\r\n" + PLAIN, faults=["envelope.leading-data"], bgm=BGM),
    Case("message alone", BODY, faults=["interchange.structure"], bgm=BGM),
    Case("UNA and message alone", UNA + BODY, faults=["interchange.structure"], bgm=BGM),
    Case("message and UNZ alone", BODY + "UNZ+1+42'", faults=["interchange.structure"], bgm=BGM),
    # Release and repetition
    Case("release", bgm("BGM+2?+2+P?'1??+?:9"), bgm=["BGM", "2+2", "P'1?", ":9"]),
    Case("released terminator before a tag", bgm("BGM+220+P?'UNT+9"), bgm=["BGM", "220", "P'UNT", "9"]),
    Case("released ordinary character", bgm("BGM+220+P?1+9"), bgm=BGM),
    Case("release and line break", bgm("BGM+220+P?\r\n1+9"), faults=["element.release"], bgm=BGM),
    Case(
        "release at the end",
        PLAIN[: PLAIN.index("+9'UNT")] + "?",
        faults=["segment.unterminated", "element.release", "message.trailer-missing", "interchange.trailer-missing"],
    ),
    Case(
        "repetition in syntax 4",
        bgm("BGM+A:1*B:2+P1+9", of=SYNTAX4),
        bgm=["BGM", f"A{COMPONENT}1{REPEAT}B{COMPONENT}2", "P1", "9"],
    ),
    Case("released repetition", bgm("BGM+A?*B+P1+9", of=SYNTAX4), bgm=["BGM", "A*B", "P1", "9"]),
    Case("no repetition in syntax 3", bgm("BGM+A*B+P1+9"), bgm=["BGM", "A*B", "P1", "9"]),
    Case(
        "no repetition in syntax 3 with UNA",
        interchange(bgm("BGM+A*B+P1+9", of=BODY), una="UNA:+.?*'"),
        bgm=["BGM", "A*B", "P1", "9"],
    ),
    Case(
        "repetition from UNA",
        interchange(bgm("BGM+A^B+P1+9", of=BODY), "UNOC:4", "UNA:+.?^'", date="20261124"),
        bgm=["BGM", f"A{REPEAT}B", "P1", "9"],
    ),
    # Line breaks
    Case("line breaks and indentation", PLAIN.replace("'", "'\r\n  "), bgm=BGM),
    Case(
        "line break inside a segment",
        bgm("BGM+220+P\n1+9"),
        faults=["element.character"],
        bgm=["BGM", "220", "P\n1", "9"],
    ),
    Case("line break inside a tag", bgm("B\nGM+220+P1+9"), faults=["element.character"], bgm=BGM),
    Case("nesting indications", bgm("BGM:1:2+220+P1+9"), faults=["segment.nesting"], bgm=BGM),
    Case("nesting indication", bgm("BGM:1+220+P1+9"), faults=["segment.nesting"], bgm=BGM),
    Case("trailing separators", bgm("BGM+220+P1+9++"), bgm=[*BGM, "", ""]),
    Case("trailing components", bgm("BGM+220+P1::+9")),
    Case("empty segment", bgm("BGM+220+P1+9'"), faults=["segment.empty"], bgm=BGM),
    Case("lower-case tag", bgm("bgm+220+P1+9"), bgm=["bgm", "220", "P1", "9"]),
    # Character sets
    Case("UNOA lower case", bgm("BGM+220+order+9").replace("UNOC", "UNOA"), faults=["charset.repertoire"]),
    Case(
        "UNOA lower case is told once", bgm("BGM+220+order+nine").replace("UNOC", "UNOA"), faults=["charset.repertoire"]
    ),
    Case("UNOA other characters", bgm("BGM+#+@+9").replace("UNOC", "UNOA"), faults=["charset.repertoire"] * 2),
    Case(
        "UNOB 8-bit",
        bgm("BGM+220+Pé+9").replace("UNOC", "UNOB"),
        faults=["charset.assumed", "charset.repertoire"],
        bgm=["BGM", "220", "Pé", "9"],
    ),
    Case(
        "UNOB utf-8",
        bgm("BGM+220+Pé+9").replace("UNOC", "UNOB").encode(),
        faults=["charset.repertoire"],
        bgm=["BGM", "220", "Pé", "9"],
    ),
    Case("UNOC", bgm("BGM+220+Pé+9"), bgm=["BGM", "220", "Pé", "9"]),
    Case(
        "UNOD", bgm("BGM+220+\u0141+9").replace("UNOC", "UNOD").encode("iso8859-2"), bgm=["BGM", "220", "\u0141", "9"]
    ),
    Case(
        "UNOE", bgm("BGM+220+\u0416+9").replace("UNOC", "UNOE").encode("iso8859-5"), bgm=["BGM", "220", "\u0416", "9"]
    ),
    Case(
        "UNOF hole",
        bgm("BGM+220+P\xff+9").replace("UNOC", "UNOF"),
        faults=["charset.repertoire"],
        bgm=["BGM", "220", "P\ufffd", "9"],
    ),
    Case("UNOY", bgm("BGM+220+P€+9").replace("UNOC", "UNOY").encode(), bgm=["BGM", "220", "P€", "9"]),
    Case(
        "UNOY not utf-8",
        bgm("BGM+220+Pé+9").replace("UNOC", "UNOY"),
        faults=["charset.assumed"],
        bgm=["BGM", "220", "Pé", "9"],
    ),
    Case("UNOX", PLAIN.replace("UNOC", "UNOX"), faults=["charset.unsupported"], bgm=BGM),
    Case("another agency", PLAIN.replace("UNOC:3", "IATB:1"), faults=["charset.assumed"], bgm=BGM),
    # Envelopes
    Case("groups", interchange(f"UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'{BODY}UNE+1+7'"), bgm=BGM),
    Case(
        "groups and messages mixed",
        interchange(
            f"UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'{BODY}UNE+1+7'{BODY.replace('+1', '+2', 1)}".replace(
                "UNT+3+1'UNZ", "UNT+3+2'UNZ"
            )
        ),
        count=2,
        faults=["interchange.mixed", "message.control-mismatch"],
    ),
    Case(
        "UNE count and reference",
        interchange(f"UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'{BODY}UNE+2+8'"),
        faults=["group.count", "group.control-mismatch"],
    ),
    Case("UNE missing", interchange(f"UNG+ORDERS+A+B+261124:1301+7+UN+D:96A'{BODY}"), faults=["group.trailer-missing"]),
    Case("UNG without reference", interchange(f"UNG+ORDERS+A+B'{BODY}UNE+1'"), faults=["group.control-number"]),
    Case("UNT count", PLAIN.replace("UNT+3", "UNT+4"), faults=["message.count"], bgm=BGM),
    Case("UNT reference", PLAIN.replace("UNT+3+1", "UNT+3+9"), faults=["message.control-mismatch"], bgm=BGM),
    Case("UNT missing", PLAIN.replace("UNT+3+1'", ""), faults=["message.trailer-missing"], bgm=BGM),
    Case("UNZ count", PLAIN.replace("UNZ+1", "UNZ+2"), faults=["interchange.count"], bgm=BGM),
    Case("UNZ reference", PLAIN.replace("UNZ+1+42", "UNZ+1+43"), faults=["interchange.control-mismatch"], bgm=BGM),
    Case("UNZ missing", PLAIN.replace("UNZ+1+42'", ""), faults=["interchange.trailer-missing"], bgm=BGM),
    Case(
        "UNZ missing before UNB",
        PLAIN.replace("UNZ+1+42'", "") + PLAIN,
        count=2,
        faults=["interchange.trailer-missing"],
    ),
    Case("UNZ without terminator", PLAIN[:-1], faults=["segment.unterminated"], bgm=BGM),
    Case("stray UNT", PLAIN.replace("UNZ", "UNT+3+1'UNZ"), faults=["interchange.structure"], bgm=BGM),
    Case("nothing inside", interchange("", count=0), count=0, faults=["interchange.content"]),
    Case("UNH reference twice", interchange(BODY + BODY, count=2), count=2, faults=["message.duplicate"]),
    Case(
        "UNH without type",
        PLAIN.replace("ORDERS:D:96A:UN:EAN008", ""),
        faults=["message.identifier"],
    ),
    Case(
        "UNH without reference",
        PLAIN.replace("UNH+1", "UNH+").replace("UNT+3+1", "UNT+3"),
        faults=["message.control-number"],
    ),
    Case("UNB version", PLAIN.replace("UNOC:3", "UNOC:9"), faults=["interchange.version"], bgm=BGM),
    Case(
        "UNB parties",
        PLAIN.replace("+ME:14+YOU:14", "++"),
        faults=["interchange.sender", "interchange.receiver"],
        bgm=BGM,
    ),
    Case(
        "UNB date and time",
        PLAIN.replace("261124:1301", "261324:2501"),
        faults=["interchange.date", "interchange.time"],
        bgm=BGM,
    ),
    Case(
        "UNB reference",
        PLAIN.replace("1301+42", "1301").replace("UNZ+1+42", "UNZ+1"),
        faults=["interchange.control-number"],
        bgm=BGM,
    ),
    Case(
        "UNB flags",
        PLAIN.replace("+42'UNH", "+42++++X++Y'UNH"),
        faults=["interchange.ack-flag", "interchange.test-flag"],
        bgm=BGM,
    ),
    Case(
        "interactive",
        "UIB+UNOA:4+DIALOG:1'UIH+PSRINF:D:96A:UN+77'BGM+220'UIT+77+3'UIZ+DIALOG+1'",
        faults=["message.unsupported"],
    ),
    Case(
        "interactive with UNA, before a batch",
        "UNA:+.?*'UIB+UNOA:4+DIALOG:1'UIH+PSRINF:D:96A:UN+77'BGM+220'UIT+77+3'UIZ+DIALOG+1'" + PLAIN,
        count=2,
        faults=["message.unsupported"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reading(case: Case) -> None:
    items = parsed(case.data)
    assert codes(items) == case.faults
    found = messages(items)
    assert len(found) == case.count
    if case.bgm is not None:
        assert found[0].segments[1] == case.bgm
    raw = case.data.encode("latin-1") if isinstance(case.data, str) else case.data
    assert codes(list(read(io.BytesIO(raw)))) == case.faults


def test_values_of_the_envelopes() -> None:
    data = interchange(f"UNG+ORDERS+A:1+B:2+261124:1301+7+UN+D:96A'{BODY}UNE+1+7'").replace(
        "+42'UNG", "+42++++1++1'UNG"
    )
    header, group, message, group_end, end = parsed(data)
    assert isinstance(header, Interchange)
    assert (header.sender, header.receiver) == (Identity("ME", "14"), Identity("YOU", "14"))
    assert (header.control, header.version, header.charset) == ("42", "UNOC:3", "iso8859-1")
    assert (header.date, header.time, header.test, header.ack_requested) == ("261124", "1301", True, True)
    assert isinstance(group, Group)
    assert (group.type, group.sender, group.control, group.version) == ("ORDERS", Identity("A", "1"), "7", "D:96A")
    assert isinstance(message, Message)
    assert (message.name, message.version, message.control) == ("ORDERS[1]", "D.96A", "1")
    assert message.convention == "EAN008"
    assert isinstance(group_end, GroupEnd)
    assert (group_end.declared, group_end.received) == (1, 1)
    assert isinstance(end, InterchangeEnd)
    assert (end.declared, end.received) == (1, 1)


def test_the_decimal_mark_is_that_of_una() -> None:
    header = parsed(interchange(una="UNA:+,? '"))[0]
    assert isinstance(header, Interchange)
    assert header.delimiters.decimal == ","


def test_the_profile_decides_where_the_header_declares_ascii() -> None:
    data = bgm("BGM+220+\u0416+9").replace("UNOC", "UNOB").encode("cp1251")
    message = messages(parsed(data, charset="cp1251"))[0]
    assert message.segments[1] == ["BGM", "220", "\u0416", "9"]
    declared = messages(parsed(bgm("BGM+220+Pé+9"), charset="cp1251"))[0]
    assert declared.segments[1] == ["BGM", "220", "Pé", "9"]


@pytest.mark.parametrize("charset", ["no-such-charset", "cp500"])
def test_an_unusable_charset_is_the_callers_mistake(charset: str) -> None:
    with pytest.raises(ProfileError):
        read(PLAIN.encode(), charset=charset)


def test_an_unknown_limit_is_the_callers_mistake() -> None:
    with pytest.raises(ProfileError, match="segmants"):
        read(PLAIN.encode(), limits={"segmants": 1})


def test_offsets_see_released_characters() -> None:
    data = bgm("BGM+2?+2:x?:y:z+P?'1+9")
    message = messages(parsed(data))[0]
    assert data[offset_of(message, 2, 1) :].startswith("2?+2:x")
    assert data[offset_of(message, 2, 1, 2) :].startswith("x?:y:z")
    assert data[offset_of(message, 2, 1, 3) :].startswith("z+P")
    assert data[offset_of(message, 2, 3) :].startswith("9'UNT")
    assert data[offset_of(message, 3, 1) :].startswith("3+1'UNZ")
