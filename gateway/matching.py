"""A supplier's answer against the order: which line is meant, what is confirmed, what is applied, what is to decide.

Pure: values in, values out, Decimal and date only. Not here: the comparison of one line (gateway/line_matching.py),
reading the order or writing anything (destinations). Rule protected: an answer proposes. Only a date inside tolerance
may be applied; quantity, price, item and cancellation are always a person's decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edi.documents import ChangeAcknowledged
from edi.documents.acknowledgement import AnsweredLine, SupplierAnswer
from gateway.exceptions import case
from gateway.items import item_words, same_item
from gateway.line_matching import (
    CONFIRMING,
    DECISION,
    LineComparison,
    OrderLineFacts,
    Part,
    compare_line,
    unlisted_line,
)
from gateway.ports import Case
from gateway.tolerances import Tolerances

__all__ = ["Comparison", "LineComparison", "OrderLineFacts", "Part", "Tolerances", "compare"]

ACCEPTING = frozenset({"accepted", "accepted_with_changes", "accepted_with_exceptions"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole answer. `unknown` are lines that are not on the order; `document_cases` concern no single line."""

    response: str
    lines: tuple[LineComparison, ...]
    unknown: tuple[AnsweredLine, ...] = ()
    document_cases: tuple[Case, ...] = ()

    @property
    def cases(self) -> tuple[Case, ...]:
        """Everything a person must decide."""
        return self.document_cases + tuple(each for line in self.lines for each in line.cases)

    @property
    def accepting(self) -> bool:
        """Whether the supplier took the order, perhaps with changes."""
        return self.response in ACCEPTING

    @property
    def undecided_lines(self) -> int:
        return sum(1 for line in self.lines if line.cases) + len(self.unknown)


def compare(order: Sequence[OrderLineFacts], answer: SupplierAnswer, tolerances: Tolerances) -> Comparison:
    """Compare an answer with the lines of its order. Never raises for what a supplier wrote.

    An answer to a change says nothing of the lines it leaves out.
    """
    whole = not isinstance(answer, ChangeAcknowledged)
    response = answer.response.value
    answered, unknown = _assign(order, answer.lines)
    subject = f"po/{answer.order.number}"
    compared = tuple(
        compare_line(line, answered[index], answer, tolerances, f"{subject}/{line.number}")
        if answered[index]
        else unlisted_line(line, response if whole else "")
        for index, line in enumerate(order)
    )
    document = tuple(_document_cases(answer, order, answered, subject, whole))
    strangers = tuple(_unknown_case(line, subject) for line in unknown)
    return Comparison(response, compared, tuple(unknown), document + strangers)


# Which order line an answered line means.


def _assign(
    order: Sequence[OrderLineFacts], lines: Sequence[AnsweredLine]
) -> tuple[list[list[AnsweredLine]], list[AnsweredLine]]:
    """By the buyer's line number; without a known one by item, when exactly one order line fits."""
    numbers = {_number(line.number): index for index, line in enumerate(order)}
    answered: list[list[AnsweredLine]] = [[] for _ in order]
    unknown: list[AnsweredLine] = []
    for line in lines:
        index = numbers.get(_number(line.line_number or ""))
        fitting = [at for at, ordered in enumerate(order) if same_item(ordered.ids, line.item)]
        if index is not None and fitting and index not in fitting:
            # The supplier numbers lines itself: the item says which one is meant.
            index = fitting[0] if len(fitting) == 1 else index
        elif index is None and len(fitting) == 1:
            index = fitting[0]
        if index is None:
            unknown.append(line)
            continue
        answered[index].append(line)
    return answered, unknown


def _number(text: str) -> str:
    """Line numbers compare without the zeros suppliers pad them with."""
    return text.strip().lstrip("0")


# The cases that concern no single order line.


def _unknown_case(line: AnsweredLine, subject: str) -> Case:
    name = line.line_number or "without a number"
    item = item_words(line.item.ids) if line.item else ""
    sentence = f"The answer names line {name}{f' ({item})' if item else ''}, which is not on the order."
    return case("ack.unknown_line", sentence, subject=subject, actual=item or name)


def _document_cases(
    answer: SupplierAnswer,
    order: Sequence[OrderLineFacts],
    answered: Sequence[Sequence[AnsweredLine]],
    subject: str,
    whole: bool,
) -> Iterable[Case]:
    response = answer.response.value
    if response == "rejected":
        yield case("ack.rejected", "The supplier rejects the whole order.", subject=subject, actions=DECISION)
    elif response == "counter_offer":
        yield case("ack.counter_offer", "The supplier makes a counter offer.", subject=subject, actions=DECISION)
    elif response not in {*ACCEPTING, "received_only", "pending"}:
        said = answer.response.raw or response
        sentence = f"The answer has the code {said!r}, whose meaning is not agreed with this supplier."
        yield case("ack.unclear", sentence, subject=subject, actual=said)
    missing = [line.name for line, said in zip(order, answered, strict=True) if not said]
    if whole and missing and response in ("accepted_with_changes", "counter_offer"):
        sentence = f"The answer must name every line and leaves out {', '.join(missing)}."
        yield case(
            "ack.lines_missing", sentence, subject=subject, expected=f"{len(order)} lines", actual=", ".join(missing)
        )
    wrong = [
        line.name for line, said in zip(order, answered, strict=True) if line.quantity and _contradicts(response, said)
    ]
    if wrong:
        sentence = f"The answer says {response} as a whole, but not for line {', '.join(wrong)}; the lines count."
        yield case("ack.contradiction", sentence, subject=subject, expected=response, actual=", ".join(wrong))


def _contradicts(response: str, lines: Sequence[AnsweredLine]) -> bool:
    """A line that is not confirmed in an accepted order, or confirmed in a rejected one."""
    statuses = {each.status.value for line in lines for each in line.responses}
    if response == "accepted":
        return bool(statuses - CONFIRMING)
    return response == "rejected" and bool(statuses & CONFIRMING)
