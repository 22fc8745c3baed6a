"""A trial in a test: runs `examine` of a transport and keeps its steps."""

from __future__ import annotations

from typing import Any

from gateway.partners import transport
from gateway.transports.trial import Ended, Step, Trial


async def tried(
    settings: Any, secrets: Any, *, listener: Any = None, patience: float = 5.0, send_test: bool = False
) -> list[Step]:
    """The steps of a trial, in order."""
    steps: list[Step] = []
    trial = Trial(steps.append, patience, send_test=send_test)
    try:
        await transport(settings.kind).examine("one/channel", settings, listener, secrets, trial)
    except Ended:
        assert not steps[-1].fine
    return steps


def failed(steps: list[Step]) -> Step:
    """The only step that failed."""
    (step,) = [step for step in steps if not step.fine]
    assert step.problem
    assert step.found
    assert step.expected
    assert step.advice
    return step


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]
