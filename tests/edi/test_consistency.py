"""Documents that contradict themselves are accepted, and a person is told where."""

from __future__ import annotations

import dataclasses
import time

import pytest

import edi
from tests.edi.interchanges import ACME, group, s855, x12

OPEN = edi.default_profile()


def x12_faults(kind: str, functional: str, body: str) -> list[tuple[str, str, str]]:
    text = f"ST*{kind}*0001~{body}SE*{body.count('~') + 2}*0001~"
    (result,) = edi.translate(x12(group(text, kind=functional)), OPEN).results
    assert result.verdict == "accepted"
    return [(fault.code, fault.place, fault.found) for fault in result.faults if "consistency" in fault.code]


def ship_notice(*levels: str, count: str = "") -> list[tuple[str, str, str]]:
    body = "BSN*00*S1*20261120*1030~" + "".join(f"HL*{level}~" for level in levels)
    return x12_faults("856", "SH", body + (f"CTT*{count}~" if count else ""))


def tree(place: str, found: str) -> tuple[str, str, str]:
    return "consistency.hl-tree", f"856[1]/{place}", found


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("1**S*1", "2*1*O*1", "3*2*I*0"), []),
        (("1**S", "2*1*O", "3*2*P", "4*3*I", "5*2*P", "6*5*I"), []),
        (("1**S", "3*2*I", "2*1*O"), []),  # a level may stand before the one above it
        (("1**S", "2*9*O"), [tree("HL[2]/HL02", "9")]),
        (("1**S", "1*1*O"), [tree("HL[2]/HL01", "1")]),
        (("1**S", "2*2*O"), [tree("HL[2]/HL02", "2")]),
        (("1**S", "2*3*O", "3*4*P", "4*2*I", "5*4*I"), [tree("HL[2]/HL02", "3")]),  # a circle is told once
        (("1**S*1", "2*1*O*1"), [tree("HL[2]/HL04", "1")]),
        (("1**S*0", "2*1*O*0"), [tree("HL[1]/HL04", "0")]),
    ],
)
def test_the_tree_of_levels(levels: tuple[str, ...], expected: list[tuple[str, str, str]]) -> None:
    assert ship_notice(*levels) == expected


@pytest.mark.parametrize(("count", "wrong"), [("3", False), ("1", False), ("2", True), ("0003", False)])
def test_a_ship_notice_counts_its_levels_or_its_items(count: str, wrong: bool) -> None:
    found = ship_notice("1**S", "2*1*O", "3*2*I", count=count)
    assert found == ([("consistency.count", "856[1]/CTT/CTT01", count)] if wrong else [])


@pytest.mark.parametrize(
    ("kind", "functional", "head", "line", "tail"),
    [
        ("810", "IN", "BIG*20261120*I1~", "IT1*{}*1*EA*1~", "TDS*100~CTT*{}~"),
        ("850", "PO", "BEG*00*SA*P1**20261120~", "PO1*{}*1*EA*1~", "CTT*{}~"),
        ("846", "IB", "BIA*00*SI*R1*20261120~", "LIN*{}*BP*A~", "CTT*{}~"),
    ],
)
def test_lines_are_counted_and_numbered_once(kind: str, functional: str, head: str, line: str, tail: str) -> None:
    tag = line[:3]

    def found(numbers: list[int], count: int) -> list[tuple[str, str]]:
        body = head + "".join(map(line.format, numbers)) + tail.format(count)
        return [(code, place) for code, place, _ in x12_faults(kind, functional, body)]

    assert found([1, 2, 3], 3) == []
    assert [code for code, _ in found([1, 2, 3], 4)] == ["consistency.count"]
    assert found([1, 2, 1], 3) == [("consistency.line-duplicate", f"{kind}[1]/{tag}[3]/{tag}01")]


def test_an_answer_may_come_back_to_a_line() -> None:
    twice = "PO1*1*100*EA*12.5**BP*SKU-1~ACK*IA*100*EA*067*20261201~"
    text = s855(extra=twice).replace("CTT*1~", "CTT*2~")
    faults = edi.translate(x12(group(text)), ACME).faults
    assert "consistency.line-duplicate" not in [fault.code for fault in faults]


def test_a_count_that_a_map_has_told_is_told_once() -> None:
    codes = [fault.code for fault in edi.translate(x12(group(s855().replace("CTT*1~", "CTT*5~"))), ACME).faults]
    assert codes.count("consistency.count") == 1


def test_a_rejected_document_is_not_asked_further() -> None:
    body = "BEG*00*SA*P1**20261120~PO1*1*TEN*EA*1~PO1*1*1*EA*1~CTT*9~"
    text = f"ST*850*0001~{body}SE*6*0001~"
    (result,) = edi.translate(x12(group(text, kind="PO")), OPEN).results
    assert result.verdict == "rejected"
    assert [fault.code for fault in result.faults] == ["element.number"]


@pytest.mark.parametrize("levels", [["{n}*{up}*O"], ["{n}*{down}*O"]], ids=["deep", "backwards"])
def test_a_tree_of_any_form_costs_linear_time(levels: list[str]) -> None:
    def seconds(size: int) -> float:
        names = [levels[0].format(n=n, up=n - 1 or "", down=n + 1 if n < size else 1) for n in range(1, size + 1)]
        started = time.process_time()
        assert len(ship_notice(*names)) == (0 if "up" in levels[0] else 1)
        return time.process_time() - started

    few, many = (min(seconds(size) for _ in range(3)) for size in (2000, 8000))
    assert many < 16 * max(few, 0.02)


@pytest.mark.parametrize(
    ("version", "named", "severity"),
    [("004010GUIDE1", "GUIDE1", ""), ("004010GUIDE2", "GUIDE2", "error"), ("004010", "", "")],
)
def test_a_guide_that_is_not_agreed_is_an_error_of_the_guide(version: str, named: str, severity: str) -> None:
    agreements = tuple(dataclasses.replace(a, convention="GUIDE1") if a.type == "855" else a for a in ACME.agreements)
    (result,) = edi.translate(
        x12(group(s855(), version=version)), dataclasses.replace(ACME, agreements=agreements)
    ).results
    assert result.message is not None
    assert result.message.convention == named
    told = [fault.severity for fault in result.faults if fault.code == "message.convention"]
    assert told == ([severity] if severity else [])
