"""999, later releases, receipts, groups of EDIFACT, and what an agreement may ask for."""

from __future__ import annotations

import dataclasses
import re

import pytest

import edi
from tests.edi.interchanges import (
    ACME,
    BAD_ACK,
    GOOD_ACK,
    NORDWERK,
    ROOT,
    edifact,
    group,
    ordrsp,
    rows,
    s855,
    s997,
    with_policy,
    x12,
)  # fmt: skip

UCI = "UCI+7+4012345500004:14+4012345000009:14+"
UCM = "UCM+{}+ORDRSP:D:01B:UN:EAN009+{}"
UNG = "UNG+ORDRSP+4012345500004:14+4012345000009:14+261120:1030+{}+UN+D:01B'"
AS_999 = with_policy(ACME, functional="999")


def answers(data: bytes, profile: edi.Profile) -> list[list[str]]:
    return [rows(ack, "AK", "IK", "CTX", "TA1", "UC") for ack in edi.translate(data, profile).acks]


def later(version: str, profile: edi.Profile = ACME) -> edi.Profile:
    """The partner writes their 855 in a later release, as an 855 with the same content."""
    changed = [
        dataclasses.replace(a, version=version, map="", schema="x12/005010/855") if a.type == "855" else a
        for a in profile.agreements
    ]
    return dataclasses.replace(profile, agreements=tuple(changed))


# 997 of later releases


def test_a_997_from_005010_on_names_release_guide_and_repetition() -> None:
    bad = s855(ack="ACK*IA*1^2*EA*067*20261301~").replace("ST*855*0001~", "ST*855*0001*GUIDE1~")
    data = x12(group(bad, version="005010"), version="00501")
    assert answers(data, later("005010")) == [
        [
            "AK1*PR*1*005010",
            "AK2*855*0001*GUIDE1",
            "AK3*ACK*4*ACK*8",
            "AK4*2>>2*380*12*2",
            "AK4*5*373*8*20261301",
            "AK5*R*5",
            "AK9*R*1*1*0",
        ]
    ]
    assert rows(edi.translate(data, later("005010")).acks[0], "GS")[0].endswith("*X*005010")


def test_a_997_before_005010_has_no_later_codes() -> None:
    ((_, _, _, *elements, _, _),) = answers(x12(group(s855(ack="ACK*IA>1*100*EA*067*20261201~"))), ACME)
    assert elements == ["AK4*1*668*3*IA:1"]
    ((_, _, _, *elements, _, _),) = answers(
        x12(group(s855(ack="ACK*IA>1*100*EA*067*20261201~"), version="005010"), version="00501"), later("005010")
    )
    assert elements == ["AK4*1*668*13*IA:1"]


def test_a_997_repeats_the_whole_release_of_the_group() -> None:
    data = x12(group(s855(ack=BAD_ACK), version="005010UCS"), version="00501")
    (ack,) = edi.translate(data, later("005010UCS")).acks
    assert rows(ack, "AK1") == ["AK1*PR*1*005010UCS"]
    assert rows(ack, "GS")[0].endswith("*005010")


# 999


def test_a_999_stands_in_005010_whatever_it_answers() -> None:
    data = x12(group(s855("0001"), s855("0002", ack=BAD_ACK)))
    (ack,) = edi.translate(data, AS_999).acks
    assert rows(ack, "GS")[0].endswith("*X*005010")
    assert rows(ack, "ST") == ["ST*999*0001"]
    assert rows(ack, "AK", "IK", "CTX") == [
        "AK1*PR*1*004010",
        "AK2*855*0002",
        "IK3*ACK*4*ACK*8",
        "CTX*ORDER NUMBER>P1",
        "IK4*2*380*6*TEN",
        "IK4*5*373*8*20261301",
        "IK5*R*5",
        "AK9*P*2*2*1",
    ]


def test_a_condition_names_what_it_belongs_to() -> None:
    ((*_, element, context, _, _),) = answers(x12(group(s855(ack="ACK*IA*100~"))), AS_999)
    assert (element, context) == ("IK4*3*355*2", "CTX*SITUATIONAL TRIGGER*ACK*4*ACK")


@pytest.mark.parametrize(
    ("fault_code", "guide", "without", "named"),
    [
        ("element.code", True, "7", "I6"),
        ("element.code", False, "7", "7"),
        ("element.not-used", True, "3", "I10"),
        ("element.dependent-missing", True, "2", "I9"),
        ("element.repeat", False, "12", "12"),
        ("segment.not-used", True, "2", "I4"),
        ("segment.dependent-missing", True, "3", "I6"),
        ("loop.minimum", True, "3", "I7"),
        ("message.convention", True, "1", "I6"),
    ],
)
def test_codes_of_a_guide_need_a_convention(fault_code: str, guide: bool, without: str, named: str) -> None:
    from edi.ack_entries import Layer
    from edi.faults import fault

    found = fault(fault_code, edi.Location(), guide=guide)
    assert Layer("999", "005010").code(found) == without
    assert Layer("999", "005010", guided=True).code(found) == named


