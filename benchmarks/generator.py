"""Interchanges of any size, made of invented orders: `generate` gives bytes, `chunks` a stream, `main` a file.

    python -m benchmarks.generator 850 --documents 400 --lines 20 --seed 1 > orders.edi

Not here: what the documents say (benchmarks/trade.py), damage (benchmarks/damage.py). Rule protected: the same
parameters give the same bytes; envelopes, counts and control numbers come from the library's own writer. Nothing that
is generated is kept in the repository.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from random import Random

from benchmarks.edifact_messages import EDIFACT_MESSAGES
from benchmarks.shapes import SHAPES, Shape
from benchmarks.trade import order
from benchmarks.x12_sets import X12_SETS
from edi.model import Identity, Segment, Syntax
from edi.syntax import Envelope, Outgoing, write

AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
BATCH = 200  # documents that are written at a time in a stream
VARIETY = 400  # different documents in a stream
RELEASES = {"x12": ("004010", "005010"), "edifact": ("D.96A", "D.01B")}
MIX = {"x12": tuple(X12_SETS), "edifact": tuple(EDIFACT_MESSAGES)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. `kind` is `850`, `ORDERS`, `mix-x12` or `mix-edifact`; `release` is empty for the older one.

    `size` in bytes, if set, goes on after `documents` until the interchange is that large (chunks only).
    """

    kind: str
    release: str = ""
    documents: int = 1
    lines: int = 20
    size: int = 0
    seed: int = 1
    shape: str = "plain"
    control: int = 1

    @property
    def syntax(self) -> Syntax:
        return "x12" if self.kind in X12_SETS or self.kind == "mix-x12" else "edifact"

    @property
    def version(self) -> str:
        return self.release or RELEASES[self.syntax][self.kind == "999"]


def kinds() -> list[Plan]:
    """One plan for each document and release that exists: 999 from 005010 on, CONTRL once."""
    plans = [Plan(kind, release) for syntax in RELEASES for kind in MIX[syntax] for release in RELEASES[syntax]]
    return [plan for plan in plans if (plan.kind, plan.release) not in {("999", "004010"), ("CONTRL", "D.01B")}]


def identity(plan: Plan) -> str:
    """The schema of a plan: `x12/004010/850`, `edifact/d96a/orders`."""
    if plan.kind == "CONTRL":
        return "edifact/service/v3/contrl"
    return f"{plan.syntax}/{plan.version.replace('.', '').lower()}/{plan.kind.lower()}"


def generate(plan: Plan) -> bytes:
    """One interchange in the plan's shape."""
    messages = list(islice(outgoing(plan), plan.documents))
    shape = SHAPES[plan.shape]
    return shape.dress(write(messages, envelope(plan)))


def documents(plan: Plan) -> list[list[Segment]]:
    """The segments of the plan's documents, without envelope."""
    return [list(message.segments) for message in islice(outgoing(plan), plan.documents)]


def outgoing(plan: Plan) -> Iterator[Outgoing]:
    """Documents without end; of a mix, eight of a kind follow each other as in a group."""
    random = Random(f"{plan.kind} {plan.version} {plan.lines} {plan.seed}")
    mixed = [kind for kind in MIX[plan.syntax] if (kind, plan.version) != ("999", "004010")]
    makers = X12_SETS if plan.syntax == "x12" else EDIFACT_MESSAGES
    control = 0
    while True:
        kind = mixed[control // 8 % len(mixed)] if plan.kind.startswith("mix") else plan.kind
        control += 1
        version = "D.3" if kind == "CONTRL" else plan.version
        convention = "005010X231A1" if kind == "999" else ""
        segments = makers[kind](order(random, 1000 + control, plan.lines))
        yield Outgoing(kind, version, control, segments, convention)


def envelope(plan: Plan) -> Envelope:
    shape: Shape = SHAPES[plan.shape]
    x12 = plan.syntax == "x12"
    return Envelope(
        syntax=plan.syntax,
        sender=Identity("123456789", "01") if x12 else Identity("4012345500004", "14"),
        receiver=Identity("4012345000009", "14"),
        control=plan.control,
        at=AT,
        version=shape.version or (f"{plan.version[:5]}" if x12 else "UNOC:3"),
        delimiters=shape.delimiters,
        group_type=plan.kind if shape.grouped and not x12 else "",
    )


def chunks(plan: Plan) -> Iterator[bytes]:
    """The same as a stream: header, documents a batch at a time, trailers with the final counts. Shape `plain` only.

    After VARIETY documents their contents come again, with control numbers of their own.
    """
    if plan.shape != "plain" or plan.kind.startswith("mix"):
        raise ValueError("a stream has one kind of document, in the plain shape")
    around = envelope(plan)
    some = list(islice(outgoing(plan), VARIETY if plan.size else min(VARIETY, plan.documents)))
    source = (replace(message, control=control) for control, message in enumerate(cycle(some), 1))
    first, last = (b"ST*", b"GE*") if plan.syntax == "x12" else (b"UNH+", b"UNZ+")
    done = written = 0
    while done < plan.documents or written < plan.size:
        batch = list(islice(source, BATCH if plan.size else min(BATCH, plan.documents - done)))
        data = write(batch, around)
        start, end = data.index(first), data.rindex(last)
        if not done:
            yield data[:start]
        yield data[start:end]
        done, written = done + len(batch), written + end - start
    yield data[end:].replace(b"%d" % len(batch), b"%d" % done, 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("kind", choices=[*X12_SETS, *EDIFACT_MESSAGES, "mix-x12", "mix-edifact"])
    arguments.add_argument("--release", default="", help="004010, 005010, D.96A or D.01B")
    arguments.add_argument("--documents", type=int, default=1)
    arguments.add_argument("--lines", type=int, default=20, help="lines of each document")
    arguments.add_argument("--size", type=int, default=0, help="go on until so many bytes are written")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--shape", default="plain", choices=sorted(SHAPES))
    plan = Plan(**vars(arguments.parse_args()))
    source = chunks(plan) if plan.size else iter([generate(plan)])
    for part in source:
        sys.stdout.buffer.write(part)


if __name__ == "__main__":
    main()
