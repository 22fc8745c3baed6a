"""What the laws of several maps share: events brought into the form a document has a place for, and made documents."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.generator import Plan, generate
from edi import syntax
from edi.documents import (
    ChangeAcknowledged,
    CreditNoteReceived,
    InvoiceReceived,
    OrderAcknowledged,
    OrderCancelled,
    OrderChanged,
    OrderReleased,
)
from edi.documents.terms import AllowanceCharge, Carrier, PaymentTerms, Tax
from edi.documents.types import Address, Code, Data, DateMark, Feature, Id, ItemRef, Note, Party, Reference
from edi.errors import MapError, RenderError
from edi.map_samples import body_of
from edi.mapping import Map
from edi.mapping_source import load_source
from edi.model import Message, Segment
from edi.resources import maps_folder
from tests.edi.mapping.wire import checked_of, read_segments

CENT = Decimal("0.01")
AT_ONCE = 20  # events that are made before it is seen whether more are needed
THIS_RUN = secrets.randbelow(10**6) + 10**6  # events no other run has seen
OrderData = TypeVar("OrderData", OrderReleased, OrderChanged, OrderCancelled)
AnswerData = TypeVar("AnswerData", OrderAcknowledged, ChangeAcknowledged)
InvoiceData = TypeVar("InvoiceData", InvoiceReceived, CreditNoteReceived)


def one_date_each(data: OrderData) -> OrderData:
    """SCH needs exactly one date."""
    day = DateMark(kind=Code(value="requested_delivery"), on=data.order.date or dt.date(2026, 12, 1))
    lines = tuple(
        line.model_copy(
            update={
                "schedules": tuple(
                    part.model_copy(update={"dates": part.dates[:1] or (day,)}) for part in line.schedules
                )
            }
        )
        for line in data.lines
    )
    return data.model_copy(update={"lines": lines})


def reasons_first(data: AnswerData) -> AnswerData:
    """A document has one place for the reason of a line: with its first answer."""
    lines = tuple(
        line.model_copy(
            update={
                "responses": tuple(
                    response if number == 0 else response.model_copy(update={"reason": None})
                    for number, response in enumerate(line.responses)
                )
            }
        )
        for line in data.lines
    )
    return data.model_copy(update={"lines": lines})


def numbered(data: Any) -> Any:
    """Before D.01B LIN 1082 is a number."""
    lines = enumerate(data.lines, 1)
    changed = (line.model_copy(update={"line_number": line.line_number and str(at)}) for at, line in lines)
    return data.model_copy(update={"lines": tuple(changed)})


def cut(value: Decimal | None, most: int = 99999) -> Decimal | None:
    return None if value is None else min(value, Decimal(most)).quantize(CENT)


def placed_charge(charge: AllowanceCharge, number: int) -> AllowanceCharge:
    """SAC: amounts in cents, percents of two digits."""
    changes: dict[str, Any] = {"kind": ("allowance", "charge")[number % 2]}
    changes |= {"amount": cut(charge.amount), "percent": cut(charge.percent, 99)}
    changes |= {"taxes": tuple(map(placed_tax, charge.taxes))}
    return charge.model_copy(update=changes)


def placed_tax(tax: Tax) -> Tax:
    return tax.model_copy(update={"base": cut(tax.base), "rate": cut(tax.rate, 99)})


def placed_terms(terms: PaymentTerms) -> PaymentTerms:
    day = terms.day_of_month and min(terms.day_of_month, 28)
    changes = {"discount_percent": cut(terms.discount_percent, 99), "discount_amount": cut(terms.discount_amount)}
    return terms.model_copy(update={**changes, "day_of_month": day})


def assert_made_documents_hold(map_: Map, plan: Plan) -> None:
    """Documents of the benchmark generator are read whole, without a fault, and written again."""
    messages = [item for item in syntax.read(generate(plan)) if isinstance(item, Message)]
    assert len(messages) == plan.documents
    for message in messages:
        checked = checked_of(map_.schema, message)
        reading = map_.read(message, checked)
        assert [fault.message for fault in (*checked.faults, *reading.faults)] == []
        assert reading.unmapped == []
        assert reading.data is not None
        again, _ = read_segments(map_, map_.write(reading.data))
        assert map_.difference(reading.data, again.data) == ""


def put_get(map_: Map, data: Data) -> str:
    """Empty when reading what was written gives the event back, else what is different or refused."""
    if "-eancom/" in map_.identity + map_.schema.identity:
        data = without_duns(data)
    try:
        segments = map_.write(data)
    except RenderError as error:
        return f"refused: {error}"
    reading, checked = read_segments(map_, segments)
    bad = [fault.message for fault in (*checked.faults, *reading.faults) if fault.severity in ("reject", "error")]
    if bad:
        return bad[0]
    return map_.difference(data, reading.data)


def without_duns(data: Data) -> Data:
    """EANCOM names parties by GLN or by own codes only."""
    changes = {}
    for name in ("buyer", "supplier", "ship_to", "bill_to", "remit_to"):
        party = getattr(data, name, None)
        if party is not None:
            changes[name] = party.model_copy(update={"ids": tuple(i for i in party.ids if i.scheme != "duns")})
    return data.model_copy(update=changes)


@dataclass(frozen=True, eq=False)
class Events:
    """Events that are drawn once for all maps they are asked of: drawing takes ten times as long as the law.

    `changes` bring them into the form one document has a place for.
    """

    strategy: st.SearchStrategy[Any]
    changes: tuple[Callable[[Any], Any], ...] = ()

    def map(self, change: Callable[[Any], Any]) -> Events:
        return Events(self.strategy, (*self.changes, change))

    def __or__(self, other: Events) -> Events:
        return Events(st.one_of(self._changed(), other._changed()))

    def _changed(self) -> st.SearchStrategy[Any]:
        return functools.reduce(lambda made, change: made.map(change), self.changes, self.strategy)


def drawn(made: Events | st.SearchStrategy[Any], count: int, start: int = 20261120) -> list[Any]:
    """The same events in every run; those of one `start` are more like each other than those of several."""
    strategy, changes = (made.strategy, made.changes) if isinstance(made, Events) else (made, ())
    found = list(_drawn(strategy, count, start))
    for change in changes:
        found = [change(event) for event in found]
    return found


@functools.lru_cache(maxsize=200)
def _drawn(strategy: st.SearchStrategy[Any], count: int, start: int) -> tuple[Any, ...]:
    found: list[Any] = []

    @seed(start)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(event: Any) -> None:
        found.append(event)

    collect()
    return tuple(found)


def broken(map_: Map, made: Events) -> list[str]:
    """PutGet for forty events, half of them new in every run: what is different or refused, and the event."""
    events = [*drawn(made, AT_ONCE, 0), *drawn(made, AT_ONCE, THIS_RUN)]
    return [f"{said}: {event.model_dump_json(exclude_none=True)}" for event in events if (said := put_get(map_, event))]


def undetected(reference: str, cuts: Iterable[str], events: Events, folder: Path, most: int = 200) -> list[str]:
    """The bindings whose loss no event shows: PutGet must fail for a map without one of them.

    Events are made until all are shown, at most so many. A subset of EANCOM loses the binding of its base.
    """
    identity = reference.partition("@")[0].replace("-eancom", "")
    original = (maps_folder() / f"{identity}.map.yaml").read_text()
    left: dict[str, Map] = {}
    for number, cut in enumerate(cuts):
        path = folder / str(number) / f"{identity}.map.yaml"
        path.parent.mkdir(parents=True)
        kept = [line for line in original.splitlines(keepends=True) if line.strip() != cut]
        assert len(kept) < len(original.splitlines()), cut
        path.write_text("".join(kept))
        with suppress(MapError):  # nothing is left for a mandatory element: found even before a document comes
            left[cut] = Map(load_source(reference, None, (folder / str(number),)))
    for start in range(0, most, AT_ONCE):
        if left:
            made = drawn(events, AT_ONCE, start)
            left = {cut: map_ for cut, map_ in left.items() if not any(put_get(map_, event) for event in made)}
    return list(left)


def get_put(map_: Map, message: Message) -> str:
    """GetPut: empty when what is read is written as it was, else the first segment that differs."""
    reading = map_.read(message, checked_of(map_.schema, message))
    if reading.data is None:
        return f"not read: {reading.faults[0].message}"
    try:
        written = [plain(segment) for segment in map_.write(reading.data, message.interchange.delimiters.decimal)]
    except RenderError as error:
        return f"refused: {error}"
    meant = [plain(segment) for segment in body_of(message)]
    for ours, theirs in itertools.zip_longest(written, meant):
        if ours != theirs:
            return f"{theirs} became {ours}"
    return ""


def plain(segment: Segment) -> list[str]:
    """Insignificant zeros of numbers do not count."""
    return [segment[0], *(_number(element) for element in segment[1:])]


def _number(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f") if "." in text else text
    except InvalidOperation:
        return text


def everywhere(data: Any, change: Callable[[Any], Any]) -> Any:
    """The event with `change` applied to every part of it, the innermost first."""
    if isinstance(data, tuple):
        return tuple(everywhere(item, change) for item in data)
    if not isinstance(data, Data):
        return data
    parts = {name: everywhere(getattr(data, name), change) for name in type(data).model_fields}
    return change(data.model_copy(update=parts))


def as_edifact_has_it(part: Any) -> Any:
    """Texts as short as their places; steps of a calculation and days of terms in one digit or three."""
    if isinstance(part, AllowanceCharge):
        step = None if part.sequence is None else part.sequence % 9 + 1
        kind = "charge" if step in (2, 4, 6) else "allowance"
        return part.model_copy(update={"sequence": step, "kind": kind, "description": _cut(part.description, 35)})
    if isinstance(part, Carrier):
        return part.model_copy(update={"ids": (Id(scheme="scac", value="ODFL"),)})
    if isinstance(part, Feature):
        return part.model_copy(update={"text": _cut(part.text, 35) or "A", "more": _cut(part.more, 35)})
    if isinstance(part, ItemRef):
        return part.model_copy(update={"description": _cut(part.description, 35), "more": _cut(part.more, 35)})
    if isinstance(part, Note):
        more = tuple(filter(None, (_cut(text, 70) for text in part.more)))
        kind = part.kind and ("general", "purchasing", "delivery")[len(part.kind) % 3]
        return part.model_copy(update={"text": _cut(part.text, 70), "more": more, "kind": kind})
    if isinstance(part, Party) and part.more_names:
        return part.model_copy(update={"name": part.name or "Example"})
    if isinstance(part, Reference):
        return part.model_copy(update={"number": part.number or "R-1", "line": _cut(part.line, 6)})
    if isinstance(part, Address):
        return part.model_copy(update={"postal_code": _cut(part.postal_code, 9)})
    return part


def _cut(text: str | None, length: int) -> str | None:
    return text and (text[:length].strip() or "A")
