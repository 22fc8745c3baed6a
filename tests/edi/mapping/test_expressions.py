"""The expression language: what it answers, what it refuses, what it does with missing values."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.documents import OrderAcknowledged
from edi.documents.acknowledgement import AnsweredLine
from edi.event_fields import Field
from edi.expression_functions import FUNCTIONS, MISSING, Unusable
from edi.expression_tokens import BadExpression, WrongType
from edi.expression_types import SIGNATURES
from edi.expressions import Scope, compile_expression, compile_template

LINE: dict[str, Any] = {
    "line_number": "1",
    "item": {"ids": [{"scheme": "gtin", "value": "00012345678905"}]},
    "ordered": {"value": "100", "uom": {"value": "EA", "raw": "EA"}},
    "responses": [
        {"status": {"value": "accepted"}, "quantity": {"value": "80"}},
        {"status": {"value": "backordered"}, "quantity": {"value": "20.5"}},
    ],
}
EVENT: dict[str, Any] = {
    "order": {"number": "P1", "date": "2026-11-20"},
    "response": {"value": "accepted"},
    "lines": [LINE, {"line_number": "2"}],
}


def answer(text: str, item: Any = EVENT, model: Any = None) -> Any:
    return compile_expression(text, OrderAcknowledged, model)(Scope(item, EVENT))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3", Decimal(9)),
        ("-2 - -3", Decimal(1)),
        ("10 / 4", Decimal("2.5")),
        ("1 / 3", Decimal("0.3333333333333333333333333333")),
        ("1 < 2 and 2 <= 2 and 3 != 4", True),
        ("not 1 = 1", False),
        ("false or true", True),
        ('response = "accepted"', True),
        ('response in ["accepted", "rejected"]', True),
        ('response not in ["rejected"]', True),
        ("order.date is present", True),
        ("order.release is missing", True),
        ("order.release is not missing", False),
        ("sum(lines.responses.quantity.value)", Decimal("100.5")),
        ("count(lines.responses)", Decimal(2)),
        ("count(root.lines)", Decimal(2)),
        ("max([1, 3, 2]) - min([1, 3, 2])", Decimal(2)),
        ("unique(lines.line_number)", True),
        ('unique(["a", "a"])', False),
        ("first(lines.line_number)", "1"),
        ("last(lines.line_number)", "2"),
        ("any([false, true])", True),
        ("all([])", True),
        ("abs(0 - 5)", Decimal(5)),
        ("round(2.5, 0)", Decimal(3)),
        ("round(2.345, 2)", Decimal("2.35")),
        ('decimal("12.50")', Decimal("12.5")),
        ("text(2.50)", "2.5"),
        ('upper("a") = "A" and lower("A") = "a"', True),
        ('trim("  x ")', "x"),
        ('length("abc")', Decimal(3)),
        ('substr("abcdef", 2, 3)', "bcd"),
        ('starts_with("PO-1", "PO")', True),
        ('concat("a", 1, order.release, "b")', "a1b"),
        ('pad("7", 3, "0")', "007"),
        ("if(1 = 1, 2, 3)", Decimal(2)),
        ("coalesce(order.release, order.number)", "P1"),
        ('days_between(order.date, "2026-12-01")', Decimal(11)),
        ("add_days(order.date, 11)", dt.date(2026, 12, 1)),
        ('order.date > "2026-11-01"', True),
        ('valid_gtin("012345678905") and not valid_gtin("012345678904")', True),
        ('valid_gln("4012345500004")', True),
        ('valid_sscc("340123450000000017")', True),
        ("root.lines/**/responses is present", True),
    ],
)
def test_answers(text: str, expected: Any) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(responses.quantity.value) <= ordered.value * 1.05", True),
        ("sum(responses.quantity.value) <= ordered.value", False),
        ('item.ids.gtin = "00012345678905"', True),
        ('root.order.number = "P1"', True),
    ],
)
def test_paths_are_relative_to_the_item(text: str, expected: bool) -> None:
    assert answer(text, LINE, AnsweredLine) is expected


@pytest.mark.parametrize(
    "text",
    [
        "decimal(order.release) + 1",
        'order.release = "1"',
        'not order.release = "1"',
        "sum([1]) < decimal(order.release)",
        'order.release in ["1"]',
        "order.release = order.release or false",
        "order.release = order.release and true",
        "first(lines.ordered.value) > max(lines.price.amount)",
    ],
)
def test_missing_is_neither_true_nor_false(text: str) -> None:
    assert answer(text) is MISSING


def test_a_missing_part_does_not_decide_what_others_decide() -> None:
    assert answer('order.release = "1" or true') is True
    assert answer('order.release = "1" and false') is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1 1",
        "order.nmber",
        "nothing(1)",
        "sum()",
        "round(1)",
        "it",
        "a not 1",
        "1 is odd",
        '"open',
        "__import__('os')",
        "order.number.upper()",
        "lookup(none, 1)",
        "order/**/nothing",
        "(" * 60 + "1" + ")" * 60,
        " + ".join(["1"] * 600),
    ],
)
def test_refused_when_loaded(text: str) -> None:
    with pytest.raises(BadExpression):
        compile_expression(text, OrderAcknowledged)


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        'date(lower("X"))',
        'substr("a", 0.5, 1)',
        'pad("a", 99999999, "x")',
        "add_days(order.date, 99999999)",
        # what is one or the other has no type before there are values
        'if(1 = 1, "a", 1) + 1',
        "coalesce(order.number, 1) < 1",
        "not coalesce(order.number, true)",
        "1 in coalesce(order.number, 1)",
        'min([1, "a"])',
    ],
)
def test_unusable_when_evaluated(text: str) -> None:
    with pytest.raises(Unusable):
        answer(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"a" + 1', '+ takes a number; "a" is text'),
        ("lines.ordered.value * 2", "* takes a number; lines.ordered.value is a list of numbers"),
        ("2 - order.date", "- takes a number; order.date is a date"),
        ("-order.number = 1", "- takes a number; order.number is text"),
        ("order.number < 1", "order.number is text and 1 is a number: they cannot be compared"),
        ("count(lines) + 1 = order.number", "count(lines) + 1 is a number and order.number is text"),
        ('lines.line_number = "1"', 'lines.line_number is a list of texts and "1" is text'),
        ('"2026-12-01" > order.date', "write the date first"),
        ('order.date > "1.12.2026"', '"1.12.2026" is no date'),
        ("[1] < [2]", "[1] is a list of numbers and has no order"),
        ("(1 = 1) > (2 = 2)", "(1 = 1) is true or false and has no order"),
        ("not 1", "after not comes what is true or false; 1 is a number"),
        ("order.number or 1 = 1", "or joins what is true or false; order.number is text"),
        ("1 = 1 and count(lines)", "and joins what is true or false; count(lines) is a number"),
        ('1 in "a"', 'after in comes a list, and "a" is text'),
        ('1 not in ["a"]', "1 is a number, which is never in a list of texts"),
        ("response in [1, 2]", "response is text, which is never in a list of numbers"),
        ("sum(lines.line_number)", "sum takes a list of numbers; lines.line_number is a list of texts"),
        ("sum(order.number)", "sum takes a list of numbers; order.number is text"),
        ("length(1)", "length takes text; 1 is a number"),
        ('substr("abc", "1", 2)', 'substr takes a number; "1" is text'),
        ('date("x")', '"x" is no date'),
        ("date(1)", "date takes a date; 1 is a number"),
        ("any(lines.line_number)", "any takes a list of truths; lines.line_number is a list of texts"),
        ("if(1, 2, 3)", "if begins with what is true or false; 1 is a number"),
        ("first(lines.ordered.value) = first(lines.line_number)", "first(lines.line_number) is text"),
        ('if(1 = 1, 1, 2) = "1"', "if(1 = 1, 1, 2) is a number"),
    ],
)
def test_types_that_do_not_go_together_are_refused_when_loaded(text: str, sentence: str) -> None:
    with pytest.raises(WrongType) as refused:
        compile_expression(text, OrderAcknowledged)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("summ(lines.ordered.value)", "there is no function 'summ', did you mean 'sum'?"),
        ("round(1)", "round takes 2 values, not 1, in 'round(1)'"),
        ("sum()", "sum takes 1 value, not 0"),
        ("coalesce()", "coalesce takes 1 to 20 values, not 0"),
    ],
)
def test_a_function_that_is_none_or_takes_something_else_is_named(text: str, sentence: str) -> None:
    with pytest.raises(BadExpression) as refused:
        compile_expression(text, OrderAcknowledged)
    assert sentence in str(refused.value)


def test_every_function_has_its_types() -> None:
    assert set(SIGNATURES) == set(FUNCTIONS)
    for name, (fewest, _, _) in FUNCTIONS.items():
        assert len(SIGNATURES[name][0]) == fewest, name


def test_it_is_the_item_when_items_are_plain() -> None:
    expression = compile_expression("length(it) < 3", OrderAcknowledged, Field("text", False, False))
    assert expression(Scope("ab", EVENT)) is True
    assert expression(Scope("abc", EVENT)) is False


def test_lookup_reads_a_table() -> None:
    expression = compile_expression("lookup(kinds, order.number)", OrderAcknowledged, None, {"kinds": {"P1": "one"}})
    assert expression(Scope(EVENT, EVENT)) == "one"


def test_templates_fill_in_values() -> None:
    say = compile_template(
        "Line {line_number}: {sum(responses.quantity.value)} of {1 / 0}", OrderAcknowledged, AnsweredLine
    )
    assert say(Scope(LINE, EVENT)) == "Line 1: 100.5 of ?"


@given(st.text(alphabet='()[]+-*/=<>!"., abz019_', max_size=60))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    with contextlib.suppress(BadExpression, Unusable):
        compile_expression(text, OrderAcknowledged)(Scope(EVENT, EVENT))
