"""The codes of received acknowledgements in plain words, by kind and level. Own wording;
values from X12.20 and ISO 9735-4."""

from __future__ import annotations

_SEGMENT = {
    "1": "unrecognised segment",
    "2": "unexpected segment",
    "3": "mandatory segment missing",
    "4": "loop occurs too often",
    "5": "segment occurs too often",
    "6": "segment not defined in this set",
    "7": "segment out of sequence",
    "8": "segment has element errors",
}
_ELEMENT = {
    "1": "mandatory element missing",
    "2": "element missing that a condition requires",
    "3": "too many elements",
    "4": "too short",
    "5": "too long",
    "6": "character not allowed",
    "7": "code not accepted",
    "8": "not a valid date",
    "9": "not a valid time",
    "10": "element present that a condition excludes",
    "12": "too many repetitions",
    "13": "too many components",
}
_SET = {
    "1": "transaction set not supported",
    "2": "trailer missing",
    "3": "control numbers of header and trailer differ",
    "4": "segment count does not match",
    "5": "one or more segments in error",
    "6": "set identifier missing or invalid",
    "7": "set control number missing or invalid",
    "23": "set control number not unique in the group",
}
_GROUP = {
    "1": "functional group not supported",
    "2": "group version not supported",
    "3": "group trailer missing",
    "4": "group control numbers of header and trailer differ",
    "5": "number of sets does not match",
    "6": "group control number invalid",
}
_CONTRL = {
    "2": "syntax version or level not supported",
    "7": "interchange recipient not the actual recipient",
    "12": "invalid value",
    "13": "missing",
    "14": "value not supported here",
    "15": "not supported in this position",
    "16": "too many constituents",
    "17": "no agreement",
    "18": "unspecified error",
    "19": "invalid decimal notation",
    "20": "service character invalid",
    "21": "character not allowed",
    "22": "invalid service character",
    "23": "unknown interchange sender",
    "24": "too old",
    "25": "test indicator not supported",
    "26": "duplicate detected",
    "28": "references do not match",
    "29": "control count does not match",
    "30": "groups and messages mixed",
    "31": "more than one message type in group",
    "32": "lower level empty",
    "33": "outside message or group",
    "35": "too many repetitions",
    "36": "too many segment group repetitions",
    "37": "wrong type of character",
    "38": "digit missing before decimal mark",
    "39": "too long",
    "40": "too short",
    "45": "trailing separator",
    "46": "character set not supported",
    "48": "condition not met",
}
_TA1 = {
    "000": "no error",
    "001": "control numbers of header and trailer differ",
    "002": "standard not supported",
    "003": "version of the controls not supported",
    "004": "segment terminator invalid",
    "005": "sender qualifier invalid",
    "006": "sender id invalid",
    "007": "receiver qualifier invalid",
    "008": "receiver id invalid",
    "009": "receiver unknown",
    "017": "version invalid",
    "018": "control number invalid",
    "020": "test indicator invalid",
    "021": "number of groups invalid",
    "022": "control structure invalid",
    "023": "premature end of file",
    "024": "content invalid",
    "025": "duplicate control number",
    "026": "element separator invalid",
    "027": "component separator invalid",
}
_X12 = {"segment": _SEGMENT, "element": _ELEMENT, "set": _SET, "group": _GROUP, "interchange": _TA1}


def in_words(kind: str, level: str, code: str) -> str:
    """`code not accepted (7)`; an unlisted code is shown as it is."""
    table = _CONTRL if kind == "CONTRL" else _TA1 if kind == "TA1" else _X12.get(level, {})
    words = table.get(code)
    return f"{words} ({code})" if words else f"code {code}"
