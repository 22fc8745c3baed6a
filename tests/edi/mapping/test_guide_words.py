"""Sentences of a guide: expressions, conditions, times."""

from __future__ import annotations

import pytest

from edi.expression_words import in_words, path_in_words
from edi.guide_words import condition_sentence, duration
from edi.mapping import load_map
from edi.resources import identities
from edi.structure import Condition


def test_words() -> None:
    assert in_words("sum(responses.quantity.value) <= ordered.value * 1.05") == (
        "the sum of response quantity is at most ordered quantity × 1.05"
    )
    assert in_words('status not in ["rejected", "deleted"] or date.on is missing') == (
        "status is not rejected or deleted, or date is missing"
    )
    assert in_words("not (a is present and b is not missing)") == "it is not so that (a is there and b is there)"
    assert in_words("unique(packages/**/ssccs)") == "no SSCC occurs twice"
    assert path_in_words("item.ids.gtin") == "item GTIN"
    assert duration("24h") == "24 hours"
    assert duration("1d") == "1 day"
    names = ["A1", "A2", "A3"]
    said = {kind: condition_sentence(Condition(kind, (1, 2, 3)), names) for kind in "PRECOLX"}
    assert said["P"] == "Either all of A1, A2 and A3 are there, or none."
    assert said["C"] == "If A1 is there, A2 and A3 must be there as well."
    assert said["L"] == "If A1 is there, at least one of A2 and A3 must be there as well."
    assert said["X"] == "If A1 is there, A2 and A3 must stay empty."
    assert len(set(said.values())) == 7


@pytest.mark.parametrize("identity", identities(".map.yaml"))
def test_every_check_of_every_map_has_words(identity: str) -> None:
    for check in load_map(identity).declared.checks.values():
        said = in_words(str(check["test"]))
        assert said != str(check["test"])
        assert not set(said) & set("<>=_[]")
