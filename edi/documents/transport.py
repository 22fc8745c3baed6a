"""exchange.document.*, exchange.ack.overdue, exchange.delivery.*: what became of files and documents on their way.

Not here: what an acknowledgement says (exchange.py, advice.py). These events feed timelines and monitors.
"""

from __future__ import annotations

from typing import Annotated

from edi.documents.exchange import TransportReceipt
from edi.documents.owners import known, owned_by
from edi.documents.types import Data, Moment, Text


class ExchangedDocument(Data):
    """A document on the wire: its control numbers (ISA13, GS06, ST02; UNB 0020, UNG 0048, UNH 0062) and `digest`,
    sha256 of its bytes. `reference` is its business number."""

    syntax: Annotated[Text | None, known("x12", "edifact", "xml", "csv", "json")] = None
    type: Text | None = None
    version: Text | None = None
    sender: Text | None = None
    receiver: Text | None = None
    interchange: Text | None = None
    group: Text | None = None
    control: Text | None = None
    reference: Text | None = None
    digest: Text | None = None


class DocumentReceived(Data):
    """Data of `exchange.document.received.v1`."""

    model_config = owned_by("gateway")

    document: ExchangedDocument
    channel: Text | None = None
    name: Text | None = None
    size: int | None = None
    received_at: Moment | None = None


class RejectionFault(Data):
    """One reason of a rejection: its code in the catalogue of faults, and the sentence for the partner."""

    code: Text
    text: Text | None = None
    at: Text | None = None
    segment: int | None = None
    found: Text | None = None
    expected: Text | None = None


class DocumentRejected(Data):
    """Data of `exchange.document.rejected.v1`."""

    model_config = owned_by("gateway")

    document: ExchangedDocument
    level: Annotated[Text | None, known("transport", "interchange", "group", "set", "application")] = None
    faults: tuple[RejectionFault, ...] = ()


class DocumentDuplicate(Data):
    """Data of `exchange.document.duplicate.v1`: `earlier` came before; `level` says what of it is the same."""

    model_config = owned_by("gateway")

    document: ExchangedDocument
    earlier: ExchangedDocument
    level: Annotated[Text, known("bytes", "interchange", "group", "set", "content")]


class AckOverdue(Data):
    """Data of `exchange.ack.overdue.v1`: an answer that did not come. `step` counts the reminders so far."""

    model_config = owned_by("gateway")

    document: ExchangedDocument
    level: Annotated[Text, known("transport", "interchange", "group", "set", "application")]
    kind: Text | None = None
    due: Moment
    step: int | None = None


class Delivery(Data):
    """Data of `exchange.delivery.succeeded.v1` and `exchange.delivery.failed.v1`: one attempt."""

    model_config = owned_by("gateway")

    target: Text
    attempt: int
    outcome: Annotated[Text, known("delivered", "refused", "unreachable", "timeout", "stopped")]
    at: Moment | None = None
    next_attempt: Moment | None = None
    reason: Text | None = None
    document: ExchangedDocument | None = None
    event: Text | None = None
    receipt: TransportReceipt | None = None
