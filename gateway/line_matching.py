"""One order line against the answers to it: how they differ, which date may be applied, what a person decides.

Not here: which answer means which line, and the header (gateway/matching.py). Rule protected: a difference is either
inside tolerance, or a case; it is never dropped because something else about the line is a case already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal

from edi.documents.acknowledgement import AnsweredLine, Response, SupplierAnswer
from edi.documents.types import Code, Id, Price, Quantity, plain
from gateway.exceptions import case
from gateway.items import item_words, other_item
from gateway.ports import Case
from gateway.tolerances import Tolerances

CONFIRMING = frozenset({"accepted", "quantity_changed", "price_changed", "rescheduled", "changed"})
REFUSING = frozenset({"rejected", "deleted"})
DELIVERY = frozenset({"promised_delivery", "requested_delivery", "estimated_delivery", "scheduled_delivery"})
SHIPMENT = frozenset({"promised_ship", "requested_ship", "scheduled_ship", "shipped"})

# UN/ECE Recommendation 20: C62 one, EA each and H87 piece all count single items: a quantity in one is that in the
# others.
_SINGLE = frozenset({"C62", "EA", "H87", "PCE"})

# One kind of difference -> the status it refines `changed` to; several stay `changed`.
_REFINED = {"quantity": "quantity_changed", "price": "price_changed", "date": "rescheduled"}
DECISION = ("approve", "refuse")

_WIDE = Context(prec=60)  # a supplier may write numbers longer than the default holds


@dataclass(frozen=True, slots=True)
class OrderLineFacts:
    """An order line as the buyer's system holds it. `number` is the buyer's line identity, `ids` name the item.

    `uom` is a Rec 20 code (empty: unknown), `price` is for one ordered unit, `date` the delivery wanted.
    """

    number: str
    quantity: Decimal
    uom: str = ""
    price: Decimal | None = None
    currency: str = ""
    date: dt.date | None = None
    ids: tuple[Id, ...] = ()
    description: str = ""

    @property
    def name(self) -> str:
        """What people call the line: its number, and the item as the buyer knows it."""
        item = next((each.value for each in self.ids), self.description)
        return f"{self.number} ({item})" if item else self.number


@dataclass(frozen=True, slots=True)
class Part:
    """One answer to a line. `price` is for one unit; `implied`: the line was left out, the header answers for it."""

    status: str
    quantity: Decimal | None = None
    uom: str = ""
    date: dt.date | None = None
    date_kind: str = ""
    price: Decimal | None = None
    currency: str = ""
    substitute: str = ""
    reason: str = ""
    implied: bool = False

    @property
    def delivery(self) -> dt.date | None:
        return self.date if self.date_kind in DELIVERY else None


@dataclass(frozen=True, slots=True)
class LineComparison:
    """One order line: the answers, what differs (quantity, price, date), the date to apply, what is to decide."""

    order: OrderLineFacts
    parts: tuple[Part, ...] = ()
    changes: tuple[str, ...] = ()
    apply_date: dt.date | None = None
    cases: tuple[Case, ...] = ()

    @property
    def status(self) -> str:
        """The status of all parts together: `open` when unanswered, `mixed` when they differ."""
        statuses = {part.status for part in self.parts}
        return statuses.pop() if len(statuses) == 1 else "mixed" if statuses else "open"


def unlisted_line(line: OrderLineFacts, response: str) -> LineComparison:
    """A line the answer leaves out means what the header says."""
    if response in ("accepted", "accepted_with_exceptions"):
        part = Part("accepted", line.quantity, line.uom, line.date, "requested_delivery", line.price, line.currency)
        return LineComparison(line, (replace(part, implied=True),))
    if response == "rejected":
        return LineComparison(line, (Part("rejected", implied=True),))
    return LineComparison(line)


def compare_line(
    line: OrderLineFacts,
    lines: Sequence[AnsweredLine],
    answer: SupplierAnswer,
    tolerances: Tolerances,
    subject: str,
) -> LineComparison:
    """Compare an order line with every line of the answer that means it (at least one)."""
    parts = [part for each in lines for part in _parts(line, each, answer)]
    response = answer.response.value
    if response in ("received_only", "pending") and all(part.status == "open" for part in parts):
        return LineComparison(line)
    if not line.quantity and all(part.status in REFUSING for part in parts):
        return LineComparison(line, tuple(parts))  # the buyer deleted the line, and the supplier says so
    cases: list[Case] = []
    changes: list[str] = []
    foreign = any(other_item(line.ids, each.item) for each in lines)
    if foreign and not any(part.status == "substituted" for part in parts):
        cases.append(_foreign_case(line, lines, subject))
    for part in parts:
        cases.extend(_by_status(line, part, response, subject))
    comparable = all(_same_unit(line.uom, part.uom) for part in parts if part.quantity is not None)
    if not comparable:
        cases.append(_unit_case(line, parts, subject))
    else:
        for name, found in (
            ("quantity", _quantity(line, parts, tolerances, subject)),
            ("price", _price(line, parts, tolerances, subject)),
        ):
            if found is not None:
                changes.append(name)
                cases.extend(found)
    apply_date, found = _date(line, parts, tolerances, subject)
    if found is not None:
        changes.append("date")
        cases.extend(found)
    # A line that is not answered as one delivery of what was ordered is a person's: nothing of it is applied.
    whole = comparable and not foreign and all(part.status in CONFIRMING for part in parts)
    if not whole or response in ("counter_offer", "rejected", "other"):
        apply_date = None
    return LineComparison(
        line, tuple(_refined(part, changes) for part in parts), tuple(changes), apply_date, tuple(cases)
    )


def _parts(line: OrderLineFacts, answered: AnsweredLine, answer: SupplierAnswer) -> list[Part]:
    """The responses of an answered line; without any, the line itself as the header means it."""
    if not answered.responses:
        header = {"rejected": "rejected", "received_only": "open", "pending": "open"}.get(
            answer.response.value, "changed"
        )
        return [_part(Response(status=Code(value=header)), answered, answer, only=True)]
    parts = [_part(each, answered, answer, only=len(answered.responses) == 1) for each in answered.responses]
    backordered = any(part.status == "backordered" for part in parts)
    out: list[Part] = []
    for part in parts:
        if part.status == "partial_backorder" and part.quantity is not None:
            # BP alone confirms its quantity and backorders the rest; beside IB it is what is confirmed.
            out.append(replace(part, status="accepted"))
            rest = line.quantity - part.quantity
            if not backordered and rest > 0 and _same_unit(line.uom, part.uom):
                out.append(Part("backordered", rest, line.uom))
        elif part.status == "partial_backorder":
            out.append(replace(part, status="backordered"))
        else:
            out.append(part)
    return out


def _part(response: Response, answered: AnsweredLine, answer: SupplierAnswer, *, only: bool) -> Part:
    quantity = response.quantity or (answered.ordered if only and response.status.value not in REFUSING else None)
    price = response.price or answered.price
    mark = response.date
    return Part(
        status=response.status.value,
        quantity=quantity.value if quantity else None,
        uom=_uom(quantity),
        date=mark.on if mark else None,
        date_kind=mark.kind.value if mark else "",
        price=_per_unit(price),
        currency=(price.currency if price else None) or answer.currency or "",
        substitute=", ".join(f"{each.scheme} {each.value}" for each in response.substitute.ids)
        if response.substitute
        else "",
        reason=response.reason or "",
    )


def _uom(quantity: Quantity | None) -> str:
    return quantity.uom.value if quantity and quantity.uom else ""


def _per_unit(price: Price | None) -> Decimal | None:
    """The price of one unit; what `basis` the supplier names beside it is not judged."""
    if price is None:
        return None
    return price.amount / price.per_quantity if price.per_quantity else price.amount


def _same_unit(ours: str, theirs: str) -> bool:
    """A unit that was not sent is ours; conversion needs pack factors, which nobody guesses."""
    return not theirs or ours == theirs or (ours in _SINGLE and theirs in _SINGLE)


def _refined(part: Part, changes: Sequence[str]) -> Part:
    if part.status != "changed":
        return part
    if not changes:
        return replace(part, status="accepted")
    return replace(part, status=_REFINED[changes[0]]) if len(changes) == 1 else part


# The comparisons. Each gives None when nothing differs, else the cases of the difference (none: inside tolerance).


def _quantity(line: OrderLineFacts, parts: Sequence[Part], tolerances: Tolerances, subject: str) -> list[Case] | None:
    if all(part.status in REFUSING for part in parts):
        return None
    stated = [part.quantity for part in parts if part.quantity is not None]
    if not stated:
        if not any(part.status == "quantity_changed" for part in parts):
            return None
        total, actual = None, "not stated"
    else:
        if len(stated) < len(parts):
            return None  # a part without a quantity stands for the rest
        total = sum(stated, Decimal(0))
        actual = _measure(total, line.uom)
    if total == line.quantity:
        return None
    if total is not None and tolerances.quantity_holds(line.quantity, total):
        return []
    sentence = f"Line {line.name}: ordered {_measure(line.quantity, line.uom)}, confirmed {actual}."
    difference = None if total is None else abs(total - line.quantity)
    return [
        _decision("quantity.changed", sentence, line, subject, _measure(line.quantity, line.uom), actual, difference)
    ]


def _price(line: OrderLineFacts, parts: Sequence[Part], tolerances: Tolerances, subject: str) -> list[Case] | None:
    prices = [(part.price, part.currency) for part in parts if part.price is not None and part.status not in REFUSING]
    expected = "no price" if line.price is None else _money(line.price, line.currency)
    if not prices and any(part.status == "price_changed" for part in parts):
        sentence = f"Line {line.name}: the supplier changes the price of {expected} and states no other."
        return [_decision("price.changed", sentence, line, subject, expected, "not stated")]
    if line.price is None:
        return None
    other = [
        (price, currency)
        for price, currency in prices
        if price != line.price or (currency and line.currency and currency != line.currency)
    ]
    if not other:
        return None
    price, currency = max(other, key=lambda each: abs(each[0] - (line.price or 0)))
    same_currency = not currency or not line.currency or currency == line.currency
    if same_currency and all(tolerances.price.holds(line.price, each) for each, _ in other):
        return []
    actual = _money(price, currency or line.currency)
    sentence = f"Line {line.name}: ordered at {expected}, confirmed at {actual}."
    amount = _cents(abs(price - line.price) * line.quantity) if same_currency else None
    made = _decision("price.changed", sentence, line, subject, expected, actual)
    return [replace(made, amount=amount, currency=line.currency if amount is not None else "")]


def _date(
    line: OrderLineFacts, parts: Sequence[Part], tolerances: Tolerances, subject: str
) -> tuple[dt.date | None, list[Case] | None]:
    """The date that may be applied, and the cases. Several confirmed dates are a split: a person plans it."""
    confirming = [part for part in parts if part.status in CONFIRMING]
    expected = line.date.isoformat() if line.date else "no date"
    dates = sorted({part.delivery for part in confirming if part.delivery is not None})
    if len(dates) > 1:
        actual = ", ".join(
            f"{_measure(part.quantity, part.uom or line.uom)} on {part.delivery}"
            for part in confirming
            if part.delivery
        )
        sentence = f"Line {line.name}: wanted {expected}, confirmed in {len(dates)} deliveries: {actual}."
        return None, [_decision("line.split", sentence, line, subject, expected, actual)]
    if not dates:
        return None, _other_dates(line, confirming, tolerances, subject)
    promised = dates[0]
    if line.date is None or promised == line.date:
        return None, None
    if tolerances.date_holds(line.date, promised):
        return promised, []
    sentence = f"Line {line.name}: wanted {expected}, confirmed for {promised}."
    return None, [_decision("date.outside_tolerance", sentence, line, subject, expected, promised.isoformat())]


def _other_dates(
    line: OrderLineFacts, confirming: Sequence[Part], tolerances: Tolerances, subject: str
) -> list[Case] | None:
    """Answers without a delivery date: a promise to ship is late for certain only after the last day of delivery."""
    expected = line.date.isoformat() if line.date else "no date"
    shipping = [part.date for part in confirming if part.date is not None and part.date_kind in SHIPMENT]
    if line.date and shipping and max(shipping) > tolerances.last_day(line.date):
        sentence = f"Line {line.name}: delivery wanted {expected}, shipment promised for {max(shipping)}."
        return [_decision("date.outside_tolerance", sentence, line, subject, expected, f"shipped {max(shipping)}")]
    if any(part.status == "rescheduled" and part.date is None for part in confirming):
        sentence = f"Line {line.name}: the supplier moves the date of {expected} and states no other."
        return [_decision("date.outside_tolerance", sentence, line, subject, expected, "not stated")]
    return None


# The cases.

_BY_STATUS = {
    "backordered": ("line.backordered", "backordered"),
    "substituted": ("line.substituted", "replaced by another item"),
    "on_hold": ("line.on_hold", "kept on hold"),
    "rejected": ("line.rejected", "rejected"),
    "deleted": ("line.deleted", "deleted"),
}


def _by_status(line: OrderLineFacts, part: Part, response: str, subject: str) -> list[Case]:
    """The case that follows from the status alone."""
    if part.status in CONFIRMING or part.status == "open":
        return []
    if part.status == "rejected" and response == "rejected":
        return []  # the rejected order is one case
    kind, words = _BY_STATUS.get(part.status, ("ack.unclear", "answered in a way that is not agreed"))
    quantity = part.quantity if part.quantity is not None else line.quantity
    actual = f"{_measure(quantity, part.uom or line.uom)} {words}"
    for head, text in (
        ("", part.substitute),
        ("for ", part.date.isoformat() if part.date else ""),
        ("reason: ", part.reason),
    ):
        actual += f", {head}{text}" if text else ""
    sentence = f"Line {line.name}: ordered {_measure(line.quantity, line.uom)}; {actual}."
    comparable = _same_unit(line.uom, part.uom)
    return [
        _decision(
            kind, sentence, line, subject, _measure(line.quantity, line.uom), actual, quantity if comparable else None
        )
    ]


def _foreign_case(line: OrderLineFacts, lines: Sequence[AnsweredLine], subject: str) -> Case:
    expected = item_words(line.ids)
    actual = ", ".join(item_words(each.item.ids) for each in lines if each.item and other_item(line.ids, each.item))
    sentence = f"Line {line.name}: ordered {expected}, the answer names {actual}."
    return _decision("line.substituted", sentence, line, subject, expected, actual)


def _unit_case(line: OrderLineFacts, parts: Sequence[Part], subject: str) -> Case:
    expected = _measure(line.quantity, line.uom)
    actual = ", ".join(_measure(part.quantity, part.uom) for part in parts if part.quantity is not None)
    sentence = f"Line {line.name}: ordered {expected}, answered {actual}; these units cannot be compared."
    return case("unit.unknown", sentence, subject=subject, expected=expected, actual=actual)


def _decision(
    kind: str,
    sentence: str,
    line: OrderLineFacts,
    subject: str,
    expected: str,
    actual: str,
    quantity: Decimal | None = None,
) -> Case:
    """A case the buyer approves or refuses; the money at stake is the quantity concerned at the ordered price."""
    amount = None if quantity is None or line.price is None else _cents(quantity * line.price)
    return case(
        kind,
        sentence,
        subject=subject,
        expected=expected,
        actual=actual,
        actions=DECISION,
        amount=amount,
        currency=line.currency if amount is not None else "",
    )


def _measure(quantity: Decimal | None, uom: str) -> str:
    return f"{'?' if quantity is None else plain(quantity)} {uom}".strip()


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP, _WIDE)


def _money(amount: Decimal, currency: str) -> str:
    return f"{plain(amount)} {currency}".strip()
