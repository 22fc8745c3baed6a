"""A TA1 that comes in is checked like every document; only an unreadable answer keeps it from being read."""

from __future__ import annotations

import pytest

import edi
from tests.edi.interchanges import ACME, x12


def read(ta1: str) -> edi.Result:
    (result,) = (r for r in edi.translate(x12(iea=f"{ta1}~IEA*0*000000007~"), ACME).results if r.message is not None)
    return result


def test_a_good_one_has_no_fault() -> None:
    result = read("TA1*000000005*261120*1030*A*000")
    assert (result.verdict, result.faults) == ("accepted", ())


@pytest.mark.parametrize(
    ("ta1", "place", "code", "verdict"),
    [
        ("TA1*000000005*261120*103000*A*000", "TA103", "element.time", "accepted_with_errors"),
        ("TA1*000000005*20261120*1030*A*000", "TA102", "element.date", "accepted_with_errors"),
        ("TA1*000000005*261120*1030*R*099", "TA105", "element.code", "accepted_with_errors"),
        ("TA1*000000005*261120*1030*R", "TA105", "element.missing", "accepted_with_errors"),
        ("TA1*000000005*261120*1030*X*000", "TA104", "element.code", "rejected"),
        ("TA1*000000005*261120*1030**000", "TA104", "element.missing", "rejected"),
        ("TA1*FIVE*261120*1030*A*000", "TA101", "element.number", "rejected"),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_is_read(ta1: str, place: str, code: str, verdict: str) -> None:
    result = read(ta1)
    assert (place, code) in [(fault.location.path.rpartition("/")[2], fault.code) for fault in result.faults]
    assert result.verdict == verdict
    assert (result.event is None) == (verdict == "rejected")


def test_people_see_the_meaning_of_its_codes() -> None:
    shown = edi.explain(x12(iea="TA1*000000005*261120*1030*R*025~IEA*0*000000007~"))
    assert "Interchange acknowledgement" in shown
    assert "R (rejected)" in shown
    assert "025 (control number used twice)" in shown
