"""X12 envelopes: ISA, GS, ST and their trailers as values, and what is wrong with them.

Not here: finding them in the input (edi/syntax/envelope.py), splitting (edi/syntax/segments.py). Rule protected: ISA is
read by counting its sixteen separators (X12.5), never as a fixed 106 bytes.
"""

from __future__ import annotations

from edi.faults import Severity
from edi.model import Delimiters, Group, Identity, Interchange, Message, Segment
from edi.syntax.segments import Finding
from edi.syntax.sniff import BARE
from edi.syntax.tags import Opening, Tags, is_date, is_time
from edi.syntax.window import Window

TAGS = Tags(header="ISA", group="GS", message="ST", message_end="SE", group_end="GE", end="IEA", loose="TA1")
ISA_LENGTH = 106
ISA_LIMIT = 1024

# ISA12 values that exist; others are read with a warning.
VERSIONS = frozenset(
    [
        "00200",
        "00201",
        "00204",
        "00300",
        "00301",
        "00302",
        "00303",
        "00304",
        "00305",
        "00306",
        "00307",
        "00400",
        "00401",
        "00402",
        "00403",
        "00404",
        "00405",
        "00406",
        "00500",
        "00501",
        "00502",
        "00503",
        "00504",
        "00505",
        "00600",
        "00601",
        "00602",
        "00603",
        "00604",
        "00605",
        "00606",
        "00700",
        "00701",
        "00702",
        "00703",
        "00704",
        "00705",
        "00800",
        "00801",
        "00802",
        "00803",
        "00804",
        "00805",
        "00806",
    ]
)

# GS01 of the sets this trade uses (X12 data element 479); a set in a group of another kind is misplaced.
FUNCTIONAL_GROUPS = {
    "810": "IN", "820": "RA", "824": "AG", "832": "SC", "846": "IB", "850": "PO", "855": "PR", "856": "SH", "860": "PC",
    "861": "RC", "865": "CA", "940": "OW", "945": "SW", "997": "FA", "999": "FA",
}  # fmt: skip


def opening(window: Window) -> Opening | None:
    """The separators of the ISA at the window and its length; None if sixteen separators cannot be found."""
    window.ensure(ISA_LIMIT)
    data, start = window.data, window.at
    separator = data[start + 3 : start + 4]
    position = start + 3
    for _ in range(15):
        position = data.find(separator, position + 1, start + ISA_LIMIT)
        if position < 0:
            return None
    component, terminator = (data[position + i : position + i + 1].decode("latin-1") for i in (1, 2))
    length = position + 3 - start
    findings = []
    follows = data[position + 2 : position + 6]
    if not terminator or follows.startswith((b"GS" + separator, b"TA1" + separator, b"IEA" + separator)):
        # ISA16 is absent: what stands there is the terminator.
        findings.append(Finding("isa.separator", element=16, found=component, severity="error"))
        component, terminator, length = "", component, length - 1
    elif component.isalnum() or component in " \r\n" or component == separator.decode("latin-1"):
        findings.append(Finding("isa.separator", element=16, found=component, severity="error"))
        component = ""
    if not terminator or terminator.isalnum() or terminator == " " or terminator == separator.decode("latin-1"):
        findings.append(Finding("isa.terminator", element=16, found=terminator))
    usable = not any(finding.code == "isa.terminator" for finding in findings)
    raw = data[start : start + length]
    plain = raw.replace(b"\xc2\xa0", b" ").replace(b"\xa0", b" ")
    if plain != raw:
        findings.append(Finding("charset.repertoire", found="non-breaking space", expected="spaces as padding"))
    if terminator not in ("\r", "\n"):
        plain = plain.replace(b"\r", b"").replace(b"\n", b"")
    if length != ISA_LENGTH or len(plain) != ISA_LENGTH:
        findings.append(Finding("isa.length", found=str(length), expected=str(ISA_LENGTH)))
    header = plain.decode("latin-1").rstrip("\r\n").removesuffix(terminator).split(separator.decode("latin-1"))
    version = header[12].strip()
    repeat, standard = "", header[11].strip(" ")  # not U+001E, which is white space for str.strip
    if standard and not standard.isalnum() and len(standard) == 1:
        if version >= "00402":
            repeat = standard
        else:
            findings.append(
                Finding("interchange.standard", element=11, found=standard, expected="U", severity="warning")
            )
    elif version >= "00500" and version.isdigit():
        findings.append(
            Finding("interchange.standard", element=11, found=standard, expected="a separator", severity="warning")
        )
    if repeat in (separator.decode("latin-1"), component, terminator):
        repeat = ""
    delimiters = Delimiters(separator.decode("latin-1"), component, terminator, repeat)
    return Opening(delimiters, 0, length, header, findings, usable)


