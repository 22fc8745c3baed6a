"""A sample for every fault: samples/faults holds the smallest document that gives it, `expected.json` what it gives.

The expected file says for each sample its faults (place, byte offset, what was found and expected, the sentence the
supplier reads) and the codes of the acknowledgements as they stand on the wire. `pytest --update` writes it anew; the
tests hold it to the bytes of the sample and to the catalogue. Faults of writing have an event instead of a document.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

import edi
from edi import syntax
from edi.catalogue import CATALOGUE
from edi.documents import model_of, wrap
from edi.faults import visible
from edi.model import Message
from tests.edi.interchanges import ROOT

FOLDER = ROOT / "samples/faults"
EXPECTED = FOLDER / "expected.json"
PARTNER = edi.load_profile(FOLDER / "partner")
AT = dt.datetime(2026, 11, 20, 10, 30, tzinfo=dt.UTC)
SAMPLES = sorted(FOLDER.glob("*.edi"))
EVENTS = sorted(FOLDER.glob("write.*.json"))
DERIVED = {"message.faults": ("AK502", "5"), "segment.elements": ("AK304", "8")}  # said of others, never by themselves
OURS = {"write.putget"}  # only a mistake of ours gives it
LARGE = {"message.more-faults"}  # its document has a thousand others: tests/edi/test_many_faults.py
# Documents that are read as anybody's; events that are no orders.
ANYBODY = edi.default_profile()
ANYBODYS = {"consistency.hl-tree", "consistency.line-duplicate", "consistency.nest-parent"}
OTHER_EVENTS = {"write.package-needs-id": "procurement.shipment.dispatched.v1"}

# Elements that carry codes, by segment: the name in the expected file, and where they stand.
CARRIERS = {
    "AK3": ("AK304", 4, 5), "AK4": ("AK403", 3, 4), "AK5": ("AK502", 2, 7), "AK9": ("AK905", 5, 10),
    "IK3": ("IK304", 4, 5), "IK4": ("IK403", 3, 4), "IK5": ("IK502", 2, 7), "TA1": ("TA105", 5, 6),
    "UCI": ("UCI", 5, 6), "UCF": ("UCF", 5, 6), "UCM": ("UCM", 4, 5), "UCS": ("UCS", 2, 3), "UCD": ("UCD", 1, 2),
}  # fmt: skip
PLACES = {"segment": "304", "element": "403", "event": "403", "message": "502", "group": "905"}

# Further faults a sample cannot be without.
COMPANIONS = {
    "charset.repertoire.edifact": {"charset.assumed"},
    "interchange.receiver": {"interchange.receiver-unknown"},
    "interchange.receiver.edifact": {"interchange.receiver-unknown"},
    "interchange.receiver-qualifier": {"interchange.receiver-unknown"},
    "interchange.sender": {"interchange.sender-unknown"},
    "interchange.sender.edifact": {"interchange.sender-unknown"},
    "interchange.sender-qualifier": {"interchange.sender-unknown"},
    "consistency.hl-tree": {"map.unmapped"},
    "limit.exceeded": {"element.too-many"},
    "message.convention.edifact": {"element.code"},
    "message.identifier": {"message.unsupported"},
    "message.identifier.edifact": {"message.unsupported"},
    "una.invalid.edifact": {"interchange.sender-unknown"},
}
# Why nothing is answered where the catalogue has a code.
_NAMELESS = "AK101 and AK102 cannot name the group"
_NOWHERE = "an answer could not be addressed"
_KEPT = "the messages before it are accepted, and CONTRL has no errors without a rejection"
UNANSWERED = {
    "group.control-mismatch.edifact": _KEPT,
    "group.control-number": _NAMELESS,
    "group.count.edifact": _KEPT,
    "group.trailer-missing.edifact": _KEPT,
    "group.unsupported": _NAMELESS,
    "interchange.ack-flag": "a TA1 was not asked for",
    "interchange.receiver": _NOWHERE,
    "interchange.receiver.edifact": _NOWHERE,
    "interchange.sender": _NOWHERE,
    "interchange.sender.edifact": _NOWHERE,
    "interchange.structure.edifact": _KEPT,
    "interchange.trailer-missing.edifact": _KEPT,
    "isa.separator.element": _NOWHERE,
    "syntax.unknown": _NOWHERE,
    "una.invalid.edifact": _NOWHERE,
}


def name_of(sample: Path) -> str:
    return sample.stem


def code_of(sample: Path) -> str:
    """`element.code` of element.code.guide.edifact.edi."""
    return ".".join(sample.stem.split(".")[:2])


def functional(kind: Any) -> edi.Profile:
    agreements = tuple(
        dataclasses.replace(agreed, functional=kind) if agreed.syntax == "x12" else agreed
        for agreed in PARTNER.agreements
    )
    return dataclasses.replace(PARTNER, agreements=agreements)


def translated(sample: Path, profile: edi.Profile = PARTNER) -> edi.Translation:
    """As its partner sends it; documents that are not agreed are read as anybody's."""
    if code_of(sample) in ANYBODYS:
        profile = ANYBODY
    return edi.translate(sample.read_bytes(), profile, seen=lambda _: code_of(sample) == "interchange.duplicate")


