"""PutGet: what is written reads back as meant, for events that come from the models, not from the maps.

The negative control removes one binding at a time and expects the law, or the refusal to write, to name the loss.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from edi.documents import OrderAcknowledged, OrderReleased
from edi.documents.exchange import (
    Acknowledgement,
    AnsweredInterchange,
    ElementAnswer,
    GroupAnswer,
    MessageAnswer,
    SegmentAnswer,
    Who,
)
from edi.documents.types import Code, Id, ItemRef
from edi.errors import RenderError
from edi.mapping import load_map
from edi.mapping_runtime import Refused, fit_whole
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import (
    AnswerData,
    Events,
    broken,
    one_date_each,
    placed_charge,
    placed_tax,
    placed_terms,
    put_get,
    reasons_first,
    undetected,
)
from tests.edi.mapping.wire import ROOT

PLACELESS = frozenset({"lines.price.per_quantity"})  # X12 has no place for these; they are refused
# Fields of the events that the maps have no place for yet; they are refused.
ORDER_LATER = frozenset(
    {
        "mark_for", "department", "promotion", "delivery_terms", "carrier", "allowances",
        "payment_terms.type", "payment_terms.basis", "payment_terms.net_due", "payment_terms.day_of_month",
        "payment_terms.discount_percent", "payment_terms.discount_amount", "payment_terms.discount_days",
        "payment_terms.discount_due", "lines.pack", "lines.ship_to", "lines.allowances", "lines.taxes",
        "lines.retail_price",
    }
)  # fmt: skip
ANSWER_LATER = frozenset({"lines.promised_delivery", "lines.responses.changes"})
# N1 demands a name or an id.
PARTIES = ("buyer", "supplier", "ship_to", "bill_to", "mark_for", "ship_from")
NAMED = frozenset({"buyer.name", "supplier.name", "ship_to.name", "bill_to.name"})
ANSWER = frozenset({"lines.responses.price", "lines.responses.substitute.description"})


# A reference of X12 is a kind and a number; what is said of an item besides its description is a text.
NUMBERS_ONLY = frozenset(
    {
        f"{party}references.{name}"
        for party in ("", "lines.", "lines.ship_to.", *(f"{name}." for name in PARTIES))
        for name in ("line", "date")
    }
    | {"lines.item.features.more", "lines.item.more"}
)
REFERENCES = ("order", "order_line", "quotation", "price_list", "customer", "invoice", "delivery_note", "project")
# The 850 has no place for these.
ORDER_PLACELESS = PLACELESS | {
    "delivery_terms.description", "allowances.base", "allowances.sequence", "lines.allowances.base",
    "lines.allowances.sequence", "lines.taxes.category", "lines.taxes.exemption",
    "lines.retail_price.currency", "lines.retail_price.per_quantity", "lines.retail_price.basis",
    "lines.gross_price.currency", "lines.gross_price.per_quantity", "lines.gross_price.basis",
    "allowances.taxes", "lines.allowances.taxes", "taxes.category", "taxes.exemption", "lines.free",
    "notes.more", "lines.notes.more",
    *NUMBERS_ONLY,
}  # fmt: skip
# FOB03 needs FOB02, SAC needs a code, TXI an amount, ITD a time for its discount.
ORDER_ALWAYS = NAMED | {
    "ship_from.name", "mark_for.name", "lines.ship_to.name", "order.date", "lines.schedules.quantity.uom",
    "lines.splits.quantity.uom",
    "carrier.name", "delivery_terms.function", "allowances.code", "lines.allowances.code",
    "payment_terms.discount_days", "lines.taxes.type", "lines.taxes.amount", "lines.taxes.rate",
    "taxes.type", "taxes.amount", "taxes.rate",
}  # fmt: skip
ORDER_CODES = {
    "type": ("standalone", "blanket", "release", "rush", "consignment"),
    "delivery_terms.function": ("origin", "destination"),
    "delivery_terms.payment": ("prepaid", "prepaid_and_charged", "collect", "third_party", "pickup"),
    "carrier.service": ("ground", "next_day"),
    "carrier.mode": ("road", "air", "sea", "parcel"),
    "payment_terms.type": ("basic", "end_of_month", "fixed_date"),
    "payment_terms.basis": ("invoice_date", "delivered"),
    "allowances.code": ("freight", "discount", "handling"),
    "taxes.type": ("vat", "sales", "goods_and_services"),
    "references.kind": REFERENCES,
    "features.kind": ("colour", "size"),
    "answer_requested": ("none", "receipt", "details", "changes"),
}


def _placed(data: OrderReleased) -> OrderReleased:
    """Amounts in cents, whole packs, the carrier by its own code."""
    lines = tuple(
        line.model_copy(
            update={
                "pack": line.pack and line.pack.to_integral_value(),
                "allowances": tuple(map(placed_charge, line.allowances, count())),
                "taxes": tuple(map(placed_tax, line.taxes)),
            }
        )
        for line in data.lines
    )
    scac = (Id(scheme="scac", value="ODFL"),)
    changes = {
        "lines": lines,
        "allowances": tuple(map(placed_charge, data.allowances, count())),
        "carrier": data.carrier and data.carrier.model_copy(update={"ids": scac}),
        "payment_terms": data.payment_terms and placed_terms(data.payment_terms),
    }
    return one_date_each(data.model_copy(update=changes))


ORDERS_X12 = Events(
    events(OrderReleased, rare=True, without=ORDER_PLACELESS, always=ORDER_ALWAYS, codes=ORDER_CODES).map(_placed)
)


def acknowledgements(**how: Any) -> Events:
    """Answers to orders; reasons only with the first answer of a line, as documents have one place for them."""
    return Events(events(OrderAcknowledged, **how).map(reasons_first))


ANSWERS_X12 = acknowledgements(
    rare=True,
    without=PLACELESS
    | ANSWER
    | NUMBERS_ONLY
    | {
        "lines.responses.changes", "lines.responses.reason_code", "lines.responses.substitute.features",
        "lines.responses.substitute.more",
        "lines.gross_price.currency", "lines.gross_price.per_quantity", "lines.gross_price.basis",
        "notes.more", "lines.notes.more",
    },
    always=NAMED | {"order.date", "lines.responses.quantity.uom"},
    codes={"references.kind": REFERENCES, "features.kind": ("colour", "size")},
)  # fmt: skip


def plain_parts(data: AnswerData) -> AnswerData:
    """EDIFACT: one answer of any kind, or parts that are accepted, backordered or rejected, with quantities."""
    lines = []
    for line in data.lines:
        parts = [r.model_copy(update={"substitute": None, "reason": None}) for r in line.responses if r.quantity]
        line = line.model_copy(update={"responses": tuple(parts)})
        lines.append(line)
    return data.model_copy(update={"lines": tuple(lines)})


ONE = ("accepted", "changed", "rejected", "deleted", "rescheduled")
PART = ("accepted", "backordered", "rejected")


def one_answer(data: AnswerData) -> AnswerData:
    lines = tuple(line.model_copy(update={"responses": line.responses[:1]}) for line in data.lines)
    return data.model_copy(update={"lines": lines})


def short(data: Any) -> Any:
    """Before D.01B LIN 1082 is a number, IMD and PAT have 35 places for a text, NAD nine for a postal code."""
    changes: dict[str, Any] = {
        "lines": tuple(
            line.model_copy(
                update={"line_number": line.line_number and str(at), "item": line.item and _described(line.item)}
            )
            for at, line in enumerate(data.lines, 1)
        )
    }
    terms = getattr(data, "payment_terms", None)
    if terms is not None and terms.description:
        changes["payment_terms"] = terms.model_copy(update={"description": terms.description[:35].strip()})
    for name in ("buyer", "supplier", "ship_to", "bill_to"):
        party = getattr(data, name, None)
        if party is not None and party.address is not None and party.address.postal_code:
            code = party.address.postal_code[:9].strip()
            address = party.address.model_copy(update={"postal_code": code})
            changes[name] = party.model_copy(update={"address": address})
    return data.model_copy(update=changes)


def _described(item: ItemRef) -> ItemRef:
    return item.model_copy(update={"description": item.description and item.description[:35].strip()})


CASES = {
    "x12/004010/850@1": ORDERS_X12,
    "x12/004010/855@1": ANSWERS_X12,
    "x12/005010/850@1": ORDERS_X12,
    "x12/005010/855@1": ANSWERS_X12,
}


@pytest.mark.parametrize("reference", CASES)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), CASES[reference]) == []


# Every kind of binding once: plain, date, table, pair, list, loop, first item, note.
CUTS = {
    "x12/004010/855": (
        "BAK04: order.date as date",
        "BAK08: supplier_order_number",
        "CUR02: currency",
        "N301*: address.lines",
        "ACK05: date.on as date",
        "ACK02: quantity.value as decimal",
        "PID05: item.description",
        "MSG01: responses.reason",
        "MG: item.ids.manufacturer",
        "PER02: contact.name",
        "CTT02: totals.quantity as decimal",
    ),
}


@pytest.mark.parametrize("identity", CUTS)
def test_a_map_without_one_binding_breaks_the_law(identity: str, tmp_path: Path) -> None:
    reference = f"{identity}@1"
    assert undetected(reference, CUTS[identity], CASES[reference], tmp_path) == []


def test_acknowledgements_put_get() -> None:
    x12 = load_map("x12/004010/997@1")
    for number, data in enumerate(ACKNOWLEDGEMENTS["997"]):
        assert put_get(x12, data) == "", number
    contrl = load_map("edifact/service/v3/contrl@1")
    for number, data in enumerate(ACKNOWLEDGEMENTS["CONTRL"]):
        assert put_get(contrl, data) == "", number


def _message(**more: Any) -> MessageAnswer:
    return MessageAnswer(
        **{"control": "0001", "type": "850", "outcome": Code(value="rejected"), "codes": ("5",), **more}
    )


_GROUP = GroupAnswer(
    type="PO", control="17", outcome=Code(value="partially_accepted"), included=2, received=2, accepted=1
)
_SEGMENTS = (
    SegmentAnswer(position=9, tag="PO1", loop="PO1", code="8", elements=(
        ElementAnswer(position=2, ref="330", code="6", value="TEN"),
        ElementAnswer(position=3, component=1, code="7"),
    )),
    SegmentAnswer(position=12, tag="CTT", code="3"),
)  # fmt: skip
_INTERCHANGE = AnsweredInterchange(
    control="18", sender=Who(id="4012345000009", qualifier="14"), receiver=Who(id="4012345500004", qualifier="14")
)
ACKNOWLEDGEMENTS = {
    "997": (
        Acknowledgement(kind="997", group=_GROUP, messages=(_message(segments=_SEGMENTS),)),
        Acknowledgement(kind="997", group=_GROUP.model_copy(update={"codes": ("1", "2", "3", "4", "5")})),
        Acknowledgement(kind="997", group=_GROUP, messages=(_message(codes=()), _message(codes=("1", "2", "3", "4")))),
    ),
    "CONTRL": (
        Acknowledgement(kind="CONTRL", interchange=_INTERCHANGE, outcome=Code(value="accepted")),
        Acknowledgement(kind="CONTRL", interchange=_INTERCHANGE, outcome=Code(value="rejected"), code="2"),
        Acknowledgement(
            kind="CONTRL",
            interchange=_INTERCHANGE,
            outcome=Code(value="accepted"),
            messages=(
                _message(type="ORDERS", version="D", release="01B", agency="UN", codes=("13",)),
                _message(type="ORDERS", version="D", release="01B", agency="UN", codes=(), segments=(
                    SegmentAnswer(position=9, elements=(ElementAnswer(position=2, component=1, code="12"),)),
                    SegmentAnswer(position=10, code="15"),
                )),
            ),
        ),
    ),
}  # fmt: skip


PRICED = {"line_number": "1", "item": {}, "ordered": {"value": "1"}, "price": {"amount": "1", "per_quantity": "100"}}
NUMBERED = {"line_number": "1234567", "item": {}, "ordered": {"value": "1"}}


@pytest.mark.parametrize(
    ("reference", "data", "field"),
    [
        ("x12/004010/850@1", {"lines": [PRICED]}, "lines.0.price.per_quantity"),
        ("x12/004010/850@1", {"supplier": {"ids": [{"scheme": "iban", "value": "DE00"}]}}, "supplier.ids.iban"),
        ("x12/004010/850@1", {"contract": "C" * 31}, "contract"),
        ("x12/004010/850@1", {"order": {"number": "P1"}}, "order.date"),
        ("x12/004010/850@1", {"purpose": {"value": "confirmation"}}, "purpose"),
        ("x12/004010/850@1", {"notes": [{"text": "x"}, {"text": "y" * 265}]}, "notes.1.text"),
        ("x12/004010/850@1", {"buyer": {"ids": [{"scheme": "gln", "value": "4012345000000"}]}}, "buyer.ids.gln"),
        ("x12/004010/850@1", {"ship_to": {"name": "DC", "address": {"lines": list("12345")}}}, "ship_to.address.lines"),
        ("edifact/d01b/orders@1", {"lines": [NUMBERED]}, "lines.0.line_number"),
    ],
)
def test_what_a_document_cannot_say_is_refused_with_its_field(reference: str, data: dict[str, Any], field: str) -> None:
    whole = {"order": {"number": "P1", "date": "2026-11-20"}, "purpose": {"value": "original"}, "lines": [], **data}
    with pytest.raises(RenderError) as refused:
        load_map(reference).write(OrderReleased.model_validate(whole))
    assert refused.value.field == field
    assert field in str(refused.value)


LETTERED = {"line_number": "1A", "item": {}, "ordered": {"value": "1"}}


@pytest.mark.parametrize(
    ("reference", "folder", "data", "field", "sentence"),
    [
        ("edifact/d96a/orders@1", "", {"lines": [LETTERED]}, "lines.0.line_number", "expected a number"),
        (
            "acme/850@1",
            "acme",
            {"lines": [{**NUMBERED, "ordered": {"value": "1", "uom": {"value": "KGM"}}}]},
            "lines.0.ordered.uom",
            "expected one of CA, DZ, EA",
        ),
        ("nordwerk/orders@1", "nordwerk", {"order": {"number": "P" * 18}}, "order.number", "1 to 17 characters"),
        ("x12/004010/850@1", "", {"totals": {"quantity": "12345678901"}}, "totals.quantity", "1 to 10 digits"),
    ],
)
def test_a_value_no_element_may_hold_is_refused_before_it_is_written(
    reference: str, folder: str, data: dict[str, Any], field: str, sentence: str
) -> None:
    """A letter in a number, a code the guide does not have, a value too long: the refusal names the field."""
    order = {"number": "P1", "date": "2026-11-20", **data.get("order", {})}
    parties = {"buyer": {"name": "B"}, "supplier": {"name": "S", "ids": [{"scheme": "buyer", "value": "10045"}]}}
    whole = {"purpose": {"value": "original"}, "lines": [], **parties, **data, "order": order}
    map_ = load_map(reference, ROOT / "partners" / folder if folder else None)
    with pytest.raises(RenderError) as refused:
        map_.write(OrderReleased.model_validate(whole))
    assert refused.value.field == field
    assert refused.value.element
    assert sentence in str(refused.value)


def test_a_fraction_has_no_place_in_a_whole_number() -> None:
    with pytest.raises(Refused) as refused:
        fit_whole("1.5", 1, 6, 7)
    assert (refused.value.code, refused.value.row, refused.value.value) == ("write.not-invertible", 7, "1.5")
    assert [fit_whole(text, 1, 6, 7) for text in ("15", "-15", "")] == ["15", "-15", ""]


NOW = {"status": {"value": "accepted"}, "quantity": {"value": "8"}}
LATE = {"status": {"value": "backordered"}, "quantity": {"value": "2"}, "reason": "late"}
GONE = {"status": {"value": "deleted"}, "quantity": {"value": "2"}}


@pytest.mark.parametrize(
    ("responses", "field"),
    [
        ([{"status": {"value": "price_changed"}}], "lines.0.responses.status"),
        ([NOW, LATE], "lines.0.responses.1.reason"),
        ([NOW, GONE], "lines.0.responses.1.status"),
        ([{"status": {"value": "substituted"}}], "lines.0.responses.0.status"),
    ],
)
def test_an_answer_edifact_cannot_give_is_refused(responses: list[dict[str, Any]], field: str) -> None:
    data = OrderAcknowledged.model_validate(
        {"order": {"number": "P1"}, "response": {"value": "accepted"}, "lines": [{"responses": responses}]}
    )
    with pytest.raises(RenderError) as refused:
        load_map("edifact/d01b/ordrsp@1").write(data)
    assert refused.value.field == field


def test_a_known_raw_code_is_written_again() -> None:
    lines = [{"responses": [{"status": {"value": "rejected", "raw": "R2"}}]}]
    data = {"order": {"number": "P1", "date": "2026-11-20"}, "lines": lines}
    map_ = load_map("x12/004010/855@1")
    written = {
        raw: map_.write(OrderAcknowledged.model_validate({**data, "response": {"value": "rejected", "raw": raw}}))
        for raw in ("RD", "AD", "??")
    }
    assert {raw: segments[0][2] for raw, segments in written.items()} == {"RD": "RD", "AD": "RJ", "??": "RJ"}
    assert ["ACK", "R2"] in written["RD"]
