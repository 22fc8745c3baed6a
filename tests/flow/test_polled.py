"""What becomes of a look into a mailbox that went wrong: one case for the operator, gone when it is well again."""

from __future__ import annotations

import pytest

from gateway.ledger import Ledger
from tests.flow.world import World

SOURCE = "acme/inbox"


@pytest.mark.parametrize("alarm", ["credential", "config", "unreachable", "stuck"])
async def test_a_case_that_ends_with_its_cause(ledger: Ledger, alarm: str) -> None:
    world = World.make(ledger)
    for _ in range(3):
        await world.flow.polled(SOURCE, "something is wrong", alarm)
    [case] = await world.cases()
    assert (case.kind, case.role) == (f"connector.{alarm}", "operator")
    assert case.sentence == "acme/inbox: something is wrong"
    await world.flow.polled(SOURCE, "", "")
    assert await world.cases() == []


async def test_what_is_stuck_shows_that_we_are_let_in(ledger: Ledger) -> None:
    world = World.make(ledger)
    await world.flow.polled(SOURCE, "refused", "credential")
    await world.flow.polled(SOURCE, "a.edi cannot be cleared away", "stuck")
    assert [case.kind for case in await world.cases()] == ["connector.stuck"]
    await world.flow.polled(SOURCE, "refused", "credential")
    assert sorted(case.kind for case in await world.cases()) == ["connector.credential", "connector.stuck"]
