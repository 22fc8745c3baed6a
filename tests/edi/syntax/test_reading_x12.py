"""One case per rule of reading X12: the smallest input, what is delivered, which faults it gets."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest

from edi.model import COMPONENT, REPEAT, Gap, Group, GroupEnd, Identity, Interchange, InterchangeEnd, Item, Message
from edi.syntax import offset_of, read

SET = "ST*850*0001~BEG*00*SA*P1**20261124~SE*3*0001~"


def isa(version: str = "00401", eleven: str = "U", element: str = "*", component: str = ">", end: str = "~") -> str:
    fields = (
        "ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'ME':15}", "01", f"{'YOU':15}", "261124", "1301", eleven,
        version, "000000042", "0", "P", component,
    )  # fmt: skip
    return element.join(fields) + end


def group(*sets: str, control: str = "1", count: int | None = None) -> str:
    body = "".join(sets)
    number = len(sets) if count is None else count
    return f"GS*PO*ME*YOU*20261124*1301*{control}*X*004010~{body}GE*{number}*{control}~"


def interchange(*groups: str, header: str = "", count: int | None = None) -> str:
    number = len(groups) if count is None else count
    return f"{header or isa()}{''.join(groups)}IEA*{number}*000000042~"


PLAIN = interchange(group(SET))


def codes(items: list[Item]) -> list[str]:
    return [fault.code for item in items for fault in item.faults]


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def parsed(data: str | bytes, **options: object) -> list[Item]:
    raw = data.encode() if isinstance(data, str) else data
    items = list(read(raw, **options))  # type: ignore[arg-type]
    assert b"".join(item.raw for item in items) == raw
    return items


@dataclass
class Case:
    name: str
    data: str | bytes
    sets: int = 1
    faults: list[str] = field(default_factory=list)
    beg: list[str] | None = None


BEG = ["BEG", "00", "SA", "P1", "", "20261124"]
CASES = [
    Case("plain", PLAIN, beg=BEG),
    Case("utf-8 mark", b"\xef\xbb\xbf" + PLAIN.encode(), beg=BEG),
    Case("utf-16 le mark", ("\ufeff" + PLAIN).encode("utf-16-le"), beg=BEG),
    Case("utf-16 be mark", ("\ufeff" + PLAIN).encode("utf-16-be"), beg=BEG),
    Case("utf-16 without mark", PLAIN.encode("utf-16-le"), beg=BEG),
    Case("leading blanks", "\r\n \x00\x1a" + PLAIN, beg=BEG),
    Case("leading data", "From: a@b\n" + PLAIN, faults=["envelope.leading-data"], beg=BEG),
    Case("nothing known", "hello world", sets=0, faults=["syntax.unknown"]),
    Case("empty", "", sets=0, faults=["syntax.unknown"]),
    Case("only blanks", " \r\n", sets=0, faults=["syntax.unknown"]),
    Case("set alone", SET, faults=["interchange.structure"], beg=BEG),
    Case("group alone", group(SET), faults=["interchange.structure"], beg=BEG),
    Case("latin-1", PLAIN.replace("P1", "Pé").encode("latin-1"), faults=["charset.assumed"]),
    Case("utf-8", PLAIN.replace("P1", "Pé").encode()),
    Case(
        "nbsp padding",
        PLAIN.replace("ME             ", "ME\u00a0\u00a0           "),
        faults=["charset.repertoire", "isa.length"],
    ),
    # Separators and terminators
    Case("unpadded ISA", PLAIN.replace("ME             ", "ME"), faults=["isa.length"], beg=BEG),
    Case("overpadded ISA", PLAIN.replace("YOU   ", "YOU      "), faults=["isa.length"], beg=BEG),
    *(
        Case(f"terminator {end!r}", PLAIN.replace("~", end), beg=BEG)
        for end in ("\r", "\n", "'", "\x15", "\x1c", "!", "|", "\\", "\r\n", "~\r\n", "~\n", "~\n\n", "~ ", "~\n    ")
    ),
    Case("terminator is a space", PLAIN.replace("~", " "), sets=0, faults=["isa.terminator"]),
    Case("terminator is a letter", PLAIN.replace("~", "Z"), sets=0, faults=["isa.terminator"]),
    Case("component is a letter", PLAIN.replace(">~", "A~", 1), faults=["isa.separator"], beg=BEG),
    Case("component missing", PLAIN.replace(">~", "~", 1), faults=["isa.separator", "isa.length"], beg=BEG),
    Case("not sixteen elements", "ISA*00*x~", sets=0, faults=["isa.separator"]),
    Case("break inside a segment", PLAIN.replace("SA*P1", "SA*P\n1"), faults=["element.character"]),
    # ISA11 and ISA12
    Case(
        "repetition",
        interchange(group(SET.replace("P1", "P1^P2")), header=isa("00501", "^")),
        beg=[*BEG[:3], f"P1{REPEAT}P2", *BEG[4:]],
    ),
    Case(
        "repetition before 00402",
        interchange(group(SET.replace("P1", "P^1")), header=isa("00401", "^")),
        faults=["interchange.standard"],
        beg=[*BEG[:3], "P^1", *BEG[4:]],
    ),
    Case("U under 00501", interchange(group(SET), header=isa("00501", "U")), faults=["interchange.standard"], beg=BEG),
    Case(
        "U under 00402",
        interchange(group(SET.replace("P1", "P^1")), header=isa("00402", "U")),
        beg=[*BEG[:3], "P^1", *BEG[4:]],
    ),
    Case(
        "any character repeats",
        interchange(group(SET.replace("P1", "P!1")), header=isa("00501", "!")),
        beg=[*BEG[:3], f"P{REPEAT}1", *BEG[4:]],
    ),
    Case(
        "each interchange has its own repetition",
        interchange(group(SET.replace("P1", "P1^P2")), header=isa("00501", "^"))
        + interchange(group(SET), header=isa("00401", "U")).replace("~", "\x1c"),
        sets=2,
        beg=[*BEG[:3], f"P1{REPEAT}P2", *BEG[4:]],
    ),
    Case("repetition 00402", interchange(group(SET), header=isa("00402", "^")), beg=BEG),
    *(
        Case(
            f"ISA12 {version}", interchange(group(SET), header=isa(version, "^" if version > "00402" else "U")), beg=BEG
        )
        for version in ("00200", "00305", "00400", "00406", "00501", "00606", "00801", "00806")
    ),
    Case("ISA12 unknown", interchange(group(SET), header=isa("00499")), faults=["interchange.version"], beg=BEG),
    Case("ISA12 no number", interchange(group(SET), header=isa("ABCDE")), faults=["interchange.version"], beg=BEG),
    # Several of each
    Case("two interchanges, two dialects", PLAIN + "\n" + PLAIN.replace("~", "\n").replace("*", "|"), sets=2),
    Case("junk between interchanges", PLAIN + "%%%" + PLAIN, sets=2, faults=["envelope.trailing-data"]),
    Case("two groups", interchange(group(SET), group(SET, control="2")), sets=2),
    Case("two sets", interchange(group(SET, SET.replace("0001", "0002"))), sets=2),
    Case("TA1 before GS", interchange("TA1*000000001*261124*1301*A*000~", group(SET), count=1), sets=2),
    Case("only TA1", interchange("TA1*000000001*261124*1301*A*000~", count=0), sets=1),
    Case("nothing inside", interchange(), sets=0, faults=["interchange.content"]),
    # Damage
    Case("empty segments", PLAIN.replace("~BEG", "~~BEG"), faults=["segment.empty"], beg=BEG),
    Case("blank line", PLAIN.replace("~", "\n").replace("\nBEG", "\n\nBEG"), faults=["segment.empty"], beg=BEG),
    Case("empty segment between groups", PLAIN.replace("~IEA", "~~IEA"), faults=["segment.empty"], beg=BEG),
    Case("SE missing", PLAIN.replace("SE*3*0001~", ""), faults=["message.trailer-missing"], beg=BEG),
    Case(
        "SE missing before ST",
        interchange(group(SET.replace("SE*3*0001~", ""), SET.replace("0001", "0002"))),
        sets=2,
        faults=["message.trailer-missing"],
    ),
    Case("GE missing", PLAIN.replace("GE*1*1~", ""), faults=["group.trailer-missing"], beg=BEG),
    Case("IEA missing", PLAIN.replace("IEA*1*000000042~", ""), faults=["interchange.trailer-missing"], beg=BEG),
    Case(
        "IEA missing before ISA",
        PLAIN.replace("IEA*1*000000042~", "") + PLAIN,
        sets=2,
        faults=["interchange.trailer-missing"],
    ),
    Case(
        "cut off in a set",
        PLAIN[: PLAIN.index("SE*3")],
        faults=["message.trailer-missing", "group.trailer-missing", "interchange.trailer-missing"],
    ),
    Case("stray SE", PLAIN.replace("ST*850", "SE*1*1~ST*850"), faults=["interchange.structure"], beg=BEG),
    Case("stray GE", PLAIN.replace("~GS*", "~GE*1*1~GS*"), faults=["interchange.structure"], beg=BEG),
    Case("IEA twice", PLAIN + "IEA*1*000000042~", faults=["envelope.trailing-data"], beg=BEG),
    Case(
        "text between sets", PLAIN.replace("~ST*", "~NTE*hello~NTE*you~ST*"), faults=["segment.text-between"], beg=BEG
    ),
    Case("set without group", interchange(SET, count=0), faults=["interchange.structure"], beg=BEG),
    Case("no last terminator", PLAIN[:-1], faults=["segment.unterminated"], beg=BEG),
    Case("no last terminator, then a line", PLAIN[:-1] + "\n" + PLAIN, sets=2, faults=["segment.unterminated"]),
    Case(
        "no last terminator of a set",
        PLAIN[: PLAIN.index("~GE")],
        faults=["segment.unterminated", "group.trailer-missing", "interchange.trailer-missing"],
        beg=BEG,
    ),
    Case("SE count", PLAIN.replace("SE*3", "SE*9"), faults=["message.count"], beg=BEG),
    Case("SE control", PLAIN.replace("SE*3*0001", "SE*3*0002"), faults=["message.control-mismatch"], beg=BEG),
    Case("GE count", PLAIN.replace("GE*1", "GE*x"), faults=["group.count"], beg=BEG),
    Case("GE control", PLAIN.replace("GE*1*1", "GE*1*2"), faults=["group.control-mismatch"], beg=BEG),
    Case("IEA count", PLAIN.replace("IEA*1", "IEA*2"), faults=["interchange.count"], beg=BEG),
    Case(
        "IEA control",
        PLAIN.replace("IEA*1*000000042", "IEA*1*000000043"),
        faults=["interchange.control-mismatch"],
        beg=BEG,
    ),
    Case("ST control twice", interchange(group(SET, SET)), sets=2, faults=["message.duplicate"]),
    Case("GS control twice", interchange(group(SET), group(SET)), sets=2, faults=["group.duplicate"]),
    Case("ST01 of another group", PLAIN.replace("ST*850", "ST*810"), faults=["message.group"]),
    Case("ST02 missing", PLAIN.replace("0001~", "~"), faults=["message.control-number"]),
    Case(
        "GS06 no number", PLAIN.replace("*1*X*", "*A*X*").replace("GE*1*1", "GE*1*A"), faults=["group.control-number"]
    ),
    Case("ISA09", PLAIN.replace("*261124*", "*261324*"), faults=["interchange.date"], beg=BEG),
    Case("ISA10", PLAIN.replace("*1301*U", "*2561*U"), faults=["interchange.time"], beg=BEG),
    Case("ISA13", PLAIN.replace("000000042", "ABCDEFGHI"), faults=["interchange.control-number"], beg=BEG),
    Case("ISA14", PLAIN.replace("*0*P*", "*7*P*"), faults=["interchange.ack-flag"], beg=BEG),
    Case("ISA15", PLAIN.replace("*0*P*", "*0*Q*"), faults=["interchange.test-flag"], beg=BEG),
    Case(
        "ISA05, ISA06",
        PLAIN.replace("*ZZ*ME ", "*  *   "),
        faults=["interchange.sender-qualifier", "interchange.sender"],
        beg=BEG,
    ),
    Case(
        "ISA07, ISA08",
        PLAIN.replace("*01*YOU", "*  *   "),
        faults=["interchange.receiver-qualifier", "interchange.receiver"],
        beg=BEG,
    ),
    Case(
        "ISA01, ISA03",
        PLAIN.replace("*00*  ", "*  *  "),
        faults=["interchange.authorization", "interchange.security"],
        beg=BEG,
    ),
    Case("trailing blanks", PLAIN + "\r\n\x00\x1a", beg=BEG),
    Case("trailing data", PLAIN + "good bye", faults=["envelope.trailing-data"], beg=BEG),
    # Content that looks like structure
    Case("binary data", PLAIN.replace("~SE*3", "~BIN*22*a~SE*3*0001~GE*1*1~b*>~SE*4"), beg=BEG),
    Case("binary data with a code", PLAIN.replace("~SE*3", "~BDS*ASC*3*~~~~SE*4"), beg=BEG),
    Case("binary data with eight bits", PLAIN.replace("~SE*3", "~BIN*3*\xe9~\xff~SE*4").encode("latin-1"), beg=BEG),
    Case(
        "binary data at the end of the input",
        PLAIN[: PLAIN.index("SE*3")] + "BIN*9*a~b",
        faults=[
            "segment.unterminated",
            "message.trailer-missing",
            "group.trailer-missing",
            "interchange.trailer-missing",
        ],
    ),
    Case("binary length wrong", PLAIN.replace("~SE*3", "~BIN*9999*ab~SE*4"), beg=BEG),
    Case("element 105", PLAIN.replace("P1**20261124", "P1" + "*" * 120 + "x"), beg=None),
    Case(
        "unit separator in data",
        PLAIN.replace("P1", "P\x1f1"),
        faults=["element.character"],
        beg=[*BEG[:3], "P\ufffd1", *BEG[4:]],
    ),
    Case(
        "record separator in data",
        PLAIN.replace("P1", "P\x1e1"),
        faults=["element.character"],
        beg=[*BEG[:3], "P\ufffd1", *BEG[4:]],
    ),
    Case(
        "unit separator as component",
        PLAIN.replace(">~", "\x1f~", 1).replace("P1", "P\x1f1"),
        beg=[*BEG[:3], f"P{COMPONENT}1", *BEG[4:]],
    ),
    Case(
        "unit separator as element",
        PLAIN.replace("*", "\x1f").replace("P1", "P>1"),
        beg=[*BEG[:3], f"P{COMPONENT}1", *BEG[4:]],
    ),
    Case("both separators as terminators", PLAIN.replace("*", "\x1e").replace("~", "\x1f"), beg=BEG),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reading(case: Case) -> None:
    items = parsed(case.data)
    assert codes(items) == case.faults
    sets = messages(items)
    assert len(sets) == case.sets
    if case.beg is not None:
        found = [message for message in sets if message.type == "850"]
        assert found[0].segments[1] == case.beg
    streamed = list(read(io.BytesIO(case.data.encode() if isinstance(case.data, str) else case.data)))
    assert codes(streamed) == case.faults


def test_values_of_the_envelopes() -> None:
    items = parsed(PLAIN.replace("*0*P*", "*1*T*"))
    header, made, message, group_end, end = items
    assert isinstance(header, Interchange)
    assert (header.sender, header.receiver) == (Identity("ME", "ZZ"), Identity("YOU", "01"))
    assert (header.control, header.version, header.test, header.ack_requested) == ("000000042", "00401", True, True)
    assert (header.date, header.time, len(header.raw), header.header[6]) == ("261124", "1301", 106, "ME             ")
    assert isinstance(made, Group)
    assert (made.type, made.control, made.version, made.sender.id) == ("PO", "1", "004010", "ME")
    assert isinstance(message, Message)
    assert (message.name, message.version, message.control, message.convention) == ("850[1]", "004010", "0001", "")
    assert isinstance(group_end, GroupEnd)
    assert (group_end.declared, group_end.received) == (1, 1)
    assert isinstance(end, InterchangeEnd)
    assert (end.declared, end.received) == (1, 1)


def test_the_guide_of_gs08_or_st03_is_the_convention() -> None:
    assert messages(parsed(PLAIN.replace("004010~", "004010VICS~")))[0].convention == "VICS"
    message = messages(parsed(PLAIN.replace("ST*850*0001", "ST*850*0001*GUIDE1")))[0]
    assert (message.version, message.convention) == ("004010", "GUIDE1")


def test_a_ta1_is_a_message_of_one_segment() -> None:
    message = messages(parsed(interchange("TA1*000000001*261124*1301*A*000~", count=0)))[0]
    assert (message.type, message.group, message.control) == ("TA1", None, "000000001")
    assert message.segments == [["TA1", "000000001", "261124", "1301", "A", "000"]]


def test_binary_data_is_one_element() -> None:
    payload = "a~SE*3*0001~\n\x1f"
    message = messages(parsed(PLAIN.replace("~SE*3", f"~BIN*{len(payload)}*{payload}~REF*A~SE*5")))[0]
    assert message.segments[2:4] == [["BIN", str(len(payload)), payload], ["REF", "A"]]
    assert message.raw[offset_of(message, 4) - message.offset :].startswith(b"REF*A")


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_wrapped_lines_of_one_length_are_unwrapped(line_break: str) -> None:
    width = 80
    data = line_break.join(PLAIN[at : at + width] for at in range(0, len(PLAIN), width))
    assert codes(parsed(data)) == ["isa.length"]
    assert messages(parsed(data))[0].segments == messages(parsed(PLAIN))[0].segments


@pytest.mark.parametrize("width", [40, 72, 80, 106])
def test_wrapping_at_any_column(width: int) -> None:
    body = "".join(SET.replace("0001", f"{number:04}") for number in range(1, 20))
    plain = interchange(group(body, count=19))
    data = "\r\n".join(plain[at : at + width] for at in range(0, len(plain), width)) + "\r\n"
    assert [m.segments for m in messages(parsed(data))] == [m.segments for m in messages(parsed(plain))]
    assert set(codes(parsed(data))) <= {"isa.length"}


def test_a_profile_can_say_that_lines_are_wrapped() -> None:
    data = PLAIN.replace("BEG", "B\nEG").replace("SE*", "S\r\nE*").replace("P1", "\nP1")
    assert codes(parsed(data, wrapped=True)) == []
    assert messages(parsed(data, wrapped=True))[0].segments == messages(parsed(PLAIN))[0].segments


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"segment": 20}, "26 characters"),
        ({"elements": 4}, "5 elements"),
        ({"segments": 2}, "message 1"),
        ({"messages": 0}, "message 1"),
        ({"message": 30}, "message 1"),
    ],
)
def test_limits_give_faults(limits: dict[str, int], found: str) -> None:
    data = PLAIN.replace("BEG*00*SA*P1**20261124", "BEG*00*SA*P12345**20261124")
    with_limits = [parsed(data, limits=limits), list(read(io.BytesIO(data.encode()), limits=limits))]
    for items in with_limits:
        limit = [fault for item in items for fault in item.faults if fault.code == "limit.exceeded"]
        assert [fault.found.startswith(found) for fault in limit] == [True]
        assert messages(items)[0].segments[0] == ["ST", "850", "0001"]


def test_a_message_without_end_does_not_fill_the_memory() -> None:
    class Endless:
        """A set that never ends, for ten megabytes."""

        left = 10_000_000

        def __init__(self) -> None:
            self.head = PLAIN[: PLAIN.index("SE*3")].encode()

        def read(self, size: int) -> bytes:
            if self.head:
                head, self.head = self.head, b""
                return head
            size = min(size, self.left)
            self.left -= size
            return b"REF*A*B~" * (size // 8)

    pieces = []
    for item in read(Endless(), limits={"message": 1_000_000}):  # type: ignore[arg-type]
        pieces.append(len(item.raw))
        assert len(item.raw) < 3_000_000
        if isinstance(item, Message):
            assert item.faults[0].code == "limit.exceeded"
    assert sum(pieces) > 9_900_000


def test_offsets_of_elements_components_and_repetitions() -> None:
    body = "ST*850*0001~\r\n~REF*AB*one>two^x>y*last~SE*3*0001~"
    data = interchange(group(body), header=isa("00501", "^"))
    message = messages(parsed(data))[0]

    def rest(*place: int) -> str:
        return data[offset_of(message, *place) :]

    assert rest(1).startswith("ST*850")
    assert rest(2).startswith("REF*AB")
    assert rest(2, 1).startswith("AB*one")
    assert rest(2, 2, 2).startswith("two^x")
    assert rest(2, 2, 0, 2).startswith("x>y")
    assert rest(2, 2, 2, 2).startswith("y*last")
    assert rest(2, 3).startswith("last~SE")
    assert rest(2, 9).startswith("~SE")
    assert rest(99).startswith("GE*")


def test_offsets_in_utf16_count_bytes_of_the_input() -> None:
    text = "\ufeff" + PLAIN.replace("P1", "Pé€")
    wide = text.encode("utf-16-le")
    message = next(item for item in read(wide) if isinstance(item, Message))
    assert message.raw.decode("utf-16-le").startswith("ST*850")
    assert wide[offset_of(message, 2, 3) :].decode("utf-16-le").startswith("Pé€**2026")
    assert wide[offset_of(message, 2, 5) :].decode("utf-16-le").startswith("20261124~")


def test_faults_name_their_place() -> None:
    items = parsed(PLAIN.replace("SE*3", "SE*9").replace("IEA*1", "IEA*5"))
    count, end = (fault for item in items for fault in item.faults)
    assert count.location.path == "850[1]/SE[1]/SE01"
    assert (count.location.segment, count.location.element_name, count.found, count.expected) == (3, "SE01", "9", "3")
    assert PLAIN[count.location.offset :].startswith("3*0001")
    assert end.location.path == "ISA[1]/IEA/IEA01"
    assert PLAIN[end.location.offset :].startswith("1*000000042")


def test_gaps_are_the_bytes_of_no_envelope() -> None:
    items = parsed("\n" + PLAIN + "\x1a")
    assert [(item.raw, item.offset) for item in items if isinstance(item, Gap)] == [
        (b"\n", 0),
        (b"\x1a", len(PLAIN) + 1),
    ]


def test_message_numbers_count_per_type_in_the_group() -> None:
    other = SET.replace("850", "860").replace("0001", "0002")
    data = interchange(group(SET, other, SET.replace("0001", "0003")), group(SET, control="2"))
    assert [message.name for message in messages(parsed(data))] == ["850[1]", "860[1]", "850[2]", "850[1]"]