def test_a_set_that_only_breaks_the_guide_says_so() -> None:
    """With a convention named in ST03 or GS08 the guide has codes of its own, without one those of the standard."""
    guide_only = s855().replace("*100*EA*12.5*", "*100*BX*12.5*")
    for version, code, whole in (("004010", "7", "5"), ("004010VICS", "I6", "I5")):
        (found,) = answers(x12(group(guide_only, version=version)), AS_999)
        assert f"IK4*3*355*{code}*BX" in found
        assert found[-2:] == [f"IK5*E*{whole}", "AK9*E*1*1*1"]
        both = guide_only.replace(GOOD_ACK, BAD_ACK)
        assert "IK5*R*5" in answers(x12(group(both, version=version)), AS_999)[0]


def test_never_both_997_and_999() -> None:
    mixed = dataclasses.replace(
        AS_999,
        agreements=(
            *AS_999.agreements,
            edi.Agreement("x12", "850", "004010", "in", map="x12/004010/850@1", functional="997"),
        ),
    )
    data = x12(group(s855(), s855("0002", kind="850")), group(s855("1", kind="850"), control="2", kind="PO"))
    kinds = [rows(ack, "ST")[0][:6] for ack in edi.translate(data, mixed).acks]
    assert kinds == ["ST*999", "ST*997"]


# CONTRL


def test_receipt_and_verdict() -> None:
    data = edifact(ordrsp(), ordrsp("2", bgm=""))
    verdict = [UCI + "7", UCM.format(2, 4), "UCS+1+13"]
    for contrl, expected in (
        ("syntax", [verdict]),
        ("receipt", [[UCI + "8"]]),
        ("both", [[UCI + "8"], verdict]),
    ):
        assert answers(data, with_policy(NORDWERK, contrl=contrl)) == expected


def test_a_refusal_is_said_once_whatever_is_agreed() -> None:
    for contrl in ("syntax", "receipt", "both"):
        assert answers(edifact(ordrsp(), sender="9:14"), with_policy(NORDWERK, contrl=contrl)) == [
            ["UCI+7+9:14+4012345000009:14+4+23+UNB+3"]
        ]


def test_all_messages_are_named_when_all_is_wanted() -> None:
    found = answers(edifact(ordrsp(), ordrsp("2", bgm="")), with_policy(NORDWERK, detail="all"))
    assert found == [[UCI + "7", UCM.format(1, 7), UCM.format(2, 4), "UCS+1+13"]]


def test_groups_and_single_messages_side_by_side() -> None:
    data = edifact(ordrsp(), UNG.format(5) + ordrsp("2") + "UNE+1+5'")
    (found,) = answers(data, NORDWERK)
    assert found == [UCI + "7", "UCF+5+4012345500004:14+4012345000009:14+4+30+UNG"]


def test_a_group_without_applications_is_named_by_the_interchange() -> None:
    bare = "UNG+ORDRSP++" + UNG.format(5).split("+", 4)[4]
    data = edifact(bare.replace("UNG+ORDRSP++", "UNG+ORDRSP+++") + ordrsp(bgm="") + "UNE+1+5'")
    (found,) = answers(data, NORDWERK)
    assert found[1] == "UCF+5+4012345500004:14+4012345000009:14+7"


def test_codes_of_syntax_4_stay_in_syntax_4() -> None:
    broken = ordrsp(extra="RFF+LI'").replace("QTY+113:100:PCE", "QTY+113")
    for syntax, map_ in (("UNOC:3", "CONTRL:D:3:UN"), ("UNOC:4", "CONTRL:4:1:UN")):
        (ack,) = edi.translate(edifact(broken, syntax=syntax), NORDWERK).acks
        assert map_ in rows(ack, "UNH")[0]
        codes = {row.split("+")[1] for row in rows(ack, "UCD")}
        assert codes
        assert syntax == "UNOC:4" or not codes & {"46", "47", "48"}


def test_conditions_have_their_own_code_in_syntax_4_only() -> None:
    from edi.ack_entries import Layer
    from edi.faults import fault

    for code, old in (("element.conditional-missing", "13"), ("element.excluded", "15"), ("charset.unsupported", "21")):
        found = fault(code, edi.Location())
        assert Layer("CONTRL", "3").code(found) == old
        assert Layer("CONTRL", "4").code(found) in ("46", "48")


def test_the_occurrence_of_a_repetition_belongs_to_syntax_4() -> None:
    many = ordrsp(quantity="1").replace("LIN+1+5+4012345000016:SRV'", "LIN+1+5*X+4012345000016:SRV'")
    (found,) = answers(edifact(many, syntax="UNOC:4", una="UNA:+.?*'"), NORDWERK)
    assert [row for row in found if re.match(r"UCD\+35\+3:?", row)]


# Policies


