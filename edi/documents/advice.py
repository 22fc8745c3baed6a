"""exchange.advice.received / exchange.advice.sent: what an application says of a document's content (824, APERAK).

Not here: functional acknowledgements (exchange.py). One shape for both, so that they are read and written through
ordinary maps.
"""

from __future__ import annotations

import datetime as dt

from edi.documents.exchange import AnsweredInterchange
from edi.documents.types import Code, Data, Text


class AdviceError(Data):
    """One thing wrong. `code` is TED01 or ERC 9321; `text` one sentence of at most 60 characters, `lines` the same with
    its place in lines of 70. `position` counts segments from ST or UNH = 1; `line` is the number of an order line."""

    code: Text
    text: Text | None = None
    lines: tuple[Text, ...] = ()
    tag: Text | None = None
    position: int | None = None
    element: int | None = None
    ref: Text | None = None
    value: Text | None = None
    line: Text | None = None


class AdvisedDocument(Data):
    """The verdict on one document.

    `reference` is its business number and `reference_kind` what that is: order, order_answer, invoice, shipment,
    document. Control numbers are those of the document answered: GS06, ST02 or what RFF+ACW repeats. `outcome.value`
    is one of accepted, accepted_with_errors, partially_accepted, rejected; `function` says the same in some APERAK.
    """

    type: Text | None = None
    version: Text | None = None
    reference: Text | None = None
    reference_kind: Code | None = None
    group_control: Text | None = None
    control: Text | None = None
    outcome: Code | None = None
    function: Code | None = None
    errors: tuple[AdviceError, ...] = ()


class ApplicationAdvice(Data):
    """Data of `exchange.advice.received.v1` and `exchange.advice.sent.v1`.

    `kind` is 824 or APERAK, `number` and `date` its own. `interchange` is whose documents are answered (not on the
    wire).
    """

    kind: Text
    number: Text | None = None
    date: dt.date | None = None
    interchange: AnsweredInterchange | None = None
    documents: tuple[AdvisedDocument, ...] = ()
