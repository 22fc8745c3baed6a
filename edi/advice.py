"""What is told about a document's content once its syntax was accepted: the entries of an 824 or APERAK.

Not here: when one is due (edi/acks.py), the wire (the maps of 824 and APERAK). Rules protected: only faults that no
functional acknowledgement has a code for are told here, so nothing is said twice; the sentences are those of the
catalogue; an 824 is never answered with an 824, an APERAK never with an APERAK.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from edi.ack_entries import Verdict, reference
from edi.documents.advice import AdviceError, AdvisedDocument
from edi.documents.types import Code
from edi.faults import Fault
from edi.model import Message
from edi.profile import Agreement

KINDS = frozenset({"824", "APERAK"})
FAMILIES = ("consistency.", "map.", "check.")
SHORT, LINE, LINES = 60, 70, 5  # TED02; FTX C108 of D.96A
MOST_ERRORS = 999
# What a number stands for, by the kind of business object.
REFERENCES = {"po": "order", "invoice": "invoice", "shipment": "shipment"}
# X12 data element 647; 024 is "other". APERAK repeats the code: 9321 is agreed between partners.
_CODES = {
    "map.required": "007",
    "map.value": "848",
    "map.code-unknown": "848",
    "consistency.total": "010",
    "consistency.line-duplicate": "006",
}
_OTHER = "024"


def wanted(message: Message, agreement: Agreement, verdict: Verdict) -> bool:
    """Is this set to be answered on its content?"""
    return agreement.application != "none" and verdict != "rejected" and message.type not in KINDS


def documents(
    message: Message, faults: Sequence[Fault], about: str, copied: re.Pattern[str], *, usable: bool
) -> list[AdvisedDocument]:
    """The entry of one set; none if nothing is wrong with its content. It is rejected if it could not be read."""
    told = [fault for fault in faults if fault.severity == "exception" and fault.code.startswith(FAMILIES)]
    if not told:
        return []
    kind, _, number = about.partition("/")
    known = bool(copied.fullmatch(number)) and len(number) <= 30
    x12 = message.interchange.syntax == "x12"
    control = reference(message.control)
    if not known:
        number, kind = (control if x12 else ""), ""
    return [
        AdvisedDocument(
            type=message.type[:6] or None,
            version=message.version[:6] if re.fullmatch("[A-Z0-9.]+", message.version) else None,
            reference=number or None,
            reference_kind=Code(value=REFERENCES.get(kind, "document")) if number else None,
            group_control=message.group.control if x12 and message.group is not None else None,
            control=control.zfill(4) if x12 else control,
            outcome=Code(value="accepted_with_errors" if usable else "rejected"),
            errors=tuple(_error(fault, copied, x12=x12) for fault in told[:MOST_ERRORS]),
        )
    ]


def _error(fault: Fault, copied: re.Pattern[str], *, x12: bool) -> AdviceError:
    code = _CODES.get(fault.code, _OTHER)
    sentence = fault.message
    if not x12:
        return AdviceError(code=code, lines=_lines(_printable(sentence)))
    place = fault.location
    text = _plain(sentence.removeprefix(f"{fault.place}: "), copied)
    tag = place.tag if re.fullmatch("[A-Z0-9]{2,3}", place.tag) else None
    return AdviceError(
        code=code,
        text=textwrap.shorten(text, SHORT, placeholder="..."),
        lines=_lines(_plain(sentence, copied)),
        tag=tag,
        position=place.segment or None,
        element=place.element if 0 < place.element <= 99 else None,
        ref=fault.ref if re.fullmatch("[0-9]{1,4}", fault.ref) else None,
        value=fault.found if copied.fullmatch(fault.found) else None,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(textwrap.wrap(text, LINE, max_lines=LINES, placeholder="..."))


def _printable(text: str) -> str:
    return re.sub("[^ -~]", ".", text)


def _plain(text: str, copied: re.Pattern[str]) -> str:
    """The text without any separator of theirs or ours."""
    return "".join(character if copied.fullmatch(character) else " " for character in text)
