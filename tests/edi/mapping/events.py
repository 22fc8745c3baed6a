"""Events for the laws, made from the models of the events and never from a map.

A model gives the fields and the values an open list is known to have; the lengths a document has for texts and the
codes that trade uses are added here. `without` names fields a document has no place for and therefore refuses; each
such refusal has a test of its own. Packages in packages are made down to DEPTH.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st

from edi.documents.types import Data, Id, Moment
from edi.event_fields import Field, fields
from edi.event_maker import with_check_digit

# Lengths that both syntaxes have room for; the name of the field decides, its path where it needs more.
LENGTHS = {
    "number": 22, "release": 30, "revision": 6, "line_number": 6, "name": 35, "lines": 35, "city": 30,
    "region": 2, "postal_code": 15, "country": 2, "phone": 40, "email": 40, "description": 80, "text": 200,
    "contract": 30, "supplier_order_number": 30, "supplier_reference": 30, "reason": 80, "value": 30, "language": 3,
    "basis": 2, "kind": 10, "variant": 20, "ssccs": 18, "lots": 20, "serials": 20,
}  # fmt: skip
SHORTEST = {
    "region": 2,
    "country": 2,
    "city": 2,
    "postal_code": 3,
    "currency": 3,
    "basis": 2,
    "language": 2,
    "value": 2,
    "site": 2,
}
USUAL_LENGTH = 20  # of texts that have no other
DEPTH = 3
CODES: Mapping[str, tuple[str, ...]] = {
    "party ids": ("gln", "buyer", "supplier", "duns", "vat"),
    "item ids": ("gtin", "buyer", "supplier", "manufacturer"),
    "uom": ("EA", "C62", "DZN", "KGM", "MTR", "HUR"),
    "type": ("standalone", "blanket", "release", "rush", "consignment"),
    "purpose": ("original", "cancel", "change", "replace"),
    "response": ("accepted", "accepted_with_changes", "accepted_with_exceptions", "pending", "rejected"),
    "kind": ("requested_delivery", "requested_ship", "cancel_after", "earliest", "latest"),
    "date.kind": ("promised_delivery", "promised_ship"),
    "status": ("accepted", "quantity_changed", "price_changed", "rescheduled", "changed", "backordered", "substituted",
               "on_hold", "rejected", "deleted"),
}  # fmt: skip

# Fields that only some documents have a place for: made where `rare` asks for them.
RARE = frozenset(
    {
        "Party.more_names", "Party.references", "Contact.fax", "ItemRef.features", "ItemRef.more", "Note.more",
        "AllowanceCharge.taxes", "OrderHeader.taxes", "OrderHeader.ship_from", "OrderHeader.references",
        "OrderHeader.answer_requested", "OrderLine.gross_price", "OrderLine.net_amount", "OrderLine.free",
        "OrderLine.references", "OrderLine.retail_price",
        "Response.reason_code", "AnsweredLine.gross_price", "AnsweredLine.references",
        "Answer.bill_to", "Answer.references", "Answer.dates",
        "InvoiceLine.gross_price", "InvoiceLine.delivered", "InvoiceLine.free",
        "InvoiceLine.period", "InvoiceLine.references", "InvoiceTotals.due", "Invoice.ship_from", "Invoice.mark_for",
        "Invoice.references",
    }
)  # fmt: skip

# Absent only in bad documents, and then written by none.
USUAL = frozenset({"Reference.number", "Feature.text"})

# What a code may be where neither its field nor CODES says so.
SOME_CODE = ("normal", "special")

_WORD = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ abcdefghijkmnopqrstuvwxyz0123456789-./,", min_size=1, max_size=200)


def texts(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    """Text without separators of either syntax and without spaces at its ends."""
    return (
        _WORD.map(lambda text: text[:longest].strip())
        .map(lambda text: text if len(text) >= shortest else (text + "AB1")[:shortest].ljust(shortest, "X"))
        .map(lambda text: "A" + text[1:] if text.strip(" ") != text or not text else text)
    )


IDENTIFIERS = {
    "gtin": st.integers(1, 10**13 - 1).map(lambda n: with_check_digit(f"{n:013d}")),
    "gln": st.integers(0, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012d}")),
}


SSCCS = st.integers(0, 10**17 - 1).map(lambda n: with_check_digit(f"{n:017d}"))
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31))
MOMENTS = st.tuples(DAYS, st.sampled_from(["", "T00:00", "T10:30", "T23:59"])).map(lambda m: m[0].isoformat() + m[1])


def decimals(places: int = 4) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(0), Decimal(99999), places=places, allow_nan=False, allow_infinity=False)


def events(
    model: type[Data],
    *,
    without: frozenset[str] = frozenset(),
    always: frozenset[str] = frozenset(),
    codes: Mapping[str, tuple[str, ...]] | None = None,
    rare: bool = False,
) -> st.SearchStrategy[Any]:
    """Instances of an event's model. Paths are dotted, without list positions."""
    left_out = without if rare else without | frozenset(_rare(model))
    return _instances(model, "", left_out, always, {**CODES, **(codes or {})})


