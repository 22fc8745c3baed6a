"""824 and APERAK: what is told of content after the syntax was accepted, and what received ones say."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

import edi
from tests.edi.interchanges import ACME, NORDWERK, edifact, group, ordrsp, rows, s855, with_policy, x12

TELLING = with_policy(ACME, application="824")
SAYING = with_policy(NORDWERK, application="aperak")
NO_MEANING = "ACK*AR*100*EA*067*20261201~"  # in the standard, but not in the map
D96A_SAYING = dataclasses.replace(
    SAYING, agreements=tuple(dataclasses.replace(a, version="D.96A") for a in SAYING.agreements)
)


def advices(data: bytes, profile: edi.Profile) -> list[list[str]]:
    sent = [ack for ack in edi.translate(data, profile).acks if b"ST*824" in ack or b"APERAK" in ack]
    return [rows(ack) for ack in sent]


def without_envelope(found: list[str]) -> list[str]:
    return [row for row in found if row[:3] not in ("ISA", "IEA", "UNA", "UNB", "UNZ")]


def test_an_824_follows_the_997_and_names_each_document_in_doubt() -> None:
    data = x12(group(s855("0001"), s855("0002", ack=NO_MEANING, order="P2"), s855("0003", ack=NO_MEANING)))
    functional, advice = edi.translate(data, TELLING).acks
    assert rows(functional, "AK9") == ["AK9*A*3*3*3"]
    assert rows(advice, "GS") == ["GS*AG*4012345000009*123456789*20261120*1030*7*X*004010"]
    assert rows(advice, "BGN", "OTI", "TED", "NTE")[:3] == [
        "BGN*11*7*20261120",
        "OTI*TE*PO*P2*****1*0002*855*004010",
        "TED*848*code 'AR' has no meaning for us (expected one of IA, AA,...*ACK*4*1*668*AR",
    ]
    assert rows(advice, "OTI")[1] == "OTI*TE*PO*P1*****1*0003*855*004010"
    assert rows(advice, "NTE")[-1] == "NTE**the code means."


def test_an_aperak_follows_the_contrl() -> None:
    doubtful = ordrsp("2").replace("CNT+2:1'", "CNT+2:9'")
    data = edifact(ordrsp("1"), doubtful)
    contrl, advice = edi.translate(data, SAYING).acks
    assert rows(contrl, "UC") == ["UCI+7+4012345500004:14+4012345000009:14+7"]
    assert rows(advice, "BGM", "DTM", "RFF", "ERC") == [
        "BGM+305+7++CA",
        "DTM+137:20261120:102",
        "RFF+ACW:2",
        "RFF+ON:P1",
        "ERC+024",
    ]
    (text,) = rows(advice, "FTX")
    assert text.startswith("FTX+AAO+++ORDRSP[2]")
    assert rows(advice, "UNH") == ["UNH+1+APERAK:D:01B:UN"]


def test_an_aperak_is_written_in_the_directory_of_what_it_answers() -> None:
    from edi.ack_maps import reading_map, written_version
    from edi.documents import ApplicationAdvice
    from edi.documents.advice import AdvisedDocument

    for version, written, map_ in (
        ("D.96A", "D.96A", "edifact/d96a/aperak@1"),
        ("D.01B", "D.01B", "edifact/d01b/aperak@1"),
    ):
        advice = ApplicationAdvice(kind="APERAK", documents=(AdvisedDocument(control="1", version=version),))
        assert (written_version(advice), reading_map("APERAK", version)) == (written, map_)


@pytest.mark.parametrize(
    ("data", "profile"),
    [
        (x12(group(s855(ack=NO_MEANING))), ACME),  # not agreed
        (x12(group(s855())), TELLING),  # nothing wrong
        (x12(group(s855(ack="ACK*AR*TEN*EA*067*20261201~"))), TELLING),  # rejected before
        (x12(group(s855(ack=NO_MEANING)), sender="9"), TELLING),  # refused
        (edifact(ordrsp(bgm="")), SAYING),
    ],
    ids=["not agreed", "nothing wrong", "rejected", "refused", "rejected message"],
)
def test_when_nothing_is_told_of_content(data: bytes, profile: edi.Profile) -> None:
    assert advices(data, profile) == []


def test_no_advice_answers_an_advice() -> None:
    for data, profile in (
        (x12(group(s855(ack=NO_MEANING))), TELLING),
        (edifact(ordrsp().replace("CNT+2:1'", "CNT+2:9'")), SAYING),
    ):
        advice = edi.translate(data, profile).acks[-1]
        other = profile.mirrored()
        eager = tuple(
            dataclasses.replace(a, application="824" if a.syntax == "x12" else "aperak") for a in other.agreements
        )
        back = edi.translate(advice, dataclasses.replace(other, agreements=eager))
        assert [a.scope for a in back.answers] == ["document"]
        assert (back.events, back.acknowledgements) == ([], [])


def test_a_document_without_an_event_is_rejected() -> None:
    from edi import advice
    from edi.ack_entries import copyable
    from edi.faults import fault

    translation = edi.translate(x12(group(s855())), TELLING)
    (message,) = translation.messages
    told = [fault("map.value", edi.Location(path="855[1]/BAK", segment=2, tag="BAK"), found="x", severity="exception")]
    copied = copyable(message.interchange, TELLING)
    for usable, outcome in ((True, "accepted_with_errors"), (False, "rejected")):
        (document,) = advice.documents(message, told, "", copied, usable=usable)
        assert document.outcome is not None
        assert document.outcome.value == outcome
        assert (document.reference, document.reference_kind and document.reference_kind.value) == ("0001", "document")


def test_a_gateway_writes_it_with_its_own_numbers() -> None:
    event = edi.translate(x12(group(s855(ack=NO_MEANING))), TELLING).acknowledgements[-1]
    assert event.type == "exchange.advice.sent.v1"
    at = dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC)
    rendered = edi.render_checked(event, TELLING, edi.Numbers(55, 66, 77), at)
    assert (rendered.document, rendered.group_type, rendered.crosscheck) == ("X12 824 004010", "AG", "crosschecked")
    assert rows(rendered.data, "BGN", "ST") == ["ST*824*0077", "BGN*11*55*20261120"]


# Received


def s824(*body: str) -> bytes:
    inner = "".join(f"{row}~" for row in ("BGN*11*A1*20261201", *body))
    return x12(group(f"ST*824*0001~{inner}SE*{inner.count('~') + 2}*0001~", kind="AG"))


def aperak(*body: str, release: str = "01B") -> bytes:
    inner = "".join(f"{row}'" for row in body)
    return edifact(f"UNH+1+APERAK:D:{release}:UN'{inner}UNT+{inner.count(chr(39)) + 2}+1'")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("TA", "accepted"),
        ("TC", "accepted"),
        ("TE", "accepted_with_errors"),
        ("TP", "partially_accepted"),
        ("TR", "rejected"),
    ],
)
def test_reading_an_824(code: str, outcome: str) -> None:
    data = s824(
        f"OTI*{code}*PO*P42*****17*0002*850", "TED*848*not ours*PO1*5*7*234*SKU-1", "NTE*GEN*ask us", "TED*Q",
        "OTI*TA*IV*R7",
    )  # fmt: skip
    first, second = edi.translate(data, ACME).answers
    assert (first.kind, first.scope, first.outcome) == ("824", "document", outcome)
    assert (first.reference, first.group_control, first.type, first.control) == ("P42", "17", "850", "2")
    assert first.errors == ("segment 5 (PO1), element 7: ask us (848)", "quantity (Q)")
    assert (second.reference, second.outcome, second.errors) == ("R7", "accepted", ())


@pytest.mark.parametrize("release", ["96A", "01B"])
@pytest.mark.parametrize(
    ("bgm", "outcome"),
    [
        ("BGM+305+A1++AP", "accepted"),
        ("BGM+305+A1++RE", "rejected"),
        ("BGM+305+A1+29", "accepted"),
        ("BGM++A1+27", "rejected"),
        ("BGM+305+A1+9", "rejected"),  # says nothing, but names an error
    ],
)
def test_reading_an_aperak(release: str, bgm: str, outcome: str) -> None:
    data = aperak(
        bgm,
        "DTM+137:20261201:102",
        "RFF+ACW:14",
        "RFF+ON:P7",
        "ERC+12::92",
        "FTX+AAO+++no:such item",
        "RFF+LI:3",
        release=release,
    )
    (found,) = edi.translate(data, NORDWERK).answers
    assert (found.scope, found.outcome, found.reference, found.control) == ("document", outcome, "P7", "14")
    assert found.errors == ("line 3: no such item (12)",)


def test_an_aperak_that_says_nothing_is_an_answer_and_no_event() -> None:
    translation = edi.translate(aperak("BGM+305+A1"), NORDWERK)
    assert [(a.scope, a.outcome) for a in translation.answers] == [("document", "received")]
    assert translation.events == []


@pytest.mark.parametrize(("data", "profile"), [(s824("OTI*TR*PO*P42"), TELLING), (aperak("BGM+305+A1++RE"), SAYING)])
def test_received_advice_is_not_answered(data: bytes, profile: edi.Profile) -> None:
    assert advices(data, profile) == []
