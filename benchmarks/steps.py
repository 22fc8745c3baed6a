"""The steps a document goes through, as calls that can be timed: tokenise, check, translate, acknowledge, write.

Rule protected: every step starts from the same bytes or the same segments and does all its work; what it gives is
counted once before it is timed, so that a step that silently does nothing is an error and not a record.
"""

from __future__ import annotations

import dataclasses
import gc
import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import edi
from benchmarks.generator import Plan, envelope, generate, identity, outgoing
from benchmarks.measure import Contender
from edi.acks import Acknowledger
from edi.check import Checker, compile_check
from edi.crosscheck import CROSSCHECKED, crosscheck
from edi.model import GroupEnd, Interchange, InterchangeEnd, Item, Message
from edi.render import answer
from edi.schema import load_schema
from edi.syntax import read, write

SPLIT = "str.split"
TOKENISE = "tokenise"
CHECK = "tokenise + check"
TRANSLATE = "translate to events, with acknowledgement"
SELDOM = "the same, garbage looked for as seldom as in the daemon"
ACKNOWLEDGE = "acknowledgement alone"
WRITE = "write"
READ_BACK = "write + read back + check"
SECOND_READER = "second reader"


@dataclass(frozen=True, slots=True)
class Work:
    """The interchange of a plan and what the steps need of it."""

    plan: Plan
    data: bytes
    text: str
    terminator: str
    checker: Checker


def prepared(plan: Plan) -> Work:
    data = generate(plan)
    terminator = "~" if plan.syntax == "x12" else "'"
    return Work(plan, data, data.decode("latin-1"), terminator, compile_check(load_schema(identity(plan))))


def tokenise(source: bytes | io.BufferedReader) -> int:
    """Every message with its segments; how many segments."""
    return sum(len(item.segments) for item in read(source) if isinstance(item, Message))


def check(source: bytes | io.BufferedReader, checker: Checker) -> int:
    """Every message checked; how many messages are without fault."""
    return sum(not checker.faults(item) for item in read(source) if isinstance(item, Message))


def translate(source: bytes | io.BufferedReader) -> int:
    """Events and due acknowledgements; how many sets are accepted."""
    profile = edi.default_profile()
    accepted = 0
    for result in edi.translate_each(source, profile):
        accepted += result.verdict == "accepted"
        for ack in result.acks:
            answer(ack, profile)
    return accepted


def translate_seldom(source: bytes) -> int:
    """As `translate`, with the thresholds of garbage collection that gateway/daemon.py sets."""
    usual = gc.get_threshold()
    gc.set_threshold(10_000)
    try:
        return translate(source)
    finally:
        gc.set_threshold(*usual)


def acknowledge(items: Iterable[Item]) -> int:
    """The acknowledgement, in bytes, of messages that were already judged; how many bytes."""
    profile = edi.default_profile()
    acknowledger = Acknowledger(profile)
    due: list[edi.documents.Data] = []
    for item in items:
        if isinstance(item, Interchange):
            acknowledger.header(item)
        elif isinstance(item, Message):
            acknowledger.add(item, None, "accepted", item.faults)
        elif isinstance(item, GroupEnd):
            due += acknowledger.group_end(item)
        elif isinstance(item, InterchangeEnd):
            due += acknowledger.interchange_end(item)
    return sum(
        len(answer(edi.documents.wrap(data, "exchange.ack.sent.v1", event_id="1", partner=profile.partner), profile))
        for data in due
    )


def steps(work: Work) -> dict[str, Contender]:
    """The steps by name; the first is what all are compared with."""
    plan, data, text, terminator, checker = work.plan, work.data, work.text, work.terminator, work.checker
    messages = list(islice(outgoing(plan), plan.documents))
    around = envelope(plan)
    items = list(read(data))

    def read_back() -> int:
        return check(write(messages, around), checker)

    assert tokenise(data) == sum(len(message.segments) + 2 for message in messages)
    assert check(data, checker) == translate(data) == read_back() == plan.documents
    assert acknowledge(items) > 100
    return {
        SPLIT: lambda: text.split(terminator),
        TOKENISE: lambda: tokenise(data),
        CHECK: lambda: check(data, checker),
        TRANSLATE: lambda: translate(data),
        SELDOM: lambda: translate_seldom(data),
        ACKNOWLEDGE: lambda: acknowledge(items),
        WRITE: lambda: write(messages, around),
        READ_BACK: read_back,
    }


def second_reader(plan: Plan) -> dict[str, Contender]:
    """The second reader on what was just written, beside the split."""
    messages = list(islice(outgoing(plan), plan.documents))
    kind = {"850": "PO", "855": "PR"}.get(plan.kind, "")
    around = dataclasses.replace(envelope(plan), group_type=kind)
    data = write(messages, around)
    text, terminator = data.decode("latin-1"), "~" if plan.syntax == "x12" else "'"
    assert crosscheck(data, around, messages) == CROSSCHECKED
    return {SPLIT: lambda: text.split(terminator), SECOND_READER: lambda: crosscheck(data, around, messages)}
