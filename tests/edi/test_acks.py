"""Acknowledgements: what is answered, with which codes, and what is never answered."""

from __future__ import annotations

import datetime as dt

import pytest

import edi
from edi.documents import Acknowledgement
from edi.documents.exchange import AnsweredInterchange, GroupAnswer, Who
from edi.documents.types import Code
from tests.edi.interchanges import (
    ACME,
    BAD_ACK,
    NORDWERK,
    contrl,
    edifact,
    group,
    ordrsp,
    rows,
    s855,
    s997,
    with_policy,
    x12,
)  # fmt: skip

UNKNOWN_TAG = s855(extra="XYZ*1~")
UNG = "UNG+ORDRSP+4012345500004:14+4012345000009:14+261120:1030+5+UN+D:01B'"


def acks(data: bytes, profile: edi.Profile = ACME) -> list[bytes]:
    return edi.translate(data, profile).acks


def only(data: bytes, profile: edi.Profile = ACME, *tags: str) -> list[str]:
    (ack,) = acks(data, profile)
    return rows(ack, *(tags or ("AK", "TA1", "UC")))


# 997: groups and sets


@pytest.mark.parametrize(
    ("sets", "profile", "ak9"),
    [
        ([s855()], ACME, "AK9*A*1*1*1"),
        ([s855(ack=BAD_ACK)], with_policy(ACME, on_standard_error="accept_with_errors"), "AK9*E*1*1*1"),
        ([s855(), s855("0002", ack=BAD_ACK)], ACME, "AK9*P*2*2*1"),
        ([s855(ack=BAD_ACK)], ACME, "AK9*R*1*1*0"),
    ],
    ids=["A", "E", "P", "R"],
)
def test_the_group_follows_from_its_sets(sets: list[str], profile: edi.Profile, ak9: str) -> None:
    assert only(x12(group(*sets)), profile, "AK9") == [ak9]


def test_a_bad_set_is_named_with_position_loop_and_a_copy_of_each_bad_value() -> None:
    assert only(x12(group(s855(), s855("0002", ack=BAD_ACK)))) == [
        "AK1*PR*1",
        "AK2*855*0002",
        "AK3*ACK*4*ACK*8",
        "AK4*2*380*6*TEN",
        "AK4*5*373*8*20261301",
        "AK5*R*5",
        "AK9*P*2*2*1",
    ]


def test_a_missing_segment_is_named_where_it_was_due() -> None:
    without = s855().replace("BAK*00*AD*P1*20261120****SO-1~", "").replace("SE*6", "SE*5")
    assert "AK3*BAK*2**3" in only(x12(group(without)))


def test_accepted_never_stands_beside_errors() -> None:
    held = with_policy(ACME, on_standard_error="route_to_exception", detail="all")
    assert only(x12(group(s855(ack=BAD_ACK))), held) == ["AK1*PR*1", "AK2*855*0001", "AK5*A", "AK9*A*1*1*1"]
    noted = with_policy(ACME, on_standard_error="accept_with_errors")
    assert only(x12(group(s855(ack=BAD_ACK))), noted, "AK5", "AK9") == ["AK5*E*5", "AK9*E*1*1*1"]


def test_detail_all_lists_accepted_sets() -> None:
    found = only(x12(group(s855(), s855("0002"))), with_policy(ACME, detail="all"))
    assert found == ["AK1*PR*1", "AK2*855*0001", "AK5*A", "AK2*855*0002", "AK5*A", "AK9*A*2*2*2"]


def test_at_most_five_set_codes_and_a_hundred_segments() -> None:
    many = s855(extra="XYZ*1~" * 150)
    found = only(x12(group(many)))
    assert sum(row.startswith("AK3") for row in found) == 100
    assert found[-2:] == ["AK5*R*5", "AK9*R*1*1*0"]
    # Number, type, count, trailer number and a bad segment: the code for segments stays among the five.
    bad = s855("1", kind="8555", se="SE*9*0002~").replace("CTT", "XYZ")
    codes = next(row for row in only(x12(group(bad))) if row.startswith("AK5")).split("*")[2:]
    assert len(codes) <= 5
    assert {"3", "4", "6"} <= set(codes)


def test_a_control_number_used_twice_rejects_the_second_set() -> None:
    found = only(x12(group(s855(), s855(order="P2"))))
    assert found == ["AK1*PR*1", "AK2*855*0001", "AK5*R*23", "AK9*P*2*2*1"]


