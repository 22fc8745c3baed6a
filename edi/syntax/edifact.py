"""EDIFACT envelopes: UNA, UNB, UNG, UNH and their trailers as values, and what is wrong with them.

Not here: finding them in the input (edi/syntax/envelope.py), splitting (edi/syntax/segments.py). Rule protected:
service characters come from UNA, else from the syntax version (ISO 9735); repetition exists from version 4 on.
"""

from __future__ import annotations

import re

from edi.model import COMPONENT, Delimiters, Group, Identity, Interchange, Message, Segment
from edi.syntax.segments import Finding, run_after
from edi.syntax.tags import Opening, Tags, is_date, is_time
from edi.syntax.window import Window

TAGS = Tags(header="UNB", group="UNG", message="UNH", message_end="UNT", group_end="UNE", end="UNZ")
INTERACTIVE = Tags(header="UIB", group="", message="UIH", message_end="UIT", group_end="", end="UIZ")

_UNA_LENGTH = 9
# Level B of syntax 1 and 2 had separators of its own: IS4, IS3, IS1.
_LEVEL_B = {"\x1d": ("\x1f", "\x1c")}
# Where a partner has an element separator of its own and no UNA, the first message or group shows the terminator.
_HEADER_END = re.compile(rb"([^A-Za-z0-9\s])\s*U(?:NH|NG|IH)([^A-Za-z0-9\s])")


def opening(window: Window) -> Opening:
    """The service characters of the UNA or UNB at the window; the header segment itself is read with them."""
    window.ensure(256)
    data = window.data[window.at : window.at + 256]
    if not data.startswith(b"UNA"):
        return _without_una(data)
    component, element, decimal, release, repeat, terminator = list(data[3:_UNA_LENGTH].decode("latin-1"))
    findings = []
    service = (component, element, terminator, release)
    usable = len(set(service)) == 4 and " " not in service[:3] and not any(map(str.isalnum, service))
    if not usable:
        findings.append(Finding("una.invalid", found=data[3:_UNA_LENGTH].decode("latin-1"), expected=":+.? '"))
    blank = re.compile(run_after(terminator).encode()).match(data, _UNA_LENGTH)
    prefix = blank.end() if blank else _UNA_LENGTH
    version = re.match(rb"U[NI]B.[^+:]{4}(?:%b)(\d)" % re.escape(component.encode("latin-1")), data[prefix:], re.DOTALL)
    if repeat.isalnum() or repeat in (" ", *service) or not version or version[1] < b"4":
        repeat = ""
    release = "" if release == " " else release
    return Opening(
        Delimiters(element, component, terminator, repeat, release, decimal), prefix, 0, [], findings, usable
    )


def _without_una(data: bytes) -> Opening:
    findings = []
    element = data[3:4].decode("latin-1")
    component, terminator = _LEVEL_B.get(element, (":", "'"))
    after_identifier = data[8:9].decode("latin-1")
    header = data.startswith((b"UNB", b"UIB"))
    if header and after_identifier and not after_identifier.isalnum() and after_identifier not in (component, element):
        findings.append(Finding("una.invalid", found=after_identifier, expected=component, severity="warning"))
        component = after_identifier
    usual = _HEADER_END.search(data) if header and element not in ("+", *_LEVEL_B) else None
    if usual and usual[2] == data[3:4] and usual[1].decode("latin-1") not in (component, element):
        terminator = usual[1].decode("latin-1")
    version = data[9:10] if after_identifier == component else b""
    return Opening(Delimiters(element, component, terminator, "*" if version == b"4" else "", "?"), 0, 0, [], findings)


def part(segment: Segment, element: int, component: int = 1) -> str:
    """A component of an element, empty if absent; both count from 1."""
    if element >= len(segment):
        return ""
    parts = segment[element].split(COMPONENT)
    return parts[component - 1].strip() if component <= len(parts) else ""


