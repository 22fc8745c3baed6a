"""The tables of the ledger, as facts. No behaviour here; what is done with them stands in gateway/ledger/queries.

Times are UTC, stored as ISO text of fixed width so that both databases sort and compare them alike. Free-form facts are
JSON. Bytes are cut and compressed into rows of at most 1 MiB (`chunk`), so one transaction covers bytes and state.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Moment = sa.String(32)  # 2026-12-01T10:30:00.000000Z


def _key() -> sa.Column[int]:
    return sa.Column("id", Key, primary_key=True, autoincrement=True)


# A file or message that arrived. state: stored (waiting) | held (incomplete, waiting for its rest) | done |
# quarantined | duplicate (of duplicate_of) | superseded | poison. `sets` is how far it is translated: results stored
# (transaction sets, and envelopes without one); of a duplicate: the place in its lane of the last answer given again.
receipt = sa.Table(
    "receipt",
    metadata,
    _key(),
    sa.Column("mailbox", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("duplicate_of", Key),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sets", sa.Integer, nullable=False, server_default="0"),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.Index(None, "lane", "state"),
    sa.Index(None, "mailbox", "sha256"),
    sa.Index(None, "mailbox", "received_at"),
    sa.Index(None, "state", "lane"),
)

# The bytes of a receipt (`r<id>`) or of a delivery (`d<id>`): a million a row, the last one has the rest; each row is
# zlib by itself.
chunk = sa.Table(
    "chunk",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# An interchange received or sent. `dedupe` is unique and set on the first of its kind only.
# verdict: accepted | rejected | duplicate | foreign.
interchange = sa.Table(
    "interchange",
    metadata,
    _key(),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("receipt", Key),
    sa.Column("delivery", sa.Text),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("syntax", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("receiver", sa.Text, nullable=False),
    sa.Column("control", sa.Text, nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("dedupe", sa.Text, unique=True),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "receipt"),
)

# One transaction set received: what it was, the verdict and its faults. `subject` is the business object (`po/P00042`).
message = sa.Table(
    "message",
    metadata,
    _key(),
    sa.Column("receipt", Key, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("control", sa.Text, nullable=False),
    sa.Column("interchange_control", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("map_version", sa.Text, nullable=False, server_default=""),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("faults", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("receipt", "number"),
    sa.Index(None, "subject"),
)

# A canonical event. direction: in (from a partner) | out (from a business system).
# state: done | stored (waits to be written for its partner) | failed.
event = sa.Table(
    "event",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("business_key", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("receipt", Key),
    sa.Column("reply_to", sa.Text, nullable=False, server_default=""),
    sa.Column("reference", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "lane", "state"),
    sa.Index(None, "subject"),
    sa.Index(None, "business_key"),
    sa.Index(None, "position"),
    sa.Index(None, "state", "lane"),
)

# Order and fence: one runner per lane holds `token`; nothing runs before `due_at`; `blocked` is a reason for people.
lane = sa.Table(
    "lane",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("next_seq", sa.BigInteger, nullable=False),
    sa.Column("token", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("blocked", sa.Text, nullable=False, server_default=""),
)

# One thing to hand over. kind: event | document | ack | refusal | notice. state: pending | done | parked | cancelled.
# `probe` = the last outcome is unknown. effect `placed`: in a hosted mailbox, listed until discarded_at.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False, server_default=""),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("event", sa.Text),
    sa.Column("receipt", Key),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("effect", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("probe", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("settled_at", Moment),
    sa.Column("collected_at", Moment),
    sa.Column("discarded_at", Moment),
    sa.Index(None, "lane", "state"),
    sa.Index(None, "destination", "state"),
    sa.Index(None, "destination", "discarded_at"),
    sa.Index(None, "state", "lane"),
    sa.Index(None, "subject"),
    sa.Index(None, "receipt"),
)

# One try of a delivery, for people.
attempt = sa.Table(
    "attempt",
    metadata,
    _key(),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "delivery"),
)

# A transaction set we sent and what its acknowledgement said. state: sent | collected | accepted |
# accepted_with_errors | rejected | answered (a business answer proves arrival).
sent_set = sa.Table(
    "sent_set",
    metadata,
    _key(),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("syntax", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("interchange_control", sa.Text, nullable=False),
    sa.Column("group_type", sa.Text, nullable=False, server_default=""),
    sa.Column("group_control", sa.Text, nullable=False, server_default=""),
    sa.Column("control", sa.Text, nullable=False),
    sa.Column("test", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("sent_at", Moment, nullable=False),
    sa.Column("functional_due", Moment),
    sa.Column("business_due", Moment),
    sa.Column("functional_at", Moment),
    sa.Column("answered_at", Moment),
    sa.Index(None, "partner", "group_control"),
    sa.Index(None, "partner", "interchange_control"),
    sa.Index(None, "subject"),
)

# Control numbers, by own id, partner id, environment and kind: the last number used.
counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

# Something a person must decide or know. `dedupe` keeps one open row per cause.
exception = sa.Table(
    "exception",
    metadata,
    _key(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False, server_default=""),
    sa.Column("actual", sa.Text, nullable=False, server_default=""),
    sa.Column("actions", sa.JSON, nullable=False),
    sa.Column("receipt", Key),
    sa.Column("delivery", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("dedupe", sa.Text, unique=True),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "state"),
    sa.Index(None, "subject"),
)

# An AS2 message, received or sent, with its receipt (MDN). `dedupe` is set where a repeat must be known. state: in:
# stored | refused; out: ready | posted | done | refused | invalid. Bytes are chunks: `xq<id>` the request, `xa<id>` the
# answer, `xe<id>` what was encrypted within the request, or `xh<id>` and `xt<id>`: what of that stands before and
# behind the document, whose own bytes are those of the receipt. Headers are lists of name and value, lines the first
# line of a request or answer. `digests` are the sha256 of all parts, taken before they were stored. `sealed` counts the
# links it has in the chain of evidence; NULL: from before there was one.
exchange = sa.Table(
    "exchange",
    metadata,
    _key(),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("mailbox", sa.Text, nullable=False),
    sa.Column("as2_from", sa.Text, nullable=False),
    sa.Column("as2_to", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False, server_default=""),
    sa.Column("mic", sa.Text, nullable=False, server_default=""),
    sa.Column("dedupe", sa.Text, unique=True),
    sa.Column("delivery", sa.Text),
    sa.Column("receipt", Key),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("answer", sa.JSON),
    sa.Column("request_line", sa.Text, nullable=False, server_default=""),
    sa.Column("answer_line", sa.Text, nullable=False, server_default=""),
    sa.Column("receipt_mic", sa.Text, nullable=False, server_default=""),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("digests", sa.JSON),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Moment, nullable=False),
    sa.Column("received_at", Moment),
    sa.Column("posted_at", Moment),
    sa.Column("answered_at", Moment),
    sa.Column("sealed", sa.Integer),
    sa.Index(None, "delivery"),
    sa.Index(None, "mailbox", "message_id"),
    sa.Index(None, "sealed"),
)

# A certificate that was used in an exchange, in DER, under its SHA-256 as people write it (`AB:CD:...`).
certificate = sa.Table(
    "certificate",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("der", sa.LargeBinary, nullable=False),
)

# The chain of evidence. `content` is the sha256 of `record`, a JSON text with the digests of all parts of an exchange;
# `digest` covers number, digest of the former link, and content. step: message | receipt.
link = sa.Table(
    "link",
    metadata,
    sa.Column("number", Key, primary_key=True, autoincrement=False),
    sa.Column("exchange", Key, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("exchange", "step"),
)

# What a source asked to remember: cursors, content hashes, files seen.
source_state = sa.Table(
    "source_state",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# Who did what, when: starts, configuration changes, operators' commands.
audit = sa.Table(
    "audit",
    metadata,
    _key(),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("detail", sa.JSON, nullable=False),
)