@pytest.mark.parametrize(
    ("ge", "ak9"),
    [("GE*2*1~", "AK9*E*2*1*1*5"), ("GE*1*2~", "AK9*E*1*1*1*4"), ("", "AK9*E*1*1*1*3")],
    ids=["count", "number", "missing"],
)
def test_a_wrong_trailer_of_the_group_is_noted(ge: str, ak9: str) -> None:
    assert only(x12(group(s855(), ge=ge)), ACME, "AK9") == [ak9]


def test_a_missing_trailer_of_the_set_rejects_it_whatever_the_policy() -> None:
    cut = s855().rpartition("SE*")[0]
    lenient = with_policy(ACME, on_standard_error="accept_with_errors")
    assert only(x12(group(cut)), lenient, "AK5") == ["AK5*R*2"]
    assert edi.translate(x12(group(cut)), lenient).events == []


def test_a_document_that_is_not_agreed() -> None:
    other = s855(kind="846")
    assert only(x12(group(other, kind="IB"))) == ["AK1*IB*1", "AK2*846*0001", "AK5*R*1", "AK9*R*1*1*0"]


def test_a_group_number_used_twice_rejects_that_group_only() -> None:
    first, second = acks(x12(group(s855()), group(s855(order="P2"))))
    assert rows(first, "AK") == ["AK1*PR*1", "AK9*A*1*1*1"]
    assert rows(second, "AK") == ["AK1*PR*1", "AK9*R*1*1*0*6"]
    assert [e.subject for e in edi.translate(x12(group(s855()), group(s855(order="P2"))), ACME).events] == ["po/P1"]


def test_each_group_is_answered_in_its_own_release() -> None:
    found = acks(x12(group(s855()), group(s855(), control="2", version="005010")))
    assert [row.rpartition("*")[2] for ack in found for row in rows(ack, "GS")] == ["004010", "005010"]


def test_a_separator_in_a_bad_value_is_not_copied() -> None:
    theirs = x12(group(s855(ack="ACK*IA*T^N*EA*067*20261201~"))).replace(b"*", b"|").replace(b"^", b"*")
    assert "AK4*2*380*6" in only(theirs)


def test_what_is_not_wanted_is_not_sent() -> None:
    assert acks(x12(group(s855())), with_policy(ACME, functional="none")) == []


# TA1


@pytest.mark.parametrize(
    ("isa14", "ta1", "count"), [("1", "on_request", 1), ("0", "on_request", 0), ("0", "always", 1), ("1", "never", 0)]
)
def test_when_a_ta1_is_sent(isa14: str, ta1: str, count: int) -> None:
    found = acks(x12(group(s855()), isa14=isa14), with_policy(ACME, ta1=ta1))
    assert [rows(ack, "TA1") for ack in found if b"TA1" in ack] == [["TA1*000000007*261120*1030*A*000"]] * count


@pytest.mark.parametrize(
    ("data", "ta1"),
    [
        (x12(group(s855()), sender="9"), "R*006"),
        (x12(group(s855()), flag="T"), "R*020"),
        (x12(group(s855()), qualifier="1 "), "R*005"),
        (x12(group(s855())).replace(b"*14*4012345000009", b"*14*4012345000008"), "R*009"),
        (x12(group(s855())).replace(b"*261120*", b"*269920*"), "R*014"),
        (x12(group(s855()), control="00000007X"), "R*018"),
        (x12(group(s855())).replace(b"00401", b"0040X"), "R*017"),
    ],
    ids=["sender", "test", "qualifier", "receiver", "date", "number", "version"],
)
def test_a_refused_envelope_gets_a_ta1_and_nothing_else(data: bytes, ta1: str) -> None:
    (row,) = only(data)
    assert row.endswith(ta1)
    assert edi.translate(data, ACME).events == []
    assert acks(data, with_policy(ACME, ta1="never")) == []


def test_a_trailer_that_is_missing_is_noted_when_sets_were_taken() -> None:
    (ack,) = [ack for ack in acks(x12(group(s855()), isa14="1", iea="")) if b"TA1" in ack]
    assert rows(ack, "TA1")[0].endswith("E*023")
    (ack,) = [ack for ack in acks(x12(group(s855(ack=BAD_ACK)), isa14="1", iea="")) if b"TA1" in ack]
    assert rows(ack, "TA1")[0].endswith("R*023")


