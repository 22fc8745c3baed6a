"""What the checker says about documents with one thing wrong: code, place, words, offset, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_documents import ANSWER, ORDER, ORDERS, RESPONSE, WHEN, edifact, own_schema, x12

from edi.check import compile_check
from edi.checked import Checked
from edi.model import Message
from edi.schema import load_schema


def check(identity: str, message: Message) -> Checked:
    return compile_check(load_schema(identity)).check(message)


def order(old: str = "", new: str = "") -> Checked:
    assert old in ORDER
    return check("x12/004010/850", x12(ORDER.replace(old, new, 1)))


def orders(old: str = "", new: str = "", una: str = "") -> Checked:
    assert old in ORDERS
    return check("edifact/d01b/orders", edifact(ORDERS.replace(old, new, 1), una=una))


X12_CASES = [
    ("BEG*00", "BEG*ZZ", "element.code", "850[1]/BEG/BEG01", "ZZ", "one of 00, 01, 02"),
    ("*20261120~CUR", "*20261345~CUR", "element.date", "850[1]/BEG/BEG05", "20261345", "a date CCYYMMDD"),
    ("*20261120~CUR", "*20260229~CUR", "element.date", "850[1]/BEG/BEG05", "20260229", "a date CCYYMMDD"),
    ("*20261120~CUR", "*261120~CUR", "element.date", "850[1]/BEG/BEG05", "261120", "a date CCYYMMDD"),
    ("PO1*2*24", "PO1*2*TEN", "element.number", "850[1]/PO1[2]/PO102", "TEN", "R, 1-15 characters"),
    ("PO1*2*24", "PO1*2*1E3", "element.number", "850[1]/PO1[2]/PO102", "1E3", "R, 1-15 characters"),
    ("P00042", "P" * 23, "element.long", "850[1]/BEG/BEG03", "P" * 23, "AN, 1-22 characters"),
    ("N1*ST*Main", "N1*S*Main", "element.short", "850[1]/N1[1]/N101", "S", "ID, 2-3 characters"),
    ("BEG*00*SA*P00042", "BEG*00*SA*", "element.missing", "850[1]/BEG/BEG03", "", "order number (AN, 1-22 characters)"),
    ("*92*WH-01", "*92", "element.conditional-missing", "850[1]/N1[1]/N104", "", "all of N103, N104 or none"),
    ("CTT*2~", "CTT*2*******X~", "element.too-many", "850[1]/CTT/CTT08", "X", "at most 7 elements"),
    ("Main DC", "Main>DC", "element.components", "850[1]/N1[1]/N102", "Main:DC", "no components"),
    ("Main DC", "Main\x07DC", "element.character", "850[1]/N1[1]/N102", "Main␇DC", "AN, 1-60 characters"),
    ("CUR*BY*USD", "CUR*BY*USD*", "element.trailing", "850[1]/CUR/CUR03", "", "no separator after the last value"),
    ("CUR*BY", "QQQ*1~CUR*BY", "segment.unknown", "850[1]/QQQ", "QQQ", ""),
    ("CUR*BY", "HL*1**S~CUR*BY", "segment.undefined", "850[1]/HL", "HL", ""),
    ("CUR*BY", "SCH*1*EA*ST*A*002*20261201~CUR*BY", "segment.unexpected", "850[1]/SCH", "SCH", ""),
    ("PO1*1*", "CUR*BY*USD~PO1*1*", "segment.order", "850[1]/N1[2]/CUR", "CUR", ""),
    ("CUR*BY*USD~", "CUR*BY*USD~CUR*BY*USD~", "segment.repeat", "850[1]/CUR", "", "at most 1"),
    ("BEG*00*SA*P00042**20261120~", "", "segment.missing", "850[1]/BEG", "", "start of order (BEG)"),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "found", "expected"), X12_CASES)
def test_one_mistake_in_an_order_is_one_fault(
    old: str, new: str, code: str, path: str, found: str, expected: str
) -> None:
    (fault,) = order(old, new).faults
    assert (fault.code, fault.location.path, fault.found) == (code, path, found)
    assert fault.expected.startswith(expected)
    assert not fault.guide


EDIFACT_CASES = [
    ("CNT+2:2", "CNT+2:TWO", "element.number", "ORDERS[1]/CNT[1]/CNT01-2", "TWO"),
    ("AAA:12.50", "AAA:.50", "element.number", "ORDERS[1]/LIN[1]/PRI-line[1]/PRI01-2", ".50"),
    ("DTM+137:", "DTM+:", "element.missing", "ORDERS[1]/DTM[1]/DTM01-1", ""),
    ("UNS+S", "UNS+Z", "element.code", "ORDERS[1]/UNS/UNS01", "Z"),
    ("CUX+2:EUR:9", "CUX+2:EURO:9", "element.long", "ORDERS[1]/CUX[1]/CUX01-2", "EURO"),
    ("CUX+2:EUR:9", "CUX+2:EUR:9:1:X", "element.components", "ORDERS[1]/CUX[1]/CUX01-5", "X"),
    ("UNS+S'", "", "segment.missing", "ORDERS[1]/UNS", ""),
    ("CUX+2:EUR:9", "CUX+2:EUR:9:", "element.trailing", "ORDERS[1]/CUX[1]/CUX01-4", ""),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "found"), EDIFACT_CASES)
def test_one_mistake_in_an_edifact_order_is_one_fault(old: str, new: str, code: str, path: str, found: str) -> None:
    (fault,) = orders(old, new).faults
    assert (fault.code, fault.location.path, fault.found) == (code, path, found)


def test_the_offset_of_a_fault_is_where_the_value_stands() -> None:
    message = x12(ORDER.replace("PO1*2*24", "PO1*2*TEN"))
    (fault,) = check("x12/004010/850", message).faults
    at = fault.location.offset - message.offset
    assert message.raw[at : at + 3] == b"TEN"
    assert (fault.location.segment, fault.location.loop, fault.ref) == (17, "PO1", "330")
    assert message.segments[16][0] == "PO1"


def test_a_missing_segment_is_reported_where_it_was_due() -> None:
    checked = order("BEG*00*SA*P00042**20261120~", "")
    (fault,) = checked.faults
    assert (fault.location.tag, fault.location.segment) == ("BEG", 2)
    answer = check("x12/004010/997", x12("AK1*PO*1~AK2*850*0001~AK9*A*1*1*1~", "997", "FA"))
    (fault,) = answer.faults
    assert (fault.code, fault.location.path, fault.location.segment) == ("segment.missing", "997[1]/AK2[1]/AK5", 4)


def test_what_is_missing_at_the_end_is_due_after_the_last_segment() -> None:
    message = x12("ST*850*0001~BEG*00*SA*P1**20261120~GE*1*1~".replace("GE*1*1~", ""))
    (fault,) = check("x12/004010/850", message).faults
    assert (fault.code, fault.location.tag, fault.location.segment) == ("segment.missing", "PO1", 3)
    assert fault.location.offset == message.offset + len(message.raw)


def test_one_wrong_code_leaves_the_rest_checked_normally() -> None:
    checked = order("BEG*00", "BEG*Q1")
    assert [fault.code for fault in checked.faults] == ["element.code"]
    names = [entry.name for entry in checked.schema.layout]
    lines = checked.tree[names.index("PO1")]
    assert [line[0][0][1] for line in lines] == ["1", "2"]


def test_a_segment_that_cannot_be_placed_is_left_out_of_the_tree() -> None:
    checked = order("CUR*BY", "QQQ*1~CUR*BY")
    (segment, path), *rest = checked.unplaced
    assert (segment, path, rest) == (["QQQ", "1"], "850[1]/QQQ", [])
    assert checked.place(segment) == (3, "850[1]/QQQ")


def test_faults_stand_in_the_order_of_the_document() -> None:
    text = ORDER.replace("BEG*00", "BEG*Q1").replace("PO1*1*100", "PO1*1*X").replace("CTT*2", "CTT*X")
    faults = check("x12/004010/850", x12(text)).faults
    assert [fault.location.element_name for fault in faults] == ["BEG01", "PO102", "CTT01"]
    offsets = [fault.location.offset for fault in faults]
    assert offsets == sorted(offsets)


def test_an_unlisted_code_of_an_open_list_is_a_warning() -> None:
    (fault,) = orders("BGM+220", "BGM+22E").faults
    assert (fault.code, fault.severity, fault.found) == ("element.code", "warning", "22E")


def test_a_loop_too_often_is_one_fault_and_stays_in_the_tree() -> None:
    acks = "".join(f"ACK*IA*{n}*EA~" for n in range(1, 106))
    checked = check("x12/004010/855", x12(ANSWER.replace("ACK*IR*5*EA~", acks), "855", "PR"))
    (fault,) = checked.faults
    assert (fault.code, fault.location.path) == ("loop.repeat", "855[1]/PO1[3]/ACK[105]")
    assert fault.expected == "at most 104"


def test_the_decimal_mark_counts_only_when_una_declares_it() -> None:
    assert orders("AAA:12.50", "AAA:12,50").faults == []
    faults = orders("AAA:12.50", "AAA:12,50", una="UNA:+.? '").faults
    assert [(fault.code, fault.severity) for fault in faults] == [("element.number", "warning")]
    assert orders("AAA:12.50", "AAA:12,50", una="UNA:+,? '").faults == []


def test_the_readers_own_elements_are_not_reported_twice() -> None:
    message = x12(f"ST*850*1~{ORDER}SE*x*1~")
    assert check("x12/004010/850", message).faults == []
    assert message.faults


def test_a_contact_may_repeat_behind_the_separator_before_syntax_4() -> None:
    assert orders("COM+jane@example.com:EM", "COM+jane@example.com:EM+123:TE+456:FX").faults == []
    (fault,) = orders("COM+jane@example.com:EM", "COM+a:EM+b:TE+c:FX+d:AL").faults
    assert (fault.code, fault.location.element) == ("element.too-many", 4)


def test_the_tree_holds_the_very_segments_of_the_message() -> None:
    message = x12(ANSWER, "855", "PR")
    checked = check("x12/004010/855", message)
    names = [entry.name for entry in checked.schema.layout]
    line = checked.tree[names.index("PO1")][0]
    inner = [entry.name for entry in checked.schema.layout[names.index("PO1")].layout]
    acks = line[inner.index("ACK")]
    assert line[0][0] is message.segments[4]
    assert [ack[0][0] is segment for ack, segment in zip(acks, message.segments[5:7], strict=True)] == [True, True]
    assert checked.place(message.segments[6]) == (7, "855[1]/PO1[1]/ACK[2]")
    assert checked.tree[names.index("CUR")] is None


def test_nested_loops_with_names_of_their_own_have_them_in_the_path() -> None:
    message = edifact(RESPONSE, "ORDRSP")
    checked = check("edifact/d01b/ordrsp", message)
    reference = next(segment for segment in message.segments if segment == ["RFF", "ON\x1fP00042\x1f10"])
    assert checked.place(reference)[1] == "ORDRSP[1]/LIN[1]/RFF-line[1]"


def test_a_trigger_that_fits_no_loop_opens_the_one_at_its_place(tmp_path: Path) -> None:
    schema = own_schema(tmp_path, "when", WHEN)
    message = x12("BAK*00~N1*XX*A~N3*Street~N1*BT*B~N4*Town~PO1*1~ACK*IA~CTT*1~", "855", "PR")
    checked = compile_check(schema).check(message)
    (fault,) = checked.faults
    assert (fault.code, fault.location.path, fault.expected) == ("element.code", "855[1]/N1-ship/N101", "one of ST")
    assert [len(items) if items else 0 for items in checked.tree] == [1, 1, 1, 1, 1, 0, 1, 1]


def test_a_full_place_passes_on_to_the_next_with_room(tmp_path: Path) -> None:
    schema = own_schema(tmp_path, "when", WHEN)
    body = "BAK*00~N1*ST*A~N3*S~PO1*1~REF*AA~ACK*IA~REF*BB~REF*CC~REF*DD~REF*EE~CTT*1~"
    checked = compile_check(schema).check(x12(body, "855", "PR"))
    (fault,) = checked.faults
    assert (fault.code, fault.location.path) == ("segment.repeat", "855[1]/REF[4]")
    assert checked.tree[5] == [["REF", kind] for kind in ("BB", "CC", "DD", "EE")]


def test_unknown_tags_and_lengths_leave_nothing_behind() -> None:
    checker = compile_check(load_schema("x12/004010/850"))
    checker.check(x12(ORDER))
    start = checker._automata["", True].start
    known = len(start)
    for number in range(50):
        checker.check(x12(f"Q{number:02d}*1~" + ORDER.replace("CTT*2", "CTT*2" + "*X" * (20 + number))))
    assert len(start) == known
    tests = checker._automata["", True].tests(checker.schema.segments["CTT"])
    assert all(length <= 8 for length in tests)


def test_the_checker_of_a_schema_is_made_once() -> None:
    schema = load_schema("x12/004010/855")
    assert compile_check(schema) is compile_check(schema)
