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
# What a 999 adds (X12 data elements 620, 621, 618): only the partner's guide is broken.
_SEGMENT_999 = {
    "I4": "segment that the guide does not use",
    "I6": "segment missing that the guide requires here",
    "I7": "loop occurs less often than the guide requires",
    "I8": "segment occurs less often than the guide requires",
    "I9": "segment present that the guide excludes here",
}
_ELEMENT_999 = {
    "I6": "code that the guide does not use",
    "I9": "element missing that the guide requires here",
    "I10": "element that the guide does not use",
    "I11": "fewer repetitions than the guide requires",
    "I12": "value does not fit the pattern of the guide",
    "I13": "element present that the guide excludes here",
}
_SET_999 = {
    "I5": "one or more segments break the guide",
    "I6": "the guide named is not supported",
}
_SECURITY = {
    "8": "authentication key name unknown",
    "9": "encryption key name unknown",
    "10": "authentication or encryption service not available",
    "11": "security recipient unknown",
    "12": "incorrect message length, encryption only",
    "13": "message authentication failed",
    "15": "unknown security originator",
    "16": "syntax error in decrypted text",
    "17": "security not supported",
    "18": "set not in the functional group",
    "19": "invalid set control number",
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
    "10": "authentication key name unknown",
    "11": "encryption key name unknown",
    "12": "authentication or encryption service not available",
    "13": "security recipient unknown",
    "14": "security originator unknown",
    "15": "syntax error in decrypted text",
    "16": "security not supported",
    "17": "incorrect message length, encryption only",
    "18": "message authentication failed",
    "19": "group control number not unique in the interchange",
}
_CONTRL = {
    # 1 to 11 of early syntax versions, still met in answers; never written.
    "1": "character set or level not agreed",
    "2": "syntax version or level not supported",
    "3": "interchange sender not known",
    "4": "interchange recipient not known",
    "5": "segment not agreed",
    "6": "data element not agreed",
    "7": "interchange recipient not the actual recipient",
    "8": "reference missing or not unique",
    "9": "count wrong",
    "10": "mandatory part missing",
    "11": "value or length invalid",
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
    "27": "security function not supported",
    "28": "references do not match",
    "29": "control count does not match",
    "30": "groups and messages mixed",
    "31": "more than one message type in group",
    "32": "lower level empty",
    "33": "outside message or group",
    "34": "nesting indicator not allowed",
    "35": "too many repetitions",
    "36": "too many segment group repetitions",
    "37": "wrong type of character",
    "38": "digit missing before decimal mark",
    "39": "too long",
    "40": "too short",
    "41": "permanent network error",
    "42": "temporary network error",
    "43": "unknown interchange recipient",
    "45": "trailing separator",
    "46": "character set not supported",
    "47": "envelope function not supported",
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
    "010": "authorization qualifier invalid",
    "011": "authorization information invalid",
    "012": "security qualifier invalid",
    "013": "security information invalid",
    "014": "date invalid",
    "015": "time invalid",
    "016": "standards identifier invalid",
    "017": "version invalid",
    "018": "control number invalid",
    "019": "acknowledgement request invalid",
    "020": "test indicator invalid",
    "021": "number of groups invalid",
    "022": "control structure invalid",
    "023": "premature end of file",
    "024": "content invalid",
    "025": "duplicate control number",
    "026": "element separator invalid",
    "027": "component separator invalid",
    "028": "delivery date of a deferred delivery invalid",
    "029": "delivery time of a deferred delivery invalid",
    "030": "delivery time code of a deferred delivery invalid",
    "031": "grade of service invalid",
    "032": "repetition separator invalid",
}
# X12 data element 647, in a TED of an 824.
_ADVICE = {
    "006": "duplicate",
    "007": "data missing",
    "008": "out of range",
    "009": "date invalid",
    "010": "total out of balance",
    "011": "not matching",
    "012": "combination invalid",
    "024": "other reason",
    "848": "data incorrect",
    "P": "price",
    "Q": "quantity",
    "H": "unit of measure",
    "MB": "order number",
    "MG": "product code",
    "MN": "unit cost",
}
_X12 = {
    "segment": _SEGMENT,
    "element": _ELEMENT,
    "set": _SECURITY | _SET,
    "group": _GROUP,
    "interchange": _TA1,
}
_999 = {"segment": _SEGMENT | _SEGMENT_999, "element": _ELEMENT | _ELEMENT_999, "set": _SECURITY | _SET | _SET_999}


def in_words(kind: str, level: str, code: str) -> str:
    """`code not accepted (7)`; an unlisted code is shown as it is."""
    by_kind = {"CONTRL": _CONTRL, "TA1": _TA1, "824": _ADVICE}
    table = by_kind.get(kind) or (_999 if kind == "999" else _X12).get(level) or _X12.get(level, {})
    words = table.get(code)
    return f"{words} ({code})" if words else f"code {code}"