def test_wrong_numbers_of_the_interchange_are_noted() -> None:
    for iea, code in (("IEA*2*000000007~", "021"), ("IEA*1*000000008~", "001")):
        (ack,) = [ack for ack in acks(x12(group(s855()), isa14="1", iea=iea)) if b"TA1" in ack]
        assert rows(ack, "TA1")[0].endswith(f"E*{code}")


# Never an acknowledgement of an acknowledgement


def test_acknowledgements_are_not_acknowledged() -> None:
    fa = group(s997(), kind="FA")
    assert acks(x12(fa)) == []
    assert acks(x12(group(s997()))) == []  # in a group of the wrong kind
    ta1 = "TA1*000000005*261120*1030*A*000~IEA*0*000000007~"
    assert acks(x12(isa14="1", iea=ta1)) == []
    assert acks(x12(isa14="1", iea=ta1, sender="9")) == []
    for sender in ("4012345500004:14", "9:14"):
        assert acks(edifact(contrl(), unb="++++1", sender=sender), NORDWERK) == []


def test_data_beside_acknowledgements_is_answered_as_if_it_were_alone() -> None:
    mixed = x12(group(s997(), kind="FA"), group(s855(), control="2"))
    assert only(mixed) == ["AK1*PR*2", "AK9*A*1*1*1"]
    within = x12(group(s855(), s997("AK9*A*1*1*1~").replace("0001", "0002")))  # the 997 is a bad one
    assert only(within) == ["AK1*PR*1", "AK9*A*2*1*1"]
    found = only(edifact(contrl(), ordrsp("2")), with_policy(NORDWERK, detail="all"))
    assert found == ["UCI+7+4012345500004:14+4012345000009:14+7", "UCM+2+ORDRSP:D:01B:UN:EAN009+7"]


def test_what_we_send_is_never_answered_by_the_other_side() -> None:
    for data, profile in (
        (x12(group(s855(), s855("0002", ack=BAD_ACK)), isa14="1"), ACME),
        (edifact(ordrsp(), ordrsp("2", bgm="")), NORDWERK),
    ):
        for ack in acks(data, profile):
            assert edi.translate(ack, profile.mirrored()).acknowledgements == []


# CONTRL

UCI = "UCI+7+4012345500004:14+4012345000009:14+"


def test_contrl_names_only_what_is_rejected() -> None:
    long_order = ordrsp("2").replace("RFF+ON:P1'", f"RFF+ON:{'P' * 71}'")
    assert only(edifact(ordrsp(), long_order), NORDWERK) == [
        UCI + "7",
        "UCM+2+ORDRSP:D:01B:UN:EAN009+4",
        "UCS+4",
        "UCD+39+2:2",  # RFF01-2: the tag is position 1
    ]


def test_contrl_names_a_missing_segment_by_the_one_before_it() -> None:
    assert only(edifact(ordrsp(bgm="")), NORDWERK, "UCS") == ["UCS+1+13"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (ordrsp(name="PRICAT:D:01B:UN"), "17+UNH"),
        (ordrsp(unt="UNT+9+1'"), "29+UNT+2"),
        (ordrsp(unt="UNT+15+2'"), "28+UNT+3"),
        (ordrsp(unt=" "), "13"),
    ],
    ids=["unsupported", "count", "reference", "trailer"],
)
def test_contrl_codes_of_a_message(message: str, code: str) -> None:
    (_, ucm) = only(edifact(message), NORDWERK)
    assert ucm.endswith(f"+4+{code}")


def test_contrl_cannot_accept_with_errors() -> None:
    lenient = with_policy(NORDWERK, on_standard_error="accept_with_errors", detail="all")
    bad = ordrsp().replace("RFF+ON:P1'", f"RFF+ON:{'P' * 71}'")
    translation = edi.translate(edifact(bad), lenient)
    assert [r.verdict for r in translation.results] == ["accepted_with_errors"]
    assert only(edifact(bad), lenient) == [UCI + "7", "UCM+1+ORDRSP:D:01B:UN:EAN009+7"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (edifact(ordrsp(), sender="9:14"), "23+UNB+3"),
        (edifact(ordrsp(), unb="++++++1"), "25+UNB+12"),
        (edifact(), "32+UNZ"),
        (edifact(ordrsp()).replace(b"+4012345000009:14+2", b"+4012345000008:14+2"), "7+UNB+4"),
    ],
    ids=["sender", "test", "empty", "receiver"],
)
def test_a_refused_interchange_gets_action_4_and_no_message(data: bytes, code: str) -> None:
    (row,) = only(data, NORDWERK)
    assert row.endswith(f"+4+{code}")


