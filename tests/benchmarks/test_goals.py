"""The goals that are reached stay reached: ratios and limits, never seconds, so that any machine can hold them."""

from __future__ import annotations

import pytest

from benchmarks.bench import Table
from benchmarks.goals import GOALS, HELD, KEPT, Goal


@pytest.mark.parametrize(
    "goal",
    [pytest.param(GOALS[name], id=name) for name in sorted(HELD)]
    + [pytest.param(goal, id=f"kept {name}") for name, goal in KEPT.items()],
)
def test_a_goal_is_held(goal: Goal) -> None:
    """Best of several rounds; a noisy moment may spoil a run, not three in a row."""
    found = [goal.measure()]
    while found[-1] > goal.limit and len(found) < 3:
        found.append(goal.measure())
    assert min(found) <= goal.limit, f"{goal.what}: {found} {goal.unit}, at most {goal.limit}"


def test_the_goals_are_those_that_were_set() -> None:
    """A goal is reached or not; it is not moved."""
    assert {name: goal.limit for name, goal in GOALS.items()} == {
        "tokenise X12": 5.5,
        "tokenise large X12": 5.5,
        "tokenise EDIFACT": 15,
        "check X12": 24,
        "translate X12": 45,
        "compile": 200,
        "write X12": 23,
        "read back X12": 75,
        "memory": 64,
        "memory of a message": 10,
        "flat": 1.3,
        "linear": 1.3,
        "one fault": 1.5,
        "many faults": 1.3,
        "AS2": 2,
        "AS2 stored": 10 / 3,
        "growth": 64,
    }
    assert set(GOALS) >= HELD


def test_a_table_is_markdown() -> None:
    assert str(Table("T", "", ("", "b"), [("a", "10")])) == "## T\n\n|   |  b |\n|---|---:|\n| a | 10 |"
