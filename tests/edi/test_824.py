"""An 824 that comes in is read by the map of its release: TED names places by composites from 005010 on."""

from __future__ import annotations

import pytest

import edi
from edi.documents.advice import ApplicationAdvice
from tests.edi.interchanges import ACME, group, x12

OLD = "ST*824*0001~BGN*11*A-1*20261120~OTI*TR*IV*R-7~TED*006*total is wrong*TDS*9*1*610*100~SE*5*0001~"
NEW = "ST*824*0001*005010X186~BGN*11*A-1*20261120~OTI*TR*IV*{0}~TED*006*total is wrong*TDS*9*1>2*610*100~SE*5*0001~"
LONG = "R" * 50  # element 127 has at most 30 characters in 004010


@pytest.mark.parametrize(
    ("body", "release", "isa12", "reference"),
    [(OLD, "004010", "00401", "R-7"), (NEW.format(LONG), "005010", "00501", LONG)],
)
def test_what_it_says_is_read_from_either_release(body: str, release: str, isa12: str, reference: str) -> None:
    translation = edi.translate(x12(group(body, kind="AG", version=release), version=isa12), ACME)
    (result,) = (result for result in translation.results if result.message is not None)
    assert (result.verdict, result.faults) == ("accepted", ())
    assert result.event is not None
    advice = result.event.data
    assert isinstance(advice, ApplicationAdvice)
    (document,) = advice.documents
    assert (document.outcome.value, document.reference) == ("rejected", reference)
    (error,) = document.errors
    assert (error.code, error.tag, error.position, error.element, error.ref) == ("006", "TDS", 9, 1, "610")