def test_a_wrong_count_of_the_interchange_costs_no_message() -> None:
    assert only(edifact(ordrsp(), unz="UNZ+2+7'"), NORDWERK) == [UCI + "7"]


def test_contrl_is_sent_as_agreed_or_as_asked() -> None:
    silent = with_policy(NORDWERK, functional="none")
    assert acks(edifact(ordrsp()), silent) == []
    assert only(edifact(ordrsp(), unb="++++1"), silent) == [UCI + "7"]


def test_groups_of_edifact() -> None:
    good = edifact(f"{UNG}{ordrsp()}{ordrsp('2', bgm='')}UNE+2+5'", unz="UNZ+1+7'")
    ucf = "UCF+5+4012345500004:14+4012345000009:14+"
    assert only(good, NORDWERK, "UC") == [UCI + "7", ucf + "7", "UCM+2+ORDRSP:D:01B:UN:EAN009+4", "UCS+1+13"]
    twice = edifact(f"{UNG}{ordrsp()}UNE+1+5'", f"{UNG}{ordrsp()}UNE+1+5'")
    assert only(twice, NORDWERK) == [UCI + "7", ucf + "4+26+UNG"]
    assert only(twice, with_policy(NORDWERK, detail="all")) == [
        UCI + "7",
        ucf + "7",
        "UCM+1+ORDRSP:D:01B:UN:EAN009+7",
        ucf + "4+26+UNG",
    ]


def test_syntax_4_is_answered_in_syntax_4() -> None:
    (ack,) = acks(edifact(ordrsp(bgm=""), syntax="UNOC:4"), NORDWERK)
    assert ack.startswith(b"UNA:+.?*'UNB+UNOC:4+")
    assert b"+20261120:1030+7'UNH+1+CONTRL:4:1:UN'" in ack
    assert rows(ack, "UCS") == ["UCS+1+13"]
    (read,) = edi.translate(ack, NORDWERK.mirrored()).answers[1:]
    assert (read.type, read.control, read.outcome) == ("ORDRSP", "1", "rejected")


def test_the_character_set_of_the_answer_has_what_it_repeats() -> None:
    (ack,) = acks(edifact(ordrsp(bgm="", name="ordrsp:D:01B:UN"), syntax="UNOA:2"), NORDWERK)
    assert ack.startswith(b"UNA:+.? 'UNB+UNOC:2+")
    (ack,) = acks(edifact(ordrsp(), syntax="UNOA:2"), NORDWERK)
    assert ack.startswith(b"UNA:+.? 'UNB+UNOA:2+")


# Numbers and time


def test_the_same_input_gives_the_same_bytes() -> None:
    data = x12(group(s855()), isa14="1")
    assert acks(data) == acks(data)
    assert rows(acks(data)[0], "ISA", "GS")[0].split("*")[13] == "000000007"


@pytest.mark.parametrize(("control", "number"), [("AB12", "12"), ("ABC", "1"), ("12345678901234", "678901234")])
def test_a_control_reference_that_is_no_number(control: str, number: str) -> None:
    (ack,) = acks(edifact(ordrsp(), control=control), NORDWERK)
    assert rows(ack, "UNZ") == [f"UNZ+1+{int(number)}"]
    assert rows(ack, "UCI")[0].split("+")[1] == control


def test_a_gateway_renders_them_with_its_own_numbers() -> None:
    (event,) = edi.translate(x12(group(s855())), ACME).acknowledgements
    at = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)  # 17:30 in Chicago
    data = edi.render(event, ACME, edi.Numbers(55, 66, 77), at)
    assert rows(data, "ISA")[0].split("*")[9:14] == ["261120", "1730", "U", "00401", "000000055"]
    assert rows(data, "ST") == ["ST*997*0077"]
    assert rows(data, "GE") == ["GE*1*66"]


# Reading