def codes_on_the_wire(acknowledgements: list[bytes]) -> dict[str, list[str]]:
    """What the acknowledgements say, by element; those that say nothing are left out."""
    found: dict[str, list[str]] = {}
    for data in acknowledgements:
        for item in syntax.read(data):
            for segment in item.segments if isinstance(item, Message) else ():
                if segment[0] in CARRIERS:
                    name, first, last = CARRIERS[segment[0]]
                    codes = [code for code in segment[first:last] if code and code != "000"]
                    if codes:
                        found.setdefault(name, []).extend(codes)
    return found


def told(sample: Path) -> dict[str, Any]:
    """The entry of the expected file."""
    data = sample.read_bytes()
    translation = translated(sample)
    faults = [
        {
            "code": fault.code,
            "severity": fault.severity,
            "path": fault.location.path,
            "offset": fault.location.offset,
            "at": visible(data[fault.location.offset :].decode("latin-1"), 20),
            "found": fault.found,
            "expected": fault.expected,
            "sentence": fault.message,
        }
        for fault in translation.faults
    ]
    answers = {"answer": codes_on_the_wire(translation.acks)}
    if not sample.stem.endswith(".edifact"):
        answers["answer with 999"] = codes_on_the_wire(translated(sample, functional("999")).acks)
    return {"faults": faults, **answers}


def test_every_code_has_a_sample_and_every_sample_a_code() -> None:
    assert {code_of(sample) for sample in (*SAMPLES, *EVENTS)} | OURS | LARGE == set(CATALOGUE)


def test_the_expected_file_is_current(request: pytest.FixtureRequest) -> None:
    entries = {sample.stem: told(sample) for sample in SAMPLES}
    entries |= {sample.stem: refused(sample) for sample in EVENTS}
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    if request.config.getoption("--update"):
        EXPECTED.write_text(text, encoding="utf-8")
    assert EXPECTED.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_a_sample_gives_its_fault_and_no_other(sample: Path) -> None:
    code = code_of(sample)
    codes = [fault.code for fault in translated(sample).faults]
    if code in DERIVED:
        name, value = DERIVED[code]
        assert value in codes_on_the_wire(translated(sample).acks)[name]
        assert value in (CATALOGUE[code].x997, CATALOGUE[code].x999)
        return
    assert codes.count(code) == 1
    assert set(codes) == {code} | COMPANIONS.get(sample.stem, set())


# What is found stands in the sentence and not, or not alone, at the place.
DESCRIBED = {
    "charset.assumed", "check.error", "check.failed", "group.duplicate", "interchange.test-flag", "isa.length",
    "isa.terminator", "limit.exceeded", "message.convention", "message.duplicate", "message.unsupported",
    "interchange.sender-unknown", "interchange.receiver-unknown", "element.release", "una.invalid", "isa.separator",
}  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_a_fault_points_at_the_bytes_it_found(sample: Path) -> None:
    data = sample.read_bytes()
    for fault in translated(sample).faults:
        if fault.code in COMPANIONS.get(sample.stem, ()):
            continue
        assert 0 <= fault.location.offset <= len(data)
        there = visible(data[fault.location.offset :].decode("latin-1"), 200).replace(">", ":")
        if fault.code not in DESCRIBED and fault.found != "non-breaking space":
            assert there.startswith(fault.found.rstrip("…")), fault.code


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_the_acknowledgements_carry_the_codes_of_the_catalogue(sample: Path) -> None:
    if code_of(sample) in DERIVED:
        return  # held above
    translation = translated(sample)
    answer = codes_on_the_wire(translation.acks)
    (fault,) = (fault for fault in translation.faults if fault.code == code_of(sample))
    if fault.severity in ("warning", "exception") or sample.stem in UNANSWERED:
        companions = [other for other in translation.faults if other.code != fault.code]
        assert answer == {} or companions
    elif sample.stem.endswith(".edifact"):
        assert fault.severity == "error" or any(fault.contrl("3") in codes for codes in answer.values())
    elif fault.entry.level == "interchange":
        assert answer.get("TA105", []) == [fault.ta1]
    elif fault.code == "map.required" and not fault.location.element:
        assert answer["AK304"] == ["3"]  # a segment is missing, not an element
    else:
        assert fault.x997() in answer["AK" + PLACES[fault.entry.level]]
        with_999 = codes_on_the_wire(translated(sample, functional("999")).acks)
        assert fault.x999 in with_999[("AK" if fault.entry.level == "group" else "IK") + PLACES[fault.entry.level]]


# --- writing


def refused(sample: Path) -> dict[str, str]:
    """What the writer says of an event it cannot write for the partner."""
    type_ = OTHER_EVENTS.get(code_of(sample), "procurement.order.released.v1")
    data = model_of(type_).model_validate_json(sample.read_text(encoding="utf-8"))
    event = wrap(data, type_, event_id="1", partner=PARTNER.partner)
    with pytest.raises(edi.RenderError) as caught:
        edi.render(event, PARTNER, edi.Numbers(1), AT)
    error = caught.value
    return {"code": error.code, "element": error.element, "field": error.field, "sentence": str(error)}


@pytest.mark.parametrize("sample", EVENTS, ids=name_of)
def test_an_event_that_cannot_be_written_is_refused_with_its_code(sample: Path) -> None:
    assert refused(sample)["code"] == code_of(sample)
