"""Damaged documents: the fault that was meant is found, where it was made, and nowhere else."""

from __future__ import annotations

import pytest

import edi
from benchmarks.damage import Damaged, damaged, faulty
from benchmarks.generator import Plan

PLANS = [
    Plan(kind, release, documents=5, lines=6, seed=seed)
    for kind, release in (("850", "004010"), ("855", "004010"), ("ORDERS", "D.01B"), ("ORDRSP", "D.01B"))
    for seed in (1, 2, 3)
]
CASES = [(plan, case) for plan in PLANS for case in damaged(plan)]


@pytest.mark.parametrize(("plan", "case"), CASES, ids=[f"{plan.kind} {case.name} {plan.seed}" for plan, case in CASES])
def test_each_damage_gives_its_fault(plan: Plan, case: Damaged) -> None:
    translation = edi.translate(case.data, edi.default_profile())
    assert case.code in {fault.code for fault in translation.faults}
    faulty_sets = [number for number, result in enumerate(translation.results, 1) if result.faults]
    assert faulty_sets == ([case.document] if case.document else [])
    assert sum(result.verdict == "accepted" for result in translation.results) >= len(translation.results) - 1


def test_the_same_seed_gives_the_same_damage() -> None:
    assert list(damaged(PLANS[0])) == list(damaged(PLANS[0]))


@pytest.mark.parametrize("count", [0, 1, 50])
def test_as_many_faults_as_asked_for(count: int) -> None:
    translation = edi.translate(faulty(Plan("850", lines=60), count), edi.default_profile())
    assert [fault.code for fault in translation.faults] == ["element.number"] * count
