"""Events of every type, made from their models: as JSON and back they are the same, with the same keys and hash."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import edi
from edi.documents import TYPES, Data, keys_of, model_of, wrap
from tests.edi.mapping.events import events

SAMPLES = Path(__file__).resolve().parents[3] / "samples/events"


def test_models_that_are_first_used_by_many_threads_at_once() -> None:
    """Their validators are built on first use, so this needs a process in which nothing was used before."""
    program = """
import json, pathlib, sys, threading
import edi
paths = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
values = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
start, same = threading.Barrier(8), []
def read():
    start.wait()
    same.extend(edi.event_from_json(value).to_json() == value for value in values)
threads = [threading.Thread(target=read) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(same), all(same))
"""
    command = [sys.executable, "-c", program, str(SAMPLES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(8 * len(TYPES)), "True"]


@functools.cache
def made(event_type: str) -> st.SearchStrategy[Data]:
    return events(model_of(event_type))


@pytest.mark.parametrize("event_type", TYPES)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_an_event_survives_json(event_type: str, data: st.DataObject) -> None:
    meant = data.draw(made(event_type))
    event = wrap(meant, event_type, event_id="1", partner="example")
    found = edi.event_from_json(json.loads(json.dumps(event.to_json())))
    assert found.data == meant
    assert edi.content_hash(found.data) == edi.content_hash(meant)
    assert keys_of(found.data, "example", event_type) == keys_of(meant, "example", event_type)
    assert found == event
