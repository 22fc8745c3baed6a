"""exchange.ack.received / exchange.ack.sent: a functional acknowledgement as a value (997, 999, CONTRL, TA1).

One shape for all of them, so that they are read and written through ordinary maps. `outcome.value` at every level is
one of accepted, accepted_with_errors, partially_accepted, rejected, received. Codes are the wire codes of the kind.
Not here: the answer of an application (824, APERAK), edi/documents/advice.py.
"""

from __future__ import annotations

from edi.documents.types import Code, Data, Text


class Who(Data):
    id: Text
    qualifier: Text | None = None


class AnsweredInterchange(Data):
    """The interchange that is answered: ISA13 or UNB 0020, its sender and receiver as it named them, date and time as
    sent.

    `version` is ISA12 (`00401`) or the UNB syntax identifier (`UNOC:3`); it is not on
    the wire of an acknowledgement."""

    control: Text
    version: Text | None = None
    sender: Who | None = None
    receiver: Who | None = None
    date: Text | None = None
    time: Text | None = None


class Context(Data):
    """What an error of a 999 belongs to (CTX): `SITUATIONAL TRIGGER` with the place that made something required, or
    the name of a business unit with its `value`."""

    name: Text
    value: Text | None = None
    tag: Text | None = None
    position: int | None = None
    loop: Text | None = None
    element: int | None = None


class ElementAnswer(Data):
    """As on the wire: `position` counts the first element as 1 in X12, the segment tag as 1 in CONTRL (0098). `ref` is
    the data element number; `value` a copy of what was sent, if it fits."""

    position: int | None = None
    component: int | None = None
    repetition: int | None = None
    ref: Text | None = None
    code: Text
    value: Text | None = None
    contexts: tuple[Context, ...] = ()


class SegmentAnswer(Data):
    """`position` counts from ST or UNH = 1."""

    position: int
    tag: Text | None = None
    loop: Text | None = None
    code: Text | None = None
    contexts: tuple[Context, ...] = ()
    elements: tuple[ElementAnswer, ...] = ()


class ServicePlace(Data):
    """The service segment in error (0013, 0135) and the place in it (S011; the tag is position 1): CONTRL only."""

    tag: Text
    position: int | None = None
    component: int | None = None


class MessageAnswer(Data):
    """The verdict on one set: ST01/ST02/ST03 or UNH 0065 with version, release, agency, association / 0062.

    `convention` is ST03, from 005010 on.
    """

    control: Text
    type: Text | None = None
    version: Text | None = None
    release: Text | None = None
    agency: Text | None = None
    association: Text | None = None
    convention: Text | None = None
    outcome: Code
    codes: tuple[Text, ...] = ()
    service: ServicePlace | None = None
    segments: tuple[SegmentAnswer, ...] = ()


class GroupAnswer(Data):
    """The verdict on one functional group of X12: GS01, GS06, GS08 and the counts of AK9."""

    type: Text
    control: Text
    version: Text | None = None
    outcome: Code
    included: int | None = None
    received: int | None = None
    accepted: int | None = None
    codes: tuple[Text, ...] = ()


class UngAnswer(Data):
    """The verdict on one group of EDIFACT (UCF): UNG 0048, S006, S007, and on its messages."""

    control: Text
    sender: Who | None = None
    receiver: Who | None = None
    outcome: Code
    code: Text | None = None
    service: ServicePlace | None = None
    messages: tuple[MessageAnswer, ...] = ()


class TransportReceipt(Data):
    """What the other side's transport says (an MDN). `intact`: the checksum it names is that of what was sent."""

    id: Text | None = None
    disposition: Text | None = None
    intact: bool | None = None


class Acknowledgement(Data):
    """Data of `exchange.ack.received.v1` and `exchange.ack.sent.v1`.

    997 and 999 answer one `group`; CONTRL and TA1 answer one `interchange` and have the `outcome` and `code` of that
    level. Messages of an EDIFACT interchange with groups stand in `groups`. `transport` is what an MDN says.
    """

    kind: Text
    interchange: AnsweredInterchange | None = None
    group: GroupAnswer | None = None
    outcome: Code | None = None
    code: Text | None = None
    service: ServicePlace | None = None
    messages: tuple[MessageAnswer, ...] = ()
    groups: tuple[UngAnswer, ...] = ()
    transport: TransportReceipt | None = None
