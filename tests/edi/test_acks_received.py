"""What received 997, 999, CONTRL and TA1 say: levels, contradictions, words, and what other readers make of ours."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest

import edi
from edi.ack_words import in_words
from edi.catalogue import CATALOGUE
from tests.edi.interchanges import (
    ACME,
    BAD_ACK,
    NORDWERK,
    ROOT,
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


def fa(*segments: str, kind: str = "997", version: str = "004010") -> bytes:
    about = "".join(f"{segment}~" for segment in segments)
    return x12(group(s997(about).replace("ST*997", f"ST*{kind}"), kind="FA", version=version))


def told(data: bytes, profile: edi.Profile = ACME) -> list[edi.AckResult]:
    translation = edi.translate(data, profile)
    assert translation.acknowledgements == []
    return translation.answers


def test_a_group_alone_speaks_for_all_its_sets() -> None:
    for code, outcome in (("A", "accepted"), ("E", "accepted_with_errors"), ("R", "rejected")):
        counts = "2*2*0" if code == "R" else "2*2*2"
        (head,) = told(fa("AK1*PO*18", f"AK9*{code}*{counts}"))
        assert (head.scope, head.group_type, head.group_control, head.outcome) == ("group", "PO", "18", outcome)
        assert head.errors == ()


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        (["AK2*850*0001", "AK5*R*5", "AK9*A*1*1*1"], "AK9 says accepted, but AK5 rejects set 0001"),
        (["AK2*850*0001", "AK5*A", "AK9*R*1*1*0"], "AK9 says rejected, but AK5 accepts set 0001"),
        (["AK9*A*3*3*2"], "AK9 says accepted, but counts 2 of 3 sets as accepted"),
        (["AK9*R*3*3*1"], "AK9 says rejected, but counts 1 of 3 sets as accepted"),
        (["AK9*P*3*3*3"], "AK9 says partially accepted, but counts 3 of 3 sets as accepted"),
        (["AK9*A*1*1*2"], "AK9 counts 2 accepted sets, but only 1 received ones"),
        (["AK9*P*3*3*2"], "AK9 says partially accepted, but no set is named"),
        (
            ["AK2*850*0001", "AK5*R", "AK2*850*0002", "AK5*R", "AK9*P*3*3*2"],
            "AK9 counts 1 rejected sets, but AK5 rejects 2",
        ),
        (
            ["AK2*850*0001", "AK5*A", "AK2*850*0002", "AK5*A", "AK9*P*3*3*1"],
            "AK9 counts 1 accepted sets, but AK5 accepts 2",
        ),
    ],
)
def test_an_acknowledgement_that_contradicts_itself_says_so(segments: list[str], words: str) -> None:
    assert words in told(fa("AK1*PO*18", *segments))[0].errors


def test_the_verdict_on_a_set_overrules_that_on_the_group() -> None:
    head, one = told(fa("AK1*PO*18", "AK2*850*0001", "AK5*R*5", "AK9*A*2*2*2"))
    assert (head.outcome, one.outcome, one.control) == ("accepted", "rejected", "1")


def test_a_set_that_is_accepted_with_errors_named() -> None:
    _, one = told(fa("AK1*PO*18", "AK2*850*0001", "AK3*PO1*5**8", "AK5*A", "AK9*A*1*1*1"))
    assert one.errors[0] == "the set is accepted, but errors are named"


def test_a_997_of_a_later_release() -> None:
    segments = ("AK1*PO*18*005010", "AK2*850*0001*GUIDE", "AK3*PO1*5**8", "AK4*1>>3*350*12", "AK5*R*5", "AK9*R*1*1*0")
    _, one = told(fa(*segments, version="005010"))
    assert one.errors == (
        "segment 5 (PO1), element 1: too many repetitions (12)",
        "one or more segments in error (5)",
    )


def test_a_999() -> None:
    head, one = told(
        fa(
            "AK1*PO*18*005010",
            "AK2*850*0001",
            "IK3*PO1*5*PO1*8",
            "CTX*ORDER NUMBER>P1",
            "IK4*3*355*I6*BX",
            "CTX*SITUATIONAL TRIGGER*PO1*5*PO1*2",
            "IK3*REF*7**I4",
            "IK5*E*I5",
            "AK9*E*1*1*1",
            kind="999",
            version="005010",
        )
    )
    assert (head.kind, head.outcome, head.errors) == ("999", "accepted_with_errors", ())
    assert (one.type, one.outcome) == ("850", "accepted_with_errors")
    assert one.errors == (
        "segment 5 (PO1), element 3: code that the guide does not use (I6): 'BX'",
        "segment 7 (REF): segment that the guide does not use (I4)",
        "one or more segments break the guide (I5)",
    )


@pytest.mark.parametrize("syntax", ["UNOC:3", "UNOC:4"])
def test_a_contrl_with_groups(syntax: str) -> None:
    uci = (
        "UCI+17+4012345000009:14+4012345500004:14+7'UCF+5+A:14+B:14+7'UCM+1+ORDERS:D:01B:UN+4'UCS+2+13'"
        "UCF+6+A:14+B:14+4+26+UNG+6'"
    )
    message = contrl(uci).replace("D:3", "4:1" if syntax.endswith("4") else "D:3")
    found = told(edifact(message, syntax=syntax), NORDWERK)
    assert [(a.scope, a.group_control, a.control, a.outcome) for a in found] == [
        ("interchange", "", "", "accepted"),
        ("group", "5", "", "accepted"),
        ("set", "5", "1", "rejected"),
        ("group", "6", "", "rejected"),
    ]
    assert found[3].errors == ("duplicate detected (26)",)


def test_a_contrl_that_contradicts_itself() -> None:
    uci = "UCI+17+4012345000009:14+4012345500004:14+4+18'UCM+1+ORDERS:D:01B:UN+7'"
    head, one = told(edifact(contrl(uci)), NORDWERK)
    assert head.errors[0] == "UCI rejects the interchange, but UCM accepts set 1"
    assert (head.outcome, one.outcome) == ("rejected", "accepted")


def test_a_contrl_of_an_old_syntax_version_is_understood() -> None:
    for code in range(1, 12):
        uci = f"UCI+17+4012345000009:14+4012345500004:14+4+{code}'"
        (head,) = told(edifact(contrl(uci)), NORDWERK)
        assert head.errors[0].endswith(f" ({code})")


def test_a_received_interchange_is_not_yet_accepted() -> None:
    (head,) = told(edifact(contrl("UCI+17+4012345000009:14+4012345500004:14+8'")), NORDWERK)
    assert (head.scope, head.outcome) == ("interchange", "received")


def test_every_code_of_the_catalogue_has_words() -> None:
    layers = {"segment": "segment", "element": "element", "event": "element", "message": "set", "group": "group"}
    for entry in CATALOGUE.values():
        level = layers.get(entry.level, "interchange")
        codes = {
            "997": (entry.x997, entry.x997_5010),
            "999": (entry.x999, entry.x999_guide),
            "TA1": (entry.ta1,),
            "CONTRL": (entry.contrl, entry.contrl3),
        }
        for kind, code in ((kind, code) for kind, found in codes.items() for code in found if code):
            assert in_words(kind, level, code) != f"code {code}", (kind, level, code)


@pytest.mark.parametrize("number", range(32))
def test_every_note_of_a_ta1_has_words(number: int) -> None:
    data = x12(iea=f"TA1*000000005*261120*1030*E*{number:03d}~IEA*0*000000007~")
    (found,) = told(data)
    assert found.errors == () if number == 0 else found.errors[0].endswith(f"({number:03d})")
    assert not in_words("TA1", "interchange", f"{number:03d}").startswith("code ")


# TA1: every note we can give, with its severity

GOOD = x12(group(s855()), isa14="1")


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (b"IEA*1*000000007", b"IEA*1*000000008", "E*001"),
        (b"*00401*", b"*00999*", "E*003"),
        (b"*01*123456789 ", b"*1 *123456789 ", "R*005"),
        (b"*123456789      *", b"*999999999      *", "R*006"),
        (b"*14*4012345000009 ", b"*1 *4012345000009 ", "R*007"),
        (b"*14*4012345000009 ", b"*14*4012345000008 ", "R*009"),
        (b"ISA*00*", b"ISA*0 *", "R*010"),
        (b"*00*          *01*", b"*0 *          *01*", "R*012"),
        (b"*261120*1030*U", b"*269920*1030*U", "R*014"),
        (b"*261120*1030*U", b"*261120*9930*U", "R*015"),
        (b"*00401*", b"*0040X*", "R*017"),
        (b"*000000007*1*", b"*00000000X*1*", "R*018"),
        (b"*000000007*1*P*", b"*000000007*9*P*", "E*019"),
        (b"*1*P*>", b"*1*X*>", "E*020"),
        (b"*1*P*>", b"*1*T*>", "R*020"),
        (b"IEA*1*", b"IEA*2*", "E*021"),
        (b"IEA*1*000000007~", b"", "E*023"),
        (GOOD[GOOD.index(b"GS*") : GOOD.index(b"IEA*")], b"", "R*024"),
        (b"*1*P*>~", b"*1*P*A~", "E*027"),
    ],
)
def test_every_note_of_a_ta1_has_its_severity(old: bytes, new: bytes, note: str) -> None:
    assert old in GOOD
    data = GOOD.replace(old, new, 1)
    (ack,) = [ack for ack in edi.translate(data, with_policy(ACME, ta1="always")).acks if b"TA1*" in ack]
    assert rows(ack, "TA1")[0].endswith(note)


def test_an_answer_to_a_bad_qualifier_is_itself_addressed_well() -> None:
    for sender, expected in ((b"123456789", "01*123456789"), (b"987654321", "ZZ*987654321")):
        data = GOOD.replace(b"*01*123456789 ", b"*1 *" + sender + b" ")
        (ack,) = edi.translate(data, ACME).acks
        assert f"*14*4012345000009  *{expected} " in rows(ack, "ISA")[0]
        assert edi.translate(ack, edi.default_profile()).faults == []


def test_the_most_severe_fault_of_an_envelope_is_the_one_noted() -> None:
    data = GOOD.replace(b"IEA*1*", b"IEA*2*").replace(b"*261120*1030*U", b"*269920*1030*U")
    (ack,) = edi.translate(data, ACME).acks
    assert [row.split("*", 4)[4] for row in rows(ack, "TA1")] == ["R*014"]


# Ours before readers we did not write


def test_pyx12_reads_our_997_and_999() -> None:
    from pyx12.x12file import X12Reader

    data = x12(group(s855(), s855("0002", ack=BAD_ACK)))
    for profile, tags in (
        (ACME, ["AK1", "AK2", "AK3", "AK4", "AK4", "AK5", "AK9"]),
        (with_policy(ACME, functional="999"), ["AK1", "AK2", "IK3", "CTX", "IK4", "IK4", "IK5", "AK9"]),
    ):
        (ack,) = edi.translate(data, profile).acks
        with X12Reader(io.StringIO(ack.decode())) as reader:
            found = [segment.get_seg_id() for segment in reader]
            reader.cleanup()
            assert reader.pop_errors() == []
        assert [tag for tag in found if tag[:2] in ("AK", "IK", "CT")] == tags


def test_pydifact_reads_our_contrl_with_groups() -> None:
    ung = "UNG+ORDRSP+4012345500004:14+4012345000009:14+261120:1030+5+UN+D:01B'"
    data = edifact(f"{ung}{ordrsp()}{ordrsp('2', bgm='')}UNE+2+5'", unz="UNZ+1+7'")
    (event,) = edi.translate(data, NORDWERK).acknowledgements
    at = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    assert edi.render_checked(event, NORDWERK, edi.Numbers(1), at).crosscheck == "crosschecked"


def test_the_second_reader_may_be_switched_off_in_partner_yaml(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    text = (ROOT / "partners/acme/partner.yaml").read_text()
    text = text.replace("  direction:", "  crosscheck: no\n  direction:").replace("acme/850", "x12/004010/850")
    (folder / "partner.yaml").write_text(text.replace("acme/855", "x12/004010/855"))
    profile = edi.load_profile(folder)
    (event,) = edi.translate(x12(group(s855())), profile).acknowledgements
    at = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    rendered = edi.render_checked(event, profile, edi.Numbers(1), at)
    assert rendered.crosscheck == "not crosschecked: switched off for this partner"