def read(data: bytes, profile: edi.Profile) -> list[tuple[str, str, str, tuple[str, ...]]]:
    found = edi.translate(data, profile)
    assert found.acknowledgements == []
    assert found.events == []
    return [
        (a.scope, a.group_control or a.interchange, f"{a.type} {a.control} {a.outcome}", a.errors)
        for a in found.answers
    ]


def test_reading_a_997() -> None:
    about = "AK1*PO*0018~AK2*850*0002~AK3*PO1*9*PO1*8~AK4*2*330*6*TEN~AK5*R*5~AK9*P*2*2*1~"
    assert read(x12(group(s997(about), kind="FA")), ACME) == [
        ("group", "18", "  partially_accepted", ()),
        (
            "set",
            "18",
            "850 2 rejected",
            (
                "segment 9 (PO1), element 2: character not allowed (6): 'TEN'",
                "one or more segments in error (5)",
            ),
        ),
    ]


def test_reading_a_997_of_the_group_alone() -> None:
    data = x12(group(s997("AK1*PO*18~AK9*R*2*2*0*6~"), kind="FA"))
    assert read(data, ACME) == [("group", "18", "  rejected", ("group control number invalid (6)",))]


def test_reading_a_ta1() -> None:
    data = x12(iea="TA1*000000005*261120*1030*R*025~TA1*000000006*261120*1030*A*000~IEA*0*000000007~")
    assert read(data, ACME) == [
        ("interchange", "5", "  rejected", ("duplicate control number (025)",)),
        ("interchange", "6", "  accepted", ()),
    ]


@pytest.mark.parametrize(("action", "outcome"), [("7", "accepted"), ("4+2", "rejected"), ("8", "received")])
def test_reading_a_contrl_of_the_interchange(action: str, outcome: str) -> None:
    data = edifact(contrl(f"UCI+17+4012345000009:14+4012345500004:14+{action}'"))
    assert [(scope, number, what) for scope, number, what, _ in read(data, NORDWERK)] == [
        ("interchange", "17", f"  {outcome}")
    ]


def test_reading_a_contrl_of_messages() -> None:
    uci = "UCI+17+4012345000009:14+4012345500004:14+7'UCM+01+ORDERS:D:01B:UN:EAN010+4'UCS+9'UCD+12+4:1'UCS+3+13'"
    assert read(edifact(contrl(uci)), NORDWERK)[1] == (
        "set",
        "17",
        "ORDERS 01 rejected",
        ("segment 9, element 3-1: invalid value (12)", "segment 3: missing (13)"),
    )


def test_a_bad_acknowledgement_is_rejected_and_says_nothing() -> None:
    translation = edi.translate(x12(group(s997("AK9*A*1*1*1~"), kind="FA")), ACME)
    assert [r.verdict for r in translation.results] == ["rejected"]
    assert translation.answers == []
    assert translation.acknowledgements == []


@pytest.mark.parametrize(("data", "profile"), [(x12(group(s855(ack=BAD_ACK), UNKNOWN_TAG)), ACME)])
def test_what_we_write_we_read(data: bytes, profile: edi.Profile) -> None:
    translation = edi.translate(data, profile)
    meant = translation.acknowledgements[0].data
    assert isinstance(meant, Acknowledgement)
    back = edi.translate(translation.acks[0], profile.mirrored())
    (event,) = [r.event for r in back.results]
    assert event is not None
    found = event.data
    assert isinstance(found, Acknowledgement)
    assert [m.segments for m in found.messages] == [m.segments for m in meant.messages]
    assert [(m.control, m.outcome.value, m.codes) for m in found.messages] == [
        (m.control, m.outcome.value, m.codes) for m in meant.messages
    ]


def test_an_acknowledgement_that_does_not_say_whom_it_answers() -> None:
    group_ = GroupAnswer(type="PR", control="1", outcome=Code(value="accepted"), included=1, received=1, accepted=1)
    bare = Acknowledgement(kind="997", group=group_, interchange=AnsweredInterchange(control="1", sender=Who(id="A")))
    event = edi.documents.wrap(bare, "exchange.ack.sent.v1", event_id="1", partner="acme")
    with pytest.raises(edi.RenderError, match="whose interchange"):
        edi.render(event, ACME, edi.Numbers(1), dt.datetime(2026, 11, 20, tzinfo=dt.UTC))


def test_an_input_without_envelope_cannot_be_answered() -> None:
    assert acks(s855().encode(), edi.default_profile()) == []
    assert acks(s855().encode()) == []
