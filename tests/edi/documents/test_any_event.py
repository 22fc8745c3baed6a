"""Events of every type, made from their models: as JSON and back they are the same, with the same keys and hash."""

from __future__ import annotations

import functools
import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import edi
from edi.documents import TYPES, Data, keys_of, model_of, wrap
from tests.edi.mapping.events import events


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
