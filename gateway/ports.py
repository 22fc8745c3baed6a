"""The seams of the daemon: what goes through them, and the two protocols on either side of the ledger.

A Source brings something in (a file from a mailbox, an order from Odoo); a Sink takes a parcel out (to a mailbox, to
Odoo). Flow implements Inlet, LedgerMailboxes Mailboxes; transports and destinations know nothing else of them.
Everything here is a value or a protocol. Times are aware datetimes in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias

import edi
from gateway.window import Content

LARGEST_ORIGINAL = 1 << 20  # bytes; larger documents stay with the gateway

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Shelf: TypeAlias = Literal["in", "out", "archive"]
TEXT = "text"
Role: TypeAlias = Literal["buyer", "edi", "operator", "master_data", "warehouse", "accounts"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as a transport received it. `mailbox` is `<partner>/<channel>`; `name` is data, never a path.

    `data` is bytes or a range of a file, which must last until the inlet returns.
    `facts` are transport facts for the evidence (remote address, user, remote path, mtime); text only.
    """

    mailbox: str
    name: str
    data: Content
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The arrival is durable. `duplicate_of` names the earlier receipt with the same bytes in this mailbox."""

    id: str
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A canonical event from a business system, for one partner. `event.id` is stable: the same fact has the same id.

    `reply_to` names the destination that wants to hear when the document cannot be written or is refused
    (`odoo-main`), `reference` the record there (`purchase.order,184`).
    """

    event: edi.Event
    partner: str
    reply_to: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Something a person must decide. `kind` is from gateway.exceptions.KINDS; `sentence` says it in plain words.

    `expected` and `actual` are short texts (`10.00 USD`, `2026-12-01`); `amount` is the money at stake, if known.
    """

    kind: str
    sentence: str
    role: Role
    subject: str = ""
    expected: str = ""
    actual: str = ""
    actions: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery, as a Sink sees it. `id` never changes over retries: the receiver may use it to recognise a repeat.

    `key` is the business key of the lane (`po/P00042`). Exactly one of `event` (business systems) and `payload`
    (mailboxes) is set. `original` is the partner's document behind the event, for evidence: the file as it came, or, of
    a file with several, this one as an interchange of its own. None above LARGEST_ORIGINAL bytes; `original_size` is
    then that of the file. `probe` says that an earlier attempt has an unknown outcome: read back before writing.
    `partner` is the partner's id. `facts` are texts of flow: of a document its type, business and control number
    (`doc`, `number`, `control`); `doc` is TEXT for words to a person, whose file keeps its `name`.
    """

    id: str
    destination: str
    key: str
    partner: str
    kind: str
    attempt: int
    event: edi.Event | None = None
    payload: bytes | None = None
    name: str = ""
    original: bytes | None = None
    original_name: str = ""
    original_size: int = 0
    probe: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is there. `applied`, `already_there`, or `placed` (a hosted mailbox: the partner still has to fetch
    it).

    `refs` are (model, id, label) of records touched; `cases` are decisions for people that came out of it; `remember`
    are (state key -> text) pairs of the destination's source, committed with the settlement.
    """

    effect: Literal["applied", "already_there", "placed"] = "applied"
    refs: tuple[tuple[str, int, str], ...] = ()
    cases: tuple[Case, ...] = ()
    remember: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Transient:
    """Nothing was written, or it is safe to repeat. `scope` connector: the whole
    destination waits, no attempt is counted."""

    reason: str
    retry_in: float = 5.0
    scope: Literal["parcel", "connector"] = "parcel"
    alarm: Literal["", "credential", "config", "unreachable"] = ""


@dataclass(frozen=True, slots=True)
class Business:
    """A person must decide; the parcel is parked with this case."""

    case: Case


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been executed: `send` is called again with `probe` after `retry_in` seconds."""

    reason: str
    retry_in: float = 150.0


Outcome: TypeAlias = Done | Transient | Business | Unknown


@dataclass(frozen=True, slots=True)
class MailboxFile:
    """A file in a hosted mailbox, as the partner sees it."""

    id: str
    name: str
    size: int
    modified: dt.datetime


