"""What is tried on any bytes: every door of the library, and what must hold behind it.

Used by the hypothesis tests beside it and by the campaign (`make fuzz`). Rule protected: bad data is a value. With a
profile that can be used, no bytes raise anything, not even an EdiError.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import edi
from edi.faults import Fault
from edi.model import Gap
from edi.syntax import read

ROOT = Path(__file__).resolve().parents[2]
ACME = edi.load_profile(ROOT / "partners/acme")
NORDWERK = edi.load_profile(ROOT / "partners/nordwerk")
OPEN = edi.default_profile()
# A partner who wants every answer there is: a TA1 and a line for each set.
TALKATIVE = replace(
    ACME,
    agreements=tuple(replace(agreed, ta1="always", detail="all") for agreed in ACME.agreements),
    environment="test",
)
# An answer goes back to the address that stood in the partner's envelope, such as it was.
REPEATED = {"interchange.sender-qualifier", "interchange.receiver-qualifier"}
PROFILES = (OPEN, ACME, NORDWERK, TALKATIVE)


def seconds(size: int) -> float:
    """How long any function here may work on an input of this size."""
    return 5 + size / 1_000


def _placed(faults: list[Fault], size: int) -> None:
    for fault in faults:
        assert fault.message
        assert 0 <= fault.location.offset <= size, fault
        json.dumps(fault.to_json())


def look(data: bytes) -> None:
    """`edi.inspect`, and the reader below it: every byte in one item, whole or in pieces."""
    items = list(read(data))
    assert b"".join(item.raw for item in items) == data
    for item in items:
        assert item.faults or item.raw or not isinstance(item, Gap)
        _placed(item.faults, len(data))
    overview = edi.inspect(data)
    assert str(edi.inspect(io.BytesIO(data))) == str(overview)
    json.dumps(overview.to_json())
    edi.is_incomplete(data)


def explain(data: bytes) -> None:
    """`edi.explain`, with and without a partner's guide."""
    for profile in (None, OPEN, ACME, NORDWERK):
        text = edi.explain(data, profile)
        assert text
        assert all(line.isprintable() for line in text.split("\n"))


def translate(data: bytes) -> None:
    """`edi.translate` for each profile: events are whole, faults have places, a rejected set says nothing."""
    for profile in PROFILES:
        translation = edi.translate(data, profile)
        _placed(translation.faults, len(data))
        for result in translation.results:
            assert result.event is None or result.verdict != "rejected"
            assert result.verdict == "accepted" or result.faults or result.outside or result.interchange
            assert all(item.place for item in result.unmapped)
            if result.event is not None:
                event = result.event
                assert edi.event_from_json(json.loads(json.dumps(event.to_json()))).data == event.data


def answer(data: bytes) -> None:
    """`Translation.acks` for each profile: whatever arrives is answered with what we accept ourselves."""
    for profile in PROFILES:
        translation = edi.translate(data, profile)
        due = translation.acknowledgements
        acks = translation.acks
        assert len(acks) == len(due)
        for ack in acks:
            back = edi.translate(ack, OPEN)
            wrong = [fault for fault in back.faults if fault.severity != "warning" and fault.code not in REPEATED]
            assert not wrong, (wrong[0].message, ack)
            assert len(back.messages) == 1
            assert back.acks == []


TARGETS: dict[str, Callable[[bytes], None]] = {
    "inspect": look,
    "explain": explain,
    "translate": translate,
    "acks": answer,
}
