"""Every sample through `edi.translate`, as its partner sends it: verdicts, faults and acknowledgements.

What a sample says as an event stands in its `.json` (tests/edi/mapping/test_samples.py). Here `.faults` holds what is
wrong with it, one line a fault, and `.ack` what is answered. `pytest --update` writes both anew. The samples of faults
have a test of their own (tests/edi/test_fault_samples.py).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import edi
from tests.edi.interchanges import ROOT

SAMPLES = sorted(path for path in (ROOT / "samples").rglob("*.edi") if path.parent.name != "faults") + sorted(
    (ROOT / "partners").glob("*/samples/*.edi")
)
OURS = ("850", "860", "orders", "ordchg")  # what we send: read from the other side


def profile_of(sample: Path) -> edi.Profile:
    if sample.parent.name != "samples":
        return edi.default_profile()
    profile = edi.load_profile(sample.parents[1])
    return profile.mirrored() if sample.name.startswith(OURS) else profile


def name_of(sample: Path) -> str:
    return str(sample.relative_to(ROOT).with_suffix(""))


def golden(path: Path, found: str, update: bool) -> None:
    """Compare with the file; no file stands for an empty text."""
    if update:
        if found:
            path.write_bytes(found.encode())
        else:
            path.unlink(missing_ok=True)
    assert found == (path.read_bytes().decode() if path.exists() else "")


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_the_faults_of_a_sample(sample: Path, request: pytest.FixtureRequest) -> None:
    translation = edi.translate(sample.read_bytes(), profile_of(sample))
    told = "".join(f"{fault.severity} {fault.code} {fault.message}\n" for fault in translation.faults)
    golden(sample.with_suffix(".faults"), told, request.config.getoption("--update"))
    verdicts = [result.verdict for result in translation.results if result.message is not None]
    if sample.with_suffix(".json").exists():
        assert verdicts == ["accepted"]
        assert all(fault.severity == "warning" for fault in translation.faults)
    else:
        assert told


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_the_event_of_a_sample(sample: Path) -> None:
    """The whole way gives what the map alone gives, and the offset of the partner's zone to its times."""
    if not sample.with_suffix(".json").exists():
        return
    profile = profile_of(sample)
    (result,) = edi.translate(sample.read_bytes(), profile).results
    assert result.event is not None
    data = json.loads(sample.with_suffix(".json").read_text())
    for name, value in data.get("shipment", {}).items():
        if name in ("issued_at", "estimated_delivery") and "T" in value and profile.timezone:
            at = dt.datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(profile.timezone))
            data["shipment"][name] = at.isoformat(timespec="minutes")
    assert result.event.to_json()["data"] == data


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_the_acknowledgement_of_a_sample(sample: Path, request: pytest.FixtureRequest) -> None:
    translation = edi.translate(sample.read_bytes(), profile_of(sample))
    answers = b"".join(translation.acks)
    if sample.with_suffix(".json").exists():
        assert b"AK3" not in answers
        assert b"IK3" not in answers
        assert b"UCM" not in answers
        # 997, 999, CONTRL and TA1 are never answered; an 824 or APERAK is a document, and gets its 997 or CONTRL.
        functional = [answer for answer in translation.answers if answer.scope != "document"]
        assert bool(answers) == (not functional)
        assert b"ST*824" not in answers
        assert b"APERAK" not in answers
        return
    golden(sample.with_suffix(".ack"), answers.decode("latin-1"), request.config.getoption("--update"))