def test_a_bad_set_pulls_down_its_group() -> None:
    profile = with_policy(ACME, reject_scope="group", detail="all")
    data = x12(group(s855(), s855("0002", ack=BAD_ACK)), group(s855(order="P3"), control="2"))
    translation = edi.translate(data, profile)
    assert [r.verdict for r in translation.results] == ["rejected", "rejected", "accepted"]
    assert [e.subject for e in translation.events] == ["po/P3"]
    first, second = answers(data, profile)
    assert (first[1:3], first[-1]) == (["AK2*855*0001", "AK5*R"], "AK9*R*2*2*0")
    assert second[-1] == "AK9*A*1*1*1"


def test_a_bad_set_pulls_down_its_interchange() -> None:
    profile = with_policy(ACME, reject_scope="interchange", ta1="always")
    data = x12(group(s855(order="P3"), control="2"), group(s997(), kind="FA", control="3"), group(s855(ack=BAD_ACK)))
    translation = edi.translate(data, profile)
    assert translation.events == []
    assert [a.scope for a in translation.answers] == ["group"]  # what they say about ours still counts
    first, second, ta1 = answers(data, profile)
    assert (first[-1], second[-1]) == ("AK9*R*1*1*0", "AK9*R*1*1*0")
    assert ta1[0].endswith("*A*000")  # the envelope is not at fault
    good = edi.translate(data.replace(b"TEN", b"100").replace(b"20261301", b"20261201"), profile)
    assert len(good.events) == 2


def test_a_bad_message_pulls_down_its_interchange() -> None:
    for scope in ("group", "interchange"):
        profile = with_policy(NORDWERK, reject_scope=scope)
        data = edifact(ordrsp(), ordrsp("2", bgm=""))
        assert edi.translate(data, profile).events == []
        assert answers(data, profile) == [[UCI + "7", UCM.format(1, "4+18"), UCM.format(2, 4), "UCS+1+13"]]


def test_a_document_that_is_not_agreed_pulls_down_as_the_agreed_ones_do() -> None:
    data = x12(group(s855(), s855("0002", kind="846")))
    assert answers(data, with_policy(ACME, reject_scope="group"))[0][-1] == "AK9*R*2*2*0"


@pytest.mark.parametrize(("se", "code"), [("SE*9*0001~", "4"), ("SE*6*0002~", "3")], ids=["count", "number"])
def test_counts_of_a_set_may_be_accepted(se: str, code: str) -> None:
    data = x12(group(s855(se=se)))
    assert answers(data, ACME)[0][-2:] == [f"AK5*R*{code}", "AK9*R*1*1*0"]
    assert answers(data, with_policy(ACME, on_envelope_error="accept"))[0][-2:] == [f"AK5*E*{code}", "AK9*E*1*1*1"]
    cut = x12(group(s855().rpartition("SE*")[0]))
    assert answers(cut, with_policy(ACME, on_envelope_error="accept"))[0][-2] == "AK5*R*2"


@pytest.mark.parametrize(
    ("policy", "verdict", "ak5"),
    [("reject", "rejected", "AK5*R*5"), ("accept_with_errors", "accepted_with_errors", "AK5*E*5"),
     ("route_to_exception", "accepted", "AK5*A")],
)  # fmt: skip
@pytest.mark.parametrize("key", ["on_standard_error", "on_guide_error"])
def test_what_an_error_does(key: str, policy: str, verdict: str, ak5: str) -> None:
    bad = s855(ack=BAD_ACK) if key == "on_standard_error" else s855().replace("*100*EA*12.5*", "*100*BX*12.5*")
    data = x12(group(bad))
    profile = with_policy(ACME, detail="all", **{key: policy})
    found = edi.translate(data, profile)
    assert all(fault.guide == (key == "on_guide_error") for fault in found.faults)
    assert [r.verdict for r in found.results] == [verdict]
    assert ak5 in answers(data, profile)[0]


# An interchange seen before


def test_a_number_seen_before_is_refused_as_a_duplicate() -> None:
    asked: list[str] = []

    def seen(interchange: edi.Interchange) -> bool:
        asked.append(interchange.control)
        return True

    x12_again = edi.translate(x12(group(s855())), ACME, seen=seen)
    assert (x12_again.events, [f.code for f in x12_again.faults]) == ([], ["interchange.duplicate"])
    assert [rows(ack, "TA1") for ack in x12_again.acks] == [["TA1*000000007*261120*1030*R*025"]]
    contrl = edi.translate(edifact(ordrsp()), NORDWERK, seen=seen).acks
    assert [rows(ack, "UC") for ack in contrl] == [[UCI + "4+26+UNB+6"]]
    assert edi.translate(x12(group(s855()), sender="9"), ACME, seen=seen).acks  # refused for another reason
    assert asked == ["000000007", "7"]
    assert len(edi.translate(x12(group(s855())), ACME, seen=lambda _: False).events) == 1


def test_a_999_names_a_document_by_the_number_its_sender_gave_it() -> None:
    bolt = edi.load_profile(ROOT / "partners/bolt")
    (ack,) = edi.translate((ROOT / "partners/bolt/samples/856_bad_level.edi").read_bytes(), bolt).acks
    assert b"CTX|DOCUMENT NUMBER^BB-SH-772\x1d" in ack
