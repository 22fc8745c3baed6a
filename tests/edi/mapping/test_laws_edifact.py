"""PutGet of EDIFACT orders and their answers, with every field they have a place for; the law itself: test_laws.py.

Not here: INVOIC (test_laws_invoic.py). The events come from the models; `without` names what the documents cannot say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from edi.documents import ChangeAcknowledged, OrderAcknowledged, OrderReleased
from edi.documents.types import Party
from edi.mapping import load_map
from tests.edi.mapping.events import events
from tests.edi.mapping.laws import (
    Events,
    as_edifact_has_it,
    broken,
    everywhere,
    numbered,
    reasons_first,
    undetected,
)
from tests.edi.mapping.test_laws import ANSWER, ANSWER_LATER, ONE, PART, one_answer, plain_parts
from tests.edi.mapping.test_laws_change import ANSWERS_EDIFACT as ANSWERS_TO_CHANGES

SHARED_CODES = {
    "party ids": ("gln", "buyer", "supplier", "duns", "vat", "san"),
    "item ids": ("gtin", "buyer", "supplier", "manufacturer", "isbn", "issn"),
    "references.kind": ("order_line", "quotation", "price_list", "project", "party"),
    "features.kind": ("title", "author", "colour", "size"),
    "payment_terms.type": ("basic", "end_of_month", "fixed_date"),
    "payment_terms.basis": ("invoice_date", "order_date"),
    "function": ("delivery", "despatch"),
    "allowances.code": ("freight", "discount", "handling"),
    "taxes.type": ("vat", "goods_and_services", "excise"),
    "taxes.category": ("standard", "zero", "exempt"),
    "mode": ("road", "rail", "sea"),
}
# ORDERS has no place for these; they are refused.
_CHARGE = ("allowances.taxes.exemption", "taxes.exemption")
PLACELESS = frozenset(
    {
        "department", "carrier.service", "lines.retail_price", "payment_terms.day_of_month",
        *_CHARGE, *(f"lines.{path}" for path in _CHARGE),
    }
)  # fmt: skip
# A place that is read before the others needs its first value, or another would stand in it.
ALWAYS = frozenset({"order.date", "contract", "promotion", "delivery_terms.function"})

ORDERS = Events(
    events(OrderReleased, without=PLACELESS, always=ALWAYS, codes=SHARED_CODES, rare=True).map(
        lambda data: everywhere(data, as_edifact_has_it)
    )
)


_NEVER = frozenset({"lines.responses.substitute.features", "lines.responses.substitute.more"})


def _without_codes(data: OrderAcknowledged) -> OrderAcknowledged:
    """Parts of a line have no reasons."""
    bare = [
        {"responses": tuple(r.model_copy(update={"reason_code": None}) for r in line.responses)} for line in data.lines
    ]
    lines = tuple(line.model_copy(update=new) for line, new in zip(data.lines, bare, strict=True))
    return data.model_copy(update={"lines": lines})


ANSWERS = Events(
    st.sampled_from([ONE, PART])
    .flatmap(
        lambda statuses: events(
            OrderAcknowledged,
            without=ANSWER | ANSWER_LATER | _NEVER | {"order.revision"},  # with it, it is an answer to a change
            always=frozenset({"order.date", "acknowledged_on", "supplier_order_number"}),
            codes={**SHARED_CODES, "status": statuses, "reason_code": ("IB", "OP")},
            rare=True,
        ).map(lambda data: _without_codes(plain_parts(data)) if statuses is PART else one_answer(data))
    )
    .map(reasons_first)
    .map(lambda data: everywhere(data, as_edifact_has_it))
)


def eancom(data: Any) -> Any:
    """EANCOM names parties by GLN or by own codes only."""
    return everywhere(data, _named)


def _named(part: Any) -> Any:
    if not isinstance(part, Party):
        return part
    return part.model_copy(update={"ids": tuple(one for one in part.ids if one.scheme not in ("duns", "san"))})


def _answered(data: ChangeAcknowledged) -> ChangeAcknowledged:
    """EANCOM demands the number of the answer."""
    return data.model_copy(update={"supplier_order_number": data.supplier_order_number or "SO-1"})


CASES = {
    "edifact/d01b/orders@1": ORDERS,
    "edifact/d01b/ordrsp@1": ANSWERS,
    "edifact/d01b-eancom/orders@1": ORDERS.map(eancom),
    "edifact/d01b-eancom/ordrsp@1": (ANSWERS | ANSWERS_TO_CHANGES.map(_answered)).map(eancom),
    "edifact/d96a/orders@1": ORDERS.map(numbered),
    "edifact/d96a/ordrsp@1": ANSWERS.map(numbered),
    "edifact/d96a-eancom/orders@1": ORDERS.map(numbered).map(eancom),
    "edifact/d96a-eancom/ordrsp@1": (ANSWERS | ANSWERS_TO_CHANGES.map(_answered)).map(numbered).map(eancom),
}


@pytest.mark.parametrize("reference", CASES)
def test_put_get(reference: str) -> None:
    assert broken(load_map(reference), CASES[reference]) == []


# Every kind of binding once, with the fields that few documents have.
CUTS = {
    "edifact/d01b/orders": (
        "DTM01-2: on as dtm 102", "NAD06: address.city", "PRI01-5: price.per_quantity as decimal", "FTX05: language",
        "COM01-1: contact.email", "RFF01-2: ids.vat", "BGM02-2: order.revision", "RFF01-3: line",
        "NAD04-2*: more_names", "FTX04-2*: more", "IMD03-5: more", "PRI01-2: gross_price.amount as decimal",
        "QTY01-2: pack as decimal", "TDT05-4: name", "TOD02: delivery_terms.payment via freight",
        "PCD01-2: payment_terms.discount_percent as percent", "BGM04: answer_requested via answer",
        "MOA01-2: net_amount as decimal", "LOC02-1: site", "TAX06: category via tax_category",
    ),
    "edifact/d96a/ordrsp": (
        "FTX03-1: responses.reason_code via reason", "RFF01-1: kind via reference_kind", "IMD03-4: text",
        "PRI01-4: gross_price.basis", "COM01-1: contact.fax", "IB: item.ids.isbn", '"31B": ids.san',
        "QTY01-3: quantity.uom via uom", "DTM01-2: responses.date.on as dtm 102", "RFF01-2: supplier_reference",
    ),
}  # fmt: skip


@pytest.mark.parametrize("identity", CUTS)
def test_a_map_without_one_binding_breaks_the_law(identity: str, tmp_path: Path) -> None:
    reference = f"{identity}@1"
    assert undetected(reference, CUTS[identity], CASES[reference], tmp_path) == []
