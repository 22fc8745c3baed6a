"""Any bytes through every door of the library: nothing is raised, and nothing takes longer than its size allows."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.inputs import anything, documents
from tests.fuzz.targets import TARGETS, seconds


class TooSlow(BaseException):
    """No `except Exception` can hide it."""


@contextmanager
def bounded(size: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"{size} bytes took more than {seconds(size):.0f} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds(size))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=anything)
def test_any_bytes(name: str, data: bytes) -> None:
    with bounded(len(data)):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_documents_that_fuzzing_starts_from(name: str) -> None:
    for data in documents():
        with bounded(len(data)):
            TARGETS[name](data)
