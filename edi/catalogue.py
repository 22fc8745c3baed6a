"""The closed list of everything that can be wrong with a document, and the code each acknowledgement has for it.

Not here: the fault as a value (edi/faults.py), the choice between acknowledgements (edi/acks.py). Rule protected: a code
that is not in this table cannot be reported, and every sentence a partner reads is written here.

Columns of a row: level, default severity, sentence, what to do, then the codes: x997, x999, ta1, contrl, contrl3. The sentence may
use {found} and {expected}; an expectation it does not use is appended in brackets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["warning", "exception", "error", "reject"]
Level: TypeAlias = Literal["input", "interchange", "group", "message", "segment", "element", "event"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue.

    `sentence` may use {found}, {expected} and {place}. `x997` and `x999` are the value of the element that belongs to the level:
    AK304/IK304, AK403/IK403, AK502/IK502 or AK905; `contrl` is 0085 under syntax 4, `contrl3` under syntax 1 to 3.
    Empty text = this layer has no code for it. `help` says what the partner should do. `x997_5010` is the 997 value from
    005010 on, `x999_guide` and `contrl_guide` the value when only the partner's guide is broken; empty = no difference.
    """

    level: Level
    severity: Severity
    sentence: str
    help: str
    x997: str = ""
    x999: str = ""
    ta1: str = ""
    contrl: str = ""
    contrl3: str = ""
    x997_5010: str = ""
    x999_guide: str = ""
    contrl_guide: str = ""


def _row(
    level: Level,
    severity: Severity,
    sentence: str,
    help_: str,
    x997: str = "",
    x999: str = "=",
    ta1: str = "",
    contrl: str = "",
    contrl3: str = "=",
    **other: str,
) -> Entry:
    """`=` takes over the value to the left: 997 for 999, syntax 4 for syntax 1 to 3."""
    x999 = x997 if x999 == "=" else x999
    contrl3 = contrl if contrl3 == "=" else contrl3
    return Entry(level, severity, sentence, help_, x997, x999, ta1, contrl, contrl3, **other)


_RESEND = "Correct it and send the document again with a new control number"
_COUNT = "Let your software count again and send the document with a new control number"
_SETUP = "Check the identifiers in your set-up for us, or ask us which ones are agreed"
_SOFTWARE = "Ask your software supplier to write it as the standard says"
_NONE = "Nothing has to be done"

