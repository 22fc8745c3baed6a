"""The catalogue is complete and every fault can be told to a partner and to a machine."""

from __future__ import annotations

import json

import pytest

from edi.catalogue import CATALOGUE, Entry
from edi.faults import FOUND_LENGTH, Fault, fault, visible
from edi.model import COMPONENT, REPEAT, Location

PLACE = Location(path="850[1]/PO1[3]/PO102", message="0001", segment=7, tag="PO1", element=2, offset=812)

# Codes of a 999 that exist only with an implementation guide, and what a 997 of the same fault says.
LEVEL_CODES = {
    "segment": {*"12345678", "I4", "I6", "I7", "I8", "I9", ""},
    "element": {*"123456789", "10", "12", "13", "I6", "I9", "I10", "I11", "I12", "I13", ""},
    "message": {*"1234567", "23", "18", "I5", "I6", ""},
    "group": {*"123456", "19"},
}


@pytest.mark.parametrize(("code", "entry"), CATALOGUE.items())
def test_every_row_is_complete(code: str, entry: Entry) -> None:
    assert code.count(".") == 1
    assert entry.sentence
    assert entry.help
    assert not entry.sentence.endswith(".")
    assert not entry.help.endswith(".")
    assert entry.severity in ("warning", "exception", "error", "reject")
    message = fault(code, PLACE, found="F", expected="E").message
    assert message.startswith("850[1]/PO1[3]/PO102: ")
    assert "{" not in message
    if entry.level in LEVEL_CODES:
        assert {entry.x997, entry.x999, entry.x999_guide} <= LEVEL_CODES[entry.level] | {""}
    assert bool(entry.contrl) == bool(entry.contrl3)
    if entry.ta1:
        assert entry.level == "interchange"
        assert len(entry.ta1) == 3


def test_business_findings_have_no_wire_code() -> None:
    for code, entry in CATALOGUE.items():
        if code.startswith(("consistency.", "write.")) or entry.severity == "exception":
            assert (entry.x997, entry.x999, entry.ta1, entry.contrl, entry.contrl3) == ("", "", "", "", ""), code


def test_the_sentence_names_place_found_expected_and_what_to_do() -> None:
    told = fault("element.number", PLACE, found="TEN", expected="R, 1-15 characters")
    assert told.message == (
        "850[1]/PO1[3]/PO102: 'TEN' is not a number (expected R, 1-15 characters). "
        "Send digits with at most one decimal mark."
    )
    count = fault("message.count", PLACE, found="9", expected="3")
    assert "the trailer says 9 segments, but 3 arrived." in count.message


def test_the_severity_is_that_of_the_catalogue_unless_given() -> None:
    assert fault("element.number", PLACE).severity == "reject"
    assert fault("element.number", PLACE, severity="warning").severity == "warning"


def test_an_unknown_code_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        fault("element.nonsense", PLACE)


def test_the_place_falls_back_to_the_nearest_envelope() -> None:
    assert Fault("element.date", Location(message="7", group="1"), "reject").place == "message 7"
    assert Fault("element.date", Location(group="1", interchange="9"), "reject").place == "group 1"
    assert Fault("element.date", Location(interchange="9"), "reject").place == "interchange 9"
    assert Fault("element.date", Location(offset=5), "reject").place == "byte 5"


def test_codes_per_acknowledgement() -> None:
    repeat = fault("element.repeat", PLACE)
    assert (repeat.x997("004010"), repeat.x997("005010"), repeat.x999) == ("3", "12", "12")
    assert (repeat.contrl("3"), repeat.contrl("4")) == ("35", "35")
    condition = fault("element.conditional-missing", PLACE)
    assert (condition.contrl("3"), condition.contrl("4")) == ("13", "48")
    code, guide = fault("element.code", PLACE), fault("element.code", PLACE, guide=True)
    assert (code.x999, code.contrl(), guide.x999, guide.contrl(), guide.x997()) == ("7", "12", "I6", "14", "7")
    isa = [fault("isa.separator", Location(tag="ISA", element=at)).ta1 for at in (0, 16)]
    assert isa == ["026", "027"]
    authorization = [fault("interchange.authorization", Location(tag="ISA", element=at)).ta1 for at in (1, 2)]
    assert authorization == ["010", "011"]


def test_stable_json() -> None:
    told = fault("element.date", PLACE, found="20261345", expected="a date CCYYMMDD").to_json()
    assert json.loads(json.dumps(told)) == {
        "code": "element.date",
        "severity": "reject",
        "path": "850[1]/PO1[3]/PO102",
        "segment": 7,
        "element": "PO102",
        "offset": 812,
        "found": "20261345",
        "expected": "a date CCYYMMDD",
        "message": "850[1]/PO1[3]/PO102: '20261345' is not a date (expected a date CCYYMMDD). Send an existing date.",
        "ack": {"997": "8", "999": "8", "CONTRL": "12", "TA1": ""},
    }


def test_found_text_is_short_and_readable() -> None:
    assert visible(f"A{COMPONENT}B{REPEAT}C") == "A:B^C"
    assert visible("a\r\n\x7f\x85") == "a␍␊␡<U+0085>"
    assert len(visible("x" * 500)) == FOUND_LENGTH
    assert len(visible("\x85" * 500)) <= FOUND_LENGTH
    assert visible(visible("a\n" * 100)) == visible("a\n" * 100)
    assert fault("element.date", PLACE, found="{braces}\n").message.count("{braces}␊") == 1
