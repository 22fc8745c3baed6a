"""What a guide says about the exchange itself: identities, delimiters, acknowledgements and what they depend on.

Not here: the document (edi/guide_layout.py). Rules protected: only what the agreement in partner.yaml makes the gateway
do is promised; of partner.yaml only named, harmless keys are read: never users, keys, hosts or anything by reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edi.explain_words import identity_in_words
from edi.guide_model import Answer, Fact
from edi.guide_words import duration
from edi.model import Identity
from edi.partner_file import AgreementFile, PartnerFile
from edi.profile import Agreement, Profile, Side
from edi.syntax import default_delimiters

_CONTENT = {
    "x12": "accepted, accepted with errors or rejected, for each set; segment, element and code of every error",
    "edifact": "taken or rejected, for each message; segment, element and code of every error",
}
_ERRORS = {
    "reject": "the document is rejected; documents beside it in the same file are not affected",
    "accept_with_errors": "the document is accepted, the errors are named in the acknowledgement",
    "route_to_exception": "the document is accepted and waits until a person has decided",
}
_SCOPES = {"group": "one rejected document rejects its whole group", "interchange": "one rejected document rejects the "
           "whole file"}  # fmt: skip
_DUPLICATES = {
    "reanswer": "A file that comes a second time gets the same acknowledgement again and is never processed twice.",
    "reject": "A file that comes a second time is refused as a duplicate and never processed twice.",
    "silent": "A file that comes a second time is neither answered nor processed.",
}


def identities(profile: Profile, agreement: Agreement) -> Iterator[Fact]:
    """Who is who on the wire; values: production, test. Both use the same numbers and differ in the indicator."""
    pair = profile.identities(agreement.syntax)
    if pair is None:
        return
    x12 = agreement.syntax == "x12"
    sender, receiver = (pair.partner, pair.own) if agreement.direction == "in" else (pair.own, pair.partner)
    names = ("you send", "we receive") if agreement.direction == "in" else ("we send", "you receive")
    places = (("ISA05, ISA06", "ISA07, ISA08") if x12 else ("UNB S002", "UNB S003"))  # fmt: skip
    for name, place, side in zip(names, places, (sender, receiver), strict=True):
        yield _both(f"{place}: {name} as", _identity(side, agreement))
    if x12:
        yield _both("GS02: application sender", sender.group or sender.id)
        yield _both("GS03: application receiver", receiver.group or receiver.id)
    yield Fact("ISA15: indicator" if x12 else "UNB 0035: indicator", ("P", "T") if x12 else ("empty", "1"))


def _both(name: str, value: str) -> Fact:
    return Fact(name, (value, value))


def _identity(side: Side, agreement: Agreement) -> str:
    words = identity_in_words(Identity(side.id, side.qualifier), agreement.syntax)
    return f"{side.qualifier} {words}" if side.qualifier else words


def wire(profile: Profile, agreement: Agreement, file: AgreementFile) -> Iterator[Fact]:
    """Delimiters, character set and version of the envelope."""
    marks = agreement.delimiters or default_delimiters(agreement.syntax, agreement.version)
    if agreement.direction == "in":
        where = "in the ISA" if agreement.syntax == "x12" else "in the UNA, or they are the usual ones"
        yield Fact("delimiters", (f"any: your file names them {where}",))
    else:
        for name, mark in (
            ("segment", marks.terminator), ("element", marks.element), ("component", marks.component),
            ("repetition", marks.repeat), ("release", marks.release),
        ):  # fmt: skip
            if mark:
                what = {"segment": "terminator", "release": "character"}.get(name, "separator")
                yield Fact(f"{name} {what}", (mark,))
        yield Fact("line break behind each segment", ("yes" if marks.newline else "no",))
    if agreement.syntax == "edifact":
        if agreement.direction == "out":
            yield Fact("decimal mark", (marks.decimal,))
        yield Fact("syntax identifier and version", (agreement.envelope_version or "UNOC:3",))
    elif agreement.envelope_version:
        yield Fact("version of the ISA", (agreement.envelope_version,))
    if agreement.convention:
        yield Fact("guide named in the document", (agreement.convention,))
    if profile.charset:
        yield Fact("character set where none is declared", (profile.charset,))
    if profile.characters and agreement.direction == "out":
        yield Fact("characters we write", ("a restricted set: " + _few(profile.characters),))
    if agreement.direction == "out" and profile.substitutions:
        pairs = ", ".join(f"{a} becomes {b}" for a, b in sorted(profile.substitutions.items()))
        yield Fact("characters we replace", (pairs,))
    if file.channel:
        yield Fact("channel", (file.channel,))


def _few(characters: str) -> str:
    return characters if len(characters) <= 120 else f"{len(characters)} characters"


def answers(file: AgreementFile, agreement: Agreement) -> Iterator[Answer]:
    """The acknowledgements the partner gets (in) or owes (out), and when."""
    if agreement.direction == "in":
        yield from _ours(agreement)
    else:
        yield from _theirs(file.ack_expected)


def _ours(agreement: Agreement) -> Iterator[Answer]:
    x12 = agreement.syntax == "x12"
    if x12 and agreement.ta1 != "never":
        when = "for every file" if agreement.ta1 == "always" else "when ISA14 of your file is 1"
        yield Answer("TA1", f"{when}, as soon as the envelope is read", "whether the envelope is usable; a note code")
    if x12 and agreement.ta1 != "never":
        yield Answer(
            "TA1, negative", "when the envelope of your file cannot be used", "what is wrong with the envelope"
        )
    if agreement.functional == "none":
        return
    name = agreement.functional.upper()
    if not x12 and agreement.contrl in ("receipt", "both"):
        yield Answer(
            "CONTRL, receipt", "as soon as the file is read", "that the file arrived; nothing about its content"
        )
    if not x12 and agreement.contrl == "receipt":
        return
    more = "" if agreement.detail == "all" else "; documents without errors are not listed one by one"
    unit = "for each functional group" if x12 else "for each file"
    yield Answer(name, f"{unit}, as soon as it is read; it does not wait for people", _CONTENT[agreement.syntax] + more)
    if agreement.application != "none":
        yield Answer("824" if x12 else "APERAK", f"after the {name}, when the content is doubtful",
                     "codes without a meaning, unreadable values, totals that do not fit, broken rules")  # fmt: skip


def _theirs(expected: Mapping[str, Any]) -> Iterator[Answer]:
    for layer, value in expected.items():
        if isinstance(value, Mapping):
            within = duration(str(value.get("within", "")))
            document = str(value.get("document", layer))
            yield Answer(document, f"we expect it within {within}", "your answer to this document")
        else:
            names = {"mdn": "MDN", "envelope": "TA1 or CONTRL receipt", "functional": "functional acknowledgement"}
            yield Answer(names.get(layer, layer), f"we expect it within {duration(str(value))}",
                         "that the document arrived and could be read")  # fmt: skip


def policies(partner: PartnerFile, agreement: Agreement) -> Iterator[str]:
    """What happens to a document with errors, in sentences."""
    if agreement.direction != "in":
        return
    yield f"Against the standard: {_ERRORS[agreement.on_standard_error]}."
    yield f"Against this guide: {_ERRORS[agreement.on_guide_error]}."
    if agreement.on_envelope_error == "accept":
        yield "A wrong count or control number in the trailer of a document is noted and the document is taken."
    if agreement.reject_scope in _SCOPES:
        yield f"Here {_SCOPES[agreement.reject_scope]}."
    yield _DUPLICATES[partner.duplicates]
    yield "Acknowledgements are never acknowledged."
