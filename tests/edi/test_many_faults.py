"""A set with very many faults: the first are kept, the last says how many more there are; the verdict is the same."""

from __future__ import annotations

import pytest

import edi
from edi.faults import MOST_FAULTS, Faults, Severity, fault
from edi.model import Location
from edi.translate import MOST_OUTSIDE
from tests.edi.interchanges import ROOT
from tests.flow.world import isa, set_855

ACME = edi.load_profile(ROOT / "partners" / "acme")
MANY = MOST_FAULTS + 234


def with_many(segments: str) -> bytes:
    before, after = set_855(1).split("PO1*", 1)
    body, _ = f"{before}{segments}PO1*{after}".rsplit("SE*", 1)
    return isa([f"{body}SE*{body.count('~') + 1}*0001~\n"])


def of(count: int, severity: Severity = "warning", *, guide: bool = False) -> list[edi.Fault]:
    return [
        fault("element.code", Location("855[1]/N1[1]/N101", segment=n), severity=severity, guide=guide)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("segments", "code"),
    [("~\n" * MANY, "segment.empty"), ("ZZ*1~\n" * MANY, "segment.unknown"), ("N1*ZZ~\n" * MANY, "loop.repeat")],
    ids=["reader", "checker", "loops"],
)
def test_every_step_of_reading_is_bounded(segments: str, code: str) -> None:
    [result] = edi.translate(with_many(segments), ACME).results
    codes = [one.code for one in result.faults]
    assert code in codes
    assert len(codes) <= 2 * (MOST_FAULTS + 1)
    more = next(one for one in result.faults if one.code == "message.more-faults")
    listed = codes.count(code) + codes.count("element.conditional-missing")
    assert int(more.found) >= MANY - listed
    assert "more faults of this document are not listed" in more.message
    assert more.message.startswith("855[1]: ")


def test_the_answer_still_refuses_the_set() -> None:
    [ack] = edi.translate(with_many("ZZ*1~\n" * MANY), ACME).acks
    assert ack.count(b"AK3*ZZ*") == 100  # as many as are told of one set
    assert b"AK5*R*5~" in ack


def test_of_very_many_refused_sets_the_first_have_details(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.acks.MOST_DETAILED", 2)
    sets = [set_855(n, date="20261345") for n in range(1, 6)]
    [ack] = edi.translate(isa(sets, sets=5), ACME).acks
    assert (ack.count(b"AK2*855*"), ack.count(b"AK3*BAK*"), ack.count(b"AK5*R*5~")) == (5, 2, 5)
    assert b"AK9*R*5*5*0~" in ack


def test_a_contrl_without_details_still_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.acks.MOST_DETAILED", 0)
    sample = (ROOT / "samples" / "faults" / "element.code.edifact.edi").read_bytes()
    [ack] = edi.translate(sample, edi.load_profile(ROOT / "samples" / "faults" / "partner")).acks
    assert b"UCS+" not in ack
    assert b"+4+18'" in ack


def test_the_last_one_weighs_as_much_as_the_worst_of_the_rest() -> None:
    found = Faults.of([*of(10), *of(5, "error"), *of(1, "reject"), *of(4)], most=10)
    assert len(found) == 11
    assert (found[-1].code, found[-1].severity, found[-1].found) == ("message.more-faults", "reject", "10")
    assert found[-1].location.path == "855[1]"


def test_it_is_of_the_guide_only_if_the_worst_are() -> None:
    assert Faults.of([*of(1), *of(3, "error", guide=True), *of(2)], most=1)[-1].guide
    assert not Faults.of([*of(1), *of(3, "error", guide=True), *of(2, "error")], most=1)[-1].guide
    assert Faults.of([*of(1), *of(3, "error"), *of(2, "reject", guide=True)], most=1)[-1].guide


def test_a_list_cut_again_counts_all() -> None:
    again = Faults.of(Faults.of(of(30), most=20), most=5)
    assert [one.found for one in again[5:]] == ["25"]


def test_few_faults_stay_as_they_are() -> None:
    few = of(MOST_FAULTS)
    assert Faults.of(few) == few


def test_the_answers_to_very_many_empty_groups_are_handed_on_in_parts() -> None:
    whole = isa([], sets=0).decode()
    head, group = whole[: whole.index("GS*")], whole[whole.index("GS*") : whole.index("IEA")]
    groups = "".join(group.replace("*1000*1*X", f"*1000*{n}*X").replace("GE*0*1~", f"GE*0*{n}~") for n in range(3000))
    results = edi.translate_each(f"{head}{groups}IEA*3000*000000001~".encode(), ACME)
    answers = [len(result.acks) for result in results]
    assert max(answers) <= MOST_OUTSIDE + 1
    assert sum(answers) == 3000