CATALOGUE: dict[str, Entry] = {
    # Input and interchange. X12: TA105; EDIFACT: 0085 in UCI. Severities follow the usual TA104 of the code.
    "syntax.unknown": _row(
        "input",
        "reject",
        "this is not X12, EDIFACT or another agreed format",
        "Send the EDI file itself, not a copy of its text",
    ),
    "envelope.leading-data": _row(
        "input",
        "warning",
        "data '{found}' stands before the first envelope",
        "Send nothing before ISA, UNA or UNB",
        contrl="33",
    ),
    "envelope.trailing-data": _row(
        "input", "warning", "data '{found}' stands outside any envelope", "Send nothing after IEA or UNZ", contrl="33"
    ),
    "isa.length": _row("interchange", "warning", "the ISA segment has {found} characters, not 106", _SOFTWARE),
    "isa.separator": _row(
        "interchange",
        "reject",
        "'{found}' cannot be used as a separator",
        "Use * between elements, > or : inside them",
        ta1="026",
    ),
    "isa.terminator": _row(
        "interchange",
        "reject",
        "'{found}' cannot be used as the segment terminator",
        "Use ~ as the terminator",
        ta1="004",
    ),
    "una.invalid": _row(
        "interchange",
        "reject",
        "'{found}' is not usable as service characters",
        "Send UNA:+.? ' or no UNA",
        contrl="20",
    ),
    "interchange.sender-qualifier": _row(
        "interchange", "reject", "sender qualifier '{found}' is not valid", _SETUP, ta1="005", contrl="12"
    ),
    "interchange.sender": _row("interchange", "error", "sender '{found}' is not valid", _SETUP, ta1="006", contrl="12"),
    "interchange.receiver-qualifier": _row(
        "interchange", "reject", "receiver qualifier '{found}' is not valid", _SETUP, ta1="007", contrl="12"
    ),
    "interchange.receiver": _row(
        "interchange", "error", "receiver '{found}' is not valid", _SETUP, ta1="008", contrl="12"
    ),
    "interchange.sender-unknown": _row(
        "interchange", "reject", "no partner is known as '{found}'", _SETUP, ta1="006", contrl="23"
    ),
    "interchange.receiver-unknown": _row(
        "interchange", "reject", "'{found}' is not one of our identifiers", _SETUP, ta1="009", contrl="7"
    ),
    "interchange.authorization": _row(
        "interchange",
        "reject",
        "authorization information '{found}' is not valid",
        "Send 00 and spaces",
        ta1="011",
        contrl="12",
    ),
    "interchange.security": _row(
        "interchange",
        "reject",
        "security information '{found}' is not valid",
        "Send 00 and spaces",
        ta1="013",
        contrl="12",
    ),
    "interchange.date": _row("interchange", "reject", "'{found}' is not a date", _RESEND, ta1="014", contrl="12"),
    "interchange.time": _row("interchange", "reject", "'{found}' is not a time", _RESEND, ta1="015", contrl="12"),
    "interchange.version": _row(
        "interchange", "reject", "version '{found}' is not supported", "Send the agreed version", ta1="017", contrl="2"
    ),
    "interchange.standard": _row(
        "interchange",
        "reject",
        "'{found}' is not valid as standards identifier or repetition separator",
        _SOFTWARE,
        ta1="002",
        contrl="2",
    ),
    "interchange.control-number": _row(
        "interchange", "reject", "control number '{found}' is missing or not valid", _RESEND, ta1="018", contrl="13"
    ),
    "interchange.control-mismatch": _row(
        "interchange",
        "error",
        "the trailer says control number '{found}', the header says '{expected}'",
        _RESEND,
        ta1="001",
        contrl="28",
    ),
    "interchange.count": _row(
        "interchange", "error", "the trailer says {found}, but {expected} arrived", _COUNT, ta1="021", contrl="29"
    ),
    "interchange.ack-flag": _row(
        "interchange", "error", "acknowledgement request '{found}' is not valid", "Send 0 or 1", ta1="019", contrl="12"
    ),
    "interchange.test-flag": _row(
        "interchange",
        "error",
        "test indicator '{found}' is not valid here",
        "Check whether this was meant for the test system",
        ta1="020",
        contrl="25",
    ),
    "interchange.trailer-missing": _row(
        "interchange",
        "reject",
        "the interchange ends without its trailer",
        "The file is cut off: send it again",
        ta1="023",
        contrl="13",
    ),
    "interchange.structure": _row(
        "interchange",
        "reject",
        "envelope segment '{found}' is missing or stands in the wrong place",
        _RESEND,
        ta1="022",
        contrl="33",
    ),
    "interchange.content": _row("interchange", "reject", "the interchange is empty", _RESEND, ta1="024", contrl="32"),
    "interchange.duplicate": _row(
        "interchange",
        "reject",
        "control number '{found}' was received from this sender before",
        "Use a new control number",
        ta1="025",
        contrl="26",
    ),
    "interchange.mixed": _row(
        "interchange",
        "reject",
        "groups and single messages stand side by side",
        "Put all messages into groups, or none",
        contrl="30",
    ),
    # Group: AK905; 0085 in UCF.
    "group.unsupported": _row(
        "group", "reject", "group '{found}' is not agreed", "Ask us which documents are agreed", "1", contrl="17"
    ),
    "group.version": _row(
        "group", "reject", "version '{found}' is not supported", "Send the agreed version", "2", contrl="17"
    ),
    "group.trailer-missing": _row(
        "group", "reject", "the group ends without its trailer", "The file is cut off: send it again", "3", contrl="13"
    ),
    "group.control-mismatch": _row(
        "group",
        "reject",
        "the trailer says control number '{found}', the header says '{expected}'",
        _RESEND,
        "4",
        contrl="28",
    ),
    "group.count": _row(
        "group", "reject", "the trailer says {found} messages, but {expected} arrived", _COUNT, "5", contrl="29"
    ),
    "group.control-number": _row(
        "group", "reject", "control number '{found}' is missing or not valid", _RESEND, "6", contrl="12"
    ),
    "group.duplicate": _row(
        "group",
        "reject",
        "control number '{found}' occurs twice in the interchange",
        "Number the groups uniquely",
        "6",
        "19",
        contrl="26",
    ),
    # Message: AK502, IK502; 0085 in UCM.
    "message.unsupported": _row(
        "message",
        "reject",
        "document '{found}' is not agreed",
        "Ask us which documents and versions are agreed",
        "1",
        contrl="17",
    ),
    "message.trailer-missing": _row(
        "message",
        "reject",
        "the document ends without its trailer",
        "The document is cut off: send it again",
        "2",
        contrl="13",
    ),
    "message.control-mismatch": _row(
        "message",
        "reject",
        "the trailer says control number '{found}', the header says '{expected}'",
        _RESEND,
        "3",
        contrl="28",
    ),
    "message.count": _row(
        "message", "reject", "the trailer says {found} segments, but {expected} arrived", _COUNT, "4", contrl="29"
    ),
    "message.faults": _row(
        "message", "reject", "segments or elements of the document are in error", _RESEND, "5", x999_guide="I5"
    ),
    "message.identifier": _row(
        "message",
        "reject",
        "document type '{found}' is missing, not valid or not of this group",
        _RESEND,
        "6",
        contrl="12",
    ),
    "message.control-number": _row(
        "message", "reject", "control number '{found}' is missing or not valid", _RESEND, "7", contrl="13"
    ),
    "message.duplicate": _row(
        "message",
        "reject",
        "control number '{found}' occurs twice in the group",
        "Number the documents uniquely",
        "23",
        contrl="26",
    ),
    "message.convention": _row(
        "message",
        "reject",
        "guide '{found}' is not agreed",
        "Send the agreed implementation guide",
        "1",
        "I6",
        contrl="17",
    ),
    "limit.exceeded": _row(
        "message", "reject", "{found} is more than the limit", "Split the document into smaller ones", "5", contrl="18"
    ),
    # Segment: AK304, IK304; 0085 in UCS.
    "segment.unknown": _row(
        "segment", "reject", "segment '{found}' does not exist", "Remove it or correct its tag", "1", contrl="15"
    ),
    "segment.unexpected": _row(
        "segment",
        "reject",
        "segment '{found}' is not possible here",
        "Move it to its place in the guide",
        "2",
        contrl="15",
    ),
    "segment.missing": _row(
        "segment", "reject", "a mandatory segment is missing here", "Add the segment", "3", contrl="13"
    ),
    "loop.repeat": _row(
        "segment", "reject", "the loop occurs too often", "Send fewer repetitions of it", "4", contrl="36"
    ),
    "segment.repeat": _row("segment", "reject", "the segment occurs too often", "Send fewer of it", "5", contrl="35"),
    "segment.undefined": _row(
        "segment", "reject", "segment '{found}' is not part of this document", "Remove it", "6", contrl="15"
    ),
    "segment.order": _row(
        "segment", "reject", "segment '{found}' is out of sequence", "Move it to its place", "7", contrl="15"
    ),
    "segment.elements": _row("segment", "reject", "elements of the segment are in error", _RESEND, "8"),
    "segment.not-used": _row(
        "segment", "reject", "segment '{found}' is not used in our guide", "Leave it out", "2", "I4", contrl="15"
    ),
    "segment.dependent-missing": _row(
        "segment",
        "reject",
        "a segment that our guide requires is missing here",
        "Add the segment",
        "3",
        "I6",
        contrl="13",
    ),
    "loop.minimum": _row(
        "segment", "reject", "the loop occurs too rarely for our guide", "Send more of it", "3", "I7", contrl="13"
    ),
    "segment.minimum": _row(
        "segment", "reject", "the segment occurs too rarely for our guide", "Send more of it", "3", "I8", contrl="13"
    ),
    "segment.empty": _row(
        "segment", "warning", "an empty segment was skipped", "Send no empty segments", "1", contrl="33"
    ),
    "segment.text-between": _row(
        "segment",
        "warning",
        "text '{found}' stands between the documents",
        "Send nothing outside a document",
        "1",
        contrl="33",
    ),
    "segment.unterminated": _row(
        "segment", "warning", "the last segment has no terminator", "End every segment with the terminator"
    ),
    "segment.nesting": _row(
        "segment",
        "warning",
        "the nesting indication '{found}' in the tag is ignored",
        "Send the tag alone",
        contrl="16",
    ),
    # Element: AK403, IK403; 0085 in UCD.
    "element.missing": _row("element", "reject", "a mandatory value is missing", "Fill it in", "1", contrl="13"),
    "element.conditional-missing": _row(
        "element",
        "reject",
        "a value is missing that other values of the segment require",
        "Fill it in",
        "2",
        contrl="48",
        contrl3="13",
    ),
    "element.too-many": _row(
        "element", "reject", "the segment has more elements than defined", "Remove '{found}'", "3", contrl="16"
    ),
    "element.short": _row("element", "reject", "'{found}' is too short", "Send a longer value", "4", contrl="40"),
    "element.long": _row("element", "reject", "'{found}' is too long", "Send a shorter value", "5", contrl="39"),
    "element.character": _row(
        "element",
        "reject",
        "'{found}' contains a character that is not allowed",
        "Remove the character",
        "6",
        contrl="21",
    ),
    "element.release": _row(
        "element", "warning", "the release character has nothing to release: '{found}'", _SOFTWARE, contrl="21"
    ),
    "element.number": _row(
        "element",
        "reject",
        "'{found}' is not a number",
        "Send digits with at most one decimal mark",
        "6",
        contrl="37",
        contrl3="19",
    ),
    "element.code": _row(
        "element",
        "reject",
        "code '{found}' is not in the list",
        "Send one of the agreed codes",
        "7",
        contrl="12",
        x999_guide="I6",
        contrl_guide="14",
    ),
    "element.date": _row("element", "reject", "'{found}' is not a date", "Send an existing date", "8", contrl="12"),
    "element.time": _row("element", "reject", "'{found}' is not a time", "Send an existing time", "9", contrl="12"),
    "element.excluded": _row(
        "element",
        "reject",
        "'{found}' excludes other values of the segment",
        "Send only one of them",
        "10",
        contrl="48",
        contrl3="15",
    ),
    "element.repeat": _row(
        "element",
        "reject",
        "the value is repeated too often",
        "Send fewer repetitions",
        "3",
        "12",
        contrl="35",
        x997_5010="12",
    ),
    "element.components": _row(
        "element",
        "reject",
        "the value has too many components",
        "Send fewer components",
        "3",
        "13",
        contrl="16",
        x997_5010="13",
    ),
    "element.not-used": _row(
        "element", "reject", "'{found}' is not used in our guide", "Leave it empty", "3", "I10", contrl="15"
    ),
    "element.repeat-minimum": _row(
        "element",
        "reject",
        "the value is repeated too rarely for our guide",
        "Send more repetitions",
        "1",
        "I11",
        contrl="13",
    ),
    "element.pattern": _row(
        "element",
        "reject",
        "'{found}' does not have the form of our guide",
        "Send it in the form of the guide",
        "7",
        "I12",
        contrl="12",
    ),
    "element.dependent-missing": _row(
        "element", "reject", "a value that our guide requires is missing", "Fill it in", "2", "I9", contrl="13"
    ),
    "element.trailing": _row("element", "warning", "the segment ends with empty separators", _NONE, contrl="45"),
    "charset.repertoire": _row(
        "element",
        "warning",
        "'{found}' is outside the declared character set",
        "Declare the character set you send",
        "6",
        contrl="21",
    ),
    "charset.assumed": _row(
        "element",
        "warning",
        "the character set is not declared and was read as {found}",
        "Send ASCII or agree a character set",
        "6",
        contrl="21",
    ),
    "charset.unsupported": _row(
        "element",
        "reject",
        "the declared character set '{found}' cannot be read",
        "Send UNOC or UNOY",
        contrl="46",
        contrl3="21",
    ),
    # Partner checks and the map layer. Without codes: 824 or APERAK, or a person.
    "check.failed": _row(
        "event", "reject", "a rule of our guide is not met: {found}", _RESEND, "7", "I12", contrl="12"
    ),
    "check.error": _row("event", "warning", "a rule of our guide could not be evaluated: {found}", _NONE),
    "map.const": _row(
        "element",
        "reject",
        "'{found}' stands where our guide has a fixed value",
        "Send the value of the guide",
        "7",
        "I6",
        contrl="14",
    ),
    "map.required": _row(
        "element", "reject", "a value that our guide requires is missing", "Fill it in", "1", "1", contrl="13"
    ),
    "map.code-unknown": _row(
        "element", "exception", "code '{found}' has no meaning for us", "Tell us what the code means"
    ),
    "map.value": _row("element", "exception", "'{found}' cannot be read", "Correct the value"),
    "map.unmapped": _row("element", "warning", "'{found}' is not used by us", _NONE),
    "consistency.count": _row(
        "message", "exception", "the document says {found}, but {expected} were counted", "Correct the count"
    ),
    "consistency.total": _row(
        "message", "exception", "the document says {found}, but the sum is {expected}", "Correct the total"
    ),
    "consistency.hl-tree": _row(
        "message", "exception", "level '{found}' has no valid parent", "Number the HL segments uniquely"
    ),
    "consistency.nest-parent": _row(
        "message", "exception", "'{found}' points to a parent that does not exist", "Correct the number"
    ),
    "consistency.line-duplicate": _row(
        "message", "exception", "line number '{found}' occurs twice", "Number the lines uniquely"
    ),
    # Writing: nothing is sent; the person who reads this is our own operator.
    "write.delimiter": _row(
        "event", "reject", "'{found}' contains a separator of this partner", "Choose other separators"
    ),
    "write.charset": _row("event", "reject", "'{found}' cannot be written in this character set", "Add a substitution"),
    "write.too-long": _row(
        "event", "reject", "'{found}' is too long for the partner's document", "Shorten it in the source"
    ),
    "write.required": _row("event", "reject", "a value the partner requires is missing", "Fill it in at the source"),
    "write.not-invertible": _row(
        "event", "reject", "'{found}' has no single code for this partner", "Add it to the map's table"
    ),
    "write.package-needs-id": _row(
        "event", "reject", "a package has no identifier", "Give every package an SSCC or a number"
    ),
    "write.putget": _row(
        "event", "reject", "the written document reads back differently: '{found}'", "Report this to the maker"
    ),
}
