"""The closed list of everything that can be wrong with a document, and the code each acknowledgement has for it.

Not here: the fault as a value (edi/faults.py), the choice between acknowledgements (edi/acks.py). Rule protected: a
code that is not in this table cannot be reported, and every sentence a partner reads is written here.

A guide states which segments and values it requires, and how often at most; how often at least and in which form is a
check of a map (`check.failed`, with the codes a 999 has for both). So there are no codes of their own for them.

The codes stand in one table, the texts beside it. A sentence may use {found} and {expected}; an expectation it does not
use is appended in brackets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

Severity: TypeAlias = Literal["warning", "exception", "error", "reject"]
Level: TypeAlias = Literal["input", "interchange", "group", "message", "segment", "element", "event"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue.

    `sentence` may use {found}, {expected} and {place}. `x997` and `x999` are the value of the element that belongs to
    the level: AK304/IK304, AK403/IK403, AK502/IK502 or AK905; `contrl` is 0085 under syntax 4, `contrl3` under syntax
    1 to 3. Empty text = this layer has no code for it. `help` says what the partner should do. `x997_5010` is the 997
    value from 005010 on, `x999_guide` and `contrl_guide` the value when only the partner's guide is broken; empty = no
    difference.
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


_RESEND = "Correct it and send the document again with a new control number"
_COUNT = "Let your software count again and send the document with a new control number"
_SETUP = "Check the identifiers in your set-up for us, or ask us which ones are agreed"
_SOFTWARE = "Ask your software supplier to write it as the standard says"
_NONE = "Nothing has to be done"

# One line per code: code, level, severity, 997, 999, TA1, CONTRL syntax 4, CONTRL syntax 1 to 3, exceptions.
_CODES = """
# Input and interchange: TA105; 0085 in UCI. Severities follow the usual TA104 of the code.
syntax.unknown                 input       reject    -    -    -    -      -
envelope.leading-data          input       warning   -    -    -    33     33
envelope.trailing-data         input       warning   -    -    -    33     33
isa.length                     interchange warning   -    -    -    -      -
isa.separator                  interchange reject    -    -    026  -      -
isa.terminator                 interchange reject    -    -    004  -      -
una.invalid                    interchange reject    -    -    -    20     20
interchange.sender-qualifier   interchange reject    -    -    005  12     12
interchange.sender             interchange error     -    -    006  12     12
interchange.receiver-qualifier interchange reject    -    -    007  12     12
interchange.receiver           interchange error     -    -    008  12     12
interchange.sender-unknown     interchange reject    -    -    006  23     23
interchange.receiver-unknown   interchange reject    -    -    009  7      7
interchange.authorization      interchange reject    -    -    011  12     12
interchange.security           interchange reject    -    -    013  12     12
interchange.date               interchange reject    -    -    014  12     12
interchange.time               interchange reject    -    -    015  12     12
interchange.version            interchange reject    -    -    017  2      2
interchange.standard           interchange reject    -    -    002  2      2
interchange.control-number     interchange reject    -    -    018  13     13
interchange.control-mismatch   interchange error     -    -    001  28     28
interchange.count              interchange error     -    -    021  29     29
interchange.ack-flag           interchange error     -    -    019  12     12
interchange.test-flag          interchange error     -    -    020  25     25
interchange.trailer-missing    interchange reject    -    -    023  13     13
interchange.structure          interchange reject    -    -    022  33     33
interchange.content            interchange reject    -    -    024  32     32
interchange.duplicate          interchange reject    -    -    025  26     26
interchange.mixed              interchange reject    -    -    -    30     30
# Group: AK905; 0085 in UCF.
group.unsupported              group       reject    1    1    -    17     17
group.version                  group       reject    2    2    -    17     17
group.trailer-missing          group       reject    3    3    -    13     13
group.control-mismatch         group       reject    4    4    -    28     28
group.count                    group       reject    5    5    -    29     29
group.control-number           group       reject    6    6    -    12     12
group.duplicate                group       reject    6    19   -    26     26
# Message: AK502, IK502; 0085 in UCM.
message.unsupported            message     reject    1    1    -    17     17
message.trailer-missing        message     reject    2    2    -    13     13
message.control-mismatch       message     reject    3    3    -    28     28
message.count                  message     reject    4    4    -    29     29
message.faults                 message     reject    5    5    -    -      -       guide999=I5
message.more-faults            message     reject    5    5    -    18     18      guide999=I5
message.identifier             message     reject    6    6    -    12     12
message.group                  message     reject    6    18   -    12     12
message.control-number         message     reject    7    7    -    13     13
message.duplicate              message     reject    23   23   -    26     26
message.convention             message     reject    1    I6   -    17     17
limit.exceeded                 message     reject    5    5    -    18     18
# Segment: AK304, IK304; 0085 in UCS.
segment.unknown                segment     reject    1    1    -    15     15
segment.unexpected             segment     reject    2    2    -    15     15
segment.missing                segment     reject    3    3    -    13     13
loop.repeat                    segment     reject    4    4    -    36     36
segment.repeat                 segment     reject    5    5    -    35     35
segment.undefined              segment     reject    6    6    -    15     15
segment.order                  segment     reject    7    7    -    15     15
segment.elements               segment     reject    8    8    -    -      -
segment.not-used               segment     reject    2    I4   -    15     15
segment.dependent-missing      segment     reject    3    I6   -    13     13
loop.minimum                   segment     reject    3    I7   -    13     13
segment.empty                  segment     warning   1    1    -    33     33
segment.text-between           segment     warning   1    1    -    33     33
segment.unterminated           segment     warning   -    -    -    -      -
segment.nesting                segment     warning   -    -    -    16     16
# Element: AK403, IK403; 0085 in UCD.
element.missing                element     reject    1    1    -    13     13
element.conditional-missing    element     reject    2    2    -    48     13
element.too-many               element     reject    3    3    -    16     16
element.short                  element     reject    4    4    -    40     40
element.long                   element     reject    5    5    -    39     39
element.character              element     reject    6    6    -    21     21
element.release                element     warning   -    -    -    21     21
element.number                 element     reject    6    6    -    37     19
element.code                   element     reject    7    7    -    12     12      guide999=I6 guideCONTRL=14
element.date                   element     reject    8    8    -    12     12
element.time                   element     reject    9    9    -    12     12
element.excluded               element     reject    10   10   -    48     15
element.repeat                 element     reject    3    12   -    35     35      5010=12
element.components             element     reject    3    13   -    16     16      5010=13
element.not-used               element     reject    3    I10  -    15     15
element.dependent-missing      element     reject    2    I9   -    13     13
element.trailing               element     warning   -    -    -    45     45
charset.repertoire             element     warning   6    6    -    21     21
charset.assumed                element     warning   6    6    -    21     21
charset.unsupported            element     reject    -    -    -    46     21
# Checks and maps: without codes it is 824, APERAK or a person.
check.failed                   event       reject    7    I12  -    12     12
check.error                    event       warning   -    -    -    -      -
map.const                      element     reject    7    I6   -    14     14
map.required                   element     reject    1    1    -    13     13
map.code-unknown               element     exception -    -    -    -      -
map.value                      element     exception -    -    -    -      -
map.unmapped                   element     warning   -    -    -    -      -
consistency.count              message     exception -    -    -    -      -
consistency.total              message     exception -    -    -    -      -
consistency.hl-tree            message     exception -    -    -    -      -
consistency.nest-parent        message     exception -    -    -    -      -
consistency.line-duplicate     message     exception -    -    -    -      -
# Writing: nothing is sent, our own operator reads it.
write.delimiter                event       reject    -    -    -    -      -
write.charset                  event       reject    -    -    -    -      -
write.too-long                 event       reject    -    -    -    -      -
write.required                 event       reject    -    -    -    -      -
write.not-invertible           event       reject    -    -    -    -      -
write.package-needs-id         event       reject    -    -    -    -      -
write.putget                   event       reject    -    -    -    -      -
"""

# What is wrong, and what the partner should do about it.
_TEXTS = {
    "syntax.unknown": (
        "this is not X12, EDIFACT or another agreed format",
        "Send the EDI file itself, not a copy of its text",
    ),
    "envelope.leading-data": ("data '{found}' stands before the first envelope", "Send nothing before ISA, UNA or UNB"),
    "envelope.trailing-data": ("data '{found}' stands outside any envelope", "Send nothing after IEA or UNZ"),
    "isa.length": ("the ISA segment has {found} characters, not {expected}", _SOFTWARE),
    "isa.separator": ("'{found}' cannot be used as a separator", "Use * between elements, > or : inside them"),
    "isa.terminator": ("'{found}' cannot be used as the segment terminator", "Use ~ as the terminator"),
    "una.invalid": ("'{found}' is not usable as service characters", "Send UNA:+.? ' or no UNA"),
    "interchange.sender-qualifier": ("sender qualifier '{found}' is not valid", _SETUP),
    "interchange.sender": ("sender '{found}' is not valid", _SETUP),
    "interchange.receiver-qualifier": ("receiver qualifier '{found}' is not valid", _SETUP),
    "interchange.receiver": ("receiver '{found}' is not valid", _SETUP),
    "interchange.sender-unknown": ("no partner is known as '{found}'", _SETUP),
    "interchange.receiver-unknown": ("'{found}' is not one of our identifiers", _SETUP),
    "interchange.authorization": ("authorization information '{found}' is not valid", "Send 00 and spaces"),
    "interchange.security": ("security information '{found}' is not valid", "Send 00 and spaces"),
    "interchange.date": ("'{found}' is not a date", _RESEND),
    "interchange.time": ("'{found}' is not a time", _RESEND),
    "interchange.version": ("version '{found}' is not supported", "Send the agreed version"),
    "interchange.standard": ("'{found}' is not valid as standards identifier or repetition separator", _SOFTWARE),
    "interchange.control-number": ("control number '{found}' is missing or not valid", _RESEND),
    "interchange.control-mismatch": (
        "the trailer says control number '{found}', the header says '{expected}'",
        _RESEND,
    ),
    "interchange.count": ("the trailer says {found}, but {expected} arrived", _COUNT),
    "interchange.ack-flag": ("acknowledgement request '{found}' is not valid", "Send 0 or 1"),
    "interchange.test-flag": (
        "test indicator '{found}' is not valid here",
        "Check whether this was meant for the test system",
    ),
    "interchange.trailer-missing": ("the interchange ends without its trailer", "The file is cut off: send it again"),
    "interchange.structure": ("envelope segment '{found}' is missing or stands in the wrong place", _RESEND),
    "interchange.content": ("the interchange is empty", _RESEND),
    "interchange.duplicate": (
        "control number '{found}' was received from this sender before",
        "Use a new control number",
    ),
    "interchange.mixed": ("groups and single messages stand side by side", "Put all messages into groups, or none"),
    "group.unsupported": ("group '{found}' is not agreed", "Ask us which documents are agreed"),
    "group.version": ("version '{found}' is not supported", "Send the agreed version"),
    "group.trailer-missing": ("the group ends without its trailer", "The file is cut off: send it again"),
    "group.control-mismatch": ("the trailer says control number '{found}', the header says '{expected}'", _RESEND),
    "group.count": ("the trailer says {found} messages, but {expected} arrived", _COUNT),
    "group.control-number": ("control number '{found}' is missing or not valid", _RESEND),
    "group.duplicate": ("control number '{found}' occurs twice in the interchange", "Number the groups uniquely"),
    "message.unsupported": ("document '{found}' is not agreed", "Ask us which documents and versions are agreed"),
    "message.trailer-missing": ("the document ends without its trailer", "The document is cut off: send it again"),
    "message.control-mismatch": ("the trailer says control number '{found}', the header says '{expected}'", _RESEND),
    "message.count": ("the trailer says {found} segments, but {expected} arrived", _COUNT),
    "message.faults": ("segments or elements of the document are in error", _RESEND),
    "message.more-faults": (
        "{found} more faults of this document are not listed",
        "Correct those that are; many of the others will be the same",
    ),
    "message.identifier": ("document type '{found}' is missing or not valid", _RESEND),
    "message.group": ("a document '{found}' does not belong into this group", "Send it in a group of its kind"),
    "message.control-number": ("control number '{found}' is missing or not valid", _RESEND),
    "message.duplicate": ("control number '{found}' occurs twice in the group", "Number the documents uniquely"),
    "message.convention": ("guide '{found}' is not agreed", "Send the agreed implementation guide"),
    "limit.exceeded": ("{found} is more than the limit", "Split the document into smaller ones"),
    "segment.unknown": ("segment '{found}' does not exist", "Remove it or correct its tag"),
    "segment.unexpected": ("segment '{found}' is not possible here", "Move it to its place in the guide"),
    "segment.missing": ("a mandatory segment is missing here", "Add the segment"),
    "loop.repeat": ("the loop occurs too often", "Send fewer repetitions of it"),
    "segment.repeat": ("the segment occurs too often", "Send fewer of it"),
    "segment.undefined": ("segment '{found}' is not part of this document", "Remove it"),
    "segment.order": ("segment '{found}' is out of sequence", "Move it to its place"),
    "segment.elements": ("elements of the segment are in error", _RESEND),
    "segment.not-used": ("segment '{found}' is not used in our guide", "Leave it out"),
    "segment.dependent-missing": ("a segment that our guide requires is missing here", "Add the segment"),
    "loop.minimum": ("the loop occurs too rarely for our guide", "Send more of it"),
    "segment.empty": ("an empty segment was skipped", "Send no empty segments"),
    "segment.text-between": ("text '{found}' stands between the documents", "Send nothing outside a document"),
    "segment.unterminated": ("the last segment has no terminator", "End every segment with the terminator"),
    "segment.nesting": ("the nesting indication '{found}' in the tag is ignored", "Send the tag alone"),
    "element.missing": ("a mandatory value is missing", "Fill it in"),
    "element.conditional-missing": ("a value is missing that other values of the segment require", "Fill it in"),
    "element.too-many": ("the segment has more elements than defined", "Remove '{found}'"),
    "element.short": ("'{found}' is too short", "Send a longer value"),
    "element.long": ("'{found}' is too long", "Send a shorter value"),
    "element.character": ("'{found}' contains a character that is not allowed", "Remove the character"),
    "element.release": ("the release character has nothing to release: '{found}'", _SOFTWARE),
    "element.number": ("'{found}' is not a number", "Send digits with at most one decimal mark"),
    "element.code": ("code '{found}' is not in the list", "Send one of the agreed codes"),
    "element.date": ("'{found}' is not a date", "Send an existing date"),
    "element.time": ("'{found}' is not a time", "Send an existing time"),
    "element.excluded": ("'{found}' excludes other values of the segment", "Send only one of them"),
    "element.repeat": ("the value is repeated too often", "Send fewer repetitions"),
    "element.components": ("the value has too many components", "Send fewer components"),
    "element.not-used": ("'{found}' is not used in our guide", "Leave it empty"),
    "element.dependent-missing": ("a value that our guide requires is missing", "Fill it in"),
    "element.trailing": ("the segment ends with empty separators", _NONE),
    "charset.repertoire": ("'{found}' is outside the declared character set", "Declare the character set you send"),
    "charset.assumed": (
        "the character set is not declared and was read as {found}",
        "Send ASCII or agree a character set",
    ),
    "charset.unsupported": ("the declared character set '{found}' cannot be read", "Send UNOC or UNOY"),
    "check.failed": ("a rule of our guide is not met: {found}", _RESEND),
    "check.error": ("a rule of our guide could not be evaluated: {found}", _NONE),
    "map.const": ("'{found}' stands where our guide has a fixed value", "Send the value of the guide"),
    "map.required": ("a value that our guide requires is missing", "Fill it in"),
    "map.code-unknown": ("code '{found}' has no meaning for us", "Tell us what the code means"),
    "map.value": ("'{found}' cannot be read", "Correct the value"),
    "map.unmapped": ("'{found}' is not used by us", _NONE),
    "consistency.count": ("the document says {found}, but {expected} were counted", "Correct the count"),
    "consistency.total": ("the document says {found}, but the sum is {expected}", "Correct the total"),
    "consistency.hl-tree": (
        "'{found}' does not fit the tree of levels",
        "Number the levels uniquely and name the one above",
    ),
    "consistency.nest-parent": (
        "'{found}' does not fit the tree of packages",
        "Number the packages uniquely and name the one around",
    ),
    "consistency.line-duplicate": ("line number '{found}' occurs twice", "Number the lines uniquely"),
    "write.delimiter": ("'{found}' contains a separator of this partner", "Choose other separators"),
    "write.charset": ("'{found}' cannot be written in this character set", "Add a substitution"),
    "write.too-long": ("'{found}' is too long for the partner's document", "Shorten it in the source"),
    "write.required": ("a value the partner requires is missing", "Fill it in at the source"),
    "write.not-invertible": ("'{found}' has no single code for this partner", "Add it to the map's table"),
    "write.package-needs-id": (
        "a package is written more than once and has nothing to know it by: '{found}'",
        "Give the package an SSCC",
    ),
    "write.putget": ("the written document reads back differently: '{found}'", "Report this to the maker"),
}


def _entries() -> dict[str, Entry]:
    """The rows of _CODES with their texts. Raises KeyError if a row has no text, ValueError if it is incomplete."""
    entries = {}
    for line in _CODES.strip().splitlines():
        if line.startswith("#"):
            continue
        code, level, severity, *codes = line.split()
        x997, x999, ta1, contrl, contrl3 = ("" if value == "-" else value for value in codes[:5])
        other = dict(pair.split("=") for pair in codes[5:])
        entries[code] = Entry(
            cast(Level, level),
            cast(Severity, severity),
            *_TEXTS[code],
            x997,
            x999,
            ta1,
            contrl,
            contrl3,
            x997_5010=other.get("5010", ""),
            x999_guide=other.get("guide999", ""),
            contrl_guide=other.get("guideCONTRL", ""),
        )
    return entries


CATALOGUE: dict[str, Entry] = _entries()