class Inlet(Protocol):
    """What a Source may call. Each call returns after the commit, or raises and nothing has happened."""

    async def arrive(self, arrival: Arrival, remember: Mapping[str, str] | None = None) -> Receipt:
        """TX1: raw bytes, dedupe key, receipt and the source's state in one transaction."""

    async def submit(self, source: str, submissions: Sequence[Submission], remember: Mapping[str, str]) -> int:
        """Store events and the source's new state together. Known event ids are skipped. Returns how many were new."""

    async def recall(self, source: str, keys: Collection[str] | None = None, *, prefix: str = "") -> dict[str, str]:
        """The state this source asked to remember, key -> text: of these `keys`, or of all that begin with `prefix`."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """What went over HTTP: headers in their order, the body, and the first line (`POST /as2 HTTP/1.1`)."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    line: str = ""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An AS2 message that was received, with everything that must be durable before it is answered.

    `body` is that of the `request`, whose own is empty.
    `content` is the sha256 of the bytes its MIC is taken of. `problem` is what its receipt says if it was refused; then
    there are no `arrivals`, and a later good attempt with the same Message-ID is not a repeat. `answer` is the receipt;
    with `answer_url` it goes there as a delivery of its own. For the evidence: `entity` is what was encrypted,
    `certificates` (DER) are those the fingerprints in `facts` mean, `received_at` is when the request began.
    """

    mailbox: str
    as2_from: str
    as2_to: str
    message_id: str
    request: HttpMessage
    body: Content
    arrivals: tuple[Arrival, ...] = ()
    content: str = ""
    mic: str = ""
    problem: str = ""
    cause: str = ""
    answer: HttpMessage | None = None
    answer_url: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    entity: Content | None = None
    certificates: tuple[bytes, ...] = ()
    received_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of it: the receipt to give (the stored one for a `repeat`), and the number under which it was stored
    now. `conflict`: this Message-ID was used for other content, and nothing was stored."""

    answer: HttpMessage | None = None
    repeat: bool = False
    conflict: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An AS2 message of ours: the bytes that go out at every attempt, the MIC its receipt must name (`value, sha-256`),
    and how far it is: ready | posted | done | refused | invalid, with a `note` for people. For the evidence, while it
    is made: `facts`, `certificates` and `entity` as in Exchanged."""

    delivery: str
    mailbox: str
    as2_from: str
    as2_to: str
    message_id: str
    mic: str
    request: HttpMessage
    state: str = "ready"
    note: str = ""
    posted_at: dt.datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    entity: bytes | None = None
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipted:
    """The receipt of a message of ours: what it means (done | refused | invalid), in words, the MIC it names, and its
    bytes; `facts` and `certificates` for the evidence."""

    state: str
    note: str
    message: HttpMessage
    mic: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the messages of a partner have shown so far: for which certificate of ours it encrypted last, and from which
    day it has signed with which of its own (fingerprints)."""

    encrypted_for: str = ""
    signed_by: Mapping[str, dt.date] = field(default_factory=dict)


class Exchanges(Protocol):
    """What AS2 asks of the ledger. Each call returns after the commit, or raises and nothing has happened."""

    async def received(self, exchange: Exchanged) -> Kept:
        """TX1: documents, the request, its key and its receipt in one transaction."""

    async def sent(self, delivery: str) -> Sent | None:
        """The message that was made for a delivery."""

    async def pending(self, mailbox: str, message_id: str) -> Sent | None:
        """A message of ours to a mailbox, by its Message-ID."""

    async def ready(self, sent: Sent) -> None:
        """Keep a message before its first attempt."""

    async def posted(self, delivery: str) -> None:
        """The other side has taken it; the receipt comes by itself."""

    async def receipted(self, delivery: str, receipt: Receipted) -> bool:
        """Keep the receipt of a message of ours; False if it has one already. Whoever waits for it is woken."""

    async def seen(self, mailbox: str) -> Seen:
        """What is known of the certificates a partner uses."""

    def answered(self, number: int) -> None:
        """The peer has the answer to a message that was stored under this number: noted with the evidence."""


class Mailboxes(Protocol):
    """What a hosted mailbox sees of the ledger. `mailbox` is `<partner>/<channel>`."""

    def files(
        self, mailbox: str, shelf: Shelf, *, since: dt.datetime = LONG_AGO, name: str = ""
    ) -> AsyncIterator[MailboxFile]:
        """Files of a shelf, a page at a time: `in`, what the partner uploaded, and `archive`, that and what it has
        fetched, newest first; `out`, what was placed for it and not discarded, oldest first. `since` leaves out what
        was uploaded or fetched earlier; `name` gives the files of one name."""

    async def held(self, mailbox: str, since: dt.datetime) -> tuple[int, int]:
        """How many files the partner has uploaded since a moment, and their bytes."""

    async def content(self, mailbox: str, file_id: str) -> Content:
        """Bytes of a file; a large one is a range, to be read in a worker thread. Raises KeyError if there is none."""

    async def collected(self, mailbox: str, file_id: str) -> None:
        """The partner has read the file to its end."""

    async def discard(self, mailbox: str, file_id: str) -> None:
        """The partner deleted the file: it is gone from the listing, and counts as collected."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An upload is durable. `id` is its receipt; `repeat`: it had come before, and this is the receipt it got then.
    `conflict`: its key was used for other content, and nothing was stored."""

    id: str = ""
    repeat: bool = False
    conflict: bool = False


class Uploads(Protocol):
    """What takes uploads that may come again after a lost answer."""

    async def upload(self, arrival: Arrival, key: str) -> Uploaded:
        """TX1. `key` makes a repeat known; without one the bytes do. Returns after the commit, or raises and nothing
        has happened."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a listener may ask of the ledger."""

    inlet: Inlet
    mailboxes: Mailboxes
    exchanges: Exchanges
    uploads: Uploads


class Source(Protocol):
    """Runs until cancelled, handing what it finds to the inlet. Own errors are logged and retried, never raised."""

    async def run(self, inlet: Inlet) -> None: ...


class Sink(Protocol):
    """Takes parcels of one destination. Called by at most one runner per lane at a time; lanes run in parallel."""

    async def send(self, parcel: Parcel) -> Outcome: ...


JSON: TypeAlias = dict[str, Any]