def _rare(model: type[Data], path: str = "", above: tuple[type[Data], ...] = ()) -> Iterator[str]:
    """The paths of RARE fields in an event."""
    for name, field in fields(model).items():
        here = f"{path}.{name}" if path else name
        if any(f"{base.__name__}.{name}" in RARE for base in model.__mro__):
            yield here
        elif field.model is not None and above.count(field.model) < DEPTH:
            yield from _rare(field.model, here, (*above, model))


def _instances(
    model: type[Data],
    path: str,
    without: frozenset[str],
    always: frozenset[str],
    codes: Mapping[str, tuple[str, ...]],
    above: tuple[type[Data], ...] = (),
) -> st.SearchStrategy[Any]:
    made: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in fields(model).items():
        here = f"{path}.{name}" if path else name
        if here in without or (field.model is not None and above.count(field.model) >= DEPTH):
            continue
        value = _one(name, here, field, model, without, always, codes, (*above, model))
        if field.many:
            longest = {"lines": 4}.get(name, 3) if model not in above else 1
            made[name] = st.lists(value, min_size=int(field.required), max_size=longest).map(tuple)
            if field.kind == "id":
                made[name] = made[name].map(_one_per_scheme)
        elif field.required or here in always or f"{model.__name__}.{name}" in USUAL:
            made[name] = value
        else:
            made[name] = st.none() | value
    return st.fixed_dictionaries(made).map(model.model_validate)


def _one(
    name: str,
    here: str,
    field: Field,
    model: type[Data],
    without: frozenset[str],
    always: frozenset[str],
    codes: Mapping[str, tuple[str, ...]],
    above: tuple[type[Data], ...],
) -> st.SearchStrategy[Any]:
    info = model.model_fields[name]
    if field.kind == "object" and field.model is not None:
        return _instances(field.model, here, without, always, codes, above)
    if field.kind == "code":
        extra = info.json_schema_extra
        listed = extra.get("x-values") if isinstance(extra, dict) else None
        named = (codes[key] for key in (here, ".".join(here.split(".")[-2:]), name) if key in codes)
        values = next(named, listed or SOME_CODE)
        return st.sampled_from(list(values)).map(lambda value: {"value": value})
    if field.kind == "id":
        key = "item ids" if here.split(".")[-2] in ("item", "substitute") else "party ids"
        return st.sampled_from(codes[key]).flatmap(_identifier)
    if field.kind == "decimal":
        return decimals(0 if name == "per_quantity" else 4)
    if field.kind == "integer":
        return st.integers(0, 999)
    if field.kind == "boolean":
        return st.booleans()
    if field.kind == "date":
        return DAYS
    if Moment in (info.annotation, *get_args(info.annotation)) or info.metadata == list(Moment.__metadata__):
        return MOMENTS
    literal = [value for part in (info.annotation, *get_args(info.annotation)) for value in _literals(part)]
    if literal:
        return st.sampled_from(literal)
    if name == "currency":
        return st.sampled_from(["EUR", "USD", "GBP"])
    if name == "incoterm":
        return st.sampled_from(["EXW", "FCA", "CIF", "DDP"])
    if name == "ssccs":
        return SSCCS
    longest = 20 if here.endswith("address.lines") else LENGTHS.get(name, USUAL_LENGTH)
    if here == "order.number":
        longest = 17
    return texts(longest, SHORTEST.get(name, 1))


def _literals(annotation: Any) -> tuple[str, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _identifier(scheme: str) -> st.SearchStrategy[Id]:
    known = IDENTIFIERS.get(scheme, texts(LENGTHS["value"], 2))
    return known.map(lambda value: Id(scheme=scheme, value=value))


def _one_per_scheme(ids: tuple[Id, ...]) -> tuple[Id, ...]:
    return tuple({known.scheme: known for known in ids}.values())
