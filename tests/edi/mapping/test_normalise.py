"""Normalising steps: the forms they bring together, and that a second run changes nothing."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.mapping_runtime import Refused
from edi.normalise import PREPARE, STEPS, amended_lines, header_answer, numbered_lines, partial_backorder

ORDERED = {"value": "100", "uom": {"value": "EA"}}


def part(status: str, quantity: str = "", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"status": {"value": status}, **more}
    return {**made, "quantity": {"value": quantity}} if quantity else made


def after(step: Any, responses: list[dict[str, Any]], ordered: Any = ORDERED) -> list[tuple[str, str]]:
    line = {"responses": responses, "ordered": ordered} if ordered else {"responses": responses}
    (made,) = step({"lines": [line]})["lines"]
    return [(r["status"]["value"], r.get("quantity", {}).get("value", "")) for r in made["responses"]]


NOW_LATER = [("accepted", "80"), ("backordered", "20")]


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([part("partial_backorder", "80")], NOW_LATER),
        ([part("backordered", "20")], NOW_LATER),
        ([part("accepted", "80"), part("backordered", "20")], NOW_LATER),
        ([part("partial_backorder", "80"), part("backordered", "20")], NOW_LATER),
        ([part("backordered", "100")], [("backordered", "100")]),
        ([part("partial_backorder", "100")], [("accepted", "100")]),
        ([part("backordered", "60"), part("backordered", "30")],
         [("accepted", "10"), ("backordered", "60"), ("backordered", "30")]),
        ([part("backordered")], [("backordered", "")]),
        ([part("rejected", "100")], [("rejected", "100")]),
    ],
)  # fmt: skip
def test_partial_backorders(responses: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert after(partial_backorder, responses) == expected


def test_a_rest_that_cannot_be_told_is_not_guessed() -> None:
    assert after(partial_backorder, [part("partial_backorder", "80")], None) == [
        ("accepted", "80"),
        ("backordered", ""),
    ]
    other_unit = {"status": {"value": "backordered"}, "quantity": {"value": "2", "uom": {"value": "DZN"}}}
    assert after(partial_backorder, [other_unit]) == [("backordered", "2")]


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([part("changed", "80"), part("backordered", "20")], NOW_LATER),
        ([part("changed"), part("backordered", "20")], NOW_LATER),
        ([part("changed"), part("accepted", "80"), part("backordered", "20")], NOW_LATER),
        ([part("changed", "80")], [("changed", "80")]),
        ([{"quantity": {"value": "80"}}], [("changed", "80")]),
        ([part("changed", "80", substitute={"ids": [{"scheme": "supplier", "value": "X"}]})], [("substituted", "80")]),
        ([part("rejected", reason="gone"), part("rejected", "5")], [("rejected", "5")]),
        ([part("accepted", "100")], [("accepted", "100")]),
    ],
)
def test_amended_lines(responses: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert after(amended_lines, responses) == expected


def test_what_the_line_says_belongs_to_its_first_part() -> None:
    date = {"kind": {"value": "promised_delivery"}, "on": "2026-12-01"}
    line = {"responses": [part("changed", date=date), part("backordered", "100")], "ordered": ORDERED}
    (made,) = amended_lines({"lines": [line]})["lines"]
    assert made["responses"] == [part("backordered", "100", date=date)]


@pytest.mark.parametrize(
    ("data", "response"),
    [
        ({"purpose": {"value": "confirmation"}}, "accepted"),
        ({"purpose": {"value": "rejection"}}, "rejected"),
        ({"purpose": {"value": "change"}}, "accepted_with_changes"),
        ({"purpose": {"value": "original"}}, "other"),
        ({}, "other"),
        ({"response": {"value": "pending"}, "purpose": {"value": "rejection"}}, "pending"),
    ],
)
def test_header_answers(data: dict[str, Any], response: str) -> None:
    assert header_answer(data)["response"]["value"] == response


@pytest.mark.parametrize(
    ("found", "numbers"),
    [
        (["", "", ""], ["1", "2", "3"]),
        (["10", "20"], ["10", "20"]),
        (["", "1", ""], ["2", "1", "3"]),
        (["3", "2", ""], ["3", "2", "4"]),
        (["A", ""], ["A", "2"]),
        (["1", "1", ""], ["1", "1", "3"]),
        ([], []),
    ],
)
def test_lines_without_numbers(found: list[str], numbers: list[str]) -> None:
    data = numbered_lines({"lines": [{"line_number": number} if number else {} for number in found]})
    assert [line["line_number"] for line in data["lines"]] == numbers


PARTS = st.builds(
    part,
    st.sampled_from(["accepted", "backordered", "partial_backorder", "changed", "rejected", "deleted", "substituted"]),
    st.integers(1, 120).map(str) | st.just(""),
)
LINES = st.lists(
    st.fixed_dictionaries({"responses": st.lists(PARTS, max_size=4)}, optional={"ordered": st.just(ORDERED)}),
    max_size=2,
)


@pytest.mark.parametrize("name", STEPS)
@given(lines=LINES)
def test_a_second_run_changes_nothing(name: str, lines: list[dict[str, Any]]) -> None:
    once = STEPS[name]({"lines": lines, "response": {"value": "accepted"}})
    assert STEPS[name](copy.deepcopy(once)) == once


@given(lines=LINES)
def test_shared_values_are_never_changed(lines: list[dict[str, Any]]) -> None:
    """Codes of tables are shared between documents."""
    codes = [response["status"] for line in lines for response in line["responses"]]
    before = copy.deepcopy(codes)
    for step in (*STEPS.values(), *PREPARE.values()):
        with contextlib.suppress(Refused):  # a substitute without an identifier
            step({"lines": [dict(line) for line in lines]})
    assert codes == before


def test_an_empty_list_says_nothing() -> None:
    """Answers as the models dump them, with lists that may be empty."""
    first, second = part("backordered", "20", changes=[]), part("accepted", "80", changes=[])
    (line,) = PREPARE["amended_lines"]({"lines": [{"responses": [first, second]}]})["lines"]
    assert line["responses"] == [{}, first, second]
    rejected = [part("rejected", changes=[]), part("rejected", "5", changes=[])]
    assert after(amended_lines, rejected) == [("rejected", "5")]