def interchange(opening: Opening, number: int, raw: bytes, offset: int, charset: str) -> Interchange:
    """The UNB as a value (ISO 9735-1 annex C: S001 to S005, 0020, 0031, 0035)."""
    unb = opening.header
    interactive = unb[:1] == ["UIB"]
    if opening.usable and not interactive:
        opening.findings.extend(_check(unb))
    return Interchange(
        syntax="edifact",
        number=number,
        sender=_identity(unb, 6 if interactive else 2),
        receiver=_identity(unb, 7 if interactive else 3),
        control=part(unb, 2 if interactive else 5),
        version=":".join(filter(None, (part(unb, 1, 1), part(unb, 1, 2)))),
        charset=charset,
        test=part(unb, 10 if interactive else 11) == "1",
        ack_requested=not interactive and part(unb, 9) == "1",
        date=part(unb, 8 if interactive else 4, 1),
        time=part(unb, 8 if interactive else 4, 2),
        delimiters=opening.delimiters,
        header=unb,
        raw=raw,
        offset=offset,
    )


def _identity(segment: Segment, element: int) -> Identity:
    return Identity(part(segment, element, 1), part(segment, element, 2))


def _check(unb: Segment) -> list[Finding]:
    rules = (
        (1, 2, "interchange.version", part(unb, 1, 2) in ("1", "2", "3", "4"), "syntax version 1 to 4"),
        (2, 1, "interchange.sender", bool(part(unb, 2)), "an identifier"),
        (3, 1, "interchange.receiver", bool(part(unb, 3)), "an identifier"),
        (4, 1, "interchange.date", is_date(part(unb, 4, 1)), "a date YYMMDD or CCYYMMDD"),
        (4, 2, "interchange.time", is_time(part(unb, 4, 2)), "a time HHMM"),
        (5, 0, "interchange.control-number", bool(part(unb, 5)), "a reference"),
        (9, 0, "interchange.ack-flag", part(unb, 9) in ("", "0", "1"), "1 or nothing"),
        (11, 0, "interchange.test-flag", part(unb, 11) in ("", "0", "1", "2", "3", "4"), "1 or nothing"),
    )
    return [
        Finding(code, 0, at, part(unb, at, component or 1), expected, component=component)
        for at, component, code, good, expected in rules
        if not good
    ]


def group(
    interchange: Interchange, number: int, header: Segment, raw: bytes, offset: int
) -> tuple[Group, list[Finding]]:
    """The UNG as a value: 0038 type, S006/S007 application codes, 0048 control, S008 version (`D:01B`)."""
    control = part(header, 5)
    findings = [] if control else [Finding("group.control-number", element=5, expected="a reference")]
    made = Group(
        interchange,
        number,
        part(header, 1),
        _identity(header, 2),
        _identity(header, 3),
        control,
        ":".join(filter(None, (part(header, 7, 1), part(header, 7, 2)))),
        header,
        raw,
        offset,
    )
    return made, findings


def describe(header: Segment, group: Group | None) -> tuple[str, str, str, str]:
    """Type, version (`D.01B`), control number and association code: UNH 0062 and S009, or UIH S306 and S302."""
    interactive = header[:1] == ["UIH"]
    name, reference = (1, 2) if interactive else (2, 1)
    version = ".".join(filter(None, (part(header, name, 2), part(header, name, 3))))
    return part(header, name, 1), version, part(header, reference), "" if interactive else part(header, name, 5)


def check_message(message: Message) -> list[Finding]:
    """UNH 0062 and S009/0065; interactive messages are recognised and refused."""
    if message.segments and message.segments[0][0] == "UIH":
        return [Finding("message.unsupported", 1, 1, message.type, "a batch message (UNH)")]
    findings = []
    if not message.type:
        findings.append(Finding("message.identifier", 1, 2, message.type, "a message type"))
    if not message.control or len(message.control) > 14:
        findings.append(Finding("message.control-number", 1, 1, message.control, "1 to 14 characters"))
    return findings
