"""A trial of a channel: the steps of a connection one after the other, each timed, each failure in words.

Not here: the steps of any transport (they have `examine`), printing. Rule protected: a trial waits no longer for a step
than it is told to, and hands over no document.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was tried. `problem` is empty when it went well, and then `note` says what was seen."""

    name: str
    seconds: float
    note: str = ""
    problem: str = ""
    found: str = ""
    expected: str = ""
    advice: str = ""

    @property
    def fine(self) -> bool:
        return not self.problem


class Wrong(Exception):
    """What is wrong with a step: a sentence, what was found, what was expected, what to do about it."""

    def __init__(self, problem: str, *, found: str = "", expected: str = "", advice: str = "") -> None:
        super().__init__(problem)
        self.problem, self.found, self.expected, self.advice = problem, found, expected, advice


class Ended(Exception):
    """A step failed that all further ones need. It has been told."""


@dataclass(slots=True)
class Said:
    """What a step has to say when it goes well."""

    note: str = ""


class Trial:
    """Steps of one channel. `tell` gets each as it ends; `patience`: seconds for one; `send_test`: really send."""

    def __init__(self, tell: Callable[[Step], None], patience: float = 10.0, *, send_test: bool = False) -> None:
        self._tell, self.patience, self.send_test = tell, patience, send_test
        self.mark = f"gateway-check-{secrets.token_hex(4)}"  # begins the names of whatever a trial makes

    @asynccontextmanager
    async def step(self, name: str, *, needed: bool = True) -> AsyncIterator[Said]:
        """Try one step. When it raises Wrong or OSError, or takes too long, it has failed, and Ended is raised if it is
        `needed`."""
        said, began = Said(), time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                yield said
        except TimeoutError:
            wrong = Wrong(
                f"there is no answer within {self.patience:g} seconds",
                found="silence",
                expected="an answer",
                advice="try again with a longer --timeout; if it stays so, ask the other side",
            )
        except OSError as error:
            wrong = Wrong(
                "the connection does not hold",
                found=error.strerror or str(error) or type(error).__name__,
                expected="an answer",
                advice="try again; if it stays so, ask the other side what its log says",
            )
        except Wrong as error:
            wrong = error
        else:
            self.passed(name, time.monotonic() - began, said.note)
            return
        self.failed(name, time.monotonic() - began, wrong)
        if needed:
            raise Ended

    def passed(self, name: str, seconds: float, note: str = "") -> None:
        """Tell of a step that went well and was timed elsewhere."""
        self._tell(Step(name, seconds, note))

    def failed(self, name: str, seconds: float, wrong: Wrong) -> None:
        """Tell of a step that failed and was timed elsewhere."""
        self._tell(Step(name, seconds, "", wrong.problem, wrong.found, wrong.expected, wrong.advice))
