"""An acknowledgement against its order: tables of answers, at, below and above each limit."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edi.documents import ChangeAcknowledged
from edi.documents.types import Id
from gateway.exceptions import KINDS, case
from gateway.matching import Comparison, OrderLineFacts, Tolerances, compare
from tests.destinations.world import answer

DAY = dt.date(2026, 12, 1)
LINE = OrderLineFacts(
    number="675",
    quantity=Decimal(100),
    uom="EA",
    price=Decimal("10.00"),
    currency="USD",
    date=DAY,
    ids=(
        Id(scheme="buyer", value="EDI-A"),
        Id(scheme="supplier", value="V-A"),
        Id(scheme="gtin", value="04012345000016"),
    ),
)
OTHER = OrderLineFacts("676", Decimal(5), "EA", Decimal(2), "USD", DAY, (Id(scheme="buyer", value="EDI-B"),))


def _compared(response: str, *lines: Mapping[str, Any], order: Any = (LINE,), **tolerances: Any) -> Comparison:
    return compare(order, answer("P1", response, lines), Tolerances.model_validate(tolerances))


def _kinds(found: Comparison) -> list[str]:
    return [each.kind for each in found.cases]


def _line(**part: Any) -> dict[str, Any]:
    return {"number": "675", **part}


# The header, and the lines it leaves out.

HEADERS = [
    ("accepted", "accepted", []),
    ("accepted_with_exceptions", "accepted", []),
    ("accepted_with_changes", "open", ["ack.lines_missing"]),
    ("counter_offer", "open", ["ack.counter_offer", "ack.lines_missing"]),
    ("received_only", "open", []),
    ("pending", "open", []),
    ("rejected", "rejected", ["ack.rejected"]),
    ("other", "open", ["ack.unclear"]),
    ("something_new", "open", ["ack.unclear"]),
]


@pytest.mark.parametrize(("response", "status", "kinds"), HEADERS)
def test_a_line_left_out_means_what_the_header_says(response: str, status: str, kinds: list[str]) -> None:
    found = _compared(response)
    assert (found.lines[0].status, _kinds(found)) == (status, kinds)
    assert found.accepting is response.startswith("accepted")
    assert all(part.implied for part in found.lines[0].parts)


def test_a_line_without_an_answer_of_its_own_is_compared_as_it_is_echoed() -> None:
    echo = {"number": "675", "ordered": 90, "price": "10"}
    assert _kinds(_compared("accepted_with_changes", echo)) == ["quantity.changed"]
    assert _compared("accepted_with_changes", {**echo, "ordered": 100}).lines[0].status == "accepted"
    assert _compared("rejected", echo).lines[0].status == "rejected"
    assert _compared("pending", echo).lines[0].status == "open"


def test_a_contradicting_line_is_a_case_and_the_line_counts() -> None:
    found = _compared("accepted", _line(status="rejected"))
    assert sorted(_kinds(found)) == ["ack.contradiction", "line.rejected"]
    found = _compared("rejected", _line(status="accepted", qty=100))
    assert sorted(_kinds(found)) == ["ack.contradiction", "ack.rejected"]
    assert found.lines[0].status == "accepted"
    assert found.lines[0].apply_date is None


def test_a_rejected_order_is_one_case_even_when_it_names_its_lines() -> None:
    assert _kinds(_compared("rejected", _line(status="rejected", reason="closed"))) == ["ack.rejected"]


# Dates.

DATES = [
    ("2026-12-01", {}, None, []),
    ("2026-12-02", {}, None, ["date.outside_tolerance"]),
    ("2026-12-04", {"date_late_days": 3}, dt.date(2026, 12, 4), []),
    ("2026-12-05", {"date_late_days": 3}, None, ["date.outside_tolerance"]),
    ("2026-11-26", {"date_early_days": 5}, dt.date(2026, 11, 26), []),
    ("2026-11-25", {"date_early_days": 5}, None, ["date.outside_tolerance"]),
    ("2026-11-30", {"date_late_days": 3}, None, ["date.outside_tolerance"]),
]


@pytest.mark.parametrize(("date", "tolerances", "applied", "kinds"), DATES)
def test_a_date_is_applied_up_to_the_limit(
    date: str, tolerances: dict[str, int], applied: dt.date | None, kinds: list[str]
) -> None:
    found = _compared("accepted_with_changes", _line(status="rescheduled", qty=100, date=date), **tolerances)
    assert (found.lines[0].apply_date, _kinds(found)) == (applied, kinds)


def test_a_quantity_to_decide_does_not_keep_a_date_from_being_applied() -> None:
    found = _compared("accepted_with_changes", _line(status="changed", qty=80, date="2026-12-02"), date_late_days=1)
    assert (found.lines[0].apply_date, found.lines[0].changes) == (dt.date(2026, 12, 2), ("quantity", "date"))
    assert found.lines[0].status == "changed"


def test_a_ship_date_is_never_applied_and_is_late_after_the_last_day_only() -> None:
    for date, kinds in (("2026-12-02", []), ("2026-12-04", []), ("2026-12-05", ["date.outside_tolerance"])):
        part = _line(status="accepted", qty=100, date=date, kind="promised_ship")
        found = _compared("accepted_with_changes", part, date_late_days=3)
        assert (found.lines[0].apply_date, _kinds(found)) == (None, kinds)


def test_a_change_without_its_value_is_a_case() -> None:
    assert _kinds(_compared("accepted_with_changes", _line(status="rescheduled", qty=100))) == [
        "date.outside_tolerance"
    ]
    assert _kinds(_compared("accepted_with_changes", _line(status="price_changed", qty=100))) == ["price.changed"]
    assert _kinds(_compared("accepted_with_changes", _line(status="quantity_changed"))) == ["quantity.changed"]


# Quantities.

QUANTITIES = [
    (100, {}, []),
    (99, {}, ["quantity.changed"]),
    (95, {"quantity_under": "5%"}, []),
    ("94.99", {"quantity_under": "5%"}, ["quantity.changed"]),
    (105, {"quantity_over": "5%"}, []),
    (106, {"quantity_over": 5}, ["quantity.changed"]),
    (105, {"quantity_over": 5}, []),
    (95, {"quantity_over": "5%"}, ["quantity.changed"]),
    (105, {"quantity_under": "5%"}, ["quantity.changed"]),
]


@pytest.mark.parametrize(("quantity", "tolerances", "kinds"), QUANTITIES)
def test_quantities_at_below_and_above_the_limit(quantity: Any, tolerances: dict[str, Any], kinds: list[str]) -> None:
    found = _compared("accepted_with_changes", _line(status="quantity_changed", qty=quantity), **tolerances)
    assert _kinds(found) == kinds
    assert found.lines[0].changes == (() if quantity == 100 else ("quantity",))


def test_the_case_says_what_it_costs() -> None:
    (found,) = _compared("accepted_with_changes", _line(status="quantity_changed", qty=80)).cases
    assert (found.expected, found.actual, found.amount, found.currency) == ("100 EA", "80 EA", Decimal(200), "USD")
    assert (found.subject, found.role, found.actions) == ("po/P1/675", "buyer", ("approve", "refuse"))


BACKORDERS = [
    ("bp alone", [{"status": "partial_backorder", "qty": 80}]),
    ("ia and ib", [{"status": "accepted", "qty": 80}, {"status": "backordered", "qty": 20}]),
    ("bp and ib", [{"status": "partial_backorder", "qty": 80}, {"status": "backordered", "qty": 20}]),
]


@pytest.mark.parametrize(("name", "parts"), BACKORDERS)
def test_a_partial_backorder_is_one_decision_in_each_dialect(name: str, parts: list[dict[str, Any]]) -> None:
    found = _compared("accepted_with_changes", {"number": "675", "parts": parts})
    assert _kinds(found) == ["line.backordered"], name
    assert [(part.status, part.quantity) for part in found.lines[0].parts] == [
        ("accepted", Decimal(80)),
        ("backordered", Decimal(20)),
    ]
    assert found.cases[0].amount == 200


def test_nothing_of_a_backordered_line_is_applied() -> None:
    parts = [{"status": "accepted", "qty": 80, "date": "2026-12-02"}, {"status": "backordered", "qty": 20}]
    found = _compared("accepted_with_changes", {"number": "675", "parts": parts}, date_late_days=3)
    assert found.lines[0].apply_date is None


def test_a_split_delivery_is_a_decision() -> None:
    parts = [
        {"status": "accepted", "qty": 60, "date": "2026-12-01"},
        {"status": "accepted", "qty": 40, "date": "2026-12-03"},
    ]
    found = _compared("accepted_with_changes", {"number": "675", "parts": parts}, date_late_days=5)
    assert (_kinds(found), found.lines[0].apply_date) == (["line.split"], None)
    assert "60 EA on 2026-12-01, 40 EA on 2026-12-03" in found.cases[0].sentence


def test_two_lines_of_an_answer_for_one_order_line_are_its_parts() -> None:
    found = _compared("accepted_with_changes", _line(status="accepted", qty=60), _line(status="accepted", qty=40))
    assert (_kinds(found), len(found.lines[0].parts)) == ([], 2)


STATUSES = [
    ("rejected", "line.rejected"),
    ("deleted", "line.deleted"),
    ("on_hold", "line.on_hold"),
    ("backordered", "line.backordered"),
    ("substituted", "line.substituted"),
    ("other", "ack.unclear"),
    ("never_seen", "ack.unclear"),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_statuses_that_are_a_decision_by_themselves(status: str, kind: str) -> None:
    found = _compared("accepted_with_exceptions", _line(status=status, reason="why", substitute="V-NEW"))
    assert _kinds(found) == [kind]
    assert "why" in found.cases[0].sentence
    assert "V-NEW" in found.cases[0].sentence


def test_a_part_rejected_is_one_case() -> None:
    parts = [{"status": "accepted", "qty": 80}, {"status": "rejected", "qty": 20}]
    assert _kinds(_compared("accepted_with_changes", {"number": "675", "parts": parts})) == ["line.rejected"]


def test_numbers_of_any_length_are_compared() -> None:
    part = _line(status="changed", qty="9" * 35, price="9" * 35)
    assert sorted(_kinds(_compared("accepted_with_changes", part))) == ["price.changed", "quantity.changed"]


# Prices.

PRICES = [
    ("10", {}, []),
    ("10.01", {}, ["price.changed"]),
    ("10.20", {"price": "2%"}, []),
    ("10.21", {"price": "2%"}, ["price.changed"]),
    ("9.80", {"price": {"percent": "2%", "absolute": "5.00"}}, []),
    ("10.20", {"price": {"percent": "2%", "absolute": "0.10"}}, ["price.changed"]),
    ("10.10", {"price": {"percent": 2, "absolute": "0.10"}}, []),
    ("10.10", {"price": "0.1"}, []),
]


@pytest.mark.parametrize(("price", "tolerances", "kinds"), PRICES)
def test_prices_at_below_and_above_the_limit(price: str, tolerances: dict[str, Any], kinds: list[str]) -> None:
    found = _compared("accepted_with_changes", _line(status="price_changed", qty=100, price=price), **tolerances)
    assert _kinds(found) == kinds


def test_a_price_per_hundred_is_compared_per_one() -> None:
    data = answer("P1", "accepted_with_changes", [_line(status="accepted", qty=100)]).model_dump()
    for amount, kinds in (("1000", []), ("1001", ["price.changed"])):
        data["lines"][0]["price"] = {"amount": amount, "per_quantity": "100"}
        found = compare([LINE], answer("P1").model_validate(data), Tolerances())
        assert _kinds(found) == kinds


def test_another_currency_is_another_price() -> None:
    found = _compared(
        "accepted_with_changes", _line(status="accepted", qty=100, price="10", currency="EUR"), price="50%"
    )
    assert [(each.kind, each.actual, each.amount) for each in found.cases] == [("price.changed", "10 EUR", None)]


# Units.


def test_other_units_are_not_compared_and_not_guessed() -> None:
    part = _line(status="accepted", qty=5, uom="CT", price="999", date="2026-12-02")
    found = _compared("accepted_with_changes", part, date_late_days=3)
    assert (_kinds(found), found.cases[0].role) == (["unit.unknown"], "master_data")
    assert found.lines[0].apply_date is None


@pytest.mark.parametrize("uom", ["EA", "C62", "H87", "PCE"])
def test_codes_for_a_single_item_are_one_unit(uom: str) -> None:
    assert _kinds(_compared("accepted_with_changes", _line(status="accepted", qty=100, uom=uom))) == []


def test_an_order_line_in_an_unknown_unit_cannot_be_compared() -> None:
    order = [OrderLineFacts("675", Decimal(2), "")]
    assert _kinds(_compared("accepted_with_changes", _line(status="accepted", qty=2), order=order)) == ["unit.unknown"]


# `changed` of EDIFACT.

REFINED = [
    ({"qty": 100, "date": "2026-12-01"}, "accepted"),
    ({"qty": 90, "date": "2026-12-01"}, "quantity_changed"),
    ({"qty": 100, "date": "2026-12-09"}, "rescheduled"),
    ({"qty": 100, "price": "11"}, "price_changed"),
    ({"qty": 90, "price": "11"}, "changed"),
]


@pytest.mark.parametrize(("part", "status"), REFINED)
def test_changed_is_refined_by_the_order(part: dict[str, Any], status: str) -> None:
    assert _compared("accepted_with_changes", _line(status="changed", **part)).lines[0].status == status


# Which line is meant.


def test_leading_zeros_of_line_numbers_do_not_count() -> None:
    assert _kinds(_compared("accepted_with_changes", {"number": "000675", "status": "accepted", "qty": 100})) == []


def test_the_item_says_which_line_when_the_number_does_not() -> None:
    for item in ({"supplier": "v-a"}, {"buyer": "EDI-A"}, {"gtin": "4012345000016"}):
        for number in ({}, {"number": "10"}):
            line = {**number, "item": item, "status": "accepted", "qty": 100}
            found = _compared("accepted_with_exceptions", line, order=(LINE, OTHER))
            assert (_kinds(found), found.lines[0].parts[0].implied) == ([], False)


def test_the_item_wins_over_a_number_the_supplier_made_up() -> None:
    line = {"number": "676", "item": {"buyer": "EDI-A"}, "status": "quantity_changed", "qty": 90}
    found = _compared("accepted_with_exceptions", line, order=(LINE, OTHER))
    assert [each.subject for each in found.cases] == ["po/P1/675"]


def test_two_lines_with_the_item_are_not_guessed() -> None:
    twin = OrderLineFacts("677", Decimal(1), "EA", ids=LINE.ids)
    line = {"number": "1", "item": {"buyer": "EDI-A"}, "status": "accepted", "qty": 100}
    found = _compared("accepted_with_exceptions", line, order=(LINE, twin))
    assert _kinds(found) == ["ack.unknown_line"]
    assert found.unknown[0].line_number == "1"


def test_a_line_for_another_item_is_an_offer_to_substitute() -> None:
    line = {"number": "675", "item": {"buyer": "EDI-X"}, "status": "accepted", "qty": 100, "date": "2026-12-02"}
    found = _compared("accepted_with_changes", line, date_late_days=3)
    assert (_kinds(found), found.lines[0].apply_date) == (["line.substituted"], None)


# Tolerances and kinds.


@pytest.mark.parametrize(
    "value",
    [
        {"quantity_over": "lots"},
        {"quantity_under": "-1"},
        {"quantity_over": "NaN"},
        {"quantity_over": True},
        {"date_late_days": -1},
        {"price": {"absolute": "2%"}},
        {"price_over": 1},
    ],
)
def test_tolerances_that_cannot_be_used(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Tolerances.model_validate(value)


def test_tolerances_of_the_partner_file() -> None:
    read = Tolerances.model_validate(
        {
            "quantity_over": "5%",
            "quantity_under": 0,
            "price": {"percent": "2%", "absolute": "5.00"},
            "date_late_days": 3,
            "date_early_days": 5,
            "invoice_total": {"percent": "0.5%", "absolute": "2.00"},
        }
    )
    assert read.quantity_over.of(Decimal(200)) == 10
    assert read.price.holds(Decimal(1000), Decimal(1005))
    assert not read.price.holds(Decimal(1000), Decimal("1005.01"))


def test_a_kind_that_is_not_in_the_list_does_not_exist() -> None:
    with pytest.raises(KeyError):
        case("price.exploded", "?")
    assert all(kind.count(".") == 1 and title for kind, (_, title) in KINDS.items())


# Any answer at all.

_parts = st.fixed_dictionaries(
    {"status": st.sampled_from(["accepted", "changed", "rejected", "backordered", "partial_backorder", "other"])},
    optional={
        "qty": st.decimals(0, 1000, places=2),
        "uom": st.sampled_from(["EA", "CT"]),
        "date": st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)).map(str),
        "kind": st.sampled_from(["promised_delivery", "promised_ship", "other"]),
    },
)
_lines = st.fixed_dictionaries(
    {"parts": st.lists(_parts, max_size=3)},
    optional={"number": st.sampled_from(["675", "676", "9"]), "price": st.decimals(0, 100, places=2)},
)


@settings(max_examples=150)
@given(st.sampled_from([row[0] for row in HEADERS]), st.lists(_lines, max_size=4))
def test_any_answer_is_compared_and_only_a_tolerated_date_is_applied(
    response: str, lines: list[dict[str, Any]]
) -> None:
    found = _compared(response, *lines, order=(LINE, OTHER), date_late_days=7)
    assert len(found.lines) == 2
    for line in found.lines:
        if line.apply_date is not None:
            assert 0 < (line.apply_date - DAY).days <= 7
    if not lines or not found.cases:
        return
    assert all(each.kind in KINDS and each.sentence for each in found.cases)


# An answer to a change (865): what it leaves out it does not speak of.


def _change_answer(response: str, *lines: dict[str, Any]) -> ChangeAcknowledged:
    return ChangeAcknowledged.model_validate(
        {"order": {"number": "P1", "revision": "1"}, "response": {"value": response}, "lines": list(lines)}
    )


def test_an_answer_to_a_change_is_silent_on_the_lines_it_leaves_out() -> None:
    said = {"line_number": "675", "responses": [{"status": {"value": "accepted"}, "quantity": {"value": 100}}]}
    found = compare((LINE, OTHER), _change_answer("accepted_with_changes", said), Tolerances())
    assert _kinds(found) == []
    assert [line.status for line in found.lines] == ["accepted", "open"]


def test_a_change_that_is_refused_is_for_the_buyer() -> None:
    said = {"line_number": "675", "responses": [{"status": {"value": "rejected"}}]}
    assert _kinds(compare((LINE, OTHER), _change_answer("accepted_with_changes", said), Tolerances())) == [
        "line.rejected"
    ]
    assert _kinds(compare((LINE,), _change_answer("rejected"), Tolerances())) == ["ack.rejected"]


def test_a_line_the_buyer_deleted_may_be_deleted() -> None:
    gone = dataclasses.replace(LINE, quantity=Decimal(0))
    said = {"line_number": "675", "responses": [{"status": {"value": "deleted"}}]}
    assert _kinds(compare((gone,), _change_answer("accepted", said), Tolerances())) == []