def bare_opening(window: Window) -> Opening:
    """The separators of a GS or ST without an ISA, read from the segment itself (sniff.BARE has recognised it)."""
    found = BARE.match(window.data, window.at)
    end = (found["stend"] or found["gsend"] or b"~") if found else b"~"
    element = window.data[window.at + 2 : window.at + 3].decode("latin-1")
    return Opening(Delimiters(element, ">" if element != ">" else ":", end.decode("latin-1")), 0, 0, [])


def interchange(opening: Opening, number: int, raw: bytes, offset: int, charset: str) -> Interchange:
    """The ISA as a value. Padding is removed from identities and codes, not from the header segment."""
    header = opening.header
    values = [value.strip() for value in header]
    opening.findings.extend(_check(values))
    return Interchange(
        syntax="x12",
        number=number,
        sender=Identity(values[6], values[5]),
        receiver=Identity(values[8], values[7]),
        control=values[13],
        version=values[12],
        charset=charset,
        test=values[15] == "T",
        ack_requested=values[14] == "1",
        date=values[9],
        time=values[10],
        delimiters=opening.delimiters,
        header=header,
        raw=raw,
        offset=offset,
    )


def _check(isa: Segment) -> list[Finding]:
    """ISA01 to ISA15 as the standard defines them (X12.5); separators and length are checked before."""
    rules = (
        (1, "interchange.authorization", len(isa[1]) == 2, "two characters"),
        (3, "interchange.security", len(isa[3]) == 2, "two characters"),
        (5, "interchange.sender-qualifier", len(isa[5]) == 2, "two characters"),
        (6, "interchange.sender", bool(isa[6]), "an identifier"),
        (7, "interchange.receiver-qualifier", len(isa[7]) == 2, "two characters"),
        (8, "interchange.receiver", bool(isa[8]), "an identifier"),
        (9, "interchange.date", is_date(isa[9]), "a date YYMMDD"),
        (10, "interchange.time", is_time(isa[10]), "a time HHMM"),
        (13, "interchange.control-number", len(isa[13]) == 9 and isa[13].isdecimal(), "nine digits"),
        (14, "interchange.ack-flag", isa[14] in ("0", "1"), "0 or 1"),
        (15, "interchange.test-flag", isa[15] in ("P", "T", "I"), "P, T or I"),
    )
    findings = [Finding(code, 0, at, isa[at], expected) for at, code, good, expected in rules if not good]
    if not (len(isa[12]) == 5 and isa[12].isdecimal()):
        findings.append(Finding("interchange.version", 0, 12, isa[12], "five digits"))
    elif isa[12] not in VERSIONS:
        findings.append(Finding("interchange.version", 0, 12, isa[12], "a known version", "error"))
    return findings


def group(
    interchange: Interchange, number: int, header: Segment, raw: bytes, offset: int
) -> tuple[Group, list[Finding]]:
    """The GS as a value: GS01 type, GS02/03 application codes, GS06 control, GS08 version."""
    values = [value.strip() for value in header] + [""] * 9
    control = values[6]
    findings = []
    if not control.isdecimal() or len(control) > 9:
        findings.append(Finding("group.control-number", element=6, found=control, expected="1 to 9 digits"))
    if not values[1]:
        findings.append(Finding("group.unsupported", element=1, found=values[1], expected="a functional identifier"))
    if not (len(values[8]) >= 6 and values[8][:6].isdecimal()):
        severity: Severity | None = "warning" if values[1] == "FA" else None  # what is said of ours is read anyway
        findings.append(Finding("group.version", 0, 8, values[8], "six digits, such as 004010", severity))
    made = Group(
        interchange,
        number,
        values[1],
        Identity(values[2]),
        Identity(values[3]),
        control,
        values[8],
        header,
        raw,
        offset,
    )
    return made, findings


def describe(header: Segment, group: Group | None) -> tuple[str, str, str, str]:
    """Type, version, control number and convention of a set; a guide in GS08 (`004010VICS`) is a convention too."""
    values = [value.strip() for value in header] + [""] * 4
    named = group.version if group else ""
    return values[1], named[:6], values[2], values[3] or named[6:]


def check_message(message: Message) -> list[Finding]:
    """ST01 and ST02 (X12.5, data elements 143 and 329)."""
    findings = []
    expected = FUNCTIONAL_GROUPS.get(message.type)
    if len(message.type) != 3 or not message.type.isalnum():
        findings.append(Finding("message.identifier", 1, 1, message.type, "three digits"))
    elif expected and message.group and message.group.type not in ("", expected):
        findings.append(Finding("message.group", 1, 1, message.type, f"a set of group {message.group.type}"))
    if not (4 <= len(message.control) <= 9 and message.control.isalnum()):
        severity: Severity | None = "warning" if message.control else None
        findings.append(Finding("message.control-number", 1, 2, message.control, "4 to 9 characters", severity))
    return findings
